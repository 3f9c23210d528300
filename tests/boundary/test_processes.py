"""The boundary between two real processes: ends, deadlines, and a student's process in any state."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch

from autograder.boundary.channel import MAX_FRAME, Channel
from autograder.boundary.grader import Remote, StudentError, StudentGone, StudentLied

Start = Callable[..., Remote]


def test_functions_modules_and_gradients_work_between_processes(process: Start) -> None:
    student = process("net = nn.Linear(3, 2)\ndef double(x): return 2 * x")
    x = torch.ones(4, 3, requires_grad=True)
    net = student.name("net")
    student.name("double")(net(x)).sum().backward()
    assert net.bias.grad.tolist() == [8, 8]
    torch.testing.assert_close(x.grad, 2 * net.weight.detach().sum(0).expand(4, 3))


def test_the_device_on_which_a_test_makes_tensors_holds_in_the_students_process(process: Start) -> None:
    student = process(
        "class Net(nn.Module):\n"
        "    def __init__(self):\n        super().__init__()\n        self.layer = nn.Linear(3, 2)\n"
        "    def forward(self, x): return self.layer(x), torch.ones(2)\n"
    )
    with torch.device("meta"):
        net = student.name("Net")()
        y, ones = net(torch.ones(4, 3))
        assert {y.device, ones.device} == {torch.device("meta")}
    assert {parameter.device for parameter in net.parameters()} == {torch.device("meta")}
    assert student.name("Net")().layer.weight.device == torch.device("cpu")


def test_a_large_tensor_goes_there_and_back(process: Start) -> None:
    x = torch.arange(2_000_000)
    assert torch.equal(process("def same(x): return x + 1").name("same")(x), x + 1)


@pytest.mark.parametrize(
    "end",
    ["os._exit(0)", "os.kill(os.getpid(), 9)", "ctypes.string_at(0)", "os.closerange(3, 1000)"],
    ids=["exit", "kill", "segmentation fault", "closed"],
)
def test_a_process_that_ends_is_gone(process: Start, end: str) -> None:
    student = process(f"import os, ctypes\ndef f(): {end}")
    f = student.name("f")
    with pytest.raises(StudentGone, match="ended"):
        f()
    with pytest.raises(StudentGone, match="ended"):
        student.name("f")
    assert isinstance(student.failure, StudentGone)


def test_a_process_can_end_in_a_backward(process: Start) -> None:
    student = process(
        "import os\ndef f(x):\n    y = x * 2\n    y.register_hook(lambda grad: os._exit(0))\n    return y"
    )
    y = student.name("f")(torch.ones(2, requires_grad=True))
    with pytest.raises(StudentGone):
        y.sum().backward()


def test_a_test_that_catches_every_exception_does_not_catch_that(process: Start) -> None:
    f = process("import os\ndef f(): os._exit(0)").name("f")
    with pytest.raises(StudentGone):
        try:
            f()
        except Exception:
            pytest.fail("a process that ended was taken for an error that was asked for")


def test_a_handle_can_be_shown_after_its_process_ended(process: Start) -> None:
    f = process("import os\ndef f(): os._exit(0)").name("f")
    with pytest.raises(StudentGone):
        f()
    assert repr(f) == "<function in the student's process>"


def impatient() -> Callable[[], float]:
    """Looks at who waits a few times, and then gives up."""
    looks = iter([0.01] * 40)

    def watch() -> float:
        pause = next(looks, None)
        if pause is None:
            raise TimeoutError
        return pause

    return watch


def test_a_deadline_holds_for_code_that_never_returns(process: Start) -> None:
    f = process("def f():\n    while True: pass", watch=impatient()).name("f")
    with pytest.raises(StudentGone, match="in time"):
        f()


def dripping(connection: socket.socket) -> None:
    connection.sendall(struct.pack("<Q", 1000))
    for _ in range(1000):
        connection.sendall(b"N")
        time.sleep(0.05)


def not_reading(connection: socket.socket) -> None:
    time.sleep(60)


@pytest.mark.parametrize("run", [dripping, not_reading])
def test_a_deadline_holds_for_a_process_that_reads_or_writes_slowly(process: Start, run: Any) -> None:
    student = process(run=run, watch=impatient())
    with pytest.raises(StudentGone, match="in time"):
        student.ask("call", torch.ones(1_000_000))


def test_a_frame_beyond_all_sizes_is_refused_before_it_comes(process: Start) -> None:
    def boast(connection: socket.socket) -> None:
        connection.sendall(struct.pack("<Q", MAX_FRAME + 1))
        time.sleep(60)

    with pytest.raises(StudentLied, match="frame"):
        process(run=boast).name("x")


def test_a_frame_that_ends_early_is_an_end(process: Start) -> None:
    def stop(connection: socket.socket) -> None:
        connection.sendall(struct.pack("<Q", 10**8) + b"N" * 10)

    with pytest.raises(StudentGone):
        process(run=stop).name("x")


def test_noise_on_the_line_is_refused(process: Start) -> None:
    def babble(connection: socket.socket) -> None:
        connection.sendall(struct.pack("<Q", 100) + os.urandom(100))
        time.sleep(60)

    with pytest.raises(StudentLied):
        process(run=babble).name("x")


def test_a_message_larger_than_a_frame_is_not_sent() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(ValueError, match="larger"):
        Channel(ours).send(bytearray(MAX_FRAME + 1))


@pytest.mark.parametrize(
    "noise",
    [
        "torch.set_default_dtype(torch.float64)",
        "torch.set_default_device('meta')",
        "torch.set_grad_enabled(False)",
        "torch.inference_mode().__enter__()",
        "torch = nn = len = list = dict = tuple = isinstance = None",
        "import builtins; builtins.print = None",
        "import sys; sys.setrecursionlimit(200)",
        "import warnings; warnings.simplefilter('error')",
    ],
)
def test_what_the_students_code_sets_for_itself_does_not_disturb(process: Start, noise: str) -> None:
    student = process(f"def double(x): return 2 * x\nnet = nn.Linear(2, 1)\n{noise}")
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = student.name("double")(x)
    y.sum().backward()
    assert (y.dtype, y.tolist(), x.grad.tolist()) == (torch.float32, [2, 4], [2, 2])
    net = student.name("net")
    net(x).sum().backward()
    assert net.bias.grad.tolist() == [1]
    net.weight.data.fill_(3)
    assert net.state_dict()["weight"].tolist() == [[3, 3]]
    with pytest.raises(StudentError):
        student.name("missing")


def test_prints_and_warnings_of_the_students_code_are_no_part_of_an_answer(process: Start) -> None:
    source = "import warnings\ndef f(x):\n    print('x' * 1000)\n    warnings.warn('careful')\n    return x"
    assert process(source).name("f")(3) == 3
