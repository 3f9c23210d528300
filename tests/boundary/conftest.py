"""A student's process for the tests of the boundary: usually within the test's own process, which is fast."""

from __future__ import annotations

import faulthandler
import os
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from autograder.boundary.channel import Channel
from autograder.boundary.grader import Remote
from autograder.boundary.student import Objects
from autograder.execution.untrusted.guard import Guard

IMPORTS = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"


def defined(source: str) -> dict[str, Any]:
    """The names that a student's code defines."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(IMPORTS, namespace)
    exec(compile(source, "<answer>", "exec"), namespace)
    return namespace


class Inline:
    """A connection to a student's side in the same process."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self.sizes: list[int] = []

    def send(self, message: bytearray) -> None:
        self.sizes.append(len(message))
        self._answer = self.objects.answer(message)

    def receive(self) -> bytearray:
        self.sizes.append(len(self._answer))
        return self._answer


def remote(source: str, question_functions: Mapping[str, Callable[[Any], Any]] | None = None) -> Remote:
    """The names of a student's code, by handles, through every byte of the protocol."""
    return Remote(Inline(Objects(defined(source), Guard(), question_functions)))


def serve(connection: socket.socket, source: str) -> None:
    """Answer the tests' questions until they close the connection."""
    channel, objects = Channel(connection), Objects(defined(source), Guard())
    while True:
        channel.send(objects.answer(channel.receive()))


@pytest.fixture
def process() -> Iterator[Callable[..., Remote]]:
    """A student's process of its own, forked: called with its code, or with what it does with its socket."""
    started: list[tuple[int, Channel]] = []

    def start(source: str = "", run: Callable[[socket.socket], None] | None = None, **options: Any) -> Remote:
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if not pid:
            ours.close()
            faulthandler.disable()
            try:
                run(theirs) if run else serve(theirs, source)
            finally:
                os._exit(0)
        theirs.close()
        channel = Channel(ours, **options)
        started.append((pid, channel))
        return Remote(channel)

    yield start
    for pid, channel in started:
        channel.close()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
