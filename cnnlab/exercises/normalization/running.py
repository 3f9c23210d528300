"""How the check of ``BatchNorm`` compares running statistics after a step of training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from cnnlab.exercises.common import Step, Way, expect_steps
from cnnlab.exercises.normalization.new_layer import TEST_TIME, Before
from cnnlab.exercises.normalization.steps import STD_FOR_VARIANCE, Statistics, keeping, shared
from coursekit.checks import Mistake

CONVOLUTIONAL = "Batch normalization for convolutional networks"
ONE_FOR_ALL = Mistake(
    "one_mean_for_all_channels",
    "mean and variance are those of the whole batch; every channel needs its own",
    CONVOLUTIONAL,
)
EPS_FOR_MOMENTUM = Mistake("eps_for_momentum", "eps stands where momentum belongs")
STATISTICS_EXCHANGED = Mistake(
    "statistics_exchanged", "the batch's mean and variance are exchanged: one went into the running value of the other"
)
AVERAGED_STD = Mistake("averaged_std", "the standard deviations were averaged; average the variances")
BIASED = Mistake(
    "biased_running_var",
    "the biased variance went in; multiply it by n / (n - 1), n being the number of values per channel",
)
COUNTED_EXAMPLES = Mistake(
    "counted_examples", "in n / (n - 1), n is the batch size; count all values of a channel, N * H * W"
)
COUNTED_OTHERS = Mistake("counted_others", "in n / (n - 1), n is not the number of values per channel, N * H * W")
EPS_WENT_IN = Mistake("eps_in_running_var", "eps went in; it belongs under the root only")
MOMENTUM_REVERSED = Mistake(
    "momentum_reversed",
    "momentum is the wrong way round; the new value has the weight momentum, the old one 1 - momentum",
)
NO_UPDATE = Mistake("no_update", "it did not change; training mode moves it, with or without gradients")
REPLACED = Mistake("replaced", "it became the value of this batch; move it there by the share momentum")
FIXED_MOMENTUM = Mistake("fixed_momentum", "momentum is a fixed 0.1; use the argument")
OLD_KEPT = Mistake("old_value_kept", "the old value keeps its full weight; multiply it by 1 - momentum")
NEW_UNWEIGHTED = Mistake("new_value_unweighted", "the new value is added with its full weight; multiply it by momentum")
ADDED_UP = Mistake(
    "added_up", "the new value was added to the old one; give them the weights momentum and 1 - momentum"
)
UPDATED_TWICE = Mistake("updated_twice", "it moved twice in one step; update it once per forward pass")
TIMES_N_MINUS_1 = Mistake("correction_inverted", "the variance was multiplied by (n - 1) / n; it is n / (n - 1)")


def batch_statistics(x: Tensor) -> Statistics:
    """Mean and biased variance of each channel, in the shape of x."""
    return shared(x, keeping(1))


def unbiased(statistics: Statistics) -> Tensor:
    """The unbiased variance; of a single value, the variance."""
    return statistics.var * statistics.count / max(statistics.count - 1, 1)


def compare_running(mine: Any, reference: Any, before: Before, x: Tensor) -> None:
    """Compare running mean and running variance after a step with x."""
    for name, old, values in [
        ("running_mean", before.mean, _new_means(x)),
        ("running_var", before.var, _new_variances(x, before.eps)),
    ]:
        expect_steps(
            getattr(mine, name),
            getattr(reference, name),
            [values, _moving(old, before.momentum, before.eps)],
            what=f"{name} after a step with momentum={before.momentum} for x of shape {tuple(x.shape)}",
            reread=TEST_TIME,
        )


def _new_means(x: Tensor) -> Step:
    """What may go into the running mean."""
    batch = batch_statistics(x)

    def ways(_: object) -> Iterator[Way]:
        yield None, per_channel(batch.mean)
        for variance in (batch.var, unbiased(batch)):
            yield STATISTICS_EXCHANGED, per_channel(variance)
        yield ONE_FOR_ALL, x.mean().expand(x.shape[1])

    return ways


def _new_variances(x: Tensor, eps: float) -> Step:
    """What may go into the running variance."""
    batch = batch_statistics(x)
    var, count = per_channel(batch.var), batch.count

    def ways(_: object) -> Iterator[Way]:
        right = per_channel(unbiased(batch))
        yield None, right
        yield STATISTICS_EXCHANGED, per_channel(batch.mean)
        yield BIASED, var
        yield COUNTED_EXAMPLES, var * len(x) / max(len(x) - 1, 1)
        for n in (x.numel(), x[0, 0].numel()):
            yield COUNTED_OTHERS, var * n / max(n - 1, 1)
        yield TIMES_N_MINUS_1, var * (count - 1) / count
        for value in (right, var):
            yield STD_FOR_VARIANCE, value.sqrt()
            yield EPS_WENT_IN, value + eps

    return ways


def _moving(old: Tensor, momentum: float, eps: float) -> Step:
    """How a running statistic may move from its old value."""

    def ways(new: Tensor) -> Iterator[Way]:
        yield None, old.lerp(new, momentum)
        yield MOMENTUM_REVERSED, old.lerp(new, 1 - momentum)
        yield NO_UPDATE, old
        yield REPLACED, new
        yield EPS_FOR_MOMENTUM, old.lerp(new, eps)
        yield FIXED_MOMENTUM, old.lerp(new, 0.1)
        yield AVERAGED_STD, old.sqrt().lerp(new.sqrt(), momentum) ** 2
        yield OLD_KEPT, old + momentum * new
        yield NEW_UNWEIGHTED, (1 - momentum) * old + new
        yield ADDED_UP, old + new
        yield UPDATED_TWICE, old.lerp(new, momentum).lerp(new, momentum)

    return ways


def per_channel(values: Tensor) -> Tensor:
    """The value of each channel, of values that are the same all over a channel."""
    return values.movedim(1, 0).flatten(1)[:, 0]
