"""Draws how fast layers and networks run on a machine with two limits."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from matplotlib.axes import Axes

from cnnlab import plots


def roof(layers: Mapping[str, tuple[float, float]], flops: float, bandwidth: float) -> None:
    """Draw layers below the limits of a machine.

    Args:
        layers: by name, a layer's FLOP per byte and its GFLOP per second.
        flops: the machine's FLOP per second.
        bandwidth: its bytes per second.
    """
    _, ax = plots.figure(height=4.0)
    ends = torch.tensor([0.1, flops / bandwidth, 1000.0])
    speeds = (ends * bandwidth).clamp(max=flops) / 1e9
    ax.plot(ends, speeds, color="black", linestyle="-", marker="", label="the machine's limits")
    for index, (name, place) in enumerate(layers.items()):
        look: dict[str, Any] = {"color": plots.COLORS[index], "linestyle": "", "markersize": 8}
        ax.plot(*place, plots.MARKERS[index], label=name, **look)
    ax.set(xscale="log", yscale="log", xlim=(0.1, 1000))
    ax.set(xlabel="arithmetic intensity (FLOP per byte)", ylabel="speed (GFLOP/s)")
    ax.legend(loc="lower right", fontsize=8)


def networks(times: Mapping[str, Sequence[float]], shares: Mapping[str, Sequence[float]]) -> None:
    """Draw predicted and measured times of networks, and which share of the machine they get.

    Args:
        times: by network, milliseconds per image: by operations alone, by the roofline, measured.
        shares: by network, percent of the arithmetic limit in a forward pass and in training.
    """
    _, axes = plots.figure(1, 2, height=3.6, gridspec_kw={"width_ratios": [1.15, 1]})
    columns = torch.tensor([list(row) for row in times.values()])
    for index, label in enumerate(("operations alone", "roofline, by layers", "measured")):
        look: dict[str, Any] = {"color": plots.COLORS[index], "linestyle": "", "markersize": 7}
        axes[0].plot(range(len(times)), columns[:, index], plots.MARKERS[index], label=label, **look)
    axes[0].set(yscale="log", xlabel="network", ylabel="time per image, forward (ms)")
    axes[0].set_ylim(top=12 * float(columns.max()))
    axes[0].legend(loc="upper left", fontsize=8)
    groups = {way: [share[place] for share in shares.values()] for place, way in enumerate(("forward", "training"))}
    plots.bars(axes[1], list(shares), groups, xlabel="network", ylabel="share of the arithmetic limit (%)")
    for ax in axes:
        _named(ax, list(times))


def _named(ax: Axes, names: Sequence[str]) -> None:
    lines = [name.replace("-", "\n").replace("LeNet", "-\nLeNet") for name in names]
    ax.set_xticks(range(len(names)), lines, fontsize=7)
