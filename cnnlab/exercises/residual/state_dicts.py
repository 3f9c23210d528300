"""What answers that map a state dict to another one have in common: the argument stays, and a dict of tensors comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from cnnlab.exercises.common import NO_RETURN
from coursekit.checks import Mistake, Mistakes, expect_shape, expect_true

WROTE_INTO_ARGUMENT = Mistake(
    "wrote_into_argument",
    "entries were written into the state dict that was given, or taken out of it; start with a copy, dict(state_dict)",
)
TENSORS_CHANGED = Mistake(
    "tensors_changed",
    "tensors were changed in place (zero_, fill_, *= 0); a copied dict still holds the same tensors",
)
NO_DICT = Mistake("no_dict", "return a dict from names to tensors, such as a state dict; something else came")
NO_TENSOR = Mistake("no_tensor", "a number or something else stands in the dict where a tensor belongs")


def expect_kept(
    state: Mapping[str, Tensor], tensors: Mapping[str, Tensor], copies: Mapping[str, Tensor], *, reread: str
) -> None:
    """Check that a state dict is as it was before a call.

    Args:
        state: the dict that was given.
        tensors: another dict of the same tensors.
        copies: by name, what they were.
        reread: where to re-read.
    """
    kept = list(state) == list(copies) and all(torch.equal(state[name], copies[name]) for name in copies)
    expect_true(
        kept,
        what="the state dict that was given stays as it is, with its tensors",
        likely=TENSORS_CHANGED if changed(tensors, copies) else WROTE_INTO_ARGUMENT,
        reread=reread,
    )


def changed(tensors: Mapping[str, Tensor], copies: Mapping[str, Tensor]) -> bool:
    """Whether tensors are other than copies that were made of them."""
    return not all(torch.equal(tensors[name], copies[name]) for name in copies)


def expect_dict(got: Any, *, reread: str) -> None:
    """Check that a dict came."""
    likely = NO_RETURN if got is None else NO_DICT
    expect_true(isinstance(got, dict), what="the result is a dict of tensors", likely=likely, reread=reread)


def expect_tensor(got: Any, shape: tuple[int, ...], *, what: str, mistakes: Mistakes, reread: str) -> None:
    """Check that a tensor of a shape came.

    Args:
        got: what came.
        shape: the shape asked for.
        what: what it is, as the subject of a sentence.
        mistakes: from a mistake to the shape that it gives, where that is another one.
        reread: where to re-read.
    """
    if not isinstance(got, Tensor):
        expect_true(False, what=f"{what} is a tensor", likely=NO_TENSOR, reread=reread)
        return
    wrong = {mistake: other for mistake, other in mistakes.items() if other != shape}
    expect_shape(got, shape, what=what, mistakes=wrong, reread=reread)
