"""Checks what a block leaves behind that returns the right values: its input, running statistics, gradients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from cnnlab.exercises.common import drawing
from cnnlab.exercises.residual.block_mistakes import (
    DETACHED,
    DID_NOT_MOVE,
    IN_PLACE,
    NO_GRAD,
    OTHER_MOMENTUM,
    PATH_DETACHED,
    RAN_TWICE,
    SHORTCUT_DETACHED,
)
from cnnlab.exercises.residual.block_plans import BlockPlan
from cnnlab.exercises.residual.blocks import check_block, output_of
from cnnlab.exercises.residual.programs import (
    BlockProgram,
    Tensors,
    distance,
    layers_of,
    own_state,
    random_values,
    ways,
)
from coursekit.checks import expect_close, expect_true, together


def check_block_properties(block: Any, plan: BlockPlan, size: tuple[int, int], *, seed: int, reread: str) -> None:
    """Check what a block that returns the right values leaves behind: its input, running statistics, gradients."""
    check_block(block, plan, size, seed=seed, reread=reread)
    generator = drawing(seed + 1)
    found = layers_of(own_state(block, random_values(generator)))
    x = torch.randn(3, plan.inputs, *size, generator=generator, dtype=torch.float64).requires_grad_()
    with together():
        _check_input(block, x.detach(), plan, reread)
        block.load_state_dict({**block.state_dict(), **_flat(found)})
        block.train()
        got = block(x)
        program, way = _right_way(plan, found, x, got)
        tensors = {ours: {kind: t.clone() for kind, t in found[theirs].items()} for ours, theirs in way.items()}
        expected = program.run(tensors, x, True)
        _check_statistics(block, plan, found, way, tensors, reread)
        _check_gradients(got, expected, x, plan, reread)


def _flat(found: Tensors) -> dict[str, Tensor]:
    return {f"{name}.{kind}": tensor for name, kinds in found.items() for kind, tensor in kinds.items()}


def _check_input(block: Any, x: Tensor, plan: BlockPlan, reread: str) -> None:
    given = x.clone()
    with torch.no_grad():
        block(given)
    what = f"{plan.case} leaves its input as it is"
    expect_true(torch.equal(given, x), what=what, likely=IN_PLACE, reread=reread)


def _right_way(plan: BlockPlan, found: Tensors, x: Tensor, got: Tensor) -> tuple[BlockProgram, Mapping[str, str]]:
    """The right program, and the way to match its layers, that comes closest to what came."""
    pairs = [(program, way) for program in plan.right for way in ways(program, found)]

    def apart(pair: tuple[BlockProgram, Mapping[str, str]]) -> float:
        tensors = {ours: found[theirs] for ours, theirs in pair[1].items()}
        return distance(got.detach(), output_of(pair[0], tensors, x.detach(), True))

    return min(pairs, key=apart)


def _check_statistics(
    block: Any, plan: BlockPlan, found: Tensors, way: Mapping[str, str], moved: Tensors, reread: str
) -> None:
    """Compare running statistics after one step in training mode."""
    after = block.state_dict()
    for ours, theirs in way.items():
        for kind in ("running_mean", "running_var"):
            if kind in moved[ours]:
                before, right = found[theirs][kind], moved[ours][kind]
                expect_close(
                    after[f"{theirs}.{kind}"],
                    right,
                    what=f"{kind} of a batch norm of {plan.case} after one step in training mode",
                    mistakes={
                        DID_NOT_MOVE: before,
                        RAN_TWICE: before + 1.9 * (right - before),
                        OTHER_MOMENTUM: [before + m * 10 * (right - before) for m in (0.01, 0.9, 0.99, 0.001, 0.5)],
                    },
                    reread=reread,
                )


def _check_gradients(got: Tensor, expected: Tensor, x: Tensor, plan: BlockPlan, reread: str) -> None:
    """Compare gradients with respect to the input."""
    expect_true(got.requires_grad, what="gradients flow through the block", likely=NO_GRAD, reread=reread)
    if not got.requires_grad:
        return
    weights = torch.linspace(-1, 2, expected.numel(), dtype=torch.float64).view(expected.shape)
    came, right = (torch.autograd.grad(output, x, weights, materialize_grads=True)[0] for output in (got, expected))
    direct = weights * (expected > 0) if expected.shape == x.shape else None
    expect_close(
        came,
        right,
        what=f"the gradient of the output of {plan.case} with respect to its input",
        mistakes={
            DETACHED: torch.zeros_like(x),
            PATH_DETACHED: [] if direct is None else [direct, weights],
            SHORTCUT_DETACHED: [] if direct is None else [right - direct, right - weights],
        },
        reread=reread,
    )
