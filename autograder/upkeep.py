"""Joins two students, or deletes one, in everything that grading stores."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

from autograder.course import Course
from autograder.errors import CourseError
from autograder.journal import Journal
from autograder.reports.backup import backups
from autograder.reports.class_marks import rewrite_pages
from autograder.reports.gradebook import Gradebook
from autograder.reports.records import Records, checked_name
from autograder.submissions.names import Key


def join(course: Course, records: Records, old: str, new: str, keep: str = "") -> list[str]:
    """Move everything of a student to another one: marks, comments, keys, pages, notebooks.

    Args:
        course: the checkout.
        records: its records.
        old: the student who goes.
        new: the student who stays.
        keep: whose mark stays where both have one: ``old`` or ``new``.

    Returns:
        The topics that changed hands.

    Raises:
        CourseError: if both have a mark for a topic and nothing says which one stays, or one is not in the gradebook.
    """
    if old == new:
        raise CourseError(f"both ids are {old}; there is nothing to join.")
    topics = records.gradebook.join(old, new, keep)
    Journal(course).rename(old, new, topics)
    for topic in topics:
        for folder, name in ((course.autograded, topic), (course.feedback, topic), (course.feedback, f"{topic}.html")):
            _move(folder / checked_name(old) / name, folder / checked_name(new) / name)
    for folder in (course.autograded, course.feedback):
        shutil.rmtree(folder / checked_name(old), ignore_errors=True)
    rewrite_pages(course, records, ((new, topic) for topic in topics))
    return topics


def delete(course: Course, records: Records, student: str) -> list[str]:
    """Remove everything that grading keeps of a student, in copies of the gradebook, too.

    Returns:
        What was removed, for a person to read.

    Raises:
        CourseError: if the gradebook has no such student.
    """
    people = records.gradebook.people()
    keys = {enrolled.key for enrolled in people.keys_of(student)}
    records.gradebook.forget(student)
    removed = ["the gradebook"]
    Journal(course).forget(student)
    removed.append("the journal")
    for folder in (course.autograded, course.feedback, course.submitted):
        path = folder / checked_name(student)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
            removed.append(f"{folder.name}/{student}")
    removed += [f"the copy {path.name}" for path in backups(course.backups) if _forgotten(path, student, keys)]
    return removed


def may_name(course: Course, student: str) -> list[str]:
    """Files of marks and pages in the course's folder that were written for elsewhere and speak of a student."""
    names = [path for pattern in ("marks-*.csv", "nbgrader-grades.csv", "*.json") for path in course.root.glob(pattern)]
    found = [path for path in names if student.encode() in path.read_bytes()]
    return [path.name for path in sorted([*found, *course.root.glob("feedback-*.zip")])]


def _forgotten(copy: Path, student: str, keys: Collection[Key]) -> bool:
    """Whether a copy of the gradebook knew a student, under this id or an earlier one, who is removed from it."""
    with Gradebook(copy) as gradebook:
        people = gradebook.people()
        ids = {enrolled.student for enrolled in people.keys.values() if enrolled.key in keys} | {student}
        for known in ids & people.persons.keys():
            gradebook.forget(known)
        return bool(ids & people.persons.keys())


def _move(old: Path, new: Path) -> None:
    """Put a file or a folder in the place of another."""
    if not old.exists():
        return
    if new.is_dir():
        shutil.rmtree(new)
    new.parent.mkdir(parents=True, exist_ok=True)
    old.replace(new)
