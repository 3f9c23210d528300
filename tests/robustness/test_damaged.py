"""A notebook that is damaged or confusing gets the marks of the answers that it holds, and a calm sentence."""

from __future__ import annotations

import pytest

from tests.robustness.conftest import GradedClass
from tests.robustness.corpus import Case, CaseKind, cases

ACCUSATIONS = ("cheat", "tamper", "fraud", "manipulat", "dishonest", "suspic", "attack", "Traceback")


@pytest.mark.parametrize("case", cases(CaseKind.DAMAGED), ids=str)
def test_answers_count_whatever_holds_them(case: Case, graded_class: GradedClass) -> None:
    result = graded_class.grade(case)[case.name]
    assert {each.id: each.score for each in result.exercises} == case.earned, result
    if case.problem:
        assert any(case.problem in problem for problem in result.problems), result.problems
    assert all(problem.endswith(".") for problem in result.problems)
    assert not [word for word in ACCUSATIONS if word in " ".join(result.problems)]
