"""Sentences that would come once per cell, counted where they would be many."""

from __future__ import annotations

from collections.abc import Callable, Sequence

SHOWN = 3


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them, at most three: ``a``, ``a and b``, ``a, b, c and 15 more``."""
    if len(names) > SHOWN:
        return f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def counted(names: Sequence[str], one: Callable[[str], str], many: str) -> list[str]:
    """A sentence for each name; a single one, which counts them, where there are more than three.

    Args:
        one: the sentence for a name.
        many: the sentence for several, with ``{count}`` and ``{names}``.
    """
    if len(names) <= SHOWN:
        return [one(name) for name in names]
    return [many.format(count=len(names), names=listed(names))]
