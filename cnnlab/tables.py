"""The tables of the lecture that come with the course (see ``data/README.md``), and how to show one."""

import csv
from collections.abc import Mapping, Sequence
from typing import Any

from cnnlab import data
from coursekit.errors import DataError


def table(name: str) -> list[dict[str, Any]]:
    """The rows of ``data/NAME.csv``, each by the names of its columns.

    A column in which all cells are numbers comes as ``int`` or ``float``, any other as text; an empty cell as ``None``.

    Raises:
        DataError: if there is no such table.
    """
    path = data.digits_file().with_name(f"{name}.csv")
    if not path.is_file():
        raise DataError(f"{path} does not exist; get the folder data again with the course.")
    with path.open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    columns = [_converted(column) for column in zip(*lines, strict=True)]
    return [dict(zip(header, row, strict=True)) for row in zip(*columns, strict=True)]


def show(rows: Sequence[Mapping[str, Any]], digits: int = 2) -> None:
    """Show rows as a table below the cell.

    Args:
        rows: each from the headings to the values; all have the headings of the first. Whole numbers get commas
            between thousands and stand to the right, as other numbers do; ``None`` leaves a cell empty.
        digits: decimals of numbers that are not whole by type.
    """
    headings = list(rows[0])
    numeric = [any(_is_number(row[heading]) for row in rows) for heading in headings]
    lines = [headings, ["--:" if right else ":--" for right in numeric]]
    lines += [[_shown(row[heading], digits) for heading in headings] for row in rows]
    _display("\n".join(f"| {' | '.join(line)} |" for line in lines))


def _converted(cells: tuple[str, ...]) -> list[Any]:
    for kind in (int, float, str):
        try:
            return [kind(cell) if cell else None for cell in cells]
        except ValueError:
            continue
    return []


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any, digits: int) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.{digits}f}"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|")


def _display(markdown: str) -> None:
    """As Markdown in a notebook, as text elsewhere."""
    try:
        from IPython import get_ipython
        from IPython.display import Markdown, display
    except ImportError:
        print(markdown)
        return
    if get_ipython() is None:
        print(markdown)
    else:
        display(Markdown(markdown))
