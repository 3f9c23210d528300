"""Shows what a student predicted beside what an experiment gave."""


def beside(prediction: str, result: str) -> None:
    """Print a prediction and the result; a prediction that was not made is asked for.

    Args:
        prediction: what the student wrote; empty for nothing.
        result: what came.
    """
    made = f"you predicted {prediction!r}" if prediction.strip() else "you have not predicted anything"
    print(f"Your prediction: {made}. The result: {result}.")
