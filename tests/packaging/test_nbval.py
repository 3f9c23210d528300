"""How notebooks are re-run: text must come again, addresses and figure sizes may differ, figures must be there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

ROOT = Path(__file__).parents[2]
ONE_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
DRAW = "import matplotlib.pyplot as plt\nfigure = plt.figure(figsize=(1, 1))\nplt.show()"


def printed(text: str) -> list[nbformat.NotebookNode]:
    """What a cell that prints leaves behind."""
    return [new_output("stream", name="stdout", text=text)]


def drawn(size: str) -> list[nbformat.NotebookNode]:
    """What a cell that draws leaves behind: here another picture of another size."""
    data = {"image/png": ONE_PIXEL, "text/plain": f"<Figure size {size} with 0 Axes>"}
    return [new_output("display_data", data=data)]


CELLS = {
    "the same text": ("print('loss 0.12')", printed("loss 0.12\n")),
    "another number": ("print('loss 0.12')", printed("loss 0.13\n")),
    "another address": ("print(object())", printed("<object object at 0x7f0000000000>\n")),
    "another picture": (DRAW, drawn("640x480")),
    "no picture any more": ("figure = None", drawn("640x480")),
    "a picture not seen before": (DRAW, []),
}


def run_again(path: Path) -> subprocess.CompletedProcess[str]:
    """Run a notebook, or all in a folder, as the tests of the course do."""
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-p", "no:cacheprovider", "-rA", "--nbval", path]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Cell -> PASSED or FAILED, as the project's options of nbval judge a notebook with these cells."""
    notebook = new_notebook(
        cells=[new_code_cell(source, outputs=outputs, execution_count=1) for source, outputs in CELLS.values()],
        metadata={"kernelspec": {"name": "a-kernel-that-is-not-installed", "display_name": "", "language": "python"}},
    )
    path = tmp_path_factory.mktemp("nbval") / "cells.ipynb"
    nbformat.write(notebook, path)
    run = run_again(path)
    lines = re.findall(r"^(PASSED|FAILED) .*::Cell (\d+)", run.stdout, re.MULTILINE)
    found = {list(CELLS)[int(number)]: verdict for verdict, number in lines}
    assert set(found) == set(CELLS), run.stdout + run.stderr
    return found


@pytest.mark.parametrize("cell", ["the same text", "another address", "another picture"])
def test_a_notebook_passes_with(verdicts: dict[str, str], cell: str):
    assert verdicts[cell] == "PASSED"


@pytest.mark.parametrize("cell", ["another number", "no picture any more", "a picture not seen before"])
def test_a_notebook_fails_with(verdicts: dict[str, str], cell: str):
    assert verdicts[cell] == "FAILED"


def test_each_topic_imports_its_own_hidden_module(tmp_path: Path) -> None:
    for name in ("01-one", "02-two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "hidden.py").write_text(f"TOPIC = {name!r}\n", encoding="utf-8")
        cell = new_code_cell(f"import hidden\n\nassert hidden.TOPIC == {name!r}")
        nbformat.write(new_notebook(cells=[cell]), tmp_path / name / "topic.ipynb")
    run = run_again(tmp_path)
    assert "2 passed" in run.stdout, run.stdout + run.stderr
