"""IPython's shell where there is no terminal, no window and no browser."""

from __future__ import annotations

from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell
from traitlets.config import Config

from autograder.execution.untrusted.statements import Cells


class Shell(InteractiveShell):
    """Runs students' cells and the magics in them."""

    system = InteractiveShell.system_raw
    cells: Cells

    def run_cell(self, raw_cell: str, *_: Any, **__: Any) -> ExecutionResult:
        """Run a cell for a magic, or for code that asks for it, as any other cell runs."""
        result = ExecutionResult(ExecutionInfo(raw_cell, False, True, True, None))
        result.error_in_exec = next(iter(self.cells.errors_of(raw_cell)), None)
        return result

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        """Run a magic; one that only another front end has, or a package that is not installed, does nothing."""
        try:
            return super().run_line_magic(magic_name, line, _stack_depth + 1)
        except UsageError:
            if self.find_line_magic(magic_name):
                raise
            print(f"%{magic_name} does nothing here: grading has no such magic.")

    def enable_gui(self, gui: str | None = None) -> None:
        """Windows stay closed."""

    def enable_matplotlib(self, gui: str | None = None) -> tuple[str, str]:
        """Figures go nowhere, whatever a notebook asks for."""
        return "agg", "agg"


def make_shell() -> Shell:
    """The shell that runs students' cells, made once before processes are forked."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "NoColor"
    config.InteractiveShell.xmode = "Minimal"
    shell = Shell.instance(config=config)
    assert isinstance(shell, Shell)
    return shell
