"""The filter decides as its rules say: run by an interpreter for both machines, and by this kernel."""

from __future__ import annotations

import errno
import os
import platform
import socket
import struct
from collections.abc import Callable

import pytest

from sandbox import bpf
from sandbox.bpf import ArgumentCheck, Rule, assemble
from sandbox.calls import CALLS, LAST_KNOWN_CALL
from sandbox.escapes import ESCAPES
from sandbox.forked import forked
from sandbox.kernel import PR_SET_NO_NEW_PRIVS, number, prctl, syscall
from sandbox.seccomp import policy

ALLOWED, KILLED = "allowed", "killed"
OWN_PID = 4711
Policy = tuple[list[Rule], list[str] | None]
TOGETHER = policy(unix_sockets=False, alone=None)
SHELTERED = policy(unix_sockets=True, alone=None)
ALONE = policy(unix_sockets=False, alone=OWN_PID)


def decide(program: bytes, call: int, *arguments: int, architecture: int | None = None) -> str:
    """What the program does with a call: an interpreter for the few instructions that it is made of."""
    architecture = architecture or bpf._ARCHITECTURES[platform.machine()]
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


def decides(policy: Policy, call: str, *arguments: int) -> str:
    code = number(call)
    assert code is not None
    return decide(assemble(*policy), code, *arguments)


STREAM, DATAGRAM, CLOSE_ON_EXEC = socket.SOCK_STREAM, socket.SOCK_DGRAM, 0o2000000
FORK, THREAD = 17, 0x3D0F00


@pytest.mark.parametrize(
    "policy, call, arguments, decision",
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
        (TOGETHER, "fcntl", (3, 5, 0), ALLOWED),
        (TOGETHER, "fcntl", (3, 6, 0), "does nothing"),
        (TOGETHER, "fcntl", (3, 7, 0), "does nothing"),
        (TOGETHER, "fcntl", (3, 37, 0), "does nothing"),
        (TOGETHER, "fcntl", (3, 38, 0), "does nothing"),
        (TOGETHER, "fcntl", (3, 1024, 0), "EPERM"),
        (TOGETHER, "fcntl", (3, 1026, 0), "EPERM"),
        (TOGETHER, "fcntl", (3, 1040, 0), "EPERM"),
        (TOGETHER, "flock", (3, 2), "does nothing"),
        (TOGETHER, "sync", (), "does nothing"),
        (TOGETHER, "inotify_init1", (), "EPERM"),
        (TOGETHER, "io_setup", (), "EPERM"),
        (TOGETHER, "mmap", (0, 4096, 3, 0x22), ALLOWED),
        (TOGETHER, "mmap", (0, 4096, 3, 0x21), "ENOMEM"),
        (TOGETHER, "mmap", (0, 4096, 3, 0x40022), "ENOMEM"),
        (TOGETHER, "setsockopt", (3, 1, 2), ALLOWED),
        (TOGETHER, "setsockopt", (3, 1, 7), "does nothing"),
        (TOGETHER, "setsockopt", (3, 1, 26), "ENOPROTOOPT"),
        (TOGETHER, "ioctl", (0, 0x5401), ALLOWED),
        (TOGETHER, "fadvise64", (3, 0, 0, 2), ALLOWED),
        (TOGETHER, "fadvise64", (3, 0, 0, 4), "does nothing"),
        (TOGETHER, "prctl", (62, 1), "EINVAL"),
        (TOGETHER, "ioctl", (0, 0x5412), "ENOTTY"),
        (TOGETHER, "prctl", (1, 0), "does nothing"),
        (TOGETHER, "prctl", (15, 0), ALLOWED),
        (TOGETHER, "sched_setaffinity", (0, 8), "does nothing"),
        (TOGETHER, "setpriority", (0, 0, 19), "does nothing"),
        (ALONE, "setpriority", (0, 1, 19), "does nothing"),
        (TOGETHER, "sched_setattr", (0, 0, 0), "does nothing"),
        (TOGETHER, "ptrace", (), "EPERM"),
        (TOGETHER, "memfd_create", (), "EPERM"),
    ],
)
def test_the_policy_decides(machine: str, policy: Policy, call: str, arguments: tuple[int, ...], decision: str) -> None:
    assert decides(policy, call, *arguments) == decision


def test_calls_that_nobody_has_judged_do_not_exist(machine: str) -> None:
    assert decide(assemble(*TOGETHER), LAST_KNOWN_CALL + 1) == "ENOSYS"


def test_calls_of_the_x32_abi_do_not_exist() -> None:
    assert decide(assemble(*TOGETHER), 0x40000000 | 39) == "ENOSYS"


def test_a_call_of_another_architecture_ends_the_process() -> None:
    assert decide(assemble(*TOGETHER), 20, architecture=0x40000003) == KILLED


def test_all_checks_of_a_rule_must_hold(machine: str) -> None:
    rules = [Rule("kill", (ArgumentCheck(0, among=(1, 2)), ArgumentCheck(1, never=(9, 15))))]
    asked = {(pid, signal): decides((rules, None), "kill", pid, signal) for pid in (1, 2, 3) for signal in (2, 9, 15)}
    assert {pair for pair, decision in asked.items() if decision == ALLOWED} == {(1, 2), (2, 2)}


def under(rules: list[Rule], act: Callable[[], object]) -> object:
    """What ``act`` returns, or the name of the error it raises, under a filter in this kernel."""

    def run() -> object:
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        bpf.install(assemble(rules))
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


@pytest.mark.parametrize("policy", [TOGETHER, SHELTERED, ALONE], ids=["together", "sheltered", "alone"])
def test_jumps_reach_to_the_end_of_every_rule(machine: str, policy: Policy) -> None:
    assert assemble(*policy)


REACHED = {escape.name.removeprefix("call ") for escape in ESCAPES if escape.name.startswith("call ")}
FORBIDDEN = set(CALLS).difference(TOGETHER[1], SHELTERED[1], (rule.call for rule in SHELTERED[0]))


@pytest.mark.parametrize("call", sorted(FORBIDDEN | REACHED))
def test_a_call_that_the_policy_does_not_name_is_refused(machine: str, call: str) -> None:
    if number(call) is not None:
        decisions = {decides(policy, call, -1, -1, -1, -1, -1) for policy in (TOGETHER, SHELTERED, ALONE)}
        assert decisions <= {"EPERM", "ENOSYS"}


def test_a_number_without_a_call_is_refused(machine: str) -> None:
    numbers = {number(call) for call in CALLS}
    unused = set(range(LAST_KNOWN_CALL)) - numbers
    assert {decide(assemble(*ALONE), code) for code in unused} == {"EPERM"}


def test_an_old_call_is_forbidden_and_a_new_one_does_not_exist(machine: str) -> None:
    assert (decides(TOGETHER, "unshare"), decides(TOGETHER, "pidfd_getfd")) == ("EPERM", "ENOSYS")
