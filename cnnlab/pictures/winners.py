"""Draws the winners of the ImageNet challenge: their errors and their depths by year."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from cnnlab import plots


def history(winners: Sequence[Mapping[str, Any]], person: float) -> None:
    """Draw bars of the winners' top-5 error, a line at that of a person, and their layers.

    Args:
        winners: rows with ``year``, ``top5_error`` in percent, and ``layers``, which may be None.
        person: the error of one person, in percent.
    """
    _, axes = plots.figure(1, 2, height=3.2, gridspec_kw={"width_ratios": [1.6, 1]})
    _errors(axes[0], winners)
    axes[0].axhline(person, color=plots.COLORS[1], linestyle="--", marker="", zorder=0.9)
    arrow: dict[str, Any] = {"xytext": (2016.4, 9), "arrowprops": {"arrowstyle": "-"}}
    axes[0].annotate(f"one person: {person}", (2016.4, person), fontsize=8, ha="center", **arrow)
    axes[0].set(xlabel="year", ylabel="top-5 error of the winner (%)", ylim=(0, 32))
    axes[0].grid(axis="x", visible=False)
    axes[0].legend(loc="upper right")
    _depths(axes[1], [row for row in winners if row["layers"]])


def _errors(ax: Axes, winners: Sequence[Mapping[str, Any]]) -> None:
    kinds = ((True, 4, "//", "features made by hand"), (False, 0, "", "convolutional networks"))
    for by_hand, color, hatch, label in kinds:
        group = [row for row in winners if (row["year"] < 2012) == by_hand]
        look: dict[str, Any] = {"color": plots.COLORS[color], "hatch": hatch, "edgecolor": "white", "label": label}
        drawn = ax.bar([row["year"] for row in group], [row["top5_error"] for row in group], **look)
        for number in ax.bar_label(drawn, fmt="{:.1f}", fontsize=8, padding=2):
            number.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.3})


def _depths(ax: Axes, deep: Sequence[Mapping[str, Any]]) -> None:
    ax.plot([row["year"] for row in deep], [row["layers"] for row in deep], color=plots.COLORS[0])
    for row in deep:
        offset = (-6, 7) if row["year"] < 2015 else (12, -13)
        place = (row["year"], row["layers"])
        ax.annotate(row["layers"], place, xytext=offset, textcoords="offset points", fontsize=8, ha="center")
    ax.set(xlabel="year", ylabel="layers with weights", ylim=(0, 170), xlim=(2011.4, 2018.4))
