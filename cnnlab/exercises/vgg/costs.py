"""The visible checks of what stacks and stages cost."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

import torch
from torch import nn

from cnnlab.exercises.vgg.shared import Answer
from cnnlab.measure import measure
from coursekit.checks import (
    Mistake,
    Mistakes,
    expect_equal,
    expect_true,
    together,
)
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

STACK = "Rule 1: what does a stack cost?"
STAGE = "Rules 2 and 3: equal work on every stage"


DEPTH_FORGOTTEN = Mistake("depth_forgotten", "the depth is forgotten; there are several layers")
KERNEL_NOT_SQUARED = Mistake("kernel_not_squared", "a kernel has K · K weights, not K")
CHANNELS_NOT_SQUARED = Mistake("channels_not_squared", "each filter reads all channels: C · C, not C")
BIAS_ALWAYS = Mistake("bias_always", "the biases were counted although bias=False")
BIAS_NEVER = Mistake("bias_never", "bias=True is ignored")
BIAS_OF_ONE_LAYER = Mistake("bias_of_one_layer", "the biases of one layer only were counted; each has its own")
BIAS_PER_LAYER = Mistake("bias_per_layer", "there is one bias per filter, not one per layer")
BIAS_IN_MACS = Mistake("bias_in_macs", "biases are no multiply-adds")
FLOP_FOR_MAC = Mistake("flop_for_mac", "multiplication and addition were counted separately (FLOP); a MAC is both")
SWAPPED = Mistake("swapped", "parameters come first, then multiply-adds")
SQUARE_MAPS = Mistake("square_maps", "the maps were taken to be square")
ONE_SIDE = Mistake("one_side", "one side of the maps is missing; there are height · width positions")
NO_POSITIONS = Mistake("no_positions", "each weight is used at every one of the height · width positions")
ONE_LARGE_KERNEL = Mistake(
    "one_large_kernel", "this is one convolution with the field of the stack; several small ones are asked for"
)
MAPS_SHRINK = Mistake("maps_shrink", "the maps shrank; the padding keeps them at height × width")
POWER_OF_DEPTH = Mistake("power_of_depth", "the layers follow one another: their weights add up, they do not multiply")

PRECEDENCE = Mistake(
    "precedence", "Python reads a + b if bias else 0 as (a + b) if bias else 0; put brackets around b if bias else 0"
)
SIDES_ADDED = Mistake("sides_added", "the maps have height · width positions, not height + width")

Costs: TypeAlias = tuple[float, float]


@visible_check
def stack_cost(answer: Answer) -> None:
    """Check parameters and multiply-adds of three stacks, and of drawn ones against real layers."""
    slips: dict[Mistake, list[Costs]]
    with together():
        slips = {
            DEPTH_FORGOTTEN: [(36_864, 115_605_504)],
            KERNEL_NOT_SQUARED: [(24_576, 77_070_336)],
            CHANNELS_NOT_SQUARED: [(1_152, 3_612_672)],
            BIAS_ALWAYS: [(73_856, 231_211_008), (73_856, 231_612_416)],
            FLOP_FOR_MAC: [(73_728, 462_422_016)],
            ONE_SIDE: [(73_728, 4_128_768)],
            ONE_LARGE_KERNEL: [(102_400, 321_126_400)],
            NO_POSITIONS: [(73_728, 73_728)],
            MAPS_SHRINK: [(73_728, 207_175_680)],
            POWER_OF_DEPTH: [(1_358_954_496, 4_261_681_299_456)],
            PRECEDENCE: [(0, 231_211_008)],
            SIDES_ADDED: [(73_728, 8_257_536)],
        }
        own = {FLOP_FOR_MAC: 6_272, ONE_SIDE: 56, SIDES_ADDED: 112, NO_POSITIONS: 1}
        check_stack(answer, (3, 2, 64, 56, 56, False), (73_728, 231_211_008), slips, own)
        slips = {
            SQUARE_MAPS: [(228, 3_600), (228, 11_025)],
            BIAS_NEVER: [(225, 6_300)],
            BIAS_PER_LAYER: [(226, 6_300)],
            BIAS_IN_MACS: [(228, 6_384), (228, 6_303)],
            KERNEL_NOT_SQUARED: [(48, 1_260)],
            CHANNELS_NOT_SQUARED: [(78, 2_100)],
            FLOP_FOR_MAC: [(228, 12_600)],
            ONE_SIDE: [(228, 900), (228, 1_575)],
            SIDES_ADDED: [(228, 2_475)],
            NO_POSITIONS: [(228, 225), (228, 228)],
            MAPS_SHRINK: [(228, 0)],
        }
        check_stack(answer, (5, 1, 3, 4, 7, True), (228, 6_300), slips)
        slips = {
            BIAS_OF_ONE_LAYER: [(110, 2_160)],
            BIAS_PER_LAYER: [(111, 2_160), (109, 2_160)],
            BIAS_NEVER: [(108, 2_160)],
            BIAS_IN_MACS: [(114, 2_280), (114, 2_166)],
            DEPTH_FORGOTTEN: [(38, 720), (38, 2_160), (42, 720), (36, 720)],
            POWER_OF_DEPTH: [(46_662, 933_120), (46_658, 933_120)],
            ONE_LARGE_KERNEL: [(198, 3_920)],
            SQUARE_MAPS: [(114, 2_700), (114, 1_728)],
            KERNEL_NOT_SQUARED: [(42, 720)],
            CHANNELS_NOT_SQUARED: [(60, 1_080)],
            FLOP_FOR_MAC: [(114, 4_320)],
            ONE_SIDE: [(114, 540), (114, 432)],
            SIDES_ADDED: [(114, 972)],
            NO_POSITIONS: [(114, 108), (114, 114)],
            MAPS_SHRINK: [(114, 216)],
        }
        check_stack(answer, (3, 3, 2, 5, 4, True), (114, 2_160), slips)
    rng = random.Random(grading_seed() + 52)
    for bias in (True, False):
        stack = drawn_stack(rng, bias)
        with together():
            check_stack(answer, stack, measured_stack(*stack), {})


def check_stack(
    answer: Answer,
    stack: tuple[int, int, int, int, int, bool],
    right: tuple[int, int],
    slips: Mapping[Mistake, Sequence[Costs]],
    own: Mapping[Mistake, int] = MappingProxyType({}),
) -> None:
    """Compare the costs of a stack, first parameters, then multiply-adds.

    Args:
        answer: the student's function.
        stack: its arguments: kernel, depth, channels, height, width, bias.
        right: parameters and multiply-adds.
        slips: from a mistake to the costs that it gives.
        own: from a mistake to how many times the student's own parameters the multiply-adds then are.
    """
    kernel, depth, channels, height, width, bias = stack
    got = answer(*stack) if bias else answer(*stack[:5])
    biases = ", with biases" if bias else ""
    of = f"of {depth} × {kernel}×{kernel} with {channels} channels on {height} × {width}{biases}"
    if not isinstance(got, (tuple, list)) or len(got) != 2 or tuple(got) == right[::-1]:
        what = f"(params, macs) {of}"
        expect_equal(got, right, what=what, mistakes={SWAPPED: right[::-1]}, reread=STACK)
        return
    for place, what in enumerate((f"the parameters {of}", f"the multiply-adds {of}")):
        each: dict[Mistake | str, Any] = {
            mistake: [costs[place] for costs in pairs] for mistake, pairs in slips.items()
        }
        if place and got[0] != right[0] and isinstance(got[0], int):
            for mistake, factor in own.items():
                each[mistake] = [*each.get(mistake, []), factor * got[0]]
        expect_equal(got[place], right[place], what=what, mistakes=each, reread=STACK)


def drawn_stack(rng: random.Random, bias: bool) -> tuple[int, int, int, int, int, bool]:
    """A stack of two to four layers, on maps that are not square."""
    kernel, depth, channels = rng.choice([1, 3, 5, 7]), rng.randint(2, 4), rng.randint(2, 40)
    height, width = rng.sample(range(2, 30), 2)
    return kernel, depth, channels, height, width, bias


def measured_stack(kernel: int, depth: int, channels: int, height: int, width: int, bias: bool) -> tuple[int, int]:
    """Parameters and multiply-adds of such a stack of real layers."""
    layers = [_convolution(channels, channels, kernel, bias) for _ in range(depth)]
    rows = measure(nn.Sequential(*layers), (channels, height, width))
    return sum(row.params for row in rows), sum(row.macs for row in rows)


def _convolution(c_in: int, c_out: int, kernel: int, bias: bool) -> nn.Conv2d:
    """A convolution that keeps the size of its maps, without values."""
    return nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2, bias=bias, device="meta")


KEYS_OF_A_STAGE = ("memory", "params", "macs")
STAGES_SWAPPED = Mistake("stages_swapped", "the two dicts are in the wrong order: this stage comes first")
BYTES_FOR_NUMBERS = Mistake("bytes_for_numbers", "these are KiB or bytes; numbers are asked for")
INPUT_COUNTED = Mistake("input_counted", "this counts the input as well; only what the layer returns is asked for")
NO_CHANNELS = Mistake("no_channels", "the channels are missing; each of the maps has that many numbers")
BIASES_COUNTED = Mistake("biases_counted", "biases are counted; there are none")
NOT_HALVED = Mistake("not_halved", "the maps did not halve from this stage to the next")
NOT_DOUBLED = Mistake("not_doubled", "the channels did not double from this stage to the next")
STOPS_AT_512 = Mistake(
    "stops_at_512",
    "there is no doubling beyond 512 in VGG, but the docstring leaves that out: the channels double here",
)
QUADRUPLED = Mistake("quadrupled", "the channels double from this stage to the next; they do not quadruple")
QUARTERED = Mistake("quartered", "the side of the maps halves from this stage to the next: size // 2")
SAME_STAGE = Mistake("same_stage", "this is the same stage twice; the next has half the side and twice the channels")
FIRST_OF_STAGE = Mistake(
    "first_of_stage", "this is the first convolution of the stage, from C to 2C; from 2C to 2C is asked for"
)

Slips: TypeAlias = Mapping[str, Mistakes]


@visible_check
def stage_costs(answer: Answer) -> None:
    """Check a stage of VGG and the next, then others against real layers."""
    here: Slips = {
        "memory": {
            BYTES_FOR_NUMBERS: [12_544, 12_544.0, 12_845_056],
            INPUT_COUNTED: 6_422_528,
            NO_CHANNELS: 50_176,
            ONE_SIDE: 14_336,
        },
        "params": {BIASES_COUNTED: 36_928, KERNEL_NOT_SQUARED: 12_288, CHANNELS_NOT_SQUARED: 576},
        "macs": {
            FLOP_FOR_MAC: 3_699_376_128,
            KERNEL_NOT_SQUARED: 616_562_688,
            CHANNELS_NOT_SQUARED: 28_901_376,
            ONE_SIDE: 8_257_536,
            BIAS_IN_MACS: 1_852_899_328,
            NO_POSITIONS: 36_864,
        },
    }
    after: Slips = {
        "memory": {
            SAME_STAGE: 3_211_264,
            QUADRUPLED: 3_211_264,
            QUARTERED: 401_408,
            ONE_SIDE: 14_336,
            NOT_HALVED: 6_422_528,
            NOT_DOUBLED: 802_816,
            NO_CHANNELS: 12_544,
            INPUT_COUNTED: [3_211_264, 2_408_448],
            BYTES_FOR_NUMBERS: [6_272, 6_272.0, 6_422_528],
        },
        "params": {
            SAME_STAGE: 36_864,
            QUADRUPLED: 589_824,
            NOT_DOUBLED: 36_864,
            FIRST_OF_STAGE: 73_728,
            BIASES_COUNTED: 147_584,
            KERNEL_NOT_SQUARED: 49_152,
            CHANNELS_NOT_SQUARED: 1_152,
        },
        "macs": {
            QUADRUPLED: 7_398_752_256,
            QUARTERED: 462_422_016,
            NOT_HALVED: 7_398_752_256,
            NOT_DOUBLED: 462_422_016,
            FIRST_OF_STAGE: 924_844_032,
            FLOP_FOR_MAC: 3_699_376_128,
            KERNEL_NOT_SQUARED: 616_562_688,
            CHANNELS_NOT_SQUARED: 14_450_688,
            ONE_SIDE: 16_515_072,
            BIAS_IN_MACS: 1_851_293_696,
            NO_POSITIONS: 147_456,
        },
    }
    check_stages(answer, 64, 224, (here, after))
    beyond: Slips = {
        "memory": {STOPS_AT_512: 100_352},
        "params": {STOPS_AT_512: 2_359_296},
        "macs": {STOPS_AT_512: 462_422_016},
    }
    check_stages(answer, 512, 28, ({}, beyond))
    rng = random.Random(grading_seed() + 53)
    check_stages(answer, rng.randint(2, 700), 2 * rng.randint(2, 60), ({}, {}))


def check_stages(answer: Answer, channels: int, size: int, slips: tuple[Slips, Slips]) -> None:
    """Compare a pair of stages with real layers; `slips` has for each, and each key, what mistakes give."""
    got = answer(channels, size)
    right = measured_stage(channels, channels, size), measured_stage(2 * channels, 2 * channels, size // 2)
    paired = isinstance(got, (tuple, list)) and len(got) == 2 and all(isinstance(part, dict) for part in got)
    expect_true(
        paired and all(sorted(map(str, part)) == sorted(KEYS_OF_A_STAGE) for part in got),
        what="the result is a pair of dicts with the keys memory, params and macs",
        likely="the return is missing" if got is None else "see the docstring's Returns",
        reread=STAGE,
    )
    swapped = list(got) == list(right[::-1])
    expect_true(not swapped, what="this stage comes first, the next second", likely=STAGES_SWAPPED, reread=STAGE)
    with together():
        for part, costs, causes, name in zip(got, right, slips, ("this stage", "the next stage"), strict=True):
            for key in KEYS_OF_A_STAGE:
                what = f"{key} of {name} for {channels} channels on {size} × {size}"
                expect_equal(part[key], costs[key], what=what, mistakes=causes.get(key), reread=STAGE)


def measured_stage(c_in: int, c_out: int, size: int, bias: bool = False) -> dict[str, int]:
    """Memory in numbers, parameters and multiply-adds of a real 3 × 3 convolution."""
    (row,) = measure(_convolution(c_in, c_out, 3, bias), (c_in, size, size))
    return {"memory": torch.Size(row.shape).numel(), "params": row.params, "macs": row.macs}
