"""Runs the notebooks with solutions, on the CPU and on the GPU, and takes the time."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from traitlets.config import Config

ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class NotebookRun:
    """How a notebook ran.

    Attributes:
        notebook: its topic.
        cpu_seconds: the time that it took without a GPU; None if it was not run so, or failed.
        gpu_seconds: the same with one.
        problem: what went wrong, one sentence; empty if nothing did.
    """

    notebook: str
    cpu_seconds: float | None = None
    gpu_seconds: float | None = None
    problem: str = ""


class NotebookError(Exception):
    """A notebook that did not run to its end; the text says why."""


def notebooks(root: Path, topics: Sequence[str] | None) -> list[Path]:
    """The notebooks with solutions.

    Args:
        root: the checkout.
        topics: beginnings of the names of those that are wanted; None for all.
    """
    found = sorted((root / "solutions").glob("*/*.ipynb"))
    return [path for path in found if topics is None or path.parent.name.startswith(tuple(topics))]


def executed(path: Path, device: str, timeout: int, *, beside_cpu: bool) -> NotebookRun:
    """Run a notebook on a device, and before that on the CPU if that is wanted too.

    Args:
        path: the notebook; it stays as it is.
        device: ``"cuda"`` or ``"cpu"``.
        timeout: seconds that a cell may take.
        beside_cpu: whether to run it on the CPU as well.
    """
    seconds: dict[str, float] = {}
    try:
        for where in dict.fromkeys(["cpu", device] if beside_cpu else [device]):
            seconds[where] = _seconds(path, where, timeout)
    except NotebookError as error:
        return NotebookRun(path.parent.name, seconds.get("cpu"), seconds.get("cuda"), f"On {where}: {error}")
    return NotebookRun(path.parent.name, seconds.get("cpu"), seconds.get("cuda"))


def _seconds(path: Path, device: str, timeout: int) -> float:
    """The time that a notebook takes from the kernel's start to its end.

    Raises:
        NotebookError: if it does not get to its end.
    """
    start = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory(prefix="kernel-") as sockets:
            _client(path, timeout, Path(sockets)).execute(env=_environment(path.parents[2], device))
    except CellExecutionError as error:
        raise NotebookError(ANSI.sub("", f"{error.ename}: {error.evalue}")) from None
    except CellTimeoutError:
        raise NotebookError(f"a cell took longer than {timeout} seconds.") from None
    except DeadKernelError:
        raise NotebookError("the kernel died.") from None
    return time.perf_counter() - start


def _client(path: Path, timeout: int, sockets: Path) -> NotebookClient:
    # Sockets in a folder in place of ports: nobody else on the machine can listen in.
    transport = {"transport": "ipc", "ip": str(sockets / "kernel")}
    return NotebookClient(
        nbformat.read(path, as_version=4),
        config=Config({"KernelManager": transport}),
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )


def _environment(root: Path, device: str) -> dict[str, str]:
    """That of this process; with the checkout's packages in front, and on the CPU without a GPU in sight."""
    paths = filter(None, [str(root), os.environ.get("PYTHONPATH")])
    hidden = {"CUDA_VISIBLE_DEVICES": ""} if device == "cpu" else {}
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **hidden}
