"""From the bytes of a notebook to a clean notebook of the current format: sources, pictures, ids and a little metadata.

Everything else (outputs, other attachments, widgets' state, unknown metadata) is left behind, so that nothing which a
student controls goes further than grading needs.
"""

from __future__ import annotations

import json
import re
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.submissions.files import Unreadable, printable
from autograder.submissions.outputs import without_outputs
from autograder.submissions.pictures import Attachments, Pictures
from autograder.submissions.repairs import not_json

MAX_CELLS = 5_000
# Of everything but outputs.
MAX_BYTES = 64 * 2**20
# Commas, brackets and braces: each can stand for a value, which takes a hundred bytes of memory.
MAX_PARTS = 3_000_000
# Code is parsed, which takes a second for each megabyte, and other submissions wait meanwhile. Other text is not.
MAX_CODE = 4_000_000

_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_VERSION = re.compile(r"\d{1,2}(?:\.\d{1,3}){1,2}(?:(?:a|b|rc)\d{1,2})?\+?", re.ASCII)
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
    if not content.strip(b" \t\r\n\0"):
        raise Unreadable(f"{name} is empty.")
    text, problems = _decoded(content, name)
    data, rest = _parsed(text, name)
    if rest:
        problems.append(f"{name} goes on after the end of the notebook ({rest}); what stands there was left out.")
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
        "metadata": {**_scalars(metadata, "course", ("topic",)), **_python(metadata)},
        "cells": clean,
    }
    return nbformat.from_dict(notebook), tuple(problems)


# Fewer may be a part of the first characters in another encoding.
MANY_NULLS = bytes(8)


def _decoded(content: bytes, name: str) -> tuple[str, list[str]]:
    """The text of a notebook, its outputs left out, and what is unusual about its encoding."""
    if content.startswith(MANY_NULLS):
        content = content.lstrip(b"\0")
    encoding = json.detect_encoding(content)
    problems = []
    if not encoding.startswith("utf-8"):
        # In these, outputs cannot be told from the rest before they are decoded.
        content = _small_enough(content, name).decode(encoding, "replace").encode("utf-8", "replace")
        problems.append(f"{name} is encoded in {encoding.upper()}, not UTF-8; it was read all the same.")
    content = _small_enough(without_outputs(content), name)
    try:
        return content.decode("utf-8-sig"), problems
    except UnicodeDecodeError as error:
        whole = _whole_before(content[: error.start])
        if whole is not None:
            return f"{whole}\ufffd", problems
        return content.decode("cp1252", "replace"), [f"{name} is not UTF-8; it was read as Windows-1252."]


def _whole_before(content: bytes) -> str | None:
    """The text, if these bytes hold a whole notebook: an interrupted save can leave others after it."""
    text = content.decode("utf-8-sig")
    try:
        json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return None
    return text


def _small_enough(content: bytes, name: str) -> bytes:
    if len(content) > MAX_BYTES:
        size = f"{len(content) / 2**20:,.0f} MB besides outputs, more than {MAX_BYTES >> 20} MB"
        raise Unreadable(f"{name} has {size}, and was not read. Take out what is not yours, such as data in a cell.")
    if sum(map(content.count, b",[{")) > MAX_PARTS:
        raise Unreadable(f"{name} has more than {MAX_PARTS:,} values besides outputs and was not read.")
    return content


def _parsed(text: str, name: str) -> tuple[dict[str, Any], str]:
    """What a notebook's text says, and what kind of text follows it."""
    decoder = json.JSONDecoder(parse_int=_integer, parse_float=_float, parse_constant=lambda _: None)
    start = len(text) - len(text.lstrip(" \t\r\n\0"))
    try:
        data, end = decoder.raw_decode(text, start)
    except RecursionError as error:
        raise Unreadable(f"{name} is not a notebook: its JSON is nested too deeply.") from error
    except json.JSONDecodeError as error:
        raise Unreadable(not_json(name, error)) from error
    if not isinstance(data, dict):
        raise Unreadable(f"{name} is not a notebook: it is JSON, but holds no list of cells.")
    return data, _kind_of_rest(text[end:])


def _kind_of_rest(rest: str) -> str:
    if not rest.strip():
        return ""
    if not rest.strip(" \t\r\n\0"):
        return f"{rest.count(chr(0)):,} null characters"
    shown = printable(" ".join(rest[:200].split()), 20)
    count = len(rest.strip())
    return f"{count:,} character{'s' if count > 1 else ''}: {shown}"


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
        self.pictures = Pictures()

    def read(self, raw: Any) -> dict[str, Any] | None:
        """A clean cell; none if ``raw`` is no cell at all."""
        self.count += 1
        if not isinstance(raw, dict):
            self.left_out += 1
            return None
        cell_type, source = self._cell_type(raw), self._source(raw)
        metadata = _dict(raw.get("metadata"))
        attached: Attachments = {}
        if cell_type == "markdown":
            source, attached = self.pictures.read(source, raw.get("attachments"))
        cell = {
            "cell_type": cell_type,
            "id": self._id(raw.get("id")),
            "metadata": {**_scalars(metadata, "nbgrader", _NBGRADER), **_tags(metadata)},
            "source": source,
            **({"attachments": attached} if attached else {}),
        }
        return {**cell, "outputs": [], "execution_count": None} if cell_type == "code" else cell

    def problems(self, name: str) -> list[str]:
        """One sentence for each way in which cells were damaged."""
        sentences = []
        if self.left_out:
            sentences.append(f"{name} has damaged cells: {self.left_out} could not be read.")
        if self.repaired:
            sentences.append(f"{name} has damaged cells: {self.repaired} were read in part.")
        return [*sentences, *self.pictures.problems()]

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


def _python(metadata: dict[str, Any]) -> dict[str, Any]:
    """The version of Python that a notebook says it was written with."""
    language = _dict(metadata.get("language_info"))
    version = language.get("version")
    if language.get("name", "python") != "python" or not (isinstance(version, str) and _VERSION.fullmatch(version)):
        return {}
    return {"language_info": {"name": "python", "version": version}}


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
