"""Calls that should end in an error, calls that should not, and the cause of an error that a student's code raised."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from coursekit.checks import CheckFailed, Mistake, expect_raises, expect_true, together
from coursekit.exercises import outcome_of
from coursekit.failures import fail


def expect_refusals(
    function: Callable[..., Any],
    refused: Mapping[str, Sequence[Any]],
    *,
    error: type[Exception] = ValueError,
    reread: str = "",
) -> None:
    """Check that every call with wrong arguments ends in the error that the exercise asks for.

    Call it after a check of values: a function that always raises has refused nothing.

    Args:
        function: what is called.
        refused: from what is asked for, as the subject of a sentence, to the arguments.
        error: the class of the error.
        reread: where to re-read.
    """
    with together():
        for what, arguments in refused.items():
            expect_raises(error, function, *arguments, what=what, reread=reread)


@contextmanager
def expect_accepted(what: str, *, error: type[Exception] = ValueError, likely: Mistake) -> Iterator[None]:
    """Check that a call with right arguments, made within, does not end in the error that is meant for wrong ones.

    Args:
        what: what is called, as the subject of a sentence.
        error: the class of the error.
        likely: the likely cause if it does.
    """
    try:
        yield
    except Exception as raised:
        # An error that was carried over from another process states its class itself.
        name = getattr(raised, "type_name", type(raised).__name__).rpartition(".")[2]
        expect_true(name != error.__name__, what=f"{what} returns a result and raises no error", likely=likely)
        raise


@contextmanager
def expect_default(argument: str) -> Iterator[None]:
    """Check that a call that leaves an argument out, made within, is not refused for that.

    Args:
        argument: its name.
    """
    try:
        yield
    except Exception as raised:
        missing = "required positional argument" in str(raised) and f"'{argument}'" in str(raised)
        likely = Mistake(
            "no_default", f"{argument} has no default value; the first line of the handed-out cell has one"
        )
        expect_true(not missing, what=f"the function can be called without {argument}", likely=likely)
        raise


@contextmanager
def errors_explained(causes: Mapping[str, Mistake], reread: str) -> Iterator[None]:
    """Within, an error of the student's code whose name and text begin like this is told with its cause.

    Args:
        causes: from the beginning of an error, such as ``KeyError: 'kernel'``, to what it means here.
        reread: where to re-read.

    Raises:
        CheckFailed: in place of such an error.
    """
    try:
        yield
    except CheckFailed:
        raise
    except Exception as error:
        told = str(outcome_of("", error))
        cause = next((cause for text, cause in causes.items() if told.startswith(f"Your code raised {text}")), None)
        if cause is None:
            raise
        fail(error_explained(error, cause, reread))


def error_explained(error: Exception, likely: Mistake | Sequence[Mistake], reread: str = "") -> CheckFailed:
    """The failure that tells of an error in a student's code: its cause, then the error and the line that raised it.

    Args:
        error: the error.
        likely: its cause, or several that may be.
        reread: where to re-read.
    """
    first, *others = str(outcome_of("", error)).splitlines()
    line = next((f" ({other})" for other in others if other.startswith("Line ")), "")
    return CheckFailed(f"{first.rstrip('.')}{line}", likely=likely, reread=reread, problem="{what}")
