"""The controller's side of the processes that grade one submission."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from autograder.boundary.channel import Channel
from autograder.boundary.malformed import MalformedMessage
from autograder.errors import CourseError
from autograder.execution.meter import Limit, Meter, OutOfTimeError, look_at
from autograder.execution.preparation import Preparation
from sandbox.cgroup import group_name
from sandbox.environment import clean_environment
from sandbox.limits import Limits
from sandbox.mechanisms import Mechanisms

# Seconds in which a process that has closed its channel tells why it ended: of processor time, or without any.
PATIENCE = 1.0
# A reply is a few sentences. A large one could be JSON that takes up twenty times as much memory once it is read, and
# reading it would hold up every other submission.
REPLY_BYTES = 1 << 20
PACKAGES = str(Path(__file__).resolve().parents[2])


class NotConfinedError(Exception):
    """The system refused to confine a student's process, which never ran: no verdict can come of that."""


class Zygote:
    """The process that all others are forked from; shared by all jobs of a run.

    Args:
        preparation: what the course has imported and set up.
        readable: files and folders that students' processes may read besides Python and the system's libraries.
        hidden: what is none of a submission's business, so that an instructor is told of a reach for it.
        mechanisms: what confines them.
        limits: what each student's process may use.
    """

    def __init__(
        self,
        preparation: Preparation,
        readable: Sequence[Path],
        hidden: Sequence[Path],
        mechanisms: Mechanisms,
        limits: Limits,
    ) -> None:
        self.preparation, self.readable, self.hidden = preparation, readable, hidden
        self.mechanisms, self.limits = mechanisms, limits
        self._lock = threading.Lock()
        self._socket, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            # With -P nothing is imported from the folder that grading happens to be run in.
            [
                sys.executable,
                "-P",
                "-m",
                "autograder.execution.fork_server",
                str(theirs.fileno()),
                preparation.as_text(),
            ],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env={**clean_environment(), "PYTHONPATH": os.pathsep.join((str(preparation.root), PACKAGES))},
            start_new_session=True,
        )
        theirs.close()
        self._replies = self._socket.makefile("rb")

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._socket.close()
        self._replies.close()
        self._process.wait()

    def stop(self) -> None:
        """End it now with all that it forked; whoever waits for its answer is told that it has ended."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def ask(self, what: str, descriptors: Sequence[int] = (), **arguments: Any) -> dict[str, Any]:
        """Have the zygote do something; see ``autograder.execution.fork_server.ForkServer`` for what it can do."""
        line = json.dumps({"do": what, **arguments}).encode() + b"\n"
        with self._lock:
            # Where it has ended, its last words may still be there to read.
            with contextlib.suppress(OSError):
                socket.send_fds(self._socket, [line], list(descriptors))
            try:
                reply = self._replies.readline()
            except OSError:
                reply = b""
        if not reply:
            raise CourseError(
                "the process that grading forks from has ended; see the messages above it, and try again."
            )
        answer: dict[str, Any] = json.loads(reply)
        if "failed" in answer:
            raise CourseError(answer["failed"])
        return answer


@dataclass
class ForkedProcess:
    """One forked process and the channel to it."""

    pid: int
    channel: Channel
    meter: Meter
    silent: bool = False

    def ask(self, request: dict[str, Any], limit: Limit) -> dict[str, Any]:
        """Send a request and wait for its reply.

        Raises:
            OutOfTimeError: if the limit is crossed before it comes.
            EOFError: if the process ended, or answered something that is not a reply.
        """
        try:
            self._hear_from_it()
            with self.meter.limited(limit) as self.channel.watch:
                self.channel.send(json.dumps(request).encode())
                reply = json.loads(self.channel.receive())
        except (MalformedMessage, ValueError, RecursionError) as error:
            raise EOFError("the process answered something that is not a reply") from error
        if not isinstance(reply, dict):
            raise EOFError("the process answered something that is not a reply")
        return reply

    def _hear_from_it(self) -> None:
        """Wait until a process that says when it is ready has said so: nothing of a submission runs before that."""
        if self.silent:
            self.channel.watch = None
            self.channel.receive()
            self.silent = False


class ProcessPair:
    """A student's process and the tests' process beside it, connected to each other.

    Args:
        zygote: what they are forked from.
        seed: what hidden tests draw their inputs from.
        cores: the cores that both may use; all if there are none here.
        files: a folder with what the student's working folder holds at first.

    Attributes:
        meter: counts what both, and all that the student's one starts, cause.
    """

    def __init__(self, zygote: Zygote, seed: int, cores: Sequence[int] = (), files: Path | None = None) -> None:
        self._zygote = zygote
        calls, answers = socket.socketpair()
        try:
            student = self._fork(
                "fork_student",
                answers,
                mechanisms=asdict(zygote.mechanisms),
                limits=asdict(zygote.limits) | {"cores": list(cores)},
                readable=[str(path) for path in zygote.readable],
                hidden=[str(path) for path in zygote.hidden],
                files=str(files or ""),
            )
            tests = self._fork("fork_grader", calls, seed=seed, cores=list(cores))
        finally:
            calls.close()
            answers.close()
        above = zygote.mechanisms.control_group
        group = Path(above, group_name(student[0])) if above else None
        self.meter = Meter(partial(look_at, student[0], tests[0], group))
        self.student = ForkedProcess(*student, self.meter, silent=True)
        self.grader = ForkedProcess(*tests, self.meter)

    def _fork(self, what: str, other: socket.socket, **arguments: Any) -> tuple[int, Channel]:
        ours, theirs = socket.socketpair()
        try:
            reply = self._zygote.ask(what, [theirs.fileno(), other.fileno()], **arguments)
        finally:
            theirs.close()
        return reply["pid"], Channel(ours, most=REPLY_BYTES)

    def end(self, *, died: bool = False) -> str:
        """End both processes and everything the student's one started.

        Args:
            died: whether it is known to have ended, so that the word of how it did is on its way.

        Returns:
            How the student's process had ended; empty if it had not.

        Raises:
            NotConfinedError: if it never ran.
        """
        if died:
            self._wait_for_the_word()
        ended = self._zygote.ask("end_student", pid=self.student.pid)
        self._zygote.ask("end_grader", pid=self.grader.pid)
        self.student.channel.close()
        self.grader.channel.close()
        if ended["refused"]:
            raise NotConfinedError(ended["reason"])
        reason: str = ended["reason"]
        return reason

    def _wait_for_the_word(self) -> None:
        """Wait until it is known how the student's process ended; others can be started and ended meanwhile.

        It may have closed its channel and live on. So this has an end, which a busy machine does not bring nearer.
        """
        with contextlib.suppress(OutOfTimeError), self.meter.limited(Limit.of(PATIENCE)) as is_time_left:
            while not self._zygote.ask("has_ended", pid=self.student.pid)["ended"]:
                is_time_left()
                time.sleep(0.01)
