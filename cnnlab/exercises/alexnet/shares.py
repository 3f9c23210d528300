"""Shares of costs: tables made from shares that are known, so that nothing has to be computed to know what is right."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from copy import deepcopy
from itertools import accumulate, product
from typing import Any

from cnnlab.exercises.alexnet.layer_tables import RETURN_IN_LOOP
from cnnlab.exercises.common import Answer
from coursekit.checks import Mistake, expect_close, expect_equal, expect_true, together

SHARES = "Where the costs lie"
QUANTITIES = ("kib", "params", "macs")
WRONG_WAY_ROUND = Mistake("wrong_way_round", "kinds and quantities are nested the wrong way round")
OTHER_KEYS = Mistake("other_keys", 'the keys are others; they are "kib", "params" and "macs"')
NO_INNER_DICTS = Mistake("no_inner_dicts", "the inner dicts are missing; each quantity has one, from kind to share")
NO_RETURN_OF_SHARES = Mistake("no_return_of_shares", "the return is missing")
ZEROS_LEFT_OUT = Mistake("zeros_left_out", "kinds without a share are left out; list them with 0.0")
NOT_THE_LETTERS = Mistake(
    "not_the_letters", "a kind is all letters that the name starts with, whatever follows them in the name"
)
POOLS_LEFT_OUT = Mistake("pools_left_out", "pools and flatten are rows like any other")
PERCENT = Mistake("percent", "these are percent; return fractions")
SUMS = Mistake("sums", "these are sums; divide by the sum over all rows")
LAST_ROW_WINS = Mistake("last_row_wins", "the last row of a kind has overwritten the others; add them up")
TOTAL_WITHOUT_POOLS = Mistake("total_without_pools", "the sum leaves the pools out; it runs over all rows")
MEAN_OF_KIND = Mistake("mean_of_kind", "the mean over the rows of a kind was taken; sum them")
SHARES_ROUNDED = Mistake("shares_rounded", "the shares were rounded; leave them as they are")
OF_THE_LARGEST = Mistake("of_the_largest", "the shares were taken of the largest; divide by the sum over all rows")
OF_ANOTHER_COLUMN = Mistake(
    "of_another_column", "the shares were taken of another column's sum; each quantity has a sum of its own"
)
OF_ALL_COLUMNS = Mistake(
    "of_all_columns", "the three quantities were added to one sum; each quantity has a sum of its own"
)
OF_A_RUNNING_SUM = Mistake(
    "of_a_running_sum", "the sum is not complete when it is divided by; sum over all rows first, then divide"
)
SHARES_WITHOUT_FRACTION = Mistake(
    "shares_without_fraction", "// rounds every share of a row down to 0; divide with / for fractions"
)
KINDS_WRITTEN_DOWN = Mistake(
    "kinds_written_down", "a kind is listed that no row of this table has; take the kinds from the names in the table"
)
ROWS_COUNTED = Mistake("rows_counted", "the rows of each kind were counted; add up what they cost")
OF_THE_ROWS = Mistake("of_the_rows", "the sums were divided by the number of rows; divide by the sum over all rows")
TABLE_CHANGED = Mistake("table_changed", "a row was changed; work on a copy", SHARES)
# By kind, names of rows: letters first, then anything.
NAMES = (
    ("conv", ("conv1", "conv3_2", "conv2_1x1")),
    ("pool", ("pool1",)),
    ("flatten", ("flatten",)),
    ("fc", ("fc13", "fc")),
    ("a", ("a1", "a7b3")),
    ("ab", ("ab1",)),
    ("max", ("max_pool3",)),
)
# Of how many parts a table's costs consist; those of a kind are a multiple of the second. No number of 39ths ends as a
# decimal fraction, so that a rounded share differs.
PARTS, FINER = 390, 10


class Shared:
    """A table whose shares are known before its rows are.

    Attributes:
        rows: the table.
        shares: by quantity and kind, the share.
        kinds: by name of a row, its kind.
    """

    def __init__(self, rng: random.Random, kinds: Sequence[str]) -> None:
        names = {kind: names for kind, names in NAMES if kind in kinds}
        self.kinds = {name: kind for kind, ones in names.items() for name in ones}
        self.rows: list[dict[str, Any]] = [{"name": name, "out_size": 7} for name in self.kinds]
        self.shares: dict[str, dict[str, float]] = {}
        for key in QUANTITIES:
            without = [kind for kind in kinds if kind in ("pool", "flatten", "max")] if key != "kib" else []
            parts = [FINER * part for part in _split(rng, PARTS // FINER, len(kinds) - len(without))]
            of_kind = dict(zip([kind for kind in kinds if kind not in without], parts, strict=True))
            self.shares[key] = {kind: of_kind.get(kind, 0) / PARTS for kind in kinds}
            unit = rng.randint(3, 90)
            for kind, ones in names.items():
                share = of_kind.get(kind, 0)
                for name, part in zip(ones, _split(rng, share, len(ones)) if share else [0] * len(ones), strict=True):
                    self._row(name)[key] = part * unit

    def _row(self, name: str) -> dict[str, Any]:
        return next(row for row in self.rows if row["name"] == name)


def drawn_tables(seed: int) -> list[Shared]:
    """Tables of networks with pools, with flatten, and with names that only begin like a kind."""
    rng = random.Random(seed)
    kinds = ("conv", "pool", "fc"), ("conv", "pool", "flatten", "fc"), ("a", "ab", "max", "fc")
    return [Shared(rng, one) for one in kinds]


def _split(rng: random.Random, total: int, parts: int) -> list[int]:
    """Whole numbers above 0 that sum to the total."""
    cuts = sorted(rng.sample(range(1, total), parts - 1))
    return [high - low for low, high in zip([0, *cuts], [*cuts, total], strict=True)]


def compare_shares(answer: Answer, shared: Shared) -> None:
    """Compare an answer's shares with those that a table was made from."""
    got = answer(deepcopy(shared.rows))
    nested = isinstance(got, dict) and all(isinstance(shares, dict) for shares in got.values())
    kinds = sorted(shared.shares["kib"])
    likely = NO_RETURN_OF_SHARES if got is None else OTHER_KEYS if nested else NO_INNER_DICTS
    if nested and sorted(map(str, got)) == kinds:
        likely = WRONG_WAY_ROUND
    elif nested and list(got) == ["kib"]:
        likely = RETURN_IN_LOOP
    expect_true(
        nested and sorted(map(str, got)) == sorted(QUANTITIES),
        what='the result is a dict with the keys "kib", "params" and "macs", each with a dict of shares',
        likely=likely,
        reread=SHARES,
    )
    names = list(shared.kinds)
    for key in QUANTITIES:
        listed = sorted(map(str, got[key]))
        others = set(listed) - set(kinds)
        cut = bool(others) and all(any(name.startswith(kind) for name in names) for kind in others)
        expect_equal(
            listed,
            kinds,
            what=f'the list of kinds under "{key}"',
            mistakes={
                ZEROS_LEFT_OUT: [kind for kind in kinds if shared.shares[key][kind]],
                NOT_THE_LETTERS: [
                    sorted({name[:-1] for name in names}),
                    sorted({name.rstrip("0123456789") for name in names}),
                    sorted({name.rstrip("_0123456789") for name in names}),
                    sorted({"".join(filter(str.isalpha, name)) for name in names}),
                    *([listed] if cut else []),
                    sorted({name.split("_")[0] for name in names}),
                    sorted(set(names)),
                ],
                POOLS_LEFT_OUT: [kind for kind in kinds if kind not in ("pool", "flatten")],
                KINDS_WRITTEN_DOWN: [listed] if set(listed) > set(kinds) and not cut else [],
            },
            reread=SHARES,
        )
    with together():
        for key in QUANTITIES:
            expect_close(
                tuple(got[key][kind] for kind in kinds),
                tuple(shared.shares[key][kind] for kind in kinds),
                what=f'the list of shares ({", ".join(kinds)}) under "{key}"',
                mistakes={
                    cause: [tuple(by[kind] for kind in kinds) for by in options]
                    for cause, options in _share_mistakes(shared, key).items()
                },
                reread=SHARES,
            )


def _share_mistakes(shared: Shared, key: str) -> dict[Mistake, list[dict[str, float]]]:
    """By mistake, what may come in place of the shares of one quantity, by kind."""
    shares = shared.shares[key]
    costs = {row["name"]: row[key] for row in shared.rows}
    total = sum(costs.values())
    rows = {kind: [cost for name, cost in costs.items() if shared.kinds[name] == kind] for kind in shares}
    pools = sum(share for kind, share in shares.items() if kind == "pool")
    others = [sum(row[other] for row in shared.rows) for other in QUANTITIES if other != key]
    means = {kind: share / len(rows[kind]) for kind, share in shares.items()}

    def scaled(factor: float) -> dict[str, float]:
        return {kind: factor * share for kind, share in shares.items()}

    return {
        PERCENT: [scaled(100)],
        SUMS: [scaled(total)],
        LAST_ROW_WINS: [{kind: ones[-1] / total for kind, ones in rows.items()}],
        TOTAL_WITHOUT_POOLS: [scaled(1 / (1 - pools))],
        MEAN_OF_KIND: [{kind: mean / sum(means.values()) for kind, mean in means.items()}],
        # A sum of fractions may lie just below or above a share that ends in 5.
        SHARES_ROUNDED: [
            {kind: round(share + aside, digits) for (kind, share), aside in zip(shares.items(), asides, strict=True)}
            for digits in (1, 2, 3, 4)
            # A sum of fractions may lie just below or above a share that ends in 5.
            for asides in product((-1e-9, 1e-9), repeat=len(shares))
        ],
        ROWS_COUNTED: [{kind: len(ones) / len(costs) for kind, ones in rows.items()}],
        OF_THE_LARGEST: [scaled(1 / max(shares.values())), scaled(total / max(costs.values()))],
        OF_THE_ROWS: [scaled(total / len(costs)), scaled(1 / len(costs))],
        OF_ANOTHER_COLUMN: [scaled(total / other) for other in others],
        OF_ALL_COLUMNS: [scaled(total / (total + sum(others)))],
        OF_A_RUNNING_SUM: [_of_running_sums(shared, costs)],
        SHARES_WITHOUT_FRACTION: [dict.fromkeys(shares, 0)],
    }


def _of_running_sums(shared: Shared, costs: Mapping[str, int]) -> dict[str, float]:
    """The shares if each row is divided by the sum up to it."""
    sums = accumulate(costs.values())
    shares = dict.fromkeys(shared.kinds.values(), 0.0)
    for (name, cost), so_far in zip(costs.items(), sums, strict=True):
        shares[shared.kinds[name]] += cost / (so_far or 1)
    return shares


def shares_untouched(answer: Answer, shared: Shared) -> None:
    """Check that a table stays as it is."""
    given = deepcopy(shared.rows)
    answer(given)
    expect_true(given == shared.rows, what="the table stays as it is", likely=TABLE_CHANGED, reread=SHARES)
