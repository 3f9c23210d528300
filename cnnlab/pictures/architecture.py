"""Networks drawn as boxes, and their costs as bars, one per layer; each kind of layer has its colour and hatching."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from cnnlab import plots

_COLORS = MappingProxyType(
    {
        "image": "#999999",
        "conv": plots.COLORS[0],
        "pool": plots.COLORS[4],
        "flatten": plots.COLORS[3],
        "fc": plots.COLORS[1],
    }
)
_HATCHES = MappingProxyType({"conv": "", "pool": "..", "flatten": "xx", "fc": "//"})
_COSTS = (("memory (KiB)", "kib", 1.0), ("parameters (M)", "params", 1e6), ("multiply-adds (M)", "macs", 1e6))
_GAP = 9  # between two boxes


def draw_boxes(rows: Sequence[Mapping[str, Any]]) -> None:
    """Draw the outputs of a network as boxes: as high as the maps, and wider the more of them there are.

    Args:
        rows: the image and the layers in order, with ``name``, ``out_channels`` and ``out_size``.
    """
    _, ax = plots.figure(height=2.8)
    left = 0.0
    for row in rows:
        name, channels, size = row["name"], row["out_channels"], row["out_size"]
        flat = size == 1
        width, height = (5.0, 2.3 * channels**0.5) if flat else (1.3 * channels**0.5, size)
        color = _COLORS[_kind(name)]
        ax.bar(left, height, width, bottom=-height / 2, align="edge", color=color, edgecolor="black", linewidth=0.6)
        label = f"{channels:,}" if flat else f"{channels} ×\n{size}²"
        middle = left + width / 2
        ax.text(middle, height / 2 + 6, label, ha="center", va="bottom", fontsize=8)
        ax.text(middle, -height / 2 - 6, name, ha="center", va="top", fontsize=8)
        left += width + (1.4 * _GAP if flat else _GAP)
    ax.set(xlim=(-6, left), ylim=(-140, 165), xticks=[], yticks=[])
    ax.set_xlabel(
        "layers, in order (height: side of the maps, width: root of their number;\n"
        "thin bars on the right: height is the root of the number)"
    )
    ax.spines[:].set_visible(False)


def draw_costs(rows: Sequence[Mapping[str, Any]]) -> None:
    """Draw three bar charts over the layers of a network.

    Args:
        rows: the layers in order, with ``name``, ``kib``, ``params`` and ``macs``.
    """
    _, axes = plots.figure(1, 3, height=3.3, sharey=True)
    for ax, (label, key, unit) in zip(axes, _COSTS, strict=True):
        for place, row in enumerate(rows):
            kind = _kind(row["name"])
            style = {"color": _COLORS[kind], "hatch": _HATCHES[kind], "edgecolor": "white", "linewidth": 0.5}
            ax.barh(place, row[key] / unit, **style)
        ax.set_xlabel(label)
        ax.grid(axis="y", visible=False)
    axes[0].set_yticks(range(len(rows)), [row["name"] for row in rows])
    axes[0].set_ylabel("layer")
    axes[0].invert_yaxis()


def _kind(name: str) -> str:
    return name.rstrip("0123456789")
