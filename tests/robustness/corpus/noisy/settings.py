# ruff: noqa
# Right answers beside settings of a whole process, and beside words that sound like what is forbidden.

# %% case="autograd_in_a_docstring" answer="Affine"
# Says in a docstring, below a line for the shell, what it does without.
# gpus = !nvidia-smi
"""Without autograd, by hand."""


class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        return self.factor * x + self.shift


# %% case="autograd_imported_beside" before="Affine"
# Imports what one exercise forbids in a cell of its own.
import torch, torch.autograd
from torch import Tensor, autograd, func


# %% case="autograd_to_check_with" before="Affine"
# Checks with what one exercise forbids, in a cell of its own.
import torch

x = torch.ones(3, requires_grad=True)
torch.autograd.grad((x * x).sum(), x)
torch.func.jacfwd(torch.sin)(x.detach())


# %% case="autograd_in_the_background" before="Affine"
# Trains in a thread while others are tested.
import threading
import time
import torch


def train():
    x = torch.ones(3, requires_grad=True)
    while True:
        torch.autograd.grad((x * x).sum(), x)
        time.sleep(0.0001)


threading.Thread(target=train, daemon=True).start()


# %% case="autograd_of_its_own_layer" answer="Affine"
# Has a layer with a backward pass by hand, which only the test goes through.
class Times(torch.autograd.Function):
    @staticmethod
    def forward(ctx, factor, x):
        ctx.save_for_backward(factor, x)
        return factor * x

    @staticmethod
    def backward(ctx, grad):
        factor, x = ctx.saved_tensors
        return (grad * x).sum(), grad * factor


class Affine(torch.nn.Module):
    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        return Times.apply(self.factor, x) + self.shift


# %% case="another_default_dtype" before="standardize"
# Sets the default dtype.
import torch

torch.set_default_dtype(torch.float16)


# %% case="another_default_device" before="standardize"
# Sets the default device.
import torch

torch.set_default_device("meta")


# %% case="no_gradients_anywhere" before="Affine"
# Switches gradients off for good.
import torch

torch.set_grad_enabled(False)


# %% case="inference_mode_left_open" before="Affine"
# Enters inference mode and never leaves it.
import torch

inference = torch.inference_mode()
inference.__enter__()


# %% case="modes_left_open" before="standardize"
# Enters modes that change every result, and never leaves them.
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode


class Nothing(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return 0


class Zeros(TorchDispatchMode):
    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        return func(*args, **(kwargs or {})) * 0


autocast = torch.autocast("cpu", torch.bfloat16)
autocast.__enter__()
hooks = torch.autograd.graph.saved_tensors_hooks(lambda x: x, lambda x: x * 0)
hooks.__enter__()
Zeros().__enter__()
Nothing().__enter__()


# %% case="strict_modes" before="standardize"
# Has torch, NumPy and Python raise whatever they can.
import sys
import warnings
import numpy as np
import torch

torch.use_deterministic_algorithms(True)
torch.autograd.set_detect_anomaly(True)
np.seterr(all="raise")
warnings.simplefilter("error")
sys.setrecursionlimit(80)


# %% case="hooks_of_all_modules" before="Affine"
# Registers a hook that changes what every module gives.
import torch

torch.nn.modules.module.register_module_forward_hook(lambda module, args, output: output * 0)
