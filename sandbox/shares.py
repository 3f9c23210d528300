"""Each submission's share of the cores: where several are graded at one time, each has cores of its own.

Stops: a submission that starts many busy processes, which would otherwise have a share of the cores for each of them,
from slowing the others. The filter of system calls (``seccomp``) keeps it from leaving its cores and from changing its
priority, either way: one that stood back behind everybody would only seem to wait for its turn.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise

from sandbox.kernel import LINUX


def cores() -> list[int]:
    """The cores that this process may use; none where the system does not tell."""
    return sorted(os.sched_getaffinity(0)) if LINUX else []


def shares(jobs: int, among: Sequence[int] | None = None) -> list[tuple[int, ...]]:
    """The cores of each of ``jobs`` submissions that are graded at one time; an empty share is all cores.

    They have none in common as long as there are as many cores as submissions; one submission has them all.

    Args:
        jobs: how many.
        among: the cores; those of this process where they are not given.
    """
    mine = cores() if among is None else among
    if jobs == 1 or not mine:
        return [()] * jobs
    count = len(mine)
    if jobs > count:
        return [(mine[slot % count],) for slot in range(jobs)]
    edges = [slot * count // jobs for slot in range(jobs + 1)]
    return [tuple(mine[start:end]) for start, end in pairwise(edges)]
