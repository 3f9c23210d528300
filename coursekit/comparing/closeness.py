"""The first difference between tensors, arrays or numbers that is more than rounding."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from coursekit.comparing import diagnosis, wording
from coursekit.comparing.diagnosis import NUMPY, TORCH, Terms, Values
from coursekit.comparing.difference import Difference
from coursekit.comparing.torch_classes import Tensor

# rtol, atol by dtype; see Tolerance. Integers and truth values have none.
_DEFAULTS = {
    "float64": (1e-9, 1e-10),
    "complex128": (1e-9, 1e-10),
    "float32": (1e-5, 1e-6),
    "complex64": (1e-5, 1e-6),
    "float16": (5e-3, 1e-3),
    "bfloat16": (3e-2, 1e-2),
}
_HALF = ("float16", "bfloat16")
_ARRAYS = (Tensor, np.ndarray)


@dataclass(frozen=True)
class Tolerance:
    """How far apart equal values may be: ``rtol * |expected| + atol * max(1, largest expected magnitude)``.

    ``None`` stands for the default of the coarser of the two dtypes; half precision, in which one value in thirty
    is as good as another, counts only where it is expected. Else an answer would choose how wrong it may be.
    """

    rtol: float | None = None
    atol: float | None = None

    def allowed(self, expected: Values, asked: str, came: str) -> Values:
        """The largest difference allowed for each value of ``expected``.

        Args:
            asked: the dtype in which it is expected.
            came: the dtype of what came.
        """
        coarse = (asked,) if came in _HALF else (asked, came)
        default_rtol, default_atol = max(_DEFAULTS.get(dtype, (0.0, 0.0)) for dtype in coarse)
        size = np.abs(expected)
        largest = float(size.max())
        if not math.isfinite(largest):
            largest = float(np.max(size, where=np.isfinite(size), initial=0.0))
        rtol = default_rtol if self.rtol is None else self.rtol
        atol = default_atol if self.atol is None else self.atol
        allowed: Values = rtol * size + atol * max(1.0, largest)
        return allowed


EXACT = Tolerance(0.0, 0.0)


def close_difference(got: Any, expected: Any, tolerance: Tolerance, check_dtype: bool = True) -> Difference | None:
    """The first difference between a tensor, an array, a number, or a tuple, list or dict of these, and the right one.

    Raises:
        TypeError: if ``expected`` is none of these.
        ValueError: if ``expected`` is on the meta device, which holds no values.
    """
    if isinstance(expected, tuple | list):
        return _items_difference(got, expected, tolerance, check_dtype)
    if isinstance(expected, Mapping):
        return mapping_difference(got, expected, lambda a, b: close_difference(a, b, tolerance, check_dtype))
    right = _as_array(expected)
    if right is None or not is_numeric(right):
        raise TypeError(f"Tensors, arrays and numbers can be close, not {wording.kind(expected)}; use expect_equal.")
    if _is_meta(right):
        raise ValueError("A tensor on the meta device has no values to compare; use expect_shape.")
    terms, other = (NUMPY, Tensor) if isinstance(expected, np.ndarray) else (TORCH, np.ndarray)
    came = _as_array(got)
    if came is None or isinstance(got, other) or (isinstance(got, int | float) and right.ndim):
        asked = wording.array(right.shape, isinstance(expected, np.ndarray)) if right.ndim else "a number"
        return Difference(asked, wording.kind(got), diagnosis.of_type(got, expected))
    alike = isinstance(got, _ARRAYS) and isinstance(expected, _ARRAYS)
    return (
        _shape_difference(came.shape, right.shape, terms)
        or (_device_difference(came, right) if alike or _is_meta(came) else None)
        or (_dtype_difference(came, right, terms) if (alike and check_dtype) or not is_numeric(came) else None)
        or _value_difference(came, right, tolerance, terms)
    )


def shape_difference(got: Any, expected: tuple[int, ...], terms: Terms) -> Difference | None:
    """The difference between the shape of a tensor, or of an array, and the one asked for, if any."""
    right, other = (np.ndarray, Tensor) if terms is NUMPY else (Tensor, np.ndarray)
    if not isinstance(got, right):
        likely = terms.mixed_up if isinstance(got, other) else diagnosis.of_type(got)
        return Difference(wording.array(expected, terms is NUMPY), wording.kind(got), likely)
    return _shape_difference(got.shape, expected, terms)


def mapping_difference(
    got: Any, expected: Mapping[Any, Any], difference: Callable[[Any, Any], Difference | None]
) -> Difference | None:
    """The difference of two dicts' keys, or else the first one between values of a key."""
    if not isinstance(got, Mapping):
        return Difference(wording.kind(expected), wording.kind(got), diagnosis.of_type(got))
    if got.keys() != expected.keys():
        keys = wording.show(list(expected)), wording.show(list(got))
        return Difference(f"the keys {keys[0]}", keys[1], of_values=True)
    for key, right in expected.items():
        if found := difference(got[key], right):
            return found.within(f"key {wording.show(key)}")
    return None


def is_numeric(array: Tensor | Values) -> bool:
    """Whether it holds numbers or truth values, as every tensor does."""
    return isinstance(array, Tensor) or array.dtype.kind in "biufc"


def _as_array(value: Any) -> Tensor | Values | None:
    """A tensor or array as it is, or a number as an array without dimensions; None for anything else."""
    match value:
        case Tensor():
            return value.to_dense()
        case np.ndarray():
            return value
        case bool():
            return None
        case int() | np.integer():
            number = int(value)
            return np.array(number if -(2**63) <= number < 2**63 else math.copysign(math.inf, number))
        case float():
            return np.array(float(value))
        case np.floating():
            return np.array(float(value), dtype=np.float64 if value.itemsize > 4 else np.float32)
        case complex():
            return np.array(complex(value))
    return None


def _is_meta(array: Tensor | Values) -> bool:
    return isinstance(array, Tensor) and array.is_meta


def _items_difference(
    got: Any, expected: tuple[Any, ...] | list[Any], tolerance: Tolerance, check_dtype: bool
) -> Difference | None:
    numbers_only = not any(isinstance(item, (*_ARRAYS, tuple, list)) for item in expected)
    if numbers_only and isinstance(got, _ARRAYS) and got.ndim == 1:
        got = list(got)
    if not isinstance(got, tuple | list):
        likely = diagnosis.ONE_OF_SEVERAL if isinstance(got, Tensor) else diagnosis.of_type(got, expected)
        return Difference(wording.kind(expected), wording.kind(got), likely)
    if len(got) != len(expected):
        likely = diagnosis.of_length(len(got), len(expected))
        return Difference(wording.kind(expected), wording.kind(got), likely)
    for place, (came, right) in enumerate(zip(got, expected, strict=True)):
        if found := close_difference(came, right, tolerance, check_dtype):
            return found.within(f"item {place}")
    return None


def _shape_difference(got: tuple[int, ...], expected: tuple[int, ...], terms: Terms) -> Difference | None:
    if got == expected:
        return None
    return Difference(f"shape {tuple(expected)}", f"shape {tuple(got)}", diagnosis.of_shape(got, expected, terms))


def _device_difference(got: Tensor | Values, expected: Tensor | Values) -> Difference | None:
    if got.device == expected.device:
        return None
    asked, came = f"a tensor on {expected.device}", f"one on {got.device}"
    return Difference(asked, came, diagnosis.of_device(str(got.device)))


def _dtype_difference(got: Tensor | Values, expected: Tensor | Values, terms: Terms) -> Difference | None:
    asked, came = wording.dtype(expected), wording.dtype(got)
    if came == asked:
        return None
    return Difference(f"dtype {asked}", f"dtype {came}", diagnosis.of_dtype(came, asked, terms))


@np.errstate(all="ignore")
def _value_difference(
    got: Tensor | Values, expected: Tensor | Values, tolerance: Tolerance, terms: Terms
) -> Difference | None:
    came, right = _wide(got), _wide(expected)
    if not right.size:
        return None
    # The difference of infinities or with NaN is NaN or infinite: only `same` may call such values equal.
    apart = np.abs(came - right)
    near = (apart <= tolerance.allowed(right, wording.dtype(expected), wording.dtype(got))) & np.isfinite(apart)
    if near.all():
        return None
    same = (came == right) | (np.isnan(came) & np.isnan(right))
    wrong = ~(same | near)
    if not wrong.any():
        return None
    apart = np.where(wrong, np.nan_to_num(apart, nan=np.inf, posinf=np.inf), -1.0)
    index = tuple(int(i) for i in np.unravel_index(apart.argmax(), apart.shape))
    asked, found = wording.number_pair(expected[index].item(), got[index].item())
    return Difference(
        f"{asked} at {list(index)}" if index else asked,
        found,
        _likely(came, right, terms),
        _extent(int(wrong.sum()), float(apart.max()), right),
        of_values=True,
    )


def _extent(wrong: int, largest: float, expected: Values) -> str:
    """How many values differ and by how much."""
    size = wording.number(largest, 3) if math.isfinite(largest) else ""
    if not expected.ndim:
        return size and f"a difference of {size}"
    values = f"{wrong} of {wording.count(expected.size, 'value')} differ"
    return f"{values}{size and f', by {size} at most'}; shape {expected.shape}"


def _likely(got: Values, expected: Values, terms: Terms) -> str:
    if np.iscomplexobj(got) or np.iscomplexobj(expected) or not np.isfinite(expected).all():
        return ""
    return diagnosis.of_values(got, expected, terms) if np.isfinite(got).all() else diagnosis.of_non_finite(got)


def _wide(array: Tensor | Values) -> Values:
    """The values as an array of a dtype wide enough to subtract them in; it is only read."""
    if isinstance(array, Tensor):
        array = array.detach().cpu()
        return (array.cdouble() if array.is_complex() else array.double()).numpy(force=True)  # type: ignore[attr-defined]
    return np.asarray(array).astype(np.complex128 if np.iscomplexobj(array) else np.float64, copy=False)
