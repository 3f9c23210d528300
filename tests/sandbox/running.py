"""Processes for the tests of isolation: confined ones that act, and tell what they found."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from sandbox.forked import forked
from sandbox.process import Exit, Process
from sandbox.spawn import spawn
from tests.sandbox.conftest import mechanisms_in
from tests.sandbox.settings import Setting

Tell = Callable[[bytes], object]
MEGABYTE = 1 << 20


def confine(act: Callable[[Tell], object], **options: Any) -> tuple[Process, int]:
    """A confined process that acts, and the pipe on which it tells."""
    hears, tells = os.pipe()
    confined = spawn(lambda: act(lambda words: os.write(tells, words)), keep_fds=[tells], **options)
    os.close(tells)
    return confined, hears


def everything(hears: int) -> bytes:
    """All that is told, up to the moment when nobody is left who could tell more."""
    with os.fdopen(hears, "rb") as pipe:
        return pipe.read()


def outcome(setting: Setting, act: Callable[[Tell], object], **options: Any) -> tuple[bytes, Exit]:
    """What a process confined in that setting told, and how it ended."""
    mechanisms = mechanisms_in(setting)

    def run() -> tuple[bytes, Exit]:
        setting()
        confined, hears = confine(act, mechanisms=mechanisms, **options)
        ended = confined.wait(300) or confined.kill()
        return everything(hears), ended

    return forked(run)
