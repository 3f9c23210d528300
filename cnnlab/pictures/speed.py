"""Times of layers against what they compute."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from cnnlab import plots

# Whose names stand below their points, where those of others would cover them.
_BELOW = ("conv1", "conv3")


def draw_times(ax: Axes, title: str, layers: Mapping[str, Sequence[tuple[str, float, float]]]) -> None:
    """Draw times against multiply-adds on logarithmic axes, and a line at the mean rate of the first kind.

    Args:
        ax: where to draw.
        title: what stands above.
        layers: by kind, the layers' names, their multiply-adds in M and their times in ms.
    """
    for index, (kind, points) in enumerate(layers.items()):
        _, macs, times = zip(*points, strict=True)
        ax.plot(macs, times, plots.MARKERS[index], color=plots.COLORS[index], linestyle="", label=kind)
        for name, *at in points:
            offset, side = ((6, -9), "left") if name in _BELOW else ((-5, 4), "right")
            ax.annotate(name, (at[0], at[1]), xytext=offset, textcoords="offset points", ha=side, fontsize=8)
    first: Any = next(iter(layers.values()))
    rate = sum(macs for _, macs, _ in first) / sum(time for *_, time in first)
    ax.plot([3, 300], [3 / rate, 300 / rate], color=plots.COLORS[0], marker="", linestyle="--", linewidth=1)
    ax.set(xscale="log", yscale="log", xlim=(2, 420), xlabel="multiply-adds per image (M)", title=title)
