"""What a run passed over is told to both, to each in words meant for them."""

from __future__ import annotations

from autograder.execution.notes import UNTOLD, Notes
from autograder.execution.plan import StudentCode


def notes_on(count: int, *, told: bool = True) -> Notes:
    """Notes on some cells for which there was no time."""
    notes = Notes()
    for number in range(1, count + 1):
        notes.add_not_run(StudentCode("train()", title=f"cell {number} of the notebook", number=number), told=told)
    return notes


def test_what_no_mark_depends_on_is_said_to_students_as_points() -> None:
    notes = notes_on(1)
    assert notes.for_students == (
        "Cell 1 of the notebook did not run: cells above it took too long. This cost you no points.",
    )
    assert notes.for_instructors == (
        "Cell 1 of the notebook did not run: cells above it took too long. No mark depends on it.",
    )


def test_many_cells_that_did_not_run_are_one_sentence() -> None:
    assert notes_on(5).for_instructors == (
        "5 cells did not run, since cells above them took too long: cell 1 of the notebook, cell 2 of the notebook, "
        "cell 3 of the notebook and 2 more. No mark depends on it.",
    )


def test_what_students_may_not_read_is_not_among_them() -> None:
    assert notes_on(5, told=False).for_students == (UNTOLD,)
