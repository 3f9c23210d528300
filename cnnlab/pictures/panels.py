"""Draws runs of several seeds: curves in panels that share an axis, and bars with a tick for each run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from torch import Tensor

from cnnlab import plots


def curves_in_panels(
    panels: Mapping[str, Mapping[str, Any]], x: Sequence[float], *, xlabel: str, ylabel: str, height: float
) -> list[Axes]:
    """Draw the same curves in panels side by side, with one legend in the first.

    Args:
        panels: by title, values by the name of a curve, as ``plots.lines`` takes them.
        x: positions of the values.
        xlabel: what x is, with its unit.
        ylabel: what the values are, with their unit.
        height: of the figure, in inches.

    Returns:
        The panels' axes.
    """
    _, axes = plots.figure(1, len(panels), height=height, sharey=True)
    for ax, (title, curves) in zip(axes, panels.items(), strict=True):
        plots.lines(ax, x, curves, xlabel=xlabel, ylabel=ylabel)
        ax.set_title(title)
        if ax is not axes[0]:
            ax.get_legend().remove()
            ax.set_ylabel("")
    return list(axes)


def bars_with_runs(groups: Mapping[str, Tensor], names: Sequence[str], *, xlabel: str, ylabel: str) -> None:
    """Draw bars of means side by side, with a tick for each run.

    Args:
        groups: by name in the legend, values of shape (runs, len(names)).
        names: what stands below the bars.
        xlabel: what the names are.
        ylabel: what the heights are, with their unit.
    """
    _, ax = plots.figure(height=3.0)
    means = {name: runs.mean(0) for name, runs in groups.items()}
    plots.bars(ax, names, means, xlabel=xlabel, ylabel=ylabel)
    for index, runs in enumerate(groups.values()):
        for place in range(len(names)):
            x = [place + 0.4 * (index - 0.5)] * len(runs)
            ax.plot(x, runs[:, place], "_", color="black", linestyle="", markersize=12)
    ax.set_ylim(0, 1.25)
    ax.legend(loc="upper right", ncols=2)
