"""The names that code mentions, uses and defines, as its text shows them."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

from autograder.submissions.compare import MAX_PARSED, bound_names, parse

WORD = re.compile(r"[^\W\d]\w*")
COMMENT = re.compile(r"#.*")
DEFINITION = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
# More than anyone writes: it is not parsed, which takes seconds, and all its words count.
MOST_CODE = 500_000


def names_in(source: str) -> set[str]:
    """The names that code mentions; of what does not parse, every word outside comments."""
    tree = parse(source)
    return _words(source) if tree is None else _names(tree)


def names_behind(answer: str, ran: Sequence[str]) -> set[str]:
    """What an answer uses of others', and what the definitions use that it calls upon, wherever they stand.

    Names that code gives to things of its own are not among it: a variable may be called ``grad``.

    Args:
        ran: all code that runs in the student's process.
    """
    tree = parse(answer)
    if tree is None:
        return _words(answer)
    names, needed = _used(tree), _needed(tree)
    parsed = [source for source in ran if len(source) <= MAX_PARSED]
    if sum(map(len, parsed)) > MOST_CODE:
        return names.union(*map(_words, parsed))
    definitions, seen = _definitions(parsed), set[str]()
    while todo := needed - seen:
        seen |= todo
        found = {id(statement): statement for name in todo for statement in definitions.get(name, ())}
        for statement in found.values():
            names |= _used(statement)
            needed |= _needed(statement)
    return names


def _words(source: str) -> set[str]:
    return set(WORD.findall(COMMENT.sub("", source)))


def _names(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _needed(tree: ast.AST) -> set[str]:
    """The names that a part of code takes from elsewhere: none that it binds itself."""
    nodes = list(ast.walk(tree))
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    bound |= {node.name for node in nodes if isinstance(node, DEFINITION)}
    bound |= {node.asname for node in nodes if isinstance(node, ast.alias) and node.asname}
    return _names(tree) - bound


def _used(tree: ast.AST) -> set[str]:
    """What a part of code uses of others': the names that it needs, attributes, keywords, and what it imports."""
    names = _needed(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.keyword) and node.arg:
            names.add(node.arg)
        elif isinstance(node, ast.alias):
            names.update(node.name.split("."))
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(node.module.split("."))
    return names


def _definitions(sources: Sequence[str]) -> dict[str, list[ast.stmt]]:
    """What cells define at their top level, by name."""
    found: defaultdict[str, list[ast.stmt]] = defaultdict(list)
    for statement in chain.from_iterable(getattr(parse(source), "body", ()) for source in sources):
        for name in bound_names(statement):
            found[name].append(statement)
    return found
