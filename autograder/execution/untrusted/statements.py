"""Runs a cell as IPython does, but statement by statement: what fails is noted, and the next statement runs."""

from __future__ import annotations

import ast
import inspect
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from autograder.boundary.student.error_reports import describe
from autograder.execution.untrusted.loop import EventLoop
from autograder.submissions.cells import first_line, python_of

MOST_FAILURES = 20
MOST_TEXT = 2000


@dataclass(frozen=True)
class RaisedError:
    """What a statement raised, or a cell that is not Python.

    Attributes:
        statement: the line on which the statement begins; 0 for the whole cell.
        line: the line of the cell that was running, or that is no Python; 0 where none is known.
        type: the name of the error's class.
        bases: the names of the builtin classes that it belongs to.
        message: its text.
    """

    statement: int
    line: int
    type: str
    bases: tuple[str, ...]
    message: str

    def as_json(self) -> dict[str, Any]:
        """As it travels."""
        return asdict(self)


class Cells:
    """Runs cells in a shell's namespace.

    Args:
        shell: IPython's shell, whose syntax and magics the cells use.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._loop = EventLoop()
        self._count = 0

    def run(self, source: str) -> list[RaisedError]:
        """Run a cell; what failed in it, in turn."""
        failures = [_described(error, line) for line, error in self._errors(source)]
        return failures[:MOST_FAILURES]

    def errors_of(self, source: str) -> list[BaseException]:
        """Run a cell; the errors that it ended in."""
        return [error for _, error in self._errors(source)]

    def _errors(self, source: str) -> Iterator[tuple[int, BaseException]]:
        """Run a cell; yield each error, with the first line of its statement, or 0 if the cell is no Python."""
        self._count += 1
        try:
            code = python_of(source)
            name = self._shell.compile.cache(code, self._count, raw_code=source)
            tree = self._shell.transform_ast(self._shell.compile.ast_parse(code, name))
        except Exception as error:
            yield 0, error
            return
        for number, statement in enumerate(tree.body, 1):
            try:
                if number == len(tree.body) and isinstance(statement, ast.Expr):
                    self._show(statement, name)
                else:
                    self._run(statement, name)
            except BaseException as error:
                yield first_line(statement), error

    def _show(self, statement: ast.Expr, name: str) -> None:
        """Run a cell's last expression, whose value later cells may call ``_``."""
        target = ast.copy_location(ast.Name("_", ast.Store()), statement)
        names = self._shell.user_ns
        missing = object()
        before = names.pop("_", missing)
        self._run(ast.copy_location(ast.Assign([target], statement.value), statement), name)
        if names.get("_") is None and before is not missing:
            names["_"] = before

    def _run(self, statement: ast.stmt, name: str) -> None:
        with self._shell.compile.extra_flags(ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):
            code = self._shell.compile(ast.Module([statement], []), name, "exec")
        names = self._shell.user_ns
        if code.co_flags & inspect.CO_COROUTINE:
            self._loop.finish(eval(code, names))
        else:
            with self._loop.running():
                exec(code, names)


def _described(error: BaseException, statement: int) -> RaisedError:
    (name, *_), message, _ = described = describe(error)
    bases = tuple(name for name in described[0] if "." not in name)
    # A syntax error's whole text repeats the line, and names a file that is none.
    text = str(error.msg) if isinstance(error, SyntaxError) else message
    return RaisedError(statement, _line_of(error), name.rpartition(".")[2], bases, text[:MOST_TEXT])


def _line_of(error: BaseException) -> int:
    """The line of the student's cell that failed; 0 if none did."""
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "ipykernel" in frame.filename or "ipython-input" in frame.filename
    ]
    return (frames[-1].lineno or 0) if frames else 0
