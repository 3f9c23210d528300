"""Mistakes that students make, and which of several a student is told first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Mistake:
    """A mistake, and what to tell a student who made it.

    Attributes:
        id: its name among the mistakes of its topic, such as ``unbiased_variance``; it never changes.
        says: a clause without a full stop: what is wrong, and what is right ("the variance was divided by N − 1, …").
        section: where to re-read, if it is not where the check says.
        priority: of several mistakes that explain a failure equally well, the one with the highest is told first.
    """

    id: str
    says: str
    section: str = ""
    priority: int = 0

    def __str__(self) -> str:
        return self.says


Mistakes: TypeAlias = Mapping[Mistake | str, Any]
"""From a mistake to the value, or list of values, that it gives; a clause alone is a mistake without a name."""


def as_mistake(cause: Mistake | str) -> Mistake:
    """The mistake that a clause describes; a mistake is itself."""
    return cause if isinstance(cause, Mistake) else Mistake("", cause)


def most_telling(explanations: Sequence[Sequence[Mistake]]) -> Mistake | None:
    """The mistake that is told first: what explains more failures before what explains fewer.

    Args:
        explanations: for each failure, in the order in which they were found, the mistakes that explain it.
    """
    named = [mistake for mistakes in explanations for mistake in mistakes]
    if not named:
        return None
    explained = {mistake: sum(mistake in mistakes for mistakes in explanations) for mistake in named}
    return max(explained, key=lambda mistake: (mistake.priority, explained[mistake]))


def unexplained(explanations: Iterable[Sequence[Mistake]], told: Mistake | None) -> list[int]:
    """The indices of the failures that a mistake does not explain."""
    return [index for index, mistakes in enumerate(explanations) if told is None or told not in mistakes]
