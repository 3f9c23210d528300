"""Blocks of a network in words: what a block computes, and what it holds.

A program is a row of words, as on a pocket calculator with a stack. ``x`` puts the input on top, ``copy`` what is on
top once more; ``swap`` exchanges the two topmost; ``add``, ``subtract``, ``multiply``, ``average``, ``maximum`` and
``concatenate`` replace these two by their result. ``relu`` and other activations, and ``pool`` and ``max_pool`` of
2 x 2, change what is on top. Any other word is the name of a layer, which takes what is on top and puts its output
there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations, product
from types import MappingProxyType
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Tensors: TypeAlias = Mapping[str, Mapping[str, Tensor]]
"""The tensors of layers: by the layer's name, and then by what they are (weight, running_mean, …)."""

_OPERATIONS: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = MappingProxyType(
    {
        "add": torch.add,
        "subtract": torch.sub,
        "multiply": torch.mul,
        "average": lambda a, b: (a + b) / 2,
        "maximum": torch.maximum,
        "concatenate": lambda a, b: torch.cat([a, b], dim=1),
    }
)
_FUNCTIONS: Mapping[str, Callable[[Tensor], Tensor]] = MappingProxyType(
    {
        "relu": F.relu,
        "leaky_relu": F.leaky_relu,
        "relu6": F.relu6,
        "gelu": F.gelu,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "pool": lambda x: F.avg_pool2d(x, 2, ceil_mode=True),
        "max_pool": lambda x: F.max_pool2d(x, 2),
    }
)
_STATISTICS = ("running_mean", "running_var")


@dataclass(frozen=True)
class Conv:
    """A convolution.

    Attributes:
        inputs: channels that it reads.
        outputs: channels that it returns.
        kernel: its height and width.
        stride: in both directions.
        padding: on all sides; by default what keeps the size of the maps where the stride is 1.
        bias: whether it has one.
    """

    inputs: int
    outputs: int
    kernel: int
    stride: int = 1
    padding: int | None = None
    bias: bool = False

    @property
    def holds(self) -> str:
        """Its tensors, in words."""
        bias = " with bias" * self.bias
        return f"{self.kernel}x{self.kernel} conv {self.inputs} to {self.outputs}{bias}"

    def apply(self, x: Tensor, tensors: Mapping[str, Tensor]) -> Tensor:
        """Its output."""
        padding = self.kernel // 2 if self.padding is None else self.padding
        return F.conv2d(x, tensors["weight"], tensors.get("bias"), self.stride, padding)

    def module(self) -> nn.Module:
        """The same as a module."""
        padding = self.kernel // 2 if self.padding is None else self.padding
        return nn.Conv2d(self.inputs, self.outputs, self.kernel, self.stride, padding, bias=self.bias)


@dataclass(frozen=True)
class Norm:
    """A batch norm.

    Attributes:
        size: its channels.
        eps: what is added to the variance.
        statistics: ``"batch"`` or ``"running"`` if it uses these in both modes.
    """

    size: int
    eps: float = 1e-5
    statistics: str = ""

    @property
    def holds(self) -> str:
        """Its tensors, in words."""
        return f"norm of {self.size}"

    def apply(self, x: Tensor, tensors: Mapping[str, Tensor], training: bool) -> Tensor:
        """Its output; in training mode its running statistics move."""
        mean, variance = (tensors[kind] for kind in _STATISTICS)
        training = self.statistics == "batch" or (training and not self.statistics)
        return F.batch_norm(x, mean, variance, tensors["weight"], tensors["bias"], training, 0.1, self.eps)

    def module(self) -> nn.Module:
        """The same as a module."""
        return nn.BatchNorm2d(self.size, self.eps)


@dataclass(frozen=True)
class BlockProgram:
    """What a block computes, and what it holds.

    Attributes:
        path: the words of its path.
        layers: by name, all that it holds; some may never run.
        shortcut: the words of its shortcut.
        join: the words that put path and shortcut together; without any, the block has no shortcut.
        after: the words that follow.
        branch: after how many words of the path the shortcut begins; 0 at the block's input.
    """

    path: tuple[str, ...]
    layers: Mapping[str, Conv | Norm]
    shortcut: tuple[str, ...] = ()
    join: tuple[str, ...] = ("add",)
    after: tuple[str, ...] = ("relu",)
    branch: int = 0

    @property
    def words(self) -> tuple[str, ...]:
        """All words in their order."""
        if not self.join:
            return ("x", *self.path, *self.after)
        if not self.branch:
            return ("x", *self.path, "x", *self.shortcut, *self.join, *self.after)
        front, rest = self.path[: self.branch], self.path[self.branch :]
        return ("x", *front, "copy", *rest, "swap", *self.shortcut, *self.join, *self.after)

    @cached_property
    def holds(self) -> list[str]:
        """Its layers in words, sorted."""
        return sorted(layer.holds for layer in self.layers.values())

    @property
    def convolutions(self) -> tuple[str, ...]:
        """The names of the convolutions on its path, in their order."""
        return tuple(word for word in self.path if isinstance(self.layers.get(word), Conv))

    def changed(self, **changes: Any) -> BlockProgram:
        """The same with other values of its attributes."""
        return replace(self, **changes)

    def relaid(self, names: Sequence[str] | None = None, **changes: Any) -> BlockProgram:
        """The same with other attributes of the layers with these names; by default of all convolutions."""
        if names is None:
            names = [name for name, layer in self.layers.items() if isinstance(layer, Conv)]
        return replace(self, layers={**self.layers, **{name: replace(self.layers[name], **changes) for name in names}})

    def run(self, tensors: Tensors, x: Tensor, training: bool) -> Tensor:
        """The block's output; in training mode the running statistics among the tensors move."""

        def apply(name: str, value: Tensor) -> Tensor:
            layer = self.layers[name]
            if isinstance(layer, Norm):
                return layer.apply(value, tensors[name], training)
            return layer.apply(value, tensors[name])

        return interpreted(self.words, x, apply)


def interpreted(words: Sequence[str], x: Tensor, apply: Callable[[str, Tensor], Tensor]) -> Tensor:
    """What words make of an input.

    Args:
        words: see above.
        x: the input.
        apply: the output of a layer, given its name and what it reads.
    """
    stack: list[Tensor] = []
    for word in words:
        if word == "x":
            stack.append(x)
        elif word == "copy":
            stack.append(stack[-1])
        elif word == "swap":
            stack.append(stack.pop(-2))
        elif word in _OPERATIONS:
            top = stack.pop()
            stack.append(_OPERATIONS[word](stack.pop(), top))
        elif word in _FUNCTIONS:
            stack.append(_FUNCTIONS[word](stack.pop()))
        else:
            stack.append(apply(word, stack.pop()))
    return stack.pop()


class Steps(nn.Module):
    """Layers applied as words say.

    Args:
        words: separated by spaces.
        layers: by name.
    """

    def __init__(self, words: str, layers: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.words, self.layers = words.split(), nn.ModuleDict(layers)

    def forward(self, x: Tensor) -> Tensor:
        """What the words make of the input."""
        return interpreted(self.words, x, lambda name, value: self.layers[name](value))


# What a block holds


def layers_of(state: Mapping[str, Tensor]) -> dict[str, dict[str, Tensor]]:
    """The tensors of a state dict by the name of their layer, and then by what they are (weight, running_mean, …)."""
    layers: dict[str, dict[str, Tensor]] = {}
    for name, tensor in state.items():
        layer, _, kind = name.rpartition(".")
        layers.setdefault(layer, {})[kind] = tensor
    return layers


def in_words(tensors: Mapping[str, Tensor]) -> str:
    """What layer it is that holds these tensors."""
    weight, kinds = tensors.get("weight"), set(tensors)
    if weight is not None and weight.ndim == 4:
        outputs, inputs, kernel, _ = weight.shape
        return Conv(inputs, outputs, kernel, bias="bias" in kinds).holds
    if weight is not None and weight.ndim == 2:
        return f"linear {weight.shape[1]} to {weight.shape[0]}" + " without bias" * ("bias" not in kinds)
    if kinds <= {"weight", "bias", *_STATISTICS, "num_batches_tracked"}:
        size = max((tensor.numel() for kind, tensor in tensors.items() if kind != "num_batches_tracked"), default=0)
        lacks = " without scale and shift" * (not {"weight", "bias"} <= kinds)
        return f"norm of {size}{lacks}" + " without running statistics" * ("running_mean" not in kinds)
    return f"something with {', '.join(sorted(kinds))}"


def words_of(state: Mapping[str, Tensor]) -> list[str]:
    """The layers of a state dict in words, sorted."""
    return sorted(in_words(tensors) for tensors in layers_of(state).values())


def ways(program: BlockProgram, found: Tensors) -> Iterator[dict[str, str]]:
    """All ways to match layers that were found with those of a program: from its names to theirs; none if they differ.

    Names of layers do not matter, nor the order of their definition: where several hold the same, all orders are tried.
    """
    groups: dict[str, list[str]] = {}
    for name, layer in program.layers.items():
        groups.setdefault(layer.holds, []).append(name)
    candidates: dict[str, list[str]] = {}
    for name, tensors in found.items():
        candidates.setdefault(in_words(tensors), []).append(name)
    if Counter({key: len(names) for key, names in groups.items()}) != {key: len(v) for key, v in candidates.items()}:
        return
    for choice in product(*(permutations(candidates[key]) for key in groups)):
        yield {
            ours: theirs
            for names, order in zip(groups.values(), choice, strict=True)
            for ours, theirs in zip(names, order, strict=True)
        }


# Values for what a module holds

Value: TypeAlias = Callable[[str, tuple[int, ...]], Tensor]
"""From what a tensor is (weight, bias, running_mean, running_var) and its shape to its values."""


def fill(module: Any, value: Value) -> dict[str, Tensor]:
    """Put values into a module, which becomes float64, and return its state dict."""
    state = {}
    for name, tensor in module.state_dict().items():
        kind = name.rpartition(".")[2]
        state[name] = tensor if kind == "num_batches_tracked" else value(kind, tuple(tensor.shape))
    module.double()
    module.load_state_dict(state)
    return state


def own_state(module: Any, value: Value) -> dict[str, Tensor]:
    """Put values into a module, which becomes float64, and return its state dict with every layer once.

    A state dict lists an object that a module holds under two names twice. Of the values put in, the last ones win, and
    the other names are left out here.
    """
    put = fill(module, value)
    there = module.state_dict()
    other_names = {name.rpartition(".")[0] for name in put if not torch.equal(put[name], there[name])}
    return {name: tensor for name, tensor in put.items() if name.rpartition(".")[0] not in other_names}


def random_values(generator: torch.Generator) -> Value:
    """Makes random values for convolutions and batch norms, with scales of both signs."""

    def draw(sample: Callable[..., Tensor], shape: tuple[int, ...]) -> Tensor:
        return sample(shape, generator=generator, dtype=torch.float64)

    def value(kind: str, shape: tuple[int, ...]) -> Tensor:
        if kind == "running_var":
            return 0.5 + 1.5 * draw(torch.rand, shape)
        values = draw(torch.randn, shape)
        if len(shape) > 1:
            return values * (2 / max(1, torch.Size(shape[1:]).numel())) ** 0.5
        return values.sign() * (0.6 + values.abs()) if kind == "weight" else 0.5 * values

    return value


def alike(value: Value) -> Value:
    """A function like `value` that gives all tensors of one kind and shape the same values."""
    drawn: dict[tuple[str, tuple[int, ...]], Tensor] = {}

    def same(kind: str, shape: tuple[int, ...]) -> Tensor:
        if (kind, shape) not in drawn:
            drawn[kind, shape] = value(kind, shape)
        return drawn[kind, shape]

    return same


def passing_on(kind: str, shape: tuple[int, ...]) -> Tensor:
    """Values of the worked examples: norms compute 2v - 3, convolutions pass on each channel as it is."""
    if len(shape) == 1:
        value = {"weight": 2.0, "bias": -1.0, "running_mean": 1.0, "running_var": 1 - 1e-5}[kind]
        return torch.full(shape, value, dtype=torch.float64)
    values = torch.zeros(shape, dtype=torch.float64)
    values[..., shape[2] // 2, shape[3] // 2] = torch.eye(*shape[:2], dtype=torch.float64)
    return values


def distance(got: Any, right: Tensor) -> float:
    """The largest difference between two tensors; infinite if they cannot be compared."""
    if not isinstance(got, Tensor) or got.shape != right.shape:
        return float("inf")
    apart = (got - right).abs().max().item() if got.numel() else 0.0
    return apart if apart == apart else float("inf")
