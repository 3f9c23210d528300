"""The process of the tests: runs the locked test cells of the source, in which the student's names are handles.

What comes from the student's process is decoded by ``autograder.boundary`` and may be wrong but never dangerous.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import json
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import cached_property
from traceback import walk_tb
from typing import Any

from autograder.boundary import defaults
from autograder.boundary.channel import Channel
from autograder.boundary.grader import BoundaryError, Remote, StudentError, StudentFailed, StudentLied
from autograder.errors import HiddenModuleError
from autograder.execution import hidden_module
from autograder.execution.authored import Authored
from autograder.execution.state import changeable_in
from autograder.topics import HiddenModule
from autograder.verdicts.model import BROKEN, LOST, Status
from coursekit import leaderboard
from coursekit.advice import advice_on
from coursekit.checks import CheckFailed
from coursekit.exercises import PASSED, AnswerFailed, NotWritten, Outcome, outcome_of
from coursekit.seeds import grading_seed

MOST_CHARACTERS = 4000
UNJUDGED = "This test could not judge your answer. Your instructor can see why."
BUILTIN_ERRORS = {
    name for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, Exception)
}


class Given:
    """What an author gives tests to work with: given cells, run where tests see what they define, and ``hidden``."""

    def __init__(self, sources: Sequence[str], hidden: HiddenModule | None = None) -> None:
        self._sources, self._hidden = sources, hidden
        self._number = 0
        self._changes = -1
        self._names: dict[str, Any] = {}

    @cached_property
    def texts(self) -> Authored:
        """Their author's words."""
        return Authored((*self._sources, *([self._hidden.text] if self._hidden else [])))

    def failure(self) -> dict[str, Any]:
        """Run everything for the first time; if it fails, what to answer to every test."""
        try:
            if self._hidden:
                with _unheard():
                    hidden_module.load(self._hidden)
            self.names(0)
        except HiddenModuleError as error:
            return {"error": BROKEN, "message": error.says[:MOST_CHARACTERS], "hidden": error.place}
        except (Exception, SystemExit) as error:
            # Nothing of the student's has been run for it.
            text = f"{type(error).__name__}: {error}"
            return {"error": BROKEN, "message": text[:MOST_CHARACTERS], "cell": self._number}
        return {}

    def names(self, changes: int) -> dict[str, Any]:
        """What the given cells define; they run again where it may no longer be that.

        Args:
            changes: how many times the student's code has changed what tests passed to it. What a given cell made may
                have been among that, and a test that computes what it expects from it would agree with the change.
        """
        if changes != self._changes:
            self._changes, self._names = changes, {"__name__": "__main__"}
            for number, source in enumerate(self._sources):
                self._number = number
                with _unheard():
                    exec(compile(source, "<given cell>", "exec"), self._names)
        return self._names


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    """What is printed within goes nowhere."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def serve(control: socket.socket, calls: socket.socket, sentences: Authored) -> None:
    """Run given cells and tests as the controller asks, and look for what could change, until it hangs up.

    Args:
        sentences: what students may read: the texts of coursekit and of the modules that ``course.toml`` names.
    """
    controller = Channel(control)
    remote = Remote(Channel(calls))
    given = Given(())
    broken: dict[str, Any] = {}
    while True:
        request = json.loads(controller.receive())
        if "setup" in request:
            given = Given(request["setup"], HiddenModule(**request["hidden"]) if request["hidden"] else None)
            defaults.pin(grading_seed())
            broken = given.failure()
        if "test" in request:
            controller.send(json.dumps(broken or run_test(request, remote, given, sentences)).encode())
        if "modules" in request:
            controller.send(json.dumps(broken or {"changeable": changeable_in(request["modules"])}).encode())


def run_test(request: dict[str, Any], remote: Remote, given: Given, sentences: Authored) -> dict[str, Any]:
    """Run one test cell to its end.

    Args:
        request: ``test`` (the text of the cell), ``id``, ``exercise``, ``hidden``, ``answers``: names of the student,
            and, where there are any, ``forbids``: what the student's code may not use meanwhile.
        remote: the student's names.
        given: the given cells; the test sees what they define, and leaves it as it was.
        sentences: what students may read.

    Returns:
        The status, the message for instructors, the one for students, the name of the error, which is ``LOST`` if the
        student's process can no longer be asked, and in ``used`` what the student's code used of what is forbidden.
        If the test passed, also what it recorded for the leaderboard.
    """
    verdict = _judge(request, remote, given, sentences)
    try:
        used = [] if verdict["error"] == LOST else remote.used(request.get("forbids", ()))
    except StudentError:
        used = []
    except StudentFailed as failure:
        return _failure(failure) | {"used": []}
    return verdict | {"used": used}


def _judge(request: dict[str, Any], remote: Remote, given: Given, sentences: Authored) -> dict[str, Any]:
    source = request["test"]
    used = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    try:
        code = compile(source, f"<{request['id']}>", "exec")
    except SyntaxError as error:
        text = f"The test cannot be compiled: {error.msg}"
        return _verdict(Status.WRONG, text, UNJUDGED) | {"line": error.lineno or 0}

    printed = io.StringIO()

    def run() -> None:
        printed.seek(0)
        printed.truncate()
        defaults.pin(grading_seed())
        remote.begin(request.get("forbids", ()))
        handles = {name: remote.name(name) for name in request["answers"] if name in used}
        names = {**given.names(remote.changed_arguments), **handles}
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            try:
                exec(code, names)
            finally:
                # Functions of the test refer to what it defined, and so to the student's objects and tensors, which
                # would be kept, and compared with what they were at every call of the tests that follow.
                names.clear()

    leaderboard.take()
    try:
        changed = remote.changed_arguments
        run()
        if remote.changed_arguments != changed:
            _without_changes(remote, run)
        if remote.failure is not None:
            raise remote.failure
    except StudentFailed as failure:
        return _failure(failure)
    except Exception as error:
        authored = sentences | given.texts | Authored((source,))
        return _failed(error, request, authored) | {"line": _line_in(error, code.co_filename)}
    said = "" if request["hidden"] else _said(printed.getvalue())
    return {**_verdict(Status.PASSED, said, said), "leaderboard": [asdict(value) for value in leaderboard.take()]}


def _said(printed: str) -> str:
    """What a visible check printed when it passed, without the sign and the exercise's name."""
    return printed.strip().partition(": ")[2] if printed.startswith(PASSED) else ""


def _failed(error: Exception, request: dict[str, Any], authored: Authored) -> dict[str, Any]:
    """The verdict on a test that ended in an error; of a hidden one, students read only its author's words."""
    hidden = request["hidden"]
    if isinstance(error, AnswerFailed):
        error = error.cause
    if isinstance(error, CheckFailed):
        text = str(error)
        return _verdict(Status.WRONG, text, error.in_words(authored.words) if hidden else text)
    if isinstance(error, Outcome | StudentError):
        return _of_answer(error, request["exercise"], hidden)
    if isinstance(error, AssertionError):
        text = str(error) or "The test's condition does not hold."
        return _verdict(Status.WRONG, text, "A condition of the test does not hold." if hidden else text)
    if isinstance(error, BoundaryError):
        return _verdict(Status.WRONG, str(error), UNJUDGED)
    text = f"The test could not use what your code gave it ({type(error).__name__}: {error})."
    return _verdict(Status.WRONG, text, "The test could not use what your code gave it: check what it returns.")


def _line_in(error: Exception, filename: str) -> int:
    """The line of a test in which an error arose; 0 if in none."""
    return next((line for frame, line in walk_tb(error.__traceback__) if frame.f_code.co_filename == filename), 0)


def _without_changes(remote: Remote, run: Callable[[], None]) -> None:
    """Run a test that passed once more, on arguments that the student's code cannot change.

    Code that overwrites its arguments agrees with whatever a test computes from them afterwards.
    """
    remote.keep_arguments = True
    try:
        run()
    finally:
        remote.keep_arguments = False


def _failure(failure: StudentFailed) -> dict[str, str]:
    if isinstance(failure, StudentLied):
        text = f"What the student's process sent cannot be read ({failure}); it is not what running code sends."
        return _verdict(Status.CRASHED, text, "Your code disturbed the process that runs it.", LOST)
    return _verdict(Status.CRASHED, "", "", LOST)


def _of_answer(error: Outcome | StudentError, exercise: str, hidden: bool) -> dict[str, Any]:
    """The verdict on an answer that is not written yet, or whose code raised an error."""
    outcome = error if isinstance(error, Outcome) else outcome_of(exercise, error)
    text = str(outcome)
    if isinstance(outcome, NotWritten):
        text = f"{text[0].upper()}{text[1:]}."
        return _verdict(Status.NOT_ATTEMPTED, text, "Not written yet." if hidden else text)
    if not isinstance(error, StudentError):
        return _verdict(Status.CRASHED, text, text)
    # An error's text may hold what a hidden test passed in, and so may the name of a class of the student's own.
    kind = _builtin(error)
    told = " ".join(filter(None, [f"Your code raised {kind} in a hidden test.", advice_on(kind, error.message)]))
    return _verdict(Status.CRASHED, text[:2000], told if hidden else text[:2000], error.type_name)


def _builtin(error: StudentError) -> str:
    """The builtin class that an error belongs to."""
    return next((name for name in error.bases if name in BUILTIN_ERRORS), "an error")


def _verdict(status: Status, message: str, student_message: str, error: str = "") -> dict[str, str]:
    """What the controller is told; a sentence may quote what the student's code returned, at any length."""
    told = {"message": message[:MOST_CHARACTERS], "student_message": student_message[:MOST_CHARACTERS]}
    return {"status": str(status), **told, "error": error}
