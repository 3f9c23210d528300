"""The tables of VGG hold what real layers on the meta device put out, hold and compute."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest
import torch
from torch import nn

from cnnlab.measure import measure, receptive_field_by_gradient
from cnnlab.tables import table

NUMBERS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


def features(depth: int, batch_norm: bool, filters: tuple[int, ...], colours: int = 3) -> OrderedDict[str, nn.Module]:
    """The five stages of a VGG, by name."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    channels = colours
    for stage, (number, width) in enumerate(zip(NUMBERS[depth], filters, strict=True), start=1):
        for place in range(1, number + 1):
            layers[f"conv{stage}_{place}"] = nn.Conv2d(channels, width, 3, padding=1)
            channels = width
            if batch_norm:
                layers[f"norm{stage}_{place}"] = nn.BatchNorm2d(width)
        layers[f"pool{stage}"] = nn.MaxPool2d(2)
    return layers


def vgg(depth: int, batch_norm: bool = False) -> nn.Sequential:
    """A VGG of torch's layers on the meta device, without ReLU."""
    with torch.device("meta"):
        layers = features(depth, batch_norm, (64, 128, 256, 512, 512))
        layers["flatten"] = nn.Flatten()
        layers["fc6"], layers["fc7"] = nn.Linear(49 * 512, 4096), nn.Linear(4096, 4096)
        layers["fc8"] = nn.Linear(4096, 1000)
        return nn.Sequential(layers)


def test_the_layers_of_vgg_16_are_what_real_ones_measure() -> None:
    shape: tuple[int, ...] = (3, 224, 224)
    for row, layer in zip(table("vgg16_layers"), measure(vgg(16), shape), strict=True):
        assert (row["in_channels"], row["in_size"]) == (shape[0], (*shape, 1)[1])
        shape = layer.shape
        assert (row["out_channels"], row["out_size"]) == (shape[0], (*shape, 1)[1])
        assert (row["name"], row["kib"], row["macs"]) == (layer.name, layer.kib, layer.macs)
        assert (row["weights"] + row["biases"], row["biases"]) == (layer.params, shape[0] if layer.params else 0)
        assert row["pool_ops"] == (4 * torch.Size(shape).numel() if layer.kind == "pool" else 0)


@pytest.mark.parametrize("row", table("vgg_variants"), ids=lambda row: f"{row['depth']}-{row['batch_norm']}")
def test_the_variants_of_vgg_are_what_real_ones_measure(row: dict[str, Any]) -> None:
    rows = measure(vgg(row["depth"], row["batch_norm"] == "yes"), (3, 224, 224))
    kib = sum(layer.kib for layer in rows if layer.kind in ("conv", "linear"))
    assert sum(layer.params for layer in rows) == row["params"]
    assert sum(layer.macs for layer in rows) == row["macs"]
    assert kib * 1024 / 4 == row["outputs"]


@pytest.mark.parametrize("depth", NUMBERS)
def test_the_receptive_fields_of_vgg_are_what_a_backward_pass_measures(depth: int) -> None:
    thin = nn.Sequential(features(depth, False, (1, 1, 1, 1, 1), colours=1))
    fields = {row["receptive_field"] for row in table("vgg_variants") if row["depth"] == depth}
    assert fields == {receptive_field_by_gradient(thin, (1, 352, 352))}
