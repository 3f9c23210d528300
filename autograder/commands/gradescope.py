"""``autograder gradescope``."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.course import find_course
from autograder.gradescope.bundle import write_bundle


@click.command()
@click.argument("topic")
@click.option(
    "-o", "output", type=click.Path(path_type=Path, dir_okay=False), help="The file; default: dist/TOPIC.zip."
)
def gradescope(topic: str, output: Path | None) -> None:
    """Write the autograder zip of TOPIC for Gradescope.

    Upload it as the autograder of a programming assignment. It holds solutions and hidden tests.
    """
    course = find_course(Path.cwd())
    name = course.topic_named(topic)
    course.source_topic(name), course.released_topic(name)  # refuses what is not built
    path = output or course.root / "dist" / f"{name}.zip"
    write_bundle(course, name, path)
    click.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
