"""What can go wrong when a test asks for something: in the test, in the student's code, in the student's process."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import cache


class BoundaryError(Exception):
    """A test asks for what cannot cross the boundary; its text tells the author of the test what to do."""


class StudentError(Exception):
    """The student's code raised an error.

    The error that is raised is also an instance of the builtin class that the student's error belongs to, so
    that ``except ValueError`` and ``expect_raises(ValueError, …)`` work as they do in one process.

    Attributes:
        type_name: the name of the error's class, such as ``ValueError`` or ``__main__.ShapeError``.
        message: its text; may be empty.
        traceback: the last lines of the student's code that were running, two per call; may be empty.
        bases: names of its class and the class's bases.
    """

    def __init__(self, bases: tuple[str, ...] = (), message: str = "", traceback: str = "") -> None:
        self.bases = bases
        self.type_name = bases[0] if bases else "Exception"
        self.message = message
        self.traceback = traceback
        self.args = (message,)

    def __str__(self) -> str:
        name = self.type_name.rpartition(".")[2]
        return f"{name}: {self.message}" if self.message else name


class StudentFailed(BaseException):
    """The student's process can no longer be asked.

    It is no ``Exception``, so that no test can take it for an error that an exercise asks for.
    """


class StudentGone(StudentFailed):
    """The student's process ended, or did not answer in time."""


class StudentLied(StudentFailed):
    """The student's process answered what no honest process answers."""


_MAX_NAMES, _MAX_NAME, _MAX_TEXT = 32, 200, 2000

# Not StopIteration, which would end a loop of the test, nor what ends a process.
_ALSO: dict[str, type[Exception]] = {
    name: getattr(builtins, name)
    for name in (
        *("ArithmeticError", "AssertionError", "AttributeError", "EOFError", "FileExistsError", "FileNotFoundError"),
        *("FloatingPointError", "ImportError", "IndexError", "KeyError", "LookupError", "ModuleNotFoundError"),
        *("NameError", "NotImplementedError", "OSError", "OverflowError", "PermissionError", "RecursionError"),
        *("RuntimeError", "TypeError", "UnboundLocalError", "UnicodeError", "ValueError", "ZeroDivisionError"),
    )
}


def student_error(bases: tuple[str, ...], message: str, traceback: str) -> StudentError:
    """The error to raise for an error of the student's code."""
    names = tuple(name[:_MAX_NAME] for name in bases[:_MAX_NAMES])
    builtin = next((name for name in names if name in _ALSO), "")
    return _class_of(builtin)(names, message[:_MAX_TEXT], traceback[:_MAX_TEXT])


@cache
def _class_of(builtin: str) -> Callable[..., StudentError]:
    if not builtin:
        return StudentError
    return type(f"Student{builtin}", (StudentError, _ALSO[builtin]), {"__module__": __name__})
