"""`hidden.py` beside a topic's source: read, run and judged by the build, and no part of what students get."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.errors import CourseError
from autograder.sources.build import build, check, files_of

OLD_TEST = 'expect_equal(double(21), 42, what="twice twenty-one")'
NEW_TEST = "import hidden\n\nhidden.double(double)"
HIDDEN = '''\
from coursekit.checks import expect_equal


def double(answer):
    """Checks that it doubles."""
    expect_equal(answer(21), 42, what="twice twenty-one")
'''


def give_hidden(course: Course, text: str) -> Path:
    """Let the hidden test of the topic import a module with this text."""
    source = course.solutions / "01-mini" / "mini.py"
    source.write_text(source.read_text(encoding="utf-8").replace(OLD_TEST, NEW_TEST), encoding="utf-8")
    path = source.with_name("hidden.py")
    path.write_text(text, encoding="utf-8")
    return path


def give_checks(course: Course, text: str) -> Path:
    """Let the setup cell of the topic import a module of visible checks with this text."""
    source = course.solutions / "01-mini" / "mini.py"
    imports = "from cnnlab.exercises import mini as check\nfrom cnnlab.quiz"
    source.write_text(source.read_text(encoding="utf-8").replace("from cnnlab.quiz", imports), encoding="utf-8")
    path = course.root / "cnnlab" / "exercises" / "mini.py"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(course: Course) -> str:
    """Why the topic is refused."""
    with pytest.raises(CourseError) as caught:
        build(course, files_of(course, "01-mini"))
    assert not (course.notebooks / "01-mini").exists()
    return str(caught.value)


def test_the_notebook_runs_again_when_it_or_what_it_imports_changes(mini_course: Course) -> None:
    hidden = give_hidden(mini_course, HIDDEN.replace("from coursekit", "import cnnlab.windows\nfrom coursekit"))
    checks = give_checks(mini_course, "from . import inputs\n")
    inputs, windows = checks.with_name("inputs.py"), mini_course.root / "cnnlab" / "windows.py"
    inputs.write_text("SIZES = (1, 2)\n", encoding="utf-8")
    files = files_of(mini_course, "01-mini")
    assert build(mini_course, files) is True
    for path in (hidden, checks, inputs, windows):
        assert check(mini_course, files) == []
        before = path.read_text(encoding="utf-8")
        path.write_text(f"{before}\n# changed\n", encoding="utf-8")
        assert "executed_from" in "\n".join(check(mini_course, files)), path
        path.write_text(before, encoding="utf-8")


def test_what_can_change_in_it_and_in_visible_checks_is_refused_with_its_line(mini_course: Course) -> None:
    give_hidden(mini_course, f"import torch\n{HIDDEN}\n\nBATCHES = (torch.ones(2),)\n")
    give_checks(mini_course, "SIZES = (1, 2)\nSEEN = []\n")
    *places, way_out = refusal(mini_course).splitlines()
    assert places == [
        "solutions/01-mini/hidden.py:10: BATCHES is a tuple with a Tensor.",
        "cnnlab/exercises/mini.py:2: SEEN is a list.",
    ]
    assert "make it anew in a function" in way_out


def test_what_can_change_in_visible_checks_of_a_single_module_is_refused(mini_course: Course) -> None:
    source = mini_course.solutions / "01-mini" / "mini.py"
    imports = "from cnnlab import exercises as check\nfrom cnnlab.quiz"
    source.write_text(source.read_text(encoding="utf-8").replace("from cnnlab.quiz", imports), encoding="utf-8")
    shutil.rmtree(mini_course.root / "cnnlab" / "exercises")
    (mini_course.root / "cnnlab" / "exercises.py").write_text("SEEN = []\n", encoding="utf-8")
    settings = 'title = "Mini"\nid = "mini"\npackage = "cnnlab"\n'
    (mini_course.root / "course.toml").write_text(settings, encoding="utf-8")
    assert refusal(Course(mini_course.root)).startswith("cnnlab/exercises.py:1: SEEN is a list.")


def test_one_that_is_not_python_is_named_with_its_line(mini_course: Course) -> None:
    give_hidden(mini_course, f"{HIDDEN}\n\ndef broken(:\n")
    assert refusal(mini_course).startswith("solutions/01-mini/hidden.py:9: this is not plain Python")


def test_one_that_is_not_utf_8_is_named(mini_course: Course) -> None:
    give_hidden(mini_course, HIDDEN).write_bytes(b"# caf\xe9\n")
    assert refusal(mini_course).startswith("solutions/01-mini/hidden.py is not encoded in UTF-8")


def test_one_that_only_works_beside_the_source_is_refused(mini_course: Course) -> None:
    give_hidden(mini_course, f"{HIDDEN}\n\nHERE = __file__\n")
    said = refusal(mini_course)
    assert said.startswith("solutions/01-mini/hidden.py:9: this fails in grading") and "no __file__" in said


def test_answers_may_lie_beside_it(mini_course: Course) -> None:
    give_hidden(mini_course, HIDDEN).with_name("answers.py").write_text("# answers\n", encoding="utf-8")
    assert files_of(mini_course, "01-mini").source.name == "mini.py"
