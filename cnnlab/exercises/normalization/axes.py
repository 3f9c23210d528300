"""How the check of ``reduced_axes`` compares axes, by the shape of the means that they leave."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

from cnnlab.exercises.common import Answer
from coursekit.checks import Mistake, expect_equal, expect_true, together
from coursekit.comparing import wording

AXES = "Which axes?"
NO_AXES_RETURNED = Mistake("no_return_for_kind", "there is no return for this kind", AXES)
NO_AXES = Mistake("no_axes", "axes are counted from 0 for N to 3 for W, and each is given once", AXES)
KEPT_AXES = Mistake(
    "kept_axes",
    "the axes given are those that keep statistics of their own; give those that are averaged away",
)
NO_AXES_GIVEN = Mistake("no_axes_given", "no axes were given, so that nothing would be averaged")
NO_PIXEL_AXES = Mistake("no_pixel_axes", "the pixel axes H and W are missing")
ONE_PIXEL_AXIS = Mistake("one_of_the_pixel_axes", "one of the two pixel axes, H and W, is missing; take both")
ALL_AXES = Mistake("all_axes", "all axes were given, which leaves one mean for everything")


def compare_reduced_axes(answer: Answer, kinds: Sequence[str]) -> None:
    """Compare the shapes of the means that torch's normalizations take and those that the given axes leave."""
    with together():
        for kind in kinds:
            _compare_axes(answer(kind), kind)


def _compare_axes(result: Any, kind: str) -> None:
    items = _several(result)
    what = f'reduced_axes("{kind}") returns several axes'
    kept = Mistake("one_axis", f"{wording.kind(result)} came; return a tuple, list or set of numbers", AXES)
    expect_true(items is not None, what=what, likely=NO_AXES_RETURNED if result is None else kept)
    if items is None:
        return
    axes, came = [_whole_number(item) for item in items], wording.show(tuple(items))
    valid = {axis % 4 for axis in axes if axis is not None and -4 <= axis < 4}
    expect_true(
        len(valid) == len(axes),
        what=f'reduced_axes("{kind}") returns different whole numbers from 0 to 3 (or from -4 to -1), not {came}',
        likely=NO_AXES,
        reread=AXES,
    )
    if len(valid) != len(axes):
        return
    sizes, left = (2, 3, 5, 7), {"batch": (3,), "layer": (2,), "instance": (2, 3)}
    means = tuple(size for axis, size in enumerate(sizes) if axis not in valid)
    others: dict[Mistake | str, Any] = {
        Mistake(f"axes_of_{other}", f"for {kind}, these are the axes of {other} normalization"): left[other]
        for other in left
        if other != kind
    }
    expect_equal(
        means,
        left[kind],
        what=f"the shape of the means that {kind} normalization takes of a tensor of shape {sizes}",
        mistakes={
            KEPT_AXES: tuple(size for size in sizes if size not in left[kind]),
            NO_AXES_GIVEN: sizes,
            _of_pixel_axes(valid): means,
            ALL_AXES: (),
            **others,
        },
        reread=AXES,
    )


def _of_pixel_axes(given: set[int]) -> Mistake | str:
    """What is wrong with the pixel axes among those given, which every kind averages over; empty if nothing is."""
    missing = {2, 3} - given
    return {1: ONE_PIXEL_AXIS, 2: NO_PIXEL_AXES}.get(len(missing), "")


def _several(value: Any) -> list[Any] | None:
    """The items of whatever holds several; None for text, for a dict, and for what holds none."""
    try:
        return None if isinstance(value, str | Mapping) else list(value)
    except TypeError:
        return None


def _whole_number(value: Any) -> int | None:
    """An integer of Python, NumPy or torch as Python's; None for anything else, truth values included."""
    try:
        number = operator.index(value)
    except TypeError:
        return None
    return None if isinstance(number, bool) else number
