"""``autograder import``."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import click

from autograder.course import find_course
from autograder.errors import CourseError

TOPIC = re.compile(r"\d\d-[a-z0-9][a-z0-9_-]*", re.ASCII)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--topic", metavar="NN-NAME", help="The new topic; default: the next number and the file's name.")
def import_(file: Path, topic: str | None) -> None:
    """Make a topic's source in solutions/ from FILE, an nbgrader assignment with its solutions.

    Lists what needs a look, with its line in the new source.
    """
    # Imported here: jupytext takes a while that other commands can do without.
    from autograder.importing import import_assignment

    course = find_course(Path.cwd())
    name = re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-") or "topic"
    topic = topic or f"{max([int(one[:2]) for one in course.topics], default=0) + 1:02}-{name}"
    if not TOPIC.fullmatch(topic):
        raise CourseError(f"{topic!r} cannot be a topic; name it like 03-sorting, in small letters.")
    if (course.solutions / topic).exists():
        raise CourseError(f"{course.solutions / topic} exists, and no topic is overwritten; choose another --topic.")
    stem = topic[3:].replace("-", "_")
    with tempfile.TemporaryDirectory(dir=course.root, prefix=".import-") as temporary:
        folder = Path(temporary) / course.settings.folders.solutions / topic
        folder.mkdir(parents=True)
        done = import_assignment(file, folder / f"{stem}.py", Path(temporary))
        course.solutions.mkdir(parents=True, exist_ok=True)
        folder.rename(course.solutions / topic)
    click.echo(f"{topic}: exercises: {done.exercises}, written questions: {done.written}, points: {done.points}.")
    if done.notes:
        click.echo("Please check:\n" + "\n".join(f"  {note}" for note in done.notes))
    click.echo(f"Next: `autograder build {topic}`, then `autograder grade`, which grades the model answers.")
