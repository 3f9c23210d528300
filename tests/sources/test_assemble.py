"""Source cells become a notebook with nbgrader's metadata and ids that stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from nbgrader.nbgraderformat import MetadataValidator

from autograder.errors import CourseError
from autograder.sources.assemble import assemble
from autograder.sources.parse import parse
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
        "explain_parity",
        "hidden_parity",
        "question_why",
        "why",
    ]


def test_nbgrader_accepts_the_metadata(tmp_path: Path, mini_source: str) -> None:
    MetadataValidator().validate_nb(assembled(tmp_path, mini_source))


def test_several_tests_of_an_exercise_are_numbered(tmp_path: Path, mini_source: str) -> None:
    text = mini_source + '\n# %% test="double" points=1\nexpect_equal(double(2), 4, what="twice two")\n'
    assert assembled(tmp_path, text).cells[-1].id == "test_double_2"


def test_a_test_says_how_long_it_may_take(tmp_path: Path, mini_source: str) -> None:
    text = (
        mini_source + '\n# %% hidden_test="double" points=1 seconds=60\nexpect_equal(double(2), 4, what="twice two")\n'
    )
    topic = topic_of(assembled(tmp_path, text), "01-mini", "mini")
    assert {cell.id: cell.seconds for cell in topic.cells if cell.is_test} == {
        "test_double": 0,
        "hidden_double": 0,
        "hidden_parity": 0,
        "hidden_double_2": 60,
    }


def test_points_add_up(tmp_path: Path, mini_source: str) -> None:
    topic = topic_of(assembled(tmp_path, mini_source), "01-mini", "mini")
    assert {exercise.id: exercise.max_score for exercise in topic.exercises} == {
        "double": 3,
        "parity": 1,
        "why": 3,
    }
    assert topic.max_score == 7


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
