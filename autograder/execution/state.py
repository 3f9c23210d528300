"""Finds values of a module that a student's code could change.

A test passes values to the student's code, which may change them in place, and a module keeps its values from one test
to the next. Where it has none that can change, no test can be made to agree with the change.
"""

from __future__ import annotations

import ast
import functools
import importlib
import operator
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import PurePath
from types import (
    BuiltinFunctionType,
    EllipsisType,
    FunctionType,
    GenericAlias,
    MappingProxyType,
    MethodDescriptorType,
    ModuleType,
    NoneType,
    NotImplementedType,
    UnionType,
)

import numpy as np
import torch

from autograder.submissions.bindings import bound_names

PLAIN: tuple[type, ...] = (
    *(NoneType, bool, int, float, complex, str, bytes, range, slice, EllipsisType, NotImplementedType),
    *(Enum, PurePath, re.Pattern, ModuleType, BuiltinFunctionType, MethodDescriptorType, GenericAlias, UnionType),
    *(operator.itemgetter, operator.attrgetter, operator.methodcaller, type(annotations)),
    *(torch.dtype, torch.device, torch.layout, torch.memory_format, torch.finfo, torch.iinfo),
    *(np.generic, np.dtype, np.ufunc),
)
GUARD = "autograder.execution.untrusted.guard"
# What Python keeps in a class for its own use.
OF_PYTHON = {"_abc_impl", "_field_defaults"}


def changeable_in(sources: Mapping[str, str]) -> list[tuple[str, int, str]]:
    """What of some modules could change: the module's name, the line, and what is there, as a sentence.

    Args:
        sources: the modules' texts by their names, under which they can be imported.
    """
    return [
        (name, line, what)
        for name, source in sources.items()
        for line, what in changeable(importlib.import_module(name), source)
    ]


def changeable(module: ModuleType, source: str) -> list[tuple[int, str]]:
    """What of a module could change: the line, and what is there, as a sentence.

    Args:
        module: the module, after it was imported.
        source: its text.
    """
    tree = ast.parse(source)
    found = [
        (_line_of(tree.body, name), f"{name} is {kind}")
        for name, value in vars(module).items()
        if not _is_dunder(name) and (kind := _Search(module.__name__).kind_in(value))
    ]
    declared = [node for node in ast.walk(tree) if isinstance(node, ast.Global)]
    found += [(node.lineno, f"{name} is bound anew by a function") for node in declared for name in node.names]
    return sorted(found)


class _Search:
    """Looks for what can change in one value of a module.

    Args:
        module: the module's name; what functions and classes of other modules keep is theirs to answer for.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self._seen: set[int] = set()

    def kind_in(self, value: object) -> str:
        """What kind of thing in a value, itself included, can change; empty if nothing can."""
        if isinstance(value, PLAIN) or type(value).__module__ == "typing" or id(value) in self._seen:
            return ""
        self._seen.add(id(value))
        parts = self._parts(value)
        if parts is None:
            return _kind(value)
        return next((f"{_holder(value)} {kind}" for part in parts if (kind := self.kind_in(part))), "")

    def _parts(self, value: object) -> Iterable[object] | None:
        """What a value that cannot change itself is made of; None if it can."""
        match value:
            case tuple() | frozenset():
                return value
            case MappingProxyType():
                return value.values()
            case _ if type(value).__module__ == GUARD:
                # A function whose calls the guard notes.
                return (getattr(value, "__wrapped__", None),)
            case functools.partial():
                return (value.func, *value.args, *value.keywords.values())
            case staticmethod() | classmethod():
                return (value.__func__,)
            case property():
                return (value.fget, value.fset, value.fdel)
            case functools.cached_property():
                return (value.func,)
            case type():
                return _attributes(value) if value.__module__ == self._module else ()
            case FunctionType():
                return _remembered(value) if value.__module__ == self._module else ()
            case functools._lru_cache_wrapper():
                return None if value.__module__ == self._module else ()
        parameters = vars(type(value)).get("__dataclass_params__")
        if is_dataclass(value) and parameters and parameters.frozen:
            return [getattr(value, one.name) for one in fields(value)]
        return None


def _attributes(kind: type) -> list[object]:
    """What a class itself keeps."""
    if issubclass(kind, Enum):
        return []
    kept = {name: value for name, value in vars(kind).items() if not _is_dunder(name) and name not in OF_PYTHON}
    # Slots and the fields of named tuples.
    return [value for value in kept.values() if type(value).__name__ not in ("member_descriptor", "_tuplegetter")]


def _remembered(function: FunctionType) -> Iterator[object]:
    """What a function keeps between its calls: defaults, attributes, and names of the function that it stands in."""
    yield from function.__defaults__ or ()
    yield from (function.__kwdefaults__ or {}).values()
    yield from vars(function).values()
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # it is not bound yet
            continue


def _kind(value: object) -> str:
    """What kind of thing a value is, with an article."""
    if isinstance(value, functools._lru_cache_wrapper):
        return "a function that keeps what it returned"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _holder(value: object) -> str:
    match value:
        case type():
            return "a class that keeps"
        case FunctionType() | functools.partial() | staticmethod() | classmethod():
            return "a function that keeps"
    return f"{_kind(value)} with"


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _line_of(statements: Iterable[ast.stmt], name: str) -> int:
    """The line of the statement that binds a name last; 1 if none shows that it does."""
    return max((one.lineno for one in statements if name in bound_names(one)), default=1)
