"""A network that was recorded computes what the module computes, or is refused with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnlab.challenge import MAX_STEPS
from cnnlab.challenge.program import BATCH, read
from cnnlab.challenge.refusal import Refused
from cnnlab.challenge.running import run
from cnnlab.challenge.trace import data_of, record, trace
from tests.challenge.networks import NETWORKS, Computed, Residual, conv, linear

networks = pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)


def computed(model: nn.Module, training: bool) -> tuple[Tensor, Tensor]:
    """What the module gives, and what its record gives with the same tensors."""
    network, tensors = record(model)
    program = network.training if training else network.evaluation
    images = torch.randn(BATCH if training else 1, 1, 8, 8, dtype=next(model.parameters()).dtype)
    torch.manual_seed(0)
    expected = model.train(training)(images)
    torch.manual_seed(0)
    return expected, run(program, images, tensors)


@networks
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_the_record_computes_what_the_module_computes(make: Callable[[], nn.Module], training: bool) -> None:
    torch.testing.assert_close(*computed(make(), training))


@networks
def test_the_record_has_the_gradients_of_the_module(make: Callable[[], nn.Module]) -> None:
    model = make()
    expected, got = computed(model, training=True)
    parameters = list(model.parameters())
    gradients = [torch.autograd.grad(y.square().sum(), parameters, allow_unused=True) for y in (expected, got)]
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-4)


@networks
def test_the_record_is_plain_data_that_can_be_read(make: Callable[[], nn.Module]) -> None:
    data = trace(make())
    once = asdict(read(data))
    assert asdict(read(once)) == once
    assert _types(data) <= {dict, list, tuple, str, int, float, bool, type(None)}


def _types(data: Any) -> set[type]:
    parts = data.values() if type(data) is dict else data if type(data) in (list, tuple) else ()
    return {type(data)}.union(*map(_types, parts))


@networks
def test_recording_leaves_the_module_and_the_random_numbers_as_they_were(make: Callable[[], nn.Module]) -> None:
    model = make()
    trace(model)
    model[0].eval() if isinstance(model, nn.Sequential) else model.eval()
    state, modes = {name: t.clone() for name, t in model.state_dict().items()}, [m.training for m in model.modules()]
    torch.manual_seed(0)
    trace(model)
    drawn = torch.rand(1)
    assert torch.equal(drawn, torch.rand(1, generator=torch.Generator().manual_seed(0)))
    assert [m.training for m in model.modules()] == modes
    assert all(torch.equal(state[name], tensor) for name, tensor in model.state_dict().items())


def test_a_module_can_be_recorded_where_no_gradients_are() -> None:
    model = conv()
    with torch.no_grad():
        data = trace(model)
    assert data == trace(model)


def test_what_the_output_does_not_depend_on_is_left_out() -> None:
    def body(x: Tensor, unused: nn.Module) -> Tensor:
        unused(x)
        return x

    network, _ = record(Computed(body, nn.Conv2d(1, 50, 3)))
    assert [step.operator for step in network.training.steps if "conv" in step.operator] == []
    assert {network.leaves[index].shape for index in network.leaves_read()} == {(10, 64), (10,)}


def test_a_shared_tensor_is_one_leaf_and_an_equal_one_another() -> None:
    layer = nn.Linear(64, 64)
    other = nn.Linear(64, 64)
    other.load_state_dict(layer.state_dict())
    network, _ = record(nn.Sequential(nn.Flatten(), layer, layer, other, nn.Linear(64, 10)))
    assert len(network.leaves_read()) == 6


def test_a_constant_is_one_leaf_in_both_modes() -> None:
    network, _ = record(Computed(lambda x: x * torch.linspace(0, 1, 8)))
    assert network.training.leaves_read() == network.evaluation.leaves_read()
    assert sum(leaf.shape == (8,) for leaf in network.leaves) == 1


def test_frozen_parameters_are_not_trained() -> None:
    model = linear()
    model[1].weight.requires_grad_(False)
    assert sorted((leaf.shape, leaf.trainable) for leaf in record(model)[0].leaves) == [
        ((10,), True),
        ((10, 64), False),
    ]


def test_of_a_tensors_values_only_mean_and_deviation_are_told() -> None:
    model = linear()
    (weight,) = [leaf for leaf in record(model)[0].leaves if leaf.shape == (10, 64)]
    values = model[1].weight.double()
    assert (weight.mean, weight.deviation) == pytest.approx((values.mean().item(), values.std(correction=0).item()))


class OwnBatchNorm(nn.Module):
    """Keeps a running mean in one way or another."""

    def __init__(self, keep: Callable[[Any, Tensor], object]) -> None:
        super().__init__()
        self.keep = keep
        self.register_buffer("mean", torch.zeros(()))
        self.mean: Tensor

    def forward(self, x: Tensor) -> Tensor:
        self.keep(self, x.mean())
        return x - self.mean


def _keeps(keep: Callable[[Any, Tensor], object]) -> nn.Module:
    return Computed(lambda x, norm: norm(x), OwnBatchNorm(keep))


def _assign(norm: Any, mean: Tensor) -> None:
    norm.mean = 0.9 * norm.mean + 0.1 * mean.detach()


def _without_gradients(x: Tensor) -> Tensor:
    with torch.no_grad():
        return x.sigmoid()


def _quietly(x: Tensor) -> Tensor:
    try:
        return x if x.sum().item() > 0 else -x
    except Exception:
        return x


class Through(torch.autograd.Function):
    """The sign, with a gradient of its own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.sign()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        return grads[0]


def _endless(x: Tensor) -> Tensor:
    for _ in range(10**4):
        x = x + 1
    return x


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "no module": (lambda: torch.ones(3), "is a tensor of shape (3,); it must be an instance of an nn.Module"),
    "a class": (lambda: nn.Linear, "is the class Linear"),
    "a tuple": (lambda: nn.Sequential(nn.AdaptiveMaxPool2d(1, return_indices=True)), "returns a tuple of 2 items"),
    "an if on a number": (lambda: Computed(lambda x: x if float(x.sum()) > 0 else -x), "reads out of a tensor"),
    "an if on a tensor": (lambda: Computed(lambda x: x if x.sum() > 0 else -x), "an if on a tensor"),
    "an if whose error is caught": (lambda: Computed(_quietly), "reads out of a tensor"),
    "a mask": (lambda: Computed(lambda x: x * (x > 0)), "relu and clamp are fine"),
    "a table of indices": (lambda: Computed(lambda x: x[:, :, [0, 2, 1, 3]], features=32), "slices are fine"),
    "sorting": (lambda: Computed(lambda x: x.sort(dim=3).values), "sorting or searching"),
    "a lookup": (lambda: Computed(lambda x: F.embedding(x[:, 0].argmax(2), x[0, 0])), "aten.argmax"),
    "random numbers of a given size": (lambda: Computed(lambda x: x + torch.rand(8)), "rand_like and randn_like"),
    "an uncounted product": (
        lambda: Computed(lambda x, c: (x.flatten(1) @ c.weight[0])[:, None], nn.Linear(64, 1), features=1),
        "aten.mv",
    ),
    "another dtype": (lambda: Computed(lambda x: x.double().float()), "a change of dtype"),
    "no gradients": (lambda: Computed(_without_gradients), "use detach()"),
    "a gradient of its own": (lambda: Computed(Through.apply), "torch.autograd.Function"),
    "a buffer changed in place": (
        lambda: _keeps(lambda norm, mean: norm.mean.mul_(0.9).add_(0.1 * mean)),
        "keeps something",
    ),
    "a buffer copied to": (lambda: _keeps(lambda norm, mean: norm.mean.copy_(mean.detach())), "keeps something"),
    "a buffer replaced": (lambda: _keeps(_assign), "keeps something of the images"),
    "statistics of another norm": (
        lambda: Computed(lambda x, n: n(x), nn.InstanceNorm2d(1, track_running_stats=True)),
        "track_running_stats",
    ),
    "a cumulative average": (lambda: Computed(lambda x, n: n(x), nn.BatchNorm2d(1, momentum=None)), "momentum=None"),
    "steps without end": (lambda: Computed(_endless), f"far more than the {MAX_STEPS} steps"),
    "a result that is constant": (lambda: Constant(), "does not depend on the image"),
    "another device": (lambda: linear().to("meta"), "not on the CPU"),
    "tensors that share their place": (lambda: Computed(_padded_around), "aten.copy_"),
}


class Constant(nn.Module):
    """The same scores for all."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.zeros(len(x), 10)


def _padded_around(x: Tensor) -> Tensor:
    return F.pad(x, (1, 1, 1, 1), mode="circular")[:, :, 1:-1, 1:-1]


@pytest.mark.parametrize(("make", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_recorded_is_refused_with_a_sentence(make: Callable[[], object], sentence: str) -> None:
    data = trace(make())
    assert sentence in data["refused"]
    with pytest.raises(Refused) as caught:
        read(data)
    assert str(caught.value) == data["refused"]


def test_a_network_of_too_many_steps_is_told_how_many_it_takes() -> None:
    deep = nn.Sequential(*(Residual(1) for _ in range(60)), nn.Flatten(), nn.Linear(64, 10))
    with pytest.raises(Refused, match=f"takes 243 steps; {MAX_STEPS} are allowed"):
        read(trace(deep))


def test_an_error_of_the_network_itself_is_its_own() -> None:
    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        trace(nn.Sequential(nn.Flatten(), nn.Linear(63, 10)))


def test_what_is_in_another_process_is_asked_for_its_network() -> None:
    class Elsewhere:
        def __question__(self, question: str) -> str:
            return f"its {question}"

    assert data_of(Elsewhere()) == "its network"
