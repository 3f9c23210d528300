"""A process can put its memory into large pages before it is forked."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from sandbox.forked import forked
from sandbox.hugepages import gather


def in_large_pages() -> int:
    """Kilobytes of this process's memory in large pages."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("AnonHugePages:"))


def test_gathered_memory_keeps_its_content() -> None:
    def run() -> bool:
        content = os.urandom(1 << 20)
        blocks = [bytes(content) + bytes([number]) for number in range(16)]
        gather()
        return all(block == content + bytes([number]) for number, block in enumerate(blocks))

    assert forked(run)


def test_gathered_memory_lies_in_large_pages_where_the_kernel_can() -> None:
    def run() -> tuple[int, int]:
        block = bytearray(b"x") * (64 << 20)
        before = in_large_pages()
        gather()
        return before, in_large_pages() + 0 * len(block)

    before, after = forked(run)
    release = tuple(int(part) for part in platform.release().split(".")[:2])
    can = release >= (6, 1) and Path("/sys/kernel/mm/transparent_hugepage").exists()
    assert after >= before + (40 * 1024 if can else 0)


def test_it_does_nothing_on_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.hugepages.LINUX", False)
    monkeypatch.setattr("sandbox.hugepages.syscall", lambda *_: pytest.fail("a system call was made"))
    gather()
