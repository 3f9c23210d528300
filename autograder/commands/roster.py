"""``autograder roster``."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.course import Course, find_course
from autograder.errors import CourseError
from autograder.locks import alone
from autograder.reports.records import Records
from autograder.reports.tables import write_grades
from autograder.students.identify import same_by_name
from autograder.students.roster import RosterChanges, enter_roster, read_roster
from autograder.text import some
from autograder.upkeep import join


@click.group()
def roster() -> None:
    """Say who takes the course, so that marks of several platforms come together."""


@roster.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--topic", metavar="TOPIC", help="For Moodle's grading worksheet: the topic of its assignment.")
def import_(file: Path, topic: str | None) -> None:
    """Read who takes the course from FILE: names, e-mail addresses, ids, sections, groups.

    FILE is Canvas's or another platform's gradebook as CSV, Moodle's participants or grading worksheet, or any table
    with columns such as student, username, first name, last name, email, number, section, group. Several files add up.
    Students who are in the gradebook already are found by their ids, or by a name that only one student has.
    """
    course = find_course(Path.cwd())
    entries = read_roster(file, course.topic_named(topic) if topic else "")
    with alone(course, "grading"), Records(course) as records:
        records.back_up()
        people = records.gradebook.people()
        done = enter_roster(people, entries)
        records.gradebook.enroll(people)
        lines = [*_summary(done), *_joined(course, records, done.same)]
        graded = {(mark.student, mark.topic) for mark in records.gradebook.marks()}
        same = same_by_name(records.gradebook.people(), graded)
        lines += [*_joined(course, records, same.pairs), *same.doubts]
        strangers = [one.student for one in records.gradebook.people().persons.values() if not one.on_roster]
        if strangers:
            lines.append(f"In the gradebook, but not on the roster: {some(sorted(strangers))}.")
        write_grades(course, records)
    for line in lines:
        click.echo(line)


def _joined(course: Course, records: Records, pairs: list[tuple[str, str]]) -> list[str]:
    """Join students who are one; what to tell about it."""
    lines = []
    for old, new in pairs:
        try:
            topics = join(course, records, old, new)
        except CourseError as error:
            lines.append(f"Not joined: {error}")
        else:
            lines.append(f"{old} is {new}: {', '.join(topics) or 'nothing was graded yet'}.")
    return lines


def _summary(done: RosterChanges) -> list[str]:
    lines = [f"New on the roster: {len(done.added)}. Known: {len(done.known)}."]
    if done.by_name:
        lines.append(f"Recognized by name alone: {some(done.by_name)}.")
    if done.missing:
        lines.append(f"On the roster, but not in this file: {some(done.missing)}.")
    return lines
