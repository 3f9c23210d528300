"""What processes use is read from the kernel, and what hides is counted too."""

from __future__ import annotations

import mmap
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from sandbox import identity, usage
from sandbox.kernel import PR_SET_DUMPABLE, prctl

MEGABYTE = 1 << 20


@contextmanager
def child(work: object = None) -> Iterator[int]:
    """A process that does ``work()``, tells that it has, and waits to be ended."""
    hears, tells = os.pipe()
    pid = os.fork()
    if pid == 0:
        kept = work() if callable(work) else None
        os.write(tells, b"x")
        time.sleep(30)
        os._exit(0 if kept is None else 1)
    os.read(hears, 1)
    os.close(hears)
    os.close(tells)
    yield pid
    os.kill(pid, 9)
    os.waitpid(pid, 0)


def test_children_and_their_children_are_found() -> None:
    def work() -> None:
        if os.fork() == 0:
            time.sleep(1)
            os._exit(0)

    with child(work) as pid:
        assert len(usage.descendants(pid)) == 1
        assert {pid, *usage.descendants(pid)} <= set(usage.descendants(os.getpid()))


def test_children_are_found_where_the_kernel_does_not_list_them(monkeypatch: pytest.MonkeyPatch) -> None:
    with child() as pid:
        listed = usage.descendants(os.getpid())
        monkeypatch.setattr(usage, "_lists_children", lambda pid: False)
        assert pid in usage.descendants(os.getpid()) and pid in listed


def test_a_process_that_is_gone_uses_nothing() -> None:
    with child() as pid:
        pass
    assert usage.use([pid]) == usage.Usage()


def test_private_and_shared_memory_count() -> None:
    def work() -> object:
        shared = mmap.mmap(-1, 10 * MEGABYTE)
        shared.write(b"x" * len(shared))
        return bytearray(os.urandom(MEGABYTE)) * 20, shared

    with child() as idle, child(work) as busy:
        used, idle_use = usage.use([busy]), usage.use([idle])
        exact, exact_idle = usage.exact_memory([busy]), usage.exact_memory([idle])
    assert exact is not None and exact_idle is not None
    assert used.memory_bytes - idle_use.memory_bytes >= 29 * MEGABYTE
    assert exact - exact_idle >= 29 * MEGABYTE


def test_exact_memory_counts_shared_pages_once() -> None:
    block = bytearray(os.urandom(MEGABYTE)) * 30
    with child() as one, child() as other:
        alone, both = usage.exact_memory([one]), usage.exact_memory([one, other])
        quick = usage.use([one, other]).memory_bytes
    assert len(block) and alone is not None and both is not None
    assert both < 2.1 * alone and both < quick - 15 * MEGABYTE


def test_files_count_by_the_blocks_they_take(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(os.urandom(MEGABYTE))
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 30)
    assert MEGABYTE <= usage.stored(tmp_path) < 1.1 * MEGABYTE


def test_empty_files_count(tmp_path: Path) -> None:
    for position in range(10):
        (tmp_path / str(position)).touch()
    assert usage.stored(tmp_path) == 10 * 4096


def test_a_file_with_two_names_counts_once(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(os.urandom(MEGABYTE))
    (tmp_path / "other").hardlink_to(tmp_path / "one")
    assert usage.stored(tmp_path) < 1.1 * MEGABYTE


def test_folders_nested_too_deep_to_look_count_without_end(tmp_path: Path) -> None:
    (tmp_path / "/".join("d" * 500)).mkdir(parents=True)
    assert usage.stored(tmp_path) == sys.maxsize


def test_more_files_than_are_looked_at_count_without_end(tmp_path: Path) -> None:
    for position in range(20):
        (tmp_path / str(position)).mkdir()
        (tmp_path / str(position) / "empty").touch()
    assert usage.stored(tmp_path, most_files=10) == sys.maxsize


def test_a_process_that_cannot_be_looked_into_counts_without_end() -> None:
    user = os.geteuid() or identity.spare_user(os.getpid())

    def work() -> None:
        if user != os.geteuid():
            identity.become(user)
        prctl(PR_SET_DUMPABLE, 0)

    as_user = nullcontext() if user == os.geteuid() else identity.acting_as(user)
    with child(work) as pid, as_user:
        assert usage.stored_unnamed([pid]) == sys.maxsize
        assert usage.socket_memory([pid]) == sys.maxsize


def test_a_process_that_has_ended_hides_nothing() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    as_user = identity.acting_as(identity.spare_user(os.getpid())) if os.geteuid() == 0 else nullcontext()
    with as_user:
        assert usage.stored_unnamed([pid]) == 0
    os.waitpid(pid, 0)


def test_sockets_count_once_for_all_processes_that_hold_them() -> None:
    one, other = socket.socketpair()
    with one, other, child() as pid:
        before = usage.socket_memory([os.getpid()])
        assert usage.socket_memory([os.getpid(), pid]) == before >= 2 * usage.SOCKET_BYTES


def test_deleted_files_count_while_they_are_open(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb", buffering=0) as file:
        file.write(os.urandom(MEGABYTE))
        assert usage.stored_unnamed([os.getpid()]) < MEGABYTE
        (tmp_path / "file").unlink()
        assert usage.stored_unnamed([os.getpid()]) >= MEGABYTE
