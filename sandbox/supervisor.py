"""The supervisor: the process between the caller and a student's process, outside the sandbox.

It watches what all processes of the submission use together, and ends everything when a limit is crossed, on request,
when the student's process ends or when nobody holds its channel any more.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import socket
import tempfile
import time
from pathlib import Path

from sandbox import identity, usage
from sandbox.enter import Sandbox
from sandbox.process import Exit, PeakUsage, Reason
from sandbox.scratch import remove

WATCH_SECONDS = 0.05

# Where any user may write when neither Landlock nor a tree of files of its own forbids it.
_SHARED_FOLDERS = (Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"))


def _seconds_of_ended_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _alarm() -> int:
    """A descriptor that becomes readable when a child ends."""
    alarm, rings = os.pipe()
    os.set_blocking(rings, False)
    signal.set_wakeup_fd(rings, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return alarm


class Supervisor:
    """Watches one submission.

    Args:
        student: its first process, a child of this one.
        channel: the connection to the holder of the `Process`.
        refusal: a pipe from which can be read why the student's process could not be confined.
        sandbox: what it is confined in.
    """

    def __init__(self, student: int, channel: socket.socket, refusal: int, sandbox: Sandbox) -> None:
        self.student = student
        self.channel = channel
        self.refusal = refusal
        self.mechanisms = sandbox.mechanisms
        self.limits = sandbox.limits
        self.scratch = sandbox.scratch
        self.user = sandbox.user
        self.group = sandbox.group
        self.usage = PeakUsage()
        # Copies of the caller's pages are not the submission's.
        self._shared_bytes = usage.use([os.getpid()]).memory_bytes
        self._verdict: tuple[Reason, str] | None = None
        self._code: int | None = None
        self._student_seconds = 0.0
        self._too_slow = f"It used more than {self.limits.cpu_seconds} s of CPU time."
        self._too_large = f"It used more than {self.limits.memory_bytes >> 20} MB of memory."

    def run(self) -> Exit:
        """Watches until the submission has ended and nothing of it is left."""
        alarm = _alarm()
        signal.signal(signal.SIGTERM, lambda *_: self._give_up())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        events = select.poll()
        events.register(self.channel, select.POLLIN)
        events.register(alarm, select.POLLIN)
        while self._verdict is None and self._code is None:
            ready = {fd for fd, _ in events.poll(1000 * WATCH_SECONDS)}
            if self.channel.fileno() in ready:
                with contextlib.suppress(ConnectionResetError):
                    self.channel.recv(1)
                self._give_up()
            if alarm in ready:
                os.read(alarm, 4096)
            if self._is_shut_in():
                self._watch()
            self._reap()
        self._end()
        return self._account()

    def _is_shut_in(self) -> bool:
        """Whether the student's process runs the student's code, and no longer hides that it is being shut in."""
        return bool(select.select([self.refusal], [], [], 0)[0])

    def _reap(self) -> bool:
        """Takes note of children that have ended; whether others remain."""
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status, used = os.wait4(-1, os.WNOHANG)
                if pid == 0:
                    return True
                if pid == self.student:
                    self._code = os.waitstatus_to_exitcode(status)
                    self._student_seconds = used.ru_utime + used.ru_stime
        return False

    def _give_up(self) -> None:
        # How it ended by itself, if it has, is worth more than that nobody waits for it any longer.
        self._reap()
        if self._code is None:
            self._verdict = self._verdict or (Reason.KILLED, "The grader ended it.")

    def _watch(self) -> None:
        """Compares what the submission uses with its limits."""
        pids = usage.descendants(os.getpid())
        use = usage.use(pids)
        now = PeakUsage(
            use.cpu_seconds + _seconds_of_ended_children(),
            self._memory(pids, use),
            use.tasks,
            0 if self.mechanisms.namespaces else self._stored(pids),
        )
        self.usage = self.usage.or_more(now)
        self._verdict = self._verdict or self._crossed(now)

    def _crossed(self, now: PeakUsage) -> tuple[Reason, str] | None:
        """The first limit that is crossed."""
        limits = self.limits
        if now.cpu_seconds > limits.cpu_seconds:
            return Reason.CPU, self._too_slow
        if now.memory_bytes > limits.memory_bytes:
            return Reason.MEMORY, self._too_large
        if now.tasks > limits.processes:
            return Reason.PROCESSES, f"It ran more than {limits.processes} processes and threads."
        if now.scratch_bytes > limits.scratch_bytes:
            return Reason.DISK, f"It stored more than {limits.scratch_bytes >> 20} MB."
        return None

    def _memory(self, pids: list[int], use: usage.Usage) -> int:
        """The submission's memory; exact, sockets included, only when a quick upper estimate crosses the limit."""
        estimate = max(0, use.memory_bytes - self._shared_bytes)
        if estimate + usage.SOCKET_BYTES * use.descriptors <= self.limits.memory_bytes:
            return estimate
        with self._as_student():
            exact, in_sockets = usage.exact_memory(pids), usage.socket_memory(pids)
        return (estimate if exact is None else exact) + in_sockets

    def _stored(self, pids: list[int]) -> int:
        with self._as_student():
            unnamed = usage.stored_unnamed(pids)
        return unnamed + sum(map(usage.stored, [self.scratch, *self._strays()]))

    def _as_student(self) -> contextlib.AbstractContextManager[None]:
        """In a container root may not look into another user's processes, but that user may."""
        return identity.acting_as(self.user) if self.mechanisms.separate_user else contextlib.nullcontext()

    def _strays(self) -> list[Path]:
        """What the submission's own user left in folders that are open to all."""
        if not self.mechanisms.separate_user or self.mechanisms.namespaces or self.mechanisms.landlock:
            return []
        folders = {Path(tempfile.gettempdir()), *_SHARED_FOLDERS}
        entries = [entry for folder in folders if folder.is_dir() for entry in os.scandir(folder)]
        found = []
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                if entry.stat(follow_symlinks=False).st_uid == self.user:
                    found.append(Path(entry.path))
        return [path for path in found if path != self.scratch]

    def _end(self) -> None:
        """Ends and reaps every process of the submission."""
        if self.group:
            self.group.kill_all()
        if self.mechanisms.separate_user and not self.mechanisms.namespaces:
            identity.kill_all(os.getpid())
        # Orphans come to this process, their subreaper, one generation after another where nothing ends all at once.
        while self._reap():
            for pid in usage.descendants(os.getpid()) or [self.student]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.001)
        self.usage = self.usage.or_more(PeakUsage(cpu_seconds=_seconds_of_ended_children()))

    def _account(self) -> Exit:
        """The exit report; no process and no stray file is left."""
        remove(self._strays())
        out_of_memory = self.group is not None and self.group.ran_out_of_memory()
        code = self._code or 0
        refused = os.read(self.refusal, 4096).decode(errors="replace")
        if refused:
            return Exit(Reason.NOT_CONFINED, refused, code)
        reason, detail = self._verdict or self._reason(code, out_of_memory)
        return Exit(reason, detail, code, self.usage)

    def _reason(self, code: int, out_of_memory: bool) -> tuple[Reason, str]:
        if code == 0:
            return Reason.FINISHED, ""
        if code > 0:
            return Reason.EXITED, f"Its process ended itself with code {code}."
        if out_of_memory:
            return Reason.MEMORY, self._too_large
        if code == -signal.SIGXCPU or (code == -signal.SIGKILL and self._student_seconds >= self.limits.cpu_seconds):
            return Reason.CPU, self._too_slow
        return Reason.CRASHED, f"Its process was ended by signal {-code} ({signal.strsignal(-code)})."
