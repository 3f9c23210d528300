"""Tests use the student's names through handles as if they were in one process."""

from __future__ import annotations

import copy
import pickle
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from autograder.boundary.grader import BoundaryError, Handle, Remote, StudentError, remote_type
from tests.boundary.conftest import remote

ANSWERS = """
answer = "B"
sizes = [3, 4]

def same(x):
    return x

def add(a, b=1, *, scale=1):
    return scale * (a + b)

def kinds(*values):
    return [type(value).__name__ for value in values]

def squares(n):
    for i in range(n):
        seen.append(i)
        yield i * i

seen = []

def called(function):
    return function()

def listed(items):
    return list(items)

class Counter:
    def __init__(self):
        self.count = 0
    def up(self):
        self.count += 1
        return self
    def __len__(self):
        return self.count
    def __contains__(self, item):
        return item < self.count
    def __bool__(self):
        return self.count > 1
    def __getitem__(self, item):
        return item
    def __repr__(self):
        return f"Counter at {self.count}"

class Equal:
    def __eq__(self, other):
        return True
    def __hash__(self):
        return 0

class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    def forward(self, x):
        return self.layers(x)

class OwnWalks(Block):
    def named_parameters(self):
        return ((name.replace("layers", "a"), p) for name, p in super(OwnWalks, self).named_parameters())
    def parameters(self):
        return dict(enumerate([torch.ones(1)] * 300)).values()
"""


@pytest.fixture
def student() -> Remote:
    return remote(ANSWERS)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The operations that a test asks for, in turn."""
    operations: list[str] = []
    ask = Remote.ask
    monkeypatch.setattr(Remote, "ask", lambda self, what, *rest: (operations.append(what), ask(self, what, *rest))[1])
    return operations


def test_a_name_of_plain_data_is_the_data(student: Remote) -> None:
    assert student.name("answer") == "B"
    assert student.name("sizes") == [3, 4]


def test_a_name_that_is_missing_is_a_name_error_of_the_student(student: Remote) -> None:
    with pytest.raises(NameError, match="'batchnorm' is not defined") as caught:
        student.name("batchnorm")
    assert isinstance(caught.value, StudentError)


def test_functions_take_arguments_by_place_and_by_name(student: Remote) -> None:
    add = student.name("add")
    assert (add(2), add(2, 3), add(a=2, b=4), add(2, scale=10)) == (3, 5, 6, 30)


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 2.5, "text", [1, [2]], (1, (2,)), {"a": [1]}, {1, 2}, slice(1, 2), torch.Size([2, 3])],
    ids=repr,
)
def test_data_goes_there_and_back(student: Remote, value: Any) -> None:
    came = student.name("same")(value)
    assert came == value
    assert type(came) is type(value)


def test_the_students_code_sees_the_types_that_a_test_gives(student: Remote) -> None:
    parameter, array = nn.Parameter(torch.ones(2)), np.ones(2)
    seen = student.name("kinds")(torch.ones(2), parameter, array, np.float32(1), (1,), {}, torch.Size([1]))
    assert seen == ["Tensor", "Parameter", "ndarray", "float32", "tuple", "dict", "Size"]


def test_a_numpy_result_stays_one_so_that_checks_can_name_it(student: Remote) -> None:
    assert type(student.name("same")(np.ones((2, 3)))) is np.ndarray


def test_an_object_comes_as_a_handle_with_attributes_and_methods(student: Remote) -> None:
    counter = student.name("Counter")()
    assert isinstance(counter, Handle)
    assert counter.count == 0
    counter.up().up()
    assert (counter.count, len(counter), bool(counter), 1 in counter, 2 in counter) == (2, 2, True, True, False)
    assert repr(counter) == "Counter at 2"
    assert counter[1:3] == slice(1, 3)


def test_attributes_can_be_set_and_deleted(student: Remote) -> None:
    counter = student.name("Counter")()
    counter.count = 5
    assert len(counter) == 5
    counter.extra = [1]
    assert counter.extra == [1]
    del counter.extra
    assert not hasattr(counter, "extra")


def test_items_can_be_set_and_deleted() -> None:
    table = remote("class Table(dict): pass\nclass Box: table = Table\nimport collections\nd = Box()\n")
    box = table.name("d")
    assert box.table is table.name("Table")
    rows = remote("rows = nn.ModuleDict({'a': nn.ReLU()})").name("rows")
    rows["b"] = rows["a"]
    assert list(rows) == ["a", "b"]
    del rows["a"]
    assert list(rows.keys()) == ["b"]


def test_one_object_has_one_handle(student: Remote) -> None:
    counter = student.name("Counter")()
    assert counter.up() is counter
    assert student.name("same")(counter) is counter
    assert counter != student.name("Counter")()


def test_equality_with_a_handle_asks_nobody(student: Remote) -> None:
    equal = student.name("Equal")()
    assert equal != 3
    assert equal != student.name("Equal")()
    assert equal not in [1, 2]


def test_a_handle_inside_a_list_or_dict_is_a_handle_of_the_same_object(student: Remote) -> None:
    counter = student.name("Counter")()
    came = student.name("same")({"a": [counter]})
    assert came == {"a": [counter]}


def test_a_generator_runs_only_as_far_as_it_is_read(student: Remote) -> None:
    squares = student.name("squares")(5)
    assert (next(squares), next(squares)) == (0, 1)
    assert student.name("seen") == [0, 1]
    assert list(squares) == [4, 9, 16]
    with pytest.raises(StopIteration):
        next(squares)


def test_a_handle_that_cannot_be_iterated_says_so_at_once(student: Remote) -> None:
    with pytest.raises(TypeError, match="not iterable"):
        iter(student.name("add"))


def test_only_what_can_be_called_is_callable(student: Remote) -> None:
    assert callable(student.name("add"))
    assert callable(student.name("Block")())
    assert not callable(student.name("Counter")())


def test_a_handle_tells_its_type(student: Remote) -> None:
    block = student.name("Block")()
    assert remote_type(block) == "__main__.Block"
    assert type(block).__name__ == "Block"
    assert isinstance(block, nn.Module)
    assert isinstance(block.layers[0], nn.Conv2d)
    assert not isinstance(block.layers[1], nn.Conv2d)
    assert not isinstance(student.name("Counter")(), nn.Module)


def test_functions_have_names(student: Remote) -> None:
    assert student.name("add").__name__ == "add"


def test_modules_can_be_walked_through(student: Remote) -> None:
    block = student.name("Block")()
    assert [name for name, _ in block.named_modules()] == ["", "layers", "layers.0", "layers.1"]
    assert sum(p.numel() for p in block.parameters()) == 20
    assert block.eval() is block
    assert block.training is False
    assert len(block.layers) == 2
    assert block.layers[-1] is block.layers[1]


@pytest.mark.parametrize("walk", ["parameters", "modules", "children", "buffers"])
def test_a_walk_through_a_module_gives_what_torch_gives(student: Remote, walk: str) -> None:
    def walked(layers: Any) -> list[Any]:
        named = [(name, type(item).__name__) for name, item in getattr(layers, f"named_{walk}")()]
        return [*named, *(type(item).__name__ for item in getattr(layers, walk)())]

    assert walked(student.name("Block")().layers) == walked(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()))


def test_a_walk_of_any_length_comes_whole(student: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = [p.shape for p in student.name("Block")().parameters()]
    for limit in ("_MAX_FEW", "_MAX_FEW_BYTES"):
        with monkeypatch.context() as patch:
            patch.setattr(f"autograder.boundary.student.objects.{limit}", 1)
            assert [p.shape for p in student.name("Block")().parameters()] == parameters


@pytest.mark.parametrize("given", ["dict(enumerate(weights)).values()", "nn.ParameterList(weights)"])
def test_a_module_may_give_something_else_to_walk_through(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setattr("autograder.boundary.student.objects._MAX_FEW", 2)
    source = f"""
class Net(nn.Module):
    def parameters(self):
        weights = [nn.Parameter(torch.full((1,), float(k))) for k in range(3)]
        return {given}
"""
    parameters = remote(source).name("Net")().parameters()
    assert len(parameters) == 3
    assert [p.item() for p in islice(parameters, 10)] == [0, 1, 2]


def test_a_walk_can_be_left_and_gone_on_with(student: Remote) -> None:
    layers = student.name("Block")().layers
    names = layers.named_modules()
    assert next(names)[0] == ""
    assert [next(iter(names))[0], next(names)[0]] == ["0", "1"]
    assert list(names) == []
    assert next(names, None) is None


def test_a_walk_can_be_handed_to_the_students_code(student: Remote) -> None:
    block = student.name("Block")()
    assert student.name("listed")(block.children()) == [block.layers]
    assert student.name("listed")(items=block.children()) == [block.layers]
    begun = block.modules()
    assert next(begun) is block
    assert len(student.name("listed")(begun)) == 3


def test_a_loop_through_a_module_that_was_left_does_not_cross(student: Remote) -> None:
    modules = student.name("Block")().modules()
    _ = next(iter(modules))
    with pytest.raises(BoundaryError, match="give a list of the items"):
        student.name("listed")(modules)


def test_a_walk_passes_through_sparse_tensors() -> None:
    student = remote("net = nn.Module()\nnet.register_buffer('table', torch.eye(2).to_sparse())")
    assert [buffer.tolist() for buffer in student.name("net").buffers()] == [torch.eye(2).tolist()]


def test_the_first_of_a_walk_asks_for_no_other() -> None:
    net = remote("net = nn.Sequential(nn.Linear(2, 2), nn.LazyLinear(2))").name("net")
    assert next(net.parameters()).shape == (2, 2)


def test_a_walk_of_the_students_own_is_walked_to_its_end(student: Remote) -> None:
    block = student.name("OwnWalks")()
    assert [name for name, _ in block.named_parameters()] == ["a.0.weight", "a.0.bias"]
    assert len(list(block.parameters())) == 300


def test_a_method_of_a_module_takes_one_question_to_call(student: Remote, asked: list[str]) -> None:
    block = student.name("Block")()
    asked.clear()
    assert block.train(False) is block
    assert sum(1 for _ in block.parameters()) == 2
    assert asked == ["method", "method", "few"]


def test_parameters_without_values_take_one_question_however_large(asked: list[str]) -> None:
    layers = remote("layers = nn.Sequential(*[nn.Linear(10**4, 10**4, device='meta') for _ in range(9)])").name(
        "layers"
    )
    assert [p.numel() for p in layers.parameters()] == [10**8, 10**4] * 9
    assert asked == ["name", "method", "few"]


def test_a_method_of_a_module_is_more_than_its_call(student: Remote) -> None:
    block = student.name("Block")()
    assert block.train.__name__ == "train"
    assert student.name("kinds")(block.train) == ["method"]
    assert student.name("kinds")(block.eval, torch.ones(1)) == ["method", "Tensor"]
    assert student.name("called")(function=block.eval) is block
    with pytest.raises(TypeError, match="positional argument"):
        block.train(1, 2)


def test_data_in_the_place_of_a_method_is_read_or_fails_when_it_is_called(student: Remote) -> None:
    block = student.name("Block")()
    block.type, block.float = "basic", 2
    assert block.type == "basic"
    with pytest.raises(TypeError, match="not callable"):
        block.float()


def test_a_copy_is_made_on_the_other_side(student: Remote) -> None:
    counter = student.name("Counter")()
    other = copy.deepcopy(counter)
    counter.up()
    assert (counter.count, other.count) == (1, 0)
    assert copy.copy(counter) is not counter


@pytest.mark.parametrize(
    "value",
    [
        lambda x: x,
        nn.ReLU(),
        object(),
        [iter(())],
        {"a": print},
        range(3),
        torch.empty(2, dtype=torch.bits8),
    ],
    ids=["function", "module", "object", "iterator in a list", "builtin", "range", "tensor of bits"],
)
def test_what_cannot_cross_is_a_mistake_of_the_test(student: Remote, value: Any) -> None:
    with pytest.raises(BoundaryError, match="cannot cross"):
        student.name("same")(value)
    assert student.name("add")(1) == 2


def test_what_is_larger_than_a_frame_cannot_cross(student: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.boundary.grader.remote.MAX_FRAME", 10_000)
    with pytest.raises(BoundaryError, match="bytes at once"):
        student.name("same")(torch.zeros(10_000))
    assert student.name("same")(torch.zeros(3)).tolist() == [0, 0, 0]


def test_a_handle_of_another_process_cannot_cross(student: Remote) -> None:
    other = remote(ANSWERS).name("add")
    with pytest.raises(BoundaryError, match="another process"):
        student.name("same")(other)


def test_a_handle_cannot_be_pickled(student: Remote) -> None:
    with pytest.raises(BoundaryError, match="pickled"):
        pickle.dumps(student.name("add"))


def test_library_code_that_looks_for_special_methods_asks_nobody(student: Remote) -> None:
    counter = student.name("Counter")()
    with pytest.raises(AttributeError):
        counter.__array__  # noqa: B018
    with pytest.raises(TypeError):
        torch.add(counter, 1)


def test_objects_are_released_when_their_handles_are_gone() -> None:
    student = remote(
        "import weakref\nalive = weakref.WeakSet()\n"
        "class Thing:\n    def __init__(self): alive.add(self)\n"
        "def count(): return len(alive)"
    )
    things = [student.name("Thing")() for _ in range(5)]
    assert student.name("count")() == 5
    del things[1:]
    assert student.name("count")() == 1
    assert student.name("alive").pop() is things[0]


def test_lists_dicts_and_sets_that_the_students_code_changes_are_changed() -> None:
    student = remote(
        "def change(rows, table, names):\n"
        "    rows[0].append(9); rows.append(torch.ones(1)); rows[1].add_(1)\n"
        "    table['b'] = 2; del table['a']; names.add('y')\n"
    )
    inner, tensor = [1], torch.zeros(2)
    rows, table, names = [inner, tensor], {"a": 1}, {"x"}
    student.name("change")(rows, table, names=names)
    assert rows[0] is inner
    assert rows[1] is tensor
    assert (inner, tensor.tolist(), rows[2].tolist()) == ([1, 9], [1, 1], [1])
    assert (table, names) == ({"b": 2}, {"x", "y"})


def test_a_list_that_is_not_changed_is_not_touched(student: Remote) -> None:
    item = [1]
    rows = [item, (item, 2)]
    student.name("same")(rows)
    assert rows[0] is item
    assert student.changed_arguments == 0
