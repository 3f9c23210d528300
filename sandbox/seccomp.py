"""Seccomp (``seccomp(2)``): a filter in front of every system call, for a process and all its children.

Lets through what Python, its packages and ordinary programs need, and refuses every other call, those of later kernels
included. So it stops: sockets other than harmless pairs, tracing, namespaces, mounts, kernel keys, io_uring, bpf,
performance counters, queues, locks and watches on files that others read, memory that outlives a process or is there
without being seen, changes to its share of the cores. Where a submission's process shares its user with the grader and
has no PID namespace, also: child processes, signals and limits for other processes, and changes to the modes, owners
and times of files.
"""

from __future__ import annotations

import errno
import mmap
import os
import socket

from sandbox.bpf import ArgumentCheck, Rule
from sandbox.kernel import PR_SET_DUMPABLE, PR_SET_PDEATHSIG

NEW_NAMESPACES = 0x7E020000
_CLONE_THREAD = 0x00010000
_MAP_HUGETLB = 0x40000
_POSIX_FADV_DONTNEED = 4
_SOCKET_TYPE = 0xF
_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
_BUFFER_SIZES = (socket.SO_SNDBUF, socket.SO_RCVBUF, _SO_SNDBUFFORCE, _SO_RCVBUFFORCE)
# asm-generic/socket.h: addresses, waiting and credentials. Not what runs a program in the kernel (SO_ATTACH_FILTER).
_SOCKET_OPTIONS = (2, 9, 13, 15, 16, 20, 21)

# asm-generic/ioctls.h: terminals, without putting words on one (TIOCSTI, TIOCLINUX) and other line disciplines
# (TIOCSETD); FIONBIO, FIONREAD, FIOCLEX, FIONCLEX, FIOQSIZE. linux/fs.h: FS_IOC_GETFLAGS.
_IOCTLS = (
    *(0x5421, 0x5451, 0x541B, 0x5450, 0x5460, 0x80086601),
    *(0x5401, 0x5402, 0x5403, 0x5404, 0x5409, 0x540A, 0x540B, 0x540C, 0x540D, 0x540E, 0x540F, 0x5410, 0x5411, 0x5413),
    *(0x5414, 0x5420, 0x5422, 0x5424, 0x5425, 0x5429, 0x5441, 0x802C542A, 0x402C542B, 0x402C542C, 0x402C542D),
    *(0x80045430, 0x40045431, 0x80045438, 0x80045439, 0x80045440),
)
# linux/prctl.h: names of threads and mappings, large pages, timers, vector registers, tagged addresses, speculation,
# what gives up rights, and what only tells.
_PRCTLS = (15, 16, 2, 3, 7, 21, 22, 23, 25, 27, 29, 30, 37, 38, 39, 40, 41, 42, 50, 51, 52, 53, 55, 56, 63, 64)
_PR_SET_VMA, _PR_GET_AUXV = 0x53564D41, 0x41555856
# linux/fcntl.h: copies, flags, pipes, and what only tells. Not what has the kernel send signals in this process's name
# (F_SETOWN, F_SETSIG, F_NOTIFY), nor leases and delegations, for which every other process that opens the file waits.
_FCNTLS = (0, 1030, 1, 2, 3, 4, 5, 9, 11, 16, 36, 1025, 1031, 1032)
# F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW. Submissions read the same files (data, Python's libraries), and a lock
# belongs to the file: with one, a submission could stop others and the grader, or signal to them. A filter cannot see
# which file a descriptor means, and a refusal would break every database in a scratch folder. So taking a lock reports
# success and does nothing, and asking for locks tells the truth: there are none. The price: processes of one submission
# do not exclude each other by locks on files.
_RECORD_LOCKS = (6, 7, 37, 38)


def _calls(names: str) -> list[str]:
    return names.split()


# What no argument makes harmful. Calls with checks are in ``policy``.
_ALLOWED = _calls("""
    read write pread64 pwrite64 readv writev preadv pwritev preadv2 pwritev2 lseek sendfile copy_file_range splice tee
    open openat openat2 creat close close_range dup dup2 dup3 pipe pipe2 fsync fdatasync sync_file_range truncate
    ftruncate fallocate stat lstat fstat newfstatat statx access faccessat faccessat2 statfs fstatfs getdents getdents64
    getcwd chdir fchdir mkdir mkdirat rmdir rename renameat renameat2 link linkat symlink symlinkat unlink unlinkat
    readlink readlinkat mknod mknodat umask getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
    eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_settime timerfd_gettime
    brk munmap mremap mprotect madvise msync membarrier map_shadow_stack pkey_alloc pkey_free pkey_mprotect
    fork vfork execve execveat exit exit_group wait4 waitid pidfd_open set_tid_address set_robust_list rseq futex
    arch_prctl restart_syscall seccomp getrandom get_mempolicy
    kill tkill tgkill pidfd_send_signal rt_sigqueueinfo rt_tgsigqueueinfo rt_sigaction rt_sigprocmask rt_sigpending
    rt_sigreturn rt_sigsuspend rt_sigtimedwait sigaltstack pause alarm
    getpid getppid gettid getuid geteuid getgid getegid getgroups getresuid getresgid getpgrp getpgid setpgid getsid
    capget uname sysinfo times getrusage getrlimit setrlimit prlimit64
    getcpu getpriority ioprio_get sched_yield sched_getaffinity sched_getscheduler sched_getparam sched_getattr
    sched_get_priority_max sched_get_priority_min sched_rr_get_interval
    time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep getitimer setitimer
    timer_create timer_settime timer_gettime timer_getoverrun timer_delete
    getsockopt getsockname getpeername recvfrom recvmsg recvmmsg sendto sendmsg sendmmsg shutdown
""")
# Let through, but without effect: what would change its share of the cores, which Linux may share among sessions
# (sched(7), autogroup), or of their memory, since libraries pin their threads, and programs leave their
# terminal; locks, as above; and having the disks store what all processes have written.
_WITHOUT_EFFECT = _calls("""
    setsid sched_setaffinity setpriority sched_setscheduler sched_setparam sched_setattr ioprio_set mbind set_mempolicy
    flock sync syncfs
""")
_SERVING = _calls("bind connect listen accept accept4")
# Copying a file sets its mode: in a process that shares its user these have no effect. Setting times says that it is
# refused: touch() relies on that.
_MODES = _calls("""
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
""")
_TIMES = _calls("utime utimes futimesat utimensat")
# Landlock before version 3 does not know truncate; a filter cannot see what openat2 is asked.
_REFUSED_WHEN_ALONE = _calls("fork vfork tkill pidfd_send_signal truncate openat2")


_NO_NAMESPACES = ArgumentCheck(0, among=(0,), mask=NEW_NAMESPACES)
_ONLY_THREADS = ArgumentCheck(0, among=(_CLONE_THREAD,), mask=_CLONE_THREAD | NEW_NAMESPACES)


def _network(unix_sockets: bool) -> list[Rule]:
    """Sockets: connected pairs, and Unix sockets where their names lead nowhere but into the sandbox.

    A datagram pair is refused too: it can be used to send to any name.
    """
    unix = ArgumentCheck(0, among=(socket.AF_UNIX,))
    stream = ArgumentCheck(1, among=(socket.SOCK_STREAM,), mask=_SOCKET_TYPE)
    options = (ArgumentCheck(2, never=_BUFFER_SIZES, error=0), ArgumentCheck(2, among=_SOCKET_OPTIONS))
    pairs = Rule("socketpair", (unix,) if unix_sockets else (unix, stream))
    sockets = [Rule("socket", (unix,))] if unix_sockets else []
    return [pairs, *sockets, Rule("setsockopt", options, error=errno.ENOPROTOOPT)]


def _hidden_memory() -> Rule:
    """No memory that stays after it is no longer mapped, or large pages, which neither limits nor the supervisor see.

    Processes share memory through files of the scratch folder, whose size is limited.
    """
    shared = mmap.MAP_SHARED | mmap.MAP_ANONYMOUS
    checks = (
        ArgumentCheck(3, never=(shared,), mask=shared),
        ArgumentCheck(3, never=(_MAP_HUGETLB,), mask=_MAP_HUGETLB),
    )
    return Rule("mmap", checks, error=errno.ENOMEM)


def _alone(pid: int) -> list[Rule]:
    """For a process that shares its user with others and sees them: it acts on itself only, and has no children."""
    itself = ArgumentCheck(0, among=(pid,))
    # Landlock before version 3 does not know the emptying of a file by opening it to read.
    access = os.O_TRUNC | os.O_ACCMODE
    empties = (os.O_TRUNC | os.O_RDONLY, access)
    return [
        Rule("openat", (ArgumentCheck(2, never=empties, mask=access),)),
        Rule("open", (ArgumentCheck(1, never=empties, mask=access),)),
        Rule("clone", (_ONLY_THREADS,)),
        Rule("prlimit64", (ArgumentCheck(0, among=(0, pid)),)),
        *(Rule(call, (itself,)) for call in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")),
        *(Rule(call, error=0) for call in _MODES),
    ]


def policy(*, unix_sockets: bool, alone: int | None) -> tuple[list[Rule], list[str]]:
    """The rules for a submission's process, and the calls that it may make beyond them, as for `assemble`.

    Args:
        unix_sockets: whether it may have Unix sockets, which is safe where it has a network and a file tree of its own.
        alone: its process id, where nothing else separates it from the other processes of its user; else None.
    """
    rules = [
        _hidden_memory(),
        Rule("fcntl", (ArgumentCheck(1, never=_RECORD_LOCKS, error=0), ArgumentCheck(1, among=_FCNTLS))),
        Rule("ioctl", (ArgumentCheck(1, among=_IOCTLS),), error=errno.ENOTTY),
        *([Rule("clone", (_NO_NAMESPACES,))] if alone is None else _alone(alone)),
        *_network(unix_sockets),
        # It ends with its supervisor, and the supervisor sees what it uses.
        Rule(
            "prctl",
            (
                ArgumentCheck(0, never=(PR_SET_PDEATHSIG, PR_SET_DUMPABLE), error=0),
                ArgumentCheck(0, among=(*_PRCTLS, _PR_SET_VMA, _PR_GET_AUXV)),
            ),
            error=errno.EINVAL,
        ),
        # Others would have to read the files again that it has the machine forget.
        Rule("fadvise64", (ArgumentCheck(3, never=(_POSIX_FADV_DONTNEED,)),), error=0),
        *(Rule(call, error=0) for call in _WITHOUT_EFFECT),
    ]
    # The C library falls back from clone3, whose flags a filter cannot see, to clone.
    allowed = {*_ALLOWED, *(_SERVING if unix_sockets else ()), *(_MODES + _TIMES if alone is None else ())}
    return rules, sorted(allowed.difference(() if alone is None else _REFUSED_WHEN_ALONE))
