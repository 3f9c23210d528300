"""Several calls of one function: the fewest mistakes that explain all results are told."""

from __future__ import annotations

import pytest

from coursekit.cases import Case, Causes, by_causes, differ, expect_cases, explanation, wrong_for
from coursekit.checks import CheckFailed, Mistake, expect_close, together

HALVED = Mistake("halved", "the size was halved")
ROUNDED_UP = Mistake("rounded_up", "the half was rounded up")
ONE_MISSING = Mistake("one_missing", "one is missing")


def case(size: int, came: object) -> Case:
    """A call that should have returned twice the size."""
    wrong: dict[Causes, object] = {
        (HALVED,): size // 2,
        (ROUNDED_UP,): -(-size // 2),
        (ONE_MISSING,): 2 * size - 1,
        (HALVED, ONE_MISSING): size // 2 - 1,
    }
    return Case(f"twice {size}", came, 2 * size, wrong)


def told(*cases: Case) -> str:
    with pytest.raises(CheckFailed) as failure:
        expect_cases(cases)
    return str(failure.value)


def test_right_results_pass() -> None:
    expect_cases([case(3, 6), case(4, 8)])


def test_the_mistake_that_explains_every_case_is_told() -> None:
    # For 4 alone, both would do.
    assert told(case(4, 2), case(5, 3)).startswith("The half was rounded up.")
    assert told(case(4, 2), case(5, 2)).startswith("The size was halved.")


def test_a_right_result_counts_against_a_mistake_that_would_have_spoiled_it() -> None:
    assert not told(case(4, 8), case(5, 2)).startswith("The size was halved.\nAlso")


def test_two_mistakes_at_once_are_both_told() -> None:
    text = told(case(4, 1), case(6, 2))
    assert text.startswith("The size was halved.\nAlso: one is missing.")


def test_a_mistake_that_explains_some_results_only_is_not_told() -> None:
    assert told(case(4, 2), case(5, 33)).startswith("Twice 4 is wrong: expected 8, got 2")


def test_two_mistakes_that_are_made_in_turn_are_told_if_several_results_show_each() -> None:
    assert told(case(5, 2), case(7, 3), case(6, 11), case(8, 15)).startswith(
        "The size was halved.\nAlso: one is missing."
    )
    assert not told(case(5, 2), case(7, 3), case(6, 11)).startswith("The size was halved.")


def test_where_and_how_results_are_wrong_is_told_where_nothing_explains_them() -> None:
    even, odd = ("of even sizes",), ("of odd sizes",)
    cases = [Case(f"twice {n}", 2 * n + 3 * (n % 2), 2 * n, {}, odd if n % 2 else even) for n in range(4, 9)]
    said = "Of those compared, only results of odd sizes are wrong; each of these is too large by 3."
    assert told(*cases).startswith(said)


def test_what_shows_in_one_wrong_number_only_is_not_told() -> None:
    # 13.5 is the square root of 182.25, and 9 is no root of anything here.
    cases = [Case("one", 13.5, 182.25), Case("another", 9.0, 100.5)]
    with pytest.raises(CheckFailed) as failure:
        expect_cases(cases, compare=expect_close, differs=differ)
    assert "square root" not in str(failure.value)


def test_a_check_within_together_tells_its_cause() -> None:
    with pytest.raises(CheckFailed, match="The size was halved"), together():
        expect_cases([case(5, 2), case(7, 3)])


def test_what_nothing_explains_is_compared() -> None:
    assert told(case(4, 8), case(5, 77)).startswith("Twice 5 is wrong: expected 10, got 77")


def test_mistakes_shown_by_other_calls_are_told_too() -> None:
    refused = Mistake("refused", "a size was refused")
    with pytest.raises(CheckFailed, match="Also: a size was refused"):
        expect_cases([case(4, 7)], also=[refused])


def test_values_may_be_made_where_they_are_compared() -> None:
    ways = by_causes([((HALVED,), lambda size: size // 2), ((ONE_MISSING,), lambda size: 2 * size - 1)])
    cases = [Case(f"twice {size}", size // 2, 2 * size, wrong_for(size, ways)) for size in (4, 7)]
    assert told(*cases).startswith("The size was halved.")
    expect_cases([Case("twice 4", 8, 8, lambda: pytest.fail("asked without need"))])


def test_a_part_of_a_result_has_the_parts_of_what_mistakes_give() -> None:
    came, right = (2, 9), (8, 9)
    whole = Case("both", came, right, {(HALVED,): [(2, 1)], (ROUNDED_UP,): lambda: (2, 9)})
    assert explanation([whole]) == (ROUNDED_UP,)
    assert explanation([whole.part(0)]) == (HALVED,)
    assert explanation([whole.part(1)]) == ()


def test_causes_that_a_check_has_found_itself_are_told() -> None:
    with pytest.raises(CheckFailed, match="One is missing"):
        expect_cases([case(4, 2)], causes=(ONE_MISSING,))
    with pytest.raises(CheckFailed, match="Twice 4 is wrong"):
        expect_cases([case(4, 2)], causes=())
