"""The steps of a normalization, gamma * (x - mean) / root(variance + eps) + beta, and the mistakes in each of them.

Normalizations differ in which values share a mean and a variance. A key says so: it gets the indices of a value (its
example, its channel, its pixel) and returns a number, the same for all that share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import torch
from torch import Tensor

from cnnlab.exercises.common import Step, Way
from coursekit.checks import Mistake

Key: TypeAlias = Callable[..., Tensor]
"""From the indices of a value, as tensors, to the number that all values which share a mean have in common."""

UNBIASED = Mistake(
    "unbiased_variance",
    "the variance was divided by N − 1 (the default of torch.var and torch.std); divide by N, the number of values",
)
MEAN_SQUARE = Mistake(
    "mean_square_for_variance", "the squares of x itself were averaged; the variance is about the mean, so subtract it"
)
SQUARED_MEAN_DEVIATION = Mistake(
    "squared_mean_deviation",
    "the deviations from the mean were averaged and then squared; square each of them first, then average",
)
ABSOLUTE_DEVIATION = Mistake(
    "absolute_deviation", "the absolute deviations were averaged; the variance is the mean of their squares"
)
SUM_OF_SQUARES = Mistake(
    "sum_of_squares", "the squared deviations were added up; the variance is their mean, so divide by N"
)
NEGATIVE_VARIANCE = Mistake(
    "negative_variance",
    "the variance has the wrong sign: it is the mean of the squares minus the squared mean, not the other way round",
)
STD_FOR_VARIANCE = Mistake(
    "std_for_variance", "this is the standard deviation where the variance belongs; the variance is its square"
)
MEAN_NOT_SUBTRACTED = Mistake("mean_not_subtracted", "the mean was not subtracted")
MEAN_ADDED = Mistake("mean_added", "the mean was added; subtract it")
NO_EPS = Mistake("no_eps", "eps is missing under the root")
FIXED_EPS = Mistake("fixed_eps", "a fixed number such as 1e-5 stands where eps belongs; use the argument")
EPS_OUTSIDE_ROOT = Mistake(
    "eps_outside_root", "eps stands outside the root; add it to the variance, not to the standard deviation"
)
EPS_SQUARED = Mistake("eps_squared", "eps is squared; add it to the variance as it is")
EPS_TWICE = Mistake("eps_twice", "eps was added twice")
EPS_SUBTRACTED = Mistake("eps_subtracted", "eps was subtracted; add it to the variance")
DIVIDED_BY_VARIANCE = Mistake(
    "divided_by_variance", "x - mean was divided by the variance; divide by its square root, the standard deviation"
)
HALVED_FOR_ROOT = Mistake("halved_for_root", "** 1/2 is ** 1, then halved; the root is ** 0.5, or torch.sqrt")
MULTIPLIED_BY_ROOT = Mistake("multiplied_by_root", "x - mean was multiplied by the standard deviation; divide by it")
NOT_DIVIDED = Mistake("not_divided", "x - mean was not divided by the root of the variance plus eps")
DIVIDED_FIRST = Mistake(
    "divided_first", "only the mean was divided by the standard deviation: x - mean needs parentheses"
)
EPS_ADDED_AFTER = Mistake(
    "eps_added_after",
    "eps was added after the division; it belongs to the variance, inside the parentheses of the root",
)
MEAN_ELSEWHERE = Mistake(
    "mean_over_other_axes", "the mean was taken over the wrong axes; the variance was taken over the right ones"
)
VARIANCE_ELSEWHERE = Mistake(
    "variance_over_other_axes", "the variance was taken over the wrong axes; the mean was taken over the right ones"
)
NO_SCALE_NO_SHIFT = Mistake("no_scale_no_shift", "gamma and beta are not used")
NO_GAMMA = Mistake("no_gamma", "gamma is not used")
NO_BETA = Mistake("no_beta", "beta is not used")
BETA_SUBTRACTED = Mistake("beta_subtracted", "beta was subtracted; add it")
GAMMA_DIVIDES = Mistake("gamma_divides", "gamma divides; multiply by it")
SWAPPED = Mistake("gamma_and_beta_swapped", "gamma and beta are swapped: gamma scales, beta shifts")
SHIFT_FIRST = Mistake("shift_before_scale", "beta is added before gamma multiplies; the shift comes last")
SCALED_FIRST = Mistake(
    "scaled_before_normalizing", "gamma and beta were applied to x before it was normalized; they come last"
)
CUT_OFF = Mistake(
    "statistics_cut_off", "mean and variance were cut off (.detach() or no_grad()); they depend on x too", priority=1
)
MEAN_CUT_OFF = Mistake("mean_cut_off", "the mean was cut off (.detach() or no_grad()); it depends on x too")
VARIANCE_CUT_OFF = Mistake("variance_cut_off", "the variance was cut off (.detach() or no_grad()); it depends on x too")

MOST_INDICES = 1000
# What people write for eps, beside its default.
FIXED = (1e-5, 1e-3, 1e-4, 1e-6, 1e-7, 1e-8, 1e-12)


@dataclass(frozen=True)
class Statistics:
    """What the values of x are normalized with, in shapes that broadcast to that of x.

    Attributes:
        mean: of the values that share it.
        var: their biased variance.
        absolute: the mean of their absolute deviations; None where it is not known.
        count: how many they are; 0 for statistics of something else than these values.
    """

    mean: Tensor
    var: Tensor
    absolute: Tensor | None = None
    count: int = 0


Wrong: TypeAlias = tuple[Mistake, Callable[[Tensor], Statistics]]
"""A mistake, and the statistics that it gives of a tensor."""


@dataclass(frozen=True)
class Normalizing:
    """How far a normalization has come.

    Attributes:
        x: what is normalized.
        statistics: what it is normalized with.
        scaled: whether gamma and beta were applied before.
    """

    x: Tensor
    statistics: Statistics
    scaled: bool = False


def shared(x: Tensor, key: Key) -> Statistics:
    """Mean and variance of the values that share them."""
    indices = torch.meshgrid(*map(torch.arange, x.shape), indexing="ij")
    groups = key(*indices).expand(x.shape).flatten().unique(return_inverse=True)[1]
    counts = groups.bincount()

    def averaged(values: Tensor) -> Tensor:
        sums = torch.zeros(len(counts), dtype=x.dtype).index_add(0, groups, values.flatten())
        return (sums / counts)[groups].view(x.shape)

    mean = averaged(x)
    return Statistics(mean, averaged((x - mean) ** 2), averaged((x - mean).abs()), int(counts[0]))


def keeping(*kept: int) -> Key:
    """The key of values that agree in these axes, so that each combination of their indices has a mean of its own."""

    def key(*indices: Tensor) -> Tensor:
        return numbered(*(indices[axis] for axis in kept)) if kept else torch.zeros(1, dtype=torch.long)

    return key


def numbered(*indices: Tensor) -> Tensor:
    """One number for each combination of indices."""
    number = indices[0]
    for index in indices[1:]:
        number = number * MOST_INDICES + index
    return number


def starting(
    x: Tensor,
    gamma: Tensor,
    beta: Tensor,
    right: Callable[[Tensor], Statistics],
    wrong: Iterable[Wrong] = (),
    own: Iterable[Statistics] = (),
) -> Step:
    """The first step: which values share a mean and a variance.

    Args:
        x: what is normalized.
        gamma: the scale, in a shape that broadcasts to that of x.
        beta: the shift, likewise.
        right: the statistics of something of the shape of x.
        wrong: mistakes, and the statistics that they give.
        own: statistics that the student's code computed, right or wrong.
    """

    known, mistaken = tuple(own), tuple(wrong)

    def ways(_: object) -> Iterator[Way]:
        for statistics in (*known, right(x)):
            yield None, Normalizing(x, statistics)
        for mistake, of in mistaken:
            yield mistake, Normalizing(x, of(x))
        scaled = gamma * x + beta
        yield SCALED_FIRST, Normalizing(scaled, right(scaled), scaled=True)

    return ways


def each_alone(right: Key, wrong: Iterable[Wrong]) -> Iterator[Wrong]:
    """Mistakes in the choice of axes: for mean and variance together, for the mean alone, for the variance alone."""
    for mistake, of in wrong:
        yield mistake, of
        yield MEAN_ELSEWHERE, partial(_mixed, of, partial(shared, key=right))
        yield VARIANCE_ELSEWHERE, partial(_mixed, partial(shared, key=right), of)


def _mixed(mean_of: Callable[[Tensor], Statistics], var_of: Callable[[Tensor], Statistics], x: Tensor) -> Statistics:
    return replace(var_of(x), mean=mean_of(x).mean)


def variance_step(now: Normalizing) -> Iterator[Way]:
    """The second step: the variance of the values about their mean."""
    yield None, now
    for mistake, variance in variances(now.statistics):
        yield mistake, replace(now, statistics=replace(now.statistics, var=variance))


def variances(right: Statistics) -> Iterator[tuple[Mistake, Tensor]]:
    """What mistakes give for the variance."""
    if right.count > 1:
        yield UNBIASED, right.var * right.count / (right.count - 1)
    if right.count:
        yield MEAN_SQUARE, right.var + right.mean**2
        yield SUM_OF_SQUARES, right.var * right.count
        yield SQUARED_MEAN_DEVIATION, torch.zeros_like(right.var)
        yield NEGATIVE_VARIANCE, -right.var
    if right.absolute is not None:
        yield ABSOLUTE_DEVIATION, right.absolute
        yield SQUARED_MEAN_DEVIATION, right.absolute**2
    yield STD_FOR_VARIANCE, right.var.sqrt()


def dividing(eps: float) -> Step:
    """The third step: x minus its mean, divided by the root of the variance plus eps."""

    def ways(now: Normalizing) -> Iterator[Way]:
        mean, var = now.statistics.mean, now.statistics.var
        centred, root = now.x - mean, (var + eps).sqrt()
        yield None, (now, centred / root)
        yield NO_EPS, (now, centred / var.sqrt())
        for number in FIXED:
            yield FIXED_EPS, (now, centred / (var + number).sqrt())
        yield EPS_OUTSIDE_ROOT, (now, centred / (var.sqrt() + eps))
        for quotient in (centred / var.sqrt(), centred / root):
            yield EPS_ADDED_AFTER, (now, quotient + eps)
        yield EPS_SQUARED, (now, centred / (var + eps**2).sqrt())
        yield EPS_TWICE, (now, centred / (var + 2 * eps).sqrt())
        yield EPS_SUBTRACTED, (now, centred / (var - eps).sqrt())
        for divisor in (var + eps, var):
            yield DIVIDED_BY_VARIANCE, (now, centred / divisor)
        for factor in (0.5, 2.0):
            yield HALVED_FOR_ROOT, (now, factor * centred / (var + eps))
        yield MULTIPLIED_BY_ROOT, (now, centred * root)
        yield NOT_DIVIDED, (now, centred)
        yield DIVIDED_FIRST, (now, now.x - mean / root)
        yield MEAN_NOT_SUBTRACTED, (now, now.x / root)
        yield MEAN_ADDED, (now, (now.x + mean) / root)

    return ways


def scaling(gamma: Tensor, beta: Tensor, wrong: Sequence[tuple[Mistake, Tensor, Tensor]] = ()) -> Step:
    """The last step: the normalized values, times gamma, plus beta.

    Args:
        gamma: the scale, in a shape that broadcasts to that of x.
        beta: the shift, likewise.
        wrong: mistakes, and the scale and shift that they give.
    """

    def ways(before: tuple[Normalizing, Tensor]) -> Iterator[Way]:
        now, normalized = before
        if now.scaled:
            yield None, normalized
            return
        yield None, gamma * normalized + beta
        yield NO_SCALE_NO_SHIFT, normalized
        yield NO_GAMMA, normalized + beta
        yield NO_BETA, gamma * normalized
        yield BETA_SUBTRACTED, gamma * normalized - beta
        yield GAMMA_DIVIDES, normalized / gamma + beta
        yield SWAPPED, beta * normalized + gamma
        yield SHIFT_FIRST, gamma * (normalized + beta)
        mean = now.statistics.mean
        yield DIVIDED_FIRST, gamma * now.x - mean * normalized / (now.x - mean) + beta
        for mistake, scale, shift in wrong:
            yield mistake, scale * normalized + shift

    return ways


def per_feature(x: Tensor) -> Statistics:
    """Mean, variance and mean absolute deviation of each column, shape (D,)."""
    found = shared(x, keeping(1))
    assert found.absolute is not None
    return Statistics(found.mean[0], found.var[0], found.absolute[0], found.count)
