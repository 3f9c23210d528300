"""Each submission is one student's: keys join, names do not, and a roster says who is who."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.students.identify import Identified, identify, same_by_name
from autograder.students.people import EARLIER, EMAIL, USERNAME, Enrolled, HandedIn, People, Person
from autograder.submissions.collect import collect
from autograder.submissions.names import Key
from tests.submissions.handouts import OTHER, TOPICS, Handout, MakeArchive, MakeFolder

JANE = "Jane Doe_{}_assignsubmission_file_{}"


@pytest.fixture
def people() -> People:
    """A course that begins."""
    return People()


@pytest.fixture
def taken_in(people: People) -> Callable[..., Identified]:
    """Takes in uploads, one run of grading after the other."""

    def take_in(*paths: Path, graded: str = "") -> Identified:
        return identify(collect(paths, TOPICS), people, lambda student, topic: graded)

    return take_in


def students(found: Identified) -> list[str]:
    """Whose the submissions are."""
    return [one.student for one in found.submissions]


TakeIn = Callable[..., Identified]


def on_roster(people: People, student: str, first: str, last: str, **more: str) -> None:
    """Put somebody on the roster."""
    people.persons[student] = Person(student, first, last, on_roster=True, **more)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("Jane Doe_12345_assignsubmission_file_/norm.ipynb", "Jane Doe_12399_assignsubmission_file_/norm.ipynb"),
        ("leewei_501_9001_norm.ipynb", "leewei_LATE_777_9002_norm.ipynb"),
        ("HW1_jane_attempt_2026-11-20-20-35-12_norm.ipynb", "jane/norm.ipynb"),
        (
            "40211-1 - Ana Lima - Nov 20, 2026 105 PM - norm.ipynb",
            "40212-1 - Ana Lima - Nov 21, 2026 105 PM - norm.ipynb",
        ),
    ],
    ids=["Moodle", "Canvas", "Blackboard and a folder", "Brightspace"],
)
def test_a_namesake_in_a_later_upload_is_somebody_else(
    taken_in: TakeIn, archive: MakeArchive, nb: bytes, earlier: str, later: str
) -> None:
    (one,) = students(taken_in(archive({earlier: nb}, name="monday.zip")))
    (other,) = students(taken_in(archive({later: nb}, name="tuesday.zip")))
    assert one != other


def test_a_key_stays_the_same_student_under_another_name(taken_in: TakeIn, archive: MakeArchive, nb: bytes) -> None:
    before = students(taken_in(archive({"leewei_501_9001_norm.ipynb": nb}, name="monday.zip")))
    assert students(taken_in(archive({"weilee_501_9002_norm.ipynb": nb}, name="tuesday.zip"))) == before


def test_nobodys_id_depends_on_the_order_of_uploads(archive: MakeArchive, nb: bytes) -> None:
    monday = archive({"leewei_501_9001_norm.ipynb": nb}, name="monday.zip")
    tuesday = archive({"leewei_777_9002_norm.ipynb": nb}, name="tuesday.zip")
    orders = ([monday, tuesday], [tuesday, monday])
    found = []
    for order in orders:
        people = People()
        found.append({s for path in order for s in students(identify(collect([path], TOPICS), people, _nothing))})
    assert found[0] == found[1] == {"leewei-501", "leewei-777"}


def test_an_id_that_belongs_to_an_assignment_is_somebody_elses_in_another(
    taken_in: TakeIn, archive: MakeArchive, nb: bytes, other_handout: Handout
) -> None:
    first = archive({JANE.format(7, "norm.ipynb"): nb}, name="first.zip")
    second = archive({JANE.format(7, "conv.ipynb"): other_handout.bytes()}, name="second.zip")
    assert len({*students(taken_in(first)), *students(taken_in(second))}) == 2


def test_two_exports_of_one_assignment_are_one_student_whose_newest_work_counts(
    taken_in: TakeIn, archive: MakeArchive, done: Handout, handout: Handout
) -> None:
    monday = archive({"leewei_501_9001_norm.ipynb": done.bytes()}, name="monday.zip")
    tuesday = archive({"leewei_501_9105_final.ipynb": handout.bytes()}, name="tuesday.zip")
    for paths in ((monday, tuesday), (tuesday, monday)):
        (found,) = taken_in(*paths).submissions
        assert "final" in found.origin
        assert any("norm.ipynb" in problem for problem in found.problems)


def test_in_two_exports_of_one_moodle_assignment_a_number_is_one_student(
    taken_in: TakeIn, archive: MakeArchive, nb: bytes
) -> None:
    files = {JANE.format(7, "norm.ipynb"): nb}
    assert len(taken_in(archive(files, name="monday.zip"), archive(files, name="tuesday.zip")).submissions) == 1


def test_a_copy_that_a_namesake_handed_in_is_not_joined_to_an_earlier_gradebook(
    taken_in: TakeIn, people: People, archive: MakeArchive, nb: bytes
) -> None:
    _earlier(people, "leewei")
    files = {"leewei_501_9001_norm.ipynb": nb, "leewei_777_9002_norm.ipynb": nb}
    found = taken_in(archive(files), graded=collect([archive(files)], TOPICS)[0].content_hash)
    assert students(found) == ["leewei-501", "leewei-777"]
    assert sum("has the same name as leewei" in note for note in found.notes) == 2


def test_what_an_earlier_gradebook_holds_byte_for_byte_is_the_same_students(
    taken_in: TakeIn, people: People, archive: MakeArchive, nb: bytes
) -> None:
    _earlier(people, "leewei")
    path = archive({"leewei_501_9001_norm.ipynb": nb})
    (found,) = taken_in(path, graded=collect([path], TOPICS)[0].content_hash).submissions
    assert (found.student, found.drawn_from) == ("leewei", "leewei")


def test_other_work_under_a_name_of_an_earlier_gradebook_is_listed_not_joined(
    taken_in: TakeIn, people: People, archive: MakeArchive, nb: bytes
) -> None:
    _earlier(people, "leewei")
    found = taken_in(archive({"leewei_501_9001_norm.ipynb": nb}), graded="other work")
    assert students(found) == ["leewei-501"]
    assert "autograder students join 'leewei-501' 'leewei'" in found.notes[0]


def test_nbgraders_tree_names_students_by_their_ids(
    taken_in: TakeIn, people: People, folder: MakeFolder, nb: bytes
) -> None:
    people.persons["ada"] = Person("ada")
    assert students(taken_in(folder({"submitted/ada/01-norm/norm.ipynb": nb}))) == ["ada"]


def test_a_roster_joins_what_platforms_keep_apart(
    taken_in: TakeIn, people: People, archive: MakeArchive, folder: MakeFolder, nb: bytes
) -> None:
    on_roster(people, "jdoe", "Jane", "Doe", email="jane@example.org")
    for key in (Key("Canvas", "", "501"), Key(USERNAME, "", "jdoe"), Key(EMAIL, "", "jane@example.org")):
        people.enroll(key, "jdoe", "Jane Doe")
    uploads = (
        {"janed_501_9001_norm.ipynb": nb},
        {JANE.format(7, "norm.ipynb"): nb},
        {"HW1_JDOE_attempt_2026-11-20-20-35-12_norm.ipynb": nb},
        {"40211-1 - Jane Doe - Nov 20, 2026 105 PM - norm.ipynb": nb},
    )
    for upload in uploads:
        assert students(taken_in(archive(upload))) == ["jdoe"]
    assert students(taken_in(folder({"jane@example.org/norm.ipynb": nb}))) == ["jdoe"]


def test_a_roster_says_where_blackboards_user_name_begins(
    taken_in: TakeIn, people: People, archive: MakeArchive, nb: bytes
) -> None:
    for user in ("brian", "o_brian"):
        on_roster(people, user, user, "")
        people.enroll(Key(USERNAME, "", user), user, user)
    for user in ("O_Brian", "brian", "o_brian"):
        name = f"HW1_{user}_attempt_2026-11-20-20-35-12_norm.ipynb"
        assert students(taken_in(archive({name: nb}))) == [user.lower()]


def test_a_name_that_two_on_the_roster_have_joins_nobody(
    taken_in: TakeIn, people: People, archive: MakeArchive, nb: bytes
) -> None:
    on_roster(people, "jane1", "Jane", "Doe")
    on_roster(people, "jane2", "Jane", "Doe")
    found = taken_in(archive({JANE.format(7, "norm.ipynb"): nb}))
    assert students(found) == ["Jane Doe-7"]
    assert "has the same name as jane1 or jane2" in found.notes[0]


def test_a_name_that_two_in_an_export_have_joins_nobody(
    taken_in: TakeIn, people: People, archive: MakeArchive, nb: bytes
) -> None:
    on_roster(people, "jane1", "Jane", "Doe")
    found = taken_in(archive({JANE.format(7, "norm.ipynb"): nb, JANE.format(8, "norm.ipynb"): nb}))
    assert students(found) == ["Jane Doe-7", "Jane Doe-8"]


def test_a_second_namesake_in_a_later_export_of_the_assignment_joins_nobody(
    taken_in: TakeIn, people: People, archive: MakeArchive, nb: bytes
) -> None:
    on_roster(people, "jane1", "Jane", "Doe")
    assert students(taken_in(archive({JANE.format(7, "norm.ipynb"): nb}, name="monday.zip"))) == ["jane1"]
    assert students(taken_in(archive({JANE.format(8, "norm.ipynb"): nb}, name="tuesday.zip"))) == ["Jane Doe-8"]


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [("Wei", "Li", "Li Wei"), ("राम", "कुमार", "रमा कुमारी"), ("Anna", "Weiss", "Anna Weiß"), ("Jo", "Anne", "Joan Ne")],
)
def test_a_name_that_is_only_alike_joins_nobody(
    taken_in: TakeIn, people: People, archive: MakeArchive, nb: bytes, first: str, last: str, shown: str
) -> None:
    on_roster(people, "known", first, last)
    assert students(taken_in(archive({f"{shown}_7_assignsubmission_file_norm.ipynb": nb}))) == [f"{shown}-7"]


def test_names_that_a_whole_export_turns_round_are_recognized(
    taken_in: TakeIn, people: People, archive: MakeArchive, nb: bytes
) -> None:
    named = [("jdoe", "Jane", "Doe"), ("mroe", "Max", "Roe"), ("ali", "Ana", "Lima")]
    for student, first, last in named:
        on_roster(people, student, first, last)
    files = {f"{last} {first}_{n}_assignsubmission_file_norm.ipynb": nb for n, (_, first, last) in enumerate(named)}
    assert students(taken_in(archive(files))) == ["ali", "jdoe", "mroe"]


def test_another_e_mail_address_is_another_person_of_that_name(
    taken_in: TakeIn, people: People, archive: MakeArchive, nb: bytes
) -> None:
    on_roster(people, "jdoe", "Jane", "Doe", email="jane@example.org")
    people.enroll(Key(EMAIL, "", "jane@example.org"), "jdoe", "Jane Doe")
    metadata = b"submission_1:\n  :submitters:\n  - :name: Jane Doe\n    :email: Jane2@example.org\n"
    upload = archive({"submission_metadata.yml": metadata, "submission_1/norm.ipynb": nb})
    assert students(taken_in(upload)) == ["Jane Doe-jane2@example.org"]


def test_users_of_blackboard_with_an_underscore_are_found_on_the_roster(
    taken_in: TakeIn, people: People, archive: MakeArchive, nb: bytes
) -> None:
    for user in ("anna_smith", "bob_smith"):
        on_roster(people, user, user, "Smith")
        people.enroll(Key(USERNAME, "", user), user, user)
        upload = archive({f"HW1_{user}_attempt_2026-11-20-20-35-12_norm.ipynb": nb}, name=f"{user}.zip")
        assert students(taken_in(upload)) == [user]


def test_a_second_assignment_of_an_earlier_gradebook_is_joined_byte_for_byte_too(
    taken_in: TakeIn, people: People, archive: MakeArchive, nb: bytes, other_handout: Handout
) -> None:
    _earlier(people, "Jane Doe")
    first = archive({JANE.format(7, "norm.ipynb"): nb}, name="first.zip")
    second = archive({JANE.format(9, "conv.ipynb"): other_handout.bytes()}, name="second.zip")
    for path in (first, second):
        (one,) = collect([path], TOPICS)
        assert students(taken_in(path, graded=one.content_hash)) == ["Jane Doe"]


def test_an_earlier_row_is_found_by_its_work_even_if_a_worksheet_came_first(
    taken_in: TakeIn, people: People, archive: MakeArchive, nb: bytes
) -> None:
    _earlier(people, "Jane Doe")
    on_roster(people, "jdoe", "Jane", "Doe")
    people.enroll(Key("Moodle", "01-norm", "7"), "jdoe", "Jane Doe")
    path = archive({JANE.format(7, "norm.ipynb"): nb})
    found = taken_in(path, graded=collect([path], TOPICS)[0].content_hash)
    assert found.same == [("Jane Doe", "jdoe")]
    assert [(one.student, one.drawn_from) for one in found.submissions] == [("jdoe", "Jane Doe")]


def test_a_whole_class_that_gets_new_rows_is_told(
    taken_in: TakeIn, archive: MakeArchive, nb: bytes, other_handout: Handout
) -> None:
    taken_in(archive({JANE.format(7, "norm.ipynb"): nb}, name="first.zip"))
    found = taken_in(archive({JANE.format(9, "conv.ipynb"): other_handout.bytes()}, name="second.zip"))
    assert "New rows with the name of a row that exists: Jane Doe-9." in found.notes[-1]


def test_a_student_who_is_called_like_a_group_is_no_group(
    taken_in: TakeIn, people: People, folder: MakeFolder, nb: bytes
) -> None:
    on_roster(people, "g1", "Gina", "One")
    on_roster(people, "bo", "Bo", "Li", team="G1")
    assert students(taken_in(folder({"g1/norm.ipynb": nb, "bo/norm.ipynb": nb}))) == ["bo", "g1"]


def test_one_of_several_groups_in_a_cell_is_a_students_group(
    taken_in: TakeIn, people: People, folder: MakeFolder, nb: bytes
) -> None:
    on_roster(people, "ada", "Ada", "Byron", team="Group 1, Tutorial 3")
    on_roster(people, "bo", "Bo", "Li", team="-")
    assert students(taken_in(folder({"Group 1/norm.ipynb": nb, "🎉/norm.ipynb": nb})))[0] == "ada"


def test_a_group_that_was_one_student_before_the_roster_came_is_told(
    taken_in: TakeIn, people: People, archive: MakeArchive, nb: bytes
) -> None:
    upload = archive({"Group 1_77_assignsubmission_file_norm.ipynb": nb})
    assert students(taken_in(upload)) == ["Group 1-77"]
    on_roster(people, "ada", "Ada", "Byron", team="Group 1")
    found = taken_in(upload)
    assert students(found) == ["ada"]
    assert "autograder students delete 'Group 1-77'" in found.notes[0]


def test_a_groups_work_is_each_members(taken_in: TakeIn, people: People, folder: MakeFolder, nb: bytes) -> None:
    on_roster(people, "ada", "Ada", "Byron", team="Group 1")
    on_roster(people, "bo", "Bo", "Li", team="Group 1")
    assert students(taken_in(folder({"Group 1/norm.ipynb": nb, "carol/norm.ipynb": nb}))) == ["ada", "bo", "carol"]


def test_whoever_hands_in_for_a_group_hands_in_alone_elsewhere(
    taken_in: TakeIn, people: People, archive: MakeArchive, nb: bytes, other_handout: Handout
) -> None:
    on_roster(people, "ada", "Ada", "Byron", team="Group 1")
    on_roster(people, "bo", "Bo", "Li", team="Group 1")
    people.enroll(Key("Canvas", "", "501"), "ada", "Ada Byron")
    alone = archive({"byronada_501_9001_norm.ipynb": nb}, name="first.zip")
    together = archive({"group1_501_9002_conv.ipynb": other_handout.bytes()}, name="second.zip")
    found = taken_in(alone, together).submissions
    assert [(one.student, one.topic.name) for one in found if one.topic] == [
        ("ada", "01-norm"),
        ("ada", "02-conv"),
        ("bo", "02-conv"),
    ]
    assert {one.platform for one in found} == {"Canvas"}


def test_whoever_is_not_on_the_roster_is_listed(
    taken_in: TakeIn, people: People, folder: MakeFolder, nb: bytes
) -> None:
    on_roster(people, "ada", "Ada", "Byron")
    assert taken_in(folder({"ada/norm.ipynb": nb, "zoe/norm.ipynb": nb})).notes == ["Not on the roster: zoe."]


def test_a_new_roster_finds_those_whose_names_are_nobody_elses(people: People) -> None:
    on_roster(people, "jane1", "Jane", "Doe")
    on_roster(people, "li1", "Wei", "Li")
    on_roster(people, "li2", "Wei", "Li")
    people.enroll(Key("Moodle", "01-norm", "7"), "Jane Doe-7", "Jane Doe")
    people.enroll(Key("Moodle", OTHER.name, "9"), "Jane Doe-9", "Jane Doe")
    people.enroll(Key("Canvas", "", "5"), "liwei-5", "liwei")
    found = same_by_name(people, ())
    assert found.pairs == [("Jane Doe-7", "jane1"), ("Jane Doe-9", "jane1")]
    assert "liwei-5 and li1 or li2 have the same name" in found.doubts[0]


@pytest.mark.parametrize("graded", [set(), {("Jane Doe", "01-norm"), ("Jane Doe-8", "01-norm")}])
def test_two_of_a_name_who_did_the_same_homework_are_not_one(people: People, graded: set[tuple[str, str]]) -> None:
    on_roster(people, "jane1", "Jane", "Doe")
    _earlier(people, "Jane Doe")
    people.enroll(Key("Moodle", "01-norm", "8"), "Jane Doe-8", "Jane Doe")
    if not graded:
        people.enroll(Key("Moodle", "01-norm", "7"), "Jane Doe", "Jane Doe")
    assert same_by_name(people, graded).pairs == []


def test_what_hidden_inputs_are_drawn_from_stays_when_a_student_gets_another_id(
    taken_in: TakeIn, people: People, archive: MakeArchive, nb: bytes
) -> None:
    people.enroll(Key("Canvas", "", "501"), "wlee", "leewei")
    people.handed_in["wlee", "01-norm"] = HandedIn("wlee", "01-norm", drawn_from="leewei-501")
    (found,) = taken_in(archive({"leewei_501_9001_norm.ipynb": nb})).submissions
    assert (found.student, found.drawn_from) == ("wlee", "leewei-501")


def _earlier(people: People, student: str) -> Enrolled:
    return people.enroll(Key(EARLIER, "", student), student, student)


def _nothing(student: str, topic: str) -> str:
    return ""
