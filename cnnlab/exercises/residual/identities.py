"""The checks of ``identity_weights``: residual blocks of any make become the identity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cnnlab.exercises.common import Answer, drawing
from cnnlab.exercises.residual.programs import Conv, Steps, layers_of, random_values
from cnnlab.exercises.residual.state_dicts import expect_dict, expect_kept, expect_tensor
from coursekit.checks import Mistake, expect_close, expect_equal, together
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

PREACT = "Which blocks can be the identity?"

KEEPS_NO_SHAPE = Mistake("keeps_no_shape", "each tensor keeps its shape: torch.zeros_like(tensor)")
NAMES_CUT = Mistake("names_cut", "the names are cut; each tensor keeps its whole name, with the dots")
NAMES_LEFT_OUT = Mistake(
    "names_left_out",
    "tensors are missing: the result has all names of the state dict, also of what stays as it is; a return inside the "
    "loop would end it early",
)
BUFFERS_MISSING = Mistake(
    "buffers_missing", "buffers have to be there as well: running statistics, and the count of batches"
)
SHIFT_LEFT = Mistake("shift_left", "the convolutions are 0, but a shift is not, and is added to x")
SCALE_LEFT = Mistake(
    "scale_left",
    "the convolutions are 0, but in evaluation mode a batch norm subtracts its running mean from that, and its scale "
    "is not 0",
)
LAST_SHIFT_LEFT = Mistake("last_shift_left", "a shift (or bias) that comes last is not 0, and is added to x")
LAST_LEFT = Mistake(
    "last_left", "what comes last in the path is not 0; its name and its position in the dict tell nothing"
)
LAST_SCALE_LEFT = Mistake(
    "last_scale_left", "the scale of a norm that comes last is not 0, so that it passes on what it reads"
)
BY_NAME = Mistake(
    "by_name",
    "layers of one kind are treated differently, by name or by position in the dict; these tell nothing, and here what "
    "comes last is not 0",
)
UNCHANGED = Mistake(
    "unchanged", "nothing was changed in this state dict; names and positions tell nothing about a layer"
)
NEARLY_ZERO = Mistake("nearly_zero", "small numbers are not 0; the block must return x exactly, also where x is 0")
NOT_A_NUMBER = Mistake("not_a_number", "there is NaN among the new tensors, as from 0 / 0")
STATISTICS_CHANGED = Mistake(
    "statistics_changed", "a running variance below 0 makes NaN; leave the running statistics as they are"
)


@dataclass(frozen=True)
class Residual:
    """A residual block whose state dict is given away.

    Attributes:
        case: what it is.
        words: what it computes.
        layers: makes its layers, by name in the order of the state dict.
        signed: whether it returns x also where x is negative.
    """

    case: str
    words: str
    layers: Callable[[], Mapping[str, nn.Module]]
    signed: bool = True


def _conv(inputs: int, outputs: int, kernel: int) -> nn.Module:
    return Conv(inputs, outputs, kernel).module()


@visible_check
def identity_weights(answer: Answer) -> None:
    """Check that residual blocks whose layers have any names, and stand in any order, become the identity."""
    ends_with_norm = Residual(
        "a block that ends with batch norm",
        "x first second x add relu",
        lambda: {"first": _conv(6, 6, 3), "second": nn.BatchNorm2d(6)},
        signed=False,
    )
    ends_with_convolution = Residual(
        "a block that ends with a convolution",
        "x b relu a x add",
        lambda: {"b": nn.BatchNorm2d(6), "a": _conv(6, 6, 1)},
    )
    last_first = Residual(
        "a block whose last layer is defined first",
        "x one bn1 relu two bn2 x add relu",
        lambda: {"bn2": nn.BatchNorm2d(6), "two": _conv(4, 6, 3), "bn1": nn.BatchNorm2d(4), "one": _conv(6, 4, 1)},
        signed=False,
    )
    no_norm = Residual(
        "a block without any norm",
        "x two relu one x add",
        lambda: {"one": nn.Conv2d(6, 6, 1), "two": nn.Conv2d(6, 6, 3, padding=1)},
    )
    only_norms = Residual(
        "a block of two batch norms", "x a relu b x add", lambda: {"a": nn.BatchNorm2d(6), "b": nn.BatchNorm2d(6)}
    )
    blocks = (ends_with_norm, ends_with_convolution, last_first, no_norm, only_norms)
    for number, residual in enumerate(blocks):
        dtype = torch.float32 if number % 2 else torch.float64
        check_identity(answer, residual, grading_seed() + 565 + number, dtype)


def check_identity(function: Answer, residual: Residual, seed: int, dtype: torch.dtype = torch.float32) -> None:
    """Check that a block becomes the identity, in both modes, and that what was given stays as it is."""
    generator = drawing(seed)
    x = torch.randn(3, 6, 5, 4, generator=generator, dtype=dtype)
    # Where x is 0, the smallest number that is added shows.
    x = x * (torch.rand(x.shape, generator=generator) < 0.7)
    x = x if residual.signed else x.abs()
    block = Steps(residual.words, dict(residual.layers())).to(dtype)
    state = random_state(block, generator)
    copies = {name: tensor.clone() for name, tensor in state.items()}
    tensors = dict(state)
    got = function(state)
    with together():
        expect_kept(state, tensors, copies, reread=PREACT)
        _check_identity_names(got, copies, block, residual.case)
        block.load_state_dict(got)
        for training in (False, True):
            with torch.no_grad():
                y = block.train(training)(x)
            mode = "training" if training else "evaluation"
            expect_close(
                y,
                x,
                what=f"the output of {residual.case} in {mode} mode, which should be its input",
                rtol=0,
                atol=0,
                mistakes={} if torch.equal(y, x) else {mistake_in_identity(got, copies): y},
                reread=PREACT,
            )


def random_state(block: nn.Module, generator: torch.Generator) -> dict[str, Tensor]:
    """Random values for all parameters and buffers of a block, which gets them."""
    value = random_values(generator)
    state = {}
    for name, tensor in block.state_dict().items():
        kind = name.rpartition(".")[2]
        state[name] = tensor if kind == "num_batches_tracked" else value(kind, tuple(tensor.shape)).to(tensor.dtype)
    block.load_state_dict(state)
    return state


def _check_identity_names(got: Any, state: Mapping[str, Tensor], block: nn.Module, case: str) -> None:
    """Check the names and shapes of a state dict."""
    expect_dict(got, reread=PREACT)
    parameters = sorted(name for name, _ in block.named_parameters())
    came = sorted(map(str, got))
    wrong: dict[Mistake | str, Any] = {BUFFERS_MISSING: parameters}
    parts = {part for name in state for part in _parts(name)}
    if set(came) < set(state):
        wrong[NAMES_LEFT_OUT] = came
    elif parts.issuperset(came):
        wrong[NAMES_CUT] = came
    expect_equal(came, sorted(state), what=f"the list of names in the result for {case}", mistakes=wrong, reread=PREACT)
    for name, tensor in state.items():
        shape = tuple(got[name].shape) if isinstance(got[name], Tensor) else ()
        expect_tensor(
            got[name],
            tuple(tensor.shape),
            what=f"{name} in the result for {case}",
            mistakes={KEEPS_NO_SHAPE: shape},
            reread=PREACT,
        )


def _parts(name: str) -> set[str]:
    """The pieces of a dotted name: what begins or ends at a dot."""
    words = name.split(".")
    return {".".join(words[begin:end]) for begin in range(len(words)) for end in range(begin + 1, len(words) + 1)}


def mistake_in_identity(got: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> Mistake:
    """Why a block that should be the identity is not.

    Args:
        got: its new tensors.
        given: its tensors before.
    """
    if any(tensor.isnan().any() for tensor in got.values()):
        return NOT_A_NUMBER
    if any((tensor < 0).any() for name, tensor in got.items() if name.endswith("running_var")):
        return STATISTICS_CHANGED
    if all(torch.equal(got[name], given[name]) for name in given):
        return UNCHANGED
    parameters = [tensor for name, tensor in got.items() if name.endswith(("weight", "bias"))]
    if all(tensor.abs().max() < 1e-6 for tensor in parameters):
        return NEARLY_ZERO
    if _by_name(got):
        return BY_NAME
    vectors = {name: tensor for name, tensor in got.items() if tensor.ndim == 1 and "running" not in name}
    has_shifts = any(tensor.any() for name, tensor in vectors.items() if name.endswith("bias"))
    kernels = [tensor for tensor in got.values() if tensor.ndim > 1]
    if not any(tensor.any() for tensor in kernels) and kernels:
        return SHIFT_LEFT if has_shifts else SCALE_LEFT
    if has_shifts:
        return LAST_SHIFT_LEFT
    return LAST_LEFT if kernels else LAST_SCALE_LEFT


def _by_name(got: Mapping[str, Tensor]) -> bool:
    """Whether tensors are 0 in some layers, and not in other layers that hold the same."""
    layers = layers_of(got)
    zeros: dict[tuple[Any, ...], set[bool]] = {}
    for kinds in layers.values():
        holds = tuple(sorted((kind, tensor.ndim) for kind, tensor in kinds.items()))
        for kind in kinds.keys() & {"weight", "bias"}:
            zeros.setdefault((kind, holds), set()).add(not kinds[kind].any())
    return any(len(found) > 1 for found in zeros.values())
