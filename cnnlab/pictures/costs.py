"""Draws where networks spend their multiply-adds, parameters and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from cnnlab import plots


def sides_by_cost(networks: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Draw the side of the maps against the multiply-adds spent so far, as steps on logarithmic axes.

    Args:
        networks: by name, the layers in order, with ``macs`` and ``out_size``.
    """
    _, ax = plots.figure(height=3.2)
    for index, (name, layers) in enumerate(networks.items()):
        spent, points = 0.0, []
        for row in layers:
            spent += row["macs"] / 1e9
            points.append((spent, row["out_size"]))
        style = {"color": plots.COLORS[index], "marker": plots.MARKERS[index], "linestyle": plots.LINE_STYLES[index]}
        ax.step(*zip(*points, strict=True), where="post", label=name, **style)
    ax.set_xscale("log", base=10)
    ax.set_yscale("log", base=2)
    ax.set_yticks([28, 56, 112, 224], ["28", "56", "112", "224"])
    ax.set_xticks([0.1, 0.2, 0.5, 1, 2, 5, 10], ["0.1", "0.2", "0.5", "1", "2", "5", "10"])
    ax.minorticks_off()
    ax.set(xlabel="multiply-adds spent so far (G)", ylabel="side of the maps (pixels)")
    ax.legend()


def times_of_modules(
    seconds: Mapping[tuple[str, str], Sequence[tuple[float, float]]], left: Mapping[str, float]
) -> None:
    """Draw the time of modules in their naive form and with bottlenecks, relative to the naive form.

    Args:
        seconds: by panel and module, the time of the convolutions and of the pool in each of the two forms.
        left: by module, the share of the multiply-adds that bottlenecks leave.
    """
    panels = list(dict.fromkeys(panel for panel, _ in seconds))
    figure, axes = plots.figure(1, len(panels), height=3.3, sharey=True)
    for ax, panel in zip(axes, panels, strict=True):
        for place, name in enumerate(left):
            unit = sum(seconds[panel, name][0])
            for side, (convs, pool) in enumerate(seconds[panel, name]):
                style: dict[str, Any] = {"width": 0.36, "edgecolor": "white", "linewidth": 0.8}
                x = place + 0.4 * (side - 0.5)
                ax.bar(x, convs / unit, color=plots.COLORS[side], hatch=plots.HATCHES[side], **style)
                ax.bar(x, pool / unit, bottom=convs / unit, color=plots.COLORS[4], hatch="..", **style)
            ax.plot(place + 0.2, left[name], "_", color="black", markersize=16, markeredgewidth=2)
        ax.set_xticks(range(len(left)), list(left))
        ax.set(xlabel="module", title=panel)
        ax.grid(axis="x", visible=False)
    axes[0].set_ylabel("time / naive module's time")
    kinds = {"naive: convolutions": (0, ""), "bottlenecks: convolutions": (1, "//"), "max pool": (4, "..")}
    handles: list[Any] = [
        Patch(facecolor=plots.COLORS[c], hatch=hatch, edgecolor="white", label=name)
        for name, (c, hatch) in kinds.items()
    ]
    handles.append(Line2D([], [], color="black", linewidth=2, marker="", label="multiply-adds"))
    figure.legend(handles=handles, loc="outside upper center", ncols=4, fontsize=8)


def bars_by_part(costs: Mapping[str, Sequence[float]], parts: Sequence[str], *, xlabel: str) -> None:
    """Draw one bar chart per cost, over the parts of a network.

    Args:
        costs: by label with its unit, a height for each part.
        parts: what stands below the bars.
        xlabel: what the parts are.
    """
    _, axes = plots.figure(1, len(costs), height=2.8)
    for index, (ax, (label, heights)) in enumerate(zip(axes, costs.items(), strict=True)):
        ax.bar(range(len(parts)), heights, color=plots.COLORS[index], hatch=plots.HATCHES[index], edgecolor="white")
        ax.set_xticks(range(len(parts)), parts, fontsize=8)
        ax.set(xlabel=xlabel, ylabel=label)
        ax.grid(axis="x", visible=False)
