"""How the check of ``fuse_conv_bn`` compares weight and bias."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from cnnlab.exercises.common import (
    Answer,
    Step,
    Way,
    drawing,
    example_batch,
    example_images,
    expect_default,
    expect_steps,
    expect_untouched,
    returned_values,
    scale_and_shift,
)
from cnnlab.exercises.normalization.properties import expect_by_default, expect_float32
from cnnlab.exercises.normalization.steps import (
    DIVIDED_BY_VARIANCE,
    MULTIPLIED_BY_ROOT,
    divisors,
)
from coursekit.checks import Mistake, expect_true, together

FOLDING = "Folding it into the convolution"
BIAS_IS_NONE = Mistake(
    "bias_is_none", "bias is None then, and None cannot be computed with; treat that case first", FOLDING
)
TRUTH_OF_BIAS = Mistake(
    "truth_of_bias",
    "a tensor is neither true nor false, as in `if bias` or `bias or 0`; ask `bias is None`",
    FOLDING,
)
BIAS_STAYS_NONE = Mistake(
    "bias_stays_none",
    "bias=None was returned as it came; the shift of the batch normalization must go somewhere",
    FOLDING,
)
GAMMA_OVER_VARIANCE = Mistake("gamma_over_variance", "gamma was divided by running_var + eps; divide by its root")
GAMMA_TIMES_ROOT = Mistake("gamma_times_root", "gamma was multiplied by the root of running_var + eps; divide by it")
MEAN_AND_VAR_SWAPPED = Mistake("mean_and_variance_swapped", "running_mean and running_var are swapped")
EPS_ADDED_TO_SCALE = Mistake(
    "eps_added_to_scale", "eps was added after the division; it belongs to running_var, under the root"
)
GAMMA_UNUSED = Mistake("gamma_not_folded", "gamma was not used")
GAMMA_AND_BETA_SWAPPED = Mistake("folded_gamma_and_beta_swapped", "gamma and beta are swapped")
WEIGHT_UNCHANGED = Mistake(
    "weight_unchanged", "the weight did not change; each filter must be scaled like the channel that it makes"
)
WEIGHT_DIVIDED = Mistake("weight_divided", "the weight was divided by the factor of its channel; multiply by it")
INPUTS_SCALED = Mistake(
    "inputs_scaled",
    "the input channels were scaled (axis 1); batch normalization scales the outputs (axis 0)",
    priority=1,
)
KERNEL_SCALED = Mistake(
    "kernel_scaled",
    "the columns of the kernel were scaled (the last axis); batch normalization scales the outputs (axis 0)",
    priority=1,
)
MEAN_UNSCALED = Mistake("mean_unscaled", "the bias of the convolution was scaled, but running_mean was not")
BIAS_LOST = Mistake("bias_lost", "the bias of the convolution was lost; it is normalized like everything else")
BIAS_UNSCALED = Mistake(
    "bias_unscaled",
    "the bias of the convolution was added unscaled; it passes through the normalization too",
)
RUNNING_MEAN_UNUSED = Mistake("running_mean_unused", "running_mean was not subtracted")
RUNNING_MEAN_ADDED = Mistake("running_mean_added", "running_mean was added; subtract it")
MEAN_MINUS_BIAS = Mistake("mean_minus_bias", "running_mean - bias stands where bias - running_mean belongs")
ONE_FOR_NONE = Mistake("one_for_none", "bias=None was taken for a bias of 1; no bias is a bias of 0")
BETA_SUBTRACTED_FROM_BIAS = Mistake("beta_subtracted_from_bias", "beta was subtracted; add it")
BETA_MISSING = Mistake("beta_missing", "beta is missing")
BETA_SCALED = Mistake("beta_scaled", "beta was scaled too; it is added after the normalization")
BIAS_NEGATED = Mistake("bias_negated", "the result is minus what it should be")
_OF_GAMMA = MappingProxyType({DIVIDED_BY_VARIANCE: GAMMA_OVER_VARIANCE, MULTIPLIED_BY_ROOT: GAMMA_TIMES_ROOT})


@dataclass(frozen=True)
class Fusing:
    """A convolution and the batch normalization after it; in the wrong ways of a step, changed by a mistake."""

    weight: Tensor
    bias: Tensor | None
    mean: Tensor
    var: Tensor
    gamma: Tensor
    beta: Tensor
    eps: float

    @classmethod
    def drawn(
        cls, c_in: int, c_out: int, kernel: tuple[int, int], eps: float, with_bias: bool, *, seed: int = 0
    ) -> Fusing:
        """Layers with parameters that a seed chooses."""
        gamma, beta = scale_and_shift(c_out, drawing(seed))
        weight = example_images(c_out, c_in, *kernel, seed=seed + 1)[0]
        mean, bias, var = example_batch(3, c_out, seed=seed + 2)[0]
        return cls(weight, bias if with_bias else None, mean, var.square() + 0.05, gamma, beta, eps)

    @property
    def tensors(self) -> tuple[Tensor | None, ...]:
        """The arguments of the exercise, without eps."""
        return self.weight, self.bias, self.mean, self.var, self.gamma, self.beta

    def in_float32(self) -> Fusing:
        """The same layers with parameters in float32."""
        bias = None if self.bias is None else self.bias.float()
        mean, var, gamma, beta = (t.float() for t in (self.mean, self.var, self.gamma, self.beta))
        return Fusing(self.weight.float(), bias, mean, var, gamma, beta, self.eps)

    @property
    def case(self) -> str:
        """The layers in words."""
        c_out, c_in = self.weight.shape[:2]
        bias = "bias=None" if self.bias is None else "a bias"
        return f"for {c_in} to {c_out} channels, {bias} and eps={self.eps}"

    def fused(self) -> tuple[Tensor, Tensor]:
        """What torch's own fusion gives."""
        parts = nn.utils.fusion.fuse_conv_bn_weights(
            self.weight, self.bias, self.mean, self.var, self.eps, self.gamma, self.beta
        )
        return parts[0].detach(), parts[1].detach()


def compare_fuse_conv_bn(answer: Answer, layers: Fusing) -> None:
    """Compare weight, then bias, which may be made with the scale that the weight shows."""
    weight, bias = _call_fuse_conv_bn(answer, layers, layers.eps)
    right = layers.fused()
    steps = [_fused_scales(layers, weight), _fused_bias]
    with together():
        expect_steps(
            weight,
            right[0],
            [_fused_scales(layers), lambda layers: [(None, layers.fused()[0])]],
            what=f"the fused weight {layers.case}",
            mistakes=_wrong_weights(layers),
            reread=FOLDING,
        )
        expect_steps(bias, right[1], steps, what=f"the fused bias {layers.case}", reread=FOLDING)


def _call_fuse_conv_bn(answer: Answer, layers: Fusing, *eps: float) -> Sequence[Any]:
    """What fuse_conv_bn returns; an error that comes of how it asks for a bias is explained."""
    arguments = [None if t is None else t.clone() for t in layers.tensors]
    try:
        result = answer(*arguments, *eps)
    except (TypeError, AttributeError):
        expect_true(
            layers.bias is not None, what="fuse_conv_bn works for a convolution without a bias", likely=BIAS_IS_NONE
        )
        raise
    except RuntimeError as error:
        expect_true(
            "Boolean value" not in str(error),
            what="fuse_conv_bn works for a convolution with a bias",
            likely=TRUTH_OF_BIAS,
        )
        raise
    values = returned_values(result, weight=layers.weight.shape, bias=layers.beta.shape)
    expect_true(values[1] is not None, what="the fused convolution has a bias", likely=BIAS_STAYS_NONE)
    return values


def _fused_scales(layers: Fusing, weight: Any = None) -> Step:
    """What each channel may be multiplied with; given a fused weight that came, also with what that shows."""
    one, root = torch.ones_like(layers.gamma), (layers.var + layers.eps).sqrt()

    def ways(_: object) -> Iterator[Way]:
        yield None, layers
        if isinstance(weight, Tensor) and weight.shape == layers.weight.shape:
            yield None, replace(layers, gamma=root * (weight / layers.weight).flatten(1)[:, 0])
        for mistake, divisor in divisors(layers.var, layers.eps):
            yield _OF_GAMMA.get(mistake, mistake), replace(layers, var=divisor**2, eps=0.0)
        for divisor in (layers.var.sqrt(), root):
            yield EPS_ADDED_TO_SCALE, replace(layers, gamma=(layers.gamma / divisor + layers.eps) * root)
        yield GAMMA_UNUSED, replace(layers, gamma=one)
        yield GAMMA_AND_BETA_SWAPPED, replace(layers, gamma=layers.beta, beta=layers.gamma)
        yield MEAN_AND_VAR_SWAPPED, replace(layers, mean=layers.var, var=layers.mean)

    return ways


def _wrong_weights(layers: Fusing) -> dict[Mistake | str, Any]:
    """Weights that come of mistakes beside a wrong scale."""
    weight, fused = layers.weight, layers.fused()[0]
    wrong: dict[Mistake | str, Any] = {WEIGHT_UNCHANGED: weight, WEIGHT_DIVIDED: weight**2 / fused}
    for mistake, axis in ((INPUTS_SCALED, 1), (KERNEL_SCALED, 3)):
        if weight.shape[axis] == len(weight):
            scale = (fused / weight).flatten(1)[:, 0]
            wrong[mistake] = (weight.movedim(axis, -1) * scale).movedim(-1, axis)
    return wrong


def _fused_bias(layers: Fusing) -> Iterator[Way]:
    """What may come for the bias, with the scale of the step before."""
    zero = torch.zeros_like(layers.beta)
    bias = zero if layers.bias is None else layers.bias
    scaled = replace(layers, mean=zero, bias=None).fused()
    scale = replace(layers, mean=zero, bias=torch.ones_like(zero), beta=zero).fused()[1]
    yield None, layers.fused()[1]
    yield MEAN_UNSCALED, replace(layers, mean=zero).fused()[1] - layers.mean
    yield BIAS_LOST, replace(layers, bias=None).fused()[1]
    yield BIAS_UNSCALED, replace(layers, bias=None).fused()[1] + bias
    yield RUNNING_MEAN_UNUSED, replace(layers, mean=zero).fused()[1]
    yield RUNNING_MEAN_ADDED, replace(layers, mean=-layers.mean).fused()[1]
    yield MEAN_MINUS_BIAS, replace(layers, mean=-layers.mean, bias=-bias).fused()[1]
    if layers.bias is None:
        yield ONE_FOR_NONE, replace(layers, bias=torch.ones_like(zero)).fused()[1]
    yield BETA_MISSING, replace(layers, beta=zero).fused()[1]
    yield BETA_SUBTRACTED_FROM_BIAS, replace(layers, beta=-layers.beta).fused()[1]
    yield BETA_SCALED, replace(layers, beta=zero).fused()[1] + scaled[1] * scale
    yield BIAS_NEGATED, -layers.fused()[1]


def expect_fusing_properties(answer: Answer, layers: Fusing) -> None:
    """Check the default of eps, that float32 stays float32, and that no argument is changed."""
    given = [t for t in layers.tensors if t is not None]
    arguments = [t.clone() for t in given]
    spread: Iterator[Tensor] = iter(arguments)
    answer(*(None if t is None else next(spread) for t in layers.tensors), layers.eps)
    narrow = layers.in_float32()
    with together():
        expect_untouched(arguments, given)
        with expect_default("eps"):
            by_default = _call_fuse_conv_bn(answer, layers)
        in_float32 = _call_fuse_conv_bn(answer, narrow, layers.eps)
        names = ("the fused weight", "the fused bias")
        expect_by_default(by_default, lambda eps: replace(layers, eps=eps).fused(), names, reread=FOLDING)
        expect_float32(in_float32, layers.fused(), names, rtol=1e-4, reread=FOLDING)
