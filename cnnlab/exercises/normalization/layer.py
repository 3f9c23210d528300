"""How the check of the exercise ``BatchNorm`` compares a layer with torch's own, in both modes and between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

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
    expect_steps,
    expect_untouched,
    scale_and_shift,
)
from cnnlab.exercises.normalization.steps import (
    CUT_OFF,
    FIXED,
    STD_FOR_VARIANCE,
    Statistics,
    Wrong,
    dividing,
    keeping,
    scaling,
    shared,
    starting,
    variance_step,
)
from coursekit.checks import Mistake, expect_close, expect_equal, expect_shape, expect_true, together

STATE_NAMES = ("weight", "bias", "running_mean", "running_var")
TEST_TIME = "Batch normalization at test time"
TRAINING = "Batch normalization in training"
CONVOLUTIONAL = "Batch normalization for convolutional networks"
BACKWARD = "Backpropagation through a batch"

PLAIN_STATISTICS = Mistake(
    "plain_statistics", "the running statistics are plain attributes; use self.register_buffer", TEST_TIME
)
PLAIN_PARAMETERS = Mistake(
    "plain_parameters", "weight and bias are plain tensors; wrap them in nn.Parameter", TEST_TIME
)
NOTHING_REGISTERED = Mistake(
    "nothing_registered", "nothing is registered; use nn.Parameter and self.register_buffer", TEST_TIME
)
OTHER_NAMES = Mistake(
    "named_gamma_and_beta", "the parameters are named gamma and beta; name them weight and bias, as torch does"
)
STATISTICS_ARE_PARAMETERS = Mistake(
    "statistics_are_parameters",
    "the running statistics are parameters, so that an optimizer would change them; make them buffers",
    TEST_TIME,
)
PARAMETERS_ARE_BUFFERS = Mistake(
    "parameters_are_buffers",
    "weight and bias are buffers, so that no optimizer would train them; make them nn.Parameter",
    TEST_TIME,
)
STARTS_AT_0 = Mistake("starts_at_0", "it starts at 0")
STARTS_AT_1 = Mistake("starts_at_1", "it starts at 1")
RUNNING_IN_TRAINING = Mistake(
    "running_in_training", "the running statistics were used; in training mode take those of the batch", TEST_TIME
)
ONE_FOR_ALL = Mistake(
    "one_mean_for_all", "mean and variance are those of the whole batch; every channel needs its own", CONVOLUTIONAL
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
UPDATED_TWICE = Mistake("updated_twice", "it moved twice in one step; update it once per forward pass")
TIMES_N_MINUS_1 = Mistake("correction_inverted", "the variance was multiplied by (n - 1) / n; it is n / (n - 1)")
OTHER_DEFAULT = Mistake("other_default_of_eps", "the default of eps is another number; it is eps=1e-5 in __init__")
MODE_FROM_GRADIENTS = Mistake(
    "mode_from_gradients", "the mode was read from torch.is_grad_enabled(); self.training says which it is", TEST_TIME
)
OWN_MODE = Mistake(
    "own_mode",
    "train() or eval() was written anew, or the mode is kept elsewhere; nn.Module does it all, and eval() of a network "
    "calls train(False) of its layers: read self.training",
    TEST_TIME,
)
ARGUMENTS_SWAPPED = Mistake(
    "eps_and_momentum_swapped", "eps and momentum changed places; the order is num_features, eps, momentum"
)
MOMENTUM_OF_OLD = Mistake(
    "momentum_of_old", "momentum is the wrong way round; it is the share of the new value", TEST_TIME
)
SHARED_STATISTICS = Mistake(
    "statistics_shared", "both layers hold the same tensor; make a new one in __init__ for each", TEST_TIME
)
UPDATED_IN_EVALUATION = Mistake(
    "updated_in_evaluation", "it is updated whatever the mode; only a step in training mode may change it", TEST_TIME
)
NO_GRADIENT = Mistake(
    "no_gradient", "the output was computed under torch.no_grad(), or went through .detach() or .data"
)
STATISTICS_TRACK_GRADIENTS = Mistake(
    "statistics_track_gradients",
    "they were updated with tensors that require gradients; update them under torch.no_grad()",
    TEST_TIME,
)
PARAMETER_CUT_OFF = Mistake(
    "parameter_cut_off", "it was used through .detach() or .data, or does not require a gradient"
)
STALE = Mistake(
    "stale_statistics",
    "something made of the statistics is kept from eval() on and gets stale; compute it in every forward pass",
    TEST_TIME,
)


def torch_layer(channels: int, ndim: int, *settings: float) -> Any:
    """Torch's batch normalization for inputs of so many dimensions; settings are eps and momentum."""
    layer: Any = nn.BatchNorm1d if ndim == 2 else nn.BatchNorm2d
    return layer(channels, *settings)


def expect_names(layer: Any, channels: int) -> None:
    """Check which parameters and buffers a new BatchNorm has, and where they start."""
    state = layer.state_dict()
    expect_equal(
        sorted(name for name in state if name != "num_batches_tracked"),
        sorted(STATE_NAMES),
        what="the list of names in state_dict()",
        mistakes={
            PLAIN_STATISTICS: [["bias", "weight"]],
            PLAIN_PARAMETERS: [["running_mean", "running_var"]],
            NOTHING_REGISTERED: [[]],
            OTHER_NAMES: [["beta", "gamma", "running_mean", "running_var"]],
        },
        reread=TEST_TIME,
    )
    expect_equal(
        len(list(layer.parameters())),
        2,
        what="the number of parameters",
        mistakes={STATISTICS_ARE_PARAMETERS: 4, PARAMETERS_ARE_BUFFERS: 0},
        reread=TEST_TIME,
    )
    for name, right, wrong in [
        ("weight", 1, STARTS_AT_0),
        ("bias", 0, STARTS_AT_1),
        ("running_mean", 0, STARTS_AT_1),
        ("running_var", 1, STARTS_AT_0),
    ]:
        expect_shape(state[name], (channels,), what=f"{name} of a new layer", reread=TEST_TIME)
        # A new layer has torch's default dtype, which may have been set to another.
        expect_close(
            state[name],
            torch.full((channels,), float(right)),
            what=f"{name} of a new layer",
            mistakes={wrong: torch.full((channels,), 1.0 - right)},
            reread=TEST_TIME,
            check_dtype=False,
        )


def matching_layers(
    answer: Answer, channels: int, ndim: int, eps: float, momentum: float, seed: int
) -> tuple[Any, Any]:
    """A BatchNorm and torch's own layer, both in float64 and with the same parameters and running statistics."""
    expect_names(answer(channels), channels)
    generator = drawing(seed)
    running = torch.rand(2, channels, generator=generator, dtype=torch.float64) + 0.2
    state = dict(zip(STATE_NAMES, (*scale_and_shift(channels, generator), *running), strict=True))
    mine, reference = answer(channels, eps=eps, momentum=momentum), torch_layer(channels, ndim, eps, momentum)
    for layer in (mine, reference):
        layer.double()
        layer.load_state_dict(state, strict=False)
    return mine, reference


@dataclass(frozen=True)
class Before:
    """What a layer of torch's holds before a call."""

    gamma: Tensor
    beta: Tensor
    mean: Tensor
    var: Tensor
    eps: float
    momentum: float

    @classmethod
    def of(cls, layer: Any) -> Before:
        """Copies of what the layer holds."""
        state = layer.state_dict()
        gamma, beta, mean, var = (state[name].detach().clone() for name in STATE_NAMES)
        return cls(gamma, beta, mean, var, layer.eps, layer.momentum)

    @property
    def state(self) -> dict[str, Tensor]:
        """The parameters and running statistics by name."""
        return dict(zip(STATE_NAMES, (self.gamma, self.beta, self.mean, self.var), strict=True))

    def normalized(self, x: Tensor, training: bool) -> Tensor:
        """What torch gives for x."""
        mean, var = (None, None) if training else (self.mean, self.var)
        return F.batch_norm(x, mean, var, self.gamma, self.beta, training=training, eps=self.eps)


def batch_statistics(x: Tensor) -> Statistics:
    """Mean and biased variance of each channel, in the shape of x."""
    return shared(x, keeping(1))


def unbiased(statistics: Statistics) -> Tensor:
    """The unbiased variance; of a single value, the variance."""
    return statistics.var * statistics.count / max(statistics.count - 1, 1)


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
        [first, variance_step, dividing(before.eps), scaling(gamma, beta)],
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
    yield ONE_FOR_ALL, lambda x: shared(x, keeping())
    yield WITHIN_EXAMPLE, lambda x: shared(x, keeping(0))
    if x.ndim == 4 and len(x) > 1:
        yield WITHIN_IMAGE, lambda x: shared(x, keeping(0, 1))
        yield EVERY_PIXEL, lambda x: shared(x, keeping(1, 2, 3))


def _wrong_in_evaluation(x: Tensor, running: Statistics) -> Iterator[Wrong]:
    """Mistakes in where the statistics come from in evaluation mode."""
    batch = batch_statistics(x)
    yield BATCH_IN_EVALUATION, lambda _: batch
    yield BATCH_IN_EVALUATION, lambda _: Statistics(batch.mean, unbiased(batch))
    yield BATCH_MEAN_IN_EVALUATION, lambda _: Statistics(batch.mean, running.var)
    yield BATCH_VARIANCE_IN_EVALUATION, lambda _: Statistics(running.mean, batch.var)
    yield BATCH_VARIANCE_IN_EVALUATION, lambda _: Statistics(running.mean, unbiased(batch))


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
        with together():
            compare_evaluation(*layers, x[0])
            expect_no_update(layers[0], x[0])
        for one in x[1:]:
            compare_evaluation(*layers, one)


def _inputs(channels: int, batches: Sequence[int], images: Sequence[tuple[int, int, int]], seed: int) -> list[Tensor]:
    flat = [example_batch(n, channels, seed=seed + n)[0] for n in batches]
    return flat + [example_images(n, channels, h, w, seed=seed + n)[0] for n, h, w in images]


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


def compare_training_step(mine: Any, reference: Any, x: Tensor) -> None:
    """Compare a step in training mode: the output, and the running statistics after it."""
    mine.train()
    reference.train()
    before, case = Before.of(reference), f"for x of shape {tuple(x.shape)}"
    given = x.clone()
    with together():
        got, expected = mine(given), reference(x)
        expect_output(got, expected, before, x, training=True, what=f"the output in training mode {case}")
        for name, old, values in [
            ("running_mean", before.mean, _new_means(x)),
            ("running_var", before.var, _new_variances(x, before.eps)),
        ]:
            expect_steps(
                getattr(mine, name),
                getattr(reference, name),
                [values, _moving(old, before.momentum)],
                what=f"{name} after a step with momentum={before.momentum} {case}",
                reread=TEST_TIME,
            )


def _new_means(x: Tensor) -> Step:
    """What may go into the running mean."""
    batch = batch_statistics(x)

    def ways(_: object) -> Iterator[Way]:
        yield None, per_channel(batch.mean)
        yield ONE_FOR_ALL, x.mean().expand(x.shape[1])

    return ways


def _new_variances(x: Tensor, eps: float) -> Step:
    """What may go into the running variance."""
    batch = batch_statistics(x)
    var, count = per_channel(batch.var), batch.count

    def ways(_: object) -> Iterator[Way]:
        right = per_channel(unbiased(batch))
        yield None, right
        yield BIASED, var
        yield COUNTED_EXAMPLES, var * len(x) / max(len(x) - 1, 1)
        for n in (x.numel(), x[0, 0].numel()):
            yield COUNTED_OTHERS, var * n / max(n - 1, 1)
        yield TIMES_N_MINUS_1, var * (count - 1) / count
        for value in (right, var):
            yield STD_FOR_VARIANCE, value.sqrt()
            yield EPS_WENT_IN, value + eps

    return ways


def _moving(old: Tensor, momentum: float) -> Step:
    """How a running statistic may move from its old value."""

    def ways(new: Tensor) -> Iterator[Way]:
        yield None, old.lerp(new, momentum)
        yield MOMENTUM_REVERSED, old.lerp(new, 1 - momentum)
        yield NO_UPDATE, old
        yield REPLACED, new
        yield FIXED_MOMENTUM, old.lerp(new, 0.1)
        yield OLD_KEPT, old + momentum * new
        yield NEW_UNWEIGHTED, (1 - momentum) * old + new
        yield UPDATED_TWICE, old.lerp(new, momentum).lerp(new, momentum)

    return ways


def per_channel(values: Tensor) -> Tensor:
    """The value of each channel, of values that are the same all over a channel."""
    return values.movedim(1, 0).flatten(1)[:, 0]


def compare_evaluation(mine: Any, reference: Any, x: Tensor) -> None:
    """Compare a forward pass in evaluation mode."""
    mine.eval()
    reference.eval()
    what = f"the output in evaluation mode for x of shape {tuple(x.shape)}"
    expect_output(mine(x.clone()), reference(x), Before.of(reference), x, training=False, what=what)


def expect_no_update(mine: Any, x: Tensor) -> None:
    """Check that a forward pass in evaluation mode changes no running statistic."""
    mine.eval()
    before = {name: getattr(mine, name).clone() for name in ("running_mean", "running_var")}
    mine(x.clone())
    for name, value in before.items():
        expect_true(
            torch.equal(getattr(mine, name), value),
            what=f"{name} stays as it is in evaluation mode",
            likely=UPDATED_IN_EVALUATION,
            reread=TEST_TIME,
        )


def expect_input_untouched(mine: Any, x: Tensor) -> None:
    """Check that a forward pass leaves x as it is, in both modes."""
    for mode in ("train", "eval"):
        getattr(mine, mode)()
        given = x.clone()
        mine(given)
        expect_untouched([given], [x])


def expect_mode_of_layer(mine: Any, reference: Any, x: Tensor) -> None:
    """Check that self.training decides in training mode, not whether gradients are recorded."""
    running = Before.of(reference).normalized(x, training=False)
    mine.train()
    reference.train()
    with torch.no_grad():
        expect_close(
            mine(x),
            reference(x),
            what="the output in training mode under torch.no_grad()",
            mistakes={MODE_FROM_GRADIENTS: running},
            reread=TEST_TIME,
        )


def expect_switching(mine: Any, reference: Any, x: Tensor) -> None:
    """Check each way of changing the mode: self.training follows, and the output with it."""
    before = Before.of(reference)
    for name, arguments in [("train", [False]), ("train", [True]), ("eval", []), ("train", [])]:
        mine.load_state_dict(before.state, strict=False)
        getattr(mine, name)(*arguments)
        training = name == "train" and arguments != [False]
        call = f"{name}({', '.join(map(str, arguments))})"
        expect_close(
            mine(x),
            before.normalized(x, training),
            what=f"the output after {call}",
            mistakes={OWN_MODE: before.normalized(x, not training)},
            reread=TEST_TIME,
        )
        expect_true(mine.training is training, what=f"self.training is {training} after {call}", likely=OWN_MODE)


def compare_new_layer(answer: Answer, x: Tensor, mode: str, *settings: float) -> None:
    """Compare a layer as it is made, without a change of its dtype, with eps and momentum left out or by position.

    Args:
        answer: the student's class.
        x: a batch.
        mode: "train" or "eval".
        settings: eps and momentum, or nothing.
    """
    channels, ndim = x.shape[1], x.ndim
    mine, other = answer(channels, *settings), answer(channels, *settings)
    dtype = mine.weight.dtype  # float32, unless torch's default dtype was set to another
    reference = torch_layer(channels, ndim, *settings).to(dtype)
    eps, momentum = reference.eps, reference.momentum
    mistaken = {
        ARGUMENTS_SWAPPED: torch_layer(channels, ndim, momentum, eps),
        MOMENTUM_OF_OLD: torch_layer(channels, ndim, eps, 1 - momentum),
    }
    others = [torch_layer(channels, ndim, number, momentum) for number in FIXED]

    def results(layer: Any) -> tuple[Any, Any, Any]:
        getattr(layer, mode)()
        return layer(x.to(dtype)), layer.running_mean, layer.running_var

    came, right = results(mine), results(reference)
    wrong: dict[Mistake, list[Any]] = {mistake: [results(layer.to(dtype))] for mistake, layer in mistaken.items()}
    wrong[OTHER_DEFAULT] = [] if settings else [results(layer.to(dtype)) for layer in others]
    made = f"a new BatchNorm({', '.join(map(str, (channels, *settings)))}), that is, with {eps=} and {momentum=}"
    for place, name in enumerate(("the output", "running_mean", "running_var")):
        expect_close(
            came[place],
            right[place],
            what=f"{name} of {made}, after a batch in {mode} mode",
            mistakes={mistake: [values[place] for values in several] for mistake, several in wrong.items()},
            rtol=1e-4,
            atol=1e-5,
            reread=TEST_TIME,
        )
    expect_as_made(other, mine)


def expect_as_made(layer: Any, stepped: Any) -> None:
    """Check that a new layer is as it was made, after another one has taken a step."""
    state, shared_state = layer.state_dict(), stepped.state_dict()
    for name, start in {"running_mean": 0.0, "running_var": 1.0}.items():
        expect_close(
            state[name],
            torch.full_like(state[name], start),
            what=f"{name} of a second layer, after a step of the first",
            mistakes={SHARED_STATISTICS: shared_state[name]},
            reread=TEST_TIME,
        )


def expect_gradients(mine: Any, reference: Any, x: Tensor) -> None:
    """Compare the gradients of x, weight and bias in both modes; the running statistics carry none."""
    before = Before.of(reference)
    for mode in ("train", "eval"):
        for layer in (mine, reference):
            layer.load_state_dict(before.state, strict=False)
            getattr(layer, mode)()
            layer.zero_grad()
        _compare_gradients(mine, reference, x, before, mode)


def _compare_gradients(mine: Any, reference: Any, x: Tensor, before: Before, mode: str) -> None:
    weights = torch.linspace(-1, 2, x.numel(), dtype=x.dtype).view(x.shape)
    leaves = [x.clone().requires_grad_() for _ in range(2)]
    got, expected = mine(leaves[0]), reference(leaves[1])
    expect_output(got, expected, before, x, training=mode == "train", what=f"the output after {mode}()")
    expect_true(got.requires_grad, what=f"gradients flow through the layer after {mode}()", likely=NO_GRADIENT)
    expect_true(
        not (mine.running_mean.requires_grad or mine.running_var.requires_grad),
        what="the running statistics carry no gradient",
        likely=STATISTICS_TRACK_GRADIENTS,
        reread=TEST_TIME,
    )
    for output in (got, expected):
        (output * weights).sum().backward()
    mean, var = per_channel(batch_statistics(x).mean), per_channel(batch_statistics(x).var)
    constants = F.batch_norm(leaves[1], mean, var, reference.weight, reference.bias, eps=reference.eps)
    cut_off = torch.autograd.grad(constants, leaves[1], weights)[0]
    for name, mine_grad, true_grad in [
        ("x", leaves[0].grad, leaves[1].grad),
        ("weight", mine.weight.grad, reference.weight.grad),
        ("bias", mine.bias.grad, reference.bias.grad),
    ]:
        expect_true(mine_grad is not None, what=f"a gradient reaches {name} after {mode}()", likely=PARAMETER_CUT_OFF)
        expect_close(
            mine_grad,
            true_grad,
            what=f"the gradient of {name} after {mode}()",
            mistakes={CUT_OFF: cut_off},
            reread=BACKWARD,
        )


def expect_saving(answer: Answer, mine: Any, eps: float, x: Tensor) -> None:
    """Check that a new layer that loads the state of a trained one computes the same, whenever it loads it."""
    early, late = answer(x.shape[1], eps=eps), answer(x.shape[1], eps=eps)
    state = dict(mine.state_dict())
    gamma, beta, mean, var = (state[name].detach().clone() for name in STATE_NAMES)
    expected = F.batch_norm(x, mean, var, gamma, beta, eps=eps)
    mine.eval()
    expect_close(mine(x), expected, what="the output of a trained layer, compared with its state", reread=TEST_TIME)
    early.double()
    early.load_state_dict(state)
    early.eval()
    what = "the output of a new layer that loaded the state of a trained one"
    expect_close(early(x), expected, what=what, reread=TEST_TIME)

    late.double()
    late.eval()
    late(x)
    late.load_state_dict(state)
    one, zero = torch.ones_like(gamma), torch.zeros_like(gamma)
    kept = [(mean, one, gamma, beta), (mean, one, one, beta), (zero, one, gamma, beta), (zero, one, one, zero)]
    stale = [F.batch_norm(x, *old, eps=eps) for old in kept]
    expect_close(late(x), expected, what=f"{what}, after eval()", mistakes={STALE: stale}, reread=TEST_TIME)
