"""Words for values: what a thing is, how it looks, and numbers with the digits that tell them apart."""

import reprlib
from typing import Any

import numpy as np
import torch
from torch import nn

MOST_ITEMS = 12  # that are shown of a list or the like

_shortener = reprlib.Repr()
_shortener.maxlevel = 3
_shortener.maxtuple = _shortener.maxlist = _shortener.maxset = _shortener.maxdict = MOST_ITEMS
_shortener.maxstring = _shortener.maxother = 80


def show(value: Any) -> str:
    """The value as Python writes it, shortened to fit a sentence; what has no short form, as what it is."""
    if isinstance(value, torch.Tensor | np.ndarray) or (isinstance(value, int) and abs(value) >= 10**40):
        return kind(value)
    return _shortener.repr(tuple(value) if isinstance(value, torch.Size) else value)


def kind(value: Any) -> str:
    """What the value is, not which: ``a tensor of shape (3, 4)``, ``a tuple of 2 items``, ``None``."""
    match value:
        case None:
            return "None"
        case torch.Tensor():
            return f"a tensor of shape {shape(value)}"
        case np.ndarray():
            return f"a NumPy array of shape {shape(value)}"
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
        case nn.Module():
            return f"a module ({type(value).__name__})"
    if callable(value):
        return "a function"
    return f"an object of type {type(value).__name__}"


def shape(value: Any) -> str:
    """The shape of a tensor or array, as a tuple is written."""
    return str(tuple(value.shape))


def dtype(value: torch.Tensor) -> str:
    """A tensor's dtype without ``torch.`` before it."""
    return str(value.dtype).removeprefix("torch.")


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
