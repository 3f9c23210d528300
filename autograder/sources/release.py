"""Makes the notebook that students get, with nbgrader's own steps, so that ``nbgrader generate_assignment`` agrees."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from typing import Any

from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
    NbGraderPreprocessor,
    SaveCells,
)
from traitlets.config import Config

from autograder.topics import CellKind

# nbclient, papermill and Jupyter's own front ends run on after an error in a cell with this tag.
GOES_ON = "raises-exception"
MAY_FAIL = (CellKind.EXERCISE, CellKind.QUIZ, CellKind.TEST)


class ClearQuizAnswers(NbGraderPreprocessor):
    """Puts the empty answer of a quiz question where its right one stands."""

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """Replace one cell's text by the stub in its metadata, if it has one."""
        stub = cell.metadata.get("course", {}).get("stub")
        if stub:
            cell.source = stub
        return cell, resources


class RemoveHiddenTests(NbGraderPreprocessor):
    """Takes the cells of hidden tests out, of which only the points are left, beside the answer's own.

    nbgrader's gradebook has them by then, and grading takes them from the source.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Remove the cells of one notebook."""
        points: Counter[str] = Counter()
        kept = []
        for cell in nb.cells:
            course = cell.metadata.get("course", {})
            if course.get("kind") == CellKind.HIDDEN_TEST:
                points[course["exercise"]] += cell.metadata.nbgrader.points
            else:
                kept.append(cell)
        for cell in kept:
            if cell.id in points:
                cell.metadata["course"]["hidden_points"] = points[cell.id]
        nb.cells = kept
        return nb, resources


class LetRunAllGoOn(NbGraderPreprocessor):
    """Tags the cells that may fail before students have written their answers, so that the others run nevertheless.

    The notebook with the solution has no such tag: whoever runs it must learn of a cell that fails.
    """

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """Tag one cell."""
        course = cell.metadata.get("course", {})
        if course.get("kind") in MAY_FAIL or "uses" in course:
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), GOES_ON]
        return cell, resources


# nbgrader's own order: checksums are saved with solutions and hidden tests still there, and computed again without.
PREPROCESSORS = [
    LockCells,
    ClearSolutions,
    ClearQuizAnswers,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
    SaveCells,
    ClearHiddenTests,
    ClearMarkScheme,
    RemoveHiddenTests,
    LetRunAllGoOn,
    ComputeChecksums,
    CheckCellMetadata,
]
# The marking scheme of a written question stands in its answer cell, where nbgrader by default does not look for one.
SETTINGS = Config({"ClearMarkScheme": {"enforce_metadata": False}})


def release(notebook: Any) -> Any:
    """The released copy of a topic's notebook: no outputs, solutions, hidden tests or marking schemes."""
    released = deepcopy(notebook)
    for step in PREPROCESSORS:
        if step is not SaveCells:
            released, _ = step(config=SETTINGS).preprocess(released, {})
    return released
