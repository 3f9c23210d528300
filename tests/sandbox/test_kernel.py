"""System calls are made by name, and fail as Python's own do."""

from __future__ import annotations

import errno
import os
import platform

import pytest

from sandbox import capabilities, kernel
from sandbox.calls import CALLS, FIRST_COMMON_CALL, LAST_KNOWN_CALL, MACHINES
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
    for position in range(len(MACHINES)):
        numbers = [codes[position] for codes in CALLS.values() if codes[position] is not None]
        assert len(set(numbers)) == len(numbers)


def test_new_calls_have_one_number_on_every_machine() -> None:
    new = [codes for codes in CALLS.values() if max(filter(None, codes)) >= FIRST_COMMON_CALL]
    assert sorted(new) == [(number, number) for number in range(FIRST_COMMON_CALL, LAST_KNOWN_CALL + 1)]


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
