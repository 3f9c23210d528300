"""Whose marks a run would change, said before anything is written."""

from __future__ import annotations

from autograder.reports.gradebook import Standing
from autograder.text import points
from autograder.verdicts.model import Result


def difference(standing: Standing | None, result: Result) -> str:
    """How a result differs from what the gradebook says, as a part of a sentence; empty where it does not.

    Points that a person gave stay, so they count on both sides.
    """
    if standing is None:
        return f"new, {points(result.score)} points"
    changed, before, after = [], 0.0, 0.0
    for exercise in result.exercises:
        tests = [test for test in exercise.tests if test.test not in standing.by_person]
        was, would_be = sum(standing.scores.get(test.test, 0.0) for test in tests), sum(test.score for test in tests)
        before, after = before + was, after + would_be
        if was != would_be:
            changed.append(f"{exercise.id} {points(was)} → {points(would_be)}")
    return f"{points(before)} → {points(after)} points ({', '.join(changed)})" if changed else ""
