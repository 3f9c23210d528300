"""A topic as its notebook states it: cells, exercises, tests and points. Topics are discovered, never listed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat

from autograder.errors import CourseError


class CellKind(StrEnum):
    """What a cell is for; the build writes it to ``metadata.course.kind``."""

    PROSE = "prose"
    GIVEN = "given"
    EXPERIMENT = "experiment"
    PREDICTION = "prediction"
    EXERCISE = "exercise"
    QUIZ = "quiz"
    WRITTEN = "written"
    TEST = "test"
    HIDDEN_TEST = "hidden_test"


ANSWER_KINDS = (CellKind.EXERCISE, CellKind.QUIZ, CellKind.WRITTEN)
TEST_KINDS = (CellKind.TEST, CellKind.HIDDEN_TEST)


@dataclass(frozen=True)
class Cell:
    """One cell of a topic's notebook.

    Attributes:
        id: the cell's id; for an answer or a test also its nbgrader ``grade_id``.
        kind: what the cell is for.
        source: the text of the cell.
        exercise: for an answer or a test, the exercise it belongs to; else empty.
        points: what passing the cell is worth.
        forbids: what an answer may not use, such as autograd where a derivation is asked for, by its name in
            ``course.toml``.
        needed: whether tests need this experiment, so that grading runs it.
        seconds: for a test, how long it may take where that is more than cells usually may; else 0.
        feedback: for a hidden test, whether students read its sentence (``"shown"``) or not (``"withheld"``).
        hidden_points: for an answer in a released notebook, what its hidden tests are worth, which are not there.
    """

    id: str
    kind: CellKind
    source: str
    cell_type: str = "code"
    exercise: str = ""
    points: float = 0.0
    forbids: tuple[str, ...] = ()
    needed: bool = False
    seconds: float = 0.0
    feedback: str = "shown"
    hidden_points: float = 0.0

    @property
    def is_answer(self) -> bool:
        """Whether students write this cell."""
        return self.kind in ANSWER_KINDS

    @property
    def is_test(self) -> bool:
        """Whether this cell decides points by running."""
        return self.kind in TEST_KINDS


@dataclass(frozen=True)
class Exercise:
    """One answer and what it is worth."""

    answer: Cell
    tests: tuple[Cell, ...]

    @property
    def id(self) -> str:
        """The function's name, and the answer cell's id."""
        return self.answer.id

    @property
    def max_score(self) -> float:
        """Points of all its tests; of the answer itself where a person grades it."""
        return self.answer.points + self.answer.hidden_points + sum(test.points for test in self.tests)


@dataclass(frozen=True)
class HiddenModule:
    """What hidden tests need and students must not have: ``hidden.py`` beside a topic's source.

    Attributes:
        file: the file as errors name it, such as ``solutions/01-normalization/hidden.py``.
        text: its code.
    """

    file: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class Topic:
    """A topic's notebook, read.

    Attributes:
        name: the folder's name, such as ``01-normalization``; nbgrader's assignment.
        notebook: the file's name without ending, such as ``normalization``.
        cells: its cells in order.
        package: the course's own package; empty if it has none.
        hidden: the module that its hidden tests import, if it has one; students' copies never do.
    """

    name: str
    notebook: str
    cells: tuple[Cell, ...]
    package: str = ""
    hidden: HiddenModule | None = None

    @cached_property
    def by_id(self) -> dict[str, Cell]:
        """Cells by their id."""
        return {cell.id: cell for cell in self.cells}

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        """Answers in order, each with its tests."""
        return tuple(
            Exercise(cell, tuple(t for t in self.cells if t.is_test and t.exercise == cell.id))
            for cell in self.cells
            if cell.is_answer
        )

    @property
    def max_score(self) -> float:
        """All points of the topic."""
        return sum(exercise.max_score for exercise in self.exercises)


def read_topic(path: Path) -> Topic:
    """Read a topic from its notebook (the source's or the released one).

    Args:
        path: ``…/01-normalization/normalization.ipynb``.

    Raises:
        CourseError: if the notebook is missing or was not made by ``autograder build``.
    """
    notebook = read_built(path)
    name = notebook.metadata.get("course", {}).get("topic")
    if not name:
        raise CourseError(f"{path} names no topic in its metadata; run `autograder build` to make it again.")
    return topic_of(notebook, name, path.stem)


def read_built(path: Path) -> Any:
    """Read a notebook that ``autograder build`` wrote.

    Raises:
        CourseError: if it is missing, or damaged, as by a merge that left its marks.
    """
    if not path.is_file():
        raise CourseError(f"{path} does not exist; run `autograder build` to make it from its source.")
    try:
        return nbformat.read(path, as_version=4)
    except (ValueError, KeyError, AttributeError, nbformat.ValidationError):
        raise CourseError(f"{path} is damaged; run `autograder build` to make it again.") from None


def as_text(notebook: Any) -> str:
    """A notebook as the text of its file, the same for equal notebooks."""
    return nbformat.writes(notebook) + "\n"


def topic_of(notebook: Any, name: str, stem: str) -> Topic:
    """The topic that a built notebook states."""
    return Topic(name, stem, tuple(_cell(cell) for cell in notebook.cells))


def _cell(cell: Any) -> Cell:
    course = cell.metadata.get("course", {})
    return Cell(
        id=cell.id,
        kind=CellKind(course.get("kind", CellKind.PROSE if cell.cell_type == "markdown" else CellKind.GIVEN)),
        source=cell.source,
        cell_type=cell.cell_type,
        exercise=course.get("exercise", ""),
        points=float(cell.metadata.get("nbgrader", {}).get("points", 0)),
        forbids=tuple(course.get("forbids", ())),
        needed=bool(course.get("needed", False)),
        seconds=float(course.get("seconds", 0)),
        feedback=course.get("feedback", "shown"),
        hidden_points=float(course.get("hidden_points", 0)),
    )


def discover(folder: Path) -> Iterator[Path]:
    """The topics' folders in ``solutions/`` or ``notebooks/``, in order: those named ``NN-topic``."""
    return iter(sorted(path for path in folder.glob("[0-9][0-9]-*") if path.is_dir()))
