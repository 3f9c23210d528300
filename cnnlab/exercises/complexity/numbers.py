"""Compares numbers that come of a calculation in steps."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from cnnlab.exercises.steps import Step, expect_steps, mistakes_made
from coursekit.cases import Case, Causes, Wrong, expect_cases
from coursekit.checks import Mistake, Mistakes, expect_close
from coursekit.comparing.closeness import Tolerance, close_difference
from coursekit.comparing.equality import as_integer


def number(value: float) -> Tensor:
    """A number as a tensor without dimensions."""
    return torch.tensor(value, dtype=torch.float64)


class ReturnedNumber(NamedTuple):
    """A number that came of one call.

    Attributes:
        what: what is compared, as the subject of a sentence.
        got: what the student's code returned: a number, or a tensor without dimensions.
        expected: what is right.
        steps: as for ``expect_steps``; their last results are made by ``number``.
        undecided: mistakes whose values the steps do not give here.
    """

    what: str
    got: Any
    expected: float
    steps: Sequence[Step] = ()
    undecided: tuple[Mistake, ...] = ()


def expect_alike(results: Sequence[ReturnedNumber], *, reread: str) -> None:
    """Compare numbers that come of several calls; a mistake is named if it explains all that are wrong.

    Args:
        results: what came.
        reread: where to re-read.
    """
    made = [_mistakes_made(result) for result in results]
    every = dict.fromkeys(mistakes for each in made for mistakes in each)
    cases = []
    for result, own in zip(results, made, strict=True):
        wrong: Wrong = {}
        if _differ(result.got, result.expected):
            # Of several mistakes, some may change nothing here.
            wrong = {
                mistakes: result.got if any(set(one) <= set(mistakes) for one in own) else float("nan")
                for mistakes in every
            }
            wrong |= {(mistake,): [] for mistake in result.undecided if (mistake,) not in own}
        cases.append(Case(result.what, result.got, result.expected, wrong))
    compare = partial(expect_close, check_dtype=False)
    expect_cases(cases, reread=reread, compare=compare, differs=_differ)


def _mistakes_made(result: ReturnedNumber) -> list[Causes]:
    if not (_is_number(result.got) and result.steps and _differ(result.got, result.expected)):
        return []
    return [made for made in mistakes_made(number(float(result.got)), number(result.expected), result.steps) if made]


def _differ(came: Any, right: Any) -> bool:
    return close_difference(came, right, Tolerance(), check_dtype=False) is not None


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
