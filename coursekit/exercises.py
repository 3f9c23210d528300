"""What a student sees of a visible check: one line when it passed, or is not written yet, else what is wrong.

✓ batchnorm_train: 14 checks passed
○ batchnorm_train: not written yet
✗ batchnorm_train: The variance was divided by N − 1 (the default of torch.var); divide by N.
  Compared: var for x of shape (6, 6): expected 2.2822 at [5], got 2.7387.
  Re-read: "Batch normalization in training".
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import wraps
from traceback import FrameSummary, StackSummary, walk_tb
from typing import Any, Concatenate, ParamSpec

from coursekit.advice import advice_on
from coursekit.checks import CheckFailed
from coursekit.counting import counted
from coursekit.errors import OneSentence, wrapped

Parameters = ParamSpec("Parameters")
PASSED, NOT_WRITTEN, FAILED = "✓", "○", "✗"
# Texts of torch's own NotImplementedErrors, which are no exercise that waits for its answer.
_TORCHS = ("aten::", "meta tensor", "is missing the required")
_MOST_OF_A_LINE = 80
_NO_ANSWER = "there is no {name} yet: run its cell; if that shows an error, such as a SyntaxError, mend it there first."
# What an error from another process says of each place in the student's code, and the line there.
_PLACE = re.compile(r", line (\d+), in (\S{1,80})(?:\n    (.*))?$", re.MULTILINE)


class Outcome(OneSentence):
    """How a check came out, if it did not pass; ``str()`` of it leaves out the sign and the exercise's name.

    Attributes:
        exercise: the exercise's name.
        sign: what the line begins with.
    """

    sign = FAILED

    def __init__(self, exercise: str, text: str) -> None:
        super().__init__(text)
        self.exercise = exercise

    def _render_traceback_(self) -> list[str]:
        return shown(self.sign, self.exercise, str(self)).splitlines()


class NotWritten(Outcome, NotImplementedError):  # noqa: N818 - it reads as what happened
    """The exercise, or a part of it, is not written yet."""

    sign = NOT_WRITTEN


class AnswerFailed(Outcome, AssertionError):  # noqa: N818 - it reads as what happened
    """The answer is wrong, or its code raised an error.

    Attributes:
        cause: the failed check, or the error.
    """

    def __init__(self, exercise: str, text: str, cause: Exception) -> None:
        super().__init__(exercise, text)
        self.cause = cause


def visible_check(
    function: Callable[Concatenate[Any, Parameters], None],
) -> Callable[Concatenate[Any, Parameters], None]:
    """Make a function that checks an answer say how it came out; its name is the exercise's.

    The function gets the answer, and arguments of its own.

    Raises:
        NotWritten: if the answer, or a part of it, raises ``NotImplementedError`` as the handed-out cell does.
        AnswerFailed: if a check fails, or the answer's code raises an error.
    """
    name = function.__name__

    @wraps(function)
    def check(answer: Any, *args: Parameters.args, **options: Parameters.kwargs) -> None:
        with counted() as tally:
            try:
                function(answer, *args, **options)
            except CheckFailed as failure:
                raise AnswerFailed(name, str(failure), failure) from None
            except Exception as error:
                raise outcome_of(name, error) from None
        checks = "1 check" if tally.checks == 1 else f"{tally.checks} checks"
        print(f"{PASSED} {name}: {checks} passed")

    return check


def outcome_of(exercise: str, error: Exception) -> Outcome:
    """What an error that an answer's code raised, or that a check met with its result, says of the exercise."""
    place = _place_in_answer(error)
    if isinstance(error, NotImplementedError) and not any(part in str(error) for part in _TORCHS):
        part = f"{place.name} is " if place and place.name not in (exercise, "__init__") else ""
        return NotWritten(exercise, f"{part}not written yet")
    if place is None and not hasattr(error, "type_name"):
        text = f"What your code returned could not be used ({type(error).__name__}: {error})."
        return AnswerFailed(exercise, text, error)
    return AnswerFailed(exercise, raised(error, place), error)


def show_error(shell: Any, kind: type[Exception], error: Exception, trace: Any, tb_offset: int | None = None) -> None:
    """Show an exercise without an answer in one line wherever a notebook's cell asks for it, as IPython calls this.

    An answer that waits to be written raises ``NotImplementedError``; one whose cell has not run has no name.
    """
    place = _place_in_answer(error)
    if isinstance(error, Outcome):
        lines = error._render_traceback_()
    elif place is not None and isinstance(outcome_of(place.name, error), NotWritten):
        lines = shown(NOT_WRITTEN, place.name, "not written yet").splitlines()
    elif isinstance(error, NameError) and _is_checked_in(place, name := str(error.name)):
        lines = shown(FAILED, name, _NO_ANSWER.format(name=name)).splitlines()
    else:
        lines = shell.InteractiveTB.structured_traceback(kind, error, trace, tb_offset=tb_offset)
    shell._showtraceback(kind, error, lines)


def _is_checked_in(place: FrameSummary | None, name: str) -> bool:
    """Whether a cell's line calls the check of this name, as in ``check.softmax(softmax)``."""
    if place is None or place.name != "<module>":
        return False
    called, _, arguments = (place.line or "").partition("(")
    return called.endswith(name) and arguments.startswith(name)


def raised(error: Exception, place: FrameSummary | None) -> str:
    """What an error in a student's code was, where it was raised, and what to do about it."""
    # An error that was carried over from another process names its class itself, and its text begins with the name.
    kind = getattr(error, "type_name", type(error).__name__).rpartition(".")[2]
    text = str(error).removeprefix(kind).removeprefix(": ")
    lines = [f"Your code raised {kind}: {text}" if text else f"Your code raised {kind}."]
    if place is not None:
        code = f": {place.line[:_MOST_OF_A_LINE]}" if place.line else ""
        lines.append(f"Line {place.lineno} of your cell, in {place.name}{code}")
    return "\n".join(filter(None, [*lines, advice_on(_builtin(error), text)]))


def shown(sign: str, exercise: str, text: str) -> str:
    """The lines of an outcome, broken at words, those after the first indented."""
    return wrapped(f"{sign} {exercise}: {text}")


def _builtin(error: Exception) -> str:
    """The builtin class that an error belongs to."""
    return next((cls.__name__ for cls in type(error).__mro__ if cls.__module__ == "builtins"), "")


def _place_in_answer(error: Exception) -> FrameSummary | None:
    """The last line of the student's own cells that was running, below the one that called the check."""
    if places := _PLACE.findall(getattr(error, "traceback", "")):
        line, name, code = places[-1]
        return FrameSummary("", int(line), name, line=code.strip())
    frames = list(walk_tb(error.__traceback__))
    below = next((at for at, (frame, _) in enumerate(frames) if frame.f_globals.get("__name__") != "__main__"), 0)
    cells = [frame for frame in frames[below:] if frame[0].f_globals.get("__name__") == "__main__"]
    return StackSummary.extract(iter(cells[-1:]))[0] if cells else None


# Where there is a notebook, experiments that call an answer are as calm as its check.
_shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
if _shell is not None:
    _shell.set_custom_exc((NotImplementedError, NameError), show_error)
