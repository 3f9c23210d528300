"""A confined submission as the caller sees it: how to end it, and how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
from dataclasses import asdict, astuple, dataclass, field
from enum import StrEnum


class Reason(StrEnum):
    """Why a submission's processes ended."""

    FINISHED = "finished"
    EXITED = "exited"
    CRASHED = "crashed"
    CPU = "cpu"
    MEMORY = "memory"
    PROCESSES = "processes"
    DISK = "disk"
    KILLED = "killed"
    NOT_CONFINED = "not confined"


@dataclass(frozen=True)
class PeakUsage:
    """The most that a submission's processes used together, as far as it was seen.

    Attributes:
        cpu_seconds: CPU time of all.
        memory_bytes: memory beyond what they share with the caller.
        tasks: processes and threads at one time.
        scratch_bytes: size of the scratch folder where it is on disk; 0 where it is held in memory.
    """

    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    tasks: int = 0
    scratch_bytes: int = 0

    def or_more(self, other: PeakUsage) -> PeakUsage:
        """The larger of the two in each respect."""
        return PeakUsage(*map(max, astuple(self), astuple(other)))


@dataclass(frozen=True)
class Exit:
    """How a submission ended.

    Attributes:
        reason: why.
        detail: a sentence for the instructor; empty when it finished.
        code: the student's process's exit code, or minus the signal that ended it.
        usage: what it used.
    """

    reason: Reason
    detail: str = ""
    code: int = 0
    usage: PeakUsage = field(default_factory=PeakUsage)

    def encode(self) -> bytes:
        """As one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def decode(cls, line: bytes) -> Exit:
        """The inverse of `encode`."""
        fields = json.loads(line)
        return cls(Reason(fields["reason"]), fields["detail"], fields["code"], PeakUsage(**fields["usage"]))


class Process:
    """One submission's processes, through a channel to their supervisor.

    When the last copy of the channel is closed, for instance because the caller died, the supervisor ends everything.

    Attributes:
        pid: the supervisor's process id. It is a child of the process that called ``spawn``.
        channel: the connected socket; it may be handed to another process, which makes its own ``Process`` from it.
    """

    def __init__(self, pid: int, channel: socket.socket) -> None:
        self.pid = pid
        self.channel = channel
        self._heard = b""
        self._exit: Exit | None = None

    def fileno(self) -> int:
        """For ``select``: readable once the submission has ended."""
        return self.channel.fileno()

    def kill(self) -> Exit:
        """Ends every process of the submission, detached ones included, and waits until they are gone."""
        # Where it has ended already, nobody listens.
        with contextlib.suppress(OSError):
            self.channel.send(b"k")
        ended = self.wait()
        assert ended is not None
        return ended

    def poll(self) -> Exit | None:
        """How it ended; None while it runs."""
        return self.wait(0)

    def wait(self, seconds: float | None = None) -> Exit | None:
        """Waits until it has ended, at most ``seconds``; None when it still runs then."""
        while self._exit is None:
            readable, _, _ = select.select([self.channel], [], [], seconds)
            if not readable:
                return None
            self._listen()
        return self._exit

    def _listen(self) -> None:
        try:
            part = self.channel.recv(65536)
        except ConnectionResetError:
            part = b""
        self._heard += part
        if self._heard.endswith(b"\n"):
            self._exit = Exit.decode(self._heard)
        elif not part:
            self._exit = Exit(Reason.CRASHED, "Its supervisor was ended from outside.", -9)
        if self._exit:
            self.channel.close()
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self.pid, 0)
