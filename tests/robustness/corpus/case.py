"""One submission of the corpus, and how catalogues of them are read and made into notebooks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat.v4 import new_code_cell

from tests.robustness.corpus.small_topic import FULL_MARKS, SMALL, SmallTopic

_SENTENCE = re.compile(r"(?:# .*(?:\n|$))+")


class CaseKind(StrEnum):
    """What a submission is like."""

    DISHONEST = "dishonest"
    EXHAUSTING = "exhausting"
    DAMAGED = "damaged"
    NOISY = "noisy"


@dataclass(frozen=True)
class OwnCell:
    """A code cell that the student added.

    Attributes:
        before: the id of the released cell that it stands before.
    """

    source: str
    before: str


@dataclass(frozen=True)
class Case:
    """One submission.

    Attributes:
        name: tells it from the others of its kind.
        kind: what it is like.
        what: a sentence that says what it does.
        answers: the student's text by exercise; exercises not named are answered rightly.
        own_cells: cells that the student added, in order.
        earned: the points that each exercise deserves.
        problem: a part of what the instructor must be told about it; empty where nothing is unusual.
        change: changes the filled-in notebook.
        damage: changes the bytes of its file.
        topic: what it is a submission of.
    """

    name: str
    kind: CaseKind
    what: str
    answers: Mapping[str, str] = field(default_factory=dict)
    own_cells: tuple[OwnCell, ...] = ()
    earned: Mapping[str, float] = field(default_factory=FULL_MARKS.copy)
    problem: str = ""
    change: Callable[[Any], object] = lambda notebook: None
    damage: Callable[[bytes], bytes] = lambda content: content
    topic: SmallTopic = SMALL

    def __str__(self) -> str:
        return self.name

    def file(self) -> bytes:
        """The notebook that is handed in."""
        notebook = filled_in(self.answers, self.topic)
        for own in self.own_cells:
            place = [cell.id for cell in notebook.cells].index(own.before)
            notebook.cells.insert(place, new_code_cell(own.source))
        self.change(notebook)
        return self.damage(nbformat.writes(notebook).encode("utf-8", "surrogatepass"))


def filled_in(answers: Mapping[str, str], topic: SmallTopic = SMALL) -> Any:
    """The released notebook with these answers, and right ones to the other exercises."""
    notebook = deepcopy(topic.released)
    for cell in notebook.cells:
        if cell.id in topic.right:
            cell.source = answers.get(cell.id, topic.right[cell.id])
    return notebook


def read_catalogue(path: Path, kind: CaseKind, topic: SmallTopic = SMALL) -> Iterator[Case]:
    """The cases in a file of cells (jupytext py:percent).

    A cell begins with comment lines, the sentence that says what the case does; the rest is the student's text. Its
    header names the case, and says where the text stands: ``answer="standardize"``, or ``before="standardize"`` for a
    cell that the student added. A cell without ``case=`` belongs to the case above. The first answer of a dishonest or
    exhausting case loses its exercise's points, but for ``earns=N``; ``costs="…"`` names another exercise instead, and
    ``costs=""`` none. ``tells="…"`` is a part of what the instructor must be told.
    """
    cells = [
        cell
        for cell in jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent").cells
        if {"answer", "before"} & set(cell.metadata)
    ]
    starts = [number for number, cell in enumerate(cells) if "case" in cell.metadata]
    for start, end in pairwise([*starts, len(cells)]):
        yield _case(cells[start:end], kind, topic)


def _case(cells: list[Any], kind: CaseKind, topic: SmallTopic) -> Case:
    header, sentence = cells[0].metadata, _SENTENCE.match(cells[0].source)
    answers = {cell.metadata["answer"]: _code(cell) for cell in cells if "answer" in cell.metadata}
    own_cells = tuple(OwnCell(_code(cell), cell.metadata["before"]) for cell in cells if "before" in cell.metadata)
    costs = "" if kind is CaseKind.NOISY else header.get("costs", next(iter(answers), ""))
    lost = {costs: float(header.get("earns", 0))} if costs else {}
    what = " ".join(line.removeprefix("# ") for line in sentence[0].splitlines()) if sentence else ""
    earned = {**topic.marks, **lost}
    return Case(header["case"], kind, what, answers, own_cells, earned, header.get("tells", ""), topic=topic)


def _code(cell: Any) -> str:
    sentence = _SENTENCE.match(cell.source)
    return cell.source[sentence.end() if sentence else 0 :].strip("\n")
