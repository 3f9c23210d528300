"""Reads an author's ``topic.py`` (jupytext py:percent): cells, each with what its header says."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.sources.places import Place, read_cells
from autograder.topics import CellKind

NAMED_KINDS = {
    "given": CellKind.GIVEN,
    "exercise": CellKind.EXERCISE,
    "test": CellKind.TEST,
    "hidden_test": CellKind.HIDDEN_TEST,
    "experiment": CellKind.EXPERIMENT,
    "figure": CellKind.EXPERIMENT,
    "prediction": CellKind.PREDICTION,
    "quiz": CellKind.QUIZ,
    "written": CellKind.WRITTEN,
}
OPTIONS = {
    CellKind.PROSE: set(),
    CellKind.GIVEN: {"folded", "uses"},
    CellKind.EXPERIMENT: {"alt", "folded", "needed", "uses"},
    CellKind.PREDICTION: set(),
    CellKind.EXERCISE: {"forbids"},
    CellKind.TEST: {"points", "seconds", "takes"},
    CellKind.HIDDEN_TEST: {"points", "seconds", "takes", "feedback"},
    CellKind.QUIZ: {"points"},
    CellKind.WRITTEN: {"points"},
}
POINTED_KINDS = (CellKind.TEST, CellKind.HIDDEN_TEST, CellKind.QUIZ, CellKind.WRITTEN)
MARKDOWN_KINDS = (CellKind.PROSE, CellKind.QUIZ, CellKind.WRITTEN)
# Notebooks' ids have 64 characters, and those of an exercise's tests are longer than its name.
LONGEST_NAME = 50


@dataclass(frozen=True)
class SourceCell:
    """One cell as the author wrote it.

    Attributes:
        kind: what the header says the cell is.
        name: the name in the header (the exercise, for an exercise and its tests); empty for prose and plain code.
        options: the header's other keys, such as ``points`` and ``alt``.
        text: the cell without its header; for Markdown without the comment marks.
        where: its place in the file, for errors.
    """

    kind: CellKind
    name: str
    text: str
    where: Place
    options: dict[str, Any] = field(default_factory=dict)


def parse(path: Path, root: Path | None = None, forbids: Collection[str] = ()) -> list[SourceCell]:
    """Read an author's file.

    Args:
        path: the file.
        root: the checkout, for errors to name the file from there on.
        forbids: what an exercise may forbid.

    Raises:
        CourseError: if a header or a cell's code cannot be understood; the text names file and line.
    """
    placed = read_cells(path, root)
    cells = [(cell, place) for cell, place in placed if cell.source.strip() or cell.cell_type == "code"]
    if not cells:
        file = path.relative_to(root).as_posix() if root else path.name
        raise CourseError(f"{file}:1: there is no cell; begin with `# %% [markdown]` and the topic's title.")
    return [_source_cell(cell, place, forbids) for cell, place in cells]


def _source_cell(cell: Any, where: Place, forbids: Collection[str]) -> SourceCell:
    metadata = {key: value for key, value in cell.metadata.items() if key != "lines_to_next_cell"}
    names = [key for key in metadata if key in NAMED_KINDS]
    if len(names) > 1:
        raise CourseError(f"{where}: the header says both {names[0]} and {names[1]}; a cell is one thing.")
    if names:
        kind, name = NAMED_KINDS[names[0]], str(metadata.pop(names[0]))
        if not (name.isidentifier() and name.isascii()):
            raise CourseError(f"{where}: {name!r} cannot be a name; use letters from a to z, digits and underscores.")
        if len(name) > LONGEST_NAME:
            raise CourseError(f"{where}: the name {name!r} is longer than {LONGEST_NAME} characters; shorten it.")
    else:
        kind, name = (CellKind.PROSE if cell.cell_type == "markdown" else CellKind.GIVEN), ""
    _check_header(kind, name, metadata, cell.cell_type, where)
    if unknown := [one for one in str(metadata.get("forbids", "")).split() if one not in forbids]:
        known = " and ".join(forbids) or "nothing, since course.toml has no [forbids]"
        raise CourseError(f"{where}: forbids takes {known}, not {unknown[0]!r}.")
    if cell.cell_type == "code":
        check_code(cell.source, where)
    return SourceCell(kind, name, cell.source, where, metadata)


def _check_header(kind: CellKind, name: str, options: dict[str, Any], cell_type: str, where: Place) -> None:
    unknown = sorted(set(options) - OPTIONS[kind])
    if unknown:
        allowed = ", ".join(sorted(OPTIONS[kind])) or "no option"
        raise CourseError(f"{where}: a cell of kind {kind} takes {allowed}, not {unknown[0]!r}.")
    if (cell_type == "markdown") != (kind in MARKDOWN_KINDS):
        wanted = "[markdown]" if kind in MARKDOWN_KINDS else "code"
        raise CourseError(f"{where}: a cell of kind {kind} must be a {wanted} cell.")
    if kind in POINTED_KINDS and not _is_amount(options.get("points")):
        raise CourseError(f"{where}: {kind} {name!r} needs points=N, a whole number, or half of one, above 0.")
    if not _is_count(options.get("seconds", 1)):
        raise CourseError(f"{where}: {kind} {name!r} has seconds that are no whole number of at least 1.")
    if options.get("feedback", "shown") not in ("shown", "withheld"):
        raise CourseError(f'{where}: feedback is "shown" or "withheld".')


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_amount(value: Any) -> bool:
    """Whether it can be the points of a test: 0.5, 1, 1.5 and so on."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0 and 2 * value == int(2 * value)


def check_code(code: str, where: Place) -> None:
    """Check that code is Python.

    Raises:
        CourseError: if it is not; the text names file and line.
    """
    try:
        ast.parse(code)
    except SyntaxError as error:
        raise CourseError(f"{where.line(error.lineno or 1)}: this is not plain Python: {error.msg}.") from None
