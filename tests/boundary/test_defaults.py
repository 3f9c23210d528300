"""What a cell or an earlier test set decides nothing: a test begins with torch's defaults on both sides."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module

import pytest
import torch

from autograder.boundary import defaults
from autograder.boundary.channel import Channel
from autograder.boundary.grader import Remote
from autograder.boundary.student import Objects
from autograder.execution.untrusted.guard import Guard
from tests.boundary.conftest import defined

# What torch would import in each of the processes below.
for module in ("torch._dynamo", "torch._inductor.config", "torch._subclasses"):
    import_module(module)

Start = Callable[..., Remote]

# What sets something, and what shows that it is set.
CHANGES = {
    "dtype": ("torch.set_default_dtype(torch.float64)", "torch.ones(1).dtype == torch.float64"),
    "tensor type": ("torch.set_default_tensor_type(torch.DoubleTensor)", "nn.Linear(1, 1).weight.dtype.itemsize == 8"),
    "device": ("torch.set_default_device('meta')", "torch.ones(1).is_meta"),
    "device entered": ("d = torch.device('meta')\nd.__enter__()", "nn.Linear(1, 1).weight.is_meta"),
    "grad mode": ("torch.set_grad_enabled(False)", "not torch.is_grad_enabled()"),
    "no_grad entered": ("n = torch.no_grad()\nn.__enter__()", "not torch.is_grad_enabled()"),
    "inference mode": ("i = torch.inference_mode()\ni.__enter__()", "torch.is_inference_mode_enabled()"),
    "forward grad mode": (
        "torch.autograd.forward_ad._set_fwd_grad_enabled(False)",
        "not torch._C._is_fwd_grad_enabled()",
    ),
    "level of forward mode": (
        "torch.autograd.forward_ad.enter_dual_level()",
        "torch.autograd.forward_ad._current_level == 0",
    ),
    "transform": (
        "torch._C._functorch._grad_increment_nesting()",
        "torch._C._functorch.get_dynamic_layer_stack_depth()",
    ),
    "multithreading": ("torch.autograd.set_multithreading_enabled(False)", "not torch._C._is_multithreading_enabled()"),
    "deterministic mode": ("torch.use_deterministic_algorithms(True)", "torch.are_deterministic_algorithms_enabled()"),
    "deterministic warnings": (
        "torch.use_deterministic_algorithms(True, warn_only=True)",
        "torch.is_deterministic_algorithms_warn_only_enabled()",
    ),
    "fill": (
        "torch.utils.deterministic.fill_uninitialized_memory = False",
        "not torch.utils.deterministic.fill_uninitialized_memory",
    ),
    "threads": ("torch.set_num_threads(3)", "torch.get_num_threads() == 3"),
    "anomaly detection": ("torch.autograd.set_detect_anomaly(True)", "torch.is_anomaly_enabled()"),
    "autocast": (
        "a = torch.autocast('cpu', torch.bfloat16)\na.__enter__()",
        "(torch.ones(1, 1) @ torch.ones(1, 1)).dtype.itemsize == 2",
    ),
    "autocast's dtype": (
        "torch.set_autocast_dtype('cpu', torch.float16)",
        "torch.get_autocast_dtype('cpu') == torch.float16",
    ),
    "matmul precision": (
        "torch.set_float32_matmul_precision('medium')",
        "torch.get_float32_matmul_precision() == 'medium'",
    ),
    "precision": (
        "torch.backends.mkldnn.matmul.fp32_precision = 'bf16'",
        "torch.backends.mkldnn.matmul.fp32_precision == 'bf16'",
    ),
    "precision of all": ("torch.backends.fp32_precision = 'bf16'", "torch.backends.fp32_precision == 'bf16'"),
    "precision both ways": (
        "torch.set_float32_matmul_precision('medium')\ntorch.backends.mkldnn.matmul.fp32_precision = 'ieee'",
        "torch.backends.mkldnn.matmul.fp32_precision == 'ieee'",
    ),
    "mkldnn": ("torch.backends.mkldnn.enabled = False", "not torch.backends.mkldnn.enabled"),
    "denormal numbers": (
        "torch.set_flush_denormal(True)",
        "not torch.tensor([1e-310], dtype=torch.float64).mul(1.0).item()",
    ),
    "warnings": ("import warnings\nwarnings.simplefilter('error')", "raises(lambda: __import__('warnings').warn('w'))"),
    "warnings caught": (
        "import warnings\nw = warnings.catch_warnings(record=True)\nw.__enter__()\nwarnings.simplefilter('error')",
        "raises(lambda: __import__('warnings').warn('w'))",
    ),
    "warnings of torch": ("torch.set_warn_always(True)", "torch.is_warn_always_enabled()"),
    "NumPy's errors": ("import numpy as np\nnp.seterr(all='raise')", "raises(lambda: np.ones(1) / 0)"),
    "NumPy's handler": ("import numpy as np\nnp.seterrcall(print)", "np.geterrcall() is print"),
    "printing": ("torch.set_printoptions(precision=1, sci_mode=True)", "'e+' in repr(torch.ones(1))"),
    "printing of arrays": (
        "import numpy as np\nnp.set_printoptions(precision=1)",
        "repr(np.array([1.25])) == 'array([1.2])'",
    ),
    "recursion": ("import sys\nsys.setrecursionlimit(120)", "sys.getrecursionlimit() == 120"),
    "function mode": (
        "from torch.overrides import TorchFunctionMode\n"
        "class Zeros(TorchFunctionMode):\n"
        "    def __torch_function__(self, func, types, args=(), kwargs=None):\n"
        "        return 0\n"
        "Zeros().__enter__()",
        "torch.add(torch.ones(1), 1) == 0",
    ),
    "dispatch mode": (
        "from torch.utils._python_dispatch import TorchDispatchMode\n"
        "class Zeros(TorchDispatchMode):\n"
        "    def __torch_dispatch__(self, func, types, args=(), kwargs=None):\n"
        "        return torch.zeros(1) if 'add' in str(func) else func(*args, **(kwargs or {}))\n"
        "Zeros().__enter__()",
        "torch.add(torch.ones(1), 1).item() == 0",
    ),
    "tensors without data": (
        "from torch._subclasses import FakeTensorMode\nFakeTensorMode().__enter__()",
        "type(torch.ones(1)).__name__ == 'FakeTensor'",
    ),
    "hooks of saved tensors": (
        "h = torch.autograd.graph.saved_tensors_hooks(lambda x: x, lambda x: x * 0)\nh.__enter__()",
        "gradient() == 0",
    ),
    "no hooks of saved tensors": (
        "h = torch.autograd.graph.disable_saved_tensors_hooks('none')\nh.__enter__()",
        "not torch._C._autograd._saved_tensors_hooks_is_enabled()",
    ),
    "hook of all modules": (
        "nn.modules.module.register_module_forward_hook(lambda *args: torch.zeros(1))",
        "nn.Identity()(torch.ones(1)) == 0",
    ),
    "hook of all parameters": (
        "nn.modules.module.register_module_parameter_registration_hook(lambda m, n, p: p.requires_grad_(False))",
        "not nn.Linear(1, 1).weight.requires_grad",
    ),
    "fused attention": (
        "torch.backends.mha.set_fastpath_enabled(False)",
        "not torch.backends.mha.get_fastpath_enabled()",
    ),
    "conversion": (
        "torch.__future__.set_swap_module_params_on_conversion(True)",
        "torch.__future__.get_swap_module_params_on_conversion()",
    ),
}
# Cells get none of these back: what was computed within the first two ended with them, and a low limit helps nobody.
GONE_FOR_GOOD = ("level of forward mode", "transform", "recursion")
SHOWN = """
def raises(function):
    try:
        function()
    except Exception:
        return True
    return False

def gradient():
    x = torch.full((1,), 3.0, requires_grad=True)
    return torch.autograd.grad((x * x).sum(), x)[0]

import sys, numpy as np

def shows():
    return bool({shows})

def changes():
    exec({change!r}, globals())
    return shows()
"""
CASES = pytest.mark.parametrize(("change", "shows"), CHANGES.values(), ids=CHANGES)


def code(change: str, shows: str) -> str:
    """A student's code that shows a setting and can change it."""
    return SHOWN.format(shows=shows, change=change)


def serve_cells(connection: socket.socket, source: str, cell: str) -> None:
    """Answer the tests' questions; at an empty one, run a cell: the first one changes something."""
    channel, namespace = Channel(connection), defined(source)
    objects = Objects(namespace, Guard())
    while True:
        message = channel.receive()
        if message:
            channel.send(objects.answer(message))
        else:
            objects.ground.give_back()
            exec(cell, namespace)
            channel.send(bytearray([namespace["shows"]()]))
            cell = ""


def run_cell(student: Remote) -> bool:
    """Run a cell in a student's process, and say whether what the first one sets is set."""
    student._channel.send(bytearray())
    return student._channel.receive() == b"\x01"


@pytest.mark.parametrize(("name", "change", "shows"), [(name, *case) for name, case in CHANGES.items()], ids=CHANGES)
def test_what_a_cell_set_is_gone_in_a_test_and_there_in_the_next_cell(
    name: str, change: str, shows: str, process: Start
) -> None:
    student = process(run=partial(serve_cells, source=code(change, shows), cell=change))
    assert run_cell(student)
    student.begin()
    assert student.name("shows")() is False
    assert run_cell(student) is (name not in GONE_FOR_GOOD)


@CASES
def test_what_an_answer_sets_in_its_own_call_lasts_until_the_next_test(change: str, shows: str, process: Start) -> None:
    student = process(code(change, shows))
    student.begin()
    assert student.name("changes")() is True
    student.begin()
    assert student.name("shows")() is False


@CASES
def test_the_tests_process_pins_itself(change: str, shows: str) -> None:
    readable, writable = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            namespace = defined(code(change, shows))
            changed = namespace["changes"]()
            defaults.pin()
            os.write(writable, bytes([changed, namespace["shows"]()]))
        finally:
            os._exit(0)
    os.close(writable)
    os.waitpid(pid, 0)
    with os.fdopen(readable, "rb") as pipe:
        assert pipe.read() == b"\x01\x00"


SEEDED = """
import random, numpy as np

def seeds(seed):
    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)

def drawn():
    return torch.rand(1).item(), random.random(), float(np.random.rand()), nn.Linear(1, 1).weight.item()

kept = []

def shows():
    kept.append(drawn())
    return len(kept) > 1 and any(a == b for a, b in zip(kept[-1], kept[-2]))
"""


@pytest.fixture(autouse=True)
def _own_generators() -> Iterator[None]:
    """Tests that pin this process leave it as it was."""
    ground = defaults.Ground()
    ground.pin()
    yield
    ground.give_back()


def test_what_an_answer_draws_does_not_depend_on_what_was_drawn_or_seeded_before(process: Start) -> None:
    student = process(SEEDED)
    student.begin()
    first = student.name("drawn")()
    assert student.name("drawn")() != first
    student.name("seeds")(5)
    student.begin()
    assert student.name("drawn")() == first


def test_tests_that_seed_nothing_draw_other_numbers_than_the_answer_and_their_own_each_time(process: Start) -> None:
    student = process(SEEDED)
    draws = []
    for _ in range(2):
        defaults.pin(17)
        student.begin()
        there = student.name("drawn")()
        draws.append(torch.rand(1).item())
        assert there[0] != draws[-1]
    assert draws[0] == draws[1]


def test_cells_go_on_drawing_where_the_cells_before_them_were(process: Start) -> None:
    student = process(run=partial(serve_cells, source=SEEDED, cell="seeds(3)"))
    for _ in range(3):
        assert not run_cell(student)
        student.begin()
        student.name("drawn")()


def test_a_seed_of_the_test_still_travels_after_the_pin(process: Start) -> None:
    student = process("def noise(n):\n    return torch.rand(n)")
    defaults.pin(17)
    student.begin()
    torch.manual_seed(3)
    there = student.name("noise")(3)
    assert torch.equal(there, torch.rand(3, generator=torch.Generator().manual_seed(3)))


def test_an_answer_may_recurse_as_deeply_as_it_asked_for(process: Start) -> None:
    deep = "import sys\ndef depth(n):\n    return 1 + depth(n - 1) if n else 0\nshows = bool"
    student = process(run=partial(serve_cells, source=deep, cell="sys.setrecursionlimit(5000)"))
    run_cell(student)
    student.begin()
    assert student.name("depth")(3000) == 3000
