"""Reads an author's ``topic.py`` (jupytext py:percent): cells, each with what its header says."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext

from autograder.errors import CourseError
from autograder.execution.guards import GUARDS
from autograder.topics import Kind

NAMED_KINDS = {
    "given": Kind.GIVEN,
    "exercise": Kind.EXERCISE,
    "test": Kind.TEST,
    "hidden_test": Kind.HIDDEN_TEST,
    "experiment": Kind.EXPERIMENT,
    "figure": Kind.EXPERIMENT,
    "quiz": Kind.QUIZ,
    "written": Kind.WRITTEN,
}
OPTIONS = {
    Kind.PROSE: set(),
    Kind.GIVEN: {"folded"},
    Kind.EXPERIMENT: {"alt", "folded", "needed"},
    Kind.EXERCISE: {"forbids"},
    Kind.TEST: {"points", "seconds"},
    Kind.HIDDEN_TEST: {"points", "seconds", "feedback"},
    Kind.QUIZ: {"points"},
    Kind.WRITTEN: {"points"},
}
POINTED_KINDS = (Kind.TEST, Kind.HIDDEN_TEST, Kind.QUIZ, Kind.WRITTEN)
MARKDOWN_KINDS = (Kind.PROSE, Kind.QUIZ, Kind.WRITTEN)


@dataclass(frozen=True)
class SourceCell:
    """One cell as the author wrote it.

    Attributes:
        kind: what the header says the cell is.
        name: the name in the header (the exercise, for an exercise and its tests); empty for prose and plain code.
        options: the header's other keys, such as ``points`` and ``alt``.
        text: the cell without its header; for Markdown without the comment marks.
        where: ``file:line`` of the header, for errors.
    """

    kind: Kind
    name: str
    text: str
    where: str
    options: dict[str, Any] = field(default_factory=dict)


def parse(path: Path) -> list[SourceCell]:
    """Read an author's file.

    Raises:
        CourseError: if a header or a cell's code cannot be understood; the text names file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CourseError(f"{path.name} is not encoded in UTF-8; save it as UTF-8.") from None
    notebook = jupytext.reads(text, fmt="py:percent")
    headers = [number for number, line in enumerate(text.splitlines(), 1) if re.match(r"# %%", line)]
    cells = [cell for cell in notebook.cells if cell.source.strip() or cell.cell_type == "code"]
    if len(headers) != len(notebook.cells):
        raise CourseError(f"{path.name}: text stands before the first cell header; begin the file with `# %%`.")
    if not cells:
        raise CourseError(f"{path.name} holds no cell; begin it with `# %% [markdown]` and the topic's title.")
    lines = dict(zip(map(id, notebook.cells), headers, strict=True))
    return [_source_cell(cell, f"{path.name}:{lines[id(cell)]}") for cell in cells]


def _source_cell(cell: Any, where: str) -> SourceCell:
    metadata = {key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"}
    if "incorrectly_encoded_metadata" in metadata:
        raise CourseError(f'{where}: the header cannot be read; write name="value", in double quotes.')
    names = [key for key in metadata if key in NAMED_KINDS]
    if len(names) > 1:
        raise CourseError(f"{where}: the header says both {names[0]} and {names[1]}; a cell is one thing.")
    if names:
        kind, name = NAMED_KINDS[names[0]], str(metadata.pop(names[0]))
        if not name.isidentifier():
            raise CourseError(f"{where}: {name!r} is no Python name; use letters, digits and underscores.")
    else:
        kind, name = (Kind.PROSE if cell.cell_type == "markdown" else Kind.GIVEN), ""
    _check_header(kind, name, metadata, cell.cell_type, where)
    if cell.cell_type == "code":
        _check_code(cell.source, where)
    return SourceCell(kind, name, cell.source, where, metadata)


def _check_header(kind: Kind, name: str, options: dict[str, Any], cell_type: str, where: str) -> None:
    unknown = sorted(set(options) - OPTIONS[kind])
    if unknown:
        allowed = ", ".join(sorted(OPTIONS[kind])) or "no option"
        raise CourseError(f"{where}: a cell of kind {kind} takes {allowed}, not {unknown[0]!r}.")
    if (cell_type == "markdown") != (kind in MARKDOWN_KINDS):
        wanted = "[markdown]" if kind in MARKDOWN_KINDS else "code"
        raise CourseError(f"{where}: a cell of kind {kind} must be a {wanted} cell.")
    if kind in POINTED_KINDS and not _is_count(options.get("points")):
        raise CourseError(f"{where}: {kind} {name!r} needs points=N, a whole number of at least 1.")
    if not _is_count(options.get("seconds", 1)):
        raise CourseError(f"{where}: {kind} {name!r} has seconds that are no whole number of at least 1.")
    if unknown := [name for name in str(options.get("forbids", "")).split() if name not in GUARDS]:
        raise CourseError(f"{where}: forbids takes {' and '.join(GUARDS)}, not {unknown[0]!r}.")
    if options.get("feedback", "shown") not in ("shown", "withheld"):
        raise CourseError(f'{where}: feedback is "shown" or "withheld".')


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _check_code(code: str, where: str) -> None:
    try:
        ast.parse(code)
    except SyntaxError as error:
        raise CourseError(f"{where}: line {error.lineno} of the cell is not plain Python: {error.msg}.") from None
