"""Runs a topic's notebook in a fresh kernel and keeps its outputs in a form that two builds share."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets.config import Config

from autograder.errors import CourseError
from autograder.sources.places import Place

CELL_SECONDS = 120
# In a traceback: a line of the cell that was running comes first.
LINE = re.compile(r"(?:Cell In\[\d+\], |^)line (\d+)", re.MULTILINE)
ANSI = re.compile(r"\x1b\[[0-9;]*m")
FAILS = "cell {cell!r} fails: {error}"


def execute(notebook: Any, folder: Path, package: Path, places: Mapping[str, Place], fails: str = FAILS) -> None:
    """Run all cells in order, in ``folder``; outputs are put into the notebook.

    Args:
        notebook: the notebook; cells with the tag ``raises-exception`` may fail.
        folder: where it runs.
        package: the folder that holds the course's package.
        places: by a cell's id where its author wrote it.
        fails: what to say of a cell that fails.

    Raises:
        CourseError: if a cell fails, takes longer than ``CELL_SECONDS``, or draws a figure without alt text.
    """
    metadata = dict(notebook.metadata)
    with tempfile.TemporaryDirectory(prefix="kernel-") as sockets:
        _run(_client(notebook, folder, Path(sockets)), package, places, fails)
    # The kernel adds its Python's version, which would differ between machines.
    notebook.metadata.update(metadata)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata.pop("execution", None)
            _check_figures(cell, places[cell.id])


def _client(notebook: Any, folder: Path, sockets: Path) -> NotebookClient:
    # Sockets in a folder in place of ports: nobody else on the machine can listen in.
    transport = {"transport": "ipc", "ip": str(sockets / "kernel")}
    return NotebookClient(
        notebook,
        config=Config({"KernelManager": transport}),
        timeout=CELL_SECONDS,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )


def _run(client: NotebookClient, package: Path, places: Mapping[str, Place], fails: str) -> None:
    started: list[Any] = []
    client.on_cell_start = lambda cell, **_: started.append(cell)
    try:
        client.execute(env={**os.environ, "PYTHONPATH": str(package)})
    except CellExecutionError as error:
        cell = started[-1]
        kind, text = (ANSI.sub("", part) for part in (error.ename, error.evalue))
        sentence = fails.format(cell=cell.id, error=f"{kind}: {text}" if text else kind)
        raise CourseError(f"{_failed_line(cell, places[cell.id])}: {sentence}") from None
    except CellTimeoutError:
        cell = started[-1]
        raise CourseError(
            f"{places[cell.id]}: cell {cell.id!r} took longer than {CELL_SECONDS} seconds; make its experiment smaller."
        ) from None
    except DeadKernelError:
        where = f"{places[started[-1].id]}: " if started else ""
        raise CourseError(f"{where}the kernel died while the cell ran; run it in JupyterLab to see why.") from None


def _failed_line(cell: Any, place: Place) -> str:
    """The line of a cell that failed, where its traceback shows it; else where the cell begins."""
    tracebacks = ["\n".join(output.traceback) for output in cell.outputs if output.output_type == "error"]
    found = LINE.search(ANSI.sub("", "\n".join(tracebacks)))
    return place.line(int(found[1])) if found else str(place)


def _check_figures(cell: Any, place: Place) -> None:
    draws = any("image/png" in output.get("data", {}) for output in cell.outputs)
    if draws and not cell.metadata.get("mystnb", {}).get("image", {}).get("alt"):
        raise CourseError(f'{place}: cell {cell.id!r} draws a figure; say in its header what it shows: alt="…".')
