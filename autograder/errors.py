"""Errors that the command line shows as one sentence."""


class CourseError(Exception):
    """Something that the person at the command line can put right; its text says what happened and what to do."""
