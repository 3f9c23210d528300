"""Draws what averaging the outputs of several networks, or of several crops, brings."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from torch import Tensor

from cnnlab import plots


def protocols(rows: Sequence[Mapping[str, Any]], alone: Tensor, averaged: Tensor) -> None:
    """Draw an error against passes per image, and errors of networks alone beside those of their average.

    Args:
        rows: published errors with ``networks``, ``crops`` and ``top5_error`` in percent.
        alone: test errors in percent, shape (groups, members).
        averaged: test errors of each group's average, shape (groups,).
    """
    _, axes = plots.figure(1, 2, height=3.1)
    for index, networks in enumerate((1, 7)):
        _passes(axes[0], [row for row in rows if row["networks"] == networks], networks, index)
    axes[0].set(xscale="log", xlabel="passes per image", ylabel="top-5 error (%)", ylim=(6, 11), xlim=(0.5, 3000))
    axes[0].legend(loc="upper right")
    bars = {"each alone (mean)": alone.mean(dim=1), "average of seven": averaged}
    names = [f"group {group + 1}" for group in range(len(alone))]
    plots.bars(axes[1], names, bars, xlabel="seven networks each", ylabel="test error on the digits (%)")
    for group, errors in enumerate(alone):
        axes[1].plot([group - 0.2] * len(errors), errors, "_", color="black", linestyle="", markersize=9)
    axes[1].set_ylim(0, 13)


def _passes(ax: Axes, rows: Sequence[Mapping[str, Any]], networks: int, index: int) -> None:
    passes = [networks * int(row["crops"]) for row in rows]
    errors = [row["top5_error"] for row in rows]
    look: dict[str, Any] = {
        "color": plots.COLORS[index],
        "marker": plots.MARKERS[index],
        "linestyle": plots.LINE_STYLES[index],
    }
    ax.plot(passes, errors, label="one network" if networks == 1 else "seven networks", **look)
    offset, side = ((5, 4), "left") if networks == 1 else ((-5, -11), "right")
    for row, place in zip(rows, zip(passes, errors, strict=True), strict=True):
        text = "1 crop" if row["crops"] == "1" else f"{row['crops']} crops"
        ax.annotate(text, place, xytext=offset, textcoords="offset points", fontsize=8, ha=side)
