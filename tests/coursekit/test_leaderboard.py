"""What a test records for the leaderboard."""

from typing import Any

import numpy as np
import pytest

from coursekit.leaderboard import Value, record, take

FAST, SLOW = Value("seconds", 1.5, "asc"), Value("seconds", 9, "asc")


def test_the_last_row_recorded_is_the_one_that_is_taken_and_it_is_taken_once() -> None:
    record([SLOW])
    record([FAST])
    assert take() == [FAST]
    assert take() == []


@pytest.mark.parametrize("value", [Value("seconds", 1.5, "ascending"), Value("error", np.ones(2), "asc")])  # type: ignore[arg-type]
def test_what_cannot_be_ordered_is_refused_and_changes_nothing(value: Any) -> None:
    record([FAST])
    with pytest.raises(ValueError, match="numbers in the order asc or desc"):
        record([SLOW, value])
    assert take() == [FAST]
