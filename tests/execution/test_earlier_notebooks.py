"""Notebooks that were handed out in an earlier form are graded as those of today are.

They have a cell for each hidden test, which says only that it runs in grading, and explain a quiz's answer in a cell
below it.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell

from autograder.execution.plan import plan
from autograder.execution.processes import Zygote
from autograder.submissions.align import align
from autograder.topics import Cell
from autograder.verdicts.model import Status
from tests.conftest import MINI
from tests.execution.conftest import Class

FORMS = ("of today", "earlier")


@pytest.fixture(scope="module")
def students(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Class:
    """A class that got a topic with a quiz."""
    return Class(zygote, tmp_path_factory.mktemp("mini"), MINI)


def in_form(form: str, notebook: Any, **answers: str) -> Any:
    """A notebook as it is handed out today, or as it was earlier."""
    notebook = deepcopy(notebook)
    if form == "earlier":
        cells = {cell.id: cell for cell in notebook.cells}
        stub, explain = cells["parity"].source.rsplit("\n", 1)
        cells["parity"].source = stub
        below = {
            "parity": [
                new_code_cell(explain, id="explain_parity", metadata={"course": {"kind": "given"}}),
                _hidden("parity", 1),
            ],
            "test_double": [_hidden("double", 2)],
        }
        notebook.cells = [one for cell in notebook.cells for one in (cell, *below.get(cell.id, ()))]
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    return notebook


def _hidden(exercise: str, points: int) -> Any:
    metadata = {
        "course": {"kind": "hidden_test", "exercise": exercise},
        "nbgrader": {
            "grade": True,
            "grade_id": f"hidden_{exercise}",
            "locked": True,
            "solution": False,
            "points": points,
        },
    }
    text = f"# Hidden tests of {exercise} ({points} points) run here when your work is graded."
    return new_code_cell(text, id=f"hidden_{exercise}", metadata=metadata)


@pytest.mark.parametrize("form", FORMS)
def test_right_answers_get_all_points_and_no_note(students: Class, form: str) -> None:
    explained = '\nexplain("01-small", "parity", parity)' if form == "of today" else ""
    answers = {"double": "def double(x):\n    return x + x", "parity": f'parity = "b)"  # even{explained}'}
    result = students.grade(in_form(form, students.released, **answers))
    assert {e.id: e.score for e in result.exercises} == {"double": 3, "parity": 1, "why": 0}
    assert (result.problems, result.notes) == ((), ())


@pytest.mark.parametrize("form", FORMS)
def test_an_untouched_notebook_is_not_attempted(students: Class, form: str) -> None:
    result = students.grade(in_form(form, students.released))
    assert {e.status for e in result.exercises} == {Status.NOT_ATTEMPTED}
    assert {e.message for e in result.exercises} == {"Not written yet."}
    assert (result.problems, result.notes) == ((), ())


@pytest.mark.parametrize("blank", ["parity = ''", 'parity = " "', "parity = None", '"B"', ""])
def test_a_quiz_that_is_explained_but_not_answered_is_not_attempted(students: Class, blank: str) -> None:
    verdict = students.answer(parity=f'{blank}\nexplain("01-small", "parity", parity)')["parity"]
    assert verdict.status is Status.NOT_ATTEMPTED


def test_a_bare_letter_is_an_attempt_that_cannot_count(students: Class) -> None:
    verdict = students.answer(parity='B\nexplain("01-small", "parity", parity)')["parity"]
    assert (verdict.status, verdict.score) == (Status.CRASHED, 0)


@pytest.mark.parametrize("form", FORMS)
def test_hidden_tests_run_where_the_topic_has_them(students: Class, form: str) -> None:
    notebook = in_form(form, students.released, double="def double(x):\n    return x + x", parity='parity = "B"')
    todo = plan(students.topic, align(students.topic, students.released_topic, notebook))
    steps = [step.id if isinstance(step, Cell) else step.answer for step in todo.steps]
    assert [step for step in steps if step] == [
        "double",
        "test_double",
        "hidden_double",
        "parity",
        "hidden_parity",
        "why",
    ]


def test_explaining_an_answer_is_no_work_of_the_students(students: Class) -> None:
    answer = 'parity = "B"\nexplain("01-small", "parity", parity)\nprint("mine")'
    notebook = in_form("of today", students.released, parity=answer)
    todo = plan(students.topic, align(students.topic, students.released_topic, notebook))
    own = [*(step.source for step in todo.steps if not isinstance(step, Cell)), *(one.source for one in todo.rest)]
    assert not any("explain(" in source for source in own)
    assert any('print("mine")' in source for source in own)


def test_without_ids_an_earlier_notebook_is_graded_all_the_same(students: Class, tmp_path: Path) -> None:
    notebook = in_form("earlier", students.released, double="def double(x):\n    return x + x", parity='parity = "B"')
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number}", {}
    result = students.grade(notebook)
    assert {e.id: e.score for e in result.exercises} == {"double": 3, "parity": 1, "why": 0}
    assert not any("deleted" in problem for problem in result.problems)
