"""Checks of an auxiliary head, step by step."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from cnnlab.exercises.common import Answer, Step, Way, expect_steps
from cnnlab.exercises.inception.module import NO_RELU, activated
from cnnlab.exercises.weights import (
    Shape,
    Slips,
    Values,
    expect_gradients_and_input,
    load_values,
    made,
    on_meta,
    output_of,
    random_values,
    steady_output,
)
from coursekit.checks import Mistake, expect_close, expect_shape, expect_true

HEADS = "Auxiliary classifiers"

HEAD_STRIDE = Mistake(
    "head_stride",
    "maps of 2 × 2 are left, not of 4 × 4: `nn.AvgPool2d(5)` has stride 5 unless told otherwise; the average pool's "
    "stride is 3, and the convolution's 1",
    HEADS,
)
HEAD_STRIDE_1 = Mistake("head_stride_1", "the average pool's stride is 3, not 1", HEADS)
HEAD_PADDING = Mistake("head_padding", "the average pool has no padding", HEADS)
NO_HEAD_POOL = Mistake("no_head_pool", "the average pool comes first, and leaves 4 × 4", HEADS)
GLOBAL_POOL = Mistake("global_pool", "this is global average pooling; the head keeps maps of 4 × 4", HEADS)
HIDDEN_MISSING = Mistake("hidden_missing", "the hidden layer with 1024 outputs is missing", HEADS)
CONVOLUTION_MISSING = Mistake("convolution_missing", "the convolution is missing", HEADS)
THREE_BY_THREE = Mistake("three_by_three", "the convolution is 1 × 1, not 3 × 3", HEADS)
FIXED_CHANNELS = Mistake("fixed_channels", "in_channels is fixed; take the argument", HEADS)
FIXED_CLASSES = Mistake("fixed_classes", "num_classes is fixed; take the argument", HEADS)
SIZES_SWAPPED = Mistake(
    "sizes_swapped", "the convolution and the hidden layer changed sizes: 128 filters, 1024 outputs", HEADS
)
BATCH_FLATTENED = Mistake("batch_flattened", "the batch axis was flattened, too; flatten from axis 1 on", HEADS)
RELU_AT_END = Mistake("relu_at_end", "there is a ReLU after the last layer; scores may be negative")
SOFTMAX = Mistake("softmax", "softmax belongs to the loss; return the scores")
HEAD_MAXIMUM = Mistake("head_maximum", "the pool takes the maximum; take the average", HEADS)
HEAD_ADAPTIVE = Mistake(
    "head_adaptive",
    "the pool adapts to 4 × 4, as torchvision's: its windows are 4 wide then, and 5 wide here",
    HEADS,
)
HEAD_WINDOW_4 = Mistake("head_window_4", "the pool's windows are 4 wide; they are 5 wide with stride 3", HEADS)
HEAD_FLATTEN = Mistake("head_flatten", "flatten is missing before the first fully-connected layer", HEADS)
HEAD_WINDOW_3 = Mistake("head_window_3", "the pool's windows are 3 wide; they are 5 wide with stride 3", HEADS)
CUT = Mistake("maps_cut", "the maps were cut or resized; an average pool was asked for", HEADS)
POOL_LATE = Mistake("pool_late", "the pool comes after the convolution and its ReLU; it comes first", HEADS)
RELU_AFTER_POOL = Mistake(
    "relu_after_pool", "there is a ReLU between the pool and the convolution, which reads what the pool returns", HEADS
)
CHANNELS_LAST = Mistake("channels_last", "flatten takes the channels last; take them first", HEADS)
MAPS_THROUGH_RELU = Mistake(
    "maps_through_relu", "the maps go through a ReLU first; the head reads them as they are", HEADS
)
DROPOUT_LAST = Mistake("dropout_last", "a dropout comes after the last layer; it comes before it, or nowhere", HEADS)
ALL_DROPPED = Mistake(
    "all_dropped", "nothing reaches the last layer; the argument of nn.Dropout is the share that is dropped", HEADS
)
SOFTMAX_IN_TRAINING = Mistake(
    "softmax_in_training", "softmax belongs to the loss; return the scores in both modes", HEADS
)
OTHER_IN_TRAINING = Mistake(
    "other_in_training", "a dropout is somewhere else, or forward does something else with self.training", HEADS
)


def head_weights(in_channels: int, classes: int, at: str = "") -> dict[str, Shape]:
    """The shapes of the three weights of an auxiliary head, by layer; ``at`` says which head it is."""
    shapes = (128, in_channels, 1, 1), (1024, 2048), (classes, 1024)
    names = ("the convolution", "the hidden layer", "the last layer")
    return {f"{name} of the head{at}": shape for name, shape in zip(names, shapes, strict=True)}


class HeadCase(NamedTuple):
    """An auxiliary head: the channels that it reads, and its number of classes."""

    in_channels: int
    classes: int

    @property
    def called(self) -> str:
        """The call that makes the head."""
        return f"AuxiliaryHead({self.in_channels}, {self.classes})"

    @property
    def arguments(self) -> dict[str, int]:
        """The arguments of the call."""
        return {"in_channels": self.in_channels, "num_classes": self.classes}

    @property
    def weights(self) -> dict[str, Shape]:
        """The shapes of the weights by layer."""
        return head_weights(self.in_channels, self.classes)

    @property
    def slips(self) -> Slips:
        """The shapes of the weights that mistakes lead to."""
        return _head_slips(self.in_channels, self.classes)

    def maps(self, n: int, generator: torch.Generator) -> Tensor:
        """Maps of both signs for n images."""
        return 8 * torch.randn(n, self.in_channels, 14, 14, generator=generator, dtype=torch.float64)


def drawn_head_case(rng: random.Random) -> HeadCase:
    """A head with fewer classes than channels, so that neither can be taken for the other."""
    return HeadCase(rng.randint(9, 20), rng.randint(5, 8))


def head_values(answer: Answer, case: HeadCase, generator: torch.Generator) -> None:
    """Compare the scores of an auxiliary head in evaluation mode, step by step."""
    value, classes = random_values(generator), case.classes
    model = _loaded_head(answer, case, value)
    for n in (3, 1):
        x = case.maps(n, generator)
        what = f"what {case.called} returns for {n} sets of maps"
        y = steady_output(model, x, case.called, reread=HEADS, explain=partial(_why_the_head_failed, n))
        expect_shape(y, (n, classes), what=what, mistakes={BATCH_FLATTENED: (classes,)}, reread=HEADS)
        right, bare = (head_scores(value, x, classes, relu) for relu in (torch.relu, lambda t: t))
        if torch.allclose(y, bare):
            expect_close(y, right, what=what, mistakes={NO_RELU: bare}, reread=HEADS)
        expect_steps(y, right, _head_steps(value, x, classes), what=what, reread=HEADS)


def head_properties(answer: Answer, case: HeadCase, generator: torch.Generator) -> None:
    """Check gradients, an untouched input and training mode of an auxiliary head; right values first."""
    head_values(answer, case, generator)
    value = random_values(generator)
    model, x = _loaded_head(answer, case, value), case.maps(2, generator)
    expect_gradients_and_input(answer, case, model, x, lambda x: head_scores(value, x, case.classes), reread=HEADS)
    _expect_training(model, on_meta(answer, case), value, case, generator)


def _loaded_head(answer: Answer, case: HeadCase, value: Values) -> Any:
    """An auxiliary head with the values, after checking its parameters."""
    model, blank = made(answer, case, reread=HEADS)
    load_values(model, blank, value)
    return model


def _head_slips(in_channels: int, classes: int) -> Slips:
    """The shapes of the weights that mistakes lead to."""
    conv, hidden, last = head_weights(in_channels, classes).values()
    read = {HEAD_STRIDE: 512, HEAD_STRIDE_1: 12_800, HEAD_PADDING: 3200, NO_HEAD_POOL: 128 * 196, GLOBAL_POOL: 128}
    return [
        *((mistake, [conv, (1024, numbers), last]) for mistake, numbers in read.items()),
        (HIDDEN_MISSING, [conv, (classes, 2048)]),
        (CONVOLUTION_MISSING, [(1024, 16 * in_channels), last]),
        (THREE_BY_THREE, [(128, in_channels, 3, 3), hidden, last]),
        (FIXED_CHANNELS, [(128, 512, 1, 1), hidden, last]),
        (FIXED_CLASSES, [conv, hidden, (1000, 1024)]),
        (SIZES_SWAPPED, [(1024, in_channels, 1, 1), (128, 16 * 1024), (classes, 128)]),
    ]


def _why_the_head_failed(n: int, error: Exception) -> Mistake | None:
    """What torch's error about an auxiliary head means: how many numbers reached its hidden layer."""
    numbers = {int(word) for word in "".join(c if c.isdigit() else " " for c in str(error)).split()}
    if 2048 not in numbers:
        return None
    came = {
        n * 2048: BATCH_FLATTENED,
        n * 128 * 4: HEAD_FLATTEN,
        512: HEAD_STRIDE,
        12_800: HEAD_STRIDE_1,
        3200: HEAD_PADDING,
        128 * 196: NO_HEAD_POOL,
        128: GLOBAL_POOL,
    }
    return next((mistake for number, mistake in came.items() if number in numbers and number != 2048), None)


def head_scores(value: Values, x: Tensor, classes: int, activation: Callable[[Tensor], Tensor] = torch.relu) -> Tensor:
    """The scores that an auxiliary head gives with the values."""
    x = activation(_head_convolution(value, F.avg_pool2d(x, 5, 3)))
    x = activation(F.linear(x.flatten(1), value((1024, 2048)), value((1024,))))
    return F.linear(x, value((classes, 1024)), value((classes,)))


def _head_convolution(value: Values, x: Tensor) -> Tensor:
    return F.conv2d(x, value((128, x.shape[1], 1, 1)), value((128,)))


def _head_steps(value: Values, x: Tensor, classes: int) -> list[Step]:
    """The steps of an auxiliary head, each with the mistakes that can be made in it."""

    def read(_: Any) -> Iterator[Way]:
        yield None, x
        yield MAPS_THROUGH_RELU, x.relu()

    def pooled(x: Tensor) -> Iterable[Way]:
        conv = partial(_head_convolution, value)
        return [
            (None, conv(F.avg_pool2d(x, 5, 3))),
            (HEAD_MAXIMUM, conv(F.max_pool2d(x, 5, 3))),
            (HEAD_ADAPTIVE, conv(F.adaptive_avg_pool2d(x, 4))),
            (HEAD_WINDOW_3, conv(F.avg_pool2d(x, 3, 3))),
            (HEAD_WINDOW_4, conv(F.avg_pool2d(x, 4, 3))),
            (HEAD_PADDING, conv(F.avg_pool2d(x, 5, 3, 1))),
            (HEAD_PADDING, conv(F.avg_pool2d(x, 5, 3, 1, count_include_pad=False))),
            (CUT, conv(x[:, :, :4, :4])),
            (CUT, conv(F.interpolate(x, 4))),
            (RELU_AFTER_POOL, conv(F.avg_pool2d(x, 5, 3).relu())),
            (POOL_LATE, F.avg_pool2d(conv(x).relu(), 5, 3)),
        ]

    def flat(x: Tensor) -> Iterator[Way]:
        yield None, x.flatten(1)
        yield CHANNELS_LAST, x.movedim(1, -1).flatten(1)

    def linear(outputs: int) -> Step:
        return lambda t: [(None, F.linear(t, value((outputs, t.shape[1])), value((outputs,))))]

    def end(scores: Tensor) -> Iterator[Way]:
        yield None, scores
        yield RELU_AT_END, scores.relu()
        yield SOFTMAX, scores.softmax(1)
        yield SOFTMAX, scores.log_softmax(1)
        yield SOFTMAX, scores.sigmoid()

    first, second = activated("the convolution", HEADS), activated("the hidden layer", HEADS)
    return [read, pooled, first, flat, linear(1024), second, linear(classes), end]


def _expect_training(model: Any, blank: Any, value: Values, case: HeadCase, generator: torch.Generator) -> None:
    """Check that in training mode nothing is different but for a dropout before the last layer, if there is one.

    The last layer returns the first values that reach it, plus its bias.
    """

    classes = case.classes

    def first_hidden(shape: Shape) -> Tensor:
        return torch.eye(*shape, dtype=torch.float64) if shape == (classes, 1024) else value(shape)

    load_values(model, blank, first_hidden)
    x = case.maps(64, generator)
    model.train()
    y = output_of(model, x)
    what = f"the scores of {case.called} in training mode for 64 sets of maps"
    expect_shape(y, (64, classes), what=what, reread=HEADS)
    right, bias = head_scores(first_hidden, x, classes), value((classes,))
    likely = OTHER_IN_TRAINING
    if _dropped(y, right):
        likely = DROPOUT_LAST
    elif torch.allclose(y, bias.expand_as(y)):
        likely = ALL_DROPPED
    elif torch.allclose(y, right.softmax(1)) or torch.allclose(y, right.log_softmax(1)):
        likely = SOFTMAX_IN_TRAINING
    expect_true(
        _dropped(y - bias, right - bias),
        what="in training mode the head does the same as in evaluation mode, but for a dropout before the last layer",
        likely=likely,
        reread=HEADS,
    )


def _dropped(values: Tensor, wholes: Tensor) -> bool:
    """Whether values are wholes of which some were set to 0 and the others scaled alike, as dropout does."""
    kept = values.abs() > 1e-6
    factors = values[kept] / wholes[kept]
    return len(factors) > 0 and bool(factors.min() > 1 - 1e-6 and factors.max() < (1 + 1e-6) * factors.min())
