"""What the hidden tests of "Normalization" ask: the comparisons of the visible checks, with other shapes and options.

Each exercise has a test of values, and most have one of properties, which first asks for right values.
"""

from __future__ import annotations

from random import Random
from typing import Any

from cnnlab.exercises.common import example_batch, example_images
from cnnlab.exercises.normalization import KINDS
from cnnlab.exercises.normalization.axes import compare_reduced_axes
from cnnlab.exercises.normalization.backward import (
    compare_batchnorm_backward,
    example_gradient,
    expect_backward_properties,
)
from cnnlab.exercises.normalization.folding import (
    Fusing,
    compare_fuse_conv_bn,
    expect_fusing_properties,
)
from cnnlab.exercises.normalization.layer import (
    compare_in_evaluation,
    compare_in_training,
    expect_layer_properties,
)
from cnnlab.exercises.normalization.norms import (
    compare_group_norm,
    compare_instance_norm,
    compare_layer_norm,
    expect_group_norm_properties,
    expect_groups_refused,
)
from cnnlab.exercises.normalization.train import (
    compare_batchnorm_train,
    expect_batchnorm_properties,
)
from coursekit.seeds import grading_seed


def batch_sizes(rng: Random) -> list[tuple[int, int, float]]:
    """Examples, features and eps: a square batch, two examples, many, one feature, and more features than examples."""
    square = rng.randint(4, 7)
    return [
        (square, square, rng.choice([0.2, 0.3, 0.4])),
        (2, rng.randint(3, 6), rng.choice([1e-3, 2e-3])),
        (rng.randint(50, 90), rng.randint(6, 12), 0.05),
        (rng.randint(6, 9), 1, 1e-4),
        (3, rng.randint(7, 10), rng.choice([0.5, 0.6])),
    ]


def batchnorm_train(answer: Any) -> None:
    """Compare mean, variance and output."""
    seed = grading_seed()
    for place, (n, d, eps) in enumerate(batch_sizes(Random(seed + 1))):
        compare_batchnorm_train(answer, *example_batch(n, d, seed=seed + place), eps)


def batchnorm_train_properties(answer: Any) -> None:
    """Check the default of eps, gradients, the dtype, and that no argument is changed."""
    seed = grading_seed()
    compare_batchnorm_train(answer, *example_batch(4, 4, seed=seed + 10), 0.2)
    expect_batchnorm_properties(answer, *example_batch(6, 3, seed=seed + 11))


def batchnorm_backward(answer: Any) -> None:
    """Compare the three gradients."""
    seed = grading_seed()
    for place, (n, d, eps) in enumerate(batch_sizes(Random(seed + 2))):
        # With two examples and a small eps, dx is next to nothing: a difference of large numbers.
        gradient = example_gradient(n, d, seed=seed + place)
        compare_batchnorm_backward(answer, *gradient, max(eps, 0.2) if n == 2 else eps)


def batchnorm_backward_properties(answer: Any) -> None:
    """Check the default of eps, the dtype, and that no argument is changed."""
    seed = grading_seed()
    compare_batchnorm_backward(answer, *example_gradient(4, 4, seed=seed + 10), 0.2)
    expect_backward_properties(answer, *example_gradient(6, 3, seed=seed + 11))


def layer_settings(rng: Random) -> list[tuple[int, float, float]]:
    """Channels, eps and momentum of three layers."""
    few, more = rng.sample(range(3, 7), 2)
    return [
        (few, rng.choice([0.2, 0.3]), rng.choice([0.25, 0.35])),
        (1, 1e-3, rng.choice([0.6, 0.7])),
        (more, 0.05, rng.choice([0.03, 0.04])),
    ]


def BatchNorm_in_training(answer: Any) -> None:  # noqa: N802
    """Compare outputs and running statistics in training mode."""
    seed = grading_seed()
    rng = Random(seed + 3)
    for channels, eps, momentum in layer_settings(rng):
        side = rng.randint(3, 5)
        images = [
            (3, side, side + (side == channels)),
            (2, rng.randint(5, 7), 1),
            (1, 2, rng.randint(4, 6)),
        ]
        batches = [max(channels, 2), 3, rng.randint(12, 18)]
        compare_in_training(
            answer, channels, eps, momentum, batches=batches, images=images, seed=seed
        )


def BatchNorm_in_evaluation(answer: Any) -> None:  # noqa: N802
    """Compare outputs in evaluation mode, after which nothing may have changed."""
    seed = grading_seed()
    rng = Random(seed + 4)
    for channels, eps, momentum in layer_settings(rng):
        images = [(rng.randint(2, 4), 3, 2), (1, 3, 2)]
        batches = [rng.randint(6, 9), 1]
        compare_in_evaluation(
            answer, channels, eps, momentum, batches=batches, images=images, seed=seed
        )


def BatchNorm_properties(answer: Any) -> None:  # noqa: N802
    """Check defaults, gradients, modes, saving and loading."""
    seed = grading_seed()
    rng = Random(seed + 5)
    channels, eps, momentum = layer_settings(rng)[rng.choice([0, 2])]
    compare_in_training(
        answer, channels, eps, momentum, batches=[channels], images=[(2, 3, 2)], seed=seed
    )
    compare_in_evaluation(
        answer, channels, eps, momentum, batches=[channels], images=[(2, 3, 2)], seed=seed
    )
    expect_layer_properties(answer, channels, eps, momentum, seed=seed)


def fuse_conv_bn(answer: Any) -> None:
    """Compare weight and bias, for convolutions with a bias and without."""
    seed = grading_seed()
    rng = Random(seed + 6)
    same = rng.randint(2, 4)
    sizes = [
        (same, same, (3, 3), 0.2),
        (1, rng.randint(5, 7), (3, 3), 1e-3),
        (rng.randint(4, 6), 2, rng.choice([(1, 3), (3, 1)]), 0.3),
        (rng.randint(3, 5), 1, (2, 2), 1e-2),
    ]
    for place, size in enumerate(sizes):
        for with_bias in (True, False):
            compare_fuse_conv_bn(answer, Fusing.drawn(*size, with_bias, seed=seed + 10 * place))


def fuse_conv_bn_properties(answer: Any) -> None:
    """Check the default of eps, the dtype, and that no argument is changed."""
    seed = grading_seed()
    for with_bias in (True, False):
        layers = Fusing.drawn(3, 4, (3, 2), 0.05, with_bias, seed=seed + 50)
        compare_fuse_conv_bn(answer, layers)
        expect_fusing_properties(answer, layers)


def layer_norm(answer: Any) -> None:
    """Compare outputs."""
    seed = grading_seed()
    rng = Random(seed + 7)
    square = rng.randint(4, 7)
    sizes = [
        (square, square, 0.3),
        (rng.randint(3, 5), 2, 0.02),
        (rng.randint(20, 40), rng.randint(12, 18), 1e-3),
        (1, rng.randint(6, 9), 0.05),
    ]
    for place, (n, d, eps) in enumerate(sizes):
        compare_layer_norm(answer, *example_batch(n, d, seed=seed + place), eps)


def instance_norm(answer: Any) -> None:
    """Compare outputs."""
    seed = grading_seed()
    rng = Random(seed + 8)
    side, wide = rng.randint(3, 5), rng.randint(4, 6)
    sizes = [
        ((wide, wide, wide, wide), 0.3),
        ((rng.randint(3, 5), 1, 2, 3), 0.02),
        ((2, rng.randint(6, 9), side, side), 1e-3),
        ((1, rng.randint(2, 4), 5, 2), 0.1),
    ]
    for place, (shape, eps) in enumerate(sizes):
        compare_instance_norm(answer, *example_images(*shape, seed=seed + place), eps)


def reduced_axes(answer: Any) -> None:
    """Compare all kinds, in an order that a seed chooses."""
    seed = grading_seed()
    compare_reduced_axes(answer, Random(seed + 9).sample(KINDS, len(KINDS)))


def group_norm(answer: Any) -> None:
    """Compare outputs."""
    seed = grading_seed()
    rng = Random(seed + 10)
    side, few, many = rng.randint(3, 5), rng.randint(3, 5), rng.randint(4, 7)
    channels, groups = rng.choice([(12, 3), (15, 3), (12, 4)])
    sizes = [
        ((2, channels, 3, 2), groups, 0.3),
        ((3, 8, 4, 4), 2, 1e-3),
        ((1, 6, 2, rng.randint(4, 6)), 2, 0.3),
        ((4, many, side, side), 1, 1e-3),
        ((2, few, 4, 2), few, 0.3),
    ]
    for place, (shape, count, eps) in enumerate(sizes):
        compare_group_norm(answer, *example_images(*shape, seed=seed + place), count, eps)


def group_norm_contract(answer: Any) -> None:
    """Check that groups which do not divide the channels are refused, and others are not."""
    seed = grading_seed()
    rng = Random(seed + 11)
    _group_norm_first(answer)
    expect_groups_refused(
        answer, [(rng.choice([7, 8, 10]), 3), (4, rng.choice([7, 8, 9]))], seed=seed
    )


def group_norm_properties(answer: Any) -> None:
    """Check the default of eps, gradients, the dtype, and that no argument is changed."""
    seed = grading_seed()
    _group_norm_first(answer)
    expect_group_norm_properties(answer, *example_images(2, 8, 3, 2, seed=seed + 21), 4)


def _group_norm_first(answer: Any) -> None:
    """Right values come first: who refuses everything has refused nothing."""
    seed = grading_seed()
    compare_group_norm(answer, *example_images(2, 6, 2, 3, seed=seed + 20), 3, 0.2)
