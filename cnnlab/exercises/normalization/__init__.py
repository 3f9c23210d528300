"""The visible checks of "Normalization".

Each ``check.NAME(NAME)`` of the notebook is the function NAME here; the modules beside it say how results are compared
and which mistakes are known. What is right comes from torch's own layers and from automatic differentiation.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnnlab.exercises.common import Answer, example_batch, example_images
from cnnlab.exercises.normalization.axes import compare_reduced_axes
from cnnlab.exercises.normalization.backward import (
    compare_batchnorm_backward,
    example_gradient,
    expect_backward_properties,
)
from cnnlab.exercises.normalization.folding import Fusing, compare_fuse_conv_bn, expect_fusing_properties
from cnnlab.exercises.normalization.layer import compare_in_evaluation, compare_in_training, expect_layer_properties
from cnnlab.exercises.normalization.norms import (
    compare_group_norm,
    compare_instance_norm,
    compare_layer_norm,
    expect_group_norm_properties,
    expect_groups_refused,
    expect_instance_norm_properties,
    expect_layer_norm_properties,
)
from cnnlab.exercises.normalization.train import compare_batchnorm_train, expect_batchnorm_properties
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

__all__ = [
    "KINDS",
    "BatchNorm",
    "batchnorm_backward",
    "batchnorm_train",
    "fuse_conv_bn",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "reduced_axes",
]

# Inputs of the visible checks: shapes and eps. Where axes are equal, a wrong one raises no error.
BATCHES = ((6, 6, 0.1), (16, 3, 1e-3), (2, 5, 0.01))
BATCHES_BACKWARD = ((6, 6, 0.1), (16, 3, 1e-3), (3, 5, 0.01))
EXAMPLES = ((6, 6, 0.1), (4, 9, 1e-3), (1, 5, 0.01))
IMAGES = (((4, 4, 4, 4), 0.1), ((3, 2, 4, 5), 1e-3), ((1, 3, 1, 6), 0.01))
GROUPS = (((6, 6, 6, 6), 2, 0.1), ((3, 8, 2, 5), 4, 1e-3), ((2, 4, 3, 2), 1, 0.01), ((2, 4, 3, 2), 4, 0.01))
CONVOLUTIONS = ((4, 4, (3, 3), 0.1, True), (3, 5, (3, 2), 0.01, False))
KINDS = ("batch", "layer", "instance")


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


@visible_check
def BatchNorm(answer: Answer) -> None:
    """Check the layer: its names, both modes, the running statistics, gradients, saving and loading.

    Args:
        answer: your class.
    """
    seed = grading_seed()
    compare_in_training(answer, 3, 0.2, 0.3, batches=(3, 5, 2), images=((4, 5, 2), (2, 3, 3), (1, 4, 6)), seed=seed)
    compare_in_evaluation(answer, 3, 0.1, 0.3, batches=(6, 1), images=((6, 4, 2), (1, 4, 2)), seed=seed)
    expect_layer_properties(answer, 3, 0.2, 0.3, seed=seed)


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


@visible_check
def reduced_axes(answer: Answer, kinds: Sequence[str] = KINDS) -> None:
    """Check the axes of each kind of normalization by the shape of the means that they leave.

    Args:
        answer: your function.
        kinds: what it is asked for.
    """
    compare_reduced_axes(answer, kinds)


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
