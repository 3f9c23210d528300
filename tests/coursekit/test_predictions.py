"""A prediction stands beside what came out; where there is none, that is said calmly."""

from __future__ import annotations

import pytest

from coursekit.predictions import show_prediction


@pytest.mark.parametrize(
    ("prediction", "outcome", "line"),
    [
        ("scaling", "", "Your prediction: scaling."),
        (" scaling ", "centring", "Your prediction: scaling. It came out: centring."),
        ("Both fall.", "Only the first falls.", "Your prediction: Both fall. It came out: Only the first falls."),
        (3, "4", "Your prediction: 3. It came out: 4."),
        ("", "", "You have not predicted anything yet."),
        ("  ", "centring", "You have not predicted anything yet. It came out: centring."),
        (None, "", "You have not predicted anything yet."),
        (..., "", "You have not predicted anything yet."),
    ],
)
def test_a_line_says_what_was_predicted_and_what_came_out(
    prediction: object, outcome: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show_prediction(prediction, outcome)
    assert capsys.readouterr().out == f"{line}\n"
