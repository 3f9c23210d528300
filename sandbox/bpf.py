"""Assembles filters of system calls (``seccomp(2)``, classic BPF) and puts them in force."""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sandbox.calls import FIRST_COMMON_CALL, LAST_KNOWN_CALL
from sandbox.kernel import number, syscall

# linux/audit.h
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# linux/bpf_common.h, linux/seccomp.h
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_IF_EQUAL, _IF_AT_LEAST = 0x15, 0x35
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_SET_MODE_FILTER = 1
# Bytes of an instruction.
_SIZE = 8


@dataclass(frozen=True)
class ArgumentCheck:
    """What must hold of one argument's low 32 bits, which is all that the kernel reads of the calls checked here.

    Attributes:
        argument: its position, from 0.
        among: the values that it may have; empty for any.
        never: the values that it must not have.
        mask: the bits that are looked at.
        error: what the call fails with where it does not hold; that of the rule if there is none here.
    """

    argument: int
    among: tuple[int, ...] = ()
    never: tuple[int, ...] = ()
    mask: int = 0xFFFFFFFF
    error: int | None = None


@dataclass(frozen=True)
class Rule:
    """A call that fails with ``error`` (0: does nothing and reports success) unless all of its checks hold."""

    call: str
    checks: tuple[ArgumentCheck, ...] = ()
    error: int = errno.EPERM


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _refusal(error: int) -> int:
    return _ERRNO | error


def _check(check: ArgumentCheck, error: int) -> Iterator[bytes]:
    """Falls through where the check holds."""
    refuse = _instruction(_RETURN, _refusal(error if check.error is None else check.error))
    yield _instruction(_LOAD, _ARGUMENTS + 8 * check.argument)
    yield _instruction(_AND, check.mask)
    for left, value in reversed(list(enumerate(check.among))):
        yield _instruction(_IF_EQUAL, value, if_true=left + 1)
    if check.among:
        yield refuse
    for value in check.never:
        yield _instruction(_IF_EQUAL, value, if_false=1)
        yield refuse


def _rule(rule: Rule) -> bytes:
    """Decides the call that it is about; for any other, falls through."""
    code = number(rule.call)
    if code is None:
        return b""
    body = [instruction for check in rule.checks for instruction in _check(check, rule.error)]
    body.append(_instruction(_RETURN, _ALLOW))
    return b"".join([_instruction(_IF_EQUAL, code, if_false=len(body)), *body])


def _search(runs: Sequence[tuple[int, int]]) -> bytes:
    """Finds by halving what to return for a number; each run of numbers is given by its first and its decision."""
    if len(runs) == 1:
        return _instruction(_RETURN, runs[0][1])
    middle = len(runs) // 2
    below, above = _search(runs[:middle]), _search(runs[middle:])
    return _instruction(_IF_AT_LEAST, runs[middle][0], if_true=len(below) // _SIZE) + below + above


def _runs(decisions: Mapping[str, int], *, open_end: bool) -> list[tuple[int, int]]:
    """The numbers of all calls in runs that are decided alike: the first number of each, and the decision.

    Calls that are not among the decisions are allowed up to the last known one where the end is open. Elsewhere old
    ones fail with ``EPERM``, and new ones with ``ENOSYS``, as on an older kernel, where programs know another way.
    """
    by_number = {number(call): decision for call, decision in decisions.items()}
    old = _ALLOW if open_end else _refusal(errno.EPERM)
    new = _ALLOW if open_end else _refusal(errno.ENOSYS)
    ordered = [by_number.get(code, old if code < FIRST_COMMON_CALL else new) for code in range(LAST_KNOWN_CALL + 1)]
    ordered.append(_refusal(errno.ENOSYS))
    return [(code, decision) for code, decision in enumerate(ordered) if not code or decision != ordered[code - 1]]


def assemble(rules: Iterable[Rule], allowed: Iterable[str] | None = None) -> bytes:
    """The filter as a classic BPF program.

    A call of another architecture ends the process, and calls newer than `LAST_KNOWN_CALL`, which includes those of the
    x32 ABI, fail with ``ENOSYS``. For calls that are always decided alike, the kernel remembers the decision (Linux
    5.11); the others come first.

    Args:
        rules: decide the calls that they are about.
        allowed: the other calls that are let through; all known ones if this is None.
    """
    rules = list(rules)
    decisions = dict.fromkeys(allowed or (), _ALLOW)
    decisions |= {rule.call: _refusal(rule.error) for rule in rules if not rule.checks}
    return b"".join(
        [
            _instruction(_LOAD, _ARCHITECTURE),
            _instruction(_IF_EQUAL, _ARCHITECTURES[platform.machine()], if_true=1),
            _instruction(_RETURN, _KILL),
            _instruction(_LOAD, _NUMBER),
            *(_rule(rule) for rule in rules if rule.checks),
            _search(_runs(decisions, open_end=allowed is None)),
        ]
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def install(program: bytes) -> None:
    """Puts the filter in force for this thread and all that it starts; needs ``no_new_privs``.

    Raises:
        OSError: the kernel has no seccomp filters.
    """
    syscall("seccomp", _SET_MODE_FILTER, 0, ctypes.byref(_Program(len(program) // _SIZE, program)))
