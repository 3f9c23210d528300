"""Where a network differs from the one that it should be is said layer by layer, whatever its style."""

from __future__ import annotations

from collections import OrderedDict

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnlab.exercises.layers import first_difference, layer_by_layer
from coursekit.checks import CheckFailed, Mistake, expect_close

SHAPE = (2, 3, 32, 32)


def reference() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(3, 8, 3, padding=1),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(3, 2),
            conv2=nn.Conv2d(8, 16, 3, padding=1),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(3, 2),
            flatten=nn.Flatten(),
            fc=nn.Linear(784, 5),
        )
    )


def network(**changes: nn.Module | None) -> nn.Module:
    """The reference with some layers replaced or left out, and its parameters where they fit."""
    right = dict(reference().named_children())
    layers = {name: layer for name, layer in (right | changes).items() if layer is not None}
    for name, layer in layers.items():
        if name in changes and isinstance(layer, nn.Conv2d):
            layer.load_state_dict(right[name].state_dict(), strict=False)
    return nn.Sequential(OrderedDict(layers))


class Functional(nn.Module):
    """The reference in another style."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.last = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 16, 3, padding=1), None
        self.last = nn.Linear(784, 5)
        self.load_state_dict(dict(zip(self.state_dict(), reference().state_dict().values(), strict=True)))

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(self.first(x), 3, stride=2).relu()
        x = F.max_pool2d(self.second(x).clamp(min=0), kernel_size=3, stride=2)
        return F.dropout(self.last(torch.flatten(x, 1)), training=self.training)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            network(pool1=nn.MaxPool2d(3)),
            "after pool1: expected 8 × 15 × 15, got 8 × 10 × 10: `nn.MaxPool2d(3)` has stride 3 unless told otherwise",
        ),
        (
            network(conv1=nn.Conv2d(3, 8, 3)),
            "after conv1: expected 8 × 32 × 32, got 8 × 30 × 30: its padding is 0, not 1",
        ),
        (network(relu1=None), "ReLU is missing after conv1"),
        (
            network(pool1=nn.MaxPool2d(4, 2, padding=1)),
            "after pool1: expected 8 × 15 × 15, got 8 × 16 × 16: its kernel is 4, not 3",
        ),
        (network(pool1=nn.MaxPool2d(4, 2)), "pool1 differs: its kernel is 4, not 3"),
        (network(pool1=None), "after conv1, a max pool is expected (pool1), but a convolution runs"),
        (network(end=nn.ReLU()), "ReLU should not run after fc"),
        (network(end=nn.Softmax(1)), "softmax should not run after fc"),
        (network(end=nn.Linear(5, 5)), "after fc, a linear layer runs that should not be there"),
    ],
)
def test_a_difference_is_named(answer: nn.Module, said: str) -> None:
    assert first_difference(answer, reference(), SHAPE) == said


def test_a_layer_is_missing_where_those_after_it_run_in_its_place() -> None:
    layers = OrderedDict(conv=nn.Conv2d(3, 8, 3), shrink=nn.Conv2d(8, 4, 3), last=nn.Conv2d(8, 2, 5))
    whole = nn.Sequential(OrderedDict(layers | {"last": nn.Conv2d(4, 2, 3)}))
    without = nn.Sequential(OrderedDict(conv=layers["conv"], last=layers["last"]))
    assert first_difference(without, whole, SHAPE) == "shrink is missing: a convolution is expected after conv"


def test_networks_that_are_equal_do_not_differ_whatever_their_style() -> None:
    assert first_difference(reference(), reference(), SHAPE) == ""
    assert first_difference(Functional(), reference(), SHAPE) == ""


def test_where_the_first_layers_hold_other_parameters_only_sizes_are_compared() -> None:
    assert first_difference(network(conv1=nn.Conv2d(3, 8, 3, padding=1, bias=False)), reference(), SHAPE) == ""


def test_looking_leaves_a_network_as_it_was() -> None:
    answer = network(norm=nn.BatchNorm1d(5)).train()
    before = {name: value.clone() for name, value in answer.state_dict().items()}
    first_difference(answer, reference(), SHAPE)
    assert all(module.training for module in answer.modules())
    assert all(torch.equal(value, before[name]) for name, value in answer.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in answer.modules())


def test_an_error_of_torch_is_told_with_the_layer_that_brought_it_about() -> None:
    answer = network(pool1=nn.MaxPool2d(3))
    with (
        pytest.raises(CheckFailed, match=r"(?s)After pool1: .* has stride 3.*RuntimeError: mat1 and mat2") as caught,
        layer_by_layer(answer, reference(), SHAPE, reread="The network"),
    ):
        answer(torch.zeros(SHAPE))
    assert caught.value.reread == "The network"


def test_a_layer_that_fails_itself_is_told_what_it_gets() -> None:
    answer = network()
    answer.conv2 = nn.Conv2d(4, 16, 3, padding=1)
    with (
        pytest.raises(CheckFailed, match=r"(?s)^A convolution gets another number of channels than its `in_channels`"),
        layer_by_layer(answer, reference(), SHAPE),
    ):
        answer(torch.zeros(SHAPE))


def test_a_mistake_that_a_check_has_named_stays() -> None:
    named = Mistake("halved", "the scores are halved")
    with pytest.raises(CheckFailed, match="The scores are halved"), layer_by_layer(network(), reference(), SHAPE):
        expect_close(1.0, 2.0, what="the score", mistakes={named: 1.0})


def test_an_error_whose_cause_is_not_seen_stays_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), layer_by_layer(network(), reference(), SHAPE):
        raise ZeroDivisionError
