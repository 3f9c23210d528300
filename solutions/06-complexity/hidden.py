"""What the hidden tests of "Comparing complexity" ask: the visible checks' comparisons, with other examples.

Where visible checks compare with layers that are measured, tables of any numbers come here, with what they cost worked
out. Most exercises have a test of values and one of their contract, which first asks for right values.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

import torch

from cnnlab import challenge
from cnnlab.challenge import Entry
from cnnlab.exercises.complexity import batches, errors, fronts, limits, memory, networks
from cnnlab.exercises.complexity.fronts import points_of
from cnnlab.exercises.complexity.limits import Cost, WorkingLayer, Machine
from cnnlab.exercises.complexity.memory import Call
from cnnlab.tables import table
from coursekit.seeds import grading_seed


# topk_error


def topk_error(answer: Any) -> None:
    """Compare errors of many images and few, in float64 and float32."""
    rng = Random(grading_seed() + 69)
    square = rng.randint(6, 9)
    for n, classes, dtype in [
        (rng.randint(400, 500), rng.randint(11, 14), torch.float64),
        (rng.randint(30, 50), 10, torch.float32),
        (1, rng.randint(3, 5), torch.float64),
        (square, square, torch.float64),
    ]:
        images = errors.drawn_images(n, classes, seed=grading_seed() + classes, dtype=dtype)
        numbers = (3, 1, 2, 5 if classes > 5 else 2, classes - 1, classes)
        errors.compare_topk_error(answer, images, numbers, f"{n} images and {classes} classes")


def topk_error_contract(answer: Any) -> None:
    """Check that a k out of range is refused, and that scores and labels stay as they are."""
    seed = grading_seed() + 70
    images = errors.drawn_images(Random(seed).choice((41, 43, 47, 53)), 7, seed=seed)
    errors.compare_topk_error(answer, images, (2, 6, 4, 3, 1), "7 classes")
    errors.expect_topk_contract(answer, images)


# pareto_front


def right_front(points: Sequence[fronts.Point]) -> list[str]:
    """The front, by walking through the points from the cheapest on; of equally cheap ones the most accurate first."""
    kept, best, price = set(), float("-inf"), None
    order = sorted(
        range(len(points)), key=lambda index: (points[index]["cost"], -points[index]["accuracy"])
    )
    for index in order:
        accuracy, cost = points[index]["accuracy"], points[index]["cost"]
        if accuracy > best or (accuracy, cost) == (best, price):
            kept.add(index)
            best, price = accuracy, cost
    return [point["name"] for index, point in enumerate(points) if index in kept]


def pareto_front(answer: Any) -> None:
    """Compare fronts of points that are made, of random ones with many ties, and of extreme ones."""
    rng = Random(grading_seed() + 70)
    for unit in (1, 1 / 1024):
        made = fronts.made_points(grading_seed() + 70, unit=unit, steps=rng.randint(7, 12))
        fronts.compare_made_front(answer, made, "points", close=unit < 1)
    for number in (rng.randint(12, 16), rng.randint(24, 32), rng.randint(7, 10), 5, 3, 2):
        for spread in (6, 3, 1000):
            names = [f"n{k}" for k in rng.sample(range(100), number)]
            triples = [(name, rng.randint(1, spread), rng.randint(1, spread)) for name in names]
            for unit in (1, 10):
                points = points_of(
                    *((name, accuracy / unit, cost / unit) for name, accuracy, cost in triples)
                )
                case = f"{number} points with values up to {spread / unit:g}"
                fronts.compare_front(answer, points, right_front(points), case)
    fronts.compare_special_fronts(answer, rng.randint(60, 90))
    for case, triples in (
        ("points with negative costs", (("x", 0.5, -3), ("y", 0.5, -3), ("z", 0.4, -4))),
        ("costs far apart", (("high", 90.0, 1e12), ("low", 1e-9, 1e-3), ("both", 90.0, 1e11))),
        ("close points", (("a", 76.131, 4.09e9), ("b", 76.132, 4.0901e9), ("c", 76.13, 4.0899e9))),
    ):
        points = points_of(*triples)
        fronts.compare_front(answer, points, right_front(points), case)


def pareto_front_contract(answer: Any) -> None:
    """Check that the list of points stays as it is, and that points may have further keys."""
    made = fronts.made_points(grading_seed() + 72)
    fronts.compare_made_front(answer, made, "points")
    close = fronts.made_points(grading_seed() + 72, unit=1 / 1024)
    fronts.compare_made_front(answer, close, "points", close=True)
    fronts.compare_special_fronts(answer, 3)
    fronts.expect_front_contract(answer, made)


# predict_memory and largest_batch


def memory_of(rows: Sequence[memory.Row], batch_size: int, training: bool) -> memory.Memory:
    """The bytes that a table predicts."""
    kib = [row["kib"] for row in rows]
    pairs = [a + b for a, b in pairwise(kib)] or kib
    weights = 4 * sum(row["params"] for row in rows)
    parts = {
        "weights": weights,
        "gradients": weights if training else 0,
        "optimizer": weights if training else 0,
        "activations": 1024 * batch_size * (sum(kib) if training else max(pairs)),
    }
    return parts | {"total": sum(parts.values())}


def table_of(*pairs: tuple[float, int]) -> list[memory.Row]:
    """Rows of a table from pairs of KiB and parameters."""
    return [
        {"name": f"layer{k}", "kib": kib, "params": params} for k, (kib, params) in enumerate(pairs)
    ]


def drawn_table(rng: Random, number: int) -> list[memory.Row]:
    """Random rows, half of which have no parameters; one has many, so that these matter in every table."""
    params = [rng.choice([0, rng.randint(1, 10**6)]) for _ in range(number)]
    params[rng.randrange(number)] = rng.randint(10**5, 10**6)
    return table_of(*((rng.randint(1, 4000) / 16, count) for count in params))


def predict_memory_training(answer: Any) -> None:
    """Compare what training takes."""
    rng = Random(grading_seed() + 71)
    calls = _drawn_calls(rng, True)
    calls.append(Call(table_of((2.5, 0), (1.25, 0)), 4, True, "layers without parameters"))
    calls.append(Call(vgg16(), 32, True, "VGG-16"))
    memory.compare_predict_memory(answer, calls, memory_of)


def predict_memory_inference(answer: Any) -> None:
    """Compare what inference takes; the largest pair stands at each place in turn."""
    rng = Random(grading_seed() + 72)
    calls = _drawn_calls(rng, False)
    for index in range(4):
        kib = [3.0, 5.0, 4.0, 2.0, 6.0]
        kib[index] += 50
        kib[index + 1] += 40
        calls.append(Call(table_of(*((k, 7) for k in kib)), 5, False, f"layers of {kib} KiB"))
    peaks = table_of((90.0, 5), (1.0, 0), (1.0, 0), (80.0, 4), (60.0, 0))
    calls += [Call(peaks, 4, False, "two peaks"), Call(vgg16(), 32, False, "VGG-16")]
    memory.compare_predict_memory(answer, calls, memory_of)


def predict_memory_contract(answer: Any) -> None:
    """Check a single layer, rows with further keys, and that the table stays as it is."""
    rng = Random(grading_seed() + 73)
    calls = []
    for training in (True, False):
        patterns = [memory.drawn_rows(pattern, rng) for pattern in memory.EVALUATED]
        calls += [Call(rows, 3, training, f"{len(rows)} layers") for rows in patterns]
        alike = table_of(*[(6.5, 70)] * 2, (6.5, 8))
        further = [row | {"macs": 5, "kind": "conv"} for row in drawn_table(rng, 2)]
        calls.append(Call(alike, 3, training, "layers that are alike"))
        calls.append(Call(further, 6, training, "rows with further keys"))
        calls.append(Call(drawn_table(rng, 1), 3, training, "a single layer"))
    memory.compare_predict_memory(answer, calls, memory_of)
    memory.expect_table_untouched(lambda rows: answer(rows, 2, True), drawn_table(rng, 4))


def _drawn_calls(rng: Random, training: bool) -> list[Call]:
    """Tables of many layers and few, with one image and with several."""
    return [
        Call(drawn_table(rng, number), batch, training, f"{number} layers")
        for number in (rng.randint(20, 28), rng.randint(5, 7), 4, 3, 2)
        for batch in (1, rng.choice([2, 7, 64]))
    ]


def vgg16() -> list[memory.Row]:
    """The layers of VGG-16."""
    return [
        {"kib": row["kib"], "params": row["weights"] + row["biases"]}
        for row in table("vgg16_layers")
    ]


def largest_batch(answer: Any) -> None:
    """Compare batches for budgets with room for part of another image, and with none."""
    rng = Random(grading_seed() + 74)
    budgets = []
    for number in (rng.randint(9, 14), rng.randint(4, 7), 2, 1):
        rows = table_of(
            *(
                (rng.randint(1, 400) / 4, rng.choice([0, rng.randint(1, 10**5)]))
                for _ in range(number)
            )
        )
        rows[-1]["params"] += 10**5
        budgets += _budgets(rows, (rng.randint(70, 900), rng.randint(70, 900)))
    tiny, one = table_of((1.0, 7), (0.25, 3)), table_of((1.0, 1))
    many, some = rng.randint(20_000, 40_000), rng.randint(900, 1000)
    budgets += batches.budgets_for(tiny, many, False, memory_of, "two tiny layers")
    budgets += batches.budgets_for(one, some, True, memory_of, "one layer")
    batches.compare_batches(answer, budgets, memory_of)


def largest_batch_contract(answer: Any) -> None:
    """Check that the table stays as it is."""
    rng = Random(grading_seed() + 75)
    rows = drawn_table(rng, 5)
    budgets = _budgets(rows, (rng.randint(1100, 1300), rng.randint(600, 900)))
    batches.compare_batches(answer, budgets, memory_of)
    memory.expect_table_untouched(lambda table: answer(table, 10**7, False), rows)


def _budgets(rows: list[memory.Row], images: tuple[int, int]) -> list[batches.BudgetCase]:
    """Budgets for so many images in training and in inference, and some that fit none."""
    case = f"{len(rows)} layers"
    return [
        budget
        for number, training in zip(images, (True, False), strict=True)
        for budget in (
            *batches.budgets_for(rows, number, training, memory_of, case),
            *batches.too_small(rows, training, memory_of, case),
        )
    ]


# arithmetic_intensity and roofline_seconds


def layer(macs: int, params: int, inputs: int, outputs: int, batch_size: int) -> WorkingLayer:
    """A layer with these numbers for one image, and what it costs for a batch."""
    row = {"macs": macs, "params": params, "inputs": inputs, "outputs": outputs}
    one, batch = (
        Cost(2 * n * macs, 4 * params, 4 * n * inputs, 4 * n * outputs) for n in (1, batch_size)
    )
    return WorkingLayer(row, batch_size, batch, one)


def drawn_layer(rng: Random, batch_size: int) -> WorkingLayer:
    """A layer with random numbers."""
    return layer(*(rng.randint(1, 10**exponent) for exponent in (9, 7, 6, 6)), batch_size)


def arithmetic_intensity(answer: Any) -> None:
    """Compare the intensities of random layers."""
    rng = Random(grading_seed() + 76)
    drawn = [drawn_layer(rng, rng.choice([1, 2, 3, 32, 1000])) for _ in range(8)]
    special = [
        (layer(7, 0, 5, 2, 3), "a layer without parameters"),
        (layer(0, 128, 64, 64, 16), "a batch norm"),
    ]
    limits.compare_intensities(answer, [*((one, "a random layer") for one in drawn), *special])


def arithmetic_intensity_contract(answer: Any) -> None:
    """Check that the row stays as it is, and may have further keys."""
    rng = Random(grading_seed() + 77)
    drawn = [drawn_layer(rng, batch_size) for batch_size in (5, 3)]
    limits.compare_intensities(answer, [(one, "a random layer") for one in drawn])
    limits.expect_row_untouched(answer, drawn_layer(rng, 3))


def _longer(index: int, times: limits.Times) -> float:
    return max(times)


def roofline_seconds(answer: Any) -> None:
    """Compare the seconds of random layers on machines with all kinds of limits."""
    rng = Random(grading_seed() + 78)
    runs = []
    for number in (rng.randint(4, 5), rng.randint(15, 22), 2, 1):
        for batch in (rng.randint(2, 100), 1):
            layers = [drawn_layer(rng, batch) for _ in range(number)]
            idle = [
                (0, rng.choice([0, 64]), rng.randint(1, 10**6), rng.randint(1, 10**6))
                for _ in range(number // 2)
            ]
            layers += [layer(*numbers, batch) for numbers in idle]
            machines = [(1e11, 1e10), (1e9, 1e12), (1e13, 1e8), (6e13, 3e12)]
            case = f"{len(layers)} layers"
            runs += [limits.Run(layers, batch, Machine(*machine), case) for machine in machines]
    limits.compare_seconds(answer, runs, _longer)


def roofline_seconds_contract(answer: Any) -> None:
    """Check the time of no layers, and that the list stays as it is."""
    rng = Random(grading_seed() + 79)
    # The slowest is neither the first nor the last; two wait for memory, whichever limit is taken for the other.
    waiting = [layer(rng.randint(700, 900) * n, 128, 64, 10**3 * n, 3) for n in (1, 2)]
    slowest = layer(rng.randint(10**7, 10**8), 128, 64, 1000, 3)
    layers, machine = [waiting[0], slowest, waiting[1], layer(0, 0, 500, 200, 3)], Machine(1e9, 1e8)
    for run in (
        limits.Run(layers, 3, machine, "4 layers"),
        limits.Run([], 3, machine, "no layers"),
    ):
        limits.compare_seconds(answer, [run], _longer)
    limits.expect_list_untouched(answer, layers, machine)


# MyNet


def MyNet(answer: Any) -> None:  # noqa: N802
    """Train the network with the seed of grading, and enter it on the leaderboard if it is good."""
    entry = challenge.compete(answer(), grading_seed() + 75)
    networks.expect_accuracy(answer, entry, 0.97)
    challenge.record(entry)


def MyNet_best(answer: Any) -> None:  # noqa: N802
    """Ask for more accuracy, with the same seed."""
    networks.expect_accuracy(answer, challenge.compete(answer(), grading_seed() + 75), 0.985)
