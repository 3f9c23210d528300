"""Runs a notebook as students get it: what it shows before anything is written, and that it runs to its end.

Its outputs come from nothing but what students have, so they give nothing away.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.execution.plan import names_in
from autograder.sources.execute import ANSI, execute
from autograder.sources.places import Place
from autograder.sources.release import GOES_ON
from autograder.topics import CellKind

# What `coursekit.exercises` raises for an answer that is as it was handed out: an error that is shown as one line.
NOT_WRITTEN = "NotWritten"
FAILS = (
    "cell {cell!r} fails with untouched exercises, which stops a student's Run All: {error}. "
    'If it needs an answer, say so in its header: uses="NAME".'
)
ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")


def execute_released(released: Any, package: Path, places: Mapping[str, Place]) -> None:
    """Run a released notebook in an empty folder, and keep its outputs in a form that every machine gives.

    Cells that wait for an answer or follow a prediction keep none.

    Args:
        released: the notebook, without outputs.
        package: the folder that holds the course's package.
        places: by a cell's id where its author wrote it.

    Raises:
        CourseError: if a cell that does not wait for an answer fails, or an output differs between machines.
    """
    with tempfile.TemporaryDirectory(prefix="student-") as folder:
        execute(released, Path(folder), package, places, FAILS)
        predictions = {cell.id for cell in released.cells if _kind(cell) == CellKind.PREDICTION}
        for cell in released.cells:
            if cell.cell_type == "code":
                cell.execution_count = None
                cell.outputs = [] if _stays_empty(cell, predictions) else list(_tidied(cell.outputs))
                _check_outputs(cell, places[cell.id], (package, Path(folder)))


def lacks_outputs(released: Any, executed: Any) -> bool:
    """Whether a released notebook shows nothing, as ``nbgrader generate_assignment`` leaves it, where it could."""
    could = {cell.id for cell in executed.cells if cell.get("outputs")}
    shows = [cell for cell in released.cells if cell.id in could and GOES_ON not in cell.metadata.get("tags", ())]
    predictions = {cell.id for cell in released.cells if _kind(cell) == CellKind.PREDICTION}
    shows = [cell for cell in shows if not _stays_empty(cell, predictions)]
    return bool(shows) and not any(cell.outputs for cell in shows)


def _kind(cell: Any) -> str:
    return str(cell.metadata.get("course", {}).get("kind", ""))


def _stays_empty(cell: Any, predictions: set[str]) -> bool:
    """Whether a cell shows something only once the student has written something."""
    return "uses" in cell.metadata.get("course", {}) or not predictions.isdisjoint(names_in(cell.source))


def _tidied(outputs: list[Any]) -> Iterator[Any]:
    """Outputs without counts; of a cell that failed, the line that says what is not written yet, if there is one."""
    failed = any(output.output_type == "error" for output in outputs)
    for output in outputs:
        if failed and output.get("ename") != NOT_WRITTEN:
            continue
        if "execution_count" in output:
            output.execution_count = None
        if "traceback" in output:
            output.traceback = [ANSI.sub("", line) for line in output.traceback]
            output.evalue = ANSI.sub("", output.evalue)
        yield output


def _check_outputs(cell: Any, place: Place, folders: tuple[Path, ...]) -> None:
    """Refuse what would be another thing on another machine.

    Raises:
        CourseError: with the text.
    """
    here = (*folders, Path.home(), Path(sys.prefix), Path(sys.base_prefix), Path(tempfile.gettempdir()))
    path = re.compile(rf"(?<![\w./])(?:{'|'.join(re.escape(str(one)) for one in dict.fromkeys(here))})(?:/|\b)")
    for text in _texts(cell.outputs):
        for what, pattern in (("a path of this machine", path), ("an address in memory", ADDRESS)):
            if found := pattern.search(text):
                line = text[text.rfind("\n", 0, found.start()) + 1 :].splitlines()[0]
                raise CourseError(f"{place}: cell {cell.id!r} shows {what}, which others do not have: {line.strip()}")


def _texts(outputs: list[Any]) -> Iterator[str]:
    for output in outputs:
        yield from (output.get("text", ""), output.get("evalue", ""), *output.get("traceback", ()))
        yield from (text for kind, text in output.get("data", {}).items() if kind.startswith("text/"))
