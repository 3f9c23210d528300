"""What runs on a GPU, rehearsed without one: what is run and written, and what becomes of things that fail."""

from __future__ import annotations

import ast
import csv
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook

from cnnlab.published import NAMES
from gpu import __main__ as command
from gpu.__main__ import main
from gpu.networks import NetworkRun, Setting, measured, prediction
from gpu.notebooks import NotebookRun, executed, notebooks
from gpu.report import NETWORK_COLUMNS, NOTEBOOK_COLUMNS, Report, Row

ROOT = Path(__file__).parents[2]
TINY = Setting(torch.device("cpu"), 2, 64, 4)
PREDICTOR = (
    "def predict_memory(table, batch_size, training):\n    return {'total': 2**20 * (2 + training) * batch_size}"
)


def write_notebook(root: Path, topic: str, *cells: str, **ids: str) -> Path:
    """A notebook with solutions in a checkout."""
    made = [new_code_cell(source) for source in cells]
    made += [new_code_cell(source, id=name) for name, source in ids.items()]
    path = root / "solutions" / topic / f"{topic[3:]}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(new_notebook(cells=made), path)
    return path


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes no time to find out what the machine is."""
    monkeypatch.setattr(command, "describe", lambda device: {"device": "a small one"})


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_without_a_gpu_it_says_so_and_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main(["--output", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out == "There is no CUDA GPU here, so nothing was run.\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("quick")
class TestARehearsal:
    def test_writes_a_row_for_each_notebook_and_two_for_each_network(self, tmp_path: Path) -> None:
        write_notebook(tmp_path, "01-fine", "import cnnlab", "print(cnnlab.device())")
        write_notebook(tmp_path, "06-cost", predict_memory=PREDICTOR)
        options = ["--device", "cpu", "--batch", "2", "--size", "64", "--width", "4", "--networks", "resnet18"]
        out = tmp_path / "out"

        assert main([*options, "--output", str(out)], root=tmp_path) == 0

        assert [(row["notebook"], row["problem"]) for row in read(out / "notebooks.csv")] == [
            ("01-fine", ""),
            ("06-cost", ""),
        ]
        assert all(float(row["seconds on CPU"]) > 0 for row in read(out / "notebooks.csv"))
        forward, training = read(out / "networks.csv")
        assert (forward["network"], forward["pass"], training["pass"]) == ("ResNet-18", "forward", "training")
        assert (forward["predicted MiB"], training["predicted MiB"]) == ("4.0", "6.0")
        assert float(training["peak MiB"]) > float(forward["peak MiB"]) > 0
        assert float(forward["images/s"]) > 0 and forward["device"] == "a small one"
        text = (out / "report.md").read_text(encoding="utf-8")
        assert "| 01-fine |" in text and "| ResNet-18 | training | 2 | 64 | 4 |" in text

    def test_ends_with_1_after_a_notebook_that_fails_and_goes_on_with_the_next(self, tmp_path: Path) -> None:
        write_notebook(tmp_path, "01-broken", "print('so far')", "1 / 0")
        write_notebook(tmp_path, "02-fine", "1 + 1")

        code = main(["--device", "cpu", "--networks", "--output", str(tmp_path / "out")], root=tmp_path)

        assert code == 1
        broken, fine = read(tmp_path / "out" / "notebooks.csv")
        assert broken["problem"] == "On cpu: ZeroDivisionError: division by zero"
        assert fine["problem"] == "" and fine["seconds on CPU"]

    def test_runs_the_topics_asked_for(self, tmp_path: Path) -> None:
        paths = [write_notebook(tmp_path, name, "1") for name in ("01-one", "02-two", "03-three")]
        assert notebooks(tmp_path, None) == paths
        assert notebooks(tmp_path, ["03", "01-one"]) == [paths[0], paths[2]]
        assert notebooks(tmp_path, []) == []


class TestANotebook:
    def test_sees_no_gpu_when_it_is_timed_on_the_cpu(self, tmp_path: Path) -> None:
        path = write_notebook(tmp_path, "01-look", "import os", 'assert os.environ["CUDA_VISIBLE_DEVICES"] == ""')
        assert executed(path, "cpu", 60, beside_cpu=False).problem == ""

    def test_sees_what_there_is_when_it_is_timed_on_the_gpu(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
        path = write_notebook(
            tmp_path, "01-look", "import os", 'assert os.environ["CUDA_VISIBLE_DEVICES"] in ("", "7")'
        )
        run = executed(path, "cuda", 60, beside_cpu=True)
        assert run.problem == "" and run.cpu_seconds and run.gpu_seconds

    def test_keeps_the_time_on_the_cpu_when_it_fails_on_the_gpu(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
        path = write_notebook(tmp_path, "01-picky", "import os", 'assert not os.environ["CUDA_VISIBLE_DEVICES"]')
        run = executed(path, "cuda", 60, beside_cpu=True)
        assert run.cpu_seconds and run.gpu_seconds is None and run.problem.startswith("On cuda: AssertionError")

    def test_that_never_ends_is_stopped(self, tmp_path: Path) -> None:
        path = write_notebook(tmp_path, "01-slow", "while True: pass")
        assert executed(path, "cpu", 2, beside_cpu=False).problem == "On cpu: a cell took longer than 2 seconds."

    def test_that_kills_its_kernel_is_a_row_too(self, tmp_path: Path) -> None:
        path = write_notebook(tmp_path, "01-dead", "import os", "os._exit(1)")
        assert executed(path, "cpu", 60, beside_cpu=False).problem == "On cpu: the kernel died."

    def test_stays_as_it_is(self, tmp_path: Path) -> None:
        path = write_notebook(tmp_path, "01-kept", "print(1)")
        before = path.read_bytes()
        executed(path, "cpu", 60, beside_cpu=False)
        assert path.read_bytes() == before


class TestANetwork:
    def test_that_does_not_fit_is_told_so_and_keeps_what_was_measured(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def runs_out(work: Any) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate much.")

        monkeypatch.setattr("cnnlab.workload.Workload.train", runs_out)
        run = measured("alexnet", TINY, None)
        assert run.forward is not None and run.training is None
        assert run.problem == "A training pass with 2 images needs more memory than there is."

    def test_that_fails_otherwise_says_how(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def breaks(work: Any) -> None:
            raise RuntimeError("no kernel image\nis available")

        monkeypatch.setattr("cnnlab.workload.Workload.forward", breaks)
        assert measured("alexnet", TINY, None).problem == "A forward pass failed: no kernel image"

    def test_needs_no_chapter_to_be_measured(self, tmp_path: Path) -> None:
        assert prediction(tmp_path) is None
        run = measured("resnet18", TINY, prediction(tmp_path))
        assert run.training is not None and run.training.predicted_mib is None


class TestTheReport:
    def test_keeps_its_rows_when_the_run_is_cut_short(self, tmp_path: Path) -> None:
        report = Report(tmp_path, {"device": "one"})
        report.add_notebook(NotebookRun("01-one", 1.25, 0.5))
        assert read(tmp_path / "notebooks.csv")[0]["seconds on GPU"] == "0.5"
        assert read(tmp_path / "networks.csv") == []
        assert not report.problems

    def test_gives_a_problem_a_row_of_its_own(self, tmp_path: Path) -> None:
        report = Report(tmp_path, {})
        report.add_network(NetworkRun("vgg16", TINY, problem="It | failed."))
        (row,) = read(tmp_path / "networks.csv")
        assert (row["network"], row["pass"], row["problem"]) == ("VGG-16", "", "It | failed.")
        assert "It \\| failed." in (tmp_path / "report.md").read_text(encoding="utf-8")
        assert report.problems


@pytest.mark.parametrize(("name", "columns"), [("networks", NETWORK_COLUMNS), ("notebooks", NOTEBOOK_COLUMNS)])
def test_what_was_measured_and_kept_has_the_columns_of_a_report(name: str, columns: Row) -> None:
    rows = read(ROOT / "data" / f"gpu_{name}.csv")
    assert rows and all(tuple(row)[: len(columns)] == columns and row["device"] and not row["problem"] for row in rows)


def test_it_needs_no_package_that_a_gpu_machine_may_lack() -> None:
    allowed = {
        "torch",
        "numpy",
        "matplotlib",
        "nbformat",
        "nbclient",
        "traitlets",
        "IPython",
        "cnnlab",
        "coursekit",
        "gpu",
    }
    found = set()
    for path in [*(ROOT / "gpu").glob("*.py"), *(ROOT / "cnnlab").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add((node.module or "").partition(".")[0])
    assert found - sys.stdlib_module_names <= allowed


def test_every_network_is_measured_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(command, "describe", lambda device: {})
    monkeypatch.setattr(command, "measured", lambda name, setting, _: asked.append(name) or NetworkRun(name, setting))
    monkeypatch.chdir(tmp_path)
    assert main(["--device", "cpu"], root=tmp_path) == 0
    assert asked == list(NAMES)
    assert Path("gpu-results/networks.csv").is_file()
