"""Likely causes of a wrong result, read off the result itself: type, shape, values.

Each function returns a clause without a full stop that says what probably happened and what to do, or ""
when nothing is recognised. No clause gives an expected value away, so that it may stand beside a hidden test.
"""

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from coursekit.comparing import wording
from coursekit.comparing.torch_classes import Tensor

Values: TypeAlias = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Terms:
    """What a library calls the things that torch calls by a field's name, and clauses that are true of it only."""

    keepdim: str
    unsqueeze: str
    dim: str
    view: str
    permute: str
    zeros: str
    another_dtype: str
    mixed_up: str  # why values of the other library may have come


TORCH = Terms(
    "keepdim",
    "unsqueeze",
    "dim=",
    "reshape, view or flatten",
    "reshape, permute",
    "every value is 0: the result was never filled in, or a gradient never arrived",
    "a tensor was made without dtype=x.dtype (torch.zeros, torch.ones and torch.tensor take float32), "
    "or .float() or .double() was called; keep the dtype of the input",
    "a NumPy function or .numpy() was used; stay with torch, which also keeps the gradients",
)
NUMPY = Terms(
    "keepdims",
    "np.expand_dims",
    "axis=",
    "reshape or ravel",
    "reshape, transpose",
    "every value is 0: the result was never filled in",
    "an array was made with another dtype=, or .astype() was called; keep the dtype of the input",
    "torch was used where NumPy is asked for; .numpy() makes an array of a tensor",
)

ONE_OF_SEVERAL = "only one of the values asked for is returned; see the docstring's Returns"
IN_FLOAT32 = "it was computed in float32 on the way; keep the dtype of the input throughout"
NOTHING_RAISED = "this case is let through; test for it and raise"
ERROR_RETURNED = "the error is returned; raise it"

_UNITS = {10**3: "thousands", 10**6: "millions", 10**9: "billions"}

_SAME = 1e-5
_NO_FACTOR = 1e-4
_FLOAT32_ROUNDING = 1e-8


def of_type(got: Any, expected: Any = None) -> str:
    """Why something of another type than the tensor, array, number or items asked for may have come."""
    match got:
        case None:
            return "the function, or one branch of it, ends without a return statement"
        case Tensor():
            return NUMPY.mixed_up if isinstance(expected, np.ndarray) else ""
        case np.ndarray() if _has_tensors(expected):
            return TORCH.mixed_up
        case np.ndarray() if isinstance(expected, tuple | list):
            return ".tolist() is missing, which makes a list of an array"
        case np.ndarray():
            return _of_whole(got, expected) if isinstance(expected, int | float | complex) else ""
        case list():
            return "square brackets or .tolist() made a list of it; see the docstring's Returns"
        case tuple() if len(got) == 1:
            return "a comma after the returned value makes a tuple of it; return the value alone"
        case tuple():
            return "several values are returned where one is asked for; see the docstring's Returns"
        case bool():
            return "a comparison such as == was returned where a number is asked for"
        case str():
            return "the value was formatted as text; return the value itself"
        case int() | float():
            return ".item(), float() or a sum over all elements made one number of it"
    if callable(got):
        return "it is returned itself instead of being called on the input"
    return ""


def of_plain_type(got: Any, expected: Any) -> str:
    """Why something of another kind than the plain value asked for may have come."""
    match got:
        case Tensor() | np.ndarray():
            return _of_whole(got, expected)
        case np.generic():
            return "a NumPy function gave it; int(...) or float(...) makes a Python number of it"
        case int() if isinstance(expected, bool):
            return "True or False is asked for; a comparison, or bool(...), gives one"
        case int() | float():
            return ""
    return of_type(got, expected)


def _of_whole(got: Tensor | Values, expected: Any) -> str:
    """Why a tensor or array may have come for a plain value."""
    if isinstance(got, Tensor):
        if got.numel() == 1:
            return ".item() is missing, which makes a Python number of a tensor"
        return f"{wording.kind(expected)} is asked for; reduce the tensor, and .item() makes a number of it"
    if got.size == 1:
        return ".item() is missing, which makes a Python number of an array"
    return f"{wording.kind(expected)} is asked for; reduce the array, and .item() makes a number of it"


def _has_tensors(value: Any) -> bool:
    return isinstance(value, Tensor) or (isinstance(value, tuple | list) and any(map(_has_tensors, value)))


def of_float(got: float, expected: int) -> str:
    """Why a float may have come for an integer."""
    for size, unit in _UNITS.items():
        if expected and math.isclose(got * size, expected):
            return f"these are {unit}; return the number itself"
    return "a count is a whole number, and / makes a float of it; use // (or int)"


def of_error(error: Exception) -> str:
    """Why a call may have ended in another error than the one asked for."""
    if isinstance(error, AssertionError):
        return "assert is for what can never happen; for a wrong argument, test for it and raise"
    return (
        "the wrong argument is used before it is tested, or an error of another class is raised for it; "
        "test for it first and raise the error that is asked for"
    )


def of_length(got: int, expected: int) -> str:
    """Why a tuple may have too few or too many items."""
    return f"the docstring's Returns names {wording.count(expected, 'value')}, in that order; {got} came back"


def of_shape(got: tuple[int, ...], expected: tuple[int, ...], terms: Terms) -> str:
    """Why a tensor or array may have the wrong shape."""
    size = math.prod(expected)
    if _without_ones(got) == _without_ones(expected):
        if len(got) > len(expected):
            return (
                f"a dimension of size 1 is left over, from {terms.keepdim}=True, {terms.unsqueeze} or a slice such as "
                f"x[0:1]; leave {terms.keepdim} out or squeeze that dimension"
            )
        if len(got) < len(expected):
            return (
                f"a dimension of size 1 is missing; use {terms.keepdim}=True or {terms.unsqueeze}, "
                "and beware of squeeze"
            )
        return "the dimension of size 1 stands in the wrong place"
    if got in ((), (1,)):
        return f"all elements were reduced to a single number; name the axes with {terms.dim}"
    if not expected:
        return "one number is asked for: the sum or mean over all elements is missing"
    if len(expected) <= 2 and got == (size, size):
        return (
            f"shapes ({size},) and ({size}, 1) were broadcast against each other; "
            "give both the same number of dimensions"
        )
    if sorted(got) == sorted(expected):
        return "the dimensions are in the wrong order: something is transposed, or another axis was reduced"
    if len(got) == len(expected) - 1 and _is_part(got, expected):
        return f"one dimension too many was reduced; check {terms.dim}"
    if len(got) == len(expected) + 1 and _is_part(expected, got):
        return f"one dimension was not reduced; check {terms.dim}"
    if len(got) == len(expected) == 1:
        return f"another axis was reduced than the one asked for; check {terms.dim}"
    if math.prod(got) == size:
        return f"the elements are all there in another arrangement; check {terms.view}"
    return ""


def of_dtype(got: str, expected: str, terms: Terms) -> str:
    """Why a tensor or array may have the wrong dtype."""
    if "float" not in expected or got.startswith(("object", "str")):
        return ""
    return terms.another_dtype if "float" in got else "the result was made an integer or truth value on the way"


def of_device(got: str) -> str:
    """Why a tensor may be on the wrong device."""
    if got == "meta":
        return "a meta tensor has a shape but no values; run the function on real data"
    return "a tensor was made without device=x.device; results belong where the input is"


def of_non_finite(got: Values) -> str:
    """Why NaN or infinity may have come."""
    if np.isnan(got).any():
        return (
            "0 was divided by 0, or a root or logarithm was taken of a negative number; "
            "check where eps goes and whether a variance can come out negative"
        )
    return "something was divided by 0, or an exponential overflowed; check where eps goes"


def of_values(got: Values, expected: Values, terms: Terms) -> str:
    """How wrong values relate to the right ones. Both real, finite, float64 and of one shape."""
    if _near(got, expected):
        return IN_FLOAT32 if _is_rounded_to_float32(got, expected) else ""
    if expected.size < 2 or np.ptp(expected) == 0:
        return _of_equal_values(got, expected)
    if not got.any():
        return terms.zeros
    if got.ndim == 2 and got.shape[0] == got.shape[1] and _near(got.T, expected):
        return "the result is transposed; check the order of the factors or .T"
    if _near(got, -expected):
        return "the sign is wrong: every value is minus what it should be"
    factor = float((got * expected).sum() / np.square(expected).sum())
    if factor != 0 and abs(factor - 1) > _NO_FACTOR and _near(got, factor * expected):
        times = wording.number(factor, 4)
        return f"every value is {times} times what it should be; look for a missing or extra factor"
    if _near(got - (got - expected).mean(), expected):
        return "every value is off by the same amount; look for a term that is missing or added twice"
    if (expected >= 0).all() and _near(np.square(got), expected):
        return "this is the square root of what is asked for, such as the standard deviation for the variance"
    if (got >= 0).all() and _near(got, np.square(expected)):
        return "this is the square of what is asked for, such as the variance for the standard deviation"
    if _near(np.sort(got, axis=None), np.sort(expected, axis=None)):
        return f"the values are right but in the wrong order; check {terms.permute} and the order of loops"
    return ""


def _of_equal_values(got: Values, expected: Values) -> str:
    """One number, or one repeated: only its sign, or the root of a fraction, tells anything."""
    if not expected.any():
        return ""
    if _near(got, -expected):
        return "the sign is wrong"
    if bool((expected > 0).all()) and bool((got > 0).all()) and bool((expected % 1 != 0).all()):
        if _near(np.square(got), expected):
            return "this is the square root of what is asked for"
        if _near(got, np.square(expected)):
            return "this is the square of what is asked for"
    return ""


def _near(a: Values, b: Values) -> bool:
    """Whether two arrays agree up to rounding, measured against the larger one."""
    scale = max(float(np.abs(a).max()), float(np.abs(b).max()))
    return scale == 0 or (math.isfinite(scale) and float(np.abs(a - b).max()) <= _SAME * scale)


def _is_rounded_to_float32(got: Values, expected: Values) -> bool:
    """Whether values that are near differ by what float32 loses: they fit into it exactly, or err up and down alike."""
    apart = got - expected
    outwards = apart * np.sign(expected)
    noisy = bool((outwards > 0).any()) and bool((outwards < 0).any())
    large_enough = float(np.abs(apart).max()) >= _FLOAT32_ROUNDING * float(np.abs(expected).max())
    return large_enough and not _fits_float32(expected) and (noisy or _fits_float32(got))


def _fits_float32(x: Values) -> bool:
    return np.array_equal(x.astype(np.float32), x)


def _without_ones(shape: tuple[int, ...]) -> list[int]:
    return [n for n in shape if n != 1]


def _is_part(short: tuple[int, ...], long: tuple[int, ...]) -> bool:
    """Whether leaving one dimension out of the long shape gives the short one."""
    return any(short == long[:i] + long[i + 1 :] for i in range(len(long)))
