"""Reads ``misconceptions.py`` beside a topic: wrong answers that students give, and right ones in other styles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jupytext

from autograder.errors import CourseError


@dataclass(frozen=True)
class Answer:
    """A whole answer to one exercise.

    Attributes:
        name: what tells it from others, such as ``unbiased_variance``.
        exercise: the exercise that it answers.
        text: the code of the cell.
        right: whether it deserves full marks.
        says: for a wrong answer, a part of the sentence that the student must be told.
        keeps: for a wrong answer, the points that it still earns.
    """

    name: str
    exercise: str
    text: str
    right: bool
    says: str = ""
    keeps: float = 0.0


def read_answers(path: Path) -> list[Answer]:
    """The answers in a topic's ``misconceptions.py``; none if there is no such file.

    Raises:
        CourseError: if a header lacks what it needs.
    """
    if not path.is_file():
        return []
    notebook = jupytext.read(path, fmt="py:percent")
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and "exercise" in cell.metadata]
    return [_answer(cell.metadata, cell.source, path) for cell in cells]


def _answer(header: dict[str, object], text: str, path: Path) -> Answer:
    exercise = str(header["exercise"])
    if "variant" in header:
        return Answer(str(header["variant"]), exercise, text, right=True)
    name = str(header.get("misconception", ""))
    if not name or not header.get("says"):
        raise CourseError(f'{path}: an answer to {exercise!r} needs misconception="…" and says="…", or variant="…".')
    return Answer(name, exercise, text, right=False, says=str(header["says"]), keeps=float(str(header.get("keeps", 0))))
