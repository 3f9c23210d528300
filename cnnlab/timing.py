"""How long things take on a device, and the two ceilings that no computation on it gets above.

A time is the median of several runs, after runs that warm up caches, clocks and libraries. On CUDA, where Python runs
ahead of the device, events in the stream of work take it. On the CPU with one thread it is the processor's time, which
is that of the clock on an idle machine, and on a busy one leaves out what others do meanwhile. It still moves from run
to run: look at it in a picture, never compare it for equality.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Ceilings:
    """The most that a device was seen to do, in float32.

    Attributes:
        flops: floating point operations per second, in large matrix products and convolutions.
        bandwidth: bytes per second that come from and go to its memory, adding large vectors.
    """

    flops: float
    bandwidth: float


def median_seconds(step: Callable[[], Any], device: torch.device | str, runs: int = 5, warm_up: int = 2) -> float:
    """The median time that a function takes.

    Args:
        step: what runs; its result is dropped.
        device: where its tensors are.
        runs: how many times it is timed.
        warm_up: how many times it runs before.
    """
    return statistics.median(all_seconds(step, device, runs, warm_up))


def all_seconds(step: Callable[[], Any], device: torch.device | str, runs: int = 5, warm_up: int = 2) -> list[float]:
    """The times behind the median."""
    device = torch.device(device)
    for _ in range(warm_up):
        step()
    synchronize(device)
    if device.type == "cuda":
        return _seconds_between_events(step, device, runs)
    alone = device.type == "cpu" and torch.get_num_threads() == 1
    clock = time.process_time if alone else time.perf_counter
    return [_seconds_by(clock, step, device) for _ in range(runs)]


def ceilings(device: torch.device | str) -> Ceilings:
    """Measure both ceilings of a device, in the shortest of many runs; takes about a second."""
    device = torch.device(device)
    large = device.type == "cuda"
    side, batch, length = (8192, 64, 2**26) if large else (512, 1, 2**23)
    matrix = torch.rand(side, side, device=device)
    product = torch.empty_like(matrix)
    images = torch.rand(batch, 256, 28, 28, device=device)
    conv = torch.nn.Conv2d(256, 256, 3, padding=1, bias=False, device=device).requires_grad_(False)
    operations = {
        lambda: torch.matmul(matrix, matrix, out=product): 2 * side**3,
        lambda: conv(images): 2 * images.numel() * 9 * 256,
    }
    flops = max(count / min(all_seconds(step, device, runs=40)) for step, count in operations.items())
    one, other, total = (torch.ones(length, device=device) for _ in range(3))
    moved = 3 * length * total.itemsize
    return Ceilings(flops, moved / min(all_seconds(lambda: torch.add(one, other, out=total), device, runs=20)))


def synchronize(device: torch.device) -> None:
    """Wait until the device has done all that was asked of it."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def _seconds_between_events(step: Callable[[], Any], device: torch.device, runs: int) -> list[float]:
    pairs = [[torch.cuda.Event(enable_timing=True) for _ in range(2)] for _ in range(runs)]
    for start, end in pairs:
        start.record()
        step()
        end.record()
    synchronize(device)
    return [start.elapsed_time(end) / 1000 for start, end in pairs]


def _seconds_by(clock: Callable[[], float], step: Callable[[], Any], device: torch.device) -> float:
    start = clock()
    step()
    synchronize(device)
    return clock() - start


def shortest_in_turns(steps: Sequence[Callable[[], Any]], device: torch.device | str, runs: int = 15) -> list[float]:
    """The shortest time of each of several functions; they take turns, so that a busy machine is fair to all.

    Args:
        steps: what runs; results are dropped.
        device: where their tensors are.
        runs: how many times each is timed.
    """
    for step in steps:
        step()
    rounds = [[all_seconds(step, device, 1, 0)[0] for step in steps] for _ in range(runs)]
    return [min(times) for times in zip(*rounds, strict=True)]
