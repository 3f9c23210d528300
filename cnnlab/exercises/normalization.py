"""The visible checks of "Normalization", and the comparisons that hidden tests call with other inputs.

Each ``check.NAME(NAME)`` of the notebook is the function NAME of this module. What it compares with comes from torch's
own layers and from automatic differentiation.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from types import MappingProxyType
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnlab.exercises.common import (
    Answer,
    Step,
    Way,
    along_channels,
    drawing,
    example_batch,
    example_images,
    expect_accepted,
    expect_default,
    expect_gradients,
    expect_refusals,
    expect_steps,
    expect_untouched,
    returned_values,
    scale_and_shift,
)
from cnnlab.exercises.normalization_layer import compare_in_evaluation, compare_in_training, expect_layer_properties
from cnnlab.exercises.normalizing import (
    CUT_OFF,
    EPS_OUTSIDE_ROOT,
    FIXED,
    FIXED_EPS,
    MEAN_CUT_OFF,
    NO_EPS,
    STD_FOR_VARIANCE,
    VARIANCE_CUT_OFF,
    Key,
    Statistics,
    Wrong,
    dividing,
    each_alone,
    keeping,
    numbered,
    scaling,
    shared,
    starting,
    variance_step,
    variances,
)
from coursekit.checks import Mistake, expect_close, expect_equal, expect_true, together
from coursekit.comparing import wording
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

Norm: TypeAlias = Callable[[Tensor, Tensor, Tensor, float], Tensor]
"""A normalization of torch's, called as norm(x, gamma, beta, eps)."""

TRAINING = "Batch normalization in training"
BACKWARD = "Backpropagation through a batch"
FOLDING = "Folding it into the convolution"
LAYER = "Layer normalization"
INSTANCE = "Instance normalization"
AXES = "Which axes?"
GROUP = "Group normalization"
DEFAULT_EPS = 1e-5

# Inputs of the visible checks: shapes and eps. In a square batch, averaging over the wrong axis raises no error.
BATCHES = ((6, 6, 0.1), (16, 3, 1e-3), (2, 5, 0.01))
BATCHES_BACKWARD = ((6, 6, 0.1), (16, 3, 1e-3), (3, 5, 0.01))
EXAMPLES = ((6, 6, 0.1), (4, 9, 1e-3), (1, 5, 0.01))
IMAGES = (((2, 4, 3, 4), 0.1), ((3, 2, 4, 5), 1e-3), ((1, 3, 1, 6), 0.01))
GROUPS = (((2, 6, 3, 4), 2, 0.1), ((3, 8, 2, 5), 4, 1e-3), ((2, 4, 3, 2), 1, 0.01), ((2, 4, 3, 2), 4, 0.01))
CONVOLUTIONS = ((4, 4, (3, 3), 0.1, True), (3, 5, (3, 2), 0.01, False))
KINDS = ("batch", "layer", "instance")


# Batch normalization in training

OVER_FEATURES = Mistake(
    "averaged_over_features",
    "you averaged over the features of each example (layer normalization); average over the examples",
)
ONE_FOR_ALL = Mistake("one_mean_for_all", "mean and variance are those of the whole batch; every feature needs its own")
MEAN_SUMMED = Mistake("mean_summed", "the values were added up; the mean is their sum divided by N")
EPS_IN_VARIANCE = Mistake("eps_in_variance", "eps was added to it; eps belongs under the root only")
MEAN_AND_VAR_SWAPPED = Mistake("mean_and_var_swapped", "mean and var are returned in the wrong order")
OTHER_DEFAULT = Mistake(
    "other_default_of_eps", "the default of eps is another number; it is eps=1e-5 in the first line"
)


@visible_check
def batchnorm_train(answer: Answer, sizes: Sequence[tuple[int, int, float]] = BATCHES) -> None:
    """Check the forward pass of batch normalization in training.

    Args:
        answer: your function.
        sizes: for each batch, the number of examples, the number of features, and eps.
    """
    for place, (n, d, eps) in enumerate(sizes):
        compare_batchnorm_train(answer, *example_batch(n, d, seed=grading_seed() + place), eps)
    expect_batchnorm_properties(answer, *example_batch(5, 4, seed=grading_seed()))


def compare_batchnorm_train(answer: Answer, x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> None:
    """Compare mean, then variance, then y, which is judged by the mean and variance that came."""
    n, d = x.shape
    case = f"for x of shape {(n, d)} and eps={eps}"
    result = answer(x.clone(), gamma.clone(), beta.clone(), eps)
    y, mean, var = returned_values(result, y=(n, d), mean=(d,), var=(d,))
    right, each, whole = per_feature(x), per_feature(x.T), shared(x, keeping())
    own = [Statistics(mean, var, count=n)] if _broadcasts(mean, x) and _broadcasts(var, x) else []
    with together():
        expect_close(
            mean,
            right.mean,
            what=f"mean {case}",
            mistakes={
                OVER_FEATURES: [each.mean, each.mean[:, None]],
                ONE_FOR_ALL: [whole.mean[0, 0], whole.mean[0, :1], whole.mean[:1, :1], whole.mean[0]],
                MEAN_SUMMED: right.mean * n,
                MEAN_AND_VAR_SWAPPED: right.var,
            },
            reread=TRAINING,
        )
        expect_steps(
            var,
            right.var,
            [_variance_about(right, each, whole, mean), _returned_variance(eps)],
            what=f"var {case}",
            mistakes={MEAN_AND_VAR_SWAPPED: right.mean},
            reread=TRAINING,
        )
        expect_steps(
            y,
            F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps),
            [
                starting(x, gamma, beta, lambda x: shared(x, keeping(1)), _wrong_features(x), own),
                variance_step,
                dividing(eps),
                scaling(gamma, beta),
            ],
            what=f"y {case}",
            reread=TRAINING,
        )


def per_feature(x: Tensor) -> Statistics:
    """Mean, variance and mean absolute deviation of each column, shape (D,)."""
    found = shared(x, keeping(1))
    assert found.absolute is not None
    return Statistics(found.mean[0], found.var[0], found.absolute[0], found.count)


def _broadcasts(values: Any, x: Tensor) -> bool:
    """Whether it is a tensor that can be subtracted from x without a change of shape."""
    return isinstance(values, Tensor) and values.is_floating_point() and _shape_with(values, x) == x.shape


def _shape_with(values: Tensor, x: Tensor) -> tuple[int, ...]:
    try:
        return torch.broadcast_shapes(values.shape, x.shape)
    except RuntimeError:
        return ()


def _variance_about(right: Statistics, each: Statistics, whole: Statistics, mean: Any) -> Step:
    """The variance that may come, also about a mean that came and is wrong."""

    def ways(_: object) -> Iterator[Way]:
        yield None, right.var
        if isinstance(mean, Tensor) and mean.shape == right.mean.shape:
            yield None, right.var + (mean - right.mean) ** 2
        yield from variances(right)
        yield OVER_FEATURES, each.var
        yield OVER_FEATURES, each.var[:, None]
        for var in (whole.var[0, 0], whole.var[0, :1], whole.var[:1, :1], whole.var[0]):
            yield ONE_FOR_ALL, var

    return ways


def _returned_variance(eps: float) -> Step:
    """What may become of the variance before it is returned."""

    def ways(var: Tensor) -> Iterator[Way]:
        yield None, var
        yield EPS_IN_VARIANCE, var + eps
        yield STD_FOR_VARIANCE, var.sqrt()
        yield STD_FOR_VARIANCE, (var + eps).sqrt()

    return ways


def _wrong_features(x: Tensor) -> Iterator[Wrong]:
    """Mistakes in which values share a mean, where each feature has one of its own."""
    yield OVER_FEATURES, lambda x: shared(x, keeping(0))
    if x.shape[0] == x.shape[1]:
        yield OVER_FEATURES, lambda x: shared(x.T, keeping(1))
    yield ONE_FOR_ALL, lambda x: shared(x, keeping())
    yield ONE_FOR_ALL, lambda x: Statistics(shared(x, keeping(1)).mean, shared(x, keeping()).var)


def expect_batchnorm_properties(answer: Answer, x: Tensor, gamma: Tensor, beta: Tensor) -> None:
    """Check the default of eps, gradients, that float32 stays float32, and that no argument is changed."""
    right = per_feature(x)

    def reference(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> list[Tensor]:
        y = F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
        return [y, right.mean, right.var]

    def call(*arguments: Any) -> Sequence[Any]:
        return returned_values(answer(*arguments), y=x.shape, mean=gamma.shape, var=beta.shape)

    expect_properties(call, reference, x, gamma, beta, key=keeping(1), names=("y", "mean", "var"), reread=TRAINING)


def expect_properties(
    call: Callable[..., Sequence[Any]],
    reference: Callable[[Tensor, Tensor, Tensor, float], Sequence[Tensor]],
    x: Tensor,
    gamma: Tensor,
    beta: Tensor,
    *,
    key: Key,
    names: Sequence[str] = ("the output",),
    reread: str,
) -> None:
    """Check what all normalizations promise: arguments untouched, the default of eps, gradients, and the dtype.

    Args:
        call: the student's function; the output is the first of the values that it returns.
        reference: the same from torch.
        x: the input.
        gamma: the scale, shape (C,).
        beta: the shift, shape (C,).
        key: which values share a mean.
        names: what the values are called.
        reread: where to re-read.
    """
    case, eps = f"for x of shape {tuple(x.shape)}", 0.1
    arguments = [t.clone() for t in (x, gamma, beta)]
    call(*arguments, eps)
    small = 0.1 * x  # of which any eps shows
    with together():
        expect_untouched(arguments, (x, gamma, beta))
        with expect_default("eps"):
            by_default = call(small.clone(), gamma.clone(), beta.clone())
        expect_close(
            by_default[0],
            reference(small, gamma, beta, DEFAULT_EPS)[0],
            what=f"{names[0]} {case} with eps left out, which is 1e-5 then",
            mistakes={OTHER_DEFAULT: [reference(small, gamma, beta, number)[0] for number in FIXED]},
            reread=reread,
        )
        came = call(x.float(), gamma.float(), beta.float(), eps)
        for name, got, right in zip(names, came, reference(x, gamma, beta, eps), strict=True):
            what = f"{name} for float32 arguments"
            expect_close(got, right.float(), what=what, rtol=1e-3, atol=1e-4, reread=reread)
        leaves = {"x": x.clone(), "gamma": gamma.clone(), "beta": beta.clone()}
        x, gamma, beta = (leaf.requires_grad_() for leaf in leaves.values())
        expect_gradients(
            call(x, gamma, beta, eps)[0],
            reference(x, gamma, beta, eps)[0],
            leaves,
            mistakes=dict(_cut_off(x, gamma, beta, eps, key)),
            reread=BACKWARD,
        )


def _cut_off(x: Tensor, gamma: Tensor, beta: Tensor, eps: float, key: Key) -> Iterator[tuple[Mistake, Tensor]]:
    """Outputs through which no gradient reaches the mean, the variance, or both."""
    found = shared(x, key)
    mean, var, fixed_mean, fixed_var = found.mean, found.var, found.mean.detach(), found.var.detach()
    cut = {CUT_OFF: (fixed_mean, fixed_var), MEAN_CUT_OFF: (fixed_mean, var), VARIANCE_CUT_OFF: (mean, fixed_var)}
    for mistake, (m, v) in cut.items():
        yield mistake, along_channels(gamma, x) * (x - m) / (v + eps).sqrt() + along_channels(beta, x)


# Backpropagation through a batch

CONSTANTS = Mistake(
    "statistics_are_constants", "mean and variance were taken for constants, but both depend on every x"
)
NO_MEAN_PATH = Mistake("no_mean_path", "the path through the mean is missing")
NO_VARIANCE_PATH = Mistake("no_variance_path", "the path through the variance is missing")
MEAN_PATH_SIGN = Mistake("mean_path_sign", "a sign is wrong: the path through the mean is subtracted")
VARIANCE_PATH_SIGN = Mistake("variance_path_sign", "a sign is wrong: the path through the variance is subtracted")
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
    "unbiased_variance",
    "the variance was divided by N − 1 (the default of torch.var); the forward pass divides by N",
)
AVERAGED = Mistake("averaged", "it was averaged over the batch; every example adds to the loss, so sum")
NOT_SUMMED = Mistake("not_summed", "the sum over the batch is missing")
TIMES_X = Mistake("times_x", "dy was multiplied by x; gamma multiplies the normalized x")
TIMES_CENTRED = Mistake("times_centred", "dy was multiplied by x - mean, which is not yet divided by sqrt(var + eps)")
TIMES_Y = Mistake("times_y", "dy was multiplied by y; gamma multiplies the normalized x")
DBETA_TIMES_GAMMA = Mistake("dbeta_times_gamma", "it was multiplied by gamma; beta is added after gamma has multiplied")
DGAMMA_AND_DBETA_SWAPPED = Mistake(
    "dgamma_and_dbeta_swapped", "dgamma and dbeta are returned in the wrong order", priority=1
)


@visible_check
def batchnorm_backward(answer: Answer, sizes: Sequence[tuple[int, int, float]] = BATCHES_BACKWARD) -> None:
    """Check the three gradients of batch normalization, worked out by hand.

    Args:
        answer: your function.
        sizes: for each batch, the number of examples, the number of features, and eps.
    """
    for place, (n, d, eps) in enumerate(sizes):
        compare_batchnorm_backward(answer, *example_gradient(n, d, seed=grading_seed() + place), eps)
    expect_backward_properties(answer, *example_gradient(5, 4, seed=grading_seed()))


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
                _mean_path(len(x), _ratio(dbeta, right[2])),
                _variance_path(x, eps, _ratio(dgamma, right[1])),
                _joined(x, gamma, eps),
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
    n, var = len(x), per_feature(x).var

    def ways(_: object) -> Iterator[Way]:
        direct, mean, variance = _split(dy, x, gamma, eps)
        yield None, (direct, mean, variance)
        yield CONSTANTS, (direct, torch.zeros_like(mean), torch.zeros_like(variance))
        yield NO_EPS, _split(dy, x, gamma, 1e-30)
        for number in FIXED:
            yield FIXED_EPS, _split(dy, x, gamma, number)
        shrink = ((var + eps) / (var * n / (n - 1) + eps)).sqrt()
        yield UNBIASED_FORWARD, (shrink * direct, shrink * mean, shrink**3 * variance)
        bessel = (n - 1) / n
        yield UNBIASED_FORWARD, tuple(path * bessel**0.5 for path in _split(dy, x, gamma, eps * bessel))

    return ways


def _mean_path(n: int, ratio: Tensor) -> Step:
    """What may become of the path through the mean."""

    def ways(paths: tuple[Tensor, Tensor, Tensor]) -> Iterator[Way]:
        direct, mean, variance = paths
        yield None, paths
        yield None, (direct, ratio * mean, variance)
        yield NO_MEAN_PATH, (direct, torch.zeros_like(mean), variance)
        yield MEAN_PATH_SIGN, (direct, -mean, variance)
        yield SUMS, (direct, n * mean, variance)
        yield AVERAGED_TWICE, (direct, mean / n, variance)
        yield MEAN_PATH_NOT_SUMMED, (direct, -direct / n, variance)

    return ways


def _variance_path(x: Tensor, eps: float, ratio: Tensor) -> Step:
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
        for factor in (0.5, 2):
            yield PATH_FACTOR, (direct, mean, factor * variance)
        for power in (std**-3 / 2, std**2, 1 / std):
            yield PATH_POWER, (direct, mean, power * variance)
        yield PATH_CENTRED, (direct, mean, std * variance)
        yield PATH_CENTRED, (direct, mean, std**2 * variance)
        yield PATH_X, (direct, mean, variance * x / normalized)
        yield PATH_NOT_SUMMED, (direct, mean, -direct * normalized.square() / n)

    return ways


def _joined(x: Tensor, gamma: Tensor, eps: float) -> Step:
    """How the paths may be joined."""
    std = (per_feature(x).var + eps).sqrt()

    def ways(paths: tuple[Tensor, Tensor, Tensor]) -> Iterator[Way]:
        direct, mean, variance = paths
        total = direct + mean + variance
        yield None, total
        yield NO_GAMMA_IN_DX, total / gamma
        yield NO_GAMMA_ON_PATHS, direct + (mean + variance) / gamma
        yield GAMMA_TWICE, total * gamma
        yield NO_ROOT_IN_DX, total * std
        yield VARIANCE_FOR_ROOT, total / std
        yield DIRECT_OVER_N, direct / len(x) + mean + variance
        yield NOT_OVER_N, total * len(x)
        yield ALL_OVER_N, total / len(x)
        yield NEGATED, -total

    return ways


def _multiplied(dy: Tensor, x: Tensor, gamma: Tensor, eps: float) -> Step:
    """What dy may be multiplied with, on the way to dgamma."""
    found, n = per_feature(x), len(x)

    def normalized(eps: float) -> Tensor:
        return F.batch_norm(x, None, None, training=True, eps=eps)

    def ways(_: object) -> Iterator[Way]:
        yield None, dy * normalized(eps)
        yield NO_EPS, dy * normalized(1e-30)
        for number in FIXED:
            yield FIXED_EPS, dy * normalized(number)
        unbiased = (found.var + eps) / (found.var * n / (n - 1) + eps)
        yield UNBIASED_FORWARD, dy * normalized(eps) * unbiased.sqrt()
        yield TIMES_X, dy * x
        yield TIMES_CENTRED, dy * (x - found.mean)
        yield TIMES_Y, dy * gamma * normalized(eps)

    return ways


def _reduced(products: Tensor) -> Iterator[Way]:
    """How values of all examples may become one."""
    total = products.sum(0)
    yield None, total
    yield AVERAGED, total / len(products)
    yield NOT_SUMMED, products
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
        defaults = [batchnorm_gradients(dy, small, gamma, number) for number in FIXED]
        with expect_default("eps"):
            by_default = _gradients(answer, dy, small, gamma)
        for place, got in enumerate(by_default):
            expect_close(
                got,
                batchnorm_gradients(dy, small, gamma, DEFAULT_EPS)[place],
                what=f"{names[place]} with eps left out, which is 1e-5 then",
                mistakes={OTHER_DEFAULT: [values[place] for values in defaults]},
                reread=BACKWARD,
            )
        came = _gradients(answer, dy.float(), x.float(), gamma.float(), eps)
        for name, got, right in zip(names, came, batchnorm_gradients(dy, x, gamma, eps), strict=True):
            what = f"{name} for float32 arguments"
            expect_close(got, right.float(), what=what, rtol=1e-3, atol=1e-4, reread=BACKWARD)


# Batch normalization as a layer


@visible_check
def BatchNorm(answer: Answer) -> None:  # noqa: N802
    """Check the layer: its names, both modes, the running statistics, gradients, saving and loading.

    Args:
        answer: your class.
    """
    seed = grading_seed()
    compare_in_training(answer, 3, 0.1, 0.3, batches=(8, 5, 2), images=((4, 5, 2), (2, 3, 3), (1, 4, 6)), seed=seed)
    compare_in_evaluation(answer, 3, 0.1, 0.3, batches=(6, 1), images=((6, 4, 2), (1, 4, 2)), seed=seed)
    expect_layer_properties(answer, 3, 0.2, 0.3, seed=seed)


# Folding

BIAS_IS_NONE = Mistake(
    "bias_is_none", "bias is None then, and None cannot be computed with; treat that case first", FOLDING
)
TRUTH_OF_BIAS = Mistake(
    "truth_of_bias",
    "a tensor is neither true nor false, as in `if bias` or `bias or 0`; ask `bias is None`",
    FOLDING,
)
BIAS_STAYS_NONE = Mistake(
    "bias_stays_none",
    "bias=None was returned as it came; the shift of the batch normalization must go somewhere",
    FOLDING,
)
GAMMA_OVER_VARIANCE = Mistake("gamma_over_variance", "gamma was divided by running_var + eps; divide by its root")
GAMMA_TIMES_ROOT = Mistake("gamma_times_root", "gamma was multiplied by the root of running_var + eps; divide by it")
EPS_ADDED_TO_SCALE = Mistake(
    "eps_added_to_scale", "eps was added after the division; it belongs to running_var, under the root"
)
GAMMA_UNUSED = Mistake("no_gamma", "gamma was not used")
GAMMA_AND_BETA_SWAPPED = Mistake("gamma_and_beta_swapped", "gamma and beta are swapped")
WEIGHT_UNCHANGED = Mistake(
    "weight_unchanged", "the weight did not change; each filter must be scaled like the channel that it makes"
)
INPUTS_SCALED = Mistake(
    "inputs_scaled",
    "the input channels were scaled (axis 1); batch normalization scales the outputs (axis 0)",
    priority=1,
)
KERNEL_SCALED = Mistake(
    "kernel_scaled",
    "the columns of the kernel were scaled (the last axis); batch normalization scales the outputs (axis 0)",
    priority=1,
)
MEAN_UNSCALED = Mistake("mean_unscaled", "the bias of the convolution was scaled, but running_mean was not")
BIAS_LOST = Mistake("bias_lost", "the bias of the convolution was lost; it is normalized like everything else")
BIAS_UNSCALED = Mistake(
    "bias_unscaled",
    "the bias of the convolution was added unscaled; it passes through the normalization too",
)
RUNNING_MEAN_UNUSED = Mistake("running_mean_unused", "running_mean was not subtracted")
RUNNING_MEAN_ADDED = Mistake("running_mean_added", "running_mean was added; subtract it")
BETA_MISSING = Mistake("beta_missing", "beta is missing")
BETA_SCALED = Mistake("beta_scaled", "beta was scaled too; it is added after the normalization")
BIAS_NEGATED = Mistake("bias_negated", "the result is minus what it should be")


@dataclass(frozen=True)
class Fusing:
    """A convolution and the batch normalization after it; in the wrong ways of a step, changed by a mistake."""

    weight: Tensor
    bias: Tensor | None
    mean: Tensor
    var: Tensor
    gamma: Tensor
    beta: Tensor
    eps: float

    @classmethod
    def drawn(
        cls, c_in: int, c_out: int, kernel: tuple[int, int], eps: float, with_bias: bool, *, seed: int = 0
    ) -> Fusing:
        """Layers with parameters that a seed chooses."""
        gamma, beta = scale_and_shift(c_out, drawing(seed))
        weight = example_images(c_out, c_in, *kernel, seed=seed + 1)[0]
        mean, bias, var = example_batch(3, c_out, seed=seed + 2)[0]
        return cls(weight, bias if with_bias else None, mean, var.square() + 0.05, gamma, beta, eps)

    @property
    def tensors(self) -> tuple[Tensor | None, ...]:
        """The arguments of the exercise, without eps."""
        return self.weight, self.bias, self.mean, self.var, self.gamma, self.beta

    def in_float32(self) -> Fusing:
        """The same layers with parameters in float32."""
        bias = None if self.bias is None else self.bias.float()
        mean, var, gamma, beta = (t.float() for t in (self.mean, self.var, self.gamma, self.beta))
        return Fusing(self.weight.float(), bias, mean, var, gamma, beta, self.eps)

    @property
    def case(self) -> str:
        """The layers in words."""
        c_out, c_in = self.weight.shape[:2]
        bias = "bias=None" if self.bias is None else "a bias"
        return f"for {c_in} to {c_out} channels, {bias} and eps={self.eps}"

    def fused(self) -> tuple[Tensor, Tensor]:
        """What torch's own fusion gives."""
        parts = nn.utils.fusion.fuse_conv_bn_weights(
            self.weight, self.bias, self.mean, self.var, self.eps, self.gamma, self.beta
        )
        return parts[0].detach(), parts[1].detach()


@visible_check
def fuse_conv_bn(answer: Answer, sizes: Sequence[tuple[int, int, tuple[int, int], float, bool]] = CONVOLUTIONS) -> None:
    """Check weight and bias of the fused convolution.

    Args:
        answer: your function.
        sizes: for each convolution, the input channels, the output channels, the kernel's shape, eps, and whether it
            has a bias.
    """
    for place, size in enumerate(sizes):
        compare_fuse_conv_bn(answer, Fusing.drawn(*size, seed=grading_seed() + 10 * place))
    expect_fusing_properties(answer, Fusing.drawn(2, 3, (1, 1), 0.01, True, seed=grading_seed() + 50))


def compare_fuse_conv_bn(answer: Answer, layers: Fusing) -> None:
    """Compare weight, then bias, which may be made with the scale that the weight shows."""
    weight, bias = _call_fuse_conv_bn(answer, layers, layers.eps)
    right = layers.fused()
    steps = [_fused_scales(layers, weight), _fused_bias]
    with together():
        expect_steps(
            weight,
            right[0],
            [_fused_scales(layers), lambda layers: [(None, layers.fused()[0])]],
            what=f"the fused weight {layers.case}",
            mistakes=_wrong_weights(layers),
            reread=FOLDING,
        )
        expect_steps(bias, right[1], steps, what=f"the fused bias {layers.case}", reread=FOLDING)


def _call_fuse_conv_bn(answer: Answer, layers: Fusing, *eps: float) -> Sequence[Any]:
    """What fuse_conv_bn returns; an error that comes of how it asks for a bias is explained."""
    arguments = [None if t is None else t.clone() for t in layers.tensors]
    try:
        result = answer(*arguments, *eps)
    except (TypeError, AttributeError):
        expect_true(
            layers.bias is not None, what="fuse_conv_bn works for a convolution without a bias", likely=BIAS_IS_NONE
        )
        raise
    except RuntimeError as error:
        expect_true(
            "Boolean value" not in str(error),
            what="fuse_conv_bn works for a convolution with a bias",
            likely=TRUTH_OF_BIAS,
        )
        raise
    values = returned_values(result, weight=layers.weight.shape, bias=layers.beta.shape)
    expect_true(values[1] is not None, what="the fused convolution has a bias", likely=BIAS_STAYS_NONE)
    return values


def _fused_scales(layers: Fusing, weight: Any = None) -> Step:
    """What each channel may be multiplied with; given a fused weight that came, also with what that shows."""
    one, root = torch.ones_like(layers.gamma), (layers.var + layers.eps).sqrt()

    def ways(_: object) -> Iterator[Way]:
        yield None, layers
        if isinstance(weight, Tensor) and weight.shape == layers.weight.shape:
            yield None, replace(layers, gamma=root * (weight / layers.weight).flatten(1)[:, 0])
        yield NO_EPS, replace(layers, eps=0.0)
        for number in FIXED:
            yield FIXED_EPS, replace(layers, eps=number)
        yield EPS_OUTSIDE_ROOT, replace(layers, var=(layers.var.sqrt() + layers.eps) ** 2, eps=0.0)
        for variance in (layers.var + layers.eps, layers.var):
            yield GAMMA_OVER_VARIANCE, replace(layers, var=variance**2, eps=0.0)
        for divisor in (layers.var.sqrt(), root):
            yield EPS_ADDED_TO_SCALE, replace(layers, gamma=(layers.gamma / divisor + layers.eps) * root)
        yield GAMMA_UNUSED, replace(layers, gamma=one)
        yield GAMMA_AND_BETA_SWAPPED, replace(layers, gamma=layers.beta, beta=layers.gamma)
        yield GAMMA_TIMES_ROOT, replace(layers, var=root**-2, eps=0.0)

    return ways


def _wrong_weights(layers: Fusing) -> dict[Mistake | str, Any]:
    """Weights that come of mistakes beside a wrong scale."""
    weight, fused = layers.weight, layers.fused()[0]
    wrong: dict[Mistake | str, Any] = {WEIGHT_UNCHANGED: weight}
    for mistake, axis in ((INPUTS_SCALED, 1), (KERNEL_SCALED, 3)):
        if weight.shape[axis] == len(weight):
            scale = (fused / weight).flatten(1)[:, 0]
            wrong[mistake] = (weight.movedim(axis, -1) * scale).movedim(-1, axis)
    return wrong


def _fused_bias(layers: Fusing) -> Iterator[Way]:
    """What may come for the bias, with the scale of the step before."""
    zero = torch.zeros_like(layers.beta)
    bias = zero if layers.bias is None else layers.bias
    scaled = replace(layers, mean=zero, bias=None).fused()
    scale = replace(layers, mean=zero, bias=torch.ones_like(zero), beta=zero).fused()[1]
    yield None, layers.fused()[1]
    yield MEAN_UNSCALED, replace(layers, mean=zero).fused()[1] - layers.mean
    yield BIAS_LOST, replace(layers, bias=None).fused()[1]
    yield BIAS_UNSCALED, replace(layers, bias=None).fused()[1] + bias
    yield RUNNING_MEAN_UNUSED, replace(layers, mean=zero).fused()[1]
    yield RUNNING_MEAN_ADDED, replace(layers, mean=-layers.mean).fused()[1]
    yield BETA_MISSING, replace(layers, beta=zero).fused()[1]
    yield BETA_SCALED, replace(layers, beta=zero).fused()[1] + scaled[1] * scale
    yield BIAS_NEGATED, -layers.fused()[1]


def expect_fusing_properties(answer: Answer, layers: Fusing) -> None:
    """Check the default of eps, that float32 stays float32, and that no argument is changed."""
    given = [t for t in layers.tensors if t is not None]
    arguments = [t.clone() for t in given]
    spread: Iterator[Tensor] = iter(arguments)
    answer(*(None if t is None else next(spread) for t in layers.tensors), layers.eps)
    narrow = layers.in_float32()
    with together():
        expect_untouched(arguments, given)
        with expect_default("eps"):
            by_default = _call_fuse_conv_bn(answer, layers)
        in_float32 = _call_fuse_conv_bn(answer, narrow, layers.eps)
        for place, name in enumerate(("weight", "bias")):
            expect_close(
                by_default[place],
                replace(layers, eps=DEFAULT_EPS).fused()[place],
                what=f"the fused {name} with eps left out, which is 1e-5 then",
                mistakes={OTHER_DEFAULT: [replace(layers, eps=number).fused()[place] for number in FIXED]},
                reread=FOLDING,
            )
            expect_close(
                in_float32[place],
                layers.fused()[place].float(),
                what=f"the fused {name} for float32 arguments",
                rtol=1e-4,
                atol=1e-5,
                reread=FOLDING,
            )


# Layer, instance and group normalization

OVER_EXAMPLES = Mistake(
    "averaged_over_examples",
    "you averaged over the examples (batch normalization); average over the features of each example",
)
WRONG_BROADCAST = Mistake(
    "wrong_broadcast",
    "mean and variance have shape (N,) and were broadcast along the wrong axis; keep the axis with keepdim=True",
)
ONE_FOR_ALL_EXAMPLES = Mistake(
    "one_mean_for_all", "one mean and variance served all examples; every example has its own"
)
SCALED_ALONG_EXAMPLES = Mistake(
    "scaled_along_examples", "gamma and beta were applied to the examples; they belong to the features, along axis 1"
)
SCALED_ALONG_WIDTH = Mistake(
    "scaled_along_width",
    "gamma and beta were broadcast along the width; they belong to the channels, shape (C, 1, 1)",
)
OVER_IMAGES = Mistake(
    "averaged_over_images", "you averaged over the images too (batch normalization); every image has its own statistics"
)
OVER_CHANNELS = Mistake("averaged_over_channels", "you averaged over all channels of an image (layer normalization)")
EACH_CHANNEL = Mistake(
    "each_channel_alone", "you averaged each channel of each image by itself (instance normalization)"
)
EACH_PIXEL = Mistake("each_pixel", "you averaged over the channels at each pixel")
ONE_PIXEL_AXIS = Mistake("one_pixel_axis", "you averaged over one of the two pixel axes; take both")
OVER_EVERYTHING = Mistake("averaged_over_everything", "you averaged over the whole batch")
OTHER_AXES = Mistake(
    "other_axes",
    "the means run over other axes than asked for; N, C, H, W are the axes 0, 1, 2, 3",
)
INTERLEAVED = Mistake(
    "interleaved_groups",
    "the groups are interleaved (every groups-th channel); a group holds neighbouring channels",
)
GROUPS_FOR_SIZE = Mistake(
    "groups_for_size",
    "groups was taken for the number of channels in a group; it is the number of groups",
)
SCALED_PER_GROUP = Mistake("scaled_per_group", "there is one gamma and beta per group; every channel has its own")
GROUP_PIXELS = Mistake(
    "group_at_each_pixel", "you averaged over the channels of a group at each pixel; average over H and W too"
)
GROUP_OVER_IMAGES = Mistake("group_over_images", "you averaged over the images too; every image has its own statistics")
ACROSS_GROUPS = Mistake(
    "across_groups",
    "the means run over the axis of the groups; each group has its own, over the channels within it",
)
VALID_GROUPS_REFUSED = Mistake(
    "valid_groups_refused", "groups that divide the channels were refused; refuse those for which C % groups is not 0"
)
IMAGE_AXES = MappingProxyType(
    {
        "NHW": OVER_IMAGES,
        "CHW": OVER_CHANNELS,
        "C": EACH_PIXEL,
        "H": ONE_PIXEL_AXIS,
        "W": ONE_PIXEL_AXIS,
        "NCHW": OVER_EVERYTHING,
    }
)
"""For instance norm, by the axes that the means run over."""
GROUP_AXES = MappingProxyType(
    {
        "NMHW": GROUP_OVER_IMAGES,
        "NHW": OVER_IMAGES,
        "GMHW": OVER_CHANNELS,
        "HW": EACH_CHANNEL,
        "GM": EACH_PIXEL,
        "M": GROUP_PIXELS,
        "MH": ONE_PIXEL_AXIS,
        "MW": ONE_PIXEL_AXIS,
        "GHW": ACROSS_GROUPS,
        "NGMHW": OVER_EVERYTHING,
    }
)
"""For group norm; the channels are split into groups G and their members M."""


@visible_check
def layer_norm(answer: Answer, sizes: Sequence[tuple[int, int, float]] = EXAMPLES) -> None:
    """Check layer normalization.

    Args:
        answer: your function.
        sizes: for each batch, the number of examples, the number of features, and eps.
    """
    for place, (n, d, eps) in enumerate(sizes):
        compare_layer_norm(answer, *example_batch(n, d, seed=grading_seed() + place), eps)
    expect_layer_norm_properties(answer, *example_batch(4, 5, seed=grading_seed()))


def compare_layer_norm(answer: Answer, x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> None:
    """Compare layer_norm with torch's."""
    square = x.shape[0] == x.shape[1]
    own = keeping(0)
    first = starting(x, gamma, beta, lambda x: shared(x, own), each_alone(own, _wrong_examples(x)))
    along = [(SCALED_ALONG_EXAMPLES, gamma[:, None], beta[:, None])] if square else []
    expect_steps(
        answer(x.clone(), gamma.clone(), beta.clone(), eps),
        F.layer_norm(x, x.shape[1:], gamma, beta, eps),
        [first, variance_step, dividing(eps), scaling(gamma, beta, along)],
        what=f"the output for x of shape {tuple(x.shape)} and eps={eps}",
        reread=LAYER,
    )


def _wrong_examples(x: Tensor) -> Iterator[Wrong]:
    """Mistakes in which values share a mean, where each example has one of its own."""
    if len(x) > 1:
        yield OVER_EXAMPLES, lambda x: shared(x, keeping(1))
    if x.shape[0] == x.shape[1]:
        yield WRONG_BROADCAST, lambda x: shared(x.T, keeping(1))
    yield ONE_FOR_ALL_EXAMPLES, lambda x: shared(x, keeping())


def expect_layer_norm_properties(answer: Answer, x: Tensor, gamma: Tensor, beta: Tensor) -> None:
    """Check what layer_norm promises beside values."""
    expect_properties(
        lambda *arguments: [answer(*arguments)],
        lambda x, gamma, beta, eps: [F.layer_norm(x, x.shape[1:], gamma, beta, eps)],
        x,
        gamma,
        beta,
        key=keeping(0),
        reread=LAYER,
    )


@visible_check
def instance_norm(answer: Answer, sizes: Sequence[tuple[tuple[int, int, int, int], float]] = IMAGES) -> None:
    """Check instance normalization.

    Args:
        answer: your function.
        sizes: for each batch of images, its shape, and eps.
    """
    for place, (shape, eps) in enumerate(sizes):
        compare_instance_norm(answer, *example_images(*shape, seed=grading_seed() + place), eps)
    expect_instance_norm_properties(answer, *example_images(2, 3, 4, 2, seed=grading_seed()))


def compare_instance_norm(answer: Answer, x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> None:
    """Compare instance_norm with torch's."""
    column = along_channels(gamma, x), along_channels(beta, x)
    own = keeping(0, 1)
    first = starting(x, *column, lambda x: shared(x, own), each_alone(own, wrong_axes()))
    expect_steps(
        answer(x.clone(), gamma.clone(), beta.clone(), eps),
        F.instance_norm(x, weight=gamma, bias=beta, eps=eps),
        [first, variance_step, dividing(eps), scaling(*column, along_width(x, gamma, beta))],
        what=f"the output for x of shape {tuple(x.shape)} and eps={eps}",
        reread=INSTANCE,
    )


def wrong_axes() -> Iterator[Wrong]:
    """All sets of the axes N, C, H, W but the right one, for means that run over them."""
    for over, kept in _divided("NCHW"):
        if over != "HW":
            yield IMAGE_AXES.get(over, OTHER_AXES), partial(shared, key=keeping(*map("NCHW".index, kept)))


def _divided(axes: str) -> Iterator[tuple[str, str]]:
    """All ways to choose some of the axes: those, and the others."""
    for size in range(1, len(axes) + 1):
        for chosen in combinations(axes, size):
            yield "".join(chosen), "".join(axis for axis in axes if axis not in chosen)


def along_width(x: Tensor, gamma: Tensor, beta: Tensor) -> list[tuple[Mistake, Tensor, Tensor]]:
    """The mistake of scaling along the last axis, where that raises no error."""
    return [(SCALED_ALONG_WIDTH, gamma, beta)] if x.shape[1] == x.shape[3] else []


def expect_instance_norm_properties(answer: Answer, x: Tensor, gamma: Tensor, beta: Tensor) -> None:
    """Check what instance_norm promises beside values."""
    expect_properties(
        lambda *arguments: [answer(*arguments)],
        lambda x, gamma, beta, eps: [F.instance_norm(x, weight=gamma, bias=beta, eps=eps)],
        x,
        gamma,
        beta,
        key=keeping(0, 1),
        reread=INSTANCE,
    )


@visible_check
def group_norm(answer: Answer, sizes: Sequence[tuple[tuple[int, int, int, int], int, float]] = GROUPS) -> None:
    """Check group normalization.

    Args:
        answer: your function.
        sizes: for each batch of images, its shape, the number of groups, and eps.
    """
    for place, (shape, groups, eps) in enumerate(sizes):
        compare_group_norm(answer, *example_images(*shape, seed=grading_seed() + place), groups, eps)
    expect_groups_refused(answer, ((6, 4), (4, 7)), seed=grading_seed())
    expect_group_norm_properties(answer, *example_images(2, 6, 3, 2, seed=grading_seed()), 3)


def compare_group_norm(answer: Answer, x: Tensor, gamma: Tensor, beta: Tensor, groups: int, eps: float) -> None:
    """Compare group_norm with torch's."""
    size = x.shape[1] // groups
    column = along_channels(gamma, x), along_channels(beta, x)
    per_group = [along_channels(t[:groups].repeat_interleave(size), x) for t in (gamma, beta)]
    own = grouped(size)
    first = starting(x, *column, lambda x: shared(x, own), each_alone(own, _wrong_groups(x, groups)))
    last = scaling(*column, [*along_width(x, gamma, beta), (SCALED_PER_GROUP, per_group[0], per_group[1])])
    case = f"for x of shape {tuple(x.shape)} in {groups} groups"
    with expect_accepted(f"group_norm {case}", likely=VALID_GROUPS_REFUSED):
        got = answer(x.clone(), groups, gamma.clone(), beta.clone(), eps)
    expect_steps(
        got,
        F.group_norm(x, groups, gamma, beta, eps),
        [first, variance_step, dividing(eps), last],
        what=f"the output {case} and eps={eps}",
        reread=GROUP,
    )


def grouped(size: int) -> Key:
    """The key of values in the same group of so many neighbouring channels, in the same image."""
    return lambda n, c, h, w: numbered(n, c // size)


def _wrong_groups(x: Tensor, groups: int) -> Iterator[Wrong]:
    """Mistakes in which values share a mean, where each group of each image has one of its own."""
    size = x.shape[1] // groups

    def without(kept: str) -> Key:
        def key(n: Tensor, c: Tensor, h: Tensor, w: Tensor) -> Tensor:
            indices = {"N": n, "G": c // size, "M": c % size, "H": h, "W": w}
            return numbered(*(indices[axis] for axis in kept)) if kept else torch.zeros(1, dtype=torch.long)

        return key

    yield INTERLEAVED, partial(shared, key=lambda n, c, h, w: numbered(n, c % groups))
    if groups not in (1, x.shape[1]):
        yield GROUPS_FOR_SIZE, partial(shared, key=grouped(groups))
    for over, kept in _divided("NGMHW"):
        if over != "MHW":
            yield GROUP_AXES.get(over, OTHER_AXES), partial(shared, key=without(kept))


def expect_groups_refused(answer: Answer, cases: Sequence[tuple[int, int]], *, seed: int) -> None:
    """Check that groups that do not divide the channels raise a ValueError.

    Args:
        answer: the student's function.
        cases: for each call, the number of channels and that of groups.
        seed: chooses the values of x.
    """
    refused = {}
    for channels, groups in cases:
        x, gamma, beta = example_images(2, channels, 2, groups, seed=seed)
        refused[f"group_norm for {channels} channels in {groups} groups"] = (x, groups, gamma, beta)
    expect_refusals(answer, refused, reread=GROUP)


def expect_group_norm_properties(answer: Answer, x: Tensor, gamma: Tensor, beta: Tensor, groups: int) -> None:
    """Check what group_norm promises beside values and errors."""
    expect_properties(
        lambda x, *arguments: [answer(x, groups, *arguments)],
        lambda x, gamma, beta, eps: [F.group_norm(x, groups, gamma, beta, eps)],
        x,
        gamma,
        beta,
        key=grouped(x.shape[1] // groups),
        reread=GROUP,
    )


# Which axes?

NO_AXES_RETURNED = Mistake("no_return_for_kind", "there is no return for this kind", AXES)
KEPT_AXES = Mistake(
    "kept_axes",
    "the axes given are those that keep statistics of their own; give those that are averaged away",
)
NO_PIXEL_AXES = Mistake("no_pixel_axes", "the pixel axes H and W are missing")
ALL_AXES = Mistake("all_axes", "all axes were given, which leaves one mean for everything")


@visible_check
def reduced_axes(answer: Answer, kinds: Sequence[str] = KINDS) -> None:
    """Check the axes of each kind of normalization by the shape of the means that they leave.

    Args:
        answer: your function.
        kinds: what it is asked for.
    """
    compare_reduced_axes(answer, kinds)


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
    axes = [_whole_number(item) for item in items]
    valid = {axis % 4 for axis in axes if axis is not None and -4 <= axis < 4}
    expect_true(
        len(valid) == len(axes),
        what=f'reduced_axes("{kind}") returns different whole numbers from 0 to 3 (or from -4 to -1)',
        likely=f"{wording.show(tuple(items))} came; axes are counted from 0 for N to 3 for W, and each is given once",
        reread=AXES,
    )
    if len(valid) != len(axes):
        return
    sizes, left = (2, 3, 5, 7), {"batch": (3,), "layer": (2,), "instance": (2, 3)}
    others: dict[Mistake | str, Any] = {
        Mistake(f"axes_of_{other}", f"for {kind}, these are the axes of {other} normalization"): left[other]
        for other in left
        if other != kind
    }
    expect_equal(
        tuple(size for axis, size in enumerate(sizes) if axis not in valid),
        left[kind],
        what=f"the shape of the means that {kind} normalization takes of a tensor of shape {sizes}",
        mistakes={
            KEPT_AXES: tuple(size for size in sizes if size not in left[kind]),
            NO_PIXEL_AXES: (*left[kind], 5, 7),
            ALL_AXES: (),
            **others,
        },
        reread=AXES,
    )


def _several(value: Any) -> list[Any] | None:
    """The items of whatever holds several; None for text and for what holds none."""
    try:
        return None if isinstance(value, str) else list(value)
    except TypeError:
        return None


def _whole_number(value: Any) -> int | None:
    """An integer of Python, NumPy or torch as Python's; None for anything else, truth values included."""
    try:
        number = operator.index(value)
    except TypeError:
        return None
    return None if isinstance(number, bool) else number
