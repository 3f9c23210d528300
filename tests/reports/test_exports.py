"""Marks go to platforms in files of the shape that they import, and pages back to whoever handed in."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.reports.class_marks import ClassMarks
from autograder.reports.exports import Exporter
from autograder.reports.marks import Mark
from autograder.reports.tables import csv_text
from autograder.students.csv_files import CsvFile, read_csv
from autograder.students.people import EMAIL, NUMBER, USERNAME, HandedIn, People, Person
from autograder.students.roster import enter_roster, read_roster
from autograder.submissions.names import Key
from autograder.topics import Topic
from tests.submissions.handouts import OTHER, TOPIC

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (77),01-norm (78),Current Score\n"
    "    Points Possible,,,,,10,7,(read only)\n"
    '"Doe, Jane",501,u501,jdoe,Lab A,9,,\n'
    '"Li, Wei",502,u502,wli,Lab A,8,,\n'
    '"Roe, Max",503,u503,mroe,Lab A,7,,\n'
)
WORKSHEET = (
    "Identifier;Full name;Email address;Status;Grade;Maximum grade;Last modified (grade)\n"
    "Participant 12345;Jane Doe;jane@example.org;Submitted;;7.00;-\n"
    "Participant 12346;Wei Li;wei@example.org;Submitted;;7.00;-\n"
)
GROUPS_ENTRY = "Group 1_4_assignsubmission_file"


def the_class() -> ClassMarks:
    """Jane, late with both topics; Wei with one; Zoe, of whom nothing is known."""
    people = People(
        persons={
            "jdoe": Person("jdoe", "Jane", "Doe", "jane@example.org", "Lab A", on_roster=True),
            "wli": Person("wli", "Wei", "Li", on_roster=True),
            "zoe": Person("zoe"),
        }
    )
    for student, number, mail in (("jdoe", "501", "jane@example.org"), ("wli", "502", "wei@example.org")):
        for key in (
            Key("Canvas", "", number),
            Key(USERNAME, "", student),
            Key(NUMBER, "", f"u{number}"),
            Key(EMAIL, "", mail),
        ):
            people.enroll(key, student, student)
    marks = [
        Mark("jdoe", "01-norm", 6.0, 7.0, 1.5, 0.0, {}),
        Mark("jdoe", "02-conv", 1.0, 1.0, 0.0, 0.0, {}),
        Mark("wli", "01-norm", 7.0, 7.0, 0.0, 0.0, {}),
        Mark("zoe", "01-norm", 2.0, 7.0, 0.0, 0.0, {}),
    ]
    topics: list[Topic] = [TOPIC, OTHER]
    return ClassMarks(people, topics, {(mark.student, mark.topic): mark for mark in marks})


def table(text: str, folder: Path) -> CsvFile:
    """A file of a platform's own."""
    path = folder / "platform.csv"
    path.write_text(text, encoding="utf-8-sig")
    return read_csv(path)


def test_canvas_gets_its_ids_and_a_column_per_topic() -> None:
    exported = Exporter(the_class()).canvas()
    assert csv_text(exported.rows) == (
        "Student,ID,SIS User ID,SIS Login ID,Section,01-norm,02-conv\n"
        "Points Possible,,,,,7,1\n"
        '"Doe, Jane",501,u501,jdoe,Lab A,4.5,1\n'
        '"Li, Wei",502,u502,wli,,7,\n'
    )
    assert exported.left_out == ["zoe"]


def test_what_canvas_gets_is_read_back_as_a_roster_of_the_same_people(tmp_path: Path) -> None:
    path = tmp_path / "marks-canvas.csv"
    path.write_text(csv_text(Exporter(the_class()).canvas().rows), encoding="utf-8")
    people = the_class().people
    done = enter_roster(people, read_roster(path))
    assert (done.added, done.known) == ([], ["jdoe", "wli"])


def test_canvass_own_file_keeps_everything_but_the_marks(tmp_path: Path) -> None:
    exported = Exporter(the_class()).filled_in(table(CANVAS, tmp_path), "canvas", "", {})
    after = csv_text(exported.rows)
    assert '"Doe, Jane",501,u501,jdoe,Lab A,9,4.5,\n' in after
    assert '"Roe, Max",503,u503,mroe,Lab A,7,,\n' in after
    assert exported.left_out == ["zoe"]


def test_a_column_can_be_named(tmp_path: Path) -> None:
    columns = {"01-norm": "Homework 1 (77)"}
    exported = Exporter(the_class()).filled_in(table(CANVAS, tmp_path), "canvas", "", columns)
    assert '"Doe, Jane",501,u501,jdoe,Lab A,4.5,,\n' in csv_text(exported.rows)


def test_raw_marks_leave_penalties_to_the_platform() -> None:
    assert ",6,1\n" in csv_text(Exporter(the_class(), raw=True).canvas().rows)


def test_moodles_worksheet_is_filled_in_by_its_numbers(tmp_path: Path) -> None:
    marks = the_class()
    marks.people.enroll(Key("Moodle", "01-norm", "12346"), "wli", "Wei Li")
    worksheet = table(WORKSHEET, tmp_path)
    exported = Exporter(marks).filled_in(worksheet, "moodle", "01-norm", {})
    assert csv_text(exported.rows, worksheet.separator).splitlines()[1:] == [
        "Participant 12345;Jane Doe;jane@example.org;Submitted;4.5;7.00;-",
        "Participant 12346;Wei Li;wei@example.org;Submitted;7;7.00;-",
    ]


def test_a_worksheet_of_another_assignment_is_refused(tmp_path: Path) -> None:
    marks = the_class()
    marks.people.enroll(Key("Moodle", "02-conv", "12346"), "wli", "Wei Li")
    with pytest.raises(CourseError, match="are those of 02-conv, not of 01-norm"):
        Exporter(marks).filled_in(table(WORKSHEET, tmp_path), "moodle", "01-norm", {})


def test_a_column_out_of_other_points_than_its_topic_is_told(tmp_path: Path) -> None:
    columns = {"01-norm": "Homework 1 (77)"}
    exported = Exporter(the_class()).filled_in(table(CANVAS, tmp_path), "canvas", "", columns)
    assert exported.doubts == ["The column of 01-norm is out of 10, the topic out of 7."]


def test_numbers_keep_the_capitals_of_the_roster(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text('Student,ID,SIS User ID,SIS Login ID,Section\n"Doe, Jane",501,S90003,JDoe,A\n', encoding="utf-8")
    marks, people = the_class(), People()
    enter_roster(people, read_roster(path))
    (student,) = people.persons
    made = ClassMarks(people, marks.topics, {(student, "01-norm"): Mark(student, "01-norm", 6.0, 7.0, 0.0, 0.0, {})})
    assert list(Exporter(made).canvas().rows[2])[:4] == ["Doe, Jane", "501", "S90003", "JDoe"]


def test_moodles_gradebook_is_matched_by_what_people_are_called() -> None:
    exported = Exporter(the_class()).moodle()
    assert csv_text(exported.rows).splitlines()[:2] == [
        "Username,ID number,Email address,First name,Last name,01-norm,02-conv",
        "jdoe,u501,jane@example.org,Jane,Doe,4.5,1",
    ]


def test_gradescopes_columns_are_those_of_its_download() -> None:
    exported = Exporter(the_class()).gradescope()
    assert csv_text(exported.rows).splitlines()[:2] == [
        "First Name,Last Name,SID,Email,Section,01-norm,02-conv",
        "Jane,Doe,u501,jane@example.org,Lab A,4.5,1",
    ]


@pytest.mark.parametrize(
    ("platform", "topic", "columns", "text", "said"),
    [
        ("moodle", "", {}, WORKSHEET, "say which with --topic"),
        ("canvas", "", {"01-norm": "Homework 9"}, CANVAS, "has no column 'Homework 9'"),
        ("canvas", "", {}, "Student,ID\nJane,501\n", "no column of the file is called like a topic"),
    ],
)
def test_a_file_that_does_not_fit_is_one_sentence(
    tmp_path: Path, platform: str, topic: str, columns: dict[str, str], text: str, said: str
) -> None:
    with pytest.raises(CourseError, match=said):
        Exporter(the_class()).filled_in(table(text, tmp_path), platform, topic, columns)


@pytest.mark.parametrize(
    ("platform", "name", "sent_as", "packed"),
    [
        ("canvas", "Canvas", "doejane_501_9001_norm.ipynb", "doejane_501_9001_01-norm.html"),
        ("canvas", "Canvas", "doejane_LATE_501_9001_my_norm.ipynb", "doejane_LATE_501_9001_01-norm.html"),
        ("canvas", "Canvas anonymous", "anon_Ab3Xz_4561_norm.ipynb", "anon_Ab3Xz_4561_01-norm.html"),
        ("moodle", "Moodle", "Jane Doe_7_assignsubmission_file_", "Jane Doe_7_assignsubmission_file_01-norm.html"),
        ("moodle", "Moodle", "Jane Doe_7_assignsubmission_file", "Jane Doe_7_assignsubmission_file_01-norm.html"),
        ("moodle", "Moodle", "Jane_7_assignsubmission_file_n.ipynb", "Jane_7_assignsubmission_file_01-norm.html"),
        ("moodle", "Moodle", "Jane_7_assignsubmission_onlinetext_x.html", "Jane_7_assignsubmission_file_01-norm.html"),
    ],
)
def test_pages_are_packed_under_the_names_that_the_platform_gave(
    tmp_path: Path, platform: str, name: str, sent_as: str, packed: str
) -> None:
    for student in ("jdoe", "wli"):
        (tmp_path / student).mkdir()
        (tmp_path / student / "01-norm.html").write_text(student)
    marks = the_class()
    marks.people.handed_in["jdoe", "01-norm"] = HandedIn("jdoe", "01-norm", name, sent_as=sent_as)
    pages = Exporter(marks).pages(tmp_path, "01-norm", platform)
    with zipfile.ZipFile(io.BytesIO(pages.content)) as archive:
        assert archive.namelist() == [packed]
        assert archive.read(packed) == b"jdoe"
    assert (pages.count, pages.left_out) == (1, ["wli"])


def test_a_group_that_handed_in_together_gets_one_page(tmp_path: Path) -> None:
    marks = the_class()
    for student in ("jdoe", "wli"):
        (tmp_path / student).mkdir()
        (tmp_path / student / "01-norm.html").write_text(student)
        marks.people.handed_in[student, "01-norm"] = HandedIn(student, "01-norm", "Moodle", sent_as=GROUPS_ENTRY)
    pages = Exporter(marks).pages(tmp_path, "01-norm", "moodle")
    with zipfile.ZipFile(io.BytesIO(pages.content)) as archive:
        assert archive.namelist() == [f"{GROUPS_ENTRY}_01-norm.html"]
    assert pages.left_out == []
