"""What a submission may be noticed to reach for, in the words in which the instructor is told."""

from __future__ import annotations

from collections.abc import Iterable

NETWORK = "to use the network"
SIGNALS = "to signal processes that are not its own"


def to_reach(place: object) -> str:
    """Of a file or folder that is none of its business, or of anything in it."""
    return f"to reach {place}"


def known(hidden: Iterable[object]) -> frozenset[str]:
    """All that may be told; what a student's process says beside it are words of the student's own."""
    return frozenset((NETWORK, SIGNALS, *map(to_reach, hidden)))
