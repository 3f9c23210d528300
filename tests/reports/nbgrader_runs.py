"""nbgrader's own commands, run in a checkout of a small course as a person runs them."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.apps.nbgraderapp import NbGraderApp
from nbgrader.validator import Validator

from autograder.course import Course
from autograder.sources.build import build, files_of


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    returncode: int
    output: str


def run(folder: Path, *arguments: str) -> Done:
    """Run an nbgrader command in a folder as from an environment that is not activated.

    It runs in a fork of this process, which has imported nbgrader already: that takes longer than all the rest.
    """
    with tempfile.TemporaryFile("w+") as printed:
        pid = os.fork()
        if not pid:
            os._exit(_nbgrader(folder, arguments, printed.fileno()))
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        printed.seek(0)
        return Done(code, printed.read())


def _nbgrader(folder: Path, arguments: tuple[str, ...], printed: int) -> int:
    os.chdir(folder)
    os.environ["PATH"] = os.defpath
    sys.stdout = sys.stderr = Validator.stream = os.fdopen(printed, "w", buffering=1, closefd=False)
    try:
        NbGraderApp.launch_instance(list(arguments))
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def submit(
    course: Course,
    student: str,
    notebook: Any,
    name: str = "mini.ipynb",
    time_of_it: bytes = b"2026-03-01 12:00:00 UTC\n",
) -> None:
    """Put a notebook, or any text, where nbgrader collects it."""
    path = course.root / "submitted" / student / "01-mini" / name
    path.parent.mkdir(parents=True)
    path.write_text(notebook if isinstance(notebook, str) else nbformat.writes(notebook), encoding="utf-8")
    (path.parent / "timestamp.txt").write_bytes(time_of_it)


def filled(released: Any, answers: dict[str, str]) -> Any:
    """A released notebook with answers."""
    notebook = deepcopy(released)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    return notebook


def checkout_of(course: Course) -> Course:
    """The course, built and with nbgrader's settings."""
    shutil.copy(Path(__file__).parents[2] / "nbgrader_config.py", course.root)
    (course.solutions / "01-mini" / "answers.py").write_text("# wrong answers\n", encoding="utf-8")
    build(course, files_of(course, "01-mini"))
    return course
