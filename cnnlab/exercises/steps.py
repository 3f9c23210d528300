"""Calculations in steps: which mistakes, in one step or two, give the result that came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from torch import Tensor

from coursekit.checks import Mistake, Mistakes, expect_close, together
from coursekit.comparing.closeness import Tolerance, close_difference

Variant: TypeAlias = tuple[Mistake | None, Any]
"""What a step gives: with a mistake in it, or None and what is right."""

Step: TypeAlias = Callable[[Any], Iterable[Variant]]
"""From what the step before gave to all variants of this one."""

MOST_MISTAKES = 2
"""More mistakes in one result are not looked for: what fits then may fit by chance."""


def expect_steps(
    got: Any,
    expected: Tensor,
    steps: Sequence[Step],
    *,
    what: str,
    reread: str = "",
    mistakes: Mistakes | None = None,
) -> None:
    """Compare the result of a calculation in steps; where it is wrong, name the mistake in each step.

    Each step gets what the one before gave, the first gets None, and yields all variants. What several mistakes in a
    row give is thus found without being written down. A result that comes of nothing but right variants is taken to
    follow from something that was reported before, such as the student's own mean.

    Args:
        got: what the student's code returned.
        expected: what is right.
        steps: the steps; their right variants give the expected result.
        what: what is compared, as the subject of a sentence.
        reread: where to re-read.
        mistakes: from other mistakes, which no step makes, to the value, or list of values, that each gives.
    """
    found = close_difference(got, expected, Tolerance())
    made = mistakes_made(got, expected, steps) if found and isinstance(got, Tensor) else []
    if found and found.of_values and made == [()]:
        return
    # Of single mistakes, all that explain the result are handed on, and priorities decide; of several, one set is told.
    causes: dict[Mistake | str, Any] = {one[0]: got for one in made if one and (len(one) == 1 or one == made[0])}
    with together():
        expect_close(got, expected, what=what, reread=reread, mistakes=causes | dict(mistakes or {}))
        for mistake in made[0][1:] if made else ():
            expect_close(got, expected, what=what, reread=reread, mistakes={mistake: got})


def mistakes_made(got: Tensor, expected: Tensor, steps: Sequence[Step]) -> list[tuple[Mistake, ...]]:
    """The mistakes that explain a wrong result: the fewest that do, and all sets of so many.

    Args:
        got: a tensor that is not the expected one.
        expected: what is right.
        steps: as for ``expect_steps``.
    """
    for most in range(MOST_MISTAKES + 1):
        found = [
            made
            for made, value in _results(None, steps, most)
            if len(made) == most and _same(got, value) and not _same(value, expected)
        ]
        if found:
            return list(dict.fromkeys(found))
    return []


def _results(start: Any, steps: Sequence[Step], most: int) -> Iterator[tuple[tuple[Mistake, ...], Any]]:
    """What a calculation gives with so many mistakes at most, and with which."""
    if not steps:
        yield (), start
        return
    for mistake, value in steps[0](start):
        if mistake is None:
            yield from _results(value, steps[1:], most)
        elif most:
            for others, result in _results(value, steps[1:], most - 1):
                yield (mistake, *others), result


def _same(a: Tensor, b: Any) -> bool:
    """Whether a mistake gives this; NaN and infinity alone, which many mistakes give, prove none."""
    if not (isinstance(b, Tensor) and a.shape == b.shape and bool(b.isfinite().any())) or _far_apart(a, b):
        return False
    return not close_difference(a, b, Tolerance(), False)


def _far_apart(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors differ by more than any tolerance allows; nearly all that is tried does, and this is fast."""
    one, other = a.detach().double(), b.detach().double()
    difference, size = (values.abs().nan_to_num(0, 1e300) for values in (one - other, other))
    return bool(difference.max() > 0.1 * max(1.0, float(size.max())))
