"""The first difference between tensors or numbers that is more than rounding."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from coursekit.comparing import diagnosis, wording
from coursekit.comparing.difference import Difference

# rtol, atol; see Tolerance. Integers and truth values have none.
_DEFAULTS: dict[torch.dtype, tuple[float, float]] = {
    torch.float64: (1e-9, 1e-10),
    torch.complex128: (1e-9, 1e-10),
    torch.float32: (1e-5, 1e-6),
    torch.complex64: (1e-5, 1e-6),
    torch.float16: (5e-3, 1e-3),
    torch.bfloat16: (3e-2, 1e-2),
}
_HALF = (torch.float16, torch.bfloat16)


@dataclass(frozen=True)
class Tolerance:
    """How far apart equal values may be: ``rtol * |expected| + atol * max(1, largest expected magnitude)``.

    ``None`` stands for the default of the coarser of the two dtypes; half precision, in which one value in thirty
    is as good as another, counts only where it is expected. Else an answer would choose how wrong it may be.
    """

    rtol: float | None = None
    atol: float | None = None

    def allowed(self, expected: torch.Tensor, asked: torch.dtype, came: torch.dtype) -> torch.Tensor:
        """The largest difference allowed for each value of ``expected``.

        Args:
            asked: the dtype in which it is expected.
            came: the dtype of what came.
        """
        coarse = (asked,) if came in _HALF else (asked, came)
        default_rtol, default_atol = max(_DEFAULTS.get(dtype, (0.0, 0.0)) for dtype in coarse)
        size = expected.abs()
        largest = max(1.0, float(size.nan_to_num(0.0, posinf=0.0).max()))
        rtol = default_rtol if self.rtol is None else self.rtol
        atol = default_atol if self.atol is None else self.atol
        return rtol * size + atol * largest


EXACT = Tolerance(0.0, 0.0)


def close_difference(got: Any, expected: Any, tolerance: Tolerance, check_dtype: bool = True) -> Difference | None:
    """The first difference between a tensor, a number, or a tuple or list of these, and the right one.

    Raises:
        TypeError: if ``expected`` is none of these.
        ValueError: if ``expected`` is on the meta device, which holds no values.
    """
    if isinstance(expected, tuple | list):
        return _items_difference(got, expected, tolerance, check_dtype)
    right = _as_tensor(expected)
    if right is None:
        raise TypeError(f"Tensors and numbers can be close, not {wording.kind(expected)}; use expect_equal.")
    if right.is_meta:
        raise ValueError("A tensor on the meta device has no values to compare; use expect_shape.")
    came = _as_tensor(got)
    if came is None or (isinstance(got, int | float) and right.dim()):
        asked = f"a tensor of shape {wording.shape(right)}" if right.dim() else "a number"
        return Difference(asked, wording.kind(got), diagnosis.of_type(got))
    tensors = isinstance(got, torch.Tensor) and isinstance(expected, torch.Tensor)
    return (
        tensor_shape_difference(came.shape, right.shape)
        or (_device_difference(came, right) if tensors or came.is_meta else None)
        or (_dtype_difference(came, right) if tensors and check_dtype else None)
        or _value_difference(came.detach().cpu(), right.detach().cpu(), tolerance)
    )


def shape_difference(got: Any, expected: tuple[int, ...]) -> Difference | None:
    """The difference between a tensor's shape and the one asked for, if any."""
    if not isinstance(got, torch.Tensor):
        return Difference(f"a tensor of shape {expected}", wording.kind(got), diagnosis.of_type(got))
    return tensor_shape_difference(got.shape, torch.Size(expected))


def tensor_shape_difference(got: torch.Size, expected: torch.Size) -> Difference | None:
    """The difference between two shapes, if any."""
    if got == expected:
        return None
    return Difference(f"shape {tuple(expected)}", f"shape {tuple(got)}", diagnosis.of_shape(got, expected))


def _as_tensor(value: Any) -> torch.Tensor | None:
    """A tensor, or a number as a tensor without dimensions; None for anything else, truth values included."""
    match value:
        case torch.Tensor():
            return value if value.layout == torch.strided else value.to_dense()
        case bool():
            return None
        case int() if -(2**63) <= value < 2**63:
            return torch.tensor(value)
        case int():
            return torch.tensor(math.inf if value > 0 else -math.inf, dtype=torch.float64)
        case float():
            return torch.tensor(value, dtype=torch.float64)
        case np.floating():
            return torch.tensor(float(value), dtype=torch.float64 if value.itemsize > 4 else torch.float32)
        case np.integer():
            return torch.tensor(int(value))
        case complex():
            return torch.tensor(value, dtype=torch.complex128)
    return None


def _items_difference(
    got: Any, expected: tuple[Any, ...] | list[Any], tolerance: Tolerance, check_dtype: bool
) -> Difference | None:
    numbers_only = not any(isinstance(item, torch.Tensor | tuple | list) for item in expected)
    if numbers_only and isinstance(got, torch.Tensor | np.ndarray) and got.ndim == 1:
        got = list(got)
    if not isinstance(got, tuple | list):
        likely = diagnosis.ONE_OF_SEVERAL if isinstance(got, torch.Tensor) else diagnosis.of_type(got)
        return Difference(wording.kind(expected), wording.kind(got), likely)
    if len(got) != len(expected):
        likely = diagnosis.of_length(len(got), len(expected))
        return Difference(wording.kind(expected), wording.kind(got), likely)
    for place, (came, right) in enumerate(zip(got, expected, strict=True)):
        if found := close_difference(came, right, tolerance, check_dtype):
            return found.within(f"item {place}")
    return None


def _device_difference(got: torch.Tensor, expected: torch.Tensor) -> Difference | None:
    if got.device == expected.device:
        return None
    asked, came = f"a tensor on {expected.device}", f"one on {got.device}"
    return Difference(asked, came, diagnosis.of_device(got.device))


def _dtype_difference(got: torch.Tensor, expected: torch.Tensor) -> Difference | None:
    if got.dtype == expected.dtype:
        return None
    asked, came = f"dtype {wording.dtype(expected)}", f"dtype {wording.dtype(got)}"
    return Difference(asked, came, diagnosis.of_dtype(got.dtype, expected.dtype))


def _value_difference(got: torch.Tensor, expected: torch.Tensor, tolerance: Tolerance) -> Difference | None:
    if not expected.numel():
        return None
    came, right = _wide(got), _wide(expected)
    same = (came == right) | (came.isnan() & right.isnan())
    # The difference of infinities or with NaN is NaN or infinite: only `same` may call such values equal.
    apart = (came - right).abs().nan_to_num(nan=torch.inf, posinf=torch.inf)
    near = apart.isfinite() & (apart <= tolerance.allowed(right, expected.dtype, got.dtype))
    wrong = ~(same | near)
    if not wrong.any():
        return None
    apart = torch.where(wrong, apart, -1.0)
    index = tuple(int(i) for i in torch.unravel_index(apart.argmax(), apart.shape))
    asked, found = wording.number_pair(expected[index].item(), got[index].item())
    return Difference(
        f"{asked} at {list(index)}" if index else asked,
        found,
        _likely(came, right),
        _extent(int(wrong.sum()), float(apart.max()), expected),
        of_values=True,
    )


def _extent(wrong: int, largest: float, expected: torch.Tensor) -> str:
    """How many values differ and by how much."""
    size = wording.number(largest, 3) if math.isfinite(largest) else ""
    if not expected.dim():
        return size and f"a difference of {size}"
    values = f"{wrong} of {wording.count(expected.numel(), 'value')} differ"
    return f"{values}{size and f', by {size} at most'}; shape {wording.shape(expected)}"


def _likely(got: torch.Tensor, expected: torch.Tensor) -> str:
    if got.is_complex() or expected.is_complex() or not expected.isfinite().all():
        return ""
    return diagnosis.of_values(got, expected) if got.isfinite().all() else diagnosis.of_non_finite(got)


def _wide(x: torch.Tensor) -> torch.Tensor:
    """The values in a dtype wide enough to subtract them in."""
    return x.to(torch.complex128 if x.is_complex() else torch.float64)
