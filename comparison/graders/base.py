"""What all graders have in common: a folder to work in, commands to run there, marks to read afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Container, Sequence
from pathlib import Path
from typing import ClassVar

from autograder.errors import CourseError
from comparison.assignment import Assignment, Submissions

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / ".venv-peers"
SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

HOME = "home"
SHOWN_BYTES = 2000

Command = Sequence[str]


class Grader(ABC):
    """One grader. Its commands are run in the folder that was set up, and name nothing outside it.

    Attributes:
        name: for tables.
        parallel: whether it can grade several submissions at a time.
        together: whether one run of it grades a class, so that one submission can stop the others.
        results: what `marks` reads, relative to the folder.
        names_only: folders of which `marks` reads nothing but the names of files.
        programs: where its commands are.
        exit_codes: those with which its commands may end; by default any, since graders fail on submissions.
    """

    name: ClassVar[str]
    parallel: ClassVar[bool] = False
    together: ClassVar[bool] = True
    results: ClassVar[tuple[str, ...]]
    names_only: ClassVar[tuple[str, ...]] = ()
    programs: ClassVar[Path] = PEERS / "bin"
    exit_codes: ClassVar[Container[int]] = range(-64, 256)

    def set_up(self, folder: Path, assignment: Assignment) -> None:
        """Make a course of one assignment in an empty folder."""
        for package in ("cnnlab", "coursekit"):
            shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "course.toml", folder)
        for name in ("data", HOME):
            (folder / name).mkdir()
        for file in (*(ROOT / "data").glob("*.csv"), *(ROOT / "data").glob("*.npz")):
            shutil.copy(file, folder / "data")
        self.prepare(folder, assignment)

    @abstractmethod
    def prepare(self, folder: Path, assignment: Assignment) -> None:
        """Write what this grader needs of the assignment."""

    def hand_in(self, folder: Path, assignment: Assignment, submissions: Submissions) -> None:
        """Put submissions where this grader looks for them: ``submitted/STUDENT/ASSIGNMENT/NOTEBOOK.ipynb``."""
        for student, content in submissions.items():
            path = folder / "submitted" / student / assignment.name / assignment.file
            path.parent.mkdir(parents=True)
            path.write_bytes(content)

    @abstractmethod
    def commands(self, assignment: Assignment, students: Sequence[str], jobs: int) -> list[Command]:
        """The commands that grade these submissions; several may run at one time where ``parallel`` is set."""

    @abstractmethod
    def marks(self, folder: Path, assignment: Assignment, students: Sequence[str]) -> dict[str, float | None]:
        """The points that each got; None where the grader gave no mark."""

    def environment(self, folder: Path) -> dict[str, str]:
        """The environment of its commands: one thread each, the course's package, nothing of the user's."""
        return {
            "PATH": os.pathsep.join([str(self.programs), *SYSTEM_PATH]),
            "HOME": str(folder / HOME),
            "USER": "grader",
            "TMPDIR": str(folder / HOME),
            "PYTHONPATH": str(folder),
            "LANG": "C.UTF-8",
            "MPLBACKEND": "Agg",
            **ONE_THREAD,
        }

    def call(self, folder: Path, command: Command, allowed: Container[int] | None = None) -> None:
        """Run a command.

        Args:
            allowed: exit codes that are no error, where they are not this grader's usual ones.

        Raises:
            CourseError: if it failed; with the end of what it said.
        """
        program, *arguments = command
        called = subprocess.run(
            [self.programs / program, *arguments],
            cwd=folder,
            env=self.environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if called.returncode not in (self.exit_codes if allowed is None else allowed):
            said = called.stdout[-SHOWN_BYTES:].decode(errors="replace")
            raise CourseError(f"`{' '.join(command)}` failed: {said}")
