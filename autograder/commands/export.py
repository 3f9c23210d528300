"""``autograder export``."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.course import find_course
from autograder.errors import CourseError
from autograder.files import write_bytes
from autograder.reports.class_marks import ClassMarks, class_marks
from autograder.reports.records import Records
from autograder.reports.tables import csv_text
from autograder.reports.text import some
from autograder.students.csv_files import CsvFile, read_csv
from autograder.students.exports import PLATFORMS, Exported, Exporter

PENALISED = "Marks are after late penalties. If {} takes points off for lateness itself, use --raw."
RAW = "Marks are before late penalties; {} has to take points off for lateness."


@click.command()
@click.argument("platform", type=click.Choice(PLATFORMS))
@click.option(
    "-o", "output", type=click.Path(path_type=Path, dir_okay=False), help="The file; default: marks-PLATFORM.csv."
)
@click.option("--into", type=click.Path(path_type=Path, dir_okay=False), help="Fill in a file of the platform's own.")
@click.option("--topic", metavar="TOPIC", help="Export this topic alone.")
@click.option("--column", "columns", multiple=True, metavar="TOPIC=HEADING", help="With --into: the column of a topic.")
@click.option("--raw", is_flag=True, help="Marks before late penalties, for platforms that take points off themselves.")
@click.option(
    "--by-topic", is_flag=True, help="For csv: a row per student and topic, with the points of each exercise."
)
def export(
    platform: str,
    output: Path | None,
    into: Path | None,
    topic: str | None,
    columns: tuple[str, ...],
    raw: bool,
    by_topic: bool,
) -> None:
    """Write the marks in the gradebook to a file that PLATFORM imports, or to a table for a spreadsheet (csv).

    Canvas: its gradebook's CSV. Moodle: its gradebook's import, or with --into and --topic its grading worksheet.
    Gradescope imports no marks: the table has the columns of its own download.
    """
    course = find_course(Path.cwd())
    chosen = course.topic_named(topic) if topic else ""
    with Records(course) as records:
        marks = class_marks(course, records).of(chosen)
    if not marks.marks:
        raise CourseError("the gradebook has no marks to export; grade something first.")
    table = read_csv(into) if into else CsvFile([], [], [])
    headings = {course.topic_named(name): heading for name, heading in map(_column, columns)}
    exported = _exported(marks, platform, table if into else None, chosen, headings, raw=raw, by_topic=by_topic)
    path = output or course.root / f"marks-{platform}.csv"
    write_bytes(path, csv_text(exported.rows, table.separator).encode(table.encoding, "replace"))
    click.echo(f"{path}: {len(exported.rows) - 1} rows.")
    if exported.left_out:
        click.echo(f"Not in it, since nothing tells who they are on {platform}: {some(exported.left_out)}.")
    if any(mark.late_penalty for mark in marks.marks.values()) and platform != "csv":
        click.echo((RAW if raw else PENALISED).format(platform.capitalize()))


def _exported(
    marks: ClassMarks,
    platform: str,
    table: CsvFile | None,
    topic: str,
    columns: dict[str, str],
    *,
    raw: bool,
    by_topic: bool,
) -> Exported:
    exporter = Exporter(marks, raw=raw)
    if table is not None:
        if platform == "csv":
            raise CourseError("--into is for a platform's own file.")
        return exporter.into(table, platform, topic, columns)
    if platform == "csv":
        return exporter.csv(topics=by_topic)
    make = {"canvas": exporter.canvas, "moodle": exporter.moodle, "gradescope": exporter.gradescope}
    return make[platform]()


def _column(text: str) -> tuple[str, str]:
    topic, sign, heading = text.partition("=")
    if not sign:
        raise CourseError(f"--column {text!r} must name a topic and a heading, as in 01='Homework 1 (98765)'.")
    return topic, heading
