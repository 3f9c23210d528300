"""Runs a topic's notebook in a fresh kernel and keeps its outputs in a form that two builds share."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets.config import Config

from autograder.errors import CourseError

CELL_SECONDS = 120
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def execute(notebook: Any, folder: Path, package: Path) -> None:
    """Run all cells in order, in ``folder``; outputs are put into the notebook.

    Args:
        package: the folder that holds the ``cnnlab`` to import.

    Raises:
        CourseError: if a cell fails, takes longer than ``CELL_SECONDS``, or draws a figure without alt text.
    """
    metadata = dict(notebook.metadata)
    with tempfile.TemporaryDirectory(prefix="kernel-") as sockets:
        _run(_client(notebook, folder, Path(sockets)), package)
    # The kernel adds its Python's version, which would differ between machines.
    notebook.metadata.update(metadata)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.metadata.pop("execution", None)
            _check_figures(cell)


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


def _run(client: NotebookClient, package: Path) -> None:
    try:
        client.execute(env={**os.environ, "PYTHONPATH": str(package)})
    except CellExecutionError as error:
        cell = next((c for c in client.nb.cells if _failed(c)), None)
        where = cell.id if cell else "?"
        raise CourseError(f"cell {where!r} fails: {ANSI.sub('', error.ename)}: {ANSI.sub('', error.evalue)}") from None
    except CellTimeoutError:
        raise CourseError(f"a cell took longer than {CELL_SECONDS} seconds; make its experiment smaller.") from None
    except DeadKernelError:
        raise CourseError("the kernel died while the notebook ran; run it in JupyterLab to see why.") from None


def _failed(cell: Any) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", []))


def _check_figures(cell: Any) -> None:
    draws = any("image/png" in output.get("data", {}) for output in cell.outputs)
    if draws and not cell.metadata.get("mystnb", {}).get("image", {}).get("alt"):
        raise CourseError(f'cell {cell.id!r} draws a figure; say in its header what it shows: alt="…".')
