"""Beside an exercise's name stand a few words that its topic has for it."""

from __future__ import annotations

import pytest

from autograder.course import Course
from autograder.reports.titles import LONGEST, titles
from autograder.topics import Cell, CellKind, Topic


def title(*prose: str, kind: CellKind = CellKind.EXERCISE) -> str:
    """What an answer below some cells of prose is called."""
    cells = [Cell(f"prose-{number}", CellKind.PROSE, text, "markdown") for number, text in enumerate(prose)]
    return titles(Topic("01-mini", "mini", (*cells, Cell("answer", kind, ""))))["answer"]


def test_it_is_the_heading_above_the_exercise() -> None:
    assert title("# Mini\n\n## Layer normalization", "More of it.") == "Layer normalization"


@pytest.mark.parametrize("heading", ["### Exercise: `f` (2 points)", "### Exercises: `f` and `g` (3 points)"])
def test_a_heading_that_only_announces_the_exercise_says_nothing(heading: str) -> None:
    assert title("## Layer normalization", heading) == "Layer normalization"


def test_the_notebooks_own_title_is_no_exercises() -> None:
    assert title("# Mini", "## Exercise: `f`") == ""


def test_marks_of_markdown_are_left_out() -> None:
    assert title("## What is *the* error of `net`?") == "What is the error of net?"


def test_a_comment_in_code_is_no_heading() -> None:
    assert title("## Pooling\n\n```python\n## a comment\n```") == "Pooling"


@pytest.mark.parametrize("kind", [CellKind.QUIZ, CellKind.WRITTEN])
def test_a_question_is_called_by_its_words(kind: CellKind) -> None:
    assert title("## Quiz\n\n**Is one odd?**\n\n- **A.** yes\n- **B.** no", kind=kind) == "Is one odd?"


def test_a_long_question_is_cut_between_words() -> None:
    shown = title(f"**{'word ' * 40}?**", kind=CellKind.QUIZ)
    assert shown.endswith("word …")
    assert len(shown) <= LONGEST + 2


def test_every_exercise_of_the_course_has_one(checkout: Course) -> None:
    for name in checkout.topics:
        assert all(titles(checkout.source_topic(name)).values()), name


def test_the_notebook_that_students_have_gives_the_same(checkout: Course) -> None:
    for name in checkout.topics:
        assert titles(checkout.source_topic(name)) == titles(checkout.released_topic(name))
