"""What grading runs of a submission, and in which order."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache

from autograder.execution.names import names_in
from autograder.submissions.align import Alignment
from autograder.submissions.compare import parse, same_text
from autograder.topics import Cell, Kind, Topic

ADDED = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Run:
    """A cell to run in the student's process.

    Attributes:
        answer: the exercise that the cell answers; empty for other cells.
    """

    source: str
    answer: str = ""


@dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes:
        setup: given cells that the tests need, for the tests' process.
        steps: the student's cells and the source's tests, in order.
        answers: names of the topic that are the student's.
    """

    setup: tuple[str, ...]
    steps: tuple[Run | Cell, ...]
    answers: tuple[str, ...]


def plan(topic: Topic, alignment: Alignment, skip: frozenset[str] = frozenset()) -> Plan:
    """Decide what runs: the student's cells in their order, and each test of the source where the student has it.

    Experiments and demonstrations are left out, since no mark depends on them. A test whose place comes before its
    answer, or that is missing, runs at the end; a given cell that is missing runs at the start.

    Args:
        skip: exercises whose verdict is settled: neither their answers nor their tests run.
    """
    answers = tuple(exercise.id for exercise in topic.exercises)
    setup = _setup_cells(topic.cells, answers)
    present = {aligned.cell.id for aligned in alignment.cells if aligned.cell}
    steps: list[Run | Cell] = [Run(cell.source) for cell in setup if cell.id not in present]
    placed: set[str] = set()
    for aligned in alignment.cells:
        cell = aligned.cell
        if cell is not None and cell.exercise in skip:
            continue
        if cell is None:
            steps += [Run(aligned.source)] if aligned.cell_type == "code" else []
        elif cell.is_test or (cell.kind is Kind.EXPERIMENT and cell not in setup):
            if added := additions(aligned.source, cell.source):
                steps.append(Run(added))
            if cell.is_test and cell.id not in placed and cell.exercise in placed:
                steps.append(cell)
                placed.add(cell.id)
        elif cell.kind in (Kind.EXERCISE, Kind.QUIZ):
            steps.append(Run(aligned.source, answer=cell.id))
            placed.add(cell.id)
        elif cell in setup:
            steps += [Run(text) for text in dict.fromkeys((cell.source.strip(), aligned.source.strip()))]
    steps += [cell for cell in topic.cells if cell.is_test and cell.id not in placed and cell.exercise not in skip]
    return Plan(tuple(cell.source for cell in setup), tuple(steps), answers)


@lru_cache(maxsize=64)
def _setup_cells(cells: tuple[Cell, ...], answers: tuple[str, ...]) -> tuple[Cell, ...]:
    return tuple(cell for cell in cells if _is_setup(cell, answers))


def _is_setup(cell: Cell, answers: tuple[str, ...]) -> bool:
    """Whether tests may need a given cell: code that is no demonstration of the student's own answers."""
    if cell.kind is Kind.GIVEN or (cell.kind is Kind.EXPERIMENT and cell.needed):
        return cell.cell_type == "code" and not names_in(cell.source) & set(answers)
    return False


def additions(source: str, given: str) -> str:
    """Imports and definitions that a student added to a cell which grading does not run as a whole."""
    if same_text(source, given):
        return ""
    tree, known = parse(source), parse(given)
    if tree is None or known is None:
        return ""
    there = {ast.dump(statement) for statement in known.body}
    added = [s for s in tree.body if isinstance(s, ADDED) and ast.dump(s) not in there]
    return "\n".join(map(ast.unparse, added))
