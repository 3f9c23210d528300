"""``autograder feedback``."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import click

from autograder.course import find_course
from autograder.errors import CourseError
from autograder.files import write_bytes
from autograder.reports.class_marks import class_marks, rewrite_pages
from autograder.reports.records import Records
from autograder.reports.text import some
from autograder.students.exports import Exporter


@click.command()
@click.argument("topic")
@click.option("--zip", "platform", type=click.Choice(("moodle", "canvas")), required=True, help="Where it is uploaded.")
@click.option(
    "-o", "output", type=click.Path(path_type=Path, dir_okay=False), help="The file; default: feedback-TOPIC.zip."
)
def feedback(topic: str, platform: str, output: Path | None) -> None:
    """Pack the pages of TOPIC for upload: each student of an export gets their own page back.

    Moodle: "Upload multiple feedback files in a zip". Canvas: "Upload Submissions".
    """
    course = find_course(Path.cwd())
    name = course.topic_named(topic)
    with Records(course) as records:
        marks = class_marks(course, records)
        rewrite_pages(course, records, (place for place in marks.marks if place[1] == name))
    packed, left_out = Exporter(marks).pages(course.feedback, name, platform)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        count = len(archive.namelist())
    if not count:
        raise CourseError(
            f"no page of {name} belongs to an upload from {platform.capitalize()}; grade its export first."
        )
    path = output or course.root / f"feedback-{name}.zip"
    write_bytes(path, packed)
    click.echo(f"{path}: {count} pages.")
    if left_out:
        click.echo(f"Not in it, since their work did not come from {platform.capitalize()}: {some(left_out)}.")
