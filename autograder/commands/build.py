"""``autograder build``."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.course import find_course
from autograder.errors import CourseError
from autograder.locks import alone


@click.command()
@click.argument("topics", nargs=-1, metavar="[TOPIC]...")
@click.option("--check", "only_check", is_flag=True, help="Change nothing; fail if a file differs from its source.")
def build(topics: tuple[str, ...], only_check: bool) -> None:
    """Make the executed notebooks in solutions/ and the released ones in notebooks/ from their sources.

    A notebook is run again only if its source, the code that it imports or the data has changed. Each
    test is then run on the solution as grading would run it. The marks that the sample class must get follow.

    TOPIC is a folder of solutions/, its number or its word (01-normalization, 01, normalization); default: all.
    """
    # Imported here: nbclient and nbgrader take half a second that other commands can do without.
    from autograder.sample_class.build_class import build_marks, check_marks
    from autograder.sources import build as building

    course = find_course(Path.cwd())
    chosen = [building.files_of(course, topic) for topic in course.chosen(topics)]
    if not chosen:
        raise CourseError(f"{course.solutions} holds no topic (a folder named like 01-topic with its source).")
    if only_check:
        lines = [line for files in chosen for line in building.check(course, files)]
        lines += check_marks(course, [files.topic for files in chosen])
        if lines:
            click.echo("\n".join(lines))
            raise CourseError("files differ from their sources; run `autograder build` and commit what it writes.")
        count = "1 topic" if len(chosen) == 1 else f"{len(chosen)} topics"
        click.echo(f"{count} checked: every file is what its source gives.")
        return
    with alone(course, "building"):
        for files in chosen:
            state = "run and released" if building.build(course, files) else "up to date"
            click.echo(f"{files.topic}: {state}")
        build_marks(course)
