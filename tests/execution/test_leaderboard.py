"""A network is judged by what it does in the tests' process, and a test that passed may record it."""

from __future__ import annotations

import pytest

from autograder.execution.processes import Zygote
from autograder.time_limits import TimeLimits
from autograder.verdicts.model import Result, Status
from coursekit.leaderboard import Value
from tests.execution.conftest import Class

SOURCE = '''\
# %% given="setup"
import torch

from cnnlab.challenge import Entry, record, weigh
from coursekit.checks import expect_true

# %% exercise="MyNet"
class MyNet(torch.nn.Module):
    """Maps images, shape (N, 1, 8, 8), to scores, shape (N, 10)."""
    ### BEGIN SOLUTION
    def __init__(self, num_classes=10):
        super().__init__()
        self.layer = torch.nn.Linear(64, num_classes)

    def forward(self, x):
        return self.layer(x.flatten(1))
    ### END SOLUTION

# %% test="MyNet" points=1
weight = weigh(MyNet(num_classes=10))
record(Entry(0.5, weight.params, weight.macs))

# %% hidden_test="MyNet" points=2
weight = weigh(MyNet(num_classes=10))
record(Entry(0.75004, weight.params, weight.macs))
expect_true(weight.params > 100, what="the network has more than 100 parameters")
'''
SMALL = """
class MyNet(torch.nn.Module):
    def __init__(self, num_classes=10):
        super().__init__()
        self.bias = torch.nn.Parameter(torch.zeros(num_classes))

    def forward(self, x):
        return x.flatten(1)[:, :10] + self.bias
"""
RECORDED = (
    Value("accuracy", 0.75, "desc"),
    Value("parameters", 650, "asc"),
    Value("MACs", 640, "asc"),
)


@pytest.fixture(scope="module")
def challenge(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Class:
    return Class(zygote, tmp_path_factory.mktemp("challenge"), SOURCE)


def graded(challenge: Class, **answers: str) -> Result:
    return challenge.grade(challenge.filled(**answers), TimeLimits(cell=20))


def test_what_a_test_records_is_in_the_result(challenge: Class) -> None:
    result = graded(challenge)
    assert result.score == 3
    assert result.leaderboard == RECORDED


def test_a_test_that_does_not_pass_records_nothing(challenge: Class) -> None:
    result = graded(challenge, MyNet=SMALL)
    assert result.score == 1
    assert [(value.name, value.value) for value in result.leaderboard] == [
        ("accuracy", 0.5),
        ("parameters", 10),
        ("MACs", 0),
    ]


def test_what_cannot_take_part_is_told_why(challenge: Class) -> None:
    (exercise,) = graded(challenge, MyNet="MyNet = torch.nn.Identity").exercises
    assert exercise.status is Status.WRONG
    assert "expected shape (64, 10), got shape (64, 1, 8, 8)" in exercise.message
    assert "expected shape (64, 10)" in exercise.student_message


def test_an_error_of_the_network_is_an_error_of_the_answer(challenge: Class) -> None:
    (exercise,) = graded(challenge, MyNet="def MyNet(num_classes):\n    return torch.nn.Linear(9, 10)").exercises
    assert exercise.status is Status.CRASHED
    assert "mat1 and mat2 shapes cannot be multiplied" in exercise.message


def test_a_network_that_is_not_written_yet_is_not_attempted(challenge: Class) -> None:
    (exercise,) = graded(challenge, MyNet="def MyNet(num_classes):\n    raise NotImplementedError").exercises
    assert exercise.status is Status.NOT_ATTEMPTED


def test_the_students_process_records_nothing(challenge: Class) -> None:
    forged = "\n\nfrom coursekit import leaderboard\nleaderboard.record([leaderboard.Value('accuracy', 1.0, 'desc')])\n"
    forged += "board.take = lambda: Entry(1.0, 1, 1)"
    assert graded(challenge, MyNet=SMALL + forged).leaderboard[0].value == 0.5
