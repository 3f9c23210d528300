"""Whatever bytes come, the reader returns a value within the limits or raises ``MalformedMessage``."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch

from autograder.boundary.codec import (
    CodecLimits,
    MalformedMessage,
    NamedTuple,
    ObjectRef,
    OutputRef,
    Reader,
    TensorRef,
    Writer,
)

LIMITS = CodecLimits(depth=6, items=300, tensors=5, key_tuples=4, integer=32)
CONTAINERS = (list, tuple, set, frozenset, dict, NamedTuple)
LEAVES = (
    *(type(None), bool, int, float, str, bytes, type(...), slice),
    *(torch.Tensor, torch.Size, torch.dtype, torch.device, np.ndarray, ObjectRef, TensorRef, OutputRef),
)
TAGS = b"NTF.iIdsbltmDuU:zyvXagh@o"

SEEDS = [
    [1, -(2**70), 2.5, "text", b"bytes", None, True, ...],
    {"a": [1, (2, {"b": {3, 4}})], (1, 2): slice(1, 2), 1.5: frozenset({"x"})},
    [torch.arange(6.0).view(2, 3).T, torch.empty(5, 5, device="meta"), torch.tensor([True])],
    [torch.Size([2, 3]), torch.float16, torch.device("cpu"), np.arange(3), np.float32(1)],
    [ObjectRef(1, ("a.B", "object"), True), TensorRef(-1), OutputRef(0), torch.ones(2, 3).max(dim=0)],
]


def check(value: Any, depth: int = 0) -> int:
    """Make sure that a value holds nothing but the format's own types; returns how many items it has."""
    assert depth <= LIMITS.depth
    if type(value) not in CONTAINERS:
        assert type(value) in LEAVES or isinstance(value, np.generic)
        return 0
    parts = [*value, *(value.values() if type(value) is dict else ())]
    return len(parts) + sum(check(part, depth + 1) for part in parts)


def survives(data: bytes) -> bool:
    """Whether the reader takes these bytes; anything but a good value and ``MalformedMessage`` is a failure."""
    reader = Reader(data, limits=LIMITS)
    try:
        value = reader.read()
        reader.end()
    except MalformedMessage:
        return False
    assert check(value) <= LIMITS.items
    return True


def message(value: Any) -> bytes:
    writer = Writer(lambda referred: referred)
    writer.write(value)
    return bytes(writer.data)


def mutated(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Some bytes flipped, replaced by tags or by extremes, cut out, doubled, or taken from another message."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at, end = sorted(rng.randrange(len(changed) + 1) for _ in range(2))
        match rng.randrange(6):
            case 0 if changed:
                changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
            case 1:
                changed[at : at + 1] = bytes([rng.choice(TAGS)])
            case 2:
                changed[at : at + 4] = rng.choice([b"\xff" * 4, bytes(4), b"\0\0\0\x80", b"\1\0\0\0"])
            case 3:
                del changed[at : at + rng.randint(1, 8)]
            case 4:
                changed[at:at] = changed[at:end]
            case _:
                changed[at:] = other[rng.randrange(len(other)) :]
    return bytes(changed)


def test_random_bytes_never_break_the_reader() -> None:
    rng = random.Random(0)
    taken = sum(survives(rng.randbytes(rng.randrange(60))) for _ in range(10_000))
    assert taken < 1000


def test_random_tags_never_break_the_reader() -> None:
    rng = random.Random(1)
    small = [bytes([n, 0, 0, 0]) for n in range(4)]
    pieces = [*(bytes([tag]) for tag in TAGS), *small, bytes(8)]
    taken = sum(survives(b"".join(rng.choices(pieces, k=rng.randrange(12)))) for _ in range(10_000))
    assert taken > 100


def test_damaged_messages_never_break_the_reader() -> None:
    rng = random.Random(2)
    messages = [message(value) for value in SEEDS]
    assert all(map(survives, messages))
    taken = sum(survives(mutated(*rng.choices(messages, k=2), rng)) for _ in range(20_000))
    assert 100 < taken < 20_000


def test_every_cut_of_a_message_is_refused() -> None:
    for whole in map(message, SEEDS):
        assert not any(survives(whole[:end]) for end in range(len(whole)))
