"""A network is rebuilt with values of its author's distributions, and with nothing else of them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from cnnlab.challenge.program import BATCH, Leaf, read
from cnnlab.challenge.running import Rebuilt, drawn
from cnnlab.challenge.trace import trace
from cnnlab.training import generator
from tests.challenge.networks import Computed, conv, linear


def rebuilt(model: nn.Module, seed: int = 0) -> Rebuilt:
    return Rebuilt(read(trace(model)), generator(seed))


def values(model: Rebuilt) -> dict[tuple[int, ...], Tensor]:
    """Its parameters by their shape."""
    return {tuple(parameter.shape): parameter.detach() for parameter in model.parameters()}


def test_values_have_the_mean_and_deviation_of_their_tensor() -> None:
    leaf = Leaf((200, 200), trainable=True, mean=-3.0, deviation=0.25)
    numbers = drawn(leaf, generator(0))
    assert numbers.mean().item() == pytest.approx(-3, abs=0.01)
    assert numbers.std().item() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("value", [0.0, 1.0, -0.5, 1e-4])
def test_what_is_all_one_number_stays_that_number(value: float) -> None:
    assert torch.equal(drawn(Leaf((3, 2), True, value, 0.0), generator(0)), torch.full((3, 2), value))


def test_mean_and_deviation_carry_no_message() -> None:
    exact, rounded = (drawn(Leaf((5,), True, mean, 0.3), generator(0)) for mean in (0.123456, 0.12))
    assert torch.equal(exact, rounded)


def test_nothing_that_was_learnt_is_left() -> None:
    model = linear()
    with torch.no_grad():
        model[1].weight.copy_(torch.eye(10, 64))
    weight = values(rebuilt(model))[10, 64]
    assert weight.mean().item() == pytest.approx(1 / 64, abs=0.02)
    assert (weight[:, :10].diagonal() > 0.5).sum() < 3


def test_constants_are_drawn_anew_too() -> None:
    table = torch.linspace(-1, 1, 64).view(8, 8)
    images = torch.ones(BATCH, 1, 8, 8)
    model = nn.Sequential(Computed(lambda x: x * table, features=64))
    first, second, other = (rebuilt(model, seed).train()(images) for seed in (0, 0, 1))
    assert torch.equal(first, second)
    assert not torch.allclose(first, other)


def test_the_seed_decides_the_values() -> None:
    first, same, other = (values(rebuilt(linear(), seed))[10, 64] for seed in (0, 0, 1))
    assert torch.allclose(first, same, atol=0.1)
    assert not torch.allclose(first, other, atol=0.1)


def test_running_statistics_start_at_zero_and_one_whatever_they_were() -> None:
    model = conv()
    model[1].running_mean.fill_(7)
    model[1].running_var.fill_(9)
    network = rebuilt(model).eval()
    images = torch.randn(1, 1, 8, 8)
    before = network(images)
    model[1].reset_running_stats()
    torch.testing.assert_close(before, rebuilt(model).eval()(images))


def test_training_moves_running_statistics_and_evaluation_uses_them() -> None:
    network, image = rebuilt(conv()), torch.randn(1, 1, 8, 8)
    before = network.eval()(image)
    network.train()(5 + torch.randn(BATCH, 1, 8, 8))
    after = network.eval()(image)
    assert not torch.allclose(before, after)
    assert torch.equal(after, network(image))


def test_tensors_used_twice_are_one() -> None:
    layer = nn.Linear(64, 64)
    model = rebuilt(nn.Sequential(nn.Flatten(), layer, layer, nn.Linear(64, 10)))
    assert len(list(model.parameters())) == 4


def test_frozen_tensors_and_constants_are_no_parameters() -> None:
    model = linear()
    model[1].weight.requires_grad_(False)
    assert list(values(rebuilt(model))) == [(10,)]


def test_everything_is_float32() -> None:
    assert {parameter.dtype for parameter in rebuilt(linear().double()).parameters()} == {torch.float32}
