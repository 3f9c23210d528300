"""Parameters, buffers and arguments are the same tensors on both sides."""

from __future__ import annotations

import gc
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from autograder.boundary.grader import Remote
from autograder.boundary.shared_tensors import image, shows
from tests.boundary.conftest import Inline, defined, remote

ANSWERS = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 2, dtype=torch.float64)
        self.norm = nn.BatchNorm1d(2, dtype=torch.float64)
        self.last = None
    def forward(self, x):
        return self.norm(self.linear(x))

def train(net, x, steps, lr=0.1):
    optimizer = torch.optim.SGD(net.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        net(x).pow(4).mean().backward()
        optimizer.step()

def sgd_step(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            p -= lr * p.grad

def old_style_step(parameters, lr):
    for p in parameters:
        p.data -= lr * p.grad.data

def freeze(net):
    for p in net.parameters():
        p.requires_grad_(False)

def sums(net):
    return [p.sum().item() for p in net.parameters()]

def grads(net):
    return [None if p.grad is None else p.grad.sum().item() for p in net.parameters()]

def zero_(x):
    with torch.no_grad():
        x.zero_()
    return x

def zero_data(x):
    x.data.zero_()

def resize(x):
    x.unsqueeze_(0)

def unchanged(x):
    return x + 1

def keep(x):
    Net.kept = x

def kept():
    return Net.kept

def zero_result(x):
    return x.mul_(0)

def spoil(rows):
    rows.clear()
"""


@pytest.fixture
def student() -> Remote:
    return remote(ANSWERS)


def batch() -> Tensor:
    return torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_a_parameter_is_a_leaf_that_keeps_its_identity(student: Remote) -> None:
    net = student.name("Net")()
    weight = net.linear.weight
    assert isinstance(weight, nn.Parameter)
    assert (weight.is_leaf, weight.requires_grad, weight.shape) == (True, True, (2, 3))
    assert net.linear.weight is weight
    assert next(net.parameters()) is weight
    assert dict(net.named_parameters())["linear.weight"] is weight


def test_gradients_collect_in_parameters(student: Remote) -> None:
    net = student.name("Net")()
    net(batch()).pow(4).sum().backward()
    first = net.linear.weight.grad.clone()
    net(batch()).pow(4).sum().backward()
    torch.testing.assert_close(net.linear.weight.grad, 2 * first)
    assert student.name("grads")(net)[0] == pytest.approx(2 * first.sum().item())


def test_autograd_grad_takes_the_list_of_parameters(student: Remote) -> None:
    net = student.name("Net")()
    gradients = torch.autograd.grad(net(batch()).pow(4).sum(), list(net.parameters()))
    assert [g.shape for g in gradients] == [p.shape for p in net.parameters()]
    assert net.linear.weight.grad is None


def test_zero_grad_clears_the_gradients_that_tests_see(student: Remote) -> None:
    net = student.name("Net")()
    weight = net.linear.weight
    net(batch()).pow(4).sum().backward()
    net.zero_grad()
    assert weight.grad is None
    net(batch()).pow(4).sum().backward()
    net.zero_grad(set_to_none=False)
    assert weight.grad.abs().sum() == 0


@pytest.mark.parametrize(
    "make",
    [lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), lambda p: torch.optim.AdamW(p, lr=0.01)],
    ids=["SGD", "AdamW"],
)
def test_an_optimizer_of_a_test_trains_the_students_module(student: Remote, make: Any) -> None:
    def losses(net: Any) -> list[float]:
        optimizer = make(net.parameters())
        found = []
        for _ in range(4):
            optimizer.zero_grad()
            loss = net(batch()).pow(4).mean()
            loss.backward()
            optimizer.step()
            found.append(loss.item())
        return found

    there, here = student.name("Net")(), defined(ANSWERS)["Net"]()
    here.load_state_dict(there.state_dict())
    assert losses(there) == losses(here)
    torch.testing.assert_close(there.state_dict(), dict(here.state_dict()), rtol=0, atol=0)


@pytest.mark.parametrize(
    "change",
    [
        lambda w: nn.init.constant_(w, 0.5),
        lambda w: w.data.fill_(0.5),
        lambda w: w.detach().copy_(torch.full_like(w, 0.5)),
        lambda w: setattr(w, "data", torch.full_like(w, 0.5)),
    ],
    ids=["init", "data", "detach", "new data"],
)
def test_a_parameter_that_a_test_changes_is_changed_for_the_students_code(student: Remote, change: Any) -> None:
    net = student.name("Net")()
    change(net.linear.weight)
    assert student.name("sums")(net)[0] == 3.0


def test_a_buffer_that_a_test_changes_is_changed_for_the_students_code(student: Remote) -> None:
    net = student.name("Net")()
    net.norm.running_mean.fill_(7)
    assert net.state_dict()["norm.running_mean"].tolist() == [7, 7]


def test_what_the_students_code_trains_changes_in_the_test(student: Remote) -> None:
    net = student.name("Net")()
    weight, mean = net.linear.weight, net.norm.running_mean
    before = weight.detach().clone(), mean.clone()
    student.name("train")(net, batch(), 3)
    assert not torch.equal(weight, before[0])
    assert not torch.equal(mean, before[1])
    torch.testing.assert_close(weight.sum().item(), student.name("sums")(net)[0])
    assert weight.grad is not None


@pytest.mark.parametrize("step", ["sgd_step", "old_style_step"])
def test_a_students_optimizer_uses_the_gradients_of_the_test(student: Remote, step: str) -> None:
    net = student.name("Net")()
    net(batch()).pow(4).sum().backward()
    expected = [(p - 0.1 * p.grad).detach().clone() for p in net.parameters()]
    student.name(step)(list(net.parameters()), 0.1)
    torch.testing.assert_close([p.detach() for p in net.parameters()], expected)


def test_a_students_optimizer_works_on_the_parameters_of_a_test(student: Remote) -> None:
    layer = nn.Linear(3, 2)
    layer(torch.ones(1, 3)).sum().backward()
    expected = layer.weight.detach() - 0.1 * layer.weight.grad
    student.name("sgd_step")(list(layer.parameters()), lr=0.1)
    torch.testing.assert_close(layer.weight.detach(), expected)


def test_freezing_works_both_ways(student: Remote) -> None:
    net = student.name("Net")()
    weight = net.linear.weight
    student.name("freeze")(net)
    assert not weight.requires_grad
    assert not net(batch()).requires_grad
    weight.requires_grad_(True)
    torch.autograd.grad(net(batch()).pow(4).sum(), weight)


def test_a_module_can_change_its_dtype(student: Remote) -> None:
    net = student.name("Net")()
    weight = net.linear.weight
    net(batch()).pow(4).sum().backward()
    net.float()
    assert (weight.dtype, weight.grad.dtype) == (torch.float32, torch.float32)
    net(batch().float()).pow(4).sum().backward()
    assert net.to(torch.float64) is net
    assert weight.dtype == torch.float64


def test_a_parameter_can_be_replaced(student: Remote) -> None:
    net = student.name("Net")()
    mine = nn.Parameter(torch.ones(2, 3, dtype=torch.float64))
    net.linear.weight = mine
    assert net.linear.weight is mine
    student.name("train")(net, batch(), 1)
    assert not torch.equal(mine, torch.ones_like(mine))


def test_state_dicts_are_plain_and_can_be_loaded(student: Remote) -> None:
    net, other = student.name("Net")(), student.name("Net")()
    state = net.state_dict()
    assert type(state) is dict
    assert list(state)[:2] == ["linear.weight", "linear.bias"]
    assert not any(tensor.requires_grad for tensor in state.values())
    assert other.load_state_dict(state).missing_keys == []
    torch.testing.assert_close(other.state_dict(), state, rtol=0, atol=0)
    reference = defined(ANSWERS)["Net"]()
    reference.load_state_dict(net.state_dict())
    net.load_state_dict(reference.state_dict())
    missing, unexpected = net.load_state_dict({"extra": torch.ones(1)}, strict=False)
    assert (len(missing), unexpected) == (6, ["extra"])
    with pytest.raises(RuntimeError, match="Missing key"):
        net.load_state_dict({})


def test_modules_on_the_meta_device_cost_nothing(student: Remote) -> None:
    vgg = remote("def big(): return nn.Linear(10**6, 10**5, device='meta')").name("big")()
    assert sum(p.numel() for p in vgg.parameters()) == 10**11 + 10**5
    assert vgg(torch.empty(2, 10**6, device="meta")).shape == (2, 10**5)


@pytest.mark.parametrize(
    "other",
    [torch.ones(3, 2), torch.ones(2, 3).double(), torch.zeros(2, 3), torch.ones(2, 3, device="meta")],
    ids=["shape", "dtype", "values", "meta"],
)
def test_a_tensor_is_compared_with_all_that_is_known_of_it(other: Tensor) -> None:
    tensor = torch.ones(2, 3)
    assert shows(tensor, image(tensor))
    assert shows(torch.ones(3, 2).T, image(tensor))
    assert not shows(other, image(tensor))
    assert not shows(tensor, image(other))
    assert shows(other, image(other))


def test_values_of_parameters_that_no_test_reads_do_not_travel() -> None:
    student = remote("net = nn.Linear(1000, 1000)")
    net = student.name("net")
    channel = student._channel
    assert isinstance(channel, Inline)
    channel.sizes.clear()
    net(torch.ones(1, 1000)).sum().backward()
    assert net.bias.grad.sum() == 1000
    assert sum(channel.sizes) < 9_000_000
    channel.sizes.clear()
    net.weight, net.weight  # noqa: B018
    assert 4_000_000 < sum(channel.sizes) < 5_000_000


@pytest.mark.parametrize("change", ["zero_", "zero_data"])
@pytest.mark.parametrize(
    "make",
    [lambda: torch.ones(3), lambda: torch.arange(3), lambda: torch.ones(3, requires_grad=True)],
    ids=["plain", "integers", "leaf"],
)
def test_an_argument_that_is_changed_in_place_is_changed(student: Remote, change: str, make: Any) -> None:
    x = make()
    student.name(change)(x)
    assert x.tolist() == [0, 0, 0]
    assert student.changed_arguments == 1


def test_views_of_an_argument_change_with_it(student: Remote) -> None:
    x = torch.ones(3, 2)
    student.name("zero_")(x[1])
    assert x.sum(dim=1).tolist() == [2, 0, 2]


def test_an_argument_that_is_left_alone_is_not_touched(student: Remote) -> None:
    x = torch.tensor([1.0, torch.nan])
    student.name("unchanged")(x)
    assert (x._version, student.changed_arguments) == (0, 0)


def test_an_argument_can_get_another_shape(student: Remote) -> None:
    x = torch.ones(3)
    student.name("resize")(x)
    assert x.shape == (1, 3)


def test_an_argument_that_the_students_code_keeps_stays_the_same_tensor(student: Remote) -> None:
    x = torch.ones(3)
    student.name("keep")(x)
    assert student.name("kept")() is x
    x.add_(1)
    assert student.name("kept")().tolist() == [2, 2, 2]


def test_an_error_does_not_hide_a_change_in_place() -> None:
    x = torch.ones(3)
    with pytest.raises(ValueError, match="late"):
        remote("def f(x):\n    x.zero_()\n    raise ValueError('late')").name("f")(x)
    assert x.tolist() == [0, 0, 0]


class TestKeepingArguments:
    """Code that changes what it is given cannot change what a test compares it with."""

    @pytest.fixture
    def student(self) -> Remote:
        student = remote(ANSWERS)
        student.keep_arguments = True
        return student

    def test_the_test_keeps_its_tensor_and_the_students_code_its_own(self, student: Remote) -> None:
        x = torch.ones(3)
        assert student.name("zero_")(x).tolist() == [0, 0, 0]
        assert x.tolist() == [1, 1, 1]
        assert student.changed_arguments == 1

    def test_a_computed_tensor_stays_as_it_was_and_gradients_are_right(self, student: Remote) -> None:
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        h = x * 2
        y = student.name("zero_result")(h)
        assert (y.tolist(), h.tolist()) == ([0, 0], [2, 4])
        assert torch.autograd.grad((h + y).sum(), x)[0].tolist() == [2, 2]

    def test_a_state_dict_of_a_reference_stays_as_it_was(self, student: Remote) -> None:
        reference = nn.Linear(2, 2)
        before = reference.weight.detach().clone()
        student.name("zero_")(reference.state_dict()["weight"])
        student.name("zero_")(reference.weight)
        assert torch.equal(reference.weight, before)

    def test_lists_stay_as_they_were(self, student: Remote) -> None:
        rows = [1, 2]
        student.name("spoil")(rows)
        assert (rows, student.changed_arguments) == ([1, 2], 1)

    def test_a_parameter_that_was_handed_over_is_read_as_it_is_there(self, student: Remote) -> None:
        net = student.name("Net")()
        mine = nn.Parameter(torch.ones(2, 3, dtype=torch.float64))
        net.linear.weight = mine
        student.name("train")(net, batch(), 1)
        assert torch.equal(mine, torch.ones_like(mine))
        assert student.name("sums")(net)[0] == pytest.approx(net.linear.weight.sum().item())
        assert net.linear.weight.sum() != 6

    def test_copies_still_follow(self, student: Remote) -> None:
        net = student.name("Net")()
        weight = net.linear.weight
        student.name("zero_")(weight)
        assert weight.abs().sum() == 0
        weight.data.fill_(1)
        assert student.name("sums")(net)[0] == 6


def test_a_tensor_can_be_given_again_while_its_results_live_and_after(student: Remote) -> None:
    unchanged = student.name("unchanged")
    x = torch.ones(3, requires_grad=True)
    h = x * 2
    results = [unchanged(x), unchanged(h)]
    for _ in range(3):
        h.data.add_(1)
        results = [unchanged(x), unchanged(h), student.name("zero_")(h.sin())]
        assert torch.equal(results[1], h + 1)
    assert torch.autograd.grad(results[0].sum() + results[1].sum(), x)[0].tolist() == [3, 3, 3]


def test_a_parameter_can_be_given_back_after_its_module_is_gone() -> None:
    student = remote(
        "def layer():\n    ring = [nn.Linear(2, 2)]\n    ring.append(ring)\n    return ring[0]\n"
        "def double(x): return x * 2"
    )
    weight = student.name("layer")().weight
    expected = weight.detach() * 2
    double = student.name("double")
    gc.collect()
    result = double(weight)
    assert torch.equal(result, expected)
    result.sum().backward()
    assert weight.grad.tolist() == [[2, 2], [2, 2]]


def test_shared_tensors_are_forgotten_when_the_student_drops_them(student: Remote) -> None:
    for _ in range(3):
        net = student.name("Net")()
        net(batch()).sum().backward()
        list(net.parameters())
        student.name("unchanged")(batch())
    del net
    gc.collect()
    student.name("kept")
    assert len(student._tensors.numbers()) == 0
