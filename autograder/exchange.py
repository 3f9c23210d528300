"""nbgrader's exchange, through which students of one machine fetch and hand in notebooks: where it is, what it lacks.

It lies outside the checkout. Everybody must be able to write to it, and nobody but the instructors may come near the
solutions and marks beside which it would otherwise lie. ``nbgrader_config.py`` puts the classes here in place of
nbgrader's own, which do not say how the folder is made.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbgrader.apps import NbGrader
from nbgrader.exchange import ExchangeError, default
from nbgrader.utils import check_directory
from traitlets.config import Application

from autograder.course import Course
from autograder.reports.late import nbgrader_settings

VARIABLE = "CNN_EXCHANGE"


def exchange_of(course: Course) -> Path:
    """The folder that nbgrader takes for the exchange: named by the course's settings, the machine's, or nbgrader."""
    for folder in (course.root, *map(Path, NbGrader().config_file_paths)):
        if named := nbgrader_settings(folder).Exchange.get("root"):
            return Path(named)
    return Path(default.Exchange.root.default_value)


def misplaced(course: Course) -> Iterator[str]:
    """A sentence for every exchange in the checkout, with what to do about it."""
    former, present = course.root / "exchange", exchange_of(course)
    if present.resolve().is_relative_to(course.root.resolve()):
        yield (
            f"The exchange {present} lies in the checkout, so students could only reach it where they can also read "
            f"the solutions; name a folder outside with {VARIABLE}."
        )
    elif former.is_dir():
        yield f"The exchange is no longer {former} but {present}. {_move(former, present)}"


def lacking(folder: Path) -> str:
    """What keeps this user from the exchange, and what to do; empty if nothing does."""
    if check_directory(folder, write=True, execute=True):
        return ""
    if folder.is_dir():
        return f"The exchange {folder} is not open to you; its owner opens it: chmod 1777 {_quoted(folder)}"
    return (
        f"There is no exchange at {folder}. An administrator makes it once: {_make(folder)}; "
        f"or name another folder, which everybody can write to, with {VARIABLE}."
    )


def _move(former: Path, present: Path) -> str:
    if not _holds_something(former):
        return f"The old one is empty; remove it: rmdir {_quoted(former)}"
    make = "" if present.is_dir() else f"{_make(present)} && "
    return (
        f"Move what was released and handed in: {make}sudo mv {_quoted(former)}/* {_quoted(present)}/ "
        f"&& rmdir {_quoted(former)}"
    )


def _holds_something(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError:
        return False


def _make(folder: Path) -> str:
    return f"sudo install -d -m 1777 {_quoted(folder)}"


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


class _Told:
    """Says what to do where there is no exchange, and where an old one still holds something."""

    root: Any
    log: Any
    coursedir: Any
    parent: Any
    fail: Any

    def ensure_root(self) -> None:
        """Fail, with a sentence, if this user cannot use the exchange."""
        if problem := lacking(Path(self.root)):
            if not isinstance(self.parent, Application):
                # The formgrader asks before each of its pages, and shows on the page that there is none.
                raise ExchangeError(problem)
            self.fail(problem)
        former = Path(self.coursedir.root) / "exchange"
        if _holds_something(former) and former.resolve() != Path(self.root).resolve():
            self.log.warning("What lies in %s is not seen here. %s", former, _move(former, Path(self.root)))


class Collect(_Told, default.ExchangeCollect):
    """``nbgrader collect``."""


class FetchAssignment(_Told, default.ExchangeFetchAssignment):
    """``nbgrader fetch_assignment``."""


class FetchFeedback(_Told, default.ExchangeFetchFeedback):
    """``nbgrader fetch_feedback``."""


class List(_Told, default.ExchangeList):
    """``nbgrader list``."""


class ReleaseAssignment(_Told, default.ExchangeReleaseAssignment):
    """``nbgrader release_assignment``."""


class ReleaseFeedback(_Told, default.ExchangeReleaseFeedback):
    """``nbgrader release_feedback``."""


class Submit(_Told, default.ExchangeSubmit):
    """``nbgrader submit``."""
