"""Reads values out of bytes that anyone may have written. Runs on both sides; the grader's safety rests on it."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograder.boundary.codec import tensors
from autograder.boundary.codec.format import (
    INT64,
    LIMITS,
    CodecLimits,
    NamedTuple,
    ObjectRef,
    OutputRef,
    Reference,
    TensorRef,
    is_key,
)
from autograder.boundary.malformed import MalformedMessage

_INT64, _UINT32, _DOUBLE = struct.Struct("<q"), struct.Struct("<I"), struct.Struct("<d")
_DEVICE = re.compile(r"(cpu|cuda|meta|mps|xpu)(:\d{1,3})?")


class Reader:
    """Reads values one after the other.

    Args:
        data: the bytes; they must stay as they are while values are read, not afterwards.
        resolve: is asked for each reference and returns what it stands for; without it, references stay.
            It raises ``MalformedMessage`` for one that stands for nothing.
    """

    def __init__(
        self,
        data: bytes | bytearray,
        resolve: Callable[[Reference], Any] | None = None,
        limits: CodecLimits = LIMITS,
    ) -> None:
        # torch warns of bytes that it could not write to.
        self._data = memoryview(data if isinstance(data, bytearray) else bytearray(data))
        self._end = len(self._data)
        self.resolve = resolve
        self._limits = limits
        self._position = self._depth = self._items = self._tensors = self._key_tuples = 0

    def read(self) -> Any:
        """The next value.

        Raises:
            MalformedMessage: if there is none, or it is beyond the limits.
        """
        method = _READERS.get(self._byte())
        if method is None:
            raise MalformedMessage("an unknown tag")
        return method(self)

    def end(self) -> None:
        """Make sure that nothing is left.

        Raises:
            MalformedMessage: if there are bytes left.
        """
        if self._position != self._end:
            raise MalformedMessage("bytes after the end")

    def _byte(self) -> int:
        position = self._position
        if position == self._end:
            raise MalformedMessage("the message ends early")
        self._position = position + 1
        return self._data[position]

    def _take(self, count: int) -> memoryview:
        start, end = self._position, self._position + count
        if end > self._end:
            raise MalformedMessage("the message ends early")
        self._position = end
        return self._data[start:end]

    def _unpack(self, layout: struct.Struct) -> tuple[Any, ...]:
        return layout.unpack(self._take(layout.size))

    def _int64(self) -> int:
        return self._unpack(_INT64)[0]

    def _uint32(self) -> int:
        return self._unpack(_UINT32)[0]

    def _sized(self) -> bytes:
        return bytes(self._take(self._uint32()))

    def _big_int(self) -> int:
        data = self._sized()
        if len(data) > self._limits.integer:
            raise MalformedMessage("too large an integer")
        return int.from_bytes(data, "little", signed=True)

    def _float(self) -> float:
        return self._unpack(_DOUBLE)[0]

    def _str(self) -> str:
        try:
            return self._sized().decode("utf-8")
        except UnicodeDecodeError:
            raise MalformedMessage("text that is not UTF-8") from None

    def _count(self, parts: int = 1) -> int:
        """How many items a container has; each part of each takes at least one byte that must be there."""
        count = self._uint32()
        self._items += count * parts
        if self._items > self._limits.items or count * parts > self._end - self._position:
            raise MalformedMessage("too many items")
        return count

    def _read_inside(self, count: int) -> list[Any]:
        if self._depth == self._limits.depth:
            raise MalformedMessage("too deep")
        self._depth += 1
        items = [self.read() for _ in range(count)]
        self._depth -= 1
        return items

    def _list(self) -> list[Any]:
        return self._read_inside(self._count())

    def _tuple(self) -> tuple[Any, ...]:
        return tuple(self._read_inside(self._count()))

    def _exactly(self, count: int) -> list[Any]:
        if self._count() != count:
            raise MalformedMessage("not the parts that belong here")
        return self._read_inside(count)

    def _named_tuple(self) -> NamedTuple:
        fields, items = self._exactly(2)
        if type(fields) is not tuple or type(items) is not tuple or len(fields) != len(items):
            raise MalformedMessage("not a named tuple")
        if not all(type(field) is str for field in fields):
            raise MalformedMessage("not names of items")
        return NamedTuple(fields, items)

    def _dict(self) -> dict[Any, Any]:
        count = self._count(2)
        parts = self._read_inside(2 * count)
        keys = parts[::2]
        self._check_keys(keys)
        made = dict(zip(keys, parts[1::2], strict=True))
        if len(made) != count:
            raise MalformedMessage("a key comes twice")
        return made

    def _frozenset(self) -> frozenset[Any]:
        items = self._list()
        self._check_keys(items)
        made = frozenset(items)
        if len(made) != len(items):
            raise MalformedMessage("an element comes twice")
        return made

    def _set(self) -> set[Any]:
        return set(self._frozenset())

    def _check_keys(self, keys: list[Any]) -> None:
        self._key_tuples += sum(type(key) is tuple for key in keys)
        if self._key_tuples > self._limits.key_tuples or not all(map(is_key, keys)):
            raise MalformedMessage("not a key")

    def _slice(self) -> slice:
        parts = self._exactly(3)
        if not all(part is None or type(part) is int for part in parts):
            raise MalformedMessage("not a slice")
        return slice(*parts)

    def _size(self) -> torch.Size:
        extents = self._list()
        if len(extents) > tensors.MAX_DIMS or not all(type(n) is int and n in INT64 for n in extents):
            raise MalformedMessage("not a size")
        return torch.Size(extents)

    def _dtype(self) -> torch.dtype:
        code = self._byte()
        if code >= len(tensors.DTYPES):
            raise MalformedMessage("an unknown dtype")
        return tensors.DTYPES[code]

    def _device(self) -> torch.device:
        name = self._str()
        if not _DEVICE.fullmatch(name):
            raise MalformedMessage("an unknown device")
        return torch.device(name)

    def _tensor(self) -> Tensor:
        self._tensors += 1
        if self._tensors > self._limits.tensors:
            raise MalformedMessage("too many tensors")
        dtype, is_meta = self._dtype(), self._byte()
        order = tuple(self._take(self._byte()))
        dims = self._byte()
        shape = struct.unpack(f"<{dims}Q", self._take(8 * dims))
        if is_meta > 1 or (order and sorted(order) != list(range(dims))):
            raise MalformedMessage("not the layout of a tensor")
        try:
            size = tensors.size_in_bytes(dtype, shape)
        except ValueError as error:
            raise MalformedMessage(str(error)) from None
        lying = [shape[dim] for dim in order] or shape
        if is_meta:
            made = torch.empty(tuple(lying), dtype=dtype, device="meta")
        else:
            made = tensors.from_bytes(self._take(size), dtype, lying)
        return made.permute([order.index(dim) for dim in range(dims)]) if order else made

    def _array(self) -> np.ndarray:
        tensor = self._tensor()
        try:
            return tensor.numpy()
        except TypeError:
            raise MalformedMessage("no array has this dtype or device") from None

    def _scalar(self) -> Any:
        array = self._array()
        if array.ndim:
            raise MalformedMessage("not a scalar")
        return array[()]

    def _object_ref(self) -> Any:
        number, types, is_callable = self._exactly(3)
        if type(number) is not int or type(types) is not tuple or type(is_callable) is not bool:
            raise MalformedMessage("not a reference")
        if len(types) > self._limits.names or not all(map(self._is_name, types)):
            raise MalformedMessage("not names of classes")
        return self._resolved(ObjectRef(number, types, is_callable))

    def _is_name(self, value: Any) -> bool:
        return type(value) is str and len(value) <= self._limits.name

    def _tensor_ref(self) -> Any:
        return self._resolved(TensorRef(self._int64()))

    def _output_ref(self) -> Any:
        return self._resolved(OutputRef(self._int64()))

    def _resolved(self, reference: Reference) -> Any:
        return self.resolve(reference) if self.resolve else reference


_READERS: dict[int, Callable[[Reader], Any]] = {
    ord("N"): lambda reader: None,
    ord("T"): lambda reader: True,
    ord("F"): lambda reader: False,
    ord("."): lambda reader: ...,
    ord("i"): Reader._int64,
    ord("I"): Reader._big_int,
    ord("d"): Reader._float,
    ord("s"): Reader._str,
    ord("b"): Reader._sized,
    ord("l"): Reader._list,
    ord("t"): Reader._tuple,
    ord("m"): Reader._named_tuple,
    ord("D"): Reader._dict,
    ord("u"): Reader._set,
    ord("U"): Reader._frozenset,
    ord(":"): Reader._slice,
    ord("z"): Reader._size,
    ord("y"): Reader._dtype,
    ord("v"): Reader._device,
    ord("X"): Reader._tensor,
    ord("a"): Reader._array,
    ord("g"): Reader._scalar,
    ord("h"): Reader._object_ref,
    ord("@"): Reader._tensor_ref,
    ord("o"): Reader._output_ref,
}
