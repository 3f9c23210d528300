"""What a student expected of an experiment, shown beside what came out."""

from coursekit.errors import wrapped


def show_prediction(prediction: object, outcome: str = "") -> None:
    """Print a prediction, and what came out.

    Args:
        prediction: what the student wrote; where that is nothing, a line says so.
        outcome: what the experiment showed, in the words that predictions have.
    """
    said = "" if prediction is None or prediction is ... else str(prediction).strip()
    line = f"Your prediction: {_ended(said)}" if said else "You have not predicted anything yet."
    print(wrapped(f"{line} It came out: {_ended(outcome)}" if outcome else line))


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
