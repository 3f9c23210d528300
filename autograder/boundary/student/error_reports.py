"""What the student's side says of an error. Runs in the student's process: **it may be a lie**."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path

from autograder.boundary.codec import LIMITS

Failure = tuple[tuple[str, ...], str, str]
"""Names of the error's class and its bases, its message, and where in the student's code it was raised."""

_MAX_TEXT = 2000
_MAX_FRAMES = 4
_NOT_THE_STUDENTS = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[2]), "<frozen")


def describe(error: BaseException) -> Failure:
    """An error as data. The error itself, its message and its class may be the student's and misbehave."""
    try:
        types = class_names(type(error))
    except BaseException:
        types = ("Exception",)
    try:
        message = str(error)[:_MAX_TEXT]
    except BaseException:
        message = "(its message could not be read)"
    try:
        place = _place(error)[-_MAX_TEXT:]
    except BaseException:
        place = ""
    return types, message, place


def class_names(cls: type) -> tuple[str, ...]:
    """Names of a class and its bases, ``module.name``, a builtin class without its module."""
    return tuple(_class_name(base)[: LIMITS.name] for base in type.mro(cls)[: LIMITS.names])


def _class_name(cls: type) -> str:
    module = cls.__module__
    return cls.__qualname__ if module == "builtins" else f"{module}.{cls.__qualname__}"


def _place(error: BaseException) -> str:
    """The last lines of the student's own code that were running."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(_NOT_THE_STUDENTS)
    ]
    return "\n".join(
        f"{frame.filename}, line {frame.lineno}, in {frame.name}\n    {frame.line or ''}".rstrip()
        for frame in frames[-_MAX_FRAMES:]
    )
