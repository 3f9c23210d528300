"""Seccomp (``seccomp(2)``): a filter in front of every system call, for a process and all its children.

Stops: sockets other than harmless pairs, tracing, namespaces, mounts, kernel keys, io_uring, bpf, userfaultfd,
performance counters, queues, memory that outlives a process or is there without being seen, changes to its share of
the cores, and every call newer than this list. Where a student's process shares its user with the grader and has no PID
namespace, also: child processes, signals and limits for other processes, and changes to the modes, owners and times of
files.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import mmap
import os
import platform
import socket
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sandbox.calls import LAST_KNOWN_CALL
from sandbox.kernel import PR_SET_DUMPABLE, PR_SET_PDEATHSIG, number, syscall

# linux/audit.h
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# linux/bpf_common.h, linux/seccomp.h
_LOAD, _AND, _RETURN = 0x20, 0x54, 0x06
_IF_EQUAL, _IF_AT_LEAST = 0x15, 0x35
_KILL, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_SET_MODE_FILTER = 1

NEW_NAMESPACES = 0x7E020000
_CLONE_THREAD = 0x00010000
_F_SETOWN_EX = 15
_FIOSETOWN, _SIOCSPGRP, _TIOCSTI, _TIOCLINUX = 0x8901, 0x8902, 0x5412, 0x541C
_SOCKET_TYPE = 0xF
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
_BUFFER_SIZES = (socket.SO_SNDBUF, socket.SO_RCVBUF, _SO_SNDBUFFORCE, _SO_RCVBUFFORCE)


def _calls(names: str) -> list[str]:
    return names.split()


# What no cell of a notebook needs and an attack on the kernel, the grader or a neighbour might.
_NEVER = _calls("""
    ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_getfd perf_event_open bpf
    userfaultfd io_uring_setup io_uring_enter io_uring_register keyctl add_key request_key
    mount umount2 pivot_root chroot open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr unshare setns
    kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff acct quotactl quotactl_fd
    settimeofday clock_settime adjtimex clock_adjtime sethostname setdomainname iopl ioperm modify_ldt vhangup syslog
    name_to_handle_at open_by_handle_at fanotify_init memfd_create memfd_secret vmsplice
    shmget shmat shmctl msgget msgsnd msgrcv msgctl semget semop semtimedop semctl mq_open mq_unlink mq_notify
""")
# What would change its share of the cores, which Linux shares among sessions where it is told to (sched(7), autogroup).
# Libraries pin their threads, and programs leave their terminal: these are let through and do nothing.
_SHARE = _calls("setsid sched_setaffinity setpriority sched_setscheduler sched_setparam sched_setattr ioprio_set")
_TO_OTHERS = _calls("fork vfork tkill pidfd_send_signal migrate_pages move_pages")
# Copying a file sets its mode: these are let through and do nothing. Setting times says so: touch() relies on that.
_MODES = _calls("""
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
""")
_TIMES = _calls("utime utimes futimesat utimensat")


@dataclass(frozen=True)
class Check:
    """What must hold of one argument's low 32 bits, which is all that the kernel reads of the calls checked here.

    Attributes:
        argument: its position, from 0.
        among: the values of which it must be one; empty for any.
        never: the values that it must not have.
        mask: the bits that are looked at.
    """

    argument: int
    among: tuple[int, ...] = ()
    never: tuple[int, ...] = ()
    mask: int = 0xFFFFFFFF


@dataclass(frozen=True)
class Rule:
    """A call that fails with ``error`` (0: does nothing and reports success) unless all of its checks hold."""

    call: str
    checks: tuple[Check, ...] = ()
    error: int = errno.EPERM


_NO_NAMESPACES = Check(0, among=(0,), mask=NEW_NAMESPACES)
_ONLY_THREADS = Check(0, among=(_CLONE_THREAD,), mask=_CLONE_THREAD | NEW_NAMESPACES)


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _check(check: Check, refuse: bytes) -> Iterator[bytes]:
    """Falls through where the check holds."""
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
    refuse = _instruction(_RETURN, _ERRNO | rule.error)
    body = [instruction for check in rule.checks for instruction in _check(check, refuse)]
    body.append(_instruction(_RETURN, _ALLOW) if rule.checks else refuse)
    code = number(rule.call)
    return b"" if code is None else b"".join([_instruction(_IF_EQUAL, code, if_false=len(body)), *body])


def assemble(rules: Iterable[Rule], last_call: int = LAST_KNOWN_CALL) -> bytes:
    """The filter as a classic BPF program.

    Calls numbered above ``last_call``, which includes those of the x32 ABI, fail with ``ENOSYS``; a call of another
    architecture ends the process.
    """
    return b"".join(
        [
            _instruction(_LOAD, _ARCHITECTURE),
            _instruction(_IF_EQUAL, _ARCHITECTURES[platform.machine()], if_true=1),
            _instruction(_RETURN, _KILL),
            _instruction(_LOAD, _NUMBER),
            _instruction(_IF_AT_LEAST, last_call + 1, if_false=1),
            _instruction(_RETURN, _ERRNO | errno.ENOSYS),
            *(_rule(rule) for rule in rules),
            _instruction(_RETURN, _ALLOW),
        ]
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def install(program: bytes) -> None:
    """Puts the filter in force for this thread and all that it starts; needs ``no_new_privs``.

    Raises:
        OSError: the kernel has no seccomp filters.
    """
    syscall("seccomp", _SET_MODE_FILTER, 0, ctypes.byref(_Program(len(program) // 8, program)))


def _network(unix_sockets: bool) -> list[Rule]:
    """Sockets: connected pairs, and Unix sockets where their names lead nowhere but into the sandbox.

    A datagram pair is refused too: it can be used to send to any name.
    """
    if unix_sockets:
        unix = Check(0, among=(socket.AF_UNIX,))
        return [Rule("socket", (unix,)), Rule("socketpair", (unix,))]
    stream = Check(1, among=(socket.SOCK_STREAM,), mask=_SOCKET_TYPE)
    return [
        Rule("socketpair", (Check(0, among=(socket.AF_UNIX,)), stream)),
        *(Rule(call) for call in ("socket", "bind", "connect", "listen", "accept", "accept4")),
    ]


def _hidden_memory() -> list[Rule]:
    """Memory that stays after it is no longer mapped, where neither limits nor the supervisor would see it.

    Processes share memory through files of the scratch folder, whose size is limited.
    """
    shared = mmap.MAP_SHARED | mmap.MAP_ANONYMOUS
    return [
        Rule("mmap", (Check(3, never=(shared,), mask=shared),), error=errno.ENOMEM),
        Rule("setsockopt", (Check(2, never=_BUFFER_SIZES),), error=0),
    ]


def _alone(pid: int) -> list[Rule]:
    """For a process that shares its user with others and sees them: it acts on itself only, and has no children."""
    itself = Check(0, among=(pid,))
    # Landlock before version 3 knows neither truncate nor the emptying of a file by opening it to read.
    empties = (os.O_TRUNC | os.O_RDONLY, os.O_TRUNC | os.O_ACCMODE)
    access = os.O_TRUNC | os.O_ACCMODE
    return [
        *(Rule(call) for call in (*_TO_OTHERS, *_SHARE)),
        *(Rule(call, (itself,)) for call in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")),
        Rule("prlimit64", (Check(0, among=(0, pid)),)),
        Rule("clone", (_ONLY_THREADS,)),
        Rule("truncate"),
        Rule("open", (Check(1, never=empties, mask=access),)),
        Rule("openat", (Check(2, never=empties, mask=access),)),
        Rule("openat2", error=errno.ENOSYS),
        *(Rule(call, error=0) for call in _MODES),
        *(Rule(call) for call in _TIMES),
    ]


def policy(*, unix_sockets: bool, alone: int | None) -> list[Rule]:
    """The rules for a student's process.

    Args:
        unix_sockets: whether it may have Unix sockets, which is safe where it has a network and a file tree of its own.
        alone: its process id, where nothing else separates it from the other processes of its user; else None.
    """
    return [
        *(Rule(call) for call in _NEVER),
        *_network(unix_sockets),
        *_hidden_memory(),
        *([Rule("clone", (_NO_NAMESPACES,))] if alone is None else _alone(alone)),
        *(Rule(call, error=0) for call in _SHARE),
        # These have the kernel send signals, or put words on a terminal, in this process's name; a lease on a file that
        # it may only read would make every other reader wait.
        Rule("fcntl", (Check(1, never=(fcntl.F_SETOWN, _F_SETOWN_EX, fcntl.F_SETLEASE, fcntl.F_NOTIFY)),)),
        Rule("ioctl", (Check(1, never=(_FIOSETOWN, _SIOCSPGRP, _TIOCSTI, _TIOCLINUX)),)),
        # The C library then falls back from clone3, whose flags a filter cannot see, to clone.
        Rule("clone3", error=errno.ENOSYS),
        # It ends with its supervisor, and the supervisor sees what it uses.
        Rule("prctl", (Check(0, never=(PR_SET_PDEATHSIG, PR_SET_DUMPABLE)),), error=0),
    ]
