"""What the checks accept of NumPy arrays, reject and say, where a course expects arrays."""

import math
import warnings
from typing import Any

import numpy as np
import pytest
import torch

from coursekit.checks import CheckFailed, expect_close, expect_equal, expect_shape

X = np.array([[1.0, 2.0, 4.0], [3.0, 5.0, 9.0]])
SQUARE = np.array([[1.0, 2.0], [5.0, 7.0]])


def failure(got: Any, expected: Any, **options: Any) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        expect_close(got, expected, what="the result", **options)
    return caught.value


class TestAccepts:
    @pytest.mark.parametrize("expected", [X, X.astype(np.float32), X.astype(int), X > 2, X * 1j, X[:0], X.T])
    def test_an_equal_array_of_any_numbers(self, expected: Any) -> None:
        expect_close(expected.copy(), expected, what="x")

    def test_rounding(self) -> None:
        expect_close(X * (1 + 1e-13), X, what="x")
        expect_close(X.astype(np.float32) * np.float32(1 + 1e-6), X.astype(np.float32), what="x")

    def test_nan_and_infinity_where_they_are_expected_without_a_warning(self) -> None:
        expected = np.array([math.nan, math.inf, -math.inf, 1.0])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            expect_close(expected.copy(), expected, what="x")
            failure(-expected, expected)

    @pytest.mark.parametrize("got", [0.5, np.float64(0.5), np.array(0.5)])
    def test_a_number_for_an_array_without_dimensions(self, got: Any) -> None:
        expect_close(got, np.array(0.5), what="the mean")

    def test_the_other_order_of_bytes(self) -> None:
        expect_close(X.astype(">f8"), X, what="x")

    def test_another_dtype_when_told_that_it_does_not_matter(self) -> None:
        expect_close(X.astype(int), X, what="x", check_dtype=False)

    def test_arrays_in_tuples_and_dicts(self) -> None:
        expect_close({"parts": [X, SQUARE], "n": 2}, {"parts": (X, SQUARE), "n": 2}, what="the parts")
        expect_equal({"x": X, "names": np.array(["a"])}, {"x": X, "names": np.array(["a"])}, what="the table")


class TestNames:
    def test_the_whole_difference(self) -> None:
        assert str(failure(X + 0.5 * (X == 9), X)) == (
            "The result is wrong: expected 9 at [1, 2], got 9.5 (1 of 6 values differ, by 0.5 at most; shape (2, 3))."
        )

    @pytest.mark.parametrize(
        ("got", "came", "likely"),
        [
            (None, "None", "without a return statement"),
            (X.tolist(), "a list of 2 items", "made a list of it"),
            (2.5, "a float", "made one number of it"),
            ((X,), "a tuple of 1 item", "a comma after the returned value"),
            (torch.tensor(X), "a tensor of shape (2, 3)", "torch was used where NumPy is asked for"),
        ],
    )
    def test_what_is_no_array(self, got: Any, came: str, likely: str) -> None:
        error = failure(got, X)
        assert (error.expected, error.got) == ("a NumPy array of shape (2, 3)", came)
        assert likely in error.likely

    @pytest.mark.parametrize(
        ("got", "expected", "likely"),
        [
            (X, torch.tensor(X), "stay with torch"),
            ([X], [torch.tensor(X)], "stay with torch"),
            (X, [torch.tensor(X)], "stay with torch"),
            (X, 2.5, "a float is asked for; reduce the array"),
            (np.array([2.5]), 2.5, ".item() is missing, which makes a Python number of an array"),
            (SQUARE, [[1, 2], [5, 7]], ".tolist() is missing"),
        ],
    )
    def test_an_array_for_something_else(self, got: Any, expected: Any, likely: str) -> None:
        assert likely in failure(got, expected).likely

    def test_shapes_in_the_words_of_numpy(self) -> None:
        assert "keepdims=True" in failure(X.mean(axis=1, keepdims=True), X.mean(axis=1)).likely
        assert "check axis=" in failure(X.mean(axis=1), X.mean(axis=0)).likely
        assert "np.expand_dims" in failure(X.mean(axis=1), X.mean(axis=1, keepdims=True)).likely

    @pytest.mark.parametrize(
        ("dtype", "likely"), [(np.float32, ".astype() was called"), (int, "made an integer"), (object, "")]
    )
    def test_a_wrong_dtype(self, dtype: Any, likely: str) -> None:
        error = failure(X.astype(dtype), X)
        assert (error.expected, error.got) == ("dtype float64", f"dtype {np.dtype(dtype).name}")
        assert likely in error.likely

    def test_items_that_are_no_numbers_whether_or_not_the_dtype_matters(self) -> None:
        assert failure(X.astype(str), X, check_dtype=False).expected == "dtype float64"

    @pytest.mark.parametrize(
        ("got", "likely"),
        [
            (SQUARE.T, "transposed"),
            (SQUARE * 1.25, "1.25 times what it should be"),
            (SQUARE[:, ::-1], "check reshape, transpose and the order of loops"),
            (SQUARE * 0, "was never filled in"),
            (SQUARE * math.nan, "0 was divided by 0"),
        ],
    )
    def test_values_by_how_they_relate_to_the_right_ones(self, got: Any, likely: str) -> None:
        assert likely in failure(got, SQUARE).likely

    def test_the_mistake_that_gives_the_value(self) -> None:
        error = failure(X.std(axis=0), X.var(axis=0), mistakes={"the root was taken": X.std(axis=0)})
        assert error.likely == "the root was taken"


def test_a_shape_is_that_of_an_array_only_where_one_is_asked_for() -> None:
    expect_shape(X, (2, 3), what="x", numpy=True)
    with pytest.raises(CheckFailed, match=r"torch was used(?s:.*)expected a NumPy array of .*, got a tensor of"):
        expect_shape(torch.tensor(X), (2, 3), what="x", numpy=True)
    with pytest.raises(CheckFailed, match=r"stay with torch(?s:.*)expected a tensor of .*, got a NumPy array of"):
        expect_shape(X, (2, 3), what="x")


def test_exact_comparison_allows_no_rounding_and_compares_texts_one_by_one() -> None:
    for got, expected, words in (
        (X + 1e-9, X, r"6 of 6 values differ"),
        (np.array(["a", "c"]), np.array(["a", "b"]), r"\(item 1\) is wrong: expected 'b', got 'c'"),
    ):
        with pytest.raises(CheckFailed, match=words):
            expect_equal(got, expected, what="the result")


def test_texts_cannot_be_close() -> None:
    with pytest.raises(TypeError, match="use expect_equal"):
        expect_close(np.array(["a"]), np.array(["a"]), what="x")
