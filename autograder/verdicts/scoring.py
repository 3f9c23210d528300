"""Makes an exercise's verdict from the verdicts on its tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from autograder.submissions.compare import is_as_released
from autograder.topics import Cell, CellKind, Exercise
from autograder.verdicts.model import ExerciseVerdict, Status, TestVerdict

NOT_ATTEMPTED = "Not written yet."
MISSING = "Not attempted: the cell of this answer is missing, and no other cell defines it."
EMPTY = "Not attempted: the cell of this answer was changed, but nothing in it answers the exercise."


def exercise_verdict(exercise: Exercise, tests: Mapping[str, TestVerdict]) -> ExerciseVerdict:
    """The verdict on an exercise: points of the tests passed, and the status and sentence of the first one failed.

    A hidden test that withholds its sentence tells students only that it failed. A test that has not run yet, or that
    the run did not reach, has not passed.
    """
    verdicts = tuple(_as_students_may_read(tests.get(test.id) or _not_reached(test), test) for test in exercise.tests)
    failed = next((verdict for verdict in verdicts if verdict.status is not Status.PASSED), None)
    return ExerciseVerdict(
        id=exercise.id,
        status=failed.status if failed else Status.PASSED,
        score=sum(verdict.score for verdict in verdicts),
        max_score=exercise.max_score,
        message=failed.message if failed else "",
        student_message=failed.student_message if failed else "",
        tests=verdicts,
    )


def without_run(exercise: Exercise, status: Status, message: str) -> ExerciseVerdict:
    """The verdict on an exercise whose tests were not run: no points, one sentence."""
    tests = tuple(
        TestVerdict(test.id, test.kind is CellKind.HIDDEN_TEST, 0.0, test.points, status, message, message)
        for test in exercise.tests
    )
    return ExerciseVerdict(exercise.id, status, 0.0, exercise.max_score, message, message, tests)


def not_attempted(exercise: Exercise, released: Cell, answer: str | None) -> ExerciseVerdict:
    """The verdict on an exercise without an attempt, with what became of the answer's cell.

    Args:
        exercise: the exercise.
        released: the answer's cell as students got it.
        answer: the student's text; None if there is none.
    """
    changed = answer is not None and not is_as_released(released, answer)
    message = MISSING if answer is None else EMPTY if changed else NOT_ATTEMPTED
    return without_run(exercise, Status.NOT_ATTEMPTED, message)


def written_verdict(exercise: Exercise, attempted: bool) -> ExerciseVerdict:
    """The verdict on a written answer: none, until a person reads it."""
    if not attempted:
        return without_run(exercise, Status.NOT_ATTEMPTED, NOT_ATTEMPTED)
    return without_run(exercise, Status.NEEDS_MANUAL_GRADING, "A person reads and grades this answer.")


def _not_reached(test: Cell) -> TestVerdict:
    message = "The grading of this submission ended before this test ran."
    return TestVerdict(test.id, test.kind is CellKind.HIDDEN_TEST, 0.0, test.points, Status.TIMED_OUT, message, message)


def _as_students_may_read(verdict: TestVerdict, test: Cell) -> TestVerdict:
    if verdict.status is Status.PASSED or test.feedback == "shown":
        return verdict
    return replace(verdict, student_message="A hidden test failed.")
