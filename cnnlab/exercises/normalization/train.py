"""How the check of ``batchnorm_train`` compares mean, variance and output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from cnnlab.exercises.common import (
    Answer,
    Step,
    Way,
    expect_steps,
    returned_values,
)
from cnnlab.exercises.normalization.properties import expect_properties
from cnnlab.exercises.normalization.steps import (
    MEAN_SUMMED,
    STD_FOR_VARIANCE,
    Statistics,
    Wrong,
    dividing,
    each_alone,
    keeping,
    per_feature,
    scaling,
    shared,
    starting,
    variance_step,
    variances,
)
from coursekit.checks import Mistake, expect_close, together

TRAINING = "Batch normalization in training"
OVER_FEATURES = Mistake(
    "averaged_over_features",
    "you averaged over the features of each example (layer normalization); average over the examples",
)
ONE_FOR_ALL = Mistake(
    "one_mean_for_all_features", "mean and variance are those of the whole batch; every feature needs its own"
)
OF_Y = Mistake("statistics_of_y", "this is the statistic of y; return mean and variance of x")
OF_NORMALIZED = Mistake(
    "statistics_of_normalized_x", "this is the statistic of the normalized x; return mean and variance of x itself"
)
ANOTHER_DIVISOR_OF_MEAN = Mistake(
    "another_divisor_of_mean", "the sum was divided by D, the number of features; divide by N, the number of examples"
)
EPS_IN_VARIANCE = Mistake("eps_in_variance", "eps was added to it; eps belongs under the root only")
MEAN_AND_VAR_SWAPPED = Mistake(
    "mean_and_var_swapped",
    "mean and var are in the wrong order; return y, mean, var (torch.var_mean gives the variance first)",
)


def compare_batchnorm_train(answer: Answer, x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> None:
    """Compare mean, then variance, then y, which is judged by the mean and variance that came."""
    n, d = x.shape
    case = f"for x of shape {(n, d)} and eps={eps}"
    result = answer(x.clone(), gamma.clone(), beta.clone(), eps)
    y, mean, var = returned_values(result, y=(n, d), mean=(d,), var=(d,))
    own_key = keeping(1)
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
                ANOTHER_DIVISOR_OF_MEAN: right.mean * n / d,
                OF_Y: beta,
                OF_NORMALIZED: torch.zeros_like(right.mean),
                MEAN_AND_VAR_SWAPPED: right.var,
            },
            reread=TRAINING,
        )
        expect_steps(
            var,
            right.var,
            [_variance_about(right, each, whole, mean, (n, d)), _returned_variance(eps)],
            what=f"var {case}",
            mistakes={
                MEAN_AND_VAR_SWAPPED: right.mean,
                OF_Y: gamma**2 * right.var / (right.var + eps),
                OF_NORMALIZED: right.var / (right.var + eps),
            },
            reread=TRAINING,
        )
        expect_steps(
            y,
            F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps),
            [
                starting(x, gamma, beta, lambda x: shared(x, own_key), each_alone(own_key, _wrong_features(x)), own),
                variance_step,
                dividing(eps),
                scaling(gamma, beta),
            ],
            what=f"y {case}",
            reread=TRAINING,
        )


def _broadcasts(values: Any, x: Tensor) -> bool:
    """Whether it is a tensor that can be subtracted from x without a change of shape."""
    return isinstance(values, Tensor) and values.is_floating_point() and _shape_with(values, x) == x.shape


def _shape_with(values: Tensor, x: Tensor) -> tuple[int, ...]:
    try:
        return torch.broadcast_shapes(values.shape, x.shape)
    except RuntimeError:
        return ()


def _variance_about(right: Statistics, each: Statistics, whole: Statistics, mean: Any, sizes: tuple[int, int]) -> Step:
    """The variance that may come, also about a mean that came and is wrong."""

    def ways(_: object) -> Iterator[Way]:
        yield None, right.var
        if isinstance(mean, Tensor) and mean.shape == right.mean.shape:
            yield None, right.var + (mean - right.mean) ** 2
        yield from variances(right, sizes)
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


def expect_batchnorm_properties(answer: Answer, x: Tensor, gamma: Tensor, beta: Tensor) -> None:
    """Check the default of eps, gradients, that float32 stays float32, and that no argument is changed."""
    right = per_feature(x)

    def reference(x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> list[Tensor]:
        y = F.batch_norm(x, None, None, gamma, beta, training=True, eps=eps)
        return [y, right.mean, right.var]

    def call(*arguments: Any) -> Sequence[Any]:
        return returned_values(answer(*arguments), y=x.shape, mean=gamma.shape, var=beta.shape)

    expect_properties(call, reference, x, gamma, beta, key=keeping(1), names=("y", "mean", "var"), reread=TRAINING)
