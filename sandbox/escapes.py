"""What a submission must not be able to do, each tried for real from inside, by ``selftest`` and the tests.

Every one is harmless where it succeeds: it asks for permission, or reaches a system call with wrong arguments.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import resource
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sandbox.kernel import syscall
from sandbox.probe import FILES, NETWORK, PROCESSES, SHARE

KERNEL = "no other ways into the kernel"

SECRET = "a line that no submission may read"

_NEW_USER = 0x10000000 | 0x200
_EMPTY = os.O_RDONLY | os.O_TRUNC
_F_SETLEASE, _F_NOTIFY = 1024, 1026
_PTRACE_SEIZE = 0x4206
_X32 = 0x40000000
_IN_ACCESS = _DN_ACCESS = 1
_BY_FLOCK, _BY_FCNTL = b"f", b"r"
# More than any process's number can be.
_NOBODY = 1 << 30


@dataclass(frozen=True)
class Target:
    """What the escapes aim at.

    Attributes:
        folder: of the grader's, with a file ``secret`` that holds `SECRET`, a file ``shared`` that submissions may
            read, and a Unix socket ``socket`` that listens.
        pid: the grader's process.
        tcp: a port on 127.0.0.1 that listens.
        udp: one that receives.
        abstract: the name of an abstract Unix socket that listens.
        datagrams: the name of one that receives datagrams.
        descriptor: the grader's open descriptor of the secret.
        variable: an environment variable of the grader's.
        neighbour: a connection to a process of the grader's that runs `answer_as_neighbour`.
    """

    folder: Path
    pid: int
    tcp: int
    udp: int
    abstract: str
    datagrams: str
    descriptor: int
    variable: str
    neighbour: socket.socket


@dataclass(frozen=True)
class Escape:
    """One forbidden thing.

    Attributes:
        name: what is tried.
        breaks: the property that success would break.
        act: does it; raises `OSError` or `LookupError` if it was stopped.
    """

    name: str
    breaks: str
    act: Callable[[Target], object]


def stopped_by(escape: Escape, target: Target) -> str:
    """The error that stopped it; empty if it succeeded."""
    try:
        escape.act(target)
    except (OSError, LookupError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _expect_change(before: object, after: object) -> None:
    if before == after:
        raise OSError(errno.EPERM, "reports success and does nothing")


def _read_descriptor(target: Target) -> None:
    if os.pread(target.descriptor, 100, 0) != SECRET.encode():
        raise OSError(errno.EBADF, "another file")


def _list_folder(target: Target) -> None:
    if target.folder / "secret" not in target.folder.iterdir():
        raise FileNotFoundError(errno.ENOENT, "only what it may read is listed")


def _write(target: Target) -> None:
    with (target.folder / "secret").open("r+") as file:
        file.write(SECRET)


def _link(target: Target) -> None:
    os.link(target.folder / "secret", "linked")
    Path("linked").unlink()


def _rename(target: Target) -> None:
    (target.folder / "shared").rename(target.folder / "renamed")
    (target.folder / "renamed").rename(target.folder / "shared")


def _change_mode(target: Target) -> None:
    path = target.folder / "shared"
    before = path.stat().st_mode
    path.chmod(before ^ 0o040)
    _expect_change(before, path.stat().st_mode)
    path.chmod(before)


def _change_times(target: Target) -> None:
    path = target.folder / "shared"
    before = path.stat().st_mtime
    os.utime(path, (before + 1, before + 1))
    _expect_change(before, path.stat().st_mtime)


def _leave_file(_: Target) -> None:
    path = Path(f"/var/tmp/left-{os.getpid()}")
    path.touch()
    path.unlink()


def _connect(address: str | tuple[str, int]) -> None:
    with socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET) as client:
        client.connect(address)


def _send_packet(target: Target) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"x", ("127.0.0.1", target.udp))


def _send_from_pair(target: Target) -> None:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        one.sendto(b"x", target.datagrams)


def _signal_supervisor(_: Target) -> None:
    if os.getppid() == 0:
        raise ProcessLookupError(errno.ESRCH, "it has no parent in sight")
    os.kill(os.getppid(), 0)


def _own_a_socket(target: Target) -> None:
    one, other = socket.socketpair()
    with one, other:
        fcntl.fcntl(one, fcntl.F_SETOWN, target.pid)


def _lower_limits(target: Target) -> None:
    limits = resource.prlimit(target.pid, resource.RLIMIT_CORE)
    resource.prlimit(target.pid, resource.RLIMIT_CORE, limits)


def _lower_priority(target: Target) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, _NOBODY, 0)
        raise OSError(errno.EPERM, "reports success and does nothing")
    os.setpriority(os.PRIO_PROCESS, target.pid, os.getpriority(os.PRIO_PROCESS, target.pid))


def _choose_cores(_: Target) -> None:
    before = os.sched_getaffinity(0)
    if len(before) == 1:
        raise OSError(errno.ENOTSUP, "not supported: there is one core")
    os.sched_setaffinity(0, {min(before)})
    _expect_change(before, os.sched_getaffinity(0))
    os.sched_setaffinity(0, before)


def _change_priority(_: Target) -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, before + 1)
    _expect_change(before, os.getpriority(os.PRIO_PROCESS, 0))


def _run_when_idle(_: Target) -> None:
    before = os.sched_getscheduler(0)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    _expect_change(before, os.sched_getscheduler(0))
    os.sched_setscheduler(0, before, os.sched_param(0))


def _record(kind: int) -> bytes:
    """A lock on the first byte of a file: a ``struct flock``."""
    return struct.pack("hhqqi0q", kind, os.SEEK_SET, 0, 1, 0)


def _is_free(file: int, by: bytes) -> bool:
    """Whether this process could lock the file, by ``flock`` or by ``fcntl``."""
    if by == _BY_FCNTL:
        return fcntl.fcntl(file, fcntl.F_GETLK, _record(fcntl.F_WRLCK))[:2] == _record(fcntl.F_UNLCK)[:2]
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def answer_as_neighbour(shared: Path, asked: socket.socket) -> None:
    """Tells, whenever it is asked, whether it could lock a file that submissions may read."""
    while by := asked.recv(1):
        with shared.open("rb") as file:
            free = _is_free(file.fileno(), by)
        asked.send(b"%d" % free)


def _locks(by: bytes, command: int, argument: Any, target: Target) -> None:
    """Locks a file that it may read, and has the neighbour see it."""
    with (target.folder / "shared").open("rb") as file:
        fcntl.flock(file, command) if by == _BY_FLOCK else fcntl.fcntl(file, command, argument)
        target.neighbour.send(by)
        _expect_change(b"1", target.neighbour.recv(1))


def _control(name: str, command: int, argument: int, target: Target) -> None:
    """Asks something of the kernel that concerns a file or folder which others read."""
    file = os.open(target.folder / name, os.O_RDONLY)
    try:
        fcntl.fcntl(file, command, argument)
    finally:
        os.close(file)


def _watch(target: Target) -> None:
    watch = syscall("inotify_init1", os.O_CLOEXEC)
    try:
        syscall("inotify_add_watch", watch, bytes(target.folder / "shared"), _IN_ACCESS)
    finally:
        os.close(watch)


def _become_root(_: Target) -> None:
    if os.getresuid() == (0, 0, 0):
        os.setresuid(1, 1, 0)
    os.setresuid(0, 0, 0)


def _make_device(_: Target) -> None:
    os.mknod("device", 0o20600, os.makedev(1, 3))
    Path("device").unlink()


def _use_x32(_: Target) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(ctypes.c_long(_X32 | 39)) == -1:
        raise OSError(ctypes.get_errno(), "x32 getpid")


def _proc(target: Target, name: str) -> Path:
    return Path("/proc", str(target.pid), name)


def _reach(call: str, *arguments: object) -> None:
    """Succeeds when the kernel looks at the arguments, which are wrong."""
    try:
        syscall(call, *arguments)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES, errno.ENOSYS):
            raise


_CALLS = """
    mount umount2 pivot_root chroot unshare setns open_tree fsopen mount_setattr ptrace process_vm_readv
    process_vm_writev pidfd_getfd kcmp bpf perf_event_open userfaultfd io_uring_setup io_uring_enter keyctl add_key
    request_key open_by_handle_at name_to_handle_at fanotify_init memfd_create memfd_secret shmget semget msgctl mq_open
    kexec_load init_module finit_module delete_module swapon acct quotactl settimeofday clone3 syslog
    inotify_init1 io_setup fanotify_mark
"""


def _reaches(call: str) -> Escape:
    wrong = (-1, -1, -1, -1, -1)
    return Escape(f"call {call}", KERNEL, lambda target: _reach(call, *wrong))


_READ_LOCK = _record(fcntl.F_RDLCK)
ESCAPES = (
    Escape("read a file of the grader's", FILES, lambda target: (target.folder / "secret").read_text()),
    Escape("read it through the grader's open descriptor", FILES, _read_descriptor),
    Escape("list a folder of the grader's", FILES, _list_folder),
    Escape("list the home folders", FILES, lambda _: list(Path("/home").iterdir())),
    Escape("read the system's accounts", FILES, lambda _: Path("/etc/passwd").read_text()),
    Escape("read the grader's environment variables", FILES, lambda target: os.environ[target.variable]),
    Escape("write a file of the grader's", FILES, _write),
    Escape("create a file beside it", FILES, lambda target: (target.folder / "created").touch()),
    Escape("link to it from the scratch folder", FILES, _link),
    Escape("rename a file of the grader's", FILES, _rename),
    Escape("change the mode of a file that it may read", FILES, _change_mode),
    Escape("change the times of a file that it may read", FILES, _change_times),
    Escape("empty a file that it may read", FILES, lambda target: os.close(os.open(target.folder / "shared", _EMPTY))),
    Escape("empty it by name", FILES, lambda target: os.truncate(target.folder / "shared", 0)),
    Escape("leave a file in /var/tmp", FILES, _leave_file),
    Escape("lock a file that it may read", FILES, partial(_locks, _BY_FLOCK, fcntl.LOCK_EX, None)),
    *(
        Escape(f"lock a part of it, by {name}", FILES, partial(_locks, _BY_FCNTL, command, _READ_LOCK))
        for name, command in (("F_SETLK", 6), ("F_SETLKW", 7), ("F_OFD_SETLK", 37), ("F_OFD_SETLKW", 38))
    ),
    Escape("have others who write it wait", FILES, partial(_control, "shared", _F_SETLEASE, fcntl.F_RDLCK)),
    Escape("have others who read it wait", FILES, partial(_control, "shared", _F_SETLEASE, fcntl.F_WRLCK)),
    Escape("see when others read it", FILES, _watch),
    Escape("see when others read in its folder", FILES, partial(_control, ".", _F_NOTIFY, _DN_ACCESS)),
    Escape("connect to a TCP port of this machine", NETWORK, lambda target: _connect(("127.0.0.1", target.tcp))),
    Escape("send a UDP packet", NETWORK, _send_packet),
    Escape("listen on a TCP port", NETWORK, lambda _: socket.create_server(("127.0.0.1", 0)).close()),
    Escape("connect to a Unix socket of the grader's", NETWORK, lambda target: _connect(str(target.folder / "socket"))),
    Escape("connect to an abstract Unix socket", NETWORK, lambda target: _connect(target.abstract)),
    Escape("send to one from a datagram pair", NETWORK, _send_from_pair),
    Escape("open a netlink socket", NETWORK, lambda _: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()),
    Escape("open a socket of the virtual machine", NETWORK, lambda _: socket.socket(socket.AF_VSOCK).close()),
    Escape("signal the grader", PROCESSES, lambda target: os.kill(target.pid, 0)),
    Escape("signal its supervisor", PROCESSES, _signal_supervisor),
    Escape("have the kernel signal the grader", PROCESSES, _own_a_socket),
    Escape("trace the grader", PROCESSES, lambda target: syscall("ptrace", _PTRACE_SEIZE, target.pid, None, None)),
    Escape("read the grader's memory", PROCESSES, lambda target: _proc(target, "mem").open("rb").close()),
    Escape("read the grader's environment in /proc", PROCESSES, lambda target: _proc(target, "environ").read_bytes()),
    Escape("read the grader's command line in /proc", PROCESSES, lambda target: _proc(target, "cmdline").read_bytes()),
    Escape("list the grader's open files in /proc", PROCESSES, lambda target: list(_proc(target, "fd").iterdir())),
    Escape("lower the grader's limits", PROCESSES, _lower_limits),
    Escape("lower the grader's priority", PROCESSES, _lower_priority),
    Escape("choose its cores", SHARE, _choose_cores),
    Escape("change its priority", SHARE, _change_priority),
    Escape("run only when no other process wants to", SHARE, _run_when_idle),
    Escape("become root", KERNEL, _become_root),
    Escape("make a device file", KERNEL, _make_device),
    Escape("make a user namespace while forking", KERNEL, lambda _: _reach("clone", _NEW_USER, None, None, None, None)),
    Escape("use the x32 system calls", KERNEL, _use_x32),
    *(_reaches(call) for call in _CALLS.split()),
)
