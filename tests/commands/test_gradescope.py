"""The Gradescope zip, unpacked and run in folders laid out as Gradescope lays them out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autograder.course import Course
from autograder.sample_class.made import made_submissions
from tests.commands.conftest import Run


@pytest.fixture
def bundle(course: Course, run: Run) -> Path:
    done = run("gradescope", "mini", "-o", "mini.zip")
    assert done.returncode == 0, done.stderr
    return course.root / "mini.zip"


def graded(bundle: Path, folder: Path, submission: Path, **others: Path) -> dict[str, Any]:
    """The results of one submission, handed in with other notebooks under these names."""
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder / "source")
    (folder / "submission").mkdir()
    (folder / "results").mkdir()
    shutil.copy(submission, folder / "submission" / "my notebook.ipynb")
    for name, other in others.items():
        shutil.copy(other, folder / "submission" / f"{name}.ipynb")
    script = folder / "source" / "run_autograder"
    environment = {**os.environ, "AUTOGRADER_ROOT": str(folder), "PYTHON": sys.executable}
    subprocess.run(["bash", script], env=environment, check=True, capture_output=True, timeout=120)
    results: dict[str, Any] = json.loads((folder / "results" / "results.json").read_text(encoding="utf-8"))
    return results


def test_the_zip_holds_what_gradescope_runs_and_no_other_topic(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as archive:
        names = archive.namelist()
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
    assert {"setup.sh", "run_autograder", "course/requirements.lock"} <= set(names)
    assert modes["run_autograder"] & 0o111
    assert {name.split("/")[2] for name in names if name.startswith("course/solutions/")} == {"01-mini"}
    assert not any("sample-class" in name or name.endswith("01-mini/answers.py") for name in names)


def test_two_zips_are_identical(course: Course, run: Run, bundle: Path) -> None:
    run("gradescope", "01-mini", "-o", "again.zip")
    assert (course.root / "again.zip").read_bytes() == bundle.read_bytes()


def test_a_complete_submission_gets_all_points_that_a_machine_gives(
    course: Course, bundle: Path, tmp_path: Path
) -> None:
    results = graded(bundle, tmp_path / "autograder", made_submissions(course) / "complete" / "01-mini" / "mini.ipynb")
    assert results["score"] == 4
    assert [(t["name"], t["score"], t["max_score"], t["status"]) for t in results["tests"]] == [
        ("double", 3, 3, "passed"),
        ("parity", 1, 1, "passed"),
    ]


def test_a_notebook_beside_it_costs_nothing(course: Course, bundle: Path, tmp_path: Path) -> None:
    done, untouched = (made_submissions(course) / name / "01-mini" / "mini.ipynb" for name in ("complete", "untouched"))
    assert graded(bundle, tmp_path / "autograder", done, first_try=untouched)["score"] == 4


def test_a_submission_that_cannot_be_read_gets_a_reason(course: Course, bundle: Path, tmp_path: Path) -> None:
    results = graded(bundle, tmp_path / "autograder", made_submissions(course) / "not-json" / "01-mini" / "mini.ipynb")
    assert results["score"] == 0
    assert "not JSON" in results["output"]


def test_a_submission_cannot_write_its_own_results(course: Course, bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "autograder"
    forged = f"""
import json, os
for place in ({str(folder / "results")!r}, "/autograder/results", "../results", "."):
    try:
        with open(os.path.join(place, "results.json"), "w") as file:
            json.dump({{"score": 1000, "tests": []}}, file)
    except OSError:
        pass
os._exit(0)
"""
    notebook = json.loads(
        (made_submissions(course) / "complete" / "01-mini" / "mini.ipynb").read_text(encoding="utf-8")
    )
    next(cell for cell in notebook["cells"] if cell["id"] == "double")["source"] += forged
    submission = tmp_path / "forged.ipynb"
    submission.write_text(json.dumps(notebook), encoding="utf-8")
    results = graded(bundle, folder, submission)
    assert results["score"] == 4
    assert {test["name"]: test["status"] for test in results["tests"]} == {"double": "passed", "parity": "passed"}
    assert "in the cell double" in results["output"]


def test_solutions_and_tests_are_closed_to_the_user_that_submissions_run_as(
    course: Course, bundle: Path, tmp_path: Path
) -> None:
    graded(bundle, tmp_path / "autograder", made_submissions(course) / "complete" / "01-mini" / "mini.ipynb")
    unpacked = tmp_path / "autograder" / "source" / "course"
    assert [(unpacked / name).stat().st_mode & 0o777 for name in ("solutions", "notebooks")] == [0o700, 0o700]


def test_students_read_no_expected_value_of_a_hidden_test(course: Course, bundle: Path, tmp_path: Path) -> None:
    text = (made_submissions(course) / "complete" / "01-mini" / "mini.ipynb").read_text(encoding="utf-8")
    submission = tmp_path / "wrong.ipynb"
    submission.write_text(text.replace("2 * x", "2 if x == 1 else 40"), encoding="utf-8")
    results = graded(bundle, tmp_path / "autograder", submission)
    assert results["score"] == 2
    assert "Twice twenty-one" in results["tests"][0]["output"]
    assert "42" not in json.dumps(results["tests"])
