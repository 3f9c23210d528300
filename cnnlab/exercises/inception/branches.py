"""What the branches of an Inception module compute, and mistakes that can be made in each step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from cnnlab.exercises.steps import Step, Variant
from cnnlab.exercises.weights import Values
from coursekit.checks import Mistake

MODULE = "The Inception module"
Channels: TypeAlias = tuple[int, int, tuple[int, int], tuple[int, int], int]
"""The arguments of an Inception module: in_channels, c1, c2, c3, c4."""
LAYERS = (
    ("the 1 × 1 branch",),
    ("the reduction before the 3 × 3", "the 3 × 3"),
    ("the reduction before the 5 × 5", "the 5 × 5"),
    ("the pool's projection",),
)
READS_POOLED = Mistake(
    "reads_pooled", "the branch reads what the pool returns; all four branches start from the same x", MODULE
)
READ_THROUGH_RELU = Mistake(
    "read_through_relu", "the input goes through a ReLU first; each branch reads x as it is", MODULE
)
RELU6 = Mistake("relu6", "a ReLU6 stops at 6; take a ReLU, which has no upper bound", MODULE)
OTHER_ACTIVATION = Mistake("other_activation", "another activation than ReLU is used", MODULE)
POOL_AVERAGES = Mistake("pool_averages", "the pool takes the average; take the maximum", MODULE)
PROJECTION_FIRST = Mistake("projection_first", "the projection comes before the pool; it belongs after it", MODULE)
NO_POOL = Mistake("no_pool", "the fourth branch has no pool", MODULE)
ZEROS_AROUND = Mistake(
    "zeros_around",
    "the pool's border is padded with zeros, which win over negative values; use the pool's own padding",
    MODULE,
)
WINDOW_5 = Mistake("window_5", "the pool's window is 5 × 5; take 3 × 3", MODULE)
RELU_BEFORE_PROJECTION = Mistake(
    "relu_before_projection",
    "there is a ReLU between the pool and its projection; the projection reads what the pool returns",
    MODULE,
)
OTHER_ACTIVATIONS = (torch.sigmoid, torch.tanh, F.gelu, F.leaky_relu, F.elu, F.silu, F.softplus)


def convolution(value: Values, x: Tensor, filters: int, kernel: int) -> Tensor:
    """A convolution that keeps the size, with the values of its shape."""
    return F.conv2d(x, value((filters, x.shape[1], kernel, kernel)), value((filters,)), padding=kernel // 2)


def branches(
    value: Values,
    x: Tensor,
    channels: Channels,
    inner: Callable[[Tensor], Tensor] = torch.relu,
    outer: Callable[[Tensor], Tensor] = torch.relu,
) -> list[Tensor]:
    """What the four branches return.

    Args:
        value: the values of the parameters.
        x: what they read.
        channels: the arguments of the module.
        inner: what follows the reductions.
        outer: what ends each branch.
    """
    _, c1, c2, c3, c4 = channels
    return [
        outer(convolution(value, x, c1, 1)),
        *(
            outer(convolution(value, inner(convolution(value, x, reduce, 1)), out, kernel))
            for (reduce, out), kernel in ((c2, 3), (c3, 5))
        ),
        outer(convolution(value, F.max_pool2d(x, 3, 1, 1), c4, 1)),
    ]


def branch_steps(value: Values, x: Tensor, channels: Channels) -> list[list[Step]]:
    """For each branch its steps, each with the mistakes that can be made in it."""
    _, c1, c2, c3, c4 = channels
    (first,), (reduce3, three), (reduce5, five), (projection,) = LAYERS

    def read(_: Any) -> Iterator[Variant]:
        yield None, x
        yield READ_THROUGH_RELU, x.relu()

    def read_x(_: Any) -> Iterator[Variant]:
        yield from read(_)
        yield READS_POOLED, F.max_pool2d(x, 3, 1, 1)

    def conv(filters: int, kernel: int) -> Step:
        return lambda t: [(None, convolution(value, t, filters, kernel))]

    return [
        [read_x, conv(c1, 1), activated(first)],
        [read_x, conv(c2[0], 1), activated(reduce3), conv(c2[1], 3), activated(three)],
        [read_x, conv(c3[0], 1), activated(reduce5), conv(c3[1], 5), activated(five)],
        [read, _pooled_and_projected(conv(c4, 1)), activated(projection)],
    ]


def activated(layer: str, section: str = MODULE) -> Step:
    """A ReLU after a layer, and what may stand there in its place."""

    def variants(t: Tensor) -> Iterator[Variant]:
        yield None, t.relu()
        yield Mistake("relu_missing", f"ReLU is missing after {layer}", section), t
        yield RELU6, F.relu6(t)
        for wrong in OTHER_ACTIVATIONS:
            yield OTHER_ACTIVATION, wrong(t)

    return variants


def _pooled_and_projected(projected: Step) -> Step:
    """The pool and its projection, up to the ReLU."""

    def project(t: Tensor) -> Tensor:
        return next(iter(projected(t)))[1]

    def variants(x: Tensor) -> Iterable[Variant]:
        pooled = F.max_pool2d(x, 3, 1, 1)
        return [
            (None, project(pooled)),
            (POOL_AVERAGES, project(F.avg_pool2d(x, 3, 1, 1))),
            (POOL_AVERAGES, project(F.avg_pool2d(x, 3, 1, 1, count_include_pad=False))),
            (PROJECTION_FIRST, F.max_pool2d(project(x), 3, 1, 1)),
            (NO_POOL, project(x)),
            (ZEROS_AROUND, project(F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 3, 1))),
            (WINDOW_5, project(F.max_pool2d(x, 5, 1, 2))),
            (RELU_BEFORE_PROJECTION, project(pooled.relu())),
        ]

    return variants
