"""The networks for measuring are the published ones: parameters, multiply-adds, outputs, and what they compute."""

from __future__ import annotations

import csv
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnlab.measure import measure
from cnnlab.published import NAMES, Network, cost_table, network
from tests.lab import make_networks

PUBLISHED = {
    # parameters, multiply-adds, numbers put out by convolutions and fully-connected layers, layers with weights
    "alexnet": (61_100_840, 714_188_480, 494_184, 8),
    "vgg16": (138_357_544, 15_470_264_320, 13_556_712, 16),
    "googlenet": (6_998_552, 1_582_671_872, 3_227_160, 58),
    "resnet18": (11_689_512, 1_814_073_344, 2_484_712, 21),
    "resnet50": (25_557_032, 4_089_184_256, 11_114_984, 54),
    "resnet152": (60_192_808, 11_513_626_624, 22_555_112, 156),
}


def on_meta(name: str) -> Network:
    """A network of full size that takes no memory."""
    with torch.device("meta"):
        return network(name)


def test_the_table_is_what_its_script_writes(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(make_networks, "PATH", tmp_path / "published_networks.csv")
    committed = make_networks.ROOT / "data" / "published_networks.csv"
    make_networks.main()
    assert (tmp_path / "published_networks.csv").read_bytes() == committed.read_bytes()


def test_there_are_six_networks() -> None:
    with (make_networks.ROOT / "data" / "published_networks.csv").open(encoding="utf-8", newline="") as file:
        assert {row["network"] for row in csv.DictReader(file)} == set(NAMES) == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_network_of_full_size_costs_what_is_published(name: str) -> None:
    rows = measure(on_meta(name), (3, 224, 224))
    weighty = [row for row in rows if row.kind in ("conv", "linear")]
    cost = (
        sum(row.params for row in rows),
        sum(row.macs for row in rows),
        sum(torch.Size(row.shape).numel() for row in weighty),
        len(weighty),
    )
    assert cost == PUBLISHED[name]
    assert sum(parameter.numel() for parameter in on_meta(name).parameters()) == cost[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_width_scales_channels_and_hidden_features_but_not_the_classes(name: str) -> None:
    narrow, published = network(name, width=8), on_meta(name)
    for (path, layer), whole in zip(narrow.layers.items(), published.layers.values(), strict=True):
        if isinstance(layer, nn.Conv2d):
            assert layer.out_channels == whole.out_channels * 8 // 64, path
    assert narrow(torch.zeros(2, 3, 72, 64)).shape == (2, 1000)


@pytest.mark.parametrize("name", NAMES)
def test_every_layer_is_a_module_that_can_be_measured(name: str) -> None:
    model = network(name, width=4)
    assert [row.name for row in measure(model, (3, 64, 64))] == [f"layers.{layer}" for layer in model.layers]


class TestTheCostTable:
    def test_tells_the_layers_that_make_a_tensor(self) -> None:
        rows = cost_table(on_meta("alexnet"), (3, 224, 224))
        assert [row["name"] for row in rows if row["allocates"]] == [
            *("conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool5"),
            *("average", "fc6", "fc7", "fc8"),
        ]

    def test_holds_what_was_measured(self) -> None:
        first = cost_table(on_meta("alexnet"), (3, 224, 224))[0]
        counts = {"inputs": 150_528, "outputs": 193_600, "kib": 756.25, "params": 23_296, "macs": 70_276_800}
        assert first == {"name": "conv1", "kind": "conv", **counts, "allocates": True}

    def test_counts_all_that_a_layer_reads(self) -> None:
        rows = {row["name"]: row for row in cost_table(on_meta("googlenet"), (3, 224, 224))}
        assert rows["3a_1x1"]["inputs"] == rows["3a_pool"]["inputs"] == 192 * 28 * 28
        assert rows["3a_concat"]["inputs"] == rows["3a_concat"]["outputs"] == 256 * 28 * 28


class Reference:
    """Takes the layers of a network in the order of their definition and runs them as the papers' figures have it."""

    def __init__(self, model: Network) -> None:
        self._layers = [m for m in model.layers.values() if list(m.parameters())]
        self._next = iter(self._layers)

    def __call__(self, x: Tensor) -> Tensor:
        return next(self._next)(x)

    def done(self) -> bool:
        return next(self._next, None) is None


def reference_inception(layer: Reference, x: Tensor) -> Tensor:
    """Four branches, side by side."""
    one = layer(x).relu()
    three = layer(layer(x).relu()).relu()
    five = layer(layer(x).relu()).relu()
    pool = layer(F.max_pool2d(x, 3, 1, 1)).relu()
    return torch.cat([one, three, five, pool], dim=1)


def reference_googlenet(layer: Reference, x: Tensor) -> Tensor:
    """GoogLeNet from the image to its scores."""
    x = F.max_pool2d(layer(x).relu(), 3, 2, 1)
    x = layer(layer(x).relu()).relu()
    for modules in (2, 5, 2):
        x = F.max_pool2d(x, 3, 2, 1)
        for _ in range(modules):
            x = reference_inception(layer, x)
    return layer(x.mean(dim=(2, 3)))


def reference_resnet(layer: Reference, x: Tensor, blocks: tuple[int, ...], convolutions: int) -> Tensor:
    """A ResNet whose blocks have so many convolutions."""
    x = F.max_pool2d(layer(layer(x)).relu(), 3, 2, 1)
    for stage, number in enumerate(blocks):
        for place in range(number):
            path = x
            for last in [False] * (convolutions - 1) + [True]:
                path = layer(layer(path))
                path = path if last else path.relu()
            projected = place == 0 and (stage > 0 or convolutions == 3)
            x = (path + (layer(layer(x)) if projected else x)).relu()
    return layer(x.mean(dim=(2, 3)))


def reference_chain(layer: Reference, x: Tensor, stages: tuple[int, ...], window: tuple[int, int], side: int) -> Tensor:
    """AlexNet or VGG: convolutions with a max pool behind each stage, and three fully-connected layers."""
    for number in stages:
        for _ in range(number):
            x = layer(x).relu()
        x = F.max_pool2d(x, *window)
    x = F.adaptive_avg_pool2d(x, side).flatten(1)
    return layer(layer(layer(x).relu()).relu())


REFERENCES = {
    "alexnet": lambda layer, x: reference_chain(layer, x, (1, 1, 3), (3, 2), 6),
    "vgg16": lambda layer, x: reference_chain(layer, x, (2, 2, 3, 3, 3), (2, 2), 7),
    "googlenet": reference_googlenet,
    "resnet18": lambda layer, x: reference_resnet(layer, x, (2, 2, 2, 2), 2),
    "resnet50": lambda layer, x: reference_resnet(layer, x, (3, 4, 6, 3), 3),
    "resnet152": lambda layer, x: reference_resnet(layer, x, (3, 8, 36, 3), 3),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("training", [True, False])
def test_a_network_computes_what_the_papers_draw(name: str, training: bool) -> None:
    torch.manual_seed(0)
    model = network(name, width=4).double().train(training)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias)
    layer = Reference(model)
    x = torch.randn(2, 3, 70, 64, dtype=torch.float64)
    torch.testing.assert_close(model(x.clone()), REFERENCES[name](layer, x))
    assert layer.done()


def test_the_strides_are_where_torchvision_has_them() -> None:
    strides = {
        (path.split("_")[-1], layer.kernel_size)
        for path, layer in on_meta("resnet50").layers.items()
        if isinstance(layer, nn.Conv2d) and layer.stride == (2, 2)
    }
    assert strides == {("conv1", (7, 7)), ("b", (3, 3)), ("projection", (1, 1))}
