"""Draws gradient descent on a loss over two weights."""

from collections.abc import Mapping

import torch
from torch import Tensor

from cnnlab import plots

_LEVELS = (0.01, 0.04, 0.1, 0.2, 0.35, 0.55, 0.8)


def descents(inputs: Mapping[str, Tensor], paths: Mapping[str, Tensor], optimum: Tensor, *, reach: float = 2.0) -> None:
    """Draw the contours of a linear layer's squared error for each set of inputs, and a path of weights over them.

    Args:
        inputs: by title, the examples of a layer with two inputs, shape (N, 2).
        paths: by title, weights from the start on, shape (steps + 1, 2).
        optimum: the weights without an error, shape (2,).
        reach: weights from -reach to reach are shown.
    """
    grid = torch.linspace(-reach, reach, 81, dtype=optimum.dtype)
    weights = torch.stack(torch.meshgrid(grid, grid, indexing="xy"), dim=-1)
    _, axes = plots.figure(1, len(inputs), height=2.3, sharex=True, sharey=True)
    for ax, (title, x) in zip(axes, inputs.items(), strict=True):
        loss = ((weights - optimum) @ x.T).square().mean(dim=-1) / 2
        ax.contour(grid, grid, loss / loss.max(), levels=list(_LEVELS), colors="#999999", linewidths=0.8)
        ax.plot(*paths[title].T, color=plots.COLORS[1], marker="o", markersize=3, linestyle="-", linewidth=1)
        ax.plot(*optimum, color=plots.COLORS[0], marker="*", markersize=12, linestyle="none")
        ax.set(title=title, xlabel="weight $w_1$", aspect="equal")
        ax.grid(visible=False)
    axes[0].set_ylabel("weight $w_2$")
