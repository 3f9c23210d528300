"""A pattern says whose a file is, on any platform, and what does not fit it stops the run."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.submissions.choose import Submission
from autograder.submissions.collect import collect
from autograder.submissions.patterns import MAX_LENGTH, Fields, NamePattern
from autograder.topics import Topic
from tests.submissions.handouts import Handout, MakeArchive, MakeFolder


def read(pattern: str, path: str) -> Fields | None:
    return NamePattern(pattern).read(tuple(path.split("/")))


def found(path: Path, topics: Sequence[Topic], pattern: str) -> dict[str, Submission]:
    return {one.student: one for one in collect([path], topics, names=NamePattern(pattern))}


@pytest.mark.parametrize(
    ("pattern", "path", "fields"),
    [
        ("{student}.ipynb", "Jane Doe.ipynb", Fields("Jane Doe")),
        ("{student}/{file}", "Jane/norm.ipynb", Fields("Jane", file="norm.ipynb")),
        ("./{student}/{file}", "Jane/norm.ipynb", Fields("Jane", file="norm.ipynb")),
        ("{student}/**", "Jane/a/b/norm.ipynb", Fields("Jane")),
        ("hw1-{student}/**", "hw1-jane/norm.ipynb", Fields("jane")),
        ("**/{student}/{file}", "a/b/Jane/norm.ipynb", Fields("Jane", file="norm.ipynb")),
        ("**/{student}/{file}", "Jane/norm.ipynb", Fields("Jane", file="norm.ipynb")),
        ("Section */{student}_{id}/**", "Section A/Jane Doe_501/x/norm.ipynb", Fields("Jane Doe", "501")),
        (
            "{id} - {student} - {time}/{file}",
            "501 - Ann-Jane Doe - 2026-11-20 2035/norm.ipynb",
            Fields("Ann-Jane Doe", "501", "2026-11-20 2035", "norm.ipynb"),
        ),
        ("{student}_{*}_{file}", "jane_17_my_norm.ipynb", Fields("jane", file="my_norm.ipynb")),
        ("{student}_*.ipynb", "jane_.ipynb", Fields("jane")),
        ("[1] (a|b).+{student}/**", "[1] (a|b).+jane/norm.ipynb", Fields("jane")),
    ],
)
def test_a_pattern_reads_the_fields_of_a_path(pattern: str, path: str, fields: Fields) -> None:
    assert read(pattern, path) == fields


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("{student}.ipynb", "class/jane.ipynb"),
        ("{student}/{file}", "jane/deep/norm.ipynb"),
        ("{student}/**", "norm.ipynb"),
        ("hw1-{student}/**", "HW1-jane/norm.ipynb"),
        ("hw1-{student}/**", "hw1-/norm.ipynb"),
        ("{student}.ipynb", "janeXipynb"),
        ("{student}/**", f"jane/{'x' * MAX_LENGTH}"),
    ],
)
def test_a_path_may_not_fit(pattern: str, path: str) -> None:
    assert read(pattern, path) is None


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("Jane_Doe_501", Fields("Jane_Doe", "501")),
        ("Jane_Doe_jd12", Fields("Jane_Doe", "jd12")),
        ("Jane_501_502", Fields("Jane_501", "502")),
        ("Jane_no id", Fields("Jane", "no id")),
    ],
)
def test_an_id_is_a_number_or_a_word_where_it_can_be_so_that_names_may_hold_what_divides(
    name: str, fields: Fields
) -> None:
    assert read("{student}_{id}/**", f"{name}/norm.ipynb") == fields


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_composed_and_decomposed_names_are_the_same(form: str) -> None:
    assert read(
        unicodedata.normalize("NFD", "Übung-{student}/**"), unicodedata.normalize(form, "Übung-Éva/x")
    ) == Fields("Éva")


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("", "slash at its beginning, at its end or twice"),
        ("/{student}/**", "slash at its beginning, at its end or twice"),
        ("{student}/", "slash at its beginning, at its end or twice; write a path such as {student}/**"),
        ("*/{file}", "has no {student}"),
        ("{name}/{file}", "has {name}; the fields are {student}, {id}, {time}, {file} and *"),
        ("{student/{file}", "a brace without its partner"),
        ("student}/{file}", "a brace without its partner"),
        ("{student}/{student}.ipynb", "has {student} twice"),
        ("{student}{id}/**", "side by side"),
        ("{student}*/**", "side by side"),
        ("{student}/**.ipynb", "** beside other characters"),
        ("{file}/{student}.ipynb", "{file} in a folder's name"),
    ],
)
def test_what_is_no_pattern_is_one_sentence(pattern: str, why: str) -> None:
    with pytest.raises(CourseError) as error:
        NamePattern(pattern)
    assert str(error.value).startswith(f"--names '{pattern}' ")
    assert why in str(error.value)


@pytest.mark.parametrize(
    ("pattern", "path", "student"),
    [
        ("{student}_*_*_*_*_{id}_x/{file}", "_" * (MAX_LENGTH - 1), ""),
        ("*a*a*a{student}a{id}a{time}a{file}", "a" * MAX_LENGTH, "a"),
        ("**/**/**/{student}/**/x", "a/" * (MAX_LENGTH // 2 - 1) + "a", ""),
        ("{student}_{id}_{file}", "_" * 1_000_000, ""),
    ],
)
def test_no_name_takes_long_to_read(pattern: str, path: str, student: str) -> None:
    # With plain backtracking these would never end.
    fields = read(pattern, path)
    assert (fields.student if fields else "") == student


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-11-20", "2026-11-20 00:01"),
        ("2026-11-20T20:35:12Z", "2026-11-20T20:35:13Z"),
        ("20261120-203512", "20261121-000000"),
        ("2026_11_09_20_35", "2026_11_10_08_00"),
        ("2026-11-20 20:35:12.9+01:00", "2026-11-20 20:36"),
        ("2026-11-20T01:00+02:00", "2026-11-19T23:30-08:00"),
        ("attempt 9", "attempt 10"),
        ("1763670912", "1763670913"),
        ("", "1"),
    ],
)
def test_times_and_attempts_have_an_order(earlier: str, later: str) -> None:
    assert Fields("jane", time=earlier).version < Fields("jane", time=later).version


@pytest.mark.parametrize(
    "time", ["Nov 20, 2026", "2026-11-20 08:35 PM", "late", "20-11-2026", "20112026", "2026-02-30"]
)
def test_a_time_without_an_order_is_told(folder: MakeFolder, topics: Sequence[Topic], nb: bytes, time: str) -> None:
    root = folder({f"jane/{time}/norm.ipynb": nb})
    with pytest.raises(
        CourseError, match=rf"is '{time}' in jane/{time}/norm\.ipynb, which is neither a number nor a time"
    ):
        found(root, topics, "{student}/{time}/{file}")


def test_notebooks_belong_to_whom_the_pattern_says_in_folders_and_archives(
    folder: MakeFolder, archive: MakeArchive, topics: Sequence[Topic], nb: bytes
) -> None:
    files = {"Section A/Jane Doe_1/norm.ipynb": nb, "Section B/Bo_2/deep/x.ipynb": nb, "Section B/Bo_3/y.ipynb": nb}
    for path in (folder(files), archive(files)):
        assert set(found(path, topics, "Section */{student}_{id}/**")) == {"Jane Doe-1", "Bo-2", "Bo-3"}


def test_a_pattern_decides_where_folders_leave_it_open(folder: MakeFolder, topics: Sequence[Topic], nb: bytes) -> None:
    root = folder({"class/anna/norm.ipynb": nb, "class/bo/norm.ipynb": nb})
    assert set(found(root, topics, "*/{student}/**")) == {"anna", "bo"}
    assert set(found(root, topics, "{student}/**")) == {"class"}


@pytest.mark.parametrize(
    "name", ["Jane_7_assignsubmission_file_/norm.ipynb", "submitted/Jane/norm.ipynb", "submission_7/norm.ipynb"]
)
def test_a_pattern_wins_over_every_platform(folder: MakeFolder, topics: Sequence[Topic], nb: bytes, name: str) -> None:
    assert set(found(folder({name: nb}), topics, "{student}/**")) == {name.partition("/")[0]}


def test_the_newest_attempt_counts(
    folder: MakeFolder, topics: Sequence[Topic], done: Handout, handout: Handout
) -> None:
    root = folder({"jane/9/norm.ipynb": done.bytes(), "jane/10/norm.ipynb": handout.bytes()})
    assert found(root, topics, "{student}/{time}/{file}")["jane"].origin.endswith("jane/10/norm.ipynb")


def test_files_beside_the_notebook_get_their_own_names_back(
    folder: MakeFolder, topics: Sequence[Topic], nb: bytes
) -> None:
    root = folder({"jane_norm.ipynb": nb, "jane_my_norms.py": b"x = 1", "bo_norm.ipynb": nb, "README.md": b"-"})
    students = found(root, topics, "{student}_{file}")
    assert [file.path for file in students["jane"].files] == ["my_norms.py"]
    assert not students["bo"].files


def test_whoever_handed_in_no_notebook_is_listed(folder: MakeFolder, topics: Sequence[Topic], nb: bytes) -> None:
    root = folder({"hw1-jane/norm.ipynb": nb, "hw1-bo/essay.pdf": b"%PDF"})
    (root / "hw1-anna").mkdir()
    students = found(root, topics, "hw1-{student}/**")
    assert [students[name].notebook is None for name in ("jane", "bo", "anna")] == [False, True, True]


def test_notebooks_that_do_not_fit_stop_the_run(folder: MakeFolder, topics: Sequence[Topic], nb: bytes) -> None:
    root = folder(
        {f"{name}.ipynb": nb for name in ("a", "b", "c", "d")} | {"hw1-jane/norm.ipynb": nb, "notes.txt": b"-"}
    )
    with pytest.raises(CourseError) as error:
        found(root, topics, "hw1-{student}/**")
    assert str(error.value) == (
        "--names 'hw1-{student}/**' does not fit 4 of 5 notebooks and archives: a.ipynb, b.ipynb, c.ipynb and others. "
        "Change the pattern, or move away what nobody handed in."
    )


def test_a_pattern_that_fits_nothing_stops_the_run(archive: MakeArchive, topics: Sequence[Topic], nb: bytes) -> None:
    with pytest.raises(CourseError, match=r"does not fit 1 of 1 notebooks and archives: jane/norm\.ipynb\."):
        found(archive({"jane/norm.ipynb": nb}), topics, "{student}.ipynb")


def test_a_students_archive_belongs_to_the_student(
    folder: MakeFolder, archive: MakeArchive, topics: Sequence[Topic], nb: bytes
) -> None:
    inner = archive({"anything/norm.ipynb": nb}).read_bytes()
    assert found(folder({"jane-hw1.zip": inner}), topics, "{student}-*")["jane"].notebook is not None
