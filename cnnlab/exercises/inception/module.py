"""Checks of an Inception module, branch by branch."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import combinations, permutations
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from cnnlab.exercises.common import Answer, Step, Way, expect_steps
from cnnlab.exercises.weights import (
    Shape,
    Slips,
    Values,
    expect_gradients_and_input,
    load_values,
    made,
    output_of,
    random_values,
    steady_output,
)
from coursekit.checks import Mistake, Mistakes, expect_close, expect_equal, expect_shape, expect_true, together

MODULE = "The Inception module"

Channels: TypeAlias = tuple[int, int, tuple[int, int], tuple[int, int], int]
"""The arguments of an Inception module: in_channels, c1, c2, c3, c4."""

BRANCHES = ("1 × 1", "3 × 3", "5 × 5", "pool")
LAYERS = (
    ("the 1 × 1 branch",),
    ("the reduction before the 3 × 3", "the 3 × 3"),
    ("the reduction before the 5 × 5", "the 5 × 5"),
    ("the pool's projection",),
)
HEIGHT = 13
"""Of example maps: every wrong stride or padding makes another size of it."""

NO_PROJECTION = Mistake(
    "no_projection",
    "the pool's projection, a 1 × 1 convolution with c4 filters, is not among the parameters: it is missing, or stands "
    "in a plain list or dict, where nn.Module does not see it",
    MODULE,
)
NO_REDUCTIONS = Mistake(
    "no_reductions",
    "the reductions are missing: one 1 × 1 convolution comes before the 3 × 3, another before the 5 × 5",
    MODULE,
)
NAIVE = Mistake(
    "naive_module",
    "this is the naive module: the 1 × 1 convolutions before 3 × 3 and 5 × 5 and after the pool are missing",
    MODULE,
)
THREE_FOR_FIVE = Mistake(
    "three_for_five",
    "the third branch has a 3 × 3 in place of its 5 × 5; so has torchvision's, by mistake",
    MODULE,
)
TWO_THREES = Mistake(
    "two_threes", "two 3 × 3 stand in place of the 5 × 5; that is a later version of Inception", MODULE
)
PAIRS_REVERSED = Mistake("pairs_reversed", "c2 and c3 are pairs (reduce, out), the reduction first")
C2_AND_C3 = Mistake("c2_and_c3", "c2 belongs to the 3 × 3 branch and c3 to the 5 × 5", MODULE)
C1_AND_C4 = Mistake("c1_and_c4", "c1 belongs to the 1 × 1 branch and c4 to the pool", MODULE)
ONE_REDUCTION = Mistake("one_reduction", "3 × 3 and 5 × 5 share one reduction; each has its own", MODULE)
FUSED = Mistake(
    "fused", "several 1 × 1 convolutions are made as one and split later; each is a layer of its own here", MODULE
)
REDUCTION_LAST = Mistake(
    "reduction_last", "the 3 × 3 and the 5 × 5 come first and the 1 × 1 after them; the reduction comes first", MODULE
)
ALWAYS_3A = Mistake("always_3a", "the numbers of channels are those of module 3a, whatever the arguments", MODULE)

NOT_JOINED = Mistake(
    "not_joined", "the branches' outputs came one by one; torch.cat(…, dim=1) makes one tensor of them", MODULE
)
ADDED = Mistake(
    "branches_added",
    "the branches' outputs are added with +, which needs equal shapes; torch.cat(…, dim=1) puts their channels side by "
    "side",
    MODULE,
)
STACKED = Mistake(
    "branches_stacked", "torch.stack makes a new axis; torch.cat(…, dim=1) puts channels side by side", MODULE
)
OTHER_AXIS = Mistake(
    "other_axis", "the branches are joined along another axis than the channels, which are axis 1: dim=1", MODULE
)
NOT_FROM_X = Mistake(
    "not_from_x",
    "a convolution that should read x gets what an earlier branch made: all four branches start from the same x, so do "
    "not overwrite it on the way",
    MODULE,
)
POOL_CONCATENATED = Mistake(
    "pool_concatenated",
    "x, or the pool's own maps, are concatenated, beside the pool's projection or in its place; the projection alone "
    "belongs there",
    MODULE,
)
BRANCH_LEFT_OUT = Mistake("branch_left_out", "a branch is missing in the output; torch.cat joins all four", MODULE)
READS_POOLED = Mistake(
    "reads_pooled", "the branch reads what the pool returns; all four branches start from the same x", MODULE
)
POOL_STRIDE = Mistake(
    "pool_stride", "`nn.MaxPool2d(3)` has stride 3 unless told otherwise; with stride=1 and padding=1 it keeps the size"
)
STRIDE_2 = Mistake("stride_2", "a convolution or the pool has stride 2; all of them have stride 1", MODULE)
SMALL_PADDING = Mistake(
    "small_padding",
    "a padding is missing or too small; what keeps the size is padding=1 for 3 × 3, pool included, and 2 for 5 × 5",
    MODULE,
)
WINDOW_2 = Mistake("window_2", "the pool's window is 2 × 2; take 3 × 3", MODULE)
REDUCTION_SKIPPED = Mistake(
    "reduction_skipped", "the 3 × 3 or the 5 × 5 reads x; it should read what its reduction returns", MODULE
)
LARGE_PADDING = Mistake("large_padding", "a padding is too large; what keeps the size is kernel // 2", MODULE)

NO_RELU = Mistake("no_relu", "there is no ReLU")
BARE_REDUCTIONS = Mistake("bare_reductions", "ReLU is missing after the two reductions", MODULE)
RELU_INSIDE_ONLY = Mistake(
    "relu_inside_only", "ReLU comes after the reductions only; each branch ends with one as well", MODULE
)
RELU_BEFORE = Mistake("relu_before", "ReLU comes before each convolution; it belongs after it", MODULE)
READ_THROUGH_RELU = Mistake(
    "read_through_relu", "the input goes through a ReLU first; each branch reads x as it is", MODULE
)
NORMALIZED = Mistake("normalized", "a normalization without parameters was added; there is none", MODULE)
DROPS = Mistake("drops", "two passes in training mode differ, as with dropout; the module has none", MODULE)
RESIDUAL = Mistake("residual", "the input is added at the end; that is a residual block", MODULE)
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

_WRONG_ACTIVATIONS = (torch.sigmoid, torch.tanh, F.gelu, F.leaky_relu, F.elu, F.silu, F.softplus)


class ModuleCase(NamedTuple):
    """An example of a module: its arguments, and the batch, height and width of what it reads."""

    channels: Channels
    size: tuple[int, int, int]

    @property
    def called(self) -> str:
        """The call that makes the module."""
        return f"Inception{self.channels}"

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the call."""
        return dict(zip(("in_channels", "c1", "c2", "c3", "c4"), self.channels, strict=True))

    @property
    def weights(self) -> dict[str, Shape]:
        """The shapes of the weights by layer."""
        return module_weights(self.channels)

    @property
    def is_distinct(self) -> bool:
        """Whether no two layers can be taken for each other."""
        return len(set(self.weights.values())) == len(self.weights)

    @property
    def slips(self) -> Slips:
        """The shapes of the weights that mistakes lead to."""
        return _module_slips(self.channels) if self.is_distinct else ()

    @property
    def outputs(self) -> tuple[int, int, int, int]:
        """How many channels each branch returns."""
        _, c1, c2, c3, c4 = self.channels
        return c1, c2[1], c3[1], c4

    def maps(self, generator: torch.Generator) -> Tensor:
        """Maps of both signs, many of them beyond 6."""
        return 8 * torch.randn(self.size[0], self.channels[0], *self.size[1:], generator=generator, dtype=torch.float64)


def drawn_module(rng: random.Random, size: tuple[int, int, int]) -> ModuleCase:
    """A module whose six numbers of channels all differ, so that no two layers can be taken for each other."""
    c1, r3, o3, r5, o5, c4 = rng.sample(range(2, 12), 6)
    return ModuleCase((rng.randint(12, 15), c1, (r3, o3), (r5, o5), c4), size)


def square_module(rng: random.Random) -> ModuleCase:
    """A module that returns as many channels as it reads."""
    c = rng.randint(3, 5)
    return ModuleCase((4 * c, c, (c, c), (c, c), c), (3, HEIGHT, 6))


def module_values(answer: Answer, case: ModuleCase, generator: torch.Generator) -> None:
    """Compare what an Inception module returns in evaluation mode, branch by branch."""
    value = random_values(generator)
    model, order = _loaded_module(answer, case, value)
    x = case.maps(generator)
    y = _module_output(model, x, case)
    right = branches(value, x, case.channels)
    joined = torch.cat([right[BRANCHES.index(name)] for name in order], 1)
    with together():
        _expect_order(order, case)
        if whole := _whole_mistake(y, joined, value, x, case):
            what = f"the output of {case.called} for x of shape {tuple(x.shape)}"
            expect_close(y, joined, what=what, mistakes={whole: y}, reread=MODULE)
            return
        steps = _branch_steps(value, x, case.channels)
        places = [BRANCHES.index(name) for name in order]
        for place, got in zip(places, y.split([case.outputs[place] for place in places], 1), strict=True):
            what = f"the {BRANCHES[place]} branch of {case.called} for x of shape {tuple(x.shape)}"
            expect_steps(got, right[place], steps[place], what=what, reread=MODULE)


def module_properties(answer: Answer, case: ModuleCase, generator: torch.Generator) -> None:
    """Check gradients, an untouched input and training mode; right values first."""
    module_values(answer, case, generator)
    value, x = random_values(generator), case.maps(generator)
    model, _ = _loaded_module(answer, case, value)

    def reference(x: Tensor) -> Tensor:
        return torch.cat(branches(value, x, case.channels), 1)

    expect_gradients_and_input(answer, case, model, x, reference, reread=MODULE)
    model.train()
    parts, y = branches(value, x, case.channels), output_of(model, x)
    drops = isinstance(y, Tensor) and not torch.equal(y, output_of(model, x))
    mistakes: Mistakes = {DROPS: y} if drops else _other_orders(parts)
    what = f"the output of {case.called} in training mode"
    expect_close(y, torch.cat(parts, 1), what=what, mistakes=mistakes, reread=MODULE)


def _loaded_module(answer: Answer, case: ModuleCase, value: Values) -> tuple[Any, Sequence[str]]:
    """A module with the values, after checking its parameters; and the order of its branches, where that shows."""
    model, blank = made(answer, case, reread=MODULE)
    order = _order(model, blank, case) if case.is_distinct else BRANCHES
    load_values(model, blank, value)
    return model, order


def module_weights(channels: Channels) -> dict[str, Shape]:
    """The shapes of the six weights of an Inception module, by layer."""
    c_in, c1, c2, c3, c4 = channels
    shapes = [
        (c1, c_in, 1, 1),
        (c2[0], c_in, 1, 1),
        (c2[1], c2[0], 3, 3),
        (c3[0], c_in, 1, 1),
        (c3[1], c3[0], 5, 5),
        (c4, c_in, 1, 1),
    ]
    return dict(zip((layer for branch in LAYERS for layer in branch), shapes, strict=True))


def _module_slips(channels: Channels) -> Slips:
    """The shapes of the weights that mistakes lead to."""
    c_in, c1, c2, c3, c4 = channels
    first, reduce3, three, reduce5, five, projection = module_weights(channels).values()
    wide = [(c2[1], c_in, 3, 3), (c3[1], c_in, 5, 5)]
    three_of_third = (c3[1], c3[0], 3, 3)
    last_reductions = [(c2[0], c_in, 3, 3), (c2[1], c2[0], 1, 1), (c3[0], c_in, 5, 5), (c3[1], c3[0], 1, 1)]

    def others(*channels: Any) -> list[Shape]:
        return list(module_weights((c_in, *channels)).values())

    def fused(*filters: int) -> list[Shape]:
        apart = [shape for shape in (first, reduce3, reduce5) if shape[0] not in filters]
        return [(sum(filters), c_in, 1, 1), *apart, three, five, projection]

    return [
        (NO_PROJECTION, [first, reduce3, three, reduce5, five]),
        (NO_REDUCTIONS, [first, *wide, projection]),
        (NAIVE, [first, *wide]),
        (THREE_FOR_FIVE, [first, reduce3, three, reduce5, three_of_third, projection]),
        (TWO_THREES, [first, reduce3, three, reduce5, three_of_third, (c3[1], c3[1], 3, 3), projection]),
        *((PAIRS_REVERSED, others(c1, *pairs, c4)) for pairs in ((c2[::-1], c3[::-1]), (c2[::-1], c3), (c2, c3[::-1]))),
        (C2_AND_C3, others(c1, c3, c2, c4)),
        (C1_AND_C4, others(c4, c2, c3, c1)),
        (ONE_REDUCTION, [first, reduce3, three, (c3[1], c2[0], 5, 5), projection]),
        (REDUCTION_LAST, [first, *last_reductions, projection]),
        (ALWAYS_3A, list(module_weights((192, 64, (96, 128), (16, 32), 32)).values())),
        *((FUSED, fused(*some)) for size in (2, 3) for some in combinations((c1, c2[0], c3[0]), size)),
    ]


def _module_output(
    model: Any, x: Tensor, case: ModuleCase, joined: Callable[[Tensor], Mistake | None] = lambda y: None
) -> Tensor:
    """What a module makes of x, after checking that it is a tensor of the right shape.

    Args:
        model: the module.
        x: its input.
        case: the example.
        joined: what is wrong with an output that has another number of channels, if it tells.
    """
    y = steady_output(model, x, case.called, reread=MODULE, explain=partial(_why_it_failed, case))
    if isinstance(y, tuple | list) and len(y) > 1 and all(isinstance(part, Tensor) for part in y):
        expect_true(False, what=f"{case.called} returns one tensor", likely=NOT_JOINED, reread=MODULE)
    n, height, width = case.size
    channels, c_in = sum(case.outputs), case.channels[0]
    sizes = {(HEIGHT + 2 * p - k, width + 2 * p - k) for k, p in ((3, 0), (5, 0), (5, 1))}
    told = joined(y) if isinstance(y, Tensor) and y.ndim == 4 and y.shape[1] != channels else None
    expect_shape(
        y,
        (n, channels, height, width),
        what=f"the output of {case.called} for x of shape {tuple(x.shape)}",
        mistakes={
            **({told: tuple(y.shape)} if told else {}),
            POOL_CONCATENATED: [
                (n, channels + c_in, height, width),
                (n, channels - case.outputs[3] + c_in, height, width),
            ],
            ADDED: (n, case.outputs[0], height, width),
            BRANCH_LEFT_OUT: [(n, channels - one, height, width) for one in case.outputs],
            OTHER_AXIS: [(4 * n, case.outputs[0], height, width), (n, case.outputs[0], height, 4 * width)],
            SMALL_PADDING: [(n, channels, h + 1, w + 1) for h, w in sizes],
        },
        reread=MODULE,
    )
    return y


def _why_it_failed(case: ModuleCase, error: Exception) -> Mistake | None:
    """What torch's error about a module with branches means."""
    text = str(error)
    if "Sizes of tensors must match except in dimension 1" in text:
        return _of_sizes(text, case.size[1])
    if "Sizes of tensors must match" in text:
        return OTHER_AXIS
    if "The size of tensor a" in text:
        return ADDED
    if "stack expects each tensor" in text:
        return STACKED
    if f"to have {case.channels[0]} channels" in text:
        return NOT_FROM_X
    if f"got {case.channels[0]} channels" in text:
        return REDUCTION_SKIPPED
    return None


def _of_sizes(text: str, height: int) -> Mistake | None:
    """Which stride or padding makes maps of the sizes that torch.cat refused to join."""
    numbers = [int(word) for word in text.replace(".", " ").split() if word.isdigit()]
    found = next((number for number in numbers[1:3] if number != height), 0)
    causes = {
        POOL_STRIDE: [(height - 1) // 3 + 1, (height - 3) // 3 + 1],
        STRIDE_2: [(height - 1) // 2 + 1, (height - 3) // 2 + 1],
        SMALL_PADDING: [height - 2, height - 4],
        LARGE_PADDING: [height + 2, height + 4],
        WINDOW_2: [height + 1, height - 1],
    }
    return next((mistake for mistake, sizes in causes.items() if found in sizes), None)


def _order(model: Any, blank: Any, case: ModuleCase) -> Sequence[str]:
    """The order in which a module joins its branches; the right one where it cannot be told.

    With all weights 0, a convolution returns its bias, and each bias is the number of its branch's output channels.
    """

    def counts(shape: Shape) -> Tensor:
        return torch.full(shape, shape[0] if len(shape) == 1 else 0, dtype=torch.float64)

    def joined(y: Tensor) -> Mistake | None:
        names = _named(y, case)
        return _joined_as(names) if names else None

    load_values(model, blank, counts)
    n, height, width = case.size
    y = _module_output(model, torch.ones(n, case.channels[0], height, width, dtype=torch.float64), case, joined)
    names = _named(y, case)
    return names if sorted(names) == sorted(BRANCHES) else BRANCHES


def _named(y: Tensor, case: ModuleCase) -> tuple[str, ...]:
    """The branches that are joined in y, whose channels hold the number of channels of their branch; else none."""
    left, names = [round(float(channel)) for channel in y[0, :, 0, 0]], []
    while left:
        count = left[0]
        if count not in case.outputs or left[:count] != [count] * count:
            return ()
        names.append(BRANCHES[case.outputs.index(count)])
        left = left[count:]
    return tuple(names)


def _expect_order(names: Sequence[str], case: ModuleCase) -> None:
    """Check the order of the branches."""
    what = f"the order of the branches in what {case.called} returns"
    expect_equal(names, BRANCHES, what=what, mistakes={_joined_as(names): names}, reread=MODULE)


def _joined_as(names: Sequence[str]) -> Mistake:
    """The mistake of joining the branches in this order."""
    says = f"the branches are joined in the order {', '.join(names)}; 1 × 1, 3 × 3, 5 × 5, pool is asked for"
    return Mistake("branch_order", says, MODULE)


def _orders(parts: Sequence[Any]) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    """All orders of the four branches: their names, and what they return."""
    for order in permutations(range(4)):
        yield tuple(BRANCHES[k] for k in order), [parts[k] for k in order]


def _other_orders(parts: Sequence[Tensor]) -> dict[Mistake | str, Tensor]:
    """What joining the branches in another order gives."""
    return {_joined_as(names): torch.cat(some, 1) for names, some in _orders(parts) if names != BRANCHES}


# What the branches compute


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


def _whole_mistake(y: Tensor, right: Tensor, value: Values, x: Tensor, case: ModuleCase) -> Mistake | None:
    """The one mistake in all of a module that gives its output; None for the right output, too."""
    if torch.allclose(y, right):
        return None

    def make(maps: Tensor = x, **changes: Callable[[Tensor], Tensor]) -> Tensor:
        return torch.cat(branches(value, maps, case.channels, **changes), 1)

    def same(t: Tensor) -> Tensor:
        return t

    ways: list[tuple[Mistake, Callable[[], Tensor]]] = [
        (NO_RELU, lambda: make(inner=same, outer=same)),
        (BARE_REDUCTIONS, lambda: make(inner=same)),
        (RELU_INSIDE_ONLY, lambda: make(outer=same)),
        (READ_THROUGH_RELU, lambda: make(x.relu())),
        (RELU_BEFORE, lambda: make(x.relu(), outer=same)),
        (NORMALIZED, lambda: F.batch_norm(right, None, None, training=True)),
        (NORMALIZED, lambda: F.local_response_norm(right, 5)),
        (RELU6, lambda: make(inner=F.relu6, outer=F.relu6)),
        (RELU6, lambda: make(outer=F.relu6)),
        *((OTHER_ACTIVATION, partial(make, inner=wrong, outer=wrong)) for wrong in _WRONG_ACTIVATIONS),
    ]
    if right.shape == x.shape:
        ways += [(RESIDUAL, lambda: right + x), (RESIDUAL, lambda: (right + x).relu())]
    orders = ((_joined_as(names), torch.cat(some, 1)) for names, some in _orders(branches(value, x, case.channels)))
    found = (mistake for mistake, way in ways if torch.allclose(y, way()))
    return next(found, None) or next((mistake for mistake, way in orders if torch.equal(y, way)), None)


def _branch_steps(value: Values, x: Tensor, channels: Channels) -> list[list[Step]]:
    """For each branch its steps, each with the mistakes that can be made in it."""
    _, c1, c2, c3, c4 = channels
    (first,), (reduce3, three), (reduce5, five), (projection,) = LAYERS

    def read(_: Any) -> Iterator[Way]:
        yield None, x
        yield READ_THROUGH_RELU, x.relu()

    def read_x(_: Any) -> Iterator[Way]:
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

    def ways(t: Tensor) -> Iterator[Way]:
        yield None, t.relu()
        yield Mistake("relu_missing", f"ReLU is missing after {layer}", section), t
        yield RELU6, F.relu6(t)
        for wrong in _WRONG_ACTIVATIONS:
            yield OTHER_ACTIVATION, wrong(t)

    return ways


def _pooled_and_projected(projected: Step) -> Step:
    """The pool and its projection, up to the ReLU."""

    def project(t: Tensor) -> Tensor:
        return next(iter(projected(t)))[1]

    def ways(x: Tensor) -> Iterable[Way]:
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

    return ways
