"""What a test asks about a value that may be in another process.

In a notebook, and wherever a value is at hand, a function answers. In grading, a student's value stays in the student's
process, and the test has a name for it, whose class has a ``__question__``: it sends the question there, where the
function that the course registered for it answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def ask(question: str, value: Any, here: Callable[..., Any], *arguments: Any) -> Any:
    """What `here` says of the value, or in another process the function that is registered for the question.

    Args:
        question: its name in the course's settings.
        value: what the question is about.
        here: answers it if the value is in this process.
        arguments: more that the function is told; plain values or tensors.
    """
    elsewhere = getattr(type(value), "__question__", None)
    return here(value, *arguments) if elsewhere is None else elsewhere(value, question, *arguments)
