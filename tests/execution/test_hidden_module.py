"""The module `hidden` is there for hidden tests alone: in their process, with its author's words, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from autograder.course import TopicPair
from autograder.errors import HiddenModuleError
from autograder.execution.processes import Zygote
from autograder.topics import HiddenModule
from tests.execution.conftest import Class

SOURCE = '''\
# %% given="setup"
from coursekit.checks import expect_equal

# %% exercise="double"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% test="double" points=1
expect_equal(double(1), 2, what="twice one")

# %% hidden_test="double" points=2
import hidden

hidden.double(double)
'''
HIDDEN = """\
from __future__ import annotations

from dataclasses import dataclass

from coursekit.checks import expect_equal
from coursekit.seeds import grading_seed


@dataclass(frozen=True)
class Case:
    number: int


def double(answer, seed=None):
    number = 21 + 1000 * bool(grading_seed() if seed is None else seed)
    case = Case(number)
    mistakes = {"the number was squared": number**2}
    expect_equal(answer(case.number), 2 * number, what="twice a number that only grading knows", mistakes=mistakes)
"""
FILE = "solutions/01-small/hidden.py"


def class_with(zygote: Zygote, folder: Path, text: str) -> Class:
    """A class whose topic has a module of that text."""
    made = Class(zygote, folder, SOURCE)
    made.pair = TopicPair(replace(made.topic, hidden=HiddenModule(FILE, text)), made.released_topic)
    return made


@pytest.fixture(scope="module")
def its_class(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Class:
    """The class whose hidden test imports the module above."""
    return class_with(zygote, tmp_path_factory.mktemp("hidden"), HIDDEN)


def test_hidden_tests_import_it_and_draw_from_the_seed_of_grading(its_class: Class) -> None:
    assert its_class.answer()["double"].score == 3
    only_small = its_class.answer(double="def double(x):\n    return 2 * min(x, 21)")["double"]
    assert only_small.score == 1


def test_students_read_its_words_and_none_of_its_values(its_class: Class) -> None:
    squares = its_class.answer(double="def double(x):\n    return 2 if x == 1 else x * x")["double"]
    said = squares.student_message
    assert said == "The number was squared."
    assert "2042" in squares.message
    halves = its_class.answer(double="def double(x):\n    return 2 if x == 1 else x / 2")["double"]
    assert "twice a number that only grading knows" in halves.student_message.lower()
    assert "2042" in halves.message and "2042" not in halves.student_message and "510" not in halves.student_message


def test_students_code_cannot_import_it(its_class: Class) -> None:
    tries = "def double(x):\n    import hidden\n    return 2 * x"
    assert "ModuleNotFoundError" in its_class.answer(double=tries)["double"].message


def test_a_module_of_that_name_in_students_code_is_another_one(its_class: Class) -> None:
    answer = "import sys, types\nsys.modules['hidden'] = types.ModuleType('hidden')\ndef double(x):\n    return 0"
    assert its_class.answer(double=answer)["double"].score == 0


def test_what_tests_defined_before_does_not_outlive_the_submission(its_class: Class) -> None:
    assert [its_class.answer()["double"].score for _ in range(2)] == [3, 3]


@pytest.mark.parametrize(
    ("text", "place", "error"),
    [
        ("import math\n\ndef double(answer:\n", f"{FILE}:3", "SyntaxError"),
        ("import math\n\nSIZE = math.nothing\n", f"{FILE}:3", "AttributeError: module 'math' has no attribute"),
        ("def size():\n    return 1 / 0\n\n\nSIZE = size()\n", f"{FILE}:2", "ZeroDivisionError"),
        ("import no_such_module\n", f"{FILE}:1", "ModuleNotFoundError"),
        ("raise SystemExit(1)\n", f"{FILE}:1", "SystemExit: 1"),
    ],
)
def test_one_that_fails_stops_grading_with_its_line(
    zygote: Zygote, tmp_path: Path, text: str, place: str, error: str
) -> None:
    broken = class_with(zygote, tmp_path, text)
    with pytest.raises(HiddenModuleError) as caught:
        broken.grade(broken.filled())
    assert str(caught.value).startswith(f"{place}: ") and error in str(caught.value)


def test_topics_that_are_graded_beside_each_other_have_their_own(zygote: Zygote, tmp_path: Path) -> None:
    texts = ("def double(answer):\n    assert answer(1) == 2", "def double(answer):\n    assert answer(1) == 3")
    classes = []
    for number, text in enumerate(texts):
        (tmp_path / str(number)).mkdir()
        classes.append(class_with(zygote, tmp_path / str(number), text))
    assert [one.answer()["double"].score for one in (*classes, *classes)] == [3, 1, 3, 1]


def test_a_topic_without_one_has_nothing_to_import(zygote: Zygote, tmp_path: Path) -> None:
    bare = Class(zygote, tmp_path, SOURCE)
    assert "No module named 'hidden'" in bare.answer()["double"].message
