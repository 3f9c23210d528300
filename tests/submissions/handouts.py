"""A small topic, and its released notebook for students to edit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.submissions.align import Alignment, align
from autograder.submissions.choose import Submission
from autograder.submissions.reading import read_notebook
from autograder.topics import Cell, CellKind, Topic

SCALE = "def scale(x, factor):\n    return x * factor"
SHIFT = "class Shift:\n    def __call__(self, x):\n        return x + 1"
SCALE_STUB = "def scale(x, factor):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
SHIFT_STUB = "class Shift:\n    # YOUR CODE HERE\n    raise NotImplementedError()"

# (what the author wrote, what students get)
TEXTS = {
    "intro": ("# Normalization\n\nWhat it is.", None),
    "setup": ("import math\n\nimport torch\n\n\ndef example_batch(n):\n    return torch.ones(n, 3)", None),
    "scale": (SCALE, SCALE_STUB),
    "test_scale": ('y = scale(example_batch(2), 3)\nassert y.sum() == 18, "the scaled batch"', None),
    "hidden_scale": ("assert scale(2, 3) == 6", "# Hidden tests of scale (2 points) run here."),
    "Shift": (SHIFT, SHIFT_STUB),
    "test_Shift": ('shifted = Shift()(1)\nassert shifted == 2, "one shifted by one"', None),
    "sweep": ("for rate in (0.1, 0.3, 1.0):\n    print(rate, scale(1.0, rate))", None),
    "question_odd": ("**Is one odd?**\n\n- A. yes\n- B. no", None),
    "odd": ('odd = "A"', 'odd = ""  # "A" or "B"'),
    "explain_odd": ('explain("01-norm", "odd", odd)', None),
    "question_why": ("Why is one odd?", None),
    "why": ("Because it is.", "YOUR ANSWER HERE"),
}
KINDS = {
    "setup": CellKind.GIVEN,
    "scale": CellKind.EXERCISE,
    "test_scale": CellKind.TEST,
    "hidden_scale": CellKind.HIDDEN_TEST,
    "Shift": CellKind.EXERCISE,
    "test_Shift": CellKind.TEST,
    "sweep": CellKind.EXPERIMENT,
    "odd": CellKind.QUIZ,
    "explain_odd": CellKind.GIVEN,
    "why": CellKind.WRITTEN,
}
POINTS = {"test_scale": 1.0, "hidden_scale": 2.0, "test_Shift": 1.0, "why": 3.0}


def _cell(name: str, text: str) -> Cell:
    kind = KINDS.get(name, CellKind.PROSE)
    return Cell(
        id=name,
        kind=kind,
        source=text,
        cell_type="markdown" if kind in (CellKind.PROSE, CellKind.WRITTEN) else "code",
        exercise=name.split("_")[-1] if kind not in (CellKind.PROSE, CellKind.GIVEN, CellKind.EXPERIMENT) else "",
        points=POINTS.get(name, 0.0),
    )


TOPIC = Topic("01-norm", "norm", tuple(_cell(name, source) for name, (source, _) in TEXTS.items()))
RELEASED = replace(TOPIC, cells=tuple(_cell(name, stub or source) for name, (source, stub) in TEXTS.items()))
OTHER = Topic(
    "02-conv",
    "conv",
    (
        Cell("conv-title", CellKind.PROSE, "# Convolution", "markdown"),
        Cell("convolve", CellKind.EXERCISE, "def convolve(x):\n    return x", exercise="convolve"),
        Cell("test_convolve", CellKind.TEST, "assert convolve(1) == 1", exercise="convolve", points=1.0),
    ),
)
TOPICS = (TOPIC, OTHER)

MakeFolder = Callable[[Mapping[str, bytes]], Path]
MakeArchive = Callable[..., Path]
Students = Callable[..., dict[str, Submission]]


def called(found: Mapping[str, Submission]) -> set[str]:
    """What the students are called who were found."""
    return {one.owner.shown for one in found.values()}


def _released_cell(cell: Cell) -> dict[str, Any]:
    metadata: dict[str, Any] = {"course": {"kind": str(cell.kind)}}
    if cell.is_answer or cell.is_test:
        metadata["nbgrader"] = {
            "grade": cell.is_test or cell.kind is CellKind.WRITTEN,
            "grade_id": cell.id,
            "locked": cell.is_test,
            "solution": cell.is_answer,
            "points": cell.points,
        }
    code = {"outputs": [], "execution_count": None} if cell.cell_type == "code" else {}
    return {"cell_type": cell.cell_type, "id": cell.id, "metadata": metadata, "source": cell.source, **code}


@dataclass
class Handout:
    """A released notebook in a student's hands."""

    data: dict[str, Any]
    topic: Topic = TOPIC
    released: Topic = RELEASED

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The notebook's cells, to be edited."""
        return self.data["cells"]

    def index(self, name: str) -> int:
        """Where a cell stands."""
        return next(index for index, cell in enumerate(self.cells) if cell.get("id") == name)

    def cell(self, name: str) -> dict[str, Any]:
        """One cell, to be edited."""
        return self.cells[self.index(name)]

    def write(self, name: str, text: str) -> Handout:
        """Put text into a cell."""
        self.cell(name)["source"] = text
        return self

    def delete(self, name: str) -> Handout:
        """Delete a cell."""
        del self.cells[self.index(name)]
        return self

    def insert(self, after: str, text: str, cell_type: str = "code", **changes: Any) -> Handout:
        """Add a cell of the student's own."""
        cell = {"cell_type": cell_type, "id": f"own-{len(self.cells)}", "metadata": {}, "source": text, **changes}
        self.cells.insert(self.index(after) + 1, cell)
        return self

    def copy(self, name: str, text: str, id: str = "copied") -> Handout:
        """Paste a copy of a cell below it, as JupyterLab does: metadata is kept, the id is new."""
        self.cells.insert(self.index(name) + 1, {**deepcopy(self.cell(name)), "id": id, "source": text})
        return self

    def split(self, name: str, first: str, rest: str) -> Handout:
        """Split a cell as JupyterLab does: both parts keep the metadata, the last one keeps the id."""
        self.cells.insert(self.index(name), {**deepcopy(self.cell(name)), "id": f"{name}-part", "source": first})
        return self.write(name, rest)

    def without_ids(self) -> Handout:
        """Drop ids and metadata, as other programs do."""
        for cell in self.cells:
            cell.pop("id")
            cell["metadata"] = {}
        return self

    def bytes(self) -> bytes:
        """The file."""
        return json.dumps(self.data).encode()

    def align(self) -> Alignment:
        """The notebook beside its topic."""
        return align(self.topic, self.released, read_notebook(self.bytes(), "norm.ipynb")[0])


def handout_of(released: Topic, topic: Topic) -> Handout:
    """The notebook as students get it."""
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    metadata = {"kernelspec": kernel, "course": {"topic": topic.name}}
    cells = [_released_cell(cell) for cell in released.cells]
    return Handout({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}, topic, released)
