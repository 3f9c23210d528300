"""What the environment tells: the zygote nothing of the user's, a student's process nothing but its own home."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from sandbox.environment import clean_environment, student_environment


def test_the_zygotes_environment_holds_nothing_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCESS_TOKEN", "secret")
    clean = clean_environment()
    assert "secret" not in clean.values() and "HOME" not in clean
    assert clean["OMP_NUM_THREADS"] == "1"


def test_a_student_finds_everything_at_home(tmp_path: Path) -> None:
    environment = student_environment(tmp_path)
    homes = {name for name, value in environment.items() if value.startswith(str(tmp_path))}
    assert homes == {"HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR", "XDG_CACHE_HOME", "TORCHINDUCTOR_CACHE_DIR"}
    assert environment["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
