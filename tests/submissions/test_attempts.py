"""Was an answer attempted? Only if it says more than what was handed out."""

from __future__ import annotations

import pytest

from autograder.submissions.compare import is_attempted
from tests.submissions.handouts import RELEASED, SCALE_STUB


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n \n",
        SCALE_STUB,
        SCALE_STUB + "\n\n# I do not know",
        SCALE_STUB.replace("# YOUR CODE HERE", "# todo\n"),
        SCALE_STUB.replace("()", ""),
        "def scale(x, factor):\n    pass",
        'def scale(x, factor):\n    """Multiply."""\n    ...',
        "import math\n\ndef scale(x, factor):\n    raise NotImplementedError('later')",
        "# def scale(x, factor):\n#     return x * factor",
    ],
)
def test_a_function_that_does_nothing_is_no_attempt(text: str) -> None:
    assert not is_attempted(RELEASED.by_id["scale"], text)


@pytest.mark.parametrize(
    "text",
    [
        "def scale(x, factor):\n    return x",
        "def scale(x, factor):\n    return None",
        "def scale(x, factor):\n    raise ValueError",
        "def scale(x, factor):\n    return x *",
        "scale = lambda x, factor: x * factor",
        "from operator import mul as scale",
        "%timeit 1\ndef scale(x, factor):\n    return x * factor",
        "(" * 500,
        "x = 1\x00",
    ],
)
def test_anything_else_is_one(text: str) -> None:
    assert is_attempted(RELEASED.by_id["scale"], text)


@pytest.mark.parametrize("text", ['odd = ""', "odd = ''  # ?", 'odd = " "', "odd = None", "odd = ..."])
def test_a_quiz_left_blank_is_no_attempt(text: str) -> None:
    assert not is_attempted(RELEASED.by_id["odd"], text)


@pytest.mark.parametrize("text", ['odd = "B"', "odd = 'z'", "odd = A", "odd = 2"])
def test_a_quiz_answered_is_one_right_or_wrong(text: str) -> None:
    assert is_attempted(RELEASED.by_id["odd"], text)


@pytest.mark.parametrize(("text", "attempted"), [("YOUR ANSWER HERE\n", False), ("  ", False), ("Because.", True)])
def test_a_written_answer_is_any_other_text(text: str, attempted: bool) -> None:
    assert is_attempted(RELEASED.by_id["why"], text) is attempted
