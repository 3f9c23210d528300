"""Makes the notebook that students get, with nbgrader's own steps, so that ``nbgrader generate_assignment`` agrees."""

from __future__ import annotations

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


class ClearQuizAnswers(NbGraderPreprocessor):
    """Puts the empty answer of a quiz question where its right one stands."""

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        """Replace one cell's text by the stub in its metadata, if it has one."""
        stub = cell.metadata.get("course", {}).get("stub")
        if stub:
            cell.source = stub
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
