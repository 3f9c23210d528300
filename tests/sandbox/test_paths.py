"""What a submission may read: Python, its packages and the system; never what lies beside the course's package."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from sandbox import paths

CHECKOUT = Path(__file__).resolve().parents[2]


def covers(paths: list[Path], path: Path) -> bool:
    return any(path.is_relative_to(place) for place in paths)


def test_python_and_its_packages_can_be_read() -> None:
    readable = paths.readable(())
    assert all(covers(readable, Path(module.__file__).resolve()) for module in (json, pytest))
    assert covers(readable, Path(sys.executable).resolve())


@pytest.mark.parametrize("name", ["solutions", "tests", "autograder", "gradebook.db", "submitted"])
def test_the_checkout_cannot_be_read_though_it_is_installed(name: str) -> None:
    assert not covers(paths.readable((CHECKOUT / "cnnlab",)), CHECKOUT / name)


def test_entries_of_the_module_path_are_not_readable_for_being_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    paths.readable.cache_clear()
    assert not covers(paths.readable(()), tmp_path)


def test_what_is_added_can_be_read() -> None:
    assert covers(paths.readable((CHECKOUT / "cnnlab",)), CHECKOUT / "cnnlab" / "checks.py")


def test_paths_inside_others_and_missing_ones_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    assert paths.existing([tmp_path / "inner", tmp_path, tmp_path / "missing"]) == [tmp_path]


def test_a_link_is_followed_by_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to("target")
    assert paths.existing([tmp_path / "link"]) == [tmp_path / "link", tmp_path / "target"]


def test_a_relative_path_is_meant_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    assert paths.existing([Path("data")]) == [tmp_path / "data"]
