"""``nbgrader export``, with the numbers of the course's own tables and no cell that a spreadsheet would run.

nbgrader's own plugin writes no quotes around names with commas, and asks the database for each student and assignment.
"""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin

from autograder.course import Course
from autograder.locks import alone
from autograder.reports.class_marks import apply_late_policy
from autograder.reports.marks import read_marks
from autograder.reports.records import Records
from autograder.reports.tables import write_csv

FILE = "nbgrader-grades.csv"
COLUMNS = (
    *("assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"),
    *("raw_score", "late_submission_penalty", "score", "max_score"),
)


class CsvExport(ExportPlugin):
    """Writes the columns of nbgrader's plugin, a row per assignment and student."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the table to ``--to``, or to ``nbgrader-grades.csv``; ``grades.csv`` is written by grading."""
        path = Path(self.to or FILE)
        self._apply_late_policy(gradebook)
        self.log.info("Exporting grades to %s", path)
        marks = {(mark.topic, mark.student): mark for mark in read_marks(gradebook.db)}
        rows: list[tuple[str, ...]] = [COLUMNS]
        for assignment in gradebook.assignments:
            for student in gradebook.students:
                if not (_wanted(assignment.name, self.assignment) and _wanted(student.id, self.student)):
                    continue
                mark = marks.get((assignment.name, student.id))
                amounts = (mark.score, mark.late_penalty, mark.total) if mark else (0.0, 0.0, 0.0)
                due, handed_in = assignment.duedate, mark.handed_in if mark else None
                about = (student.id, student.last_name, student.first_name, student.email)
                row = (assignment.name, due, handed_in, *about, *amounts, assignment.max_score)
                rows.append(tuple("" if value is None else str(value) for value in row))
        write_csv(rows, path)

    def _apply_late_policy(self, gradebook: Gradebook) -> None:
        """Let penalties be what the present policy and the present points make them, as every other table has them."""
        root = self.config.CourseDirectory.get("root")
        if not root:
            return  # Not the settings of this course.
        course = Course(Path(root))
        with alone(course, "grading"), Records(course, str(gradebook.engine.url)) as records:
            apply_late_policy(course, records)
        gradebook.db.expire_all()


def _wanted(name: str, chosen: list[object]) -> bool:
    return not chosen or name in [str(one) for one in chosen]
