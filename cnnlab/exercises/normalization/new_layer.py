"""How the check of ``BatchNorm`` looks at a layer as it is made: its names, where they start, eps and momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnlab.exercises.common import Answer, drawing, scale_and_shift
from cnnlab.exercises.normalization.steps import FIXED
from coursekit.checks import Mistake, expect_close, expect_equal, expect_shape

STATE_NAMES = ("weight", "bias", "running_mean", "running_var")
TEST_TIME = "Batch normalization at test time"
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
ONE_ENTRY = Mistake("one_entry", "it has a single entry for all channels; make one per channel, shape (C,)")
BROADCAST_SHAPE = Mistake(
    "kept_in_broadcast_shape",
    "it is kept in a shape for broadcasting; keep it in shape (C,), and reshape it in forward",
)
UNEVEN_START = Mistake(
    "uneven_start", "it does not start with the same number in every channel, as if it was drawn at random"
)
STARTS_AT_0 = Mistake("starts_at_0", "it starts at 0")
STARTS_AT_1 = Mistake("starts_at_1", "it starts at 1")
OTHER_DEFAULT = Mistake("other_default_in_init", "the default of eps is another number; it is eps=1e-5 in __init__")
ARGUMENTS_SWAPPED = Mistake(
    "eps_and_momentum_swapped", "eps and momentum changed places; the order is num_features, eps, momentum"
)
MOMENTUM_OF_OLD = Mistake(
    "momentum_of_old", "momentum is the wrong way round; it is the share of the new value", TEST_TIME
)
SHARED_STATISTICS = Mistake(
    "statistics_shared", "both layers hold the same tensor; make a new one in __init__ for each", TEST_TIME
)


def torch_layer(channels: int, ndim: int, *settings: float) -> Any:
    """Torch's batch normalization for inputs of so many dimensions; settings are eps and momentum."""
    layer: Any = nn.BatchNorm1d if ndim == 2 else nn.BatchNorm2d
    return layer(channels, *settings)


def expect_names(layer: Any, channels: int) -> None:
    """Check which parameters and buffers a new BatchNorm has, and where they start."""
    state = layer.state_dict()
    names = sorted(name for name in state if name != "num_batches_tracked")
    missing = ", ".join(name for name in STATE_NAMES if name not in state)
    lacking = Mistake("missing_names", f"parameters or buffers have other names: there is no {missing}", TEST_TIME)
    expect_equal(
        names,
        sorted(STATE_NAMES),
        what="the list of names in state_dict()",
        mistakes={
            PLAIN_STATISTICS: [["bias", "weight"]],
            PLAIN_PARAMETERS: [["running_mean", "running_var"]],
            NOTHING_REGISTERED: [[]],
            OTHER_NAMES: [["beta", "gamma", "running_mean", "running_var"]],
            **({lacking: [names]} if missing else {}),
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
        start = state[name]
        expect_shape(
            start,
            (channels,),
            what=f"{name} of a new layer",
            mistakes={
                ONE_ENTRY: [(), (1,)],
                BROADCAST_SHAPE: [(1, channels), (1, channels, 1, 1), (channels, 1, 1), (channels, 1)],
            },
            reread=TEST_TIME,
        )
        uneven = bool((start != start.flatten()[0]).any())
        # A new layer has torch's default dtype, which may have been set to another.
        expect_close(
            start,
            torch.full((channels,), float(right)),
            what=f"{name} of a new layer",
            mistakes={wrong: torch.full((channels,), 1.0 - right), **({UNEVEN_START: start} if uneven else {})},
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
