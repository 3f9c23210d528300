"""Which pixels of one column an output sees, followed along a network while it runs."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Window = tuple[int, int, int]
"""Kernel, stride and dilation of a convolution or pool, along the height."""

_WINDOWED = (nn.Conv1d, nn.Conv2d, nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d)
_POINTWISE = (
    *(nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Sigmoid, nn.Tanh, nn.Hardtanh, nn.Identity),
    *(nn.BatchNorm1d, nn.BatchNorm2d, nn.LocalResponseNorm),
    *(nn.Dropout, nn.Dropout2d),
)


class Windows:
    """The windows that each tensor of a running network was made through.

    Args:
        image: what the network is run on.
    """

    def __init__(self, image: Tensor) -> None:
        # The tensors are held as well: the id of one that is gone would be given to another.
        self._seen: dict[int, tuple[Tensor, tuple[Window, ...]]] = {id(image): (image, ())}

    def behind(self, module: nn.Module, inputs: Sequence[Any], output: Tensor) -> tuple[Window, ...] | None:
        """The windows that lead to a layer's output; ``None`` where no single chain of them does."""
        window = _window(module)
        if len(inputs) != 1 or id(inputs[0]) not in self._seen or window is None:
            # A layer that writes into what it reads puts out the tensor that came in.
            self._seen.pop(id(output), None)
            return None
        windows = self._seen[id(inputs[0])][1] + window
        self._seen[id(output)] = output, windows
        return windows


@cache
def measured_field(windows: tuple[Window, ...]) -> int:
    """How many pixels, from the first to the last, one output behind some windows depends on.

    Found by a backward pass through a single channel whose weights are all positive, so that no two paths cancel.
    """
    height = 1
    while (field := _field_within(height, windows)) is None:
        height *= 2
    return field


def _field_within(height: int, windows: Sequence[Window]) -> int | None:
    """The same for a column of some pixels; ``None`` if it is too short for one output."""
    column = torch.ones(1, 1, height, dtype=torch.float64, device="cpu", requires_grad=True)
    output = column
    for kernel, stride, dilation in windows:
        if output.shape[-1] <= dilation * (kernel - 1):
            return None
        weight = torch.full((1, 1, kernel), 1 / kernel, dtype=torch.float64, device="cpu")
        output = F.conv1d(output, weight, stride=stride, dilation=dilation)
    (gradient,) = torch.autograd.grad(output[..., 0].sum(), column)
    seen = gradient[0, 0].nonzero()
    return int(seen.max() - seen.min()) + 1


def _window(module: nn.Module) -> tuple[Window, ...] | None:
    """The window of a layer, if it has one, as a chain; ``None`` for a layer that may look anywhere."""
    if isinstance(module, _WINDOWED):
        parts = (module.kernel_size, module.stride, getattr(module, "dilation", 1))
        kernel, stride, dilation = (part[0] if isinstance(part, tuple) else part for part in parts)
        return ((kernel, stride, dilation),)
    return () if isinstance(module, _POINTWISE) else None
