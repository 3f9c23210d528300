"""``autograder students``."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from autograder import upkeep
from autograder.course import find_course
from autograder.locks import alone
from autograder.reports.records import Records
from autograder.reports.tables import write_grades
from autograder.reports.terminal import console
from autograder.text import one_line


@click.group()
def students() -> None:
    """List students and what identifies them, join two, delete one."""


@students.command("list")
def list_() -> None:
    """List everybody in the gradebook with their names and keys."""
    course = find_course(Path.cwd())
    with Records(course) as records:
        people = records.gradebook.people()
    table = Table("student", "name", "on roster", "keys", box=None, pad_edge=False)
    for student in sorted(people.persons):
        keys = ", ".join(str(one.key) for one in people.keys_of(student))
        on_roster = "yes" if people.persons[student].on_roster else ""
        table.add_row(*(Text(one_line(cell)) for cell in (student, people.name_of(student), on_roster, keys)))
    console().print(table)


@students.command()
@click.argument("old")
@click.argument("new")
@click.option("--keep", type=click.Choice(("old", "new")), help="Whose mark stays where both have one.")
def join(old: str, new: str, keep: str | None) -> None:
    """Move everything of OLD to NEW: they are the same person."""
    course = find_course(Path.cwd())
    with alone(course, "grading"), Records(course) as records:
        copy = records.back_up()
        records.gradebook.enroll(records.gradebook.people())
        topics = upkeep.join(course, records, old, new, keep or "")
        write_grades(course, records)
    click.echo(f"{old} is {new} now: {', '.join(topics) or 'no mark changed hands'}.")
    if copy:
        click.echo(f"The gradebook as it was is in {copy.relative_to(course.records)}.")


@students.command()
@click.argument("student")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(student: str, yes: bool) -> None:
    """Delete everything that this folder keeps of STUDENT, copies of the gradebook included."""
    course = find_course(Path.cwd())
    if not yes:
        click.confirm(f"Delete all marks, comments, pages and files of {student}? This cannot be undone.", abort=True)
    with alone(course, "grading"), Records(course) as records:
        removed = upkeep.delete(course, records, student)
        write_grades(course, records)
    click.echo(f"{student} is deleted from {', '.join(removed)}.")
    if named := upkeep.may_name(course, student):
        click.echo(f"These files in this folder may still name {student}: {', '.join(named)}.")
    click.echo("Left alone: what you uploaded or exported elsewhere, nbgrader's exchange, and the log .nbgrader.log.")
