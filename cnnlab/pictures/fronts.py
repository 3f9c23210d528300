"""Draws networks over what they cost, and which of them are on a front."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from matplotlib.axes import Axes

from cnnlab import plots

_UNITS = MappingProxyType({"macs": (1e9, "multiply-adds (G)"), "params": (1e6, "parameters (M)")})
_BOTH = (
    ("AlexNet", (4, -11)),
    ("GoogLeNet", (-4, -12)),
    ("VGG-16", (6, -4)),
    ("ResNet-34", (5, -11)),
    ("ResNet-152", (6, -4)),
    ("ResNet-50 V2", (6, -3)),
    ("ConvNeXt-T", (-10, 7)),
)
# Which networks are named in each panel, and how far from their marker.
_LABELS = MappingProxyType(
    {
        "macs": (*_BOTH, ("EfficientNet-B0", (-2, 7)), ("MobileNet-v3", (-4, -12))),
        "params": (*_BOTH, ("EfficientNet-B0", (-8, 7)), ("SqueezeNet", (2, -12))),
    }
)
_Row = Mapping[str, Any]


def two_times(
    early: Sequence[_Row], every: Sequence[_Row], fronts: Mapping[str, tuple[Collection[str], Collection[str]]]
) -> None:
    """Draw top-1 accuracies over multiply-adds and over parameters, with the fronts of early and of all networks.

    Args:
        early: rows with ``network``, ``weights``, ``top1`` in percent, ``macs`` and ``params``.
        every: the same and more.
        fronts: by cost, the names on each front: network and weights.
    """
    figure, axes = plots.figure(1, 2, height=4.1, sharey=True)
    for ax, (cost, both) in zip(axes, fronts.items(), strict=True):
        later = [row for row in every if row not in early]
        for index, (rows, own, front) in enumerate(((early, early, both[0]), (every, later, both[1]))):
            _front(ax, rows, own, cost, front, index)
        scale, label = _UNITS[cost]
        ax.set(xscale="log", xlabel=label)
        named = dict(_LABELS[cost])
        for row in every:
            name = row["network"] + (" V2" if row["weights"] == "V2" else "")
            if name in named:
                look: dict[str, Any] = {"xytext": named[name], "textcoords": "offset points", "fontsize": 8}
                ax.annotate(name, (row[cost] / scale, row["top1"]), **look)
    axes[0].set(ylabel="top-1 accuracy (%)", ylim=(54, 86), xlim=(0.15, 60))
    axes[1].set_xlim(0.9, 900)
    styles = zip(plots.MARKERS, plots.COLORS, ("-", "--"), strict=False)
    handles = [axes[0].plot([], [], mark, color=color, linestyle=style)[0] for mark, color, style in styles]
    names = ["the lecture's networks", "new recipes and later networks"]
    figure.legend(handles, names, loc="outside upper center", ncols=2)


def _front(ax: Axes, rows: Sequence[_Row], own: Sequence[_Row], cost: str, front: Collection[str], index: int) -> None:
    scale, color = _UNITS[cost][0], plots.COLORS[index]

    def on_it(row: _Row) -> bool:
        return f"{row['network']} {row['weights']}" in front

    steps = sorted((row[cost] / scale, row["top1"]) for row in rows if on_it(row))
    ax.step(*zip(*steps, strict=True), where="post", color=color, linestyle=("-", "--")[index], marker="")
    for row in own:
        fill = color if on_it(row) else "white"
        look: dict[str, Any] = {"color": color, "markerfacecolor": fill, "linestyle": ""}
        ax.plot(row[cost] / scale, row["top1"], plots.MARKERS[index], **look)


def rivals(entries: Mapping[str, Any], fronts: Mapping[str, Collection[str]], budgets: Mapping[str, int]) -> None:
    """Draw the test accuracy of a few networks over parameters and over multiply-adds, with the budgets dotted.

    Args:
        entries: by name, what a network reached: ``accuracy``, ``params``, ``macs``.
        fronts: by cost, the names on the front.
        budgets: by cost, how much is allowed.
    """
    _, axes = plots.figure(1, 2, height=3.2, sharey=True)
    labels = {"params": "parameters", "macs": "multiply-adds per image"}
    for ax, (cost, front) in zip(axes, fronts.items(), strict=True):
        for index, (name, entry) in enumerate(entries.items()):
            fill = plots.COLORS[index] if name in front else "white"
            look: dict[str, Any] = {
                "color": plots.COLORS[index],
                "linestyle": "",
                "markersize": 8,
                "markerfacecolor": fill,
            }
            ax.plot(getattr(entry, cost), 100 * entry.accuracy, plots.MARKERS[index], label=name, **look)
        ax.axvline(budgets[cost], color="black", linestyle=":", marker="")
        ax.set(xscale="log", xlabel=labels[cost], ylim=(92, 100.4))
    axes[0].set_ylabel("test accuracy (%)")
    axes[0].legend(loc="lower left", fontsize=8)
