"""The cells of a topic as nbgrader's gradebook keeps them, and how the gradebook is brought up to them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nbgrader import api, utils

from autograder.errors import CourseError
from autograder.reports.graded_notebook import Source


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


def bring_up_to(session: Any, notebook: api.Notebook, cells: GradebookCells) -> None:
    """Add, change and remove rows until the gradebook's notebook has these cells, for submissions too.

    Raises:
        CourseError: if a cell that is gone carries points or a comment that a person gave.
    """
    notebook.kernelspec = cells.kernelspec
    _sync(session, notebook, api.GradeCell, notebook.grade_cells, cells.graded)
    _sync(session, notebook, api.SolutionCell, notebook.solution_cells, cells.answers)
    _sync(session, notebook, api.SourceCell, notebook.source_cells, cells.sources)
    session.flush()
    session.expire(notebook)
    for submitted in notebook.submissions:
        complete(session, submitted)


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
    if any(grade.manual_score is not None or grade.extra_credit for grade in grades) or any(
        comment.manual_comment for comment in comments
    ):
        raise CourseError(
            f"{notebook.assignment.name} no longer has the cell {row.name!r}, but a person gave points or a comment "
            "for it; put the cell back, or move the gradebook away to begin a new one."
        )
    for dependent in (*grades, *comments):
        session.delete(dependent)
    session.delete(row)
