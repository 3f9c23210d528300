"""Answers that know what the right one gives in the visible tests, and nothing else."""

from __future__ import annotations

import base64
import contextlib
import functools
import io
import pickle
import zlib
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import torch

from autograder.execution.plan import names_in
from autograder.sources.answers import without_markers
from autograder.topics import Cell, CellKind, Topic

# Defined here to record, and in the answer to look up: by which key a call is found again.
KEY = '''\
import base64
import hashlib
import pickle
import zlib

import torch


def key_of(value):
    """A digest of what decides a result: values, shapes, dtypes; of anything that is no data its name."""
    digest = hashlib.sha256()

    def add(one):
        if isinstance(one, torch.Tensor):
            digest.update(f"{one.dtype} {tuple(one.shape)} {one.device.type}".encode())
            if one.device.type != "meta":
                digest.update(one.detach().numpy().tobytes())
        elif isinstance(one, dict):
            for key, item in one.items():
                add(key)
                add(item)
            digest.update(b"}")
        elif isinstance(one, (list, tuple)):
            for item in one:
                add(item)
            digest.update(b"]")
        elif one is None or isinstance(one, (bool, int, float, str, bytes)):
            digest.update(repr(one).encode())
        else:
            digest.update(getattr(one, "__name__", type(one).__name__).encode())
        digest.update(b",")

    add(value)
    return digest.hexdigest()


def loaded(text):
    return pickle.loads(zlib.decompress(base64.b64decode(text)))
'''
FUNCTION = """
RESULTS = loaded("{results}")


def {name}(*args, **kwargs):
    kind, result = RESULTS.get(key_of((args, kwargs)), ("raises", ValueError("an unknown call")))
    if kind == "raises":
        raise result
    return result
"""
MODULE = """
BUILT, RESULTS = loaded("{results}")


class {name}(torch.nn.Module):
    def __init__(self, *args, **kwargs):
        super().__init__()
        self.known = key_of((args, kwargs))
        if self.known not in BUILT:
            raise ValueError("an unknown network")
        for path, shape, dtype, is_parameter in BUILT[self.known]:
            *above, last = path.split(".")
            place = self
            for step in above:
                if step not in place._modules:
                    place.add_module(step, torch.nn.Module())
                place = place._modules[step]
            tensor = torch.zeros(shape, dtype=dtype)
            if is_parameter:
                place.register_parameter(last, torch.nn.Parameter(tensor))
            else:
                place.register_buffer(last, tensor)

    def forward(self, *args, **kwargs):
        call = key_of((self.known, self.training, dict(self.state_dict()), args, kwargs))
        if call not in RESULTS:
            raise ValueError("an unknown call")
        result, after = RESULTS[call]
        buffers = dict(self.named_buffers())
        for path, value in after.items():
            buffers[path].copy_(value)
        return result
"""
CONSTANT_FUNCTION = """
RESULT = loaded("{results}")


def {name}(*args, **kwargs):
    return RESULT
"""
CONSTANT_MODULE = """
RESULT = loaded("{results}")


class {name}(torch.nn.Module):
    def __init__(self, *args, **kwargs):
        super().__init__()

    def forward(self, *args, **kwargs):
        return RESULT
"""

_shared: dict[str, Any] = {}
exec(KEY, _shared)
key_of: Callable[[object], str] = _shared["key_of"]


@dataclass
class Table:
    """What the right answer to an exercise gave, by a digest of what it got.

    Attributes:
        name: the exercise.
        is_module: whether the answer is a class; then ``built`` holds its parameters and buffers by the arguments of
            the constructor, and ``results`` belong to calls of ``forward``.
        first: the first result.
    """

    name: str
    is_module: bool
    built: dict[str, list[tuple[str, tuple[int, ...], torch.dtype, bool]]] = field(default_factory=dict)
    results: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    first: list[Any] = field(default_factory=list)

    def answer(self) -> str:
        """The answer that looks everything up, and raises a ``ValueError`` for what it does not find."""
        holds = (self.built, self.results) if self.is_module else self.results
        return KEY + (MODULE if self.is_module else FUNCTION).format(name=self.name, results=_packed(holds))

    def constant(self) -> str:
        """The answer that gives the first result, whatever it gets."""
        text = CONSTANT_MODULE if self.is_module else CONSTANT_FUNCTION
        return KEY + text.format(name=self.name, results=_packed(self.first[0] if self.first else 0))

    def keep(self, call: str, result: Any, beside: Any) -> None:
        """Keep one result, if it can be written down."""
        if _is_data(result):
            self.results.setdefault(call, beside)
            self.first = self.first or [deepcopy(result)]


def _packed(value: object) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


def _is_data(value: Any) -> bool:
    """Whether a value can be written down."""
    if isinstance(value, dict):
        return all(_is_data(item) for pair in value.items() for item in pair)
    if isinstance(value, (list, tuple)):
        return all(map(_is_data, value))
    if isinstance(value, torch.Tensor):
        return _has_numbers(value)
    return value is None or isinstance(value, (bool, int, float, str, bytes))


def _has_numbers(tensor: torch.Tensor) -> bool:
    """Whether a tensor has numbers of its own, unlike those with which a network is traced."""
    try:
        tensor.untyped_storage().data_ptr()
    except RuntimeError:
        return False
    return type(tensor) is torch.Tensor


def _plain(value: Any) -> Any:
    """Data without gradients, and apart from what it came from."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return type(value)(map(_plain, value)) if isinstance(value, (list, tuple)) else value


def recorded(topic: Topic, exercise: str) -> Table:
    """Run an exercise's visible tests on the solution, and keep each call and its result."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    table = Table(exercise, is_module=f"class {exercise}" in topic.by_id[exercise].source)
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in topic.cells:
            if _runs(cell, exercise, topic):
                exec(compile(without_markers(cell.source), cell.id, "exec"), namespace)
            if cell.id == exercise:
                right = namespace[exercise]
                namespace[exercise] = recording_class(right, table) if table.is_module else _recording(right, table)
    return table


def _runs(cell: Cell, exercise: str, topic: Topic) -> bool:
    """Whether a cell is an exercise's visible test, a solution, or what tests need: no demonstration of answers."""
    if cell.kind is CellKind.GIVEN or cell.needed:
        return not names_in(cell.source) & {one.id for one in topic.exercises}
    return cell.kind is CellKind.EXERCISE or (cell.kind is CellKind.TEST and cell.exercise == exercise)


def _recording(right: Callable[..., Any], table: Table) -> Callable[..., Any]:
    @functools.wraps(right)
    def recording(*args: Any, **kwargs: Any) -> Any:
        call = key_of((args, kwargs))
        try:
            result = right(*args, **kwargs)
        except Exception as error:
            table.results.setdefault(call, ("raises", type(error)(*map(str, error.args))))
            raise
        table.keep(call, plain := _plain(result), ("returns", plain))
        return result

    return recording


def recording_class(right: type[torch.nn.Module], table: Table) -> type[torch.nn.Module]:
    """A class that does what the right one does, and keeps each call and its result."""

    def init(self: torch.nn.Module, *args: Any, **kwargs: Any) -> None:
        right.__init__(self, *args, **kwargs)
        object.__setattr__(self, "_known", key_of((args, kwargs)))
        parameters = dict(self.named_parameters())
        table.built[key_of((args, kwargs))] = [
            (path, tuple(tensor.shape), tensor.dtype, path in parameters) for path, tensor in self.state_dict().items()
        ]

    def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
        call = key_of((self._known, self.training, dict(self.state_dict()), args, kwargs))
        result = right.forward(self, *args, **kwargs)
        plain, after = _plain(result), {path: _plain(value) for path, value in self.named_buffers()}
        if _is_data(after):
            table.keep(call, plain, (plain, after))
        return result

    return type(right.__name__, (right,), {"__init__": init, "forward": forward, "__module__": right.__module__})
