"""What several topics' checks share says what is wrong in a result, and how many mistakes at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from cnnlab.exercises.common import (
    Way,
    example_batch,
    expect_gradients,
    expect_steps,
    expect_untouched,
    returned_values,
)
from coursekit.checks import CheckFailed, Mistake

X = (1.0, 2.0, 5.0)
SUMMED = Mistake("summed", "the values were added up")
DOUBLED = Mistake("doubled", "the result was doubled")


def told(check: Callable[[], None]) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        check()
    return caught.value


def averaged(_: object) -> Iterator[Way]:
    yield None, torch.tensor(X).mean()
    yield SUMMED, torch.tensor(X).sum()


def squared(mean: torch.Tensor) -> Iterator[Way]:
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


def test_values_come_back_in_their_order() -> None:
    x, gamma, _ = example_batch(4, 3)
    assert returned_values([x, gamma], y=x.shape, mean=gamma.shape) == [x, gamma]
    assert "wrong order; return y, mean" in str(told(lambda: returned_values((gamma, x), y=(4, 3), mean=(3,))))
    assert "no return statement" in str(told(lambda: returned_values(None, y=(4, 3), mean=(3,))))
    assert "return a tuple: return y, mean" in str(told(lambda: returned_values(x, y=(4, 3), mean=(3,))))


def test_an_argument_changed_in_place_is_named() -> None:
    x = torch.ones(3)
    assert "changed in place" in str(told(lambda: expect_untouched([x], [torch.zeros(3)])))


def test_gradients_that_do_not_flow_are_named_and_others_compared() -> None:
    x = torch.ones(3, requires_grad=True)
    right = 2 * x
    expect_gradients(2 * x, right, {"x": x})
    assert "torch.no_grad()" in str(told(lambda: expect_gradients(right.detach(), right, {"x": x})))
    wrong = told(lambda: expect_gradients(3 * x, right, {"x": x}, mistakes={DOUBLED: 3 * x}))
    assert wrong.likely == DOUBLED.says
