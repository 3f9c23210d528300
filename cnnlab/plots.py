"""One look for every figure of the course.

The colours are those of Okabe and Ito, which people with any kind of colour vision tell apart; markers, line
styles and hatching say the same once more. A typical figure:

    figure, ax = plots.figure()
    plots.lines(ax, rates, {"batch norm": a, "none": b}, xlabel="learning rate", ylabel="test accuracy")
    ax.set_xscale("log")
    plots.show("With batch norm, the best learning rate is ten times as large.")

``show`` asks for the caption, one sentence that says what to see. The alternative text, which describes the
figure to those who do not see it, belongs to the cell: ``alt="…"`` in its header.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)))
HATCHES = ("", "//", "..", "xx", "--", "++", "oo")

_PAGE_WIDTH = 6.4  # inches: 704 pixels at the style's resolution, which a notebook shows without shrinking
_MOST_MARKERS = 12


def style() -> None:
    """Make every figure drawn from now on look like the course's."""
    plt.rcParams.update(
        {
            "figure.dpi": 110,
            "figure.figsize": (_PAGE_WIDTH, 3.6),
            "figure.constrained_layout.use": True,
            "font.size": 10,
            "axes.titlesize": 10,
            "axes.labelsize": 10,
            "xtick.labelsize": 9,
            "ytick.labelsize": 9,
            "legend.fontsize": 9,
            "legend.framealpha": 0.85,
            "legend.edgecolor": "white",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#DDDDDD",
            "grid.linewidth": 0.6,
            "lines.linewidth": 1.6,
            "lines.markersize": 5.5,
            "image.cmap": "cividis",
            "axes.prop_cycle": plt.cycler(color=COLORS, marker=MARKERS, linestyle=LINE_STYLES),
        }
    )


def figure(
    rows: int = 1, columns: int = 1, *, width: float = _PAGE_WIDTH, height: float | None = None, **options: Any
) -> tuple[Figure, Any]:
    """A figure that fits the page.

    Args:
        rows: rows of axes.
        columns: columns of axes.
        width: inches.
        height: inches; by default 3.6 for one row or column, and 2.6 per row of a grid.
        options: for ``matplotlib.pyplot.subplots``, such as ``sharey=True``.

    Returns:
        The figure, and its axes or an array of them, as ``matplotlib.pyplot.subplots`` returns them.
    """
    if height is None:
        height = 3.6 if rows == columns == 1 else 2.6 * rows
    return plt.subplots(rows, columns, figsize=(width, height), **options)


def lines(ax: Axes, x: Any, curves: Mapping[str, Any], *, xlabel: str, ylabel: str) -> None:
    """Draw curves over the same x, each with its colour, marker and line style, and a legend.

    Args:
        ax: where to draw.
        x: positions, shape (P,).
        curves: by name in the legend, values of shape (P,), or (runs, P) for a line at the median of the runs
            in a band from the smallest to the largest. NaN leaves a gap.
        xlabel: what x is, with its unit.
        ylabel: what the values are, with their unit.

    Raises:
        ValueError: if an axis has no label.
    """
    positions = _array(x)
    every = -(-len(positions) // _MOST_MARKERS)
    for index, (name, values) in enumerate(curves.items()):
        runs = np.atleast_2d(_array(values))
        color = COLORS[index % len(COLORS)]
        ax.plot(
            positions,
            np.median(runs, axis=0),
            label=name,
            color=color,
            linestyle=LINE_STYLES[index % len(LINE_STYLES)],
            marker=MARKERS[index % len(MARKERS)],
            markevery=every,
        )
        if len(runs) > 1:
            ax.fill_between(positions, runs.min(axis=0), runs.max(axis=0), color=color, alpha=0.18, linewidth=0)
    if len(curves) > 1:
        ax.legend()
    _label(ax, xlabel, ylabel)


def bars(
    ax: Axes, names: Sequence[str], groups: Mapping[str, Any], *, xlabel: str, ylabel: str, digits: int | None = None
) -> None:
    """Draw bars side by side for every name, one per group, each group with its colour and hatching.

    Args:
        ax: where to draw.
        names: what stands below the bars, P of them.
        groups: by name in the legend, heights of shape (P,).
        xlabel: what the names are.
        ylabel: what the heights are, with their unit.
        digits: decimals of the number above each bar; no numbers without it.

    Raises:
        ValueError: if an axis has no label.
    """
    thickness = 0.8 / len(groups)
    for index, (name, heights) in enumerate(groups.items()):
        places = np.arange(len(names)) + (index - (len(groups) - 1) / 2) * thickness
        drawn = ax.bar(
            places,
            _array(heights),
            thickness,
            label=name,
            color=COLORS[index % len(COLORS)],
            hatch=HATCHES[index % len(HATCHES)],
            edgecolor="white",
            linewidth=0.8,
        )
        if digits is not None:
            ax.bar_label(drawn, fmt=f"{{:.{digits}f}}", fontsize=8, padding=1)
    ax.set_xticks(range(len(names)), names)
    ax.grid(axis="x", visible=False)
    if len(groups) > 1:
        ax.legend()
    _label(ax, xlabel, ylabel)


def show(caption: str) -> None:
    """Show the figures drawn so far, and below them a caption.

    Args:
        caption: one sentence that says what to see.

    Raises:
        ValueError: if the caption is no sentence with a full stop.
    """
    if len(caption.split()) < 2 or not caption.rstrip().endswith((".", "!", "?")):
        raise ValueError("A figure needs a caption: one sentence, with its full stop, that says what to see.")
    if plt.get_backend().lower() != "agg":  # which has no screen to show anything on
        plt.show()
    plt.close("all")
    _write(caption)


def _write(caption: str) -> None:
    """The caption as text below the figure in a notebook, as a line elsewhere."""
    try:
        from IPython import get_ipython
        from IPython.display import Markdown, display
    except ImportError:
        print(caption)
        return
    if get_ipython() is None:
        print(caption)
    else:
        display(Markdown(f"*{caption}*"))


def _label(ax: Axes, xlabel: str, ylabel: str) -> None:
    if not (xlabel.strip() and ylabel.strip()):
        raise ValueError("Both axes need a label that says what they show, with its unit.")
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)


def _array(values: Any) -> NDArray[np.float64]:
    """Values as an array, from tensors on any device as well."""
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
    return np.asarray(values, dtype=np.float64)
