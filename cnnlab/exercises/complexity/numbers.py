"""Compares numbers that come of a calculation in steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from cnnlab.exercises.common import Step, expect_steps
from coursekit.checks import Mistakes, expect_close
from coursekit.comparing.equality import as_integer


def number(value: float) -> Tensor:
    """A number as a tensor without dimensions."""
    return torch.tensor(value, dtype=torch.float64)


def expect_number(got: Any, expected: float, steps: Sequence[Step], *, what: str, reread: str) -> None:
    """Compare a number; where it is wrong, name the mistake in each step of its calculation.

    Args:
        got: what the student's code returned: a number, or a tensor without dimensions.
        expected: what is right.
        steps: as for ``expect_steps``; their last results are made by ``number``.
        what: what is compared, as the subject of a sentence.
        reread: where to re-read.
    """
    if _is_number(got):
        expect_steps(number(float(got)), number(expected), steps, what=what, reread=reread)
    else:
        expect_close(got, expected, what=what, reread=reread, check_dtype=False)


def expect_numbers(
    got: Sequence[Any],
    expected: Sequence[float],
    steps: Sequence[Step],
    *,
    what: str,
    reread: str,
    dtype: torch.dtype,
    mistakes: Mistakes | None = None,
) -> None:
    """Compare numbers that are calculated alike.

    Args:
        got: what the student's code returned in each case.
        expected: what is right.
        steps: as for ``expect_steps``; their last results have shape (number of cases,) and the dtype.
        what: what is compared, as the subject of a sentence.
        reread: where to re-read.
        dtype: how exactly numbers are compared.
        mistakes: other mistakes, as for ``expect_steps``.
    """
    if all(map(_is_number, got)):
        came = torch.tensor([float(one) for one in got], dtype=dtype)
        expect_steps(came, torch.tensor(expected, dtype=dtype), steps, what=what, reread=reread, mistakes=mistakes)
        return
    for one, right in zip(got, expected, strict=True):
        expect_close(one, right, what=what, reread=reread, check_dtype=False)


def _is_number(value: Any) -> bool:
    value = as_integer(value)
    if isinstance(value, Tensor):
        return value.ndim == 0 and not value.is_complex() and value.dtype != torch.bool
    return isinstance(value, int | float) and not isinstance(value, bool)
