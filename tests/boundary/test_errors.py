"""An error of the student's code becomes an error that tests and feedback can use."""

from __future__ import annotations

import pytest

from autograder.boundary.grader import BoundaryError, Remote, StudentError
from coursekit.checks import CheckFailed, expect_raises
from tests.boundary.conftest import remote

ANSWERS = """
import sys

class ShapeError(ValueError):
    pass

class Rude(Exception):
    def __str__(self):
        raise RuntimeError("no")

def fail(kind, *args):
    raise {"shape": ShapeError, "rude": Rude, **vars(__import__("builtins"))}[kind](*args)

def leave(code):
    sys.exit(code)

def forever(n):
    return forever(n + 1)

def long():
    raise ValueError("x" * 10**6)

def deep():
    rows = []
    rows.append(rows)
    return rows

def unwritable():
    return {object: 1}

def cause():
    try:
        fail("KeyError", "a")
    except KeyError as error:
        raise TypeError("b") from error
"""


@pytest.fixture
def student() -> Remote:
    return remote(ANSWERS)


def test_an_error_can_be_caught_by_its_builtin_class(student: Remote) -> None:
    with pytest.raises(ValueError, match="odd"):
        student.name("fail")("ValueError", "odd")


def test_an_error_says_what_and_where(student: Remote) -> None:
    with pytest.raises(StudentError) as caught:
        student.name("cause")()
    assert str(caught.value) == "TypeError: b"
    assert (caught.value.type_name, caught.value.message) == ("TypeError", "b")
    assert caught.value.traceback == "<answer>, line 35, in cause"


def test_the_students_own_class_counts_as_what_it_derives_from(student: Remote) -> None:
    with pytest.raises(ValueError, match="4 channels") as caught:
        student.name("fail")("shape", "4 channels")
    assert caught.value.type_name == "__main__.ShapeError"
    assert caught.value.bases[1:3] == ("ValueError", "Exception")
    assert str(caught.value) == "ShapeError: 4 channels"


@pytest.mark.parametrize("kind", ["KeyError", "OSError", "ImportError", "AttributeError", "ZeroDivisionError"])
def test_the_text_of_an_error_is_the_students(student: Remote, kind: str) -> None:
    with pytest.raises(StudentError) as caught:
        student.name("fail")(kind, "a text")
    assert caught.value.message.strip("'") == "a text"


def test_errors_work_with_expect_raises(student: Remote) -> None:
    fail = student.name("fail")
    expect_raises(ValueError, fail, "ValueError", "x", what="a wrong number")
    with pytest.raises(CheckFailed, match="KeyError"):
        expect_raises(ValueError, fail, "KeyError", "x", what="a wrong number")


@pytest.mark.parametrize("kind", ["SystemExit", "KeyboardInterrupt", "MemoryError", "StopIteration", "GeneratorExit"])
def test_what_would_end_the_grader_or_its_loops_is_only_an_error_of_the_student(student: Remote, kind: str) -> None:
    with pytest.raises(StudentError) as caught:
        student.name("fail")(kind, "x")
    assert type(caught.value) is StudentError
    assert caught.value.type_name == kind
    assert student.name("fail")


def test_exit_does_not_end_the_students_side(student: Remote) -> None:
    with pytest.raises(StudentError, match="SystemExit: 3"):
        student.name("leave")(3)


def test_a_recursion_without_end_is_an_error(student: Remote) -> None:
    with pytest.raises(RecursionError):
        student.name("forever")(0)


def test_an_error_whose_text_raises_is_still_told(student: Remote) -> None:
    with pytest.raises(StudentError) as caught:
        student.name("fail")("rude")
    assert caught.value.type_name == "__main__.Rude"
    assert "could not be read" in caught.value.message


def test_a_long_text_is_cut(student: Remote) -> None:
    with pytest.raises(ValueError, match="xxx") as caught:
        student.name("long")()
    assert len(caught.value.message) == 2000


@pytest.mark.parametrize("name", ["deep", "unwritable"])
def test_a_result_that_cannot_be_written_is_an_error_of_the_student(student: Remote, name: str) -> None:
    with pytest.raises(TypeError, match="a test cannot read what came back"):
        student.name(name)()


def test_a_result_larger_than_a_frame_is_an_error_of_the_student(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.boundary.student.objects.MAX_FRAME", 10_000)
    student = remote("def many(n): return torch.zeros(n)")
    with pytest.raises(TypeError, match="bytes"):
        student.name("many")(10_000)
    assert student.name("many")(3).tolist() == [0, 0, 0]


def test_an_attribute_that_is_missing_is_missing(student: Remote) -> None:
    assert not hasattr(student.name("fail"), "weights")
    assert getattr(student.name("fail"), "weights", 3) == 3


def test_a_mistake_of_the_test_is_no_error_of_the_student() -> None:
    assert not issubclass(BoundaryError, StudentError)
