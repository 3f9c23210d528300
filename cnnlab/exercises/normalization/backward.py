"""How the check of ``batchnorm_backward`` compares the gradients, path by path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from cnnlab.exercises.common import (
    Answer,
    Step,
    Way,
    example_batch,
    expect_default,
    expect_steps,
    expect_untouched,
    returned_values,
)
from cnnlab.exercises.normalization.properties import BACKWARD, expect_by_default, expect_float32
from cnnlab.exercises.normalization.steps import (
    divisors,
    keeping,
    per_feature,
    shared,
)
from coursekit.checks import Mistake, expect_close, together

CONSTANTS = Mistake(
    "statistics_are_constants", "mean and variance were taken for constants, but both depend on every x"
)
NO_MEAN_PATH = Mistake("no_mean_path", "the path through the mean is missing")
NO_VARIANCE_PATH = Mistake("no_variance_path", "the path through the variance is missing")
MEAN_PATH_SIGN = Mistake("mean_path_sign", "a sign is wrong: the path through the mean is subtracted")
VARIANCE_PATH_SIGN = Mistake("variance_path_sign", "a sign is wrong: the path through the variance is subtracted")
NO_DIRECT_PATH = Mistake("no_direct_path", "the direct path from y to x is missing")
PATHS_SWAPPED = Mistake(
    "paths_swapped",
    "the sums on the two paths are swapped: dy alone goes through the mean, dy times the normalized x the variance",
)
N_MINUS_1_ON_PATHS = Mistake("n_minus_1_on_paths", "N − 1 stands where N belongs, in the means over the batch")
FEATURES_ON_PATHS = Mistake(
    "features_on_paths", "the sums are divided by D, the number of features; divide by N, the number of examples"
)
ONE_MEAN_ON_PATHS = Mistake(
    "one_mean_on_paths", "a mean over everything stands where each feature has its own; average over the examples only"
)
SUMS = Mistake("sums_for_means", "sums stand where means over the batch belong; the mean's derivative is 1/N")
AVERAGED_TWICE = Mistake("averaged_twice", "it was divided by N twice on one of the paths; once is right")
PATH_FACTOR = Mistake(
    "variance_path_factor",
    "a factor of the path through the variance is wrong: the root brings 1/2, the square brings 2",
)
PATH_POWER = Mistake(
    "variance_path_power",
    "the power of var + eps is wrong on the path through the variance; -3/2 needs parentheses, or write -1.5",
)
PATH_CENTRED = Mistake(
    "variance_path_centred",
    "x - mean stands where the normalized x belongs, on the path through the variance",
)
PATH_WITHOUT_X = Mistake(
    "variance_path_without_x", "a factor is missing on the path through the variance: the normalized x"
)
PATH_X = Mistake("variance_path_x", "x stands where the normalized x belongs, on the path through the variance")
DIRECT_OVER_N = Mistake(
    "direct_path_over_n", "with 1 / N in front of the parentheses, the first term inside them is N * dy"
)
NOT_OVER_N = Mistake("not_over_n", "dx is N times too large; divide by N")
ALL_OVER_N = Mistake("all_over_n", "dx is N times too small; it was divided by N once too often")
PATH_NOT_SUMMED = Mistake(
    "variance_path_not_summed", "the sum over the batch is missing on the path through the variance"
)
MEAN_PATH_NOT_SUMMED = Mistake("mean_path_not_summed", "the sum over the batch is missing on the path through the mean")
NO_GAMMA_IN_DX = Mistake("no_gamma_in_dx", "gamma is missing")
NO_GAMMA_ON_PATHS = Mistake("no_gamma_on_paths", "gamma is missing on the paths through mean and variance")
GAMMA_TWICE = Mistake("gamma_twice", "gamma was multiplied in twice")
NO_ROOT_IN_DX = Mistake("no_root_in_dx", "the factor 1 / sqrt(var + eps) is missing")
VARIANCE_FOR_ROOT = Mistake("variance_for_root", "dx is divided by the variance; divide by sqrt(var + eps)")
NEGATED = Mistake("negated", "every sign is wrong: the result is minus what it should be")
UNBIASED_FORWARD = Mistake(
    "unbiased_variance_of_the_batch",
    "the variance was divided by N − 1 (the default of torch.var); the forward pass divides by N",
)
AVERAGED = Mistake("averaged", "it was averaged over the batch; every example adds to the loss, so sum")
NOT_SUMMED = Mistake("not_summed", "the sum over the batch is missing")
SUMMED_OVER_FEATURES = Mistake(
    "summed_over_features", "the sum runs over the features of each example; sum over the examples (axis 0)"
)
OVER_FEATURES = Mistake(
    "normalized_within_examples",
    "x was normalized with mean or variance of each example (layer normalization); take those over the examples",
)
NO_DY = Mistake(
    "dgamma_is_zero", "it is always 0, since the normalized x sums to 0; multiply each value by its dy, then sum"
)
TIMES_X = Mistake("times_x", "dy was multiplied by x; gamma multiplies the normalized x")
TIMES_CENTRED = Mistake("times_centred", "dy was multiplied by x - mean, which is not yet divided by sqrt(var + eps)")
TIMES_GAMMA = Mistake(
    "dgamma_times_gamma",
    "gamma itself went in as a factor; gamma multiplies the normalized x, so dy and that are all it takes",
)
DBETA_TIMES_GAMMA = Mistake("dbeta_times_gamma", "it was multiplied by gamma; beta is added after gamma has multiplied")
DGAMMA_AND_DBETA_SWAPPED = Mistake(
    "dgamma_and_dbeta_swapped", "dgamma and dbeta are returned in the wrong order", priority=1
)


def example_gradient(n: int, d: int, *, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients dy and activations x of shape (n, d), and gamma of shape (d,)."""
    x, gamma, _ = example_batch(n, d, seed=seed)
    return example_batch(n, d, seed=seed + 1000)[0], x, gamma


def compare_batchnorm_backward(answer: Answer, dy: Tensor, x: Tensor, gamma: Tensor, eps: float) -> None:
    """Compare dbeta and dgamma, then dx, path by path; it may be made of the dbeta and dgamma that came."""
    case = f"for x of shape {tuple(x.shape)} and eps={eps}"
    right = batchnorm_gradients(dy, x, gamma, eps)
    dx, dgamma, dbeta = _gradients(answer, dy, x, gamma, eps)
    with together():
        expect_close(
            dbeta,
            right[2],
            what=f"dbeta {case}",
            mistakes={
                AVERAGED: right[2] / len(x),
                SUMMED_OVER_FEATURES: dy.sum(1),
                DBETA_TIMES_GAMMA: right[2] * gamma,
                NOT_SUMMED: dy,
                DGAMMA_AND_DBETA_SWAPPED: right[1],
            },
            reread=BACKWARD,
        )
        expect_steps(
            dgamma,
            right[1],
            [_multiplied(dy, x, gamma, eps), _reduced],
            what=f"dgamma {case}",
            mistakes={DGAMMA_AND_DBETA_SWAPPED: right[2]},
            reread=BACKWARD,
        )
        expect_steps(
            dx,
            right[0],
            [
                _paths(dy, x, gamma, eps),
                _mean_path(x, right[2], _ratio(dbeta, right[2])),
                _variance_path(x, eps, right[1], _ratio(dgamma, right[1])),
                _joined(x, gamma, eps, right[1] / right[2]),
            ],
            what=f"dx {case}",
            reread=BACKWARD,
        )


def _gradients(answer: Answer, dy: Tensor, x: Tensor, gamma: Tensor, *eps: float) -> Sequence[Any]:
    """What came for dx, dgamma and dbeta."""
    with torch.no_grad():
        result = answer(dy.clone(), x.clone(), gamma.clone(), *eps)
    return returned_values(result, dx=x.shape, dgamma=gamma.shape, dbeta=gamma.shape)


def _ratio(got: Any, right: Tensor) -> Tensor:
    """By what factor a gradient that came is too large; 1 where that makes no sense."""
    if not isinstance(got, Tensor) or got.shape != right.shape:
        return torch.ones_like(right)
    return got / right


def autograd_gradients(
    dy: Tensor, x: Tensor, gamma: Tensor, forward: Callable[[Tensor, Tensor, Tensor], Tensor]
) -> tuple[Tensor, ...]:
    """The gradients of sum(dy * forward(x, gamma, beta)) with respect to x, gamma and beta, by autograd."""
    leaves = [t.clone().requires_grad_() for t in (x, gamma, torch.zeros_like(gamma))]
    return torch.autograd.grad(forward(*leaves), leaves, dy)


def batchnorm_gradients(dy: Tensor, x: Tensor, gamma: Tensor, eps: float) -> tuple[Tensor, ...]:
    """The right dx, dgamma and dbeta."""
    return autograd_gradients(
        dy, x, gamma, lambda x, gamma, beta: F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
    )


def _split(dy: Tensor, x: Tensor, gamma: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor]:
    """The gradient that reaches x directly, through the mean, and through the variance."""
    found = per_feature(x)

    def constant(x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        return F.batch_norm(x, found.mean, found.var, gamma, beta, eps=eps)

    def constant_variance(x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        return F.batch_norm(x - x.mean(0), torch.zeros_like(found.mean), found.var, gamma, beta, eps=eps)

    whole = batchnorm_gradients(dy, x, gamma, eps)[0]
    direct = autograd_gradients(dy, x, gamma, constant)[0]
    without_variance = autograd_gradients(dy, x, gamma, constant_variance)[0]
    return direct, without_variance - direct, whole - without_variance


def _paths(dy: Tensor, x: Tensor, gamma: Tensor, eps: float) -> Step:
    """The three paths, with the divisor that the forward pass may have had."""
    n = len(x)

    def ways(_: object) -> Iterator[Way]:
        direct, mean, variance = _split(dy, x, gamma, eps)
        yield None, (direct, mean, variance)
        yield CONSTANTS, (direct, torch.zeros_like(mean), torch.zeros_like(variance))
        for mistake, shrink in _shrinks(x, eps):
            yield mistake, (shrink * direct, shrink * mean, shrink**3 * variance)
        bessel = (n - 1) / n
        yield UNBIASED_FORWARD, tuple(path * bessel**0.5 for path in _split(dy, x, gamma, eps * bessel))

    return ways


def _shrinks(x: Tensor, eps: float) -> Iterator[tuple[Mistake, Tensor]]:
    """By what factor mistakes in the divisor shrink the normalized x."""
    n, var = len(x), per_feature(x).var
    root = (var + eps).sqrt()
    yield UNBIASED_FORWARD, root / (var * n / (n - 1) + eps).sqrt()
    for mistake, divisor in divisors(var, eps):
        yield mistake, root / divisor


def _mean_path(x: Tensor, dbeta: Tensor, ratio: Tensor) -> Step:
    """What may become of the path through the mean."""
    n = len(x)

    def ways(paths: tuple[Tensor, Tensor, Tensor]) -> Iterator[Way]:
        direct, mean, variance = paths
        yield None, paths
        yield None, (direct, ratio * mean, variance)
        yield NO_MEAN_PATH, (direct, torch.zeros_like(mean), variance)
        yield MEAN_PATH_SIGN, (direct, -mean, variance)
        yield SUMS, (direct, n * mean, variance)
        yield AVERAGED_TWICE, (direct, mean / n, variance)
        for mistake, factor in _other_means(x, dbeta):
            yield mistake, (direct, factor * mean, variance)
        yield MEAN_PATH_NOT_SUMMED, (direct, -direct / n, variance)

    return ways


def _variance_path(x: Tensor, eps: float, dgamma: Tensor, ratio: Tensor) -> Step:
    """What may become of the path through the variance."""
    n, std = len(x), (per_feature(x).var + eps).sqrt()
    normalized = F.batch_norm(x, None, None, training=True, eps=eps)

    def ways(paths: tuple[Tensor, Tensor, Tensor]) -> Iterator[Way]:
        direct, mean, variance = paths
        yield None, paths
        yield None, (direct, mean, ratio * variance)
        yield NO_VARIANCE_PATH, (direct, mean, torch.zeros_like(variance))
        yield VARIANCE_PATH_SIGN, (direct, mean, -variance)
        yield SUMS, (direct, mean, n * variance)
        yield AVERAGED_TWICE, (direct, mean, variance / n)
        for mistake, factor in _other_means(x, dgamma):
            yield mistake, (direct, mean, factor * variance)
        for factor in (0.5, 2):
            yield PATH_FACTOR, (direct, mean, factor * variance)
        for power in (std**-3 / 2, std**2, 1 / std):
            yield PATH_POWER, (direct, mean, power * variance)
        yield PATH_CENTRED, (direct, mean, std * variance)
        yield PATH_CENTRED, (direct, mean, std**2 * variance)
        yield PATH_X, (direct, mean, variance * x / normalized)
        yield PATH_WITHOUT_X, (direct, mean, variance / normalized)
        yield PATH_NOT_SUMMED, (direct, mean, -direct * normalized.square() / n)

    return ways


def _other_means(x: Tensor, sums: Tensor) -> Iterator[tuple[Mistake, Tensor | float]]:
    """By what factor means over the batch, made of these sums, are too large with another divisor or other axes."""
    n, d = x.shape
    yield ONE_MEAN_ON_PATHS, sums.mean() / sums
    yield N_MINUS_1_ON_PATHS, n / (n - 1)
    if d != n - 1:
        yield FEATURES_ON_PATHS, n / d


def _joined(x: Tensor, gamma: Tensor, eps: float, swap: Tensor) -> Step:
    """How the paths may be joined; swap is what exchanges the sums on them."""
    std = (per_feature(x).var + eps).sqrt()

    def ways(paths: tuple[Tensor, Tensor, Tensor]) -> Iterator[Way]:
        direct, mean, variance = paths
        total = direct + mean + variance
        yield None, total
        yield NO_GAMMA_IN_DX, total / gamma
        yield NO_GAMMA_ON_PATHS, direct + (mean + variance) / gamma
        yield GAMMA_TWICE, total * gamma
        yield NO_DIRECT_PATH, mean + variance
        yield PATHS_SWAPPED, direct + swap * mean + variance / swap
        yield NO_ROOT_IN_DX, total * std
        yield VARIANCE_FOR_ROOT, total / std
        yield DIRECT_OVER_N, direct / len(x) + mean + variance
        yield NOT_OVER_N, total * len(x)
        yield ALL_OVER_N, total / len(x)
        yield NEGATED, -total

    return ways


def _multiplied(dy: Tensor, x: Tensor, gamma: Tensor, eps: float) -> Step:
    """What dy may be multiplied with, on the way to dgamma."""
    found = per_feature(x)
    normalized = F.batch_norm(x, None, None, training=True, eps=eps)

    def ways(_: object) -> Iterator[Way]:
        yield None, dy * normalized
        for mistake, shrink in _shrinks(x, eps):
            yield mistake, dy * normalized * shrink
        yield TIMES_X, dy * x
        yield TIMES_CENTRED, dy * (x - found.mean)
        yield TIMES_GAMMA, dy * gamma * normalized
        yield NO_DY, normalized
        for other in _normalized_within(x, eps):
            yield OVER_FEATURES, dy * other

    return ways


def _normalized_within(x: Tensor, eps: float) -> Iterator[Tensor]:
    """What x becomes with mean, variance, or both, of each example; in a square batch, also of other examples."""
    right, within = shared(x, keeping(1)), [shared(x, keeping(0))]
    within += [shared(x.T, keeping(1))] if len(x) == x.shape[1] else []
    for other in within:
        for mean, var in ((other.mean, other.var), (other.mean, right.var), (right.mean, other.var)):
            yield (x - mean) / (var + eps).sqrt()


def _reduced(products: Tensor) -> Iterator[Way]:
    """How values of all examples may become one."""
    total = products.sum(0)
    yield None, total
    yield AVERAGED, total / len(products)
    yield NOT_SUMMED, products
    yield SUMMED_OVER_FEATURES, products.sum(1)
    yield NEGATED, -total


def expect_backward_properties(answer: Answer, dy: Tensor, x: Tensor, gamma: Tensor) -> None:
    """Check the default of eps, that float32 stays float32, and that no argument is changed."""
    names, eps = ("dx", "dgamma", "dbeta"), 0.1
    arguments = [t.clone() for t in (dy, x, gamma)]
    with torch.no_grad():
        answer(*arguments, eps)
    with together():
        expect_untouched(arguments, (dy, x, gamma))
        small = 0.1 * x  # of which any eps shows
        with expect_default("eps"):
            by_default = _gradients(answer, dy, small, gamma)
        expect_by_default(by_default, partial(batchnorm_gradients, dy, small, gamma), names, reread=BACKWARD)
        came = _gradients(answer, dy.float(), x.float(), gamma.float(), eps)
        expect_float32(came, batchnorm_gradients(dy, x, gamma, eps), names, reread=BACKWARD)
