"""Sentences about cells that failed, ended or ran out of time."""

from __future__ import annotations

import builtins
import platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from autograder.execution.meter import Spent
from autograder.execution.plan import StudentCode
from autograder.submissions.bindings import bound_names
from autograder.submissions.cells import first_line, parse
from autograder.submissions.counted import counted
from autograder.submissions.definitions import names_in_text
from autograder.topics import Cell, CellKind
from autograder.verdicts.model import Status, TestVerdict
from coursekit.advice import advice_on

MOST_FAILURES = 20
# What the instructor reads of something that no mark depends on, and what the student reads of it.
FREE, FREE_FOR_STUDENTS = "No mark depends on it.", "This cost you no points."
MOST_TEXT = 1000
MOST_NAME = 100
MOST_OF_A_LINE = 60
ERRORS = {name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, BaseException)}
# What a newer or an older Python may have, and this one has not.
OF_ANOTHER_PYTHON = {"SyntaxError", "ImportError", "ModuleNotFoundError", "AttributeError"}
# The code that a process ends with is the student's to choose, and may tell what a hidden test passed in.
ENDED = re.compile(r": Its process (?:ended itself|was ended) .*", re.DOTALL)
OUT_OF_TIME = {
    Spent.PROCESSOR: "used more than {} of processor time",
    Spent.IDLE: "slept or waited for {}",
    Spent.CLOCK: "had not ended when the time for grading here was over",
}


@dataclass(frozen=True)
class Failure:
    """Why a cell, or a test, did not come to its end.

    Attributes:
        message: the sentence for the instructor, and for the student where nothing is hidden.
        told: the sentence for the student below a hidden test; without the text of errors, which may say anything.
    """

    status: Status
    message: str
    told: str = ""

    def verdict(self, test: Cell) -> TestVerdict:
        """The verdict on a test that fails with it."""
        hidden = test.kind is CellKind.HIDDEN_TEST
        student_message = (self.told or ENDED.sub(".", self.message)) if hidden else self.message
        return TestVerdict(test.id, hidden, 0.0, test.points, self.status, self.message, student_message)

    def because(self, cause: Failure) -> Failure:
        """The same with what came before it and led to it."""
        message, told = (text.rstrip(".") for text in (self.message, self.told or self.message))
        return replace(self, message=f"{message}.\n{cause.message}", told=f"{told}. {cause.told or cause.message}")


@dataclass(frozen=True)
class FailedStatement:
    """A statement that failed, and what follows from that.

    Attributes:
        line: where it begins; 0 for all of the cell.
        binds: the names that it would have bound.
        failure: why they are missing.
        note: what to say if nobody misses them.
    """

    line: int
    binds: frozenset[str]
    failure: Failure
    note: str


def failed_statements(cell: StudentCode, told: object, python: str) -> Iterator[FailedStatement]:
    """What a student's process says that failed in a cell; it may say anything.

    Args:
        cell: what ran.
        told: a list of failures as ``untrusted.cells`` describes them.
        python: the version of Python that the notebook was written with; empty if it does not say.
    """
    for each in told[:MOST_FAILURES] if isinstance(told, list) else ():
        match each:
            case {
                "statement": int(start),
                "line": int(line),
                "type": str(type_),
                "bases": list(bases),
                "message": text,
            }:
                kind = next((name for name in bases if isinstance(name, str) and name in ERRORS), "an error")
                error = f"{type_[:MOST_NAME]}: {str(text)[:MOST_TEXT]}"
                other_python = _other_python(kind, python)
                advice = _then(advice_on(kind, str(text)))
                yield _failed_statement(cell, start, line, kind, error, other_python, advice)


def _failed_statement(
    cell: StudentCode, start: int, line: int, kind: str, error: str, python: str, advice: str
) -> FailedStatement:
    cell_name = _capitalized("your cell" if cell.answer else cell.title)
    where = f" (line {line} of the cell)" if line else ""
    return FailedStatement(
        line=start,
        binds=bound_at(cell.source, start),
        failure=Failure(
            Status.CRASHED,
            f"{cell_name} raised {error}{where}{python}{advice}",
            f"{cell_name} raised {kind}{where}{python}{advice}",
        ),
        note=f"Passed over: {_quoted(cell.source, start)} in {place_of(cell)} raised {kind}{python}.",
    )


def _then(sentence: str) -> str:
    """A sentence as the end of another that goes on, without its full stop."""
    return f". {sentence.removesuffix('.')}" if sentence else ""


def place_of(cell: StudentCode) -> str:
    """The cell that something stands in, as a part of a sentence."""
    return f"the cell {cell.exercise}" if cell.exercise else f"cell {cell.number} of the notebook"


def _quoted(source: str, line: int) -> str:
    """The beginning of a line of a cell; the cell itself where no statement is to blame."""
    lines = source.splitlines()
    return f"`{lines[line - 1].strip()[:MOST_OF_A_LINE]}`" if 0 < line <= len(lines) else "everything"


def _other_python(kind: str, python: str) -> str:
    """What to add where another version of Python may be the cause."""
    here, there = (version.split(".")[:2] for version in (platform.python_version(), python or "."))
    if kind not in OF_ANOTHER_PYTHON or here == there or not python:
        return ""
    return f". The grader runs Python {platform.python_version()}; the notebook was written with Python {python}"


def _capitalized(text: str) -> str:
    return text[:1].upper() + text[1:]


def out_of_time(spent: Spent, seconds: float, *, together: bool = False) -> str:
    """Why something was ended, as the end of a sentence.

    Args:
        spent: which limit was crossed.
        seconds: how many seconds it was.
        together: whether all that ran before it counts, too.
    """
    why = OUT_OF_TIME[spent].format(f"{seconds:g} second{'' if seconds == 1 else 's'}")
    return f"and all that ran before it {why}" if together and spent is not Spent.CLOCK else why


def stopped(cell: StudentCode, why: str, *, matters: bool) -> Failure:
    """A cell was stopped, on which marks may depend if it ``matters``."""
    advice = "Make it quicker" if cell.answer else "Make it quicker, or take it out before you hand in"
    sequel = f"{advice}." if matters else FREE
    return Failure(Status.TIMED_OUT, f"{_capitalized(cell.title)} was stopped: it {why}. {sequel}")


def ended(cell: StudentCode, how: str) -> Failure:
    """The process ended while a cell ran; ``how`` is the end of the sentence."""
    return Failure(Status.CRASHED, f"The process ended while {cell.title} ran{how}.")


def not_run(titles: Sequence[str]) -> list[str]:
    """Cells that no mark depends on were left out: a sentence for each, or for all where they are many."""
    return counted(
        titles,
        lambda title: f"{_capitalized(title)} did not run: cells above it took too long. {FREE}",
        "{count} cells did not run, since cells above them took too long: {names}. " + FREE,
    )


def bound_at(source: str, line: int) -> frozenset[str]:
    """The names that the statement on a line of a cell binds; on line 0, all that the cell does."""
    tree = parse(source)
    if tree is None:
        return frozenset(names_in_text(source))
    chosen = [each for each in tree.body if not line or first_line(each) <= line <= (each.end_lineno or line)]
    return frozenset(name for statement in chosen for name in bound_names(statement))
