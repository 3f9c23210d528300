"""Finds what a notebook depends on, and hashes it: its text, course modules that it imports, data that it names."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import coursekit
from autograder.course import Course

# Files whose line ends say nothing.
TEXTS = (".csv", ".py")


def fingerprint(course: Course, sources: Iterable[Path], code: Sequence[str]) -> str:
    """A hash that changes when the notebook has to be run again.

    Args:
        sources: the author's files.
        code: the code of its cells, and of what lies beside them.
    """
    modules = modules_behind(course, code)
    digest = hashlib.sha256()
    for path in (*sources, *modules, *data_behind(course, modules, code)):
        digest.update(path.name.encode() + b"\0" + _content(path) + b"\0")
    return digest.hexdigest()[:16]


def modules_behind(course: Course, code: Iterable[str]) -> list[Path]:
    """The files of the course's package and of coursekit that code imports, directly or through each other.

    They come by name, wherever the packages are. What cannot be parsed imports nothing.
    """
    packages = [Path(coursekit.__path__[0]), *([course.package_folder] if course.package_folder else [])]
    found: set[Path] = set()
    todo = [imported(text) for text in code]
    while todo:
        new = {path for name in todo.pop() for package in packages for path in _files_of(package, name)} - found
        found |= new
        todo += [imported(path.read_text(encoding="utf-8"), _package_of(path, packages)) for path in new]
    return sorted(found, key=lambda path: [path.relative_to(one.parent) for one in packages if one in path.parents])


def data_behind(course: Course, modules: Iterable[Path], code: Iterable[str]) -> list[Path]:
    """The data files that the code or one of its modules names."""
    texts = [*code, *(path.read_text(encoding="utf-8") for path in modules)]
    return [path for path in course.data_files if any(path.stem in text for text in texts)]


@lru_cache(maxsize=1024)
def imported(code: str, package: str = "") -> frozenset[str]:
    """Dotted names that code imports; ``from a import b`` stands for ``a`` and perhaps for ``a.b``.

    Args:
        code: the code.
        package: the package that it stands in, which relative imports begin at.
    """
    names: set[str] = set()
    for node in ast.walk(_parsed(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            around = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*around, *filter(None, [node.module])])
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return frozenset(names)


def _parsed(code: str) -> ast.Module:
    if "import" not in code:
        return ast.Module([], [])
    try:
        return ast.parse(code)
    except SyntaxError:
        return ast.Module([], [])


def _content(path: Path) -> bytes:
    """What a file holds; of text without what tells one system's editors and version control from another's."""
    if path.suffix not in TEXTS:
        return path.read_bytes()
    return path.read_text(encoding="utf-8-sig").encode()


def _package_of(path: Path, packages: Sequence[Path]) -> str:
    """The dotted name of the package that a module stands in."""
    return next(".".join(path.parent.relative_to(one.parent).parts) for one in packages if one in path.parents)


def _files_of(package: Path, name: str) -> list[Path]:
    """The files that importing a module runs: its own, and those of the packages around it."""
    first, *rest = name.split(".")
    if first != package.name:
        return []
    folders = [package.joinpath(*rest[:depth]) for depth in range(len(rest) + 1)]
    files = [folder / "__init__.py" for folder in folders] + [folders[-1].with_suffix(".py")]
    return [path for path in files if path.is_file()]
