"""System calls are made by name, and fail as Python's own do."""

from __future__ import annotations

import errno
import os
import platform

import pytest

from sandbox import capabilities, kernel
from sandbox.forked import forked
from tests.sandbox.settings import is_root


def test_an_error_of_the_kernel_is_an_error_here() -> None:
    with pytest.raises(FileNotFoundError, match="umount2: No such file"):
        kernel.syscall("umount2", b"/nowhere", 0)


def test_a_machine_that_is_not_known_has_no_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(OSError, match="ptrace: no such system call on this machine") as caught:
        kernel.syscall("ptrace")
    assert caught.value.errno == errno.ENOSYS


def test_another_system_has_no_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "LINUX", False)
    assert kernel.number("ptrace") is None


def test_numbers_differ_between_calls() -> None:
    for position in range(len(kernel.MACHINES)):
        numbers = [codes[position] for codes in kernel.CALLS.values() if codes[position] is not None]
        assert len(set(numbers)) == len(numbers)


def test_capabilities_that_are_given_up_are_gone() -> None:
    def run() -> tuple[frozenset[int], frozenset[int]]:
        kept = capabilities.held() & {capabilities.KILL, capabilities.CHOWN}
        capabilities.keep_only(kept)
        return kept, capabilities.held()

    kept, held = forked(run)
    assert held == kept
    assert bool(kept) == is_root()


def test_a_function_in_a_child_returns_and_raises_here() -> None:
    assert forked(os.getpid) != os.getpid()
    with pytest.raises(ZeroDivisionError):
        forked(lambda: 1 / 0)
