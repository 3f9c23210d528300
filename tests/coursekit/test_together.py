"""Several things are checked to the end, and what explains most is told first."""

from __future__ import annotations

from typing import Any

import pytest

from coursekit.checks import CheckFailed, Mistake, expect_equal, expect_shape, expect_true, together

HALVED = Mistake("halved", "every count is halved")
NO_BIAS = Mistake("no_bias", "the bias is missing", section="Counting")
TWO = Mistake("two", "it is always 2")


def told(*checks: Any) -> CheckFailed:
    """What a student is told of calls of ``expect_equal``: what came, what is right, mistakes."""
    with pytest.raises(CheckFailed) as caught, together():
        for number, (got, expected, mistakes) in enumerate(checks):
            expect_equal(got, expected, what=f"count {number}", mistakes=mistakes)
    return caught.value


def test_what_passes_says_nothing() -> None:
    with together():
        expect_equal(1, 1, what="one")


def test_two_mistakes_at_once_are_both_named() -> None:
    failure = told((2, 4, {HALVED: 2}), (6, 7, {NO_BIAS: 6}))
    assert str(failure).splitlines() == [
        "Every count is halved.",
        "Also: the bias is missing.",
        "Compared: count 0: expected 4, got 2.",
    ]


def test_what_explains_everything_comes_before_what_explains_a_part() -> None:
    failure = told((2, 4, {TWO: 2, HALVED: 2}), (3, 6, {HALVED: 3}))
    assert (failure.likely, failure.also) == (HALVED.says, ())


def test_a_higher_priority_comes_first() -> None:
    urgent = Mistake("urgent", "the function prints and returns nothing", priority=1)
    assert told((2, 4, {HALVED: 2}), (3, 6, {HALVED: 3}), (1, 5, {urgent: 1})).likely == urgent.says


def test_a_wrong_shape_comes_before_wrong_values() -> None:
    with pytest.raises(CheckFailed, match=r"expected an integer, got a list of 2 items"), together():
        expect_equal(2, 4, what="a count", mistakes={HALVED: 2})
        expect_equal([1, 2], 3, what="another count")


def test_the_first_failure_is_told_where_no_cause_is_known() -> None:
    assert str(told((2, 4, {}), (3, 6, {}))) == "Count 0 is wrong: expected 4, got 2."


def test_a_mistake_says_where_to_re_read() -> None:
    assert told((6, 7, {NO_BIAS: 6})).reread == "Counting"


def test_an_error_after_a_failure_follows_from_it() -> None:
    with pytest.raises(CheckFailed, match="is wrong: expected 4"), together():
        expect_equal(2, 4, what="the count")
        raise KeyError("what the failure leads to")


def test_an_error_without_a_failure_stays() -> None:
    with pytest.raises(KeyError), together():
        raise KeyError("a mistake of the check")


def test_outside_the_first_failure_ends_the_check() -> None:
    with pytest.raises(CheckFailed, match="Requirement not met: it holds"):
        expect_true(False, what="it holds")
        expect_shape(None, (1,), what="never reached")


def test_causes_are_kept_when_what_was_chosen_is_one_of_several_failures_itself() -> None:
    with pytest.raises(CheckFailed) as caught, together():
        expect_equal(1, 1, what="one")
        with together():
            expect_equal(2, 4, what="two", mistakes={HALVED: 2})
            expect_equal(6, 7, what="three", mistakes={NO_BIAS: 6})
    assert (caught.value.likely, caught.value.also) == (HALVED.says, (NO_BIAS,))
