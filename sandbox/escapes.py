"""What a submission must not be able to do, each tried for real from inside, by ``selftest`` and the tests.

Every attempt is harmless where it succeeds: it asks for permission, or reaches a system call with wrong arguments.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import resource
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox.kernel import syscall
from sandbox.probe import FILES, NETWORK, PROCESSES, SHARE

KERNEL = "no other ways into the kernel"

SECRET = "a line that no submission may read"

_CLONE_NEWUSER, _CLONE_FS = 0x10000000, 0x200
_PTRACE_SEIZE = 0x4206
_X32 = 0x40000000
# More than any process's number can be.
_NOBODY = 1 << 30


@dataclass(frozen=True)
class Target:
    """What the attempts aim at.

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
    """

    folder: Path
    pid: int
    tcp: int
    udp: int
    abstract: str
    datagrams: str
    descriptor: int
    variable: str


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


ESCAPES: list[Escape] = []


def _attempt(name: str, breaks: str) -> Callable[[Callable[[Target], object]], None]:
    return lambda act: ESCAPES.append(Escape(name, breaks, act))


def stopped_by(attempt: Escape, target: Target) -> str:
    """The error that stopped it; empty if it succeeded."""
    try:
        attempt.act(target)
    except (OSError, LookupError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


@_attempt("read a file of the grader's", FILES)
def _(target: Target) -> None:
    (target.folder / "secret").read_text()


@_attempt("read it through the grader's open descriptor", FILES)
def _(target: Target) -> None:
    if os.pread(target.descriptor, 100, 0) != SECRET.encode():
        raise OSError(errno.EBADF, "another file")


@_attempt("list a folder of the grader's", FILES)
def _(target: Target) -> None:
    if target.folder / "secret" not in target.folder.iterdir():
        raise FileNotFoundError(errno.ENOENT, "only what it may read is listed")


@_attempt("list the home folders", FILES)
def _(target: Target) -> None:
    list(Path("/home").iterdir())


@_attempt("read the system's accounts", FILES)
def _(target: Target) -> None:
    Path("/etc/passwd").read_text()


@_attempt("read the grader's environment variables", FILES)
def _(target: Target) -> None:
    os.environ[target.variable]


@_attempt("write a file of the grader's", FILES)
def _(target: Target) -> None:
    with (target.folder / "secret").open("r+") as file:
        file.write(SECRET)


@_attempt("create a file beside it", FILES)
def _(target: Target) -> None:
    (target.folder / "created").touch()


@_attempt("link to it from the scratch folder", FILES)
def _(target: Target) -> None:
    os.link(target.folder / "secret", "linked")
    Path("linked").unlink()


@_attempt("rename a file of the grader's", FILES)
def _(target: Target) -> None:
    (target.folder / "shared").rename(target.folder / "renamed")
    (target.folder / "renamed").rename(target.folder / "shared")


@_attempt("change the mode of a file that it may read", FILES)
def _(target: Target) -> None:
    path = target.folder / "shared"
    before = path.stat().st_mode
    path.chmod(before ^ 0o040)
    if path.stat().st_mode == before:
        raise OSError(errno.EPERM, "reports success and does nothing")
    path.chmod(before)


@_attempt("change the times of a file that it may read", FILES)
def _(target: Target) -> None:
    path = target.folder / "shared"
    before = path.stat().st_mtime
    os.utime(path, (before + 1, before + 1))
    if path.stat().st_mtime == before:
        raise OSError(errno.EPERM, "reports success and does nothing")


@_attempt("empty a file that it may read", FILES)
def _(target: Target) -> None:
    os.close(os.open(target.folder / "shared", os.O_RDONLY | os.O_TRUNC))


@_attempt("empty it by name", FILES)
def _(target: Target) -> None:
    os.truncate(target.folder / "shared", 0)


@_attempt("leave a file in /var/tmp", FILES)
def _(target: Target) -> None:
    path = Path(f"/var/tmp/left-{os.getpid()}")
    path.touch()
    path.unlink()


def _connect(family: int, address: str | tuple[str, int], kind: int = socket.SOCK_STREAM) -> None:
    with socket.socket(family, kind) as client:
        client.connect(address)


@_attempt("connect to a TCP port of this machine", NETWORK)
def _(target: Target) -> None:
    _connect(socket.AF_INET, ("127.0.0.1", target.tcp))


@_attempt("send a UDP packet", NETWORK)
def _(target: Target) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"x", ("127.0.0.1", target.udp))


@_attempt("listen on a TCP port", NETWORK)
def _(target: Target) -> None:
    with socket.create_server(("127.0.0.1", 0)):
        pass


@_attempt("connect to a Unix socket of the grader's", NETWORK)
def _(target: Target) -> None:
    _connect(socket.AF_UNIX, str(target.folder / "socket"))


@_attempt("connect to an abstract Unix socket", NETWORK)
def _(target: Target) -> None:
    _connect(socket.AF_UNIX, target.abstract)


@_attempt("send to one from a datagram pair", NETWORK)
def _(target: Target) -> None:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        one.sendto(b"x", target.datagrams)


@_attempt("open a netlink socket", NETWORK)
def _(target: Target) -> None:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()


@_attempt("open a socket of the virtual machine", NETWORK)
def _(target: Target) -> None:
    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()


@_attempt("signal the grader", PROCESSES)
def _(target: Target) -> None:
    os.kill(target.pid, 0)


@_attempt("signal its supervisor", PROCESSES)
def _(target: Target) -> None:
    if os.getppid() == 0:
        raise ProcessLookupError(errno.ESRCH, "it has no parent in sight")
    os.kill(os.getppid(), 0)


@_attempt("have the kernel signal the grader", PROCESSES)
def _(target: Target) -> None:
    one, other = socket.socketpair()
    with one, other:
        fcntl.fcntl(one, fcntl.F_SETOWN, target.pid)


@_attempt("hold a file that it may read, so that others wait for it", FILES)
def _(target: Target) -> None:
    with (target.folder / "shared").open("rb") as file:
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)


@_attempt("trace the grader", PROCESSES)
def _(target: Target) -> None:
    syscall("ptrace", _PTRACE_SEIZE, target.pid, None, None)


@_attempt("read the grader's memory", PROCESSES)
def _(target: Target) -> None:
    with Path(f"/proc/{target.pid}/mem").open("rb"):
        pass


@_attempt("read the grader's environment in /proc", PROCESSES)
def _(target: Target) -> None:
    Path(f"/proc/{target.pid}/environ").read_bytes()


@_attempt("read the grader's command line in /proc", PROCESSES)
def _(target: Target) -> None:
    Path(f"/proc/{target.pid}/cmdline").read_bytes()


@_attempt("list the grader's open files in /proc", PROCESSES)
def _(target: Target) -> None:
    list(Path(f"/proc/{target.pid}/fd").iterdir())


@_attempt("lower the grader's limits", PROCESSES)
def _(target: Target) -> None:
    limits = resource.prlimit(target.pid, resource.RLIMIT_CORE)
    resource.prlimit(target.pid, resource.RLIMIT_CORE, limits)


@_attempt("lower the grader's priority", PROCESSES)
def _(target: Target) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, _NOBODY, 0)
        raise OSError(errno.EPERM, "reports success and does nothing")
    os.setpriority(os.PRIO_PROCESS, target.pid, os.getpriority(os.PRIO_PROCESS, target.pid))


@_attempt("choose its cores", SHARE)
def _(target: Target) -> None:
    before = os.sched_getaffinity(0)
    if len(before) == 1:
        raise OSError(errno.ENOTSUP, "not supported: there is one core")
    os.sched_setaffinity(0, {min(before)})
    if os.sched_getaffinity(0) == before:
        raise OSError(errno.EPERM, "reports success and does nothing")
    os.sched_setaffinity(0, before)


@_attempt("change its priority", SHARE)
def _(target: Target) -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    os.setpriority(os.PRIO_PROCESS, 0, before + 1)
    if os.getpriority(os.PRIO_PROCESS, 0) == before:
        raise OSError(errno.EPERM, "reports success and does nothing")


@_attempt("run only when no other process wants to", SHARE)
def _(target: Target) -> None:
    before = os.sched_getscheduler(0)
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    if os.sched_getscheduler(0) == before:
        raise OSError(errno.EPERM, "reports success and does nothing")
    os.sched_setscheduler(0, before, os.sched_param(0))


@_attempt("become root", KERNEL)
def _(target: Target) -> None:
    if os.getresuid() == (0, 0, 0):
        os.setresuid(1, 1, 0)
    os.setresuid(0, 0, 0)


@_attempt("make a device file", KERNEL)
def _(target: Target) -> None:
    os.mknod("device", 0o20600, os.makedev(1, 3))
    Path("device").unlink()


@_attempt("make a user namespace while forking", KERNEL)
def _(target: Target) -> None:
    _reach("clone", _CLONE_NEWUSER | _CLONE_FS, None, None, None, None)


@_attempt("use the x32 system calls", KERNEL)
def _(target: Target) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(ctypes.c_long(_X32 | 39)) == -1:
        raise OSError(ctypes.get_errno(), "x32 getpid")


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
"""


def _reaches(call: str) -> Escape:
    wrong = (-1, -1, -1, -1, -1)
    return Escape(f"call {call}", KERNEL, lambda target: _reach(call, *wrong))


ESCAPES += map(_reaches, _CALLS.split())
