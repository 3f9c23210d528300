"""The gradebook is the one truth: whatever is written of it agrees, and whose a mark is can be mended."""

from __future__ import annotations

import csv
import re
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nbgrader import api
from traitlets.config import Config

from autograder import upkeep
from autograder.errors import CourseError
from autograder.journal import Journal, JournalEntry, Trace
from autograder.late_policy import LatePolicy
from autograder.nbgrader_export import CsvExport
from autograder.reports.class_marks import ClassMarks, apply_late_policy, read_class_marks
from autograder.reports.marks import Mark
from autograder.reports.records import Records
from autograder.reports.tables import as_json, by_student, by_topic, csv_text
from autograder.students.people import EARLIER, HandedIn, People, Person
from autograder.submissions.names import Key
from autograder.submissions.shown import Shown
from tests.conftest import MINI_SETTINGS
from tests.reports.mini_topic import Mini, squares_instead

DUE = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICY = LatePolicy(
    due={"01-mini": DUE},
    extensions={"01-mini": {"bo": timedelta(days=1)}},
    per_day=0.1,
)

LATE = "[late]\nper_day = 0.1\n[late.due]\n01-mini = 2026-03-01T12:00:00Z\n"


@pytest.fixture
def late(mini: Mini, records: Records) -> Records:
    """Records of a course with a late policy."""
    (mini.course.root / "course.toml").write_text(
        MINI_SETTINGS + LATE + '[late.extensions.01-mini]\nbo = "1 day"\n', encoding="utf-8"
    )
    records.gradebook.close()
    opened = Records(mini.course)
    opened.prepare(mini.topic)
    apply_late_policy(mini.course, opened)
    return opened


def enter(mini: Mini, records: Records, student: str, submitted: datetime | None = None, **changes: Any) -> None:
    """Grade somebody's work."""
    handed = mini.handed_in(student, **changes)
    records.gradebook.enroll(_with(records.gradebook.people(), student))
    records.gradebook.hand_in(HandedIn(student, "01-mini", drawn_from=student))
    records.enter(mini.topic, handed.result, handed.alignment, submitted)
    shown = Shown.of(mini.topic, handed.alignment)
    Journal(mini.course).write(JournalEntry({}, handed.result, Trace(), shown))


def _with(people: People, student: str) -> People:
    people.persons.setdefault(student, Person(student))
    people.enroll(Key("Canvas", "", student), student, student)
    return people


def marks_of(mini: Mini, records: Records) -> ClassMarks:
    """The class as every command reads it."""
    apply_late_policy(mini.course, records)
    return read_class_marks(mini.course, records)


def by_hand(mini: Mini, student: str, cell: str, **values: float) -> None:
    """Give points as the formgrader does."""
    with api.Gradebook(f"sqlite:///{mini.course.gradebook}") as book:
        grade = book.find_grade(cell, "mini", "01-mini", student)
        for name, value in values.items():
            setattr(grade, name, value)
        grade.needs_manual_grade = False
        book.db.commit()


def test_every_file_and_page_has_the_same_total(mini: Mini, late: Records) -> None:
    enter(mini, late, "ada", DUE + timedelta(hours=30), failed=squares_instead())
    by_hand(mini, "ada", "why", manual_score=2.5)
    by_hand(mini, "ada", "test_double", extra_credit=0.5)
    marks = marks_of(mini, late)
    enter(mini, late, "ada", DUE + timedelta(hours=30), failed=squares_instead())

    score, penalty = 2 + 2.5 + 0.5, 1.0
    (mark,) = marks.marks.values()
    assert (mark.score, mark.late_penalty, mark.total) == (score, penalty, score - penalty)
    settings = Config({"CourseDirectory": {"root": str(mini.course.root)}})
    plugin = CsvExport(to=str(mini.course.root / "nbgrader.csv"), config=settings)
    with api.Gradebook(f"sqlite:///{mini.course.gradebook}") as book:
        plugin.export(book)
        submission = book.find_submission("01-mini", "ada")
        assert (submission.score, submission.late_submission_penalty) == (score, penalty)
    totals = {
        "nbgrader export": float(rows((mini.course.root / "nbgrader.csv").read_text())[0]["score"]),
        "by student": float(rows(csv_text(by_student(marks)))[0]["total"]),
        "by topic": float(rows(csv_text(by_topic(marks)))[0]["total"]),
        "JSON": as_json(marks)[0]["total"],
        "page": late.gradebook.standing("ada", "01-mini").total,  # type: ignore[union-attr]
    }
    assert set(totals.values()) == {score - penalty}, totals
    page = (mini.course.feedback / "ada" / "01-mini.html").read_text(encoding="utf-8")
    assert "4 of 7 points" in " ".join(re.sub(r"<[^>]*>", "", page).split())
    assert "came 1 day 6 h late, 1 was taken off, so 4 count" in page


def rows(text: str) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(text.splitlines()))


def test_nbgraders_export_quotes_names_and_runs_no_formula(mini: Mini, records: Records) -> None:
    enter(mini, records, "ada")
    people = records.gradebook.people()
    people.persons["ada"] = Person("ada", "Ada, Countess", "=1+1")
    records.gradebook.enroll(people)
    path = mini.course.root / "nbgrader.csv"
    with api.Gradebook(f"sqlite:///{mini.course.gradebook}") as book:
        CsvExport(to=str(path)).export(book)
    (row,) = rows(path.read_text(encoding="utf-8"))
    assert (row["first_name"], row["last_name"]) == ("Ada, Countess", "'=1+1")


def test_nbgraders_export_has_points_given_after_grading_and_their_penalty(mini: Mini, late: Records) -> None:
    enter(mini, late, "ada", DUE + timedelta(hours=20))
    by_hand(mini, "ada", "why", manual_score=3.0)
    settings = Config({"CourseDirectory": {"root": str(mini.course.root)}})
    path = mini.course.root / "nbgrader.csv"
    with api.Gradebook(f"sqlite:///{mini.course.gradebook}") as book:
        CsvExport(to=str(path), config=settings).export(book)
    assert rows(path.read_text())[0]["score"] == "6.3"


@pytest.mark.parametrize("now", ["", "[late.due]\n01-mini = 2026-03-01T12:00:00Z\n"])
def test_a_penalty_that_the_policy_no_longer_has_is_gone(mini: Mini, late: Records, now: str) -> None:
    enter(mini, late, "ada", DUE + timedelta(hours=20))
    (mini.course.root / "course.toml").write_text(MINI_SETTINGS + now, encoding="utf-8")
    with Records(mini.course) as records:
        apply_late_policy(mini.course, records)
        (mark,) = records.gradebook.marks()
    assert mark.late_penalty == 0.0


def test_an_extension_follows_a_student_to_another_id(mini: Mini, late: Records) -> None:
    enter(mini, late, "bo", DUE + timedelta(hours=20))
    late.gradebook.enroll(_with(late.gradebook.people(), "bsmith"))
    upkeep.join(mini.course, late, "bo", "bsmith")
    apply_late_policy(mini.course, late)
    (mark,) = late.gradebook.marks()
    assert (mark.student, mark.late_penalty) == ("bsmith", 0.0)


def test_work_without_a_time_is_not_as_late_as_the_work_before(mini: Mini, late: Records) -> None:
    enter(mini, late, "ada", DUE + timedelta(hours=20))
    handed = mini.handed_in("ada")
    late.enter(mini.topic, handed.result, handed.alignment, has_no_time=True)
    (mark,) = late.gradebook.marks()
    assert (mark.late_penalty, mark.handed_in) == (0.0, None)


def test_whoever_has_longer_is_not_late(mini: Mini, late: Records) -> None:
    for student in ("ada", "bo"):
        enter(mini, late, student, DUE + timedelta(hours=20))
    found = {mark.student: (mark.late_penalty, mark.late_by) for mark in late.gradebook.marks()}
    assert found == {"ada": (0.4, timedelta(hours=20)), "bo": (0.0, timedelta(0))}


def test_a_policy_that_changes_later_changes_every_penalty(mini: Mini, late: Records) -> None:
    enter(mini, late, "ada", DUE + timedelta(hours=20))
    late.gradebook.apply_late_policy(replace(POLICY, due={"01-mini": DUE + timedelta(days=2)}))
    (mark,) = late.gradebook.marks()
    assert mark.late_penalty == 0.0


def test_points_that_a_person_gives_later_count_for_the_penalty(mini: Mini, late: Records) -> None:
    enter(mini, late, "ada", DUE + timedelta(hours=20))
    by_hand(mini, "ada", "why", manual_score=3.0)
    (mark,) = marks_of(mini, late).marks.values()
    assert mark.late_penalty == 0.7
    page = (mini.course.feedback / "ada" / "01-mini.html").read_text(encoding="utf-8")
    assert "You earned 7 points. Because the work came 20 h late, 0.7 were taken off" in page


def test_two_students_who_are_one_keep_marks_comments_and_pages(mini: Mini, records: Records) -> None:
    enter(mini, records, "doe-7")
    by_hand(mini, "doe-7", "why", manual_score=3.0)
    records.gradebook.enroll(_with(records.gradebook.people(), "jdoe"))
    assert upkeep.join(mini.course, records, "doe-7", "jdoe") == ["01-mini"]
    people = records.gradebook.people()
    assert [(mark.student, mark.score) for mark in records.gradebook.marks()] == [("jdoe", 7.0)]
    assert set(people.persons) == {"jdoe"}
    assert people.keys[Key("Canvas", "", "doe-7")].student == "jdoe"
    assert people.drawn_from("jdoe", "01-mini") == "doe-7"
    assert (mini.course.feedback / "jdoe" / "01-mini.html").is_file()
    assert not (mini.course.feedback / "doe-7").exists()
    entry = Journal(mini.course).entry("jdoe", "01-mini")
    assert entry is not None
    assert entry.result.student == "jdoe"


def test_whoever_stays_keeps_the_name_and_the_place_on_the_roster(mini: Mini, records: Records) -> None:
    enter(mini, records, "janed-501")
    people = records.gradebook.people()
    people.persons["jane"] = Person("jane", "Jane", "Doe", section="A", team="Group 1", on_roster=True)
    people.handed_in["jane", ""] = HandedIn("jane", "", problems="Only a link.")
    records.gradebook.enroll(people)
    records.gradebook.hand_in(people.handed_in["jane", ""])
    upkeep.join(mini.course, records, "jane", "janed-501")
    known = records.gradebook.people()
    assert known.persons["janed-501"] == Person("janed-501", "Jane", "Doe", "", "A", "Group 1", on_roster=True)
    assert known.handed_in["janed-501", ""].problems == "Only a link."


def test_students_who_both_have_a_mark_are_not_joined(mini: Mini, records: Records) -> None:
    enter(mini, records, "ada")
    enter(mini, records, "bo")
    with pytest.raises(CourseError, match="both have a mark for 01-mini"):
        upkeep.join(mini.course, records, "ada", "bo")
    assert {mark.student for mark in records.gradebook.marks()} == {"ada", "bo"}


@pytest.mark.parametrize(("keep", "score"), [("old", 2.0), ("new", 4.0)])
def test_a_person_says_whose_mark_stays(mini: Mini, records: Records, keep: str, score: float) -> None:
    enter(mini, records, "ada", failed=squares_instead())
    enter(mini, records, "bo")
    upkeep.join(mini.course, records, "ada", "bo", keep)
    assert [(mark.student, mark.score) for mark in records.gradebook.marks()] == [("bo", score)]
    entry = Journal(mini.course).entry("bo", "01-mini")
    assert entry is not None
    assert entry.result.score == score
    assert ("Not yet right" in (mini.course.feedback / "bo" / "01-mini.html").read_text()) is (keep == "old")


def test_a_student_is_deleted_everywhere_and_nobody_else_is(mini: Mini, records: Records) -> None:
    for student in ("ada", "bo"):
        enter(mini, records, student)
        (mini.course.submitted / student).mkdir(parents=True)
    copy = records.back_up()
    assert copy is not None
    upkeep.delete(mini.course, records, "ada")
    left = {path.relative_to(mini.course.root) for path in mini.course.root.rglob("*") if "ada" in path.name}
    assert left == set()
    for database in (mini.course.gradebook, copy):
        with sqlite3.connect(database) as connection:
            text = "\n".join(connection.iterdump())
        assert "'ada'" not in text
        assert "'bo'" in text
    assert [mark.student for mark in records.gradebook.marks()] == ["bo"]


def test_deleting_somebody_unknown_is_one_sentence(mini: Mini, records: Records) -> None:
    with pytest.raises(CourseError, match="has no student 'zoe'"):
        upkeep.delete(mini.course, records, "zoe")


def test_students_of_an_earlier_gradebook_keep_their_marks_and_get_a_key(mini: Mini, records: Records) -> None:
    enter(mini, records, "ada")
    records.gradebook.close()
    with sqlite3.connect(mini.course.gradebook) as database:
        for table in ("course_student_key", "course_roster", "course_handed_in"):
            database.execute(f"DROP TABLE {table}")
    with Records(mini.course) as opened:
        assert not opened.gradebook.knows_keys
        people = opened.gradebook.people()
        assert people.keys[Key(EARLIER, "", "ada")].student == "ada"
        opened.gradebook.enroll(people)
        assert opened.gradebook.knows_keys
        assert opened.gradebook.people() == people
        assert people.handed_in["ada", "01-mini"].drawn_from == "ada"
        assert [mark.student for mark in opened.gradebook.marks()] == ["ada"]


def test_a_copy_of_the_gradebook_is_made_only_if_something_changed(mini: Mini, records: Records) -> None:
    first: Path | None = records.back_up()
    assert first is not None
    assert records.back_up() is None
    enter(mini, records, "ada")
    second = records.back_up()
    assert second is not None
    assert second != first


def test_marks_are_those_of_nbgraders_own_count(mini: Mini, records: Records) -> None:
    enter(mini, records, "ada", failed=squares_instead())
    by_hand(mini, "ada", "hidden_double", manual_score=1.5)
    (mark,) = records.gradebook.marks()
    with api.Gradebook(f"sqlite:///{mini.course.gradebook}") as book:
        submission = book.find_submission("01-mini", "ada")
        assert (mark.score, mark.max_score) == (submission.score, submission.max_score)
    assert isinstance(mark, Mark)
