"""The checks of ``ResNet``.

A network's parameters are given values, the same for all tensors of one kind and shape, so that its scores do not
depend on the names and the order of its layers. They are compared with those of a network made of reference blocks. If
these differ, what each mistake, and each pair of mistakes, would give is tried; what no mistake explains is told by the
first layer that differs.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnlab.exercises.common import Answer, drawing
from cnnlab.exercises.layers import layer_by_layer, steps_of
from cnnlab.exercises.residual.block_mistakes import NOT_REGISTERED, RANDOM
from cnnlab.exercises.residual.blocks import Seen, report, seen, state_of
from cnnlab.exercises.residual.network_mistakes import (
    DEFAULTS,
    FEWER_BLOCKS,
    GRADIENT_LOST,
    HEAD_CLASSES,
    HEAD_FEATURES,
    IN_PLACE,
    NO_GRADIENTS,
    STEM_INPUTS,
    STEM_MOMENTUM,
    STEM_WIDTH,
    network_variants,
)
from cnnlab.exercises.residual.networks import ResidualNetwork, network, tensors_of
from cnnlab.exercises.residual.programs import Conv, Value, alike, distance, fill, random_values, words_of
from cnnlab.exercises.residual.reference_blocks import standing_in
from cnnlab.exercises.residual.search import pair_of_mistakes, single_mistakes
from coursekit.checks import CheckFailed, Mistake, expect_close, expect_equal, expect_shape, expect_true, together
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

SECTION = "ResNets"
SAME = 1e-7
OTHER_LAYERS = "compare the stem, the blocks of each stage and the linear layer with the docstring"
"""Said where no layer that runs differs; a clause without a name, which gives way to the first one that does."""


@visible_check
def ResNet(answer: Answer, basic: Any, bottleneck: Any) -> None:
    """Check ResNet: its layers, its scores in both modes, the stem's running mean, gradients, defaults.

    Meanwhile your BasicBlock and BottleneckBlock do what they should, whatever they do otherwise.
    """
    rng = random.Random(grading_seed() + 545)
    cases = [
        ("basic", rng.choice([(2, 1, 3, 2), (1, 3, 2, 1)]), 3, 2, (64, 70)),
        ("bottleneck", rng.choice([(1, 1, 3, 1), (1, 3, 1, 2)]), rng.randint(4, 6), 3, (45, 64)),
    ]
    with standing_in(basic, bottleneck):
        for number, case in enumerate(cases):
            check_network(answer, basic if case[0] == "basic" else bottleneck, *case, seed=grading_seed() + number)
        check_network_properties(answer, basic, grading_seed() + 547)


def check_network(
    answer: Answer,
    made_of: Any,
    kind: str,
    blocks: Sequence[int],
    classes: int,
    width: int,
    size: tuple[int, int],
    *,
    seed: int,
) -> None:
    """Check a network's layers, and its scores in both modes.

    Args:
        answer: the student's ResNet.
        made_of: the student's block, which does what it should meanwhile.
        kind: "basic" or "bottleneck".
        blocks: the number of blocks of each stage.
        classes: how many scores there are.
        width: of the stem.
        size: of the images.
        seed: decides all values.
    """
    name = "BasicBlock" if kind == "basic" else "BottleneckBlock"
    case = f"ResNet({name}, {tuple(blocks)}, num_classes={classes}, width={width})"
    generator = drawing(seed + 550)
    student = answer(made_of, blocks, num_classes=classes, width=width)
    right = network(kind, blocks, classes, width)
    has = words_of(state_of(student, generator, case, SECTION))
    value = alike(random_values(generator))
    _ = fill(student, value)
    x = torch.randn(3, 3, *size, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        what = [seen(student, x, training) for training in (False, True)]
    causes = _causes(right, has, what, value)
    if not causes and _is_random(student, what[1]):
        causes = [[RANDOM]] if not _is_made_by(what[1], right, value) else []
    with _parted(student, right, value, (1, *x.shape[1:])), together():
        for cause in causes or [[]]:
            _compare(right, has, what, value, cause, case)


@contextmanager
def _parted(student: Any, right: ResidualNetwork, value: Value, shape: tuple[int, ...]) -> Iterator[None]:
    """Within, a failure without a known cause says where a network parts from the right one."""
    try:
        yield
    except CheckFailed as failure:
        if failure.mistakes and failure.mistakes[0].id:
            raise
        pools = [step.operation for step in steps_of(student, shape) if step.operation in _HEADS]
        # Passes in training mode have moved its running statistics.
        _ = fill(student, value)
        # Averages are taken in many ways; what is right about them is not told as different.
        head = nn.Sequential(_HEADS[pools[-1]](), nn.Flatten()) if pools else _Mean()
        with layer_by_layer(student, right.module(value, head), shape, names=right.names(bool(pools)), reread=SECTION):
            raise


class _Mean(nn.Module):
    """The average over height and width, which no layer takes."""

    def forward(self, x: Tensor) -> Tensor:
        """Shape (N, C) for x of shape (N, C, H, W)."""
        return x.mean(dim=(2, 3))


class _AveragePool(nn.Module):
    """The same with a pool over the whole map."""

    def forward(self, x: Tensor) -> Tensor:
        """Shape (N, C, 1, 1) for x of shape (N, C, H, W)."""
        return F.avg_pool2d(x, x.shape[2:])


_HEADS: Mapping[str, Callable[[], nn.Module]] = MappingProxyType(
    {"adaptive average pool": lambda: nn.AdaptiveAvgPool2d(1), "average pool": _AveragePool}
)


def _is_random(student: Any, one: Seen) -> bool:
    """Whether another pass in training mode gives something else; nothing that a pass leaves behind changes it."""
    again = seen(student, one.x, one.training) if isinstance(one.got, Tensor) else one
    return isinstance(again.got, Tensor) and distance(again.got, one.got) > 0


def _is_made_by(one: Seen, network: ResidualNetwork, value: Value) -> bool:
    try:
        right = network.scores(one.x, value, one.training)
    except RuntimeError as error:
        return one.error is not None and str(error)[:60] in str(one.error)
    return distance(one.got, right) < SAME * (1 + float(right.abs().max()))


def _causes(right: ResidualNetwork, has: list[str], what: list[Seen], value: Value) -> list[list[Mistake]]:
    """The mistakes that explain a network: those that one may be, or two that were made together; empty if unknown."""

    def explains(network: ResidualNetwork) -> bool:
        return network.layers == has and all(_is_made_by(one, network, value) for one in what)

    # Images do not meet in evaluation mode, so a single one sorts out most pairs.
    glance = [replace(what[0], x=what[0].x[:1], got=what[0].got[:1])] if isinstance(what[0].got, Tensor) else []

    def fits(network: ResidualNetwork) -> bool:
        return network.layers == has and all(_is_made_by(one, network, value) for one in glance) and explains(network)

    if explains(right):
        return []
    variants = network_variants(right)
    if single := single_mistakes([right], variants, explains):
        return [single]
    return [[mistake] for mistake in pair_of_mistakes([right], variants, fits) or _shown_by_layers(right, has, what)]


def _shown_by_layers(right: ResidualNetwork, has: list[str], what: Sequence[Seen]) -> list[Mistake]:
    """What the layers of a network show, whatever it returns."""
    if not has:
        return [NOT_REGISTERED]
    if right.layers == has:
        return []
    variants = [variant for variant in network_variants(right) if variant.in_layers]
    if fitting := single_mistakes([right], variants, lambda network: network.layers == has):
        return fitting[:1]
    missing, extra = Counter(right.layers) - Counter(has), Counter(has) - Counter(right.layers)
    if not extra:
        sizes_fit = not any(text in str(one.error) for one in what for text in ("channels, but got", "mat1 and mat2"))
        return [FEWER_BLOCKS if set(missing) <= set(has) else NOT_REGISTERED] if sizes_fit else []
    outside = ("7x7", "linear", f"norm of {right.conv.outputs}")
    if not all(word.startswith(outside) for word in (*missing, *extra)):
        return []
    if any(word.startswith("7x7") and f" {right.conv.inputs} to" not in word for word in extra):
        return [STEM_INPUTS]
    parts = (("7x7", STEM_WIDTH), ("linear", HEAD_FEATURES))
    found = [mistake for begin, mistake in parts if any(word.startswith(begin) for word in missing)]
    reads = [word.split()[1] for word in extra if word.startswith("linear")]
    return [HEAD_CLASSES if mistake is HEAD_FEATURES and reads == [str(right.reads)] else mistake for mistake in found]


def _compare(
    right: ResidualNetwork, has: list[str], what: Sequence[Seen], value: Value, causes: Sequence[Mistake], case: str
) -> None:
    """Compare the layers first, then the scores."""
    missing, extra = Counter(right.layers) - Counter(has), Counter(has) - Counter(right.layers)
    if missing or extra:
        lists = ", ".join(
            f"{says} {sorted(words.elements())[:4]}"
            for says, words in (("missing", missing), ("besides", extra))
            if words
        )
        problem = f"the layers of {case} are not those of a stem, {len(right.sizes)} blocks and one linear layer"
        expect_true(False, what=f"{problem} ({lists})", likely=causes[0] if causes else OTHER_LAYERS, reread=SECTION)
        return
    expect_equal(has, right.layers, what=f"the list of layers of {case}")
    for one in what:
        if one.error is not None:
            report(one.error, causes, SECTION)
        scores = right.scores(one.x, value, one.training)
        said = f"the scores of {case} in {one.mode} mode for images of {one.x.shape[2]} x {one.x.shape[3]}"
        shape = tuple(one.got.shape) if isinstance(one.got, Tensor) else ()
        wrong: dict[Mistake | str, Any] = dict.fromkeys(causes, shape) if shape != tuple(scores.shape) else {}
        expect_shape(one.got, tuple(scores.shape), what=said, mistakes=wrong, reread=SECTION)
        expect_close(
            one.got, scores, what=said, rtol=SAME, atol=1e-8, mistakes=dict.fromkeys(causes, one.got), reread=SECTION
        )


def check_network_properties(answer: Answer, basic: Any, seed: int) -> None:
    """Check what a network with the right scores leaves behind: images, running mean, gradients; and its defaults."""
    blocks, classes, width = (1, 2, 1, 1), 3, 2
    check_network(answer, basic, "basic", blocks, classes, width, (64, 64), seed=seed)
    student = answer(basic, blocks, num_classes=classes, width=width)
    generator = drawing(seed)
    value = alike(random_values(generator))
    _ = fill(student, value)
    x = torch.randn(2, 3, 64, 64, generator=generator, dtype=torch.float64)
    given = x.clone()
    student.train()
    y = student(given)
    stem = Conv(3, width, 7, 2)
    mean = stem.apply(x, tensors_of(stem, value)).mean(dim=(0, 2, 3))
    moved = 0.9 * value("running_mean", (width,)) + 0.1 * mean
    means = [tensor for name, tensor in student.state_dict().items() if name.endswith("running_mean")]
    with together():
        expect_true(torch.equal(given, x), what="the network leaves the images as they are", likely=IN_PLACE)
        expect_true(
            any(tensor.shape == moved.shape and distance(tensor, moved) < 1e-9 for tensor in means),
            what="after one pass in training mode, the stem's running mean has gone a tenth of the way to the batch's",
            likely=STEM_MOMENTUM,
            reread=SECTION,
        )
        expect_true(y.requires_grad, what="gradients flow through the network", likely=NO_GRADIENTS, reread=SECTION)
        if y.requires_grad:
            y.square().sum().backward()
            expect_true(
                all(parameter.grad is not None for parameter in student.parameters()),
                what="a gradient reaches every parameter of the network",
                likely=GRADIENT_LOST,
                reread=SECTION,
            )
        with torch.device("meta"):
            full = answer(basic, (1, 1, 1, 1))
        full.to("meta")
        ends = [word for word in words_of(full.state_dict()) if word.startswith(("7x7", "linear"))]
        expect_equal(
            ends,
            ["7x7 conv 3 to 64", "linear 512 to 1000"],
            what="the list of the first and the last layer of ResNet(BasicBlock, (1, 1, 1, 1))",
            mistakes={HEAD_FEATURES if _has_defaults(ends) else DEFAULTS: ends},
            reread=SECTION,
        )


def _has_defaults(ends: Sequence[str]) -> bool:
    """Whether a stem has 64 filters, and a linear layer 1000 outputs."""
    return [word.split()[-1] for word in ends] == ["64", "1000"]
