"""Imports inside the engine form no circle of packages, so that each can be read without the ones above it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import autograder

ENGINE = Path(autograder.__file__).parent


def part(path: Path) -> str:
    """The package, or the module beside the packages, that a file belongs to."""
    first = path.relative_to(ENGINE).parts[0]
    return first.removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """The parts of the engine that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "autograder":
            modules = [node.module] if "." in node.module else [f"autograder.{alias.name}" for alias in node.names]
            yield from (module.split(".")[1] for module in modules)


def test_packages_import_each_other_in_one_direction() -> None:
    arrows: dict[str, set[str]] = {}
    for path in ENGINE.rglob("*.py"):
        arrows.setdefault(part(path), set()).update(name for name in imported(path) if name != part(path))
    while leaves := {name for name, below in arrows.items() if not below}:
        arrows = {name: below - leaves for name, below in arrows.items() if name not in leaves}
    assert not arrows, f"these import each other: {sorted(arrows)}"
