"""A table for the terminal and for a Markdown file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text


@dataclass
class Table:
    """Rows of text under a title.

    Attributes:
        notes: sentences that stand below it.
    """

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def show(self, console: Console) -> None:
        """Print it."""
        table = RichTable(title=self.title, title_justify="left", box=box.SIMPLE_HEAD)
        for column in self.columns:
            table.add_column(column)
        for row in self.rows:
            table.add_row(*map(Text, row))
        console.print(table)
        for note in self.notes:
            console.print(Text(note))
        console.print()

    def markdown(self) -> str:
        """The same as Markdown."""
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        table = "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
        return "\n\n".join([f"### {self.title}", table, *self.notes]) + "\n"


def publish(tables: Sequence[Table], console: Console, file: Path | None) -> None:
    """Print tables, and write them to a Markdown file if there is one."""
    for table in tables:
        table.show(console)
    if file:
        file.write_text("\n".join(table.markdown() for table in tables), encoding="utf-8")
