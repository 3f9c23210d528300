"""``autograder check``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

import autograder
from autograder.course import TopicPair, find_course
from autograder.errors import CourseError
from autograder.grading import Grading, grade_notebook, grade_with_second_chance, open_zygote
from autograder.submissions.choose import Submission, choose
from autograder.submissions.collect import collect
from autograder.submissions.files import File, one_file
from autograder.submissions.layout import Placed
from autograder.submissions.names import Owner
from autograder.text import one_line, points
from autograder.time_limits import TimeLimits
from autograder.topics import CellKind, Topic, discover
from autograder.verdicts.model import ExerciseVerdict, Result, Status, TestVerdict
from coursekit.exercises import FAILED, NOT_WRITTEN, PASSED, shown

DECIDERS = {
    CellKind.EXERCISE: "by hidden tests",
    CellKind.QUIZ: "by the answers to the quiz",
    CellKind.WRITTEN: "by a person who reads your text",
}
SIGNS = {Status.PASSED: PASSED, Status.NOT_ATTEMPTED: NOT_WRITTEN}
MARKS = {Status.PASSED: "passed", Status.NOT_ATTEMPTED: "not written yet"}


@click.command()
@click.argument("notebook", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def check(notebook: Path) -> None:
    """Run the visible tests on your own copy of a notebook, or on the zip that you hand in.

    Of a zip, what grading would choose is checked, for each topic, with the files beside it in the zip.

    The exit code is 0 if all visible tests passed.
    """
    course = find_course(notebook.resolve().parent, Path.cwd(), fallback=Path(autograder.__file__).resolve().parent)
    topics = [course.released_topic(path.name) for path in discover(course.notebooks)]
    file = one_file(notebook.resolve().parent, (notebook.name,))
    found = _in_zip(file, topics) if file.is_archive else collect([notebook], topics, own=True)
    if not any(submission.notebook for submission in found):
        problems = dict.fromkeys(problem for submission in found for problem in submission.problems)
        raise CourseError(f"{notebook} cannot be checked. {' '.join(problems)}")
    # A student's own code on the student's own machine: nothing to protect from it.
    with open_zygote(course, isolate=False) as zygote:
        grading = Grading(zygote, TimeLimits.of(course.settings.limits))
        passed = [_check(grading, submission, file if file.is_archive else None) for submission in found]
    sys.exit(0 if all(passed) else 1)


def _in_zip(file: File, topics: Sequence[Topic]) -> list[Submission]:
    """What grading would choose of a zip that one student handed in, in order of topics."""
    found = choose(Owner("you"), [Placed(file, (Owner("you"),))], topics, None)
    return sorted(found, key=lambda one: one.topic_name)


def _check(grading: Grading, submission: Submission, archive: File | None) -> bool:
    """Check a notebook, and print what came of it; whether all its visible tests passed."""
    topic = submission.topic
    if archive:
        inside = submission.origin.removeprefix(f"{archive.origin}/")
        click.echo(f"{topic.name if topic else 'no topic'}: {inside} in {archive.name}")
    for sentence in submission.problems if archive else submission.left_out:
        click.echo(f"Grading will say: {sentence}" if archive else sentence, err=True)
    if topic is None or submission.notebook is None:
        return False
    submission = replace(submission, student="you")
    result = grade_with_second_chance(lambda: grade_notebook(grading, TopicPair(topic, topic), submission)).result
    for exercise in result.exercises:
        if lines := _lines(exercise):
            click.echo(lines)
    for note in result.student_notes:
        click.echo(one_line(note))
    visible = [test for exercise in result.exercises for test in exercise.tests if not test.hidden]
    scored, possible = sum(test.score for test in visible), sum(test.max_score for test in visible)
    click.echo(f"visible tests: {points(scored)} of {points(possible)} points; {_decided_elsewhere(topic, result)}")
    return scored == possible


def _decided_elsewhere(topic: Topic, result: Result) -> str:
    """Who decides the points that no visible test does."""
    amounts = dict.fromkeys(DECIDERS.values(), 0.0)
    for exercise in result.exercises:
        visible = sum(test.max_score for test in exercise.tests if not test.hidden)
        amounts[DECIDERS[topic.by_id[exercise.id].kind]] += exercise.max_score - visible
    shares = [f"{points(amount)} {decider}" for decider, amount in amounts.items() if amount]
    return f"decided later: {', '.join(shares)}" if shares else "they decide all"


def _lines(exercise: ExerciseVerdict) -> str:
    """What the notebook's test cells say of an exercise, one after the other."""
    shown_tests = [test for test in exercise.tests if not test.hidden]
    return "\n".join(shown(SIGNS.get(test.status, FAILED), exercise.id, _text(test)) for test in shown_tests)


def _text(test: TestVerdict) -> str:
    text = "\n".join(map(one_line, test.message.splitlines())) or MARKS.get(test.status, "")
    # As in the notebook, where it stands after the exercise's name.
    return text[:1].lower() + text[1:].removesuffix(".") if test.status is Status.NOT_ATTEMPTED else text
