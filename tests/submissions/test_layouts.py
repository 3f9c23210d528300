"""Whose notebook is it? Every way in which a class can be handed over."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.submissions.collect import collect
from autograder.submissions.layout import Submitter, read_submitters
from autograder.topics import Topic
from tests.submissions.handouts import Handout, MakeArchive, MakeFolder, Students


def test_a_notebook_in_a_folder_is_its_files_name(students: Students, folder: MakeFolder, nb: bytes) -> None:
    assert set(students(folder({"alice.ipynb": nb, "bob.ipynb": nb, "README.md": b"-"}))) == {"alice", "bob"}


def test_a_folder_in_a_folder_is_a_student_whatever_the_notebook_is_called(
    students: Students, folder: MakeFolder, nb: bytes
) -> None:
    assert set(students(folder({"alice/work.ipynb": nb, "bob/deep/norm.ipynb": nb}))) == {"alice", "bob"}


def test_a_folder_without_notebooks_is_reported_as_a_student(students: Students, folder: MakeFolder, nb: bytes) -> None:
    found = students(folder({"alice/norm.ipynb": nb, "bob/essay.pdf": b"%PDF"}))
    assert found["bob"].notebook is None
    assert found["bob"].problems == ("No notebook was handed in; there is only essay.pdf.",)


def test_a_folder_of_pictures_beside_students_notebooks_is_no_student(
    students: Students, folder: MakeFolder, nb: bytes
) -> None:
    assert set(students(folder({"alice.ipynb": nb, "figures/plot.png": b"-"}))) == {"alice"}


@pytest.mark.parametrize("below", ["", "submitted", "submitted/alice", "submitted/alice/01-norm"])
def test_any_folder_of_nbgraders_tree_can_be_given(
    students: Students, folder: MakeFolder, nb: bytes, below: str
) -> None:
    root = folder({"submitted/alice/01-norm/norm.ipynb": nb, "submitted/alice/01-norm/timestamp.txt": b"2024-01-01"})
    found = students(root / below)
    assert found["alice"].topic.name == "01-norm"
    assert not found["alice"].problems


def test_a_single_notebook_of_nbgraders_tree_belongs_to_its_student(
    students: Students, folder: MakeFolder, nb: bytes
) -> None:
    root = folder({"submitted/alice/ps1/homework.ipynb": nb})
    assert set(students(root / "submitted/alice/ps1/homework.ipynb")) == {"alice"}


def test_nbgraders_tree_may_hold_several_topics_of_one_student(
    topics: Sequence[Topic], folder: MakeFolder, nb: bytes, other_handout: Handout
) -> None:
    root = folder({"alice/01-norm/norm.ipynb": nb, "alice/02-conv/conv.ipynb": other_handout.bytes()})
    assert [(one.student, one.topic.name) for one in collect([root], topics)] == [
        ("alice", "01-norm"),
        ("alice", "02-conv"),
    ]


@pytest.mark.parametrize("name", ["{}.ipynb", "{}/norm.ipynb", "{}/work.ipynb"])
@pytest.mark.parametrize("below", ["", "01-norm"])
def test_a_topics_folder_may_stand_around_students(
    students: Students, folder: MakeFolder, nb: bytes, name: str, below: str
) -> None:
    root = folder({f"01-norm/{name.format(student)}": nb for student in ("alice", "bob")})
    assert set(students(root / below)) == {"alice", "bob"}


@pytest.mark.parametrize(
    "name", ["norm.ipynb", "norm (1).ipynb", "norm-Copy1.ipynb", "NORM_2.ipynb", "norm copy 2.ipynb"]
)
def test_a_copy_of_the_topics_notebook_names_no_student(
    students: Students, folder: MakeFolder, nb: bytes, name: str
) -> None:
    assert set(students(folder({f"alice/{name}": nb}) / "alice" / name)) == {"alice"}


def test_a_single_notebook_with_the_topics_name_belongs_to_the_folder_it_is_in(
    students: Students, folder: MakeFolder, nb: bytes
) -> None:
    assert set(students(folder({"alice/norm.ipynb": nb}) / "alice/norm.ipynb")) == {"alice"}


def test_a_single_notebook_with_another_name_is_named_after_its_student(
    students: Students, folder: MakeFolder, nb: bytes
) -> None:
    assert set(students(folder({"downloads/alice.ipynb": nb}) / "downloads/alice.ipynb")) == {"alice"}


def test_checkpoints_and_files_of_operating_systems_are_ignored(
    students: Students, folder: MakeFolder, archive: MakeArchive, nb: bytes
) -> None:
    files = {
        "alice/norm.ipynb": nb,
        "alice/.ipynb_checkpoints/norm-checkpoint.ipynb": b"",
        "__MACOSX/alice/._norm.ipynb": b"",
        ".DS_Store": b"",
    }
    for path in (folder(files), archive(files)):
        found = students(path)
        assert set(found) == {"alice"}
        assert not found["alice"].problems


def test_canvas_names_students_in_file_names(students: Students, archive: MakeArchive, nb: bytes) -> None:
    path = archive(
        {
            "liwei_12345_678901_norm.ipynb": nb,
            "smithjane_LATE_12346_678902_norm-1.ipynb": nb,
            "dupontéva_12347_678903_my_final_2_work.ipynb": nb,
        }
    )
    assert set(students(path)) == {"liwei-12345", "smithjane-12346", "dupontéva-12347"}


def test_of_canvas_uploads_the_latest_is_graded(
    students: Students, archive: MakeArchive, done: Handout, handout: Handout
) -> None:
    path = archive({"liwei_1_10_norm-2.ipynb": handout.bytes(), "liwei_1_11_norm.ipynb": done.bytes()})
    found = students(path)["liwei-1"]
    assert "norm-2" in found.origin
    assert found.problems == (
        "Several notebooks were handed in: liwei_1_10_norm-2.ipynb was graded, liwei_1_11_norm.ipynb not.",
    )


def test_canvas_students_without_a_notebook_are_reported(students: Students, archive: MakeArchive, nb: bytes) -> None:
    found = students(archive({"liwei_1_10_norm.ipynb": nb, "smith_2_11_essay.pdf": b"%PDF"}))
    assert found["smith-2"].notebook is None


def test_canvas_students_may_upload_zips(students: Students, archive: MakeArchive, nb: bytes) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as packed:
        packed.writestr("work/norm.ipynb", nb)
    found = students(archive({"liwei_1_10_norm.zip": inner.getvalue(), "smith_2_11_norm.ipynb": nb}))
    assert found["liwei-1"].notebook is not None


def test_two_canvas_users_of_one_name_stay_two(students: Students, archive: MakeArchive, nb: bytes) -> None:
    path = archive({"liwei_1_10_norm.ipynb": nb, "liwei_2_11_norm.ipynb": nb})
    assert set(students(path)) == {"liwei-1", "liwei-2"}


@pytest.mark.parametrize("folder_name", ["Éva Dupont_77_assignsubmission_file_", "Éva Dupont_77_assignsubmission_file"])
def test_moodle_names_students_in_folder_names(
    students: Students, archive: MakeArchive, nb: bytes, folder_name: str
) -> None:
    assert set(students(archive({f"{folder_name}/norm.ipynb": nb}))) == {"Éva Dupont-77"}


def test_moodle_names_students_in_file_names_where_folders_were_not_asked_for(
    students: Students, archive: MakeArchive, nb: bytes
) -> None:
    assert set(students(archive({"Éva Dupont_77_assignsubmission_file_norm.ipynb": nb}))) == {"Éva Dupont-77"}


def test_moodle_online_text_belongs_to_the_same_student(students: Students, archive: MakeArchive, nb: bytes) -> None:
    found = students(
        archive(
            {"Li_7_assignsubmission_file_/norm.ipynb": nb, "Li_7_assignsubmission_onlinetext_/onlinetext.html": b"-"}
        )
    )
    assert set(found) == {"Li-7"}
    assert not found["Li-7"].problems


GRADESCOPE = b"""---
submission_456:
  :submitters:
  - :name: Ada Lovelace
    :sid: '17'
    :email: ada@example.org
  :created_at: !ruby/object:ActiveSupport::TimeWithZone 2024-01-01
submission_457:
  :submitters:
  - :name: Li Wei
    :email: li@example.org
  - :name: Jane Smith
    :email: jane@example.org
"""


def test_gradescope_names_submitters_in_a_file_and_groups_get_one_submission_each(
    students: Students, archive: MakeArchive, nb: bytes
) -> None:
    path = archive(
        {
            "assignment_123_export/submission_metadata.yml": GRADESCOPE,
            "assignment_123_export/submission_456/norm.ipynb": nb,
            "assignment_123_export/submission_457/code/norm.ipynb": nb,
        }
    )
    assert set(students(path)) == {
        "Ada Lovelace-ada@example.org",
        "Li Wei-li@example.org",
        "Jane Smith-jane@example.org",
    }


def test_gradescope_submissions_without_a_list_of_submitters_keep_their_number(
    students: Students, archive: MakeArchive, nb: bytes
) -> None:
    damaged = {"export/submission_metadata.yml": b"{", "export/submission_456/norm.ipynb": nb}
    assert set(students(archive(damaged))) == {"submission-456"}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20 23:15:00.123456789 Z", datetime(2026, 11, 20, 23, 15, 0, 123456, UTC)),
        ("2026-11-20 15:15:00 -08:00", datetime(2026, 11, 20, 23, 15, tzinfo=UTC)),
        ("2026-11-20 23:15:00 UTC", datetime(2026, 11, 20, 23, 15, tzinfo=UTC)),
        ("2026-11-20 23:15:00", None),
        ("yesterday", None),
    ],
)
def test_gradescope_says_when_work_was_handed_in(text: str, moment: datetime | None) -> None:
    tagged = f"submission_1:\n  :submitters:\n  - :name: Ada\n  :created_at: !ruby/object:Time {text}\n"
    assert read_submitters(tagged.encode())["submission_1"].created_at == moment


def test_gradescopes_list_tells_people_of_one_name_apart() -> None:
    assert read_submitters(GRADESCOPE)["submission_457"].submitters[0] == Submitter("li@example.org", "Li Wei")


@pytest.mark.parametrize("around", ["", "class/", "export/class/"])
def test_plain_archives_hold_students_folders_or_files(
    students: Students, archive: MakeArchive, nb: bytes, around: str
) -> None:
    assert set(students(archive({f"{around}alice/norm.ipynb": nb, f"{around}bob/x.ipynb": nb}))) == {"alice", "bob"}
    assert set(students(archive({f"{around}alice.ipynb": nb, f"{around}bob.ipynb": nb}))) == {"alice", "bob"}


def test_an_archive_of_nbgraders_tree_is_read_as_the_tree(students: Students, archive: MakeArchive, nb: bytes) -> None:
    assert set(students(archive({"submitted/alice/01-norm/norm.ipynb": nb}))) == {"alice"}
    assert set(students(archive({"course/alice/01-norm/norm.ipynb": nb}))) == {"alice"}


def test_a_students_own_archive_is_the_students(
    students: Students, archive: MakeArchive, folder: MakeFolder, nb: bytes
) -> None:
    assert set(students(archive({"norm.ipynb": nb}, name="alice.zip"))) == {"alice"}
    root = folder({"bob/norm.ipynb": nb})
    archive({"norm.ipynb": nb}, name="class/carol.zip")
    assert set(students(root)) == {"bob", "carol"}


@pytest.mark.parametrize(
    "claimed",
    [
        "bob_1_2_norm.ipynb",
        "bob_1_assignsubmission_file_/norm.ipynb",
        "submission_1/norm.ipynb",
        "bob/01-norm/norm.ipynb",
    ],
)
def test_a_student_cannot_hand_in_as_somebody_else(
    students: Students, folder: MakeFolder, archive: MakeArchive, nb: bytes, claimed: str
) -> None:
    root = folder({f"mallory/{claimed}": nb, "alice/norm.ipynb": nb})
    archive({claimed: nb}, name="class/oscar.zip")
    assert set(students(root)) == {"mallory", "alice", "oscar"}


def test_a_path_given_twice_counts_once(topics: Sequence[Topic], folder: MakeFolder, nb: bytes) -> None:
    root = folder({"alice.ipynb": nb})
    found = collect([root / "alice.ipynb", root / "alice.ipynb"], topics)
    assert [one.problems for one in found] == [()]


def test_endings_that_browsers_add_are_no_obstacle(students: Students, folder: MakeFolder, nb: bytes) -> None:
    assert set(students(folder({"alice.ipynb.txt": nb, "bob.ipynb.json": nb, "carol.IPYNB": nb}))) == {
        "alice",
        "bob",
        "carol",
    }


def test_a_path_that_does_not_exist_is_an_error(topics: Sequence[Topic], tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="missing does not exist; give a notebook"):
        collect([tmp_path / "missing"], topics)


def test_a_path_that_is_no_file_is_an_error(topics: Sequence[Topic], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ipynb")
    with pytest.raises(CourseError, match=r"pipe\.ipynb is neither a file nor a folder; give a notebook"):
        collect([tmp_path / "pipe.ipynb"], topics)


def test_a_folder_without_notebooks_is_an_error(topics: Sequence[Topic], folder: MakeFolder) -> None:
    with pytest.raises(CourseError, match="holds no notebook"):
        collect([folder({"readme.txt": b"-"})], topics)


def test_a_file_of_another_kind_is_an_error(topics: Sequence[Topic], folder: MakeFolder) -> None:
    with pytest.raises(CourseError, match=r"essay\.pdf is not a readable zip archive"):
        collect([folder({"essay.pdf": b"%PDF"}) / "essay.pdf"], topics)


def test_a_topic_that_is_not_in_the_course_is_an_error(topics: Sequence[Topic], tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="no topic 09-x; the topics are 01-norm, 02-conv"):
        collect([tmp_path], topics, "09-x")


def test_links_are_refused_and_said_so(students: Students, folder: MakeFolder, nb: bytes, tmp_path: Path) -> None:
    root = folder({"alice/norm.ipynb": nb, "mallory/x.txt": b"-"})
    (tmp_path / "outside.ipynb").write_bytes(nb)
    (root / "mallory" / "norm.ipynb").symlink_to(tmp_path / "outside.ipynb")
    (root / "oscar").symlink_to(root / "alice")
    found = students(root)
    assert found["alice"].notebook is not None
    assert found["mallory"].problems == ("norm.ipynb is a symbolic link, which is not followed.",)
    assert found["oscar"].problems == ("oscar is a symbolic link, which is not followed.",)


def test_submissions_come_in_order_of_students(topics: Sequence[Topic], folder: MakeFolder, nb: bytes) -> None:
    root = folder({f"{name}.ipynb": nb for name in ("zoe", "adam", "mia")})
    assert [one.student for one in collect([root], topics)] == ["adam", "mia", "zoe"]
