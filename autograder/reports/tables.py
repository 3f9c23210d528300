"""Marks as files: JSON for programs, CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograder.files import write_text
from autograder.reports.text import one_line, points
from autograder.verdicts.model import ExerciseVerdict, Result, Status

FORMULA_STARTS = ("=", "+", "-", "@")


def write_json(results: Iterable[Result], path: Path) -> None:
    """Write a list of submissions, each as ``Result.as_json`` states it."""
    rows = [result.as_json() for result in in_order(results)]
    write_text(path, json.dumps(rows, indent=2) + "\n")


def write_csv(results: Iterable[Result], path: Path) -> None:
    """Write a row per submission: student, topic, points, what a person still grades, each exercise's points, problems.

    An exercise's column is empty for other topics' rows, and for a written answer that waits for a person.
    """
    ordered = in_order(results)
    exercises = list(dict.fromkeys(e.id for result in ordered for e in result.exercises))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["student", "topic", "score", "max_score", "to_grade_by_hand", *exercises, "problems"])
    for result in ordered:
        scores = {e.id: _score(e) for e in result.exercises}
        writer.writerow(
            [
                _cell(result.student),
                _cell(result.topic),
                points(result.score),
                points(result.max_score),
                points(sum(e.max_score for e in result.exercises if e.status is Status.NEEDS_MANUAL_GRADING)),
                *(scores.get(name, "") for name in exercises),
                _cell(" ".join(result.problems)),
            ]
        )
    write_text(path, text.getvalue())


def in_order(results: Iterable[Result]) -> Sequence[Result]:
    """Results by student, then by topic."""
    return sorted(results, key=lambda result: (result.student, result.topic))


def _score(exercise: ExerciseVerdict) -> str:
    return "" if exercise.status is Status.NEEDS_MANUAL_GRADING else points(exercise.score)


def _cell(text: str) -> str:
    """Text that a spreadsheet shows and does not compute."""
    shown = one_line(text)
    return f"'{shown}" if shown.startswith(FORMULA_STARTS) else shown
