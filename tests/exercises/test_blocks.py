"""A block is compared with what it should compute, and its mistakes are named, however it is written."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnlab.exercises.residual.block_mistakes import (
    NO_RELU_AFTER_ADDITION,
    NORM_SHARED,
    NOT_PROJECTED,
    OTHER_MOMENTUM,
    PROJECTION_WITH_BIAS,
    PROJECTION_WITHOUT_NORM,
    RANDOM,
    STRIDE_IN_PATH_ONLY,
)
from cnnlab.exercises.residual.block_plans import basic_plan
from cnnlab.exercises.residual.block_properties import check_block_properties
from cnnlab.exercises.residual.blocks import check_block
from coursekit.checks import CheckFailed, Mistake


class Block(nn.Module):
    """A basic block that can be made with mistakes."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, momentum: float = 0.1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs, momentum=momentum)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = self.projection(inputs, outputs, stride)

    def projection(self, inputs: int, outputs: int, stride: int) -> nn.Module:
        return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def path(self, x: Tensor) -> Tensor:
        y: Tensor = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return y

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.path(x) + self.shortcut(x))


class FirstNormTwice(Block):
    def path(self, x: Tensor) -> Tensor:
        y: Tensor = self.bn1(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return y


class BareProjection(Block):
    def projection(self, inputs: int, outputs: int, stride: int) -> nn.Module:
        return nn.Conv2d(inputs, outputs, 1, stride)


class NoProjection(Block):
    def projection(self, inputs: int, outputs: int, stride: int) -> nn.Module:
        return nn.Identity()


class StrideForgotten(Block):
    def projection(self, inputs: int, outputs: int, stride: int) -> nn.Module:
        return super().projection(inputs, outputs, 1)


class NoLastRelu(Block):
    def forward(self, x: Tensor) -> Tensor:
        return self.path(x) + self.shortcut(x)


class Dropping(Block):
    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(super().forward(x), 0.5, self.training)


class Another(Block):
    def forward(self, x: Tensor) -> Tensor:
        return 1.5 * super().forward(x) ** 2


def failure(block: type[Block], inputs: int, outputs: int, stride: int = 1) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        check_block(block(inputs, outputs, stride), basic_plan(inputs, outputs, stride), (6, 7), seed=1, reread="")
    return caught.value


@pytest.mark.parametrize("case", [(3, 3, 1), (3, 5, 1), (3, 3, 2), (2, 4, 3)])
def test_a_right_block_passes(case: tuple[int, int, int]) -> None:
    check_block(Block(*case), basic_plan(*case), (6, 7), seed=1, reread="")
    check_block_properties(Block(*case), basic_plan(*case), (6, 7), seed=1, reread="")


@pytest.mark.parametrize(
    ("block", "case", "mistake"),
    [
        (FirstNormTwice, (3, 3, 1), NORM_SHARED),
        (NoLastRelu, (3, 3, 1), NO_RELU_AFTER_ADDITION),
        (NoProjection, (3, 5, 1), NOT_PROJECTED),
        (StrideForgotten, (3, 5, 2), STRIDE_IN_PATH_ONLY),
        (Dropping, (3, 3, 1), RANDOM),
    ],
)
def test_a_mistake_is_named_by_what_it_computes(
    block: type[Block], case: tuple[int, int, int], mistake: Mistake
) -> None:
    found = failure(block, *case)
    assert found.mistakes[0] == mistake
    assert found.also == ()


def test_what_no_mistake_explains_has_no_cause() -> None:
    assert [mistake.id for mistake in failure(Another, 3, 3).mistakes] in ([], [""])


def test_two_mistakes_are_both_named() -> None:
    found = failure(BareProjection, 3, 5)
    assert {found.mistakes[0], *found.also} == {PROJECTION_WITHOUT_NORM, PROJECTION_WITH_BIAS}


def test_an_error_of_torch_is_told_with_its_cause() -> None:
    assert "The size of tensor a" in str(failure(StrideForgotten, 3, 5, 2))


def test_another_momentum_shows_in_running_statistics() -> None:
    block = Block(3, 3, momentum=0.5)
    check_block(block, basic_plan(3, 3), (6, 7), seed=1, reread="")
    with pytest.raises(CheckFailed) as caught:
        check_block_properties(block, basic_plan(3, 3), (6, 7), seed=1, reread="")
    assert caught.value.mistakes[0] == OTHER_MOMENTUM


def test_values_do_not_depend_on_earlier_checks() -> None:
    first, second = Block(3, 3), Block(3, 3)
    for block in (first, second):
        check_block(block, basic_plan(3, 3), (6, 7), seed=1, reread="")
    states = first.state_dict(), second.state_dict()
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
