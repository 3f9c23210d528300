"""A confined process can be ended, and nothing of it outlives its grader."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.forked import forked
from sandbox.process import Exit, Process, Reason
from sandbox.spawn import spawn
from tests.sandbox.conftest import mechanisms_in
from tests.sandbox.running import Tell, confine, everything
from tests.sandbox.settings import Setting


@pytest.fixture
def running(setting: Setting, open_folder: Path) -> Iterator[Callable[[Callable[[Process, int], Any]], Any]]:
    """Calls a function with a confined process that waits."""
    mechanisms = mechanisms_in(setting)
    open_folder.chmod(0o1777)

    def act(tell: Tell) -> None:
        tell(b"ready ")
        while True:
            time.sleep(30)

    def call(use: Callable[[Process, int], Any]) -> Any:
        def run() -> Any:
            setting()
            # A supervisor that is killed cannot remove what it made.
            tempfile.tempdir = str(open_folder)
            confined, hears = confine(act, mechanisms=mechanisms)
            assert os.read(hears, 100) == b"ready "
            return use(confined, hears)

        return forked(run)

    yield call


def test_killing_it_is_reported(running: Callable[..., Any]) -> None:
    def use(confined: Process, hears: int) -> tuple[Exit, bytes]:
        return confined.kill(), everything(hears)

    ended, told = running(use)
    assert (ended.reason, told) == (Reason.KILLED, b"")


def test_it_can_be_killed_twice(running: Callable[..., Any]) -> None:
    assert running(lambda confined, hears: confined.kill() == confined.kill())


def test_it_ends_when_nobody_holds_its_channel(running: Callable[..., Any]) -> None:
    def use(confined: Process, hears: int) -> bytes:
        confined.channel.close()
        return everything(hears)

    assert running(use) == b""


def test_it_ends_when_its_supervisor_is_asked_to(running: Callable[..., Any]) -> None:
    def use(confined: Process, hears: int) -> tuple[Exit, bytes]:
        os.kill(confined.pid, signal.SIGTERM)
        return confined.wait() or confined.kill(), everything(hears)

    ended, told = running(use)
    assert (ended.reason, told) == (Reason.KILLED, b"")


def test_it_ends_when_its_supervisor_is_killed(running: Callable[..., Any]) -> None:
    def use(confined: Process, hears: int) -> tuple[Exit, bytes]:
        os.kill(confined.pid, signal.SIGKILL)
        return confined.wait() or confined.kill(), everything(hears)

    ended, told = running(use)
    assert (ended.detail, told) == ("Its supervisor was ended from outside.", b"")


def test_another_process_can_take_over_its_channel(running: Callable[..., Any]) -> None:
    def use(confined: Process, hears: int) -> Reason:
        return forked(lambda: Process(confined.pid, confined.channel).kill().reason)

    assert running(use) is Reason.KILLED


def test_a_process_that_flees_from_child_to_child_is_caught(setting: Setting) -> None:
    def flee(tell: Tell) -> None:
        until = time.monotonic() + 10
        tell(b"fleeing")
        while time.monotonic() < until:
            if os.fork():
                os._exit(0)
            os.setsid()

    def act(tell: Tell) -> None:
        if os.fork() == 0:
            flee(tell)
        time.sleep(30)

    mechanisms = mechanisms_in(setting)

    def run() -> tuple[bytes, bytes]:
        setting()
        confined, hears = confine(act, mechanisms=mechanisms)
        told = os.read(hears, 100)
        confined.kill()
        return told, everything(hears)

    assert forked(run) == (b"" if mechanisms.alone else b"fleeing", b"")


def test_a_grader_that_dies_takes_its_submissions_along(setting: Setting) -> None:
    mechanisms = mechanisms_in(setting)
    hears, tells = os.pipe()

    def run() -> None:
        setting()
        spawn(lambda: time.sleep(30), mechanisms=mechanisms, keep_fds=[tells])

    forked(run)
    os.close(tells)
    assert everything(hears) == b""
