"""Checks of global average pooling."""

from __future__ import annotations

import torch
from torch import Tensor

from cnnlab.exercises.common import NO_GRADIENT, Answer, expect_untouched
from cnnlab.exercises.weights import output_of
from coursekit.checks import Mistake, Mistakes, expect_close, expect_true

POOLING = "Global average pooling"

SUM_FOR_MEAN = Mistake("sum_for_mean", "the sum was taken; take the mean", POOLING)
MAXIMUM_FOR_MEAN = Mistake("maximum_for_mean", "the maximum was taken; take the mean", POOLING)
MEDIAN_FOR_MEAN = Mistake("median_for_mean", "the median was taken; take the mean", POOLING)
AXES_LEFT = Mistake("axes_left", "the axes of size 1 are left over; keepdim=False, or flatten(1)", POOLING)
BATCH_SQUEEZED = Mistake("batch_squeezed", "squeeze() takes away every axis of size 1, the batch axis too", POOLING)
TAKEN_AS_SQUARE = Mistake("taken_as_square", "the maps were taken to be square", POOLING)
OTHER_DIVISOR = Mistake("other_divisor", "the sum was divided by another number than that of the pixels", POOLING)
OVER_CHANNELS = Mistake("over_channels", "the mean was taken over channels; average over pixels", POOLING)
ONE_AXIS_LEFT = Mistake("one_axis_left", "one axis is left to average over", POOLING)
OVER_BATCH = Mistake("over_batch", "the batch was averaged, too", POOLING)
ONE_PER_IMAGE = Mistake("one_per_image", "one number came for each image; there is one for each map", POOLING)
RECTIFIED = Mistake("rectified", "negative numbers count as well", POOLING)
FIXED_49 = Mistake("fixed_49", "the size is fixed at 7 × 7", POOLING)
FIXED_WINDOW = Mistake(
    "fixed_window", "the pool's window is fixed, or square; maps may have any height and width", POOLING
)
FLATTENED = Mistake("flattened", "the maps were flattened, and not averaged", POOLING)


def maps_with_means(shape: tuple[int, int, int, int], generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Maps, and their means, shape (N, C): around each mean, values that add up to nothing."""
    means = 2 * torch.randn(shape[:2], generator=generator, dtype=torch.float64)
    noise = torch.randn(shape, generator=generator, dtype=torch.float64)
    return means[:, :, None, None] + noise - noise.flip(3), means


def pool_values(answer: Answer, shape: tuple[int, int, int, int], generator: torch.Generator) -> None:
    """Compare the means of maps of a shape."""
    x, means = maps_with_means(shape, generator)
    what = f"the result for x of shape {shape}"
    expect_close(
        output_of(answer, x.clone(), _why_it_failed),
        means,
        what=what,
        mistakes=_pool_mistakes(x, means),
        reread=POOLING,
    )


def _why_it_failed(error: Exception) -> Mistake | None:
    """What torch's error about a pool means."""
    return FIXED_WINDOW if "too small" in str(error) else None


def _pool_mistakes(x: Tensor, means: Tensor) -> Mistakes:
    """What mistakes lead to."""
    n, c, h, w = x.shape
    total = means * (h * w)
    return {
        SUM_FOR_MEAN: total,
        MAXIMUM_FOR_MEAN: x.amax((2, 3)),
        MEDIAN_FOR_MEAN: x.flatten(2).median(2).values,
        AXES_LEFT: means[..., None, None],
        BATCH_SQUEEZED: means.squeeze(),
        TAKEN_AS_SQUARE: [total / h**2, total / w**2],
        OVER_CHANNELS: [x.mean(1), x.mean((0, 1)), x.mean((1, 2)), x.mean((1, 3))],
        ONE_AXIS_LEFT: [x.mean(2), x.mean(3)],
        OVER_BATCH: [x.mean((0, 2, 3)), x.mean((0, 2, 3)).expand(n, c), x.mean((0, 2, 3), keepdim=True)],
        ONE_PER_IMAGE: [x.mean((1, 2, 3)), x.mean((1, 2, 3))[:, None].expand(n, c)],
        RECTIFIED: x.relu().flatten(2).sum(2) / (h * w),
        FIXED_49: total / 49,
        OTHER_DIVISOR: [total / (h * w * c), total / (h + w), total / c, total / h, total / w, total / (h * w - 1)],
        FLATTENED: x.flatten(1),
    }


def pool_properties(answer: Answer, generator: torch.Generator) -> None:
    """Check dtype, gradient and an untouched input; right values first."""
    shape = (2, 3, 4, 5)
    pool_values(answer, shape, generator)
    x, means = maps_with_means(shape, generator)
    given = x.clone()
    answer(given)
    expect_untouched([given], [x])
    expect_close(answer(x.float()), means.float(), what="the result for maps in float32", atol=1e-5, reread=POOLING)
    leaf = x.clone().requires_grad_()
    result = answer(leaf)
    expect_true(result.requires_grad, what="gradients flow through the pool", likely=NO_GRADIENT, reread=POOLING)
    share = torch.full_like(x, 1 / (4 * 5))
    expect_close(torch.autograd.grad(result.sum(), leaf)[0], share, what="the gradient of x", reread=POOLING)
