"""How long a submission's own cells and tests take by themselves: no kernel, no grader, nothing imported first."""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import fmean
from typing import Any

from comparison.assignment import Assignment, Submissions
from comparison.graders.base import ONE_THREAD


def own_seconds(assignment: Assignment, submissions: Submissions) -> float:
    """CPU seconds per submission of its code cells, with the source's tests in their places, in one warm process."""
    handed_in = list(submissions.values())
    codes = {content: _code(assignment, content) for content in handed_in}
    os.environ.update(ONE_THREAD, MPLBACKEND="Agg")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        # What only a first run costs, such as imports, is not the submissions'.
        pool.submit(_run, codes[handed_in[0]]).result()
        seconds = {content: pool.submit(_run, code).result() for content, code in codes.items()}
    return fmean(seconds[content] for content in handed_in)


def _code(assignment: Assignment, content: bytes) -> list[str]:
    """The code cells of a submission in order; a test as the source has it."""
    cells: list[dict[str, Any]] = [cell for cell in json.loads(content)["cells"] if cell["cell_type"] == "code"]
    tests = {cell.id: cell.source for cell in assignment.topic.cells if cell.is_test}
    return [tests.get(cell.get("id", "")) or "".join(cell["source"]) for cell in cells]


def _run(cells: Sequence[str]) -> float:
    """CPU seconds of a notebook's cells; those that raise are left at that."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    start = time.process_time()
    for cell in cells:
        with (
            contextlib.suppress(Exception),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            exec(compile(cell, "<cell>", "exec"), namespace)
    return time.process_time() - start
