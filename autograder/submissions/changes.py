"""What was changed in the cells that are not the student's to write: calm sentences for the instructor."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence

from autograder.submissions.compare import same_cell
from autograder.submissions.counted import listed
from autograder.submissions.matching import Match, OwnCell
from autograder.topics import Cell, CellKind

# `raises-exception` is handed out.
_SKIP = "skip-execution"


def changes(match: Match) -> list[str]:
    """A sentence for every kind of change to tests and given cells; none for a notebook filled in as it was meant.

    Blanks, comments, line endings, quotes, ids and the metadata that programs add are no changes.
    """
    return [*_changed_cells(match), *_moved(match), *_metadata(match)]


def _changed_cells(match: Match) -> Iterator[str]:
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for cell in match.topic.cells:
        text = match.text(cell)
        if text is None or cell.cell_type != "code" or not (cell.is_test or cell.kind is CellKind.GIVEN):
            continue
        if change := _change(match, cell, text):
            found["test" if cell.is_test else "given", change].append(cell.id)
    for (kind, change), names in found.items():
        several = len(names) > 1
        cells, were, originals = ("cells", "were", "originals were") if several else ("cell", "was", "original was")
        effect = f"; the {originals} run" if kind == "test" else ""
        yield f"The {kind} {cells} {listed(names)} {were} {change}{effect}."


def _change(match: Match, cell: Cell, text: str) -> str:
    places = match.places[cell.id]
    if not places:
        return "deleted"
    if any(same_cell(text, match.own[place].source, cell.cell_type) for place in places):
        return "copied" if len(places) > 1 else ""
    return "split" if match.split(cell) else "changed"


def _moved(match: Match) -> Iterator[str]:
    positions = {cell.id: position for position, cell in enumerate(match.topic.cells) if cell.cell_type == "code"}
    found = [positions[name] for name in match.claims if name in positions and len(match.places[name]) == 1]
    kept = set(_longest_rising(found))
    moved = [match.topic.cells[position].id for position in found if position not in kept]
    if moved:
        yield f"Cells are in another order: {listed(moved)}."


def _longest_rising(numbers: Sequence[int]) -> list[int]:
    """The longest rising selection from different numbers, in their order."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        place = bisect_left(ends, number)
        before[number] = ends[place - 1] if place else None
        ends[place : place + 1] = [number]
    rising: list[int] = []
    last = ends[-1] if ends else None
    while last is not None:
        rising.append(last)
        last = before[last]
    return rising[::-1]


def _metadata(match: Match) -> Iterator[str]:
    changed = [
        cell.id
        for cell in match.topic.cells
        if (cell.is_test or cell.is_answer or cell.kind is CellKind.GIVEN)
        and any(_has_other_metadata(match.own[place], cell) for place in match.places[cell.id])
    ]
    if changed:
        yield f"The metadata of {listed(changed)} {'was' if len(changed) == 1 else 'were'} changed, to no effect."


def _has_other_metadata(own: OwnCell, cell: Cell) -> bool:
    if _SKIP in own.tags:
        return True
    if cell.kind is CellKind.GIVEN:
        return False
    expected: dict[str, object] = {
        "grade": cell.is_test or cell.kind is CellKind.WRITTEN,
        "solution": cell.is_answer,
        "locked": cell.is_test,
    }
    if expected["grade"]:
        expected["points"] = cell.points
    return any(own.nbgrader[key] != value for key, value in expected.items() if key in own.nbgrader)
