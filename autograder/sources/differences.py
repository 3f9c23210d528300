"""Compares two notebooks in all but their outputs, in lines that a person can act on."""

from __future__ import annotations

import difflib
import json
from typing import Any

SHOWN_LINES = 12


def differences(old: Any, new: Any) -> list[str]:
    """How a committed notebook differs from a fresh one in source, metadata and ids; outputs are left out."""
    lines: list[str] = []
    if old.metadata != new.metadata:
        lines += _diff("metadata of the notebook", _json(old.metadata), _json(new.metadata))
    old_ids, new_ids = [cell.get("id") for cell in old.cells], [cell.id for cell in new.cells]
    if old_ids != new_ids:
        lines += _diff("cells", "\n".join(map(str, old_ids)), "\n".join(new_ids))
    fresh = {cell.id: cell for cell in new.cells}
    for cell in old.cells:
        other = fresh.get(cell.get("id"))
        if other is None:
            continue
        if cell.cell_type != other.cell_type:
            lines.append(f"cell {cell.id!r} is {cell.cell_type}, its source says {other.cell_type}")
        lines += _diff(f"source of cell {cell.id!r}", cell.source, other.source)
        lines += _diff(f"metadata of cell {cell.id!r}", _json(cell.metadata), _json(other.metadata))
    return lines


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)


def _diff(what: str, old: str, new: str) -> list[str]:
    if old == new:
        return []
    diff = list(difflib.unified_diff(old.splitlines(), new.splitlines(), "committed", "from source", lineterm="", n=1))
    shown = diff[:SHOWN_LINES] + ([f"… {len(diff) - SHOWN_LINES} more lines"] if len(diff) > SHOWN_LINES else [])
    return [f"{what} differs:", *(f"    {line}" for line in shown)]
