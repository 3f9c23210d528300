"""What students get holds nothing of a solution, a hidden test or a marking scheme."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def secret_lines(topic: Any) -> set[str]:
    """Lines that stand in regions for instructors and nowhere else in the source."""
    inside: set[str] = set()
    outside: set[str] = set()
    for cell in topic.notebook.cells:
        lines = outside
        for line in cell.source.splitlines():
            if "### BEGIN" in line or "### END" in line:
                lines = inside if "### BEGIN" in line else outside
            elif len(line.strip()) > 5:
                lines.add(line.strip())
    return inside - outside


def test_no_line_of_a_secret_region_is_released(topic: Any) -> None:
    released = {line.strip() for cell in topic.released.cells for line in cell.source.splitlines()}
    metadata = json.dumps([topic.released.metadata, *(cell.metadata for cell in topic.released.cells)])
    secrets = secret_lines(topic)
    assert secrets
    assert secrets & released == set()
    assert {line for line in secrets if json.dumps(line)[1:-1] in metadata} == set()


def test_no_marker_is_released(topic: Any) -> None:
    text = json.dumps(topic.released)
    for marker in ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN", "MARK SCHEME"):
        assert marker not in text


def test_no_guide_defines_what_an_exercise_asks_for(topic: Any) -> None:
    # They are handed out beside the notebooks.
    guides = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md"))
    assert set(re.findall(r"^(?:def|class) (\w+)", guides, re.MULTILINE)) & set(topic.material.coded) == set()


def shown_by(cell: Any) -> str:
    """The text that a cell's outputs show."""
    return "\n".join(
        text
        for output in cell.get("outputs", [])
        for text in (
            output.get("text", ""),
            *output.get("traceback", ()),
            *(data for kind, data in output.get("data", {}).items() if kind.startswith("text/")),
        )
    )


def test_no_output_shows_a_line_of_a_secret_region(topic: Any) -> None:
    # Outputs come from running this very notebook, which tests/sources/test_released_outputs.py proves.
    shown = {line.strip() for cell in topic.released.cells for line in shown_by(cell).splitlines()}
    assert secret_lines(topic) & shown == set()


def test_outputs_are_the_same_wherever_they_are_made(topic: Any) -> None:
    for cell in topic.released.cells:
        assert "\x1b" not in shown_by(cell) and not cell.get("attachments")
        assert "execution" not in cell.metadata
        assert cell.cell_type != "code" or cell.execution_count is None
        assert {output.get("execution_count") for output in cell.get("outputs", [])} <= {None}


def test_what_is_not_written_yet_is_said_in_a_line(topic: Any) -> None:
    errors = [o for cell in topic.released.cells for o in cell.get("outputs", []) if o.output_type == "error"]
    assert {len(error.traceback) for error in errors} <= {1}


def test_committed_notebooks_are_small(topic: Any) -> None:
    for notebook in (topic.notebook, topic.released):
        assert len(json.dumps(notebook)) < 1_000_000


def test_every_figure_has_alt_text(topic: Any) -> None:
    for cell in topic.notebook.cells:
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
            assert len(cell.metadata.mystnb.image.alt) > 20
