"""How a student's process is shut in: one mechanism after another, from the outside to the inside."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox import bpf, capabilities, identity, kernel, landlock, limits, mounts, namespaces, paths, seccomp
from sandbox.cgroup import Group
from sandbox.environment import student_environment
from sandbox.limits import Limits
from sandbox.mechanisms import Mechanisms


@dataclass(frozen=True)
class Sandbox:
    """The mechanisms around one submission.

    Attributes:
        mechanisms: the mechanisms to put in force.
        limits: what the submission may use.
        scratch: its folder: absolute, without links.
        files: what that is to hold where it is held in memory; elsewhere it holds it already.
        readable: all that it may read: existing, none inside another, the scratch folder in none of them.
        user: the user that it runs as.
        group: its control group, if it has one.
    """

    mechanisms: Mechanisms
    limits: Limits
    scratch: Path
    files: Path | None
    readable: Sequence[Path]
    user: int
    group: Group | None

    def enter(self, keep: Collection[int]) -> None:
        """Shuts this process in, for good.

        Args:
            keep: the descriptors that stay open.

        Raises:
            OSError: a mechanism that should be in force was refused.
        """
        mapped = limits.address_space()
        _end_with_parent()
        _forget_signals()
        # Leaves the grader's terminal; and gets a share of the cores as one, where Linux shares them among sessions.
        os.setsid()
        if kernel.LINUX:
            # When the machine itself runs out of memory, a submission goes first, and the grader stays.
            Path("/proc/self/oom_score_adj").write_text("1000")
        if self.group:
            self.group.join()
        if self.mechanisms.namespaces:
            os.umask(0o022)
            namespaces.for_this_process()
            mounts.enter(self.readable, self.scratch, self.files, size=self.limits.scratch_bytes, owner=self.user)
        close_all_but(keep)
        os.umask(0o077)
        limits.apply(self.limits, mapped=mapped, count_processes=self.mechanisms.counts_processes)
        if self.mechanisms.any:
            self._give_up_rights()
        _move_into(self.scratch)
        if self.mechanisms.landlock:
            self._give_up_files()
        if self.mechanisms.seccomp:
            alone = os.getpid() if self.mechanisms.alone else None
            policy = seccomp.policy(unix_sockets=self.mechanisms.namespaces, alone=alone)
            bpf.install(bpf.assemble(*policy))

    def _give_up_rights(self) -> None:
        if self.mechanisms.separate_user:
            identity.become(self.user)
            # The change of user undid both: this, and that a process may read about itself in /proc.
            _end_with_parent()
            kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
        capabilities.keep_only()
        kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)

    def _give_up_files(self) -> None:
        if self.mechanisms.namespaces:
            processes, writable = [Path("/proc")], [self.scratch, *mounts.SHARED]
        else:
            processes, writable = [*paths.MACHINE, Path("/proc", str(os.getpid()))], [self.scratch]
        landlock.restrict(
            readable=[*self.readable, *processes],
            devices=paths.DEVICES,
            terminals=() if self.mechanisms.alone else paths.TERMINALS,
            writable=writable,
        )


def _end_with_parent() -> None:
    """Ends when the supervisor does."""
    if kernel.LINUX:
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)


def _forget_signals() -> None:
    """Handles signals as a new Python process does."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for each in (signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def close_all_but(keep: Collection[int]) -> None:
    """Leaves no descriptor but ``keep``; standard input, output and error lead nowhere unless they are among these."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in {0, 1, 2}.difference(keep):
        os.dup2(nowhere, fd)
    kept = sorted({0, 1, 2, *keep})
    for low, high in zip(kept, [*kept[1:], os.sysconf("SC_OPEN_MAX")], strict=True):
        os.closerange(low + 1, high)


def _move_into(scratch: Path) -> None:
    """Works in the scratch folder, with an environment that tells nothing of the grader's."""
    os.chdir(scratch)
    surroundings = student_environment(scratch)
    os.environ.clear()
    os.environ.update(surroundings)
    tempfile.tempdir = None
    sys.dont_write_bytecode = True
