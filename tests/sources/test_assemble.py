"""Source cells become a notebook with nbgrader's metadata and ids that stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from nbgrader.nbgraderformat import MetadataValidator

from autograder.errors import CourseError
from autograder.sources.assemble import assemble
from autograder.sources.parse import parse
from autograder.sources.release import release
from autograder.topics import topic_of


def assembled(folder: Path, text: str) -> Any:
    path = folder / "mini.py"
    path.write_text(text, encoding="utf-8")
    return assemble("01-mini", parse(path))[0]


def test_ids_are_the_names_of_exercises_and_their_tests(tmp_path: Path, mini_source: str) -> None:
    assert [cell.id for cell in assembled(tmp_path, mini_source).cells] == [
        "doubling",
        "setup",
        "exercise-double-3-points",
        "double",
        "test_double",
        "hidden_double",
        "printing",
        "question_parity",
        "parity",
        "hidden_parity",
        "question_why",
        "why",
    ]


def test_nbgrader_accepts_the_metadata(tmp_path: Path, mini_source: str) -> None:
    MetadataValidator().validate_nb(assembled(tmp_path, mini_source))


def test_several_tests_of_an_exercise_are_numbered(tmp_path: Path, mini_source: str) -> None:
    text = mini_source.replace("3 points", "4 points")
    text += '\n# %% test="double" points=1\nexpect_equal(double(2), 4, what="twice two")\n'
    assert assembled(tmp_path, text).cells[-1].id == "test_double_2"


def test_a_test_says_how_long_it_may_take(tmp_path: Path, mini_source: str) -> None:
    text = mini_source.replace("3 points", "4 points")
    text += '\n# %% hidden_test="double" points=1 seconds=60\nexpect_equal(double(2), 4, what="twice two")\n'
    topic = topic_of(assembled(tmp_path, text), "01-mini", "mini")
    assert {cell.id: cell.seconds for cell in topic.cells if cell.is_test} == {
        "test_double": 0,
        "hidden_double": 0,
        "hidden_parity": 0,
        "hidden_double_2": 60,
    }


def test_a_folded_cell_is_folded_in_every_front_end(tmp_path: Path, mini_source: str) -> None:
    text = mini_source.replace('given="setup"', 'given="setup" folded="true"')
    (setup,) = [cell for cell in assembled(tmp_path, text).cells if cell.id == "setup"]
    assert setup.metadata.jupyter == {"source_hidden": True}
    assert setup.metadata.cellView == "form"
    assert setup.metadata.tags == ["hide-input"]


def test_a_quiz_question_is_answered_and_explained_in_one_cell(tmp_path: Path, mini_source: str) -> None:
    cells = {cell.id: cell for cell in assembled(tmp_path, mini_source).cells}
    explain = 'explain("01-mini", "parity", parity)'
    assert cells["parity"].source == f'### BEGIN SOLUTION\nparity = "B"\n### END SOLUTION\n{explain}'
    assert cells["parity"].metadata.course.stub == f'parity = ""  # "A" or "B"\n{explain}'


@pytest.mark.parametrize("header", ['given="shown"', 'experiment="shown"', ""])
def test_a_demonstration_says_which_answers_it_uses(tmp_path: Path, mini_source: str, header: str) -> None:
    text = f'{mini_source}\n# %% {header} uses="double"\nprint(double(1))\n'
    assert assembled(tmp_path, text).cells[-1].metadata.course.uses == ["double"]


def test_a_demonstration_cannot_use_what_is_no_exercise(tmp_path: Path, mini_source: str) -> None:
    with pytest.raises(CourseError, match=r"mini\.py:50: uses names exercises, and there is none named 'triple'"):
        assembled(tmp_path, f'{mini_source}\n# %% uses="double triple"\nprint(1)\n')


def test_a_prediction_is_one_line_to_fill_in(tmp_path: Path, mini_source: str) -> None:
    text = f'{mini_source}\n# %% prediction="guess"\nguess = ""  # "more" or "less"\n'
    cell = assembled(tmp_path, text).cells[-1]
    assert (cell.id, cell.metadata.tags) == ("guess", ["prediction"])
    assert "nbgrader" not in cell.metadata


@pytest.mark.parametrize("code", ['guess = "more"', 'gues = ""', 'guess = ""\nprint(guess)', ""])
def test_a_prediction_of_another_form_is_refused(tmp_path: Path, mini_source: str, code: str) -> None:
    with pytest.raises(CourseError, match=r"mini\.py:50: a prediction is one line: guess = "):
        assembled(tmp_path, f'{mini_source}\n# %% prediction="guess"\n{code}\n')


def test_points_add_up(tmp_path: Path, mini_source: str) -> None:
    topic = topic_of(assembled(tmp_path, mini_source), "01-mini", "mini")
    assert {exercise.id: exercise.max_score for exercise in topic.exercises} == {
        "double": 3,
        "parity": 1,
        "why": 3,
    }
    assert topic.max_score == 7


def test_the_released_notebook_states_the_same_points_without_its_hidden_tests(
    tmp_path: Path, mini_source: str
) -> None:
    notebook = assembled(tmp_path, mini_source)
    topic = topic_of(release(notebook), "01-mini", "mini")
    assert {cell.id for cell in topic.cells if cell.is_test} == {"test_double"}
    assert {exercise.id: exercise.max_score for exercise in topic.exercises} == {"double": 3, "parity": 1, "why": 3}


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("    ### END SOLUTION\n", "", "mini.py:16: `### END SOLUTION` is missing"),
        ("# ### END MARK SCHEME\n", "", "mini.py:46: `### END MARK SCHEME` is missing"),
        ("### END SOLUTION", "### END MARK SCHEME", "mini.py:19: a cell of kind exercise has no region MARK SCHEME"),
        ("# 3 points", "# ### BEGIN SOLUTION\n# 3 points", "`### BEGIN SOLUTION` stands where none belongs"),
        ("    secret_solution =", "    ### BEGIN SOLUTION\n    secret_solution =", "`### BEGIN SOLUTION` stands where"),
        ("expect_equal(double(21)", "### BEGIN HIDDEN TESTS\nexpect_equal(double(21)", "has no region HIDDEN TESTS"),
    ],
)
def test_a_region_that_does_not_close_or_belong_is_refused(
    tmp_path: Path, mini_source: str, before: str, after: str, complaint: str
) -> None:
    with pytest.raises(CourseError) as error:
        assembled(tmp_path, mini_source.replace(before, after, 1))
    assert complaint in str(error.value)


def test_a_test_without_its_exercise_is_refused(tmp_path: Path, mini_source: str) -> None:
    with pytest.raises(CourseError, match=r"mini\.py:50: there is no exercise named 'triple'"):
        assembled(tmp_path, mini_source + '\n# %% test="triple" points=1\nassert triple(1) == 3\n')


def test_an_exercise_without_a_test_is_refused(tmp_path: Path, mini_source: str) -> None:
    text = mini_source + '\n# %% exercise="triple"\n### BEGIN SOLUTION\ntriple = 3\n### END SOLUTION\n'
    with pytest.raises(CourseError, match=r"mini\.py:50: exercise 'triple' has no test"):
        assembled(tmp_path, text)


def test_a_heading_that_promises_other_points_than_the_tests_give_is_refused(tmp_path: Path) -> None:
    text = (
        "# %% [markdown]\n# ### Exercise: `f` (2 points, about 5 minutes)\n\n"
        '# %% exercise="f"\n### BEGIN SOLUTION\nf = 1\n### END SOLUTION\n\n'
        '# %% test="f" points=1\nassert f == 1\n\n# %% hidden_test="f" points=0.5\nassert f > 0\n'
    )
    with pytest.raises(CourseError, match=r"mini\.py:2: the heading gives f 2 points, and its tests give 1\.5\."):
        assembled(tmp_path, text)
    assembled(tmp_path, text.replace("points=0.5", "points=1"))


@pytest.mark.parametrize("line", ["parity = 2", "for double in (1, 2):\n    print(double)"])
def test_a_given_cell_that_binds_the_name_of_an_answer_is_refused(tmp_path: Path, mini_source: str, line: str) -> None:
    with pytest.raises(CourseError, match=r"mini\.py:52: this gives another meaning to (parity|double)"):
        assembled(tmp_path, f'{mini_source}\n# %% given="more"\nprint(1)\n{line}\n')


def test_an_exercise_without_a_marked_solution_is_refused(tmp_path: Path) -> None:
    text = '# %% exercise="f"\nf = 1\n\n# %% test="f" points=1\nassert f == 1\n'
    with pytest.raises(CourseError, match="marks no solution"):
        assembled(tmp_path, text)


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        ("# - A. odd\n#   - Why: no\n# - B. even\n#   - Why: yes", "exactly one option"),
        ("# - A. (right) odd\n# - B. even\n#   - Why: yes", r"mini\.py:4: every option of 'q' needs a line"),
        ("# - B. (right) odd\n#   - Why: no\n# - A. even\n#   - Why: yes", "in order"),
    ],
)
def test_a_mistaken_quiz_question_is_refused(tmp_path: Path, broken: str, complaint: str) -> None:
    with pytest.raises(CourseError, match=complaint):
        assembled(tmp_path, f'# %% [markdown] quiz="q" points=1\n# **Q?**\n#\n{broken}\n')
