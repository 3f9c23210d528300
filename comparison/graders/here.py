"""This course's grader."""

from __future__ import annotations

import json
import os
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import nbformat

from autograder.commands.grade import PROBLEMS_EXIT
from comparison.assignment import Assignment
from comparison.graders.base import ROOT, Command, Grader

MARKS = "marks.json"


class Here(Grader):
    """``autograder grade``, with all submissions in one run."""

    name = "here"
    parallel = True
    results = (MARKS,)
    exit_codes = (0, *range(PROBLEMS_EXIT, 256))
    programs: ClassVar[Path] = Path(sysconfig.get_path("scripts"))

    def environment(self, folder: Path) -> dict[str, str]:
        """The same, with the grader of this checkout."""
        environment = super().environment(folder)
        return {**environment, "PYTHONPATH": os.pathsep.join((environment["PYTHONPATH"], str(ROOT)))}

    def prepare(self, folder: Path, assignment: Assignment) -> None:
        """Write the source and the released notebook."""
        for place, notebook in (("solutions", assignment.source), ("notebooks", assignment.released)):
            path = folder / place / assignment.name / assignment.file
            path.parent.mkdir(parents=True)
            nbformat.write(notebook, path)

    def commands(self, assignment: Assignment, students: Sequence[str], jobs: int) -> list[Command]:
        """One command, which grades ``jobs`` submissions at a time."""
        return [["autograder", "grade", "submitted", "--topic", assignment.name, "--jobs", str(jobs), "--json", MARKS]]

    def marks(self, folder: Path, assignment: Assignment, students: Sequence[str]) -> dict[str, float | None]:
        """The points in its JSON report."""
        rows = json.loads((folder / MARKS).read_text(encoding="utf-8"))
        scores = {row["student"]: float(row["score"]) for row in rows}
        return {student: scores.get(student) for student in students}
