"""Tensors that live in both processes. Runs on both sides.

A tensor that crosses gets a number, a positive one if it is the student's and a negative one if it is the
test's, and from then on exists twice. Each message begins with what changed in these tensors since the last
one: values, ``.grad``, ``requires_grad``. So an optimizer in a test trains the student's parameters, a
student's function that works in place changes the test's tensor, and ``.grad`` is the same on both sides.

The student's side holds its shared tensors weakly and says which are gone; the grader's side holds them until then.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Iterator
from types import EllipsisType
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, nn

from autograder.boundary.codec import tensors


class TensorKind:
    """What a tensor is besides its values: plain integers, since enums take longer than all else said of it."""

    PLAIN: Final = 0
    PARAMETER: Final = 1
    RESULT: Final = 2
    """It requires gradients as the result of a computation, not as a leaf."""


Image = tuple[torch.dtype, tuple[int, ...], bytes | None]
"""What one side knows of a tensor's values: dtype, shape, bytes (``None`` where it knows none)."""

Record = tuple[int, int, bool, Any, Any]
"""What a message says of a shared tensor: number, kind, ``requires_grad``, values, ``.grad``.

Values are a tensor, or ``...`` for "as before", or for a tensor whose values nobody has asked for yet its size
and dtype. The gradient is a tensor, ``None``, or ``...``.
"""


def image(tensor: Tensor, before: Image | None = None, *, blank: bool = False) -> Image:
    """The values of a tensor, to compare with later; ``before`` itself where nothing changed.

    Raises:
        Unwritable: if the tensor cannot cross at all.
    """
    values = tensors.plain(tensor)
    form = values.dtype, tuple(values.shape)
    if blank or values.is_meta:
        return *form, None
    if before is not None and shows(values, before):
        return before
    return *form, tensors.to_bytes(values)


def shows(tensor: Tensor, seen: Image, *, blank: bool = False) -> bool:
    """Whether the values of a tensor are those of an image; quick, since each message asks it of each shared tensor."""
    dtype, shape, data = seen
    if tensor.dtype is not dtype or tensor.shape != shape:
        return False
    if data is None or blank or tensor.is_meta:
        return data is None and (blank or tensor.is_meta)
    return tensors.has_bytes(tensor, data)


def _from_image(seen: Image) -> Tensor:
    dtype, shape, data = seen
    if data is None:
        return torch.empty(shape, dtype=dtype, device="meta")
    return tensors.from_bytes(memoryview(bytearray(data)), dtype, shape)


def kind_of(tensor: Tensor) -> int:
    """What a tensor is besides its values."""
    if type(tensor) is not Tensor and isinstance(tensor, nn.Parameter):
        return TensorKind.PARAMETER
    return TensorKind.RESULT if tensor.requires_grad and not tensor.is_leaf else TensorKind.PLAIN


def made(kind: int, requires_grad: bool, values: Tensor) -> Tensor:
    """A leaf for values that came; for a ``RESULT`` the leaf that stands for all that it was computed from.

    Raises:
        RuntimeError: if tensors of this dtype have no gradients.
    """
    if kind == TensorKind.PARAMETER:
        return nn.Parameter(values, requires_grad=requires_grad)
    return values.requires_grad_(requires_grad)


def stand_in(kind: int, source: Tensor) -> Tensor:
    """What code works with in place of a tensor of the other side: a result may be changed in place, a leaf not."""
    with torch.enable_grad():
        return source.clone() if kind == TensorKind.RESULT else source


class Known(NamedTuple):
    """What the other side knows of a shared tensor."""

    requires_grad: bool
    values: Image
    grad: Image | None


class SharedTensor:
    """This side's part of a tensor that lives in both processes.

    Args:
        number: its number.
        tensor: the tensor that this side's code works with.
        source: the leaf that graphs lead to, where ``tensor`` stands for a result.
        blank: whether the other side is told only that the tensor exists.

    Attributes:
        blank: whether one side has no values yet; reading the tensor brings them.
        kind: what it is besides its values.
        ids: the ``id()`` of both tensors.
    """

    def __init__(self, number: int, tensor: Tensor, source: Tensor | None = None, *, blank: bool = False):
        self.number = number
        self.blank = blank
        self.kind = kind_of(tensor)
        self._known: Known | None = None
        self._refer_to(tensor, tensor if source is None else source)

    def _refer_to(self, tensor: Tensor, source: Tensor) -> None:
        self._tensor, self._source = weakref.ref(tensor), weakref.ref(source)
        self.ids = (id(tensor), id(source))

    @property
    def tensor(self) -> Tensor | None:
        """The tensor that this side's code works with, while it exists."""
        return self._tensor()

    @property
    def source(self) -> Tensor | None:
        """The leaf that graphs lead to, while it exists."""
        return self._source()

    @property
    def is_gone(self) -> bool:
        """Whether nothing on this side refers to it any more."""
        return self._tensor() is None and self._source() is None

    def is_changed(self) -> bool:
        """Whether the values differ from those that the other side knows."""
        tensor, known = self.tensor, self._known
        return tensor is not None and known is not None and not shows(tensor, known.values)

    def settle(self) -> None:
        """From now on the other side knows the tensor as it is."""
        tensor = self.tensor
        if tensor is not None:
            self._known = self._present(tensor)

    def record(self) -> Record | None:
        """What the other side has to be told, if anything; it counts as told."""
        tensor, before = self.tensor, self._known
        if tensor is None or (before is not None and self._is_as(tensor, before)):
            return None
        now = self._known = self._present(tensor)
        values: Any = (tensor.size(), tensor.dtype) if self.blank else tensors.plain(tensor)
        grad: Any = _grad(tensor)
        if before is not None:
            values = ... if before.values == now.values else values
            grad = ... if before.grad == now.grad else grad
        return self.number, self.kind, now.requires_grad, values, grad

    def _is_as(self, tensor: Tensor, known: Known) -> bool:
        grad = _grad(tensor)
        if tensor.requires_grad is not known.requires_grad or not shows(tensor, known.values, blank=self.blank):
            return False
        return grad is known.grad if grad is None or known.grad is None else shows(grad, known.grad)

    def _present(self, tensor: Tensor) -> Known:
        known, grad = self._known, _grad(tensor)
        values = image(tensor, known.values if known else None, blank=self.blank)
        last = known.grad if known else None
        return Known(tensor.requires_grad, values, None if grad is None else image(grad, last))

    def wake(self) -> Tensor:
        """The tensor; where nothing on this side refers to it any more, a new one of the values that are known.

        The other side may still refer to it: it learns only with the next message what is gone on this one.
        """
        tensor = self.tensor
        return self._made_again() if tensor is None else tensor

    def _made_again(self) -> Tensor:
        known, source = self._known, self.source
        if known is None:
            raise LookupError("nothing is known of a tensor that is gone")
        values = _from_image(known.values)
        if source is None:
            source = made(self.kind, known.requires_grad, values)
            source.grad = None if known.grad is None else _from_image(known.grad)
        tensor = stand_in(self.kind, source)
        set_values(tensor, values)
        self._refer_to(tensor, source)
        return tensor

    def apply(self, requires_grad: bool, values: Tensor | EllipsisType, grad: Tensor | EllipsisType | None) -> None:
        """Take over what the other side says.

        Raises:
            RuntimeError: if values and gradient do not fit together.
        """
        tensor = self.tensor
        if tensor is None:
            return
        if isinstance(values, Tensor):
            set_values(tensor, values)
            self.blank = False
        if tensor.is_leaf:
            tensor.requires_grad_(requires_grad)
            if not isinstance(grad, EllipsisType):
                tensor.grad = grad
        self.settle()


def set_values(tensor: Tensor, values: Tensor) -> None:
    """Give a tensor new values, of another shape or dtype too, unnoticed by graphs that it is part of.

    Views of it change with it where shape and dtype stay.
    """
    if (tensor.shape, tensor.dtype, tensor.device) == (values.shape, values.dtype, values.device):
        with contextlib.suppress(RuntimeError), torch.inference_mode(tensor.is_inference()):
            tensor.data.copy_(values)
            return
    # Where it fails too: an expanded tensor has fewer places than elements.
    tensor.data = values


def _grad(tensor: Tensor) -> Tensor | None:
    # Asking a result for its gradient warns.
    return tensor.grad if tensor.is_leaf else None


class SharedTensors:
    """One side's table of shared tensors."""

    def __init__(self) -> None:
        self._by_number: dict[int, SharedTensor] = {}
        self._by_id: dict[int, SharedTensor] = {}

    def __iter__(self) -> Iterator[SharedTensor]:
        return iter(list(self._by_number.values()))

    def __contains__(self, number: int) -> bool:
        return number in self._by_number

    def __getitem__(self, number: int) -> SharedTensor:
        return self._by_number[number]

    def add(self, shared: SharedTensor) -> SharedTensor:
        """Enter a shared tensor."""
        self._by_number[shared.number] = shared
        for key in shared.ids:
            self._by_id[key] = shared
        return shared

    def of(self, tensor: Tensor) -> SharedTensor | None:
        """The shared tensor that this very tensor is, if it is one."""
        shared = self._by_id.get(id(tensor))
        # The id of a tensor that is gone may be another's now.
        return shared if shared is not None and (shared.tensor is tensor or shared.source is tensor) else None

    def awake(self, number: int) -> Tensor:
        """The tensor of a number, made again if it has to be (see ``SharedTensor.wake``)."""
        shared = self[number]
        tensor = shared.wake()
        self.add(shared)
        return tensor

    def drop(self, number: int) -> None:
        """Forget a shared tensor."""
        shared = self._by_number.pop(number)
        for key in shared.ids:
            if self._by_id.get(key) is shared:
                del self._by_id[key]

    def drop_gone(self) -> list[int]:
        """Forget the shared tensors that nothing refers to any more, and return their numbers."""
        numbers = [shared.number for shared in self if shared.is_gone]
        for number in numbers:
            self.drop(number)
        return numbers

    def records(self) -> list[Record]:
        """What the other side has to be told of all of them."""
        return [record for shared in self if (record := shared.record()) is not None]
