"""Walks along straight lines through a network's weights, and watches the loss (Li et al., 2018)."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnlab.training import generator


def random_direction(network: nn.Module, seed: int) -> list[Tensor]:
    """A random direction among the weights: filters as long as the network's own, vectors unchanged."""
    draws, direction = generator(seed), []
    for parameter in network.parameters():
        step = torch.randn(parameter.shape, generator=draws).to(parameter.device)
        if parameter.ndim > 1:
            scale = parameter.detach().flatten(1).norm(dim=1) / step.flatten(1).norm(dim=1)
            direction.append(step * scale.view(-1, *[1] * (step.ndim - 1)))
        else:
            direction.append(torch.zeros_like(parameter))
    return direction


def losses_along(
    network: nn.Module, direction: Sequence[Tensor], steps: Sequence[float] | Tensor, x: Tensor, y: Tensor
) -> list[float]:
    """The loss at steps along a direction, with batch norm in training mode; the network stays as it is.

    Args:
        network: where the line passes at step 0.
        direction: one tensor per parameter.
        steps: how far to go.
        x: images.
        y: their labels.
    """
    moved, losses = deepcopy(network).train(), []
    with torch.no_grad():
        for step in steps:
            for there, here, way in zip(moved.parameters(), network.parameters(), direction, strict=True):
                there.copy_(here + step * way)
            losses.append(F.cross_entropy(moved(x), y).item())
    return losses


def bumps(losses: Sequence[float]) -> float:
    """The way up and down along a slice, divided by what it would be in a valley without bumps; 1 if there are none."""
    ups = sum(abs(a - b) for a, b in pairwise(losses))
    return ups / (losses[0] + losses[-1] - 2 * min(losses))
