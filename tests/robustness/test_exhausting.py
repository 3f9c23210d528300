"""An answer that uses up time, memory, processes, disk or patience costs its own exercise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.robustness.conftest import NEIGHBOUR, SHORT, GradedClass
from tests.robustness.corpus import Case, CaseKind, cases
from tests.robustness.corpus.small_topic import FULL_MARKS


@pytest.mark.parametrize("case", cases(CaseKind.EXHAUSTING), ids=str)
def test_exhaustion_costs_that_exercise_alone(case: Case, graded_class: GradedClass, temporary: Path) -> None:
    results = graded_class.grade(case, NEIGHBOUR, seconds=SHORT)
    assert {each.id: each.score for each in results[case.name].exercises} == case.earned, results[case.name]
    assert {each.id: each.score for each in results[NEIGHBOUR.name].exercises} == FULL_MARKS
    assert list(temporary.iterdir()) == []
