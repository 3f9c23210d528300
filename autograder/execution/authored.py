"""Rebuilds a hidden test's sentence out of its author's words, so that nothing else can reach a student.

A sentence may quote what the student's code returned (a key, the text of an error, the name of a class) and what the
test passed in. What students read is therefore put together anew: from texts that stand in the source of the test, of
the given cells and of the course's checks, with ``…`` in all the places that are filled in when the test runs.
"""

from __future__ import annotations

import ast
import builtins
import importlib
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

GAP = "…"
MOST_CHARACTERS = 2000
MOST_LEVELS = 4
LEAST_SHARE = 0.3
NAME = re.compile(r"[^\W\d_].{2}|.{2}[^\W\d_]|.[^\W\d_].", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{3,}")
KINDS = frozenset(
    {name for name, kind in vars(builtins).items() if isinstance(kind, type)}
    | {"None", "NoneType", "Tensor", "ndarray", "Size", "cpu", "cuda", "meta"}
    | {name for name, value in vars(torch).items() if isinstance(value, torch.dtype)}
    | {kind.__name__ for kind in np.sctypeDict.values()}
)
"""Names of kinds of things: builtin classes, errors among them, dtypes and devices."""

Template = tuple[str, ...]
"""A text with gaps: what stands before, between and after them."""
GAP_ONLY: Template = ("", "")


class Authored:
    """The texts of some sources.

    Args:
        sources: Python code; what cannot be parsed holds no texts.
    """

    def __init__(self, sources: Iterable[str]) -> None:
        self._constants: set[str] = set()
        self._templates: set[Template] = set()
        for source in sources:
            for *first, last in _texts(source):
                # Where a text is a part of a sentence, its full stop may be left out.
                for text in ((*first, last), (*first, last.removesuffix("."))):
                    self._add(text)

    def _add(self, text: Template) -> None:
        if len(text) == 1:
            self._constants.add(text[0])
        else:
            self._templates.add(text)

    def __or__(self, other: Authored) -> Authored:
        """The texts of both."""
        both = Authored(())
        both._constants = self._constants | other._constants
        both._templates = self._templates | other._templates
        return both

    def words(self, text: str) -> str:
        """What of a text is its author's, with ``…`` for the rest; empty if nothing is."""
        if text in self._constants or text in KINDS:
            return text
        matches = self._fillings(text[:MOST_CHARACTERS], MOST_LEVELS)
        words = max(matches, key=lambda filled: len(filled.replace(GAP, "")), default="")
        says_something = len(WORD.findall(words)) > (0 if words[:1].isalpha() else 1)
        return _tidy(words) if says_something else ""

    def _fillings(self, text: str, levels: int) -> Iterator[str]:
        """The text by each template that it may be made from, with what its author put into the gaps."""
        for template in self._by_length:
            contents = _contents(text, template)
            if contents is not None:
                filled = (self._in_gap(content, levels - 1) for content in contents)
                yield "".join(part + gap for part, gap in zip(template, (*filled, ""), strict=True))

    def _in_gap(self, content: str, levels: int) -> str:
        # A number may be one of the author's by chance, and one of the test's values in truth.
        if not content or content in KINDS or (content in self._constants and NAME.search(content)):
            return content
        if not levels:
            return GAP
        listed = ", ".join(self._in_gap(item, 0) for item in content.split(", "))
        for filled in (next(self._fillings(content, levels), GAP), listed):
            # What any text may match says nothing of this one.
            if len(filled.replace(GAP, "")) > LEAST_SHARE * len(content):
                return filled
        return GAP

    @cached_property
    def _by_length(self) -> list[Template]:
        """The templates, those that say most first."""
        return sorted(self._templates, key=lambda template: (-sum(map(len, template)), template))


def of_modules(names: Iterable[str]) -> Authored:
    """The texts in modules, and in all modules of packages.

    Raises:
        ImportError: if there is no such module.
    """
    files: list[Path] = []
    for module in map(importlib.import_module, names):
        file = Path(str(module.__file__))
        files += sorted(file.parent.rglob("*.py")) if hasattr(module, "__path__") else [file]
    return Authored(path.read_text(encoding="utf-8") for path in files)


def _texts(source: str) -> Iterator[Template]:
    """The texts in some code: literals, formatted ones, sums of these, and what is added to others."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in nodes:
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) and (parts := _parts(node)):
            yield parts
        elif isinstance(node, ast.AugAssign) and (parts := _parts(node.value)):
            yield _joined((GAP_ONLY, parts))


def _parts(node: ast.expr) -> Template:
    """The fixed parts of a text, between which there are gaps; empty if it is no text, or nothing of it is fixed."""
    match node:
        case ast.Constant(value=str() as text):
            return (text,)
        case ast.JoinedStr(values=values):
            return _joined(_parts(value) or GAP_ONLY for value in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            sides = _parts(left), _parts(right)
            return _joined(side or GAP_ONLY for side in sides) if any(sides) else ()
    return ()


def _joined(texts: Iterable[Template]) -> Template:
    """Texts one after the other; two gaps side by side are one."""
    parts = [""]
    for first, *rest in texts:
        parts[-1] += first
        parts += rest
    inner = [part for part in parts[1:-1] if part]
    joined = (parts[0], *inner, parts[-1]) if len(parts) > 1 else (parts[0],)
    return joined if any(joined) else ()


def _contents(text: str, template: Template) -> list[str] | None:
    """What stands in the gaps of a template, each as short as can be; None if the text is not made from it."""
    first, *inner, last = template
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return None
    start, end = len(first), len(text) - len(last)
    contents = []
    for part in inner:
        found = text.find(part, start, end)
        if found < 0:
            return None
        contents.append(text[start:found])
        start = found + len(part)
    return [*contents, text[start:end]]


def _tidy(text: str) -> str:
    """A text in which gaps in a row are one."""
    return re.sub(rf"{GAP}(?:(?:, ?| x | × |; | and ){GAP})+", GAP, text)
