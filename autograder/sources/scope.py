"""Refuses what a topic's cells may not use: ``hidden`` where students read, and other exercises' answers in tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from autograder.course import HIDDEN
from autograder.errors import CourseError
from autograder.sources.fingerprint import imported
from autograder.sources.parse import MARKDOWN_KINDS, SourceCell
from autograder.topics import ANSWER_KINDS, TEST_KINDS, CellKind


def check_scope(cells: Sequence[SourceCell]) -> None:
    """Check each cell of a topic.

    Raises:
        CourseError: if a cell that students get imports ``hidden``, or a test uses an answer that is not its
            exercise's and that its header does not say it takes.
    """
    answers = {cell.name for cell in cells if cell.kind in ANSWER_KINDS and cell.kind is not CellKind.WRITTEN}
    for cell in cells:
        if cell.kind is not CellKind.HIDDEN_TEST:
            _check_imports(cell)
        if cell.kind in TEST_KINDS:
            _check_answers(cell, answers - {cell.name})


def _check_imports(cell: SourceCell) -> None:
    name = HIDDEN.removesuffix(".py")
    for node in _nodes(cell):
        if isinstance(node, ast.Import | ast.ImportFrom) and name in imported(ast.unparse(node)):
            where = cell.where.line(node.lineno)
            raise CourseError(f"{where}: only hidden tests import {name!r}; students get this cell without {HIDDEN}.")


def _check_answers(cell: SourceCell, others: set[str]) -> None:
    taken = set(str(cell.options.get("takes", "")).split())
    if unknown := sorted(taken - others):
        raise CourseError(f"{cell.where}: takes={unknown[0]!r} names no other exercise of this topic.")
    uses = {node.id: node.lineno for node in _nodes(cell) if isinstance(node, ast.Name) and node.id in others}
    for name, line in uses.items():
        if name not in taken:
            raise CourseError(
                f"{cell.where.line(line)}: this test of {cell.name!r} uses the answer to {name!r}, so who got that "
                "wrong would pay twice. Compute what is expected in another way; where the contract says that "
                f'{cell.name!r} is given it, say takes="{name}" in the header.'
            )
    if unused := sorted(taken - uses.keys()):
        raise CourseError(f"{cell.where}: the header takes {unused[0]!r}, and the test does not use it.")


def _nodes(cell: SourceCell) -> Iterator[ast.AST]:
    return iter(()) if cell.kind in MARKDOWN_KINDS else ast.walk(ast.parse(cell.text))
