"""A process that has imported what notebooks need, once, and forks one process per submission and role.

Started by ``autograder.execution.processes.Zygote`` as ``python -P -m autograder.execution.fork_server FD
PREPARATION``, with a ``Preparation`` as text. It never runs a torch operation and starts no thread, so that its forks
are whole. Requests and replies are single lines of JSON on the socket ``FD``; the sockets of a new process travel
beside its request.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import resource
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.execution import grader
from autograder.execution.authored import Authored, of_modules
from autograder.execution.preparation import Preparation, setting
from autograder.execution.untrusted import guard, student
from autograder.execution.untrusted.shell import make_shell
from autograder.settings import FILE
from coursekit.seeds import VARIABLE
from sandbox import hugepages, kernel
from sandbox.limits import Limits, keep_to
from sandbox.mechanisms import Mechanisms
from sandbox.process import Process, Reason
from sandbox.spawn import spawn

REQUEST_BYTES = 65536
TESTS_BYTES = 4 << 30


@dataclass
class ForkServer:
    """Forks and ends processes as the controller asks.

    Attributes:
        shell: runs students' cells.
        sentences: what students may read when a hidden test fails.
        question_functions: what answers the questions of tests, by name.
    """

    controller: socket.socket
    shell: Any
    sentences: Authored
    question_functions: Mapping[str, Callable[[Any], Any]]
    students: dict[int, Process] = field(default_factory=dict)

    def serve(self) -> None:
        """Answer requests until the controller hangs up or is killed; then end every process."""
        with contextlib.suppress(ConnectionError):
            while self._answer():
                pass
        for pid in list(self.students):
            self.end_student(pid)

    def _answer(self) -> bool:
        """Answer one request; whether there was one."""
        data, descriptors, _, _ = socket.recv_fds(self.controller, REQUEST_BYTES, 2)
        if not data:
            return False
        while not data.endswith(b"\n"):
            data += self.controller.recv(REQUEST_BYTES)
        request = json.loads(data)
        reply = getattr(self, request.pop("do"))(*descriptors, **request)
        self.controller.sendall(json.dumps(reply).encode() + b"\n")
        return True

    def fork_student(
        self,
        control: int,
        calls: int,
        *,
        mechanisms: dict[str, Any],
        limits: dict[str, Any],
        readable: list[str],
        hidden: list[str],
        files: str,
    ) -> dict[str, Any]:
        """Fork a student's process, confined."""

        def run() -> None:
            student.serve(
                socket.socket(fileno=control), socket.socket(fileno=calls), self.shell, hidden, self.question_functions
            )

        confined = spawn(
            run,
            mechanisms=Mechanisms(**mechanisms),
            limits=Limits(**limits),
            files=Path(files) if files else None,
            readable=[Path(path) for path in readable],
            keep_fds=[control, calls],
        )
        os.close(control)
        os.close(calls)
        self.students[confined.pid] = confined
        return {"pid": confined.pid}

    def has_ended(self, pid: int) -> dict[str, Any]:
        """Say whether a student's process has ended by itself."""
        return {"ended": self.students[pid].poll() is not None}

    def end_student(self, pid: int) -> dict[str, Any]:
        """End a student's process with everything it started; say how it had ended, if it had."""
        confined = self.students.pop(pid)
        ended = confined.poll() or confined.kill()
        reason = "" if ended.reason is Reason.KILLED else ended.detail
        return {"reason": reason, "refused": ended.reason is Reason.NOT_CONFINED}

    def fork_grader(self, control: int, calls: int, *, seed: int, cores: Sequence[int] = ()) -> dict[str, Any]:
        """Fork a process for the tests of one submission."""

        def run() -> None:
            os.setsid()
            keep_to(cores)
            os.environ[VARIABLE] = str(seed)
            grader.serve(socket.socket(fileno=control), socket.socket(fileno=calls), self.sentences)

        pid = _fork(run, close=self.controller.fileno())
        os.close(control)
        os.close(calls)
        return {"pid": pid}

    def end_grader(self, pid: int) -> dict[str, Any]:
        """End a process of the tests."""
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return {}


def _fork(run: Callable[[], None], close: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.close(close)
        if kernel.LINUX:
            kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
            # What comes from students' processes must not fill the machine's memory here either.
            resource.setrlimit(resource.RLIMIT_DATA, (TESTS_BYTES, TESTS_BYTES))
        run()
    finally:
        os._exit(0)


def prepare(preparation: Preparation) -> None:
    """Import what notebooks import.

    Raises:
        CourseError: if something that the course names is not there.
    """
    if preparation.package and not (preparation.root / preparation.package).is_dir():
        raise CourseError(f"{FILE}: package: there is no folder {preparation.package!r} in {preparation.root}.")
    for package in filter(None, ("coursekit", preparation.package)):
        with setting("package"):
            path = importlib.import_module(package).__path__
            for module in pkgutil.walk_packages(path, f"{package}."):
                importlib.import_module(module.name)
    for name in preparation.imports:
        with setting("imports"):
            importlib.import_module(name)


def main() -> None:
    """Import what notebooks import, then serve."""
    controller = socket.socket(fileno=int(sys.argv[1]))
    preparation = Preparation.from_text(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        prepare(preparation)
        with setting("sentences"):
            sentences = of_modules(("coursekit", *preparation.sentences))
        functions = preparation.question_functions()
        shell = make_shell()
        guard.install(preparation.forbids)
    except CourseError as error:
        with contextlib.suppress(OSError):
            controller.sendall(json.dumps({"failed": str(error)}).encode() + b"\n")
        return
    gc.freeze()
    hugepages.gather()
    ForkServer(controller, shell, sentences, functions).serve()


if __name__ == "__main__":
    main()
