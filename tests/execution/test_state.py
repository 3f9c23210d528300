"""A module of tests keeps nothing that a student's code could change; what could is named with its line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType

import pytest

from autograder.execution.state import changeable

HEAD = """\
from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

"""
UNCHANGEABLE = """
Value = TypeVar("Value")
Answer = Callable[..., torch.Tensor]
SIZES = (3, (4, 5.0), frozenset({"a"}))
NAMES = MappingProxyType({"mean": ("the mean", 1)})
WORD, DTYPE, FOLDER = re.compile("a+"), torch.float64, Path("/")
SHAPE, HALF, ROOT = torch.Size((2, 3)), np.float32(0.5), functools.partial(pow, 2)


@dataclass(frozen=True)
class Case:
    size: int
    name: str = "one"


class Kind(Enum):
    GOOD = "good"


class Pair(NamedTuple):
    left: int
    right: int = 2


class Block(nn.Module):
    width = 4

    def __init__(self) -> None:
        super().__init__()
        self.inner = [nn.Linear(2, 2)]

    @property
    def double(self) -> int:
        return 2 * self.width

    @staticmethod
    def make(size: int = 3) -> list[int]:
        return [0] * size


CASES = (Case(1), Case(2, "two"), Kind.GOOD, Pair(1))


def checked(function):
    @functools.wraps(function)
    def run(*arguments):
        return function(*arguments)

    return run


@checked
def inputs(sizes=SIZES, *, scale=1.0):
    return torch.ones(sizes[0])
"""
CHANGEABLE = {
    "SIZES = [3, 4]": "SIZES is a list",
    "COSTS: dict[str, int] = {}": "COSTS is a dict",
    "SEEN = set()": "SEEN is a set",
    "BATCH = torch.ones(2)": "BATCH is a Tensor",
    "BATCH = np.ones(2)": "BATCH is a ndarray",
    "LAYER = nn.Linear(2, 2)": "LAYER is a Linear",
    "DRAWS = torch.Generator()": "DRAWS is a Generator",
    "CASES = (1, (2, [3]))": "CASES is a tuple with a tuple with a list",
    "CASES = MappingProxyType({'a': torch.ones(1)})": "CASES is a mappingproxy with a Tensor",
    "@dataclass\nclass Case:\n    size: int\nCASE = Case(1)": "CASE is a Case",
    "@dataclass(frozen=True)\nclass Case:\n    sizes: object\nCASE = Case([1])": "CASE is a Case with a list",
    "class Block:\n    seen = []": "Block is a class that keeps a list",
    "def inputs(sizes=[1]):\n    return sizes": "inputs is a function that keeps a list",
    "def inputs(*, sizes={}):\n    return sizes": "inputs is a function that keeps a dict",
    "def make(kept):\n    return lambda: kept\nnext_one = make([])": "next_one is a function that keeps a list",
    "@functools.cache\ndef batch():\n    return torch.ones(1)": "batch is a function that keeps what it returned",
    "COUNT = 0\ndef count():\n    global COUNT\n    COUNT += 1": "COUNT is bound anew by a function",
}


Look = Callable[[str], list[tuple[int, str]]]


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Look:
    """Says what of a module with this text could change."""

    def look(text: str) -> list[tuple[int, str]]:
        module = ModuleType("checks")
        monkeypatch.setitem(sys.modules, "checks", module)
        exec(compile(HEAD + text, "checks.py", "exec"), vars(module))
        return changeable(module, HEAD + text)

    return look


def test_what_cannot_change_is_fine(look: Look) -> None:
    assert look(UNCHANGEABLE) == []


@pytest.mark.parametrize(("text", "sentence"), CHANGEABLE.items(), ids=CHANGEABLE.values())
def test_what_can_change_is_named(look: Look, text: str, sentence: str) -> None:
    assert sentence in [what for _, what in look(text)]


def test_the_line_is_the_one_that_binds_the_name_last(look: Look) -> None:
    assert look("SIZES = (1,)\n\nSIZES = [\n    1,\n]\n") == [(HEAD.count("\n") + 3, "SIZES is a list")]
