"""What a run passed over is told to both, to each in words meant for them."""

from __future__ import annotations

from autograder.execution.failures import not_run
from autograder.execution.notes import Notes
from autograder.execution.plan import Run


def test_what_no_mark_depends_on_is_said_to_students_as_points() -> None:
    notes, cell = Notes(), Run("train()", title="cell 7 of the notebook", number=7)
    notes.add(cell, 0, not_run(cell), told=True)
    assert notes.for_students == (
        "Cell 7 of the notebook did not run: cells above it took too long. This cost you no points.",
    )
    assert notes.for_instructors == (
        "Cell 7 of the notebook did not run: cells above it took too long. No mark depends on it.",
    )
