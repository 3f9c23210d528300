"""Checks of the multiply-adds of Inception modules, against convolutions that are run on the meta device."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

import torch
from torch import nn

from cnnlab.exercises.cases import Causes
from cnnlab.exercises.common import Answer
from cnnlab.exercises.inception.counted import (
    BIASES_AS_MACS,
    FLOP_FOR_MAC,
    KERNEL_ONCE,
    NO_POSITIONS,
    ONE_SIDE,
    Counted,
    expect_counts,
)
from cnnlab.exercises.inception.module import PAIRS_REVERSED
from cnnlab.measure import measure
from coursekit.checks import Mistake, expect_equal, together

SAVED = "What the bottlenecks save"

Conv: TypeAlias = tuple[int, int, int]
"""A convolution: its input channels, output channels and kernel."""

NO_REDUCTIONS_COUNTED = Mistake("no_reductions_counted", "the reductions are missing: two 1 × 1 convolutions", SAVED)
ONE_REDUCTION_COUNTED = Mistake("one_reduction_counted", "one of the two reductions is missing", SAVED)
NO_PROJECTION_COUNTED = Mistake("no_projection_counted", "the pool's projection is missing", SAVED)
NO_FIRST_COUNTED = Mistake("no_1x1_counted", "the 1 × 1 branch is missing", SAVED)
NAIVE_COUNTED = Mistake("naive_counted", "this is the naive module, without bottlenecks", SAVED)
WIDE_READ_INPUT = Mistake(
    "wide_read_input",
    "after the reductions, 3 × 3 and 5 × 5 read c2[0] and c3[0] channels, not the input's",
    SAVED,
)
KERNELS_SWAPPED = Mistake("kernels_swapped", "c2 goes with the 3 × 3 and c3 with the 5 × 5", SAVED)
PROJECTION_READS_OUTPUTS = Mistake(
    "projection_reads_outputs", "the projection reads the pool's maps, which have as many channels as the input", SAVED
)
KERNEL_3 = Mistake("kernel_3", "the third branch's kernel is 5 × 5, not 3 × 3", SAVED)
MAPS_SHRINK = Mistake("maps_shrink", "the maps keep their size; the padding sees to it", SAVED)
POOL_COUNTED = Mistake("pool_counted", "the pool's comparisons are no multiply-adds", SAVED)
NO_INPUTS = Mistake("no_inputs", "the channels that a convolution reads are missing: each filter reads all", SAVED)
PROJECTION_KEPT = Mistake(
    "projection_kept",
    "without bottlenecks the pool's projection goes as well: it changes the number of channels and nothing else",
    SAVED,
)
REVERSED = Mistake(
    "reversed", "with bottleneck=True the naive module is counted, and the other way round", SAVED, priority=1
)
NOT_HEEDED = Mistake("bottleneck_not_heeded", "bottleneck=False is not heeded", SAVED)
FIRST_IS_NO_BOTTLENECK = Mistake(
    "first_is_no_bottleneck", "the 1 × 1 branch is no bottleneck; without bottlenecks it stays", SAVED
)
NAIVE_READS_REDUCED = Mistake(
    "naive_reads_reduced", "the reductions are gone, so 3 × 3 and 5 × 5 read all channels of the input", SAVED
)
NAIVE_RETURNS_REDUCED = Mistake(
    "naive_returns_reduced", "without bottlenecks 3 × 3 and 5 × 5 keep their output channels, c2[1] and c3[1]", SAVED
)
PRECEDENCE = Mistake(
    "precedence",
    "only a part of the sum is multiplied by the positions; put the sum of the weights in parentheses",
    SAVED,
)
NAIVE_BY_DEFAULT = Mistake("naive_by_default", "the default is bottleneck=True", SAVED)


class Arguments(NamedTuple):
    """The arguments of ``inception_macs`` but for the last."""

    in_channels: int
    size: int
    c1: int
    c2: tuple[int, int]
    c3: tuple[int, int]
    c4: int

    def convolutions(self, bottleneck: bool) -> list[Conv]:
        """The module's convolutions, in the order of its branches."""
        c = self.in_channels
        if not bottleneck:
            return [(c, self.c1, 1), (c, self.c2[1], 3), (c, self.c3[1], 5)]
        wide = [(c, self.c2[0], 1), (*self.c2, 3), (c, self.c3[0], 1), (*self.c3, 5)]
        return [(c, self.c1, 1), *wide, (c, self.c4, 1)]


def drawn_arguments(rng: random.Random) -> Arguments:
    """A module of any size; its eight numbers all differ."""
    c_in, size, c1, r3, o3, r5, o5, c4 = rng.sample(range(3, 60), 8)
    return Arguments(c_in, size, c1, (r3, o3), (r5, o5), c4)


def macs_values(answer: Answer, *modules: Arguments) -> None:
    """Compare both forms of modules with the sum of what their convolutions compute."""
    lean, naive = ([_counted_macs(answer, module, bottleneck) for module in modules] for bottleneck in (True, False))
    if all(one.came == other.right and other.came == one.right for one, other in zip(lean, naive, strict=True)):
        came = lean[0].came
        expect_equal(came, lean[0].right, what=lean[0].what, mistakes={REVERSED: came}, reread=SAVED)
    with together():
        expect_counts(lean, reread=SAVED)
        expect_counts(naive, reread=SAVED)


def _counted_macs(answer: Answer, module: Arguments, bottleneck: bool) -> Counted:
    """What came for one form of a module."""
    c_in, size, c1, c2, c3, c4 = module
    return Counted(
        f"inception_macs({', '.join(map(str, module))}, bottleneck={bottleneck})",
        answer(c_in, size, c1=c1, c2=c2, c3=c3, c4=c4, bottleneck=bottleneck),
        _Counts.of(module.convolutions(bottleneck), size).macs,
        partial(_macs_ways, module, bottleneck),
    )


def macs_default(answer: Answer, arguments: Arguments) -> None:
    """Check that bottlenecks are there unless told otherwise."""
    lean, naive = (_Counts.of(arguments.convolutions(bottleneck), arguments.size).macs for bottleneck in (True, False))
    what = "the multiply-adds if bottleneck is left out"
    expect_equal(answer(*arguments), lean, what=what, mistakes={NAIVE_BY_DEFAULT: naive}, reread=SAVED)


class _Counts(NamedTuple):
    """What was counted of some convolutions, run one by one on maps of one size: a number for each."""

    kernels: list[int]
    weights: list[int]
    outputs: list[int]
    each: list[int]
    size: int

    @classmethod
    def of(cls, convolutions: Sequence[Conv], size: int, *, padded: bool = True) -> _Counts:
        """Count the convolutions' weights, output values and multiply-adds on the meta device."""
        rows = []
        for c_in, c_out, kernel in convolutions:
            if size < kernel and not padded:
                continue
            layer = nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2 if padded else 0, bias=False, device="meta")
            rows += [(kernel, row) for row in measure(layer, (c_in, size, size))]
        outputs = [torch.Size(row.shape).numel() for _, row in rows]
        return cls([k for k, _ in rows], [r.params for _, r in rows], outputs, [r.macs for _, r in rows], size)

    @property
    def macs(self) -> int:
        """All multiply-adds."""
        return sum(self.each)

    def miscounts(self) -> Iterator[tuple[Mistake, int]]:
        """What mistakes in counting lead to."""
        weights, outputs = sum(self.weights), sum(self.outputs)
        yield FLOP_FOR_MAC, 2 * self.macs
        yield NO_POSITIONS, weights
        yield NO_POSITIONS, weights + outputs // self.size**2
        yield ONE_SIDE, weights * self.size
        yield BIASES_AS_MACS, self.macs + outputs
        yield BIASES_AS_MACS, self.macs + outputs // self.size**2
        for once in ((3, 5), (3,), (5,)):
            each = zip(self.kernels, self.each, strict=True)
            yield KERNEL_ONCE, sum(macs // kernel if kernel in once else macs for kernel, macs in each)
        groups = [[place for place, kernel in enumerate(self.kernels) if kernel == k] for k in (1, 3, 5)]
        for chosen in range(1, 7):
            full = {place for bit, group in enumerate(groups) if chosen >> bit & 1 for place in group}
            pairs = zip(self.each, self.weights, strict=True)
            yield PRECEDENCE, sum(macs if place in full else some for place, (macs, some) in enumerate(pairs))


def _macs_ways(arguments: Arguments, bottleneck: bool) -> Iterator[tuple[Causes, int]]:
    """What mistakes about the module, in counting, and one of each, lead to."""
    size, c_in = arguments.size, arguments.in_channels
    right = arguments.convolutions(bottleneck)
    others = [(mistake, _Counts.of(convs, size)) for mistake, convs in _other_modules(arguments, bottleneck)]
    counts = _Counts.of(right, size)
    yield from (((mistake,), wrong.macs) for mistake, wrong in others)
    yield from (((mistake,), count) for mistake, count in counts.miscounts())
    yield (MAPS_SHRINK,), _Counts.of(right, size, padded=False).macs
    yield from (((FLOP_FOR_MAC, mistake), 2 * count) for mistake, count in counts.miscounts())
    for comparisons in (9, 1):
        yield (POOL_COUNTED,), counts.macs + comparisons * c_in * size**2
    for mistake, wrong in others:
        yield from (((mistake, other), count) for other, count in wrong.miscounts())


def _other_modules(arguments: Arguments, bottleneck: bool) -> Iterator[tuple[Mistake, list[Conv]]]:
    """The convolutions that mistakes about the module lead to."""
    c, _, c1, c2, c3, c4 = arguments
    lean, naive = arguments.convolutions(True), arguments.convolutions(False)
    first, reduce3, three, reduce5, five, projection = lean
    yield NO_INPUTS, [(1 if conv[2] == 1 else conv[0], *conv[1:]) for conv in (lean if bottleneck else naive)]
    yield NO_INPUTS, [(1, *conv[1:]) for conv in (lean if bottleneck else naive)]
    if bottleneck:
        yield NAIVE_COUNTED, naive
        yield NO_REDUCTIONS_COUNTED, [first, three, five, projection]
        yield ONE_REDUCTION_COUNTED, [first, three, reduce5, five, projection]
        yield ONE_REDUCTION_COUNTED, [first, reduce3, three, five, projection]
        yield NO_PROJECTION_COUNTED, lean[:-1]
        yield NO_FIRST_COUNTED, lean[1:]
        yield WIDE_READ_INPUT, [first, reduce3, naive[1], reduce5, naive[2], projection]
        for pairs in ((c2[::-1], c3[::-1]), (c2[::-1], c3), (c2, c3[::-1])):
            yield PAIRS_REVERSED, arguments._replace(c2=pairs[0], c3=pairs[1]).convolutions(True)
        yield KERNELS_SWAPPED, [first, reduce3, (*c2, 5), reduce5, (*c3, 3), projection]
        yield KERNEL_3, [first, reduce3, three, reduce5, (*c3, 3), projection]
        for inputs in (c3[1], c1 + c2[1] + c3[1]):
            yield PROJECTION_READS_OUTPUTS, [*lean[:-1], (inputs, c4, 1)]
        return
    yield NOT_HEEDED, lean
    yield PROJECTION_KEPT, [*naive, projection]
    yield FIRST_IS_NO_BOTTLENECK, naive[1:]
    for rest in ([], [projection]):
        yield NAIVE_READS_REDUCED, [first, three, five, *rest]
        yield NAIVE_RETURNS_REDUCED, [first, (c, c2[0], 3), (c, c3[0], 5), *rest]
    yield KERNELS_SWAPPED, [first, (c, c2[1], 5), (c, c3[1], 3)]
    yield KERNEL_3, [first, naive[1], (c, c3[1], 3)]
