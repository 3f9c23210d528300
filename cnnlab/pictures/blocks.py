"""Draws activations as a block of cells, in which those that are averaged together are coloured."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from cnnlab import plots

Shared: TypeAlias = Callable[[int, int], bool]
"""Whether the cells of an example and a channel are averaged together."""

CHANNELS, EXAMPLES, PIXELS = 6, 4, 5
# How far a cell behind another one is moved to the right and up.
_SLANT = (0.45, 0.38)
_LIGHT, _EDGE = "#F2F2F2", "#888888"


def norms() -> None:
    """Draw which cells share a mean in batch, layer, instance and group normalization."""
    last = CHANNELS - 1
    _, axes = plots.figure(2, 2, height=6.0)
    block(axes[0, 0], "batch norm: one of $C$ means", lambda e, c: c == last)
    block(axes[0, 1], "layer norm: one of $N$ means", lambda e, c: e == 0)
    block(axes[1, 0], "instance norm: one of $N \\cdot C$ means", lambda e, c: e == 0 and c == last)
    block(axes[1, 1], "group norm, 2 groups: one of $N \\cdot 2$ means", lambda e, c: e == 0 and c >= last - 2)


def block(ax: Axes, title: str, shared: Shared) -> None:
    """Draw a block of cells seen from the front, above and the right.

    Args:
        ax: where to draw.
        title: what stands above.
        shared: which cells are coloured.
    """
    for corners, coloured, shade in [*_front(shared), *_top(shared), *_side(shared)]:
        inside, edge = (plots.COLORS[0], "white") if coloured else (_LIGHT, _EDGE)
        ax.add_patch(plt.Polygon(corners, facecolor=inside, edgecolor=edge, linewidth=0.8))
        ax.add_patch(plt.Polygon(corners, facecolor="black", alpha=shade, linewidth=0))
    ax.text(CHANNELS / 2, -0.35, "channels $C$", ha="center", va="top")
    ax.text(-0.3, PIXELS / 2, "pixels $H, W$", ha="right", va="center", rotation=90)
    ax.text(CHANNELS + 1.25, 0.35, "examples $N$", ha="left", va="center", rotation=40, rotation_mode="anchor")
    ax.set_title(title, fontsize=11)
    ax.set(xlim=(-1, CHANNELS + _SLANT[0] * EXAMPLES + 0.5), ylim=(-1, PIXELS + _SLANT[1] * EXAMPLES + 0.1))
    ax.set_aspect("equal")
    ax.axis("off")


_Cell: TypeAlias = tuple[list[tuple[float, float]], bool, float]
"""The corners of a cell's face, whether it is coloured, and how dark its shade is."""


def _behind(x: float, y: float, depth: int) -> tuple[float, float]:
    return x + _SLANT[0] * depth, y + _SLANT[1] * depth


def _front(shared: Shared) -> Iterator[_Cell]:
    for c in range(CHANNELS):
        for p in range(PIXELS):
            yield [(c, p), (c + 1, p), (c + 1, p + 1), (c, p + 1)], shared(0, c), 0.0


def _top(shared: Shared) -> Iterator[_Cell]:
    for e in range(EXAMPLES):
        for c in range(CHANNELS):
            near = [_behind(c, PIXELS, e), _behind(c + 1, PIXELS, e)]
            yield [*near, _behind(c + 1, PIXELS, e + 1), _behind(c, PIXELS, e + 1)], shared(e, c), 0.08


def _side(shared: Shared) -> Iterator[_Cell]:
    for e in range(EXAMPLES):
        for p in range(PIXELS):
            lower = [_behind(CHANNELS, p, e), _behind(CHANNELS, p, e + 1)]
            upper = [_behind(CHANNELS, p + 1, e + 1), _behind(CHANNELS, p + 1, e)]
            yield [*lower, *upper], shared(e, CHANNELS - 1), 0.22
