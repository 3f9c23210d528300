"""What an output sees: the windows that lead to it, and its gradient with respect to the image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from cnnlab import plots

_PIXELS = 9


def draw_windows(stacks: Mapping[str, Sequence[int]]) -> None:
    """Draw, for each stack of convolutions, the pixels of a row that its central output sees.

    Args:
        stacks: by title, the kernels from the input to the output.
    """
    _, axes = plots.figure(1, len(stacks), height=2.5, sharey=True)
    for ax, (title, kernels) in zip(axes, stacks.items(), strict=True):
        _draw_stack(ax, kernels)
        ax.set(xlim=(0, _PIXELS), ylim=(-0.15, 2.5), xlabel="position (pixels)", title=title)
        ax.set_xticks([0.5, 4.5, 8.5], ["0", "4", "8"])
        ax.set_yticks([0.17, 2.17], ["input", "output"])
        ax.grid(visible=False)
    axes[0].set_ylabel("layer")


def _draw_stack(ax: Axes, kernels: Sequence[int]) -> None:
    """One row of pixels per level, what is seen in colour, and a line for each step of a window."""
    heights = [2 * level / len(kernels) for level in range(len(kernels) + 1)]
    seen = [{_PIXELS // 2}]
    for kernel in reversed(kernels):
        seen.insert(0, {pixel + step for pixel in seen[0] for step in _steps(kernel)})
    for level, height in enumerate(heights):
        for pixel in range(_PIXELS):
            color = plots.COLORS[level % 3] if pixel in seen[level] else "#EEEEEE"
            ax.add_patch(Rectangle((pixel + 0.08, height), 0.84, 0.34, facecolor=color, edgecolor="black"))
    for level, kernel in enumerate(kernels):
        for pixel in seen[level + 1]:
            for step in _steps(kernel):
                ends = [heights[level] + 0.34, heights[level + 1]]
                ax.plot([pixel + step + 0.5, pixel + 0.5], ends, color="#666666", marker="", linestyle="-", lw=0.8)


def _steps(kernel: int) -> range:
    return range(-(kernel // 2), kernel // 2 + 1)


def draw_gradients(gradients: Mapping[str, Tensor], sides: Mapping[str, int]) -> None:
    """Draw how strongly an output depends on each pixel, with its receptive field as a dashed square.

    Large images are drawn with their brightness raised to a power of 0.3.

    Args:
        gradients: by title, the gradient of the central output with respect to a square image, shape (H, H).
        sides: by title, the side of the receptive field in pixels.
    """
    _, axes = plots.figure(1, len(gradients), height=2.25)
    for ax, (title, gradient) in zip(axes, gradients.items(), strict=True):
        size, side = len(gradient), sides[title]
        brightness = (gradient / gradient.max()) ** (1 if size < 100 else 0.3)
        ax.imshow(brightness, vmin=0, vmax=1, extent=(0, size, size, 0))
        corner = size // 2 - side // 2
        frame = Rectangle((corner, corner), side, side, fill=False, edgecolor="white", linestyle="--", linewidth=1)
        ax.add_patch(frame)
        ax.set(xlabel="pixels", xticks=[0, size], yticks=[0, size])
        ax.set_title(title, fontsize=8)
        ax.grid(visible=False)
    axes[0].set_ylabel("pixels")
