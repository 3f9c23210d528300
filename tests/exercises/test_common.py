"""What the checks of several topics share says what is wrong in a result."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from cnnlab.exercises.common import example_batch, expect_gradients, expect_untouched, returned_values
from coursekit.checks import CheckFailed, Mistake

DOUBLED = Mistake("doubled", "the result was doubled")


def told(check: Callable[[], None]) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        check()
    return caught.value


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
