"""Writes ``data/published_networks.csv``: ``python -m tests.lab.make_networks``.

It stays here, and not beside the table, because it states what the chapters on Inception and residual networks ask for.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATH = ROOT / "data" / "published_networks.csv"
COLUMNS = ("network", "layer", "type", "inputs", "outputs", "kernel", "stride", "padding", "bias", "side", "source")
INCEPTION = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
RESNETS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
VGGS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


class Plan:
    """The layers of a network, written down in the order in which they run."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.last = "image"

    def add(self, layer: str, type: str, inputs: str = "", **values: Any) -> str:
        """Add a layer; without inputs it reads the layer before it."""
        self.rows.append({"layer": layer, "type": type, "inputs": inputs or self.last, **values})
        self.last = layer
        return layer

    def conv(self, layer: str, outputs: int, kernel: int, stride: int = 1, inputs: str = "", bias: str = "yes") -> str:
        """Add a convolution; its padding keeps the maps, up to its stride."""
        window = {"kernel": kernel, "stride": stride, "padding": kernel // 2}
        return self.add(layer, "conv", inputs, outputs=outputs, bias=bias, **window)

    def conv_relu(self, layer: str, outputs: int, kernel: int, stride: int = 1, inputs: str = "") -> str:
        """Add a convolution with bias, and a ReLU."""
        self.conv(layer, outputs, kernel, stride, inputs)
        return self.add(f"{layer}_relu", "relu")

    def conv_norm(self, layer: str, outputs: int, kernel: int, stride: int = 1, inputs: str = "") -> str:
        """Add a convolution without bias, and a batch norm."""
        self.conv(layer, outputs, kernel, stride, inputs, bias="no")
        return self.add(f"{layer}_norm", "norm")

    def pool(self, layer: str, kernel: int, stride: int, padding: int = 0, inputs: str = "") -> str:
        """Add a max pool."""
        return self.add(layer, "pool", inputs, kernel=kernel, stride=stride, padding=padding)

    def head(self, side: int, *outputs: int) -> list[dict[str, Any]]:
        """Add an average pool to so many pixels and fully-connected layers, 1000 outputs last; give all rows."""
        self.add("average", "average", side=side)
        self.add("flatten", "flatten")
        for number, width in enumerate(outputs, start=6):
            self.add(f"fc{number}", "linear", outputs=width)
            self.add(f"fc{number}_relu", "relu")
        self.add(f"fc{6 + len(outputs)}" if outputs else "fc", "linear", outputs=1000)
        return self.rows


def alexnet() -> list[dict[str, Any]]:
    """AlexNet on one GPU."""
    plan = Plan()
    plan.add("conv1", "conv", outputs=64, kernel=11, stride=4, padding=2, bias="yes")
    plan.add("conv1_relu", "relu")
    plan.pool("pool1", 3, 2)
    plan.conv_relu("conv2", 192, 5)
    plan.pool("pool2", 3, 2)
    for number, filters in ((3, 384), (4, 256), (5, 256)):
        plan.conv_relu(f"conv{number}", filters, 3)
    plan.pool("pool5", 3, 2)
    return plan.head(6, 4096, 4096)


def vgg(depth: int) -> list[dict[str, Any]]:
    """VGG without batch norm."""
    plan = Plan()
    for stage, (filters, number) in enumerate(zip((64, 128, 256, 512, 512), VGGS[depth], strict=True), start=1):
        for place in range(1, number + 1):
            plan.conv_relu(f"conv{stage}_{place}", filters, 3)
        plan.pool(f"pool{stage}", 2, 2)
    return plan.head(7, 4096, 4096)


def googlenet() -> list[dict[str, Any]]:
    """GoogLeNet without auxiliary classifiers and local response normalization."""
    plan = Plan()
    plan.conv_relu("conv1", 64, 7, 2)
    plan.pool("pool1", 3, 2, 1)
    plan.conv_relu("conv2_reduce", 64, 1)
    plan.conv_relu("conv2", 192, 3)
    plan.pool("pool2", 3, 2, 1)
    for name, filters in INCEPTION.items():
        if name in ("4a", "5a"):
            plan.pool(f"pool{int(name[0]) - 1}", 3, 2, 1)
        inception(plan, name, filters)
    return plan.head(1)


def inception(plan: Plan, name: str, filters: Sequence[int]) -> None:
    """Add a module of four branches."""
    one, reduce3, three, reduce5, five, projection = filters
    start = plan.last
    branches = [plan.conv_relu(f"{name}_1x1", one, 1, inputs=start)]
    plan.conv_relu(f"{name}_3x3_reduce", reduce3, 1, inputs=start)
    branches.append(plan.conv_relu(f"{name}_3x3", three, 3))
    plan.conv_relu(f"{name}_5x5_reduce", reduce5, 1, inputs=start)
    branches.append(plan.conv_relu(f"{name}_5x5", five, 5))
    plan.pool(f"{name}_pool", 3, 1, 1, inputs=start)
    branches.append(plan.conv_relu(f"{name}_projection", projection, 1))
    plan.add(f"{name}_concat", "concat", " ".join(branches))


def resnet(depth: int) -> list[dict[str, Any]]:
    """ResNet with projections; in a bottleneck the stride is that of the 3x3, as in torchvision."""
    plan = Plan()
    plan.conv_norm("conv1", 64, 7, 2)
    plan.add("conv1_relu", "relu")
    plan.pool("pool1", 3, 2, 1)
    expansion = 1 if depth < 50 else 4
    channels = 64
    for stage, number in enumerate(RESNETS[depth], start=1):
        width = 32 * 2**stage
        for place in range(1, number + 1):
            stride = 2 if stage > 1 and place == 1 else 1
            name, start = f"stage{stage}_{place}", plan.last
            kernels = {"a": 3, "b": 3} if expansion == 1 else {"a": 1, "b": 3, "c": 1}
            strided, (last, kernel) = ("a" if expansion == 1 else "b"), kernels.popitem()
            for letter, side in kernels.items():
                plan.conv_norm(f"{name}_{letter}", width, side, stride if letter == strided else 1)
                plan.add(f"{name}_{letter}_relu", "relu")
            path = plan.conv_norm(f"{name}_{last}", expansion * width, kernel)
            if (channels, stride) != (expansion * width, 1):
                start = plan.conv_norm(f"{name}_projection", expansion * width, 1, stride, inputs=start)
            channels = expansion * width
            plan.add(f"{name}_add", "add", f"{path} {start}")
            plan.add(f"{name}_relu", "relu")
    return plan.head(1)


def table() -> list[dict[str, Any]]:
    """All rows."""
    he = "He et al. 2016 (stride in the 3x3: torchvision)"
    networks = {
        "alexnet": (alexnet(), "Krizhevsky 2014"),
        "vgg16": (vgg(16), "Simonyan & Zisserman 2015"),
        "googlenet": (googlenet(), "Szegedy et al. 2015"),
        "resnet18": (resnet(18), "He et al. 2016"),
        "resnet50": (resnet(50), he),
        "resnet152": (resnet(152), he),
    }
    return [{"network": name, **row, "source": source} for name, (rows, source) in networks.items() for row in rows]


def main() -> None:
    """Write the table."""
    with PATH.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table())


if __name__ == "__main__":
    main()
