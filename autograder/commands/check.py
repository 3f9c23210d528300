"""``autograder check``."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from autograder.course import Course, find_course
from autograder.errors import CourseError
from autograder.execution.session import Seconds
from autograder.grading import Grading, grade_notebook, grade_with_second_chance, open_zygote
from autograder.reports.terminal import console
from autograder.reports.text import one_line, points
from autograder.reports.titles import titles
from autograder.submissions.collect import collect
from autograder.topics import Kind, Topic, discover
from autograder.verdicts.model import Result, Status

DECIDERS = {
    Kind.EXERCISE: "by hidden tests",
    Kind.QUIZ: "by the answers to the quiz",
    Kind.WRITTEN: "by whoever reads your text",
}
MARKS = {
    Status.PASSED: "passed",
    Status.NOT_ATTEMPTED: "not attempted",
    Status.NEEDS_MANUAL_GRADING: "read by a person",
}


@click.command()
@click.argument("notebook", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def check(notebook: Path) -> None:
    """Run the visible tests on your own copy of a notebook.

    The exit code is 0 if they all passed.
    """
    course = find_course(notebook.resolve().parent, Path.cwd())
    topic, result = _check(course, notebook)
    console().print(_table(topic, result))
    for note in result.student_notes:
        click.echo(one_line(note))
    visible = [test for exercise in result.exercises for test in exercise.tests if not test.hidden]
    scored, possible = sum(test.score for test in visible), sum(test.max_score for test in visible)
    click.echo(f"visible tests: {points(scored)} of {points(possible)} points; {_decided_elsewhere(topic, result)}")
    sys.exit(0 if scored == possible else 1)


def _check(course: Course, notebook: Path) -> tuple[Topic, Result]:
    topics = [course.released_topic(path.name) for path in discover(course.notebooks)]
    found = collect([notebook], topics, own=True)
    if len(found) > 1:
        raise CourseError(f"{notebook} holds {len(found)} notebooks; give one of them.")
    (submission,) = found
    if submission.topic is None or submission.notebook is None:
        raise CourseError(f"{notebook} cannot be checked. {' '.join(submission.problems)}")
    for sentence in submission.left_out:
        click.echo(sentence, err=True)
    # A student's own code on the student's own machine: nothing to protect from it.
    with open_zygote(course, isolate=False) as zygote:
        topic, notebook, grading = submission.topic, submission.notebook, Grading(zygote, Seconds())
        result, _ = grade_with_second_chance(
            lambda trail: grade_notebook(grading, topic, topic, notebook, "you", trail=trail, files=submission.files)
        )
        return topic, result


def _decided_elsewhere(topic: Topic, result: Result) -> str:
    """Who decides the points that no visible test does."""
    amounts = dict.fromkeys(DECIDERS.values(), 0.0)
    for exercise in result.exercises:
        visible = sum(test.max_score for test in exercise.tests if not test.hidden)
        amounts[DECIDERS[topic.by_id[exercise.id].kind]] += exercise.max_score - visible
    shares = [f"{points(amount)} {decider}" for decider, amount in amounts.items() if amount]
    return f"decided later: {', '.join(shares)}" if shares else "they decide all"


def _table(topic: Topic, result: Result) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    called = titles(topic)
    for exercise in result.exercises:
        visible = [test for test in exercise.tests if not test.hidden]
        if not visible:
            continue
        failed = next((test for test in visible if test.status is not Status.PASSED), None)
        status = failed.status if failed else Status.PASSED
        amount = f"{points(sum(t.score for t in visible))}/{points(sum(t.max_score for t in visible))}"
        word = MARKS.get(status, str(status).replace("_", " "))
        table.add_row(Text(exercise.id), amount, word, Text(called[exercise.id], style="dim"))
        if failed and status is not Status.NOT_ATTEMPTED:
            table.add_row("", "", "", Text(one_line(failed.message)))
    return table
