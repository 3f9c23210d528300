"""Who answers a test's question about a value."""

from coursekit.questions import ask


class Elsewhere:
    """Stands for a value in another process."""

    def __question__(self, question: str) -> str:
        return f"{question} of what is elsewhere"


def test_a_value_at_hand_is_asked_about_here() -> None:
    assert ask("length", "abc", len) == 3


def test_a_value_in_another_process_is_asked_about_there() -> None:
    assert ask("length", Elsewhere(), len) == "length of what is elsewhere"


def test_only_the_class_decides_where_a_value_is() -> None:
    value = type("Here", (), {})()
    value.__question__ = lambda question: question
    assert ask("kind", value, lambda value: type(value).__name__) == "Here"
