"""Verdicts in the form that Gradescope reads (``results.json``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from autograder.text import visible
from autograder.verdicts.model import ExerciseVerdict, Result, Status

MOST_CHARACTERS = 5000
PASSED_OVER = "This failed or took too long; where an answer needed it, the answer says so, otherwise it cost nothing:"


def as_results(result: Result, seconds: float, *, finished: bool, left_out: Sequence[str] = ()) -> dict[str, Any]:
    """A submission's verdicts as Gradescope's ``results.json`` states them.

    Students read the sentences meant for them; what only instructors read goes to the standard output, which is hidden.
    Written answers are left out: on Gradescope, a person grades them in a question of their own.

    Args:
        result: the verdicts, perhaps not all of them yet.
        seconds: how long grading has taken.
        finished: whether all tests have run.
        left_out: what to say about files that were left out.
    """
    graded = [exercise for exercise in result.exercises if exercise.status is not Status.NEEDS_MANUAL_GRADING]
    leaderboard = [asdict(value) for value in result.leaderboard]
    unfinished = "Grading did not finish: it was stopped at the time limit. What was graded counts."
    notes = [PASSED_OVER, *map(visible, result.student_notes)] if result.student_notes else []
    output = "\n".join([*(() if finished else (unfinished,)), *map(visible, left_out), *notes])
    return {
        "score": sum(exercise.score for exercise in graded),
        "execution_time": round(seconds, 2),
        "output": output,
        "output_format": "text",
        "test_output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [_test(exercise, number) for number, exercise in enumerate(graded, 1)],
        # Where there is this key, Gradescope shows a leaderboard.
        **({"leaderboard": leaderboard} if leaderboard else {}),
    }


def refused(reason: str) -> dict[str, Any]:
    """The result of a submission that could not be graded at all."""
    return {"score": 0, "output": reason, "output_format": "text", "stdout_visibility": "hidden", "tests": []}


def _test(exercise: ExerciseVerdict, number: int) -> dict[str, Any]:
    passed = exercise.status is Status.PASSED
    return {
        "number": str(number),
        "name": exercise.id,
        "score": exercise.score,
        "max_score": exercise.max_score,
        "status": "passed" if passed else "failed",
        "output": "All tests passed." if passed else visible(exercise.student_message)[:MOST_CHARACTERS],
        "output_format": "text",
        "visibility": "visible",
        "tags": [str(exercise.status)],
    }
