"""What an exercise forbids is noticed by what runs, whatever it is called, and nothing else is."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from importlib import import_module

import pytest
import torch

from autograder.boundary.channel import Channel
from autograder.boundary.grader import Remote, StudentError
from autograder.boundary.student import Objects
from autograder.errors import CourseError
from autograder.execution.untrusted import guard
from autograder.settings import Forbidden, read_settings
from sandbox.forked import forked
from tests.boundary.conftest import defined, process
from tests.conftest import CHECKOUT

# What torch would import in each of the processes below, at their first gradient.
for module in ("torch._dynamo", "torch.fx.experimental.symbolic_shapes", "torch._functorch.vmap"):
    import_module(module)

AUTOGRAD, PUBLISHED = "autograd", "published"
Start = Callable[..., Remote]
__all__ = ["process"]

# Each defines ``answer``, which computes the derivative of a square by machine.
BY_MACHINE = {
    "backward": """
        def answer(x):
            x = x.clone().requires_grad_()
            (x * x).sum().backward()
            return x.grad""",
    "grad": """
        def answer(x):
            x = x.clone().requires_grad_()
            return torch.autograd.grad((x * x).sum(), x)[0]""",
    "grad in a call without gradients": """
        @torch.no_grad()
        def answer(x):
            with torch.enable_grad():
                x = x.clone().requires_grad_()
                y = (x * x).sum()
            return torch.autograd.grad(y, x)[0]""",
    "an alias": """
        from torch import autograd as a
        g = a.grad
        def answer(x):
            x = x.clone().requires_grad_()
            return g((x * x).sum(), x)[0]""",
    "a pattern": """
        def answer(x):
            match torch:
                case object(autograd=a):
                    return a.functional.jacobian(lambda x: (x * x).sum(), x)""",
    "a text": """
        def answer(x):
            return eval("torch.auto" + "grad.functional.vjp")(lambda x: x * x, x, torch.ones_like(x))[1]""",
    "bound beforehand": """
        from functools import partial
        answer = partial(torch.func.grad(lambda x: (x * x).sum()))""",
    "a class": """
        class answer(nn.Module):
            def __new__(cls, x):
                return torch.autograd.functional.hessian(lambda x: (x ** 3).sum(), x).diagonal() / 3""",
    "the engine": """
        engine = torch.autograd.Variable._execution_engine
        def answer(x):
            x = x.clone().requires_grad_()
            ones = (torch.ones_like(x),)
            return engine.run_backward((x * x,), ones, False, False, (x,), True, accumulate_grad=False)[0]""",
    "an engine of its own": """
        def answer(x):
            x = x.clone().requires_grad_()
            engine = torch._C._ImperativeEngine()
            ones = (torch.ones_like(x),)
            return engine.run_backward((x * x,), ones, False, False, (x,), True, accumulate_grad=False)[0]""",
    "the operation": """
        def answer(x):
            x = x.clone().requires_grad_()
            torch.ops.aten._backward((x * x).sum(), [x], None, False, False)
            return x.grad""",
    "a script": """
        def answer(x):
            return torch.jit.CompilationUnit('''
def gradient(x):
    y = (x * x).sum()
    return torch.autograd.grad([y], [x])[0]
''').gradient(x.clone().requires_grad_())""",
    "vjp": """
        def answer(x):
            return torch.func.vjp(lambda x: x * x, x)[1](torch.ones_like(x))[0]""",
    "jacrev": """
        def answer(x):
            return torch.func.jacrev(lambda x: x * x)(x).diagonal()""",
    "jacfwd": """
        def answer(x):
            return torch.func.jacfwd(lambda x: x * x)(x).diagonal()""",
    "jvp": """
        from torch.func import jvp
        def answer(x):
            return jvp(lambda x: x * x, (x,), (torch.ones_like(x),))[1]""",
    "functorch": """
        from functorch import grad
        def answer(x):
            return grad(lambda x: (x * x).sum())(x)""",
    "forward mode": """
        from torch.autograd.forward_ad import dual_level, make_dual, unpack_dual
        def answer(x):
            with dual_level():
                x = make_dual(x, torch.ones_like(x))
                return unpack_dual(x * x).tangent""",
    "a level of forward mode": """
        from torch._C import _enter_dual_level, _exit_dual_level
        def answer(x):
            level = _enter_dual_level()
            x = torch._make_dual(x, torch.ones_like(x), level)
            tangent = torch._unpack_dual(x * x, level).tangent
            _exit_dual_level(level=level)
            return tangent""",
    "linearize": """
        def answer(x):
            return torch.func.linearize(lambda x: x * x, x)[1](torch.ones_like(x))""",
    "checkpoint": """
        from torch.utils.checkpoint import checkpoint
        def answer(x):
            x = x.clone().requires_grad_()
            checkpoint(lambda x: (x * x).sum(), x, use_reentrant=False).backward()
            return x.grad""",
    "a function of its own": """
        class Square(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * x
            @staticmethod
            def backward(ctx, grad):
                return 2 * ctx.saved_tensors[0] * grad
        def answer(x):
            x = x.clone().requires_grad_()
            Square.apply(x).sum().backward()
            return x.grad""",
    "a hook": """
        def answer(x):
            found = []
            x = x.clone().requires_grad_()
            x.register_hook(found.append)
            (x * x).sum().backward()
            return found[0]""",
    "a thread": """
        from threading import Thread
        def answer(x):
            x = x.clone().requires_grad_()
            thread = Thread(target=lambda: (x * x).sum().backward())
            thread.start()
            thread.join()
            return x.grad""",
    "a pool": """
        from concurrent.futures import ThreadPoolExecutor
        def answer(x):
            x = x.clone().requires_grad_()
            with ThreadPoolExecutor() as pool:
                return pool.submit(torch.autograd.grad, (x * x).sum(), x).result()[0]""",
    "a task": """
        import asyncio
        async def gradient(x):
            (x * x).sum().backward()
            return x.grad
        def answer(x):
            return asyncio.run(gradient(x.clone().requires_grad_()))""",
    "a graph of before": """
        x0 = torch.full((3,), 2.0, dtype=torch.float64, requires_grad=True)
        y0 = (x0 * x0).sum()
        def answer(x):
            return torch.autograd.grad(y0, x0, retain_graph=True)[0]""",
    "a backward function of torch": """
        def answer(x):
            of = getattr(torch.ops.aten, "native_batch_norm_" + "backward")
            ones = torch.ones(1, dtype=x.dtype)
            batch = torch.stack([x, -x])[:, :1]
            found = of(batch, batch, ones, None, None, 0 * ones, ones, True, 1e-5, [True, True, True])
            return 2 * x + 0 * found[0].sum()""",
    "the node of a graph": """
        def answer(x):
            x = x.clone().requires_grad_()
            return F.softplus(x).grad_fn(torch.ones_like(x)) * 0 + 2 * x.detach()""",
    "a mode that is left open": """
        from torch.utils._python_dispatch import TorchDispatchMode
        class Through(TorchDispatchMode):
            def __torch_dispatch__(self, func, types, args=(), kwargs=None):
                return func(*args, **(kwargs or {}))
        def answer(x):
            Through().__enter__()
            x = x.clone().requires_grad_()
            return torch.autograd.grad((x * x).sum(), x)[0]""",
}
# Each computes the same by hand, however much of autograd stands around it.
BY_HAND = {
    "plain": """
        def answer(x):
            return 2 * x""",
    "words": '''
        """No autograd here: no backward, no grad."""
        import torch.autograd
        from torch import autograd, func
        def answer(x):
            """Without torch.autograd.grad."""
            backward = grad = 2
            return grad * x''',
    "modes": """
        def answer(x):
            with torch.no_grad(), torch.set_grad_enabled(True), torch.enable_grad():
                return (2 * x.requires_grad_(False)).detach()""",
    "a graph that nobody goes back through": """
        def answer(x):
            x = x.clone().requires_grad_()
            y = nn.Parameter(x) * 2
            assert y.requires_grad and y.grad_fn is not None and "MulBackward" in repr(y)
            return y.detach()""",
    "a function with a backward by hand": """
        class Square(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * x
            @staticmethod
            def backward(ctx, grad):
                return 2 * grad
        def answer(x):
            Square.apply(x.clone().requires_grad_())
            return Square.backward(None, x)""",
    "settings": """
        def answer(x):
            torch.autograd.set_grad_enabled(True)
            torch.set_default_dtype(torch.float32)
            return 2 * x""",
    "a batch of calls": """
        def answer(x):
            return torch.vmap(lambda x: 2 * x)(x)""",
    "differences": """
        def answer(x):
            return ((x + 1e-6) ** 2 - (x - 1e-6) ** 2) / 2e-6""",
    "checked beforehand": """
        def answer(x):
            return 2 * x
        x0 = torch.ones(3, requires_grad=True)
        (x0 * x0).sum().backward()
        assert torch.equal(x0.grad, answer(x0.detach()))
        torch.func.jacfwd(answer)(x0)""",
    "trained in the background": """
        import threading
        def answer(x):
            started.wait()
            for _ in range(200):
                x = x + 0
            return 2 * x
        def train():
            x = torch.ones(3, requires_grad=True)
            while True:
                torch.autograd.grad((x * x).sum(), x)
                started.set()
        started = threading.Event()
        threading.Thread(target=train, daemon=True).start()""",
    "a pool of the background": """
        import threading
        from concurrent.futures import ThreadPoolExecutor
        def answer(x):
            go.set()
            done.wait()
            return 2 * x
        def train():
            go.wait()
            x = torch.ones(3, requires_grad=True)
            with ThreadPoolExecutor() as pool:
                pool.submit(torch.autograd.grad, (x * x).sum(), x).result()
            done.set()
        go, done = threading.Event(), threading.Event()
        threading.Thread(target=train, daemon=True).start()""",
    "a function of torch": """
        def answer(x):
            layer = nn.BatchNorm1d(3, dtype=x.dtype)
            layer(torch.stack([x, -x]))
            return 2 * x""",
}
PUBLISHED_NETWORKS = {
    "called": """
        from cnnlab import published
        def answer():
            return published.network("resnet18", 8)""",
    "by another name": """
        from importlib import import_module
        def answer():
            return vars(import_module("cnn" + "lab.published"))["net" + "work"]("resnet18", 8)""",
    "made before": """
        from cnnlab.published import network
        net = network("resnet18", 8)
        def answer():
            return net""",
    "its layers": """
        from cnnlab.published import network
        layers = list(network("resnet18", 8).layers.values())
        def answer():
            return nn.Sequential(*layers)""",
    "a copy": """
        import copy
        from cnnlab.published import network
        net = network("resnet18", 8)
        def answer():
            return copy.deepcopy(net)""",
    "hidden in it": """
        from cnnlab.published import network
        class answer(nn.Module):
            net = [network("resnet18", 8)]
            def __init__(self):
                super().__init__()
                self.parts = [{"net": self.net[0]}]
            def forward(self, image):
                return self.parts[0]["net"](image)""",
    "a function of it": """
        from cnnlab.published import network
        def build():
            net = network("resnet18", 8)
            return lambda: lambda image: net(image)
        answer = build()""",
    "a subclass": """
        from cnnlab.published import Network, _rows
        class answer(Network):
            def __init__(self):
                super().__init__(_rows()["resnet18"], 8)""",
}
OWN_NETWORKS = {
    "of the same layers": """
        from cnnlab import published
        from cnnlab.published import network, NAMES
        def answer():
            return nn.Sequential(nn.Conv2d(3, 8, 7), nn.BatchNorm2d(8), nn.ReLU())
        net = network("resnet18", 8)""",
    "a table": """
        from cnnlab import published
        def answer():
            return published.NAMES""",
}


@pytest.fixture
def start(process: Start) -> Iterator[Callable[[str], Remote]]:
    """A student's process with a guard."""

    def serve(connection: socket.socket, source: str) -> None:
        guard.install(read_settings(CHECKOUT).forbids)
        channel, objects = Channel(connection), Objects(defined(source), guard.Guard())
        while True:
            channel.send(objects.answer(channel.receive()))

    def started(source: str) -> Remote:
        lines = source.replace("\n        ", "\n")
        return process(run=partial(serve, source=lines))

    yield started


@pytest.mark.parametrize("source", BY_MACHINE.values(), ids=BY_MACHINE)
def test_a_derivative_by_machine_is_noticed_and_not_stopped(source: str, start: Callable[[str], Remote]) -> None:
    student, x = start(source), torch.full((3,), 2.0, dtype=torch.float64)
    student.begin([AUTOGRAD])
    torch.testing.assert_close(student.name("answer")(x).detach(), 2 * x)
    assert student.used([AUTOGRAD]) == [AUTOGRAD]


@pytest.mark.parametrize("source", BY_HAND.values(), ids=BY_HAND)
def test_a_derivative_by_hand_is_not_accused(source: str, start: Callable[[str], Remote]) -> None:
    student, x = start(source), torch.full((3,), 2.0, dtype=torch.float64)
    student.begin([AUTOGRAD])
    torch.testing.assert_close(student.name("answer")(x), 2 * x, atol=1e-6, rtol=0)
    assert student.used([AUTOGRAD]) == []


@pytest.mark.parametrize("source", PUBLISHED_NETWORKS.values(), ids=PUBLISHED_NETWORKS)
def test_a_published_network_that_is_built_or_called_is_noticed(source: str, start: Callable[[str], Remote]) -> None:
    student = start(source)
    student.begin([PUBLISHED])
    with suppress(StudentError):
        student.name("answer")()(torch.zeros(1, 3, 32, 32))
    assert student.used([PUBLISHED]) == [PUBLISHED]


@pytest.mark.parametrize("source", OWN_NETWORKS.values(), ids=OWN_NETWORKS)
def test_a_network_of_ones_own_is_not_accused(source: str, start: Callable[[str], Remote]) -> None:
    student = start(source)
    student.begin([PUBLISHED])
    student.name("answer")()
    assert student.used([PUBLISHED]) == []


def test_gradients_that_the_test_asks_for_are_its_own(start: Callable[[str], Remote]) -> None:
    student, x = start("def answer(x):\n    return x * x"), torch.ones(3, requires_grad=True)
    student.begin([AUTOGRAD])
    student.name("answer")(x).sum().backward()
    assert x.grad is not None and student.used([AUTOGRAD]) == []


def test_a_test_of_another_exercise_accuses_nobody(start: Callable[[str], Remote]) -> None:
    student, x = start(BY_MACHINE["grad"]), torch.ones(3)
    student.begin([AUTOGRAD])
    student.name("answer")
    student.begin([])
    student.name("answer")(x)
    assert student.used([]) == []
    student.begin([AUTOGRAD])
    student.name("answer")
    assert student.used([AUTOGRAD]) == []


def test_only_what_is_forbidden_is_told(start: Callable[[str], Remote]) -> None:
    student = start(BY_MACHINE["grad"])
    student.begin([PUBLISHED])
    student.name("answer")(torch.ones(3))
    assert student.used([PUBLISHED]) == []


@pytest.mark.parametrize("told", ["'autograd'", "['all of it', 7, 'published']", "{'autograd': 1}", "None", "1 / 0"])
def test_what_the_process_says_can_only_be_names_that_were_asked_for(told: str, start: Callable[[str], Remote]) -> None:
    lies = f"from autograder.execution.untrusted import guard\nguard.Guard.take = lambda self: {told}\nanswer = 1"
    student = start(lies)
    student.begin([AUTOGRAD])
    student.name("answer")
    try:
        assert student.used([AUTOGRAD]) == []
    except ZeroDivisionError:
        assert told == "1 / 0"


def test_what_the_guard_adds_leaves_nothing_behind(start: Callable[[str], Remote]) -> None:
    looks = "from torch.utils._python_dispatch import _get_current_dispatch_mode_stack as stack\n"
    looks += "def answer():\n    return len(stack())"
    student = start(looks)
    student.begin([AUTOGRAD, PUBLISHED])
    assert student.name("answer")() == 1
    assert student.name("answer")() == 1
    student.begin([])
    assert student.name("answer")() == 0


@pytest.mark.parametrize(
    ("called", "answer", "used"),
    [
        ("fractions.Fraction", "from fractions import Fraction\ndef answer(x): return int(Fraction(x))", True),
        ("fractions.Fraction", "def answer(x): return x", False),
        ("numpy.add", "import numpy as np\ndef answer(x): return int(np.add(x, 0))", True),
        ("numpy.add", "import numpy as np\ndef answer(x): return int(np.add.reduce([x]))", False),
        ("math.fsum", "from math import fsum\ndef answer(x): return int(fsum([x]))", True),
    ],
)
def test_a_course_can_forbid_any_function_or_class(process: Start, called: str, answer: str, used: bool) -> None:
    def serve(connection: socket.socket) -> None:
        guard.install({"it": Forbidden("No {0}.", (called,))})
        channel, objects = Channel(connection), Objects(defined(answer), guard.Guard())
        while True:
            channel.send(objects.answer(channel.receive()))

    student = process(run=serve)
    student.begin(["it"])
    assert student.name("answer")(3) == 3
    assert student.used(["it"]) == (["it"] if used else [])


@pytest.mark.parametrize("called", ["math.pi", "os.path", "builtins.sum", "math.nothing", "collections.deque"])
def test_what_cannot_be_watched_is_refused(called: str) -> None:
    with pytest.raises(CourseError, match=r"course\.toml: forbids\.it\.calls: "):
        forked(lambda: guard.install({"it": Forbidden("No {0}.", (called,))}))
