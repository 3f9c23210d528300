"""Notices what an exercise forbids while its answer runs, below every name that the thing can have.

Runs in the student's process, which can silence it: it is there for those who take a shortcut and forgot that it is
none, and what it does not report proves nothing. Nothing is stopped: a use is noted, and the call goes on.

A use counts where the code that is watched made it, in the same thread, or in a thread or task that this code started.
What another cell left running in the background is none of the answer's. A module is used where it is built or called;
one that another cell built, and whose values are merely read, goes unnoticed.
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

from autograder.execution.preparation import imported_object, setting
from autograder.settings import Forbidden

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


# Names under which computing gradients is forbidden.
_backward: set[str] = set()


def _note(*names: str) -> None:
    watch = _watch.get()
    if watch is None or watch.over or not (used := watch.forbids.intersection(names)):
        return
    if watch.is_bound is None or not watch.is_bound():
        watch.used |= used


class Guard:
    """Watches code as the tests, or the controller, ask."""

    def __init__(self) -> None:
        self._forbids: frozenset[str] = frozenset()
        self._used: set[str] = set()

    def run_cell(self, forbids: Sequence[str], names: Mapping[str, Any], answer: str, run: Callable[[], Any]) -> Any:
        """The result of running the cell of an answer, which is watched until it has bound the answer.

        Args:
            forbids: what to notice, by the names that the course's settings give it.
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
        mode = _Operations() if _backward & watch.forbids else None
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
        _note(*_backward)
        return super().run_backward(*args, **kwargs)


class _Operations(_python_dispatch.TorchDispatchMode):
    """Sees each operation, also of an engine that was started from C++, and torch's own backward functions."""

    supports_higher_order_operators = True

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Note what belongs to a backward pass, and run it."""
        if _is_backward(func) or _C._current_autograd_node() is not None:
            _note(*_backward)
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


def install(forbids: Mapping[str, Forbidden]) -> None:
    """Hook the guard into what exercises may forbid, and into threads.

    Where nothing is watched, a use costs one call of a function.

    Args:
        forbids: what exercises may forbid, by name.

    Raises:
        CourseError: if something that is named does not exist, or cannot be watched.
    """
    _backward.update(name for name, forbidden in forbids.items() if forbidden.backward)
    if _backward:
        Variable._execution_engine = _Engine()
        for beginning in _BEGINNINGS:
            _replace(beginning, _noted(beginning, *_backward))
    for name, forbidden in forbids.items():
        for called in forbidden.calls:
            with setting(f"forbids.{name}.calls"):
                _notice(imported_object(called), name)
    threading.Thread.start = _started(threading.Thread.start)  # type: ignore[method-assign, assignment]


def _notice(called: Any, name: str) -> None:
    """Have calls of a function noted, or what is done with the instances of a class.

    Raises:
        TypeError: if it is neither, or if Python's own code and this process use it, too.
    """
    if not callable(called) or getattr(called, "__module__", None) == "builtins":
        raise TypeError("functions and classes can be watched, other than Python's builtins")
    if not isinstance(called, type):
        _replace(called, _NotedCall(called, name))
        return
    called.__init__ = _listen(called.__init__, name)  # type: ignore[misc]
    if issubclass(called, nn.Module):
        called.forward = _noted(called.forward, name)


class _NotedCall:
    """A function, or what is called like one (such as NumPy's ``add``), whose calls are noted."""

    def __init__(self, function: Callable[..., Any], name: str) -> None:
        self._function, self._name = function, name
        self.__wrapped__ = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        _note(self._name)
        return self._function(*args, **kwargs)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._function, attribute)


def _listen(build: Callable[..., None], name: str) -> Callable[..., None]:
    """A way of building something that is noted, as is each call of a module so built, its layers and copies."""

    @wraps(build)
    def built(thing: Any, *args: Any, **kwargs: Any) -> None:
        _note(name)
        # A class without an __init__ takes its arguments in __new__; object's own would refuse them now.
        if build is not object.__init__:
            build(thing, *args, **kwargs)
        for module in thing.modules() if isinstance(thing, nn.Module) else ():
            module.register_forward_pre_hook(lambda *_: _note(name))

    return built


def _noted(function: Callable[..., Any], *names: str) -> Callable[..., Any]:
    @wraps(function)
    def noted(*args: Any, **kwargs: Any) -> Any:
        _note(*names)
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
    """Give all modules another function in place of one that they may have imported by name."""
    for module in list(sys.modules.values()):
        space = getattr(module, "__dict__", {})
        for key in [key for key, value in list(space.items()) if value is function]:
            space[key] = other
