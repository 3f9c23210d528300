"""The grader's side of the boundary: handles that tests hold, and checks on everything that comes back."""

from autograder.boundary.grader.errors import (
    BoundaryError,
    StudentError,
    StudentFailed,
    StudentGone,
    StudentLied,
)
from autograder.boundary.grader.handles import Handle, remote_type
from autograder.boundary.grader.remote import Remote

__all__ = [
    "BoundaryError",
    "Handle",
    "Remote",
    "StudentError",
    "StudentFailed",
    "StudentGone",
    "StudentLied",
    "remote_type",
]
