"""Nothing in an archive can reach outside it or exhaust the grader, and one bad member costs nobody else anything."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.submissions import archive as archives
from autograder.submissions import files
from autograder.submissions.archive import open_archive
from autograder.submissions.files import Unreadable
from tests.submissions.handouts import MakeArchive, MakeFolder, Students


def with_member(path: Path, info: zipfile.ZipInfo, content: bytes) -> Path:
    with zipfile.ZipFile(path, "a") as opened:
        opened.writestr(info, content)
    return path


def patched(path: Path, old: bytes, new: bytes) -> Path:
    """Change an archive's bytes behind its back."""
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))
    return path


@pytest.mark.parametrize(
    "name",
    ["../mallory.ipynb", "/etc/mallory.ipynb", "alice/../../mallory.ipynb", "C:/mallory.ipynb", "..\\mallory.ipynb"],
)
def test_a_path_that_leads_out_of_the_archive_is_refused(
    students: Students, archive: MakeArchive, nb: bytes, name: str
) -> None:
    found = students(archive({name: nb, "alice.ipynb": nb, "bob.ipynb": nb}))
    refused = [one for one in found.values() if one.notebook is None or one.problems]
    assert [one.problems for one in refused] == [
        ("mallory.ipynb has a path that leads out of the archive and was not read.",)
    ]
    assert found["bob"].notebook is not None


def test_reading_an_archive_writes_nothing(students: Students, archive: MakeArchive, nb: bytes, tmp_path: Path) -> None:
    path = archive({"../mallory.ipynb": nb, "alice/norm.ipynb": nb})
    before = sorted(tmp_path.parent.rglob("*"))
    students(path)
    assert sorted(tmp_path.parent.rglob("*")) == before


def test_a_symbolic_link_is_refused(students: Students, archive: MakeArchive, nb: bytes) -> None:
    link = zipfile.ZipInfo("mallory/norm.ipynb")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    found = students(with_member(archive({"alice/norm.ipynb": nb}), link, b"../alice/norm.ipynb"))
    assert found["mallory"].problems == ("norm.ipynb is a symbolic link, which is not followed.",)
    assert found["alice"].notebook is not None


def test_an_encrypted_member_is_refused(students: Students, archive: MakeArchive, nb: bytes) -> None:
    path = archive({"alice.ipynb": nb, "mallory.ipynb": b"secret"})
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\x01\x02")
    content[entry + 8] |= 1
    path.write_bytes(bytes(content))
    found = students(path)
    assert found["mallory"].problems == ("mallory.ipynb is encrypted and was not read.",)
    assert found["alice"].notebook is not None


def test_an_uncommon_compression_is_refused(students: Students, archive: MakeArchive, nb: bytes) -> None:
    info = zipfile.ZipInfo("mallory.ipynb")
    info.compress_type = zipfile.ZIP_LZMA
    found = students(with_member(archive({"alice.ipynb": nb}), info, nb))
    assert "method that is not supported" in found["mallory"].problems[0]


def test_a_damaged_member_is_a_problem_of_its_student_alone(
    students: Students, archive: MakeArchive, nb: bytes
) -> None:
    info = zipfile.ZipInfo("mallory.ipynb")
    path = with_member(archive({"alice.ipynb": nb}), info, b'{"cells": [], "nbformat": 4}')
    found = students(patched(path, b'{"cells": []', b'{"cells": {}'))
    assert found["mallory"].problems == (
        "mallory.ipynb is damaged in the archive (Bad CRC-32 for file 'mallory.ipynb').",
    )
    assert found["alice"].notebook is not None


def test_a_member_that_unpacks_to_too_much_is_not_read(
    students: Students, archive: MakeArchive, nb: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "NOTEBOOK_BYTES", 2**20)
    found = students(archive({"alice.ipynb": nb, "mallory.ipynb": b" " * (5 * 2**20)}))
    assert found["mallory"].problems == ("mallory.ipynb has 5 MB, more than 1 MB, and was not read.",)
    assert found["alice"].notebook is not None


def test_a_member_that_states_a_small_size_gets_no_further(archive: MakeArchive) -> None:
    path = archive({"mallory.ipynb": b" " * 5000})
    patched(path, (5000).to_bytes(4, "little"), (50).to_bytes(4, "little"))
    with open_archive(path, "export.zip") as (member,), pytest.raises(Unreadable, match="damaged in the archive"):
        member.content()


def test_an_archive_that_unpacks_to_too_much_is_read_only_so_far(archive: MakeArchive) -> None:
    path = archive({f"{name}.ipynb": b" " * 1000 for name in "abc"})
    with open_archive(path, "export.zip", total=2500) as members:
        assert [len(member.content()) for member in members[:2]] == [1000, 1000]
        with pytest.raises(Unreadable, match=r"c\.ipynb was not read: its archive unpacks to more"):
            members[2].content()


def test_an_archive_of_too_many_members_is_not_read(archive: MakeArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 10)
    path = archive({f"{number}.ipynb": b"" for number in range(11)})
    with pytest.raises(Unreadable, match="has 11 members, more than 10"), open_archive(path, "export.zip"):
        pass


def test_a_huge_table_of_contents_is_never_loaded(archive: MakeArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_DIRECTORY_BYTES", 1000)
    path = archive({f"{number}.ipynb": b"" for number in range(100)})
    with pytest.raises(Unreadable, match="table of contents is too large"), open_archive(path, "export.zip"):
        pass


def test_of_two_members_of_one_name_the_last_is_read(students: Students, archive: MakeArchive, nb: bytes) -> None:
    path = archive({"alice/norm.ipynb": b"", "bob/norm.ipynb": nb})
    with pytest.warns(UserWarning, match="Duplicate name"):
        with_member(path, zipfile.ZipInfo("alice/norm.ipynb"), nb)
    alice = students(path)["alice"]
    assert alice.notebook is not None
    assert alice.problems == ("norm.ipynb is in the archive more than once; the last one of that name was read.",)


def test_names_in_utf8_without_the_flag_are_read_as_utf8(students: Students, archive: MakeArchive, nb: bytes) -> None:
    path = archive({"Eva/norm.ipynb": nb})
    assert set(students(patched(path, b"Eva", "Éa".encode()))) == {"Éa"}


def test_names_in_no_encoding_at_all_are_readable_still(students: Students, archive: MakeArchive, nb: bytes) -> None:
    path = archive({"Eva/norm.ipynb": nb})
    (name,) = students(patched(path, b"Eva", b"\xffva"))
    assert name.endswith("va")


def test_an_archive_inside_a_students_archive_is_not_opened(
    students: Students, archive: MakeArchive, folder: MakeFolder, nb: bytes
) -> None:
    inner = archive({"norm.ipynb": nb}, name="inner.zip").read_bytes()
    root = folder({"alice.ipynb": nb})
    archive({"more.zip": inner}, name="class/bob.zip")
    assert students(root)["bob"].problems == ("more.zip is an archive inside an archive, which is not opened.",)


def test_a_students_damaged_archive_is_that_students_problem(students: Students, folder: MakeFolder, nb: bytes) -> None:
    found = students(folder({"alice/norm.ipynb": nb, "bob/norm.zip": b"PK\x03\x04 broken"}))
    assert found["bob"].problems == ("norm.zip is not a readable zip archive (File is not a zip file).",)


def test_a_students_archive_without_a_notebook_is_said_so(
    students: Students, archive: MakeArchive, folder: MakeFolder, nb: bytes
) -> None:
    root = folder({"alice.ipynb": nb})
    archive({"essay.pdf": b"%PDF"}, name="class/bob.zip")
    assert students(root)["bob"].problems == ("bob.zip holds no notebook.",)


def test_a_damaged_export_of_the_class_is_an_error(students: Students, archive: MakeArchive, nb: bytes) -> None:
    path = archive({"alice.ipynb": nb})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(CourseError, match=r"export\.zip is not a readable zip archive"):
        students(path)
