"""Answers what the tests ask of the student's objects. Runs in the student's process: **every word may be a lie**.

The first question of a test begins it: all settings of this process are put to torch's defaults before anything else.
An answer is three values: a head (``"value"`` or ``"error"``, the records of shared tensors, the graph of the
differentiable results), a body, and the numbers of the shared tensors that are gone. ``grader.remote`` checks all.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice
from typing import Any, Protocol

import torch
from torch import Tensor

from autograder.boundary.channel import MAX_FRAME
from autograder.boundary.codec import ObjectRef, OutputRef, Reader, Reference, TensorRef, Unwritable, Writer
from autograder.boundary.defaults import Ground
from autograder.boundary.shared_tensors import Record, SharedTensor, SharedTensors, made, stand_in
from autograder.boundary.student.error_reports import class_names, describe
from autograder.boundary.student.graphs import Graph, leaves_of

_MAX_OBJECTS = 100_000
_MAX_REPR = 2000
_MAX_FEW = 256
_MAX_FEW_BYTES = 1 << 24


class CallGuard(Protocol):
    """Notices what an exercise forbids while the student's code runs."""

    def begin(self, forbids: Sequence[str]) -> None:
        """From now on, notice these things."""

    def call(self, function: Callable[..., Any], *operands: Any) -> Any:
        """The result of a function, which is watched."""

    def take(self) -> list[str]:
        """What was used since it was last asked."""


@dataclass
class _Held:
    """An object that the tests have a handle of, and how many times they were told of it."""

    value: Any
    told: int = 0


@dataclass
class _Answer:
    """What one answer collects while its values are written."""

    outputs: list[Tensor] = field(default_factory=list)
    new_numbers: list[int] = field(default_factory=list)
    in_place: list[tuple[int, int]] = field(default_factory=list)


class Objects:
    """The student's objects as the tests reach them.

    Args:
        namespace: the student's names; looked up anew for each request.
        guard: watches what the tests have the student's code do, gradients of their own excepted.
        question_functions: what answers the questions of tests beside Python's own operations, by name.

    Attributes:
        ground: puts this process's settings to torch's defaults for tests, and back for cells.
    """

    def __init__(
        self,
        namespace: Mapping[str, Any],
        guard: CallGuard,
        question_functions: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        self.ground = Ground()
        self._namespace = namespace
        self._guard = guard
        self._question_functions = question_functions or {}
        self._shared = SharedTensors()
        self._held: dict[int, _Held] = {}
        self._numbers: dict[int, int] = {}
        self._graphs: dict[int, Graph] = {}
        self._next = count(1)
        self._arrived: list[Tensor] = []

    def answer(self, request: bytes | bytearray) -> bytearray:
        """Do what a request asks, and say what came of it; an error of the student's code is an answer too."""
        reader = Reader(request)
        forbids = reader.read()
        if forbids is not None:
            self.ground.pin()
            self._guard.begin(forbids)
        # The student's code may have entered inference mode for good, and shared tensors must be fit for gradients.
        with torch.inference_mode(False):
            reply = self._answer(reader)
        # Only now, with the request's and the result's own references dropped, is it known what lives on.
        self._arrived.clear()
        reply.write(self._shared.drop_gone())
        return reply.data

    def _answer(self, reader: Reader) -> Writer:
        try:
            return self._reply("value", *self._perform(reader))
        except BaseException as error:
            failure = describe(error)
        try:
            return self._reply("error", failure)
        except BaseException as error:
            reply = Writer()
            reply.write(("error", [], None))
            reply.write((describe(error), None))
            return reply

    def _perform(self, reader: Reader) -> tuple[Any, Any]:
        """The result of a request, and its operands if their lists, dicts or sets are no longer the same."""
        operation, grad, inference, device, seed, released, graphs, records = reader.read()
        self._apply(records)
        reader.resolve = self._resolve
        operands = reader.read()
        for number, told in released.items():
            self._release(number, told)
        for number in graphs:
            del self._graphs[number]
        if seed is not None:
            torch.default_generator.manual_seed(seed)
        before = _copied(operands)
        with torch.inference_mode(inference), torch.set_grad_enabled(grad), device or nullcontext():
            result = self._operation(operation)(*operands)
        return result, None if _is_same(operands, before) else operands

    def _operation(self, name: str) -> Callable[..., Any]:
        if name == "name":
            return self._lookup
        if name == "backward":
            return lambda number, grads, wanted: self._graphs[number].backward(grads, wanted)
        if name == "used":
            return self._guard.take
        if name == "question":
            return lambda value, question, *arguments: self._guard.call(
                self._question_functions[question], value, *arguments
            )
        return partial(self._guard.call, _OPERATIONS[name])

    def _lookup(self, name: str) -> Any:
        try:
            return self._namespace[name]
        except KeyError:
            raise NameError(f"name {name!r} is not defined", name=name) from None

    def _release(self, number: int, told: int) -> None:
        held = self._held[number]
        held.told -= told
        if not held.told:
            del self._held[number], self._numbers[id(held.value)]

    def _apply(self, records: Iterable[Record]) -> None:
        for number, kind, requires_grad, values, grad in records:
            # Until the operands are read nothing else may hold the tensor.
            if number in self._shared:
                self._arrived.append(self._shared.awake(number))
                self._shared[number].apply(requires_grad, values, grad)
            else:
                leaf = made(kind, requires_grad, values)
                leaf.grad = grad
                self._arrived.append(stand_in(kind, leaf))
                self._shared.add(SharedTensor(number, self._arrived[-1], leaf)).settle()

    def _resolve(self, reference: Reference) -> Any:
        match reference:
            case TensorRef(number):
                return self._shared.awake(number)
            case ObjectRef(number):
                return self._held[number].value
        raise ValueError("a request refers to no results")

    def _reply(self, kind: str, result: Any, arguments: Any = None) -> Writer:
        answer = _Answer()
        try:
            return self._written(kind, (result, arguments), answer)
        except BaseException as error:
            for number in answer.new_numbers:
                self._shared.drop(number)
            if isinstance(error, Unwritable):
                raise TypeError(f"a test cannot read what came back: {error}") from None
            raise

    def _written(self, kind: str, content: tuple[Any, Any], answer: _Answer) -> Writer:
        body = Writer(lambda value: self._refer(value, answer))
        body.write(content)
        self._collect_results_in_place(answer)
        graph = self._graph(answer)
        reply = Writer()
        reply.write((kind, self._shared.records(), graph))
        reply.data += body.data
        if len(reply.data) > MAX_FRAME:
            raise Unwritable(f"a result of {len(reply.data)} bytes (at most {MAX_FRAME} cross)")
        return reply

    def _refer(self, value: Any, answer: _Answer) -> TensorRef | OutputRef | ObjectRef:
        if not isinstance(value, Tensor):
            return self._reference(value)
        shared = self._shared.of(value)
        if shared is not None:
            shared.blank = False
            return TensorRef(shared.number)
        if value.requires_grad and not value.is_leaf:
            return OutputRef(self._output(value, answer))
        return TensorRef(self._enter(value, answer).number)

    def _enter(self, tensor: Tensor, answer: _Answer, *, blank: bool = False) -> SharedTensor:
        shared = self._shared.add(SharedTensor(next(self._next), tensor, blank=blank))
        answer.new_numbers.append(shared.number)
        return shared

    def _output(self, tensor: Tensor, answer: _Answer) -> int:
        for index, output in enumerate(answer.outputs):
            if output is tensor:
                return index
        answer.outputs.append(tensor)
        return len(answer.outputs) - 1

    def _collect_results_in_place(self, answer: _Answer) -> None:
        """Results of the test's that were changed in place are now results of the student's code."""
        for shared in self._shared:
            seen = shared.tensor
            if seen is not None and seen is not shared.source and seen.requires_grad and shared.is_changed():
                answer.in_place.append((shared.number, self._output(seen, answer)))
                shared.settle()

    def _graph(self, answer: _Answer) -> tuple[Any, ...] | None:
        if not answer.outputs:
            return None
        graph = Graph(answer.outputs, leaves_of(answer.outputs))
        number = next(self._next)
        self._graphs[number] = graph
        sources = [self._shared.of(leaf) or self._enter(leaf, answer, blank=not leaf.is_meta) for leaf in graph.leaves]
        return number, graph.outputs, [shared.number for shared in sources], answer.in_place

    def _reference(self, value: Any) -> ObjectRef:
        number = self._numbers.get(id(value))
        if number is None:
            if len(self._held) >= _MAX_OBJECTS:
                raise Unwritable(f"more than {_MAX_OBJECTS} objects at once")
            number = self._numbers[id(value)] = next(self._next)
            self._held[number] = _Held(value)
        self._held[number].told += 1
        return ObjectRef(number, class_names(type(value)), callable(value))


def _copied(value: Any) -> Any:
    """Lists, tuples, dicts and sets copied, what is in them itself."""
    kind = type(value)
    if kind in (list, tuple, set):
        return kind(map(_copied, value))
    return {key: _copied(item) for key, item in value.items()} if kind is dict else value


def _is_same(value: Any, before: Any) -> bool:
    """Whether lists, tuples, dicts and sets hold the very things that they held before."""
    kind = type(value)
    if kind is not type(before) or kind not in (list, tuple, set, dict):
        return value is before
    if len(value) != len(before):
        return False
    if kind is set:
        return bool(value == before)
    if kind is dict:
        return list(value) == list(before) and _is_same(list(value.values()), list(before.values()))
    return all(map(_is_same, value, before))


def _few(iterator: Iterator[Any]) -> tuple[list[Any], bool]:
    """The next items, as many as go well into one answer, and whether there may be more."""
    items: list[Any] = []
    room = _MAX_FEW_BYTES
    for item in islice(iterator, _MAX_FEW):
        items.append(item)
        room -= _bytes_in(item)
        if room < 0:
            return items, True
    return items, len(items) == _MAX_FEW


def _bytes_in(item: Any) -> int:
    """How many bytes of tensors an item of a walk brings."""
    parts = item if type(item) is tuple else (item,)
    travelling = [part for part in parts if isinstance(part, Tensor) and not part.is_meta]
    # All elements of a sparse tensor travel, which has no ``nbytes``.
    return sum(part.numel() * part.element_size() for part in travelling)


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "call": lambda function, args, kwargs: function(*args, **kwargs),
    "method": lambda owner, name, args, kwargs: getattr(owner, name)(*args, **kwargs),
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "len": len,
    "iter": iter,
    "next": next,
    "few": _few,
    "contains": operator.contains,
    "bool": bool,
    "repr": lambda value: repr(value)[:_MAX_REPR],
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}
