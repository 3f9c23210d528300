"""Which names a statement binds."""

from __future__ import annotations

import pytest

from autograder.submissions.bindings import ANY, bound_names
from autograder.submissions.cells import parse

BINDING = {
    "def f(): pass": {"f"},
    "async def f(): pass": {"f"},
    "class F(Base): x = 1": {"F"},
    "f = lambda x: x": {"f"},
    "f: int = 1": {"f"},
    "f += 1": {"f"},
    "f, (g, *h) = values": {"f", "g", "h"},
    "[f, g] = values": {"f", "g"},
    "f = g = 1": {"f", "g"},
    "import a.b": {"a"},
    "import a.b as c, d": {"c", "d"},
    "from a.b import c, d as e": {"c", "e"},
    "for f, g in x:\n    h = 1\nelse:\n    i = 2": {"f", "g", "h", "i"},
    "while x:\n    f = 1": {"f"},
    "with a as f, b as (g, h):\n    i = 1": {"f", "g", "h", "i"},
    "if x:\n    def f(): pass\nelif y:\n    g = 1\nelse:\n    from a import h": {"f", "g", "h"},
    "try:\n    f = 1\nexcept E as g:\n    h = 1\nelse:\n    i = 1\nfinally:\n    j = 1": {"f", "g", "h", "i", "j"},
    "match x:\n    case [f, *g] if (h := 1):\n        i = 1\n    case {'a': j, **k} as m:\n        pass": set(
        "fghijkm"
    ),
    "print(f := 1)": {"f"},
    "x[(f := 1)] = 2": {"f"},
    "[(f := y) for y in z]": {"f"},
    "{a: b for a, b in (f := z)}": {"f"},
    "@(f := decorate)\ndef g(x=(h := 1)): i = 2": {"f", "g", "h"},
    'globals()["f"] = 1': {"f"},
    'vars()["f"], g = 1, 2': {"f", "g"},
    "globals()[name] = 1": {ANY},
    "globals().update(f=1)": {"f"},
    "globals().update({'f': 1, **more})": {"f", ANY},
    "globals().setdefault('f', 1)": {"f"},
    "get_ipython().user_ns['f'] = 1": {"f"},
    "get_ipython().push({'f': 1})": {"f"},
    "setattr(sys.modules[__name__], 'f', 1)": {"f"},
    "setattr(__main__, 'f', 1)": {"f"},
    "sys.modules['__main__'].__dict__['f'] = 1": {"f"},
    'exec("def f(): pass\\ng = 1")': {"f", "g"},
    "exec(text)": {ANY},
    "if x:\n    exec('f = 1')": {"f"},
    "from norms import *": {ANY},
    "%run norms.py": {ANY},
    "%pylab inline": {ANY},
    "x = !ls": {"x"},
}
NOT_BINDING = [
    "del f",
    "f: int",
    "f.g = 1",
    "f[0] = 1",
    "f(g=1)",
    "def g():\n    global f\n    f = 1",
    "class g:\n    f = 1",
    "[f for f in x]",
    "(lambda f: (h := f))(1)",
    "setattr(model, 'f', 1)",
    "model.update(f=1)",
    "def g():\n    exec('f = 1')",
    "%matplotlib inline",
    "print('globals()[\"f\"] = 1')",
    "globals()['f'].x = 1",
]


@pytest.mark.parametrize(("code", "names"), BINDING.items())
def test_all_ways_of_binding_a_name_count(code: str, names: set[str]) -> None:
    tree = parse(code)
    assert tree is not None
    assert {name for statement in tree.body for name in bound_names(statement)} == names


@pytest.mark.parametrize("code", NOT_BINDING)
def test_what_binds_something_else_or_later_does_not_count(code: str) -> None:
    tree = parse(code)
    assert tree is not None
    names = {name for statement in tree.body for name in bound_names(statement)}
    assert not names & {"f", ANY}
