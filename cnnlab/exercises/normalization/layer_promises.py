"""What the check of ``BatchNorm`` asks of a layer beside its values: modes, gradients, saving, x left as it is."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from cnnlab.exercises.common import Answer, expect_untouched
from cnnlab.exercises.normalization.layer_steps import expect_output
from cnnlab.exercises.normalization.new_layer import STATE_NAMES, TEST_TIME, Before
from cnnlab.exercises.normalization.properties import BACKWARD, cut_off
from cnnlab.exercises.normalization.steps import keeping
from coursekit.checks import Mistake, expect_close, expect_true

MODE_FROM_GRADIENTS = Mistake(
    "mode_from_gradients", "the mode was read from torch.is_grad_enabled(); self.training says which it is", TEST_TIME
)
OWN_MODE = Mistake(
    "own_mode",
    "train() or eval() was written anew, or the mode is kept elsewhere; nn.Module does it all, and eval() of a network "
    "calls train(False) of its layers: read self.training",
    TEST_TIME,
)
UPDATED_IN_EVALUATION = Mistake(
    "updated_in_evaluation", "evaluation mode changed it; only a step in training mode may", TEST_TIME
)
NO_GRADIENT = Mistake(
    "no_gradient", "the output was computed under torch.no_grad(), or went through .detach(), .data or NumPy"
)
STATISTICS_TRACK_GRADIENTS = Mistake(
    "statistics_track_gradients",
    "they were updated with tensors that require gradients; update them under torch.no_grad()",
    TEST_TIME,
)
PARAMETER_CUT_OFF = Mistake(
    "parameter_cut_off", "it was used through .detach(), .data or NumPy, or does not require a gradient"
)
STALE = Mistake(
    "stale_statistics",
    "something made of the statistics is kept from eval() on and gets stale; compute it in every forward pass",
    TEST_TIME,
)


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
    wrong: dict[Mistake | str, Any] = {
        mistake: torch.autograd.grad(output, leaves[1], weights, retain_graph=True)[0]
        for mistake, output in cut_off(leaves[1], before.gamma, before.beta, before.eps, keeping(1))
    }
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
            mistakes=wrong,
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
