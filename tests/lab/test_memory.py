"""What tensors take at most: each storage from its making to its end, in forward and backward passes, on any device."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from cnnlab.memory import bytes_of, peak_bytes
from cnnlab.published import network
from cnnlab.workload import Workload

KIB = 1024


def block(kib: int, device: str = "cpu") -> Tensor:
    """A tensor of so many KiB."""
    return torch.zeros(kib * KIB, dtype=torch.uint8, device=device)


@pytest.mark.parametrize("device", ["cpu", "meta"])
class TestThePeak:
    def test_is_the_most_that_is_there_at_one_time(self, device: str) -> None:
        def step() -> None:
            first = block(3, device)
            del first
            second = block(2, device)
            _ = second + 1
            del second, _
            _ = block(1, device)

        assert peak_bytes(step, [], device) == 4 * KIB

    def test_holds_what_was_there_before(self, device: str) -> None:
        assert peak_bytes(lambda: block(2, device), [block(5, device)], device) == 7 * KIB

    def test_counts_a_view_and_a_change_in_place_as_nothing_new(self, device: str) -> None:
        def step() -> None:
            x = block(4, device)
            view = x.view(2, -1)
            view.add_(1)

        assert peak_bytes(step, [], device) == 4 * KIB

    def test_counts_what_a_view_keeps_alive(self, device: str) -> None:
        def step() -> None:
            view = block(4, device)[:1]
            _ = block(4, device)
            del view

        assert peak_bytes(step, [], device) == 8 * KIB

    def test_sees_what_is_let_go_although_it_was_there_before(self, device: str) -> None:
        held = [block(4, device)]

        def step() -> None:
            held.clear()
            _ = block(4, device)

        assert peak_bytes(step, iter(held), device) == 4 * KIB

    def test_sees_what_a_backward_pass_keeps_and_makes(self, device: str) -> None:
        x = torch.ones(KIB // 4, requires_grad=True, device=device)

        def step() -> None:
            y = x.exp()
            y = y.exp()
            y.sum().backward()

        # Kept: both results; made: the sum and its gradient (4 bytes each, the gradient expanded without a copy), the
        # gradient of the first exp while that of the second is read, with both results still there.
        without_scalars = peak_bytes(step, [x], device) - 2 * 4
        assert without_scalars % KIB == 0 and without_scalars >= 4 * KIB


@pytest.mark.parametrize("training", [True, False])
def test_a_network_is_followed_alike_with_and_without_values(training: bool) -> None:
    peaks = []
    for device in ("cpu", "meta"):
        with torch.device(device):
            work = Workload(network("resnet18", width=8), 2, (3, 64, 64))
        peaks.append(work.peak_bytes(training))
    # What batch norm keeps of its statistics differs by a few hundred bytes.
    assert peaks[0] == pytest.approx(peaks[1], rel=0.002)


def test_on_cuda_the_allocator_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: happened.append("wait"))
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: happened.append("reset"))
    # Of the 9 KiB that were there before the step, 5 belong to something else.
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 9 * KIB)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 12 * KIB)
    assert peak_bytes(lambda: happened.append("run"), [block(4)], "cuda") == (12 - 5) * KIB
    assert happened == ["wait", "reset", "run", "wait"]


def test_of_tensors_on_one_storage_one_counts() -> None:
    x = block(2)
    assert bytes_of([x, x[:10], block(1)]) == 3 * KIB
