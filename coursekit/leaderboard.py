"""What a submission reached, for a leaderboard.

A test records it. In grading, the process that ran the test takes it from here if the test passed; elsewhere nothing
comes of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Value:
    """One column of a submission's row.

    Attributes:
        name: the column's heading.
        value: what was reached.
        order: ``desc`` if larger is better, ``asc`` if smaller is.
    """

    name: str
    value: float
    order: str


_recorded: list[Value] = []


def record(values: Iterable[Value]) -> None:
    """Make these values the submission's row, in place of one recorded before.

    Raises:
        ValueError: if one of them is no number, or has another order.
    """
    values = list(values)
    for value in values:
        if not isinstance(value.value, int | float) or value.order not in ("asc", "desc"):
            raise ValueError(f"A leaderboard takes numbers in the order asc or desc, not {value}.")
    _recorded[:] = values


def take() -> list[Value]:
    """The values recorded since the last time."""
    taken = _recorded[:]
    _recorded.clear()
    return taken
