"""A class never becomes one student, whatever folders stand around it; where nothing tells, a person decides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.submissions.collect import collect
from autograder.submissions.levels import MANY
from autograder.submissions.patterns import NamePattern
from autograder.topics import Topic
from tests.submissions.handouts import Handout, MakeArchive, MakeFolder, Students, called

PEOPLE = ["anna", "bo", "cem", "dora", "eve"]
EXPORTS = {
    "Moodle": "{0}_7{1}_assignsubmission_file_/norm.ipynb",
    "Moodle without folders": "{0}_7{1}_assignsubmission_file_norm.ipynb",
    "Canvas": "{0}_12{1}_901{1}_norm.ipynb",
    "Brightspace": "40{1}-77 - {0} - Nov 20, 2026 835 PM - norm.ipynb",
    "Brightspace with folders": "40{1}-77 - {0} - Nov 20, 2026 835 PM/norm.ipynb",
    "Blackboard": "HW1_{0}_attempt_2026-11-20-20-35-12_norm.ipynb",
    "GitHub Classroom": "hw1-submissions/hw1-{0}/norm.ipynb",
    "nbgrader": "submitted/{0}/01-norm/norm.ipynb",
}


def people(pattern: str, nb: bytes, names: Sequence[str] = PEOPLE) -> dict[str, bytes]:
    """One notebook for each student."""
    return {pattern.format(name, number): nb for number, name in enumerate(names)}


def question(students: Students, path: Path) -> str:
    with pytest.raises(CourseError) as error:
        students(path)
    return str(error.value)


class TestAWrapper:
    """A folder around the class, which names no student."""

    @pytest.mark.parametrize("around", ["", "hw1/", "course/2026/hw1/"])
    @pytest.mark.parametrize("number", [1, 2, 5])
    @pytest.mark.parametrize("name", EXPORTS.values(), ids=EXPORTS)
    def test_is_seen_through_by_the_names_that_platforms_give(
        self,
        students: Students,
        folder: MakeFolder,
        archive: MakeArchive,
        nb: bytes,
        name: str,
        number: int,
        around: str,
    ) -> None:
        files = people(around + name, nb, PEOPLE[:number])
        for path in (folder(files), archive(files)):
            assert called(students(path)) == set(PEOPLE[:number])

    def test_of_gradescopes_export_is_seen_through(self, students: Students, folder: MakeFolder, nb: bytes) -> None:
        root = folder(people("hw1/downloads/assignment_3_export/submission_{1}/norm.ipynb", nb))
        assert set(students(root)) == {f"submission-{number}" for number in range(5)}

    @pytest.mark.parametrize("name", ["{}/norm.ipynb", "{}/work.ipynb", "{}/deep/norm.ipynb", "{}.ipynb"])
    @pytest.mark.parametrize("around", ["hw1/", "course/hw1/", "course/Homework/", "hw1/01-norm/", "01-norm/hw1/"])
    def test_is_seen_through_where_many_hold_the_same_topics_notebook(
        self, students: Students, folder: MakeFolder, nb: bytes, name: str, around: str
    ) -> None:
        assert called(students(folder(people(around + name, nb)))) == set(PEOPLE)

    def test_of_the_same_name_as_what_it_holds_is_seen_through(
        self, students: Students, folder: MakeFolder, nb: bytes
    ) -> None:
        assert called(students(folder(people("hw1-submissions/hw1-submissions/hw1-{}/norm.ipynb", nb)))) == set(PEOPLE)

    def test_of_archives_is_seen_through(
        self, students: Students, folder: MakeFolder, archive: MakeArchive, nb: bytes
    ) -> None:
        one = archive({"norm.ipynb": nb}).read_bytes()
        assert called(students(folder(people("hw1/{}.zip", one)))) == set(PEOPLE)

    def test_may_hold_topics_that_hold_students(
        self, topics: Sequence[Topic], folder: MakeFolder, nb: bytes, other_handout: Handout
    ) -> None:
        root = folder(people("hw/01-norm/{}/norm.ipynb", nb) | people("hw/02-conv/{}/x.ipynb", other_handout.bytes()))
        found = collect([root], topics)
        assert {(one.student, one.topic.name) for one in found if one.topic} == {
            (name, topic) for name in PEOPLE for topic in ("01-norm", "02-conv")
        }

    def test_with_a_folder_beside_it_is_none_so_that_nobody_is_lost(
        self, students: Students, folder: MakeFolder, nb: bytes
    ) -> None:
        root = folder(people("hw1/{}/norm.ipynb", nb) | {"fay/essay.pdf": b"%PDF"})
        assert "whether hw1 is one student" in question(students, root)


class TestOneStudent:
    """A student's folder may hold any folders."""

    @pytest.mark.parametrize(
        "names",
        [
            ("old", "final"),
            ("attempt 1", "attempt 2", "attempt 3", "attempt 4", "attempt 5"),
            ("Homework",),
            ("norm", "norm (1)"),
            ("my things",),
            ("my things/old", "my things/new"),
        ],
    )
    def test_may_have_folders_of_attempts(
        self, students: Students, folder: MakeFolder, archive: MakeArchive, nb: bytes, names: Sequence[str]
    ) -> None:
        files = {f"anna/{name}/norm.ipynb": nb for name in names}
        assert called(students(folder({**files, "bo/norm.ipynb": nb}))) == {"anna", "bo"}
        assert called(students(archive({**files, "bo/norm.ipynb": nb}))) == {"anna", "bo"}

    @pytest.mark.parametrize("names", [("", "old/"), ("old/", "final/"), ("Homework/",), ("norm/",)])
    def test_is_named_by_the_folder_or_archive_itself_if_nothing_in_it_can_be_a_name(
        self, students: Students, folder: MakeFolder, archive: MakeArchive, nb: bytes, names: Sequence[str]
    ) -> None:
        assert called(students(folder({f"anna/{name}norm.ipynb": nb for name in names}) / "anna")) == {"anna"}
        assert called(students(archive({f"{name}norm.ipynb": nb for name in names}, name="anna.zip"))) == {"anna"}

    def test_may_keep_other_notebooks_in_folders_beside_the_topics(
        self, students: Students, folder: MakeFolder, nb: bytes
    ) -> None:
        root = folder({"anna/norm.ipynb": nb, "anna/trials/x.ipynb": b'{"cells": []}'})
        assert called(students(root / "anna")) == {"anna"}

    def test_is_named_by_a_platforms_folder_whatever_is_in_it(
        self, students: Students, folder: MakeFolder, nb: bytes
    ) -> None:
        moodle, github = "Anna Li_7_assignsubmission_file_", "hw1-submissions/hw1-bo"
        root = folder({f"{name}/{inner}": nb for name in (moodle, github) for inner in ("x/y.ipynb", "z/norm.ipynb")})
        assert called(students(root / moodle)) == {"Anna Li"}
        assert called(students(root / github)) == {"bo"}

    def test_cannot_stop_the_class_by_folders_in_what_a_platform_names(
        self, students: Students, folder: MakeFolder, nb: bytes
    ) -> None:
        root = folder(
            people("hw1-submissions/hw1-{}/norm.ipynb", nb) | people("hw1-submissions/hw1-fay/{}/norm.ipynb", nb)
        )
        assert called(students(root)) == {*PEOPLE, "fay"}

    def test_may_keep_notebooks_of_several_topics_side_by_side(
        self, students: Students, folder: MakeFolder, nb: bytes, other_handout: Handout
    ) -> None:
        root = folder({"anna/one/x.ipynb": nb, "anna/two/y.ipynb": other_handout.bytes(), "bo/norm.ipynb": nb})
        assert called(students(root)) == {"anna", "bo"}

    def test_may_keep_other_notebooks_beside_the_topics(
        self, students: Students, folder: MakeFolder, nb: bytes
    ) -> None:
        scratch = b'{"cells": []}'
        root = folder({"anna/code/norm.ipynb": nb, "anna/trial/x.ipynb": scratch, "anna/more/y.ipynb": scratch})
        assert called(students(root)) == {"anna"}


class TestNobodyIsGraded:
    """Where nothing tells, what was seen is said, and what decides."""

    def test_if_few_folders_in_one_hold_the_same_topics_notebook(
        self, students: Students, folder: MakeFolder, nb: bytes
    ) -> None:
        root = folder(people("alice/{}/norm.ipynb", nb, PEOPLE[: MANY - 1]))
        assert question(students, root) == (
            f"{root}/alice holds anna/, bo/, cem/ and 1 more, with 4 notebooks of 01-norm, and nothing says whether "
            f"alice is one student or holds several. If it holds students, give {root}/alice, or add --names "
            "'*/{student}/**'; if it is one student, add --names '{student}/**'."
        )

    def test_if_folders_look_like_sections(self, students: Students, folder: MakeFolder, nb: bytes) -> None:
        files = {"Section A/anna/x.ipynb": nb, "Section A/bo/y.ipynb": nb, "Section B/cem/norm.ipynb": nb}
        told = question(students, folder(files))
        assert "Section A holds anna/ and bo/, with 2 notebooks of 01-norm" in told
        assert "If it holds students, add --names '*/{student}/**'" in told

    def test_if_a_folder_holds_notebooks_by_several_names(
        self, students: Students, folder: MakeFolder, nb: bytes
    ) -> None:
        root = folder({"hw1/Anna.ipynb": nb, "hw1/Bo.ipynb": nb})
        told = question(students, root)
        assert "hw1 holds Anna.ipynb and Bo.ipynb, with 2 notebooks of 01-norm" in told
        assert f"If it holds students, give {root}/hw1, or add --names '*/{{student}}.*'" in told

    @pytest.mark.parametrize("around", ["", "hw/", "all/course/"])
    def test_if_an_archives_folders_look_like_sections(
        self, students: Students, archive: MakeArchive, nb: bytes, around: str
    ) -> None:
        files = people(f"{around}Section A/{{}}/norm.ipynb", nb) | people(f"{around}Section B/{{}}.ipynb", nb)
        assert "whether Section A is one student" in question(students, archive(files))

    @pytest.mark.parametrize("name", ["{}.ipynb", "{}.zip", "2026/{}.ipynb", "Homework/{}/x.ipynb", "01-norm/{}.ipynb"])
    def test_if_a_folder_beside_students_holds_more_of_them(
        self, students: Students, folder: MakeFolder, archive: MakeArchive, nb: bytes, name: str
    ) -> None:
        data = archive({"norm.ipynb": nb}).read_bytes() if name.endswith(".zip") else nb
        root = folder({"anna/norm.ipynb": nb, "bo/norm.ipynb": nb} | people(f"late/{name}", data, ["cem", "dora"]))
        assert "whether late is one student" in question(students, root)

    def test_if_many_notebooks_have_names_that_browsers_gave(
        self, students: Students, folder: MakeFolder, nb: bytes
    ) -> None:
        root = folder({f"norm ({number}).ipynb": nb for number in range(1, MANY + 1)})
        told = question(students, root)
        assert f"{root} holds norm (1).ipynb, norm (2).ipynb, norm (3).ipynb and 2 more" in told
        assert told.endswith(
            "If it holds students, add --names '{student}.*'; if it is one student, give the folder around it with "
            "--names '{student}/**'."
        )

    def test_if_platforms_names_stand_at_several_levels_of_a_folder(
        self, students: Students, folder: MakeFolder, nb: bytes
    ) -> None:
        name = "{}_assignsubmission_file_/norm.ipynb"
        root = folder({f"hw1/{name.format('A_1')}": nb, f"hw1/late/{name.format('B_2')}": nb, "cem/norm.ipynb": nb})
        assert "whether hw1 is one student" in question(students, root)

    def test_if_one_has_a_notebook_and_others_a_text_or_nothing(
        self, students: Students, folder: MakeFolder, nb: bytes
    ) -> None:
        root = folder({"hw1/anna/norm.ipynb": nb, "hw1/ben/answers.pdf": b"%PDF"})
        (root / "hw1" / "di").mkdir()
        told = question(students, root)
        assert "hw1 holds anna/, di/ and ben/, with 1 notebook of 01-norm" in told
        assert "whether hw1 is one student" in told

    def test_unless_a_platform_names_those_beside_it(self, students: Students, folder: MakeFolder, nb: bytes) -> None:
        root = folder({f"{name}_assignsubmission_file_/x.ipynb": nb for name in ("A_1", "B_2")} | {"old/x.ipynb": nb})
        assert called(students(root)) == {"A", "B", "old"}

    def test_if_two_exports_stand_side_by_side(self, students: Students, folder: MakeFolder, nb: bytes) -> None:
        name = "{0}_7{1}_assignsubmission_file_/norm.ipynb"
        root = folder(people(f"hw1/{name}", nb) | people(f"hw2/{name}", nb))
        assert f"If it holds students, give {root}/hw1 itself" in question(students, root)

    def test_if_a_topics_notebook_stands_beside_folders_that_hold_one(
        self, students: Students, folder: MakeFolder, nb: bytes
    ) -> None:
        root = folder({"norm.ipynb": nb, "anna/norm.ipynb": nb, "bo/x.ipynb": nb, "old/norm.ipynb": nb})
        assert question(students, root) == (
            f"{root} holds norm.ipynb itself and folders with notebooks of topics: anna/ and bo/. If the folders are "
            f"students, move norm.ipynb elsewhere; if {root} is one student's, give the folder around it with "
            "--names '{student}/**'."
        )


@pytest.mark.parametrize("name", ["stuff/norm.ipynb", "mine.ipynb"])
def test_students_whose_folders_look_alike_are_never_one(
    topics: Sequence[Topic], folder: MakeFolder, nb: bytes, name: str
) -> None:
    root = folder({f"anna/{name}": nb, f"bo/{name}": nb})
    with pytest.raises(CourseError) as error:
        collect([root / "anna", root / "bo"], topics)
    inner, _, below = name.partition("/")
    pattern = "{student}/**" if below else "{student}.*"
    assert str(error.value) == (
        f"{root}/anna and {root}/bo each hold {inner} and no other student, and nothing says who that is. If anna and "
        "bo are the students, give the folder around them, with --names '{student}/**'; if "
        f"{inner} is one student's in both, add --names '{pattern}'."
    )
    assert {one.student for one in collect([root], topics, names=NamePattern("{student}/**"))} == {"anna", "bo"}


def test_students_whose_archives_look_alike_are_never_one(
    topics: Sequence[Topic], archive: MakeArchive, nb: bytes
) -> None:
    paths = [archive({"stuff/norm.ipynb": nb}, name=f"{name}.zip") for name in ("anna", "bo")]
    with pytest.raises(CourseError, match=r"anna\.zip and .*bo\.zip each hold stuff and no other student"):
        collect(paths, topics)
    assert {one.student for one in collect([paths[0].parent], topics, names=NamePattern("{student}.*"))} == {
        "anna",
        "bo",
    }


@pytest.mark.parametrize("name", ["norm.ipynb", "work.ipynb", "Untitled1.ipynb", "hw 1.ipynb", "Homework/norm.ipynb"])
def test_folders_of_students_may_be_given_one_by_one(
    topics: Sequence[Topic], folder: MakeFolder, nb: bytes, name: str
) -> None:
    root = folder({f"anna/{name}": nb, f"bo/{name}": nb})
    assert [one.student for one in collect([root / "anna", root / "bo"], topics)] == ["anna", "bo"]


def test_in_two_exports_a_number_of_moodles_is_two_students(
    topics: Sequence[Topic], folder: MakeFolder, nb: bytes, other_handout: Handout
) -> None:
    name = "Anna_7_assignsubmission_file_/x.ipynb"
    root = folder({f"hw1/{name}": nb, f"hw2/{name}": other_handout.bytes()})
    found = collect([root / "hw1", root / "hw2"], topics)
    assert [one.owner.shown for one in found] == ["Anna", "Anna"]
    assert len({one.student for one in found}) == 2


def test_renamed_versions_of_one_notebook_are_one_students(students: Students, folder: MakeFolder, nb: bytes) -> None:
    names = ("my hw.ipynb", "my hw_final.ipynb", "my hw_v2.ipynb", "my hw (1).ipynb", "Untitled3.ipynb")
    assert called(students(folder({f"anna/{name}": nb for name in names}))) == {"anna"}


def test_a_repository_names_the_same_student_wherever_it_is_named(
    students: Students, folder: MakeFolder, archive: MakeArchive, nb: bytes
) -> None:
    root = folder({"hw1-submissions/hw1-anna/norm.ipynb": nb})
    repositories = root / "hw1-submissions"
    paths = [root, repositories, repositories / "hw1-anna", repositories / "hw1-anna/norm.ipynb"]
    paths += [archive({"hw1-anna/norm.ipynb": nb}, name="hw1-submissions.zip")]
    assert [called(students(path)) for path in paths] == [{"anna"}] * len(paths)


def test_folders_thousands_deep_are_no_obstacle(students: Students, archive: MakeArchive, nb: bytes) -> None:
    deep = {f"anna/{letter}{'/x' * 10_000}/norm.ipynb": nb for letter in "ab"}
    assert "whether anna is one student" in question(students, archive({"bo/norm.ipynb": nb, **deep}))
