"""``autograder feedback``."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.atomic_files import write_bytes
from autograder.course import find_course
from autograder.errors import CourseError
from autograder.locks import alone
from autograder.reports.class_marks import apply_late_policy, read_class_marks, rewrite_pages
from autograder.reports.exports import Exporter
from autograder.reports.records import Records
from autograder.text import some


@click.command()
@click.argument("topics", nargs=-1, metavar="[TOPIC]...")
@click.option("--zip", "platform", type=click.Choice(("moodle", "canvas")), required=True, help="Where it is uploaded.")
@click.option(
    "-o",
    "output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file, for one TOPIC; default: feedback-TOPIC.zip.",
)
def feedback(topics: tuple[str, ...], platform: str, output: Path | None) -> None:
    """Pack students' pages for upload, one zip per TOPIC; default: all that came from the platform.

    Moodle: "Upload multiple feedback files in a zip". Canvas: "Upload Submissions". Everybody gets their own page back.
    """
    course = find_course(Path.cwd())
    names = course.chosen(topics)
    if output and len(topics) != 1:
        raise CourseError("-o names one file; give the one TOPIC whose pages go there.")
    with alone(course, "grading"), Records(course) as records:
        apply_late_policy(course, records)
        marks = read_class_marks(course, records)
        rewrite_pages(course, records, (place for place in marks.marks if place[1] in names))
    packed = {name: Exporter(marks).pages(course.feedback, name, platform) for name in names}
    written = [name for name in names if packed[name].count]
    if not written:
        what = ", ".join(names) if topics else "any topic"
        raise CourseError(
            f"no page of {what} belongs to an upload from {platform.capitalize()}; grade its export first."
        )
    for name in written:
        path = output or course.root / f"feedback-{name}.zip"
        write_bytes(path, packed[name].content)
        click.echo(f"{path}: {packed[name].count} pages.")
        if left_out := packed[name].left_out:
            click.echo(f"Left out, because their work did not come from {platform.capitalize()}: {some(left_out)}.")
