"""Tensors as bytes: a fixed table of dtypes, checked shapes, values as they lie in memory.

Runs on both sides. Reading allocates nothing before the bytes are there.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence

import torch
from torch import Tensor

from autograder.boundary.codec.format import Unwritable

# The position is the code on the wire.
DTYPES: tuple[torch.dtype, ...] = (
    torch.float32,
    torch.float64,
    torch.int64,
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.float16,
    torch.bfloat16,
    torch.complex32,
    torch.complex64,
    torch.complex128,
    torch.uint16,
    torch.uint32,
    torch.uint64,
    torch.float8_e4m3fn,
    torch.float8_e4m3fnuz,
    torch.float8_e5m2,
    torch.float8_e5m2fnuz,
    torch.float8_e8m0fnu,
)
DTYPE_CODES = {dtype: code for code, dtype in enumerate(DTYPES)}

_memcmp = ctypes.CDLL(None).memcmp
_memcmp.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)

MAX_DIMS = 32
MAX_BYTES = 2**62


def plain(tensor: Tensor) -> Tensor:
    """The values of a tensor as a strided one on the CPU (or on ``meta``) outside every graph.

    Raises:
        Unwritable: if its dtype is not in the table (a quantized tensor, for one), or it has too many dimensions.
    """
    if tensor.dtype not in DTYPE_CODES or tensor.dim() > MAX_DIMS:
        raise Unwritable(f"a tensor of {tensor.dim()} dimensions and dtype {tensor.dtype}")
    values = tensor.detach()
    if values.layout != torch.strided:
        values = values.to_dense()
    if values.device.type not in ("cpu", "meta"):
        values = values.cpu()
    if values.is_conj() or values.is_neg():
        values = values.resolve_conj().resolve_neg()
    return values


def to_bytes(values: Tensor) -> bytes:
    """The elements of a ``plain`` tensor on the CPU, row by row, little-endian."""
    lying = values.contiguous()
    return ctypes.string_at(lying.data_ptr(), lying.nbytes)


def has_bytes(tensor: Tensor, data: bytes) -> bool:
    """Whether the elements of a tensor that is not on ``meta`` are ``data``, mostly without a copy of them."""
    if not tensor.is_cpu or tensor.layout is not torch.strided or tensor.is_neg() or tensor.is_conj():
        tensor = plain(tensor)
    lying = tensor if tensor.is_contiguous() else tensor.detach().contiguous()
    return lying.nbytes == len(data) and not _memcmp(lying.data_ptr(), data, len(data))


def from_bytes(data: memoryview, dtype: torch.dtype, shape: Sequence[int]) -> Tensor:
    """A new tensor from its elements; ``data`` is exactly as long as dtype and shape ask for."""
    if not data.nbytes:
        return torch.empty(tuple(shape), dtype=dtype, device="cpu")
    # The copy is aligned and owns its memory, which the view of the frame is not and does not.
    values = torch.frombuffer(data, dtype=torch.uint8).clone()
    # A byte other than 0 and 1 in a truth value is undefined behaviour.
    values = values.ne(0) if dtype == torch.bool else values.view(dtype)
    return values.view(tuple(shape))


def size_in_bytes(dtype: torch.dtype, shape: Sequence[int]) -> int:
    """How many bytes the elements take.

    Raises:
        ValueError: if the shape is none, or so large that sizes or strides overflow.
    """
    if len(shape) > MAX_DIMS or any(extent < 0 for extent in shape):
        raise ValueError("not the shape of a tensor")
    # Strides are products too, also where an extent of 0 makes the number of elements 0.
    if math.prod(max(extent, 1) for extent in shape) * dtype.itemsize > MAX_BYTES:
        raise ValueError("the tensor is too large to exist")
    return math.prod(shape) * dtype.itemsize


def memory_order(tensor: Tensor) -> tuple[int, ...]:
    """The dimensions in the order in which they lie in memory; empty when that is their own order."""
    if tensor.is_contiguous():
        return ()
    strides = tensor.stride()
    return tuple(sorted(range(tensor.dim()), key=lambda dim: -strides[dim]))
