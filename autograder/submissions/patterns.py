"""Patterns that say which student a file belongs to, for platforms that are not recognized by themselves.

A pattern is a path below the folder that was given, or inside the zip, with ``/`` between its parts:

=================  =================================================================================================
``{student}``      the student's name; every pattern has it
``{id}``           what tells students of one name apart
``{time}``         when it was handed in, or which attempt it is: a number, or a time that begins with the year; of a
                   student's notebooks the newest counts
``{file}``         the file's name as the student gave it, in the last part
``*``              anything within one part, or nothing; ``{*}`` is the same
``**``             as a whole part: any folders, or none; at the end, everything below
anything else      itself, capitals as they are
=================  =================================================================================================

So ``Section */{student}_{id}/**`` reads ``Section A/Jane Doe_501/homework/normalization.ipynb``, and
``{id} - {student} - {time}/{file}`` reads ``501 - Jane Doe - 2026-11-20 2035/normalization.ipynb``. A field holds one
character at least and never a ``/``. Where a name can be divided in several ways, ``{id}`` is a number if it can be,
else without spaces and underscores if it can be; for the rest, fields further left are as short as possible.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from autograder.errors import CourseError
from autograder.submissions.files import File, printable

FIELDS = ("student", "id", "time", "file")
# Longer paths fit no pattern, so that matching takes little time whatever the names are.
MAX_LENGTH = 1000

_PIECE = re.compile(r"\{([^{}]*)\}|(\*)|([^{}*]+)")
_SHAPES = (re.compile(r"\d+"), re.compile(r"[^\s_/]+"), re.compile(r"[^/]+"))
_DATE = re.compile(
    r"((?:19|20)\d\d)\D?(0[1-9]|1[0-2])\D?(0[1-9]|[12]\d|3[01])(?:\D*([01]\d|2[0-3])\D?([0-5]\d)(?:\D?([0-5]\d))?)?"
    # Fractions do not matter; half a day would.
    r"(?:[.,]\d+)?\s*(?:Z|UTC|([+-]\d\d):?(\d\d))?[^\w]*"
)
_NUMBER = re.compile(r"\D*(\d{1,18})\D*")
# A day and a month before the year have no order as a number.
_YEAR_LAST = re.compile(r"\D*\d{4}(?:19|20)\d\d\D*")


@dataclass(frozen=True)
class Fields:
    """What a pattern reads from a path; empty where it has no such field."""

    student: str
    id: str = ""
    time: str = ""
    file: str = ""

    @property
    def version(self) -> int:
        """The time or the number of the attempt as a number that grows.

        Raises:
            ValueError: if the time is neither a number nor begins with a year, a month and a day.
        """
        if not self.time:
            return 0
        if date := _DATE.fullmatch(self.time):
            *parts, hours, minutes = date.groups()
            moment = datetime(*(int(part or 0) for part in parts))  # type: ignore[arg-type]
            east = timedelta(hours=int(hours or 0), minutes=int(f"{(hours or '+')[0]}{minutes or 0}"))
            return int(f"{moment - east:%Y%m%d%H%M%S}")
        if _YEAR_LAST.fullmatch(self.time):
            raise ValueError(self.time)
        if number := _NUMBER.fullmatch(self.time):
            return int(number[1])
        raise ValueError(self.time)


@dataclass(frozen=True)
class _Token:
    """A piece of a pattern: a text that stands for itself, a field, ``*`` or ``**``."""

    text: str = ""
    field: str = ""
    is_deep: bool = False
    least: int = 0

    def ends(self, path: str, start: int, shape: re.Pattern[str]) -> Iterator[int]:
        """Where it may end if it begins at ``start``, the nearest first."""
        if self.text:
            yield from [start + len(self.text)] if path.startswith(self.text, start) else []
        elif self.is_deep and self.least:
            yield from [len(path)] if start < len(path) else []
        elif self.is_deep:
            yield from (start, *(place + 1 for place in range(start, len(path)) if path[place] == "/"))
        else:
            held = (shape if self.field == "id" else _SHAPES[-1]).match(path, start)
            yield from range(start + self.least, (held.end() if held else start) + 1)


class NamePattern:
    """A pattern, ready to read paths.

    Args:
        text: the pattern, as the module describes it.

    Raises:
        CourseError: if it is no pattern.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        plain = unicodedata.normalize("NFC", text).removeprefix("./")
        parts = plain.split("/")
        if not all(parts):
            raise self._error("has a slash at its beginning, at its end or twice; write a path such as {student}/**")
        self.tokens: list[_Token] = []
        for place, part in enumerate(parts, start=1):
            self._add(part, is_last=place == len(parts))
        fields = [token.field for token in self.tokens if token.field]
        if twice := next((field for field in fields if fields.count(field) > 1), ""):
            raise self._error(f"has {{{twice}}} twice")
        if "student" not in fields:
            raise self._error("has no {student}, which stands for the student's name")
        if "{file}" in "/".join(parts[:-1]):
            raise self._error("has {file} in a folder's name; it stands for the name of a file, in the last part")

    def read(self, path: tuple[str, ...]) -> Fields | None:
        """What the pattern reads from a path, given in parts; None if it does not fit."""
        joined = unicodedata.normalize("NFC", "/".join(path))
        if len(joined) > MAX_LENGTH:
            return None
        has_id = any(token.field == "id" for token in self.tokens)
        for shape in _SHAPES if has_id else _SHAPES[-1:]:
            if (ends := self._ends(joined, shape)) is not None:
                starts = [0, *ends[:-1]]
                spans = zip(self.tokens, starts, ends, strict=True)
                return Fields(**{token.field: joined[start:end].strip() for token, start, end in spans if token.field})
        return None

    def _ends(self, path: str, shape: re.Pattern[str]) -> list[int] | None:
        """Where each piece ends in a path; None if the pattern does not fit.

        It is tried only once whether what follows a piece fits what follows a place, so the time grows with the square
        of the path's length at most.
        """
        failed: set[tuple[int, int]] = set()
        ends: list[int] = []
        tries = [self.tokens[0].ends(path, 0, shape)]
        while tries:
            end = next(tries[-1], None)
            if end is None:
                tries.pop()
                if ends:
                    failed.add((len(ends), ends.pop()))
            elif len(tries) == len(self.tokens):
                if end == len(path):
                    return [*ends, end]
            elif (len(tries), end) not in failed:
                ends.append(end)
                tries.append(self.tokens[len(tries)].ends(path, end, shape))
        return None

    def _add(self, part: str, *, is_last: bool) -> None:
        """The pieces of one part of the path, and the slash after it."""
        if part == "**":
            self.tokens.append(_Token(is_deep=True, least=int(is_last)))
            return
        if "**" in part:
            raise self._error("has ** beside other characters; it stands alone between slashes")
        place = 0
        before: _Token | None = None
        while place < len(part):
            piece = _PIECE.match(part, place)
            if piece is None:
                raise self._error("has a brace without its partner")
            field, star, text = piece.groups()
            if field not in (None, "*", *FIELDS):
                raise self._error(f"has {{{field}}}; the fields are {', '.join(f'{{{one}}}' for one in FIELDS)} and *")
            is_star = bool(star) or field == "*"
            token = _Token(text=text or "", field="" if is_star else field or "", least=int(not is_star))
            if before and not before.text and not token.text:
                raise self._error("has two fields or stars side by side; something must stand between them")
            self.tokens.append(token)
            before, place = token, piece.end()
        if not is_last:
            self.tokens.append(_Token(text="/"))

    def _error(self, why: str) -> CourseError:
        return CourseError(f"--names '{printable(self.text, 200)}' {why}.")


def read_paths(pattern: NamePattern, notebooks: Sequence[File], files: Sequence[File]) -> dict[tuple[str, ...], Fields]:
    """What a pattern reads from the path of each file that fits it.

    Args:
        pattern: says whose the files are.
        notebooks: those of the files that must fit, since a notebook that belongs to nobody would be lost.
        files: all files.

    Raises:
        CourseError: if a notebook does not fit, or its time cannot be put in order.
    """
    fitting = {file.path: fields for file in files if (fields := pattern.read(file.path))}
    others = [printable("/".join(file.path), 200) for file in notebooks if file.path not in fitting]
    if others:
        shown = f"{', '.join(others[:3])}{' and others' if len(others) > 3 else ''}"
        raise CourseError(
            f"--names '{printable(pattern.text, 200)}' does not fit {len(others)} of {len(notebooks)} notebooks and "
            f"archives: {shown}. Change the pattern, or move away what nobody handed in."
        )
    for path, fields in fitting.items():
        try:
            _ = fields.version
        except ValueError as error:
            raise CourseError(
                f"{{time}} in --names '{printable(pattern.text, 200)}' is '{printable(fields.time)}' in "
                f"{printable('/'.join(path), 200)}, which is neither a number nor a time such as 2026-11-20 20:35, so "
                "nothing says which is the newest. Write * for it."
            ) from error
    return fitting
