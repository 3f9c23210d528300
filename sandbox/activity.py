"""What processes have done so far with the cores of this machine, read from ``/proc`` (``proc(5)``)."""

from __future__ import annotations

import os
from dataclasses import dataclass

_TICKS = os.sysconf("SC_CLK_TCK")
_NANOSECONDS = 1e9

# Running, or waiting for a core; a task whose control group has used up its quota waits, too.
_READY = "R"


@dataclass(frozen=True)
class Activity:
    """What one process has done.

    Attributes:
        began: when it started, in ticks; with its number it names a process for good.
        ran: seconds of processor time of all its threads, ended ones included.
        ended: seconds of processor time of the children that it has waited for, and of theirs.
        waited: seconds in which its first thread waited for a core, up to the last time that it got one; 0 where the
            kernel does not tell.
        ready: whether one of its threads runs or waits for a core right now.
    """

    began: int
    ran: float
    ended: float
    waited: float
    ready: bool


def _read(path: str) -> str:
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, 4096).decode("ascii", "replace")
    finally:
        os.close(file)


def _fields(path: str) -> list[str]:
    """The fields of a ``stat`` file from the state on; the name before it may hold anything."""
    return _read(path).rpartition(")")[2].split()


def activity(pid: int, proc: str = "/proc") -> Activity | None:
    """What a process has done; ``None`` if there is none of that number.

    Args:
        proc: where the kernel tells about processes.
    """
    folder = f"{proc}/{pid}"
    try:
        fields = _fields(f"{folder}/stat")
        ready = fields[0] == _READY or (int(fields[17]) > 1 and _a_thread_is_ready(folder))
        return Activity(
            began=int(fields[19]),
            ran=(int(fields[11]) + int(fields[12])) / _TICKS,
            ended=(int(fields[13]) + int(fields[14])) / _TICKS,
            waited=_waited(folder),
            ready=ready,
        )
    except (OSError, IndexError, ValueError):
        return None


def _a_thread_is_ready(folder: str) -> bool:
    for thread in os.listdir(f"{folder}/task"):  # noqa: PTH208
        try:
            if _fields(f"{folder}/task/{thread}/stat")[0] == _READY:
                return True
        except OSError:
            continue
    return False


def _waited(folder: str) -> float:
    try:
        return int(_read(f"{folder}/schedstat").split()[1]) / _NANOSECONDS
    except (OSError, IndexError, ValueError):
        return 0.0
