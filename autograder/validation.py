"""What takes the place of nbgrader's validation: it runs what visible tests need, and says first what is wrong.

nbgrader runs every experiment of a notebook, however long that takes, and prints a test's code before its sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nbconvert.filters import strip_ansi
from nbgrader.preprocessors import CheckCellMetadata, ClearOutput, Execute, NbGraderPreprocessor
from nbgrader.validator import Validator
from traitlets import List, Unicode

from autograder.execution.needs import Parts, Text, divide
from autograder.execution.plan import is_setup
from autograder.submissions.compare import explanation
from autograder.topics import Cell, topic_of
from coursekit.checks import CheckFailed
from coursekit.exercises import FAILED, NOT_WRITTEN


class LeaveOutWhatNoTestNeeds(NbGraderPreprocessor):
    """Empties the cells, and lines of a student's cells, that no answer needs, as grading leaves them out."""

    package = Unicode("", help="The course's own package.").tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Empty cells of one notebook; one that is not of this kind of course stays as it is."""
        if not any("course" in cell.metadata for cell in nb.cells):
            return nb, resources
        topic = topic_of(nb, "", "")
        answers = tuple(exercise.id for exercise in topic.exercises)
        # What is in no cell of the course's is the student's own.
        texts = [_text(one, answers, "course" in own.metadata) for own, one in zip(nb.cells, topic.cells, strict=True)]
        for own, one, parts in zip(nb.cells, topic.cells, divide(texts, answers, self.package), strict=True):
            if one.cell_type == "code" and not one.is_test:
                own.source = _needed(one, parts)
        return nb, resources


class ValidateNotebook(Validator):
    """Takes the place of ``Validator``."""

    preprocessors = List([CheckCellMetadata, ClearOutput, LeaveOutWhatNoTestNeeds, Execute])

    def _extract_error(self, cell: Any) -> str:
        """What failed in a cell, the sentence first; the dialog in JupyterLab shows it, too."""
        errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
        if not errors:
            return str(super()._extract_error(cell))
        return "\n".join(line for error in errors for line in _sentence_first(error))

    def _print_error(self, source: str, error: str) -> None:
        """Print what failed, then the cell that says so."""
        self.stream.write(f"\n{'=' * self.width}\n{strip_ansi(error)}\n\nThe cell:\n\n{self._indent(source)}\n\n")


def _text(cell: Cell, answers: tuple[str, ...], is_handed_out: bool) -> Text:
    if cell.cell_type != "code":
        return Text("")
    if not is_handed_out:
        return Text(cell.source)
    if cell.is_answer:
        return Text(cell.source, explanation(cell))
    return Text(cell.source, cell.source, runs=is_setup(cell, answers))


def _needed(cell: Cell, parts: Parts) -> str:
    """The lines of a cell that are needed, in their places."""
    if cell.is_answer and not any(part.binds for part in parts.needed):
        return cell.source  # Nothing binds the answer: its own error is what the student should see.
    kept = {number for part in parts.needed for number, line in enumerate(part.source.splitlines()) if line.strip()}
    lines = enumerate(cell.source.splitlines())
    return "\n".join(line if number in kept else "" for number, line in lines).rstrip()


def _sentence_first(error: Any) -> Iterator[str]:
    lines = [line for part in error.traceback for line in strip_ansi(part).splitlines()]
    if lines and lines[0].startswith((FAILED, NOT_WRITTEN)):
        yield from lines
    elif error.ename == CheckFailed.__name__:
        yield error.evalue
    else:
        yield f"{error.ename}: {error.evalue}"
        yield from ("", *lines)
