"""The process that others are forked from ends with the run that started it, whatever ended that one."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from autograder.course import Course
from autograder.execution.preparation import Preparation


def test_a_run_that_is_gone_before_its_answer_comes_is_no_error() -> None:
    run, its_end = socket.socketpair()
    with run, its_end:
        zygote = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "autograder.execution.fork_server",
                str(its_end.fileno()),
                Preparation(Path()).as_text(),
            ],
            pass_fds=[its_end.fileno()],
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        control, calls = socket.socketpair()
        with control, calls:
            socket.send_fds(run, [b'{"do": "fork_grader", "seed": 0}\n'], [control.fileno(), calls.fileno()])
    _, errors = zygote.communicate(timeout=60)
    assert (zygote.returncode, errors.decode()) == (0, "")


def test_neither_given_cells_nor_what_tests_compute_import_more_of_torch_or_the_course(checkout: Course) -> None:
    code = """
import importlib, sys
from pathlib import Path
from autograder.execution.preparation import Preparation
from autograder.execution.fork_server import prepare
from autograder.settings import read_settings
root = Path(sys.argv[1])
prepare(Preparation.of(root, read_settings(root)))
import torch
from torch import nn
before = set(sys.modules)
for source in sys.stdin.read().split(chr(0)):
    exec(source)
for device in ("cpu", "meta"):
    with torch.device(device):
        model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
        model(torch.ones(2, 3, 8, 8)).sum().backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
print(*sorted(name for name in set(sys.modules) - before if name.partition(".")[0] in ("torch", "cnnlab")))
"""
    setups = [checkout.released_topic(name).by_id["setup"].source for name in checkout.topics]
    command = [sys.executable, "-c", code, str(checkout.root)]
    shown = subprocess.run(command, input="\0".join(setups), capture_output=True, text=True)
    assert (shown.stdout.split(), shown.stderr) == ([], "")
