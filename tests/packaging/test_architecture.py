"""Packages import each other in one direction, so that each can be read, and used, without the ones above it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

ENGINE = CHECKOUT / "autograder"
OURS = {"autograder", "cnnlab", "coursekit", "sandbox"}


def imported(path: Path) -> Iterator[str]:
    """Dotted names of the modules that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from [node.module] if "." in node.module else [f"{node.module}.{alias.name}" for alias in node.names]


@pytest.mark.parametrize(
    ("package", "may"),
    [
        ("sandbox", set()),
        ("coursekit", set()),
        ("cnnlab", {"coursekit"}),
        ("autograder", {"coursekit", "sandbox"}),
    ],
)
def test_a_package_imports_only_those_below_it(package: str, may: set[str]) -> None:
    names = {name.split(".")[0] for path in (CHECKOUT / package).rglob("*.py") for name in imported(path)}
    assert names & OURS - {package} <= may


def test_the_engine_names_nothing_of_the_course() -> None:
    named = [path for path in ENGINE.rglob("*.py") if "cnnlab" in path.read_text(encoding="utf-8")]
    assert not named


def test_neither_boundary_nor_execution_knows_a_kind_of_test_by_name() -> None:
    files = [path for part in ("boundary", "execution") for path in (ENGINE / part).rglob("*.py")]
    assert not [path for path in files if "challenge" in path.read_text(encoding="utf-8")]


def test_parts_of_the_engine_import_each_other_in_one_direction() -> None:
    arrows: dict[str, set[str]] = {}
    for path in ENGINE.rglob("*.py"):
        part = path.relative_to(ENGINE).parts[0].removesuffix(".py")
        below = {name.split(".")[1] for name in imported(path) if name.startswith("autograder.")}
        arrows.setdefault(part, set()).update(below - {part})
    while leaves := {name for name, below in arrows.items() if not below}:
        arrows = {name: below - leaves for name, below in arrows.items() if name not in leaves}
    assert not arrows, f"these import each other: {sorted(arrows)}"


def test_no_name_of_a_class_is_used_twice() -> None:
    places: dict[str, list[str]] = {}
    for package in sorted(OURS):
        for path in (CHECKOUT / package).rglob("*.py"):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places.setdefault(node.name, []).append(path.relative_to(CHECKOUT).as_posix())
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}
