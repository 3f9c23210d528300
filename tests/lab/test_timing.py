"""Times and ceilings: how often things run, that a median comes out, and what it is divided by. No time is compared."""

from __future__ import annotations

import itertools
import time

import pytest
import torch

from cnnlab.timing import ceilings, median_seconds, shortest_in_turns


def test_it_runs_to_warm_up_and_then_as_often_as_asked() -> None:
    calls: list[int] = []
    assert median_seconds(lambda: calls.append(0), "cpu", runs=3, warm_up=4) >= 0
    assert len(calls) == 3 + 4


@pytest.mark.parametrize(("threads", "clock"), [(1, "process_time"), (2, "perf_counter")])
def test_it_is_the_median_of_the_timed_runs(monkeypatch: pytest.MonkeyPatch, threads: int, clock: str) -> None:
    # Two readings for each run: 7, 1 and 2 seconds.
    readings = itertools.chain([0, 7, 10, 11, 20, 22])
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    monkeypatch.setattr(time, clock, lambda: next(readings))
    assert median_seconds(lambda: None, "cpu", runs=3, warm_up=0) == 2


def test_functions_that_are_compared_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    steps = [lambda: happened.append("a"), lambda: happened.append("b")]
    assert len(shortest_in_turns(steps, "cpu", runs=2)) == 2
    assert happened == ["a", "b"] * 3
    times = iter([[5.0], [7.0], [3.0], [8.0]])
    monkeypatch.setattr("cnnlab.timing.all_seconds", lambda *_: next(times))
    assert shortest_in_turns(steps, "cpu", runs=2) == [3.0, 7.0]


def test_ceilings_are_operations_and_bytes_by_the_second_in_the_shortest_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnlab.timing.all_seconds", lambda step, device, runs: [2.0, 0.5, 1.0])
    found = ceilings("cpu")
    assert found.flops == max(2 * 512**3, 2 * 9 * 256 * 256 * 28 * 28) / 0.5
    assert found.bandwidth == 3 * 2**23 * 4 / 0.5


class Event:
    """Stands for an event of CUDA, where there is none; two are as many milliseconds apart as were made."""

    made = 0

    def __init__(self, enable_timing: bool) -> None:
        assert enable_timing
        Event.made += 1
        self.number, self.recorded = Event.made, False

    def record(self) -> None:
        """Take note."""
        self.recorded = True

    def elapsed_time(self, end: Event) -> float:
        """Milliseconds."""
        assert self.recorded and end.recorded
        return float(end.number)


def test_on_cuda_events_take_the_time_and_are_read_after_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda *_: happened.append("wait"))
    seconds = median_seconds(lambda: happened.append("run"), "cuda", runs=3, warm_up=1)
    assert happened == ["run", "wait", "run", "run", "run", "wait"]
    assert seconds == 4 / 1000
