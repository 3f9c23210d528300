"""A roster is read from whatever a platform exports, and adds up to one student per person."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.students.people import EMAIL, NUMBER, USERNAME, People
from autograder.students.roster import enter_roster, read_roster
from autograder.submissions.names import Key

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,01-norm (77),Current Score\n"
    "    Points Possible,,,,,44,(read only)\n"
    '"Doe, Jane",501,u501,jdoe,Lab A,,\n'
    '"Li, Wei",502,u502,wli,Lab B,,\n'
    '"Student, Test",503,,,Lab A,,\n'
)
MOODLE = 'First name,Last name,"ID number","Email address",Groups\nJane,Doe,u501,jane@example.org,Group 1\n'
WORKSHEET = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum grade"\n'
    'Participant 12345,"Jane Doe",jane@example.org,"Submitted for grading",,44.00\n'
)
BRIGHTSPACE = (
    "OrgDefinedId,Username,Last Name,First Name,Email,End-of-Line Indicator\n#u501,#jdoe,Doe,Jane,jane@example.org,#\n"
)
BLACKBOARD = '"Last Name"\t"First Name"\t"Username"\t"Student ID"\n"Doe"\t"Jane"\t"jdoe"\t"u501"\n'
GITHUB = '"identifier","github_username","github_id","name"\n"jdoe","jane-codes","99","Jane Doe"\n'
PLAIN = "student;name;email;section\njdoe;Jane Doe;jane@example.org;Lab A\n"


def imported(people: People, folder: Path, text: str | bytes, topic: str = "") -> People:
    """The people after an import."""
    path = folder / "roster.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    enter_roster(people, read_roster(path, topic))
    return people


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (CANVAS, {Key("Canvas", "", "501"), Key(USERNAME, "", "jdoe"), Key(NUMBER, "", "u501")}),
        (BRIGHTSPACE, {Key(USERNAME, "", "jdoe"), Key(NUMBER, "", "u501"), Key(EMAIL, "", "jane@example.org")}),
        (BLACKBOARD, {Key(USERNAME, "", "jdoe"), Key(NUMBER, "", "u501")}),
        (BLACKBOARD.encode("utf-16"), {Key(USERNAME, "", "jdoe"), Key(NUMBER, "", "u501")}),
        (GITHUB, {Key(USERNAME, "", "jdoe"), Key("GitHub", "", "jane-codes")}),
        (PLAIN, {Key("", "", "jdoe"), Key(EMAIL, "", "jane@example.org")}),
    ],
    ids=["Canvas", "Brightspace", "Blackboard", "Blackboard in UTF-16", "GitHub Classroom", "plain"],
)
def test_a_platforms_list_gives_names_and_what_identifies_people(
    tmp_path: Path, text: str | bytes, keys: set[Key]
) -> None:
    people = imported(People(), tmp_path, text)
    assert {one.key for one in people.keys_of("jdoe")} == keys
    assert people.name_of("jdoe") == "Jane Doe"
    assert people.persons["jdoe"].on_roster


def test_rows_that_are_no_students_are_passed_over(tmp_path: Path) -> None:
    assert set(imported(People(), tmp_path, CANVAS).persons) == {"jdoe", "wli"}


def test_several_lists_add_up_by_what_identifies_people(tmp_path: Path) -> None:
    people = imported(People(), tmp_path, CANVAS)
    imported(people, tmp_path, MOODLE)
    imported(people, tmp_path, WORKSHEET, topic="01-norm")
    imported(people, tmp_path, GITHUB)
    jane = people.persons["jdoe"]
    assert (jane.email, jane.section, jane.team) == ("jane@example.org", "Lab A", "Group 1")
    assert {Key("Moodle", "01-norm", "12345"), Key("GitHub", "", "jane-codes")} <= {
        one.key for one in people.keys_of("jdoe")
    }
    assert set(people.persons) == {"jdoe", "wli"}


def test_first_and_last_name_come_from_one_list(tmp_path: Path) -> None:
    people = imported(People(), tmp_path, "Student,ID,SIS Login ID\nSukarno,501,sukarno\n")
    imported(people, tmp_path, "username,first name,last name\nsukarno,,Sukarno\n")
    assert people.name_of("sukarno") == "Sukarno"


def test_a_list_of_full_names_divides_no_name_anew(tmp_path: Path) -> None:
    people = imported(People(), tmp_path, 'Student,ID,SIS Login ID\n"López García, Ana",501,ana\n')
    imported(people, tmp_path, "username,name\nana,Ana López García\n")
    assert (people.persons["ana"].first_name, people.persons["ana"].last_name) == ("Ana", "López García")


def test_whoever_was_graded_before_the_roster_came_keeps_the_id(tmp_path: Path) -> None:
    people = People()
    people.enroll(Key("Canvas", "", "501"), "doejane-501", "doejane")
    assert set(imported(people, tmp_path, CANVAS).persons) == {"doejane-501", "wli"}
    assert people.name_of("doejane-501") == "Jane Doe"


@pytest.mark.parametrize(
    "key", [Key("Blackboard", "", "JDoe"), Key("Gradescope", "", "Jane@example.org"), Key("", "", "jane@example.org")]
)
def test_a_platforms_id_that_a_roster_has_is_known_when_the_roster_comes(tmp_path: Path, key: Key) -> None:
    people = People()
    people.enroll(key, "jane-1", "Jane Doe")
    people.enroll(Key(key.platform, "", "other"), "jane-2", "Jane Doe")
    imported(people, tmp_path, "username,name,email\njdoe,Jane Doe,jane@example.org\n")
    assert people.persons["jane-1"].on_roster
    assert not people.persons["jane-2"].on_roster


def test_a_worksheet_says_that_two_students_of_two_assignments_are_one(tmp_path: Path) -> None:
    people = imported(People(), tmp_path, MOODLE)
    people.enroll(Key("Moodle", "01-norm", "12345"), "Jane Doe-12345", "Jane Doe")
    path = tmp_path / "worksheet.csv"
    path.write_text(WORKSHEET)
    done = enter_roster(people, read_roster(path, "01-norm"))
    assert done.same == [("Jane Doe-12345", "jane@example.org")]


def test_whoever_is_on_the_roster_but_not_in_a_new_list_is_told(tmp_path: Path) -> None:
    people = imported(People(), tmp_path, CANVAS)
    path = tmp_path / "roster.csv"
    path.write_text(MOODLE)
    assert enter_roster(people, read_roster(path)).missing == ["wli"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("colour,shape\nred,round\n", "has no column that names students"),
        ("student,name\n,\n", "lists no student"),
        (WORKSHEET, "say which with --topic"),
        ("student,email\na,x@example.org\nb,x@example.org\n", "two rows of the roster are a's"),
    ],
)
def test_a_list_that_cannot_be_used_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CourseError, match=said):
        imported(People(), tmp_path, text)


def test_names_in_old_encodings_are_read(tmp_path: Path) -> None:
    people = imported(People(), tmp_path, "student;name\nmueller;Jürgen Müller\n".encode("cp1252"))
    assert people.name_of("mueller") == "Jürgen Müller"


def test_the_same_list_again_adds_nobody(tmp_path: Path) -> None:
    for text in ("name\nJane Doe\nWei Li\n", "student,name\n2026/0123,Jane Doe\n", MOODLE, CANVAS):
        people = imported(People(), tmp_path, text)
        before = set(people.persons)
        assert set(imported(people, tmp_path, text).persons) == before


def test_two_lists_without_a_common_id_meet_in_names_that_are_nobody_elses(tmp_path: Path) -> None:
    people = imported(People(), tmp_path, CANVAS)
    imported(people, tmp_path, "First name,Last name,Email address\nJane,Doe,jane@example.org\n")
    assert set(people.persons) == {"jdoe", "wli"}
    assert people.persons["jdoe"].email == "jane@example.org"


def test_a_placeholder_is_no_id(tmp_path: Path) -> None:
    text = "student,name,ID number\na1,Jane Doe,-\na2,Wei Li,n/a\n"
    assert set(imported(People(), tmp_path, text).persons) == {"a1", "a2"}


def test_people_who_are_called_almost_as_canvass_test_student_are_people(tmp_path: Path) -> None:
    text = 'Student,ID,SIS Login ID,Section\n"Student, Testarossa",9,testa,A\n"Student, Test",8,,A\n'
    assert set(imported(People(), tmp_path, text).persons) == {"testa"}


@pytest.mark.parametrize(
    "text", ["Vorname;Nachname;E-Mail-Adresse\nJane;Doe;j@x.org\n", "sep=;\nname;email\nJane Doe;j@x.org\n"]
)
def test_lists_in_other_languages_and_with_excels_first_line_are_read(tmp_path: Path, text: str) -> None:
    assert imported(People(), tmp_path, text).name_of("j@x.org") == "Jane Doe"
