"""The row of the leaderboard that a network makes."""

from __future__ import annotations

from dataclasses import dataclass

from coursekit import leaderboard
from coursekit.leaderboard import Value


@dataclass(frozen=True)
class Entry:
    """What a network reached.

    Attributes:
        accuracy: share of the test images that it gets right.
        params: its parameters.
        macs: its multiply-adds for one image.
    """

    accuracy: float
    params: int
    macs: int


def record(entry: Entry) -> None:
    """Make an entry the submission's own, in place of one recorded before."""
    leaderboard.record(
        (
            Value("accuracy", round(entry.accuracy, 4), "desc"),
            Value("parameters", entry.params, "asc"),
            Value("MACs", entry.macs, "asc"),
        )
    )
