"""Prints what was measured as it comes, and writes it as Markdown and CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cnnlab.published import NAMES
from gpu.networks import NetworkRun
from gpu.notebooks import NotebookRun

NOTEBOOK_COLUMNS = ("notebook", "seconds on CPU", "seconds on GPU", "problem")
NETWORK_COLUMNS = (
    *("network", "pass", "batch", "pixels", "width", "images/s", "TFLOP/s"),
    *("peak MiB", "predicted MiB", "peak / predicted", "problem"),
)
Row = Sequence[str]


@dataclass
class Report:
    """Two tables, written anew with each row, so that a run that is cut short keeps what it has.

    Attributes:
        folder: where they are written; made if it is not there.
        machine: what was measured on, by what each part is.
        problems: whether a row tells of one.
    """

    folder: Path
    machine: dict[str, str]
    problems: bool = False
    _notebooks: list[Row] = field(default_factory=list)
    _networks: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, value in self.machine.items():
            print(f"{name}: {value}", flush=True)

    def add_notebook(self, run: NotebookRun) -> None:
        """Add a notebook's row."""
        row = (run.notebook, _number(run.cpu_seconds, 1), _number(run.gpu_seconds, 1), run.problem)
        self._add(NOTEBOOK_COLUMNS, self._notebooks, [row], run.problem)

    def add_network(self, run: NetworkRun) -> None:
        """Add a network's rows, one for each way through it, and one for a problem."""
        setting = run.setting
        common = (str(setting.batch_size), str(setting.size), str(setting.width))
        rows: list[Row] = []
        for way, figures in (("forward", run.forward), ("training", run.training)):
            if figures:
                predicted = figures.predicted_mib
                numbers = (
                    _number(figures.images_per_second, 1),
                    _number(figures.tflops, 3),
                    _number(figures.peak_mib, 1),
                    _number(predicted, 1),
                    _number(figures.peak_mib / predicted if predicted else None, 3),
                )
                rows.append((NAMES[run.name], way, *common, *numbers, ""))
        if run.problem:
            rows.append((NAMES[run.name], "", *common, *[""] * 5, run.problem))
        self._add(NETWORK_COLUMNS, self._networks, rows, run.problem)

    def finish(self) -> None:
        """Say where the tables are."""
        print(f"Written to {self.folder}: report.md, notebooks.csv and networks.csv.")

    def _add(self, columns: Row, table: list[Row], rows: Sequence[Row], problem: str) -> None:
        self.problems |= bool(problem)
        table += rows
        for row in rows:
            told = (f"{column} {cell}" for column, cell in zip(columns, row, strict=True) if cell)
            print(", ".join(told), flush=True)
        self._write()

    def _write(self) -> None:
        for name, columns, table in (
            ("notebooks", NOTEBOOK_COLUMNS, self._notebooks),
            ("networks", NETWORK_COLUMNS, self._networks),
        ):
            added = [(*columns, *self.machine), *((*row, *self.machine.values()) for row in table)]
            with (self.folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(added)
        parts = [
            "\n".join(f"* {name}: {value}" for name, value in self.machine.items()),
            _markdown(NOTEBOOK_COLUMNS, self._notebooks),
            _markdown(NETWORK_COLUMNS, self._networks),
        ]
        (self.folder / "report.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _number(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:.{decimals}f}"


def _markdown(columns: Row, rows: Sequence[Row]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
