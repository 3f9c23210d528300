"""Checks for a notebook's tests, each of whose failures is a sentence that a student can act on.

Every ``expect_…`` returns ``None`` when all is well and raises ``CheckFailed`` otherwise. Its text says what
was compared, what was expected, what came, the likely cause and where to re-read:

    The sum was divided by N - 1; divide by N.
    Compared: the batch variance: expected 0.666667 at [2], got 1 (8 of 8 values differ, by 0.333 at most).
    Re-read: "Batch normalization in training".

A mix-up that shows by itself (a missing return, a tuple for a tensor, NumPy for torch, a wrong shape, dtype
or device, NaN, a transposed result, a missing factor) is named without the author having to think of it.

Arguments that the checks share:

* ``what``: what is compared, as the subject of a sentence ("the batch variance").
* ``mistakes``: from a mistake, or a clause that names one, to the value that it gives, or a list of such values.
  When ``got`` is that value, the mistake is the likely cause; a value that is also right is passed over.
* ``reread``: the section or slide that explains it.
"""

from collections.abc import Callable
from typing import Any

from coursekit.comparing import diagnosis, wording
from coursekit.comparing.closeness import Tolerance, close_difference, shape_difference
from coursekit.comparing.diagnosis import NUMPY, TORCH
from coursekit.comparing.difference import Difference
from coursekit.comparing.equality import exact_difference
from coursekit.counting import count_one
from coursekit.failures import CheckFailed, fail, together
from coursekit.mistakes import Mistake, Mistakes, as_mistake

__all__ = [
    "CheckFailed",
    "Mistake",
    "Mistakes",
    "expect_close",
    "expect_equal",
    "expect_raises",
    "expect_shape",
    "expect_true",
    "together",
]


def expect_close(
    got: Any,
    expected: Any,
    *,
    what: str,
    rtol: float | None = None,
    atol: float | None = None,
    mistakes: Mistakes | None = None,
    reread: str = "",
    check_dtype: bool = True,
) -> None:
    """Check that a tensor, an array, a number, or a tuple, list or dict of these is what it should be, up to rounding.

    A value passes when it is no further from the expected one than ``rtol * |expected| + atol * max(1, L)``,
    L being the largest expected magnitude. Shapes are never broadcast; NaN equals only NaN, and an integer
    only the same integer. Either side may require gradients.

    Args:
        got: what the student's code returned.
        expected: a tensor; a NumPy array; a number, for which a tensor without dimensions is as good; or a tuple,
            list or dict of these. Numbers in a tuple or list may also come as a tensor or array of one dimension.
        what: what is compared, as the subject of a sentence.
        rtol: relative tolerance; by default that of the coarser dtype: float64 and plain numbers 1e-9,
            float32 1e-5; where they are expected, float16 5e-3, bfloat16 3e-2.
        atol: absolute tolerance; by default in the same order 1e-10, 1e-6, 1e-3, 1e-2.
        mistakes: from a mistake, or a clause that names it, to the value, or list of values, that it gives.
        reread: where to re-read.
        check_dtype: whether a tensor must have the dtype of the expected tensor, and an array that of the array.

    Raises:
        CheckFailed: if something differs.
    """
    tolerance = Tolerance(rtol, atol)
    found = close_difference(got, expected, tolerance, check_dtype)
    _report(found, got, expected, what, mistakes, reread, lambda a, b: close_difference(a, b, tolerance, False))


def expect_equal(got: Any, expected: Any, *, what: str, mistakes: Mistakes | None = None, reread: str = "") -> None:
    """Check that an integer, string, truth value, tuple, list or dict is exactly what it should be.

    A tuple and a list of the same items are equal. An integer is one whether it is Python's, NumPy's or a tensor
    without dimensions. ``True`` is not 1, and 4.0 is not the integer 4: counts are whole numbers. An expected tensor or
    array is compared value by value without tolerance.

    Args:
        got: what the student's code returned.
        expected: what is right.
        what: what is compared, as the subject of a sentence.
        mistakes: from a mistake, or a clause that names it, to the value, or list of values, that it gives.
        reread: where to re-read.

    Raises:
        CheckFailed: if something differs.
    """
    _report(exact_difference(got, expected), got, expected, what, mistakes, reread, exact_difference)


def expect_shape(
    got: Any,
    shape: tuple[int, ...],
    *,
    what: str,
    mistakes: Mistakes | None = None,
    reread: str = "",
    numpy: bool = False,
) -> None:
    """Check that ``got`` is a tensor (on any device, meta too), or a NumPy array, of this shape.

    Args:
        got: what the student's code returned.
        shape: the shape asked for.
        what: what is compared, as the subject of a sentence.
        mistakes: from a mistake, or a clause that names it, to the shape, or list of shapes, that it gives.
        reread: where to re-read.
        numpy: whether an array is asked for, instead of a tensor.

    Raises:
        CheckFailed: if ``got`` is not what is asked for, or has another shape.
    """
    shape = tuple(shape)
    came = getattr(got, "shape", None)
    found = shape_difference(got, shape, NUMPY if numpy else TORCH)
    _report(found, came, shape, what, mistakes, reread, exact_difference)


def expect_true(condition: object, *, what: str, likely: Mistake | str = "", reread: str = "") -> None:
    """Check that something holds; ``what`` states it ("the input is not changed in place").

    Args:
        condition: what is true when all is well.
        what: what should hold, as a whole statement.
        likely: the likely cause where it does not.
        reread: where to re-read.

    Raises:
        CheckFailed: if it does not hold.
    """
    count_one()
    if not condition:
        fail(CheckFailed(what, likely=likely, reread=reread, problem="Requirement not met: {what}"))


def expect_raises(
    error: type[Exception],
    function: Callable[..., Any],
    /,
    *args: Any,
    what: str,
    reread: str = "",
    **kwargs: Any,
) -> None:
    """Check that a call raises an error.

    Args:
        error: the class of the error that the exercise asks for.
        function: what is called, with ``args`` and ``kwargs``.
        what: what is asked for, as the subject of a sentence ("group_norm with 6 channels in 4 groups").
        reread: where to re-read.

    Raises:
        CheckFailed: if the call returns, or raises another error.
        NotImplementedError: if the call does, because the exercise is not written yet.
    """
    count_one()
    try:
        result = function(*args, **kwargs)
    except NotImplementedError:
        raise
    except error:
        return
    except Exception as other:
        # An error that was carried over from another process states its class itself.
        got = getattr(other, "type_name", type(other).__name__)
        # Its text begins with its class then, too.
        text = str(other).removeprefix(got.rpartition(".")[2]).removeprefix(": ")
        detail, likely = wording.show(text) if text else "", diagnosis.of_error(other)
    else:
        came = wording.kind(result)
        returned = isinstance(result, BaseException) or came.endswith(("Error", "Exception"))
        likely = diagnosis.ERROR_RETURNED if returned else diagnosis.NOTHING_RAISED
        got, detail = f"no error but {came}", ""
    problem = "{what} should end in an error"
    fail(CheckFailed(what, error.__name__, got, likely, reread, problem=problem, detail=detail, of_values=False))


def _report(
    found: Difference | None,
    got: Any,
    expected: Any,
    what: str,
    mistakes: Mistakes | None,
    reread: str,
    difference: Callable[[Any, Any], Difference | None],
) -> None:
    """Report a difference; the mistakes that give what came are its causes."""
    count_one()
    if found is None:
        return
    recognised = [
        as_mistake(cause)
        for cause, value in (mistakes or {}).items()
        if any(
            not difference(got, candidate) and difference(candidate, expected)
            for candidate in ([value, *value] if isinstance(value, list) else [value])
        )
    ]
    fail(
        CheckFailed(
            f"{what} ({found.place})" if found.place else what,
            found.expected,
            found.got,
            sorted(recognised, key=lambda mistake: -mistake.priority) or found.likely,
            reread,
            detail=found.detail,
            of_values=found.of_values,
        )
    )
