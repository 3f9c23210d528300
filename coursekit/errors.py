"""How errors that a reader can put right look in a notebook: a sentence instead of a traceback."""

from traceback import StackSummary, walk_tb


class OneSentence(Exception):  # noqa: N818 - a way of looking, not an error of its own
    """Shown by Jupyter as the line of the cell that raised it and its text; a terminal shows it as ever."""

    def _render_traceback_(self) -> list[str]:
        cells = (place for place in walk_tb(self.__traceback__) if place[0].f_globals.get("__name__") == "__main__")
        frames = [frame for frame in StackSummary.extract(cells) if frame.line]
        return [*(f"line {f.lineno}: {f.line}" for f in frames[-1:]), f"{type(self).__name__}: {self}"]


class DataError(OneSentence, RuntimeError):
    """Data could not be had; the text says why, and what to do."""
