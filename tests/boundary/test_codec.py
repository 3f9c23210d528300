"""What the codec carries, and what it refuses."""

from __future__ import annotations

import math
from collections import OrderedDict, namedtuple
from enum import IntEnum
from typing import Any

import numpy as np
import pytest
import torch

from autograder.boundary.codec import (
    CodecLimits,
    MalformedMessage,
    ObjectRef,
    OutputRef,
    Reader,
    TensorRef,
    Unwritable,
    Writer,
)
from autograder.boundary.codec.tensors import DTYPES


def written(value: Any, **limits: int) -> bytearray:
    writer = Writer(limits=CodecLimits(**limits))
    writer.write(value)
    return writer.data


def read(data: bytes | bytearray) -> Any:
    reader = Reader(data)
    value = reader.read()
    reader.end()
    return value


def crossed(value: Any) -> Any:
    return read(written(value))


PLAIN = [
    None,
    True,
    False,
    0,
    -1,
    2**63 - 1,
    -(2**63),
    2**63,
    -(2**64) - 1,
    10**2000,
    0.0,
    -0.0,
    math.inf,
    5e-324,
    "",
    "Ω ≈ 3σ²\n\0",
    b"\0\xff",
    [],
    [1, [2, [3]]],
    (),
    (1, "a", None),
    {},
    {"a": 1, 2: [3], None: 4, (1, "b"): 5, 2.5: 6, b"c": 7, True + 2: 8},
    {1, "a", (2, 3)},
    frozenset({1.5}),
    ...,
    slice(1, None, -2),
    torch.Size([2, 0, 3]),
    torch.float16,
    torch.device("meta"),
    torch.device("cuda", 1),
    ObjectRef(7, ("__main__.Block", "object"), True),
    TensorRef(-3),
    OutputRef(2),
]


# Not named by repr: a set's order changes from process to process, and every test process must name tests alike.
@pytest.mark.parametrize("value", PLAIN, ids=lambda value: type(value).__name__)
def test_plain_values_come_out_as_they_went_in(value: Any) -> None:
    came = crossed(value)
    assert came == value
    assert type(came) is type(value)


def test_a_dict_keeps_its_order() -> None:
    assert list(crossed({"b": 1, "a": 2})) == ["b", "a"]


def test_nan_and_the_sign_of_zero_survive() -> None:
    assert math.isnan(crossed(math.nan))
    assert math.copysign(1, crossed(-0.0)) == -1


@pytest.mark.filterwarnings("ignore:ComplexHalf")
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3, 4), (2, 0, 3)], ids=str)
def test_tensors_of_every_dtype_come_out_bit_for_bit(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    count = math.prod(shape) * dtype.itemsize
    raw = torch.arange(count, dtype=torch.uint8) % (2 if dtype == torch.bool else 251)
    tensor = raw.view(dtype).view(shape) if count else torch.empty(shape, dtype=dtype)
    came = crossed(tensor)
    assert (came.dtype, came.shape, type(came)) == (dtype, tensor.shape, torch.Tensor)
    assert torch.equal(came.reshape(-1).view(torch.uint8), tensor.reshape(-1).view(torch.uint8))


@pytest.mark.parametrize(
    "tensor",
    [
        torch.arange(12).view(3, 4).T,
        torch.arange(24.0).view(1, 2, 3, 4).to(memory_format=torch.channels_last),
        torch.arange(3.0).expand(4, 3),
        torch.arange(12).view(3, 4)[:, ::2],
        torch.arange(6).flip(0),
        torch.tensor(2.0).expand(1, 3)[:, :1],
    ],
    ids=["transposed", "channels_last", "expanded", "strided", "flipped", "one of an expanded"],
)
def test_values_do_not_depend_on_how_a_tensor_lies_in_memory(tensor: torch.Tensor) -> None:
    assert torch.equal(crossed(tensor), tensor)


def test_a_transposed_tensor_arrives_transposed_in_memory() -> None:
    tensor = torch.arange(12).view(3, 4).T
    assert crossed(tensor).stride() == tensor.stride()


def test_conjugated_and_sparse_tensors_arrive_as_their_values() -> None:
    tensor = torch.tensor([[1 + 2j, 0], [0, 3 - 1j]])
    assert torch.equal(crossed(tensor.conj()), tensor.conj().resolve_conj())
    assert torch.equal(crossed(tensor.to_sparse()), tensor)


def test_a_tensor_on_the_meta_device_costs_no_bytes() -> None:
    tensor = torch.empty(10**6, 10**6, device="meta")
    data = written(tensor)
    assert len(data) < 100
    assert (read(data).shape, read(data).device) == (tensor.shape, tensor.device)


def test_a_byte_that_is_no_truth_value_becomes_one() -> None:
    data = written(torch.tensor([True]))
    data[-1] = 0x55
    assert read(data).view(torch.uint8).item() == 1


@pytest.mark.parametrize(
    "array",
    [np.arange(6.0).reshape(2, 3).T, np.array(3), np.array([True]), np.arange(4, dtype=">i4")[::-1]],
    ids=["transposed", "no dimension", "bool", "big-endian, reversed"],
)
def test_numpy_arrays_of_numbers_stay_arrays(array: np.ndarray) -> None:
    came = crossed(array)
    assert type(came) is np.ndarray
    assert came.shape == array.shape
    assert (came == array).all()


def test_numpy_scalars_stay_scalars() -> None:
    assert type(crossed(np.float32(1.5))) is np.float32
    assert type(crossed(np.float64(1.5))) is np.float64


def test_instances_of_subclasses_arrive_as_what_they_are_at_base() -> None:
    class Color(IntEnum):
        RED = 1

    class Lying(list):  # type: ignore[type-arg]
        def __iter__(self) -> Any:
            return iter([42])

        def __len__(self) -> int:
            return 1

    class Text(str):
        def __str__(self) -> str:
            return "other"

    for value, base in [
        (Color.RED, 1),
        (Lying([1, 2]), [1, 2]),
        (Text("a"), "a"),
        (OrderedDict(a=1), {"a": 1}),
        (torch.nn.Parameter(torch.ones(2)), torch.ones(2)),
    ]:
        came = crossed(value)
        assert type(came) is type(base)
        assert came.equal(base) if isinstance(base, torch.Tensor) else came == base


def test_the_items_of_a_named_tuple_keep_their_names() -> None:
    point = crossed(namedtuple("point", "x y")(1, 2))
    assert (point.x, point.y, point) == (1, 2, (1, 2))
    largest = crossed(torch.tensor([[1, 5, 2]]).max(dim=1))
    assert (largest.values.item(), largest.indices.item()) == (5, 1)


@pytest.mark.parametrize(
    "value",
    [object(), lambda: 0, {1, (object(),)}, {object(): 1}, np.array([None]), 1 << 10_000, {1 << 70: 1}, 1j],
    ids=["object", "function", "set", "key", "object array", "huge integer", "huge key", "complex"],
)
def test_what_has_no_place_in_the_format_is_not_written(value: Any) -> None:
    with pytest.raises(Unwritable):
        written(value)


def test_a_list_inside_itself_is_not_written() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(Unwritable, match="nested"):
        written(endless)


def test_references_are_resolved_while_reading() -> None:
    writer = Writer(lambda value: TensorRef(int(value)))
    writer.write([torch.tensor(5), torch.tensor(6)])
    assert Reader(writer.data, lambda reference: ("tensor", reference)).read() == [
        ("tensor", TensorRef(5)),
        ("tensor", TensorRef(6)),
    ]


def altered(value: Any, position: int, *new: int) -> bytearray:
    """The bytes of a value, some of them replaced."""
    data = written(value)
    data[position : position + len(new) or None] = bytes(new)
    return data


MALFORMED = {
    "nothing": b"",
    "an unknown tag": b"?",
    "an early end": written("text")[:-1],
    "bytes after the end": written(1) + b"N",
    "more items than bytes": altered([1], 1, 255, 255, 255, 255),
    "more text than bytes": altered("text", 1, 255, 255, 255, 255),
    "text that is not UTF-8": altered("text", 5, 0xFF),
    "lists in lists without end": b"l\x01\0\0\0" * 100 + b"N",
    "tuples as keys in tuples in dicts": b"D\x01\0\0\0t\x01\0\0\0l\0\0\0\0N",
    "a key twice": b"D\x02\0\0\0" + written(1) + b"N" + written(1) + b"N",
    "equal keys of two types": b"D\x02\0\0\0" + written(1) + b"N" + written(True) + b"N",
    "an element twice": b"u\x02\0\0\0NN",
    "a list as a key": b"D\x01\0\0\0l\0\0\0\0N",
    "a huge integer": b"I\0\xff\0\0" + b"\1" * 0xFF00,
    "an unknown dtype": b"y\xff",
    "an unknown device": b"v\x04\0\0\0evil",
    "a size that is none": b"z\x01\0\0\0N",
    "a slice of text": b":\x03\0\0\0NN" + written("a"),
    "a slice of two": b":\x02\0\0\0NN",
    "a named tuple without names": b"m\x02\0\0\0" + written((1,)) + written((1,)),
    "a named tuple with too few names": b"m\x02\0\0\0" + written(()) + written((1,)),
    "a reference without a number": b"h\x03\0\0\0" + written("1") + written(()) + written(True),
    "too many dimensions": b"X\0\0\0\x40" + b"\1\0\0\0\0\0\0\0" * 64,
    "a tensor without its elements": b"X\0\0\0\1" + (10**12).to_bytes(8, "little"),
    "a meta tensor beyond all sizes": b"X\0\1\0\2" + b"\xff" * 16,
    "strides that overflow": b"X\0\0\0\3" + bytes(8) + b"\xff\xff\xff\xff\xff\xff\xff\x3f" * 2,
    "an order that is none": b"X\0\0\2\0\0\2" + bytes(16),
    "an order of other dimensions": b"X\0\0\1\0\2" + bytes(16),
    "a third kind of device": b"X\0\2\0\1" + bytes(8),
    "an array of bfloat16": b"a\x09\0\0\0" + bytes(2),
    "an array on the meta device": b"a\0\1\0\0",
    "a scalar with dimensions": b"g\0\0\0\1" + bytes(8),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_malformed_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        read(data)


def test_tuples_as_keys_are_few_because_their_hashes_can_collide() -> None:
    with pytest.raises(MalformedMessage, match="key"):
        read(written({(i, 0): None for i in range(5000)}))


def test_all_items_of_a_message_count_together() -> None:
    data = written([[None] * 600] * 600)
    with pytest.raises(MalformedMessage, match="items"):
        Reader(data, limits=CodecLimits(items=1000)).read()


def test_empty_tensors_count_too() -> None:
    with pytest.raises(MalformedMessage, match="tensors"):
        Reader(written([torch.empty(0)] * 20), limits=CodecLimits(tensors=10)).read()
