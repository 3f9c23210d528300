"""Finds the mistakes that explain what a block or a network does, by trying what each makes of the right one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from coursekit.checks import Mistake

Model = TypeVar("Model")
"""What a block or a network computes and holds."""


@dataclass(frozen=True)
class Variant(Generic[Model]):
    """A mistake, and what it makes of a model.

    Attributes:
        mistake: what it is called.
        change: from a model to what the mistake makes of it, in all the ways in which it can be made; none if it
            cannot.
        rare: whether it is not looked for together with another one.
        in_layers: whether the layers that are held show it, whatever comes out.
    """

    mistake: Mistake
    change: Callable[[Model], Iterable[Model]]
    rare: bool = False
    in_layers: bool = False


def single_mistakes(
    right: Sequence[Model], variants: Sequence[Variant[Model]], fits: Callable[[Model], bool]
) -> list[Mistake]:
    """The mistakes each of which explains everything by itself.

    Args:
        right: the models that are right.
        variants: the mistakes to look for, in the order in which they are told.
        fits: whether a model does what was seen.
    """
    found = (variant.mistake for base in right for variant in variants if any(map(fits, variant.change(base))))
    return list(dict.fromkeys(found))


def pair_of_mistakes(
    right: Sequence[Model], variants: Sequence[Variant[Model]], fits: Callable[[Model], bool]
) -> list[Mistake]:
    """Two mistakes that explain everything together; empty if none do. The arguments are the same."""
    common = [variant for variant in variants if not variant.rare]
    for base in right:
        for number, first in enumerate(common):
            for model in first.change(base):
                for second in common[number + 1 :]:
                    if second.mistake != first.mistake and any(map(fits, second.change(model))):
                        return [first.mistake, second.mistake]
    return []
