"""What the slides get wrong: every number of the table that can be computed is computed again, from real layers.

The layers are built here and run on the meta device, apart from all that the notebooks use.
"""

import csv
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

PATH = Path(__file__).resolve().parents[2] / "data" / "lecture_errata.csv"
TOPICS = {"01-normalization", "02-alexnet", "03-vgg", "04-inception", "05-residual", "06-complexity"}
MIB = 2**20


class Cost(NamedTuple):
    """What running a layer, or several, costs: numbers put out, parameters, multiply-adds."""

    outputs: int
    params: int
    macs: int


def run(layers: Iterable[nn.Module], shape: tuple[int, ...]) -> list[tuple[nn.Module, Cost]]:
    """Run layers one after the other on one meta image."""
    x, costs, flops = torch.empty(1, *shape, device="meta"), [], 0
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        for layer in layers:
            x = layer.to("meta")(x)
            params = sum(parameter.numel() for parameter in layer.parameters())
            costs.append((layer, Cost(x.numel(), params, (counter.get_total_flops() - flops) // 2)))
            flops = counter.get_total_flops()
    return costs


def total(costs: Iterable[tuple[nn.Module, Cost]], *, pools: bool = False) -> Cost:
    """The sum over convolutions and fully-connected layers, on request over pools too."""
    wanted = (nn.Conv2d, nn.Linear, nn.MaxPool2d) if pools else (nn.Conv2d, nn.Linear)
    return Cost(*map(sum, zip(*(cost for layer, cost in costs if isinstance(layer, wanted)), strict=True)))


def comparisons(costs: Iterable[tuple[nn.Module, Cost]]) -> int:
    """What the slides count for a pool: each output looks at every place of its window."""
    return sum(cost.outputs * layer.kernel_size**2 for layer, cost in costs if isinstance(layer, nn.MaxPool2d))


@cache
def alexnet() -> list[tuple[nn.Module, Cost]]:
    """The lecture's AlexNet."""
    with torch.device("meta"):
        layers = [
            nn.Conv2d(3, 64, 11, 4, 2),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, 1, 2),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, 1, 1),
            nn.Conv2d(384, 256, 3, 1, 1),
            nn.Conv2d(256, 256, 3, 1, 1),
            nn.MaxPool2d(3, 2),
            nn.Flatten(),
            *(nn.Linear(9216, 4096), nn.Linear(4096, 4096), nn.Linear(4096, 1000)),
        ]
    return run(layers, (3, 227, 227))


@cache
def vgg16() -> list[tuple[nn.Module, Cost]]:
    """VGG-16 as published."""
    layers: list[nn.Module] = []
    inputs = 3
    with torch.device("meta"):
        for filters, depth in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
            for _ in range(depth):
                layers.append(nn.Conv2d(inputs, filters, 3, padding=1))
                inputs = filters
            layers.append(nn.MaxPool2d(2))
        layers += [nn.Flatten(), nn.Linear(25088, 4096), nn.Linear(4096, 4096), nn.Linear(4096, 1000)]
    return run(layers, (3, 224, 224))


def vgg16_to_28() -> list[tuple[nn.Module, Cost]]:
    """VGG-16 from 224 x 224 to its third pool, which puts out 28 x 28."""
    return vgg16()[:10]


@cache
def stem() -> list[tuple[nn.Module, Cost]]:
    """GoogLeNet from 224 x 224 to 28 x 28."""
    with torch.device("meta"):
        layers = [
            nn.Conv2d(3, 64, 7, 2, 3),
            nn.MaxPool2d(3, 2, 1),
            nn.Conv2d(64, 64, 1),
            nn.Conv2d(64, 192, 3, padding=1),
            nn.MaxPool2d(3, 2, 1),
        ]
    return run(layers, (3, 224, 224))


class Bottleneck(nn.Module):
    """A bottleneck block whose 3x3 convolution has the stride, as in torchvision."""

    def __init__(self, inputs: int, inner: int, stride: int) -> None:
        super().__init__()
        self.path = nn.Sequential(
            nn.Conv2d(inputs, inner, 1),
            nn.Conv2d(inner, inner, 3, stride, 1),
            nn.Conv2d(inner, 4 * inner, 1),
        )
        fits = stride == 1 and inputs == 4 * inner
        self.shortcut = nn.Identity() if fits else nn.Conv2d(inputs, 4 * inner, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """The sum of both ways."""
        return self.path(x) + self.shortcut(x)


@cache
def resnet_macs(blocks: Sequence[int]) -> int:
    """Multiply-adds of a ResNet with so many bottleneck blocks in its four stages."""
    with torch.device("meta"):
        layers: list[nn.Module] = [nn.Conv2d(3, 64, 7, 2, 3), nn.MaxPool2d(3, 2, 1)]
        inputs = 64
        for stage, depth in enumerate(blocks):
            for place in range(depth):
                layers.append(Bottleneck(inputs, 64 * 2**stage, 2 if stage and not place else 1))
                inputs = 4 * 64 * 2**stage
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000)]
    return sum(cost.macs for _, cost in run(layers, (3, 224, 224)))


def one(layer: nn.Module, shape: tuple[int, ...]) -> Cost:
    """What one layer costs."""
    return run([layer], shape)[0][1]


COMPUTED: dict[str, Callable[[], float]] = {
    "neurons of the first layer": lambda: one(nn.Conv2d(3, 96, 11, 4), (3, 227, 227)).outputs,
    "numbers in an input image": lambda: torch.empty(3, 227, 227).numel(),
    "floating point operations of conv1": lambda: 2 * alexnet()[0][1].macs,
    "operations of conv4": lambda: alexnet()[5][1].macs / 1e6,
    "parameters of fc6": lambda: alexnet()[9][1].params,
    "parameters of fc6 in the table": lambda: alexnet()[9][1].params / 1e3,
    "parameters of fc7 in the table": lambda: alexnet()[10][1].params / 1e3,
    "parameters of fc8 in the table": lambda: alexnet()[11][1].params / 1e3,
    "memory of VGG-16": lambda: 4 * total(vgg16()).outputs / MIB,
    "memory of VGG-16 to AlexNet": lambda: total(vgg16()).outputs / total(alexnet()).outputs,
    "operations of VGG-16": lambda: total(vgg16()).macs / 1e9,
    "operations of VGG-16, beside ResNets": lambda: total(vgg16()).macs / 1e9,
    "operations of VGG-16 to AlexNet": lambda: total(vgg16()).macs / total(alexnet()).macs,
    "memory of the 7x7 convolution": lambda: 4 * stem()[0][1].outputs / 1024,
    "operations of the stem": lambda: (total(stem()).macs + comparisons(stem())) / 1e6,
    "memory of VGG-16 down to 28 x 28": lambda: 4 * total(vgg16_to_28()).outputs / MIB,
    "memory of VGG-16 to the stem": lambda: (
        total(vgg16_to_28(), pools=True).outputs / total(stem(), pools=True).outputs
    ),
    "parameters of VGG-16 down to 28 x 28": lambda: total(vgg16_to_28()).params / 1e6,
    "parameters of VGG-16 to the stem": lambda: total(vgg16_to_28()).params / total(stem()).params,
    "operations of VGG-16 down to 28 x 28": lambda: total(vgg16_to_28()).macs / 1e6,
    "operations of VGG-16 to the stem": lambda: total(vgg16_to_28()).macs / total(stem()).macs,
    "parameters of VGG-16's fc6 in the table": lambda: vgg16()[-3][1].params / 1e3,
    "parameters of VGG-16's fc7 in the table": lambda: vgg16()[-2][1].params / 1e3,
    "parameters of VGG-16's fc8 in the table": lambda: vgg16()[-1][1].params / 1e3,
    "operations of a bottleneck's 1x1 convolution": lambda: (
        one(nn.Conv2d(4 * 8, 8, 1), (4 * 8, 6, 5)).macs / (6 * 5 * 8**2)
    ),
    "operations of the ResNet-50 whose error stands beside it": lambda: resnet_macs((3, 4, 6, 3)) / 1e9,
    "operations of the ResNet-101 whose error stands beside it": lambda: resnet_macs((3, 4, 23, 3)) / 1e9,
    "operations of the ResNet-152 whose error stands beside it": lambda: resnet_macs((3, 8, 36, 3)) / 1e9,
}

with PATH.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))
NUMERIC = [row for row in ROWS if row["exact"]]


def number(text: str) -> float:
    """A number as the slides print it."""
    return float(text.replace(",", ""))


@pytest.mark.parametrize("row", NUMERIC, ids=[row["what"] for row in NUMERIC])
class TestEveryNumber:
    def test_is_what_real_layers_give(self, row: dict[str, str]) -> None:
        assert float(row["exact"]) == pytest.approx(COMPUTED[row["what"]](), rel=1e-7)

    def test_is_rounded_as_the_slide_rounds(self, row: dict[str, str]) -> None:
        decimals = len(row["right"].partition(".")[2])
        assert number(row["right"]) == round(float(row["exact"]), decimals)

    def test_differs_from_the_slide(self, row: dict[str, str]) -> None:
        assert number(row["slide"]) != number(row["right"])


class TestTheTable:
    def test_holds_a_row_for_each_number_that_is_computed_here(self) -> None:
        assert {row["what"] for row in NUMERIC} == set(COMPUTED)

    def test_says_that_a_number_was_computed_exactly_where_it_gives_it(self) -> None:
        assert [row for row in ROWS if (row["source"] == "computed") != bool(row["exact"])] == []

    def test_tells_errors_from_conventions(self) -> None:
        verdicts = [row["verdict"] for row in ROWS]
        assert set(verdicts) == {"error", "convention"}
        assert verdicts.count("error") == 26

    def test_places_every_row_in_a_topic_and_in_the_lecture(self) -> None:
        assert {row["topic"] for row in ROWS} == TOPICS
        for row in ROWS:
            assert row["title"]
            assert all(1 <= int(line) <= 1913 for line in row["line"].split())

    def test_gives_a_cause_for_every_row(self) -> None:
        for row in ROWS:
            assert row["slide"] and row["right"] and row["slide"] != row["right"]
            assert row["cause"].endswith(".")

    def test_describes_no_two_rows_of_a_topic_alike(self) -> None:
        descriptions = [(row["topic"], row["what"]) for row in ROWS]
        assert len(set(descriptions)) == len(descriptions)


def test_without_one_convolution_of_stage_3_vgg16_costs_what_the_slides_print() -> None:
    left_out = vgg16()[8][1]
    whole, to_28 = total(vgg16()), total(vgg16_to_28())
    assert 4 * (whole.outputs - left_out.outputs) / MIB == pytest.approx(48.6, abs=0.06)
    assert (whole.macs - left_out.macs) / 1e9 == pytest.approx(13.6, abs=0.05)
    assert 4 * (to_28.outputs - left_out.outputs) / MIB == pytest.approx(42.9, abs=0.05)
    assert (to_28.params - left_out.params) / 1e6 == pytest.approx(1.1, abs=0.05)
    assert (to_28.macs - left_out.macs) / 1e6 == pytest.approx(7485, abs=0.5)
