"""Words for values: what a thing is, how it looks, and numbers with the digits that tell them apart."""

import reprlib
from typing import Any

import numpy as np

from coursekit.comparing.torch_classes import Module, Size, Tensor

MOST_ITEMS = 12  # that are shown of a list or the like

_shortener = reprlib.Repr()
_shortener.maxlevel = 3
_shortener.maxtuple = _shortener.maxlist = _shortener.maxset = _shortener.maxdict = MOST_ITEMS
_shortener.maxstring = _shortener.maxother = 80


def show(value: Any) -> str:
    """The value as Python writes it, shortened to fit a sentence; what has no short form, as what it is."""
    if isinstance(value, Tensor | np.ndarray) or (isinstance(value, int) and abs(value) >= 10**40):
        return kind(value)
    return _shortener.repr(tuple(value) if isinstance(value, Size) else value)


def kind(value: Any) -> str:
    """What the value is, not which: ``a tensor of shape (3, 4)``, ``a tuple of 2 items``, ``None``."""
    match value:
        case None:
            return "None"
        case Tensor() | np.ndarray():
            return array(value.shape, isinstance(value, np.ndarray))
        case np.generic():
            return f"a NumPy {type(value).__name__}"
        case bool():
            return "a truth value"
        case int():
            return "an integer"
        case float():
            return "a float"
        case str():
            return "a string"
        case tuple() | list() | dict() | set() | frozenset():
            return f"a {type(value).__name__} of {count(len(value), 'item')}"
        case type():
            return f"the class {value.__name__}"
        case Module():
            return f"a module ({type(value).__name__})"
    if callable(value):
        return "a function"
    return f"an object of type {type(value).__name__}"


def array(shape: tuple[int, ...], numpy: bool) -> str:
    """A NumPy array, or else a tensor, by its shape."""
    return f"a NumPy array of shape {tuple(shape)}" if numpy else f"a tensor of shape {tuple(shape)}"


def dtype(value: Any) -> str:
    """The dtype of an array, or of a tensor without ``torch.`` before it, whatever the order of bytes."""
    return value.dtype.name if isinstance(value, np.ndarray) else str(value.dtype).removeprefix("torch.")


def number(value: Any, digits: int = 6) -> str:
    """A number in a sentence: integers whole, others to so many significant digits."""
    if isinstance(value, bool | int | complex):
        return str(value)
    return f"{value:.{digits}g}"


def number_pair(first: Any, second: Any) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart."""
    for digits in (6, 9, 12):
        pair = number(first, digits), number(second, digits)
        if pair[0] != pair[1]:
            return pair
    return number(first, 17), number(second, 17)


def count(n: int, noun: str) -> str:
    """``1 item``, ``3 items``."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
