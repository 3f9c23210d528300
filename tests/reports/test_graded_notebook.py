"""The notebook in autograded/: what graders see, what students may see of it, what nbgrader reads in it."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import determine_grade

from autograder.reports.graded_notebook import Source, graded_notebook
from autograder.topics import as_text
from autograder.verdicts.model import Result
from autograder.verdicts.scoring import without_run
from tests.reports.mini_topic import HIDDEN_SENTENCE, RIGHT, Mini, squares_instead


def graded(mini: Mini, **submission: Any) -> Any:
    """A submission and its verdicts in one notebook."""
    handed = mini.handed_in(**submission)
    return graded_notebook(Source(mini.source), handed.result, handed.alignment)


def cell(notebook: Any, name: str) -> Any:
    """The cell of that id."""
    return next(cell for cell in notebook.cells if cell.id == name)


def test_it_is_a_notebook_by_nbformats_and_nbgraders_rules(mini: Mini) -> None:
    extra = (new_code_cell("y = 1"), new_markdown_cell("A note of mine."))
    notebook = graded(mini, failed=squares_instead(), problems=("A test was changed.",), extra=extra)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)


def test_answers_stand_in_their_cells(mini: Mini) -> None:
    notebook = graded(mini)
    assert {name: cell(notebook, name).source for name in RIGHT} == RIGHT


def test_tests_stand_there_as_their_author_wrote_them(mini: Mini) -> None:
    assert "expect_equal(double(21), 42" in cell(graded(mini), "hidden_double").source


def test_no_solution_stands_in_it(mini: Mini) -> None:
    assert "secret_solution" not in as_text(graded(mini))


def test_cells_of_the_students_own_follow_the_cell_that_they_followed(mini: Mini) -> None:
    notebook = graded(mini, extra=(new_code_cell("y = 1"),))
    assert notebook.cells[-1].source == "y = 1"


def test_nbgrader_reads_the_same_points_from_the_outputs(mini: Mini) -> None:
    notebook = graded(mini, failed=squares_instead())
    tests = ("test_double", "hidden_double", "hidden_parity")
    assert [determine_grade(cell(notebook, name)) for name in tests] == [(1, 1), (0, 2), (1, 1)]


def test_nbgrader_sees_whether_a_written_question_was_answered(mini: Mini) -> None:
    untouched = graded(mini, answers={})
    assert determine_grade(cell(graded(mini), "why")) == (None, 3)
    assert determine_grade(cell(untouched, "why")) == (0, 3)


def test_the_instructors_sentence_stands_below_a_failed_test(mini: Mini) -> None:
    (output,) = cell(graded(mini, failed=squares_instead()), "hidden_double").outputs
    assert HIDDEN_SENTENCE in output.traceback


def test_the_marking_scheme_stands_below_the_written_answer(mini: Mini) -> None:
    notebook = graded(mini)
    position = notebook.cells.index(cell(notebook, "why"))
    assert "3 points for naming the factor." in notebook.cells[position + 1].source
    assert "3 points for naming the factor." not in cell(notebook, "why").source


def test_what_is_unusual_stands_at_the_top_as_plain_text(mini: Mini) -> None:
    notebook = graded(mini, problems=("A **test** was <b>changed</b>.",))
    assert r"A \*\*test\*\* was \<b\>changed\</b\>." in notebook.cells[0].source


@pytest.mark.parametrize(
    "text", ["expect_equal(double(21)", HIDDEN_SENTENCE, "naming the factor", "A test was changed"]
)
def test_graders_see_hidden_tests_and_what_they_found(mini: Mini, text: str) -> None:
    notebook = graded(mini, failed=squares_instead(), problems=("A test was changed.",))
    assert text in nbformat.writes(notebook).replace("\\", "")


def test_a_submission_that_could_not_be_read_shows_the_released_answers(mini: Mini) -> None:
    verdicts = tuple(without_run(exercise, "not_attempted", "Not JSON.") for exercise in mini.topic.exercises)
    notebook = graded_notebook(Source(mini.source), Result("ada", "01-mini", verdicts, ("Not JSON.",)), None)
    assert "raise NotImplementedError" in cell(notebook, "double").source
    assert "Not JSON" in notebook.cells[0].source


def test_terminal_escapes_in_answers_are_made_visible(mini: Mini) -> None:
    notebook = graded(mini, answers={**RIGHT, "double": "double = '\x1b[2J\u202e'"})
    assert cell(notebook, "double").source == "double = '\ufffd[2J\ufffd'"


def test_a_picture_in_a_written_answer_is_where_it_is_marked(mini: Mini) -> None:
    sketch = {"image/png": "iVBORw0KGgo="}
    extra = new_markdown_cell("A note: ![](attachment:note-2.png)", attachments={"note-2.png": sketch})
    notebook = graded(
        mini,
        answers={**RIGHT, "why": "![a sketch](attachment:sketch-1.png)"},
        attachments={"why": {"sketch-1.png": sketch, "unused-3.png": sketch}},
        extra=(extra,),
    )
    nbformat.validate(notebook)
    assert cell(notebook, "why").attachments == {"sketch-1.png": sketch}
    added = next(one for one in notebook.cells if one.source.startswith("A note"))
    assert added.attachments == {"note-2.png": sketch}
