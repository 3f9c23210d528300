"""While an exercise is checked that builds on others, these do what they should; afterwards they are as they were."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnnlab.exercises.residual.depths import (
    BASIC_FROM_50,
    NOT_THE_NETWORK,
    check_depths,
    expect_value_error,
)
from cnnlab.exercises.residual.reference_blocks import called_with, standing_in
from cnnlab.exercises.residual.resnets import check_network
from coursekit.checks import CheckFailed


class BasicBlock(nn.Module):
    """A wrong block: there is no path."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.out_channels = out_channels
        self.only = nn.Conv2d(in_channels, out_channels, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.only(x)
        return y


class BottleneckBlock(nn.Module):
    """A block that is not written yet."""

    def __init__(self, in_channels: int, width: int, stride: int = 1, expansion: int = 4) -> None:
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        raise NotImplementedError


class ResNet(nn.Module):
    """A right network."""

    def __init__(self, block: Any, blocks: tuple[int, ...], num_classes: int = 1000, width: int = 64) -> None:
        super().__init__()
        channels, layers = width, []
        for stage, number in enumerate(blocks):
            for index in range(number):
                layers.append(block(channels, width << stage, 2 if stage and not index else 1))
                channels = (width << stage) * (4 if block is BottleneckBlock else 1)
        stem = nn.Conv2d(3, width, 7, 2, 3, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(3, 2, 1)
        self.features = nn.Sequential(*stem, *layers)
        self.fc = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.features(x).mean(dim=(2, 3)))
        return y


def resnet(depth: int) -> nn.Module:
    """A right answer to the last exercise."""
    if depth not in (18, 34, 50, 101, 152):
        raise ValueError(depth)
    numbers = {18: (2, 2, 2, 2), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}.get(depth, (3, 4, 6, 3))
    return ResNet(BasicBlock if depth < 50 else BottleneckBlock, numbers)


def only_basic(depth: int) -> nn.Module:
    return ResNet(BasicBlock, {18: (2, 2, 2, 2)}.get(depth, (3, 4, 6, 3)))


def with_softmax(depth: int) -> nn.Module:
    return nn.Sequential(resnet(depth), nn.Softmax(dim=1))


def key_error(depth: int) -> None:
    raise KeyError(depth)


@pytest.mark.parametrize(("kind", "block"), [("basic", BasicBlock), ("bottleneck", BottleneckBlock)])
def test_a_right_network_passes_whatever_its_blocks_are(kind: str, block: type[nn.Module]) -> None:
    with standing_in(BasicBlock, BottleneckBlock):
        check_network(ResNet, block, kind, (1, 2, 1, 1), 3, 2, (40, 48), seed=1)


def test_blocks_are_as_they_were_afterwards() -> None:
    before = dict(vars(BasicBlock))
    with standing_in(BasicBlock, BottleneckBlock, ResNet), torch.device("meta"):
        _ = resnet(18)
    assert dict(vars(BasicBlock)) == before
    assert [name for name, _ in BasicBlock(2, 3).named_parameters()] == ["only.weight", "only.bias"]


def test_a_block_keeps_the_attributes_of_its_author() -> None:
    with standing_in(BasicBlock, BottleneckBlock):
        assert BasicBlock(2, 3).out_channels == 3


def test_a_block_that_was_made_meanwhile_goes_on_as_it_was_made() -> None:
    with standing_in(BasicBlock, BottleneckBlock):
        block = BasicBlock(3, 3).eval()
    assert block(torch.zeros(1, 3, 4, 4)).min() >= 0
    assert len(list(block.parameters())) == 6


def test_what_is_no_class_stays_as_it_is() -> None:
    with standing_in(resnet, resnet):
        assert called_with(resnet) is None


def test_resnet_passes_whatever_its_blocks_are() -> None:
    check_depths(resnet, ResNet, BasicBlock, BottleneckBlock)


@pytest.mark.parametrize(("answer", "mistake"), [(only_basic, BASIC_FROM_50), (with_softmax, NOT_THE_NETWORK)])
def test_what_resnet_does_wrong_is_named(answer: Any, mistake: Any) -> None:
    with pytest.raises(CheckFailed) as caught:
        check_depths(answer, ResNet, BasicBlock, BottleneckBlock)
    assert caught.value.mistakes[0] == mistake


def test_a_key_error_is_no_value_error() -> None:
    expect_value_error(resnet, 20)
    with pytest.raises(CheckFailed, match="KeyError"):
        expect_value_error(key_error, 20)
