"""The names that learning platforms give to what they export: whose file is it, and which upload of it?

Canvas's names are those of its ``content_zipper.rb``, Moodle's those of mod_assign's downloader. Where groups hand in,
Moodle gives the group's name and number, and no number to those who are in no group; before 4.1 it gave each member's
name and number, with the group's name and a hyphen in front, which stays: nothing tells it from a hyphenated name.

Moodle's number belongs to one assignment, Canvas's and Brightspace's to the user, Canvas's anonymous id to one
submission; Blackboard names the user.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from os.path import commonprefix

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOODLE = re.compile(r"(?P<name>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?P<kind>[a-z0-9]+)(?:_(?P<file>.*))?")
_BRIGHTSPACE = re.compile(
    r"(?P<id>\d+)-\d+ - (?P<name>.+?) - "
    rf"(?P<month>{'|'.join(_MONTHS)})[a-z]*\.? (?P<day>\d\d?), (?P<year>\d{{4}}) (?P<clock>\d{{3,4}}) (?P<half>[AP]M)"
    r"(?: - (?P<file>.+))?"
)
_BLACKBOARD = re.compile(r"(?P<head>.+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)?", re.DOTALL)
_CANVAS_ANONYMOUS = re.compile(
    r"(?P<late>LATE_)?(?P<name>anon_(?P<id>[^\W_]+))_(?:\d+_(?P<file>.+)|(?P<entry>text|link)\.html)"
)
_CANVAS = re.compile(
    r"(?P<name>.+?)(?P<late>_LATE)?_(?P<id>\d+)_(?:\d+_(?P<file>.+)|(?P<entry>text|link)\.html)", re.IGNORECASE
)
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
        version: later uploads have a larger one.
        is_late: whether the platform calls it late.
    """

    platform: str
    name: str
    id: str
    file: str = ""
    version: int = 0
    is_late: bool = False


def read_export(name: str) -> Export | None:
    """What the name of a file or a folder says, if it is one that a platform gives."""
    if match := _MOODLE.fullmatch(name):
        typed_in = match["kind"] == "onlinetext"
        return Export("Moodle", match["name"], match["id"] or "", "" if typed_in else match["file"] or "")
    if match := _BRIGHTSPACE.fullmatch(name):
        return Export("Brightspace", match["name"], match["id"], match["file"] or "", _moment(match))
    if match := _BLACKBOARD.fullmatch(name):
        user = match["head"].rpartition("_")[2] or match["head"]
        return Export("Blackboard", user, user, match["file"] or "", int(match["time"].replace("-", "")))
    if match := _CANVAS_ANONYMOUS.fullmatch(name) or _CANVAS.fullmatch(name):
        version = _CANVAS_VERSION.search(match["file"] or "")
        file = _CANVAS_VERSION.sub("", match["file"] or "")
        number = int(version[1]) if version else 0
        return Export("Canvas", match["name"], match["id"], file, number, bool(match["late"]))
    return None


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
    return Export("GitHub", user, user, name if name.endswith(".zip") else "")


def is_platforms(name: str, around: Sequence[str], *, folder: bool = False) -> bool:
    """Whether a platform gave this name, so that it tells whose the file or the folder is.

    Args:
        name: the name of a file or a folder.
        around: the name of the folder or archive around it, if it has one.
        folder: whether only a name will do that platforms give to folders.
    """
    export = read_export(name) or next(filter(None, (read_repository(name, outer) for outer in around)), None)
    return bool(_GRADESCOPE.fullmatch(name)) or bool(export and not (folder and export.file))


def _moment(match: re.Match[str]) -> int:
    """Brightspace's time as a number that grows: year, month, day, hour, minute."""
    hour, minute = divmod(int(match["clock"]), 100)
    hour = hour % 12 + (12 if match["half"] == "PM" else 0)
    month = _MONTHS.index(match["month"]) + 1
    return int(f"{match['year']}{month:02}{int(match['day']):02}{hour:02}{minute:02}")


def read_exports(names: Iterable[str]) -> dict[str, Export]:
    """What the names of one export say.

    In Blackboard's names the assignment stands before the user, and either may hold underscores: where all that comes
    before a last underscore is not one and the same, the user is what the names do not have in common.
    """
    exports = {name: export for name in dict.fromkeys(names) if (export := read_export(name))}
    heads = {name: match["head"] for name in exports if (match := _BLACKBOARD.fullmatch(name))}
    if len({head.rpartition("_")[0] for head in heads.values()}) > 1:
        common = commonprefix(list(heads.values())).rpartition("_")[0]  # noqa: RUF071 - these are no paths
        for name, head in heads.items():
            user = head[len(common) :].lstrip("_") or head
            exports[name] = replace(exports[name], name=user, id=user)
    return exports
