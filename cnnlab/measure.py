"""What the layers of a real network put out, hold and compute, read off while it runs; no formulas.

Shapes, bytes and parameters are those of the tensors that are there, operations those that torch's own counter sees. It
all works on ``torch.device("meta")``, where a network of any size takes no memory and no time.

A receptive field is measured by a backward pass, through a stand-in for the layers (``cnnlab.windows``) or through the
network itself, which must then have values.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnlab.windows import Window, Windows, measured_field

_KINDS: tuple[tuple[type[nn.Module], str], ...] = (
    (nn.modules.conv._ConvNd, "conv"),
    (nn.Linear, "linear"),
    (nn.Flatten, "flatten"),
)


@dataclass(frozen=True)
class Measured:
    """One layer of a network that was run on a single image.

    Attributes:
        name: the module's name inside the network, such as ``features.0``.
        kind: ``"conv"``, ``"linear"``, ``"pool"`` or ``"flatten"``; of other modules the class in small letters.
        shape: the output's shape without the batch axis.
        kib: the output's size in KiB (1024 bytes), in the dtype that it has.
        params: how many parameters the module has; 0 where it is run once more.
        macs: multiply-adds, half of the floating point operations that torch counts: convolutions and matrix products.
        field: the receptive field of an output, in pixels of the image's height; ``None`` where no single chain of
            windows leads to it: behind an addition, a concatenation, a functional call, ``flatten``.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    kib: float
    params: int
    macs: int
    field: int | None = None


def measure(model: nn.Module, input_shape: tuple[int, ...]) -> list[Measured]:
    """Run a network on one image, in evaluation mode, and note what each of its layers does.

    Layers are the modules that hold no others, in the order in which they run.

    Args:
        model: on any device, ``meta`` included; it is left as it was.
        input_shape: of one image, such as (3, 227, 227).

    Raises:
        ValueError: if the network computes outside of its layers (``F.linear`` in a ``forward``), where nothing can be
            noted, or a layer returns more than one tensor.
    """
    rows: list[Measured] = []
    chains: list[tuple[Window, ...] | None] = []
    counted: set[nn.Module] = set()
    image = _blank(model, input_shape)
    windows = Windows(image)
    before = 0

    def start(module: nn.Module, inputs: Any) -> None:
        nonlocal before
        before = counter.get_total_flops()

    def note(module: nn.Module, inputs: Any, output: Any) -> None:
        if not isinstance(output, torch.Tensor):
            raise ValueError(f"{names[module]} returns no single tensor, so it cannot be measured.")
        params = 0 if module in counted else sum(parameter.numel() for parameter in module.parameters())
        counted.add(module)
        macs = (counter.get_total_flops() - before) // 2
        chains.append(windows.behind(module, inputs, output))
        rows.append(Measured(names[module], _kind(module), tuple(output.shape[1:]), output.nbytes / 1024, params, macs))

    names = {module: name for name, module in model.named_modules()}
    leaves = [module for module in model.modules() if not any(module.children())]
    with _evaluating(model), torch.no_grad(), FlopCounterMode(display=False) as counter:
        hooks = [leaf.register_forward_pre_hook(start) for leaf in leaves]
        hooks += [leaf.register_forward_hook(note) for leaf in leaves]
        try:
            model(image)
        finally:
            for hook in hooks:
                hook.remove()
        total = counter.get_total_flops() // 2
    if outside := total - sum(row.macs for row in rows):
        raise ValueError(
            f"{outside} of {total} multiply-adds happen outside of the network's layers, in functional calls; "
            "measure sees modules only, such as nn.Linear."
        )
    fields = [None if chain is None else measured_field(chain) for chain in chains]
    return [replace(row, field=field) for row, field in zip(rows, fields, strict=True)]


def receptive_field_by_gradient(model: nn.Module, input_shape: tuple[int, ...]) -> int:
    """How many pixels high the part of the input is that the output at the centre depends on.

    Found by a backward pass through a copy whose weights are all positive, so that no two paths cancel, and in which
    average pooling stands for max pooling, which would pass the gradient on to a single pixel of each window.

    Args:
        model: maps one image to a tensor (C, H, W); on a device with values, not ``meta``. Its max pools are modules
            (``nn.MaxPool2d``) without dilation.
        input_shape: of one image; it must be higher than the part that is found.

    Raises:
        ValueError: if that part reaches the border, so that it may have been cut off.
    """
    positive = nn.Sequential(copy.deepcopy(model)).double().eval()
    _average_pools(positive)
    with torch.no_grad():
        for parameter in positive.parameters():
            parameter.fill_(1 / parameter[0].numel())
    image = torch.ones(1, *input_shape, dtype=torch.float64, requires_grad=True)
    output = positive(image)
    output[..., output.shape[-2] // 2, output.shape[-1] // 2].sum().backward()
    assert image.grad is not None
    seen = image.grad[0].abs().sum(dim=(0, 2)).nonzero()
    first, last = int(seen.min()), int(seen.max())
    if first == 0 or last == input_shape[-2] - 1:
        raise ValueError(
            f"The receptive field reaches the border of the {input_shape[-2]} pixels; take a larger input."
        )
    return last - first + 1


def _kind(module: nn.Module) -> str:
    if "Pool" in type(module).__name__:
        return "pool"
    return next((kind for cls, kind in _KINDS if isinstance(module, cls)), type(module).__name__.lower())


def _blank(model: nn.Module, input_shape: tuple[int, ...]) -> torch.Tensor:
    """A batch of one image of zeros, where and of what dtype the model is."""
    like = next(model.parameters(), torch.empty(0))
    return torch.zeros(1, *input_shape, device=like.device, dtype=like.dtype)


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode; afterwards each module is in the mode it was in."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


def _average_pools(model: nn.Module) -> None:
    """Put average pooling in place of each max pooling inside a model."""
    for parent in list(model.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.MaxPool2d):
                average = nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode)
                setattr(parent, name, average)
