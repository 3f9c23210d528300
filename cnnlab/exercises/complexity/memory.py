"""The checks of ``predict_memory`` and ``largest_batch``: they compare with the memory of torch's own layers.

The layers are made on the meta device, where tensors have sizes and no values.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import groupby, pairwise
from math import ceil
from random import Random
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor, nn

from cnnlab.exercises.cases import Case, Wrong, expect_cases
from cnnlab.exercises.common import NO_RETURN, Answer
from cnnlab.memory import bytes_along, bytes_of
from coursekit.checks import Mistake, expect_close, expect_true, together
from coursekit.comparing.closeness import Tolerance, close_difference
from coursekit.comparing.equality import as_integer, exact_difference
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

Row: TypeAlias = dict[str, Any]
"""A layer, with at least the keys ``kib`` and ``params``."""

Memory: TypeAlias = dict[str, float]
"""Bytes, by what they are taken for."""

Measure: TypeAlias = Callable[[Sequence[Row], int, bool], Memory]
"""From layers, a batch size and whether they are trained to the memory that they take."""

Causes: TypeAlias = dict[Mistake, Any]
"""From mistakes to the value, or list of values, that they give."""


class Call(NamedTuple):
    """A call of ``predict_memory``, with what the table is, in words, and what is right, if that is known."""

    table: list[Row]
    batch_size: int
    training: bool
    case: str
    right: Memory | None = None


class Price(NamedTuple):
    """What a mistake takes the memory of a batch to be, in bytes: a fixed price, and one per image."""

    fixed: float
    per_image: float


SECTION, BATCH_SECTION = "Memory, predicted", "How large may the batch be?"
FLOAT32 = 4
PARTS = ("weights", "gradients", "optimizer", "activations", "total")
INPUTS = 16
"""How many numbers the first layer reads per image."""

# Sizes of outputs relative to each other, of layers that are fully connected (odd places, the last one) or pools. The
# largest pair stands in different places, and other layers might be taken for it.
TRAINED = (64, 16, 1, 20)
EVALUATED = (
    (3, 5, 9, 8, 2),
    (64, 1, 40, 30, 2),
    (5, 9, 8, 2),
    (2, 5, 4, 8),
    (6, 1, 7, 2, 5),
    (8, 6, 1, 4),
)

NO_FOUR_BYTES = Mistake("bytes_of_a_parameter", "a parameter takes 4 bytes")
EIGHT_BYTES = Mistake("float64", "4 bytes, not 8: float32")
TWO_BYTES = Mistake("float16", "4 bytes, not 2: float32")
BITS = Mistake("bits", "these are bits; bytes were asked for")
ONE_LAYER = Mistake("weights_of_one_layer", "the parameters of one layer alone were counted; those of all are there")
IN_KIB = Mistake("weights_in_kib", "bytes were asked for, not KiB")
IN_MIB = Mistake("weights_in_mib", "bytes were asked for, not MiB")
WEIGHTS_PER_IMAGE = Mistake("weights_per_image", "weights do not depend on the batch; they are there once")
KIB_OF_1000 = Mistake("kib_of_1000", "1 KiB is 1024 bytes")
STILL_KIB = Mistake("activations_in_kib", "these are KiB; bytes were asked for")
CUT_KIB = Mistake("whole_kib", "KiB need not be whole numbers; int(), // and round() change them")
FOUR_TIMES = Mistake("four_bytes_per_byte", "KiB are bytes already; they need no factor of 4")
ONE_IMAGE = Mistake("one_image", "activations are there for each image of the batch")
EQUAL_ONCE = Mistake("equal_layers_once", "layers with equal numbers count as often as they are there; a set keeps one")
NO_GRADIENTS = Mistake("no_gradients", "training needs one gradient for each weight")
GRADIENTS_OF_ACTIVATIONS = Mistake("gradients_of_activations", "gradients of activations are not counted")
NO_MOMENTUM = Mistake("no_momentum", "momentum keeps one number per weight")
ADAM = Mistake("adam", "two numbers per weight is Adam; SGD with momentum keeps one")
WITHOUT_TRAINING = Mistake("without_training", "without training there are no gradients and no momentum")
ONLY_IN_TRAINING = Mistake("inference_has_weights", "weights are there without training, too")
ALL_KEPT = Mistake("every_activation_is_kept", "every activation is kept for the backward pass")
WITH_GRADIENTS = Mistake("activations_doubled", "an activation and its gradient: only activations are counted")
LARGEST_ONLY = Mistake("largest_layer_only", "only the largest output was counted")
WITHOUT_PARAMETERS = Mistake("rows_without_parameters", "rows without parameters (pools, norms) have outputs, too")
LET_GO = Mistake("inference_keeps_all", "an output may go when the next layer has read it")
TWO_LARGEST = Mistake("two_largest", "the two outputs must be neighbours; the two largest need not be")
NEXT_TO_LARGEST = Mistake(
    "largest_and_neighbour", "not all pairs were looked at: the largest pair need not hold the largest output"
)
SMALLEST_PAIR = Mistake("smallest_pair", "the smallest sum of two neighbours was taken; memory must hold the largest")
ALL_PAIRS = Mistake("all_pairs", "the sums of all pairs were added up; only the largest is there at one time")
NOT_ALL_ROWS = Mistake("row_not_kept", "outputs of all rows are kept, also of the first and the last")
EVERY_SECOND = Mistake(
    "every_second_pair", "not all pairs were looked at, only every second one: a row in between has two neighbours"
)
NO_PAIR = Mistake("single_row", "a table of one row has no pair; then that row's output is all there is")
FIRST_LEFT_OUT = Mistake("first_pair_left_out", "the first pair was left out")
LAST_LEFT_OUT = Mistake("last_pair_left_out", "the last pair was left out")
LAST_TWO = Mistake("last_two", "the last two are not always the largest pair")
FIRST_TWO = Mistake("first_two", "the first two are not always the largest pair")
WRAPPED = Mistake("last_and_first", "the last row and the first are no neighbours; outputs[-1] is the last")
PART_MISSING = Mistake(
    "part_missing", "the total lacks a part: weights, gradients, optimizer and activations all belong to it"
)
PART_TWICE = Mistake("part_twice", "the total holds itself, or something twice")
NOT_BYTES = Mistake("total_not_bytes", "bytes were asked for")
TABLE_CHANGED = Mistake("table_changed", "it was sorted or shortened, or a row was changed; work on copies")
NO_DICT = Mistake("no_dict", "return a dict with these keys; see the docstring's Returns")


# Layers, and what they take


def network_of(rows: Sequence[Row]) -> nn.Sequential:
    """A chain of layers with these outputs: fully connected where a row has parameters, else pools."""
    sizes = [int(row["kib"] * 1024 / FLOAT32) for row in rows]
    layers: list[nn.Module] = []
    for inputs, outputs, row in zip([INPUTS, *sizes], sizes, rows, strict=False):
        linear = nn.Linear(inputs, outputs, device="meta") if row["params"] else None
        layers.append(linear or nn.AdaptiveAvgPool1d(outputs))
    return nn.Sequential(*layers)


def rows_of(sizes: Sequence[int], unit: int, weighty: Sequence[bool]) -> list[Row]:
    """A table of layers, fully connected or pools, with ``unit`` times these numbers of outputs."""
    rows: list[Row] = []
    for inputs, outputs, with_weights in zip([INPUTS / unit, *sizes], sizes, weighty, strict=False):
        params = int(inputs * unit + 1) * outputs * unit if with_weights else 0
        rows.append({"name": f"layer{len(rows)}", "kib": outputs * unit * FLOAT32 / 1024, "params": params})
    return rows


def drawn_rows(sizes: Sequence[int], rng: Random) -> list[Row]:
    """Layers with these outputs relative to each other."""
    weighty = [place % 2 == 0 or place == len(sizes) - 1 for place in range(len(sizes))]
    return rows_of(sizes, rng.randrange(11, 40, 2), weighty)


def measured(rows: Sequence[Row], batch_size: int, training: bool) -> Memory:
    """The memory that layers of these sizes take: of their tensors after a step of training, or in a forward pass.

    Without training, activations are the most that is there at one time beside weights and images.
    """
    network = network_of(rows)
    parameters = list(network.parameters())
    images = torch.empty(batch_size, INPUTS, device="meta", requires_grad=training)
    optimizer = torch.optim.SGD(parameters or [nn.Parameter(torch.empty(0))], lr=0.1, momentum=0.9)
    if training:
        kept: list[Tensor] = []
        for layer in network:
            layer.register_forward_hook(lambda layer, inputs, output: kept.append(output))
        network(images).sum().backward()
        optimizer.step()
        activations = bytes_of(kept)
    else:
        held = [images, *parameters]
        with torch.no_grad():
            activations = max(bytes_along(lambda: network(images), held, collect=False)) - bytes_of(held)
    momenta = [state["momentum_buffer"] for state in optimizer.state.values()]
    parts: Memory = {
        "weights": bytes_of(parameters),
        "gradients": bytes_of(p.grad for p in parameters if p.grad is not None),
        "optimizer": bytes_of(momenta),
        "activations": activations,
    }
    return parts | {"total": sum(parts.values())}


# predict_memory


@visible_check
def predict_memory(answer: Answer) -> None:
    """Check the memory of some networks with their layers measured, and that the table stays as it is.

    Args:
        answer: your function.
    """
    rng, calls = Random(grading_seed()), []
    for training in (True, False):
        for place, pattern in enumerate((TRAINED, EVALUATED[0]) if training else EVALUATED):
            calls.append(Call(drawn_rows(pattern, rng), 3 + place, training, f"{len(pattern)} layers"))
        alike = rows_of((6, 6, 6, 2), rng.randrange(11, 40, 2), [True] * 4)
        calls.append(Call(alike, 5, training, "layers of which two are alike"))
        calls.append(Call(example(), 10, training, "the worked example", worked_example(training)))
    compare_predict_memory(answer, calls, measured)
    single = drawn_rows((5,), rng)
    compare_predict_memory(
        answer, [Call(single, 2, training, "a single layer") for training in (True, False)], measured
    )
    expect_table_untouched(lambda table: answer(table, 2, True), drawn_rows(TRAINED, rng))


def example() -> list[Row]:
    """The table of the worked example."""
    return [{"kib": 64.0, "params": 1000}, {"kib": 16.0, "params": 0}, {"kib": 1.0, "params": 5000}]


def worked_example(training: bool) -> Memory:
    """The memory that the worked example comes to."""
    values = (24_000, 24_000, 24_000, 829_440, 901_440) if training else (24_000, 0, 0, 819_200, 843_200)
    return dict(zip(PARTS, map(float, values), strict=True))


def compare_predict_memory(answer: Answer, calls: Sequence[Call], measure: Measure) -> None:
    """Compare predicted bytes, part by part; a mistake is named if it explains a part in all calls of one kind.

    Args:
        answer: the student's function.
        calls: what it is called with.
        measure: says what is right, and what comes of other rows.
    """
    came = [(call, answer(deepcopy(call.table), call.batch_size, call.training)) for call in calls]
    for _, got in came:
        expect_true(
            isinstance(got, dict) and sorted(map(str, got)) == sorted(PARTS),
            what=f"the result is a dict with the keys {', '.join(PARTS)}",
            likely=NO_RETURN if got is None else NO_DICT,
            reread=SECTION,
        )
    known = [call._replace(right=call.right or measure(*call[:3])) for call in calls]
    results = list(zip(known, (got for _, got in came), strict=True))
    with together():
        for _, group in groupby(results, key=lambda result: (result[0].training, len(result[0].table) == 1)):
            same_kind = list(group)
            for part in PARTS[:-1]:
                _expect_part(part, same_kind, measure)
        for call, got in results:
            _expect_total(got, call.right or {}, f"the total (bytes) {_at(call)}")


def _at(call: Call) -> str:
    return f"of {call.case} with batch_size={call.batch_size} and training={call.training}"


def _expect_part(part: str, results: Sequence[tuple[Call, Mapping[str, Any]]], measure: Measure) -> None:
    """Compare one part of what came of several calls."""
    cases = [
        Case(f"the {part} (bytes) {_at(call)}", got[part], float((call.right or {})[part])) for call, got in results
    ]
    if any(_differ(case.came, case.right) for case in cases):
        cases = [
            Case(case.what, case.came, case.right, part_mistakes(part, call, case.right, measure))
            for case, (call, _) in zip(cases, results, strict=True)
        ]
    expect_cases(cases, reread=SECTION, compare=_expect_bytes, differs=_differ)


def _expect_bytes(came: Any, right: float, **told: Any) -> None:
    expect_close(came, right, check_dtype=False, **told)


def _expect_total(got: Mapping[str, Any], right: Memory, what: str) -> None:
    """Compare the total with the sum of the parts that came, so that a mistake in one of them is told once."""
    came = [got[key] for key in PARTS[:-1]]
    if not all(isinstance(part, int | float) or (isinstance(part, Tensor) and part.numel() == 1) for part in came):
        return
    parts = [float(part) for part in came]
    total = sum(parts)
    mistakes: dict[Mistake | str, Any] = {
        NOT_BYTES: [total / 1024, total / 2**20],
        PART_MISSING: [total - part for part in parts],
        PART_TWICE: [total + part for part in (*parts, total)],
    }
    is_right = not _differ(got["total"], right["total"])
    expected = float(right["total"] if is_right else total)
    _expect_bytes(got["total"], expected, what=what, mistakes=mistakes, reread=SECTION)


def _differ(came: Any, right: Any) -> bool:
    return close_difference(came, float(right), Tolerance(), check_dtype=False) is not None


def part_mistakes(part: str, call: Call, right: float, measure: Measure) -> Wrong:
    """What mistakes give for a part; for activations, also one in their unit and another in which rows count."""
    made = memory_mistakes(call, measure)
    wrong: Wrong = {(mistake,): value for mistake, value in made[part].items()}
    if part == "activations":
        units = _wrong_units(right, call.batch_size)
        for rows, value in _wrong_activations(call, measure).items():
            wrong |= {
                (unit, rows): [one * factor / right for one in _values(value) for factor in _values(factors)]
                for unit, factors in units.items()
            }
    return wrong


def _values(value: Any) -> list[float]:
    return value if isinstance(value, list) else [value]


def memory_mistakes(call: Call, measure: Measure) -> dict[str, Causes]:
    """By part, what mistakes give for it."""
    table, batch_size, training, *_ = call
    right = call.right or measure(table, batch_size, training)
    weights, activations = right["weights"], right["activations"]
    of_weights: Causes = {
        TWO_BYTES: weights / 2,
        BITS: 8 * weights,
        ONE_LAYER: [4.0 * max(row["params"] for row in table), 4.0 * table[-1]["params"]],
        NO_FOUR_BYTES: weights / 4,
        EIGHT_BYTES: 2 * weights,
        IN_KIB: weights / 1024,
        IN_MIB: weights / 2**20,
        WEIGHTS_PER_IMAGE: weights * batch_size,
        EQUAL_ONCE: 4.0 * sum({row["params"] for row in table}),
        ONLY_IN_TRAINING: 0.0,
    }
    gradients: Causes
    optimizer: Causes
    if training:
        gradients = {NO_GRADIENTS: 0.0, GRADIENTS_OF_ACTIVATIONS: [activations, weights + activations]} | of_weights
        optimizer = {NO_MOMENTUM: 0.0, ADAM: 2 * weights} | of_weights
    else:
        gradients = optimizer = {WITHOUT_TRAINING: [weights, 2 * weights, activations]}
    of_activations = _wrong_activations(call, measure) | _wrong_units(activations, batch_size)
    return {"weights": of_weights, "gradients": gradients, "optimizer": optimizer, "activations": of_activations}


def _wrong_units(activations: float, batch_size: int) -> Causes:
    return {
        KIB_OF_1000: activations / 1.024,
        STILL_KIB: activations / 1024,
        FOUR_TIMES: [4 * activations, activations / 256],
        BITS: [8 * activations, 32 * activations],
        ONE_IMAGE: activations / batch_size,
    }


def _wrong_activations(call: Call, measure: Measure) -> Causes:
    """What comes of looking at other rows: the activations of a network that has only those."""
    table, batch_size, training, *_ = call

    def taken(rows: Sequence[Row], training: bool = training) -> float:
        return measure(rows, batch_size, training)["activations"] if rows else 0.0

    if len(table) == 1:
        return {} if training else {NO_PAIR: 0.0}
    by_size = sorted(table, key=lambda row: float(row["kib"]))
    cut = [row | {"kib": int(row["kib"])} for row in table if row["kib"] >= 1]
    causes: Causes = {
        LARGEST_ONLY: taken(by_size[-1:]),
        EQUAL_ONCE: taken(list({row["kib"]: row for row in table}.values())),
        CUT_KIB: taken(cut) if training or len(cut) == len(table) else [],
        WITHOUT_PARAMETERS: taken([row for row in table if row["params"]]),
    }
    if training:
        return causes | {
            ALL_KEPT: taken(table, training=False),
            WITH_GRADIENTS: 2 * taken(table),
            NOT_ALL_ROWS: [taken(table[1:]), taken(table[:-1])],
        }
    at = table.index(by_size[-1])
    beside = [taken(table[max(0, at - 1) : at + 1]), taken(table[at : at + 2])]
    pairs = [taken(pair) for pair in pairwise(table)]
    return causes | {
        LET_GO: taken(table, training=True),
        TWO_LARGEST: taken(by_size[-2:]),
        NEXT_TO_LARGEST: [*beside, sorted(beside)[-1]],
        SMALLEST_PAIR: sorted(pairs)[0],
        ALL_PAIRS: sum(pairs),
        EVERY_SECOND: sorted(pairs[::2])[-1],
        # Of the only pair nothing is left, and what comes then is the student's affair.
        FIRST_LEFT_OUT: taken(table[1:]) if len(pairs) > 1 else [],
        LAST_LEFT_OUT: taken(table[:-1]) if len(pairs) > 1 else [],
        LAST_TWO: taken(table[-2:]),
        FIRST_TWO: taken(table[:2]),
        WRAPPED: [taken([table[-1], table[0]]), sorted([taken([table[-1], table[0]]), *pairs])[-1]],
    }


def expect_table_untouched(call: Callable[[list[Row]], Any], table: list[Row]) -> None:
    """Check that a call leaves its table as it was; one of the two orders is not sorted."""
    for rows in (table, table[::-1]):
        given = deepcopy(rows)
        call(given)
        expect_true(given == rows, what="the table stays as it is", likely=TABLE_CHANGED, reread=SECTION)


# largest_batch

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


class Budget(NamedTuple):
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
        Budget(example(), budget, True, images, "the worked example")
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


def budgets_for(table: list[Row], images: int, training: bool, measure: Measure, case: str) -> list[Budget]:
    """Three budgets that fit just so many images: with room for most of another, and none."""
    least, next_one = (int(measure(table, number, training)["total"]) for number in (images, images + 1))
    budgets = ((least + next_one) // 2 + (next_one - least) // 4, least, next_one - 1)
    return [Budget(table, budget, training, images, case) for budget in budgets]


def too_small(table: list[Row], training: bool, measure: Measure, case: str) -> list[Budget]:
    """Budgets that fit no image, or one."""
    one = measure(table, 1, training)
    fixed, total = int(one["total"] - one["activations"]), int(one["total"])
    budgets = ((fixed // 3, 0), (fixed, 0), (total - 1, 0), (total, 1), (1, 0))
    return [Budget(table, budget, training, images, case) for budget, images in budgets]


def compare_batches(answer: Answer, budgets: Sequence[Budget], measure: Measure) -> None:
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
    expect_cases(cases, reread=BATCH_SECTION)


def _wrong_batches(came: Sequence[Any], budgets: Sequence[Budget], measure: Measure) -> Iterator[Wrong]:
    """For each budget, what mistakes give instead of the largest batch, also where it may be negative besides."""
    for _, group in groupby(zip(came, budgets, strict=True), key=lambda pair: (id(pair[1].table), pair[1].training)):
        same = list(group)
        table, training = same[0][1].table, same[0][1].training
        right, prices = _price(measure(table, 1, training)), _wrong_prices(table, training, measure)
        for got, one in same:
            number = float(got) if isinstance(got, int | float) and not isinstance(got, bool) else 0.0
            below = not one.images and number < 0
            causes: Causes = {
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


def _wrong_roundings(images: int, *, exactly: bool) -> Causes:
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
        values = [_values(by_part[part].get(mistake, memory[part])) or [memory[part]] for part in PARTS[:-1]]
        for place in range(max(map(len, values))):
            made = (each[min(place, len(each) - 1)] for each in values)
            prices.setdefault(mistake, [Price(fixed, per_image)]).append(_price(dict(zip(PARTS, made, strict=False))))
    return prices
