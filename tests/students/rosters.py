"""The lists of a class that platforms and instructors keep, in the shapes that they have."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from tests.students.a_class import CLASS, TOPICS, Person
from tests.students.shapes import moodle_number


def canvas() -> str:
    """Canvas's gradebook, to which one assignment per topic belongs."""
    head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Quiz 0 (70)"]
    head += [f"{topic} ({77 + number})" for number, topic in enumerate(TOPICS)]
    about = [
        [", ".join(filter(None, (one.last, one.first))), one.canvas, one.number, one.username, f"Lab {one.place % 2}"]
        for one in CLASS
    ]
    most = ["    Points Possible", "", "", "", "", "10", "400", "400", "(read only)"]
    rows = [most, *([*person, "9", "", "", "45"] for person in about)]
    return _text([*head, "Current Score"], [*rows, ["Student, Test", 999, "", "", "Lab 0", "", "", "", ""]])


def moodle() -> str:
    """Moodle's list of participants."""
    head = ["First name", "Last name", "ID number", "Email address", "Groups"]
    return _text(head, ([one.first, one.last, one.number, one.email, one.team] for one in CLASS))


def worksheet(topic: str) -> str:
    """Moodle's grading worksheet of one assignment."""
    head = ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum grade", "Last modified (grade)"]

    def row(person: Person) -> Sequence[object]:
        about = [f"Participant {moodle_number(person, topic)}", person.name, person.email]
        return [*about, "Submitted for grading", "", "400.00", "-"]

    return _text(head, map(row, sorted(CLASS, key=lambda one: one.last)))


def plain() -> str:
    """A table of the instructor's own."""
    head = ["username", "email", "group", "github"]
    return _text(head, ([one.username, one.email, one.team, one.github] for one in reversed(CLASS)))


def _text(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([head, *rows])
    return text.getvalue()
