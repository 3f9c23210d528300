"""Files handed in beside the notebook come with it where they are surely the student's, and what does not is named."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from autograder.submissions import beside
from autograder.submissions.beside import ALONE, NOBODYS, NOT_THERE, FileBeside
from autograder.submissions.choose import Submission
from autograder.submissions.collect import collect, collect_from_one
from autograder.topics import Topic
from tests.submissions.handouts import RELEASED, Handout, MakeArchive, MakeFolder, Students

MODULE = b"def scale(x, factor):\n    return x * factor\n"
FILES = (FileBeside("data/table.csv", b"1,2"), FileBeside("my_norms.py", MODULE))


@pytest.fixture
def importing(handout: Handout) -> bytes:
    """A notebook whose answers come from a module and a table."""
    return handout.write("scale", "from my_norms import scale\nopen('data/table.csv')").bytes()


def student(nb: bytes, folder: str = "", notebook: str = "norm.ipynb") -> dict[str, bytes]:
    """A student's folder."""
    return {f"{folder}{notebook}": nb, f"{folder}my_norms.py": MODULE, f"{folder}data/table.csv": b"1,2"}


def only(found: dict[str, Submission], name: str = "alice") -> Submission:
    (submission,) = found.values()
    assert submission.owner.shown == name
    return submission


LAYOUTS = ["alice/", "alice/01-norm/", "submitted/alice/01-norm/", "01-norm/alice/", "alice_7_assignsubmission_file_/"]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("notebook", ["norm.ipynb", "my work.ipynb"])
def test_files_in_a_students_folder_come_with_the_notebook(
    students: Students, folder: MakeFolder, archive: MakeArchive, importing: bytes, layout: str, notebook: str
) -> None:
    files = student(importing, layout, notebook)
    for path in (folder(files), archive(files)):
        alice = only(students(path))
        assert alice.files == FILES
        assert not alice.problems


def test_files_come_with_the_notebook_in_gradescopes_export(
    students: Students, archive: MakeArchive, importing: bytes
) -> None:
    path = archive(student(importing, "assignment_1_export/submission_9/"))
    assert only(students(path), "submission").files == FILES


def test_files_come_with_the_notebook_that_one_student_handed_in(folder: MakeFolder, importing: bytes) -> None:
    assert collect_from_one("alice", folder(student(importing, "homework/")), RELEASED).files == FILES


def test_files_in_a_students_archive_come_with_the_notebook(
    students: Students, archive: MakeArchive, folder: MakeFolder, importing: bytes
) -> None:
    inner = archive(student(importing, "homework/"), name="homework.zip")
    assert only(students(folder({"alice/homework.zip": inner.read_bytes(), "alice/more.py": b""}))).files == FILES
    assert only(students(archive({"alice_1_2_homework.zip": inner.read_bytes()}))).files == FILES


def test_files_that_a_platform_names_after_students_get_their_own_names_back(
    students: Students, archive: MakeArchive, importing: bytes
) -> None:
    canvas = {"alice_12_501_norm.ipynb": importing, "alice_12_502_my_norms.py": MODULE, "bob_13_503_x.py": b"bob's"}
    moodle = {
        "alice_12_assignsubmission_file_norm.ipynb": importing,
        "alice_12_assignsubmission_file_my_norms.py": MODULE,
        "bob_13_assignsubmission_file_my_norms.py": b"bob's",
    }
    for files in (canvas, moodle):
        found = students(archive(files))
        assert found["alice-12"].files == FILES[1:]
        assert found["bob-13"].notebook is None


def test_of_a_files_uploads_to_canvas_the_latest_is_taken(
    students: Students, archive: MakeArchive, importing: bytes
) -> None:
    files = {
        "alice_12_501_my_norms.py": b"old",
        "alice_LATE_12_502_my_norms-1.py": b"older",
        "alice_LATE_12_503_my_norms-2.py": MODULE,
        "alice_LATE_12_504_norm-1.ipynb": importing,
    }
    assert only(students(archive(files))).files == FILES[1:]


def test_a_notebook_named_alone_in_nbgraders_tree_has_its_files(
    students: Students, folder: MakeFolder, importing: bytes
) -> None:
    files = student(importing, "submitted/alice/01-norm/") | {"submitted/alice/01-norm/timestamp.txt": b"2024-01-01"}
    found = only(students(folder(files) / "submitted/alice/01-norm/norm.ipynb"))
    assert found.files == FILES
    assert not found.problems


def test_a_notebook_named_alone_elsewhere_has_none_and_that_is_said(
    students: Students, folder: MakeFolder, importing: bytes
) -> None:
    root = folder(student(importing, "alice/") | {"alice/diary.py": b"private"})
    found = only(students(root / "alice" / "norm.ipynb"))
    assert not found.files
    assert found.problems == (f"my_norms.py beside the notebook was left out: {ALONE}.",)


def test_on_its_writers_own_machine_it_has_those_of_which_it_speaks(
    topics: Sequence[Topic], folder: MakeFolder, importing: bytes
) -> None:
    root = folder(student(importing) | {"diary.py": b"private", "notes.txt": b"private"})
    (found,) = collect([root / "norm.ipynb"], topics, own=True)
    assert found.files == FILES[1:]
    assert not found.problems


def test_a_folder_of_one_students_files_can_be_named(students: Students, folder: MakeFolder, importing: bytes) -> None:
    root = folder({"norm.ipynb": importing, "my_norms.py": MODULE, "other.bin": b"\0"})
    assert only(students(root), "class").files == (FileBeside("my_norms.py", MODULE), FileBeside("other.bin", b"\0"))


def test_files_among_notebooks_of_several_students_are_nobodys(
    students: Students, folder: MakeFolder, importing: bytes, nb: bytes
) -> None:
    found = students(folder({"alice.ipynb": importing, "bob.ipynb": nb, "my_norms.py": MODULE, "README.md": b"-"}))
    assert set(found) == {"alice", "bob"}
    assert not (found["alice"].files or found["bob"].files)
    assert found["alice"].problems == (f"my_norms.py beside the notebook was left out: {NOBODYS}.",)
    assert not found["bob"].problems


def test_no_student_gets_anothers_files(students: Students, folder: MakeFolder, importing: bytes) -> None:
    files = student(importing, "alice/") | {"bob/norm.ipynb": importing, "bob/notes.txt": b"bob's"}
    found = students(folder(files))
    assert found["alice"].files == FILES
    assert found["bob"].files == (FileBeside("notes.txt", b"bob's"),)


def test_files_outside_the_notebooks_folder_are_named_if_its_code_speaks_of_them(
    students: Students, folder: MakeFolder, importing: bytes
) -> None:
    root = folder({"alice/code/norm.ipynb": importing, "alice/my_norms.py": MODULE, "alice/diary.py": b"-"})
    found = only(students(root))
    assert not found.files
    assert found.problems == (f"my_norms.py beside the notebook was left out: {NOT_THERE}.",)
    assert found.left_out == found.problems


def test_what_is_no_code_and_no_data_stays_behind(
    students: Students, folder: MakeFolder, archive: MakeArchive, nb: bytes
) -> None:
    files = {
        "alice/norm.ipynb": nb,
        "alice/scratch.ipynb": b'{"cells": []}',
        "alice/norm.pdf": b"%PDF",
        "alice/timestamp.txt": b"2024-01-01",
        "alice/.env": b"-",
        "alice/__pycache__/x.cpython-311.pyc": b"-",
        "alice/.ipynb_checkpoints/x.py": b"-",
        "__MACOSX/alice/x.py": b"-",
    }
    for path in (folder(files), archive(files)):
        assert not only(students(path)).files


def test_links_are_not_followed_and_named(students: Students, folder: MakeFolder, nb: bytes, tmp_path: Path) -> None:
    root = folder({"alice/norm.ipynb": nb, "alice/x.py": b"x = 1"})
    (tmp_path / "secret.txt").write_bytes(b"secret")
    (root / "alice" / "table.csv").symlink_to(tmp_path / "secret.txt")
    found = only(students(root))
    assert found.files == (FileBeside("x.py", b"x = 1"),)
    assert found.problems == ("table.csv beside the notebook was left out: links are not followed.",)


@pytest.mark.parametrize("name", ["a\nb.txt", "a:b.txt", "x" * 120 + ".py", "\u202e.txt", "a/b/c/d/e/f.txt", "a*.py"])
def test_a_name_that_is_not_plain_is_left_out(students: Students, archive: MakeArchive, nb: bytes, name: str) -> None:
    found = only(students(archive({"alice/norm.ipynb": nb, f"alice/{name}": b"-"})))
    assert not found.files
    (problem,) = found.problems
    assert "beside the notebook was left out: " in problem
    assert problem.isprintable()


def test_size_and_number_are_limited_and_modules_come_first(
    students: Students, folder: MakeFolder, nb: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "MAX_BYTES", 2**20)
    monkeypatch.setattr(beside, "MAX_FILES", 2)
    files = {"a.csv": bytes(2**19), "b.csv": bytes(2**19), "c.csv": b"", "big.bin": bytes(2**21), "z.py": bytes(2**19)}
    found = only(students(folder({"alice/norm.ipynb": nb, **{f"alice/{name}": data for name, data in files.items()}})))
    assert [file.path for file in found.files] == ["a.csv", "z.py"]
    assert found.problems == ("b.csv, big.bin, c.csv beside the notebook were left out: 2 files are taken at most.",)


def test_what_is_damaged_in_an_archive_is_left_out(students: Students, archive: MakeArchive, nb: bytes) -> None:
    path = archive({"alice/norm.ipynb": nb})
    with zipfile.ZipFile(path, "a") as opened:
        opened.writestr(zipfile.ZipInfo("alice/table.csv"), b"one, two, three")
    path.write_bytes(path.read_bytes().replace(b"one, two", b"two, one"))
    found = only(students(path))
    assert found.notebook is not None
    assert not found.files
    assert "table.csv is damaged in the archive" in found.problems[0]


def test_files_are_part_of_the_hash_and_nothing_changes_without_them(
    students: Students, folder: MakeFolder, nb: bytes
) -> None:
    files = {f"{name}/norm.ipynb": nb for name in "abcd"}
    found = students(folder({**files, "b/x.py": b"1", "c/x.py": b"2", "d/y.py": b"1"}))
    assert len({one.content_hash for one in found.values()}) == 4
    alone = students(folder({"e.ipynb": nb}) / "e.ipynb")
    assert alone["e"].content_hash == found["a"].content_hash
