"""Writes values. Runs on both sides."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from functools import lru_cache
from types import EllipsisType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograder.boundary.codec import tensors
from autograder.boundary.codec.format import (
    INT64,
    LIMITS,
    CodecLimits,
    ObjectRef,
    OutputRef,
    TensorRef,
    Unwritable,
    is_key,
)


class Writer:
    """Writes values one after the other.

    Args:
        refer: is asked for each tensor and each value without a place in the format, and returns what to
            write instead (a tensor may stay itself), or raises ``Unwritable``.
    """

    def __init__(self, refer: Callable[[Any], Any] | None = None, limits: CodecLimits = LIMITS) -> None:
        self.data = bytearray()
        self._refer = refer
        self._limits = limits
        self._depth = 0

    def write(self, value: Any) -> None:
        """Append a value.

        Raises:
            Unwritable: if it, or something in it, has no place in the format or is beyond the limits.
        """
        kind: type = type(value)
        (_WRITERS.get(kind) or _writer_of_base(kind))(self, value)

    def _tagged(self, tag: bytes, payload: bytes = b"") -> None:
        self.data += tag
        self.data += payload

    def _sized(self, tag: bytes, payload: bytes) -> None:
        self.data += struct.pack("<cI", tag, len(payload))
        self.data += payload

    def _constant(self, value: bool | EllipsisType | None) -> None:
        self.data += {None: b"N", True: b"T", False: b"F", ...: b"."}[value]

    def _int(self, value: int) -> None:
        if value in INT64:
            self.data += struct.pack("<cq", b"i", value)
            return
        length = value.bit_length() // 8 + 1
        if length > self._limits.integer:
            raise Unwritable(f"an integer of {value.bit_length()} bits")
        self._sized(b"I", value.to_bytes(length, "little", signed=True))

    def _float(self, value: float) -> None:
        self.data += struct.pack("<cd", b"d", value)

    def _str(self, value: str) -> None:
        self._sized(b"s", value.encode("utf-8", "replace"))

    def _bytes(self, value: bytes) -> None:
        self._sized(b"b", value)

    def _items(self, tag: bytes, items: Iterable[Any], count: int) -> None:
        if self._depth == self._limits.depth:
            raise Unwritable(f"values nested more than {self._limits.depth} deep")
        self.data += struct.pack("<cI", tag, count)
        self._depth += 1
        for item in items:
            self.write(item)
        self._depth -= 1

    def _list(self, value: list[Any]) -> None:
        self._items(b"l", value, len(value))

    def _tuple(self, value: tuple[Any, ...]) -> None:
        self._items(b"t", value, len(value))

    def _subtuple(self, value: tuple[Any, ...]) -> None:
        items, fields = tuple.__getitem__(value, slice(None)), _field_names(value)
        if len(fields) == len(items) > 0:
            self._items(b"m", [fields, items], 2)
        else:
            self._tuple(items)

    def _set(self, value: set[Any]) -> None:
        self._keys(value)
        self._items(b"u", value, len(value))

    def _frozenset(self, value: frozenset[Any]) -> None:
        self._keys(value)
        self._items(b"U", value, len(value))

    def _dict(self, value: dict[Any, Any]) -> None:
        self._keys(value)
        self._items(b"D", (part for item in value.items() for part in item), len(value))

    def _keys(self, keys: Iterable[Any]) -> None:
        for key in keys:
            if not is_key(key):
                raise Unwritable(f"a key of type {type(key).__name__}")

    def _slice(self, value: slice) -> None:
        self._items(b":", (value.start, value.stop, value.step), 3)

    def _size(self, value: torch.Size) -> None:
        self._items(b"z", value, len(value))

    def _dtype(self, value: torch.dtype) -> None:
        if value not in tensors.DTYPE_CODES:
            raise Unwritable(f"the dtype {value}")
        self._tagged(b"y", bytes([tensors.DTYPE_CODES[value]]))

    def _device(self, value: torch.device) -> None:
        self._sized(b"v", str(value).encode())

    def _tensor(self, value: Tensor) -> None:
        meant = self._refer(value) if self._refer else value
        if meant is not value:
            self.write(meant)
        else:
            self._elements(b"X", value)

    def _elements(self, tag: bytes, value: Tensor) -> None:
        values = tensors.plain(value)
        order = tensors.memory_order(values)
        code, is_meta = tensors.DTYPE_CODES[values.dtype], values.is_meta
        self.data += struct.pack(
            f"<cBBB{len(order)}BB{values.dim()}Q",
            *(tag, code, is_meta, len(order), *order, values.dim(), *values.shape),
        )
        if not is_meta:
            self.data += tensors.to_bytes(values.permute(order) if order else values)

    def _array(self, value: np.ndarray | np.generic) -> None:
        try:
            # A copy has no negative strides, is writable, and has the machine's byte order.
            copy = torch.from_numpy(np.array(value, dtype=value.dtype.newbyteorder("=")))
        except TypeError:
            self._other(value)
        else:
            self._elements(b"a" if isinstance(value, np.ndarray) else b"g", copy)

    def _object_ref(self, value: ObjectRef) -> None:
        self._items(b"h", (value.number, value.types, value.is_callable), 3)

    def _tensor_ref(self, value: TensorRef) -> None:
        self._tagged(b"@", struct.pack("<q", value.number))

    def _output_ref(self, value: OutputRef) -> None:
        self._tagged(b"o", struct.pack("<q", value.index))

    def _other(self, value: Any) -> None:
        if self._refer is None:
            raise Unwritable(f"an object of type {type(value).__name__}")
        self.write(self._refer(value))


_WRITERS: dict[type, Callable[[Writer, Any], None]] = {
    type(None): Writer._constant,
    bool: Writer._constant,
    type(...): Writer._constant,
    int: Writer._int,
    float: Writer._float,
    str: Writer._str,
    bytes: Writer._bytes,
    list: Writer._list,
    tuple: Writer._tuple,
    set: Writer._set,
    frozenset: Writer._frozenset,
    dict: Writer._dict,
    slice: Writer._slice,
    torch.Size: Writer._size,
    torch.dtype: Writer._dtype,
    torch.device: Writer._device,
    Tensor: Writer._tensor,
    np.ndarray: Writer._array,
    ObjectRef: Writer._object_ref,
    TensorRef: Writer._tensor_ref,
    OutputRef: Writer._output_ref,
}


@lru_cache(maxsize=1024)
def _writer_of_base(cls: type) -> Callable[[Writer, Any], None]:
    """How to write an instance of a subclass: as what it is at base, whatever its own methods say."""
    return next((writer for base, writer in _BASES.items() if issubclass(cls, base)), Writer._other)


_BASES: dict[type, Callable[[Writer, Any], None]] = {
    Tensor: Writer._tensor,
    str: lambda writer, value: writer._str(str.__str__(value)),
    bytes: lambda writer, value: writer._bytes(bytes.__getitem__(value, slice(None))),
    np.ndarray: Writer._array,
    np.generic: Writer._array,
    int: lambda writer, value: writer._int(int.__index__(value)),
    float: lambda writer, value: writer._float(float.__float__(value)),
    list: lambda writer, value: writer._list(list.__getitem__(value, slice(None))),
    dict: lambda writer, value: writer._dict(dict(dict.items(value))),
    tuple: Writer._subtuple,
}


def _field_names(value: tuple[Any, ...]) -> tuple[str, ...]:
    """The names of a named tuple's items, or of those of torch's return types (``x.max(dim=0)``)."""
    names = getattr(value, "_fields", None) or getattr(type(value), "__match_args__", ())
    return names if type(names) is tuple and all(type(name) is str for name in names) else ()
