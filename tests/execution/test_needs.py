"""Which statements answers need: those without which they would see other values than if everything had run."""

from __future__ import annotations

import textwrap

import pytest

from autograder.execution.needs import Text, divide

SETUP = "import time\nimport torch\nfrom torch import nn\nimport torch.nn.functional as F"
ANSWER = """\
def layer_norm(x, gamma, beta, eps=1e-5):
    return F.layer_norm(x, x.shape[1:], gamma, beta, eps)
"""


def rest_of(own: str, answer: str = ANSWER, after: str = "") -> str:
    """What of a cell of the student's own is left for later; the cell stands between the set-up and an answer."""
    cells = [Text(SETUP, SETUP, runs=True), Text(textwrap.dedent(own)), Text(answer), Text(textwrap.dedent(after))]
    return divide(cells, ["layer_norm"])[1].rest.strip()


@pytest.mark.parametrize(
    "own",
    [
        "for epoch in range(17):\n    time.sleep(1)\ncurve = [3, 2, 1]",
        "net = nn.Sequential(nn.Linear(8, 4), nn.ReLU())",
        "x = torch.randn(4, 3)\nprint(x.mean())",
        "print(layer_norm)",
        "torch.manual_seed(0)",
        "weights = torch.load('weights.pt')",
        "out = layer_norm(torch.randn(2, 3), torch.ones(3), torch.zeros(3))\nassert out.shape == (2, 3)",
        "%time total = sum(range(10**7))",
        "%%time\nfor step in range(10):\n    time.sleep(1)",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
        "layer = nn.Linear(2, 2)\nlayer.bias.requires_grad = False",
        "data = [nn.Linear(2, 2) for _ in range(3)]\nfor part in list(data):\n    print(part)",
        "history = []\nfor i in range(3):\n    history.append(i)\nhistory[0] = 7",
    ],
)
def test_what_no_answer_can_see_is_left_for_later(own: str) -> None:
    assert rest_of(own) == own.strip()


def test_a_training_loop_is_left_for_later_with_all_its_parts() -> None:
    own = """\
        model = nn.Linear(3, 2)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

        def step(x, y):
            optimizer.zero_grad()
            loss = F.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            return loss.item()

        losses = []
        for epoch in range(100):
            losses.append(step(torch.randn(5, 3), torch.randn(5, 2)))
        print(losses[-1])"""
    assert rest_of(own) == textwrap.dedent(own).strip()


@pytest.mark.parametrize(
    "own",
    [
        "F.layer_norm = lambda *a, **k: None",
        "torch.set_default_dtype(torch.float64)",
        "nn.Module.__call__ = None",
        "setattr(F, 'layer_norm', None)",
        "exec('EPS = 1')",
        "globals()['EPS'] = 1",
        "relu = F\nrelu.layer_norm = None",
        "for part in [F]:\n    part.layer_norm = None",
        "parts = [F]\nparts[0].layer_norm = None",
        "import os\nos.environ['A'] = 'b'",
        "import sys\nsys.modules['torch'].nn = None",
        "!touch marker",
        "%run helpers.py",
        "from helpers import *",
        "import helpers",
        "open('eps.txt', 'w').write('1')",
        "torch.save(torch.ones(3), 'gamma.pt')",
        "def patch():\n    F.layer_norm = None\n\npatch()",
        "class Patch:\n    def __init__(self):\n        F.layer_norm = None\n\nPatch()",
        "patch = lambda: setattr(F, 'layer_norm', None)\npatch()",
        "x.y = 1",
        "nn.ReLU.forward = None",
        "type(nn.ReLU()).forward = None",
        "await something()",
        "del F",
        "print = None\nF.x = 1",
        "torch.backends.mkldnn.enabled = False",
        "import sys\npath = sys.path\npath.insert(0, 'lib')",
        "import sys\nadd = sys.path.append\nadd('lib')",
        "import norms\nCONFIG = norms.CONFIG\nCONFIG['eps'] = 1e-5",
        "kind = type(nn.ReLU())\nkind.forward = None",
        "parts = dict(f=F)\nparts['f'].layer_norm = None",
        "parts = [F]\nlast = parts.pop()\nlast.layer_norm = None",
        "import typing\nsame = typing.cast(object, F)\nsame.layer_norm = None",
        "def patch(self):\n    self.layer_norm = None\n\npatch(F)",
        "import numpy as np\nnp.array([2.0]).tofile('weights.bin')",
        "figure = 1\nfigure.to_csv('marks.csv')",
        "torch.set_printoptions(precision=1)",
        "this is no python",
    ],
)
def test_what_may_change_anything_runs_where_it_stands(own: str) -> None:
    last = own.splitlines()[-1].strip()
    assert last not in rest_of(own)


USES_EPS = "def layer_norm(x, gamma, beta):\n    return F.layer_norm(x, x.shape[1:], gamma, beta, EPS)"
USES_CLASS = USES_EPS.replace("EPS", "Eps.value")
USES_CONFIG = USES_EPS.replace("EPS", "CONFIG['eps']")


@pytest.mark.parametrize(
    ("own", "answer"),
    [
        ("EPS = 1e-5", USES_EPS),
        ("EPS, other = 1e-5, 2", USES_EPS),
        ("EPS: float = 1e-5", USES_EPS),
        ("if True:\n    EPS = 1e-5", USES_EPS),
        ("for EPS in (1e-5,):\n    pass", USES_EPS),
        ("EPS = 1e-5\nEPS *= 10", USES_EPS),
        ("def make():\n    return 1e-5\n\nEPS = make()", USES_EPS),
        ("BASE = 1e-5\nEPS = BASE", USES_EPS),
        ("import math as EPS", USES_EPS),
        ("CONFIG = {}\nCONFIG['eps'] = 1e-5", USES_CONFIG),
        ("CONFIG = {}\nCONFIG.update(eps=1e-5)", USES_CONFIG),
        ("CONFIG = {}\nalias = CONFIG\nalias['eps'] = 1e-5", USES_CONFIG),
        ("CONFIG = {}\ndef fill(d):\n    d['eps'] = 1e-5\n\nfill(CONFIG)", USES_CONFIG),
        ("CONFIG = {}\ndef fill():\n    CONFIG['eps'] = 1e-5\n\nfill()", USES_CONFIG),
        ("CONFIG = {}\nfor step in range(3):\n    CONFIG['eps'] = step", USES_CONFIG),
        ("EPS = 1\ndef count():\n    global EPS\n    EPS += 1\n\ncount()", USES_EPS),
        ("class State:\n    eps = []\n\nState.eps.append(1e-5)\nEPS = State.eps[0]", USES_EPS),
        ("def grow(seen=[]):\n    seen.append(1)\n    return len(seen)\n\ngrow()\nEPS = grow()", USES_EPS),
        ("%time EPS = 1e-5", USES_EPS),
        ("class Eps:\n    value = 1\n\n    def __init__(self):\n        self.__class__.value = 2\n\nEps()", USES_CLASS),
        (
            "class Meta(type):\n    def set(cls):\n        cls.value = 2\n\n\n"
            "class Eps(metaclass=Meta):\n    pass\n\nEps.set()",
            USES_CLASS,
        ),
        ("1e-5", USES_EPS.replace("EPS", "_")),
        ("%%time\nEPS = 1e-5", USES_EPS),
    ],
)
def test_what_an_answer_uses_runs_with_all_that_changes_it(own: str, answer: str) -> None:
    assert rest_of(own, answer) == ""


def test_a_constant_may_be_read_by_what_is_left_for_later() -> None:
    assert rest_of("EPS = 1e-5\nfor epoch in range(9):\n    time.sleep(EPS)", USES_EPS).startswith("for epoch")


def test_a_later_cell_that_defines_a_helper_again_is_needed() -> None:
    cells = ["def helper(x):\n    return x", "def layer_norm(x):\n    return helper(x)", "helper = abs"]
    assert [part.rest for part in divide([Text(cell) for cell in cells], ["layer_norm"])] == [""] * 3


def test_random_numbers_that_an_answer_keeps_are_drawn_in_turn() -> None:
    answer = "W = torch.randn(3)\n\ndef layer_norm(x):\n    return W * x"
    for drawing in ("torch.rand(3)", "torch.manual_seed(0)", "def draw():\n    torch.rand(3)\n\ndraw()"):
        assert rest_of(drawing, answer) == ""
        assert rest_of(drawing) != ""


def test_what_was_handed_out_runs_only_where_an_answer_uses_what_it_binds() -> None:
    experiment = "images = torch.ones(3)\nwide = torch.zeros(10**9)\nprint(wide)"
    answer = "def layer_norm(x):\n    return images * x"
    cells = [Text(SETUP, SETUP, runs=True), Text("AXIS = 2\n" + experiment, experiment), Text(answer)]
    parts = divide(cells, ["layer_norm"])
    assert [part.source.strip() for part in parts[1].needed] == ["images = torch.ones(3)"]
    assert parts[1].rest == "AXIS = 2"


def test_lines_of_a_part_keep_their_numbers() -> None:
    (parts,) = divide([Text("print(9)\n!pip install \\\n    einops\n# why\nEPS = 1\nprint(9)")], ["EPS"])
    shell, constant = parts.needed
    assert (shell.source, shell.binds) == ("\n!pip install \\\n    einops\n# why", False)
    assert (constant.source, constant.binds) == ("\n\n\n\nEPS = 1", True)
    assert parts.rest == "print(9)\n\n\n\n\nprint(9)"


def test_a_cell_that_is_no_python_needs_nothing() -> None:
    cells = ["EPS = 1", "print('and' EPS", ANSWER]
    parts = divide([Text(cell) for cell in cells], ["layer_norm"])
    assert parts[0].rest == "EPS = 1" and parts[1].needed


def test_a_function_that_others_are_registered_with_is_needed_with_them() -> None:
    answer = "from functools import singledispatch\n\n@singledispatch\ndef layer_norm(x):\n    raise TypeError\n\n"
    answer += "@layer_norm.register(int)\ndef _(x):\n    return x"
    (parts,) = divide([Text(answer)], ["layer_norm"])
    assert parts.rest == ""


def test_layers_and_seeds_that_an_answer_keeps_are_drawn_in_turn_whatever_they_are_called() -> None:
    answer = "from torch.nn import Linear\nW = Linear(3, 3)\n\ndef layer_norm(x):\n    return W(x)"
    assert rest_of("torch.manual_seed(0)", answer) == ""


def test_what_a_handed_out_cell_does_to_something_that_an_answer_uses_runs_with_it() -> None:
    experiment = "net = nn.Linear(2, 2)\nnet.eval()\nprint('other')"
    cells = [Text(SETUP, SETUP, runs=True), Text(experiment, experiment), Text("def layer_norm(x):\n    return net(x)")]
    parts = divide(cells, ["layer_norm"])[1].needed
    assert [part.source.strip() for part in parts] == ["net = nn.Linear(2, 2)", "net.eval()"]


@pytest.mark.parametrize(
    "own",
    [
        "\n".join(f"v{i} = [v{i + 1}]" for i in reversed(range(3000))),
        "\n".join(f"def g{i}(x):\n    return g{i + 1}(x)\n\ng{i}(1)" for i in range(2500)),
    ],
    ids=["a chain of names", "a chain of calls"],
)
def test_what_takes_too_long_to_follow_is_needed(own: str) -> None:
    parts = divide([Text(own), Text("def layer_norm(x):\n    return v0")], ["layer_norm"])
    assert "".join(part.source for part in parts[0].needed) == own
