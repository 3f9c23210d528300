"""Modules are compared branch by branch, networks up to where they first differ; two mistakes are two sentences."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnlab.exercises.common import drawing
from cnnlab.exercises.inception.differences import where_it_differs
from cnnlab.exercises.inception.module import HEIGHT, drawn_module, module_values
from cnnlab.exercises.inception.reference import Reference
from cnnlab.exercises.inception.shapes import NetworkCase
from cnnlab.exercises.weights import check_parameters, random_values
from coursekit.checks import CheckFailed

IMAGES = (2, 3, 64, 48)


class Module(nn.Module):
    """An Inception module, whose forward pass tests change by deriving from it."""

    def __init__(
        self, in_channels: int, c1: int, c2: tuple[int, int], c3: tuple[int, int], c4: int, *, padding: int = 2
    ) -> None:
        super().__init__()
        self.one, self.project = nn.Conv2d(in_channels, c1, 1), nn.Conv2d(in_channels, c4, 1)
        self.to_three, self.three = nn.Conv2d(in_channels, c2[0], 1), nn.Conv2d(*c2, 3, padding=1)
        self.to_five, self.five = nn.Conv2d(in_channels, c3[0], 1), nn.Conv2d(*c3, 5, padding=padding)

    def parts(self, x: Tensor) -> list[Tensor]:
        return [
            self.one(x).relu(),
            self.three(self.to_three(x).relu()).relu(),
            self.five(self.to_five(x).relu()).relu(),
            self.project(F.max_pool2d(x, 3, 1, 1)).relu(),
        ]

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(self.parts(x), 1)


class BareAndReordered(Module):
    def parts(self, x: Tensor) -> list[Tensor]:
        one, three, _, pool = super().parts(x)
        return [one, three, pool, self.five(self.to_five(x).relu())]


class AverageAndBare(Module):
    def parts(self, x: Tensor) -> list[Tensor]:
        return [*super().parts(x)[:3], self.project(F.avg_pool2d(x, 3, 1, 1))]


class Unpadded(Module):
    def __init__(self, *channels: int, **names: int) -> None:
        super().__init__(*channels, **names, padding=0)  # type: ignore[arg-type]


class DefaultStride(Module):
    def parts(self, x: Tensor) -> list[Tensor]:
        return [*super().parts(x)[:3], self.project(F.max_pool2d(x, 3, padding=1))]


class Added(Module):
    def forward(self, x: Tensor) -> Tensor:
        one, three, five, pool = self.parts(x)
        return one + three + five + pool


def said_of(answer: Callable[..., nn.Module]) -> str:
    with pytest.raises(CheckFailed) as caught:
        module_values(answer, drawn_module(random.Random(0), (2, HEIGHT, 9)), drawing(0))
    return str(caught.value)


def test_a_module_in_any_style_passes() -> None:
    module_values(Module, drawn_module(random.Random(1), (2, HEIGHT, 9)), drawing(1))


def test_another_order_and_a_missing_relu_are_both_named() -> None:
    said = said_of(BareAndReordered)
    assert "in the order 1 × 1, 3 × 3, pool, 5 × 5" in said
    assert "ReLU is missing after the 5 × 5" in said


def test_two_mistakes_in_one_branch_are_both_named() -> None:
    said = said_of(AverageAndBare)
    assert "he pool takes the average" in said
    assert "ReLU is missing after the pool's projection" in said


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (DefaultStride, "`nn.MaxPool2d(3)` has stride 3 unless told otherwise"),
        (Unpadded, "A padding is missing or too small"),
        (Added, "The branches' outputs are added with +"),
    ],
)
def test_an_error_of_torch_begins_with_its_cause(answer: type[Module], cause: str) -> None:
    said = said_of(answer)
    assert said.startswith(cause)
    assert "RuntimeError" in said


def test_layers_in_a_list_and_lazy_layers_are_named() -> None:
    listed, lazy = nn.Module(), nn.LazyConv2d(4, 1)
    listed.layers = [nn.Conv2d(3, 4, 1)]  # type: ignore[assignment]
    for model, cause in ((listed, "plain list"), (lazy, "A lazy layer")):
        with pytest.raises(CheckFailed, match=cause):
            check_parameters(model, {"conv1": (4, 3, 1, 1)}, "Net()", reread="")


def test_a_layer_of_another_size_is_described() -> None:
    with pytest.raises(CheckFailed, match="conv1 is another layer: its kernel is 5 × 5, not 3 × 3"):
        check_parameters(nn.Conv2d(3, 4, 5), {"conv1": (4, 3, 3, 3)}, "Net()", reread="")


@pytest.mark.parametrize(
    ("layer", "changed", "said"),
    [
        (
            "pool1",
            nn.MaxPool2d(3),
            "after pool1: expected 10 × 16 × 12, got 10 × 10 × 8: `nn.MaxPool2d(3)` has stride 3",
        ),
        ("pool3", nn.AvgPool2d(3, 2, 1), "the pool before 4a is an average pool, where a max pool is asked for"),
        ("pool4", nn.Identity(), "the pool before 5a is missing, or comes elsewhere"),
        ("conv1_relu", nn.Identity(), "a ReLU is missing after conv1"),
        ("4c_5x5_relu", nn.Identity(), "a ReLU is missing after the 5 × 5 of 4c"),
        ("average", nn.AdaptiveMaxPool2d(1), "what follows 5b is not global average pooling"),
    ],
)
def test_a_network_is_told_where_it_first_differs(layer: str, changed: nn.Module, said: str) -> None:
    case, value = NetworkCase(7, 10), random_values(drawing(0))
    answer, right = Reference(case, value), Reference(case, value)
    with answer.changed({layer: changed}):
        found = where_it_differs(answer.network, right.network, IMAGES)
    assert found is not None
    assert found.says.startswith(said)


def test_nothing_differs_in_the_same_network() -> None:
    value = random_values(drawing(0))
    networks = [Reference(NetworkCase(7, 10), value).network for _ in range(2)]
    assert where_it_differs(networks[0], networks[1], IMAGES) is None
