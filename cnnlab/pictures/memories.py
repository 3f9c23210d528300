"""Draws the memory that networks take."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from cnnlab import plots


def courses(curves: Mapping[str, Tensor]) -> None:
    """Draw memory in GiB against the operators that have run, and name the peak of training and the update.

    Args:
        curves: the course in ``training`` and in ``inference``.
    """
    _, ax = plots.figure(height=3.0)
    for index, (way, course) in enumerate(curves.items()):
        ax.plot(course, color=plots.COLORS[index], linestyle=plots.LINE_STYLES[index], marker="", label=way)
    peak = int(curves["training"].argmax())
    place = (peak, float(curves["training"][peak]))
    look: dict[str, Any] = {"xytext": (0, 6), "textcoords": "offset points", "fontsize": 9, "ha": "center"}
    ax.annotate("the backward pass begins", place, **look)
    ax.text(980, 0.4, "update", fontsize=9, ha="center")
    ax.set(xlabel="operators that have run", ylabel="memory in use (GiB)", ylim=(0, 3.4))
    ax.legend(loc="upper right")


def predicted(memories: Mapping[str, Mapping[str, float]], followed: Sequence[float]) -> None:
    """Draw predicted memory as stacked bars, and the peak that was followed as a diamond.

    Args:
        memories: by network, bytes by what they are taken for.
        followed: bytes, in the same order.
    """
    _, ax = plots.figure(height=3.4)
    bottom = torch.zeros(len(memories))
    for index, part in enumerate(("weights", "gradients", "optimizer", "activations")):
        heights = torch.tensor([memory[part] for memory in memories.values()]) / 2**30
        look: dict[str, Any] = {"color": plots.COLORS[index], "hatch": plots.HATCHES[index], "edgecolor": "white"}
        ax.bar(range(len(memories)), heights, 0.6, bottom=bottom, label=f"{part}, predicted", **look)
        bottom += heights
    peaks = torch.tensor(followed) / 2**30
    ax.plot(range(len(memories)), peaks, "D", color="black", linestyle="", label="peak, followed")
    ax.set_xticks(range(len(memories)), list(memories))
    ax.set(xlabel="network, training with 32 images", ylabel="memory (GiB)", ylim=(0, 8.6))
    ax.grid(axis="x", visible=False)
    ax.legend(loc="upper left")
