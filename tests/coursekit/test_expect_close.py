"""What ``expect_close`` accepts, what it rejects, and what it says."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from coursekit.checks import CheckFailed, expect_close

X = torch.tensor([[1.0, 2.0, 4.0], [3.0, 5.0, 9.0]], dtype=torch.float64)
COLUMNS = torch.tensor([2.0, 3.5, 6.5], dtype=torch.float64)


def failure(got: Any, expected: Any, **options: Any) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        expect_close(got, expected, what="the result", **options)
    return caught.value


class TestAccepts:
    def test_the_same_tensor(self) -> None:
        expect_close(X.clone(), X, what="x")

    def test_rounding_in_float64(self) -> None:
        expect_close(X * (1 + 1e-13), X, what="x")

    def test_rounding_in_float32(self) -> None:
        expect_close(X.float() * (1 + 1e-6), X.float(), what="x")

    def test_noise_around_zero_in_a_tensor_of_large_values(self) -> None:
        expected = torch.tensor([0.0, 1e5], dtype=torch.float32)
        expect_close(expected + torch.tensor([1e-2, 0.0]), expected, what="x")

    @pytest.mark.parametrize("got", [0.5, torch.tensor(0.5), np.float32(0.5), np.float64(0.5)])
    def test_a_number_however_it_comes(self, got: Any) -> None:
        expect_close(got, 0.5, what="the loss")

    def test_a_plain_number_for_a_tensor_without_dimensions(self) -> None:
        expect_close(0.5, torch.tensor(0.5), what="the loss")

    def test_an_integer_where_a_float_is_expected(self) -> None:
        expect_close(2, 2.0, what="the ratio")

    def test_a_tensor_that_still_requires_gradients(self) -> None:
        expect_close(X.clone().requires_grad_(), X, what="x")

    def test_a_parameter(self) -> None:
        expect_close(nn.Parameter(X.clone()), X, what="the weight")

    def test_nan_and_infinity_where_they_are_expected(self) -> None:
        expected = torch.tensor([math.nan, math.inf, -math.inf, 1.0])
        expect_close(expected.clone(), expected, what="x")

    @pytest.mark.parametrize("got", [(1, 2.0), [1.0, 2.0], torch.tensor([1.0, 2.0]), np.array([1, 2])])
    def test_numbers_in_any_kind_of_row(self, got: Any) -> None:
        expect_close(got, [1.0, 2.0], what="the shares")

    @pytest.mark.parametrize("got", [torch.tensor([0.1, 0.7]), np.array([0.1, 0.7], dtype=np.float32)])
    def test_the_rounding_of_float32_in_a_row_of_numbers(self, got: Any) -> None:
        expect_close(got, [0.1, 0.7], what="the shares")

    def test_a_tuple_of_tensors_given_as_a_list(self) -> None:
        expect_close([X, COLUMNS], (X, COLUMNS), what="the gradients")

    def test_empty_tensors_of_one_shape(self) -> None:
        expect_close(torch.zeros(0, 3), torch.zeros(0, 3), what="x")

    def test_another_dtype_when_told_that_it_does_not_matter(self) -> None:
        expect_close(X.float(), X, what="x", check_dtype=False)

    @pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
    def test_the_rounding_of_half_precision_where_it_is_expected(self, half: torch.dtype) -> None:
        expect_close(X.to(half) * 1.001, X.to(half), what="x")

    def test_what_a_wider_tolerance_allows(self) -> None:
        expect_close(X + 0.01, X, what="x", atol=0.02)


class TestRejects:
    @pytest.mark.parametrize("off", [1e-7, -1e-7])
    def test_an_error_above_rounding_in_float64(self, off: float) -> None:
        failure(X + off, X)

    def test_an_error_above_rounding_in_float32(self) -> None:
        failure(X.float() * (1 + 1e-4), X.float())

    @pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
    @pytest.mark.parametrize("expected", [784.0, [784.0], X.new_tensor(784.0)], ids=["number", "list", "tensor"])
    def test_a_wrong_value_that_comes_so_coarse_that_it_could_be_right(self, half: torch.dtype, expected: Any) -> None:
        came = torch.tensor(784.0 * 1.004, dtype=half)
        failure([came] if isinstance(expected, list) else came, expected, check_dtype=False)

    def test_an_integer_that_is_one_off_however_large(self) -> None:
        failure(10**12 + 1, 10**12)

    def test_an_integer_tensor_that_is_one_off(self) -> None:
        failure(torch.tensor([3, 4]), torch.tensor([3, 5]))

    def test_one_wrong_value_among_many(self) -> None:
        expected = torch.zeros(100, 100)
        got = expected.clone()
        got[7, 31] = 0.5
        assert "expected 0 at [7, 31], got 0.5 (1 of 10000 values differ" in str(failure(got, expected))

    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
    def test_a_value_that_is_not_finite_whatever_the_tolerance(self, bad: float) -> None:
        got = X.clone()
        got[0, 1] = bad
        failure(got, X, rtol=1e6, atol=1e6)

    def test_minus_infinity_for_infinity(self) -> None:
        failure(torch.tensor([-math.inf]), torch.tensor([math.inf]))

    def test_a_finite_value_where_nan_is_expected(self) -> None:
        failure(torch.tensor([1.0]), torch.tensor([math.nan]))

    @pytest.mark.parametrize("shape", [(1,), (3,), (1, 3), (2, 1)])
    def test_a_shape_that_would_broadcast(self, shape: tuple[int, ...]) -> None:
        assert failure(torch.ones(shape), torch.ones(2, 3)).expected == "shape (2, 3)"

    def test_a_tensor_of_one_element_for_a_number(self) -> None:
        assert failure(torch.tensor([0.5]), 0.5).got == "shape (1,)"


class TestNamesTypes:
    @pytest.mark.parametrize(
        ("got", "came", "likely"),
        [
            (None, "None", "without a return statement"),
            ((X,), "a tuple of 1 item", "a comma after the returned value"),
            ((X, X), "a tuple of 2 items", "several values are returned"),
            ([X], "a list of 1 item", "made a list of it"),
            (X.tolist(), "a list of 2 items", "made a list of it"),
            (X.numpy(), "a NumPy array of shape (2, 3)", "stay with torch"),
            (1.5, "a float", "made one number of it"),
            (2, "an integer", "made one number of it"),
            (True, "a truth value", "a comparison"),
            ("1.5", "a string", "formatted as text"),
            (nn.ReLU(), "a module (ReLU)", "instead of being called"),
            (torch.relu, "a function", "instead of being called"),
            ({"y": X}, "a dict of 1 item", ""),
            (object(), "an object of type object", ""),
        ],
    )
    def test_of_what_is_no_tensor(self, got: Any, came: str, likely: str) -> None:
        error = failure(got, X)
        assert error.expected == "a tensor of shape (2, 3)"
        assert error.got == came
        assert likely in error.likely

    @pytest.mark.parametrize("got", [None, "0.5", True, [0.5], np.array(0.5), 1j])
    def test_of_what_is_no_number(self, got: Any) -> None:
        failure(got, 0.5)

    def test_of_a_tensor_where_a_tuple_is_asked_for(self) -> None:
        assert "only one of the values" in failure(X, (X, COLUMNS)).likely

    def test_of_a_tuple_with_too_few_items(self) -> None:
        error = failure((X, COLUMNS), (X, COLUMNS, COLUMNS))
        assert "expected a tuple of 3 items, got a tuple of 2 items" in str(error)
        assert "names 3 values" in error.likely

    def test_of_the_item_that_is_wrong(self) -> None:
        assert str(failure((X, None), (X, COLUMNS))).endswith("(item 1): expected a tensor of shape (3,), got None.")

    def test_of_a_wrong_dtype(self) -> None:
        error = failure(X.float(), X)
        assert (error.expected, error.got) == ("dtype float64", "dtype float32")
        assert "dtype=x.dtype" in error.likely

    def test_of_integers_for_floats(self) -> None:
        assert "made an integer" in failure(X.long(), X).likely

    def test_of_a_meta_tensor(self) -> None:
        assert "a shape but no values" in failure(X.to("meta"), X).likely

    def test_of_a_sparse_tensor_only_by_its_values(self) -> None:
        expect_close(X.to_sparse(), X, what="x")


class TestNamesShapes:
    @pytest.mark.parametrize(
        ("came", "asked", "likely"),
        [
            ((1, 3), (3,), "left over, from keepdim=True"),
            ((3, 1), (3,), "left over, from keepdim=True"),
            ((3,), (1, 3), "is missing; use keepdim=True"),
            ((2, 4), (2, 4, 1, 1), "is missing; use keepdim=True"),
            ((3, 1), (1, 3), "stands in the wrong place"),
            ((3, 2), (2, 3), "wrong order"),
            ((2, 5, 5, 4), (2, 4, 5, 5), "wrong order"),
            ((), (3,), "name the axes with dim="),
            ((3,), (), "over all elements is missing"),
            ((3, 3), (3,), "were broadcast against each other"),
            ((2, 6), (2, 4, 6), "one dimension too many was reduced"),
            ((2, 4, 6), (4, 6), "one dimension was not reduced"),
            ((2,), (3,), "another axis was reduced"),
            ((2, 24), (2, 4, 3, 2), "another arrangement"),
            ((2, 5), (7, 9), ""),
        ],
    )
    def test_by_their_likely_cause(self, came: tuple[int, ...], asked: tuple[int, ...], likely: str) -> None:
        error = failure(torch.zeros(came), torch.zeros(asked))
        assert likely in error.likely
        assert bool(likely) == bool(error.likely)


class TestNamesValues:
    SQUARE = torch.tensor([[1.0, 2.0], [5.0, 7.0]])

    @pytest.mark.parametrize(
        ("got", "expected", "likely"),
        [
            (SQUARE.T, SQUARE, "transposed"),
            (-SQUARE, SQUARE, "the sign is wrong"),
            (SQUARE * 1.25, SQUARE, "1.25 times what it should be"),
            (SQUARE + 3, SQUARE, "off by the same amount"),
            (SQUARE.sqrt(), SQUARE, "the square root"),
            (SQUARE.square(), SQUARE, "the square of"),
            (SQUARE.flip(1), SQUARE, "in the wrong order"),
            (SQUARE * 0, SQUARE, "every value is 0"),
            (SQUARE / 0, SQUARE, "was divided by 0"),
            (SQUARE * math.nan, SQUARE, "0 was divided by 0"),
            (SQUARE.exp(), SQUARE, ""),
        ],
    )
    def test_by_how_they_relate_to_the_right_ones(self, got: torch.Tensor, expected: torch.Tensor, likely: str) -> None:
        error = failure(got, expected)
        assert likely in error.likely
        assert bool(likely) == bool(error.likely)

    def test_by_float32_where_they_differ_as_it_rounds(self) -> None:
        thirds = self.SQUARE.double() / 3
        assert "computed in float32" in failure(thirds.float().double(), thirds).likely

    def test_not_by_float32_where_all_are_a_little_too_large(self) -> None:
        thirds = self.SQUARE.double() / 3
        assert not failure(thirds * (1 + 1e-6), thirds).likely

    @pytest.mark.parametrize("factor", [1 - 5e-5, 1 + 5e-5])
    def test_never_by_a_factor_that_reads_as_one(self, factor: float) -> None:
        assert not failure(self.SQUARE.double() * factor, self.SQUARE.double()).likely

    @pytest.mark.parametrize(("got", "expected", "likely"), [(-3, 3, "sign"), (0.5, 0.25, "square root"), (2, 4, "")])
    def test_of_a_single_number_only_where_it_means_something(self, got: float, expected: float, likely: str) -> None:
        assert (likely in failure(got, expected).likely) if likely else not failure(got, expected).likely


class TestMistakes:
    UNBIASED = X.var(dim=0)
    BIASED = X.var(dim=0, unbiased=False)

    def test_the_one_that_came_is_the_likely_cause(self) -> None:
        error = failure(
            self.UNBIASED,
            self.BIASED,
            mistakes={"the root was taken": self.BIASED.sqrt(), "divided by N - 1": self.UNBIASED},
        )
        assert error.likely == "divided by N - 1"

    def test_one_of_several_values_is_enough(self) -> None:
        error = failure(self.UNBIASED, self.BIASED, mistakes={"divided by N - 1": [X, self.UNBIASED]})
        assert error.likely == "divided by N - 1"

    def test_a_list_may_also_be_the_value_itself(self) -> None:
        assert failure([3, 4], [1, 2], mistakes={"the sizes": [3, 4]}).likely == "the sizes"

    def test_a_wrong_shape_is_recognised_too(self) -> None:
        error = failure(X.mean(dim=1), X.mean(dim=0), mistakes={"over the features": X.mean(dim=1)})
        assert error.likely == "over the features"

    def test_one_that_is_right_here_is_never_blamed(self) -> None:
        error = failure(X.float(), X, mistakes={"gamma was left out": X})
        assert "gamma" not in error.likely

    def test_one_of_another_shape_does_not_match_by_broadcasting(self) -> None:
        error = failure(torch.ones(2, 3), torch.zeros(2, 3), mistakes={"only one row": torch.ones(3)})
        assert error.likely != "only one row"

    def test_none_of_them_leaves_the_general_cause(self) -> None:
        assert "times what it should be" in failure(2 * X, X, mistakes={"no gamma": X + 1}).likely


class TestRefusesToCompare:
    def test_with_a_meta_tensor_which_has_no_values(self) -> None:
        with pytest.raises(ValueError, match="use expect_shape"):
            expect_close(X, X.to("meta"), what="x")

    def test_with_a_string(self) -> None:
        with pytest.raises(TypeError, match="use expect_equal"):
            expect_close("a", "a", what="the answer")
