"""How errors that a reader can put right look in a notebook: a sentence instead of a traceback."""

from __future__ import annotations

import textwrap
from traceback import StackSummary, walk_tb

# Characters; notebooks break longer lines in the middle of a word.
LINE = 100


class OneSentence(Exception):  # noqa: N818 - a way of looking, not an error of its own
    """Shown by Jupyter as the line of the cell that raised it and its text; a terminal shows its traceback."""

    def _render_traceback_(self) -> list[str]:
        cells = (place for place in walk_tb(self.__traceback__) if place[0].f_globals.get("__name__") == "__main__")
        frames = [frame for frame in StackSummary.extract(cells) if frame.line]
        lines = [*(f"line {f.lineno}: {f.line}" for f in frames[-1:]), f"{type(self).__name__}: {self}"]
        return [part for line in lines for part in wrapped(line).splitlines()]


class DataError(OneSentence, RuntimeError):
    """Data could not be had; the text says why, and what to do."""


def wrapped(text: str) -> str:
    """A text with lines broken at words; all lines but the first are indented."""
    first, *rest = text.splitlines() or [""]
    lines = textwrap.wrap(first, LINE, subsequent_indent="  ", break_on_hyphens=False) or [""]
    for line in rest:
        lines += textwrap.wrap(
            line, LINE, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False, break_long_words=False
        )
    return "\n".join(lines)
