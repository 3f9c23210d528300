"""What grading runs of a submission, and in which order."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from autograder.execution.effects import WORD
from autograder.execution.needs import Part, Parts, Text, divide
from autograder.submissions.align import AlignedCell, Alignment
from autograder.submissions.cells import parse
from autograder.submissions.compare import defines, explanation
from autograder.topics import Cell, CellKind, HiddenModule, Topic

MOST_OF_A_LINE = 50
COMMENT = re.compile(r"#.*")


@dataclass(frozen=True)
class StudentCode:
    """A cell, or a part of one, to run in the student's process.

    Attributes:
        source: its text; lines that do not run are blank.
        answer: the exercise that it answers; empty for everything else.
        beside: the exercise in whose cell it stands, where it is no part of the answer.
        title: what it is called in sentences.
        number: the place of its cell in the notebook.
        watched: whether what its exercise forbids counts while it runs: up to where the answer is bound, and not below.
        given: whether its cell was handed out, and is not the student's to write.
        binds: whether answers use what it binds; otherwise it only may change something.
    """

    source: str
    answer: str = ""
    beside: str = ""
    title: str = ""
    number: int = 0
    watched: bool = False
    given: bool = False
    binds: bool = True

    @property
    def first_line(self) -> int:
        """The number of the first line that is not blank; 0 if all are."""
        return next((number for number, line in enumerate(self.source.splitlines(), 1) if line.strip()), 0)

    @property
    def exercise(self) -> str:
        """The exercise in whose cell it stands; empty for other cells."""
        return self.answer or self.beside


@dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes:
        setup: given cells that the tests need, for the tests' process.
        steps: the student's cells, as far as answers need them, and the source's tests, in order.
        rest: everything else that the student added; no mark depends on it.
        answers: names of the topic that are the student's.
        python: the version of Python that the notebook says it was written with; empty if it does not say.
        hidden: what hidden tests import, for the tests' process.
    """

    setup: tuple[Cell, ...]
    steps: tuple[StudentCode | Cell, ...]
    rest: tuple[StudentCode, ...]
    answers: tuple[str, ...]
    python: str = ""
    hidden: HiddenModule | None = None


def plan(topic: Topic, alignment: Alignment, skip: frozenset[str] = frozenset()) -> Plan:
    """Decide what runs: the student's cells in their order, and each test of the source where the student has it.

    Of experiments, demonstrations and tests, and of the student's own cells, only those statements run among the steps
    that answers need (``needs``). A hidden test that was not handed out runs where the topic has it. A test whose place
    comes before its answer, or that was deleted, runs at the end; a given cell that is missing runs at the start.

    Args:
        topic: the topic with its tests.
        alignment: the student's cells.
        skip: exercises whose verdict is settled: neither their answers nor their tests run.
    """
    answers = tuple(exercise.id for exercise in topic.exercises)
    unseen = _unseen_tests(topic, alignment)
    setup = _setup_cells(topic.cells, answers)
    present = {aligned.cell.id for aligned in alignment.cells if aligned.cell}
    missing = [cell.source for cell in setup if cell.id not in present]
    tests = [cell for cell in topic.cells if cell.is_test and cell.exercise not in skip]
    # What a test is given beside its own answer is there, if only as it was handed out.
    unused = skip - {name for test in tests for name in names_in(test.source)}
    cells = [(number, one) for number, one in enumerate(alignment.cells, 1) if not _is_skipped(one, unused)]
    given = [Text(source, source, runs=True) for source in missing]
    explained = {explanation(cell) for cell in topic.cells if cell.kind is CellKind.QUIZ}
    texts = [*given, *(_text(one, setup, explained) for _, one in cells)]
    parts = divide(texts, answers, topic.package)[len(missing) :]
    steps: list[StudentCode | Cell] = [StudentCode(source, given=True) for source in missing]
    rest: list[StudentCode] = []
    placed: set[str] = set()
    for (number, one), part in zip(cells, parts, strict=True):
        if one.cell is not None and one.cell.is_answer and not any(each.binds for each in part.needed):
            # No part binds the answer: run all of it, so that its error becomes the reason.
            part = Parts((Part(one.source),))
        steps += _runs(number, one, part, setup)
        if part.rest.strip() and (one.cell is None or one.cell.is_answer):
            rest.append(_run(number, one, Part(part.rest, binds=False)))
        if one.cell is not None:
            steps += _test_here(one.cell, placed, skip)
            for test in unseen.get(one.cell.id, ()):
                steps += _test_here(test, placed, skip)
    steps += [cell for cell in topic.cells if cell.is_test and cell.id not in placed and cell.exercise not in skip]
    return Plan(setup, tuple(steps), tuple(rest), answers, alignment.python, topic.hidden)


def _is_skipped(aligned: AlignedCell, skip: frozenset[str]) -> bool:
    return aligned.cell is not None and aligned.cell.is_answer and aligned.cell.exercise in skip


def _text(aligned: AlignedCell, setup: Sequence[Cell], explained: Collection[str]) -> Text:
    """A cell's text as ``divide`` takes it; none of it where the cell holds no code."""
    cell = aligned.cell
    if aligned.cell_type != "code" or (cell is not None and cell.cell_type != "code"):
        return Text("")
    if cell is None:
        # Earlier notebooks explain a quiz's answer in a cell below it.
        return Text(aligned.source, aligned.source if aligned.source.strip() in explained else "")
    if cell.is_answer:
        return Text(aligned.source, explanation(cell))
    return Text(aligned.source, cell.source, runs=cell in setup)


def _runs(number: int, aligned: AlignedCell, parts: Parts, setup: Sequence[Cell]) -> list[StudentCode]:
    """What runs of a cell where it stands."""
    runs = [_run(number, aligned, part) for part in parts.needed]
    cell = aligned.cell
    if cell is not None and cell.is_answer:
        bound = next((i for i, run in enumerate(runs) if run.answer and defines(run.source, cell.id)), len(runs))
        return [replace(run, watched=bool(run.answer) and i <= bound) for i, run in enumerate(runs)]
    if cell is None or cell not in setup or aligned.source.strip() == cell.source.strip():
        return runs
    # What was handed out comes first, in case that the student's version of it fails.
    return [replace(_run(number, aligned, Part(cell.source)), given=True), *runs]


def _run(number: int, aligned: AlignedCell, part: Part) -> StudentCode:
    cell, line = aligned.cell, _telling_line(part.source)
    if cell is None:
        return StudentCode(
            part.source, title=f"cell {number} of the notebook ({line})", number=number, binds=part.binds
        )
    if not cell.is_answer:
        return StudentCode(part.source, title=f"the cell {cell.id}", number=number, given=True, binds=part.binds)
    if part.binds:
        return StudentCode(part.source, answer=cell.id, title=f"the cell {cell.id}", number=number)
    return StudentCode(part.source, beside=cell.id, title=f"{line} in the cell {cell.id}", number=number, binds=False)


def _telling_line(source: str) -> str:
    """A line by which a reader knows code again."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    telling = next((line for line in lines if not line.startswith(("import ", "from ", "#"))), "".join(lines[:1]))
    return f"`{telling[:MOST_OF_A_LINE]}`"


def _unseen_tests(topic: Topic, alignment: Alignment) -> dict[str, list[Cell]]:
    """Hidden tests that the student's notebook has no cell for, by the cell of it that they come after."""
    present = {aligned.cell.id for aligned in alignment.cells if aligned.cell}
    after: defaultdict[str, list[Cell]] = defaultdict(list)
    before = ""
    for cell in topic.cells:
        if cell.id in present:
            before = cell.id
        elif cell.kind is CellKind.HIDDEN_TEST:
            after[before].append(cell)
    return after


def _test_here(cell: Cell, placed: set[str], skip: frozenset[str]) -> list[Cell]:
    """The test that stands here, if its answer stands above it."""
    if cell.is_answer:
        placed.add(cell.id)
    if not cell.is_test or cell.id in placed or cell.exercise not in placed or cell.exercise in skip:
        return []
    placed.add(cell.id)
    return [cell]


@lru_cache(maxsize=64)
def _setup_cells(cells: tuple[Cell, ...], answers: tuple[str, ...]) -> tuple[Cell, ...]:
    return tuple(cell for cell in cells if is_setup(cell, answers))


def is_setup(cell: Cell, answers: tuple[str, ...]) -> bool:
    """Whether tests may need a given cell: code that is no demonstration of the student's own answers."""
    if cell.kind is CellKind.GIVEN or (cell.kind is CellKind.EXPERIMENT and cell.needed):
        return cell.cell_type == "code" and not names_in(cell.source) & set(answers)
    return False


def names_in(source: str) -> set[str]:
    """The names that code mentions; of what does not parse, every word outside comments."""
    tree = parse(source)
    if tree is None:
        return set(WORD.findall(COMMENT.sub("", source)))
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
