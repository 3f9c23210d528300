"""nbgrader as it comes: no configuration file, its own ``Execute``, one kernel per submission, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from sqlalchemy.exc import SQLAlchemyError

from comparison.assignment import Assignment
from comparison.graders.base import Command, Grader


class NbGrader(Grader):
    """``nbgrader autograde``, with all submissions in one run."""

    name = "nbgrader"
    results = ("gradebook.db", "autograded")
    names_only = ("autograded",)

    def prepare(self, folder: Path, assignment: Assignment) -> None:
        """Write the source and have nbgrader take note of it."""
        path = folder / "source" / assignment.name / assignment.file
        path.parent.mkdir(parents=True)
        nbformat.write(assignment.source, path)
        # Of the settings of this course only this one, without which nbgrader refuses its written questions.
        command = ["nbgrader", "generate_assignment", assignment.name, "--ClearMarkScheme.enforce_metadata=False"]
        self.call(folder, command, allowed=(0,))

    def commands(self, assignment: Assignment, students: Sequence[str], jobs: int) -> list[Command]:
        """One command; nbgrader has no way to grade several submissions at a time."""
        return [["nbgrader", "autograde", assignment.name]]

    def marks(self, folder: Path, assignment: Assignment, students: Sequence[str]) -> dict[str, float | None]:
        """The points in the gradebook; a submission that nbgrader gave up has no notebook in ``autograded/``."""
        done = [
            name for name in students if (folder / "autograded" / name / assignment.name / assignment.file).exists()
        ]
        try:
            with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
                scores = {s.student.id: float(s.score) for s in gradebook.assignment_submissions(assignment.name)}
        except (SQLAlchemyError, TypeError, ValueError):
            scores = {}
        return {student: scores.get(student) if student in done else None for student in students}
