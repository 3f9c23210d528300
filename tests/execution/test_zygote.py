"""The process that others are forked from ends with the run that started it, whatever ended that one."""

from __future__ import annotations

import socket
import subprocess
import sys


def test_a_run_that_is_gone_before_its_answer_comes_is_no_error() -> None:
    run, its_end = socket.socketpair()
    with run, its_end:
        zygote = subprocess.Popen(
            [sys.executable, "-m", "autograder.execution.zygote", str(its_end.fileno())],
            pass_fds=[its_end.fileno()],
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        control, calls = socket.socketpair()
        with control, calls:
            socket.send_fds(run, [b'{"do": "fork_grader", "seed": 0}\n'], [control.fileno(), calls.fileno()])
    _, errors = zygote.communicate(timeout=60)
    assert (zygote.returncode, errors.decode()) == (0, "")


def test_what_tests_compute_imports_nothing_more() -> None:
    code = """
import importlib, sys
from autograder.execution.zygote import PRELOADED
for name in PRELOADED:
    importlib.import_module(name)
import torch
from torch import nn
before = set(sys.modules)
for device in ("cpu", "meta"):
    with torch.device(device):
        model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
        model(torch.ones(2, 3, 8, 8)).sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
print(*sorted(name for name in set(sys.modules) - before if name.startswith("torch")))
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == []
