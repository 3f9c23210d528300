"""A module in the student's process is told as a network of plain data, and what is told is read with care."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from autograder.boundary.codec import ObjectRef
from autograder.boundary.grader import Remote, StudentError, StudentFailed, StudentLied
from cnnlab.challenge import Weight, weigh
from cnnlab.challenge.trace import trace
from coursekit.checks import CheckFailed
from tests.boundary import conftest
from tests.boundary.test_hostile import HEAD, answered, message

ANSWERS = """
class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(72, 10))

def failing():
    return nn.Sequential(nn.Linear(3, 3))

def sorting(x):
    return x.sort().values
"""


def remote(source: str) -> Remote:
    """A student's names, where the question for a network is answered."""
    return conftest.remote(source, {"network": trace})


def test_a_handle_is_weighed_as_its_module() -> None:
    namespace: dict[str, Any] = {}
    exec("from torch import nn\n" + ANSWERS, namespace)
    assert weigh(remote(ANSWERS).name("Net")()) == weigh(namespace["Net"]()) == Weight(754, 6, 1368, 936, 6)


def test_no_tensor_crosses_for_it() -> None:
    student = remote(ANSWERS)
    net = student.name("Net")()
    net.__question__("network")
    assert student.ask("name", "failing")
    assert sum(student._channel.sizes) < 20_000  # type: ignore[attr-defined]


def test_what_has_no_network_is_refused_with_the_reason() -> None:
    student = remote(ANSWERS)
    with pytest.raises(CheckFailed, match="is a function; it must be"):
        weigh(student.name("sorting"))


def test_an_error_of_the_module_is_an_error_of_the_students_code() -> None:
    with pytest.raises(StudentError, match="mat1 and mat2") as caught:
        weigh(remote(ANSWERS).name("failing")())
    assert isinstance(caught.value, RuntimeError)


HANDLE = message(HEAD, (ObjectRef(1, ("torch.nn.modules.module.Module",), True), None), [])


@pytest.mark.parametrize(
    "told",
    [None, 3, "network", [], {}, {"refused": None}, {"leaves": [], "training": {}, "evaluation": {}}, torch.ones(2)],
    ids=repr,
)
def test_what_is_told_and_is_no_network_is_refused(told: Any) -> None:
    student = answered(HANDLE, message(HEAD, (told, None), []))
    with pytest.raises(CheckFailed, match="no network"):
        weigh(student.name("net"))


def test_a_network_of_a_million_steps_is_a_lie() -> None:
    step = {"operator": "aten.relu.default", "arguments": [("image", 0, 0)], "keywords": {}}
    program = {"steps": [step] * 300_000, "output": ("image", 0, 0)}
    told = {"leaves": [], "training": program, "evaluation": program}
    student = answered(HANDLE, message(HEAD, (told, None), []))
    with pytest.raises(StudentLied):
        weigh(student.name("net"))
    assert isinstance(student.failure, StudentFailed)


def test_a_reason_of_any_length_is_cut() -> None:
    student = answered(HANDLE, message(HEAD, ({"refused": "x" * 10**6}, None), []))
    with pytest.raises(CheckFailed) as caught:
        weigh(student.name("net"))
    assert len(str(caught.value)) < 2000
