"""The late policy: one table of ``course.toml``, applied through nbgrader's own plugin for late penalties.

::

    [late]
    time_zone = "Europe/Berlin"   # for platforms that give times without one; default: this machine's
    grace = "15 minutes"          # no penalty up to here
    per_day = 0.1                 # share of the points earned that each day begun after the due time costs
    most = 0.5                    # no more than this share; default: 1

    [late.due]
    01-normalization = 2026-11-30T23:59:00+01:00

    [late.extensions.01-normalization]
    ada = 2026-12-02T23:59:00+01:00   # a new due time, or
    bo = "2 days"                     # so much longer

Students get ``course.toml``, so what they must not read of each other has a file of its own, ``extensions.toml``, with
the same tables per topic: ``[01-normalization]``.

nbgrader's plugin is told the student, the score and the seconds of delay, but no assignment. So due times go into the
gradebook's assignments and extensions into its submissions, where nbgrader counts the seconds from. A student may be
named by any id that ``autograder students list`` shows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Float
from traitlets.config import Config

from autograder.errors import CourseError
from autograder.settings import EXTENSIONS, FILE, WrongSettingError, as_table, read_toml

DAY = 86_400
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(minute|min|hour|h|day|d)s?")
_SECONDS = {"m": 60, "h": 3600, "d": DAY}
_KNOWN = {"time_zone", "grace", "per_day", "most", "due", "extensions"}


@dataclass(frozen=True)
class LatePolicy:
    """When work is due, and what being late costs.

    Attributes:
        due: due times with a time zone, by topic.
        extensions: new due times, or how much longer, by topic and student.
        time_zone: for times without one; None for this machine's.
        grace: how late costs nothing.
        per_day: share of the points earned that each day begun costs; None if the file says nothing about penalties.
        most: no more than this share.
    """

    due: Mapping[str, datetime] = field(default_factory=dict)
    extensions: Mapping[str, Mapping[str, datetime | timedelta]] = field(default_factory=dict)
    time_zone: tzinfo | None = None
    grace: timedelta = timedelta(0)
    per_day: float | None = None
    most: float = 1.0

    def extension(self, topic: str, names: Iterable[str]) -> timedelta | None:
        """How much longer a student has for a topic that has a due time: the longest extension under any of the ids."""
        given = self.extensions.get(topic, {})
        found = [given[name] for name in names if name in given]
        longer = [one - self.due[topic] if isinstance(one, datetime) else one for one in found]
        return max(longer, default=None)

    def with_zone(self, moment: datetime) -> datetime:
        """A moment with a time zone: its own, else the course's, else this machine's."""
        if moment.tzinfo:
            return moment
        return moment.replace(tzinfo=self.time_zone) if self.time_zone else moment.astimezone()

    def settings(self) -> Config:
        """What nbgrader's settings have to say, so that its plugin applies the policy; nothing without penalties."""
        if self.per_day is None:
            return Config()
        values = {"grace_seconds": self.grace.total_seconds(), "per_day": self.per_day, "most": self.most}
        return Config({"AssignLatePenalties": {"plugin_class": LatePenalty}, "LatePenalty": values})


class LatePenalty(LateSubmissionPlugin):
    """nbgrader's plugin: a share of the points earned for each day begun."""

    grace_seconds = Float(0.0, help="Seconds of delay that cost nothing.").tag(config=True)
    per_day = Float(0.0, help="Share of the points earned that each day begun costs.").tag(config=True)
    most = Float(1.0, help="The largest share that lateness costs.").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        """Points to take off. Extensions are counted in the seconds already; see ``LatePolicy``."""
        if total_seconds_late <= self.grace_seconds:
            return 0.0
        days = math.ceil(total_seconds_late / DAY)
        return round(score * min(self.per_day * days, self.most), 2)


def read_late_policy(root: Path, topics: Collection[str]) -> LatePolicy:
    """The late policy of a course; none if its ``course.toml`` has no table ``[late]``.

    Args:
        root: the course's folder.
        topics: the course's topics.

    Raises:
        CourseError: if something in it cannot be understood, with its place.
    """
    try:
        return _policy(_with_extensions(root, as_table(read_toml(root).get("late", {}), "late")), topics)
    except WrongSettingError as wrong:
        raise CourseError(f"{root / FILE}: {wrong}.") from None


def _with_extensions(root: Path, late: Mapping[str, Any]) -> Mapping[str, Any]:
    """The table with what the private file adds to it."""
    if not (root / EXTENSIONS).is_file():
        return late
    extensions = dict(as_table(late.get("extensions", {}), "late.extensions"))
    for topic, students in read_toml(root, EXTENSIONS).items():
        extensions[topic] = {**as_table(extensions.get(topic, {}), topic), **as_table(students, topic)}
    return {**late, "extensions": extensions}


def _policy(table: Mapping[str, Any], topics: Collection[str]) -> LatePolicy:
    if unknown := sorted(table.keys() - _KNOWN):
        raise WrongSettingError(f"[late] has no setting {unknown[0]!r}; it has {', '.join(sorted(_KNOWN))}")
    due = {topic: _moment(moment, f"late.due.{topic}") for topic, moment in _by_topic(table, "due", topics).items()}
    extensions = {}
    for topic, students in _by_topic(table, "extensions", topics).items():
        if topic not in due:
            raise WrongSettingError(f"late.extensions.{topic} extends a topic that has no time in [late.due]")
        place = f"late.extensions.{topic}"
        extensions[topic] = {
            student: (_duration if isinstance(value, str) else _moment)(value, f"{place}.{student}")
            for student, value in as_table(students, place).items()
        }
    return LatePolicy(
        due=due,
        extensions=extensions,
        time_zone=_zone(table.get("time_zone")),
        grace=_duration(table.get("grace", "0 minutes"), "late.grace"),
        per_day=_share(table["per_day"], "late.per_day") if "per_day" in table else None,
        most=_share(table.get("most", 1.0), "late.most"),
    )


def _by_topic(table: Mapping[str, Any], name: str, topics: Collection[str]) -> Mapping[str, Any]:
    found = as_table(table.get(name, {}), f"late.{name}")
    if unknown := sorted(found.keys() - set(topics)):
        known = ", ".join(sorted(topics))
        raise WrongSettingError(f"late.{name} names an unknown topic {unknown[0]!r}; the topics are {known}")
    return found


def _moment(value: Any, place: str) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise WrongSettingError(f"{place} must be a time with its time zone, such as 2026-11-30T23:59:00+01:00")
    if not 2000 <= value.year < 2200:
        raise WrongSettingError(f"{place} is too far from today")
    return value.astimezone(UTC)


def _duration(value: Any, place: str) -> timedelta:
    found = _DURATION.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if not found:
        raise WrongSettingError(f'{place} must be a duration, such as "15 minutes", "36 hours" or "2 days"')
    seconds = float(found[1]) * _SECONDS[found[2][0]]
    if seconds > 1000 * DAY:
        raise WrongSettingError(f"{place} is too long")
    return timedelta(seconds=seconds)


def _share(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise WrongSettingError(
            f"{place} must be a share between 0 and 1, such as 0.1 for a tenth of the points earned"
        )
    return float(value)


def _zone(name: Any) -> tzinfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise WrongSettingError(
            f"late.time_zone {name!r} is no time zone, such as Europe/Berlin or America/New_York"
        ) from None
