"""Where handles and graphs take their questions."""

from __future__ import annotations

from typing import Any, Protocol

from autograder.boundary.grader.errors import StudentFailed


class Asker(Protocol):
    """The student's process, such as a ``Remote``."""

    def ask(self, operation: str, *operands: Any) -> Any:
        """The answer."""

    def ask_for(self, kind: type, operation: str, *operands: Any) -> Any:
        """The answer, which must be of this very type."""

    def lied(self, what: str) -> StudentFailed:
        """The error to raise for an answer that cannot be honest."""

    def release(self, number: int, told: int) -> None:
        """Tell the student's process, next time, that a handle is gone."""

    def release_graph(self, number: int) -> None:
        """Tell the student's process, next time, that a graph is gone."""
