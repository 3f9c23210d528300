"""The first difference between plain values that have to be equal: integers, strings, tuples, dicts."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from coursekit.comparing import diagnosis, wording
from coursekit.comparing.closeness import EXACT, close_difference, is_numeric, mapping_difference, shape_difference
from coursekit.comparing.diagnosis import NUMPY
from coursekit.comparing.difference import Difference
from coursekit.comparing.torch_classes import Tensor

_INTEGERS = {f"{signed}int{bits}" for signed in ("", "u") for bits in (8, 16, 32, 64)}


def exact_difference(got: Any, expected: Any) -> Difference | None:
    """The first difference between two values; tuples and lists of the same items are equal."""
    match expected:
        case Tensor() | np.ndarray() if is_numeric(expected):
            return close_difference(got, expected, EXACT)
        case np.ndarray():
            found = shape_difference(got, expected.shape, NUMPY)
            return found or _items_difference(got.ravel().tolist(), expected.ravel().tolist())
        case tuple() | list():
            return _items_difference(got, expected)
        case Mapping():
            return mapping_difference(got, expected, exact_difference)
    if type(expected) in (int, float):
        got = as_integer(got)
    return _kind_difference(got, expected) or _plain_difference(got, expected)


def as_integer(value: Any) -> Any:
    """An integer of NumPy's or torch's as Python's: a NumPy number, or an array or tensor without dimensions.

    All else stays as it is, truth values and whole floats included.
    """
    match value:
        case np.integer():
            return int(value)
        case Tensor() | np.ndarray() if (
            not value.ndim and wording.dtype(value) in _INTEGERS and str(value.device) != "meta"
        ):
            return int(value)
    return value


def _items_difference(got: Any, expected: tuple[Any, ...] | list[Any]) -> Difference | None:
    if not isinstance(got, tuple | list):
        return Difference(wording.kind(expected), wording.kind(got), diagnosis.of_type(got, expected))
    if len(got) != len(expected):
        return _length_difference(got, expected)
    for place, (came, right) in enumerate(zip(got, expected, strict=True)):
        if found := exact_difference(came, right):
            return found.within(f"item {place}")
    return None


def _length_difference(got: tuple[Any, ...] | list[Any], expected: tuple[Any, ...] | list[Any]) -> Difference:
    """Short ones are shown whole; of longer ones, which look alike when shortened, the first place that differs."""
    if max(len(got), len(expected)) <= wording.MOST_ITEMS:
        return Difference(wording.show(expected), wording.show(got), of_values=True)
    pairs = enumerate(zip(got, expected, strict=False))
    parting = next((place for place, pair in pairs if exact_difference(*pair)), min(len(got), len(expected)))
    return Difference(_items_at(expected, parting), _items_at(got, parting), of_values=True)


def _items_at(items: tuple[Any, ...] | list[Any], place: int) -> str:
    """How many items there are, and which stands at a place, if one does."""
    number = wording.count(len(items), "item")
    return f"{number}, with {wording.show(items[place])} as item {place}" if place < len(items) else number


def _kind_difference(got: Any, expected: Any) -> Difference | None:
    """A difference of kinds: a float for an integer, a truth value for a number, a tensor for either."""
    if _kind(got) == _kind(expected) or (type(got) is int and type(expected) is float):
        return None
    plain = type(got) in (bool, int, float, complex, str)
    values = f"{wording.show(got)} where {wording.show(expected)} is right" if plain else ""
    whole = isinstance(got, float) and type(expected) is int
    likely = diagnosis.of_float(got, expected) if whole else diagnosis.of_plain_type(got, expected)
    return Difference(wording.kind(expected), wording.kind(got), likely, detail=values)


def _kind(value: Any) -> type:
    """The type by which plain values are told apart; a NumPy float is no plain number."""
    return set if isinstance(value, frozenset) else type(value)


def _plain_difference(got: Any, expected: Any) -> Difference | None:
    if got == expected:
        return None
    return Difference(wording.show(expected), wording.show(got), of_values=True)
