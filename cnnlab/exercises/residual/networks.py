"""What a residual network computes and holds, with options that stand for mistakes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from torch import Tensor, nn
from torch.nn import functional as F

from cnnlab.exercises.residual.block_plans import basic_program, bottleneck_program
from cnnlab.exercises.residual.blocks import output_of
from cnnlab.exercises.residual.programs import BlockProgram, Conv, Norm, Steps, Value, fill

Size: TypeAlias = tuple[int, int, int]
"""What a block is made with: (in_channels, w, stride)."""


@dataclass(frozen=True)
class Stages:
    """How the blocks of a network are made.

    Attributes:
        kind: of the blocks, "basic" or "bottleneck".
        numbers: of the blocks of each stage.
        widths: w of each stage.
        reads: the channels that the first block reads.
        returns: how many times w a block is taken to return.
        updated: when the channels so far are noted: after each "block", after each "stage", or "never".
        strides: of the stages.
        strided: which blocks of a stage have its stride: the "first", the "last", "all" of them, or the "later" ones,
            all but the first.
        factor: how many times w a block is made with.
        swapped: whether blocks get w as in_channels, and in_channels as w.
        only_last: whether the blocks of the last stage are the only ones that are kept.
    """

    kind: str
    numbers: tuple[int, ...]
    widths: tuple[int, ...]
    reads: int
    returns: int
    updated: str = "block"
    strides: tuple[int, ...] = (1, 2, 2, 2)
    strided: str = "first"
    factor: int = 1
    swapped: bool = False
    only_last: bool = False

    @cached_property
    def made(self) -> list[tuple[int, Size]]:
        """For each block the number of its stage, and what it is made with."""
        return [(stage, size) for stage, size, _ in self._walk if not self.only_last or stage == len(self.numbers) - 1]

    @property
    def channels(self) -> int:
        """The channels so far after the last stage."""
        return self._walk[-1][2] if self._walk else self.reads

    @cached_property
    def _walk(self) -> list[tuple[int, Size, int]]:
        """For each block the number of its stage, what it is made with, and the channels that are noted after it."""
        walk, channels = [], self.reads
        for stage, (number, width, stride) in enumerate(zip(self.numbers, self.widths, self.strides, strict=False)):
            for index in range(number):
                sizes = (width, channels) if self.swapped else (channels, self.factor * width)
                if self.updated == "block" or (self.updated == "stage" and index == number - 1):
                    channels = self.returns * width
                walk.append((stage, (*sizes, stride if self._has_stride(index, number) else 1), channels))
        return walk

    def _has_stride(self, index: int, number: int) -> bool:
        return {"first": index == 0, "last": index == number - 1, "all": True, "later": index > 0}[self.strided]


@dataclass(frozen=True)
class ResidualNetwork:
    """What a network is.

    Attributes:
        stages: its blocks.
        conv: the stem's convolution.
        classes: how many scores there are.
        stem: what the stem does, in words; "n" is its batch norm.
        pool: the stem's pool: "max" or "average", kernel, stride and padding; none if it is empty.
        head: how maps become numbers; see `_POOLED`.
        features: what the linear layer reads; by default the channels so far.
        bias: whether the linear layer has one.
        after: what follows: "softmax", "log_softmax" or "relu"; with "features" the linear layer does not run.
        holds_norm: whether the stem holds a batch norm.
        repeats: whether the blocks of a stage that are made alike are one object.
        runs_blocks: whether what the blocks return is used.
    """

    stages: Stages
    conv: Conv
    classes: int
    stem: tuple[str, ...] = ("n", "relu")
    pool: tuple[str, int, int, int] | tuple[()] = ("max", 3, 2, 1)
    head: str = "mean"
    features: int = 0
    bias: bool = True
    after: str = ""
    holds_norm: bool = True
    repeats: bool = False
    runs_blocks: bool = True

    @property
    def sizes(self) -> list[Size]:
        """What its blocks are made with."""
        return [size for _, size in self.stages.made]

    @property
    def reads(self) -> int:
        """What the linear layer reads."""
        return self.features or self.stages.channels

    @cached_property
    def layers(self) -> list[str]:
        """Its layers in words, sorted."""
        linear = f"linear {self.reads} to {self.classes}" + " without bias" * (not self.bias)
        stem = [self.conv.holds, *([Norm(self.conv.outputs).holds] if self.holds_norm else [])]
        sizes = dict.fromkeys(self.sizes) if self.repeats else self.sizes
        return sorted([*stem, linear, *(word for size in sizes for word in block(self.stages.kind, size).holds)])

    def scores(self, x: Tensor, value: Value, training: bool) -> Tensor:
        """Its scores, all tensors of one kind and shape having the same values."""
        y = self.conv.apply(x, tensors_of(self.conv, value))
        for word in self.stem:
            norm = Norm(self.conv.outputs)
            y = y.relu() if word == "relu" else norm.apply(y, tensors_of(norm, value), training)
        if self.pool:
            kind, kernel, stride, padding = self.pool
            pool: Any = F.max_pool2d if kind == "max" else F.avg_pool2d
            y = pool(y, kernel, stride, padding)
        for size in self.sizes if self.runs_blocks else ():
            program = block(self.stages.kind, size)
            tensors = {name: tensors_of(layer, value) for name, layer in program.layers.items()}
            y = output_of(program, tensors, y, training)
        y = _pooled(y, self.head)
        if self.after == "features":
            return y
        bias = value("bias", (self.classes,)) if self.bias else None
        return _after(F.linear(y, value("weight", (self.classes, self.reads)), bias), self.after)

    def module(self, value: Value, head: nn.Module) -> nn.Module:
        """The same as a module, with these values; for a network without mistakes.

        Args:
            value: the values.
            head: what makes numbers of maps.
        """
        stem = [self.conv.module(), Norm(self.conv.outputs).module(), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
        programs = [block(self.stages.kind, size) for size in self.sizes]
        blocks = [
            Steps(" ".join(program.words), {name: layer.module() for name, layer in program.layers.items()})
            for program in programs
        ]
        network = nn.Sequential(*stem, *blocks, head, nn.Linear(self.reads, self.classes))
        _ = fill(network, value)
        return network

    def names(self, pools: bool) -> list[str]:
        """What to call its layers that have sizes of their own, in the order they run.

        Args:
            pools: whether a layer makes numbers of maps.
        """
        names = ["the stem's convolution", "the stem's max pool"]
        for number, (stage, size) in enumerate(self.stages.made):
            before = sum(earlier == stage for earlier, _ in self.stages.made[:number])
            program = block(self.stages.kind, size)
            convolutions = [word for word in program.words if isinstance(program.layers.get(word), Conv)]
            where = f"of block {before + 1} in stage {stage + 1}"
            names += [f"{_called(word)} {where}" for word in convolutions]
        return [*names, *(["the pool of the head"] if pools else []), "the linear layer"]


def _called(word: str) -> str:
    """What to call a convolution of a block."""
    return "the projection" if word == "p" else f"convolution {word[1:]}"


def _pooled(y: Tensor, how: str) -> Tensor:
    """Numbers made of maps: "mean", "sum", "max", "flatten", "seven", "unflattened", or "mean" and some axes."""
    if how.startswith("mean "):
        return y.mean(dim=[int(axis) for axis in how.split()[1:]])
    pooled: dict[str, Callable[[], Tensor]] = {
        "mean": lambda: y.mean(dim=(2, 3)),
        "sum": lambda: y.sum(dim=(2, 3)),
        "max": lambda: y.amax(dim=(2, 3)),
        "flatten": lambda: y.flatten(1),
        "seven": lambda: F.avg_pool2d(y, 7).flatten(1),
        "unflattened": lambda: y.mean(dim=(2, 3), keepdim=True),
    }
    return pooled[how]()


def _after(scores: Tensor, what: str) -> Tensor:
    """What follows the linear layer."""
    if what in ("softmax", "log_softmax"):
        return scores.softmax(1) if what == "softmax" else scores.log_softmax(1)
    return scores.relu() if what == "relu" else scores


def tensors_of(layer: Conv | Norm, value: Value) -> dict[str, Tensor]:
    """A layer's tensors; running statistics are copies, which may move."""
    if isinstance(layer, Norm):
        kinds = ("weight", "bias", "running_mean", "running_var")
        return {kind: value(kind, (layer.size,)).clone() for kind in kinds}
    tensors = {"weight": value("weight", (layer.outputs, layer.inputs, layer.kernel, layer.kernel))}
    return tensors | ({"bias": value("bias", (layer.outputs,))} if layer.bias else {})


def block(kind: str, size: Size) -> BlockProgram:
    """A block that is right."""
    return (bottleneck_program if kind == "bottleneck" else basic_program)(*size)


def network(kind: str, blocks: Sequence[int], classes: int, width: int) -> ResidualNetwork:
    """The network that is right."""
    widths = tuple(width * factor for factor in (1, 2, 4, 8))
    stages = Stages(kind, tuple(blocks), widths, width, 4 if kind == "bottleneck" else 1)
    return ResidualNetwork(stages, Conv(3, width, 7, 2), classes)
