"""How long a test may take: as long as any cell, or as it asks for."""

from __future__ import annotations

import pytest

from autograder.execution.processes import Zygote
from autograder.execution.session import CELL_SECONDS, Seconds
from autograder.topics import Cell, Kind
from autograder.verdicts.model import Status
from tests.execution.conftest import Class

SOURCE = '''\
# %% given="setup"
from cnnlab.checks import expect_equal

# %% exercise="patient"
def patient(x):
    """Twice x, after a while."""
    ### BEGIN SOLUTION
    import time
    time.sleep(2)
    return 2 * x
    ### END SOLUTION

# %% test="patient" points=1 seconds=30
expect_equal(patient(1), 2, what="twice one")

# %% hidden_test="patient" points=2
expect_equal(patient(1), 2, what="twice one")
'''


@pytest.fixture(scope="module")
def patient_class(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Class:
    return Class(zygote, tmp_path_factory.mktemp("patient"), SOURCE)


def test_a_test_has_the_seconds_that_it_asks_for(patient_class: Class) -> None:
    (exercise,) = patient_class.grade(patient_class.filled(), Seconds(cell=1, submission=60)).exercises
    visible, hidden = exercise.tests
    assert (visible.status, hidden.status) == (Status.PASSED, Status.TIMED_OUT)
    assert "for 1 seconds" in hidden.message


def test_a_submission_has_no_more_than_its_own(patient_class: Class) -> None:
    (exercise,) = patient_class.grade(patient_class.filled(), Seconds(cell=1, submission=1)).exercises
    assert {test.status for test in exercise.tests} == {Status.TIMED_OUT}


@pytest.mark.parametrize(
    ("cell", "asked", "seconds"),
    [(CELL_SECONDS, 0, 20), (CELL_SECONDS, 60, 60), (3, 60, 60), (3, 1, 3), (3 * CELL_SECONDS, 60, 180)],
)
def test_a_slower_place_gives_a_test_more_in_proportion(cell: float, asked: float, seconds: float) -> None:
    assert Seconds(cell=cell).of(Cell("test_f", Kind.TEST, "", seconds=asked)) == seconds
