"""Whatever comes in the place of a network is refused with a sentence, or runs within bounds."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
import torch

from cnnlab.challenge import weight
from cnnlab.challenge.operators import BATCH_NORM, OPERATORS
from cnnlab.challenge.program import BATCH, MAX_INT, MAX_LEAVES, read
from cnnlab.challenge.refusal import Refused
from cnnlab.challenge.running import Rebuilt
from cnnlab.challenge.trace import trace
from cnnlab.challenge.weight import check_budget, weight_of
from cnnlab.training import generator
from coursekit.checks import CheckFailed
from tests.challenge.networks import NETWORKS, conv

Data = dict[str, Any]
IMAGE, LEAF = ("image", 0, 0), ("leaf", 0, 0)


def test_no_operator_changes_what_it_reads() -> None:
    assert [name for name, operator in OPERATORS.items() if operator.aten._schema.is_mutable] == []


def test_every_operator_is_what_its_name_says() -> None:
    assert all(str(operator.aten) == name for name, operator in OPERATORS.items())


def step(operator: str, *arguments: Any, **keywords: Any) -> Data:
    return {"operator": f"aten.{operator}", "arguments": list(arguments), "keywords": keywords}


def network(*steps: Data, leaves: tuple[Any, ...] = (), **others: Any) -> Data:
    """A network that takes these steps in both modes; what it returns has ten scores if the last step's result has."""
    program = {"steps": list(steps), "output": ("step", len(steps) - 1, 0)}
    return {"leaves": list(leaves), "training": program, "evaluation": program, **others}


def leaf(*shape: int, trainable: bool = True, mean: float = 0.0, deviation: float = 1.0) -> Data:
    return {"shape": shape, "trainable": trainable, "mean": mean, "deviation": deviation}


FLAT = step("view.default", IMAGE, [-1, 64])
FINE = network(FLAT, step("slice.Tensor", ("step", 0, 0), 1, 0, 10))


def test_numbers_are_read_to_three_digits() -> None:
    data = network(FLAT, step("clamp.default", ("step", 0, 0), -0.123456, None), step("mul.Scalar", ("step", 1, 0), 7))
    steps = read(data).training.steps
    assert [step.arguments[1:] for step in steps] == [[[-1, 64]], [-0.123, None], [7]]


def test_a_network_written_by_hand_is_as_good_as_another() -> None:
    assert weight_of(read(FINE)).numbers == 0


NO_NETWORKS: dict[str, Any] = {
    "nothing": None,
    "text": "network",
    "an entry": {"accuracy": 1.0, "params": 1, "macs": 1},
    "a reason that is none": {"refused": 3},
    "leaves that are no list": {**FINE, "leaves": ()},
    "leaves that are none": {**FINE, "leaves": [3]},
    "a leaf of text": {**FINE, "leaves": [leaf() | {"mean": "0"}]},
    "a leaf with another field": {**FINE, "leaves": [leaf() | {"values": [1.0]}]},
    "a leaf in another order": {**FINE, "leaves": [dict(reversed(leaf().items()))]},
    "a program that is none": {**FINE, "training": [FLAT]},
    "steps that are none": {**FINE, "training": {"steps": [None], "output": IMAGE}},
    "a step of text": network(FLAT | {"arguments": "x"}),
    "an output that is none": {**FINE, "training": {"steps": [], "output": 3}},
    "a reference of two": network(step("relu.default", ("image", 0))),
    "a reference to elsewhere": network(step("relu.default", ("file", 0, 0))),
    "a reference by name": network(step("relu.default", ("leaf", "0", 0))),
}


@pytest.mark.parametrize("data", NO_NETWORKS.values(), ids=NO_NETWORKS)
def test_what_is_no_network_is_refused(data: object) -> None:
    with pytest.raises(Refused, match="is no network"):
        read(data)


BEYOND: dict[str, tuple[Data, str]] = {
    "an operator that is not allowed": (network(step("as_strided.default", IMAGE, [10**9], [1])), "as_strided"),
    "an operator that does not exist": (network(step("__import__.os", IMAGE)), "which no network"),
    "an operator in place": (network(step("relu_.default", IMAGE)), "aten.relu_"),
    "a million steps": (network(*[FLAT] * 10**6), "takes 1000000 steps"),
    "a million leaves": ({**FINE, "leaves": [leaf(1)] * 10**6}, f"{MAX_LEAVES} are allowed"),
    "a leaf beyond all sizes": ({**FINE, "leaves": [leaf(2**40, 2**40)]}, "no possible shape"),
    "a leaf of negative size": ({**FINE, "leaves": [leaf(-1)]}, "no possible shape"),
    "a leaf of many axes": ({**FINE, "leaves": [leaf(*[1] * 100)]}, "no possible shape"),
    "a leaf of no number": ({**FINE, "leaves": [leaf(1, mean=float("nan"))]}, "not finite"),
    "a leaf of infinite spread": ({**FINE, "leaves": [leaf(1, deviation=float("inf"))]}, "not finite"),
    "a leaf of negative spread": ({**FINE, "leaves": [leaf(1, deviation=-1.0)]}, "not finite"),
    "a later step": (network(step("relu.default", ("step", 0, 0))), "what is not there"),
    "a leaf that is not there": (network(step("relu.default", LEAF)), "what is not there"),
    "a negative leaf": (network(step("relu.default", ("leaf", -1, 0))), "what is not there"),
    "too many arguments": (network(step("relu.default", IMAGE, 1)), "does not take"),
    "an unknown keyword": (network(step("relu.default", IMAGE, out=IMAGE)), "does not take"),
    "a place by name": (network(step("relu.default", self=IMAGE)), "does not take"),
    "another dtype": (network(step("sum.default", IMAGE, dtype=7)), "does not take"),
    "a device": (network(step("zeros_like.default", IMAGE, device="meta")), "does not take"),
    "a number beyond all sizes": (network(step("repeat.default", IMAGE, [2**62, 1, 1, 1])), "does not take"),
    "a window beyond all sizes": (network(step("avg_pool2d.default", IMAGE, [1000, 1000])), "does not take"),
    "a negative window": (network(step("avg_pool2d.default", IMAGE, [2, 2], [-1, -1])), "does not take"),
    "text for a number": (network(step("leaky_relu.default", IMAGE, "0.1")), "does not take"),
    "text that is no option": (network(step("gelu.default", IMAGE, approximate="x" * 10**6)), "does not take"),
    "a number for running statistics": (
        network(step("native_batch_norm.default", IMAGE, None, None, 0.0, 1.0, True, 0.1, 1e-5)),
        "does not take",
    ),
    "nothing to work on": (network(step("pow.Scalar", 2, 3)), "reads no tensor"),
}


@pytest.mark.parametrize(("data", "sentence"), BEYOND.values(), ids=BEYOND)
def test_what_is_beyond_the_rules_is_refused_before_it_runs(data: Data, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        read(data)


ONE = leaf(1, trainable=False)


def norm(mean: Any = LEAF, var: Any = ("leaf", 1, 0), training: bool = False) -> Data:
    """A batch norm of the image."""
    return step("native_batch_norm.default", IMAGE, None, None, mean, var, training, 0.1, 1e-5)


MISFITS: dict[str, tuple[Data, str]] = {
    "an output that is not there": (
        network(FLAT) | {"training": {"steps": [FLAT], "output": ("step", 0, 3)}},
        "returns",
    ),
    "a result that is not there": (network(FLAT, step("relu.default", ("step", 0, 9))), "cannot be run"),
    "whole numbers": (network(step("max.dim", IMAGE, 2), step("relu.default", ("step", 0, 1))), "no floating-point"),
    "a shape that does not fit": (network(step("view.default", IMAGE, [7, 7])), "aten.view.default cannot be run"),
    "too few arguments": (network(step("native_batch_norm.default", IMAGE)), "cannot be run"),
    "many axes": (network(step("view.default", IMAGE, [-1, *[1] * 15])), "more than 8 axes"),
    "statistics beyond all sizes": (
        network(norm(training=True), leaves=(leaf(2**38), leaf(2**38))),
        "running statistics",
    ),
    "statistics that evaluation changes": (network(norm(training=True), leaves=(ONE, ONE)), "changes its running"),
    "one tensor for mean and variance": (network(norm(LEAF, LEAF), leaves=(ONE,)), "no tensors of their own"),
    "statistics that are computed": (network(norm(IMAGE, LEAF), leaves=(ONE,)), "no tensors of their own"),
    "statistics that scale": (
        network(
            step("native_batch_norm.default", IMAGE, LEAF, None, LEAF, ("leaf", 1, 0), False, 0.1, 1e-5),
            leaves=(ONE,) * 2,
        ),
        "read by other operators",
    ),
    "statistics for an output": (
        network(norm(), leaves=(ONE, ONE)) | {"training": {"steps": [norm()], "output": LEAF}},
        "read by other operators",
    ),
    "a thousand results": (
        network(step("expand.default", IMAGE, [-1, 1000, -1, -1]), step("unbind.int", ("step", 0, 0), 1)),
        "1000 tensors; 256 are allowed",
    ),
    "statistics that are read": (
        network(norm(), step("add.Tensor", ("step", 0, 0), LEAF), leaves=(ONE, ONE)),
        "read by other operators",
    ),
}


@pytest.mark.parametrize(("data", "sentence"), MISFITS.values(), ids=MISFITS)
def test_what_does_not_fit_together_is_refused_without_values(data: Data, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        weight_of(read(data))


def test_running_statistics_are_as_long_as_there_are_channels() -> None:
    data = network(norm(), leaves=(leaf(2**38), leaf(2**38)))
    with pytest.raises(Refused, match="cannot be run"):
        weight_of(read(data))


LARGE: dict[str, Data] = {
    "a hundred gigabytes": network(step("repeat.default", IMAGE, [1, 400_000, 1, 1])),
    "a hundred gigabytes in a view": network(
        step("expand.default", IMAGE, [-1, 400_000, -1, -1]), step("sum.default", ("step", 0, 0))
    ),
    "a view that grows": network(
        step("expand.default", IMAGE, [-1, 1_000, -1, -1]),
        step("unsqueeze.default", ("step", 0, 0), 0),
        step("expand.default", ("step", 1, 0), [1_000, -1, -1, -1, -1]),
        step("mean.default", ("step", 2, 0)),
    ),
    "a padded image": network(step("constant_pad_nd.default", IMAGE, [100_000, 100_000], 0.0)),
    "an enlarged image": network(step("upsample_nearest2d.default", IMAGE, [100_000, 100_000], None, None)),
    "a tensor of one number": network(step("new_full.default", IMAGE, [1_000_000, 1_000_000], 0.0)),
    "large windows": network(
        *(step("avg_pool2d.default", ("step", n - 1, 0) if n else IMAGE, [63, 63], [1, 1], [31, 31]) for n in range(9))
    ),
    "large windows, told by one number": network(
        *(step("avg_pool2d.default", ("step", n - 1, 0) if n else IMAGE, [63], [1], [31]) for n in range(9))
    ),
    "many windows": network(step("im2col.default", IMAGE, [8, 8], [1, 1], [60, 60], [1, 1])),
    "a table of products": network(
        step("view.default", IMAGE, [-1, 64, 1]),
        step("view.default", IMAGE, [-1, 1, 64]),
        *[step("mul.Tensor", ("step", 0, 0), ("step", 1, 0))] * 50,
    ),
}


@pytest.mark.parametrize("data", LARGE.values(), ids=LARGE)
def test_what_would_take_memory_or_time_is_over_budget_without_taking_it(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weight, "_check_output", lambda output, batch: None)
    with pytest.raises(Refused, match=r"numbers handled|cannot be run"):
        check_budget(weight_of(read(data)))


VALUES = [0, 1, -1, 2, 3, 7, 8, 63, 64, 65, 4096, -4096, MAX_INT, -MAX_INT, 0.5, -1e30, float("nan"), float("inf")]


def damaged(data: Data, rng: random.Random) -> Data:
    """The same network with a few things in it changed."""
    changed = copy.deepcopy(data)
    for _ in range(rng.randint(1, 3)):
        program = changed[rng.choice(["training", "evaluation"])]
        victim = rng.choice(program["steps"])
        match rng.randrange(5):
            case 0 if victim["arguments"]:
                place = rng.randrange(len(victim["arguments"]))
                victim["arguments"][place] = _replaced(victim["arguments"][place], changed, program, rng)
            case 1:
                victim["operator"] = rng.choice(list(OPERATORS))
            case 2 if changed["leaves"]:
                shape = rng.choice(changed["leaves"])
                shape["shape"] = tuple(rng.choice([1, 2, 3, 4, 8, 64, 10]) for _ in range(rng.randint(0, 5)))
            case 3:
                victim["arguments"] = victim["arguments"][: rng.randrange(len(victim["arguments"]) + 1)]
            case _:
                program["output"] = _reference(changed, program, rng)
    return changed


def _replaced(value: Any, data: Data, program: Data, rng: random.Random) -> Any:
    if type(value) is list and value and rng.random() < 0.7:
        return [_replaced(item, data, program, rng) if rng.random() < 0.5 else item for item in value]
    if type(value) is tuple or rng.random() < 0.1:
        return _reference(data, program, rng)
    return rng.choice([*VALUES, True, None, [rng.choice(VALUES[:8]) for _ in range(rng.randint(0, 5))]])


def _reference(data: Data, program: Data, rng: random.Random) -> tuple[str, int, int]:
    kind = rng.choice(["image", "leaf", "step", "step"])
    count = {"image": 1, "leaf": len(data["leaves"]), "step": len(program["steps"])}[kind]
    return kind, rng.randrange(max(count, 1)), 0


def outcome(data: Data) -> str:
    """How far a network comes; anything but a sentence on the way is a failure."""
    try:
        network = read(data)
        check_budget(weight_of(network))
    except CheckFailed as refusal:
        assert str(refusal).strip()
        return "refused"
    rebuilt = Rebuilt(network, generator(0))
    try:
        scores = rebuilt.train()(torch.randn(BATCH, 1, 8, 8))
        scores.sum().backward()
        assert scores.shape == (BATCH, 10)
        assert rebuilt.eval()(torch.randn(1, 1, 8, 8)).shape == (1, 10)
    except Refused:
        return "cannot be run"
    except RuntimeError:
        return "cannot be trained"
    return "ran"


def test_damaged_networks_are_refused_or_run() -> None:
    rng = random.Random(0)
    whole = [trace(make()) for make in NETWORKS.values()]
    ends = [outcome(damaged(rng.choice(whole), rng)) for _ in range(1500)]
    assert set(ends) <= {"refused", "cannot be run", "cannot be trained", "ran"}
    assert ends.count("ran") > 40
    assert ends.count("refused") > 100


def test_a_batch_norm_takes_no_statistics_of_another_length() -> None:
    """The kernel itself would write beyond them."""
    data = trace(conv())
    (norm,) = (step for step in data["training"]["steps"] if step["operator"] == BATCH_NORM)
    data["leaves"][norm["arguments"][3][1]]["shape"] = (1,)
    with pytest.raises(Refused, match="cannot be run"):
        weight_of(read(data))
