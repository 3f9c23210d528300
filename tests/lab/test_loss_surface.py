"""Straight lines through a network's weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnlab.loss_surface import bumps, losses_along, random_direction


def network() -> nn.Module:
    _ = torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3))


def test_a_direction_is_as_long_as_the_filters_and_leaves_vectors_out() -> None:
    net = network()
    for step, parameter in zip(random_direction(net, 0), net.parameters(), strict=True):
        if parameter.ndim == 1:
            assert not step.any()
        else:
            torch.testing.assert_close(step.flatten(1).norm(dim=1), parameter.detach().flatten(1).norm(dim=1))


def test_the_network_stays_where_it_is() -> None:
    net = network()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    x, y = torch.randn(6, 1, 4, 4), torch.tensor([0, 1, 2, 0, 1, 2])
    losses = losses_along(net, random_direction(net, 0), [0.0, 1.0], x, y)
    assert losses[0] != losses[1]
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


@pytest.mark.parametrize(("losses", "expected"), [([3, 1, 2], 1.0), ([3, 1, 2, 1, 3], 1.5)])
def test_a_valley_without_bumps_is_one(losses: list[float], expected: float) -> None:
    assert bumps(losses) == expected
