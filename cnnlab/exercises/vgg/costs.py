"""The visible checks of the exercises on costs in the chapter on VGG."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

import torch
from torch import nn

from cnnlab.exercises.vgg.shared import DEPTHS, Answer, expect_untouched
from cnnlab.measure import measure
from cnnlab.tables import table
from coursekit.checks import (
    Mistake,
    Mistakes,
    expect_close,
    expect_equal,
    expect_raises,
    expect_true,
    together,
)
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

STACK = "Rule 1: what does a stack cost?"
STAGE = "Rules 2 and 3: equal work on every stage"
COMPARISON = "AlexNet against VGG-16"
MISSING = "The missing layer"


# ---------------------------------------------------------------------------------------------------------------------
# stack_cost

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


# ---------------------------------------------------------------------------------------------------------------------
# stage_costs

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
        "memory": {BYTES_FOR_NUMBERS: [12_544, 12_544.0, 12_845_056], INPUT_COUNTED: 6_422_528, NO_CHANNELS: 50_176},
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


# ---------------------------------------------------------------------------------------------------------------------
# compare_networks

POOLS_COUNTED = Mistake("pools_counted", "pools and flatten do not count here")
CONVOLUTIONS_ONLY = Mistake("convolutions_only", "fully-connected layers count too")
HEAD_ONLY = Mistake("head_only", "convolutions count too")
OTHER_NAMES = Mistake(
    "other_names", 'a row counts if its name starts with "conv" or "fc"; "deconv1", "concat1" and "copy" do not'
)
LARGEST_ROW = Mistake("largest_row", "the largest row was taken; sum them")
IN_MIB = Mistake("in_mib", "these are MiB; keep the tables' KiB")
IN_MILLIONS = Mistake("in_millions", "these are millions; leave the totals as they are")
IN_BILLIONS = Mistake("in_billions", "these are billions; leave the totals as they are")
OF_THE_SLIDE = Mistake("of_the_slide", "this is the slide's, from a sum without one convolution of stage 3")
RATIO_OF_THE_SLIDE = Mistake(
    "ratio_of_the_slide",
    "this is the slide's 13.6 / 0.7: one convolution of stage 3 is left out, and both numbers are rounded",
)
TOTAL_ROUNDED = Mistake("total_rounded", "the total was rounded; return it as it is")
UPSIDE_DOWN = Mistake("upside_down", "the ratio is b / a, not a / b")
RATIO_OF_ROUNDED = Mistake("ratio_of_rounded", "the ratio is of rounded numbers; divide first, round last")
RATIO_ROUNDED = Mistake("ratio_rounded", "the ratio was rounded; return it as it is")
DIFFERENCE = Mistake("difference", "this is a difference; divide")
PERCENTAGE = Mistake("percentage", "this is a percentage; return the ratio")
TABLES_SWAPPED = Mistake("tables_swapped", "the tables are swapped: (a, b, ratio)")

Triples: TypeAlias = Mapping[str, tuple[float, float, float]]


def cost_table(name: str) -> list[dict[str, Any]]:
    """What each layer of a network costs: rows with name, out_channels, out_size, kib, params (with biases), macs."""
    keys = ("name", "out_channels", "out_size", "kib", "macs")
    return [{key: row[key] for key in keys} | {"params": row["weights"] + row["biases"]} for row in table(name)]


@visible_check
def compare_networks(answer: Answer) -> None:
    """Check the totals and ratios of the lecture's tables and of drawn ones."""
    tables = cost_table("alexnet_layers"), cost_table("vgg16_layers")
    right = {
        "kib": (1958.15625, 52955.90625, 27.043759276104755),
        "params": (61_100_840, 138_357_544, 2.264413124271287),
        "macs": (716_767_232, 15_470_264_320, 21.583386669104872),
    }
    slips: dict[str, dict[int, dict[Mistake | str, Any]]] = {
        "kib": {
            0: {
                POOLS_COUNTED: [2339.15625, 2303.15625],
                TOTAL_ROUNDED: [1958, 1958.0, 1958.2, 1958.16],
                IN_MIB: 1.912261962890625,
                CONVOLUTIONS_ONLY: 1922.25,
            },
            1: {
                OF_THE_SLIDE: [48.6, 49_819.90625, 49_766.4],
                POOLS_COUNTED: [59_031.90625, 58_933.90625],
                TOTAL_ROUNDED: [52_956, 52_956.0, 52_955.9, 52_955.91],
                CONVOLUTIONS_ONLY: 52_920.0,
                IN_MIB: 51.714752197265625,
            },
            2: {
                OF_THE_SLIDE: [25, 25.0, 25.4],
                UPSIDE_DOWN: 0.03697710772346569,
                DIFFERENCE: 50997.75,
                RATIO_OF_ROUNDED: [27.210526315789476, 27.068062827225134],
                RATIO_ROUNDED: [27, 27.0, 27.04],
            },
        },
        "params": {
            0: {IN_MILLIONS: [61, 61.1, 61.10084], CONVOLUTIONS_ONLY: 2_469_696, HEAD_ONLY: 58_631_144},
            1: {
                OF_THE_SLIDE: 137_767_464,
                IN_MILLIONS: [138, 138.4, 138.357544],
                CONVOLUTIONS_ONLY: 14_714_688,
                HEAD_ONLY: 123_642_856,
            },
            2: {
                UPSIDE_DOWN: 0.44161552911057744,
                RATIO_OF_ROUNDED: [2.262295081967213],
                RATIO_ROUNDED: [2, 2.3, 2.26],
                DIFFERENCE: 77_256_704,
            },
        },
        "macs": {
            0: {IN_BILLIONS: [0.7, 0.717, 0.716767232], IN_MILLIONS: 716.767232, CONVOLUTIONS_ONLY: 658_145_280},
            1: {OF_THE_SLIDE: [13.6, 13_620_576_256, 13_600_000_000], IN_BILLIONS: [15.5, 15.47, 15.47026432]},
            2: {
                RATIO_OF_THE_SLIDE: [19.4, 19.42857142857143],
                UPSIDE_DOWN: 0.04633193183864101,
                RATIO_OF_ROUNDED: [22.142857142857142, 21.486111111111114],
                RATIO_ROUNDED: [21.6, 22, 21.58],
                DIFFERENCE: 14_753_497_088,
            },
        },
    }
    largest = {"kib": (784.0, 12_544.0), "params": (37_752_832, 102_764_544), "macs": (223_948_800, 1_849_688_064)}
    for key, (a, b, _) in right.items():
        for place, value in enumerate((b, a, a / b)):
            slips[key][place][TABLES_SWAPPED] = value
        for place in (0, 1):
            slips[key][place][LARGEST_ROW] = largest[key][place]
    check_comparison(answer, tables, right, slips)
    rng = random.Random(grading_seed() + 55)
    plain = drawn_table(rng, ["conv1", "conv2", "fc6", "fc7"], ["pool1", "pool2", "flatten"])
    staged = drawn_table(rng, ["conv1_1", f"conv{rng.randint(10, 19)}_2", "fc16", "fc"], ["concat1", "deconv1", "copy"])
    for first, second in ((plain, staged), (staged, plain)):
        check_comparison(answer, (first.rows, second.rows), compared(first, second), slips_in_names(first, second))


@dataclass(frozen=True)
class DrawnTable:
    """Rows with random costs, the names of those that do not count, and by key the totals of the others."""

    rows: list[dict[str, Any]]
    others: frozenset[str]
    totals: dict[str, float]


def drawn_table(rng: random.Random, counted: Sequence[str], others: Sequence[str]) -> DrawnTable:
    """A table of rows that count and others, in an order of its own."""
    rows = [_drawn_row(rng, name) for name in (*counted, *others)]
    totals = {key: sum(row[key] for row in rows[: len(counted)]) for key in ("kib", "params", "macs")}
    rng.shuffle(rows)
    return DrawnTable(rows, frozenset(others), totals)


def _drawn_row(rng: random.Random, name: str) -> dict[str, Any]:
    costs = {"kib": rng.randint(4, 3600) / 4, "params": rng.randint(1, 10**7), "macs": rng.randint(1, 10**9)}
    return {"name": name, **costs, "out_size": 7, "source": "drawn"}


def compared(a: DrawnTable, b: DrawnTable) -> Triples:
    """The totals of two tables, and their ratios."""
    return {key: (total, b.totals[key], b.totals[key] / total) for key, total in a.totals.items()}


def slips_in_names(a: DrawnTable, b: DrawnTable) -> dict[str, dict[int, Mistakes]]:
    """By key and place the totals that hold rows which do not count."""
    return {
        key: {place: {OTHER_NAMES: _with_others(each, key), POOLS_COUNTED: _sum(each, key, each.others)}}
        for key in a.totals
        for place, each in enumerate((a, b))
    }


def _with_others(drawn: DrawnTable, key: str) -> list[float]:
    """Totals with some of the rows whose names look like those that count."""
    alike = ({"deconv1"}, {"concat1"}, {"concat1", "copy"}, {"concat1", "deconv1"}, {"concat1", "copy", "deconv1"})
    return [_sum(drawn, key, names) for names in alike if names <= drawn.others]


def _sum(drawn: DrawnTable, key: str, names: Collection[str]) -> float:
    """The total and these rows."""
    return drawn.totals[key] + sum(row[key] for row in drawn.rows if row["name"] in names)


def check_comparison(
    answer: Answer,
    tables: tuple[list[dict[str, Any]], list[dict[str, Any]]],
    right: Triples,
    slips: Mapping[str, Mapping[int, Mapping[Mistake | str, Any]]],
    *,
    untouched: bool = True,
) -> None:
    """Compare totals and ratios; `slips` has by key and by place (a, b, ratio) what mistakes give."""
    given = deepcopy(tables)
    got = answer(*given)
    returns = "the return is missing" if got is None else "see the docstring's Returns"
    expect_true(
        isinstance(got, dict) and sorted(map(str, got)) == sorted(right),
        what='the result is a dict with the keys "kib", "params" and "macs"',
        likely=returns,
        reread=COMPARISON,
    )
    for key in right:
        expect_true(
            isinstance(got[key], (tuple, list)) and len(got[key]) == 3,
            what=f'under "{key}" there are three numbers, (a, b, ratio)',
            likely=returns,
            reread=COMPARISON,
        )
    with together():
        for key, triple in right.items():
            for place, name in enumerate(("the total of table_a", "the total of table_b", "the ratio b / a")):
                compare = expect_equal if isinstance(triple[place], int) else expect_close
                mistakes = slips.get(key, {}).get(place)
                what = f'{name} under "{key}"'
                compare(got[key][place], triple[place], what=what, mistakes=mistakes, reread=COMPARISON)
    if untouched:
        for argument, copy, name in zip(given, tables, ("table_a", "table_b"), strict=True):
            expect_untouched(argument, copy, name)


# ---------------------------------------------------------------------------------------------------------------------
# missing_layers

C_TO_C = MappingProxyType(
    {
        11: ("conv3_2", "conv4_2"),
        13: ("conv1_2", "conv2_2", "conv3_2", "conv4_2"),
        16: ("conv1_2", "conv2_2", "conv3_2", "conv3_3", "conv4_2", "conv4_3"),
        19: ("conv1_2", "conv2_2", "conv3_2", "conv3_3", "conv3_4", "conv4_2", "conv4_3", "conv4_4"),
    }
)
STAGE_5 = MappingProxyType(
    {
        11: ("conv5_1", "conv5_2"),
        13: ("conv5_1", "conv5_2"),
        16: ("conv5_1", "conv5_2", "conv5_3"),
        19: ("conv5_1", "conv5_2", "conv5_3", "conv5_4"),
    }
)
LEFT_WITHOUT_C_TO_C = MappingProxyType({11: 5_759_401_984, 13: 9_458_778_112, 16: 13_620_576_256, 19: 17_782_374_400})
LEFT_WITHOUT_STAGE_5 = MappingProxyType({11: 7_146_668_032, 13: 10_846_044_160, 16: 15_007_842_304, 19: 19_169_640_448})
"""Multiply-adds of a network without one of these layers, summed over what ``cnnlab.measure`` measures."""

NOTHING_FITS = Mistake(
    "nothing_fits",
    "nothing was found: compare the claim with the multiply-adds of the whole network at 224 × 224, fully-connected "
    "layers included, less those of the layer",
)
ONE_SIDED = "the difference may be up to 0.05e9 in both directions; take abs() of it"
NO_ABS = Mistake("no_abs", ONE_SIDED)
DEPTH_IGNORED = Mistake("depth_ignored", "these are the layers of VGG-16, whatever the depth")
LAYER_COMPARED = Mistake(
    "layer_compared", "compare the claim with the total less the layer, not with the layer's own multiply-adds"
)
NOT_TAKEN_OFF = Mistake(
    "not_taken_off", "the layer's own multiply-adds must be taken off the total before it is compared"
)
NOT_HALVING = Mistake("not_halving", "each pool halves the size of the maps: 224, 112, 56, 28, 14")
HALVED_EARLY = Mistake("halved_early", "the size halves after a stage, not before it: stage 1 has maps of 224 × 224")
FC6_INPUTS = Mistake("fc6_inputs", "fc6 reads 512 · 7 · 7 = 25,088 numbers")
HEAD_FORGOTTEN = Mistake("head_forgotten", "the total must hold the fully-connected layers as well")
BILLIONS = Mistake("billions", "the claim is in multiply-adds, not in billions")
EXACT_ONLY = Mistake("exact_only", "a difference of up to 0.05e9 is allowed; the claim is rounded")
NOT_ABOVE = Mistake("claim_not_above", ONE_SIDED)
NOT_BELOW = Mistake("claim_not_below", ONE_SIDED)
DOUBLE_AFTER_POOL4 = Mistake(
    "double_after_pool4", "the filters double after pool4 too; VGG stops at 512, in stages 4 and 5"
)
WHAT_REMAINS = Mistake("what_remains", "all those that do not fit were returned")
CONV5_1 = Mistake("conv5_1_excluded", "conv5_1 is the first of its stage, but its input and output channels are equal")
FIRST_OF_STAGES = Mistake(
    "first_of_stages",
    "the first convolutions of stages 2 to 4 have more output than input channels; they cannot go missing",
)
REVERSED = Mistake("reversed", "the order is that of the network")
SLIDES_CULPRITS = Mistake(
    "slides_culprits", "memory and parameters narrow it down later; by multiply-adds alone, six cost the same"
)
FIRST_ONLY = Mistake("first_only", "only the first that fits was returned; several may")
TOLERANCE_TOO_LARGE = Mistake("tolerance_too_large", "the tolerance is 0.05e9, and no more: not 5 %, 0.1e9 or 0.5e9")
TOLERANCE_TOO_SMALL = Mistake("tolerance_too_small", "the tolerance is 0.05e9, on both sides of the claim, and no less")
BIASES_IN_TOTAL = Mistake("biases_in_total", "biases and pools cost no multiply-adds")
FC8_TOO_SMALL = Mistake("fc8_too_small", "the total must hold fc8 as well, with 1000 outputs")
FC_SUSPECTED = Mistake("fc_suspected", "a fully-connected layer is no convolution")
SLIDES_NETWORK = Mistake("slides_network", "stage 3 of VGG-16 has three convolutions, not two as on the slide")
# Claims that nothing explains unless the network's total is wrong in this way.
WRONG_TOTALS = MappingProxyType(
    {
        (16, 13_451_942_592): HEAD_FORGOTTEN,
        (16, 13_559_912_960): FC6_INPUTS,
        (16, 736_386_187_264): NOT_HALVING,
        (16, 3_497_869_312): HALVED_EARLY,
        (11, 13_600_000_000): DEPTH_IGNORED,
        (16, 1_850_000_000): LAYER_COMPARED,
        (16, 15_470_264_320): NOT_TAKEN_OFF,
        (16, 13.6): BILLIONS,
        (16, 27_241_152_512): FLOP_FOR_MAC,
        (16, 27_117_518_848): FLOP_FOR_MAC,
        (16, 4_622_614_528): KERNEL_NOT_SQUARED,
        (16, 11_770_888_192): SLIDES_NETWORK,
        (16, 16_857_530_368): DOUBLE_AFTER_POOL4,
        (16, 16_960_290_816): DOUBLE_AFTER_POOL4,
    }
)


@visible_check
def missing_layers(answer: Answer) -> None:
    """Check the chapter's claims, claims near the limits of the tolerance, and drawn ones."""
    six, three = list(C_TO_C[16]), list(STAGE_5[16])
    without_conv3_3 = [name for name in six if name != "conv3_3"]
    totals = (EXACT_ONLY, NOTHING_FITS, *WRONG_TOTALS.values())

    def nothing(*mistakes: Mistake) -> dict[Mistake | str, Any]:
        """These mistakes, and wrong totals, all of which find nothing."""
        return {mistake: [[]] for mistake in (*mistakes, *totals)}

    with together():
        slips = nothing(NOT_ABOVE) | {CONV5_1: ["conv5_2"], REVERSED: ["conv5_2", "conv5_1"], FIRST_ONLY: ["conv5_1"]}
        remain = [["conv1_1", "conv2_1", "conv3_1", "conv3_2", "conv4_1", "conv4_2"], ["conv3_2", "conv4_2"]]
        slips |= {WHAT_REMAINS: remain, NO_ABS: ["conv3_2", "conv4_2", "conv5_1", "conv5_2"]}
        check_suspects(answer, 11, 7.15e9, STAGE_5[11], slips)
        slips = nothing(NOT_BELOW, TOLERANCE_TOO_SMALL) | {SLIDES_CULPRITS: ["conv3_2", "conv3_3"]}
        slips |= {FIRST_ONLY: ["conv1_2"], REVERSED: six[::-1], SLIDES_NETWORK: [[], without_conv3_3]}
        check_suspects(answer, 16, 13.6e9, six, slips)
        slips = {FIRST_ONLY: ["conv1_2"], REVERSED: six[::-1], **nothing()}
        del slips[EXACT_ONLY]
        check_suspects(answer, 16, 13.620_576_256e9, six, slips)
        large = [three, ["conv2_1", "conv3_1", "conv4_1", *three]]
        slips = {FIRST_OF_STAGES: ["conv2_1", "conv3_1", "conv4_1"], TOLERANCE_TOO_LARGE: large, NO_ABS: six}
        check_suspects(answer, 16, 14.55e9, (), slips)
        check_suspects(answer, 16, 13.55e9, (), {TOLERANCE_TOO_LARGE: six, FC6_INPUTS: six})
        check_suspects(answer, 16, 13.572e9, six, nothing(BIASES_IN_TOTAL, NOT_BELOW, TOLERANCE_TOO_SMALL))
        check_suspects(answer, 16, 13.669e9, six, nothing(FC8_TOO_SMALL, NOT_ABOVE, TOLERANCE_TOO_SMALL))
        slips = {FC_SUSPECTED: ["fc7"], TOLERANCE_TOO_LARGE: three}
        check_suspects(answer, 16, 15.45e9, (), slips | {NO_ABS: [[*six, *three]], NOT_TAKEN_OFF: [[*six, *three]]})
        found = {
            NOT_HALVING: ["conv1_2"],
            NOT_TAKEN_OFF: [[*six, *three]],
            SLIDES_NETWORK: without_conv3_3,
            DOUBLE_AFTER_POOL4: [*six, "conv5_2", "conv5_3"],
        }
        for (depth, claim), mistake in WRONG_TOTALS.items():
            slips = {mistake: found.get(mistake, six), NO_ABS: [six, [*six, *three]]}
            slips |= {TOLERANCE_TOO_LARGE: six} if mistake in (HEAD_FORGOTTEN, FC6_INPUTS) else {}
            check_suspects(answer, depth, claim, (), slips)
    rng = random.Random(grading_seed() + 56)
    for _ in range(6):
        check_suspects(answer, *drawn_claim(rng), {})
    check_unknown_depths(answer, (17, rng.choice([8, 12, 14, 15, 18])))


def check_suspects(
    answer: Answer, depth: int, claim: float, right: Sequence[str], slips: Mapping[Mistake | str, Any]
) -> None:
    """Compare the suspects for a claim with the right ones."""
    shown = f"{claim / 1e9:.7g}e9" if claim > 1e9 else str(claim)
    what = f"the suspects for a claim of {shown}, missing_layers({depth}, {shown})"
    expect_equal(answer(depth, claim), list(right), what=what, mistakes=slips, reread=MISSING)


def drawn_claim(rng: random.Random) -> tuple[int, float, Sequence[str]]:
    """A depth, a claim for it, and the suspects: within 0.05e9 of what is left without a layer, or not."""
    depth = rng.choice(DEPTHS)
    left, names = rng.choice(
        [(LEFT_WITHOUT_C_TO_C[depth], C_TO_C[depth]), (LEFT_WITHOUT_STAGE_5[depth], STAGE_5[depth])]
    )
    if rng.random() < 0.3:
        return depth, left + rng.choice([-1, 1]) * rng.uniform(0.052e9, 0.11e9), ()
    return depth, left + rng.uniform(-0.049e9, 0.049e9), names


def check_unknown_depths(answer: Answer, depths: Iterable[int]) -> None:
    """Check that a depth without a network is refused."""
    for depth in depths:
        what = f"missing_layers({depth}, 13.6e9)"
        expect_raises(ValueError, answer, depth, 13.6e9, what=what, reread=MISSING)
