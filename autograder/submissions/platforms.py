"""The names that learning platforms give to what they export: whose file is it, and which upload of it?

Canvas's names are those of its ``content_zipper.rb``; its user id belongs to the user, its anonymous id to one
submission (``Anonymity``: unique within the assignment). Brightspace's first number belongs to the user; Blackboard
gives the user's name. Gradescope numbers submissions; its ``submission_metadata.yml`` says who submitted, with e-mail
addresses.

Moodle's names are those of mod_assign's downloader; its number is a row of ``assign_user_mapping``, which is made for
each user and assignment. Where groups hand in, Moodle gives the group's name and number, and no number to those who are
in no group; before 4.1 it gave each member's name and number, with the group's name and a hyphen in front, which stays:
nothing tells it from a hyphenated name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOODLE = re.compile(r"(?P<name>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?P<kind>[a-z0-9]+)(?:_(?P<file>.*))?")
_BRIGHTSPACE = re.compile(
    r"(?P<id>\d+)-\d+ - (?P<name>.+?) - "
    rf"(?P<month>{'|'.join(_MONTHS)})[a-z]*\.? (?P<day>\d\d?), (?P<year>\d{{4}}) (?P<clock>\d{{3,4}}) (?P<half>[AP]M)"
    r"(?: - (?P<file>.+))?"
)
_BLACKBOARD = re.compile(r"(?P<head>.+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)?", re.DOTALL)
_CANVAS_ANONYMOUS = re.compile(
    r"(?P<late>LATE_)?anon_(?P<id>[^\W_]+)_(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<entry>text|link)\.html)"
)
_CANVAS = re.compile(
    r"(?P<name>.+?)(?P<late>_LATE)?_(?P<id>\d+)_(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<entry>text|link)\.html)",
    re.IGNORECASE,
)
MOODLE, CANVAS, CANVAS_ANONYMOUS = "Moodle", "Canvas", "Canvas anonymous"
BRIGHTSPACE, BLACKBOARD, GITHUB = "Brightspace", "Blackboard", "GitHub"
GRADESCOPE, GRADESCOPE_SUBMISSION = "Gradescope", "Gradescope submission"
BY_PATTERN = "names"
# Their ids belong to one assignment: in another one, the same id is somebody else's.
PER_ASSIGNMENT = frozenset({MOODLE, CANVAS_ANONYMOUS, GRADESCOPE_SUBMISSION, BY_PATTERN})

_GRADESCOPE = re.compile(r"submission_\d+|submission_metadata\.yml")
_CLASSROOM = re.compile(r"(?P<assignment>.+)-submissions(?:\.zip)?")
_CANVAS_VERSION = re.compile(r"-(\d+)(?=\.[^.]+$|$)")


@dataclass(frozen=True)
class Export:
    """What a platform's name for a file or a folder says.

    Attributes:
        platform: which platform it is.
        name: the student's name, or the group's.
        id: what the platform tells people of one name apart by.
        file: the file's name as the student gave it; empty for a folder, and for what the platform itself wrote.
        version: which upload of one file it is; later ones have a larger one.
        serial: grows with every upload on the platform, whatever its name; 0 if nothing tells.
        time: when it was handed in, by the platform's clock, if the name says so.
        is_late: whether the platform calls it late.
    """

    platform: str
    name: str
    id: str
    file: str = ""
    version: int = 0
    serial: int = 0
    time: datetime | None = None
    is_late: bool = False


def read_export(name: str) -> Export | None:
    """What the name of a file or a folder says, if it is one that a platform gives."""
    if match := _MOODLE.fullmatch(name):
        typed_in = match["kind"] == "onlinetext"
        return Export(MOODLE, match["name"], match["id"] or "", "" if typed_in else match["file"] or "")
    if (match := _BRIGHTSPACE.fullmatch(name)) and (time := _brightspace_time(match)):
        return _timed(Export(BRIGHTSPACE, match["name"], match["id"], match["file"] or ""), time)
    if (match := _BLACKBOARD.fullmatch(name)) and (time := _blackboard_time(match)):
        _, underscore, user = match["head"].partition("_")
        # With several underscores, nothing tells where the assignment's name ends; a roster may.
        user = user if underscore and "_" not in user else match["head"]
        return _timed(Export(BLACKBOARD, user, user, match["file"] or ""), time)
    if match := _CANVAS_ANONYMOUS.fullmatch(name):
        return _canvas(CANVAS_ANONYMOUS, "anonymous", match)
    if match := _CANVAS.fullmatch(name):
        return _canvas(CANVAS, match["name"], match)
    return None


def _canvas(platform: str, name: str, match: re.Match[str]) -> Export:
    given = match["file"] or ""
    count = _CANVAS_VERSION.search(given)
    return Export(
        platform,
        name,
        match["id"],
        _CANVAS_VERSION.sub("", given),
        version=int(count[1]) if count else 0,
        serial=int(match["attachment"] or 0),
        is_late=bool(match["late"]),
    )


def _timed(export: Export, time: datetime) -> Export:
    number = int(f"{time:%Y%m%d%H%M%S}")
    return replace(export, version=number, serial=number, time=time)


def read_repository(name: str, around: str) -> Export | None:
    """What the name of a repository says that GitHub Classroom cloned into the folder ``around``.

    The folder is ``ASSIGNMENT-submissions``, and the repository ``ASSIGNMENT-USERNAME``, or the name of a team.
    """
    classroom = _CLASSROOM.fullmatch(around)
    start = f"{classroom['assignment']}-" if classroom else ""
    user = name.removesuffix(".zip").removeprefix(start)
    # An archive may be unpacked into a folder of its own name.
    if not (start and name.startswith(start) and user) or user == "submissions":
        return None
    return Export(GITHUB, user, user, name if name.endswith(".zip") else "")


def is_platforms(name: str, around: Sequence[str], *, folder: bool = False) -> bool:
    """Whether a platform gave this name, so that it tells whose the file or the folder is.

    Args:
        name: the name of a file or a folder.
        around: the name of the folder or archive around it, if it has one.
        folder: whether only a name will do that platforms give to folders.
    """
    export = read_export(name) or next(filter(None, (read_repository(name, outer) for outer in around)), None)
    return bool(_GRADESCOPE.fullmatch(name)) or bool(export and not (folder and export.file))


def _brightspace_time(match: re.Match[str]) -> datetime | None:
    hour, minute = divmod(int(match["clock"]), 100)
    hour = hour % 12 + (12 if match["half"] == "PM" else 0)
    month = _MONTHS.index(match["month"]) + 1
    return _time(int(match["year"]), month, int(match["day"]), hour, minute)


def _blackboard_time(match: re.Match[str]) -> datetime | None:
    return _time(*map(int, match["time"].split("-")))


def _time(*parts: int) -> datetime | None:
    """A moment by a clock whose time zone nothing tells; None if there is no such moment."""
    try:
        return datetime(*parts)  # type: ignore[arg-type]
    except ValueError:
        return None
