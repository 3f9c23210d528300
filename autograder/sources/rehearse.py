"""Grades a topic's own solution in the build, so that its author, not a student, sees a test that cannot be graded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.errors import CourseError, GivenCellError
from autograder.execution.plan import plan
from autograder.execution.processes import ProcessPair, Zygote
from autograder.execution.session import Session
from autograder.grading import open_zygote
from autograder.sources.immutable import check_immutable
from autograder.sources.places import Place
from autograder.submissions.align import align
from autograder.time_limits import TimeLimits
from autograder.topics import CellKind, topic_of
from autograder.verdicts.model import Status

# Another one than that of the notebook's own run, in which a test may pass by chance.
SEED = 1
WAY_OUT = (
    "In one process it passed. In grading, the answer is in another one: numbers, strings, tensors, arrays of numbers, "
    "lists, tuples and dicts are copied to it and back; anything else that it returns can only be called, indexed, "
    "iterated and read by attribute; what it prints is not seen. Give and compare plain values."
)


def rehearse(course: Course, name: str, notebook: Any, released: Any, places: Mapping[str, Place]) -> None:
    """Run every test on the solution as grading runs it.

    Args:
        course: the course.
        name: the topic's name.
        notebook: the topic with its solution, which has been run in one process.
        released: the topic as students get it.
        places: by a cell's id where its author wrote it.

    Raises:
        CourseError: if a test does not pass, with its line and what to do; if the solution uses what it forbids; or if
            what tests are made of can change.
    """
    stem = Path(name).name
    topic = replace(topic_of(notebook, name, stem), hidden=course.hidden_module(name))
    handed_out = topic_of(released, name, stem)
    written = frozenset(one.id for one in topic.exercises if one.answer.kind is CellKind.WRITTEN)
    todo = plan(topic, align(topic, handed_out, notebook), skip=written)
    forbids = {exercise.id: exercise.answer.forbids for exercise in topic.exercises}
    with _zygote(course) as zygote:
        session = Session(
            todo, lambda: ProcessPair(zygote, SEED), TimeLimits.of(course.settings.limits), forbids=forbids
        )
        try:
            verdicts = session.run()
        except GivenCellError as error:
            raise CourseError(f"{places[error.cell]}: {error}") from None
        check_immutable(course, topic, todo, zygote)
    for test, verdict in verdicts.items():
        if verdict.status is not Status.PASSED:
            place = places[test].line(session.lines.get(test, 1))
            problem = f"this test does not pass when the solution is graded. {verdict.message.rstrip('.')}."
            raise CourseError(
                f"{place}: {problem}" if verdict.status is Status.TIMED_OUT else f"{place}: {problem} {WAY_OUT}"
            )
    for exercise, used in session.used.items():
        raise CourseError(f"{places[exercise]}: the solution uses what it forbids: {used}.")


def _zygote(course: Course) -> Zygote:
    """A sandbox as in grading, which reads no more than a submission; none where the system has none."""
    try:
        return open_zygote(course)
    except CourseError:
        return open_zygote(course, isolate=False)
