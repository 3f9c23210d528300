"""The cells of a topic as nbgrader's gradebook keeps them, and how the gradebook is brought up to them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from nbgrader import api, utils

from autograder.errors import CourseError
from autograder.reports.graded_notebook import Source
from autograder.text import points, some


@dataclass(frozen=True)
class GradebookCells:
    """What ``nbgrader generate_assignment`` saves of a notebook: rows by the cells' names.

    Attributes:
        kernelspec: the notebook's kernel, as JSON.
        graded: cells that carry points.
        answers: cells that students write and people comment on.
        sources: the text that each of these cells was released from.
    """

    kernelspec: str
    graded: Mapping[str, Mapping[str, Any]]
    answers: Mapping[str, Mapping[str, Any]]
    sources: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class CellChanges:
    """How the graded cells of a topic differ from those that marks were given for; empty if there were no marks.

    Attributes:
        added: points of cells that are new.
        removed: points of cells that are gone.
        changed: points before and now of cells that count something else.
        students: who has marks for the topic.
        by_person: students and cells that count something else, where a person gave the points.
    """

    added: Mapping[str, float] = field(default_factory=dict)
    removed: Mapping[str, float] = field(default_factory=dict)
    changed: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    students: tuple[str, ...] = ()
    by_person: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.removed or self.changed)

    def __str__(self) -> str:
        """What differs, for a person to read."""
        parts = [
            *(f"{name} is new ({_points(worth)})" for name, worth in self.added.items()),
            *(f"{name} is gone ({_points(worth)})" for name, worth in self.removed.items()),
            *(f"{name} counts {_points(now)} instead of {points(old)}" for name, (old, now) in self.changed.items()),
        ]
        return ", ".join(parts)

    def sentences(self, topic: str, graded: Collection[str] = ()) -> Iterator[str]:
        """What a person has to know of it.

        Args:
            topic: the topic's name.
            graded: the students whose work is graded in this run.
        """
        yield (
            f"{topic}: its graded cells are not those that marks were given for: {self}. Work that is graded again "
            "gets marks for them; points and comments that people gave stay. A copy of the gradebook from before is "
            "in .autograder/backups."
        )
        if others := [student for student in self.students if student not in graded]:
            yield (
                f"{topic}: not graded in this run: {some(others)}. Until their work is graded again, they keep their "
                "points for the cells that are still there, and wait for those that are new."
            )
        if self.by_person:
            yield (
                f"{topic}: people gave points for cells that count something else now; look at them again in the "
                f"formgrader: {some(self.by_person)}."
            )


def cells_of(source: Source) -> GradebookCells:
    """Read the rows from a topic's notebook."""
    saved = source.saved
    ours = {cell.metadata.nbgrader.grade_id: cell for cell in saved.cells if "nbgrader" in cell.metadata}
    return GradebookCells(
        kernelspec=json.dumps(saved.metadata.get("kernelspec", {})),
        graded={
            name: {"max_score": float(cell.metadata.nbgrader.points), "cell_type": cell.cell_type}
            for name, cell in ours.items()
            if utils.is_grade(cell)
        },
        answers={name: {} for name, cell in ours.items() if utils.is_solution(cell)},
        sources={
            name: {
                "cell_type": cell.cell_type,
                "locked": utils.is_locked(cell),
                "source": cell.source,
                "checksum": cell.metadata.nbgrader.checksum,
            }
            for name, cell in ours.items()
        },
    )


def bring_up_to(session: Any, notebook: api.Notebook, cells: GradebookCells) -> CellChanges:
    """Add, change and remove rows until the gradebook's notebook has these cells, for submissions too.

    Where there are marks already, a cell that is new or counts something else waits for the submission to be graded
    again, as cells do that a person is to look at.

    Returns:
        What has changed for submissions.

    Raises:
        CourseError: if a cell that is gone carries points or a comment that a person gave.
    """
    changes = _changes(notebook, cells.graded)
    notebook.kernelspec = cells.kernelspec
    _sync(session, notebook, api.GradeCell, notebook.grade_cells, cells.graded)
    _sync(session, notebook, api.SolutionCell, notebook.solution_cells, cells.answers)
    _sync(session, notebook, api.SourceCell, notebook.source_cells, cells.sources)
    session.flush()
    session.expire(notebook)
    for submitted in notebook.submissions:
        complete(session, submitted)
        session.flush()
        session.expire(submitted)
        for grade in submitted.grades:
            if grade.name in changes.added or grade.name in changes.changed:
                grade.needs_manual_grade = True
    return changes


def _changes(notebook: api.Notebook, graded: Mapping[str, Mapping[str, Any]]) -> CellChanges:
    if not notebook.submissions:
        return CellChanges()
    before = {cell.name: cell.max_score for cell in notebook.grade_cells}
    now = {name: values["max_score"] for name, values in graded.items()}
    changed = {name: (before[name], worth) for name, worth in now.items() if before.get(name, worth) != worth}
    return CellChanges(
        added={name: worth for name, worth in now.items() if name not in before},
        removed={name: worth for name, worth in before.items() if name not in now},
        changed=changed,
        students=tuple(sorted(submitted.student.id for submitted in notebook.submissions)),
        by_person=tuple(
            f"{submitted.student.id} ({grade.name})"
            for submitted in notebook.submissions
            for grade in submitted.grades
            if grade.name in changed and grade.manual_score is not None
        ),
    )


def remove(session: Any, notebook: api.Notebook) -> None:
    """Remove a notebook that its assignment no longer has, and what was submitted of it.

    Raises:
        CourseError: if people gave points or comments for it.
    """
    bring_up_to(session, notebook, GradebookCells("{}", {}, {}, {}))
    for submitted in notebook.submissions:
        session.delete(submitted)
    session.delete(notebook)
    session.flush()


def complete(session: Any, submitted: api.SubmittedNotebook) -> None:
    """Give a submission a grade for each graded cell and a comment for each answer that has none yet."""
    session.flush()
    graded = {grade.cell_id for grade in submitted.grades}
    commented = {comment.cell_id for comment in submitted.comments}
    for cell in submitted.notebook.grade_cells:
        if cell.id not in graded:
            session.add(api.Grade(cell=cell, notebook=submitted))
    for cell in submitted.notebook.solution_cells:
        if cell.id not in commented:
            session.add(api.Comment(cell=cell, notebook=submitted))


def _points(worth: float) -> str:
    return f"{points(worth)} point{'' if worth == 1 else 's'}"


def _sync(
    session: Any, notebook: api.Notebook, kind: type, rows: Iterable[Any], wanted: Mapping[str, Mapping[str, Any]]
) -> None:
    existing = {row.name: row for row in rows}
    for name, row in existing.items():
        if name not in wanted:
            _remove(session, notebook, row)
    for name, values in wanted.items():
        if name in existing:
            for attribute, value in values.items():
                setattr(existing[name], attribute, value)
        else:
            session.add(kind(name=name, notebook=notebook, **values))


def _remove(session: Any, notebook: api.Notebook, row: Any) -> None:
    grades = row.grades if isinstance(row, api.GradeCell) else []
    comments = row.comments if isinstance(row, api.SolutionCell) else []
    by_person = [
        *(grade.notebook.student.id for grade in grades if grade.manual_score is not None or grade.extra_credit),
        *(comment.notebook.student.id for comment in comments if comment.manual_comment),
    ]
    if by_person:
        raise CourseError(
            f"{notebook.assignment.name} no longer has the cell {row.name!r}, but a person gave points or a comment "
            f"for it to {some(sorted(set(by_person)))}; put the cell back, or clear them in the formgrader first. "
            "Nothing was changed."
        )
    for dependent in (*grades, *comments):
        session.delete(dependent)
    session.delete(row)
