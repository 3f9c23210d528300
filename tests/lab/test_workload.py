"""A network at work: what a forward pass and a step of training do, cost and take."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from cnnlab.workload import Workload


def small(device: str = "cpu") -> Workload:
    """A batch of four images for a small network."""
    with torch.device(device):
        model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8 * 16, 10))
    return Workload(model, 4, (3, 6, 6))


def test_it_can_be_made_while_another_device_is_the_default() -> None:
    with torch.device("meta"):
        work = Workload(small().model, 4, (3, 6, 6))
    assert torch.equal(work.images, small().images)


def test_a_forward_pass_changes_nothing() -> None:
    work = small()
    before = {name: value.clone() for name, value in work.model.state_dict().items()}
    work.forward()
    assert all(torch.equal(value, before[name]) for name, value in work.model.state_dict().items())
    assert not work.model.training


def test_a_step_of_training_moves_every_parameter_and_fills_the_momentum() -> None:
    work = small()
    before = [parameter.detach().clone() for parameter in work.model.parameters()]
    work.train()
    moved = [not torch.equal(old, new) for old, new in zip(before, work.model.parameters(), strict=True)]
    # The convolution's bias stands before batch norm, which takes it out again: its gradient is rounding.
    assert all(moved[:1] + moved[2:])
    assert all("momentum_buffer" in work.optimizer.state[parameter] for parameter in work.model.parameters())


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_operations_are_two_per_multiply_add_of_the_batch_and_training_has_those_of_both_gradients(device: str) -> None:
    work = small(device)
    conv, linear = 4 * 16 * 8 * 27, 4 * 10 * 128
    assert work.flops(training=False) == 2 * (conv + linear)
    # The image needs no gradient, so the first convolution has one product less.
    assert work.flops(training=True) == 2 * (2 * conv + 3 * linear)


@pytest.mark.parametrize("device", ["cpu", "meta"])
class TestPeakMemory:
    def test_of_training_holds_parameters_gradients_and_momentum(self, device: str) -> None:
        work = small(device)
        parameters = sum(parameter.nbytes for parameter in work.model.parameters())
        assert work.peak_bytes(training=True) > 3 * parameters + work.images.nbytes

    def test_of_a_forward_pass_is_the_same_before_and_after_training(self, device: str) -> None:
        work = small(device)
        before = work.peak_bytes(training=False)
        work.train()
        assert work.peak_bytes(training=False) == before

    def test_of_a_forward_pass_is_what_a_layer_reads_and_puts_out_beside_what_is_always_there(
        self, device: str
    ) -> None:
        work = small(device)
        held = sum(t.nbytes for t in (*work.model.parameters(), *work.model.buffers(), work.images, work.labels))
        maps, statistics = 4 * 8 * 16 * 4, 2 * 8 * 4
        assert held + 2 * maps <= work.peak_bytes(training=False) <= held + 2 * maps + statistics


def test_times_are_those_of_the_step_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    work = small()
    monkeypatch.setattr("cnnlab.workload.median_seconds", lambda step, device, runs: (step.__name__, runs))
    assert work.seconds(training=False, runs=3) == ("forward", 3)
    assert work.seconds(training=True) == ("train", 5)
