"""Reads the cells of an author's file (jupytext py:percent), each with its place in the file, for errors to name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext

from autograder.errors import CourseError

HEADER = re.compile(r"# %%")
# Comments such as `# Why?` or `# ls` stay; by default jupytext takes them for magics that were commented out.
FORMAT = {"extension": ".py", "format_name": "percent", "comment_magics": False}


@dataclass(frozen=True)
class Place:
    """Where a cell stands in its author's file; as text the file and the line of its header, as editors understand it.

    Attributes:
        file: the file as errors name it, such as ``solutions/01-normalization/normalization.py``.
        header: the line of the cell's header.
        added: how many lines the build puts above the author's; None if none of the text is the author's as it stands.
    """

    file: str
    header: int
    added: int | None = 0

    def __str__(self) -> str:
        """``file:line`` of the header."""
        return f"{self.file}:{self.header}"

    def line(self, number: int) -> str:
        """``file:line`` of one line of the cell's text, counted from 1; of the header if it is not the author's."""
        beyond = 0 if self.added is None else max(number - self.added, 0)
        return f"{self.file}:{self.header + beyond}"


def read_cells(path: Path, root: Path | None = None, *, preamble: bool = False) -> list[tuple[Any, Place]]:
    """The cells of an author's file. Line ends may be those of any system.

    Args:
        path: the file.
        root: the checkout, for errors to name the file from there on.
        preamble: whether text may stand before the first header; it is a cell of its own.

    Raises:
        CourseError: if it is not UTF-8, does not begin with a cell, or has a header that cannot be read.
    """
    file = path.relative_to(root).as_posix() if root else path.name
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise CourseError(f"{file}:{line}: the file is not encoded in UTF-8; save it as UTF-8.") from None
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines, 1) if line.strip()), 0)
    headers = [number for number, line in enumerate(lines, 1) if HEADER.match(line)]
    begins_with_text = first > 0 and first not in headers
    if begins_with_text and not preamble:
        raise CourseError(f"{file}:{first}: text stands before the first cell header; begin the file with `# %%`.")
    cells = jupytext.reads(text, fmt=FORMAT).cells if first else []
    if begins_with_text:
        headers.insert(0, first)
    if len(headers) != len(cells):
        raise CourseError(f"{file}:1: the cells cannot be told apart; begin each with a header of its own, `# %%`.")
    placed = [(cell, Place(file, header)) for cell, header in zip(cells, headers, strict=True)]
    for cell, place in placed:
        if "incorrectly_encoded_metadata" in cell.metadata:
            raise CourseError(f'{place}: the header cannot be read; write name="value", in double quotes.')
    return placed
