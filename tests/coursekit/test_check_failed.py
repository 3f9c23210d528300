"""How a failed check reads: whole, without values, and in a notebook."""

import pickle
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

from coursekit.checks import CheckFailed, expect_close, expect_equal, expect_raises


def caught(check: object, *args: object, **options: object) -> CheckFailed:
    with pytest.raises(CheckFailed) as info:
        check(*args, **options)  # type: ignore[operator]
    return info.value


def test_the_text_says_what_was_expected_what_came_why_and_where_to_re_read() -> None:
    error = caught(
        expect_close,
        torch.tensor([1.5, 3.0]),
        torch.tensor([1.0, 2.0]),
        what="the batch variance",
        mistakes={"the sum was divided by N - 1": torch.tensor([1.5, 3.0])},
        reread="Batch normalization in training",
    )
    assert str(error) == (
        "The sum was divided by N - 1.\n"
        "Compared: the batch variance: expected 2 at [1], got 3 (2 of 2 values differ, by 1 at most; shape (2,)).\n"
        'Re-read: "Batch normalization in training".'
    )


def author(*texts: str) -> Callable[[str], str]:
    """Leaves these texts, and has nothing to say of others."""
    return lambda text: text if text in texts else ""


def test_in_an_authors_words_values_are_left_out() -> None:
    error = caught(expect_equal, 34848, 34944, what="the count", mistakes={"biases left out": 34848}, reread="Counting")
    words = author("the count", "biases left out", "Counting", "34944", "34848")
    assert error.in_words(words) == 'Biases left out.\nRe-read: "Counting".'


def test_what_is_not_the_authors_is_left_out() -> None:
    error = caught(expect_equal, 1, 2, what="the count of MARK", mistakes={"MARK": 1}, reread="Counting")
    assert error.in_words(author("Counting")) == 'The result of your code is wrong.\nRe-read: "Counting".'


@pytest.mark.parametrize(("got", "expected"), [(3.0, 7), (True, 7), ("3", 7), ([3], [7]), ({"a": 3}, {"a": 7})])
def test_in_an_authors_words_no_value_is_left_whatever_the_types(got: object, expected: object) -> None:
    text = caught(expect_equal, got, expected, what="the count").in_words(str)
    assert "3" not in text
    assert "7" not in text


def test_kinds_stay_up_to_the_first_gap() -> None:
    error = caught(expect_equal, (1, 2), 3, what="the mean")
    kinds = {"an integer": "an integer", "a tuple of 2 items": "a tuple of … items", "the mean": "the mean"}
    assert "expected an integer, got a tuple." in error.in_words(lambda text: kinds.get(text, ""))


def test_of_another_shape_only_that_it_is_another_one_is_said() -> None:
    error = caught(expect_close, torch.ones(1, 3), torch.ones(3), what="the mean")
    assert "expected another shape" in error.in_words(lambda text: "shape …" if "shape" in text else "")


def test_the_text_of_a_wrong_error_is_left_out() -> None:
    error = caught(expect_raises, KeyError, int, "abc", what="the call")
    assert "abc" in str(error)
    assert "got ValueError" in error.in_words(author("KeyError", "ValueError"))
    assert "expected KeyError, got something else" in error.in_words(author("KeyError"))


def test_the_parts_can_be_read_one_by_one() -> None:
    error = caught(expect_equal, 3, 4, what="the count", mistakes={"off by one": 3}, reread="Counting")
    assert (error.what, error.expected, error.got, error.likely, error.reread) == (
        "the count",
        "4",
        "3",
        "off by one",
        "Counting",
    )


def test_a_name_from_code_keeps_its_small_letter() -> None:
    assert str(caught(expect_equal, 3, 4, what="dx")).startswith("dx is wrong")


def test_braces_in_what_is_compared_are_just_text() -> None:
    assert "State {0}" in str(caught(expect_equal, 3, 4, what="state {0}"))


def test_it_counts_as_an_assertion() -> None:
    assert isinstance(caught(expect_equal, 3, 4, what="the count"), AssertionError)


def test_it_survives_the_way_between_processes() -> None:
    error = caught(expect_equal, 3, 4, what="the count", reread="Counting")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_notebook_shows_the_line_and_the_sentence_but_no_traceback() -> None:
    shell = InteractiveShell()
    cell = "from coursekit.checks import expect_equal\nn = 3\nexpect_equal(n, 4, what='the count')"
    with redirect_stdout(StringIO()) as shown:
        shell.run_cell(cell)
    assert shown.getvalue() == (
        "line 3: expect_equal(n, 4, what='the count')\nCheckFailed: The count is wrong: expected 4, got 3.\n"
    )
