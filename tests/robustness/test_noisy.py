"""Right answers get full marks, whatever noise they come with."""

from __future__ import annotations

import pytest

from tests.robustness.conftest import GradedClass
from tests.robustness.corpus import Case, CaseKind, cases


@pytest.mark.parametrize("case", cases(CaseKind.NOISY), ids=str)
def test_noise_costs_nothing_and_is_no_problem(case: Case, graded_class: GradedClass) -> None:
    result = graded_class.grade(case)[case.name]
    assert {each.id: each.score for each in result.exercises} == case.earned, result
    assert any(case.problem in problem for problem in result.problems) if case.problem else result.problems == ()
