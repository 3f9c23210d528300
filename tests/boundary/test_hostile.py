"""A student's process that lies: the question ends with an error that blames it, whatever it answers."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from torch import nn

from autograder.boundary.codec import ObjectRef, OutputRef, TensorRef, Writer
from autograder.boundary.grader import Handle, Remote, StudentError, StudentFailed, StudentLied, remote_type
from autograder.boundary.student import Objects
from autograder.execution.untrusted.guard import Guard
from tests.boundary.conftest import defined, remote
from tests.boundary.test_codec_fuzz import mutated

ANSWERS = """
def double(x):
    return x * 2

def change(rows, x):
    x.mul_(2)
    rows.append(x)

net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
"""


def message(*values: Any) -> bytearray:
    writer = Writer(lambda value: value)
    for value in values:
        writer.write(value)
    return writer.data


class Scripted:
    """A student's process that answers what it was told to answer."""

    def __init__(self, answers: Iterable[bytearray]) -> None:
        self.answers = list(answers)

    def send(self, message: bytearray) -> None:
        pass

    def receive(self) -> bytearray:
        return self.answers.pop(0)


def answered(*answers: bytearray) -> Remote:
    """A connection to a process that gives these answers."""
    return Remote(Scripted(answers))


HEAD = ("value", [], None)
BODY = (3, None)
ONES = torch.ones(2)
LEAF = (1, 0, True, ONES, None)

LIES: dict[str, bytearray] = {
    "nothing": bytearray(),
    "garbage": bytearray(b"\xff" * 40),
    "another tag": message(3),
    "a head of two": message(("value", []), BODY, []),
    "another kind": message(("verdict", [], None), BODY, []),
    "records that are no list": message(("value", {}, None), BODY, []),
    "a record that is none": message(("value", [3], None), BODY, []),
    "a record of text": message(("value", [("1", 0, False, ONES, None)], None), BODY, []),
    "news of a tensor of the test's that was never sent": message(
        ("value", [(-9, 0, False, ONES, None)], None), BODY, []
    ),
    "a new tensor without values": message(("value", [(1, 0, False, ..., None)], None), BODY, []),
    "a new tensor with half a description": message(
        ("value", [(1, 0, False, (torch.Size([2]),), None)], None), BODY, []
    ),
    "an integer tensor with gradients": message(("value", [(1, 0, True, torch.arange(2), None)], None), BODY, []),
    "a gradient of another shape": message(("value", [(1, 0, True, ONES, torch.ones(3))], None), BODY, []),
    "a gradient of another dtype": message(("value", [(1, 0, True, ONES, torch.arange(2))], None), BODY, []),
    "a gradient that is text": message(("value", [(1, 0, True, ONES, "big")], None), BODY, []),
    "a described tensor beyond all sizes": message(
        ("value", [(1, 0, True, (torch.Size([2**62, 2**62]), torch.float32), None)], None), BODY, []
    ),
    "a described tensor of negative size": message(
        ("value", [(1, 0, True, (torch.Size([-1]), torch.float32), None)], None), BODY, []
    ),
    "values of a described tensor": message(
        ("value", [(1, 0, True, (torch.Size([2]), torch.float32), None)], None), (TensorRef(1), None), []
    ),
    "a description of a tensor with values": message(
        ("value", [LEAF, (1, 0, True, (torch.Size([9]), torch.float32), ...)], None), BODY, []
    ),
    "a tensor that did not come": message(HEAD, (TensorRef(5), None), []),
    "a result that did not come": message(HEAD, (OutputRef(0), None), []),
    "a negative result": message(("value", [LEAF], (1, [ONES], [1], [])), (OutputRef(-1), None), []),
    "a graph that is none": message(("value", [], (1, 2)), BODY, []),
    "a graph from nowhere": message(("value", [], (1, [ONES], [7], [])), BODY, []),
    "a graph of integers": message(("value", [LEAF], (1, [torch.arange(2)], [1], [])), BODY, []),
    "a graph of numbers": message(("value", [LEAF], (1, [3.0], [1], [])), BODY, []),
    "sources that are lists": message(("value", [LEAF], (1, [ONES], [[1]], [])), BODY, []),
    "a result in place of its own tensor": message(("value", [LEAF], (1, [ONES], [1], [(1, 0)])), BODY, []),
    "a result in place that did not come": message(("value", [LEAF], (1, [ONES], [1], [(-1, 4)])), BODY, []),
    "a class name without end": message(HEAD, (ObjectRef(1, ("x" * 10_000,), True), None), []),
    "classes without end": message(HEAD, (ObjectRef(1, ("x",) * 100, True), None), []),
    "no body": message(HEAD),
    "a body of three": message(HEAD, (1, 2, 3), []),
    "an error without a text": message(("error", [], None), ((("ValueError",), 3, ""), None), []),
    "an error of numbers": message(("error", [], None), (((3,), "", ""), None), []),
    "an error that is a value": message(("error", [], None), BODY, []),
    "no list of what is gone": message(HEAD, BODY),
    "a tensor gone that never was": message(HEAD, BODY, [3]),
    "a tensor gone twice": message(("value", [LEAF], None), BODY, [1, 1]),
    "gone by name": message(HEAD, BODY, ["x"]),
    "bytes after the end": message(HEAD, BODY, []) + b"N",
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lie_ends_the_connection(lie: bytearray) -> None:
    student = answered(lie, message(HEAD, BODY, []))
    with pytest.raises(StudentLied, match="broke the rules"):
        student.name("anything")
    with pytest.raises(StudentLied):
        student.name("anything")
    assert isinstance(student.failure, StudentLied)


def test_an_honest_answer_is_none_of_these() -> None:
    assert answered(message(HEAD, BODY, [])).name("three") == 3
    assert answered(message(("value", [LEAF], None), (TensorRef(1), None), [1])).name("ones").tolist() == [1, 1]


def test_a_lie_cannot_be_taken_for_an_error_that_a_test_expects() -> None:
    assert not issubclass(StudentFailed, Exception)


@pytest.mark.parametrize(
    "gradients",
    [
        [],
        [torch.ones(3)] * 2,
        [torch.ones(4)],
        [torch.ones(3, dtype=torch.float64)],
        [torch.ones(3, device="meta")],
        [3.0],
        torch.ones(3),
        None,
    ],
    ids=["none", "two", "shape", "dtype", "meta", "number", "no list", "nothing"],
)
def test_gradients_that_do_not_fit_are_a_lie(monkeypatch: pytest.MonkeyPatch, gradients: Any) -> None:
    student = remote(ANSWERS)
    x = torch.ones(3, requires_grad=True)
    y = student.name("double")(x)
    monkeypatch.setattr("autograder.boundary.student.graphs.Graph.backward", lambda *_: gradients)
    with pytest.raises(StudentLied, match="gradient"):
        y.sum().backward()
    assert x.grad is None


@pytest.mark.parametrize("operation", ["len", "bool", "contains", "repr"])
def test_what_python_makes_sure_of_is_made_sure_of(monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    student = remote(ANSWERS)
    net = student.name("net")
    monkeypatch.setitem(Objects._answer.__globals__["_OPERATIONS"], operation, lambda *_: 1.5)
    ask: dict[str, Callable[[], Any]] = {
        "len": lambda: len(net),
        "bool": lambda: bool(net),
        "contains": lambda: 1 in net,
        "repr": lambda: repr(net),
    }
    if operation == "repr":
        assert repr(net) == "<torch.nn.modules.container.Sequential in the student's process>"
    else:
        with pytest.raises(StudentLied):
            ask[operation]()


@pytest.mark.parametrize("items", [[1], ([], True), ([1], 1), ((1,), False), 3, None], ids=repr)
def test_a_walk_that_is_none_is_a_lie(monkeypatch: pytest.MonkeyPatch, items: Any) -> None:
    net = remote(ANSWERS).name("net")
    monkeypatch.setitem(Objects._answer.__globals__["_OPERATIONS"], "few", lambda _: items)
    with pytest.raises(StudentLied, match="next items"):
        list(net.parameters())


def test_a_length_beyond_memory_does_not_break_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    for length in (2**80, -5):
        student = answered(message(HEAD, (ObjectRef(1, ("a.B",), False), None), []), message(HEAD, (length, None), []))
        assert len(student.name("x")) >= 0


@pytest.mark.parametrize(
    "types",
    [
        (),
        ("",),
        ("...",),
        ("a b\0c",),
        ("x" * 200,),
        ("torch.nn.modules.conv.os",),
        ("torch.nn.modules.nothing.Conv2d",),
        ("torch.nn.modules.module._WrappedHook",),
    ],
    ids=range(8),
)
def test_strange_names_of_types_are_only_names(types: tuple[str, ...]) -> None:
    handle = answered(message(HEAD, (ObjectRef(1, types, True), None), [])).name("x")
    assert isinstance(handle, Handle)
    assert not isinstance(handle, nn.Module)
    assert isinstance(remote_type(handle), str)


def test_an_error_can_claim_any_class_but_ends_no_process() -> None:
    for name in ("SystemExit", "KeyboardInterrupt", "BaseException", "MemoryError", "GeneratorExit", "Evil"):
        student = answered(message(("error", [], None), (((name,), "text", ""), None), []))
        with pytest.raises(StudentError) as caught:
            student.name("x")
        assert isinstance(caught.value, Exception)


def test_an_error_of_any_length_is_cut() -> None:
    student = answered(message(("error", [], None), ((("E" * 10**6,) * 100, "t" * 10**6, "p" * 10**6), None), []))
    with pytest.raises(StudentError) as caught:
        student.name("x")
    assert len(str(caught.value)) < 3000
    assert len(caught.value.bases) == 32


def test_special_methods_cannot_come_as_items_of_a_named_tuple() -> None:
    handle = ObjectRef(1, (), True)
    names = ("__torch_function__", "__array__", "__len__", "_fields", "index", "plain")
    body = message(HEAD) + b"t\x02\0\0\0" + b"m\x02\0\0\0" + message(names, (handle,) * 6) + message(None, [])
    came = answered(body).name("x")
    assert isinstance(came.plain, Handle)
    assert (came.index(came[0]), len(came)) == (0, 6)
    for name in names[:3]:
        assert not isinstance(getattr(came, name, None), Handle)
    with pytest.raises(TypeError):
        torch.allclose(came, ONES)


def test_a_shared_tensor_can_change_but_never_a_tensor_that_was_not_sent() -> None:
    private = torch.ones(3)
    student = answered(
        message(("value", [LEAF], None), (TensorRef(1), None), []),
        message(("value", [(1, 0, True, torch.zeros(2), ...)], None), BODY, []),
        message(("value", [(-1, 0, True, torch.zeros(3), ...)], None), BODY, []),
    )
    weight = student.name("weight")
    student.name("again")
    assert weight.tolist() == [0, 0]
    with pytest.raises(StudentLied):
        student.name("again")
    assert private.tolist() == [1, 1, 1]


@pytest.mark.parametrize("limit", ["_MAX_TENSORS", "_MAX_BYTES"])
def test_a_process_that_never_lets_go_of_its_tensors_is_stopped(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(f"autograder.boundary.grader.grader_tensors.{limit}", 20)
    student = answered(*(message(("value", [(n, *LEAF[1:])], None), BODY, []) for n in range(1, 30)))
    with pytest.raises(StudentLied, match="more tensors"):
        for _ in range(29):
            student.name("x")


class Damaging:
    """A student's process some of whose answers are damaged on the way."""

    def __init__(self, rng: random.Random) -> None:
        self.objects, self.rng = Objects(defined(ANSWERS), Guard()), rng
        self.last = b"N"

    def send(self, message: bytearray) -> None:
        answer = bytes(self.objects.answer(message))
        damage = self.rng.random() < 0.1
        self.answer = bytearray(mutated(answer, self.last, self.rng) if damage else answer)
        self.last = answer

    def receive(self) -> bytearray:
        return self.answer


def use(student: Remote) -> None:
    """Ask for something of everything, taking whatever types come."""
    x = torch.ones(4, 3, requires_grad=True)
    double, net = student.name("double"), student.name("net")
    y = student.ask("call", double, (x.exp(),), {}) if isinstance(double, Handle) else None
    if isinstance(y, torch.Tensor) and y.requires_grad and y.numel():
        torch.autograd.grad(y.abs().sum(), x, allow_unused=True)
    student.ask("call", double, ([x, {"a": x * 2}],), {})
    if isinstance(net, Handle):
        for parameter in student.ask("getattr", net, "parameters")():
            if isinstance(parameter, torch.Tensor):
                parameter.data.fill_(1)
        repr(net), len(net)
    rows: list[Any] = [1]
    student.ask("call", student.name("change"), (rows, x * 2), {})


def test_damaged_answers_end_in_an_error_of_the_student_or_in_plain_values() -> None:
    rng = random.Random(0)
    ends = {"fine": 0, "error": 0, "failed": 0}
    for _ in range(150):
        student = Remote(Damaging(rng), keep_arguments=rng.random() < 0.5)
        try:
            use(student)
            ends["fine"] += 1
        except StudentError:
            ends["error"] += 1
        except StudentFailed:
            ends["failed"] += 1
        except TypeError as error:
            # The test called what came in the place of a method.
            assert "not callable" in str(error) or "not iterable" in str(error)
    assert ends["failed"] > 50
    assert ends["fine"] > 5
