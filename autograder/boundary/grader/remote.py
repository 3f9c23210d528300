"""Asks the student's process, and checks what it answers before a test sees any of it.

A request is a beginning, a head and a body. The beginning, at a test's first question: what its exercise forbids. The
head: the operation, the grad and the inference mode, the device on which the test makes tensors, a seed, the handles
and the graphs that the tests no longer hold, the records of shared tensors that the tests changed. The body: the
operands. ``student.objects`` lists the operations.
An answer is a head (``"value"`` or ``"error"``, records of shared tensors, the graph of the differentiable results), a
body (the result, and the arguments if their lists, dicts or sets were changed; or the error), and the numbers of the
shared tensors that are gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Protocol
from weakref import WeakValueDictionary

import torch
from torch import Tensor

from autograder.boundary.channel import MAX_FRAME
from autograder.boundary.codec import (
    MalformedMessage,
    ObjectRef,
    OutputRef,
    Reader,
    Reference,
    TensorRef,
    Unwritable,
    Writer,
)
from autograder.boundary.grader.errors import (
    BoundaryError,
    StudentError,
    StudentFailed,
    StudentGone,
    StudentLied,
    student_error,
)
from autograder.boundary.grader.grader_tensors import GraderTensors
from autograder.boundary.grader.gradients import RemoteGraph, attached
from autograder.boundary.grader.handles import Handle, Link, link_of, new_handle
from autograder.boundary.grader.seeds import Seeds


class Messages(Protocol):
    """A connection to the student's process, such as a ``Channel``."""

    def send(self, message: bytearray) -> None:
        """Send a message."""

    def receive(self) -> bytearray:
        """Wait for a message."""


class Remote:
    """The student's names, as tests use them.

    Args:
        channel: the connection to the student's process.
        keep_arguments: whether tests keep their arguments as they are when the student's code changes them in
            place. Tests that compare with a reference computed from the same tensors are only safe when they
            do: code that sets its input and its result to zero would agree with any linear reference.

    Attributes:
        keep_arguments: as above; may be set at any time between requests.
        changed_arguments: how many times the student's code changed an argument in place so far.
        failure: why the process can no longer be asked; ``None`` while it can.
    """

    def __init__(self, channel: Messages, *, keep_arguments: bool = False) -> None:
        self.failure: StudentFailed | None = None
        self._channel = channel
        self._tensors = GraderTensors(keep_arguments)
        self._handles: WeakValueDictionary[int, Handle] = WeakValueDictionary()
        self._released: dict[int, int] = {}
        self._released_graphs: list[int] = []
        self._seeds = Seeds()
        self._begins: list[str] | None = None

    @property
    def keep_arguments(self) -> bool:
        """Whether tests keep their arguments as they are; see above."""
        return self._tensors.keep_arguments

    @keep_arguments.setter
    def keep_arguments(self, keep: bool) -> None:
        self._tensors.keep_arguments = keep

    @property
    def changed_arguments(self) -> int:
        """How many times the student's code changed an argument in place so far."""
        return self._tensors.changed_arguments

    def begin(self, forbids: Sequence[str] = ()) -> None:
        """A test begins: with the next question the student's process is put back to torch's defaults.

        Args:
            forbids: what is watched for in all that the test has the student's code do; see ``used``.
        """
        self._begins = list(forbids)
        self._seeds.settle()

    def used(self, forbids: Sequence[str]) -> list[str]:
        """Which of these things the student's code used since the test began, as its own process tells: a hint."""
        told = self.ask("used") if forbids and self._begins is None else []
        return [name for name in forbids if type(told) is list and name in told]

    def name(self, name: str) -> Any:
        """What a name of the student's means now: data and tensors as themselves, all else as a handle.

        Raises:
            StudentError: also a ``NameError``, if the student's code defines no such name.
            StudentFailed: if the student's process ended, or answers what cannot be.
        """
        return self.ask("name", name)

    def ask(self, operation: str, *operands: Any) -> Any:
        """The result of an operation on the student's objects.

        Raises:
            BoundaryError: if an operand cannot cross.
            StudentError: if the student's code raised an error.
            StudentFailed: if the student's process ended, or answers what cannot be.
        """
        if self.failure is not None:
            raise type(self.failure)(*self.failure.args)
        request = self._request(operation, operands)
        try:
            self._channel.send(request)
            answer = self._channel.receive()
            with torch.inference_mode(False):
                return self._read(answer, operands)
        except StudentError:
            raise
        except EOFError:
            raise self._fail(StudentGone("The process of the student's code ended.")) from None
        except TimeoutError:
            raise self._fail(StudentGone("The student's code did not answer in time.")) from None
        except MalformedMessage as error:
            raise self.lied(str(error)) from None
        except BaseException:
            # What was asked may still be answered: nothing that comes can be matched to a question any more.
            self._fail(StudentGone("A question to the student's code was broken off."))
            raise

    def ask_for(self, kind: type, operation: str, *operands: Any) -> Any:
        """The result of an operation, which is of this very type.

        Raises:
            StudentLied: if it is not.
        """
        result = self.ask(operation, *operands)
        if type(result) is not kind:
            raise self.lied(f"no {kind.__name__} came where Python itself makes sure of one")
        return result

    def release(self, number: int, told: int) -> None:
        """A handle is gone; the next request says so."""
        self._released[number] = self._released.get(number, 0) + told

    def release_graph(self, number: int) -> None:
        """A graph is gone; the next request says so."""
        self._released_graphs.append(number)

    def lied(self, what: str) -> StudentFailed:
        """The error to raise for an answer that no honest process gives; nothing is asked after it."""
        return self._fail(StudentLied(f"The student's process broke the rules of the connection: {what}."))

    def _fail(self, failure: StudentFailed) -> StudentFailed:
        self.failure = failure
        return failure

    def _request(self, operation: str, operands: tuple[Any, ...]) -> bytearray:
        before = self._tensors.numbers()
        body = Writer(self._refer)
        try:
            body.write(operands)
        except Unwritable as error:
            self._tensors.drop(self._tensors.numbers() - before)
            raise BoundaryError(
                f"A test gives the student's code {error}, which cannot cross to its process. Numbers, strings, "
                "tensors, arrays of numbers, lists, tuples, dicts and what the student's code returned can."
            ) from None
        request = self._head(operation)
        request.data += body.data
        if len(request.data) > MAX_FRAME:
            self._tensors.drop(self._tensors.numbers() - before)
            raise BoundaryError(
                f"A test gives the student's code {len(request.data)} bytes at once; {MAX_FRAME} can cross."
            )
        return request.data

    def _head(self, operation: str) -> Writer:
        released, self._released = self._released, {}
        graphs, self._released_graphs = self._released_graphs, []
        # Where a test says nothing, what the student's code set since the test began stays.
        device = torch.device("meta") if torch.get_default_device().type == "meta" else None
        modes = torch.is_grad_enabled(), torch.is_inference_mode_enabled(), device
        begins, self._begins = self._begins, None
        head = Writer()
        head.write(begins)
        head.write((operation, *modes, self._seeds.news(), released, graphs, self._tensors.records()))
        return head

    def _refer(self, value: Any) -> ObjectRef | TensorRef:
        if isinstance(value, Tensor):
            return TensorRef(self._tensors.number_of(value))
        if not issubclass(type(value), Handle):
            raise Unwritable(f"a value of type {type(value).__name__}")
        link = link_of(value)
        if link.asker is not self:
            raise Unwritable("a handle of another process")
        return ObjectRef(link.reference.number)

    def _read(self, answer: bytearray, operands: tuple[Any, ...]) -> Any:
        before = self._tensors.tensors()
        reader = Reader(answer)
        match reader.read():
            case ("value" | "error" as kind, records, graph):
                self._tensors.take(records)
            case _:
                raise MalformedMessage("an answer without a head")
        results = self._results(graph, before)
        reader.resolve = partial(self._resolve, results)
        content = reader.read()
        gone = reader.read()
        reader.end()
        self._drop(gone)
        match kind, content:
            case "error", ((tuple() as types, str() as message, str() as place), None) if _are(str, types):
                raise student_error(types, message, place)
            case "value", (result, changed):
                if changed is not None:
                    self._tensors.take_containers(operands, changed)
                return result
        raise MalformedMessage("an answer without a body")

    def _results(self, graph: Any, before: dict[int, Tensor]) -> list[Tensor]:
        """The differentiable results, attached to the tensors that they were computed from."""
        if graph is None:
            return []
        match graph:
            case (int() as number, list() as results, list() as numbers, list() as in_place):
                pass
            case _:
                raise MalformedMessage("not a graph")
        remote = RemoteGraph(self, number)
        # An argument that was changed in place is the source of a gradient as the test's own tensor.
        known = self._tensors.tensors() | before
        if not _are(int, numbers) or not known.keys() >= set(numbers):
            raise MalformedMessage("a graph that begins nowhere")
        if not _are(Tensor, results) or not all(map(_is_differentiable, results)):
            raise MalformedMessage("a result that has no gradient")
        attached_results = attached(remote, results, [known[n] for n in numbers])
        for pair in in_place:
            match pair:
                case (int() as number, int() as index) if 0 <= index < len(results):
                    self._tensors.take_result_in_place(number, attached_results[index])
                case _:
                    raise MalformedMessage("not a result in place")
        return attached_results

    def _resolve(self, results: list[Tensor], reference: Reference) -> Any:
        match reference:
            case TensorRef(number):
                return self._tensors.with_values(number)
            case OutputRef(index) if 0 <= index < len(results):
                return results[index]
            case ObjectRef(number):
                return self._handle(number, reference)
        raise MalformedMessage("a reference to nothing")

    def _handle(self, number: int, reference: ObjectRef) -> Handle:
        handle = self._handles.get(number)
        if handle is None:
            handle = self._handles[number] = new_handle(Link(self, reference))
        link_of(handle).told += 1
        return handle

    def _drop(self, gone: Any) -> None:
        if type(gone) is not list or not _are(int, gone):
            raise MalformedMessage("not numbers of tensors")
        self._tensors.drop(gone)


def _is_differentiable(tensor: Tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex()


def _are(kind: type, items: Iterable[Any]) -> bool:
    return all(type(item) is kind for item in items)
