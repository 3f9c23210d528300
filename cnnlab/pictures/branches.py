"""Draws modules with parallel branches as boxes: from their numbers, or from what their own code did."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from matplotlib.axes import Axes
from torch import Tensor, nn

from cnnlab import plots

_COLORS = MappingProxyType(
    {
        "data": "#E8E8E8",
        "1×1": plots.COLORS[5],
        "wide": plots.COLORS[0],
        "pool": plots.COLORS[4],
        "relu": "#FFFFFF",
        "cat": plots.COLORS[2],
    }
)
_HATCHES = MappingProxyType({"pool": "..", "cat": "xx"})


def draw_module(c_in: int, size: int, c1: int, c2: tuple[int, int], c3: tuple[int, int], c4: int) -> None:
    """Draw an Inception module from its numbers of channels: the wider a box, the more channels.

    Args:
        c_in: channels of the input.
        size: side of the maps.
        c1: filters of the 1 × 1 branch.
        c2: filters of the 3 × 3 branch, the reduction first.
        c3: filters of the 5 × 5 branch, the reduction first.
        c4: filters of the projection after the pool.
    """
    _, ax = plots.figure(height=3.9)
    columns = [
        [(f"1×1\n{c1}", c1, "1×1", 2)],
        [(f"1×1, reduce\n{c2[0]}", c2[0], "1×1", 1), (f"3×3\n{c2[1]}", c2[1], "wide", 2)],
        [(f"1×1, reduce\n{c3[0]}", c3[0], "1×1", 1), (f"5×5\n{c3[1]}", c3[1], "wide", 2)],
        [(f"max pool 3×3\n{c_in}", c_in, "pool", 1), (f"1×1, project\n{c4}", c4, "1×1", 2)],
    ]
    for place, boxes in enumerate(columns):
        x, below = 250 * place, 0.28
        for label, channels, kind, level in boxes:
            _arrow(ax, (x, below), (x, level - 0.3))
            _box(ax, x, level, channels, label, kind)
            below = level + 0.28
        _arrow(ax, (x, below), (x, 2.7))
    parts = (c1, c2[1], c3[1], c4)
    total = f"concatenated: {' + '.join(map(str, parts))} = {sum(parts)} channels, {size} × {size}"
    _box(ax, 375, 0, 1000, f"input: {c_in} channels, {size} × {size}", "data")
    _box(ax, 375, 3, 1000, total, "cat")
    ax.set(xlim=(-140, 890), ylim=(-0.4, 3.4))
    ax.set_axis_off()


def draw_graph(output: Tensor, image: Tensor) -> None:
    """Draw what made an output, as autograd recorded it, from the input at the bottom upwards.

    Args:
        output: of a module.
        image: what the module read, a leaf that requires gradients.
    """
    levels: dict[Any, int] = {}
    columns: dict[Any, set[int]] = {}
    top = _level(output.grad_fn, levels)
    branches = max(map(_reads, levels), key=len)
    for number, branch in enumerate(branches):
        _note_columns(branch, number, columns)
    middle = {step: columns.get(step, set(range(len(branches)))) for step in levels}
    spots = {step: (sum(places) / len(places), levels[step]) for step, places in middle.items()}
    _, ax = plots.figure(height=4.4)
    for step, (x, y) in spots.items():
        is_input = getattr(step, "variable", None) is image
        label, kind = ("input", "data") if is_input else _described(step)
        wide = is_input or kind == "cat"
        _box(ax, x, y, 3.7 if wide else 0.6, label, kind, height=0.62)
        for earlier in _reads(step):
            from_x, from_y = spots[earlier]
            start_x = x if getattr(earlier, "variable", None) is image else from_x
            _arrow(ax, (start_x, from_y + 0.31), (from_x if wide else x, y - 0.31))
    ax.set(xlim=(-0.6, 3.6), ylim=(-0.5, top + 0.5))
    ax.set_axis_off()


def _described(step: Any) -> tuple[str, str]:
    """Label and kind of an operation in autograd's record."""
    name = type(step).__name__.rstrip("0123456789").removesuffix("Backward")
    if name == "Convolution":
        filters, _, kernel, _ = step._saved_weight.shape
        return f"{kernel}×{kernel}\n{filters}", "1×1" if kernel == 1 else "wide"
    if name.startswith("MaxPool2D"):
        stride = [*step._saved_stride, *step._saved_kernel_size][0]
        return f"max pool {step._saved_kernel_size[0]}\nstride {stride}", "pool"
    return {"Cat": ("concatenate", "cat"), "Relu": ("ReLU", "relu")}.get(name, (name, "data"))


def _reads(step: Any) -> list[Any]:
    """The operations whose results an operation reads; parameters are left out."""
    return [
        earlier
        for earlier, _ in step.next_functions
        if earlier is not None and not isinstance(getattr(earlier, "variable", None), nn.Parameter)
    ]


def _level(step: Any, known: dict[Any, int]) -> int:
    """How many operations lie between the input and this one, on the longest way."""
    if step not in known:
        known[step] = 1 + max((_level(earlier, known) for earlier in _reads(step)), default=-1)
    return known[step]


def _note_columns(step: Any, column: int, known: dict[Any, set[int]]) -> None:
    """Note for each operation below a step the columns of the branches that use it."""
    known.setdefault(step, set()).add(column)
    for earlier in _reads(step):
        _note_columns(earlier, column, known)


def _box(ax: Axes, x: float, y: float, width: float, label: str, kind: str, height: float = 0.56) -> None:
    """A labelled box around (x, y); the kind decides its colour and hatching."""
    style: dict[str, Any] = {"facecolor": _COLORS[kind], "hatch": _HATCHES.get(kind, "")}
    ax.bar(x, height, width, bottom=y - height / 2, edgecolor="black", linewidth=0.7, alpha=0.75, **style)
    halo = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85}
    ax.text(x, y, label, ha="center", va="center", fontsize=7.5, bbox=halo)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """An arrow from one point to another, behind the boxes."""
    style = {"arrowstyle": "-|>", "color": "#555555", "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end, start, arrowprops=style, zorder=0)
