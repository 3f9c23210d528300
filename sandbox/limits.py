"""Resource limits (``setrlimit(2)``): what one process of a submission may use before the kernel refuses it more.

Stops: too much memory (the allocation fails inside the cell), an endless loop, too many processes where they are
counted for this submission alone, files that fill a disk, descriptors that run out, core dumps. What all processes of a
submission use together is watched by its supervisor.
"""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.kernel import LINUX

_GIGABYTE = 1 << 30
_MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What a submission may use; the defaults suit a laptop.

    Attributes:
        cpu_seconds: CPU time of all its processes together. A last resort: the caller that waits for its replies
            counts, too, and gives up long before.
        memory_bytes: memory of all its processes together, beyond what it shares with the caller.
        processes: processes and threads at one time.
        open_files: descriptors of one process.
        file_bytes: size of one file.
        scratch_bytes: size of all files together.
        niceness: how far its processes stand back behind the grader's.
        cores: the cores that it may use; all if there are none here.
    """

    cpu_seconds: int = 86_400
    memory_bytes: int = 2 * _GIGABYTE
    processes: int = 64
    open_files: int = 256
    file_bytes: int = 256 * _MEGABYTE
    scratch_bytes: int = 512 * _MEGABYTE
    niceness: int = 5
    cores: Sequence[int] = ()


def address_space() -> int:
    """Bytes of address space that this process has mapped: with torch, several times the memory that it uses."""
    if not LINUX:
        return 0
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _lower(limit: int, value: int, grace: int = 0) -> None:
    """Sets a limit for good, no higher than it was; the hard one lies ``grace`` above the soft one."""
    _, hard = resource.getrlimit(limit)
    ceiling = value + grace if hard == resource.RLIM_INFINITY else min(hard, value + grace)
    resource.setrlimit(limit, (min(value, ceiling), ceiling))


def keep_to(cores: Sequence[int]) -> None:
    """Runs this process, and all that it starts, on these cores; where they are none, or gone, on any."""
    if cores and LINUX:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, cores)


def apply(limits: Limits, *, mapped: int, count_processes: bool) -> None:
    """Puts the limits in force for this process and all that it starts.

    Args:
        limits: the limits.
        mapped: the address space that this process had before it was confined.
        count_processes: whether the kernel counts processes for this submission alone. Elsewhere it would count all of
            the user's, and the supervisor counts instead.
    """
    os.nice(limits.niceness)
    keep_to(limits.cores)
    _lower(resource.RLIMIT_CPU, limits.cpu_seconds, grace=2)
    _lower(resource.RLIMIT_NOFILE, limits.open_files)
    _lower(resource.RLIMIT_FSIZE, limits.file_bytes)
    _lower(resource.RLIMIT_CORE, 0)
    if LINUX:
        _lower(resource.RLIMIT_AS, mapped + limits.memory_bytes)
        _lower(resource.RLIMIT_MEMLOCK, 0)
        _lower(resource.RLIMIT_MSGQUEUE, 0)
        _lower(resource.RLIMIT_SIGPENDING, limits.processes)
    if count_processes:
        _lower(resource.RLIMIT_NPROC, limits.processes)
