"""Hashes what a notebook's outputs depend on: its text, the course modules that it imports, the data that it names."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Sequence
from pathlib import Path

import coursekit
from autograder.course import Course

# Files whose line ends say nothing.
TEXTS = (".csv", ".py")


def fingerprint(course: Course, source: Path, code: str) -> str:
    """A hash that changes when the notebook has to be run again.

    Args:
        source: the author's file.
        code: the code of its cells.
    """
    packages = [Path(coursekit.__path__[0]), *([course.package_folder] if course.package_folder else [])]
    modules = _modules_behind(packages, code)
    texts = [code, *(path.read_text(encoding="utf-8") for path in modules)]
    data = [path for path in course.data_files if any(path.stem in text for text in texts)]
    digest = hashlib.sha256()
    for path in (source, *modules, *data):
        digest.update(path.name.encode() + b"\0" + _content(path) + b"\0")
    return digest.hexdigest()[:16]


def _content(path: Path) -> bytes:
    """What a file holds; of text without what tells one system's editors and version control from another's."""
    if path.suffix not in TEXTS:
        return path.read_bytes()
    return path.read_text(encoding="utf-8-sig").encode()


def _modules_behind(packages: Sequence[Path], code: str) -> list[Path]:
    """The files of these packages that code imports, directly or through each other, by name, wherever packages are."""
    found: set[Path] = set()
    todo = [code]
    while todo:
        code = todo.pop()
        new = {path for name in imported(code) for package in packages for path in _files_of(package, name)} - found
        found |= new
        todo += [path.read_text(encoding="utf-8") for path in new]
    return sorted(found, key=lambda path: [path.relative_to(one.parent) for one in packages if one in path.parents])


def imported(code: str) -> set[str]:
    """Dotted names that code imports; ``from a import b`` stands for ``a`` and perhaps for ``a.b``."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def _files_of(package: Path, name: str) -> list[Path]:
    """The files that importing a module runs: its own, and those of the packages around it."""
    first, *rest = name.split(".")
    if first != package.name:
        return []
    folders = [package.joinpath(*rest[:depth]) for depth in range(len(rest) + 1)]
    files = [folder / "__init__.py" for folder in folders] + [folders[-1].with_suffix(".py")]
    return [path for path in files if path.is_file()]
