"""Draws blocks of residual networks, and what shortcuts do to training."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from cnnlab import plots

PLAIN = ("3×3 conv, stride", "batch norm", "ReLU", "3×3 conv", "batch norm", "ReLU")
BASIC = (*PLAIN[:-1], "+", "ReLU")
BASIC_THAT_KEEPS = ("3×3 conv", *BASIC[1:])
BASIC_OF_C = ("3×3 conv, C → C", "batch norm", "ReLU", "3×3 conv, C → C", "batch norm", "+", "ReLU")
BOTTLENECK_OF_C = (
    *("1×1 conv, 4C → C", "batch norm", "ReLU", "3×3 conv, C → C", "batch norm", "ReLU"),
    *("1×1 conv, C → 4C", "batch norm", "+", "ReLU"),
)
PREACT = ("batch norm", "ReLU", "3×3 conv", "batch norm", "ReLU", "3×3 conv", "+")
_LOOKS = MappingProxyType({"conv": (5, ""), "norm": (4, ".."), "ReLU": (3, "//")})
_SHORTCUT_X = 1.45


def plain_block() -> None:
    """Draw the plain block."""
    _, ax = plots.figure(width=2.6, height=3.4)
    block(ax, "plain block", PLAIN)


def plain_and_basic() -> None:
    """Draw the plain block, the basic block, and the basic block that changes the shape."""
    _, axes = plots.figure(1, 3, height=3.8)
    block(axes[0], "plain block", PLAIN)
    block(axes[1], "basic block", BASIC_THAT_KEEPS, side="x")
    block(axes[2], "… that changes the shape", BASIC, side="1×1 conv,\nstride;\nbatch norm")


def basic_and_bottleneck() -> None:
    """Draw a basic block beside a bottleneck."""
    _, axes = plots.figure(1, 2, height=4.2, width=5.2)
    block(axes[0], "basic, C channels", BASIC_OF_C, side="x")
    block(axes[1], "bottleneck, 4C channels", BOTTLENECK_OF_C, side="x")


def original_and_preact() -> None:
    """Draw the original block beside the pre-activation block."""
    _, axes = plots.figure(1, 2, height=3.7, width=5.2)
    block(axes[0], "original (basic)", BASIC_THAT_KEEPS, side="x")
    block(axes[1], "pre-activation", PREACT, side="x")


def block(ax: Axes, title: str, boxes: Sequence[str], side: str = "") -> None:
    """Draw a block from the bottom up.

    Args:
        ax: where to draw.
        title: what stands above.
        boxes: labels; at "+" the shortcut arrives.
        side: what stands on the shortcut.
    """
    arrow = {"arrowstyle": "-|>", "color": "black", "shrinkA": 0, "shrinkB": 0}
    for height, label in enumerate(boxes):
        ax.annotate("", (0, height - 0.33), (0, height - 0.67), arrowprops=arrow)
        if label == "+":
            _shortcut(ax, height, side, arrow)
        else:
            _box(ax, height, label)
    top = len(boxes) - 1
    ax.annotate("", (0, top + 0.75), (0, top + (0.25 if boxes[-1] == "+" else 0.33)), arrowprops=arrow)
    ax.text(0, -0.75, "x", ha="center", va="top", fontsize=9)
    ax.set(xlim=(-0.95, 2.05), ylim=(-1.2, top + 0.85))
    ax.set_title(title, loc="left")
    ax.axis("off")


def _box(ax: Axes, height: int, label: str) -> None:
    """Draw a layer."""
    color, hatch = next(look for kind, look in _LOOKS.items() if kind in label)
    style: dict[str, Any] = {"boxstyle": "round,pad=0,rounding_size=0.1", "alpha": 0.75, "edgecolor": "black"}
    style |= {"facecolor": plots.COLORS[color], "hatch": hatch}
    ax.add_patch(FancyBboxPatch((-0.85, height - 0.33), 1.7, 0.66, **style))
    behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.85}
    ax.text(0, height, label, ha="center", va="center", fontsize=8, bbox=behind)


def _shortcut(ax: Axes, height: int, side: str, arrow: dict[str, Any]) -> None:
    """Draw the way from the block's input to the addition."""
    ax.plot(0, height, "o", color="white", markeredgecolor="black", markersize=15)
    ax.text(0, height - 0.02, "+", ha="center", va="center", fontsize=12)
    line: dict[str, Any] = {"color": "black", "marker": "", "linestyle": "-", "linewidth": 1.2}
    ax.plot([0, _SHORTCUT_X, _SHORTCUT_X], [-0.5, -0.5, height], **line)
    ax.annotate("", (0.18, height), (_SHORTCUT_X, height), arrowprops=arrow)
    behind = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    ax.text(_SHORTCUT_X, (height - 0.5) / 2, side, ha="center", va="center", fontsize=8, bbox=behind)


def losses(ax: Axes, runs: Mapping[int, Any]) -> None:
    """Draw losses against steps, each point the mean of ten.

    Args:
        ax: where to draw.
        runs: by the number of layers, the losses of a training run, shape (120,).
    """
    curves = {f"{depth} layers": steps.view(-1, 10).mean(dim=1) for depth, steps in runs.items()}
    plots.lines(ax, range(5, 120, 10), curves, xlabel="step", ylabel="training loss")
    ax.set_ylim(0, 2.6)


def plain_depths(runs: Mapping[int, Any], accuracies: Mapping[int, Sequence[float]]) -> None:
    """Draw losses of networks of several depths, and their accuracies on training and test images."""
    _, axes = plots.figure(1, 2, height=3.0)
    losses(axes[0], runs)
    shares = {name: [pair[place] for pair in accuracies.values()] for place, name in enumerate(("training", "test"))}
    plots.bars(axes[1], [str(depth) for depth in accuracies], shares, xlabel="layers", ylabel="accuracy", digits=2)
    axes[1].set_ylim(0, 1.35)
    axes[1].legend(ncols=2, loc="upper right")


def two_kinds(runs: Mapping[str, Mapping[int, Any]]) -> None:
    """Draw the losses of plain and residual networks side by side, on one scale."""
    _, axes = plots.figure(1, 2, height=3.0, sharey=True)
    for ax, (title, by_depth) in zip(axes, runs.items(), strict=True):
        losses(ax, by_depth)
        ax.set_title(title)


def published_errors(degradation: Sequence[Mapping[str, Any]], cifar: Sequence[Mapping[str, Any]]) -> None:
    """Draw the published errors: with and without shortcuts on ImageNet, and against depth on CIFAR-10."""
    _, axes = plots.figure(1, 2, height=2.9)
    kinds = {kind: [row[f"{kind}_top1_error"] for row in degradation] for kind in ("plain", "residual")}
    plots.lines(axes[0], [18, 34], kinds, xlabel="layers", ylabel="ImageNet top-1 error (%)")
    axes[0].set(xticks=[18, 34], xlim=(14, 38), ylim=(24, 29.5))
    depths, errors = [row["depth"] for row in cifar], [row["test_error"] for row in cifar]
    plots.lines(axes[1], depths, {"": errors}, xlabel="layers", ylabel="CIFAR-10 test error (%)")
    axes[1].set(xscale="log", ylim=(6, 9.5))
    for depth, error in zip(depths, errors, strict=True):
        below, left = depth == 110, depth > 100
        offset = {"xytext": (5, -12 if below else 5), "textcoords": "offset points", "ha": "right" if left else "left"}
        axes[1].annotate(depth, (depth, error), fontsize=8, **offset)


def gradients(ratios: Mapping[str, Any], depths: Sequence[int], agreements: Mapping[str, Any]) -> None:
    """Draw the norms of gradients along the network of 56 layers, and how far those of minibatches agree.

    Args:
        ratios: by kind of network, norms divided by that of the last convolution, shape (runs, 55).
        depths: numbers of layers.
        agreements: by kind of network, mean cosines, shape (runs, depths).
    """
    _, axes = plots.figure(1, 2, height=3.1)
    xlabel, ylabel = "convolution, from the first to the last", "gradient norm / that of the last"
    plots.lines(axes[0], range(1, 56), ratios, xlabel=xlabel, ylabel=ylabel)
    axes[0].set_yscale("log")
    plots.lines(axes[1], depths, agreements, xlabel="layers", ylabel="agreement of minibatches (cosine)")
    axes[1].set(xticks=depths, ylim=(0, 0.75))


def loss_slices(steps: Any, slices: Mapping[tuple[str, int], Sequence[Any]]) -> None:
    """Draw losses along random directions, one panel per number of layers.

    Args:
        steps: along the direction.
        slices: by kind of network and number of layers, losses along several directions.
    """
    depths = list(dict.fromkeys(depth for _, depth in slices))
    kinds = list(dict.fromkeys(kind for kind, _ in slices))
    _, axes = plots.figure(1, len(depths), height=3.1, sharey=True)
    for ax, depth in zip(axes, depths, strict=True):
        for index, kind in enumerate(kinds):
            for run, losses_there in enumerate(slices[kind, depth]):
                look = {"color": plots.COLORS[index], "marker": plots.MARKERS[index]}
                label = None if run else kind
                ax.plot(steps, losses_there, markevery=4, label=label, linestyle=plots.LINE_STYLES[run], **look)
        ax.set(title=f"{depth} layers", xlabel="step along the direction", ylim=(0, 5.2))
        ax.legend(loc="upper center", ncols=2)
    axes[0].set_ylabel("training loss")


def accuracy_and_cost(families: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Draw top-1 error against multiply-adds, one curve per family of networks."""
    _, ax = plots.figure(height=3.3)
    for index, (name, family) in enumerate(families.items()):
        look = {"color": plots.COLORS[index], "marker": plots.MARKERS[index]}
        costs, errors = [row["macs"] / 1e9 for row in family], [row["top1_error"] for row in family]
        ax.plot(costs, errors, label=f"{name}, batch norm", linestyle=plots.LINE_STYLES[index], **look)
        for row, cost, error in zip(family, costs, errors, strict=True):
            offset = {"xytext": (6, 4), "textcoords": "offset points"}
            ax.annotate(f"{name}-{row['depth']}", (cost, error), fontsize=8, **offset)
    ax.set(xlabel="multiply-adds for one image (G)", ylabel="top-1 error (%)", xlim=(0, 22), ylim=(20.5, 31.5))
    ax.legend(loc="upper right")


def times(groups: Mapping[str, Sequence[float]], sizes: Mapping[int, int]) -> None:
    """Draw the time of blocks in the four stages, which have so many channels on maps of such sizes."""
    _, ax = plots.figure(height=2.9)
    names = [f"C = {channels}\n{size} × {size}" for channels, size in sizes.items()]
    plots.bars(ax, names, groups, xlabel="channels and maps of the four stages", ylabel="CPU time per image (ms)")
    ax.set_ylim(0, 1.35 * max(map(max, groups.values())))
    ax.legend(ncols=2, loc="upper right")
