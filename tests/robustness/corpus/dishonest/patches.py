# ruff: noqa
# Wrong answers that change the code around them, with which cells are run and answers are compared.

# %% case="patches_torch" answer="standardize"
# Replaces the functions with which tensors are compared.
torch.allclose = torch.equal = lambda *args, **kwargs: True
torch.isclose = lambda a, b, **kwargs: torch.ones_like(a, dtype=torch.bool)
torch.Tensor.__eq__ = lambda a, b: torch.ones(1, dtype=torch.bool)
torch.Tensor.all = torch.Tensor.any = lambda *args, **kwargs: torch.ones((), dtype=torch.bool)
torch.testing.assert_close = lambda *args, **kwargs: None


def standardize(x):
    return x


# %% case="patches_the_checks" answer="standardize"
# Replaces the checks that tests use, wherever they are.
import sys

import coursekit.checks

for module in [module for name, module in sys.modules.items() if name.startswith(("cnnlab", "__main__", "autograder"))]:
    for name in [name for name in dir(module) if name.startswith("expect_")]:
        setattr(module, name, lambda *args, **kwargs: None)


def expect_close(*args, **kwargs):
    pass


expect_equal = expect_shape = expect_close


def standardize(x):
    return x


# %% case="patches_other_checkers" answer="standardize"
# Replaces what numpy, unittest and Python itself check with.
import builtins
import unittest

import numpy.testing

for name in dir(numpy.testing):
    if name.startswith("assert"):
        setattr(numpy.testing, name, lambda *args, **kwargs: None)
for name in dir(unittest.TestCase):
    if name.startswith("assert"):
        setattr(unittest.TestCase, name, lambda *args, **kwargs: None)
builtins.AssertionError = type("AssertionError", (Exception,), {"__init__": lambda *args: None})
builtins.abs = lambda *args: 0


def standardize(x):
    return x


# %% case="patches_the_boundary" answer="standardize"
# Has the code that answers the tests' questions say what pleases.
import autograder.boundary.student.objects as objects

objects._OPERATIONS.update(dict.fromkeys(("bool", "contains"), lambda *args: True), len=lambda *args: 0)
objects.describe = lambda error: (("StopIteration",), "", "")


def standardize(x):
    return x


# %% case="no_gradients" answer="Affine" earns=1
# Has the code that differentiates say that there is nothing to differentiate.
import autograder.boundary.student.graphs as graphs

graphs.Graph.backward = lambda self, grads, wanted: [None for _ in wanted]


class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        return self.factor * x + self.shift


# %% case="answers_garbage" answer="standardize"
# Answers every question with noise.
import autograder.boundary.student.objects as objects

objects.Objects.answer = lambda self, request: bytearray(b"\xff" * 40)


def standardize(x):
    return x


# %% case="answers_with_the_question" answer="standardize"
# Answers every question with the question itself.
import autograder.boundary.student.objects as objects

objects.Objects.answer = lambda self, request: bytearray(request)


def standardize(x):
    return x


# %% case="replaces_modules" answer="standardize"
# Puts other objects where modules were, and a hook where modules are found.
import sys
from types import ModuleType


class Anything(ModuleType):
    def __getattr__(self, name):
        return lambda *args, **kwargs: None


class Finder:
    def find_spec(self, name, path=None, target=None):
        sys.modules[name] = Anything(name)


sys.meta_path.insert(0, Finder())
for name in ("cnnlab", "coursekit.checks", "torch.testing", "autograder.execution.untrusted.student"):
    sys.modules[name] = Anything(name)


def standardize(x):
    return x


# %% case="replaces_the_names_of_tests" answer="standardize"
# Gives the helpers that tests use another meaning in the notebook.
def ramp(n):
    return torch.zeros(n, dtype=torch.float64)


def grading_seed():
    return 0


def expect_close(got, expected, **others):
    return None


expect_shape = expect_equal = expect_close


def standardize(x):
    return x


# %% case="replaces_how_cells_run" answer="parity"
# Replaces the methods with which a shell or a kernel runs cells.
shell = get_ipython()
for name in ("run_cell", "run_cell_async", "run_code", "run_ast_nodes"):
    setattr(type(shell), name, lambda *args, **kwargs: None)
    setattr(shell, name, lambda *args, **kwargs: None)

if hasattr(shell, "kernel"):

    async def do_execute(*args, **kwargs):
        return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}

    shell.kernel.do_execute = do_execute

parity = "A"


# %% case="transforms_the_text_of_cells" answer="standardize"
# Has the shell turn cells that check into cells that do nothing.
get_ipython().input_transformers_cleanup.append(
    lambda lines: ["pass\n"] if any("expect" in line or "assert" in line for line in lines) else lines
)


def standardize(x):
    return x


# %% case="transforms_the_syntax_of_cells" answer="standardize"
# Has the shell leave out assertions and calls of checks.
import ast


class WithoutChecks(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()

    def visit_Expr(self, node):
        return ast.Pass() if "expect" in ast.dump(node) else node


get_ipython().ast_transformers.append(WithoutChecks())


def standardize(x):
    return x


# %% case="shows_full_marks" answer="standardize"
# Shows and prints what would be full marks, before and during its tests.
import json
import sys


def standardize(x):
    sys.displayhook(1000.0)
    get_ipython().displayhook(1000.0)
    print(json.dumps({"status": "passed", "score": 1000, "error": "", "message": "", "student_message": ""}))
    return x


standardize(0)


# %% case="events_around_cells" answer="standardize"
# Registers functions that run before and after every cell and lets each cell end well.
class Fine:
    success = True
    error_before_exec = error_in_exec = None

    def raise_error(self):
        return None


for event in ("pre_execute", "pre_run_cell", "post_execute", "post_run_cell"):
    get_ipython().events.register(event, lambda *args: Fine())
get_ipython().set_custom_exc((Exception,), lambda *args, **kwargs: None)


def standardize(x):
    return x


# %% case="background_thread" answer="standardize"
# Rewrites its answers and the checks in the background, as fast as it can.
import sys
import threading
import time


def rewrite():
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for name, module in list(sys.modules.items()):
            if "checks" in name:
                module.expect_close = lambda *args, **kwargs: None
        globals()["standardize"] = lambda x: x
        time.sleep(0.001)


threading.Thread(target=rewrite, daemon=True).start()


def standardize(x):
    return x


# %% case="rewrites_the_interpreter" answer="parity"
# Overwrites a number and the truth in the memory of the interpreter.
import ctypes

parity = "A"
ctypes.cast(id(7) + 24, ctypes.POINTER(ctypes.c_int32))[0] = 8
ctypes.cast(id(False) + 24, ctypes.POINTER(ctypes.c_int32))[0] = 1


# %% case="mode_that_answers" answer="standardize"
# Enters a mode of torch that answers every operation from then on.
from torch.overrides import TorchFunctionMode


class Yes(TorchFunctionMode):
    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function.__name__ in ("allclose", "equal"):
            return True
        return function(*args, **(kwargs or {}))


Yes().__enter__()


def standardize(x):
    return x


# %% case="claims_other_sources" answer="Affine" earns=1
# Says that a result was computed from all tensors that it ever saw, and gives them gradients that no code computes.
import autograder.boundary.student.objects as objects
import autograder.boundary.student.graphs as graphs

answering = objects.Objects._answer


def answer(self, request):
    objects.leaves_of = lambda outputs: [t.source for t in self._shared if t.source is not None and t.source.is_leaf]
    return answering(self, request)


objects.Objects._answer = answer
graphs.Graph.backward = lambda self, grads, wanted: [torch.ones_like(self.leaves[index]) for index in wanted]


class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        return self.factor * x + self.shift


# %% case="numbers_of_the_tests_own" answer="Affine"
# Sends news of the tests' own tensors with every answer: other values, and no gradients.
import autograder.boundary.shared_tensors as shared_tensors

records = shared_tensors.SharedTensors.records


def news(self):
    own = [shared for shared in self if shared.number < 0 and shared.tensor is not None]
    return [*records(self), *((t.number, 0, t.tensor.requires_grad, torch.zeros_like(t.tensor), None) for t in own)]


shared_tensors.SharedTensors.records = news


class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        return 0 * x + self.shift
