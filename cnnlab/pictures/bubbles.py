"""Draws networks' accuracies against costs, with circles as large as their parameters."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from matplotlib.axes import Axes

from cnnlab import plots

FAMILIES = ("AlexNet", "VGG", "Inception", "ResNet")
# Where a label has no room above its bubble: in each panel, on which side.
_ASIDE = MappingProxyType(
    {
        "AlexNet": "bb",
        "GoogLeNet": "lb",
        "Inception-v3": "ll",
        "ResNet-50": "rb",
        "VGG-11": "bb",
        "VGG-13": "bb",
        "VGG-16": "cc",
        "VGG-19": "rr",
    }
)
_TICKS = ((0.5, 1, 2, 5, 10, 20), (1, 2, 5, 10, 20, 50, 100))
_REACH = ((0.3, 50), (1, 220))


def accuracies(networks: Sequence[Mapping[str, Any]]) -> None:
    """Draw top-1 accuracies against multiply-adds, and against the memory of activations.

    Args:
        networks: rows with ``network``, ``top1`` in percent, ``macs``, ``params``, and ``outputs``, the number of
            activations.
    """
    figure, axes = plots.figure(1, 2, height=4.3, sharey=True)
    macs = [row["macs"] / 1e9 for row in networks]
    memory = [row["outputs"] * 4 / 2**20 for row in networks]
    for panel, costs in enumerate((macs, memory)):
        _panel(axes[panel], networks, costs, panel)
        ticks = _TICKS[panel]
        axes[panel].set(xticks=ticks, xticklabels=[f"{tick:g}" for tick in ticks], xlim=_REACH[panel])
    axes[0].set(xlabel="multiply-adds (G)", ylabel="top-1 accuracy (%)")
    axes[1].set_xlabel("activations (MiB)")
    pairs = zip(plots.MARKERS, plots.COLORS[:4], strict=False)
    dots = [axes[0].plot([], [], mark, color=color)[0] for mark, color in pairs]
    figure.legend(dots, FAMILIES, loc="outside upper center", ncols=4)


def family(name: str) -> str:
    """What a network is a kind of."""
    return next((kind for kind in ("AlexNet", "VGG", "ResNet") if name.startswith(kind)), "Inception")


def _panel(ax: Axes, networks: Sequence[Mapping[str, Any]], costs: Sequence[float], panel: int) -> None:
    for index, kind in enumerate(FAMILIES):
        members = [(row, cost) for row, cost in zip(networks, costs, strict=True) if family(row["network"]) == kind]
        places = [cost for _, cost in members], [row["top1"] for row, _ in members]
        look: dict[str, Any] = {"color": plots.COLORS[index], "alpha": 0.55, "edgecolor": "black", "linewidth": 0.6}
        ax.scatter(*places, s=[row["params"] / 1e6 * 5 for row, _ in members], **look)
        ax.plot(*places, plots.MARKERS[index], color="black", markersize=3.5, linestyle="")
    for row, cost in zip(networks, costs, strict=True):
        _label(ax, row, cost, _ASIDE.get(row["network"], "tt")[panel])
    ax.set(xscale="log", ylim=(50, 82))


def _label(ax: Axes, row: Mapping[str, Any], cost: float, side: str) -> None:
    far = (row["params"] / 1e6 * 5 / 3.14) ** 0.5 + 2
    offset, ha, va = {
        "t": ((0, far), "center", "bottom"),
        "b": ((0, -far), "center", "top"),
        "l": ((-far, 0), "right", "center"),
        "r": ((far, 0), "left", "center"),
        "c": ((-0.7 * far, 0.7 * far), "right", "bottom"),
    }[side]
    text = row["network"].removeprefix("ResNet-").removeprefix("VGG-")
    look: dict[str, Any] = {"textcoords": "offset points", "fontsize": 8, "ha": ha, "va": va}
    ax.annotate(text, (cost, row["top1"]), xytext=offset, **look)
