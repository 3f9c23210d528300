"""The student's process: runs the student's cells in an IPython shell and answers the tests' calls.

Everything that leaves this process may be a lie: the student's code can patch any of this.
"""

from __future__ import annotations

import io
import json
import select
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from autograder.boundary.channel import Channel
from autograder.boundary.student import Objects
from autograder.execution.untrusted.audit import Notices
from autograder.execution.untrusted.guard import Guard
from autograder.execution.untrusted.prompts import answer_prompts
from autograder.execution.untrusted.shell import Shell
from autograder.execution.untrusted.statements import Cells


class Nowhere(io.TextIOBase):
    """Takes what is written, which nobody reads."""

    encoding = "utf-8"

    def writable(self) -> bool:
        """Text can be written."""
        return True

    def write(self, text: str) -> int:
        """Take a text and forget it."""
        return len(text)

    def fileno(self) -> int:
        """The process's standard output, which leads nowhere, for what writes past Python."""
        return 1

    def isatty(self) -> bool:
        """No terminal: progress bars and colours stay away."""
        return False


def serve(
    control: socket.socket,
    calls: socket.socket,
    shell: Shell,
    hidden: Sequence[str],
    question_functions: Mapping[str, Callable[[Any], Any]],
) -> None:
    """Run cells as the controller asks and answer calls as the tests ask, until the controller hangs up.

    Args:
        shell: runs the cells.
        hidden: what is none of a submission's business.
        question_functions: what answers the questions of tests beside Python's own operations, by name.
    """
    controller, tests = Channel(control), Channel(calls)
    guard = Guard()
    objects = Objects(shell.user_ns, guard, question_functions)
    answer_prompts()
    notices = Notices(hidden)
    sys.stdin = io.StringIO()
    # What a student handed in beside the notebook, and what cells write, can be imported; it shadows nothing.
    sys.path.append("")
    shell.cells = Cells(shell)
    shell.builtin_trap.activate()
    # Nothing counts as the submission's time before this word.
    controller.send(b"{}")
    while True:
        ready, _, _ = select.select([control, calls], [], [])
        if control in ready:
            request = json.loads(controller.receive())
            sys.stdout = sys.stderr = Nowhere()
            objects.ground.give_back()
            run = partial(shell.cells.run, request["source"])
            failures = guard.run_cell(request.get("forbids", ()), shell.user_ns, request.get("answer", ""), run)
            reply = {"failures": [failure.as_json() for failure in failures], "noticed": notices.take()}
            reply["used"] = guard.take()
            controller.send(json.dumps(reply).encode())
        elif calls in ready:
            sys.stdout = sys.stderr = Nowhere()
            tests.send(objects.answer(tests.receive()))
