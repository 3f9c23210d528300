"""What a network does to an input, step by step, as plain data. Runs where the network is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

MOST_STEPS = 1000
# By the name of torch's function, what the course calls the operation.
_OPERATIONS = MappingProxyType(
    {
        "conv2d": "conv",
        "max_pool2d": "max pool",
        "max_pool2d_with_indices": "max pool",
        "avg_pool2d": "average pool",
        "adaptive_avg_pool2d": "adaptive average pool",
        "linear": "linear",
        "batch_norm": "batch norm",
        "cat": "cat",
        "concat": "cat",
        "concatenate": "cat",
        "relu": "ReLU",
        "relu_": "ReLU",
        "clamp": "ReLU",
        "clamp_min": "ReLU",
        "dropout": "dropout",
        "softmax": "softmax",
        "log_softmax": "log-softmax",
        "add": "+",
        "__add__": "+",
        "__iadd__": "+",
        "add_": "+",
        "local_response_norm": "local response normalization",
    }
)
_SETTINGS = MappingProxyType(
    {
        "conv": ("stride", "padding", "dilation", "groups"),
        "max pool": ("kernel", "stride", "padding", "dilation", "ceil_mode"),
        "average pool": ("kernel", "stride", "padding", "ceil_mode"),
    }
)
# How many arguments stand before the settings.
_BEFORE = MappingProxyType({"conv": 3, "max pool": 1, "average pool": 1})
_DEFAULTS = MappingProxyType(
    {"stride": None, "padding": 0, "dilation": 1, "groups": 1, "ceil_mode": False, "kernel": None}
)


def trace(network: Any, shape: Sequence[int]) -> list[list[Any]]:
    """The steps of a network's forward pass in evaluation mode on one and the same input.

    Args:
        network: a module.
        shape: the input's shape; its values are drawn from a fixed seed.

    Returns:
        For each step its operation, the name of the layer that ran it, its settings, the shape of what it returns and
        the norm of that (0 without values). Where the network fails, the steps up to there.
    """
    if not isinstance(network, nn.Module):
        return []
    first = next(network.parameters(), torch.empty(0))
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(tuple(shape), generator=generator, dtype=torch.float64).to(first.device, first.dtype)
    recorder = _Recorder()
    with _evaluating(network), _named_layers(network, recorder), torch.no_grad(), recorder, suppress(Exception):
        network(images)
    return recorder.steps


class _Recorder(TorchFunctionMode):
    """Notes what torch's functions return, and in which layer."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[list[Any]] = []
        self.layers: list[str] = []

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        result = function(*args, **kwargs)
        operation = _OPERATIONS.get(_NAMES.get(function, getattr(function, "__name__", "")))
        if operation and isinstance(result, Tensor) and len(self.steps) < MOST_STEPS:
            layer = self.layers[-1] if self.layers else ""
            norm = 0.0 if result.is_meta else float(result.detach().double().norm())
            self.steps.append([operation, layer, _settings(operation, args, kwargs), list(result.shape), norm])
        return result


_NAMES = MappingProxyType({getattr(nn.functional, name): name for name in _OPERATIONS if hasattr(nn.functional, name)})


def _settings(operation: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Kernel, stride, padding and the like, as plain numbers."""
    names = _SETTINGS.get(operation, ())
    given = dict(zip(names, args[_BEFORE.get(operation, 0) :], strict=False))
    given |= {name.replace("kernel_size", "kernel"): value for name, value in kwargs.items()}
    settings = {name: _plain(given.get(name, _DEFAULTS[name])) for name in names}
    if operation == "conv":
        weight = args[1] if len(args) > 1 else kwargs["weight"]
        settings = {"kernel": _plain(tuple(weight.shape[2:])), **settings, "stride": settings["stride"] or 1}
        settings["out_channels"] = weight.shape[0]
    elif "kernel" in settings:
        settings["stride"] = settings["stride"] or settings["kernel"]
    return settings


def _plain(value: Any) -> Any:
    """A setting as one number where it is the same in both directions."""
    if isinstance(value, tuple | list):
        numbers = [int(number) for number in value]
        return numbers[0] if len(set(numbers)) == 1 else numbers or None
    return value if isinstance(value, int | str | None) else str(value)


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode within, and every module's own mode afterwards."""
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


@contextmanager
def _named_layers(network: nn.Module, recorder: _Recorder) -> Iterator[None]:
    """The recorder knows the name of the layer that runs."""

    def enter(name: str) -> Callable[..., None]:
        return lambda *_: recorder.layers.append(name)

    with ExitStack() as hooks:
        for name, module in network.named_modules():
            if not name:
                continue
            for hook in (
                module.register_forward_pre_hook(enter(name)),
                module.register_forward_hook(lambda *_: (recorder.layers.pop(), None)[1], always_call=True),
            ):
                hooks.callback(hook.remove)
        yield
