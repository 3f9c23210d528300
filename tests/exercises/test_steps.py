"""A wrong result of a calculation in steps is told with the mistake in each step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from cnnlab.exercises.steps import Variant, expect_steps
from coursekit.checks import CheckFailed, Mistake

X = (1.0, 2.0, 5.0)
SUMMED = Mistake("summed", "the values were added up")
DOUBLED = Mistake("doubled", "the result was doubled")


def told(check: Callable[[], None]) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        check()
    return caught.value


def averaged(_: object) -> Iterator[Variant]:
    yield None, torch.tensor(X).mean()
    yield SUMMED, torch.tensor(X).sum()


def squared(mean: torch.Tensor) -> Iterator[Variant]:
    yield None, (torch.tensor(X) - mean) ** 2
    yield DOUBLED, 2 * (torch.tensor(X) - mean) ** 2


def compare(got: Any, *steps: Any) -> None:
    x = torch.tensor(X)
    expect_steps(got, (x - x.mean()) ** 2, steps or (averaged, squared), what="the squares")


def test_a_right_result_passes() -> None:
    x = torch.tensor(X)
    compare((x - x.mean()) ** 2)


def test_the_mistake_in_a_step_is_named() -> None:
    x = torch.tensor(X)
    assert told(lambda: compare((x - x.sum()) ** 2)).likely == SUMMED.says


def test_mistakes_in_two_steps_are_both_named() -> None:
    x = torch.tensor(X)
    failure = told(lambda: compare(2 * (x - x.sum()) ** 2))
    assert (failure.likely, failure.also) == (SUMMED.says, (DOUBLED,))


def test_what_follows_from_a_value_that_was_reported_before_is_not_reported_again() -> None:
    x, own = torch.tensor(X), torch.tensor(7.0)
    compare((x - own) ** 2, lambda _: [(None, own), (None, x.mean())], squared)


def test_a_result_that_no_step_explains_is_wrong_without_a_cause() -> None:
    assert told(lambda: compare(torch.tensor([3.0, 1.0, 4.5]))).mistakes == ()


def test_a_result_of_another_dtype_is_not_taken_for_right() -> None:
    x = torch.tensor(X)
    assert "float64" in str(told(lambda: compare((x.double() - x.mean().double()) ** 2)))
