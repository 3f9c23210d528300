"""What the hidden tests of this topic need: inputs that nobody has seen, and what must hold beside right values."""

from __future__ import annotations

import random
from typing import Any

import torch
from torch import nn

from cnnlab.exercises import residual
from cnnlab.exercises.residual import costs, deepening, depths, identities, resnets
from cnnlab.exercises.residual.identities import Residual
from cnnlab.exercises.residual.programs import Conv
from cnnlab.exercises.residual.reference_blocks import standing_in
from coursekit.seeds import grading_seed


def PlainBlock(answer: Any) -> None:  # noqa: N802 - the exercise's name
    """Plain blocks of drawn sizes, with strides of 1, 2 and 3."""
    rng = random.Random(grading_seed() + 502)
    same, other = rng.randint(3, 5), rng.randint(3, 5)
    cases = [
        (3, rng.randint(4, 6), 1),
        (same, same, 1),
        (2, rng.randint(5, 7), 2),
        (other, other, 2),
    ]
    residual.check_plain_block(answer, [*cases, (rng.randint(4, 6), 2, 3)], grading_seed() + 501)


def deepen(answer: Any) -> None:
    """Networks of drawn depths, widths, channels and classes."""
    rng = random.Random(grading_seed() + 509)
    shapes = [
        {"width": 3, "in_channels": 2, "num_classes": 4},
        {"width": 1},
        {"width": 5, "num_classes": 2},
        {},
    ]
    depths = [8, 6 * rng.randint(2, 4) + 2, 6 * rng.randint(5, 9) + 2, 6 * rng.randint(15, 18) + 2]
    for number, (depth, shape) in enumerate(zip(depths, shapes, strict=True)):
        deepening.check_deepened(answer, depth, grading_seed() + 510 + number, **shape)


def deepen_contract(answer: Any) -> None:
    """Other depths are refused, the argument stays as it is, float32 stays float32."""
    rng = random.Random(grading_seed() + 515)
    deepening.check_deepen_contract(
        answer, (-4, 0, 1, 7, *rng.sample([9, 12, 13, 21, 24, 55, 57], 5)), grading_seed() + 516
    )


def BasicBlock(answer: Any) -> None:  # noqa: N802 - the exercise's name
    """Basic blocks of drawn sizes, with strides of 1, 2 and 3."""
    rng = random.Random(grading_seed() + 521)
    same, other = rng.randint(3, 5), rng.randint(3, 5)
    cases = [
        *((3, rng.randint(4, 6), 1), (same, same, 1), (2, rng.randint(3, 5), 2)),
        *((other, other, 2), (rng.randint(5, 7), 3, 1), (3, 3, 3)),
    ]
    residual.check_basic_block(answer, cases, grading_seed() + 520)


def BasicBlock_properties(answer: Any) -> None:  # noqa: N802 - the exercise's name
    """Input, running statistics and gradients."""
    residual.check_basic_block(
        answer, [(4, 4, 1), (3, 5, 1), (2, 4, 2), (3, 3, 2)], grading_seed() + 525
    )
    residual.check_basic_block_properties(answer, grading_seed() + 524)


def block_macs(answer: Any) -> None:
    """Blocks of drawn sizes, and ResNet-50's last one."""
    costs.check_block_macs(answer, grading_seed() + 531)


def BottleneckBlock(answer: Any) -> None:  # noqa: N802 - the exercise's name
    """Bottlenecks of drawn sizes, with several expansions and strides."""
    rng = random.Random(grading_seed() + 541)
    same = rng.randint(3, 5)
    cases = [
        *((8, 2, 1), (2, 3, 1), (rng.choice([5, 6, 7]), 2, 2)),
        *((8, 2, 2), (3, 3, 1, 2), (2 * same, same, 1, 2)),
        *((rng.choice([7, 9, 10]), 2, 1), (4, 4, 3, 1)),
    ]
    residual.check_bottleneck_block(answer, cases, grading_seed() + 540)


def BottleneckBlock_properties(answer: Any) -> None:  # noqa: N802 - the exercise's name
    """Input, running statistics and gradients."""
    residual.check_bottleneck_block(
        answer, [(8, 2, 1), (2, 3, 1), (5, 2, 2), (8, 2, 2), (3, 3, 1, 2)], grading_seed() + 546
    )
    residual.check_bottleneck_block_properties(answer, grading_seed() + 545)


def ResNet(answer: Any, basic: Any, bottleneck: Any) -> None:  # noqa: N802 - the exercise's name
    """Networks of drawn numbers of blocks, widths, classes and sizes of images."""
    rng = random.Random(grading_seed() + 550)
    # Three blocks in a stage that has a stride tell apart which of them has it; no list is the same backwards.
    stages = rng.sample([(2, 1, 3, 2), (1, 2, 1, 3), (1, 3, 2, 1), (1, 2, 3, 1)], 2)
    # The last maps of the first network are wider than its stem has filters, which tells some mistakes apart.
    sizes = [rng.choice([(64, 96), (40, 72)])]
    sizes += rng.sample([(64, 64), (70, 45), (33, 64), (57, 51)], 3)
    cases = [
        ("basic", stages[0], rng.randint(3, 6), 2, sizes[0]),
        ("bottleneck", stages[1], rng.randint(3, 6), 2, sizes[1]),
        ("basic", rng.choice([(1, 2, 1, 1), (2, 1, 1, 1), (1, 1, 2, 1)]), 2, 3, sizes[2]),
        (
            "bottleneck",
            rng.choice([(2, 1, 1, 1), (1, 1, 2, 1), (1, 1, 1, 2)]),
            rng.randint(3, 6),
            1,
            sizes[3],
        ),
    ]
    with standing_in(basic, bottleneck):
        for number, case in enumerate(cases):
            block = basic if case[0] == "basic" else bottleneck
            resnets.check_network(answer, block, *case, seed=grading_seed() + 551 + number)


def ResNet_properties(answer: Any, basic: Any, bottleneck: Any) -> None:  # noqa: N802 - the exercise's name
    """Images, running mean, gradients, defaults."""
    with standing_in(basic, bottleneck):
        for block, kind in ((basic, "basic"), (bottleneck, "bottleneck")):
            resnets.check_network(
                answer, block, kind, (1, 3, 2, 1), 4, 2, (40, 72), seed=grading_seed() + 558
            )
        resnets.check_network_properties(answer, basic, grading_seed() + 557)


def resnet(answer: Any, network: Any, basic: Any, bottleneck: Any) -> None:
    """All networks of the table."""
    depths.check_depths(answer, network, basic, bottleneck)


def PreActBlock(answer: Any) -> None:  # noqa: N802 - the exercise's name
    """Pre-activation blocks of drawn sizes, with strides of 1, 2 and 3."""
    rng = random.Random(grading_seed() + 561)
    same, other = rng.randint(3, 5), rng.randint(3, 5)
    cases = [
        *((3, rng.randint(4, 6), 1), (same, same, 1), (2, rng.randint(3, 5), 2)),
        *((other, other, 2), (rng.randint(5, 7), 3, 1), (3, 3, 3)),
    ]
    residual.check_preact_block(answer, cases, grading_seed() + 560)


def PreActBlock_properties(answer: Any) -> None:  # noqa: N802 - the exercise's name
    """Input, running statistics and gradients."""
    residual.check_preact_block(
        answer, [(4, 4, 1), (3, 5, 1), (2, 4, 2), (3, 3, 2)], grading_seed() + 565
    )
    residual.check_preact_block_properties(answer, grading_seed() + 564)


def identity_weights(answer: Any) -> None:
    """Blocks of every make, whose names and orders tell nothing."""
    rng = random.Random(grading_seed() + 570)
    for number, block in enumerate(_blocks(rng)):
        dtype = torch.float64 if number % 2 else torch.float32
        identities.check_identity(answer, block, grading_seed() + 571 + number, dtype)


def _conv(inputs: int, outputs: int, kernel: int) -> nn.Module:
    return Conv(inputs, outputs, kernel).module()


def _blocks(rng: random.Random) -> list[Residual]:
    def shuffled(**layers: nn.Module) -> Any:
        names = list(layers)
        rng.shuffle(names)
        return lambda: {name: layers[name] for name in names}

    norm = nn.BatchNorm2d
    nested = nn.Sequential(
        nn.Sequential(norm(6), nn.ReLU(), _conv(6, 2, 1)), norm(2), nn.ReLU(), _conv(2, 6, 3)
    )
    backwards = {
        "bn0": norm(6),
        "middle": _conv(2, 6, 1),
        "bn1": norm(2),
        "first": _conv(2, 2, 3),
        "bn2": norm(2),
        "last": _conv(6, 2, 1),
    }
    return [
        Residual(
            "a block of two convolutions",
            "x k n relu m b x add relu",
            shuffled(k=_conv(6, 6, 3), n=norm(6), m=_conv(6, 6, 3), b=norm(6)),
            signed=False,
        ),
        Residual(
            "a block with a bottleneck, its last layer defined first",
            "x last bn2 relu first bn1 relu middle bn0 x add relu",
            lambda: backwards,
            signed=False,
        ),
        Residual(
            "a pre-activation block",
            "x one relu two three relu four x add",
            shuffled(one=norm(6), two=_conv(6, 6, 3), three=norm(6), four=_conv(6, 6, 3)),
        ),
        Residual("a block inside nn.Sequential", "x path x add", lambda: {"path": nested}),
        Residual(
            "a block without any norm",
            "x in leaky out x add",
            shuffled(
                **{
                    "in": nn.Conv2d(6, 9, 3, 1, 1),
                    "out": nn.Conv2d(9, 6, 1),
                    "leaky": nn.LeakyReLU(0.1),
                }
            ),
        ),
        Residual(
            "a block with group norm",
            "x c gn gelu d gn2 x add",
            shuffled(
                c=_conv(6, 6, 3),
                gn=nn.GroupNorm(2, 6),
                d=nn.Conv2d(6, 6, 1),
                gn2=nn.GroupNorm(3, 6),
                gelu=nn.GELU(),
            ),
        ),
        Residual(
            "a block of one small convolution", "x relu mix x add", shuffled(mix=nn.Conv2d(6, 6, 1))
        ),
        Residual("a block of batch norms", "x u v x add", shuffled(u=norm(6), v=norm(6))),
        Residual(
            "a block with layer norm",
            "x p q x add",
            shuffled(p=nn.LayerNorm([5, 4]), q=nn.Linear(4, 4)),
        ),
    ]
