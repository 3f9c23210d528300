"""What ``expect_equal``, ``expect_shape``, ``expect_true`` and ``expect_raises`` accept, reject and say."""

import re
from typing import Any

import numpy as np
import pytest
import torch

from coursekit.checks import CheckFailed, expect_equal, expect_raises, expect_shape, expect_true
from coursekit.seeds import grading_seed


def unequal(got: Any, expected: Any, **options: Any) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        expect_equal(got, expected, what="the result", **options)
    return caught.value


class TestExpectEqual:
    @pytest.mark.parametrize(
        ("got", "expected"),
        [
            (23296, 23296),
            ("max", "max"),
            (True, True),
            (None, None),
            (2.5, 2.5),
            (2, 2.0),
            ([1, 2], (1, 2)),
            (torch.Size([1, 2]), (1, 2)),
            ((1, 2), torch.Size([1, 2])),
            ({"a": [1, (2, 3)]}, {"a": (1, [2, 3])}),
            (frozenset({0, 2}), {0, 2}),
            (torch.tensor([1, 2]), torch.tensor([1, 2])),
            (np.int64(3), 3),
            (np.uint8(3), 3),
            (np.array(3), 3),
            (torch.tensor(3), 3),
            (torch.tensor(3, dtype=torch.uint8), 3),
            ([np.int32(1), torch.tensor(2)], (1, 2)),
            ({"a": np.int64(3)}, {"a": 3}),
            (np.int64(3), 3.0),
        ],
    )
    def test_accepts_the_same(self, got: Any, expected: Any) -> None:
        expect_equal(got, expected, what="the result")

    @pytest.mark.parametrize(
        ("got", "expected", "words"),
        [
            (3, 4, "expected 4, got 3"),
            ("B", "A", "expected 'A', got 'B'"),
            (23296.0, 23296, "expected an integer, got a float (23296.0 where 23296 is right)"),
            (True, 1, "expected an integer, got a truth value (True where 1 is right)"),
            (1, True, "expected a truth value, got an integer (1 where True is right)"),
            ("3", 3, "expected an integer, got a string ('3' where 3 is right)"),
            (None, 3, "expected an integer, got None"),
            (np.int64(3), 4, "expected 4, got 3"),
            (torch.tensor(3), 4, "expected 4, got 3"),
            (np.float64(3.0), 3, "expected an integer, got a NumPy float64"),
            (torch.tensor(3.0), 3, "expected an integer, got a tensor of shape ()"),
            (torch.tensor([3]), 3, "expected an integer, got a tensor of shape (1,)"),
            (torch.tensor(True), 1, "expected an integer, got a tensor of shape ()"),
            (np.bool_(True), 1, "expected an integer, got a NumPy bool"),
            (len, 3, "expected an integer, got a function"),
            (None, (1, 2), "expected a tuple of 2 items, got None"),
            ([1], (1, 2), "expected (1, 2), got [1]"),
            ([*range(20), 21], [*range(22)], "expected 22 items, with 20 as item 20, got 21 items, with 21 as item 20"),
            ([*range(20)], [*range(21)], "expected 21 items, with 20 as item 20, got 20 items."),
            ([1, 3], (1, 2), "The result (item 1) is wrong: expected 2, got 3"),
            ({"a": 1}, {"b": 1}, "expected the keys ['b'], got ['a']"),
            ({"a": (1, 2)}, {"a": (1, 3)}, "The result (key 'a', item 1) is wrong: expected 3, got 2"),
            ([("a", 1)], {"a": 1}, "expected a dict of 1 item, got a list of 1 item"),
            ({0, 1}, {0, 2}, "expected {0, 2}, got {0, 1}"),
            (torch.tensor([1, 2]), torch.tensor([1, 3]), "expected 3 at [1], got 2"),
        ],
    )
    def test_says_what_is_wrong(self, got: Any, expected: Any, words: str) -> None:
        assert words in str(unequal(got, expected))

    @pytest.mark.parametrize(
        ("got", "expected", "likely"),
        [
            (23296.0, 23296, "use // (or int)"),
            (23.296, 23296, "these are thousands; return the number itself"),
            (0.023296, 23296, "these are millions"),
            (0.0, 0, "use // (or int)"),
            (torch.tensor(3.0), 3, ".item() is missing"),
            (torch.ones(3), 3, "reduce the tensor"),
            (np.bool_(True), 3, "int(...)"),
            (1, True, "bool(...)"),
            (None, 3, "without a return statement"),
        ],
    )
    def test_says_how_to_put_a_mixed_up_type_right(self, got: Any, expected: Any, likely: str) -> None:
        assert likely in unequal(got, expected).likely

    def test_names_the_mistake_that_gives_the_value(self) -> None:
        assert unequal(34848, 34944, mistakes={"the biases were left out": 34848}).likely == "the biases were left out"

    def test_keeps_a_long_value_short(self) -> None:
        assert len(str(unequal(list(range(10_000)), [0]))) < 300

    def test_survives_an_integer_too_long_to_print(self) -> None:
        assert "expected 3, got an integer" in str(unequal(10**5000, 3))


class TestExpectShape:
    def test_accepts_the_shape_on_any_device(self) -> None:
        expect_shape(torch.empty(2, 3, device="meta"), (2, 3), what="the output")

    def test_says_the_likely_cause_of_another_shape(self) -> None:
        with pytest.raises(CheckFailed, match=r"keepdim.*\n.*expected shape \(3,\), got shape \(1, 3\)\."):
            expect_shape(torch.zeros(1, 3), (3,), what="the mean")

    def test_names_the_mistake_that_gives_the_shape(self) -> None:
        with pytest.raises(CheckFailed, match="The padding was forgotten"):
            expect_shape(torch.zeros(5), (7,), what="y", mistakes={"the padding was forgotten": [(3,), (5,)]})

    @pytest.mark.parametrize("got", [None, (torch.zeros(3),), [1, 2, 3], np.zeros(3)])
    def test_rejects_what_is_no_tensor(self, got: Any) -> None:
        with pytest.raises(CheckFailed, match=r"expected a tensor of shape \(3,\)"):
            expect_shape(got, (3,), what="the mean")


class TestExpectTrue:
    def test_accepts_what_holds(self) -> None:
        expect_true(torch.equal(torch.ones(2), torch.ones(2)), what="the input is not changed in place")

    def test_says_what_should_hold_and_why_it_may_not(self) -> None:
        with pytest.raises(CheckFailed) as caught:
            expect_true(False, what="the input stays as it was", likely="x -= mean changes x", reread="Contracts")
        assert str(caught.value) == (
            'x -= mean changes x.\nRequirement not met: the input stays as it was.\nRe-read: "Contracts".'
        )


def refuse(error: Exception | None) -> int:
    if error:
        raise error
    return 3


class TestExpectRaises:
    def test_accepts_the_error_and_its_subclasses(self) -> None:
        expect_raises(ValueError, refuse, ValueError("no"), what="six channels in four groups")
        expect_raises(LookupError, refuse, error=KeyError("no"), what="six channels in four groups")

    def test_says_what_came_back_instead(self) -> None:
        with pytest.raises(CheckFailed, match="expected ValueError, got no error but an integer"):
            expect_raises(ValueError, refuse, None, what="six channels in four groups")

    @pytest.mark.parametrize(
        ("error", "likely"),
        [
            (RuntimeError("shape '[2, 4]' is invalid"), "used before it is tested"),
            (TypeError("groups"), "an error of another class is raised"),
            (AssertionError(), "assert is for what can never happen"),
        ],
    )
    def test_says_which_other_error_came(self, error: Exception, likely: str) -> None:
        with pytest.raises(CheckFailed) as caught:
            expect_raises(ValueError, refuse, error, what="six channels in four groups")
        assert f"expected ValueError, got {type(error).__name__}" in str(caught.value)
        assert likely in caught.value.likely

    def test_names_the_class_that_an_error_from_another_process_states(self) -> None:
        class CarriedError(Exception):
            type_name = "__main__.ShapeError"

        for error, words in (("ShapeError: 6 and 4", "ShapeError ('6 and 4')."), ("ShapeError", "ShapeError.")):
            with pytest.raises(CheckFailed, match=re.escape(f"expected ValueError, got __main__.{words}")):
                expect_raises(ValueError, refuse, CarriedError(error), what="six channels in four groups")

    def test_lets_an_exercise_that_is_not_written_yet_say_so_itself(self) -> None:
        with pytest.raises(NotImplementedError):
            expect_raises(RuntimeError, refuse, NotImplementedError(), what="six channels in four groups")


class TestGradingSeed:
    def test_is_0_for_students(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("COURSE_GRADING_SEED", raising=False)
        assert grading_seed() == 0

    def test_is_what_the_grader_sets(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COURSE_GRADING_SEED", "123456")
        assert grading_seed() == 123456
