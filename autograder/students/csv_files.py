"""CSV files as spreadsheets and learning platforms write them: in several encodings, with several separators."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError

_SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True)
class CsvFile:
    """A table with a head, and what it takes to write it as it was.

    Attributes:
        head: the columns' names, as the file has them.
        rows: the cells of the other rows, each as long as the head.
        numbers: the rows' lines in the file.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int]
    encoding: str = "utf-8"
    separator: str = ","


def read_csv(path: Path) -> CsvFile:
    """Read a table.

    Raises:
        CourseError: if it cannot be read, or is empty.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}).") from None
    text, encoding = _decoded(data)
    if text.startswith("sep="):
        text = text.partition("\n")[2]
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise CourseError(f"{path}, line {reader.line_num}: this is no table ({error}).") from None
    if not lines:
        raise CourseError(f"{path} is empty.")
    head = [cell.strip() for cell in lines[0][1]]
    rows = [[*row, *[""] * (len(head) - len(row))][: len(head)] for _, row in lines[1:]]
    return CsvFile(head, rows, [number for number, _ in lines[1:]], encoding, separator)


def _decoded(data: bytes) -> tuple[str, str]:
    """Text and its encoding: by its mark, else UTF-8, else what Windows writes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), "utf-16"
    try:
        return data.decode("utf-8-sig"), "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace"), "cp1252"
