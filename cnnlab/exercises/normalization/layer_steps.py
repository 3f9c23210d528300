"""How the check of ``BatchNorm`` compares outputs in both modes, and which mode a layer takes for which."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from torch import Tensor

from cnnlab.exercises.cases import differ
from cnnlab.exercises.common import along_channels, expect_steps
from cnnlab.exercises.normalization.new_layer import TEST_TIME, Before
from cnnlab.exercises.normalization.running import (
    CONVOLUTIONAL,
    ONE_FOR_ALL,
    batch_statistics,
    compare_running,
    unbiased,
)
from cnnlab.exercises.normalization.steps import (
    Statistics,
    Wrong,
    dividing,
    keeping,
    scaling,
    shared,
    starting,
    variance_step,
)
from coursekit.checks import CheckFailed, Mistake, together

TRAINING = "Batch normalization in training"
IMAGES_ONLY = Mistake(
    "images_only",
    "it works for images, (N, C, H, W), but not for (N, C); the axes to average over, and the shapes of statistics and "
    "parameters, depend on x.ndim",
    CONVOLUTIONAL,
)
BATCHES_ONLY = Mistake(
    "batches_only",
    "it works for (N, C), but not for images, (N, C, H, W); average over all axes but axis 1, and give statistics and "
    "parameters a shape that broadcasts along it",
    CONVOLUTIONAL,
)
MODES_SWAPPED = Mistake(
    "modes_swapped", "the modes are swapped: training takes the running statistics, evaluation those of the batch"
)
RUNNING_MEAN_IN_TRAINING = Mistake(
    "running_mean_in_training", "the mean is the running one; in training mode take the batch's", TEST_TIME
)
RUNNING_VARIANCE_IN_TRAINING = Mistake(
    "running_variance_in_training", "the variance is the running one; in training mode take the batch's", TEST_TIME
)
VARIANCE_IN_STAGES = Mistake(
    "variance_in_stages",
    "the variance was taken in two stages, over pixels and over images; take it over all values of a channel at once",
    CONVOLUTIONAL,
)
MOMENTUM_FOR_EPS = Mistake("momentum_for_eps", "momentum stands where eps belongs")
RUNNING_IN_TRAINING = Mistake(
    "running_in_training", "the running statistics were used; in training mode take those of the batch", TEST_TIME
)
WITHIN_EXAMPLE = Mistake(
    "within_each_example",
    "mean and variance were taken within each example (layer normalization); take them over the batch",
)
WITHIN_IMAGE = Mistake(
    "within_each_image",
    "mean and variance were taken within each image (instance normalization); average over the batch too",
    CONVOLUTIONAL,
)
EVERY_PIXEL = Mistake(
    "every_pixel_its_own",
    "every pixel has its own mean and variance; all pixels of a channel share them",
    CONVOLUTIONAL,
)
MIXED_CHANNELS = Mistake(
    "reshape_mixes_channels",
    "reshape(-1, C) puts values of different channels into one column; bring axis 1 to the end before it",
    CONVOLUTIONAL,
)
BATCH_IN_EVALUATION = Mistake(
    "batch_in_evaluation",
    "the statistics of the batch were used; in evaluation mode take the running ones",
    TEST_TIME,
)
BATCH_MEAN_IN_EVALUATION = Mistake(
    "batch_mean_in_evaluation", "the mean is the batch's; in evaluation mode take the running one", TEST_TIME
)
BATCH_VARIANCE_IN_EVALUATION = Mistake(
    "batch_variance_in_evaluation", "the variance is the batch's; in evaluation mode take the running one", TEST_TIME
)


def compare_training_step(mine: Any, reference: Any, x: Tensor) -> None:
    """Compare a step in training mode: the output, and the running statistics after it."""
    mine.train()
    reference.train()
    before, case = Before.of(reference), f"for x of shape {tuple(x.shape)}"
    with modes_told(mine, reference, x), together():
        got, expected = output_of(mine, x), reference(x)
        expect_output(got, expected, before, x, training=True, what=f"the output in training mode {case}")
        compare_running(mine, reference, before, x)


def compare_evaluation(mine: Any, reference: Any, x: Tensor) -> None:
    """Compare a forward pass in evaluation mode."""
    mine.eval()
    reference.eval()
    what = f"the output in evaluation mode for x of shape {tuple(x.shape)}"
    expect_output(output_of(mine, x), reference(x), Before.of(reference), x, training=False, what=what)


def output_of(layer: Any, x: Tensor) -> Any:
    """What a layer returns; where it cannot take x, but x of the other kind, that is told."""
    failed, got = None, None
    try:
        got = layer(x.clone())
    except NotImplementedError:
        raise
    except Exception as error:
        failed = error
    if failed or (isinstance(got, Tensor) and got.ndim != x.ndim):
        batch = x.ndim == 2
        other = x[:, :, None, None].repeat(1, 1, 2, 3) if batch else x[:, :, 0, 0].repeat(2, 1)
        if _takes(layer, other):
            what, likely = f"the layer takes x of shape {tuple(x.shape)}", IMAGES_ONLY if batch else BATCHES_ONLY
            raise CheckFailed(what, likely=likely, problem="Requirement not met: {what}", of_values=False)
    if failed:
        raise failed
    return got


def _takes(layer: Any, x: Tensor) -> bool:
    """Whether a layer returns something of the shape of x."""
    try:
        return tuple(layer(x).shape) == tuple(x.shape)
    except Exception:
        return False


@contextmanager
def modes_told(mine: Any, reference: Any, x: Tensor) -> Iterator[None]:
    """Within, a failure of a layer that takes each mode for the other says so."""
    try:
        yield
    except CheckFailed as failure:
        if {RUNNING_IN_TRAINING, BATCH_IN_EVALUATION} & {*failure.mistakes, *failure.also}:
            before = Before.of(reference)
            if all(_takes_for(mine, before, x, training=training) for training in (True, False)):
                failure.told_with(MODES_SWAPPED, ())
        raise


def _takes_for(layer: Any, before: Before, x: Tensor, *, training: bool) -> bool:
    """Whether a layer in one mode returns what is right in the other."""
    try:
        layer.load_state_dict(before.state, strict=False)
        layer.train(training)
        return not differ(layer(x.clone()), before.normalized(x, not training))
    except Exception:
        return False


def expect_output(got: Any, expected: Tensor, before: Before, x: Tensor, *, training: bool, what: str) -> None:
    """Compare an output with torch's; the mistakes in it are found in the steps of a normalization.

    Args:
        got: what the student's layer returned.
        expected: what torch's layer returned.
        before: what both held before the call.
        x: the input.
        training: whether both are in training mode.
        what: what is compared.
    """
    gamma, beta, mean, var = (along_channels(t, x) for t in (before.gamma, before.beta, before.mean, before.var))
    running = Statistics(mean, var)
    if training:
        first = starting(x, gamma, beta, batch_statistics, _wrong_in_training(x, running, before.momentum))
    else:
        first = starting(x, gamma, beta, lambda _: running, _wrong_in_evaluation(x, running))
    mixed = before.normalized(x.reshape(-1, x.shape[1]), training).view(x.shape)
    expect_steps(
        got,
        expected,
        [first, variance_step, dividing(before.eps, {MOMENTUM_FOR_EPS: before.momentum}), scaling(gamma, beta)],
        what=what,
        mistakes={MIXED_CHANNELS: mixed} if x.ndim == 4 else {},
        reread=TEST_TIME if not training else CONVOLUTIONAL if x.ndim == 4 else TRAINING,
    )


def _wrong_in_training(x: Tensor, running: Statistics, momentum: float) -> Iterator[Wrong]:
    """Mistakes in where the statistics come from in training mode."""
    batch = batch_statistics(x)
    moved = Statistics(running.mean.lerp(batch.mean, momentum), running.var.lerp(unbiased(batch), momentum))
    yield RUNNING_IN_TRAINING, lambda _: running
    yield RUNNING_IN_TRAINING, lambda _: moved
    for value in (running, moved):
        yield RUNNING_MEAN_IN_TRAINING, partial(lambda value, _: replace(batch, mean=value.mean), value)
        yield RUNNING_VARIANCE_IN_TRAINING, partial(lambda value, _: Statistics(batch.mean, value.var), value)
    yield ONE_FOR_ALL, lambda x: shared(x, keeping())
    yield WITHIN_EXAMPLE, lambda x: shared(x, keeping(0))
    if x.ndim == 2 and len(x) == x.shape[1]:
        yield WITHIN_EXAMPLE, lambda x: shared(x.T, keeping(1))
    if x.ndim == 4 and len(x) > 1:
        yield WITHIN_IMAGE, lambda x: shared(x, keeping(0, 1))
        yield EVERY_PIXEL, lambda x: shared(x, keeping(1, 2, 3))
        pixels = x.flatten(2)
        for var in (pixels.mean(2).var(0, correction=0), pixels.var(2, correction=0).mean(0)):
            yield VARIANCE_IN_STAGES, partial(lambda var, _: Statistics(batch.mean, var), along_channels(var, x))


def _wrong_in_evaluation(x: Tensor, running: Statistics) -> Iterator[Wrong]:
    """Mistakes in where the statistics come from in evaluation mode."""
    batch = batch_statistics(x)
    yield BATCH_IN_EVALUATION, lambda _: batch
    yield BATCH_IN_EVALUATION, lambda _: Statistics(batch.mean, unbiased(batch))
    yield BATCH_MEAN_IN_EVALUATION, lambda _: Statistics(batch.mean, running.var)
    yield BATCH_VARIANCE_IN_EVALUATION, lambda _: Statistics(running.mean, batch.var)
    yield BATCH_VARIANCE_IN_EVALUATION, lambda _: Statistics(running.mean, unbiased(batch))
