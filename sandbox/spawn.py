"""Forks a confined process off the caller.

caller ─fork─▶ supervisor, outside, watches ─fork─▶ student's process: shuts itself in, then runs the student's code
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from sandbox import identity, kernel, namespaces, paths
from sandbox.cgroup import own_group
from sandbox.enter import Sandbox, close_all_but
from sandbox.errors import SandboxError
from sandbox.limits import Limits, keep_to
from sandbox.mechanisms import Mechanisms
from sandbox.process import Exit, Process, Reason
from sandbox.scratch import place_for_folders, scratch_folder
from sandbox.supervisor import Supervisor

DEFAULT = Limits()

_NOT_CONFINED = 70


@dataclass(frozen=True)
class _Order:
    """What `spawn` was asked for.

    Attributes:
        parent: where the scratch folder is made.
    """

    run: Callable[[], None]
    mechanisms: Mechanisms
    limits: Limits
    parent: Path
    files: Path | None
    readable: Sequence[Path]
    keep: Collection[int]


def _student(sandbox: Sandbox, run: Callable[[], None], keep: Collection[int], refusal: int) -> NoReturn:
    """The student's process, from its first step to its end."""
    try:
        sandbox.enter({*keep, refusal})
    except BaseException as problem:
        os.write(refusal, f"{type(problem).__name__}: {problem}".encode())
        os._exit(_NOT_CONFINED)
    os.close(refusal)
    code = 0
    try:
        run()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    with contextlib.suppress(Exception):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code & 0xFF)


def _watched(sandbox: Sandbox, order: _Order, channel: socket.socket) -> Exit:
    """Starts the student's process and watches it to its end."""
    hears, refusal = os.pipe()
    if sandbox.mechanisms.namespaces:
        namespaces.for_children(sandbox.mechanisms.user_namespace)
    # A request to end waits until the supervisor can answer it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    student = os.fork()
    if student == 0:
        channel.close()
        _student(sandbox, order.run, order.keep, refusal)
    close_all_but({channel.fileno(), hears})
    return Supervisor(student, channel, hears, sandbox).run()


def _ended(order: _Order, channel: socket.socket) -> Exit:
    """Makes a place for the submission, has it run there, and clears it away."""
    mechanisms = order.mechanisms
    user = identity.spare_user(os.getpid()) if mechanisms.separate_user else os.geteuid()
    on_disk, in_memory = (None, order.files) if mechanisms.namespaces else (order.files, None)
    with (
        scratch_folder(order.parent, on_disk, user) as folder,
        own_group(mechanisms.control_group, order.limits) as group,
    ):
        sandbox = Sandbox(mechanisms, order.limits, folder, in_memory, order.readable, user, group)
        return _watched(sandbox, order, channel)


def _supervise(order: _Order, channel: socket.socket) -> NoReturn:
    """The supervisor's process, from its first step to its end."""
    try:
        for each in (signal.SIGINT, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        os.setpgid(0, 0)
        # Watching many processes takes time, too.
        keep_to(order.limits.cores)
        if kernel.LINUX:
            kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
        ended = _ended(order, channel)
    except BaseException as problem:
        ended = Exit(Reason.NOT_CONFINED, f"{type(problem).__name__}: {problem}", _NOT_CONFINED)
    with contextlib.suppress(OSError):
        channel.sendall(ended.encode())
    os._exit(0)


def _check_single_threaded() -> None:
    """A fork copies one thread; locks that the others hold would stay locked for ever."""
    threads = len(os.listdir("/proc/self/task")) if kernel.LINUX else threading.active_count()  # noqa: PTH208
    if threads > 1:
        raise SandboxError(
            f"Submissions cannot be started from a process with {threads} threads; "
            "set OMP_NUM_THREADS, OPENBLAS_NUM_THREADS and MKL_NUM_THREADS to 1 before torch and numpy are imported."
        )


def spawn(
    run: Callable[[], None],
    *,
    mechanisms: Mechanisms,
    limits: Limits = DEFAULT,
    files: Path | None = None,
    readable: Sequence[Path] = (),
    keep_fds: Collection[int] = (),
) -> Process:
    """Forks a process that is shut in and then calls ``run``; it ends when that returns.

    The process's home and working folder is a scratch folder of its own, which is gone when it ends. The caller closes
    its own copies of the child's descriptors. The child inherits the caller's memory, so that must hold no secrets:
    start the caller with ``environment.clean_environment()``.

    Args:
        run: what the student's process does.
        mechanisms: what to put in force, from ``require(probe(...))``; ``NONE`` for no isolation at all.
        limits: what the submission may use.
        files: a folder with what the scratch folder is to hold at first, such as what else was handed in; it is
            copied, and stays as it is.
        readable: what it may read beyond the system's programs and Python with its packages, such as the course's data.
        keep_fds: descriptors that the child keeps; 0, 1 and 2 lead nowhere unless they are among these.

    Raises:
        SandboxError: this process has several threads, or there is no place for scratch folders.
    """
    _check_single_threaded()
    visible = paths.readable(tuple(readable))
    order = _Order(run, mechanisms, limits, place_for_folders(visible), files, visible, keep_fds)
    mine, theirs = socket.socketpair()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        mine.close()
        _supervise(order, theirs)
    theirs.close()
    return Process(pid, mine)
