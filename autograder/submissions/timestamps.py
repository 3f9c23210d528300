"""When work was handed in, as the ``timestamp.txt`` says that nbgrader puts beside it."""

from __future__ import annotations

import codecs
import re
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.submissions.files import Unreadable

TIMESTAMP = "timestamp.txt"
# By which nbgrader's exchange tells a student's page.
SECRET = "submission_secret.txt"
UNREADABLE = (
    "timestamp.txt holds no time that can be read, so nothing says whether this is late; "
    "write one into it, such as 2026-11-29 20:00:00 UTC, and grade again."
)

_MAX_BYTES = 1000
# nbgrader takes an offset that stands apart for a number of seconds.
_APART = re.compile(r" +(?=[+-]\d\d:?\d\d$)")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_timestamp(folder: Path) -> datetime | None:
    """When the work in a folder was handed in, in UTC; None if there is no ``timestamp.txt``.

    Editors on Windows write it in UTF-8 with a mark in front, PowerShell in UTF-16; both are read.

    Raises:
        Unreadable: if the file says no time.
    """
    path = folder / TIMESTAMP
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES)
        text = content.decode("utf-16" if content.startswith(_UTF16) else "utf-8-sig")
        moment: datetime = parse_utc(_APART.sub("", text.strip()))
    except (OSError, ValueError, OverflowError, TypeError) as error:
        raise Unreadable(UNREADABLE) from error
    return moment.replace(tzinfo=UTC)


def folder_in(submitted: Path, origin: Path) -> Path | None:
    """The folder ``STUDENT/TOPIC`` of nbgrader's ``submitted/`` that something was found in; None if it was elsewhere.

    Only there a ``timestamp.txt`` is nbgrader's; in any other folder, as in the export of a platform, it is one that
    the student handed in, too.
    """
    if submitted not in origin.parents:
        return None
    student, *below = origin.relative_to(submitted).parts
    return submitted / student / below[0] if below else None
