"""What all graders are given: an assignment with its tests, and what students handed in."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat

from autograder.course import Course
from autograder.topics import CellKind, Topic, topic_of

Submissions = Mapping[str, bytes]


@dataclass(frozen=True)
class Assignment:
    """An assignment.

    Attributes:
        name: such as ``01-normalization``.
        stem: the notebook's file name without ending.
        source: the notebook with solutions and hidden tests.
        released: the notebook as students got it.
    """

    name: str
    stem: str
    source: Any
    released: Any

    @property
    def file(self) -> str:
        """The notebook's file name."""
        return f"{self.stem}.ipynb"

    @cached_property
    def topic(self) -> Topic:
        """The source, read."""
        return topic_of(self.source, self.name, self.stem)

    @cached_property
    def handed_out(self) -> frozenset[str]:
        """The ids of the cells that students got."""
        return frozenset(cell.id for cell in self.released.cells)

    @property
    def points(self) -> float:
        """What can be had without a person who grades."""
        return sum(test.points for exercise in self.topic.exercises for test in exercise.tests)

    def without_experiments(self) -> Assignment:
        """The same without the cells that decide no mark."""
        return Assignment(self.name, self.stem, without_experiments(self.source), without_experiments(self.released))


def without_experiments(notebook: Any) -> Any:
    """A copy of a notebook without its experiments and figures, as far as no test needs them."""
    kept = deepcopy(notebook)
    kept.cells = [cell for cell in kept.cells if not _is_idle(cell.metadata.get("course", {}))]
    return kept


def _is_idle(course: Mapping[str, Any]) -> bool:
    return course.get("kind") == CellKind.EXPERIMENT and not course.get("needed")


def course_assignment(course: Course, name: str) -> Assignment:
    """An assignment of the course.

    Raises:
        CourseError: if its notebooks are not there.
    """
    stem = course.source_topic(name).notebook
    path = Path(name, f"{stem}.ipynb")
    return Assignment(name, stem, _read(course.solutions / path), _read(course.notebooks / path))


def _read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)
