"""A test that grading cannot run is refused when the topic is built, with its line and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import Course
from autograder.errors import CourseError
from autograder.sources.build import build, files_of

HIDDEN = 'expect_equal(double(21), 42, what="twice twenty-one")'


def line_of(source: Path, text: str) -> int:
    lines = source.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def refusal(course: Course, old: str, new: str) -> str:
    """Why a topic is refused, with its source changed in one place."""
    files = files_of(course, "01-mini")
    files.source.write_text(files.source.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(CourseError) as caught:
        build(course, files)
    assert not files.executed.exists() and not files.released.exists()
    return str(caught.value)


def test_a_test_that_sends_what_cannot_cross(mini_course: Course) -> None:
    test = "from datetime import timedelta\nx = timedelta(1)\nassert double(x) == 2 * x"
    said = refusal(mini_course, HIDDEN, test)
    source = mini_course.solutions / "01-mini" / "mini.py"
    assert said.startswith(f"solutions/01-mini/mini.py:{line_of(source, 'assert double(x)')}: ")
    assert "of type timedelta, which cannot cross" in said and "Give and compare plain values" in said


def test_a_test_that_computes_with_what_stays_in_the_other_process(mini_course: Course) -> None:
    source = mini_course.solutions / "01-mini" / "mini.py"
    text = source.read_text(encoding="utf-8").replace("secret_solution = 2 * x", "secret_solution = Fraction(2 * x)")
    text = text.replace(HIDDEN, "assert double(21) == 42")
    source.write_text(text.replace("from cnnlab.quiz", "from fractions import Fraction\nfrom cnnlab.quiz"))
    said = refusal(mini_course, 'expect_equal(double(1), 2, what="twice one")', "assert double(1) + 1 == 3")
    assert said.startswith(f"solutions/01-mini/mini.py:{line_of(source, 'assert double(1)')}: ")
    assert "does not pass when the solution is graded" in said and "Fraction" in said


def test_a_solution_that_uses_what_it_forbids(mini_course: Course) -> None:
    source = mini_course.solutions / "01-mini" / "mini.py"
    answer = "x = torch.tensor(float(x), requires_grad=True)\n    (x * x).backward()\n    return int(x.grad)"
    text = source.read_text(encoding="utf-8").replace('exercise="double"', 'exercise="double" forbids="autograd"')
    source.write_text(text.replace("from cnnlab.quiz", "import torch\nfrom cnnlab.quiz"))
    said = refusal(mini_course, "secret_solution = 2 * x\n    return secret_solution", answer)
    assert "the solution uses what it forbids: autograd" in said


def test_a_given_cell_that_only_runs_beside_the_source(mini_course: Course) -> None:
    (mini_course.solutions / "01-mini" / "words.txt").write_text("word", encoding="utf-8")
    said = refusal(mini_course, "from cnnlab.quiz", "words = open('words.txt').read()\nfrom cnnlab.quiz")
    assert "solutions/01-mini/mini.py:6: the given cell 'setup' fails in grading" in said
    assert "FileNotFoundError" in said and "absolute path" in said
