"""The tables of GoogLeNet hold what real layers on the meta device hold and compute."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import nn

from cnnlab.measure import Measured, measure
from cnnlab.tables import table

PAPER = {row["module"]: row for row in table("googlenet_table1")}
MODULES = [name for name, row in PAPER.items() if row["n1x1"]]
INPUTS = {after: PAPER[before]["out_channels"] for before, after in pairwise(PAPER)}
COLUMNS = ("n1x1", "n3x3_reduce", "n3x3", "n5x5_reduce", "n5x5", "pool_proj")


class Conv(nn.Sequential):
    """A convolution that keeps the size, with a bias or with batch norm."""

    def __init__(self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, norm: bool = False) -> None:
        super().__init__(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=not norm))
        if norm:
            self.append(nn.BatchNorm2d(outputs))


class Parallel(nn.ModuleList):
    """Branches that read the same maps."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Their outputs, concatenated along the channels."""
        return torch.cat([branch(x) for branch in self], dim=1)


def module(name: str, *, third: int = 5, norm: bool = False) -> Parallel:
    """A module of the paper's Table 1."""
    inputs, (n1, r3, n3, r5, n5, proj) = INPUTS[name], (PAPER[name][column] for column in COLUMNS)
    return Parallel(
        [
            Conv(inputs, n1, 1, norm=norm),
            nn.Sequential(Conv(inputs, r3, 1, norm=norm), Conv(r3, n3, 3, norm=norm)),
            nn.Sequential(Conv(inputs, r5, 1, norm=norm), Conv(r5, n5, third, norm=norm)),
            nn.Sequential(nn.MaxPool2d(3, 1, 1), Conv(inputs, proj, 1, norm=norm)),
        ]
    )


def head(inputs: int, *, norm: bool = False) -> nn.Sequential:
    """An auxiliary classifier for maps of 14 x 14."""
    hidden = [nn.Flatten(), nn.Linear(2048, 1024), nn.Linear(1024, 1000)]
    return nn.Sequential(nn.AvgPool2d(5, 3), Conv(inputs, 128, 1, norm=norm), *hidden)


def stem(*, norm: bool = False) -> list[nn.Module]:
    """The layers down to 28 x 28."""
    first = [Conv(3, 64, 7, stride=2, norm=norm), nn.MaxPool2d(3, 2, 1)]
    return [*first, Conv(64, 64, 1, norm=norm), Conv(64, 192, 3, norm=norm), nn.MaxPool2d(3, 2, 1)]


def googlenet(*, third: int = 5, norm: bool = False) -> nn.Sequential:
    """The whole network, without heads and ReLU."""
    layers = stem(norm=norm)
    for name in MODULES:
        if name in ("4a", "5a"):
            layers.append(nn.MaxPool2d(3, 2, 1))
        layers.append(module(name, third=third, norm=norm))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 1000))


def measured(model: nn.Module, *shape: int) -> list[Measured]:
    """What the layers of a model do, on the meta device."""
    return measure(model.to("meta"), shape)


def costs(rows: list[Measured]) -> dict[str, int]:
    """Weights, biases and multiply-adds, summed up."""
    biases = sum(row.shape[0] for row in rows if row.params)
    params = sum(row.params for row in rows)
    return {"weights": params - biases, "biases": biases, "macs": sum(row.macs for row in rows)}


@pytest.mark.parametrize("name", MODULES)
def test_each_module_costs_what_a_real_one_measures(name: str) -> None:
    row, size = PAPER[name], PAPER[name]["out_size"]
    rows = measured(module(name), INPUTS[name], size, size)
    assert costs(rows) == {key: row[key] for key in ("weights", "biases", "macs")}
    assert sum(row[column] for column in COLUMNS if "reduce" not in column) == row["out_channels"]


def test_stem_and_last_layer_cost_what_real_ones_measure() -> None:
    first, _, reduce, second, _ = (measured(layer, inputs, size, size) for layer, inputs, size in stem_inputs())
    last = measured(nn.Linear(1024, 1000), 1024)
    for name, rows in (("conv1", first), ("conv2", reduce + second), ("linear", last)):
        assert costs(rows) == {key: PAPER[name][key] for key in ("weights", "biases", "macs")}


def stem_inputs() -> list[tuple[nn.Module, int, int]]:
    """The stem's layers with the channels and the size that they read."""
    return list(zip(stem(), (3, 64, 64, 64, 192), (224, 112, 56, 56, 56), strict=True))


def test_what_the_slide_says_of_the_stem_is_said_of_its_real_layers() -> None:
    for row, (layer, inputs, size) in zip(table("googlenet_stem"), stem_inputs(), strict=True):
        real = next(m for m in layer.modules() if isinstance(m, nn.Conv2d | nn.MaxPool2d))
        windows = (real.kernel_size, real.stride, real.padding)
        kernel, stride, padding = (w[0] if isinstance(w, tuple) else w for w in windows)
        assert (row["in_channels"], row["in_size"]) == (inputs, size)
        assert (row["kernel"], row["stride"], row["padding"]) == (kernel, stride, padding)
        assert row["filters"] == getattr(real, "out_channels", None)


@pytest.mark.parametrize("row", table("googlenet_variants"), ids=lambda row: row["variant"])
def test_the_variants_of_googlenet_are_what_real_ones_measure(row: dict[str, Any]) -> None:
    norm = row["batch_norm"] == "yes"
    rows = measured(googlenet(third=row["third_kernel"], norm=norm), 3, 224, 224)
    assert sum(layer.params for layer in rows) == row["params"]
    assert sum(layer.macs for layer in rows) == row["macs"]
    heads = [head(channels, norm=norm) for channels in (512, 528)]
    assert sum(p.numel() for model in heads for p in model.parameters()) == row["aux_params"]


def test_more_networks_and_more_crops_make_fewer_errors() -> None:
    errors = {(row["models"], row["crops"]): row["top5_error"] for row in table("googlenet_crops")}
    assert errors[1, 1] > errors[1, 10] > errors[1, 144] > errors[7, 144]
    assert errors[1, 1] > errors[7, 1] > errors[7, 10] > errors[7, 144]
