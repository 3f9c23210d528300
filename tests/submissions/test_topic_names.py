"""A topic's notebook is known by its name, whatever a browser or a student made of it; so is nobody's folder."""

from __future__ import annotations

import unicodedata
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from autograder.submissions.topic_names import is_nobodys, topic_named
from autograder.topics import Topic
from tests.submissions.handouts import MakeArchive, MakeFolder, Students

COPIES = {
    "a browser": "norm (1).ipynb",
    "a browser without a space": "norm(1).ipynb",
    "a browser, as text": "norm.ipynb.txt",
    "a browser, as text, twice": "norm (2).ipynb.txt",
    "a browser, as JSON": "norm.ipynb.json",
    "an ending typed twice": "norm.ipynb.ipynb",
    "capitals": "NORM.IPYNB",
    "Colab": "Copy of norm.ipynb",
    "Colab twice": "Copy of Copy of norm.ipynb",
    "Colab in German": "Kopie von norm.ipynb",
    "Colab in French": "Copie de norm.ipynb",
    "Colab in Spanish": "Copia de norm.ipynb",
    "Colab in Portuguese": "Cópia de norm.ipynb",
    "Windows": "norm - Copy.ipynb",
    "Windows, the second time": "norm - Copy (2).ipynb",
    "Windows in German": "norm - Kopie (2).ipynb",
    "macOS": "norm copy 2.ipynb",
    "JupyterLab": "norm-Copy1.ipynb",
    "a careful student": "norm_final_v2.ipynb",
    "the topic's folder": "01-norm.ipynb",
}


@pytest.mark.parametrize("name", COPIES.values(), ids=COPIES)
def test_a_notebook_by_the_topics_name_belongs_to_whom_the_folder_names(
    name: str, students: Students, folder: MakeFolder, nb: bytes
) -> None:
    assert set(students(folder({f"alice/{name}": nb}) / "alice")) == {"alice"}


@pytest.mark.parametrize(
    "name", ["norm_alice", "alice norm", "norms", "normandy", "norm_newman", "norm_12345", "Copy of alice"]
)
def test_a_name_that_says_more_may_be_a_students(name: str, topics: Sequence[Topic]) -> None:
    assert topic_named(name, topics) is None


def test_a_decomposed_name_is_read_as_a_composed_one(topics: Sequence[Topic]) -> None:
    assert topic_named(unicodedata.normalize("NFD", "Cópia de norm"), topics) is topics[0]


@pytest.mark.parametrize(
    "name", ["old", "Homework", "attempt 2", "hw1", "v2", "final_v2", "Untitled Folder 2", "New folder (2)", "norm (1)"]
)
def test_a_folder_of_attempts_is_nobodys(name: str, topics: Sequence[Topic]) -> None:
    assert is_nobodys(name, topics)


@pytest.mark.parametrize(
    "name",
    ["alice", "Newman", "Will Oldham", "17", "submission 7", "student 2", "Group 1", "Section A", "hw1-alice", ""],
)
def test_a_folder_with_any_other_name_may_be_a_students(name: str, topics: Sequence[Topic]) -> None:
    assert not is_nobodys(name, topics)


def test_very_long_names_take_no_time(topics: Sequence[Topic]) -> None:
    for piece in ("_- ", "copy1 ", "copy of ", "hw1 ", "(1", "old_"):
        assert topic_named(f"norm{piece * 20_000}!", topics) is None
        assert not is_nobodys(f"{piece * 20_000}!x", topics)


JUNK = ("Thumbs.db", "desktop.ini", ".DS_Store", "__MACOSX/._norm.ipynb", "bo/Thumbs.db", "bo/Desktop.ini")


def test_what_windows_and_macos_leave_behind_is_nobodys_work(
    students: Students, folder: MakeFolder, archive: MakeArchive, nb: bytes
) -> None:
    files = {"bo/norm.ipynb": nb} | dict.fromkeys(JUNK, b"")
    for path in (folder(files), archive(files)):
        found = students(path)
        assert set(found) == {"bo"}
        assert not found["bo"].files


def test_a_folder_that_only_the_system_wrote_to_is_empty(students: Students, folder: MakeFolder, nb: bytes) -> None:
    found = students(folder({"bo/norm.ipynb": nb, "anna/desktop.ini": b""}))
    assert found["anna"].problems == ("No notebook was handed in; the folder is empty.",)


ZIPPED = {
    "Windows": "{}\\norm.ipynb",
    "the current folder": "./{}/norm.ipynb",
    "a folder named after the zip": "export/{}/norm.ipynb",
    "both": ".\\export\\{}\\norm.ipynb",
}


@pytest.mark.parametrize("name", ZIPPED.values(), ids=ZIPPED)
def test_an_archive_of_any_system_names_the_same_students(
    name: str, students: Students, archive: MakeArchive, nb: bytes
) -> None:
    assert set(students(archive({name.format(who): nb for who in ("anna", "bo")}))) == {"anna", "bo"}


@pytest.mark.parametrize(
    "raw",
    ["Jörg Müller".encode("cp437"), "Jörg Müller".encode(), unicodedata.normalize("NFD", "Jörg Müller").encode()],
    ids=["Windows", "UTF-8 that is not said to be", "macOS"],
)
def test_umlauts_in_an_archive_are_read_as_they_were_written(
    raw: bytes, students: Students, tmp_path: Path, nb: bytes
) -> None:
    plain = b"~" * len(raw)
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(f"{plain.decode()}/norm.ipynb", nb)
        made.writestr("bo/norm.ipynb", nb)
    path.write_bytes(path.read_bytes().replace(plain, raw))
    assert set(students(path)) == {"Jörg Müller", "bo"}
