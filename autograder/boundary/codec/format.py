"""What reader and writer share: limits, the references, the keys that a dict may have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self


class Unwritable(TypeError):  # noqa: N818 - it reads as what happened
    """A value that has no place in the format; the text says what it is, as in "a value of type set_iterator"."""


@dataclass(frozen=True)
class CodecLimits:
    """How much one message may hold.

    Attributes:
        depth: containers inside containers.
        items: items of all containers together; None in a list is one byte, but eight in memory.
        tensors: tensors of all kinds together.
        key_tuples: tuples as keys; their hashes can be made to collide, which makes a dict slow.
        integer: bytes of an integer; below the digits up to which ``str`` takes integers.
        names: names of an object's class and its bases.
        name: characters of each.
    """

    depth: int = 48
    items: int = 1 << 20
    tensors: int = 1 << 15
    key_tuples: int = 1 << 12
    integer: int = 1 << 10
    names: int = 32
    name: int = 200


LIMITS = CodecLimits()


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """An object that stays in the student's process.

    Attributes:
        number: its number in the student's table.
        types: names of its class and of the class's bases, ``module.name``.
        is_callable: whether it can be called.
    """

    number: int
    types: tuple[str, ...] = ()
    is_callable: bool = False


@dataclass(frozen=True, slots=True)
class TensorRef:
    """A tensor that both processes have, by its number (see ``shared_tensors``)."""

    number: int


@dataclass(frozen=True, slots=True)
class OutputRef:
    """One of the differentiable results that the same message brings."""

    index: int


Reference = ObjectRef | TensorRef | OutputRef


class NamedTuple(tuple[Any, ...]):
    """A tuple whose items can also be read by name, such as what ``load_state_dict`` returns."""

    _fields: tuple[str, ...]

    def __new__(cls, fields: Iterable[str], items: Iterable[Any]) -> Self:
        made = super().__new__(cls, items)
        made._fields = tuple(fields)
        return made

    def __getattr__(self, name: str) -> Any:
        fields = self.__dict__.get("_fields", ())
        # torch and NumPy look special names up on anything; they must not find the student's.
        if name in fields and not name.startswith("_"):
            return self[fields.index(name)]
        raise AttributeError(f"this tuple has no item named {name!r}; it has {', '.join(fields)}")

    def __repr__(self) -> str:
        return f"({', '.join(f'{name}={item!r}' for name, item in zip(self._fields, self, strict=True))})"


INT64 = range(-(2**63), 2**63)


def is_key(value: Any) -> bool:
    """Whether a dict or set that crosses may have this key."""
    if type(value) is tuple:
        return all(map(is_key, value))
    # Larger integers can be chosen to have one and the same hash.
    if type(value) is int:
        return value in INT64
    return value is None or type(value) in (bool, float, str, bytes)
