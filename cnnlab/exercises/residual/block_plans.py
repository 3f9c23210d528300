"""What the blocks of a residual network should be, and the mistakes to look for in each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cnnlab.exercises.residual.block_changes import Change
from cnnlab.exercises.residual.block_mistakes import (
    BASIC_VARIANTS,
    BOTTLENECK_VARIANTS,
    COMPARED_WITH_WIDTH,
    EXPANSION_FIXED,
    EXPANSION_LEFT_OUT,
    INNER_CHANNELS,
    INNER_FROM_INPUTS,
    INPUTS_EXPANDED,
    INPUTS_TAKEN_FOR_GRANTED,
    OTHER_DEFAULT,
    OUTPUTS_AS_INPUTS,
    PLAIN_SHORTCUT,
    PLAIN_VARIANTS,
    PREACT_VARIANTS,
    PROJECTS_TO_WIDTH,
    WIDTH_GOES_OUT,
    Variants,
)
from cnnlab.exercises.residual.programs import BlockProgram, Conv, Norm
from cnnlab.exercises.residual.search import Variant
from coursekit.checks import Mistake


@dataclass(frozen=True)
class BlockPlan:
    """What a block made with some arguments should be.

    Attributes:
        case: the call that makes it.
        right: the programs of all blocks that are right.
        variants: the mistakes to look for.
        inputs: the channels that it reads.
    """

    case: str
    right: tuple[BlockProgram, ...]
    variants: Variants
    inputs: int


def plain_plan(inputs: int, outputs: int, stride: int = 1) -> BlockPlan:
    """A plain block."""
    layers: dict[str, Conv | Norm] = {
        "c1": Conv(inputs, outputs, 3, stride),
        "n1": Norm(outputs),
        "c2": Conv(outputs, outputs, 3),
        "n2": Norm(outputs),
    }
    right = BlockProgram(("c1", "n1", "relu", "c2", "n2"), layers, join=())
    keeps = stride == 1 and inputs == outputs
    variants = (*(PLAIN_SHORTCUT if keeps else ()), *PLAIN_VARIANTS)
    return BlockPlan(f"PlainBlock({inputs}, {outputs}, stride={stride})", (right,), variants, inputs)


def basic_program(inputs: int, outputs: int, stride: int = 1) -> BlockProgram:
    """What a basic block computes."""
    layers: dict[str, Conv | Norm] = {
        "c1": Conv(inputs, outputs, 3, stride),
        "n1": Norm(outputs),
        "c2": Conv(outputs, outputs, 3),
        "n2": Norm(outputs),
    }
    return _projected(BlockProgram(("c1", "n1", "relu", "c2", "n2"), layers), inputs, outputs, stride)


def basic_plan(inputs: int, outputs: int, stride: int = 1) -> BlockPlan:
    """A basic block."""
    right = basic_program(inputs, outputs, stride)
    return BlockPlan(f"BasicBlock({inputs}, {outputs}, stride={stride})", (right,), BASIC_VARIANTS, inputs)


def bottleneck_program(inputs: int, width: int, stride: int = 1, expansion: int = 4) -> BlockProgram:
    """What a bottleneck computes."""
    return _bottleneck(inputs, width, expansion * width, stride)


def bottleneck_plan(inputs: int, width: int, stride: int = 1, expansion: int = 4) -> BlockPlan:
    """A bottleneck block."""
    case = f"BottleneckBlock({inputs}, {width}, stride={stride}" + f", expansion={expansion}" * (expansion != 4) + ")"
    right = bottleneck_program(inputs, width, stride, expansion)
    own = tuple(
        Variant(mistake, _instead(program), in_layers=True)
        for mistake, program in _other_channels(inputs, width, stride, expansion)
        if program.holds != right.holds
    )
    return BlockPlan(case, (right,), own + BOTTLENECK_VARIANTS, inputs)


def _other_channels(inputs: int, width: int, stride: int, expansion: int) -> Iterator[tuple[Mistake, BlockProgram]]:
    """Bottlenecks with other numbers of channels, and what is wrong with them."""
    outputs = expansion * width
    yield EXPANSION_FIXED, _bottleneck(inputs, width, 4 * width, stride)
    yield EXPANSION_LEFT_OUT, _bottleneck(inputs, width, width, stride)
    yield EXPANSION_LEFT_OUT, _bottleneck(inputs, width, width, stride, projects_to=outputs)
    yield PROJECTS_TO_WIDTH, _bottleneck(inputs, width, outputs, stride, projects_to=width)
    yield INNER_CHANNELS, _bottleneck(inputs, inputs, outputs, stride)
    if expansion == 4:
        yield OTHER_DEFAULT, _bottleneck(inputs, width, 2 * width, stride)
    yield INPUTS_EXPANDED, _bottleneck(inputs, width, expansion * inputs, stride)
    yield INPUTS_TAKEN_FOR_GRANTED, _bottleneck(inputs, width, outputs, stride).relaid(["c1"], inputs=outputs)
    yield WIDTH_GOES_OUT, _bottleneck(inputs, width // expansion, width, stride)
    yield OUTPUTS_AS_INPUTS, _bottleneck(inputs, width, inputs, stride)
    yield INNER_FROM_INPUTS, _bottleneck(inputs, inputs // expansion, outputs, stride)
    keeps = stride == 1 and inputs == outputs
    if stride == 1 and (inputs == width) != keeps:
        bare = _bottleneck(inputs, width, outputs, stride, projects=not keeps)
        yield COMPARED_WITH_WIDTH, bare
        if not keeps:
            yield COMPARED_WITH_WIDTH, bare.changed(join=())


def _instead(program: BlockProgram) -> Change:
    """A change into this very program."""
    return lambda _: iter((program,))


def _bottleneck(
    inputs: int, width: int, outputs: int, stride: int, projects_to: int = 0, projects: bool | None = None
) -> BlockProgram:
    layers: dict[str, Conv | Norm] = {
        "c1": Conv(inputs, width, 1),
        "n1": Norm(width),
        "c2": Conv(width, width, 3, stride),
        "n2": Norm(width),
        "c3": Conv(width, outputs, 1),
        "n3": Norm(outputs),
    }
    path = ("c1", "n1", "relu", "c2", "n2", "relu", "c3", "n3")
    if projects is False:
        return BlockProgram(path, layers)
    return _projected(BlockProgram(path, layers), inputs, projects_to or outputs, stride, projects)


def _projected(
    program: BlockProgram, inputs: int, outputs: int, stride: int, projects: bool | None = None
) -> BlockProgram:
    """A program whose shortcut is a projection with batch norm where the shape changes, or where it is told so."""
    if not (stride != 1 or inputs != outputs if projects is None else projects):
        return program
    layers = {**program.layers, "p": Conv(inputs, outputs, 1, stride), "np": Norm(outputs)}
    return program.changed(shortcut=("p", "np"), layers=layers)


def preact_plan(inputs: int, outputs: int, stride: int = 1) -> BlockPlan:
    """A pre-activation block, whose projection may read x or what the first ReLU returns."""
    layers: dict[str, Conv | Norm] = {
        "n1": Norm(inputs),
        "c1": Conv(inputs, outputs, 3, stride),
        "n2": Norm(outputs),
        "c2": Conv(outputs, outputs, 3),
    }
    right: tuple[BlockProgram, ...] = (BlockProgram(("n1", "relu", "c1", "n2", "relu", "c2"), layers, after=()),)
    if stride != 1 or inputs != outputs:
        projected = right[0].changed(shortcut=("p",), layers={**layers, "p": Conv(inputs, outputs, 1, stride)})
        right = (projected.changed(branch=2), projected)
    return BlockPlan(f"PreActBlock({inputs}, {outputs}, stride={stride})", right, PREACT_VARIANTS, inputs)
