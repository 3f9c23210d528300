"""Windows that slide over pixels, and channels that read channels."""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from cnnlab import plots


def draw_windows(rows: Sequence[tuple[str, Sequence[int]]], size: int, kernel: int) -> None:
    """Draw rows of pixels side by side, and below each the windows that lie on it.

    Args:
        rows: a title, and where the windows start.
        size: how many pixels there are.
        kernel: pixels of a window.
    """
    _, axes = plots.figure(1, len(rows), height=2.4)
    for ax, (title, starts) in zip(axes, rows, strict=True):
        for pixel in range(size):
            ax.add_patch(plt.Rectangle((pixel, 0), 1, 1, facecolor="#DDDDDD", edgecolor="black"))
            ax.text(pixel + 0.5, 0.5, str(pixel), ha="center", va="center", fontsize=8)
        for index, start in enumerate(starts):
            style = {"facecolor": plots.COLORS[index % 4], "hatch": "" if start + kernel <= size else "//"}
            ax.add_patch(plt.Rectangle((start, -0.7 - 0.6 * index), kernel, 0.45, edgecolor="black", **style))
        ax.set(xlim=(-0.3, size + 1.6), ylim=(-2.8, 1.3), yticks=[], xlabel="position (pixels)", title=title)
        ax.set_ylabel("windows")
        ax.grid(visible=False)


def draw_groups(in_channels: int, out_channels: int, titles: Sequence[tuple[int, str]]) -> None:
    """Draw which output channel of a convolution reads which input channel.

    Args:
        in_channels: of the convolution.
        out_channels: of the convolution.
        titles: numbers of groups, and what to write above each.
    """
    _, axes = plots.figure(1, len(titles), height=2.7)
    for ax, (groups, title) in zip(axes, titles, strict=True):
        _draw_blocks(ax, in_channels / groups, out_channels / groups, groups)
        ax.set(xlim=(0, in_channels), ylim=(out_channels, 0), xlabel="input channel", ylabel="output channel")
        ax.set(xticks=[0, in_channels // 2, in_channels], yticks=[0, out_channels // 2, out_channels], title=title)


def _draw_blocks(ax: Axes, width: float, height: float, groups: int) -> None:
    for group in range(groups):
        style: dict[str, Any] = {"facecolor": plots.COLORS[group], "hatch": plots.HATCHES[group]}
        ax.add_patch(plt.Rectangle((width * group, height * group), width, height, edgecolor="white", **style))
