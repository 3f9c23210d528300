"""A course in a folder of its own, whose commands are run as a person runs them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.reports.gradebook import Gradebook
from autograder.sample_class.made import made_submissions

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def built_course(tmp_path_factory: pytest.TempPathFactory, make_mini_course: Callable[[Path], Course]) -> Course:
    """The small course, built by its command, with its sample class."""
    course = make_mini_course(tmp_path_factory.mktemp("built") / "course")
    done = run_in(course.root, "build")
    assert done.returncode == 0, done.stderr
    made_submissions(course)
    # nbgrader takes seconds to make a gradebook, which every copy of the course would take again.
    Gradebook(course.gradebook).close()
    return course


@pytest.fixture
def course(built_course: Course, tmp_path: Path) -> Course:
    """A copy of the small built course, to be changed at will."""
    return Course(shutil.copytree(built_course.root, tmp_path / "course"))


@pytest.fixture
def run(course: Course) -> Run:
    """Runs ``autograder`` in the course; a cell gets three seconds, since some cells of the class never end."""

    def run(command: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        impatient = ("--cell-seconds", "3") if command == "grade" else ()
        return run_in(course.root, command, *impatient, *arguments)

    return run


def run_in(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run ``autograder`` in a folder, with the packages of this checkout."""
    return subprocess.run(
        [sys.executable, "-c", "from autograder.cli import main; main()", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=120,
    )
