"""The student's side of the boundary. It runs in the student's process: **every word of it may be a lie**."""

from autograder.boundary.student.objects import Objects

__all__ = ["Objects"]
