"""The package stands by itself: it needs Python's standard library and nothing else."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sandbox

MODULES = sorted(Path(sandbox.__file__).parent.rglob("*.py"))


def imported(source: str) -> Iterator[str]:
    """The packages that a module imports, wherever in it; a relative import gives an empty name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "" if node.level else (node.module or "").partition(".")[0]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_module_imports_only_the_standard_library_and_its_own_package(module: Path) -> None:
    assert set(imported(module.read_text())) <= {"sandbox", *sys.stdlib_module_names}
