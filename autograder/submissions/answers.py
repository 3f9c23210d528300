"""Where is each answer? Copied, split, moved and merged cells are ordinary; what the student meant is looked for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from autograder.submissions.compare import defines, definition, is_attempted, parses
from autograder.submissions.counted import counted
from autograder.submissions.matching import MAX_COPIES, Match
from autograder.topics import Cell

# What is unusual about one answer, and about many.
SPLIT = (
    "The answer {0} was split into several cells; they were joined.",
    "{count} answers were split into several cells each, which were joined: {names}.",
)
ELSEWHERE = (
    "The answer {0} stands in another cell than its own; it was graded.",
    "{count} answers stand in other cells than their own; they were graded: {names}.",
)
MISSING = ("The answer {0} is missing.", "{count} answers are missing: {names}.")
NO_CODE = (
    "The answer {0} is no code cell; it was graded as one.",
    "{count} answers are no code cells; they were graded as code: {names}.",
)
DOUBLED = (
    "The answer {0} is there more than once; the last one was graded.",
    "{count} answers are there more than once; of each, the last one was graded: {names}.",
)
COPIED = (
    "The answer {0} is there more than once; the one with an answer was graded.",
    "{count} answers are there more than once; of each, the one with an answer was graded: {names}.",
)

_MAX_DEFINITIONS = 5
_MAX_JOINED = 20_000


@dataclass
class Answers:
    """The student's answers.

    Attributes:
        at: for each of the student's cells the answers that stand there, each with its text.
        absorbed: cells whose text is part of an answer at another cell.
        unused: copies of answers that do not count.
        noticed: what is unusual, and about which answers.
    """

    at: defaultdict[int, list[tuple[Cell, str]]] = field(default_factory=lambda: defaultdict(list))
    absorbed: set[int] = field(default_factory=set)
    unused: set[int] = field(default_factory=set)
    noticed: defaultdict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def problems(self) -> list[str]:
        """What is unusual: a sentence for each answer, or for all where they are many."""
        return [
            sentence for (one, many), names in self.noticed.items() for sentence in counted(names, one.format, many)
        ]


def find_answers(match: Match) -> Answers:
    """The answer to each exercise that the student's notebook has one for."""
    answers = Answers()
    for exercise in match.topic.exercises:
        cell = exercise.answer
        stub = match.released.by_id.get(cell.id, cell)
        if cell.cell_type == "code":
            _find_code(match, cell, stub, answers)
        else:
            _find_prose(match, cell, stub, answers)
    return answers


def _find_code(match: Match, cell: Cell, stub: Cell, answers: Answers) -> None:
    places = match.places[cell.id][-MAX_COPIES:]
    sources = {place: match.own[place].source for place in places}
    defining = [place for place in places if match.definitions.bind(place, cell.id)]
    attempted = [place for place in defining if is_attempted(stub, sources[place])]
    chosen = next(reversed(attempted or defining or places), None)
    if chosen is not None and (window := _split(match, cell, chosen)):
        answers.at[window[0]].append((cell, match.joined(window)))
        answers.absorbed.update(window[1:])
        answers.noticed[SPLIT].append(cell.id)
        answers.unused.update(set(defining) - set(window))
        return
    if not attempted and (elsewhere := _elsewhere(match, cell, stub)):
        index, text = elsewhere
        answers.at[index].append((cell, text))
        answers.unused.update(defining)
        if places or not match.in_place(index, cell):
            answers.noticed[ELSEWHERE].append(cell.id)
        return
    if chosen is None:
        answers.noticed[MISSING].append(cell.id)
        return
    answers.at[chosen].append((cell, sources[chosen]))
    answers.unused.update(place for place in defining if place != chosen)
    if len(defining) > 1:
        answers.noticed[COPIED if len(attempted) == 1 else DOUBLED].append(cell.id)
    if match.own[chosen].cell_type != "code":
        answers.noticed[NO_CODE].append(cell.id)


def _split(match: Match, cell: Cell, index: int) -> range | None:
    """The neighbouring cells that say something only together; None if the cell at ``index`` is whole."""
    for window in match.windows(index, cell.id):
        joined = match.joined(window)
        if len(joined) > _MAX_JOINED or all(_is_whole(match, part, cell) for part in window):
            continue
        if parses(joined) and defines(joined, cell.id):
            return window
    return None


def _is_whole(match: Match, index: int, cell: Cell) -> bool:
    """Whether a cell says something on its own; a definition of the answer does, if it is indented, too."""
    source = match.own[index].source
    return parses(source) or definition(source, cell.id) is not None


def _elsewhere(match: Match, cell: Cell, stub: Cell) -> tuple[int, str] | None:
    """An answer outside its cell: in one of the student's own, or together with another cell of the topic."""
    candidates = [
        index
        for index, own in enumerate(match.own)
        if own.cell_type == "code" and match.claims[index] != cell.id and match.definitions.bind(index, cell.id)
    ]
    own_cells = [index for index in candidates if match.free(index)]
    for index in reversed(own_cells[-_MAX_DEFINITIONS:]):
        if is_attempted(stub, match.own[index].source):
            return index, match.own[index].source
    for index in reversed([index for index in candidates if not match.free(index)][-_MAX_DEFINITIONS:]):
        host = match.topic.by_id.get(match.claims[index])
        given = match.text(host) if host else None
        if given is not None and not defines(given, cell.id):
            part = definition(match.own[index].source, cell.id)
            if part and is_attempted(stub, part):
                return index, part
    return None


def _find_prose(match: Match, cell: Cell, stub: Cell, answers: Answers) -> None:
    places = match.places[cell.id]
    written = [place for place in places if is_attempted(stub, match.own[place].source)]
    if not written and (below := _below(match, cell)) is not None:
        answers.at[below].append((cell, match.own[below].source))
        answers.absorbed.update(places)
        return
    if not places:
        answers.noticed[MISSING].append(cell.id)
        return
    # A person reads it, so nothing is lost if every part is shown once.
    parts = dict.fromkeys(match.own[place].source.strip() for place in written or places[:1])
    first = (written or places)[0]
    answers.at[first].append((cell, "\n\n".join(parts) if len(parts) > 1 else match.own[first].source))
    answers.absorbed.update(place for place in places if place != first)


def _below(match: Match, cell: Cell) -> int | None:
    """A text of the student's own right below the answer's cell, or where that cell would be."""
    position = match.topic.cells.index(cell)
    before = match.topic.cells[position - 1].id if position else ""
    anchors = match.places[cell.id] or match.places[before]
    index = anchors[-1] + 1 if anchors else 0
    if not anchors or index >= len(match.own):
        return None
    own = match.own[index]
    return index if not match.claims[index] and own.cell_type != "code" and own.source.strip() else None
