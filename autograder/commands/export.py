"""``autograder export``."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.atomic_files import write_bytes
from autograder.course import find_course
from autograder.errors import CourseError
from autograder.locks import alone
from autograder.reports.class_marks import read_class_marks
from autograder.reports.exports import PLATFORMS, WITH_TEMPLATE, Exporter
from autograder.reports.records import Records
from autograder.reports.tables import csv_text, write_grades
from autograder.students.csv_files import CsvFile, read_csv
from autograder.text import some

PENALISED = "Marks are after late penalties. If {} takes points off for lateness itself, use --raw."
RAW = "Marks are before late penalties; {} has to take points off for lateness."


@click.command()
@click.argument("platform", type=click.Choice(PLATFORMS))
@click.option(
    "-o", "output", type=click.Path(path_type=Path, dir_okay=False), help="The file; default: marks-PLATFORM.csv."
)
@click.option(
    "--template",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file downloaded from the platform: it is copied with the marks filled in, and stays unchanged itself.",
)
@click.option("--topic", metavar="TOPIC", help="Export this topic alone.")
@click.option(
    "--column", "columns", multiple=True, metavar="TOPIC=HEADING", help="With --template: a topic's column; repeatable."
)
@click.option("--raw", is_flag=True, help="Marks before late penalties, for platforms that take points off themselves.")
@click.option(
    "--by-topic", is_flag=True, help="For csv: a row per student and topic, with the points of each exercise."
)
def export(
    platform: str,
    output: Path | None,
    template: Path | None,
    topic: str | None,
    columns: tuple[str, ...],
    raw: bool,
    by_topic: bool,
) -> None:
    """Write the marks in the gradebook to a file that PLATFORM imports, or to a table for a spreadsheet (csv).

    Canvas: its gradebook's CSV. Moodle: its gradebook's import, or with --template and --topic its grading worksheet.
    Gradescope imports no marks: the table has the columns of its own download.
    """
    course = find_course(Path.cwd())
    _refuse(platform, template, columns, raw=raw, by_topic=by_topic)
    chosen = course.topic_named(topic) if topic else ""
    headings = {course.topic_named(name): heading for name, heading in map(_column, columns)}
    table = read_csv(template) if template else None
    with alone(course, "grading"), Records(course) as records:
        write_grades(course, records)
        marks = read_class_marks(course, records).of(chosen)
    if not marks.marks:
        raise CourseError("the gradebook has no marks to export; grade something first.")
    exporter = Exporter(marks, raw=raw)
    exported = (
        exporter.filled_in(table, platform, chosen, headings) if table else exporter.table(platform, by_topic=by_topic)
    )
    path = output or course.root / f"marks-{platform}.csv"
    if path.resolve() in (course.gradebook.resolve(), course.grades_table.resolve()):
        raise CourseError(f"{path} is what grading writes; give another file to -o.")
    like = table or CsvFile([], [], [])
    write_bytes(path, csv_text(exported.rows, like.separator).encode(like.encoding, "replace"))
    click.echo(f"{path}: {len(exported.rows) - 1} rows.")
    if exported.left_out:
        why = "the file has no row for them" if table else f"nothing tells who they are on {platform.capitalize()}"
        click.echo(f"Left out, because {why}: {some(exported.left_out)}.")
    for doubt in exported.doubts:
        click.echo(doubt)
    if any(mark.late_penalty for mark in marks.marks.values()) and platform != "csv":
        click.echo((RAW if raw else PENALISED).format(platform.capitalize()))


def _refuse(platform: str, template: Path | None, columns: tuple[str, ...], *, raw: bool, by_topic: bool) -> None:
    """Refuse options that would do nothing.

    Raises:
        CourseError: with what they are for.
    """
    if template and platform not in WITH_TEMPLATE:
        raise CourseError(f"--template is for {' and '.join(WITH_TEMPLATE)}, which import their own files.")
    if columns and not template:
        raise CourseError("--column says which column of a --template is a topic's; give a --template.")
    if by_topic and platform != "csv":
        raise CourseError("--by-topic is for csv.")
    if raw and platform == "csv":
        raise CourseError("csv has the marks before and after late penalties with --by-topic; --raw is for platforms.")


def _column(text: str) -> tuple[str, str]:
    topic, sign, heading = text.partition("=")
    if not sign:
        raise CourseError(f"--column {text!r} must name a topic and a heading, as in 01='Homework 1 (98765)'.")
    return topic, heading
