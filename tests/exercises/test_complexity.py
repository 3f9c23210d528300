"""The examples of "Comparing complexity" are what their checks take them to be, whatever the seed."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest
import torch

from cnnlab.exercises.complexity.errors import drawn_images
from cnnlab.exercises.complexity.fronts import Point, made_points
from cnnlab.exercises.complexity.limits import ARITHMETIC, MEMORY, RIDGE, convolution, pool, small_layer
from cnnlab.exercises.complexity.memory import EVALUATED, TRAINED, drawn_rows, measured

SEEDS = range(0, 200, 7)


def beats(one: Point, other: Point) -> bool:
    as_good = one["accuracy"] >= other["accuracy"] and one["cost"] <= other["cost"]
    return as_good and (one["accuracy"], one["cost"]) != (other["accuracy"], other["cost"])


@pytest.mark.parametrize("unit", [1, 1 / 512])
@pytest.mark.parametrize("seed", SEEDS)
def test_points_are_beaten_by_those_that_are_said_to_beat_them(seed: int, unit: float) -> None:
    made = made_points(seed, unit=unit)
    beaten_by = {
        point["name"]: sorted(other["name"] for other in made.points if beats(other, point)) for point in made.points
    }
    assert {name for name, others in beaten_by.items() if not others} == made.front
    assert {name: sorted(others) for name, others in made.beaten_by.items()} == {
        name: others for name, others in beaten_by.items() if others
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_a_beaten_point_stands_before_and_another_after_all_that_beat_it(seed: int) -> None:
    made = made_points(seed)
    names = [point["name"] for point in made.points]
    sides = [{names.index(other) < names.index(name) for other in others} for name, others in made.beaten_by.items()]
    assert {True} in sides and {False} in sides


@pytest.mark.parametrize("seed", SEEDS)
def test_a_label_has_the_rank_that_was_drawn(seed: int) -> None:
    scores, labels, rank = drawn_images(30, 7, seed=seed)
    assert torch.equal((scores > scores.gather(1, labels[:, None])).sum(dim=1), rank)


@pytest.mark.parametrize("pattern", [TRAINED, *EVALUATED])
def test_measured_memory_is_that_of_the_definition(pattern: tuple[int, ...]) -> None:
    rows = drawn_rows(pattern, Random(3))
    kib = [row["kib"] for row in rows]
    weights = 4 * sum(row["params"] for row in rows)
    training, inference = (measured(rows, 5, way) for way in (True, False))
    assert training == {
        "weights": weights,
        "gradients": weights,
        "optimizer": weights,
        "activations": 5 * 1024 * sum(kib),
        "total": 3 * weights + 5 * 1024 * sum(kib),
    }
    pairs = [a + b for a, b in pairwise(kib)]
    assert (inference["activations"], inference["gradients"]) == (5 * 1024 * max(pairs), 0)


@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize("seed", SEEDS)
def test_layers_wait_for_what_the_check_says_even_if_they_are_miscounted(seed: int, batch_size: int) -> None:
    rng = Random(seed)
    for kind, limit in ((small_layer, MEMORY), (convolution, ARITHMETIC), (pool, MEMORY)):
        cost = kind(rng, batch_size).cost
        least = min(cost.inputs + cost.outputs, cost.params + cost.outputs, cost.params + cost.inputs)
        if limit == MEMORY:
            assert cost.flop <= RIDGE * min(least, cost.bytes / 4)
        else:
            assert cost.flop / 2 >= RIDGE * cost.bytes
