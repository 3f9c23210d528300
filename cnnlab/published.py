"""Networks of the lecture as modules, made from ``data/published_networks.csv``, for measuring.

The table holds AlexNet on one GPU (Krizhevsky 2014), VGG-16, GoogLeNet without its auxiliary classifiers, and ResNets
of 18, 50 and 152 layers, whose strides are where torchvision has them; see ``data/README.md``. A row is a layer, its
``inputs`` are the layers that it reads. Dropout and local response normalization are left out. ReLUs overwrite what
they read, as in most published code.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from cnnlab.measure import measure
from cnnlab.tables import table

NAMES = {
    "alexnet": "AlexNet",
    "vgg16": "VGG-16",
    "googlenet": "GoogLeNet",
    "resnet18": "ResNet-18",
    "resnet50": "ResNet-50",
    "resnet152": "ResNet-152",
}


class Add(nn.Module):
    """The sum of tensors of one shape."""

    def forward(self, *tensors: Tensor) -> Tensor:
        """The sum."""
        return sum(tensors[1:], start=tensors[0])


class Concat(nn.Module):
    """The channels of several tensors, one after the other."""

    def forward(self, *tensors: Tensor) -> Tensor:
        """All channels, axis 1."""
        return torch.cat(tensors, dim=1)


class Network(nn.Module):
    """The layers of a table, run in its order; a tensor is let go as soon as no later layer reads it.

    Args:
        rows: those of one network in ``data/published_networks.csv``.
        width: what takes the place of 64 in all numbers of channels and hidden features: ``c * width // 64``.
    """

    def __init__(self, rows: list[dict[str, Any]], width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleDict()
        self.inputs = {row["layer"]: row["inputs"].split() for row in rows}
        last_reader = {name: layer for layer, names in self.inputs.items() for name in names}
        self.let_go = {layer: [n for n in names if last_reader[n] == layer] for layer, names in self.inputs.items()}
        channels, side = {"image": 3}, 1
        for row in rows:
            name, read = row["layer"], [channels[name] for name in self.inputs[row["layer"]]]
            # The last layer puts out one number per class, whatever the width.
            outputs = row["outputs"] if row is rows[-1] else (row["outputs"] or 0) * width // 64
            self.layers[name] = _MAKERS[row["type"]](row, read[0], outputs)
            side = row["side"] or side
            channels[name] = sum(read) if row["type"] == "concat" else outputs or read[0]
            if row["type"] == "flatten":
                channels[name] *= side**2

    def forward(self, image: Tensor) -> Tensor:
        """Scores of the 1000 classes, shape (N, 1000), for images of shape (N, 3, H, W)."""
        values = {"image": image}
        del image
        for name, layer in self.layers.items():
            values[name] = layer(*(values[read] for read in self.inputs[name]))
            for read in self.let_go[name]:
                del values[read]
        return values[name]


def network(name: str, width: int = 64) -> Network:
    """A network with initial weights, on torch's default device.

    Args:
        name: a key of ``NAMES``.
        width: 64 gives the published network; 32 has half of all channels and hidden features.

    Raises:
        KeyError: if there is no such network.
    """
    return Network(_rows()[name], width)


def cost_table(model: Network, shape: tuple[int, ...]) -> list[dict[str, Any]]:
    """What each layer of a network costs for one image, in float32.

    Args:
        model: on any device, ``meta`` included.
        shape: of one image, such as (3, 224, 224).

    Returns:
        Dicts with ``name``; ``kind`` as ``cnnlab.measure`` has it; ``inputs`` and ``outputs``, the numbers that the
        layer reads and puts out; ``kib``, the output's memory in KiB; ``params``; ``macs``, multiply-adds; and
        ``allocates``, whether the output is a tensor of its own: ReLU overwrites its input, and flatten is a view.
    """
    rows: list[dict[str, Any]] = []
    outputs = {"image": torch.Size(shape).numel()}
    for row in measure(model, shape):
        name = row.name.removeprefix("layers.")
        outputs[name] = torch.Size(row.shape).numel()
        inputs = sum(outputs[read] for read in model.inputs[name])
        sizes = {"inputs": inputs, "outputs": outputs[name], "kib": row.kib, "params": row.params, "macs": row.macs}
        rows.append({"name": name, "kind": row.kind, **sizes, "allocates": row.kind not in ("relu", "flatten")})
    return rows


@cache
def _rows() -> dict[str, list[dict[str, Any]]]:
    rows = table("published_networks")
    return {name: [row for row in rows if row["network"] == name] for name in NAMES}


def _conv(row: dict[str, Any], channels: int, outputs: int) -> nn.Module:
    return nn.Conv2d(channels, outputs, row["kernel"], row["stride"], row["padding"], bias=row["bias"] == "yes")


_MAKERS: dict[str, Callable[[dict[str, Any], int, int], nn.Module]] = {
    "conv": _conv,
    "norm": lambda row, channels, outputs: nn.BatchNorm2d(channels),
    "relu": lambda row, channels, outputs: nn.ReLU(inplace=True),
    "pool": lambda row, channels, outputs: nn.MaxPool2d(row["kernel"], row["stride"], row["padding"]),
    "average": lambda row, channels, outputs: nn.AdaptiveAvgPool2d(row["side"]),
    "add": lambda row, channels, outputs: Add(),
    "concat": lambda row, channels, outputs: Concat(),
    "flatten": lambda row, channels, outputs: nn.Flatten(),
    "linear": lambda row, channels, outputs: nn.Linear(channels, outputs),
}
