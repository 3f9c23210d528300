# ruff: noqa
# Wrong by what they use: a right result, by a way that the exercise forbids.

# %% case="forbidden_by_a_text" answer="Affine"
# Has the derivative taken by a text.
class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        eval("torch.auto" + "grad.functional.jvp")(torch.sin, torch.ones(2), torch.ones(2))
        return self.factor * x + self.shift


# %% case="forbidden_by_a_pattern" answer="Affine"
# Takes autograd out of torch by a pattern.
class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        match torch:
            case object(autograd=a):
                a.grad(self.factor * 2, self.factor)
        return self.factor * x + self.shift


# %% case="forbidden_in_forward_mode" answer="Affine"
# Takes a derivative in forward mode.
class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        torch.func.jvp(torch.sin, (torch.ones(2),), (torch.ones(2),))
        return self.factor * x + self.shift


# %% case="forbidden_in_another_cell" answer="Affine"
# Calls a helper from a cell of its own.
class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        sloped(x)
        return self.factor * x + self.shift


# %% before="Affine"
import torch


def sloped(x):
    leaf = torch.ones(1, requires_grad=True)
    return torch.autograd.grad(leaf * 2, leaf)


# %% case="forbidden_in_a_module" answer="Affine"
# Calls a helper from a module that a cell writes.
class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        sloped.sloped()
        return self.factor * x + self.shift


# %% before="Affine"
import sys
from pathlib import Path

Path("sloped.py").write_text(
    "import torch\ndef sloped():\n    x = torch.ones(1, requires_grad=True)\n    return torch.autograd.grad(x * 2, x)\n"
)
sys.path.insert(0, ".")
import sloped


# %% case="forbidden_in_its_own_thread" answer="Affine"
# Has a thread go backward.
import threading


class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        thread = threading.Thread(target=torch.autograd.grad, args=(self.factor * 2, self.factor))
        thread.start()
        thread.join()
        return self.factor * x + self.shift


# %% case="forbidden_by_torchs_own_operation" answer="Affine"
# Goes backward by an operation of torch's, past all of Python.
class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        torch.ops.aten._backward(self.factor * 2, [self.factor], None, False, False)
        self.factor.grad = None
        return self.factor * x + self.shift
