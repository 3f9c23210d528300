"""What a submission's processes use, read from ``/proc`` (``proc(5)``)."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path

from sandbox.kernel import LINUX

_TICKS = os.sysconf("SC_CLK_TCK")

# What the kernel may keep in a socket that nobody reads: its default buffer, with as much again for bookkeeping.
SOCKET_BYTES = 2 * 212_992


@dataclass(frozen=True)
class Usage:
    """What processes use at one moment.

    Attributes:
        tasks: processes and threads.
        cpu_seconds: CPU time, with that of children that have ended.
        memory_bytes: memory that no file backs; pages that several processes share count in each.
        descriptors: places for open files, of which at least half were in use at one time, or 64.
    """

    tasks: int = 0
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    descriptors: int = 0


def _parents() -> dict[int, list[int]]:
    """All processes, by the process that started them or took them over."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208
        if entry.isdigit():
            try:
                parent = int(Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry))
    return children


def _lists_children(pid: int) -> bool:
    """Whether this kernel lists the children of processes (``CONFIG_PROC_CHILDREN``)."""
    return Path(f"/proc/{pid}/task/{pid}/children").exists()


def _children(pid: int) -> list[int]:
    """The processes whose parent is ``pid``, as the kernel lists them."""
    found: list[int] = []
    for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
        found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    return found


def descendants(pid: int) -> list[int]:
    """Children of ``pid``, their children, and so on; one that ends meanwhile may be left out."""
    if not LINUX:
        return []
    children = _children if _lists_children(pid) else _parents().__getitem__
    found: list[int] = []
    waiting = [pid]
    while waiting:
        try:
            young = children(waiting.pop())
        except (OSError, KeyError):
            continue
        found += young
        waiting += young
    return found


def _use(pid: int) -> Usage:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    cpu = sum(map(int, fields[11:15])) / _TICKS
    kilobytes = descriptors = 0
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(("RssAnon:", "RssShmem:")):
            kilobytes += int(line.split()[1])
        elif line.startswith("FDSize:"):
            descriptors = int(line.split()[1])
    return Usage(int(fields[17]), cpu, 1024 * kilobytes, descriptors)


def use(pids: Iterable[int]) -> Usage:
    """What the processes use together."""
    found = [Usage()]
    for pid in pids:
        with contextlib.suppress(OSError, IndexError):
            found.append(_use(pid))
    return Usage(*map(sum, zip(*map(astuple, found), strict=True)))


def exact_memory(pids: Iterable[int]) -> int | None:
    """Memory of the processes in bytes, each shared page divided among those that share it; None where it is not told.

    Takes milliseconds for each process.
    """
    kilobytes = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        except PermissionError:
            return None
        kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:")))
    return 1024 * kilobytes


def socket_memory(pids: Iterable[int]) -> int:
    """Bytes that the kernel may keep in the sockets of these processes; no end where one cannot be looked into."""
    sockets: set[str] = set()
    for pid in pids:
        if _is_closed(pid):
            return sys.maxsize
        with contextlib.suppress(OSError):
            sockets |= {name for name in map(_target, Path(f"/proc/{pid}/fd").iterdir()) if name.startswith("socket:")}
    return SOCKET_BYTES * len(sockets)


def _is_closed(pid: int) -> bool:
    """Whether a process hides its open files from this user; one that has ended, and has no memory, only seems to."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        try:
            os.listdir(f"/proc/{pid}/fd")  # noqa: PTH208
        except PermissionError:
            return not Path(f"/proc/{pid}/statm").read_text().startswith("0 ")
    return False


def _target(descriptor: Path) -> str:
    """What an open descriptor leads to; empty if it has been closed meanwhile."""
    try:
        return str(descriptor.readlink())
    except OSError:
        return ""


def _deleted_files(pid: int) -> dict[tuple[int, int], int]:
    """Files without a name that the process holds open: (device, inode) -> bytes."""
    found = {}
    folder = f"/proc/{pid}/fd"
    for fd in os.listdir(folder):  # noqa: PTH208
        try:
            file = os.stat(f"{folder}/{fd}")  # noqa: PTH116
        except OSError:
            continue
        if file.st_nlink == 0:
            found[file.st_dev, file.st_ino] = 512 * file.st_blocks
    return found


def stored(folder: Path, most_files: int = 10_000, longest_path: int = 1000) -> int:
    """Bytes on disk of the files below ``folder``; no end of them where they are too many, or too deep, to look at.

    Each file counts a block at least, so that a million empty ones are not free. A folder that this user cannot list
    may hold anything.

    Args:
        folder: the folder.
        most_files: how many files are looked at, and
        longest_path: how far down, which bounds the time this takes.
    """
    sizes: dict[tuple[int, int], int] = {}
    waiting = [str(folder)]
    while waiting:
        inside = waiting.pop()
        if len(sizes) > most_files or len(inside) > longest_path:
            return sys.maxsize
        try:
            with os.scandir(inside) as entries:
                for entry in entries:
                    file = entry.stat(follow_symlinks=False)
                    sizes[file.st_dev, file.st_ino] = max(512 * file.st_blocks, 4096)
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except PermissionError:
            return sys.maxsize
        except OSError:
            continue
    return sum(sizes.values())


def stored_unnamed(pids: Iterable[int]) -> int:
    """Bytes on disk of deleted files that the processes still hold open; no end where one cannot be looked into."""
    sizes: dict[tuple[int, int], int] = {}
    for pid in pids:
        if _is_closed(pid):
            return sys.maxsize
        with contextlib.suppress(OSError):
            sizes |= _deleted_files(pid)
    return sum(sizes.values())
