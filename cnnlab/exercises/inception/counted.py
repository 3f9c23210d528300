"""Counts, whose mistakes are told only if they explain all of one kind; and mistakes that several exercises share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from cnnlab.exercises.cases import Case, Causes, Wrong, expect_cases
from coursekit.checks import Mistake
from coursekit.comparing.equality import exact_difference

KERNEL_ONCE = Mistake("kernel_once", "a kernel has K * K weights, not K")
FLOP_FOR_MAC = Mistake("flop_for_mac", "multiplication and addition were counted apart (FLOP); a MAC is both")
BIASES_AS_MACS = Mistake("biases_as_macs", "the biases were counted too; they cost no multiply-adds")
NO_POSITIONS = Mistake("no_positions", "the positions are missing; each weight is used at every one of them")
ONE_SIDE = Mistake("one_side", "one side of the maps is missing; there are size * size positions")


class Counted(NamedTuple):
    """A count: what is counted, what came, what is right, and, single mistakes first, what mistakes lead to."""

    what: str
    came: Any
    right: int
    ways: Callable[[], Iterable[tuple[Causes, int]]]


def expect_counts(counts: Sequence[Counted], *, reread: str) -> None:
    """Check counts of one kind; mistakes are told only if they explain all of them, since one may fit by chance."""
    wrong = any(exact_difference(one.came, one.right) for one in counts)
    cases = [Case(one.what, one.came, one.right, _by_causes(one.ways()) if wrong else {}) for one in counts]
    expect_cases(cases, reread=reread, results="counts")


def _by_causes(ways: Iterable[tuple[Causes, int]]) -> Wrong:
    """All that mistakes lead to, by mistakes."""
    values: dict[Causes, list[int]] = {}
    for causes, count in ways:
        values.setdefault(causes, []).append(count)
    return dict(values)
