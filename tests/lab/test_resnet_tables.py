"""The tables of ResNets hold what real layers on the meta device hold and compute, and what the slides print."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from cnnlab.tables import table

LECTURE_TABLES = ["resnet_architectures", "resnet_degradation", "resnet_cifar10", "preact_errors"]


def conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    """A convolution without bias, and its batch norm."""
    return [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs)]


class Added(nn.Module):
    """A path and a shortcut, added; ReLU has no cost."""

    def __init__(self, path: Sequence[nn.Module], shortcut: Sequence[nn.Module]) -> None:
        super().__init__()
        self.path, self.shortcut = nn.Sequential(*path), nn.Sequential(*shortcut)

    def forward(self, x: Tensor) -> Tensor:
        """The sum of both ways."""
        return self.path(x) + self.shortcut(x)


class Padded(Added):
    """A block whose shortcut takes every second pixel and adds channels of zeros (option A of He et al.)."""

    def forward(self, x: Tensor) -> Tensor:
        """The sum of both ways."""
        y = self.path(x)
        x = x[..., ::2, ::2] if y.shape != x.shape else x
        return y + nn.functional.pad(x, (0, 0, 0, 0, 0, y.shape[1] - x.shape[1]))


def blocks(row: dict[str, Any], first_stride: bool) -> list[nn.Module]:
    """The blocks of a ResNet, with bottlenecks that have their stride in the first convolution or in the second."""
    made: list[nn.Module] = []
    inputs = 64
    for stage in range(4):
        width = 64 * 2**stage
        outputs = width if row["block"] == "basic" else 4 * width
        for place in range(row[f"blocks{stage + 1}"]):
            stride = 2 if stage and not place else 1
            strides = (stride, 1) if first_stride else (1, stride)
            if row["block"] == "basic":
                path = [*conv(inputs, width, 3, stride), *conv(width, width, 3)]
            else:
                middle = [*conv(inputs, width, 1, strides[0]), *conv(width, width, 3, strides[1])]
                path = [*middle, *conv(width, outputs, 1)]
            made.append(Added(path, conv(inputs, outputs, 1, stride) if (inputs, stride) != (outputs, 1) else []))
            inputs = outputs
    return made


def resnet(row: dict[str, Any], first_stride: bool = False) -> nn.Sequential:
    """A ResNet for 224 x 224 pixels, on the meta device."""
    with torch.device("meta"):
        features = 512 if row["block"] == "basic" else 2048
        head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(features, 1000)]
        return nn.Sequential(*conv(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1), *blocks(row, first_stride), *head)


def cifar_resnet(depth: int) -> nn.Sequential:
    """A ResNet for 32 x 32 pixels with shortcuts that have no parameters, on the meta device."""
    layers, inputs = conv(3, 16, 3), 16
    for outputs in (16, 32, 64):
        for _ in range((depth - 2) // 6):
            path = [*conv(inputs, outputs, 3, outputs // inputs), *conv(outputs, outputs, 3)]
            layers.append(Padded(path, []))
            inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def cost(network: nn.Module, shape: tuple[int, int, int]) -> tuple[int, int]:
    """Parameters, and multiply-adds for one image."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network.eval()(torch.empty(1, *shape, device="meta"))
    return sum(p.numel() for p in network.parameters()), counter.get_total_flops() // 2


@pytest.mark.parametrize("row", table("resnet_architectures"), ids=lambda row: str(row["depth"]))
class TestArchitectures:
    def test_hold_and_compute_what_real_layers_do(self, row: dict[str, Any]) -> None:
        assert cost(resnet(row), (3, 224, 224)) == (row["params"], row["macs"])

    def test_cost_less_with_the_stride_in_front_where_that_differs(self, row: dict[str, Any]) -> None:
        macs = cost(resnet(row, first_stride=True), (3, 224, 224))[1]
        assert macs == (row["macs_v1"] or row["macs"])

    def test_count_layers_as_their_names_do(self, row: dict[str, Any]) -> None:
        per_block = {"basic": 2, "bottleneck": 3}[row["block"]]
        layers = [row[f"layers{stage}"] for stage in range(1, 5)]
        assert layers == [per_block * row[f"blocks{stage}"] for stage in range(1, 5)]
        assert 1 + sum(layers) + 1 == row["depth"]

    def test_are_on_the_slides_with_the_cost_of_v1_and_the_errors_of_torchvision(self, row: dict[str, Any]) -> None:
        assert row["slide_gmacs"] == pytest.approx((row["macs_v1"] or row["macs"]) / 1e9, abs=0.07)
        assert row["slide_top5_error"] == pytest.approx(row["top5_error"], abs=0.015)


@pytest.mark.parametrize("row", table("resnet_cifar10"), ids=lambda row: str(row["depth"]))
def test_the_cost_of_the_cifar_networks_is_that_of_real_layers(row: dict[str, Any]) -> None:
    with torch.device("meta"):
        network = cifar_resnet(row["depth"])
    assert cost(network, (3, 32, 32)) == (row["params"], row["macs"])


@pytest.mark.parametrize("name", LECTURE_TABLES)
def test_every_row_names_its_source(name: str) -> None:
    assert all("arXiv" in row["source"] for row in table(name))
    assert f"`{name}.csv`" in (Path(__file__).resolve().parents[2] / "data" / "README.md").read_text(encoding="utf-8")
