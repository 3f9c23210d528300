"""Submissions that are graded at one time have cores of their own."""

from __future__ import annotations

import json
import os

import pytest

from sandbox.limits import Limits
from sandbox.shares import cores, shares
from tests.sandbox.running import Tell, outcome
from tests.sandbox.settings import Setting


@pytest.mark.parametrize(
    "jobs, among, expected",
    [
        (1, (0, 1, 2, 3), [()]),
        (2, (0, 1), [(0,), (1,)]),
        (2, (0, 1, 2, 3), [(0, 1), (2, 3)]),
        (3, (0, 1, 2, 3), [(0,), (1,), (2, 3)]),
        (4, (5, 7), [(5,), (7,), (5,), (7,)]),
        (2, (), [(), ()]),
    ],
)
def test_cores_are_shared_out(jobs: int, among: tuple[int, ...], expected: list[tuple[int, ...]]) -> None:
    assert shares(jobs, among) == expected


@pytest.mark.parametrize("jobs", range(2, 9))
def test_every_core_is_someones_and_no_core_is_two_ones(jobs: int) -> None:
    given = [core for share in shares(jobs, range(8)) for core in share]
    assert sorted(given) == list(range(8))


def test_a_submission_runs_on_its_cores_and_stays_there(setting: Setting) -> None:
    mine = cores()

    def act(tell: Tell) -> None:
        before = sorted(os.sched_getaffinity(0)), os.getpriority(os.PRIO_PROCESS, 0)
        for change in (lambda: os.sched_setaffinity(0, mine), lambda: os.nice(3)):
            try:
                change()
            except OSError:
                continue
        after = sorted(os.sched_getaffinity(0)), os.getpriority(os.PRIO_PROCESS, 0)
        tell(json.dumps([before, after]).encode())

    told, _ = outcome(setting, act, limits=Limits(cores=mine[:1]))
    before, after = json.loads(told)
    assert before[0] == mine[:1] and before[1] > os.getpriority(os.PRIO_PROCESS, 0)
    assert after == before


def test_cores_that_are_gone_confine_nobody(setting: Setting) -> None:
    told, _ = outcome(setting, lambda tell: tell(b"ran"), limits=Limits(cores=(100_000,)))
    assert told == b"ran"
