"""Notices what an exercise forbids while its answer runs, below every name that the thing can have.

Runs in the student's process, which can silence it: it is there for those who take a shortcut and forgot that it is
none, and what it does not report proves nothing. Nothing is stopped: a use is noted, and the call goes on.

A use counts where the code that is watched made it, in the same thread, or in a thread or task that this code started.
What another cell left running in the background is none of the answer's. A published network is used where it is built
or called; one that another cell built, and whose values are merely read, goes unnoticed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from functools import cache, partial, wraps
from typing import Any

import torch
from torch import nn
from torch.autograd import Variable
from torch.utils import _python_dispatch

from autograder.execution.guards import AUTOGRAD, PUBLISHED
from cnnlab.published import Network

_C: Any = torch._C
# Each begins a derivative that needs no engine, or a transform whose engine may find nothing to do.
_BEGINNINGS = (_C._enter_dual_level, _C._functorch._jvp_increment_nesting, _C._functorch._grad_increment_nesting)


@dataclass
class _Watch:
    """One piece of code that is watched.

    Attributes:
        is_bound: while an answer's cell runs: says whether it has bound the answer, and only tries it from here on.
    """

    forbids: frozenset[str]
    is_bound: Callable[[], bool] | None = None
    used: set[str] = field(default_factory=set)
    over: bool = False


_watch: ContextVar[_Watch | None] = ContextVar("_watch", default=None)


def _note(what: str) -> None:
    watch = _watch.get()
    if watch is None or watch.over or what not in watch.forbids:
        return
    if watch.is_bound is None or not watch.is_bound():
        watch.used.add(what)


class Guard:
    """Watches code as the tests, or the supervisor, ask."""

    def __init__(self) -> None:
        self._forbids: frozenset[str] = frozenset()
        self._used: set[str] = set()

    def run_cell(self, forbids: Sequence[str], names: Mapping[str, Any], answer: str, run: Callable[[], Any]) -> Any:
        """The result of running the cell of an answer, which is watched until it has bound the answer.

        Args:
            forbids: what to notice, of ``autograder.execution.guards.GUARDS``.
            names: where the cell binds names.
            answer: the name of the answer.
            run: runs the cell.
        """
        before = names.get(answer)
        if not forbids:
            return run()
        with self._watching(_Watch(frozenset(forbids), lambda: names.get(answer) is not before)):
            return run()

    def begin(self, forbids: Sequence[str]) -> None:
        """From now on, notice these in what is called."""
        self._forbids = frozenset(forbids)

    def call(self, function: Callable[..., Any], *operands: Any) -> Any:
        """The result of a function, which is watched."""
        if not self._forbids:
            return function(*operands)
        with self._watching(_Watch(self._forbids)):
            return function(*operands)

    @contextmanager
    def _watching(self, watch: _Watch) -> Iterator[None]:
        token = _watch.set(watch)
        mode = _Operations() if AUTOGRAD in watch.forbids else None
        if mode is not None:
            _python_dispatch._push_mode(mode)
        try:
            yield
        finally:
            watch.over = True
            _watch.reset(token)
            if mode is not None:
                _remove(mode)
            self._used |= watch.used

    def take(self) -> list[str]:
        """What was used since it was last asked."""
        used, self._used = sorted(self._used), set()
        return used


class _Engine(type(Variable._execution_engine)):  # type: ignore[misc]
    """The engine that every way of going backward from Python ends in."""

    def run_backward(self, *args: Any, **kwargs: Any) -> Any:
        """Note it, and go backward."""
        _note(AUTOGRAD)
        return super().run_backward(*args, **kwargs)


class _Operations(_python_dispatch.TorchDispatchMode):
    """Sees each operation, also of an engine that was started from C++, and torch's own backward functions."""

    supports_higher_order_operators = True

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Note what belongs to a backward pass, and run it."""
        if _is_backward(func) or _C._current_autograd_node() is not None:
            _note(AUTOGRAD)
        return func(*args, **(kwargs or {}))


@cache
def _is_backward(operation: Any) -> bool:
    """Whether an operation is a derivative that torch holds ready, such as ``aten::native_batch_norm_backward``."""
    name = str(getattr(getattr(operation, "_schema", None), "name", ""))
    return name.startswith("aten::") and "backward" in name


def _remove(mode: _Operations) -> None:
    """Take a mode off the stack, from below those that the watched code entered and did not leave."""
    above = []
    while mode in _python_dispatch._get_current_dispatch_mode_stack():
        above.append(_python_dispatch._pop_mode())
    for other in reversed(above[:-1]):
        _python_dispatch._push_mode(other)


def _listen(build: Callable[..., None]) -> Callable[..., None]:
    """A way of building a published network that is noted, as is each call of the network, its layers and copies."""

    @wraps(build)
    def built(network: Network, *args: Any, **kwargs: Any) -> None:
        _note(PUBLISHED)
        build(network, *args, **kwargs)
        for module in network.modules():
            module.register_forward_pre_hook(_note_call)

    return built


def _note_call(module: nn.Module, inputs: Any) -> None:
    _note(PUBLISHED)


def install() -> None:
    """Hook the guard into torch, threads and published networks; where nothing is watched, a use calls one function."""
    Variable._execution_engine = _Engine()
    for beginning in _BEGINNINGS:
        _replace(beginning, _noted(beginning, AUTOGRAD))
    for owner, name, wrapped in (
        (Network, "__init__", _listen(Network.__init__)),
        (Network, "forward", _noted(Network.forward, PUBLISHED)),
        (threading.Thread, "start", _started(threading.Thread.start)),
    ):
        setattr(owner, name, wrapped)


def _noted(function: Callable[..., Any], what: str) -> Callable[..., Any]:
    @wraps(function)
    def noted(*args: Any, **kwargs: Any) -> Any:
        _note(what)
        return function(*args, **kwargs)

    return noted


def _started(start: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
    """A start of threads that hands on the watch of the code that starts them."""

    @wraps(start)
    def started(thread: threading.Thread) -> None:
        if _watch.get() is not None:
            thread.run = partial(copy_context().run, thread.run)  # type: ignore[method-assign]
        start(thread)

    return started


def _replace(function: Any, other: Any) -> None:
    """Give all of torch's modules another function in place of one that they may have imported by name."""
    for name, module in list(sys.modules.items()):
        if name == "torch" or name.startswith("torch."):
            space = vars(module)
            for key in [key for key, value in list(space.items()) if value is function]:
                space[key] = other
