"""The filter decides as its rules say: run by an interpreter for both machines, and by this kernel."""

from __future__ import annotations

import errno
import os
import platform
import socket
import struct
from collections.abc import Callable

import pytest

from sandbox import seccomp
from sandbox.calls import LAST_KNOWN_CALL
from sandbox.forked import forked
from sandbox.kernel import PR_SET_NO_NEW_PRIVS, number, prctl, syscall
from sandbox.seccomp import Check, Rule, assemble, policy

ALLOWED, KILLED = "allowed", "killed"
OWN_PID = 4711
TOGETHER = policy(unix_sockets=False, alone=None)
SHELTERED = policy(unix_sockets=True, alone=None)
ALONE = policy(unix_sockets=False, alone=OWN_PID)


def decide(program: bytes, call: int, *arguments: int, architecture: int | None = None) -> str:
    """What the program does with a call: an interpreter for the few instructions that it is made of."""
    architecture = architecture or seccomp._ARCHITECTURES[platform.machine()]
    words = [argument & 0xFFFFFFFFFFFFFFFF for argument in (*arguments, 0, 0, 0, 0, 0, 0)[:6]]
    data = struct.pack("=iIQ6Q", call, architecture, 0, *words)
    instructions = list(struct.iter_unpack("=HBBI", program))
    accumulator = position = 0
    while True:
        code, if_true, if_false, value = instructions[position]
        position += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif code == 0x54:
            accumulator &= value
        elif code == 0x15:
            position += if_true if accumulator == value else if_false
        elif code == 0x35:
            position += if_true if accumulator >= value else if_false
        elif value == 0x7FFF0000:
            return ALLOWED
        elif value == 0x80000000:
            return KILLED
        else:
            return errno.errorcode.get(value & 0xFFFF, "does nothing")


@pytest.fixture(params=["x86_64", "aarch64"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The machine for which filters are assembled."""
    monkeypatch.setattr(platform, "machine", lambda: request.param)
    return request.param


def decides(rules: list[Rule], call: str, *arguments: int) -> str:
    code = number(call)
    assert code is not None
    return decide(assemble(rules), code, *arguments)


STREAM, DATAGRAM, CLOSE_ON_EXEC = socket.SOCK_STREAM, socket.SOCK_DGRAM, 0o2000000
FORK, THREAD = 17, 0x3D0F00


@pytest.mark.parametrize(
    "rules, call, arguments, decision",
    [
        (TOGETHER, "socket", (socket.AF_INET, STREAM), "EPERM"),
        (TOGETHER, "socket", (socket.AF_UNIX, STREAM), "EPERM"),
        (TOGETHER, "socketpair", (socket.AF_UNIX, STREAM | CLOSE_ON_EXEC), ALLOWED),
        (TOGETHER, "socketpair", (socket.AF_UNIX, DATAGRAM), "EPERM"),
        (SHELTERED, "socket", (socket.AF_UNIX, DATAGRAM), ALLOWED),
        (SHELTERED, "socket", (socket.AF_INET6, STREAM), "EPERM"),
        (SHELTERED, "socket", (socket.AF_UNIX | 1 << 40, STREAM), ALLOWED),
        (TOGETHER, "clone", (FORK,), ALLOWED),
        (TOGETHER, "clone", (FORK | 0x10000000,), "EPERM"),
        (TOGETHER, "clone3", (), "ENOSYS"),
        (ALONE, "clone", (THREAD,), ALLOWED),
        (ALONE, "clone", (THREAD | 0x20000000,), "EPERM"),
        (ALONE, "clone", (FORK,), "EPERM"),
        (TOGETHER, "kill", (1, 9), ALLOWED),
        (ALONE, "kill", (1, 9), "EPERM"),
        (ALONE, "kill", (-1, 9), "EPERM"),
        (ALONE, "kill", (OWN_PID, 9), ALLOWED),
        (ALONE, "tgkill", (OWN_PID, 5000, 9), ALLOWED),
        (ALONE, "tkill", (OWN_PID, 9), "EPERM"),
        (ALONE, "prlimit64", (0, 1), ALLOWED),
        (ALONE, "prlimit64", (1, 1), "EPERM"),
        (ALONE, "openat", (-100, 0, os.O_RDONLY), ALLOWED),
        (ALONE, "openat", (-100, 0, os.O_WRONLY | os.O_TRUNC), ALLOWED),
        (ALONE, "openat", (-100, 0, os.O_RDONLY | os.O_TRUNC | os.O_CLOEXEC), "EPERM"),
        (ALONE, "fchmodat", (-100, 0, 0o777), "does nothing"),
        (TOGETHER, "fchmodat", (-100, 0, 0o777), ALLOWED),
        (TOGETHER, "fcntl", (3, 8, 1), "EPERM"),
        (TOGETHER, "fcntl", (3, 1, 1), ALLOWED),
        (TOGETHER, "ioctl", (0, 0x5412), "EPERM"),
        (TOGETHER, "prctl", (1, 0), "does nothing"),
        (TOGETHER, "prctl", (15, 0), ALLOWED),
        (TOGETHER, "sched_setaffinity", (0, 8), "does nothing"),
        (TOGETHER, "setpriority", (0, 0, 19), "does nothing"),
        (ALONE, "setpriority", (0, 1, 19), "EPERM"),
        (TOGETHER, "sched_setattr", (0, 0, 0), "does nothing"),
        (TOGETHER, "ptrace", (), "EPERM"),
        (TOGETHER, "memfd_create", (), "EPERM"),
    ],
)
def test_the_policy_decides(
    machine: str, rules: list[Rule], call: str, arguments: tuple[int, ...], decision: str
) -> None:
    assert decides(rules, call, *arguments) == decision


def test_calls_that_nobody_has_judged_do_not_exist(machine: str) -> None:
    assert decide(assemble(TOGETHER), LAST_KNOWN_CALL + 1) == "ENOSYS"


def test_calls_of_the_x32_abi_do_not_exist() -> None:
    assert decide(assemble(TOGETHER), 0x40000000 | 39) == "ENOSYS"


def test_a_call_of_another_architecture_ends_the_process() -> None:
    assert decide(assemble(TOGETHER), 20, architecture=0x40000003) == KILLED


def test_all_checks_of_a_rule_must_hold(machine: str) -> None:
    rules = [Rule("kill", (Check(0, among=(1, 2)), Check(1, never=(9, 15))))]
    asked = {(pid, signal): decides(rules, "kill", pid, signal) for pid in (1, 2, 3) for signal in (2, 9, 15)}
    assert {pair for pair, decision in asked.items() if decision == ALLOWED} == {(1, 2), (2, 2)}


def under(rules: list[Rule], act: Callable[[], object]) -> object:
    """What ``act`` returns, or the name of the error it raises, under a filter in this kernel."""

    def run() -> object:
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        seccomp.install(assemble(rules))
        try:
            return act()
        except OSError as error:
            return errno.errorcode[error.errno]

    return forked(run)


def test_the_kernel_refuses_what_a_rule_refuses() -> None:
    assert under([Rule("ptrace")], lambda: syscall("ptrace", -1)) == "EPERM"


def test_the_kernel_lets_pass_what_no_rule_names() -> None:
    assert under([Rule("ptrace")], os.getpid) != "EPERM"


def test_the_kernel_pretends_where_a_rule_says_so() -> None:
    assert under([Rule("fchmod", error=0)], lambda: syscall("fchmod", -1, 0)) == 0


def test_children_live_under_the_filter_of_their_parent() -> None:
    def act() -> object:
        return forked(lambda: syscall("ptrace", -1))

    assert under([Rule("ptrace")], act) == "EPERM"


def test_no_rule_is_longer_than_a_jump_reaches(machine: str) -> None:
    for rules in (TOGETHER, SHELTERED, ALONE):
        assert all(len(seccomp._rule(rule)) // 8 < 256 for rule in rules)
