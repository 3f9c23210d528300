"""Applies edits: unified diffs in comments, which say how one answer differs from another.

Each line begins with ``# - `` (removed), ``# + `` (added) or ``#   `` (context); a bare ``#``, or ``# ...``, separates
hunks. Whatever follows the mark is the line as it stands, with its indentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

REMOVED, ADDED, CONTEXT = "-", "+", " "
SEPARATORS = ("#", "# ...")


class EditError(ValueError):
    """An edit that cannot be read or applied.

    Attributes:
        line: the line of the edit that the error is about, counted from 1.
    """

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True)
class Line:
    """One line of a hunk: its sign, the text after the mark, and its number in the edit, counted from 1."""

    sign: str
    text: str
    number: int


Hunk = Sequence[Line]


def is_edit(text: str) -> bool:
    """Whether a cell is an edit: nothing but comments, and a line is removed or added."""
    lines = [line for line in text.splitlines() if line.strip()]
    # Without the blank it is a mistake, which is told when the edit is read.
    changes = any(line.startswith(("# -", "# +", "#-", "#+")) for line in lines)
    return changes and all(line.startswith("#") for line in lines)


def edited(base: str, edit: str, base_name: str) -> str:
    """The text that an edit makes of another one.

    Hunks apply one after the other, each to what the ones before it made. Blank lines of the base need not be repeated
    among the lines of a hunk.

    Args:
        base: the text to be edited.
        edit: the lines of the edit.
        base_name: what errors call the base, such as ``the solution of 'softmax'``.

    Raises:
        EditError: if a line has no mark, a hunk changes nothing, or its lines do not stand in the base exactly once.
    """
    lines = [line.rstrip() for line in base.splitlines()]
    for hunk in _hunks(edit.splitlines()):
        lines = _applied(lines, hunk, base_name)
    return "\n".join(lines)


def _hunks(lines: Iterable[str]) -> list[Hunk]:
    hunks: list[list[Line]] = [[]]
    for number, line in enumerate(map(str.rstrip, lines), 1):
        if not line or line in SEPARATORS:
            hunks.append([])
        else:
            hunks[-1].append(_line(line, number))
    return [hunk for hunk in hunks if hunk]


def _line(line: str, number: int) -> Line:
    mark = line[:4].ljust(4)
    if not (mark.startswith("# ") and mark[2] in (REMOVED, ADDED, CONTEXT) and mark[3] == " "):
        raise EditError(f"`{line}` begins with none of `# - `, `# + ` and `#   `.", number)
    return Line(mark[2], line[4:], number)


def _applied(lines: Sequence[str], hunk: Hunk, base_name: str) -> list[str]:
    """The lines after one hunk."""
    places = _places(lines, hunk, base_name)
    done = places[0]
    result = list(lines[:done])
    rest = iter(places)
    for line in hunk:
        if line.sign == ADDED:
            result.append(line.text)
        elif line.text:
            place = next(rest)
            result += lines[done : place + (line.sign == CONTEXT)]
            done = place + 1
    return [*result, *lines[done:]]


def _places(lines: Sequence[str], hunk: Hunk, base_name: str) -> list[int]:
    """Where the removed lines and the context of a hunk stand."""
    old = [line for line in hunk if line.sign != ADDED and line.text]
    if all(line.sign == CONTEXT for line in hunk):
        raise EditError("this hunk removes and adds nothing.", hunk[0].number)
    if not old:
        raise EditError("nothing says where to add this; add a line of context.", hunk[0].number)
    filled = [number for number, line in enumerate(lines) if line]
    texts = [line.text for line in old]
    starts = [
        start
        for start in range(len(filled) - len(old) + 1)
        if [lines[number] for number in filled[start : start + len(old)]] == texts
    ]
    if len(starts) > 1:
        times = "twice" if len(starts) == 2 else f"{len(starts)} times"
        stands = "stands" if len(texts) == 1 else "stand"
        reason = f"{_quoted(texts)} {stands} {times} in {base_name}; add a line of context."
        raise EditError(reason, old[0].number)
    if not starts:
        missing = next((line for line in old if line.text not in lines), None)
        if missing:
            raise EditError(f"{_quoted([missing.text])} stands nowhere in {base_name}.", missing.number)
        raise EditError(f"{_quoted(texts)} do not stand together in {base_name}.", old[0].number)
    return filled[starts[0] : starts[0] + len(old)]


def _quoted(texts: Sequence[str]) -> str:
    rest = len(texts) - 1
    return f"`{texts[0].strip()}`" + (
        "" if not rest else f" and the {'line' if rest == 1 else f'{rest} lines'} after it"
    )
