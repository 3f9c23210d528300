"""``python -m comparison benchmark``, ``python -m comparison robustness`` and ``python -m comparison busy``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from autograder.errors import CourseError
from autograder.reports.terminal import console
from comparison.tables import publish

CORES = os.cpu_count() or 1
markdown = click.option(
    "--markdown", type=click.Path(path_type=Path, dir_okay=False), help="Write the tables here too."
)


class Sentences(click.Group):
    """Shows what goes wrong as one sentence."""

    def invoke(self, ctx: click.Context) -> None:
        """Run a command."""
        try:
            super().invoke(ctx)
        except CourseError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=Sentences)
def main() -> None:
    """Compare this course's grader with nbgrader and otter-grader."""


@main.command()
@click.argument("words", nargs=-1)
@click.option("--seconds", default=120.0, show_default=True, help="When to end another grader's command.")
@click.option("--jobs", default=CORES, show_default="one per core", help="Runs of the other graders at one time.")
@markdown
def robustness(words: tuple[str, ...], seconds: float, jobs: int, markdown: Path | None) -> None:
    """Print what each grader gives to the corpus; to the cases whose kind or name holds one of WORDS, if any."""
    from comparison.robustness import compare, select

    publish([compare(select(words), seconds, jobs, console())], console(), markdown)


@main.command()
@click.argument("words", nargs=-1)
@click.option("--jobs", default=CORES, show_default="one per core", help="Submissions at one time.")
@markdown
def busy(words: tuple[str, ...], jobs: int, markdown: Path | None) -> None:
    """Grade right submissions on a busy machine, in the ways whose name holds one of WORDS, if any."""
    from comparison.busy import compare

    publish([compare(words, jobs, console())], console(), markdown)


@main.command()
@click.option("--topic", default="01-normalization", show_default=True, help="The assignment.")
@click.option("--submissions", default=6, show_default=True, help="Size of the class.")
@click.option("--rounds", default=3, show_default=True, help="How often each grader grades it.")
@click.option("--jobs", default=CORES, show_default="one per core", help="Submissions at one time, beside one.")
@markdown
def benchmark(topic: str, submissions: int, rounds: int, jobs: int, markdown: Path | None) -> None:
    """Print how long each grader takes on the same submissions."""
    from comparison.benchmark import measure

    publish(measure(topic, submissions, rounds, jobs, console()), console(), markdown)


main()
