"""What a cell's text says: whether two texts say the same, what a text defines, whether an answer was attempted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from autograder.submissions.bindings import ANY, bound_names
from autograder.submissions.cells import NEWLINE, first_line, is_magic, parse
from autograder.topics import Cell, CellKind

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def normalized(text: str) -> str:
    """A text without blank lines, trailing blanks and the difference between line endings."""
    return "\n".join(line.rstrip() for line in NEWLINE.split(text) if line.strip())


def same_text(one: str, other: str) -> bool:
    """Whether two cells differ in blanks and blank lines at most."""
    return one == other or normalized(one) == normalized(other)


def same_code(one: str, other: str) -> bool:
    """Whether two code cells say the same: they may differ in comments, blanks, quotes and lines of IPython's magic."""
    if same_text(one, other):
        return True
    # What is several times as long says something else; it is not worth parsing.
    if max(len(one), len(other)) > 4 * min(len(one), len(other)) + 1000:
        return False
    first = _said(one)
    return first is not None and first == _said(other)


# What was handed out is compared with every submission of a class.
@lru_cache(maxsize=256)
def _said(code: str) -> tuple[str, ...] | None:
    """What a cell's statements say; ``None`` if that cannot be told."""
    tree = parse(code)
    try:
        return None if tree is None else tuple(ast.dump(each) for each in tree.body if not is_magic(each))
    except RecursionError:
        return None


def same_cell(one: str, other: str, cell_type: str) -> bool:
    """`same_code` for code, `same_text` for prose."""
    return same_code(one, other) if cell_type == "code" else same_text(one, other)


def defines(code: str, name: str) -> bool:
    """Whether a cell gives a meaning to ``name`` at its top level, as far as can be told if it is no Python."""
    if name not in code:
        return False
    tree = parse(code)
    if tree is not None:
        return any(name in bound_names(statement) for statement in tree.body)
    return re.search(rf"^(?:async +def|def|class) +{re.escape(name)}\b", code, re.MULTILINE) is not None


def definition(code: str, name: str) -> str | None:
    """The statements of a cell that give a meaning to ``name`` at its top level; None if there are none."""
    tree = parse(code)
    lines = NEWLINE.split(code)
    parts = [
        "\n".join(lines[first_line(statement) - 1 : statement.end_lineno])
        for statement in (tree.body if tree else [])
        if name in bound_names(statement)
    ]
    return "\n".join(parts) or None


def says_anything(code: str) -> bool:
    """Whether a code cell holds more than blanks and comments."""
    tree = parse(code)
    return tree is None or bool(tree.body)


def parses(code: str) -> bool:
    """Whether a code cell is Python on its own; an indented one may be the rest of another."""
    return parse(code) is not None and not code.lstrip("\r\n").startswith((" ", "\t"))


def explanation(answer: Cell) -> str:
    """What a quiz's cell has below the answer, to explain it: handed out, and no student's to write."""
    tree = parse(answer.source) if answer.kind is CellKind.QUIZ else None
    calls = [statement for statement in tree.body if isinstance(statement, ast.Expr)] if tree else []
    return "\n".join(ast.get_source_segment(answer.source, call) or "" for call in calls)


def is_attempted(released: Cell, source: str) -> bool:
    """Whether an answer says more than what was handed out.

    Text that differs from the released one in blanks or comments alone is no attempt, nor is a definition whose body
    only passes or raises `NotImplementedError`, nor a quiz's answer left blank.

    Args:
        released: the answer's cell as students got it.
        source: the student's text.
    """
    return has_substance(released, source) and not is_as_released(released, source)


def is_as_released(released: Cell, source: str) -> bool:
    """Whether an answer's cell says what was handed out; of a quiz, nothing beside it.

    Earlier notebooks had a quiz's explanation in a cell of its own.
    """
    if released.kind is CellKind.QUIZ and (said := _said(source)):
        return set(said) <= set(_said(released.source) or ())
    return same_cell(released.source, source, released.cell_type)


def has_substance(answer: Cell, source: str) -> bool:
    """Whether a text could be an answer: not blank, and no definition that does nothing."""
    if answer.cell_type != "code" or not source.strip():
        return bool(source.strip())
    tree = parse(source)
    return tree is None or not all(_says_nothing(statement, answer) for statement in tree.body)


def _says_nothing(statement: ast.stmt, answer: Cell) -> bool:
    if is_magic(statement):
        return not bound_names(statement)
    if isinstance(statement, _Definition):
        # A class may say all that it has to say by what it is made from.
        inherits = isinstance(statement, ast.ClassDef) and any(
            base not in answer.source for base in map(ast.unparse, statement.bases)
        )
        return not inherits and all(_says_nothing(inner, answer) for inner in statement.body)
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return not {answer.id, ANY} & bound_names(statement)
    if isinstance(statement, ast.Expr) and answer.kind is CellKind.QUIZ:
        return isinstance(statement.value, ast.Constant) or ast.dump(statement) in (_said(answer.source) or ())
    if isinstance(statement, ast.Assign) and answer.kind is CellKind.QUIZ:
        value = getattr(statement.value, "value", "?")
        return value in (None, ...) or (isinstance(value, str) and not value.strip())
    if isinstance(statement, ast.Raise):
        return any(getattr(node, "id", "") == "NotImplementedError" for node in _shallow(statement.exc))
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _shallow(raised: ast.expr | None) -> Iterator[ast.expr]:
    """What is raised, and what is called to make it."""
    if raised is not None:
        yield raised
    if isinstance(raised, ast.Call):
        yield raised.func
