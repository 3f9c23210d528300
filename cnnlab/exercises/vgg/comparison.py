"""The visible check of the comparison of two networks."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeAlias

from cnnlab.exercises.vgg.shared import Answer, expect_untouched
from cnnlab.tables import table
from coursekit.checks import (
    Mistake,
    Mistakes,
    expect_close,
    expect_equal,
    expect_true,
    together,
)
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

COMPARISON = "AlexNet against VGG-16"


POOLS_COUNTED = Mistake("pools_counted", "pools and flatten do not count here")
CONVOLUTIONS_ONLY = Mistake("convolutions_only", "fully-connected layers count too")
HEAD_ONLY = Mistake("head_only", "convolutions count too")
OTHER_NAMES = Mistake(
    "other_names", 'a row counts if its name starts with "conv" or "fc"; "deconv1", "concat1" and "copy" do not'
)
MEAN = Mistake("mean", "the mean of the rows was taken; sum them", priority=1)
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
            slips[key][place] |= {LARGEST_ROW: largest[key][place], MEAN: (a / 8, b / 16)[place]}
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
