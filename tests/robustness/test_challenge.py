"""A network that is dressed up gets what it gets undressed, and no place on the leaderboard."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.robustness.conftest import GradedClass, files_of
from tests.robustness.corpus import Case, CaseKind
from tests.robustness.corpus.challenge import CHALLENGE, networks

HONEST = Case("honest", CaseKind.NOISY, "Is an honest network.", earned=CHALLENGE.marks, topic=CHALLENGE)


def test_an_honest_network_gets_its_marks_and_its_place(graded_class: GradedClass) -> None:
    result = graded_class.grade(HONEST)[HONEST.name]
    assert {each.id: each.score for each in result.exercises} == CHALLENGE.marks, result
    entry = {value.name: value.value for value in result.leaderboard}
    assert entry.pop("accuracy") > 0.9
    assert entry == {"parameters": 2410, "MACs": 2368}


@pytest.mark.parametrize("case", networks(), ids=str)
def test_dressing_up_gains_nothing(case: Case, graded_class: GradedClass, temporary: Path) -> None:
    before = files_of(graded_class.course)
    result = graded_class.grade(case)[case.name]
    assert {each.id: each.score for each in result.exercises} == case.earned, result
    assert result.leaderboard == ()
    assert files_of(graded_class.course) == before
    assert list(temporary.iterdir()) == []
