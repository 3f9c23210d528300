"""Tables of the comparison, for the terminal and as Markdown."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from comparison.tables import Table, publish

TABLE = Table("Marks", ["case", "mark"], [["left | right", "[bold]"]], ["A note."])


def test_markdown_has_a_line_per_row_and_keeps_bars_inside_cells():
    assert TABLE.markdown().splitlines() == [
        "### Marks",
        "",
        "| case | mark |",
        "| --- | --- |",
        "| left \\| right | [bold] |",
        "",
        "A note.",
    ]


def test_the_terminal_shows_text_as_it_is():
    shown = io.StringIO()
    TABLE.show(Console(file=shown, width=80))

    assert "[bold]" in shown.getvalue() and "A note." in shown.getvalue()


def test_tables_are_written_to_the_file_asked_for(tmp_path: Path):
    publish([TABLE, TABLE], Console(file=io.StringIO()), tmp_path / "tables.md")

    assert (tmp_path / "tables.md").read_text(encoding="utf-8").count("### Marks") == 2
