"""Gradients through the student's code are those that one process gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from autograder.boundary.grader import BoundaryError, StudentError
from tests.boundary.conftest import defined, remote

ANSWERS = """
def batchnorm(x, gamma, beta, eps=1e-5):
    mean = x.mean(dim=0)
    var = x.var(dim=0, unbiased=False)
    return gamma * (x - mean) / torch.sqrt(var + eps) + beta, mean, var

def nested(inputs, *, scale):
    return {"out": [inputs["a"][0] * inputs["b"] * scale["s"]], "count": 3, "index": torch.arange(2)}

def same(x):
    return x

def view(x):
    return x.view(-1)

def detached(x):
    return x.detach() * 2, x * 3

def twice(x):
    y = x * x
    return y, y

def partly(x, y):
    return x.exp(), y.sin()

def relu_in_place(x):
    return F.relu(x, inplace=True)

def scaled_in_place(x, w):
    x.mul_(w)

def complexes(x):
    return torch.view_as_complex(x) ** 2

def broken(x):
    class Broken(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1
        @staticmethod
        def backward(ctx, grad):
            raise ValueError("no derivative here")
    return Broken.apply(x)

def leaf(n):
    return torch.ones(n, requires_grad=True)

def without(x):
    with torch.no_grad():
        return x * 2

def graded(x):
    return torch.is_grad_enabled(), torch.is_inference_mode_enabled(), x.requires_grad, x.is_leaf

class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(2.0, dtype=torch.float64))
        self.state = 0
    def forward(self, x):
        self.state = self.state * self.weight + x
        return self.state

def own_backward(x):
    x.sum().backward()
    return x.grad
"""

LOCAL = defined(ANSWERS)


def leaves(*shapes: tuple[int, ...]) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(shape, dtype=torch.float64, generator=generator, requires_grad=True) for shape in shapes]


def agree(run: Callable[[Callable[[str], Any]], Any]) -> None:
    """Run the same test in one process and across the boundary, and compare what it returns."""
    here, there = run(LOCAL.__getitem__), run(remote(ANSWERS).name)
    torch.testing.assert_close(there, here, rtol=0, atol=0, equal_nan=True)


def test_gradients_reach_the_inputs() -> None:
    def run(name: Callable[[str], Any]) -> Any:
        inputs = leaves((5, 3), (3,), (3,))
        y, mean, var = name("batchnorm")(*inputs)
        return [y, *torch.autograd.grad((y**2 * var + mean).sum(), inputs)]

    agree(run)


def test_gradients_reach_inputs_inside_dicts_and_lists() -> None:
    def run(name: Callable[[str], Any]) -> Any:
        a, b, s = leaves((3,), (3,), ())
        result = name("nested")({"a": [a], "b": b}, scale={"s": s})
        assert result["count"] == 3
        result["out"][0].sum().backward()
        return [a.grad, b.grad, s.grad, result["index"]]

    agree(run)


def test_gradients_flow_on_through_the_tests_own_computation() -> None:
    def run(name: Callable[[str], Any]) -> Any:
        x, gamma, beta = leaves((5, 3), (3,), (3,))
        y, *_ = name("batchnorm")(x.exp() * 2, gamma, beta)
        z, *_ = name("batchnorm")(y.cos(), gamma, beta)
        return torch.autograd.grad(z.square().sum(), [x, gamma, beta, y])

    agree(run)


def test_a_result_can_be_differentiated_with_respect_to_a_result() -> None:
    def run(name: Callable[[str], Any]) -> Any:
        (x,) = leaves((3,))
        y = name("view")(x)
        z, _ = name("twice")(y)
        return torch.autograd.grad(z.sum(), [y])

    agree(run)


def test_an_input_that_is_returned_is_the_input() -> None:
    (x,) = leaves((3,))
    student = remote(ANSWERS)
    assert student.name("same")(x) is x
    assert student.name("same")([x * 2, x])[1] is x


def test_a_view_of_an_input_has_its_gradient() -> None:
    def run(name: Callable[[str], Any]) -> Any:
        (x,) = leaves((2, 3))
        return torch.autograd.grad((name("view")(x) * torch.arange(6)).sum(), x)

    agree(run)


def test_only_results_that_require_gradients_require_them() -> None:
    def run(name: Callable[[str], Any]) -> Any:
        (x,) = leaves((3,))
        free, bound = name("detached")(x)
        assert (free.requires_grad, bound.requires_grad) == (False, True)
        return torch.autograd.grad((free * bound).sum(), x)

    agree(run)


def test_a_result_given_twice_is_one_tensor() -> None:
    def run(name: Callable[[str], Any]) -> Any:
        (x,) = leaves((3,))
        first, second = name("twice")(x)
        assert first is second
        return torch.autograd.grad((first + second).sum(), x)

    agree(run)


def test_one_tensor_given_twice_is_one_tensor_there() -> None:
    (x,) = leaves((3,))
    assert remote("def one(a, b, c): return a is b, a is c['x'][0]").name("one")(x, x, {"x": [x]}) == (True, True)


def test_results_can_be_differentiated_one_after_the_other() -> None:
    def run(name: Callable[[str], Any]) -> Any:
        x, y = leaves((3,), (3,))
        a, b = name("partly")(x, y)
        a.sum().backward()
        assert y.grad is None
        b.sum().backward()
        a, b = name("partly")(x, y)
        (a * b).sum().backward()
        return [x.grad, y.grad]

    agree(run)


def test_no_gradient_is_none_where_it_is_allowed() -> None:
    def run(name: Callable[[str], Any]) -> Any:
        x, y = leaves((3,), (3,))
        a, _ = name("partly")(x, y)
        return [g is None for g in torch.autograd.grad(a.sum(), [x, y], allow_unused=True)]

    agree(run)


@pytest.mark.parametrize(
    "change",
    [lambda x: x.T, lambda x: x[:, ::2], lambda x: x[0].expand(4, 3), lambda x: x.sum(), lambda x: x[:0]],
    ids=["transposed", "strided", "expanded", "no dimension", "empty"],
)
def test_inputs_of_every_layout_have_gradients(change: Callable[[Tensor], Tensor]) -> None:
    def run(name: Callable[[str], Any]) -> Any:
        (x,) = leaves((4, 3))
        y, _ = name("twice")(change(x))
        return [y, torch.autograd.grad(y.sum(), x)]

    agree(run)


def test_complex_gradients() -> None:
    def run(name: Callable[[str], Any]) -> Any:
        (x,) = leaves((3, 2))
        return torch.autograd.grad(name("complexes")(x).abs().sum(), x)

    agree(run)


def test_gradients_on_the_meta_device_have_shapes() -> None:
    x = torch.empty(5, 3, device="meta", requires_grad=True)
    y, *_ = remote(ANSWERS).name("batchnorm")(x, torch.ones(3, device="meta"), torch.zeros(3, device="meta"))
    y.sum().backward()
    assert x.grad is not None
    assert (x.grad.shape, x.grad.is_meta) == (x.shape, True)


def test_gradcheck_works_across_the_boundary() -> None:
    batchnorm = remote(ANSWERS).name("batchnorm")
    assert torch.autograd.gradcheck(lambda *inputs: batchnorm(*inputs)[0], leaves((4, 2), (2,), (2,)))


def test_a_leaf_must_not_be_changed_in_place() -> None:
    (x,) = leaves((3,))
    with pytest.raises(RuntimeError, match="leaf Variable"):
        remote(ANSWERS).name("relu_in_place")(x)


def test_a_computed_input_that_is_changed_in_place_changes_with_its_gradient() -> None:
    def run(name: Callable[[str], Any]) -> Any:
        x, w = leaves((3,), (3,))
        h = x * 2
        y = name("relu_in_place")(h)
        assert y is h
        k = w.sin()
        name("scaled_in_place")(k, w)
        return [h, k, *torch.autograd.grad((h * k).sum(), [x, w])]

    agree(run)


def test_grad_mode_holds_on_both_sides() -> None:
    graded = remote(ANSWERS).name("graded")
    (x,) = leaves((3,))
    assert graded(x) == (True, False, True, True)
    assert graded(x * 2) == (True, False, True, False)
    with torch.no_grad():
        assert graded(x) == (False, False, True, True)
    with torch.inference_mode():
        assert graded(x)[:2] == (False, True)


def test_nothing_requires_gradients_under_no_grad() -> None:
    (x,) = leaves((3,))
    twice = remote(ANSWERS).name("twice")
    with torch.no_grad():
        assert not twice(x)[0].requires_grad
    with torch.inference_mode():
        assert not twice(x)[0].requires_grad
    assert twice(x)[0].requires_grad
    assert not remote(ANSWERS).name("without")(x).requires_grad


def test_a_leaf_that_the_students_code_made_collects_gradients() -> None:
    made = remote(ANSWERS).name("leaf")(3)
    assert made.is_leaf
    (made * 2).sum().backward()
    assert made.grad.tolist() == [2, 2, 2]


def test_gradients_pass_through_state_that_an_earlier_call_left() -> None:
    def run(name: Callable[[str], Any]) -> Any:
        module = name("Recurrent")()
        inputs = leaves((), (), ())
        for x in inputs:
            y = module(x)
        return torch.autograd.grad(y, [*inputs, module.weight])

    agree(run)


def test_a_backward_inside_the_students_code_shows_in_the_test() -> None:
    def run(name: Callable[[str], Any]) -> Any:
        (x,) = leaves((3,))
        first = name("own_backward")(x).clone()
        return [first, x.grad.clone(), name("own_backward")(x), x.grad]

    agree(run)


def test_a_second_derivative_is_refused_with_a_reason() -> None:
    (x,) = leaves((3,))
    y, _ = remote(ANSWERS).name("twice")(x)
    with pytest.raises(BoundaryError, match="create_graph"):
        torch.autograd.grad(y.sum(), x, create_graph=True)


def test_an_error_in_the_students_backward_is_the_students() -> None:
    (x,) = leaves((3,))
    y = remote(ANSWERS).name("broken")(x)
    with pytest.raises(StudentError, match="no derivative here"):
        y.sum().backward()


def test_a_graph_outlives_the_handles_of_its_modules() -> None:
    student = remote("class Net(nn.Linear):\n    def __init__(self): super().__init__(3, 1)")
    x = torch.ones(2, 3, requires_grad=True)
    student.name("Net")()(x).sum().backward()
    assert x.grad is not None


def test_graphs_are_released_when_the_test_drops_its_results() -> None:
    student = remote(
        "import weakref, gc\nkept = []\ndef f(x):\n    y = x * 2\n    kept.append(weakref.ref(y))\n"
        "    return y\ndef alive(): return sum(r() is not None for r in kept)"
    )
    (x,) = leaves((3,))
    results = [student.name("f")(x) for _ in range(4)]
    assert student.name("alive")() == 4
    del results[1:]
    assert student.name("alive")() == 1


LAYERS: dict[str, tuple[int, ...]] = {
    "nn.Linear(3, 2)": (4, 3),
    "nn.BatchNorm2d(3)": (4, 3, 5, 5),
    "nn.GroupNorm(2, 4)": (4, 4, 5, 5),
    "nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True))": (2, 3, 6, 6),
    "nn.Sequential(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12, 3))": (2, 3, 4, 4),
}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("training", [True, False])
def test_the_gradients_of_modules_are_those_of_one_process(layer: str, training: bool) -> None:
    source = f"def make(): return {layer}.double()"
    here, there = defined(source)["make"](), remote(source).name("make")()
    there.load_state_dict(here.state_dict())
    (x,) = leaves(LAYERS[layer])
    (y,) = leaves(LAYERS[layer])
    here.train(training)(x).square().sum().backward()
    there.train(training)(y).square().sum().backward()
    expected = [x.grad, *(p.grad for p in here.parameters()), *here.state_dict().values()]
    got = [y.grad, *(p.grad for p in there.parameters()), *there.state_dict().values()]
    torch.testing.assert_close(got, expected, rtol=0, atol=0)
