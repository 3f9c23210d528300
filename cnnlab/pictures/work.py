"""Where networks spend their work: per layer, per kind of layer, and what is left without a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from cnnlab import plots


def draw_ratios_and_accuracies(
    ratios: Mapping[str, float], counted: float, accuracies: Mapping[str, Tensor], settings: Sequence[str]
) -> None:
    """Draw the time of two small convolutions over that of a large one, and how accurate networks of both become.

    Args:
        ratios: by channels and size, the ratio of times.
        counted: the ratio of multiply-adds.
        accuracies: by stack, test accuracies of shape (settings, seeds).
        settings: what the networks were trained with.
    """
    _, (left, right) = plots.figure(1, 2, height=3.1)
    left.plot(range(len(ratios)), list(ratios.values()), color=plots.COLORS[0], marker="o", linestyle="-")
    left.axhline(counted, color=plots.COLORS[1], linestyle="--", marker="")
    left.text(len(ratios) - 0.9, 0.05, f"dashed: {counted}, the ratio of MACs", fontsize=8, ha="right")
    left.set_xticks(range(len(ratios)), list(ratios))
    top = max(*ratios.values(), 1.2) * 1.05
    left.set(xlabel="channels and maps", ylabel="time of two 3×3 / one 5×5", ylim=(0, top))
    means = {name: values.mean(dim=1) for name, values in accuracies.items()}
    xlabel, ylabel = "batch norm and initial weights", "test accuracy after 100 steps"
    plots.bars(right, list(settings), means, xlabel=xlabel, ylabel=ylabel)
    for index, values in enumerate(accuracies.values()):
        for place, seeds in enumerate(values):
            x = [place + 0.4 * (index - 0.5)] * len(seeds)
            right.plot(x, seeds, "_", color="black", linestyle="", markersize=9)
    right.legend(loc="upper center", fontsize=8, framealpha=0.95)
    right.set_ylim(0, 1.28)


def draw_work(convs: Sequence[Mapping[str, Any]], milliseconds: Sequence[float]) -> None:
    """Draw the multiply-adds of each convolution, and the time of one convolution per stage.

    Args:
        convs: rows with ``name``, ``in_channels``, ``out_channels`` and ``macs``.
        milliseconds: by stage, the time of a convolution that keeps the channels.
    """
    _, axes = plots.figure(1, 2, height=3.1, width=6.4, gridspec_kw={"width_ratios": [1.7, 1]})
    for same, color, hatch, label in ((True, 0, "", "C → C"), (False, 4, "//", "more channels")):
        places = [place for place, row in enumerate(convs) if (row["in_channels"] == row["out_channels"]) == same]
        heights = [convs[place]["macs"] / 1e9 for place in places]
        axes[0].bar(places, heights, color=plots.COLORS[color], hatch=hatch, edgecolor="white", label=label)
    axes[0].set_xticks(range(len(convs)), [row["name"].removeprefix("conv") for row in convs], fontsize=8)
    axes[0].set(xlabel="convolution (1_1 is conv1_1)", ylabel="multiply-adds (G)", ylim=(0, 2.4))
    axes[0].grid(axis="x", visible=False)
    axes[0].legend(ncols=2, loc="upper right")
    stages = range(1, len(milliseconds) + 1)
    axes[1].plot(stages, milliseconds, color=plots.COLORS[1], marker="s", linestyle="-")
    axes[1].set(xlabel="stage", ylabel="time of one C → C layer (ms)", ylim=(0, 1.3 * max(milliseconds)))
    axes[1].set_xticks(stages)


def draw_totals(totals: Mapping[str, Sequence[tuple[float, float]]], networks: Sequence[str]) -> None:
    """Draw a bar chart per cost, each bar split into convolutions and fully-connected layers.

    Args:
        totals: by cost, with its unit, the two parts for each network.
        networks: their names.
    """
    figure, axes = plots.figure(1, len(totals), height=3.0)
    look: dict[str, Any] = {"edgecolor": "white", "width": 0.6}
    for ax, (label, parts) in zip(axes, totals.items(), strict=True):
        convs, heads = (torch.tensor(part) for part in zip(*parts, strict=True))
        places = range(len(networks))
        ax.bar(places, convs, color=plots.COLORS[0], label="convolutions", **look)
        ax.bar(places, heads, bottom=convs, color=plots.COLORS[1], hatch="//", label="fully connected", **look)
        for place, whole in enumerate(convs + heads):
            ax.text(place, whole, f"{whole:.1f}", ha="center", va="bottom", fontsize=9)
        ax.set_xticks(places, networks)
        ax.set(ylabel=label, xlabel="network", ylim=(0, 1.15 * float((convs + heads).max())))
        ax.grid(axis="x", visible=False)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)


def draw_suspects(points: Mapping[str, tuple[float, float]], suspects: Sequence[str]) -> None:
    """Draw what is left of memory and multiply-adds without each convolution, and what the slide prints.

    Args:
        points: by convolution, MiB and billions of multiply-adds.
        suspects: those that the multiply-adds cannot tell apart.
    """
    _, ax = plots.figure(height=3.4)
    names: dict[tuple[float, float], list[str]] = {}
    for name, place in points.items():
        names.setdefault(place, []).append(name)
    for place, here in names.items():
        marker, color = ("o", 0) if here[0] in suspects else ("^", 3)
        ax.plot(*place, marker=marker, color=plots.COLORS[color], linestyle="")
        look: dict[str, Any] = {"xytext": (0, 8), "textcoords": "offset points", "fontsize": 8, "ha": "center"}
        ax.annotate("\n".join(here), place, **look)
    ax.plot(48.6, 13.6, marker="*", color=plots.COLORS[1], markersize=15, linestyle="", zorder=1)
    slide: dict[str, Any] = {"xytext": (0, -16), "textcoords": "offset points", "fontsize": 9, "ha": "center"}
    ax.annotate("the slide", (48.6, 13.6), **slide)
    ax.set(xlabel="memory without the layer (MiB)", ylabel="multiply-adds without it (G)")
    ax.set(ylim=(13.2, 15.9), xlim=(38, 53))
