"""All marks of a gradebook at once, as nbgrader counts them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nbgrader import api
from sqlalchemy import select


@dataclass(frozen=True)
class Mark:
    """What the gradebook says about one student's submission of one topic.

    Attributes:
        score: all points, a person's and extra credit included, before the late penalty.
        late_penalty: points taken off for a late submission.
        waiting: points that a person is yet to decide on.
        scores: points of each graded cell, by its name.
        handed_in: when it was handed in (UTC, without a time zone, as nbgrader keeps it), if that is known.
        late_by: how long after the due time, extensions counted, if both are known.
    """

    student: str
    topic: str
    score: float
    max_score: float
    late_penalty: float
    waiting: float
    scores: Mapping[str, float]
    handed_in: datetime | None = None
    late_by: timedelta = timedelta(0)

    @property
    def total(self) -> float:
        """The points that count, as ``nbgrader export`` has them."""
        return counted(self.score, self.late_penalty)


def counted(score: float, late_penalty: float) -> float:
    """What is left of points after a penalty: never less than nothing."""
    return max(0.0, score - late_penalty)


def read_marks(session: Any) -> list[Mark]:
    """The marks of all submissions, in order of students and topics."""
    cells: defaultdict[str, list[Any]] = defaultdict(list)
    graded = select(
        api.SubmittedNotebook.assignment_id,
        api.GradeCell.name,
        api.GradeCell.max_score,
        api.Grade.auto_score,
        api.Grade.manual_score,
        api.Grade.extra_credit,
        api.Grade.needs_manual_grade,
    )
    graded = graded.join(api.Grade, api.Grade.notebook_id == api.SubmittedNotebook.id)
    graded = graded.join(api.GradeCell, api.GradeCell.id == api.Grade.cell_id)
    for row in session.execute(graded):
        cells[row[0]].append(row)
    penalties: defaultdict[str, float] = defaultdict(float)
    of_notebooks = select(api.SubmittedNotebook.assignment_id, api.SubmittedNotebook.late_submission_penalty)
    for submission, penalty in session.execute(of_notebooks):
        penalties[submission] += penalty or 0.0
    submissions = select(
        api.SubmittedAssignment.id,
        api.SubmittedAssignment.student_id,
        api.Assignment.name,
        api.SubmittedAssignment.timestamp,
        api.SubmittedAssignment.extension,
        api.Assignment.duedate,
    ).join(api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id)
    marks = [
        _mark(submission, penalties[submission.id], cells[submission.id]) for submission in session.execute(submissions)
    ]
    return sorted(marks, key=lambda mark: (mark.student, mark.topic))


def _mark(submission: Any, penalty: float, cells: list[Any]) -> Mark:
    scores = {cell.name: _score(cell) for cell in cells}
    handed_in, due = submission.timestamp, submission.duedate
    late_by = handed_in - due - (submission.extension or timedelta(0)) if handed_in and due else timedelta(0)
    return Mark(
        student=submission.student_id,
        topic=submission.name,
        score=sum(scores.values()),
        max_score=sum(cell.max_score for cell in cells),
        late_penalty=penalty,
        waiting=sum(cell.max_score for cell in cells if cell.needs_manual_grade),
        scores=scores,
        handed_in=handed_in,
        late_by=max(late_by, timedelta(0)),
    )


def _score(cell: Any) -> float:
    """A cell's points, as nbgrader's ``Grade.score`` has them."""
    decided = cell.manual_score if cell.manual_score is not None else cell.auto_score
    return float((decided or 0.0) + (cell.extra_credit or 0.0))
