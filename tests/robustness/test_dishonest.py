"""A wrong answer that interferes with how it is judged gets what the same wrong answer gets without that."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.robustness.conftest import NEIGHBOUR, SENTINEL, GradedClass, files_of, processes_left
from tests.robustness.corpus import Case, CaseKind, cases
from tests.robustness.corpus.small_topic import FULL_MARKS


@pytest.mark.parametrize("case", cases(CaseKind.DISHONEST), ids=str)
def test_dishonesty_gains_nothing_and_leaves_nothing(case: Case, graded_class: GradedClass, temporary: Path) -> None:
    before = files_of(graded_class.course)
    results = graded_class.grade(case, NEIGHBOUR)
    result = results[case.name]
    assert {each.id: each.score for each in result.exercises} == case.earned, result
    assert any(case.problem in problem for problem in result.problems) if case.problem else result.problems == ()
    assert SENTINEL not in repr(result)
    assert {each.id: each.score for each in results[NEIGHBOUR.name].exercises} == FULL_MARKS
    assert files_of(graded_class.course) == before
    assert processes_left() == []
    assert list(temporary.iterdir()) == []
    assert [path for folder in ("/tmp", "/var/tmp", "/dev/shm") for path in Path(folder).glob("robustness-left*")] == []
