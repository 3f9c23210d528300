"""Answers see the values that they would see if everything had run in order."""

from __future__ import annotations

import ast
import contextlib
import io
from collections.abc import Iterable
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from autograder.execution.needs import Text, divide

SETUP = "import math\nimport operator\nimport torch\nfrom torch import nn\nfrom torch.nn import functional as F\n"

# Each is a notebook's own cells; the last one defines the answer.
NOTEBOOKS = {
    # Names that the code shows, but not as a plain look-up.
    "a counter": ["calls = 0", "def answer():\n    global calls\n    calls += 1\n    return calls"],
    "a counter of an inner function": [
        "calls = 0",
        "def answer():\n    def count():\n        global calls\n        calls += 1\n    count()\n    return calls",
    ],
    "a comprehension over its own name": ["one = [1]", "def answer():\n    return sum(one for one in one)"],
    "the same at the top": ["k = [1, 2]", "m = [k * 2 for k in k]", "def answer():\n    return m"],
    "a walrus in a comprehension": ["[y := v for v in range(5)]", "def answer():\n    return y"],
    "a pattern": ["match (1, 2):\n    case (p, q):\n        pass", "def answer():\n    return p + q"],
    "a star": ["from math import *", "def answer():\n    return floor(2.5)"],
    "what a failed import leaves": [
        "try:\n    import nowhere\nexcept ImportError:\n    nowhere = None",
        "def answer():\n    return nowhere is None",
    ],
    # Names that the code does not show.
    "a name in globals()": ["def helper():\n    return 2", "def answer():\n    return globals()['hel' + 'per']()"],
    "a name in a text": ["def helper():\n    return 2", "def answer():\n    return eval('helper()')"],
    "a text that defines": [
        "def helper():\n    return 2",
        "exec('def made(): return helper()')",
        "answer = lambda: made()",
    ],
    "a name in a query": [
        "K = 3\nclass Frame:\n    def eval(self, text):\n        return globals()[text[1:]]",
        "found = Frame().eval('@K')",
        "def answer():\n    return found",
    ],
    # Classes.
    "a class that is made from another": [
        "class Base:\n    table = [1]",
        "class Derived(Base):\n    pass",
        "Derived.table.append(5)",
        "def answer():\n    return Base.table",
    ],
    "an object of such a class": [
        "class Base:\n    table = [1]\nclass Derived(Base):\n    pass",
        "d = Derived()\nd.table.append(5)",
        "def answer():\n    return Derived.table",
    ],
    "classes that are registered": [
        "KINDS = {}\nclass Layer:\n    def __init_subclass__(cls):\n        KINDS[cls.__name__] = cls",
        "class Weighted(Layer):\n    pass",
        "class Linear(Weighted):\n    pass",
        "def answer():\n    return sorted(KINDS)",
    ],
    "a method of the class before": [
        "class Base:\n    power = 1\n    @classmethod\n    def set_up(cls):\n        Base.power = 2",
        "class Config(Base):\n    pass",
        "Config.set_up()",
        "def answer():\n    return Base.power",
    ],
    "a method that sets a name": [
        "K = 1\nclass Base:\n    def go(self):\n        global K\n        K = 2\nclass D(Base):\n    pass",
        "D().go()",
        "def answer():\n    return K",
    ],
    "a metaclass": [
        "class M(type):\n    reg = []\n    def __init__(cls, *a):\n        M.reg.append(1)",
        "class A(metaclass=M):\n    pass",
        "class B(A):\n    pass",
        "def answer():\n    return len(M.reg)",
    ],
    "a property": [
        "class C:\n    k = [0]\n    @property\n    def up(self):\n        self.k[0] += 1",
        "c = C()\nc.up",
        "def answer():\n    return C.k",
    ],
    "an attribute that is deleted": ["class C:\n    a = 1", "del C.a", "def answer():\n    return hasattr(C, 'a')"],
    # Functions that are handed on, or kept.
    "a lambda that is handed on": [
        "AXES = []",
        "nn.Sequential(nn.ReLU()).apply(lambda module: AXES.append(str(module)))",
        "def answer():\n    return len(AXES)",
    ],
    "a lambda in a dict": ["LOG = []\nd = {'a': lambda: LOG.append(1)}", "d['a']()", "def answer():\n    return LOG"],
    "a function in a list": [
        "LOG = []\ndef f():\n    LOG.append(1)\nfs = [f]",
        "fs[0]()",
        "def answer():\n    return LOG",
    ],
    "a lambda that remembers": [
        "f = lambda n, cache=[]: (cache.append(n), len(cache))[1]",
        "f(1)\nf(2)",
        "def answer():\n    return f(3)",
    ],
    "a generator": [
        "def count():\n    n = 0\n    while True:\n        n += 1\n        yield n\ng = count()",
        "next(g)",
        "def answer():\n    return next(g)",
    ],
    "a closure": [
        "def make():\n    n = 0\n    def f():\n        nonlocal n\n        n += 1\n        return n\n    return f",
        "f = make()\ng = f",
        "g()",
        "def answer():\n    return f()",
    ],
    "a hook": [
        "LOG = []\nlayer = nn.Linear(1, 1)\nlayer.register_forward_hook(lambda *_: LOG.append(1))",
        "_ = layer(torch.ones(1))",
        "def answer():\n    return LOG",
    ],
    # Libraries that are changed by another name.
    "a library in a dict": [
        "libs = {}",
        "libs['F'] = F",
        "libs['F'].relu = lambda x: 100",
        "def answer():\n    return F.relu(torch.tensor(1))",
    ],
    "a library in an object": [
        "class P:\n    def __init__(self, lib):\n        self.lib = lib",
        "def patch(p):\n    p.lib.relu = lambda x: 100\npatch(P(F))",
        "def answer():\n    return F.relu(torch.tensor(1))",
    ],
    # Random numbers.
    "numbers that map draws": [
        "torch.manual_seed(7)",
        "W = list(map(torch.randn, [2]))",
        "def answer():\n    return W[0].tolist()",
    ],
    "numbers of a shuffled loader": [
        "loader = torch.utils.data.DataLoader(torch.arange(6.0), shuffle=True)",
        "for batch in loader:\n    pass",
        "W = torch.randn(2)",
        "def answer():\n    return W.tolist()",
    ],
    # A magic above its cell.
    "a cell that is timed": ["PLACES = 7", "%%time\nseen = PLACES\ndef helper():\n    return seen", "answer = helper"],
}


def value(sources: Iterable[str]) -> str:
    """What the answer gives after some cells; a statement that fails is passed over."""
    names: dict[str, Any] = {"__name__": "__main__"}
    torch.manual_seed(0)
    relu = F.relu
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for statement in (each for source in sources for each in ast.parse(source.replace("%%time", "")).body):
                with contextlib.suppress(Exception):
                    exec(compile(ast.Module([statement], []), "cell", "exec"), names)
            try:
                return repr(names["answer"]())
            except Exception as error:
                return repr(error)
    finally:
        F.relu = relu


@pytest.mark.parametrize("cells", NOTEBOOKS.values(), ids=NOTEBOOKS)
def test_what_is_needed_gives_the_same_value_as_everything(cells: list[str]) -> None:
    parts = divide([Text(SETUP, SETUP, runs=True), *map(Text, cells)], ["answer"])
    needed = [part.source for each in parts for part in each.needed]
    assert value(needed) == value([SETUP, *cells])
    assert "Error" not in value(needed)
