"""Which of a student's cells give a meaning to a name."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence

from autograder.submissions.bindings import ANY, bound_names
from autograder.submissions.cells import parse

# Parsing goes on for a second for each megabyte, and other submissions wait meanwhile.
MAX_CODE = 1_000_000

# What has names of its own, but no student's.
_LIBRARIES = frozenset(
    (
        *sys.stdlib_module_names,
        *("IPython", "PIL", "coursekit", "einops", "matplotlib", "numpy", "pandas", "pylab", "scipy", "seaborn"),
        *("sklearn", "torch", "torchvision", "tqdm"),
    )
)
_DEFINITION = re.compile(r"^[ \t]*(?:async +def|def|class) +(\w+)|^(\w+) *(?::[^=\n]+)?=(?!=)", re.MULTILINE)
_HIDDEN_BINDING = re.compile(r"\bimport\s*\(?\s*\*|\b(?:exec|globals|locals|vars|setattr|user_ns|push|run_cell)\b|%run")
_WRITTEN = re.compile(r"\s*%%(?:writefile|file)[ \t]+(?:-a[ \t]+)?[\"']?(?:\./)?(\w+)\.py\b[^\n]*\n")


class Definitions:
    """The names that code cells bind at their top level.

    Args:
        sources: the cells' texts.
        modules: names that modules of the student's own bind, for ``from norms import *``.
    """

    def __init__(self, sources: Sequence[str], modules: Mapping[str, Collection[str]]) -> None:
        self._sources = sources
        self._modules = dict(modules)
        for source in sources:
            if written := _WRITTEN.match(source):
                self._modules[written[1]] = names_of(source[written.end() :], self._modules)
        self._names: dict[int, Collection[str]] = {}
        self._left = MAX_CODE

    def bind(self, index: int, name: str) -> bool:
        """Whether a cell gives a meaning to ``name``, if only in a way that its text does not show but speaks of."""
        if name not in self._sources[index] and not _HIDDEN_BINDING.search(self._sources[index]):
            return False
        names = self._of(index)
        return name in names or (
            ANY in names and re.search(rf"\b{re.escape(name)}\b", self._sources[index]) is not None
        )

    def _of(self, index: int) -> Collection[str]:
        if index not in self._names:
            source = self._sources[index]
            # A magic of two characters becomes a call of fifty.
            self._left -= (cost := len(source) + 50 * sum(map(source.count, "!%?")))
            if self._left < 0:
                self._left += cost
                self._names[index] = names_in_text(source)
            else:
                self._names[index] = names_of(source, self._modules)
        return self._names[index]


def names_of(code: str, modules: Mapping[str, Collection[str]]) -> set[str]:
    """The names that code binds at its top level; what ``import *`` brings from known modules included."""
    tree = parse(code)
    if tree is None:
        return names_in_text(code)
    return {name for statement in tree.body for name in _names(statement, modules)}


def names_in_text(code: str) -> set[str]:
    """The names that lines of code define or set, for code that is no Python here, or very long."""
    return {defined or set_ for defined, set_ in _DEFINITION.findall(code)}


def _names(statement: ast.stmt, modules: Mapping[str, Collection[str]]) -> Iterator[str]:
    names = bound_names(statement)
    stars = _starred(statement) if ANY in names else []
    yield from names - ({ANY} if stars else set())
    for module in stars:
        top = module.partition(".")[0]
        yield from modules.get(top, () if top in _LIBRARIES else (ANY,))


def _starred(statement: ast.stmt) -> list[str]:
    """The modules whose names a statement imports, all of them."""
    return [
        node.module or ""
        for node in ast.walk(statement)
        if isinstance(node, ast.ImportFrom) and any(alias.name == ANY for alias in node.names)
    ]
