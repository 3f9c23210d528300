"""The student's process: runs the student's cells in an IPython shell and answers the tests' calls.

Everything that leaves this process may be a lie: the student's code can patch any of this.
"""

from __future__ import annotations

import io
import json
import select
import socket
import sys
import traceback
from collections.abc import Sequence
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from autograder.boundary.channel import Channel
from autograder.boundary.student import Objects
from autograder.execution.untrusted.noise import answer_prompts, offer_colab, without_noise
from autograder.execution.untrusted.notices import Notices

OUTPUT_CHARACTERS = 20_000


class CappedText(io.TextIOBase):
    """Keeps the beginning of what is written and forgets the rest."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.text = ""

    def writable(self) -> bool:
        """Text can be written."""
        return True

    def write(self, text: str) -> int:
        """Keep ``text`` as far as there is room."""
        self.text += str(text)[: OUTPUT_CHARACTERS - len(self.text)]
        return len(text)

    def fileno(self) -> int:
        """The process's standard output, which leads nowhere, for what writes past Python."""
        return 1

    def isatty(self) -> bool:
        """No terminal: progress bars and colours stay away."""
        return False


class Shell(InteractiveShell):
    """IPython's shell where there is no terminal, no window and no browser."""

    system = InteractiveShell.system_raw

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        """Run a magic; one that only another front end has, or a package that is not installed, does nothing."""
        try:
            return super().run_line_magic(magic_name, line, _stack_depth + 1)
        except UsageError:
            if self.find_line_magic(magic_name):
                raise
            print(f"%{magic_name} does nothing here: grading has no such magic.")

    def enable_gui(self, gui: str | None = None) -> None:
        """Windows stay closed."""


def make_shell() -> InteractiveShell:
    """The shell that runs students' cells, made once before processes are forked."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "NoColor"
    config.InteractiveShell.xmode = "Minimal"
    return Shell.instance(config=config)


def serve(control: socket.socket, calls: socket.socket, shell: InteractiveShell, hidden: Sequence[str]) -> None:
    """Run cells as the supervisor asks and answer calls as the tests ask, until the supervisor hangs up."""
    supervisor, tests = Channel(control), Channel(calls)
    objects = Objects(shell.user_ns)
    offer_colab()
    answer_prompts()
    notices = Notices(hidden)
    sys.stdin = io.StringIO()
    while True:
        ready, _, _ = select.select([control, calls], [], [])
        if control in ready:
            request = json.loads(supervisor.receive())
            reply = _run(shell, request["source"]) | {"noticed": notices.take()}
            supervisor.send(json.dumps(reply).encode())
        elif calls in ready:
            sys.stdout = sys.stderr = CappedText()
            tests.send(objects.answer(tests.receive()))


def _run(shell: InteractiveShell, source: str) -> dict[str, Any]:
    output = CappedText()
    sys.stdout = sys.stderr = output
    result = shell.run_cell(without_noise(source), store_history=False)
    error = result.error_before_exec or result.error_in_exec
    reply: dict[str, Any] = {"output": output.text, "error": None}
    if error is not None:
        reply["error"] = {"type": type(error).__name__, "message": _text_of(error), "line": _line_of(error)}
    return reply


def _text_of(error: BaseException) -> str:
    try:
        # A syntax error's whole text repeats the line, and names a file that is none.
        text = error.msg if isinstance(error, SyntaxError) else error
        return str(text)[:2000]
    except Exception:
        return "(its text cannot be shown)"


def _line_of(error: BaseException) -> int | None:
    """The line of the student's cell that failed."""
    if isinstance(error, SyntaxError):
        return error.lineno
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "ipykernel" in frame.filename or "ipython-input" in frame.filename
    ]
    return frames[-1].lineno if frames else None
