"""What given cells define is the same for every test, whatever the student's code does to it."""

from __future__ import annotations

import pytest

from autograder.execution.authored import Authored
from autograder.execution.grader import Given, run_test
from tests.boundary.conftest import remote

GIVEN = """
import torch

SIZES = [3, 4]
COSTS = {"conv": [1, 2], "fc": [30]}
BATCH = torch.ones(4, dtype=torch.float64)
"""
TESTS = {
    "list": "assert total(SIZES) == sum(SIZES)",
    "nested": "assert total(COSTS) == sum(sum(costs) for costs in COSTS.values())",
    "tensor": "assert float(total(BATCH)) == float(BATCH.sum())",
    "expected before": "expected = sum(SIZES)\nassert total(SIZES) == expected",
    "not changed now": "assert total(0) == sum(SIZES)",
}
CHANGES = """
def total(costs):
    if isinstance(costs, list):
        costs.clear()
    elif isinstance(costs, dict):
        costs["conv"].clear()
        costs["fc"].clear()
    elif isinstance(costs, torch.Tensor):
        costs.zero_()
    return 0
"""
ADDS = """
def total(costs):
    if isinstance(costs, dict):
        return sum(map(sum, costs.values()))
    return costs.sum() if isinstance(costs, torch.Tensor) else sum(costs) if costs else 7
"""


def statuses(answer: str, *tests: str) -> list[str]:
    """How tests come out, one after the other in one process."""
    student, given = remote(answer), Given([GIVEN])
    requests = ({"test": test, "id": "test_total", "hidden": False, "answers": ["total"]} for test in tests)
    return [run_test(request, student, given, Authored(()))["status"] for request in requests]


@pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
def test_code_that_empties_it_does_not_agree_with_it(test: str) -> None:
    spoils = "total(SIZES), total(COSTS), total(BATCH)"
    assert statuses(CHANGES, spoils, test, test) == ["passed", "wrong", "wrong"]


@pytest.mark.parametrize("test", TESTS.values(), ids=TESTS)
def test_code_that_leaves_it_alone_is_judged_by_it(test: str) -> None:
    assert statuses(ADDS, test, test) == ["passed", "passed"]


def test_code_that_uses_up_its_argument_costs_no_other_test() -> None:
    uses_up = "def total(costs):\n    found = 0\n    while costs:\n        found += costs.pop()\n    return found"
    assert statuses(uses_up, TESTS["expected before"], TESTS["expected before"]) == ["passed", "passed"]


def test_what_a_test_made_is_let_go_when_it_ends() -> None:
    student = remote("def make():\n    return nn.Linear(2, 2)\nnothing = 0")
    test = "net = make()\nweights = list(net.parameters())\ndef use():\n    return weights\nassert len(use()) == 2"
    request = {"test": test, "id": "test_make", "hidden": False, "answers": ["make"]}
    assert run_test(request, student, Given(()), Authored(()))["status"] == "passed"
    assert student.name("nothing") == 0
    assert not student._tensors.numbers()
