"""The steps of a normalization, gamma * (x - mean) / root(variance + eps) + beta, and the mistakes in each of them.

Normalizations differ in which values share a mean and a variance. A key says so: it gets the indices of a value (its
example, its channel, its pixel) and returns a number, the same for all that share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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
DEVIATIONS_NOT_SQUARED = Mistake(
    "deviations_not_squared",
    "the deviations from the mean were not squared, or averaged and then squared, which gives 0; square each, then "
    "average",
)
SQUARE_FORGOTTEN = Mistake(
    "square_forgotten", "the mean was subtracted from the mean of the squares; subtract the square of the mean"
)
SQUARE_ADDED = Mistake("square_added", "the squared mean was added to the mean of the squares; subtract it")
ABOUT_ANOTHER_MEAN = Mistake(
    "about_another_mean", "the deviations are from the mean of all values; take each from the mean of its own set"
)
ABSOLUTE_DEVIATION = Mistake(
    "absolute_deviation", "the absolute deviations were averaged; the variance is the mean of their squares"
)
SUM_OF_SQUARES = Mistake(
    "sum_of_squares", "the squared deviations were added up; the variance is their mean, so divide by N"
)
ANOTHER_DIVISOR = Mistake(
    "another_divisor",
    "the sum of squared deviations was divided by another size of x; divide by the number of values in the sum",
)
NEGATIVE_VARIANCE = Mistake(
    "negative_variance",
    "the variance has the wrong sign: it is the mean of the squares minus the squared mean, not the other way round",
)
STD_FOR_VARIANCE = Mistake(
    "std_for_variance", "this is the standard deviation where the variance belongs; the variance is its square"
)
VARIANCE_SQUARED = Mistake("variance_squared", "the variance was squared; it is a mean of squares already")
MEAN_SUMMED = Mistake(
    "mean_summed", "the values were added up; the mean is their sum divided by N, the number of values"
)
MEAN_NOT_SUBTRACTED = Mistake("mean_not_subtracted", "the mean was not subtracted")
MEAN_ADDED = Mistake("mean_added", "the mean was added; subtract it")
MEAN_MINUS_X = Mistake("mean_minus_x", "the difference is reversed: mean - x stands where x - mean belongs")
NO_EPS = Mistake("no_eps", "eps is missing under the root; add it to the variance")
FIXED_EPS = Mistake("fixed_eps", "a fixed number such as 1e-5 stands where eps belongs; use the argument")
EPS_OUTSIDE_ROOT = Mistake(
    "eps_outside_root", "eps stands outside the root; add it to the variance, not to the standard deviation"
)
ROOTS_ADDED = Mistake(
    "roots_added", "the roots of the variance and of eps were added; add eps to the variance, then take the root"
)
EPS_AS_FLOOR = Mistake("eps_as_floor", "eps was used as a lower bound (clamp or max); add it to the variance")
EPS_IN_NUMERATOR = Mistake("eps_in_numerator", "eps was added to x - mean; add it to the variance, under the root")
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
GAMMA_ADDED = Mistake("gamma_added", "gamma was added; multiply by it")
SHIFTED_BEFORE_DIVIDING = Mistake(
    "shifted_before_dividing", "beta was divided by the root too; it is added after the division"
)
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
        found = right(x)
        for statistics in (found, *known):
            yield None, Normalizing(x, statistics)
        yield MEAN_SUMMED, Normalizing(x, replace(found, mean=found.mean * max(found.count, 1)))
        for mistake, of in mistaken:
            yield mistake, Normalizing(x, of(x))
        scaled = gamma * x + beta
        yield SCALED_FIRST, Normalizing(scaled, right(scaled), scaled=True)

    return ways


def each_alone(right: Key, wrong: Iterable[Wrong], *, by_name: bool = True) -> Iterator[Wrong]:
    """Mistakes in the choice of axes: for mean and variance together, for the mean alone, for the variance alone.

    Args:
        right: the key of the values that share mean and variance.
        wrong: mistakes, and the statistics that they give.
        by_name: whether what is right of the two is told; else the mistake says the same of one as of both.
    """
    for mistake, of in wrong:
        yield mistake, of
        yield MEAN_ELSEWHERE if by_name else mistake, partial(_mixed, of, partial(shared, key=right))
        yield VARIANCE_ELSEWHERE if by_name else mistake, partial(_mixed, partial(shared, key=right), of)


def _mixed(mean_of: Callable[[Tensor], Statistics], var_of: Callable[[Tensor], Statistics], x: Tensor) -> Statistics:
    return replace(var_of(x), mean=mean_of(x).mean)


def variance_step(now: Normalizing) -> Iterator[Way]:
    """The second step: the variance of the values about their mean."""
    yield None, now
    for mistake, variance in variances(now.statistics, {*now.x.shape, now.x.numel()}):
        yield mistake, replace(now, statistics=replace(now.statistics, var=variance))


def variances(right: Statistics, sizes: Iterable[int] = ()) -> Iterator[tuple[Mistake, Tensor]]:
    """What mistakes give for the variance.

    Args:
        right: the mean and the variance.
        sizes: numbers that the sum of squares may be divided by in place of the right one.
    """
    square = right.mean**2
    if right.count > 1:
        yield UNBIASED, right.var * right.count / (right.count - 1)
    if right.count:
        yield MEAN_SQUARE, right.var + square
        yield SQUARE_FORGOTTEN, right.var + square - right.mean
        yield SQUARE_ADDED, right.var + 2 * square
        yield ABOUT_ANOTHER_MEAN, right.var + (right.mean - right.mean.mean()) ** 2
        yield SUM_OF_SQUARES, right.var * right.count
        for size in set(sizes) - {1, right.count - 1}:
            yield ANOTHER_DIVISOR, right.var * right.count / size
        yield DEVIATIONS_NOT_SQUARED, torch.zeros_like(right.var)
        yield NEGATIVE_VARIANCE, -right.var
    if right.absolute is not None:
        yield ABSOLUTE_DEVIATION, right.absolute
        yield SQUARED_MEAN_DEVIATION, right.absolute**2
    yield STD_FOR_VARIANCE, right.var.sqrt()
    yield VARIANCE_SQUARED, right.var**2


def divisors(var: Tensor, eps: float) -> Iterator[tuple[Mistake, Tensor]]:
    """What mistakes put in the place of the root of the variance plus eps."""
    std, root = var.sqrt(), (var + eps).sqrt()
    yield NO_EPS, std
    for number in FIXED:
        yield FIXED_EPS, (var + number).sqrt()
    yield EPS_OUTSIDE_ROOT, std + eps
    yield ROOTS_ADDED, std + eps**0.5
    yield EPS_AS_FLOOR, var.clamp(min=eps).sqrt()
    yield EPS_AS_FLOOR, std.clamp(min=eps)
    yield EPS_SQUARED, (var + eps**2).sqrt()
    yield EPS_TWICE, (var + 2 * eps).sqrt()
    yield EPS_TWICE, root + eps
    yield EPS_SUBTRACTED, (var - eps).sqrt()
    yield DIVIDED_BY_VARIANCE, var + eps
    yield DIVIDED_BY_VARIANCE, var
    for factor in (0.5, 2.0):
        yield HALVED_FOR_ROOT, factor * (var + eps)
    yield MULTIPLIED_BY_ROOT, 1 / root


def dividing(eps: float, instead: Mapping[Mistake, float] | None = None) -> Step:
    """The third step: x minus its mean, divided by the root of the variance plus eps.

    Args:
        eps: what is added to the variance.
        instead: from mistakes to other numbers that they put in its place.
    """

    def ways(now: Normalizing) -> Iterator[Way]:
        mean, var = now.statistics.mean, now.statistics.var
        centred, root = now.x - mean, (var + eps).sqrt()
        yield None, (now, centred / root)
        for mistake, number in (instead or {}).items():
            yield mistake, (now, centred / (var + number).sqrt())
        for mistake, divisor in divisors(var, eps):
            yield mistake, (now, centred / divisor)
        for divisor in (var.sqrt(), root):
            yield EPS_ADDED_AFTER, (now, centred / divisor + eps)
            yield EPS_IN_NUMERATOR, (now, (centred + eps) / divisor)
        yield MEAN_MINUS_X, (now, -centred / root)
        yield NOT_DIVIDED, (now, centred)
        yield DIVIDED_FIRST, (now, now.x - mean / root)
        yield MEAN_NOT_SUBTRACTED, (now, now.x / root)
        yield MEAN_ADDED, (now, (now.x + mean) / root)

    return ways


def scaling(gamma: Tensor, beta: Tensor, wrong: Iterable[tuple[Mistake, Tensor, Tensor]] = ()) -> Step:
    """The last step: the normalized values, times gamma, plus beta.

    Args:
        gamma: the scale, in a shape that broadcasts to that of x.
        beta: the shift, likewise.
        wrong: mistakes, and the scale and shift that they give.
    """
    others = tuple(wrong)

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
        yield GAMMA_ADDED, normalized + gamma + beta
        yield GAMMA_DIVIDES, normalized / gamma + beta
        yield SWAPPED, beta * normalized + gamma
        yield SHIFT_FIRST, gamma * (normalized + beta)
        mean = now.statistics.mean
        factor = normalized / (now.x - mean)
        yield DIVIDED_FIRST, gamma * now.x - mean * factor + beta
        yield SHIFTED_BEFORE_DIVIDING, gamma * normalized + beta * factor
        for mistake, scale, shift in others:
            yield mistake, scale * normalized + shift

    return ways


def per_feature(x: Tensor) -> Statistics:
    """Mean, variance and mean absolute deviation of each column, shape (D,)."""
    found = shared(x, keeping(1))
    assert found.absolute is not None
    return Statistics(found.mean[0], found.var[0], found.absolute[0], found.count)
