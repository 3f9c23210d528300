"""How errors that a reader can put right look in a notebook: a sentence instead of a traceback."""

from pathlib import Path
from traceback import extract_tb


class OneSentence(Exception):  # noqa: N818 - a way of looking, not an error of its own
    """Shown by Jupyter as the line of the cell that raised it and its text; a terminal shows it as ever."""

    def _render_traceback_(self) -> list[str]:
        package = str(Path(__file__).parent)
        frames = [f for f in extract_tb(self.__traceback__) if f.line and not f.filename.startswith(package)]
        return [*(f"line {f.lineno}: {f.line}" for f in frames[-1:]), f"{type(self).__name__}: {self}"]


class DataError(OneSentence, RuntimeError):
    """Data could not be had; the text says why, and what to do."""
