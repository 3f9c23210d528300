"""Setting up: the Makefile finds a Python that fits, and says what to do where there is none."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A fresh clone on a machine that has ``sh`` and ``make`` on its path, and no Python."""
    clone = tmp_path / "a clone"
    (clone / "bin").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, clone)
    for command in ("sh", "make", "awk", "sed"):
        (clone / "bin" / command).symlink_to(shutil.which(command))
    return clone


def make(clone: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make there, with nothing else on the path."""
    environment = {"PATH": str(clone / "bin"), "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(
        [clone / "bin" / "make", *arguments], cwd=clone, env=environment, capture_output=True, text=True, timeout=60
    )


def add_command(clone: Path, name: str, script: str) -> None:
    """Put a shell script on the path."""
    path = clone / "bin" / name
    path.write_text(f"#!{shutil.which('sh')}\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def add_python(clone: Path, name: str) -> None:
    """Put the Python that runs the tests on the path."""
    add_command(clone, name, f'exec "{sys.executable}" "$@"')


@pytest.fixture
def ready(machine: Path) -> Path:
    """The same machine once set up, where each of the environment's commands only says how it was called."""
    (machine / ".venv" / "bin").mkdir(parents=True)
    for path in (machine / ".venv" / "bin" / "activate", machine / ".venv" / ".ready"):
        path.touch()
    for command in ("autograder", "jupyter", "mypy", "pytest", "ruff"):
        add_command(machine, command, f'echo "call: {command} $*"')
    return machine


def calls(clone: Path, target: str) -> list[str]:
    """The environment's commands that a target runs, in order, without options."""
    result = make(clone, target)
    assert result.returncode == 0, result.stderr
    return [re.sub(r" (-.*)?$", "", call) for call in re.findall(r"^call: (.*)", result.stdout, re.MULTILINE)]


def test_help_is_the_default_and_lists_every_target(machine: Path):
    rules = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    assert re.findall(r"^make ([a-z]+) +\S", make(machine).stdout, re.MULTILINE) == rules


def test_a_machine_without_python_is_told_what_it_lacks(machine: Path):
    result = make(machine, "grade")

    assert result.returncode != 0
    assert "No Python 3.11 or 3.12 with venv and sqlite3 was found" in result.stderr


def test_a_python_of_another_version_does_not_fit(machine: Path):
    add_command(machine, "python3", 'case "$2" in *version_info*) exit 1;; esac')

    assert "No Python 3.11 or 3.12" in make(machine, "setup").stderr


def test_a_python_that_is_there_in_name_only_is_passed_over(machine: Path):
    add_command(machine, "python3", "echo 'command not found' >&2; exit 127")
    add_python(machine, "python3.11")

    assert '"python3.11" -m venv .venv' in make(machine, "--dry-run", "setup").stdout


def test_a_named_python_comes_before_those_found(machine: Path):
    add_python(machine, "python3")
    add_python(machine, "mine")

    assert '"mine" -m venv .venv' in make(machine, "--dry-run", "setup", "PYTHON=mine").stdout


def test_torch_is_installed_first_and_on_its_own(machine: Path):
    add_python(machine, "python3")
    installs = re.findall(r"pip install (.*)", make(machine, "--dry-run", "setup").stdout)

    assert installs == [
        "torch==2.13.0",
        "--require-hashes -r requirements.lock",
        "--no-deps --no-build-isolation -e .",
    ]


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml", "Makefile"])
def test_setting_up_happens_once_and_again_when_its_inputs_change(machine: Path, changed: str):
    ready = machine / ".venv" / ".ready"
    ready.parent.mkdir()
    ready.touch()
    for name in ("requirements.lock", "pyproject.toml", "Makefile"):
        os.utime(machine / name, (0, 0))
    up_to_date = make(machine, "--dry-run", "setup").stdout
    os.utime(machine / changed, (ready.stat().st_mtime + 1,) * 2)

    assert "pip install" not in up_to_date
    assert "pip install" in make(machine, "--dry-run", "setup").stdout


def test_grading_builds_first(ready: Path):
    assert calls(ready, "grade") == ["autograder build", "autograder grade"]


def test_testing_checks_style_types_and_generated_files_before_it_runs_the_tests(ready: Path):
    (ready / "solutions" / "01-topic").mkdir(parents=True)
    (ready / "solutions" / "01-topic" / "topic.py").touch()

    assert calls(ready, "test") == [
        "ruff check .",
        "ruff format",
        "mypy",
        "mypy",
        "autograder build",
        *["pytest"] * 4,
    ]


def test_a_source_notebook_that_fails_the_type_check_fails_lint(ready: Path):
    for topic in ("01-one", "02-two"):
        (ready / "solutions" / topic).mkdir(parents=True)
        (ready / "solutions" / topic / "topic.py").touch()
    add_command(ready, "mypy", 'case "$*" in *01-one*) exit 1;; esac')

    assert make(ready, "lint").returncode != 0


def test_the_lab_opens_copies_and_keeps_the_answers_in_them(ready: Path):
    for command in ("basename", "cp", "mkdir"):
        (ready / "bin" / command).symlink_to(shutil.which(command))
    released = ready / "notebooks" / "01-topic" / "topic.ipynb"
    released.parent.mkdir(parents=True)
    released.write_text("released", encoding="utf-8")
    mine = ready / "work" / "01-topic" / "topic.ipynb"

    assert calls(ready, "lab") == ["jupyter lab"]
    assert mine.read_text(encoding="utf-8") == "released"

    mine.write_text("answered", encoding="utf-8")
    make(ready, "lab")

    assert mine.read_text(encoding="utf-8") == "answered"
    assert released.read_text(encoding="utf-8") == "released"


def test_cleaning_keeps_submissions_marks_and_feedback(machine: Path):
    for command in ("rm", "find"):
        (machine / "bin" / command).symlink_to(shutil.which(command))
    kept = [machine / name for name in ("gradebook.db", "submitted", "feedback", "work", ".venv")]
    caches = [machine / name for name in (".ruff_cache", "autograder/__pycache__", "work/.ipynb_checkpoints")]
    for path in [*kept, *caches]:
        path.mkdir(parents=True, exist_ok=True)

    result = make(machine, "clean")

    assert result.returncode == 0, result.stderr
    assert [path.name for path in caches if path.exists()] == []
    assert [path.name for path in kept if not path.exists()] == []
