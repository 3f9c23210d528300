"""otter-grader, without its container: ``otter run`` on one submission after the other."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.topics import Exercise
from comparison.assignment import Assignment, Submissions
from comparison.graders.base import Command, Grader

ZIP = "autograder.zip"
INIT = "import otter\ngrader = otter.Notebook()"
HEADER = """\
from otter.test_files import test_case

OK_FORMAT = False
name = {name!r}
points = None
"""
TEST = """

@test_case(name={name!r}, points={points!r}, hidden={hidden!r})
def {name}(env):
    exec(compile({source!r}, "<{name}>", "exec"), dict(env))
"""
GAVE_UP = "Autograder Failed"


class Otter(Grader):
    """``otter run``, a process per submission."""

    name = "otter-grader"
    parallel = True
    together = False
    results = ("results",)

    def prepare(self, folder: Path, assignment: Assignment) -> None:
        """Write the exercises as an assignment of otter's: a test file for each, in a zip."""
        with zipfile.ZipFile(folder / ZIP, "w") as archive:
            archive.writestr("otter_config.json", json.dumps({"lang": "python"}))
            for exercise in assignment.topic.exercises:
                if exercise.tests:
                    archive.writestr(f"tests/{exercise.id}.py", otter_tests(exercise))

    def hand_in(self, folder: Path, assignment: Assignment, submissions: Submissions) -> None:
        """Write ``submitted/STUDENT/NOTEBOOK.ipynb`` as that student would hand it in to otter."""
        for student, content in submissions.items():
            path = folder / "submitted" / student / assignment.file
            path.parent.mkdir(parents=True)
            path.write_bytes(as_handed_in_to_otter(assignment, content))
            (folder / "results" / student).mkdir(parents=True)

    def commands(self, assignment: Assignment, students: Sequence[str], jobs: int) -> list[Command]:
        """A command for each submission."""
        return [["otter", "run", f"submitted/{s}/{assignment.file}", "-a", ZIP, "-o", f"results/{s}"] for s in students]

    def marks(self, folder: Path, assignment: Assignment, students: Sequence[str]) -> dict[str, float | None]:
        """The points in each ``results.json``; none where otter says that it has no results."""
        return {student: _score(folder / "results" / student / "results.json") for student in students}


def otter_tests(exercise: Exercise) -> str:
    """The tests of one exercise in otter's format, in which a failed test is one that raises."""
    tests = [
        TEST.format(name=test.id, points=test.points, hidden=test.kind == "hidden_test", source=test.source)
        for test in exercise.tests
    ]
    return HEADER.format(name=exercise.id) + "".join(tests)


def as_handed_in_to_otter(assignment: Assignment, content: bytes) -> bytes:
    """A submission as it would be in otter's form: a cell that checks an exercise in place of its test cells.

    What students wrote, added or changed elsewhere stays; a file that is no notebook stays as it is.
    """
    try:
        notebook = json.loads(content)
        cells = [one for cell in notebook["cells"] for one in _cells(cell, assignment)]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return content
    init = {"cell_type": "code", "metadata": {}, "source": INIT, "outputs": [], "execution_count": None}
    if notebook.get("nbformat_minor", 0) >= 5:
        init["id"] = "otter-init"
    notebook["cells"] = [init, *cells]
    return json.dumps(notebook).encode("utf-8", "surrogatepass")


def _cells(cell: dict[str, Any], assignment: Assignment) -> Iterator[dict[str, Any]]:
    """The cell in otter's form; none for a test that is checked with an earlier one.

    An exercise whose tests are all hidden has no cell of a test, and is checked below its answer.
    """
    name = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
    known = assignment.topic.by_id.get(name) if isinstance(name, str) else None
    tests = next((e.tests for e in assignment.topic.exercises if known and e.id == known.exercise), ())
    check = {"source": f'grader.check("{known.exercise}")'} if known else {}
    if known is None or not known.is_test:
        yield cell
        if tests and all(test.id not in assignment.handed_out for test in tests):
            yield {**cell, **({"id": f"check-{name}"} if "id" in cell else {}), "metadata": {}, **check}
    elif known is tests[0]:
        yield {**cell, **check}


def _score(path: Path) -> float | None:
    try:
        tests: list[Mapping[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["tests"]
        if any(test.get("name") == GAVE_UP for test in tests):
            return None
        return float(sum(test.get("score", 0) for test in tests))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
