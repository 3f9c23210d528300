"""The exercises as an assignment of otter-grader's, and submissions as students would hand them in to it."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import nbformat
import pytest

from comparison.assignment import Assignment
from comparison.graders.otter import as_handed_in_to_otter, otter_tests
from coursekit.quiz import expect_answer
from tests.robustness.corpus.small_topic import NAME, RELEASED, SOURCE, STEM

ASSIGNMENT = Assignment(NAME, STEM, SOURCE, RELEASED)


def sources(content: bytes) -> list[str]:
    """The texts of a notebook's cells."""
    return ["".join(cell["source"]) for cell in json.loads(content)["cells"]]


def handed_in(notebook: Any) -> bytes:
    """A notebook as a file."""
    return nbformat.v4.writes(notebook).encode()


@pytest.fixture
def notebook() -> Any:
    """The notebook as students got it."""
    return deepcopy(RELEASED)


def test_each_exercise_is_checked_once_where_its_first_test_stood(notebook: Any):
    checks = [text for text in sources(as_handed_in_to_otter(ASSIGNMENT, handed_in(notebook))) if ".check(" in text]

    assert checks == [f'grader.check("{exercise.id}")' for exercise in ASSIGNMENT.topic.exercises]


def test_a_test_cell_that_the_student_doubled_is_checked_twice(notebook: Any):
    first = next(cell for cell in notebook.cells if cell.id == ASSIGNMENT.topic.exercises[0].tests[0].id)
    notebook.cells.append(deepcopy(first))
    texts = sources(as_handed_in_to_otter(ASSIGNMENT, handed_in(notebook)))

    assert texts.count(f'grader.check("{ASSIGNMENT.topic.exercises[0].id}")') == 2


def test_what_the_student_wrote_stays(notebook: Any):
    notebook.cells.append(nbformat.v4.new_code_cell("mine = 1"))

    assert "mine = 1" in sources(as_handed_in_to_otter(ASSIGNMENT, handed_in(notebook)))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"cells": 3}', b'{"cells": [[]]}', b"\xff\xfe"])
def test_a_file_that_is_no_notebook_stays_as_it_is(content: bytes):
    assert as_handed_in_to_otter(ASSIGNMENT, content) == content


@pytest.mark.parametrize("exercise", ASSIGNMENT.topic.exercises, ids=lambda exercise: exercise.id)
def test_a_test_file_holds_every_test_with_its_points(exercise: Any):
    cases: list[tuple[dict[str, Any], Any]] = []

    def test_case(**options: Any) -> Any:
        return lambda function: cases.append((options, function))

    exec(otter_tests(exercise).partition("\n")[2], {"test_case": test_case})

    assert [(case["name"], case["points"]) for case, _ in cases] == [(test.id, test.points) for test in exercise.tests]


def test_a_test_in_the_file_fails_where_the_cell_fails():
    exercise = next(exercise for exercise in ASSIGNMENT.topic.exercises if exercise.id == "parity")
    found: list[Any] = []
    exec(otter_tests(exercise).partition("\n")[2], {"test_case": lambda **_: found.append})

    found[0]({"parity": "B", "expect_answer": expect_answer})
    with pytest.raises(AssertionError):
        found[0]({"parity": "A", "expect_answer": expect_answer})
