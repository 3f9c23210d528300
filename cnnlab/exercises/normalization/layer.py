"""How the check of the exercise ``BatchNorm`` compares a layer with torch's own: what it asks, in which order."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from cnnlab.exercises.common import Answer, example_batch, example_images
from cnnlab.exercises.normalization.layer_promises import (
    expect_gradients,
    expect_input_untouched,
    expect_mode_of_layer,
    expect_no_update,
    expect_saving,
    expect_switching,
)
from cnnlab.exercises.normalization.layer_steps import compare_evaluation, compare_training_step, modes_told
from cnnlab.exercises.normalization.new_layer import compare_new_layer, matching_layers
from coursekit.checks import together


def compare_in_training(
    answer: Answer,
    channels: int,
    eps: float,
    momentum: float,
    *,
    batches: Sequence[int],
    images: Sequence[tuple[int, int, int]],
    seed: int,
) -> None:
    """Compare steps in training mode, one after the other: the outputs, and the running statistics after each.

    Args:
        answer: the student's class.
        channels: of the layers.
        eps: of the layers.
        momentum: of the layers.
        batches: the sizes of batches of shape (N, C).
        images: the sizes N, H and W of batches of images.
        seed: chooses parameters and inputs.
    """
    for x in _inputs(channels, batches, (), seed), _inputs(channels, (), images, seed):
        layers = matching_layers(answer, channels, x[0].ndim, eps, momentum, seed)
        for one in x:
            compare_training_step(*layers, one)
        expect_mode_of_layer(*layers, x[0])


def compare_in_evaluation(
    answer: Answer,
    channels: int,
    eps: float,
    momentum: float,
    *,
    batches: Sequence[int],
    images: Sequence[tuple[int, int, int]],
    seed: int,
) -> None:
    """Compare outputs in evaluation mode, and check that nothing is updated; the arguments are those for training."""
    for x in _inputs(channels, batches, (), seed), _inputs(channels, (), images, seed):
        layers = matching_layers(answer, channels, x[0].ndim, eps, momentum, seed)
        with modes_told(*layers, x[0]), together():
            compare_evaluation(*layers, x[0])
            expect_no_update(layers[0], x[0])
        for one in x[1:]:
            compare_evaluation(*layers, one)


def expect_layer_properties(answer: Answer, channels: int, eps: float, momentum: float, *, seed: int) -> None:
    """Check what a layer promises beside values: defaults, gradients, modes, saving, and that x is not changed."""
    flat, x = example_batch(5, channels, seed=seed)[0], example_images(3, channels, 2, 4, seed=seed)[0]
    for mode in ("train", "eval"):
        compare_new_layer(answer, 0.1 * flat, mode)
        compare_new_layer(answer, x, mode, eps, momentum)
    for one in (flat, x):
        layers = matching_layers(answer, channels, one.ndim, eps, momentum, seed)
        expect_input_untouched(layers[0], one)
        layers = matching_layers(answer, channels, one.ndim, eps, momentum, seed)
        expect_gradients(*layers, one)
    expect_switching(*layers, x)
    expect_saving(answer, layers[0], eps, x)


def _inputs(channels: int, batches: Sequence[int], images: Sequence[tuple[int, int, int]], seed: int) -> list[Tensor]:
    flat = [example_batch(n, channels, seed=seed + n)[0] for n in batches]
    return flat + [example_images(n, channels, h, w, seed=seed + n)[0] for n, h, w in images]
