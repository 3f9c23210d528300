"""Calls that should end in an error, calls that should not, and errors whose cause is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from coursekit.calls import errors_explained, expect_accepted, expect_default, expect_refusals
from coursekit.checks import CheckFailed, Mistake

REFUSED = Mistake("refused", "right sizes were refused")
NO_KEY = Mistake("no_key", "some layers have no kernel")


def told(check: Callable[[], None]) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        check()
    return caught.value


def test_all_wrong_arguments_are_tried() -> None:
    def half(n: int) -> int:
        if n == 3:
            raise ValueError
        return n // 2

    expect_refusals(half, {"half(3)": [3]})
    assert "half(5)" in str(told(lambda: expect_refusals(half, {"half(3)": [3], "half(5)": [5]})))


def test_right_arguments_that_are_refused_are_named() -> None:
    def refuse() -> None:
        with expect_accepted("half of 4", likely=REFUSED):
            raise ValueError("4 is odd")

    assert told(refuse).likely == REFUSED.says
    with pytest.raises(KeyError), expect_accepted("half of 4", likely=REFUSED):
        raise KeyError("another error is not about the arguments")


def test_a_missing_default_is_named() -> None:
    def normalize(x: float, eps: float) -> float:
        return x / eps

    def by_default() -> None:
        with expect_default("eps"):
            normalize(1.0)  # type: ignore[call-arg]

    assert "eps has no default value" in str(told(by_default))


def test_an_error_is_told_with_its_cause_and_others_stay_as_they_are() -> None:
    def carried_over(text: str) -> Exception:
        error = KeyError(text)
        error.type_name = "KeyError"  # type: ignore[attr-defined]
        return error

    def read(text: str) -> None:
        with errors_explained({"KeyError: 'kernel'": NO_KEY}, "Layers"):
            raise carried_over(text)

    failure = told(lambda: read("kernel"))
    assert str(failure).startswith("Some layers have no kernel.\nYour code raised KeyError: 'kernel'.\n")
    assert failure.reread == "Layers"
    with pytest.raises(KeyError):
        read("stride")
