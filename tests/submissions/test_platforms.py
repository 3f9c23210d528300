"""What learning platforms call what they export: one student each, the newest attempt, and nobody lost."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from autograder.submissions.choose import LATE
from autograder.submissions.collect import collect
from autograder.submissions.platforms import Export, read_export
from autograder.topics import Topic
from tests.submissions.handouts import TOPICS, Handout, MakeArchive, MakeFolder, Students, called


def at(platform: str, name: str, user: str, file: str, time: datetime) -> Export:
    """What a name with a time says: the time is the version, too."""
    number = int(f"{time:%Y%m%d%H%M%S}")
    return Export(platform, name, user, file, number, number, time)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Jane Doe_77_assignsubmission_file_norm.ipynb", Export("Moodle", "Jane Doe", "77", "norm.ipynb")),
        ("Jane Doe_77_assignsubmission_file_", Export("Moodle", "Jane Doe", "77")),
        ("Participant_77_assignsubmission_file", Export("Moodle", "Participant", "77")),
        ("Group 1_4_assignsubmission_file", Export("Moodle", "Group 1", "4")),
        ("Group 1-Jane Doe_77_assignsubmission_file_", Export("Moodle", "Group 1-Jane Doe", "77")),
        ("Default group_assignsubmission_file", Export("Moodle", "Default group", "")),
        ("Jane Doe_77_assignsubmission_onlinetext_onlinetext.html", Export("Moodle", "Jane Doe", "77")),
        ("Jane Doe_77_assignsubmission_onlinetext", Export("Moodle", "Jane Doe", "77")),
        ("Jane Doe_77_assignsubmission_github_", Export("Moodle", "Jane Doe", "77")),
        ("doejane_501_9001_norm-2.ipynb", Export("Canvas", "doejane", "501", "norm.ipynb", 2, 9001)),
        (
            "doejane_LATE_501_9001_norm.ipynb",
            Export("Canvas", "doejane", "501", "norm.ipynb", serial=9001, is_late=True),
        ),
        ("doejane_501_link.html", Export("Canvas", "doejane", "501")),
        ("doejane_LATE_501_text.html", Export("Canvas", "doejane", "501", is_late=True)),
        ("anon_Ab3Xz_4561_norm.ipynb", Export("Canvas anonymous", "anonymous", "Ab3Xz", "norm.ipynb", serial=4561)),
        (
            "LATE_anon_Ab3Xz_4561_norm.ipynb",
            Export("Canvas anonymous", "anonymous", "Ab3Xz", "norm.ipynb", serial=4561, is_late=True),
        ),
        ("anon_Ab3Xz_text.html", Export("Canvas anonymous", "anonymous", "Ab3Xz")),
        (
            "40211-77120 - Ana-Rosa Lima - Nov 20, 2026 105 PM - my - norm.ipynb",
            at("Brightspace", "Ana-Rosa Lima", "40211", "my - norm.ipynb", time=datetime(2026, 11, 20, 13, 5)),
        ),
        (
            "40211-77120 - Ana Lima - Nov 20, 2026 1204 AM",
            at("Brightspace", "Ana Lima", "40211", "", time=datetime(2026, 11, 20, 0, 4)),
        ),
        (
            "HW1_alima_attempt_2026-11-20-20-35-12_norm.ipynb",
            at("Blackboard", "alima", "alima", "norm.ipynb", time=datetime(2026, 11, 20, 20, 35, 12)),
        ),
        ("norm_1.ipynb", None),
        ("alice", None),
    ],
)
def test_a_name_says_whose_it_is_and_which_upload(name: str, said: Export | None) -> None:
    assert read_export(name) == said


ATTEMPTS = {
    "Brightspace": "40211-77120 - Ana Lima - Nov {day}, 2026 835 PM - norm.ipynb",
    "Brightspace with folders": "40211-77120 - Ana Lima - Nov {day}, 2026 835 PM/norm.ipynb",
    "Blackboard": "HW1_alima_attempt_2026-11-{day}-20-35-12_norm.ipynb",
}


@pytest.mark.parametrize("name", ATTEMPTS.values(), ids=ATTEMPTS)
def test_of_several_attempts_the_newest_counts_and_that_is_said(
    name: str, students: Students, archive: MakeArchive, done: Handout, handout: Handout
) -> None:
    earlier, later = name.format(day=20), name.format(day=21)
    (found,) = students(archive({earlier: done.bytes(), later: handout.bytes()})).values()
    assert later in found.origin
    assert found.problems == (f"Several notebooks were handed in: {later} was graded, {earlier} not.",)


def test_blackboards_receipt_is_none_of_the_students_files(students: Students, archive: MakeArchive, nb: bytes) -> None:
    attempt = "HW1_alima_attempt_2026-11-20-20-35-12"
    found = students(archive({f"{attempt}_norm.ipynb": nb, f"{attempt}.txt": b"Name: Ana Lima (alima)"}))
    assert found["alima-blackboard"].files == ()
    assert not found["alima-blackboard"].problems


def test_whoever_only_has_a_receipt_is_listed(students: Students, archive: MakeArchive, nb: bytes) -> None:
    found = students(
        archive(
            {
                "HW1_alima_attempt_2026-11-20-20-35-12.txt": b"-",
                "HW1_bo_attempt_2026-11-20-20-35-12_norm.ipynb": nb,
            }
        )
    )
    assert found["alima-blackboard"].notebook is None
    assert "there is only HW1_alima_attempt_2026-11-20-20-35-12.txt" in found["alima-blackboard"].problems[0]


def test_users_with_an_underscore_are_never_one_on_blackboard(
    students: Students, archive: MakeArchive, nb: bytes
) -> None:
    names = {f"HW_1_{user}_attempt_2026-11-20-20-35-12_norm.ipynb": nb for user in ("a_lima", "b_lima", "cruz")}
    assert set(students(archive(names))) == {"HW_1_a_lima-blackboard", "HW_1_b_lima-blackboard", "HW_1_cruz-blackboard"}


def test_links_and_texts_on_canvas_are_handed_in_by_somebody(
    students: Students, archive: MakeArchive, nb: bytes
) -> None:
    found = students(archive({"li_1_10_norm.ipynb": nb, "smith_2_link.html": b"-", "jones_LATE_3_text.html": b"-"}))
    assert set(found) == {"li-1", "smith-2", "jones-3"}
    assert found["smith-2"].problems == ("No notebook was handed in; there is only smith_2_link.html.",)


def test_anonymous_students_on_canvas_are_told_apart(students: Students, archive: MakeArchive, nb: bytes) -> None:
    found = students(archive({"anon_Ab3Xz_4561_norm.ipynb": nb, "LATE_anon_Qq1Rs_4562_norm.ipynb": nb}))
    assert set(found) == {"anonymous-Ab3Xz", "anonymous-Qq1Rs"}


def test_lateness_without_a_time_is_said(students: Students, archive: MakeArchive, nb: bytes) -> None:
    found = students(archive({"li_LATE_1_10_norm.ipynb": nb, "smith_2_11_norm.ipynb": nb}))
    assert found["li-1"].problems == (LATE,)
    assert not found["smith-2"].problems


def test_a_stray_notebook_hides_no_student(students: Students, folder: MakeFolder, nb: bytes) -> None:
    found = students(folder({"anna/answers.pdf": b"%PDF", "bo/norm.ipynb": nb, "overview.ipynb": nb}))
    assert set(found) == {"anna", "bo", "overview"}
    assert found["anna"].problems == ("No notebook was handed in; there is only answers.pdf.",)


def test_an_empty_folder_is_a_student_who_handed_in_nothing(students: Students, folder: MakeFolder, nb: bytes) -> None:
    root = folder({"bo/norm.ipynb": nb})
    (root / "anna" / "01-norm").mkdir(parents=True)
    assert students(root)["anna"].problems == ("No notebook was handed in; the folder is empty.",)


def test_folders_thousands_deep_in_an_archive_take_no_time(students: Students, archive: MakeArchive, nb: bytes) -> None:
    deep = {f"bo/{letter}{'/x' * 30_000}": b"-" for letter in "abcdefgh"}
    assert set(students(archive({"bo/norm.ipynb": nb, "anna/norm.ipynb": nb, **deep}))) == {"anna", "bo"}


def test_a_pdf_for_one_topic_is_listed_beside_a_notebook_for_another(folder: MakeFolder, nb: bytes) -> None:
    files = {"anna/01-norm/norm.ipynb": nb, "anna/02-conv/answers.pdf": b"%PDF"}
    found = collect([folder({f"submitted/{name}": content for name, content in files.items()})], TOPICS)
    assert [(one.student, one.topic.name, bool(one.problems)) for one in found if one.topic] == [
        ("anna", "01-norm", False),
        ("anna", "02-conv", True),
    ]


@pytest.mark.parametrize("other", ["anna_1_link.html", "anna_1_12_conv.pdf", "anna_1_12_homework.ipynb"])
def test_what_nobody_can_grade_belongs_to_the_topic_of_its_export(
    other: str, archive: MakeArchive, nb: bytes, other_handout: Handout
) -> None:
    first = archive({"anna_1_10_norm.ipynb": nb, "bo_2_11_norm.pdf": b"%PDF"}, name="first.zip")
    second = archive({"bo_2_13_conv.ipynb": other_handout.bytes(), other: b"{"}, name="second.zip")
    found = collect([first, second], TOPICS)
    assert [(one.student, one.topic.name, bool(one.problems)) for one in found if one.topic] == [
        ("anna-1", "01-norm", False),
        ("anna-1", "02-conv", True),
        ("bo-2", "01-norm", True),
        ("bo-2", "02-conv", False),
    ]


def test_an_empty_folder_in_an_archive_is_one_too(students: Students, tmp_path: Path, nb: bytes) -> None:
    path = tmp_path / "class.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("bo/norm.ipynb", nb)
        packed.mkdir("bo/figures")
        packed.mkdir("anna")
    found = students(path)
    assert set(found) == {"anna", "bo"}
    assert not found["bo"].problems


MOODLE = {
    "folders": "{who}_assignsubmission_file/norm.ipynb",
    "folders, before 4.1": "{who}_assignsubmission_file_/norm.ipynb",
    "folders in folders": "{who}_assignsubmission_file_/my work/norm.ipynb",
    "no folders": "{who}_assignsubmission_file_norm.ipynb",
}


@pytest.mark.parametrize("name", MOODLE.values(), ids=MOODLE)
def test_every_shape_of_moodles_export_names_the_same_people(
    name: str, students: Students, folder: MakeFolder, archive: MakeArchive, nb: bytes
) -> None:
    files = {name.format(who=who): nb for who in ("Jane Doe_7", "Group 1-Li_8", "Anne-Marie_9", "Default group")}
    for path in (folder(files), archive(files)):
        assert called(students(path)) == {"Jane Doe", "Group 1-Li", "Anne-Marie", "Default group"}


def test_whoever_only_typed_a_text_into_moodle_is_listed(students: Students, archive: MakeArchive, nb: bytes) -> None:
    text = "{}_assignsubmission_onlinetext_onlinetext.html"
    found = students(
        archive({text.format("Jane_7"): b"-", text.format("Li_8"): b"-", "Li_8_assignsubmission_file_norm.ipynb": nb})
    )
    assert found["Jane-7"].problems == (
        "No notebook was handed in; there is only Jane_7_assignsubmission_onlinetext_onlinetext.html.",
    )
    assert not found["Li-8"].problems


def test_participants_without_names_are_told_apart_by_moodles_numbers(
    students: Students, archive: MakeArchive, nb: bytes
) -> None:
    names = {f"Participant_{number}_assignsubmission_file/norm.ipynb": nb for number in (7, 8)}
    assert set(students(archive(names))) == {"Participant-7", "Participant-8"}


def test_a_notebook_of_another_topic_in_an_export_is_told(
    students: Students, archive: MakeArchive, nb: bytes, other_handout: Handout
) -> None:
    files = {f"Jane_{n}_assignsubmission_file_norm.ipynb": nb for n in range(4)}
    found = students(archive({**files, "Bo_9_assignsubmission_file_conv.ipynb": other_handout.bytes()}))
    assert found["Bo-9"].problems == ("This is the notebook of 02-conv; most others in this export are of 01-norm.",)
    assert not found["Jane-0"].problems


def test_an_export_of_papers_beside_one_of_notebooks_is_read(
    archive: MakeArchive, nb: bytes, topics: Sequence[Topic]
) -> None:
    one = archive({"doejane_501_1_norm.ipynb": nb, "libo_502_2_norm.ipynb": nb}, name="one.zip")
    other = archive({"ray_503_3_essay.pdf": b"%PDF"}, name="other.zip")
    assert [found.student for found in collect([one, other], topics)] == ["doejane-501", "libo-502", "ray-503"]
