"""Checks of the largest batch that a memory holds, against what is measured or known of a table."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from copy import deepcopy
from itertools import groupby
from math import ceil
from random import Random
from typing import Any, NamedTuple

from cnnlab.exercises.common import Answer
from cnnlab.exercises.complexity.memory import (
    EVALUATED,
    GRADIENTS_OF_ACTIVATIONS,
    ONE_IMAGE,
    PARTS,
    TRAINED,
    WEIGHTS_PER_IMAGE,
    Call,
    Measure,
    Memory,
    Row,
    ValuesByMistake,
    drawn_rows,
    example,
    expect_table_untouched,
    measured,
    memory_mistakes,
    values_of,
    worked_example,
)
from coursekit.cases import Case, Wrong, expect_cases
from coursekit.checks import Mistake
from coursekit.comparing.equality import as_integer, exact_difference
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

SECTION = "How large may the batch be?"
NEGATIVE = Mistake("negative_batch", "there is no negative batch; the answer is 0 if one image is too much")
FIXED_FIRST = Mistake("fixed_price", "the fixed price comes first: weights, gradients and optimizer")
PAID_ONCE = Mistake("fixed_price_per_image", "the fixed price is paid once, not with every image")
MODE = Mistake("training_not_heeded", "training is not heeded")
ROUND_DOWN = Mistake("rounded_up", "it must not exceed the budget: round down")
EQUAL_FITS = Mistake("equal_fits", "a total that equals the budget fits")
ONE_MORE = Mistake(
    "one_too_few", "one more fits: the fixed price holds no activations, and only a fraction is rounded away"
)
WHOLE = Mistake("not_whole", "it is a whole number, an int")
BUDGET_UNIT = Mistake("budget_unit", "the budget is in bytes, like what predict_memory returns; it needs no factor")
ROUND_NUMBER = Mistake(
    "power_of_two", "it need not be a power of two, or a multiple of 8 or 32; only the budget limits it"
)
CAPPED = Mistake("capped", "the batch was limited to a fixed number; only the budget limits it")
MOST_IMAGES = 10**9
PER_IMAGE = (ONE_IMAGE, WEIGHTS_PER_IMAGE, GRADIENTS_OF_ACTIVATIONS)
"""Mistakes of ``predict_memory`` that depend on the batch, so that no price says what they give."""
CAPS = (64, 100, 128, 256, 512, 1000, 1024)


class Price(NamedTuple):
    """What a mistake takes the memory of a batch to be, in bytes: a fixed price, and one per image."""

    fixed: float
    per_image: float


class BudgetCase(NamedTuple):
    """A call of ``largest_batch``, how many images are right, and what the table is, in words."""

    table: list[Row]
    bytes: int
    training: bool
    images: int
    case: str


@visible_check
def largest_batch(answer: Answer) -> None:
    """Check largest batches for budgets that are measured to fit just that many images.

    Args:
        answer: your function.
    """
    rng, budgets = Random(grading_seed() + 1), []
    for pattern in (TRAINED, EVALUATED[0]):
        table = drawn_rows(pattern, rng)
        for training in (True, False):
            for images in (rng.randrange(37, 60, 2), rng.randrange(1100, 1300)):
                budgets += budgets_for(table, images, training, measured, "layers in the test")
            budgets += too_small(table, training, measured, "layers in the test")
    budgets += [
        BudgetCase(example(), budget, True, images, "the worked example")
        for budget, images in ((500_000, 5), (72_000 + 7 * 82_944, 7), (70_000, 0))
    ]
    compare_batches(answer, budgets, _measured_or_known)
    expect_table_untouched(lambda table: answer(table, 10**6, True), drawn_rows(TRAINED, rng))


def _measured_or_known(rows: Sequence[Row], batch_size: int, training: bool) -> Memory:
    """As ``measured``; the rows of the worked example, whose parameters are no layers' own, take what it says."""
    if rows != example():
        return measured(rows, batch_size, training)
    parts = {part: worked_example(training)[part] for part in PARTS[:-1]}
    parts["activations"] *= batch_size / 10
    return parts | {"total": sum(parts.values())}


def budgets_for(table: list[Row], images: int, training: bool, measure: Measure, case: str) -> list[BudgetCase]:
    """Three budgets that fit just so many images: with room for most of another, and none."""
    least, next_one = (int(measure(table, number, training)["total"]) for number in (images, images + 1))
    budgets = ((least + next_one) // 2 + (next_one - least) // 4, least, next_one - 1)
    return [BudgetCase(table, budget, training, images, case) for budget in budgets]


def too_small(table: list[Row], training: bool, measure: Measure, case: str) -> list[BudgetCase]:
    """Budgets that fit no image, or one."""
    one = measure(table, 1, training)
    fixed, total = int(one["total"] - one["activations"]), int(one["total"])
    budgets = ((fixed // 3, 0), (fixed, 0), (total - 1, 0), (total, 1), (1, 0))
    return [BudgetCase(table, budget, training, images, case) for budget, images in budgets]


def compare_batches(answer: Answer, budgets: Sequence[BudgetCase], measure: Measure) -> None:
    """Compare the largest batches in budgets; a mistake is named if it explains all that came.

    Args:
        answer: the student's function.
        budgets: what it is called with.
        measure: says how much memory is taken.
    """
    came = [as_integer(answer(deepcopy(one.table), one.bytes, one.training)) for one in budgets]
    wrong: list[Wrong] = [{} for _ in budgets]
    if any(exact_difference(got, one.images) for got, one in zip(came, budgets, strict=True)):
        wrong = list(_wrong_batches(came, budgets, measure))
    cases = [
        Case(
            f"the largest batch of {one.case} in {one.bytes:,} bytes with training={one.training}",
            got, one.images, causes,
        )
        for got, one, causes in zip(came, budgets, wrong, strict=True)
    ]  # fmt: skip
    expect_cases(cases, reread=SECTION)


def _wrong_batches(came: Sequence[Any], budgets: Sequence[BudgetCase], measure: Measure) -> Iterator[Wrong]:
    """For each budget, what mistakes give instead of the largest batch, also where it may be negative besides."""
    for _, group in groupby(zip(came, budgets, strict=True), key=lambda pair: (id(pair[1].table), pair[1].training)):
        same = list(group)
        table, training = same[0][1].table, same[0][1].training
        right, prices = _price(measure(table, 1, training)), _wrong_prices(table, training, measure)
        for got, one in same:
            number = float(got) if isinstance(got, int | float) and not isinstance(got, bool) else 0.0
            below = not one.images and number < 0
            causes: ValuesByMistake = {
                mistake: [_fitting(one.bytes, price) for price in each] for mistake, each in prices.items()
            }
            causes |= _wrong_roundings(one.images, exactly=right.fixed + one.images * right.per_image == one.bytes)
            causes[BUDGET_UNIT] = [_fitting(budget, right) for budget in (one.bytes * 1024, one.bytes // 1024)]
            causes[WHOLE] = got if isinstance(got, float) else one.images
            wrong: Wrong = {(NEGATIVE,): got if number and not one.images else one.images}
            yield (
                wrong
                | {(mistake,): value for mistake, value in causes.items()}
                | {(mistake, NEGATIVE): got if below else value for mistake, value in causes.items()}
            )


def _price(memory: Memory) -> Price:
    """The price of a batch, from the memory that one image takes."""
    return Price(sum(memory[part] for part in PARTS[:3]), memory["activations"])


def _fitting(budget: int, price: Price) -> int:
    """How many images fit into a budget."""
    return bisect_right(range(1, MOST_IMAGES), budget, key=lambda n: ceil(price.fixed + n * price.per_image))


def _wrong_roundings(images: int, *, exactly: bool) -> ValuesByMistake:
    """What a right price and a wrong last step give, where so many images are right."""
    return {
        ROUND_DOWN: [images, images + 1],
        EQUAL_FITS: images - 1 if images and exactly else images,
        ONE_MORE: max(0, images - 1),
        ROUND_NUMBER: [1 << images.bit_length() - 1, *(images - images % step for step in (8, 32))] if images else 0,
        CAPPED: [min(images, cap) for cap in CAPS],
    }


def _wrong_prices(table: list[Row], training: bool, measure: Measure) -> dict[Mistake, list[Price]]:
    """What mistakes take the price to be: those of its own, and those of ``predict_memory``."""
    memory = measure(table, 1, training)
    (fixed, per_image), weights = _price(memory), memory["weights"]
    prices = {
        FIXED_FIRST: [Price(share * weights, per_image) for share in ((0, 1, 2) if training else (0, 1))],
        PAID_ONCE: [Price(start, fixed + per_image) for start in (0, fixed)],
        MODE: [_price(measure(table, 1, mode)) for mode in (True, False)],
    }
    by_part = memory_mistakes(Call(table, 1, training, "", memory), measure)
    for mistake in {mistake: 0 for causes in by_part.values() for mistake in causes if mistake not in PER_IMAGE}:
        values = [values_of(by_part[part].get(mistake, memory[part])) or [memory[part]] for part in PARTS[:-1]]
        for index in range(max(map(len, values))):
            made = (each[min(index, len(each) - 1)] for each in values)
            prices.setdefault(mistake, [Price(fixed, per_image)]).append(_price(dict(zip(PARTS, made, strict=False))))
    return prices
