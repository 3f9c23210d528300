"""Counts the checks that run, for the line that says how many passed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Tally:
    """How many checks ran."""

    checks: int = 0


_TALLY: ContextVar[Tally | None] = ContextVar("tally", default=None)


def count_one() -> None:
    """Count a check that runs."""
    tally = _TALLY.get()
    if tally is not None:
        tally.checks += 1


@contextmanager
def counted() -> Iterator[Tally]:
    """The tally of the checks that run within."""
    tally = Tally()
    outer = _TALLY.set(tally)
    try:
        yield tally
    finally:
        _TALLY.reset(outer)
