"""The visible checks of the chapter on residual networks."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch
from torch import Tensor

from cnnlab.exercises.common import Answer
from cnnlab.exercises.residual.block_plans import basic_plan, bottleneck_plan, plain_plan, preact_plan
from cnnlab.exercises.residual.block_properties import check_block_properties
from cnnlab.exercises.residual.blocks import check_block
from cnnlab.exercises.residual.costs import block_macs as block_macs
from cnnlab.exercises.residual.deepening import deepen as deepen
from cnnlab.exercises.residual.depths import resnet as resnet
from cnnlab.exercises.residual.identities import identity_weights as identity_weights
from cnnlab.exercises.residual.identities import random_state as random_state
from cnnlab.exercises.residual.resnets import ResNet as ResNet
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

PLAIN = "Deeper, and worse"
BASIC = "Residual blocks"
BOTTLENECK = "Bottlenecks"
PREACT = "Which blocks can be the identity?"


def _pixels() -> Tensor:
    return torch.arange(-2, 5, dtype=torch.float64)


def _example(*outputs: float) -> tuple[Tensor, Tensor]:
    """The pixels of a worked example, and what becomes of them."""
    return _pixels(), torch.tensor(outputs, dtype=torch.float64)


@visible_check
def PlainBlock(answer: Answer) -> None:
    """Check the plain block: its layers, its output in both modes, running statistics, gradients."""
    rng = random.Random(grading_seed() + 502)
    same = rng.randint(3, 5)
    check_plain_block(answer, [(same, same, 1)], grading_seed() + 500, _example(0, 0, 0, 0, 0, 3, 7))
    check_plain_block(answer, [(2, rng.randint(4, 6), 2), (rng.randint(4, 6), 2, 3)], grading_seed() + 501)
    block = answer(2, 3)
    check_block_properties(block, plain_plan(2, 3), (5, 6), seed=grading_seed() + 503, reread=PLAIN)


def check_plain_block(
    answer: Answer, cases: Sequence[tuple[int, int, int]], seed: int, example: tuple[Tensor, Tensor] | None = None
) -> None:
    """Check plain blocks made with these arguments."""
    for number, case in enumerate(cases):
        size = (6 + number % 3, 9 - number)
        check_block(answer(*case), plain_plan(*case), size, seed=seed + number, reread=PLAIN, example=example)


@visible_check
def BasicBlock(answer: Answer) -> None:
    """Check the basic block: its layers, its output in both modes, running statistics, gradients."""
    rng = random.Random(grading_seed() + 521)
    same, other = rng.randint(3, 5), rng.randint(3, 5)
    check_basic_block(answer, [(same, same, 1)], grading_seed() + 520, _example(0, 0, 0, 0, 1, 6, 11))
    cases = [(2, rng.randint(4, 6), 2), (3, rng.randint(4, 6), 1), (other, other, 2), (rng.randint(5, 7), 3, 1)]
    check_basic_block(answer, cases, grading_seed() + 522)
    check_basic_block_properties(answer, grading_seed() + 523)


def check_basic_block(
    answer: Answer, cases: Sequence[tuple[int, int, int]], seed: int, example: tuple[Tensor, Tensor] | None = None
) -> None:
    """Check basic blocks made with these arguments."""
    for number, case in enumerate(cases):
        size = (6 + number % 3, 9 - number)
        check_block(answer(*case), basic_plan(*case), size, seed=seed + number, reread=BASIC, example=example)


def check_basic_block_properties(answer: Answer, seed: int) -> None:
    """Check what basic blocks, with and without a projection, leave behind."""
    for plan, block in ((basic_plan(3, 3), answer(3, 3)), (basic_plan(2, 3, 2), answer(2, 3, stride=2))):
        check_block_properties(block, plan, (5, 6), seed=seed, reread=BASIC)


@visible_check
def BottleneckBlock(answer: Answer) -> None:
    """Check the bottleneck: its layers, its output in both modes, running statistics, gradients."""
    rng = random.Random(grading_seed() + 541)
    same = rng.randint(3, 5)
    example = _example(0, 0, 0, 0, 0, 6, 15)
    cases: list[tuple[int, ...]] = [(16, 4, 1), (rng.choice([5, 6, 7]), 2, 2)]
    check_bottleneck_block(answer, cases, grading_seed() + 540)
    check_bottleneck_block(answer, [(same, same, 1, 1)], grading_seed() + 542, example)
    cases = [(2, 3, 1), (3, rng.choice([4, 5]), 2, 2), (8, 2, 2), (3, 3, 1, 2)]
    check_bottleneck_block(answer, cases, grading_seed() + 543)
    check_bottleneck_block_properties(answer, grading_seed() + 544)


def check_bottleneck_block(
    answer: Answer, cases: Sequence[tuple[int, ...]], seed: int, example: tuple[Tensor, Tensor] | None = None
) -> None:
    """Check bottlenecks made with these arguments; the last one, the expansion, may be left to its default."""
    for number, case in enumerate(cases):
        size = (6 + number % 3, 9 - number)
        check_block(answer(*case), bottleneck_plan(*case), size, seed=seed + number, reread=BOTTLENECK, example=example)


def check_bottleneck_block_properties(answer: Answer, seed: int) -> None:
    """Check what bottlenecks, with and without a projection, leave behind."""
    for plan, block in (
        (bottleneck_plan(8, 2), answer(8, 2)),
        (bottleneck_plan(2, 3, 2, 2), answer(2, 3, stride=2, expansion=2)),
    ):
        check_block_properties(block, plan, (5, 6), seed=seed, reread=BOTTLENECK)


@visible_check
def PreActBlock(answer: Answer) -> None:
    """Check the pre-activation block: its layers, its output in both modes, running statistics, gradients."""
    rng = random.Random(grading_seed() + 561)
    same, other = rng.randint(3, 5), rng.randint(3, 5)
    check_preact_block(answer, [(same, same, 1)], grading_seed() + 560, _example(-2, -1, 0, 1, 2, 6, 11))
    cases = [(2, rng.randint(4, 6), 2), (3, rng.randint(4, 6), 1), (other, other, 2), (rng.randint(5, 7), 3, 1)]
    check_preact_block(answer, cases, grading_seed() + 562)
    check_preact_block_properties(answer, grading_seed() + 563)


def check_preact_block(
    answer: Answer, cases: Sequence[tuple[int, int, int]], seed: int, example: tuple[Tensor, Tensor] | None = None
) -> None:
    """Check pre-activation blocks made with these arguments."""
    for number, case in enumerate(cases):
        size = (6 + number % 3, 9 - number)
        check_block(answer(*case), preact_plan(*case), size, seed=seed + number, reread=PREACT, example=example)


def check_preact_block_properties(answer: Answer, seed: int) -> None:
    """Check what pre-activation blocks, with and without a projection, leave behind."""
    for plan, block in ((preact_plan(3, 3), answer(3, 3)), (preact_plan(2, 3, 2), answer(2, 3, stride=2))):
        check_block_properties(block, plan, (5, 6), seed=seed, reread=PREACT)
