"""The checks of ``block_macs``: the multiply-adds of blocks, compared with what torch counts in convolutions."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from torch import nn

from cnnlab.exercises.cases import Case, Causes, Wrong, expect_cases
from cnnlab.exercises.common import Answer, expect_refusals
from cnnlab.exercises.residual.programs import Conv
from cnnlab.measure import measure
from coursekit.checks import Mistake
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

BOTTLENECK = "Bottlenecks"

ONE_OF_TWO = Mistake("one_of_two", "this is one of the two convolutions")
ONE_OF_THREE = Mistake("one_of_three", "this is one of the 1 x 1 convolutions, without the two others")
AS_FLOP = Mistake("as_flop", "multiplication and addition were counted apart (FLOP); a MAC is both")
BASIC_WITH_4C = Mistake("basic_with_4c", "this is a basic block with 4C channels; C are asked for")
KERNEL_ONE_SIDE = Mistake("kernel_one_side", "a kernel has 3 * 3 weights, not 3")
CHANNELS_ONCE = Mistake("channels_once", "each filter reads all channels: C * C, not C")
MAPS_ONE_SIDE = Mistake("maps_one_side", "one side of the maps is missing")
NO_MAPS = Mistake("no_maps", "these are the weights; each is used once at every position of the maps")
SIDES_ADDED = Mistake("sides_added", "height and width of the maps were added; multiply them")
AS_ON_SLIDE = Mistake(
    "as_on_slide", "9 HWC² for each of three convolutions is what the slide prints; a 1 x 1 between C and 4C costs less"
)
C_OUTSIDE = Mistake("c_outside", "C is the number of channels inside; 4C come in and go out")
C_OUTSIDE_OR_ONE_SIDE = Mistake(
    "c_outside_or_one_side",
    "either the 1 x 1 convolutions are counted from C to C, where one end has 4C channels, or the 3 x 3 with 3 weights "
    "instead of 9",
)
ONE_1X1 = Mistake("one_1x1", "only one of the two 1 x 1 convolutions is counted")
NO_1X1 = Mistake("no_1x1", "the 1 x 1 convolutions are left out")
ONE_1X1_WIDE = Mistake("one_1x1_wide", "a 1 x 1 convolution is counted from 4C to 4C; one end of it has C channels")
BOTH_1X1_WIDE = Mistake(
    "both_1x1_wide", "both 1 x 1 convolutions are counted from 4C to 4C; one end of each has C channels"
)
ONE_1X1_NARROW = Mistake("one_1x1_narrow", "a 1 x 1 convolution is counted from C to C; one end of it has 4C channels")
ALL_WIDE = Mistake("all_wide", "all three convolutions are counted from 4C to 4C; the 3 x 3 goes from C to C")
ALL_3X3 = Mistake("all_3x3", "all three convolutions are counted as 3 x 3; two of them are 1 x 1")
WIDE_3X3 = Mistake("wide_3x3", "the 3 x 3 convolution is counted with 4C channels at one end; it goes from C to C")
POWER_TOO_HIGH = Mistake(
    "power_too_high", "a factor is there once too often: the number of channels, or height and width of the maps"
)
DOUBLED_CHANNELS = Mistake("doubled_channels", "channels * 2 is no square; channels ** 2 is")
SQUARE_MAPS = Mistake("square_maps", "the maps were taken to be square")
OTHER_KIND = Mistake("other_kind", "this is the other kind of block")
BIASES = Mistake("biases", "biases and batch norm are not counted; only the multiply-adds of convolutions are")
COUNTED_SHORTCUT = Mistake("counted_shortcut", "the shortcut of a block that keeps its shape costs nothing")
PRECEDENCE = Mistake(
    "precedence", "the product is computed before the sum; put the sum of the convolutions' weights in brackets"
)


@visible_check
def block_macs(answer: Answer) -> None:
    """Check the multiply-adds of blocks: worked numbers, then what torch counts in convolutions, then the error."""
    worked = [
        _case(answer, "basic", 128, (28, 28), ", the worked example"),
        _case(answer, "bottleneck", 64, (56, 56)),
    ]
    expect_cases([*worked, *_drawn(answer, grading_seed() + 530)], reread=BOTTLENECK)
    refused = {f"the kind {kind!r}": (kind, 64, 56, 56) for kind in ("plain", "")}
    expect_refusals(answer, refused, reread=BOTTLENECK)


def check_block_macs(function: Answer, seed: int) -> None:
    """Compare with what torch counts in convolutions of drawn sizes, and in ResNet-50's last block."""
    expect_cases(
        [*_drawn(function, seed), _case(function, "bottleneck", 512, (7, 7), ", ResNet-50's last one")],
        reread=BOTTLENECK,
    )


def _drawn(function: Answer, seed: int) -> Iterator[Case]:
    """Blocks of drawn sizes, of both kinds."""
    rng = random.Random(seed)
    for _ in range(3):
        c, size = rng.randint(2, 90), (rng.randint(2, 20), rng.randint(21, 40))
        for kind in ("basic", "bottleneck"):
            yield _case(function, kind, c, size)


def _case(function: Answer, kind: str, c: int, size: tuple[int, int], note: str = "") -> Case:
    """One block, and what common mistakes give."""
    came, right = function(kind, c, *size), _macs(_convolutions(kind, c), size)
    what = f"the multiply-adds of a {kind} block with C = {c} on {size[0]} x {size[1]}{note}"
    return Case(what, came, right, _wrong(kind, c, size, came, right) if came != right else {})


def _wrong(kind: str, c: int, size: tuple[int, int], came: Any, right: int) -> Wrong:
    """What common mistakes give."""
    one = {kernel: _macs([Conv(c, c, kernel)], size) for kernel in (1, 3)}
    wide = {kernel: _macs([Conv(4 * c, c, kernel)], size) for kernel in (1, 3)}
    widest = {kernel: _macs([Conv(4 * c, 4 * c, kernel)], size) for kernel in (1, 3)}
    own = _of_basic(one, widest) if kind == "basic" else _of_bottleneck(one, wide, widest, c)
    wrong: dict[Causes, list[Any]] = {}
    for mistake, value in (*own, *_of_both(c, size, right)):
        if value != right:
            wrong.setdefault((mistake,), []).append(value)
    wrong[(OTHER_KIND,)] = [_macs(_convolutions("bottleneck" if kind == "basic" else "basic", c), size)]
    shortcuts = (one,) if kind == "basic" else (one, widest)
    wrong[(COUNTED_SHORTCUT,)] = [right + macs for shortcut in shortcuts for macs in shortcut.values()]
    if isinstance(came, int) and came % one[1] == 0 and not any(came in values for values in wrong.values()):
        says = f"this is {came // one[1]} HWC²; write down channels and kernel of each convolution, and add them up"
        wrong[(Mistake("other_factor", says),)] = [came]
    return dict(wrong)


def _convolutions(kind: str, c: int) -> list[Conv]:
    return [Conv(c, c, 3)] * 2 if kind == "basic" else [Conv(4 * c, c, 1), Conv(c, c, 3), Conv(c, 4 * c, 1)]


Macs: TypeAlias = Mapping[int, int]
"""By the side of its kernel, the multiply-adds of a convolution."""


def _of_basic(one: Macs, widest: Macs) -> Iterator[tuple[Mistake, int]]:
    """What mistakes give for a basic block; the convolutions go from C to C, and from 4C to 4C."""
    yield ONE_OF_TWO, one[3]
    yield BASIC_WITH_4C, 2 * widest[3]
    yield KERNEL_ONE_SIDE, 2 * one[3] // 3
    yield PRECEDENCE, one[3] + 9
    yield AS_ON_SLIDE, 3 * one[3]


def _of_bottleneck(one: Macs, wide: Macs, widest: Macs, c: int) -> Iterator[tuple[Mistake, int]]:
    """What mistakes give for a bottleneck; the convolutions go from C to C, between 4C and C, and from 4C to 4C."""
    yield AS_ON_SLIDE, 3 * one[3]
    yield BASIC_WITH_4C, 2 * widest[3]
    yield C_OUTSIDE, wide[1] + widest[3] + wide[1]
    yield ALL_WIDE, widest[1] + widest[3] + widest[1]
    if c >= 4:
        # The same three with C / 4 channels inside.
        yield C_OUTSIDE, (wide[1] + one[3] + wide[1]) * (c // 4) ** 2 // c**2
    yield C_OUTSIDE_OR_ONE_SIDE, one[1] + one[3] + one[1]
    yield NO_1X1, one[3]
    yield ONE_OF_THREE, wide[1]
    yield ONE_1X1, one[3] + wide[1]
    yield ONE_1X1_WIDE, widest[1] + one[3] + wide[1]
    yield BOTH_1X1_WIDE, widest[1] + one[3] + widest[1]
    yield ONE_1X1_NARROW, one[1] + one[3] + wide[1]
    yield ALL_3X3, wide[3] + one[3] + wide[3]
    for last in (wide[1], widest[1]):
        yield WIDE_3X3, wide[1] + wide[3] + last
    for number in (wide[1] + 13, wide[1] + 17, one[3] + 8):
        yield PRECEDENCE, number


def _of_both(c: int, size: tuple[int, int], right: int) -> Iterator[tuple[Mistake, int]]:
    """What mistakes about maps and channels give for a block."""
    height, width = size
    on_a_pixel = right // (height * width)
    yield AS_FLOP, 2 * right
    for side in size:
        yield SQUARE_MAPS, on_a_pixel * side * side
        yield MAPS_ONE_SIDE, on_a_pixel * side
    yield NO_MAPS, on_a_pixel
    yield SIDES_ADDED, on_a_pixel * (height + width)
    yield CHANNELS_ONCE, right // c
    yield DOUBLED_CHANNELS, 2 * right // c
    yield POWER_TOO_HIGH, right * c
    yield POWER_TOO_HIGH, right * height * width
    for number in (1, 2, 3, 6):
        for positions in (1, height * width):
            yield BIASES, right + number * c * positions


def _macs(convolutions: Sequence[Conv], size: tuple[int, int]) -> int:
    """The multiply-adds that torch counts in convolutions on maps of this size."""
    network = nn.Sequential(*(layer.module() for layer in convolutions)).to("meta")
    return sum(row.macs for row in measure(network, (convolutions[0].inputs, *size)))
