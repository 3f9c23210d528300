"""Networks drawn as columns of boxes, one box per layer, from the image upwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from cnnlab import plots

Box = tuple[str, str]
"""What a layer's box says, and its kind."""

# By kind of layer, how its box looks.
_LOOKS = MappingProxyType(
    {
        "3×3": (plots.COLORS[5], ""),
        "larger": (plots.COLORS[1], "//"),
        "pool": (plots.COLORS[4], ".."),
        "fc": (plots.COLORS[2], "xx"),
    }
)
_HEAD = (("fc 4096", "fc"), ("fc 4096", "fc"), ("fc 1000", "fc"))
_ALEXNET = (
    *(("11×11, 64, stride 4", "larger"), ("pool 3×3, stride 2", "pool")),
    *(("5×5, 192", "larger"), ("pool 3×3, stride 2", "pool")),
    *(("3×3, 384", "3×3"), ("3×3, 256", "3×3"), ("3×3, 256", "3×3"), ("pool 3×3, stride 2", "pool")),
    *_HEAD,
)
_FILTERS = (64, 128, 256, 512, 512)


def draw_alexnet_and_vggs() -> None:
    """Draw AlexNet, VGG-16 and VGG-19 side by side."""
    draw_columns({"AlexNet": _ALEXNET, "VGG-16": _vgg((2, 2, 3, 3, 3)), "VGG-19": _vgg((2, 2, 4, 4, 4))})


def draw_columns(networks: Mapping[str, Sequence[Box]]) -> None:
    """Draw networks side by side.

    Args:
        networks: by name, the boxes in order.
    """
    _, ax = plots.figure(height=5.4)
    for place, boxes in enumerate(networks.values()):
        for height, (label, kind) in enumerate(boxes):
            color, hatch = _LOOKS[kind]
            look = {"color": color, "hatch": hatch, "edgecolor": "black", "linewidth": 0.5}
            ax.bar(place, 0.86, 0.8, bottom=height, alpha=0.75, **look)
            box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85}
            ax.text(place, height + 0.43, label, ha="center", va="center", fontsize=7, bbox=box)
    tallest = max(map(len, networks.values()))
    ax.set_xticks(range(len(networks)), list(networks))
    ax.set(ylabel="layers, from the image upwards", xlabel="network", ylim=(-0.3, tallest + 0.3))
    ax.grid(visible=False)


def _vgg(numbers: Sequence[int]) -> list[Box]:
    boxes: list[Box] = []
    for filters, number in zip(_FILTERS, numbers, strict=True):
        boxes += [(f"3×3, {filters}", "3×3")] * number + [("pool 2×2, stride 2", "pool")]
    return [*boxes, *_HEAD]
