"""Which cell of the topic is each of the student's cells?"""

from __future__ import annotations

import re
from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode

from autograder.submissions.beside import FileBeside
from autograder.submissions.compare import normalized, same_text
from autograder.submissions.definitions import Definitions, names_of
from autograder.submissions.recognize import grade_id
from autograder.topics import Cell, CellKind, Topic

MAX_COPIES = 100

_MAX_PARTS = 4
_SIMILAR = 0.8
_SIMILAR_CANDIDATES = 500
# A shorter text, such as `plt.show()`, is written anew rather than copied.
_SHORTEST_COPY = 40
_TOKEN = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True)
class OwnCell:
    """A cell of the student's notebook."""

    source: str
    cell_type: str
    id: str
    grade_id: str = ""
    tags: frozenset[str] = frozenset()
    nbgrader: dict[str, Any] = field(default_factory=dict)


def own_cells(notebook: NotebookNode) -> list[OwnCell]:
    """The cells of a notebook that `read_notebook` made."""
    return [
        OwnCell(
            source=cell.source,
            cell_type=cell.cell_type,
            id=cell.id,
            grade_id=grade_id(cell),
            tags=frozenset(cell.metadata.get("tags", ())),
            nbgrader=dict(cell.metadata.get("nbgrader", {})),
        )
        for cell in notebook.cells
    ]


class Match:
    """The student's cells beside those of the topic.

    A cell is known by nbgrader's id, then by its own id; where a program removed the ids, by its text; what is not the
    student's to write is then known by a similar text.

    Attributes:
        own: the student's cells.
        claims: for each of them the id of the topic's cell that it is, or empty.
        places: for each of the topic's cells where it was found, in order.
        definitions: what each of the student's cells gives a meaning to.
    """

    def __init__(self, topic: Topic, released: Topic, own: Sequence[OwnCell], files: Sequence[FileBeside] = ()) -> None:
        self.topic = topic
        self.released = released
        self.own = own
        self.definitions = Definitions([cell.source for cell in own], {topic.package: (), **_modules(files)})
        self.claims = [next((name for name in (c.grade_id, c.id) if name in topic.by_id), "") for c in own]
        self.places: defaultdict[str, list[int]] = defaultdict(list)
        for index, claim in enumerate(self.claims):
            if claim:
                self.places[claim].append(index)
        self._by_text()
        self._by_similarity()
        self._split_parts()

    def text(self, cell: Cell) -> str | None:
        """A cell's text as students got it; None for a cell that they never got."""
        released = self.released.by_id.get(cell.id)
        return released.source if released else None

    def free(self, index: int) -> bool:
        """Whether a code cell is the student's own."""
        return not self.claims[index] and self.own[index].cell_type == "code"

    def windows(self, index: int, claim: str) -> Iterator[range]:
        """Runs of neighbouring code cells around ``index`` that could be parts of one cell, short ones first."""

        def may_belong(place: int) -> bool:
            return 0 <= place < len(self.own) and (self.claims[place] == claim or self.free(place))

        for size in range(2, _MAX_PARTS + 1):
            for start in range(index - size + 1, index + 1):
                if all(map(may_belong, range(start, start + size))):
                    yield range(start, start + size)

    def in_place(self, index: int, cell: Cell) -> bool:
        """Whether a cell of the student's own stands where the topic has ``cell``."""
        order = [one.id for one in self.topic.cells]
        position = order.index(cell.id)
        before = next(filter(None, reversed(self.claims[:index])), None)
        after = next(filter(None, self.claims[index:]), None)
        return (before is None or order.index(before) < position) and (after is None or position < order.index(after))

    def joined(self, window: range) -> str:
        """The text of neighbouring cells, put together."""
        return "\n".join(self.own[index].source for index in window)

    def _claim(self, index: int, cell: Cell) -> None:
        if self.claims[index] != cell.id:
            self.claims[index] = cell.id
            insort(self.places[cell.id], index)

    def _by_text(self) -> None:
        cells: defaultdict[tuple[str, str], list[Cell]] = defaultdict(list)
        for cell in self.topic.cells:
            if text := normalized(self.text(cell) or ""):
                cells[cell.cell_type, text].append(cell)
        longest = max((len(text) for _, text in cells), default=0)
        for index, own in enumerate(self.own):
            if self.claims[index] or len(own.source) > 2 * longest:
                continue
            text = normalized(own.source)
            alike = cells.get((own.cell_type, text), [])
            missing = [cell for cell in alike if not self.places[cell.id]]
            may_be_copy = own.cell_type == "code" and len(text) >= _SHORTEST_COPY
            if claimed := missing or (alike if may_be_copy else []):
                self._claim(index, claimed[0])

    def _by_similarity(self) -> None:
        free = [index for index in range(len(self.own)) if self.free(index)][:_SIMILAR_CANDIDATES]
        missing = [cell for cell in self._fixed_cells() if not self.places[cell.id]]
        texts = {index: _tokens(self.own[index].source) for index in free} if missing else {}
        for cell in missing:
            wanted = _tokens(self.text(cell) or "")
            likeness, index = max(
                ((_likeness(wanted, texts[index]), -index) for index in free if self.free(index)), default=(0.0, 0)
            )
            if likeness >= _SIMILAR:
                self._claim(-index, cell)

    def _split_parts(self) -> None:
        for cell in self._fixed_cells():
            text = self.text(cell) or ""
            if not text or any(same_text(self.own[index].source, text) for index in self.places[cell.id]):
                continue
            if window := self.split(cell):
                for index in window:
                    self._claim(index, cell)

    def split(self, cell: Cell) -> range | None:
        """The neighbouring cells that a cell was split into; None if it was not."""
        text = normalized(self.text(cell) or "")
        for place in self.places[cell.id][:MAX_COPIES]:
            for window in self.windows(place, cell.id):
                size = sum(len(self.own[index].source) for index in window)
                if size <= 2 * len(text) + 1000 and normalized(self.joined(window)) == text:
                    return window
        return None

    def _fixed_cells(self) -> list[Cell]:
        """The topic's code cells that are not the student's to write, and that students got."""
        return [
            cell
            for cell in self.topic.cells
            if cell.cell_type == "code" and not cell.is_answer and cell.kind is not CellKind.PROSE and self.text(cell)
        ]


def _modules(files: Sequence[FileBeside]) -> dict[str, set[str]]:
    """The names that modules handed in beside the notebook bind."""
    return {file.path.removesuffix(".py"): names_of(file.text, {}) for file in files if file.is_code}


def _tokens(text: str) -> Counter[str]:
    return Counter(_TOKEN.findall(text[:20_000]))


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """The share of tokens that two texts have in common, order aside, from 0 to 1."""
    sizes = one.total(), other.total()
    if 2 * min(sizes) < _SIMILAR * sum(sizes) or not sum(sizes):
        return 0.0
    return 2 * (one & other).total() / sum(sizes)
