"""Keeps two runs from writing the same files at one time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from autograder.course import Course
from autograder.errors import CourseError


@contextmanager
def alone(course: Course, doing: str) -> Iterator[None]:
    """Do something that no other run does meanwhile; the system gives the lock back however this one ends.

    Args:
        doing: what, as in "grading".

    Raises:
        CourseError: if another run is at it.
    """
    path = course.root / ".autograder" / f"{doing}.lock"
    path.parent.mkdir(exist_ok=True)
    try:
        with FileLock(path, timeout=0):
            yield
    except Timeout:
        raise CourseError(f"another run is {doing} in {course.root}; wait until it has ended.") from None
