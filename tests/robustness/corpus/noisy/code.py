# ruff: noqa
# Right answers beside code that warns, prints, asks, fails or changes settings.

# %% case="quiet" before="standardize"
# Is right and says nothing.
import torch


# %% case="warnings" answer="standardize"
# Warns on standard error, before, during and after.
import sys
import warnings

warnings.warn("something is deprecated", DeprecationWarning)
print("Could not initialize NNPACK! Reason: Unsupported hardware.", file=sys.stderr)


def standardize(x):
    warnings.warn("standardizing", stacklevel=1)
    return (x - x.mean(dim=0)) / x.std(dim=0, correction=0)


# %% case="warnings_of_torch" answer="standardize"
# Uses what torch warns about.
torch._C._log_api_usage_once("noise")
torch.nn.functional.softmax(torch.ones(3))
torch.ones(2, 3, 4).T


def standardize(x):
    return (x - x.mean(0)) / torch.std(x, 0, False)


# %% case="warnings_are_errors" before="standardize"
# Has Python raise every warning as an error.
import warnings

warnings.simplefilter("error")


# %% case="prints" answer="standardize"
# Prints at every call, colours and other alphabets included.
def standardize(x):
    for row in range(200):
        print(f"\x1b[31mrow {row}\x1b[0m", "均值", "🙂", x)
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


# %% case="progress_bar" answer="standardize"
# Draws a progress bar over itself.
import sys
import time


def standardize(x):
    for step in range(20):
        sys.stdout.write(f"\r{'█' * step}{' ' * (20 - step)} {5 * step}%")
        sys.stdout.flush()
        time.sleep(0.001)
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


# %% case="progress_bar_of_a_library" before="standardize"
# Uses a progress bar that may not be installed, in a terminal and as a widget.
from tqdm.notebook import tqdm

for _ in tqdm(range(3)):
    pass


# %% case="widgets" before="standardize"
# Shows a slider.
import ipywidgets
from IPython.display import display

display(ipywidgets.IntSlider())


# %% case="logging" answer="standardize"
# Logs at every call, to a handler of its own.
import logging

logging.basicConfig(level=logging.DEBUG, force=True)
logger = logging.getLogger("standardize")


def standardize(x):
    logger.debug("standardizing %s", x.shape)
    logging.getLogger().warning("careful")
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


# %% case="seeds" answer="standardize"
# Sets every seed, at every call.
import random

import numpy as np


def standardize(x):
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


# %% case="default_dtype" before="standardize"
# Makes another floating-point type the default.
torch.set_default_dtype(torch.float16)
torch.set_printoptions(precision=1)


# %% case="default_device" before="standardize"
# Sets the default device, as notebooks written for a GPU do.
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.set_default_device(device)


# %% case="default_tensor_type" before="standardize"
# Sets the default tensor type in the old way.
torch.set_default_tensor_type(torch.DoubleTensor)


# %% case="gradients_off" before="Affine"
# Turns gradients off and never on again.
torch.set_grad_enabled(False)
torch.inference_mode().__enter__()


# %% case="anomaly_detection" before="standardize"
# Has torch look for anomalies.
torch.autograd.set_detect_anomaly(True)


# %% case="many_threads" before="standardize"
# Asks torch for more threads.
torch.set_num_threads(4)
torch.ones(512, 512) @ torch.ones(512, 512)


# %% case="threads_that_go_on" before="standardize"
# Starts threads that print while everything else runs.
import threading
import time


def chatter():
    for _ in range(200):
        print("still here")
        time.sleep(0.01)


for _ in range(3):
    threading.Thread(target=chatter, daemon=True).start()


# %% case="asks_for_input" before="standardize"
# Waits for the keyboard.
name = input("Your name: ")


# %% case="asks_before_it_answers" answer="standardize"
# Waits for the keyboard in the cell of an answer.
input("Press Enter to define the function")


def standardize(x):
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


# %% case="asks_for_a_password" before="standardize"
# Waits for a password.
import getpass

getpass.getpass()


# %% case="breakpoints" answer="standardize"
# Leaves breakpoints in an answer.
import pdb


def standardize(x):
    pdb.set_trace()
    breakpoint()
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


# %% case="awaits" before="standardize"
# Awaits at the top of a cell, and runs a loop.
import asyncio

await asyncio.sleep(0)

# %% before="standardize"
asyncio.run(asyncio.sleep(0))


# %% case="fails_elsewhere" before="standardize"
# Has cells of its own that fail.
1 / 0

# %% before="standardize"
return "from nowhere"

# %% before="Affine"
raise SystemExit

# %% before="Affine"
import module_that_is_not_installed


# %% case="fails_afterwards" answer="standardize"
# Fails in the cell of an answer, below the answer.
def standardize(x):
    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)


assert standardize(torch.ones(2, 2)) == 0


# %% case="leaves" before="Affine"
# Leaves, as in a script.
import sys

sys.exit("done")


# %% case="quits" before="Affine"
# Quits, as in a terminal.
quit()


# %% case="closes_its_outputs" before="standardize"
# Sends its output to a file and closes the standard ones.
import sys

sys.stdout = open("log.txt", "w")
print("hello")
sys.stdout.close()
sys.stderr.close()
sys.stdin.close()


# %% case="files" answer="standardize"
# Keeps a log and a checkpoint in its folder.
from pathlib import Path


def standardize(x):
    with open("log.txt", "a") as log:
        log.write(f"{x}\n")
    torch.save(x, Path.home() / "x.pt")
    return (x - torch.load("x.pt").mean(dim=0)) / x.std(dim=0, unbiased=False)


# %% case="loads_in_workers" before="standardize"
# Loads data in worker processes.
loader = torch.utils.data.DataLoader(torch.arange(8), batch_size=4, num_workers=2)
print(list(loader))


# %% case="processes" before="standardize"
# Runs a pool of processes and a program.
import multiprocessing
import subprocess

with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(abs, [-1, -2]))
subprocess.run(["python", "--version"], check=True)


# %% case="downloads" before="standardize" tells="use the network"
# Downloads data where there is no network.
import urllib.request

urllib.request.urlretrieve("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz", "cifar.tar.gz")


# %% case="helper_below" answer="standardize"
# Calls a helper that stands below it.
def standardize(x):
    return centred(x) / x.std(dim=0, unbiased=False)


# %% before="ramp"
def centred(x):
    return x - x.mean(dim=0)


# %% case="other_names_for_modules" answer="standardize"
# Imports torch under other names and forgets the usual one.
import torch as th
from torch import Tensor as T


def standardize(x: T, /, *, eps: "float" = 0.0) -> T:
    return th.sub(x, x.mean(0)).div(x.var(0, unbiased=False).add(eps).sqrt())


# %% case="shadowed_names" before="Affine"
# Uses the names of built-in functions and of tests for values.
list = [1, 2]
str = "text"
sum = x = y = 3
affine = None


# %% case="answers_with_more_than_asked" answer="Affine"
# Adds attributes, hooks and prints to a module.
class Affine(torch.nn.Module):
    def __init__(self, factor, shift, verbose=True):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))
        self.history = []
        self.register_forward_hook(lambda module, args, output: self.history.append(output.detach()))
        print(self)

    def forward(self, x):
        return torch.addcmul(self.shift, self.factor, x)


Affine(1, 2)(torch.ones(3, dtype=torch.float64)).sum().backward()


# %% case="letter_in_small" answer="parity"
# Answers a question in a small letter, between blanks.
parity = " b "
