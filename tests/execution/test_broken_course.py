"""A mistake of the course's own stops grading with a sentence, and no student pays for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autograder.course import Course
from autograder.errors import CourseError, GivenCellError
from autograder.execution.preparation import Preparation
from autograder.execution.processes import Zygote
from autograder.settings import Forbidden
from sandbox.limits import Limits
from sandbox.mechanisms import NONE
from tests.execution.conftest import Class


def test_a_given_cell_that_fails_in_grading_marks_nobody(students: Class) -> None:
    source = students.pair.source
    broken = [replace(c, source="open('no such file')") if c.id == "helper" else c for c in source.cells]
    original = students.pair
    students.pair = replace(original, source=replace(source, cells=tuple(broken)))
    try:
        with pytest.raises(GivenCellError, match=r"the given cell 'helper' fails in grading.*FileNotFoundError"):
            students.grade(students.filled())
    finally:
        students.pair = original


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"imports": ("no_such_module",)},
            "course.toml: imports: ModuleNotFoundError: No module named 'no_",
        ),
        ({"package": "no_such_package"}, "course.toml: package: there is no folder 'no_such_package'"),
        ({"sentences": ("cnnlab.nothing",)}, "course.toml: sentences: ModuleNotFoundError"),
        ({"questions": {"size": "math:nothing"}}, "course.toml: the question 'size': ImportError: math has no nothing"),
        ({"forbids": {"sum": Forbidden("No.", ("math.nothing",))}}, "course.toml: forbids.sum.calls: ImportError"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_name_in_the_settings_that_does_not_exist(
    checkout: Course, changes: dict[str, object], sentence: str
) -> None:

    preparation = replace(Preparation(checkout.root), **changes)
    with Zygote(preparation, [], [], NONE, Limits()) as zygote, pytest.raises(CourseError) as caught:
        zygote.ask("has_ended", pid=1)
    assert str(caught.value).startswith(sentence)
