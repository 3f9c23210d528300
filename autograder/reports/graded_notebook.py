"""The notebook that a person grading sees: the source's cells, the student's answers, verdicts below the tests."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat import from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from nbgrader.preprocessors import ClearMarkScheme, SaveCells
from nbgrader.utils import compute_checksum

from autograder.sources.release import PREPROCESSORS, SETTINGS
from autograder.submissions.align import Alignment
from autograder.submissions.pictures import referred_to
from autograder.text import amount, visible
from autograder.topics import CellKind
from autograder.verdicts.model import Result, Status, TestVerdict

REGION = r"### BEGIN {0}\n(.*?)\n?### END {0}"
SAFE_IN_MARKDOWN = str.maketrans({character: f"\\{character}" for character in "\\`*_{}[]()<>#!|$&~"})


@dataclass(frozen=True)
class Source:
    """A topic's notebook in ``solutions/``.

    Attributes:
        written: the notebook itself, with solutions.
    """

    written: Any

    @cached_property
    def saved(self) -> Any:
        """The notebook as nbgrader puts it into its gradebook: without solutions, with tests, with checksums."""
        saved = deepcopy(self.written)
        for step in PREPROCESSORS[: PREPROCESSORS.index(SaveCells)]:
            saved, _ = step(config=SETTINGS).preprocess(saved, {})
        return saved


def read_source(path: Path) -> Source:
    """Read a topic's notebook."""
    return Source(nbformat.read(path, as_version=4))


def graded_notebook(source: Source, result: Result, alignment: Alignment | None) -> Any:
    """Put a submission and its verdicts together.

    Cells for graders alone (marking schemes, notes on the submission) have ``metadata.course.audience`` "graders".

    Args:
        source: the topic's notebook.
        result: the verdicts.
        alignment: the student's cells beside the topic's; None if there was no notebook to read.
    """
    graded = deepcopy(source.saved)
    verdicts = {test.test: test for exercise in result.exercises for test in exercise.tests}
    added = _added_cells(alignment)
    cells = [*_notes(result), *added[""]]
    for cell, original in zip(graded.cells, source.written.cells, strict=True):
        kind = cell.metadata.get("course", {}).get("kind")
        if kind in (CellKind.TEST, CellKind.HIDDEN_TEST):
            _show_verdict(cell, verdicts.get(cell.id))
        cells.append(cell)
        if kind in (CellKind.EXERCISE, CellKind.QUIZ, CellKind.WRITTEN):
            cells += _answered(cell, original, alignment)
        cells += added[cell.id]
    graded.cells = cells
    return graded


def answers_in(path: Path) -> dict[str, str]:
    """The student's answers in a graded notebook by exercise; none if there is no whole file."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {
        cell["id"]: "".join(cell["source"])
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("solution")
    }


def _answered(cell: Any, original: Any, alignment: Alignment | None) -> Iterator[Any]:
    """Put the student's answer into its cell; below a written one goes what it is to be judged by."""
    if cell.metadata.nbgrader.grade:
        ClearMarkScheme(config=SETTINGS).preprocess_cell(cell, {}, 0)
        cell.metadata.nbgrader.checksum = compute_checksum(cell)
        yield _for_graders(
            f"{cell.id}-marking",
            f"**Marking scheme**\n\n{_region('MARK SCHEME', original.source)}\n\n"
            f"**Model answer**\n\n{_region('SOLUTION', original.source)}",
        )
    answer = alignment.answer(cell.id) if alignment else None
    if alignment and answer is not None:
        _write(cell, answer, alignment)


def _write(cell: Any, text: str, alignment: Alignment) -> None:
    """Put a student's text into a cell, with the pictures that it shows."""
    cell.source = visible(text)
    if cell.cell_type == "markdown" and (pictures := referred_to(cell.source, alignment.pictures)):
        cell.attachments = from_dict(pictures)


def _show_verdict(cell: Any, verdict: TestVerdict | None) -> None:
    if verdict is None:
        verdict = TestVerdict(cell.id, False, 0, 0, Status.NOT_ATTEMPTED, "There is no notebook to grade.")
    cell.outputs = [_output(verdict.status, _title(verdict), verdict.message)]


def _title(verdict: TestVerdict) -> str:
    status = verdict.status.replace("_", " ").capitalize()
    return f"{status}: {amount(verdict.score, verdict.max_score)}"


def _output(status: str, title: str, message: str) -> Any:
    """An output from which nbgrader, too, would read the verdict: an error where points were lost."""
    if status == Status.PASSED:
        return new_output("stream", name="stdout", text=f"{title}\n")
    lines = [f"{title}.", *visible(message).splitlines()]
    return new_output("error", ename=str(status), evalue=visible(message), traceback=lines)


def _notes(result: Result) -> list[Any]:
    notes = (*result.problems, *result.notes)
    if not notes:
        return []
    lines = [f"- {visible(note).translate(SAFE_IN_MARKDOWN)}" for note in notes]
    return [_for_graders("notes", "**Notes on this submission**\n\n" + "\n".join(lines))]


def _for_graders(name: str, text: str) -> Any:
    cell = new_markdown_cell(text, metadata={"course": {"audience": "graders"}})
    cell.id = name
    return cell


def _region(name: str, text: str) -> str:
    found = re.search(REGION.format(name), text, re.DOTALL)
    return found[1] if found else ""


def _added_cells(alignment: Alignment | None) -> Mapping[str, list[Any]]:
    """Cells that the student added, by the topic's cell that they follow (empty: at the top)."""
    added: defaultdict[str, list[Any]] = defaultdict(list)
    make = {"code": new_code_cell, "markdown": new_markdown_cell}
    before = ""
    if alignment is None:
        return added
    for number, aligned in enumerate(alignment.cells):
        if aligned.cell is not None:
            before = aligned.cell.id
            continue
        cell = make.get(aligned.cell_type, new_raw_cell)()
        _write(cell, aligned.source, alignment)
        cell.id = f"added-{number}"
        cell.metadata["course"] = {"audience": "all", "added": True}
        added[before].append(cell)
    return added
