"""A prediction is the student's to write, earns nothing, and is kept on the student's page."""

from __future__ import annotations

from typing import Any

import pytest

from autograder.execution.processes import Zygote
from autograder.reports.feedback import feedback_page
from autograder.reports.gradebook import Standing
from autograder.submissions.shown import Shown
from tests.conftest import MINI
from tests.execution.conftest import Class

PREDICTS = MINI.replace(
    '# %% experiment="printing"\n',
    '# %% prediction="guess"\nguess = ""  # "more" or "less"\n\n# %% experiment="printing"\n',
)
RIGHT = {"double": "def double(x):\n    return x + x", "parity": 'parity = "B"'}


@pytest.fixture(scope="module")
def students(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Class:
    """A class that is asked for a prediction."""
    return Class(zygote, tmp_path_factory.mktemp("mini"), PREDICTS)


def handed_in(students: Class, text: str) -> Any:
    notebook = students.filled(**RIGHT)
    for cell in notebook.cells:
        if cell.id == "guess":
            cell.source = text
    return notebook


@pytest.mark.parametrize("text", ['guess = ""', 'guess = "more"', "guess = 'less'  # sure", "guess =", "print(1)", ""])
def test_whatever_stands_there_costs_nothing_and_is_not_remarked_upon(students: Class, text: str) -> None:
    result = students.grade(handed_in(students, text))
    assert (result.score, result.problems, result.notes) == (4, (), ())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('guess = "more"', {"guess": "more"}),
        ('guess = ""\nguess = "<b>"', {"guess": "<b>"}),
        ('guess = " "', {}),
        ("guess = 3", {"guess": "3"}),
        ("guess = other()", {}),
        ("guess =", {}),
    ],
)
def test_what_was_predicted_is_kept(students: Class, text: str, kept: dict[str, str]) -> None:
    graded = students.graded(handed_in(students, text))
    assert Shown.of(students.topic, graded.alignment).predictions == kept


def test_the_students_page_shows_it(students: Class) -> None:
    graded = students.graded(handed_in(students, 'guess = "<b>more</b>"'))
    shown = Shown.of(students.topic, graded.alignment)
    page = feedback_page(students.topic, graded.result, shown, Standing(4, 7))
    assert "<li>guess: &lt;b&gt;more&lt;/b&gt;</li>" in page


def test_a_page_shows_of_a_quiz_the_answer_alone(students: Class) -> None:
    notebook = students.filled(**RIGHT | {"parity": 'parity = "B"\nexplain("01-small", "parity", parity)'})
    assert Shown.of(students.topic, students.graded(notebook).alignment).answers["parity"] == 'parity = "B"'
