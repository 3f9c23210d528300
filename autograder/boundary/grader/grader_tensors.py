"""The grader's side of shared tensors: copies of the student's, and the tests' own that were sent.

GraderTensors are held until the student's side says that its tensor is gone: a gradient that arrived in one must
still be there when a test reads the parameter again.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from itertools import count, zip_longest
from types import EllipsisType
from typing import Any

import torch
from torch import Tensor, nn

from autograder.boundary.codec import MalformedMessage
from autograder.boundary.codec.tensors import plain, size_in_bytes
from autograder.boundary.shared_tensors import Record, SharedTensor, SharedTensors, TensorKind, made, set_values

_MAX_TENSORS = 1 << 16
_MAX_BYTES = 1 << 30


class GraderTensors:
    """The grader's table of tensors that live in both processes.

    Args:
        keep_arguments: whether the tests' own tensors stay as they are when the student's code changes them.

    Attributes:
        keep_arguments: as above.
        changed_arguments: how many times the student's code changed one of the tests' own tensors.
    """

    def __init__(self, keep_arguments: bool) -> None:
        self.keep_arguments = keep_arguments
        self.changed_arguments = 0
        self._shared = SharedTensors()
        self._held: dict[int, Tensor] = {}
        self._next = count(-1, -1)

    def number_of(self, tensor: Tensor) -> int:
        """The number of a tensor that a test sends; a new one unless both sides have the tensor already.

        Raises:
            Unwritable: if the tensor cannot cross.
        """
        shared = self._shared.of(tensor)
        if shared is None:
            plain(tensor)
            shared = self._enter(next(self._next), tensor)
        return shared.number

    def numbers(self) -> set[int]:
        """The numbers of all shared tensors."""
        return set(self._held)

    def drop(self, numbers: Iterable[int]) -> None:
        """Forget shared tensors.

        Raises:
            MalformedMessage: if there is no such shared tensor.
        """
        for number in numbers:
            if number not in self._held:
                raise MalformedMessage("a tensor is gone that never was")
            self._shared.drop(number)
            del self._held[number]

    def records(self) -> list[Record]:
        """What the tests changed since the last message; it counts as told."""
        return self._shared.records()

    def tensors(self) -> dict[int, Tensor]:
        """All tensors by number, as they are now."""
        return dict(self._held)

    def with_values(self, number: int) -> Tensor:
        """A tensor that the student's side refers to as a value.

        Raises:
            MalformedMessage: if there is none, or its values never came.
        """
        if number not in self._held or self._shared[number].blank:
            raise MalformedMessage("a reference to a tensor that did not come")
        return self._held[number]

    def take(self, records: Any) -> None:
        """Take over what the student's side says of its tensors and of the tests' own.

        Raises:
            MalformedMessage: if it cannot be so.
        """
        if type(records) is not list:
            raise MalformedMessage("not records of tensors")
        for record in records:
            try:
                self._take(record)
            except RuntimeError as error:
                raise MalformedMessage(f"not a tensor that could be: {error}") from None
        if records and (len(self._held) > _MAX_TENSORS or self._bytes_held() > _MAX_BYTES):
            raise MalformedMessage("more tensors at once than any honest code returns")

    def take_result_in_place(self, number: int, result: Tensor) -> None:
        """A test's own result that the student's code changed in place becomes a result of the student's code.

        Raises:
            MalformedMessage: if the number is not one of the tests' own.
        """
        if number >= 0 or number not in self._held:
            raise MalformedMessage("a change to a tensor that no test sent")
        self.changed_arguments += 1
        if self.keep_arguments or not _copied_into(self._held[number], result):
            self._replace(number, result)
        else:
            self._shared[number].settle()

    def take_containers(self, arguments: Any, changed: Any) -> None:
        """Take over what the student's code did to lists, dicts and sets in the arguments."""
        self.changed_arguments += 1
        if not self.keep_arguments:
            _followed(arguments, changed)

    def _take(self, record: Any) -> None:
        match record:
            case (
                int() as number,
                int(),
                bool() as requires_grad,
                Tensor() | EllipsisType() as values,
                None | Tensor() | EllipsisType() as grad,
            ) if number in self._held:
                self._update(number, requires_grad, values, grad)
            case (int() as number, int() as kind, bool() as requires_grad, Tensor() as values, grad) if number > 0:
                self._copy_of(number, made(kind, requires_grad, values), grad)
            case (
                int() as number,
                int() as kind,
                bool() as requires_grad,
                (torch.Size() as size, torch.dtype() as dtype),
                grad,
            ):
                self._take_blank(number, kind, requires_grad, _blank(size, dtype), grad)
            case _:
                raise MalformedMessage("not a record of a tensor")

    def _take_blank(self, number: int, kind: int, requires_grad: bool, blank: Tensor, grad: Any) -> None:
        if number in self._held and self._shared[number].blank:
            set_values(self._held[number], blank)
            self._take((number, kind, requires_grad, ..., grad))
        elif number > 0 and number not in self._held:
            self._copy_of(number, made(kind, requires_grad, blank), grad, blank=True)
        else:
            raise MalformedMessage("not a tensor without values")

    def _copy_of(self, number: int, tensor: Tensor, grad: Any, *, blank: bool = False) -> None:
        if grad is not None and not isinstance(grad, Tensor):
            raise MalformedMessage("not a gradient")
        tensor.grad = grad
        self._enter(number, tensor, blank=blank).settle()

    def _update(
        self,
        number: int,
        requires_grad: bool,
        values: Tensor | EllipsisType,
        grad: Tensor | EllipsisType | None,
    ) -> None:
        if number < 0:
            self.changed_arguments += 1
            if self.keep_arguments:
                self._replace(number, _copy(self._held[number]))
        self._shared[number].apply(requires_grad, values, grad)

    def _enter(self, number: int, tensor: Tensor, *, blank: bool = False) -> SharedTensor:
        self._held[number] = tensor
        return self._shared.add(SharedTensor(number, tensor, blank=blank))

    def _replace(self, number: int, tensor: Tensor) -> None:
        """From now on the number means another tensor; the test's own is no shared tensor any more."""
        self._shared.drop(number)
        self._enter(number, tensor).settle()

    def _bytes_held(self) -> int:
        return sum(
            tensor.nbytes for number, tensor in self._held.items() if not (tensor.is_meta or self._shared[number].blank)
        )


def _blank(size: torch.Size, dtype: torch.dtype) -> Tensor:
    """A tensor that takes no memory however large it is."""
    try:
        size_in_bytes(dtype, size)
    except ValueError as error:
        raise MalformedMessage(str(error)) from None
    return torch.zeros((), dtype=dtype, device="cpu").expand(size)


def _copy(tensor: Tensor) -> Tensor:
    kind = TensorKind.PARAMETER if isinstance(tensor, nn.Parameter) else TensorKind.PLAIN
    copy = made(kind, tensor.requires_grad, tensor.detach().clone())
    copy.grad = tensor.grad if tensor.is_leaf else None
    return copy


def _copied_into(tensor: Tensor, result: Tensor) -> bool:
    """Change a test's own result in place, as the student's code did; False where torch does not allow it."""
    if (tensor.shape, tensor.dtype, tensor.device) != (result.shape, result.dtype, result.device):
        return False
    try:
        with torch.enable_grad():
            tensor.copy_(result)
    except RuntimeError:
        return False
    return True


def _followed(value: Any, changed: Any) -> Any:
    """What stands in the place of ``value`` after a change: containers stay the same objects with new contents."""
    match value, changed:
        case list(), list():
            value[:] = _followed_items(value, changed)
        case dict(), dict():
            entries = {key: _followed(value.get(key), item) for key, item in changed.items()}
            value.clear()
            value.update(entries)
        case set(), set():
            value.clear()
            value.update(changed)
        case tuple(), tuple():
            items = _followed_items(value, changed)
            same = len(items) == len(value) and all(map(operator.is_, items, value))
            return value if same else tuple(items)
        case _:
            return changed
    return value


def _followed_items(value: Sequence[Any], changed: Sequence[Any]) -> list[Any]:
    return [_followed(old, new) for old, new in zip_longest(value[: len(changed)], changed)]
