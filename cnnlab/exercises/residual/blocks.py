"""Checks that a block of a network computes what it should, and names the mistakes if it does not.

Nothing is asked of how a block is written: its parameters are given random values, and what it returns is compared with
what a program in words makes of the same values. If that differs, what each mistake, and each pair of mistakes, would
return is tried.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from cnnlab.exercises.common import drawing
from cnnlab.exercises.residual import block_mistakes as make
from cnnlab.exercises.residual.block_mistakes import Slip
from cnnlab.exercises.residual.programs import (
    BlockProgram,
    Conv,
    Norm,
    Tensors,
    distance,
    fill,
    layers_of,
    own_state,
    passing_on,
    random_values,
    ways,
    words_of,
)
from coursekit.checks import CheckFailed, Mistake, expect_close, expect_equal, expect_shape, expect_true, together
from coursekit.exercises import outcome_of

SAME = 1e-9
MOST_WAYS = 24
"""With more ways to match layers than these, pairs of mistakes are not looked for."""

# Mistakes, in the order in which they are looked for

NO_RELU = Mistake("no_relu", "there is no ReLU")
NO_LAST_RELU = Mistake("no_last_relu", "the last ReLU is missing, after the second batch norm")
NO_FIRST_RELU = Mistake("no_first_relu", "the first ReLU is missing, so that the two convolutions amount to one")
NO_RELU_AFTER_ADDITION = Mistake("no_relu_after_addition", "the last ReLU is missing, after the addition")
NO_INNER_RELU = Mistake("no_inner_relu", "there is no ReLU between the two convolutions")
NO_RELU_AFTER_REDUCTION = Mistake("no_relu_after_reduction", "the ReLU after the first convolution is missing")
NO_RELU_AFTER_3X3 = Mistake("no_relu_after_3x3", "the ReLU after the 3 x 3 is missing")
NO_INNER_RELUS = Mistake("no_inner_relus", "there is no ReLU between the convolutions")
NO_RELU_IN_FRONT = Mistake("no_relu_in_front", "the first ReLU is missing, after the first batch norm")
NO_SECOND_RELU = Mistake("no_second_relu", "the second ReLU is missing, after the second batch norm")
NORM_AFTER_RELU = Mistake("norm_after_relu", "batch norm comes after ReLU; it belongs before it")
RELU_BEFORE_NORM = Mistake("relu_before_norm", "ReLU comes before batch norm; it belongs after it")
PRE_ACTIVATION = Mistake(
    "pre_activation",
    "this is the pre-activation order, batch norm and ReLU before each convolution; here the order is convolution, "
    "batch norm, ReLU",
)
NORM_BEFORE_CONVOLUTION = Mistake(
    "norm_before_convolution", "each batch norm comes before its convolution; it belongs after it"
)
ORIGINAL_BLOCK = Mistake(
    "original_block",
    "this is the order of the original block, convolution, batch norm, ReLU; here batch norm and ReLU come first",
)
NORM_NOT_CALLED = Mistake("norm_not_called", "a batch norm is defined, but forward never calls it")
NORM_MISSING = Mistake("norm_missing", "a batch norm is missing: each convolution of the path has one")
NORM_SHARED = Mistake("norm_shared", "one batch norm is used twice; each convolution needs its own")
CONVOLUTION_SHARED = Mistake("convolution_shared", "one convolution is used twice; make a new one for each place")
CONVOLUTION_NOT_CALLED = Mistake("convolution_not_called", "a convolution is defined, but forward never calls it")
OTHER_EPS = Mistake("other_eps", "eps is not batch norm's default of 1e-5")
BATCH_STATISTICS = Mistake(
    "batch_statistics",
    "batch norm uses the batch's own statistics in evaluation mode; nn.BatchNorm2d follows the mode by itself",
)
RUNNING_STATISTICS = Mistake(
    "running_statistics",
    "batch norm uses its running statistics in training mode; nn.BatchNorm2d follows the mode by itself",
)
WITH_BIAS = Mistake(
    "with_bias", "the convolutions have a bias, which the batch norm after them takes out again; write bias=False"
)
NO_PADDING = Mistake("no_padding", "a 3 x 3 convolution lacks its padding of 1")
NEEDLESS_PADDING = Mistake("needless_padding", "a 1 x 1 convolution has padding; it needs none")
STRIDE_IN_SECOND = Mistake("stride_in_second", "the second convolution has the stride; the first one should have it")
STRIDE_IN_FIRST = Mistake(
    "stride_in_first", "the first 1 x 1 has the stride, as in the paper (v1); here the 3 x 3 has it (v1.5)"
)
STRIDE_IN_LAST = Mistake("stride_in_last", "the last 1 x 1 has the stride; the 3 x 3 should have it")
STRIDE_TWICE = Mistake("stride_twice", "more than one convolution of the path has the stride; only one should have it")
STRIDE_FORGOTTEN = Mistake("stride_forgotten", "no convolution has the stride; pass it on")
STRIDE_IN_SHORTCUT_ONLY = Mistake(
    "stride_in_shortcut_only", "the projection has the stride, but no convolution of the path"
)
STRIDE_IN_PATH_ONLY = Mistake(
    "stride_in_path_only",
    "the path has the stride, but the projection does not, so that maps of different size meet at the addition",
)
FIXED_STRIDE = Mistake("fixed_stride", "the stride is written into the block; take the argument")
WITH_SHORTCUT = Mistake("with_shortcut", "there is a shortcut; a plain block has none")
NO_SHORTCUT = Mistake("no_shortcut", "there is no shortcut: nothing is added to what the path gives")
RELU_BEFORE_ADDITION = Mistake("relu_before_addition", "ReLU comes before the addition; it belongs after it")
RELU_BEFORE_TOO = Mistake("relu_before_too", "there is a ReLU before the addition as well; the sum gets the only one")
RELU_AFTER_PATH = Mistake("relu_after_path", "there is a ReLU after the second convolution; none belongs there")
RELU_AFTER_ADDITION = Mistake("relu_after_addition", "there is a ReLU after the addition; nothing follows it here")
SHORTCUT_SUBTRACTED = Mistake("shortcut_subtracted", "the shortcut is subtracted; add it")
PATH_SUBTRACTED = Mistake("path_subtracted", "the path is subtracted from the shortcut; add them")
MULTIPLIED = Mistake("multiplied", "path and shortcut are multiplied; add them")
AVERAGED = Mistake("averaged", "path and shortcut are averaged; add them")
RELU_ON_SHORTCUT = Mistake("relu_on_shortcut", "the shortcut has a ReLU of its own; only the sum has one")
RELU_ON_THIS_SHORTCUT = Mistake("relu_on_this_shortcut", "the shortcut has a ReLU of its own; it has none")
ADDED_TWICE = Mistake("added_twice", "the shortcut is added twice")
PATH_LEFT_OUT = Mistake("path_left_out", "the path is left out: this is the shortcut alone")
SUM_NORMALIZED = Mistake("sum_normalized", "the last batch norm normalizes the sum; it belongs before the addition")
LATE_SHORTCUT = Mistake(
    "late_shortcut", "the shortcut starts after the first convolution; it starts at the block's input"
)
ACTIVATED_SHORTCUT = Mistake(
    "activated_shortcut",
    "the shortcut carries what the first ReLU returns; where the shape stays, it is x itself",
)
NORMALIZED_SHORTCUT = Mistake(
    "normalized_shortcut",
    "the shortcut carries the normalized input before its ReLU; it is x itself where the shape stays, and the "
    "projection reads x or what the ReLU returns",
)
NOT_PROJECTED = Mistake("not_projected", "the shape changes (channels, or size), so the shortcut needs its projection")
ALWAYS_PROJECTED = Mistake(
    "always_projected", "nothing changes the shape here, so the shortcut is x itself, without a projection"
)
PROJECTION_WITHOUT_NORM = Mistake("projection_without_norm", "the projection lacks its batch norm")
PROJECTION_NORM_NOT_CALLED = Mistake(
    "projection_norm_not_called", "the projection's batch norm is defined, but forward never calls it"
)
PROJECTION_WITH_NORM = Mistake(
    "projection_with_norm", "the projection is a convolution and nothing else: no batch norm"
)
PROJECTION_WITH_BIAS = Mistake("projection_with_bias", "the projection has a bias; write bias=False")
PROJECTION_OF_3X3 = Mistake("projection_of_3x3", "the projection is a 1 x 1 convolution, not 3 x 3")
PROJECTION_POOLS = Mistake("projection_pools", "the projection pools instead of having the stride")
THREE_BY_THREE = Mistake("three_by_three", "the first and the last convolution are 1 x 1; only the middle one is 3 x 3")
ONE_BY_ONE = Mistake("one_by_one", "both convolutions are 3 x 3, with padding 1")
NORM_SIZES = Mistake("norm_sizes", "each batch norm has as many channels as what it normalizes")
EXPANSION_FIXED = Mistake(
    "expansion_fixed", "the block returns 4 * width channels whatever `expansion` is; use the argument"
)
EXPANSION_LEFT_OUT = Mistake(
    "expansion_left_out", "the last 1 x 1 returns width channels; it returns expansion * width"
)
WIDTH_GOES_OUT = Mistake(
    "width_goes_out",
    "width is taken for the channels that go out; it is the number inside, and expansion * width go out",
)
PROJECTS_TO_WIDTH = Mistake(
    "projects_to_width", "the projection returns width channels; it must return expansion * width, as the path does"
)
INNER_CHANNELS = Mistake(
    "inner_channels", "the 3 x 3 works on the channels of the input; the first 1 x 1 reduces them to width"
)
COMPARED_WITH_WIDTH = Mistake(
    "compared_with_width",
    "in_channels is compared with width; the shape stays where in_channels equals expansion * width",
)
NOT_REGISTERED = Mistake(
    "not_registered",
    "its layers are no attributes, or stand in a plain list or dict; nn.Sequential, nn.ModuleList and nn.ModuleDict "
    "register theirs",
    priority=1,
)
OTHER_NORMS = Mistake("other_norms", "take nn.BatchNorm2d with its default settings")
LAZY = Mistake("lazy", "a lazy layer has no parameters before its first call; take the one whose sizes you give it")
SHARED = Mistake("shared", "a layer is missing, or one object is used in several places")
WITHOUT_LAYERS = Mistake("without_layers", "compare kernels and channels with the docstring")
CONCATENATED = Mistake("concatenated", "path and shortcut are concatenated (torch.cat); add them")
PATH_DOUBLED = Mistake(
    "path_doubled", "the path's output is added to itself; the shortcut carries the block's input, so keep x"
)
RELU_AT_INPUT = Mistake("relu_at_input", "a ReLU is applied to the block's input; none belongs there")
OTHER_ACTIVATION = Mistake("other_activation", "the activation is not ReLU")
PROJECTION_STRIDE = Mistake(
    "projection_stride", "the projection has a stride of its own; it has the stride of the block"
)
SECOND_READS_INPUTS = Mistake(
    "second_reads_inputs", "the second convolution reads what the first one returns, and not in_channels"
)
RANDOM = Mistake("random", "two passes with the same input return different outputs: dropout, or other random numbers")
IN_PLACE = Mistake(
    "in_place",
    "something works in place on x itself (+=, inplace=True, relu_), which is also the caller's tensor",
)
NO_GRAD = Mistake("no_grad", "forward runs under torch.no_grad(), or detaches its output")
DETACHED = Mistake("detached", "no gradient arrives; something was detached on the way")
SHORTCUT_DETACHED = Mistake("shortcut_detached", "the gradient through the shortcut is lost; do not detach x")
DID_NOT_MOVE = Mistake("did_not_move", "the running statistics did not move")
RAN_TWICE = Mistake("ran_twice", "the layer ran twice in one pass")
OTHER_MOMENTUM = Mistake("other_momentum", "the momentum is not torch's default of 0.1")

_ANYWHERE = (
    Slip(NORM_SHARED, make.norm_shared),
    Slip(NORM_NOT_CALLED, make.norm_not_called),
    Slip(NORM_MISSING, make.norm_missing),
    Slip(CONVOLUTION_SHARED, make.convolution_shared, rare=True),
    Slip(WITH_BIAS, make.with_bias),
    Slip(NO_PADDING, make.no_padding),
    Slip(STRIDE_TWICE, make.stride_twice, rare=True),
    Slip(STRIDE_FORGOTTEN, make.stride_forgotten),
    Slip(FIXED_STRIDE, make.fixed_stride, rare=True),
    Slip(BATCH_STATISTICS, make.statistics("batch"), rare=True),
    Slip(RUNNING_STATISTICS, make.statistics("running"), rare=True),
    Slip(OTHER_EPS, make.other_eps, rare=True),
    Slip(CONVOLUTION_NOT_CALLED, make.convolution_not_called, rare=True),
    Slip(OTHER_ACTIVATION, make.other_activation, rare=True),
    Slip(RELU_AT_INPUT, make.relu_at_input, rare=True),
    Slip(SECOND_READS_INPUTS, make.second_reads_inputs),
)
_ORIGINAL_ORDER = (
    Slip(NO_RELU, make.no_relu),
    Slip(NORM_AFTER_RELU, make.norm_after_relu),
    Slip(PRE_ACTIVATION, make.pre_activation, rare=True),
    Slip(NORM_BEFORE_CONVOLUTION, make.norm_before_convolution, rare=True),
)
_TWO_OF_3X3 = (
    Slip(STRIDE_IN_SECOND, make.stride_in(1)),
    Slip(ONE_BY_ONE, make.kernel(1, (0, 1)), rare=True),
    Slip(ONE_BY_ONE, make.kernel(1, (0,)), rare=True),
    Slip(ONE_BY_ONE, make.kernel(1, (1,)), rare=True),
)
_SHORTCUT = (
    Slip(NO_SHORTCUT, make.no_shortcut),
    Slip(SHORTCUT_SUBTRACTED, make.joined("subtract"), rare=True),
    Slip(PATH_SUBTRACTED, make.joined("swap", "subtract"), rare=True),
    Slip(MULTIPLIED, make.joined("multiply"), rare=True),
    Slip(AVERAGED, make.joined("average"), rare=True),
    Slip(ADDED_TWICE, make.added_twice, rare=True),
    Slip(PATH_LEFT_OUT, make.path_left_out, rare=True),
    Slip(NOT_PROJECTED, make.not_projected),
    Slip(STRIDE_IN_PATH_ONLY, make.stride_in_path_only),
    Slip(STRIDE_IN_SHORTCUT_ONLY, make.stride_in_shortcut_only),
    Slip(PROJECTION_OF_3X3, make.projection_of_3x3),
    Slip(PROJECTION_WITH_BIAS, make.projection_with_bias),
    Slip(PROJECTION_POOLS, make.projection_pools, rare=True),
    Slip(PROJECTION_STRIDE, make.projection_stride_of_its_own, rare=True),
    Slip(CONCATENATED, make.joined("concatenate"), rare=True),
    Slip(PATH_DOUBLED, make.path_doubled, rare=True),
    Slip(NEEDLESS_PADDING, make.needless_padding, rare=True),
)
_ORIGINAL_SHORTCUT = (
    Slip(NO_RELU_AFTER_ADDITION, make.no_last_relu),
    Slip(RELU_BEFORE_ADDITION, make.relu_before_addition),
    Slip(RELU_BEFORE_TOO, make.relu_before_addition_too),
    Slip(RELU_ON_SHORTCUT, make.relu_on_shortcut),
    Slip(SUM_NORMALIZED, make.sum_normalized, rare=True),
    Slip(LATE_SHORTCUT, make.late_shortcut),
    Slip(PROJECTION_WITHOUT_NORM, make.projection_without_norm),
    Slip(PROJECTION_NORM_NOT_CALLED, make.projection_norm_not_called),
    Slip(ALWAYS_PROJECTED, make.always_projected(True)),
)
PLAIN_SLIPS = (
    Slip(NO_LAST_RELU, make.no_last_relu),
    Slip(NO_FIRST_RELU, make.without_relu(0)),
    *_ORIGINAL_ORDER,
    *_TWO_OF_3X3,
    *_ANYWHERE,
)
BASIC_SLIPS = (
    Slip(NO_INNER_RELU, make.without_relu(0)),
    *_ORIGINAL_SHORTCUT,
    *_ORIGINAL_ORDER,
    *_SHORTCUT,
    *_TWO_OF_3X3,
    *_ANYWHERE,
)
BOTTLENECK_SLIPS = (
    Slip(NO_RELU_AFTER_REDUCTION, make.without_relu(0)),
    Slip(NO_RELU_AFTER_3X3, make.without_relu(1)),
    Slip(NO_INNER_RELUS, make.no_inner_relus),
    Slip(STRIDE_IN_FIRST, make.stride_in(0)),
    Slip(STRIDE_IN_LAST, make.stride_in(2)),
    Slip(THREE_BY_THREE, make.kernel(3, (0, 2)), rare=True),
    Slip(THREE_BY_THREE, make.kernel(3, (0,)), rare=True),
    Slip(THREE_BY_THREE, make.kernel(3, (2,)), rare=True),
    *_ORIGINAL_SHORTCUT,
    *_ORIGINAL_ORDER,
    *_SHORTCUT,
    *_ANYWHERE,
)
PREACT_SLIPS = (
    Slip(NO_RELU_IN_FRONT, make.without_relu(0)),
    Slip(NO_SECOND_RELU, make.without_relu(1)),
    Slip(NO_RELU, make.no_relu),
    Slip(RELU_AFTER_ADDITION, make.relu_after_addition),
    Slip(RELU_AFTER_PATH, make.relu_before_addition_too),
    Slip(RELU_BEFORE_NORM, make.relu_before_norm),
    Slip(ORIGINAL_BLOCK, make.post_activation, rare=True),
    Slip(ACTIVATED_SHORTCUT, make.shortcut_from_front(2)),
    Slip(NORMALIZED_SHORTCUT, make.shortcut_from_front(1)),
    Slip(RELU_ON_THIS_SHORTCUT, make.relu_on_shortcut),
    Slip(PROJECTION_WITH_NORM, make.projection_with_norm),
    Slip(ALWAYS_PROJECTED, make.always_projected(False)),
    Slip(NORM_SIZES, make.norms_of_another_size),
    *_SHORTCUT,
    *_TWO_OF_3X3,
    *_ANYWHERE,
)


# What blocks should be


@dataclass(frozen=True)
class BlockPlan:
    """What a block made with some arguments should be.

    Attributes:
        case: the call that makes it.
        right: the programs of all blocks that are right.
        slips: the mistakes to look for.
        inputs: the channels that it reads.
    """

    case: str
    right: tuple[BlockProgram, ...]
    slips: tuple[Slip, ...]
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
    with_shortcut = Slip(WITH_SHORTCUT, lambda program: _with_shortcuts(program))
    slips = PLAIN_SLIPS if stride > 1 or inputs != outputs else (with_shortcut, *PLAIN_SLIPS)
    return BlockPlan(f"PlainBlock({inputs}, {outputs}, stride={stride})", (right,), slips, inputs)


def _with_shortcuts(program: BlockProgram) -> Iterator[BlockProgram]:
    yield program.changed(join=("add",))
    yield program.changed(path=(*program.path, "relu"), join=("add",), after=())


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
    return BlockPlan(f"BasicBlock({inputs}, {outputs}, stride={stride})", (right,), BASIC_SLIPS, inputs)


def bottleneck_program(inputs: int, width: int, stride: int = 1, expansion: int = 4) -> BlockProgram:
    """What a bottleneck computes."""
    return _bottleneck(inputs, width, expansion * width, stride)


def bottleneck_plan(inputs: int, width: int, stride: int = 1, expansion: int = 4) -> BlockPlan:
    """A bottleneck block."""
    case = f"BottleneckBlock({inputs}, {width}, stride={stride}" + f", expansion={expansion}" * (expansion != 4) + ")"
    right = _bottleneck(inputs, width, expansion * width, stride)
    keeps = stride == 1 and inputs == expansion * width
    others: tuple[tuple[Mistake, BlockProgram], ...] = (
        (EXPANSION_FIXED, _bottleneck(inputs, width, 4 * width, stride)),
        (EXPANSION_LEFT_OUT, _bottleneck(inputs, width, width, stride)),
        (EXPANSION_LEFT_OUT, _bottleneck(inputs, width, width, stride, projects_to=expansion * width)),
        (PROJECTS_TO_WIDTH, _bottleneck(inputs, width, expansion * width, stride, projects_to=width)),
        (INNER_CHANNELS, _bottleneck(inputs, inputs, expansion * width, stride)),
    )
    if width >= expansion:
        others += ((WIDTH_GOES_OUT, _bottleneck(inputs, width // expansion, width, stride)),)
    if stride == 1 and (inputs == width) != keeps:
        bare = _bottleneck(inputs, width, expansion * width, stride, projects=not keeps)
        guarded = bare.changed(join=())
        others += ((COMPARED_WITH_WIDTH, bare), *(((COMPARED_WITH_WIDTH, guarded),) if not keeps else ()))
    own = tuple(Slip(mistake, _instead(program)) for mistake, program in others if program.holds != right.holds)
    return BlockPlan(case, (right,), own + BOTTLENECK_SLIPS, inputs)


def _instead(program: BlockProgram) -> make.Change:
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
    return BlockPlan(f"PreActBlock({inputs}, {outputs}, stride={stride})", right, PREACT_SLIPS, inputs)


# What a block does, and why


@dataclass(frozen=True)
class Seen:
    """What a block made of an input in one mode.

    Attributes:
        x: the input.
        training: the mode.
        got: what it returned.
        error: what it raised.
    """

    x: Tensor
    training: bool
    got: Any = None
    error: Exception | None = None

    @property
    def mode(self) -> str:
        """The mode in words."""
        return "training" if self.training else "evaluation"

    def is_made_by(self, program: BlockProgram, tensors: Tensors, swapped: bool = False) -> bool:
        """Whether a program makes the same of the same input, or fails at the same sizes.

        Args:
            program: the program.
            tensors: its tensors.
            swapped: whether sizes that do not fit may be named in another order, as where path and shortcut are added
                the other way round.
        """
        try:
            right = output_of(program, tensors, self.x, self.training)
        except RuntimeError as error:
            order: Callable[[list[str]], list[str]] = sorted if swapped else list
            numbers = _numbers_in(self.error) if self.error is not None else []
            return bool(numbers) and order(_numbers_in(error)) == order(numbers)
        except KeyError:
            return False
        return distance(self.got, right) < SAME * max(1.0, right.abs().max().item())


def _numbers_in(error: Exception) -> list[str]:
    return re.findall(r"\d+", str(error))


def output_of(program: BlockProgram, tensors: Tensors, x: Tensor, training: bool) -> Tensor:
    """What a program makes of an input; the tensors stay as they are."""
    own = {name: {kind: tensor.clone() for kind, tensor in kinds.items()} for name, kinds in tensors.items()}
    with torch.no_grad():
        return program.run(own, x, training)


def seen(block: Any, x: Tensor, training: bool) -> Seen:
    """What a block makes of an input, which is kept from it."""
    block.train(training)
    try:
        return Seen(x, training, block(x.clone()))
    except NotImplementedError:
        raise
    except Exception as error:
        return Seen(x, training, error=error)


def causes_of(plan: BlockPlan, found: Tensors, what: Sequence[Seen]) -> list[list[Mistake]]:
    """The mistakes that explain what was seen of a block: one each, or two that were made together.

    Args:
        plan: what the block should be.
        found: the layers that it has.
        what: what was seen of it.

    Returns:
        For each mistake that was made, those that it may be.
    """
    single = [(slip, program) for base in plan.right for slip in plan.slips for program in slip.change(base)]
    for swapped in (False, True):
        exact = [slip.mistake for slip, program in single if _explains(program, found, what, swapped)]
        if exact:
            return [list(dict.fromkeys(exact))]
    if pair := _pair_of_causes(plan, single, found, what):
        return pair
    has = sorted(words_of({f"{name}.{kind}": t for name, kinds in found.items() for kind, t in kinds.items()}))
    if any(program.holds == has for program in plan.right):
        return []
    fitting = [slip.mistake for slip, program in single if program.holds == has]
    return [list(dict.fromkeys(fitting))[:1]] if fitting else []


def _pair_of_causes(
    plan: BlockPlan, single: Sequence[tuple[Slip, BlockProgram]], found: Tensors, what: Sequence[Seen]
) -> list[list[Mistake]]:
    """Two mistakes that explain together what was seen; empty if none do."""
    # Images do not meet in evaluation mode, so a single one sorts out most pairs.
    glance = [replace(one, x=one.x[:1], got=one.got[:1]) for one in what[:1] if one.error is None]
    for first, base in single:
        later = plan.slips[plan.slips.index(first) + 1 :]
        for second in later if not first.rare else ():
            for program in second.change(base) if not second.rare else ():
                few = len(list(islice(ways(program, found), MOST_WAYS + 1))) <= MOST_WAYS
                if few and _explains(program, found, glance) and _explains(program, found, what):
                    return [[first.mistake], [second.mistake]]
    return []


def _explains(program: BlockProgram, found: Tensors, what: Sequence[Seen], swapped: bool = False) -> bool:
    """Whether a program makes what was seen, in some way to match its layers."""
    return any(
        all(one.is_made_by(program, {ours: found[theirs] for ours, theirs in way.items()}, swapped) for one in what)
        for way in ways(program, found)
    )


def check_block(
    block: Any,
    plan: BlockPlan,
    size: tuple[int, int],
    *,
    seed: int,
    reread: str,
    example: tuple[Tensor, Tensor] | None = None,
) -> None:
    """Check the layers of a block, and what it returns in both modes with random parameters and statistics.

    Args:
        block: the student's.
        plan: what it should be.
        size: height and width of the input.
        seed: decides all values.
        reread: where to re-read.
        example: pixels, and what becomes of them in evaluation mode where batch norms compute 2v - 3 and convolutions
            pass on what they read; for a block that keeps the shape.
    """
    generator = drawing(seed)
    state = state_of(block, generator, plan.case, reread)
    found, has = layers_of(state), words_of(state)
    x = torch.randn(3, plan.inputs, *size, generator=generator, dtype=torch.float64)
    first = seen(block, x, False)
    what = [first, seen(block, x, True)] if first.error is None else [first]
    programs = [program for program in plan.right if _explains(program, found, what)]
    causes = [] if programs else _causes(block, plan, found, what)
    with together():
        for cause in causes or [[]]:
            _compare(block, plan, found, has, what, cause, reread, example)


def _causes(block: Any, plan: BlockPlan, found: Tensors, what: Sequence[Seen]) -> list[list[Mistake]]:
    """The mistakes that explain what was seen, if a tensor came at all."""
    if any(one.error is None and not isinstance(one.got, Tensor) for one in what):
        return []
    causes = causes_of(plan, found, what)
    # In training mode nothing that a pass leaves behind changes the next one.
    training = [one for one in what if one.training and one.error is None and not causes]
    again = [(one, seen(block, one.x, one.training)) for one in training]
    return [[RANDOM]] if any(distance(one.got, other.got) > 0 for one, other in again) else causes


def state_of(module: Any, generator: torch.Generator, case: str, reread: str) -> dict[str, Tensor]:
    """The state dict of a module that was given random values, with every layer once.

    Raises:
        CheckFailed: if its layers wait for their first input.
    """
    try:
        return own_state(module, random_values(generator))
    except (ValueError, RuntimeError) as error:
        if "uninitialized parameter" not in str(error):
            raise
    raise CheckFailed(f"the layers of {case}", likely=LAZY, reread=reread)


def _compare(
    block: Any,
    plan: BlockPlan,
    found: Tensors,
    has: list[str],
    what: Sequence[Seen],
    causes: Sequence[Mistake],
    reread: str,
    example: tuple[Tensor, Tensor] | None,
) -> None:
    """Compare the layers first, then what was returned; what differs first is told."""
    expected = plan.right[0].holds
    wrong = causes or ([_fault_in_layers(has, expected)] if has != expected else [])
    expect_equal(
        has, expected, what=f"the list of layers of {plan.case}", mistakes=dict.fromkeys(wrong, has), reread=reread
    )
    if has != expected:
        return
    if example:
        _compare_example(block, plan, example, causes, reread)
    for one in what:
        if one.error is not None:
            _report(one.error, causes, reread)
        case = f"the output of {plan.case} in {one.mode} mode"
        right = _closest(plan, found, one)
        expect_shape(one.got, tuple(right.shape), what=case, mistakes=_of_shape(one, right, causes), reread=reread)
        expect_close(
            one.got,
            right,
            what=case,
            rtol=0,
            atol=SAME,
            mistakes=dict.fromkeys(causes, one.got) if isinstance(one.got, Tensor) else {},
            reread=reread,
        )


def _of_shape(one: Seen, right: Tensor, causes: Sequence[Mistake]) -> dict[Mistake | str, Any]:
    shape = tuple(one.got.shape) if isinstance(one.got, Tensor) else ()
    return {cause: shape for cause in causes if shape != tuple(right.shape)}


def _compare_example(
    block: Any, plan: BlockPlan, example: tuple[Tensor, Tensor], causes: Sequence[Mistake], reread: str
) -> None:
    """Compare a block that computes 2v - 3 and passes on with a worked example."""
    pixels, numbers_right = example
    x, right = (row.expand(1, plan.inputs, 1, -1) for row in (pixels, numbers_right))
    _ = fill(block, passing_on)
    one = seen(block, x, False)
    if isinstance(one.got, Tensor) and one.got.shape == right.shape and not torch.allclose(one.got, right, atol=1e-6):
        numbers = ", ".join(f"{value:g}" for value in pixels.tolist())
        expect_close(
            one.got[0, 0, 0],
            right[0, 0, 0],
            what=f"the output of {plan.case} in the worked example, where each channel holds the pixels {numbers}",
            rtol=0,
            atol=1e-6,
            mistakes=dict.fromkeys(causes, one.got[0, 0, 0]),
            reread=reread,
        )


def _closest(plan: BlockPlan, found: Tensors, one: Seen) -> Tensor:
    """Of what is right the output that comes closest to what was seen."""
    outputs = [
        output_of(program, {ours: found[theirs] for ours, theirs in way.items()}, one.x, one.training)
        for program in plan.right
        for way in ways(program, found)
    ]
    return min(outputs, key=lambda right: distance(one.got, right))


def _report(error: Exception, causes: Sequence[Mistake], reread: str) -> None:
    """Raise an error of the student's code, with its cause if that is known.

    Raises:
        CheckFailed: if it is.
    """
    if not causes:
        raise error
    first, *place = str(outcome_of("", error)).splitlines()
    what = f"{first.rstrip('.')} ({place[0]})" if place else first.rstrip(".")
    raise CheckFailed(what, likely=list(causes), reread=reread, problem="{what}") from None


def _fault_in_layers(has: Sequence[str], expected: Sequence[str]) -> Mistake:
    """What a list of layers in words suggests, if no mistake explains it."""
    extra = sorted((Counter(has) - Counter(expected)).elements())
    missing = sorted((Counter(expected) - Counter(has)).elements())
    if not has:
        return NOT_REGISTERED
    if extra and [word.partition(" without")[0] for word in extra] == missing:
        return OTHER_NORMS
    if not extra:
        return SHARED
    if all(word.startswith("norm") for word in extra + missing):
        return NORM_SIZES
    return WITHOUT_LAYERS


# What else a block does


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
            SHORTCUT_DETACHED: [] if direct is None else [right - direct, right - weights],
        },
        reread=reread,
    )
