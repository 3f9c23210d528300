"""An event loop that runs whenever a cell does, as in a notebook's kernel: a task goes on where a later cell waits."""

from __future__ import annotations

import asyncio
from asyncio import events
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any


class EventLoop:
    """The loop of a student's process; code may start others of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        asyncio.run = _outside(asyncio.run)
        asyncio.BaseEventLoop.run_until_complete = _outside(  # type: ignore[method-assign]
            asyncio.BaseEventLoop.run_until_complete
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        """Code that runs within finds the loop running, and can hand it tasks."""
        events._set_running_loop(self._loop)
        try:
            yield
        finally:
            events._set_running_loop(None)

    def finish(self, work: Awaitable[Any]) -> None:
        """Run until some work is done."""
        self._loop.run_until_complete(work)


def _outside(run: Callable[..., Any]) -> Callable[..., Any]:
    """A function that starts a loop, made fit to be called where one seems to run."""

    def run_outside(*args: Any, **kwargs: Any) -> Any:
        around = events._get_running_loop()
        events._set_running_loop(None)
        try:
            return run(*args, **kwargs)
        finally:
            events._set_running_loop(around)

    return run_outside
