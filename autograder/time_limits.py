"""How long a submission and its parts may take."""

from __future__ import annotations

import math
from dataclasses import dataclass

from autograder.settings import SubmissionLimits
from autograder.topics import Cell

_USUAL = SubmissionLimits()


@dataclass(frozen=True)
class TimeLimits:
    """Seconds of processor time, and as many in which nothing runs or waits for a core.

    Attributes:
        cell: a cell, and a test that does not ask for more.
        submission: all that marks depend on.
        rest: all that no mark depends on, after that.
        clock: wall time until the place where grading runs ends it.
        usual_cell: what a cell has in this course where nothing else is asked for.
    """

    cell: float = _USUAL.cell_seconds
    submission: float = _USUAL.submission_seconds
    rest: float = _USUAL.rest_seconds
    clock: float = math.inf
    usual_cell: float = _USUAL.cell_seconds

    @classmethod
    def of(cls, limits: SubmissionLimits, cell: float | None = None) -> TimeLimits:
        """A course's limits; where a cell has more seconds than usual, all others grow alike.

        Args:
            cell: the seconds of a cell, if they are others than usual.
        """
        cell = cell or limits.cell_seconds
        longer = max(1.0, cell / limits.cell_seconds)
        return cls(
            cell, limits.submission_seconds * longer, limits.rest_seconds * longer, usual_cell=limits.cell_seconds
        )

    @classmethod
    def on_gradescope(cls, limits: SubmissionLimits, clock: float) -> TimeLimits:
        """A course's limits on Gradescope, where grading must end by itself within ``clock`` seconds."""
        cell, submission = limits.gradescope_cell_seconds, limits.gradescope_submission_seconds
        return cls(cell, submission, limits.rest_seconds, clock, limits.cell_seconds)

    def for_test(self, test: Cell) -> float:
        """How long a test may take: where cells have longer than usual, what it asks for grows alike."""
        return max(self.cell, test.seconds * max(1.0, self.cell / self.usual_cell))
