"""The operators that a network of the challenge may use, each with what runs in its place.

A network reaches the grader as a list of operators, written by a process that may lie. So an operator is on this list
only if it computes on floating-point numbers alone, and its kernel checks its arguments by itself. Where the kernel
trusts them, a public function of torch that checks them runs in its place. Left out are operators that sort, compare,
count or look up, products that torch's counter does not see, and everything that makes tensors out of nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

BATCH_NORM = "aten.native_batch_norm.default"
FULL = "aten.new_full.default"

_NAMES = (
    *("convolution", "mm", "addmm", "bmm", "baddbmm"),
    *("native_batch_norm", "native_group_norm", "native_layer_norm"),
    *("max_pool2d_with_indices", "avg_pool2d", "avg_pool3d", "_adaptive_avg_pool2d", "adaptive_max_pool2d"),
    *("upsample_nearest2d", "upsample_bilinear2d"),
    *("relu", "leaky_relu", "_prelu_kernel", "elu", "celu", "gelu", "silu", "mish", "softplus", "log_sigmoid_forward"),
    *("hardtanh", "hardswish", "hardsigmoid", "sigmoid", "tanh", "softshrink", "hardshrink", "glu"),
    *("abs", "neg", "exp", "log", "sqrt", "rsqrt", "reciprocal", "sin", "cos", "erf", "sign"),
    *("pow.Tensor_Scalar", "pow.Scalar", "clamp", "clamp_min", "clamp_max", "maximum", "minimum"),
    *("add.Tensor", "add.Scalar", "sub.Tensor", "sub.Scalar", "rsub.Scalar", "mul.Tensor", "mul.Scalar"),
    *("div.Tensor", "div.Scalar", "lerp.Scalar", "addcmul"),
    *("_softmax", "_log_softmax", "_safe_softmax", "logsumexp"),
    *("mean", "mean.dim", "sum", "sum.dim_IntList", "amax", "amin", "max.dim", "min.dim"),
    *("var.correction", "std.correction", "linalg_vector_norm"),
    *("view", "_unsafe_view", "expand", "permute", "transpose.int", "t", "squeeze", "squeeze.dim", "squeeze.dims"),
    *("unsqueeze", "slice.Tensor", "select.int", "split.Tensor", "split_with_sizes", "unbind.int", "unfold"),
    *("alias", "detach", "clone", "copy", "fill.Tensor", "select_scatter", "slice_scatter", "cat", "stack", "repeat"),
    *("flip", "roll", "rot90", "pixel_shuffle", "pixel_unshuffle", "channel_shuffle", "im2col"),
    *("constant_pad_nd", "reflection_pad2d", "replication_pad2d"),
    *("new_full", "new_zeros", "new_ones", "zeros_like", "ones_like", "full_like"),
    *("bernoulli.p", "rand_like", "randn_like"),
)


@dataclass(frozen=True)
class Operator:
    """One operator.

    Attributes:
        aten: the operator of torch that a network names.
        run: what runs in its place.
    """

    aten: torch._ops.OpOverload
    run: Callable[..., Any]

    @property
    def is_view(self) -> bool:
        """Whether it only looks at numbers that are there."""
        return bool(self.aten.is_view) or self.run is torch.reshape

    @cached_property
    def positional(self) -> dict[str, str]:
        """Types of what it takes by position, by name and in order, such as ``"Optional[List[int]]"``."""
        return {each.name: str(each.type) for each in self.aten._schema.arguments if not each.kwarg_only}

    @cached_property
    def named(self) -> dict[str, str]:
        """Types of what it takes by name only."""
        return {each.name: str(each.type) for each in self.aten._schema.arguments if each.kwarg_only}


def _batch_norm(
    x: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    mean: Tensor | None,
    var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
) -> Tensor:
    return F.batch_norm(x, mean, var, weight, bias, training, momentum, eps)


def _group_norm(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, n: int, c: int, area: int, groups: int, eps: float
) -> Tensor:
    return F.group_norm(x, groups, weight, bias, eps)


def _layer_norm(x: Tensor, shape: list[int], weight: Tensor | None, bias: Tensor | None, eps: float) -> Tensor:
    return F.layer_norm(x, shape, weight, bias, eps)


def _nearest(x: Tensor, size: list[int], *scales: float | None) -> Tensor:
    return F.interpolate(x, size)


def _bilinear(x: Tensor, size: list[int], align_corners: bool, *scales: float | None) -> Tensor:
    return F.interpolate(x, size, mode="bilinear", align_corners=align_corners)


_IN_PLACE_OF: dict[str, Callable[..., Any]] = {
    "native_batch_norm": _batch_norm,
    "native_group_norm": _group_norm,
    "native_layer_norm": _layer_norm,
    # With a scale beside the size, the kernels believe the scale.
    "upsample_nearest2d": _nearest,
    "upsample_bilinear2d": _bilinear,
    # How numbers lie in memory may differ from where the network was recorded.
    "view": torch.reshape,
    "_unsafe_view": torch.reshape,
    "clone": Tensor.contiguous,
}


def _operator(name: str) -> Operator:
    packet, _, overload = name.partition(".")
    aten = getattr(getattr(torch.ops.aten, packet), overload or "default")
    return Operator(aten, _IN_PLACE_OF.get(name, aten))


OPERATORS: dict[str, Operator] = {str(operator.aten): operator for operator in map(_operator, _NAMES)}
