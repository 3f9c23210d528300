"""Reads ``misconceptions.py`` beside a topic: wrong answers that students give, and right ones in other styles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError
from autograder.sources.places import Place, read_cells


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
        where: its place in the file, for errors.
    """

    name: str
    exercise: str
    text: str
    right: bool
    where: Place
    says: str = ""
    keeps: float = 0.0


def read_answers(path: Path, root: Path | None = None) -> list[Answer]:
    """The answers in a topic's ``misconceptions.py``; none if there is no such file.

    Args:
        path: the file.
        root: the checkout, for errors to name the file from there on.

    Raises:
        CourseError: if a header lacks what it needs.
    """
    if not path.is_file():
        return []
    return [
        _answer(cell.metadata, cell.source, place)
        for cell, place in read_cells(path, root, preamble=True)
        if cell.cell_type == "code" and "exercise" in cell.metadata
    ]


def _answer(header: dict[str, object], text: str, where: Place) -> Answer:
    exercise = str(header["exercise"])
    if "variant" in header:
        return Answer(str(header["variant"]), exercise, text, right=True, where=where)
    name, keeps = str(header.get("misconception", "")), header.get("keeps", 0)
    if not name or not header.get("says"):
        raise CourseError(f'{where}: an answer to {exercise!r} needs misconception="…" and says="…", or variant="…".')
    if isinstance(keeps, bool) or not isinstance(keeps, int | float):
        raise CourseError(f"{where}: keeps=N is a number of points, not {keeps!r}.")
    return Answer(name, exercise, text, right=False, where=where, says=str(header["says"]), keeps=float(keeps))
