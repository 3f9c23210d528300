"""The visible check of the comparison of two networks."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

from cnnlab.exercises.cases import Case, Causes, differ
from cnnlab.exercises.vgg.shared import (
    Answer,
    errors_explained,
    expect_explained,
    expect_untouched,
    fitting,
    gives_for,
)
from cnnlab.tables import table
from coursekit.checks import Mistake, expect_close, expect_equal, expect_true
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

COMPARISON = "AlexNet against VGG-16"


POOLS_COUNTED = Mistake("pools_counted", "pools and flatten do not count here")
CONVOLUTIONS_ONLY = Mistake("convolutions_only", "fully-connected layers count too")
POOLS_ONLY_OUT = Mistake(
    "pools_only_out", 'a row counts if its name starts with "conv" or "fc"; to leave out the pools is not enough'
)
HEAD_ONLY = Mistake("head_only", "convolutions count too")
OTHER_NAMES = Mistake(
    "other_names", 'a row counts if its name starts with "conv" or "fc"; "deconv1", "concat1" and "copy" do not'
)
MEAN = Mistake("mean", "the mean of the rows was taken; sum them", priority=1)
LARGEST_ROW = Mistake("largest_row", "the largest row was taken; sum them")
ROWS_COUNTED = Mistake("rows_counted", "this is the number of rows; sum their costs")
ONE_ROW = Mistake(
    "one_row", "this is a single row's; add up all rows that count: +=, not =, and the return after the loop"
)
ONE_TABLE_TWICE = Mistake("one_table_twice", "both totals are of one and the same table")
ZIPPED = Mistake("zipped", "zip stops where the shorter table ends; walk along each table by itself")
CARRIED_ON = Mistake("carried_on", "a sum goes on from the one before; start at 0 for each table and each column")
OTHER_COLUMN = Mistake("other_column", "these are the totals of another column")
NO_ROW = Mistake("no_row", "the total of table_a came out as 0, and was divided by 0: none of its rows was counted")
NO_TRIPLES = Mistake("no_triples", "the triples came without their names; return a dict")
RETURNED_EARLY = Mistake("returned_early", "some of the keys are missing; does the return stand inside the loop?")
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
CHANGE = Mistake("change", "this is by how much b is larger, (b - a) / a; the ratio is b / a")
ALWAYS_ABOVE_1 = Mistake("always_above_1", "the ratio is b / a even if that is below 1")
TABLES_SWAPPED = Mistake("tables_swapped", "the tables are swapped: (a, b, ratio)")

KEYS = ("kib", "params", "macs")
# What the lecture's slide prints for VGG-16, with and without its units, and of one convolution less.
SLIDE = MappingProxyType(
    {
        "kib": (48.6, 49_766.4, 49_819.90625),
        "params": (138, 137_767_464),
        "macs": (13.6, 13_600_000_000, 13_620_576_256),
    }
)


@dataclass(frozen=True)
class CostTable:
    """Rows with costs, the names of those that do not count, and by key the totals of the others."""

    rows: list[dict[str, Any]]
    others: frozenset[str]
    totals: Mapping[str, float]

    @property
    def counted(self) -> list[dict[str, Any]]:
        """The rows that count."""
        return [row for row in self.rows if row["name"] not in self.others]


Pair: TypeAlias = tuple[CostTable, CostTable]


def cost_table(name: str) -> list[dict[str, Any]]:
    """What each layer of a network costs: rows with name, out_channels, out_size, kib, params (with biases), macs."""
    keys = ("name", "out_channels", "out_size", "kib", "macs")
    return [{key: row[key] for key in keys} | {"params": row["weights"] + row["biases"]} for row in table(name)]


@visible_check
def compare_networks(answer: Answer) -> None:
    """Check the totals and ratios of the lecture's tables and of drawn ones."""
    others = frozenset({"flatten", *(f"pool{stage}" for stage in range(1, 6))})
    alexnet = CostTable(
        cost_table("alexnet_layers"), others, {"kib": 1958.15625, "params": 61_100_840, "macs": 716_767_232}
    )
    vgg16 = CostTable(
        cost_table("vgg16_layers"), others, {"kib": 52_955.90625, "params": 138_357_544, "macs": 15_470_264_320}
    )
    rng = random.Random(grading_seed() + 55)
    plain = drawn_table(rng, ["conv1", "conv2", "fc6", "fc7"], ["pool1", "pool2", "flatten"])
    staged = drawn_table(rng, ["conv1_1", f"conv{rng.randint(10, 19)}_2", "fc16", "fc"], ["concat1", "deconv1", "copy"])
    check_comparisons(answer, [(alexnet, vgg16), (plain, staged), (staged, plain)])


def drawn_table(rng: random.Random, counted: Sequence[str], others: Sequence[str]) -> CostTable:
    """A table of rows that count and others, in an order of its own."""
    rows = [_drawn_row(rng, name) for name in (*counted, *others)]
    totals = {key: sum(row[key] for row in rows[: len(counted)]) for key in KEYS}
    rng.shuffle(rows)
    return CostTable(rows, frozenset(others), totals)


def _drawn_row(rng: random.Random, name: str) -> dict[str, Any]:
    costs = {"kib": rng.randint(4, 3600) / 4, "params": rng.randint(1, 10**7), "macs": rng.randint(1, 10**9)}
    return {"name": name, **costs, "out_size": 7, "source": "drawn"}


def check_comparisons(answer: Answer, pairs: Sequence[Pair], *, untouched: bool = True) -> None:
    """Compare totals and ratios of pairs of tables, each key by itself, and ratios with the student's own totals."""
    came = [_triples(answer, pair, untouched=untouched) for pair in pairs]
    groups = []
    for key in KEYS:
        got = [tuple(triples[key][:2]) for triples in came]
        right = [(a.totals[key], b.totals[key]) for a, b in pairs]
        causes: Causes = ()
        if differ(got, right):
            causes = fitting(gives_for(pairs, _wrong_totals(key)), got, differ) or _of_the_slide(key, got[0][1])
        cases = [
            Case(f'the total of {name} under "{key}"', got[at][place], right[at][place])
            for at in range(len(pairs))
            for place, name in enumerate(("table_a", "table_b"))
        ]
        groups += [(cases, causes), _ratios(key, [triples[key] for triples in came], right)]
    expect_explained(groups, reread=COMPARISON, compare=_compare, differs=differ)


def _triples(answer: Answer, pair: Pair, *, untouched: bool) -> Mapping[str, Sequence[Any]]:
    """What the answer returns for two tables, after checking that it has the form asked for."""
    given = deepcopy((pair[0].rows, pair[1].rows))
    with errors_explained({"ZeroDivisionError": NO_ROW}, COMPARISON):
        got = answer(*given)
    likely: Mistake | str = "the return is missing" if got is None else "see the docstring's Returns"
    if isinstance(got, dict) and {"kib"} <= set(got) < set(KEYS):
        likely = RETURNED_EARLY
    elif isinstance(got, (list, tuple)) and len(got) == len(KEYS):
        likely = NO_TRIPLES
    expect_true(
        isinstance(got, dict) and sorted(map(str, got)) == sorted(KEYS),
        what='the result is a dict with the keys "kib", "params" and "macs"',
        likely=likely,
        reread=COMPARISON,
    )
    for key in KEYS:
        expect_true(
            isinstance(got[key], (tuple, list)) and len(got[key]) == 3,
            what=f'under "{key}" there are three numbers, (a, b, ratio)',
            likely=likely,
            reread=COMPARISON,
        )
    if untouched:
        for argument, each, name in zip(given, pair, ("table_a", "table_b"), strict=True):
            expect_untouched(argument, each.rows, name)
    triples: Mapping[str, Sequence[Any]] = got
    return triples


def _compare(got: Any, right: Any, **options: Any) -> None:
    """Compare counts exactly, and other numbers up to rounding."""
    (expect_equal if isinstance(right, int) else expect_close)(got, right, **options)


def _of_the_slide(key: str, total: Any) -> Causes:
    return (OF_THE_SLIDE,) if total in SLIDE[key] else ()


# What mistakes give of the totals.


def _wrong_totals(key: str) -> Iterator[tuple[Causes, Callable[[Pair], tuple[float, float]]]]:
    """From a mistake to the totals of two tables that it gives in a column."""
    for mistake, total in _OTHER_TOTALS:
        yield (mistake,), partial(_of_each, total=total, key=key)
    for mistake, unit, keys in ((IN_MIB, 1024, ("kib",)), (IN_MILLIONS, 1e6, KEYS[1:]), (IN_BILLIONS, 1e9, KEYS[1:])):
        if key in keys:
            for digits in (None, 0, 1, 2):
                yield (mistake,), partial(_in_units, unit=unit, digits=digits, key=key)
    yield from (((OTHER_COLUMN,), partial(_right, key=other)) for other in KEYS if other != key)
    for mistake, place in ((TABLES_SWAPPED, (1, 0)), (ONE_TABLE_TWICE, (0, 0)), (ONE_TABLE_TWICE, (1, 1))):
        yield (mistake,), partial(_places, places=place, key=key)
    yield (ZIPPED,), partial(_zipped, key=key, one_condition=False)
    yield (ZIPPED,), partial(_zipped, key=key, one_condition=True)
    yield (CARRIED_ON,), lambda pair: (_right(pair, key)[0], sum(_right(pair, key)))
    yield (CARRIED_ON,), partial(_carried_on, keys=KEYS[: KEYS.index(key) + 1])


def _carried_on(pair: Pair, keys: Sequence[str]) -> tuple[float, float]:
    """The sums of this column and those before it."""
    a, b = pair
    return sum(a.totals[key] for key in keys), sum(b.totals[key] for key in keys)


def _of_each(pair: Pair, total: Callable[[CostTable, str], float], key: str) -> tuple[float, float]:
    a, b = pair
    return total(a, key), total(b, key)


def _right(pair: Pair, key: str) -> tuple[float, float]:
    a, b = pair
    return a.totals[key], b.totals[key]


def _places(pair: Pair, places: tuple[int, int], key: str) -> tuple[float, float]:
    first, second = places
    return pair[first].totals[key], pair[second].totals[key]


def _in_units(pair: Pair, unit: float, digits: int | None, key: str) -> tuple[float, float]:
    a, b = (total / unit for total in _right(pair, key))
    return (a, b) if digits is None else (round(a, digits), round(b, digits))


def _zipped(pair: Pair, key: str, *, one_condition: bool) -> tuple[float, float]:
    a, b = pair
    rows = list(zip(a.rows, b.rows, strict=False))
    first = [row[key] for row, _ in rows if row in a.counted]
    second = [row[key] for other, row in rows if (other in a.counted if one_condition else row in b.counted)]
    return sum(first), sum(second)


def _among(names: Callable[[str], bool]) -> Callable[[CostTable, str], float]:
    """The sum over rows with such names."""
    return lambda each, key: sum(row[key] for row in each.rows if names(row["name"]))


_OTHER_TOTALS: tuple[tuple[Mistake, Callable[[CostTable, str], float]], ...] = (
    (POOLS_COUNTED, _among(lambda name: True)),
    (POOLS_ONLY_OUT, _among(lambda name: "pool" not in name)),
    (POOLS_COUNTED, _among(lambda name: name != "flatten")),
    (CONVOLUTIONS_ONLY, _among(lambda name: name.startswith("conv"))),
    (HEAD_ONLY, _among(lambda name: name.startswith("fc"))),
    (OTHER_NAMES, _among(lambda name: "conv" in name or "fc" in name)),
    (OTHER_NAMES, _among(lambda name: name[:2] in ("co", "fc"))),
    (OTHER_NAMES, _among(lambda name: name[:1] in ("c", "f") and name != "flatten")),
    (OTHER_NAMES, _among(lambda name: name[:1] in ("c", "f"))),
    (MEAN, lambda each, key: each.totals[key] / len(each.counted)),
    (LARGEST_ROW, lambda each, key: max(row[key] for row in each.counted)),
    (ROWS_COUNTED, lambda each, key: len(each.counted)),
    (ONE_ROW, lambda each, key: each.counted[-1][key]),
    (ONE_ROW, lambda each, key: each.counted[0][key]),
    *((TOTAL_ROUNDED, lambda each, key, n=digits: round(each.totals[key], n)) for digits in (None, 0, 1, 2)),
)


# What mistakes give of the ratios, for totals as the student has them.


def _ratios(key: str, came: Sequence[Any], right: Sequence[tuple[float, float]]) -> tuple[list[Case], Causes]:
    """The ratios that are neither right nor those of the student's own totals, and what explains them."""
    totals = [(a, b) if _numbers(a, b) else pair for (a, b, _), pair in zip(came, right, strict=True)]
    cases = [
        Case(f'the ratio b / a under "{key}"', ratio, b / a)
        if differ(ratio, right_b / right_a)
        else Case(f'the ratio b / a under "{key}"', ratio, right_b / right_a)
        for (_, _, ratio), (a, b), (right_a, right_b) in zip(came, totals, right, strict=True)
    ]
    got = [case.came for case in cases]
    if not differ(got, [case.right for case in cases]):
        return cases, ()
    causes = fitting(gives_for(totals, _wrong_ratios()), got, differ)
    slides = (19.4, 13.6 / 0.7) if key == "macs" else ()
    if got[0] in slides:
        causes = (RATIO_OF_THE_SLIDE,)
    return cases, causes or ((OF_THE_SLIDE,) if got[0] in (25, 25.4) else ())


def _numbers(a: Any, b: Any) -> bool:
    return all(isinstance(each, (int, float)) for each in (a, b)) and a != 0


def _wrong_ratios() -> Iterator[tuple[Causes, Callable[[tuple[float, float]], float]]]:
    for mistake, ratio in _OTHER_RATIOS:
        yield (mistake,), partial(_ratio_of, ratio=ratio)
    for unit in (1, 1024, 1e6, 1e9):
        for digits in (0, 1, 2):
            yield (RATIO_OF_ROUNDED,), partial(_of_rounded, unit=unit, digits=digits)


def _ratio_of(totals: tuple[float, float], ratio: Callable[[float, float], float]) -> float:
    return ratio(*totals)


def _of_rounded(totals: tuple[float, float], unit: float, digits: int) -> float:
    a, b = (round(total / unit, digits) for total in totals)
    return b / a if a else 0.0


_OTHER_RATIOS: tuple[tuple[Mistake, Callable[[float, float], float]], ...] = (
    (UPSIDE_DOWN, lambda a, b: a / b if b else 0.0),
    (ALWAYS_ABOVE_1, lambda a, b: max(a, b) / min(a, b) if min(a, b) else 0.0),
    (DIFFERENCE, lambda a, b: b - a),
    (CHANGE, lambda a, b: (b - a) / a),
    (PERCENTAGE, lambda a, b: 100 * b / a),
    (RATIO_ROUNDED, lambda a, b: b // a),
    *((RATIO_ROUNDED, lambda a, b, n=digits: round(b / a, n)) for digits in (None, 0, 1, 2, 3)),
)
