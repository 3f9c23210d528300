"""Which statements of a notebook its answers need, so that nothing else can cost them their time.

The rule: what answers see is what they would see if everything had run in order. A statement is needed if it binds a
name that is needed, if it may change something that a needed name means, or if it cannot be told what it may change
(``effects``). Everything that a needed statement or function takes is needed in turn. What was handed out is never
unsure: it changes only what it binds or mentions.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from autograder.execution.effects import WORD, Statement, Surroundings
from autograder.submissions.cells import first_line, may_be_python, parse

# Of more code than anyone writes everything that the student changed counts as needed: following it takes seconds.
MOST_CODE = 500_000
# Names that are followed: ordinary notebooks take thousands, and a million takes a second.
MOST_WORK = 1_000_000
RESULTS = frozenset(("_", "__", "___", "_i", "_ii", "In", "Out"))


class TooMuchWorkError(Exception):
    """To find out what is needed would take too long."""


@dataclass(frozen=True)
class Text:
    """A code cell's text.

    Attributes:
        source: what the student handed in.
        given: what was handed out in its place, which changes nothing that matters, but may bind a name.
        runs: whether what was handed out runs in any case.
    """

    source: str
    given: str = ""
    runs: bool = False


@dataclass(frozen=True)
class Part:
    """Some of a cell's statements; the other lines are blank, so that line numbers hold.

    Attributes:
        binds: whether answers need what it binds; otherwise it only may change something.
    """

    source: str
    binds: bool = True


@dataclass(frozen=True)
class Parts:
    """A cell's text, divided.

    Attributes:
        needed: the statements that answers need, in order: those that bind something apart from those that do not, so
            that one of these which takes too long, or ends the process, costs nothing else.
        rest: what the student added beside them.
    """

    needed: tuple[Part, ...] = ()
    rest: str = ""


@dataclass
class _Place:
    """A statement where it stands.

    Attributes:
        given: whether it was handed out.
        needed: whether answers need it.
        binds: whether they need what it binds.
    """

    statement: Statement
    given: bool
    needed: bool
    binds: bool = True


def divide(texts: Sequence[Text], names: Collection[str], package: str = "") -> list[Parts]:
    """Divide each cell into what is needed and the rest.

    Args:
        texts: the notebook's code cells, in order.
        names: what is needed: the answers' names.
        package: the course's own package.
    """
    if sum(len(text.source) for text in texts) > MOST_CODE:
        return _undivided(texts)
    cells = [_places(text) for text in texts]
    unread = [text.source for text, places in zip(texts, cells, strict=True) if places is None]
    words = {word for source in unread if may_be_python(source) for word in WORD.findall(source)}
    try:
        needs = _Needs([place for places in cells for place in places or ()], words.union(names), package)
        needs.settle()
    except TooMuchWorkError:
        return _undivided(texts)
    if needs.any_name_may_be_taken:
        return _undivided(texts)
    return [
        _parts(text, places) if places is not None else Parts() if text.given and not text.runs else _whole(text)
        for text, places in zip(texts, cells, strict=True)
    ]


def _undivided(texts: Sequence[Text]) -> list[Parts]:
    """Everything that the student wrote or changed is needed."""
    return [Parts() if text.source == text.given and not text.runs else _whole(text) for text in texts]


def _places(text: Text) -> list[_Place] | None:
    """The statements of a cell; ``None`` if it is no Python."""
    statements = _statements(text.source)
    if statements is None:
        return None
    if text.source == text.given:
        return [_Place(each, True, text.runs) for each in statements]
    # To compare texts takes time, and most cells were not handed out.
    handed_out = {each.text for each in _statements(text.given) or ()}
    given = [bool(handed_out) and each.text in handed_out for each in statements]
    return [_Place(each, is_given, is_given and text.runs) for each, is_given in zip(statements, given, strict=True)]


# A class hands in the same cells again and again.
@lru_cache(maxsize=512)
def _statements(source: str) -> tuple[Statement, ...] | None:
    tree = parse(source)
    if tree is None:
        return None
    body = tree.body
    if _is_magic_cell(source) and len(body) > 1:
        # The magic's line belongs to everything below it: all of it runs, or nothing.
        body = [ast.If(ast.Constant(True), body, [], lineno=1, col_offset=0)]
    starts = [first_line(statement) for statement in body]
    # Where a statement ends, IPython's syntax may hide; it goes on until the next one at the most.
    ends = [*starts, len(source.splitlines()) + 1][1:]
    lines = [range(start, max(end, start + 1)) for start, end in zip(starts, ends, strict=True)]
    return tuple(map(Statement, body, lines))


class _Needs:
    """Marks the statements that are needed."""

    def __init__(self, places: Sequence[_Place], names: Collection[str], package: str) -> None:
        self._places = places
        self._answers = frozenset(names)
        self._names, self._taken = set(names), set(names)
        self._work = 0
        self._binding: defaultdict[str, list[Statement]] = defaultdict(list)
        self._around = Surroundings(package=package)
        self._decided: dict[tuple[int, object], bool] = {}
        for place in places:
            for name in place.statement.binds:
                self._binding[name].append(place.statement)
            if place.given:
                self._around.hand_out(place.statement)
        self._around.take([place.statement for place in places if not place.given])
        self._find_doubtful([place.statement for place in places if not place.given])
        self._own = {id(place.statement) for place in places if not place.given}
        # What experiments and tests bind: of handed-out cells, they alone change what an answer may use of theirs.
        shown = [place.statement.binds for place in places if place.given and not place.needed]
        self._shown = frozenset[str]().union(*shown)

    def _find_doubtful(self, statements: Sequence[Statement]) -> None:
        """What an unsure statement binds may mean anything, so that what takes it is unsure, too."""
        doubtful = self._around.doubtful
        before = -1
        while before != len(doubtful):
            before = len(doubtful)
            self._work += len(statements)
            self._check_work()
            for statement in statements:
                if not statement.binds <= doubtful and statement.is_unsure(self._around):
                    doubtful |= statement.binds - self._answers

    def _check_work(self) -> None:
        if self._work > MOST_WORK:
            raise TooMuchWorkError

    def settle(self) -> None:
        """Mark until nothing changes."""
        for place in self._places:
            if place.needed:
                self._need(place)
        while self._mark():
            pass
        for place in self._places:
            place.binds = not place.statement.binds.isdisjoint(self._taken)

    @property
    def any_name_may_be_taken(self) -> bool:
        """Whether answers use what IPython calls the results of earlier cells, or look names up while they run."""
        own = (place.statement for place in self._places if place.needed and not place.given)
        return not self._taken.isdisjoint(RESULTS) or any(each.looks_names_up(self._around) for each in own)

    def _mark(self) -> bool:
        """Mark what is needed by what is known of it so far; whether there was anything."""
        changeable = {name for name in self._names if not all(map(self._is_plain, self._binding[name]))}
        drawn = max((i for i, place in enumerate(self._places) if self._keeps_random_numbers(place)), default=-1)
        before = [place.needed for place in self._places]
        for number, place in enumerate(self._places):
            if not place.needed and self._is_needed(place, changeable, draws_matter=number < drawn):
                self._need(place)
        return before != [place.needed for place in self._places]

    def _need(self, place: _Place) -> None:
        place.needed = True
        self._taken |= place.statement.takes | place.statement.takes_later
        self._taken |= frozenset() if place.given else place.statement.words & self._binding.keys()
        # Another name for something may be bound beside the one that is needed.
        self._names |= self._taken | place.statement.binds

    def _is_needed(self, place: _Place, changeable: set[str], *, draws_matter: bool) -> bool:
        statement = place.statement
        if not statement.binds.isdisjoint(self._names):
            return True
        reached = self._reached(statement)
        if place.given:
            return not (changeable & self._shown & self._taken).isdisjoint(reached)
        return (
            not changeable.isdisjoint(reached)
            or self._is_unsure(statement)
            or any(map(self._is_unsure_later, self._called(reached)))
            or (draws_matter and statement.calls(self._around))
        )

    def _reached(self, statement: Statement) -> set[str]:
        """The names that running a statement looks up, in the functions that it may call, too."""
        found, waiting = set[str](), set(statement.takes)
        while waiting:
            found |= waiting
            waiting = {name for each in self._called(waiting) for name in each.takes_later} - found
        self._work += len(found)
        self._check_work()
        return found

    def _called(self, names: Iterable[str]) -> Iterator[Statement]:
        return (each for name in names if name in self._binding for each in self._binding[name])

    def _keeps_random_numbers(self, place: _Place) -> bool:
        """Whether a needed statement of the student's may put random numbers into what answers use."""
        statement = place.statement
        if not place.needed or place.given or statement.binds.isdisjoint(self._taken):
            return False
        return self._is_unsure(statement) or (not self._is_plain(statement) and statement.draws(self._around))

    # What is asked again in each round, and for each caller, is decided once.

    def _is_plain(self, statement: Statement) -> bool:
        return self._once(statement, Statement.is_plain)

    def _is_unsure(self, statement: Statement) -> bool:
        return self._once(statement, Statement.is_unsure)

    def _is_unsure_later(self, statement: Statement) -> bool:
        return id(statement) in self._own and self._once(statement, Statement.is_unsure_later)

    def _once(self, statement: Statement, question: Callable[[Statement, Surroundings], bool]) -> bool:
        key = id(statement), question
        if key not in self._decided:
            self._decided[key] = question(statement, self._around)
        return self._decided[key]


def _is_magic_cell(source: str) -> bool:
    return source.lstrip().startswith("%%")


def _whole(text: Text) -> Parts:
    """A cell that is not divided."""
    return Parts((Part(text.source),)) if text.source.strip() else Parts()


def _parts(text: Text, places: Sequence[_Place]) -> Parts:
    if _is_magic_cell(text.source):
        needed = not places or any(place.needed for place in places)
        return _whole(text) if needed else Parts(rest="" if text.given else text.source)
    lines = text.source.splitlines()
    groups = groupby((place for place in places if place.needed), key=lambda place: place.binds)
    parts = tuple(Part(_only(lines, group), binds) for binds, group in groups)
    return Parts(parts, _only(lines, (place for place in places if not (place.needed or place.given))))


def _only(lines: Sequence[str], places: Iterable[_Place]) -> str:
    """The text with all lines blank but those of some statements."""
    kept = {line for place in places for line in place.statement.lines}
    return "\n".join(line if number in kept else "" for number, line in enumerate(lines, 1)).rstrip()
