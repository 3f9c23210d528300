"""The one way from here into the kernel: system calls by name, for what Python's standard library does not offer."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from typing import Any

from sandbox.calls import CALLS, MACHINES

LINUX = sys.platform == "linux"

_libc = ctypes.CDLL(None, use_errno=True)


def number(call: str) -> int | None:
    """The call's number on this machine; None where the machine has no such call or is not known here."""
    machine = platform.machine()
    return CALLS[call][MACHINES.index(machine)] if LINUX and machine in MACHINES else None


def syscall(call: str, *arguments: Any) -> int:
    """Makes a system call.

    Args:
        call: its name, such as ``"unshare"``.
        arguments: ints (passed as machine words), bytes (as pointers to them), None, or ctypes objects.

    Raises:
        OSError: the kernel refused, or this machine has no such call (``ENOSYS``).
    """
    code = number(call)
    if code is None:
        raise OSError(38, f"{call}: no such system call on this machine")
    words = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    result = _libc.syscall(ctypes.c_long(code), *words)
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, f"{call}: {os.strerror(error)}")
    return int(result)


def prctl(option: int, *arguments: int) -> int:
    """``prctl(2)`` with up to four arguments; the others are 0."""
    return syscall("prctl", option, *(*arguments, 0, 0, 0, 0)[:4])


# linux/prctl.h
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
PR_CAPBSET_DROP, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 24, 47, 4
