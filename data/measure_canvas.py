"""Measures how much a network's design matters on digits on a canvas, and writes ``canvas_designs.csv``.

Five networks learn each of four designs of canvases with five seeds, which choose weights and the order of the images;
the images stay the same. All of it takes about ten minutes on one core: ``python data/measure_canvas.py``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnlab.canvas import DESIGN, Design, canvas_digits
from cnnlab.training import accuracy, train

DESIGNS = {
    "moved": Design(smallest=16, turn=0, pieces=0, noise=0),
    "moved and turned": Design(pieces=0, noise=0),
    "with clutter": DESIGN,
    "with more clutter": Design(smallest=12, turn=30, pieces=6),
}
SEEDS = range(5)
STEPS, BATCH_SIZE = 600, 64


def convolution(inputs: int, outputs: int, stride: int = 1, norm: bool = True) -> nn.Sequential:
    """A 3 x 3 convolution, batch norm, ReLU."""
    layers = [nn.Conv2d(inputs, outputs, 3, stride, 1, bias=not norm), *([nn.BatchNorm2d(outputs)] if norm else [])]
    return nn.Sequential(*layers, nn.ReLU())


class Block(nn.Module):
    """Two convolutions and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        last = nn.Sequential(nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.path = nn.Sequential(convolution(inputs, outputs, stride), last)
        self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Shape (N, C, H, W) in, (N, outputs, H / stride, W / stride) out."""
        return F.relu(self.path(x) + self.shortcut(x))


def head(channels: int) -> list[nn.Module]:
    """Global average pooling and a linear layer."""
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10)]


# By name the network and its learning rate, the best of 0.01, 0.03 and 0.1 with one seed.
NETWORKS: dict[str, tuple[Callable[[], nn.Module], float]] = {
    "linear": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(1024, 10)), 0.01),
    "MLP": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(1024, 256), nn.ReLU(), nn.Linear(256, 10)), 0.03),
    "3 convolutions": (
        lambda: nn.Sequential(convolution(1, 16, 2), convolution(16, 32, 2), convolution(32, 64, 2), *head(64)),
        0.1,
    ),
    "6 convolutions": (
        lambda: nn.Sequential(
            *(convolution(1, 8, 2), convolution(8, 8), convolution(8, 16, 2), convolution(16, 16)),
            *(convolution(16, 32, 2), convolution(32, 32), *head(32)),
        ),
        0.1,
    ),
    "residual": (
        lambda: nn.Sequential(convolution(1, 8, 2), Block(8, 8, 1), Block(8, 16, 2), Block(16, 32, 2), *head(32)),
        0.1,
    ),
}


def rows() -> Iterator[dict[str, Any]]:
    """One row for each design and network."""
    for design_name, design in DESIGNS.items():
        images = canvas_digits(design=design)
        for name, (make, learning_rate) in NETWORKS.items():
            accuracies, losses = [], []
            for seed in SEEDS:
                torch.manual_seed(seed)
                network = make()
                loss = train(
                    *(network, images.train_x, images.train_y),
                    steps=STEPS,
                    batch_size=BATCH_SIZE,
                    learning_rate=learning_rate,
                    weight_decay=5e-4,
                    schedule="cosine",
                    seed=seed,
                )
                network.eval()
                accuracies.append(100 * accuracy(network, images.test_x, images.test_y, 250))
                losses.append(sum(loss[-20:]) / 20)
            spread = torch.tensor(accuracies)
            yield {
                "design": design_name,
                "network": name,
                "params": sum(p.numel() for p in network.parameters()),
                "accuracy": round(spread.mean().item(), 1),
                "spread": round(spread.std().item(), 1),
                "lowest": round(spread.min().item(), 1),
                "highest": round(spread.max().item(), 1),
                "train_loss": round(sum(losses) / len(losses), 2),
            }


if __name__ == "__main__":
    torch.set_num_threads(1)
    found = []
    for row in rows():
        found.append(row)
        print(*row.values(), sep=",", flush=True)
    with Path(__file__).with_name("canvas_designs.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
