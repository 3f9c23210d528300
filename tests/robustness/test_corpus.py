"""The corpus reads like a catalogue, and can be handed to other graders."""

from __future__ import annotations

from collections import Counter

import nbformat

from tests.robustness.corpus import Case, CaseKind, cases
from tests.robustness.corpus.small_topic import FULL_MARKS


def test_every_case_has_a_name_of_its_own_and_a_sentence() -> None:
    assert [name for name, count in Counter(case.name for case in cases()).items() if count > 1] == []
    assert [case.name for case in cases() if not (case.what[:1].isupper() and case.what.endswith("."))] == []


def test_every_dishonest_case_deserves_less_than_full_marks_and_every_noisy_one_all() -> None:
    assert all(sum(case.earned.values()) < sum(FULL_MARKS.values()) for case in cases(CaseKind.DISHONEST))
    assert all(case.earned == FULL_MARKS for case in cases(CaseKind.NOISY))


def test_a_case_is_a_notebook_with_its_answers_and_its_own_cells() -> None:
    case: Case = next(case for case in cases(CaseKind.NOISY) if case.name == "helper_below")
    notebook = nbformat.reads(case.file().decode(), as_version=4)
    sources = [cell.source for cell in notebook.cells]
    assert sources.index(case.answers["standardize"]) < sources.index(case.own_cells[0].source)
