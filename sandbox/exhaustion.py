"""What a submission must not be able to use up, each tried for real from inside; every one stops by itself.

``selftest`` and the tests run these under `SMALL` limits.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import resource
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sandbox.kernel import PR_SET_DUMPABLE, prctl
from sandbox.limits import Limits

_MEGABYTE = 1 << 20

SMALL = Limits(
    cpu_seconds=1,
    memory_bytes=64 * _MEGABYTE,
    processes=12,
    open_files=32,
    file_bytes=2 * _MEGABYTE,
    scratch_bytes=8 * _MEGABYTE,
)

# Seconds after which what nothing stops gives up. On a busy machine the supervisor may have to wait long for a core.
PATIENCE = 300


@dataclass(frozen=True)
class Exhaustion:
    """One way to use too much.

    Attributes:
        name: what is used.
        act: uses more than `SMALL` allows, bounded, and returns; raises `OSError` or `MemoryError` when refused.
            It may be ended instead.
    """

    name: str
    act: Callable[[], None]


def _touched(size: int) -> bytearray:
    """Memory that is really there."""
    block = bytearray(size)
    block[:: resource.getpagesize()] = b"x" * len(block[:: resource.getpagesize()])
    return block


def _memory_of_one_process() -> None:
    blocks = [_touched(_MEGABYTE) for _ in range(2 * SMALL.memory_bytes // _MEGABYTE)]
    time.sleep(PATIENCE)
    del blocks


def _fork(work: Callable[[], None]) -> None:
    """Starts a child that ends itself in any case."""
    if os.fork() == 0:
        signal.alarm(PATIENCE)
        work()
        os._exit(0)


def _hold_memory() -> None:
    block = _touched(SMALL.memory_bytes // 3)
    time.sleep(PATIENCE)
    del block


def _memory_of_many_processes() -> None:
    for _ in range(6):
        _fork(_hold_memory)
    time.sleep(PATIENCE)


def _hold_unseen(share: Callable[[int], mmap.mmap]) -> None:
    """Shared memory that is all there, while no page of it is mapped where anyone would count it."""
    block = share(SMALL.memory_bytes // 3)
    for start in range(0, len(block), _MEGABYTE):
        pages = slice(start, start + _MEGABYTE, mmap.PAGESIZE)
        block[pages] = b"x" * len(block[pages])
        block.madvise(mmap.MADV_DONTNEED, start, min(_MEGABYTE, len(block) - start))
    time.sleep(PATIENCE)


def _unseen_memory(share: Callable[[int], mmap.mmap]) -> None:
    share(mmap.PAGESIZE).close()
    for _ in range(6):
        _fork(lambda: _hold_unseen(share))
    time.sleep(PATIENCE)


def _memory_of_a_device() -> None:
    device = os.open("/dev/zero", os.O_RDWR)
    _unseen_memory(lambda size: mmap.mmap(device, size))


def _fill_sockets() -> None:
    """As many sockets as there may be, full of what nobody reads."""
    held = []
    with contextlib.suppress(OSError):
        while True:
            held.append(socket.socketpair())
            for each in held[-1]:
                each.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MEGABYTE)
                each.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    while True:
                        each.send(bytes(1 << 15))
    time.sleep(PATIENCE)


def _memory_in_sockets() -> None:
    for _ in range(SMALL.processes - 2):
        _fork(_fill_sockets)
    time.sleep(PATIENCE)


def _processes() -> None:
    for _ in range(2 * SMALL.processes):
        _fork(lambda: time.sleep(PATIENCE))
    time.sleep(PATIENCE)


def _spin(seconds: float) -> None:
    while time.process_time() < seconds:
        pass


def _cpu_of_many_processes() -> None:
    for _ in range(4):
        _fork(lambda: _spin(0.7 * SMALL.cpu_seconds))
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def _one_large_file() -> None:
    with Path("large").open("wb") as file:
        for _ in range(2 * SMALL.file_bytes // _MEGABYTE):
            file.write(bytes(_MEGABYTE))


def _store(name: str, size: int, count: int = 2 * SMALL.scratch_bytes // _MEGABYTE) -> None:
    for number in range(count):
        Path(f"{name}-{number}").write_bytes(bytes(size))
    time.sleep(PATIENCE)


def _disk_by_deleted_files() -> None:
    held = []
    for number in range(2 * SMALL.scratch_bytes // _MEGABYTE):
        path = Path(f"part-{number}")
        held.append(path.open("wb", buffering=0))
        held[-1].write(bytes(_MEGABYTE))
        path.unlink()
    time.sleep(PATIENCE)


def _disk_by_files_that_a_closed_process_holds() -> None:
    prctl(PR_SET_DUMPABLE, 0)
    _disk_by_deleted_files()


def _disk_that_cannot_be_listed() -> None:
    Path("closed").mkdir(0o300)
    _store("closed/part", _MEGABYTE)


def _open_files() -> None:
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(2 * SMALL.open_files)]
    for fd in held:
        os.close(fd)


EXHAUSTIONS = (
    Exhaustion("memory of one process", _memory_of_one_process),
    Exhaustion("memory of many processes", _memory_of_many_processes),
    Exhaustion("shared memory that nothing counts", partial(_unseen_memory, partial(mmap.mmap, -1))),
    Exhaustion("memory of a mapped device", _memory_of_a_device),
    Exhaustion("memory in sockets", _memory_in_sockets),
    Exhaustion("processes", _processes),
    Exhaustion("CPU time of one process", partial(_spin, 3 * SMALL.cpu_seconds)),
    Exhaustion("CPU time of many processes", _cpu_of_many_processes),
    Exhaustion("one large file", _one_large_file),
    Exhaustion("disk", partial(_store, "part", _MEGABYTE)),
    Exhaustion("disk by files that are deleted and open", _disk_by_deleted_files),
    Exhaustion("disk by such files of a process that hides them", _disk_by_files_that_a_closed_process_holds),
    Exhaustion("disk in a folder that cannot be listed", _disk_that_cannot_be_listed),
    Exhaustion("disk by empty files", partial(_store, "empty", 0, 2 * SMALL.scratch_bytes // 4096)),
    Exhaustion("open files", _open_files),
)
