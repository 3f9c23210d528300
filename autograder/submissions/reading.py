"""From the bytes of a notebook to a clean notebook of the current format: sources, ids and a little metadata.

Everything else (outputs, attachments, widgets' state, unknown metadata) is left behind, so that nothing which a student
controls goes further than grading needs.
"""

from __future__ import annotations

import json
import re
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.submissions.files import Unreadable, printable

MAX_CELLS = 5_000
# Code is parsed, which takes a second for each megabyte, and other submissions wait meanwhile. Other text is not.
MAX_CODE = 4_000_000

_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_CELL_TYPES = ("code", "markdown", "raw")
_NBGRADER = ("grade_id", "grade", "locked", "solution", "points", "task")
_MAX_DIGITS = 300


def read_notebook(content: bytes, name: str) -> tuple[NotebookNode, tuple[str, ...]]:
    """Read a notebook of any format (1 to 4) and in any common encoding.

    Args:
        content: the file's bytes.
        name: the file's name, for sentences.

    Returns:
        The notebook in format 4.5, without outputs, every cell with a unique id; and a sentence for everything about it
        that is unusual.

    Raises:
        Unreadable: if it is no notebook.
    """
    if not content.strip():
        raise Unreadable(f"{name} is empty.")
    text, problems = _decoded(content, name)
    data = _parsed(text, name)
    cells = _raw_cells(data)
    if cells is None:
        raise Unreadable(f"{name} is not a notebook: it is JSON, but holds no list of cells.")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"{name} has {len(cells):,} cells, more than {MAX_CELLS:,}, and was not read.")
    reader = _CellReader()
    clean = [cell for cell in map(reader.read, cells) if cell]
    code = sum(len(cell["source"]) for cell in clean if cell["cell_type"] == "code")
    if code > MAX_CODE:
        raise Unreadable(f"{name} has {code:,} characters of code, more than {MAX_CODE:,}, and was not read.")
    metadata = _dict(data.get("metadata"))
    problems += _kernel_problems(metadata) + reader.problems(name)
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": _scalars(metadata, "course", ("topic",)),
        "cells": clean,
    }
    return nbformat.from_dict(notebook), tuple(problems)


def _decoded(content: bytes, name: str) -> tuple[str, list[str]]:
    encoding = json.detect_encoding(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace"), [f"{name} is not UTF-8; it was read as Windows-1252."]
    unusual = not encoding.startswith("utf-8")
    return text, [f"{name} is encoded in {encoding.upper()}, not UTF-8; it was read all the same."] if unusual else []


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        data = json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=lambda _: None)
    except RecursionError as error:
        raise Unreadable(f"{name} is not a notebook: its JSON is nested too deeply.") from error
    except json.JSONDecodeError as error:
        raise Unreadable(f"{name} is not a notebook: it is not JSON (line {error.lineno}: {error.msg}).") from error
    if not isinstance(data, dict):
        raise Unreadable(f"{name} is not a notebook: it is JSON, but holds no list of cells.")
    return data


def _integer(digits: str) -> int:
    return int(digits) if len(digits) <= _MAX_DIGITS else 0


def _float(digits: str) -> float:
    return float(digits) if len(digits) <= _MAX_DIGITS else 0.0


def _raw_cells(data: dict[str, Any]) -> list[Any] | None:
    """The cells as they stand; formats before 4 keep them in worksheets."""
    cells = data.get("cells")
    if cells is None and isinstance(data.get("worksheets"), list):
        sheets = [_dict(sheet).get("cells") for sheet in data["worksheets"]]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    return cells if isinstance(cells, list) else None


class _CellReader:
    """Cleans cells one after the other, and counts what is wrong with them."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.count = 0
        self.left_out = 0
        self.repaired = 0

    def read(self, raw: Any) -> dict[str, Any] | None:
        """A clean cell; none if ``raw`` is no cell at all."""
        self.count += 1
        if not isinstance(raw, dict):
            self.left_out += 1
            return None
        cell_type, source = self._cell_type(raw), self._source(raw)
        metadata = _dict(raw.get("metadata"))
        cell = {
            "cell_type": cell_type,
            "id": self._id(raw.get("id")),
            "metadata": {
                **_scalars(metadata, "nbgrader", _NBGRADER),
                **_tags(metadata),
            },
            "source": source,
        }
        return {**cell, "outputs": [], "execution_count": None} if cell_type == "code" else cell

    def problems(self, name: str) -> list[str]:
        """One sentence for each way in which cells were damaged."""
        sentences = []
        if self.left_out:
            sentences.append(f"{name} has damaged cells: {self.left_out} could not be read.")
        if self.repaired:
            sentences.append(f"{name} has damaged cells: {self.repaired} were read in part.")
        return sentences

    def _cell_type(self, raw: dict[str, Any]) -> str:
        cell_type = raw.get("cell_type")
        if cell_type in _CELL_TYPES:
            return str(cell_type)
        if cell_type not in ("heading", "html"):
            self.repaired += 1
        return "markdown"

    def _source(self, raw: dict[str, Any]) -> str:
        source = next((raw[key] for key in ("source", "input", "code", "text") if key in raw), "")
        lines = source if isinstance(source, list) else [source]
        text = "".join(line for line in lines if isinstance(line, str))
        readable = text.encode("utf-8", "replace").decode("utf-8")
        if readable != text or not all(isinstance(line, str) for line in lines):
            self.repaired += 1
        if raw.get("cell_type") == "heading":
            return f"{'#' * next((level for level in range(1, 7) if level == raw.get('level')), 1)} {readable}"
        return readable

    def _id(self, stated: Any) -> str:
        """The cell's own id if it is valid and not taken; else one that depends on its position alone."""
        if isinstance(stated, str) and _ID.fullmatch(stated) and stated not in self.ids:
            self.ids.add(stated)
            return stated
        new = f"unnamed-{self.count}"
        while new in self.ids:
            new += "-"
        self.ids.add(new)
        return new


def _tags(metadata: dict[str, Any]) -> dict[str, list[str]]:
    tags = metadata.get("tags")
    names = [printable(tag) for tag in tags[:20] if isinstance(tag, str)] if isinstance(tags, list) else []
    return {"tags": names} if names else {}


def _scalars(metadata: dict[str, Any], key: str, names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """The plain values of one block of metadata, where it has any."""
    block = _dict(metadata.get(key))
    values = {name: block[name] for name in names if isinstance(block.get(name), str | int | float | bool)}
    return {key: values} if values else {}


def _kernel_problems(metadata: dict[str, Any]) -> list[str]:
    """A sentence if the notebook was written for another language; environments' own kernel names are ordinary."""
    kernel, language = _dict(metadata.get("kernelspec")), _dict(metadata.get("language_info"))
    name = kernel.get("name")
    stated = kernel.get("language") or language.get("name") or name or "python"
    if not isinstance(stated, str) or "py" in stated.lower():
        return []
    return [f"The notebook asks for the kernel {printable(str(name or stated))}; it was run with Python."]


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
