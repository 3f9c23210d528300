"""Whatever a submission must not be able to do fails in every situation of the grader's; without isolation it works."""

from __future__ import annotations

import functools

import pytest

from sandbox.escapes import ESCAPES, KERNEL
from sandbox.exhaustion import EXHAUSTIONS
from sandbox.forked import forked
from sandbox.mechanisms import NONE
from sandbox.selftest import Finding, reading, try_all
from tests.sandbox.conftest import SECRETS, findings_in
from tests.sandbox.settings import Setting

# A child never inherits these, isolated or not.
NEVER_HANDED_ON = {"read it through the grader's open descriptor", "read the grader's environment variables"}
WITHOUT_ISOLATION = [
    escape.name for escape in ESCAPES if escape.breaks != KERNEL and escape.name not in NEVER_HANDED_ON
]


@pytest.mark.parametrize("name", [escape.name for escape in ESCAPES])
def test_a_submission_cannot(setting: Setting, name: str) -> None:
    finding = findings_in(setting)[name]
    assert finding.stopped, finding


def test_a_submission_cannot_read_the_solutions(setting: Setting) -> None:
    finding = findings_in(setting)[f"read {SECRETS}"]
    assert finding.stopped, finding


@pytest.mark.parametrize("name", [each.name for each in EXHAUSTIONS])
def test_a_submission_cannot_use_up(setting: Setting, name: str) -> None:
    finding = findings_in(setting)[f"use up {name}"]
    assert finding.stopped, finding


def test_a_submission_cannot_leave_a_process_behind(setting: Setting) -> None:
    finding = findings_in(setting)["leave a process behind"]
    assert finding.stopped, finding


@functools.cache
def findings_without_isolation() -> dict[str, Finding]:
    escapes = [reading(SECRETS), *ESCAPES]
    return {finding.name: finding for finding in forked(lambda: try_all(NONE, escapes))}


@pytest.mark.parametrize("name", [*WITHOUT_ISOLATION, f"read {SECRETS}"])
def test_without_isolation_a_submission_can(name: str) -> None:
    finding = findings_without_isolation()[name]
    assert not finding.stopped or "not supported" in finding.how
