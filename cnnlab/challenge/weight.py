"""What a network costs: it is run without values, step by step, and counted as it runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from cnnlab.challenge.operators import OPERATORS
from cnnlab.challenge.program import BATCH, MAX_DIMS, MAX_LIST, Program, RecordedNetwork, Step
from cnnlab.challenge.refusal import Refused
from cnnlab.challenge.running import run
from coursekit.checks import CheckFailed

MAX_PARAMS = 20_000
MAX_MACS = 1_000_000
MAX_TENSORS = 256
MAX_NUMBERS = 150_000
CLASSES = 10
_SLOW = 4
_SLOW_ONES = ("_softmax", "_log_softmax", "_safe_softmax", "_adaptive_avg_pool2d", "adaptive_max_pool2d")


@dataclass(frozen=True)
class Weight:
    """What a network costs.

    Attributes:
        params: elements of all tensors that it reads and does not compute; batch norm's running statistics are free.
        tensors: how many such tensors there are.
        macs: multiply-adds of its convolutions and matrix products for one image, in training or in evaluation mode,
            whichever takes more.
        numbers: numbers that its operators handle for one image, counted likewise: of each the largest tensor that it
            reads or puts out, as often as its window has places for pools and grouped convolutions, at least fourfold
            for the latter and for softmax and adaptive pools. Views handle none.
        steps: operators that it runs, counted likewise.
    """

    params: int
    tensors: int
    macs: int
    numbers: int
    steps: int


def weight_of(network: RecordedNetwork) -> Weight:
    """Count what a network costs.

    Raises:
        Refused: if its shapes do not fit, or its output is none.
    """
    sizes = [math.prod(network.leaves[index].shape) for index in network.leaves_read() - network.statistics().keys()]
    counts = [
        _counts(network, program, batch) for program, batch in ((network.training, BATCH), (network.evaluation, 1))
    ]
    macs, numbers, steps = map(max, zip(*counts, strict=True))
    return Weight(sum(sizes), len(sizes), macs, numbers, steps)


def check_budget(weight: Weight) -> None:
    """Make sure that a network is within the budget.

    Raises:
        Refused: if it is not; the sentence says by how much.
    """
    for what, used, budget in (
        ("parameters", weight.params, MAX_PARAMS),
        ("tensors of parameters", weight.tensors, MAX_TENSORS),
        ("multiply-adds", weight.macs, MAX_MACS),
        ("numbers handled for one image by all operators together", weight.numbers, MAX_NUMBERS),
    ):
        if used > budget:
            raise Refused(f"The network is over budget: {used:,} {what}, where {budget:,} are allowed.")


def _counts(network: RecordedNetwork, program: Program, batch: int) -> tuple[int, int, int]:
    """Multiply-adds and numbers handled for one image, and steps."""
    numbers = 0

    def watch(step: Step, read: Sequence[Tensor], results: Sequence[Tensor]) -> None:
        nonlocal numbers
        if any(result.dim() > MAX_DIMS for result in results):
            raise Refused(f"{step.operator} puts out a tensor of more than {MAX_DIMS} axes.")
        if len(results) > MAX_LIST:
            raise Refused(f"{step.operator} puts out {len(results)} tensors; {MAX_LIST} are allowed.")
        if not OPERATORS[step.operator].is_view:
            numbers += max(tensor.numel() for tensor in (*read, *results)) * _times(step, read)

    leaves = [torch.empty(leaf.shape, device="meta") for leaf in network.leaves]
    images = torch.empty(batch, 1, 8, 8, device="meta")
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        output = run(program, images, leaves, watch)
    _check_output(output, batch)
    return math.ceil(counter.get_total_flops() / 2 / batch), math.ceil(numbers / batch), len(program.steps)


def _times(step: Step, read: Sequence[Tensor]) -> int:
    """How often the numbers of a step count, so that all that count alike take about as long."""
    name = step.operator.split(".")[1]
    if name == "convolution":
        return max(_SLOW, math.prod(read[1].shape[2:])) if step.arguments[8] > 1 else 1
    if name in _SLOW_ONES:
        return _SLOW
    if "pool" not in name:
        return 1
    window, axes = step.arguments[1], 3 if "3d" in name else 2
    # One number stands for all axes.
    return math.prod(window * axes if len(window) == 1 else window)


def _check_output(output: Tensor, batch: int) -> None:
    if tuple(output.shape) == (batch, CLASSES):
        return
    likely = "squeeze() without a dim drops the axis of the images, too, where there is one image" if batch == 1 else ""
    images = "one image" if batch == 1 else f"a batch of {batch} images"
    raise CheckFailed(
        f"the output for {images}",
        f"shape {(batch, CLASSES)}",
        f"shape {tuple(output.shape)}",
        likely,
        of_values=False,
    )
