"""The visible checks of the chapter on residual networks."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnnlab.exercises.common import NO_RETURN, Answer, drawing, expect_refusals
from cnnlab.exercises.residual.blocks import (
    basic_plan,
    bottleneck_plan,
    check_block,
    check_block_properties,
    plain_plan,
    preact_plan,
)
from cnnlab.exercises.residual.programs import Conv, Steps, distance, fill, random_values
from cnnlab.exercises.residual.resnets import ResNet as ResNet
from cnnlab.exercises.residual.resnets import resnet as resnet
from cnnlab.measure import measure
from cnnlab.plain_net import PlainNet
from coursekit.checks import Mistake, expect_close, expect_equal, expect_shape, expect_true, together
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

PLAIN = "Deeper, and worse"
DEEPEN = "A good solution exists"
BASIC = "Residual blocks"
BOTTLENECK = "Bottlenecks"
PREACT = "Which blocks can be the identity?"

# Blocks


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


# deepen

WROTE_INTO_ARGUMENT = Mistake(
    "wrote_into_argument",
    "entries were written into the state dict that was given; start with a copy, dict(state_dict), and make new "
    "tensors",
)
NO_DICT = Mistake("no_dict", "return a dict from names to tensors, such as a state dict, and not a module")
KEEPS_NO_SHAPE = Mistake("keeps_no_shape", "each tensor keeps its shape: torch.zeros_like(tensor)")
NAMES_MISSING = Mistake(
    "names_missing",
    "names of the deeper network's state dict are missing: keep all of the old layers, fc too, and add (depth - 2) / 3 "
    "- 2 new ones to each stage, each with its norm and running statistics",
)
NAMES_TOO_MANY = Mistake(
    "names_too_many",
    "there are names that the deeper network does not have: each stage has (depth - 2) / 3 layers",
)
IN_FLOAT32 = Mistake(
    "in_float32",
    "new tensors were made in torch's float32, which rounds 1 - 1e-5 to another number; take the dtype of the old ones",
)
ALWAYS_FLOAT64 = Mistake("always_float64", "new tensors get the dtype of the old ones, whatever it is")
KERNEL_OF_ZEROS = Mistake(
    "kernel_of_zeros",
    "the kernel of an added layer is 0, and a plain network passes on nothing but what its kernels read",
)
KERNEL_MIXES = Mistake(
    "kernel_mixes",
    "an added convolution does not pass on what it reads: output channel o takes input channel o, in the middle",
)
NORM_CHANGES = Mistake(
    "norm_changes",
    "an added norm changes what it reads; look at its running statistics, scale and shift",
)
IDENTITY_UP_TO_EPS = Mistake(
    "identity_up_to_eps",
    "an added norm is the identity up to eps only: it divides by the root of running_var + eps",
)
OLD_LAYER_MOVED = Mistake(
    "old_layer_moved", "the added layers are the identity, so an old layer has been moved or changed"
)


@visible_check
def deepen(answer: Answer) -> None:
    """Check that a deeper network computes what one of 8 layers does, and that other depths are refused."""
    rng = random.Random(grading_seed() + 509)
    check_deepened(answer, 14, grading_seed() + 507)
    check_deepened(answer, 6 * rng.randint(5, 9) + 2, grading_seed() + 508, width=2)
    check_deepened(answer, 8, grading_seed() + 508, width=3, in_channels=2, num_classes=4)
    check_deepen_contract(answer, (2, 10, rng.choice([9, 12, 13, 21])), grading_seed() + 506)


def check_deepened(function: Answer, depth: int, seed: int, **shape: int) -> None:
    """Deepen a random plain network of 8 layers, and compare the scores of both.

    Args:
        function: the student's.
        depth: of the deeper network.
        seed: decides all values.
        shape: arguments of both networks.
    """
    generator = drawing(seed)
    shallow, deeper = PlainNet(8, **shape).eval(), PlainNet(depth, **shape).double().eval()
    given = fill(shallow, random_values(generator))
    got = function({name: tensor.clone() for name, tensor in given.items()}, depth)
    _check_deep_state(got, given, deeper, depth)
    deeper.load_state_dict({**deeper.state_dict(), **got})
    x = torch.randn(3, shape.get("in_channels", 1), 8, 12, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        scores, right = deeper(x), shallow(x)
    apart = distance(scores, right) > 1e-9 * float(right.abs().max())
    added = [layer for layer in deeper.layers if layer not in shallow.layers]
    expect_close(
        scores,
        right,
        what=f"the scores of the network of {depth} layers, compared with those of the one of 8,",
        rtol=0,
        atol=1e-9 * min(1.0, float(right.abs().max())),
        mistakes={slip_in_added_layers(got, added): scores} if apart else {},
        reread=DEEPEN,
    )


def _check_deep_state(got: Any, given: Mapping[str, Tensor], deeper: PlainNet, depth: int) -> None:
    """Check the names, shapes and dtypes of a state dict."""
    expect_true(
        isinstance(got, dict),
        what="the result is a dict of tensors",
        likely=NO_RETURN if got is None else NO_DICT,
        reread=DEEPEN,
    )
    wanted = {name: tensor.shape for name, tensor in deeper.state_dict().items() if "num_batches" not in name}
    lacking, extra = [name for name in wanted if name not in got], set(got) - set(deeper.state_dict())
    with together():
        expect_true(
            not lacking,
            what=f"the result for depth {depth} has all names of PlainNet({depth})'s state dict ({len(lacking)} are "
            f"missing, the first {lacking[:1]})",
            likely=NAMES_MISSING,
            reread=DEEPEN,
        )
        expect_true(
            not extra,
            what=f"the result for depth {depth} has no names but those of PlainNet({depth})'s state dict (it has "
            f"{sorted(map(str, extra))[:1]})",
            likely=NAMES_TOO_MANY,
            reread=DEEPEN,
        )
    for name, right in wanted.items():
        expect_shape(got[name], tuple(right), what=f"{name} in the result for depth {depth}", reread=DEEPEN)
        expect_true(
            got[name].dtype == given["fc.weight"].dtype,
            what=f"{name} has the dtype of the network that was given, {given['fc.weight'].dtype}",
            likely=ALWAYS_FLOAT64 if got[name].dtype == torch.float64 else IN_FLOAT32,
            reread=DEEPEN,
        )


def slip_in_added_layers(got: Mapping[str, Tensor], added: Sequence[str]) -> Mistake:
    """What keeps added layers from being the identity, found by passing something through them."""
    kinds = ("running_mean", "running_var", "weight", "bias")
    for layer in added:
        kernel = got[f"conv{layer}.weight"]
        probe = torch.rand(1, kernel.shape[1], 5, 5, generator=drawing(0), dtype=torch.float64)
        read = F.conv2d(probe, kernel.double(), padding=1)
        if not read.any():
            return KERNEL_OF_ZEROS
        if distance(read, probe) > 1e-12:
            return KERNEL_MIXES
        mean, variance, scale, shift = (got[f"norm{layer}.{kind}"].double() for kind in kinds)
        apart = distance(F.batch_norm(read, mean, variance, scale, shift), probe)
        if apart > 1e-3:
            return NORM_CHANGES
        if apart > 1e-12:
            return IDENTITY_UP_TO_EPS
    return OLD_LAYER_MOVED


def check_deepen_contract(function: Answer, refused: Sequence[int], seed: int) -> None:
    """Check that the argument stays as it is, that float32 stays float32, and that other depths are refused."""
    check_deepened(function, 14, seed, width=2)
    given = fill(PlainNet(8, width=2), random_values(drawing(seed)))
    copies = {name: tensor.clone() for name, tensor in given.items()}
    single = PlainNet(8, width=2).state_dict()
    with together():
        function(given, 14)
        expect_true(
            list(given) == list(copies) and all(torch.equal(given[name], copies[name]) for name in copies),
            what="the state dict that was given stays as it is",
            likely=WROTE_INTO_ARGUMENT,
            reread=DEEPEN,
        )
        dtypes = {str(tensor.dtype) for name, tensor in function(single, 14).items() if "num_batches" not in name}
        expect_equal(
            sorted(dtypes),
            ["torch.float32"],
            what="the list of dtypes in the result for a network in float32",
            mistakes={ALWAYS_FLOAT64: [["torch.float32", "torch.float64"]]},
            reread=DEEPEN,
        )
        small = PlainNet(8, width=1).state_dict()
        expect_refusals(function, {f"a depth of {depth}": (small, depth) for depth in refused}, reread=DEEPEN)


# block_macs

ONE_OF_TWO = Mistake("one_of_two", "this is one of the two convolutions")
ONE_OF_THREE = Mistake("one_of_three", "this is one of the three convolutions")
AS_FLOP = Mistake("as_flop", "multiplication and addition were counted apart (FLOP); a MAC is both")
BASIC_WITH_4C = Mistake("basic_with_4c", "this is a basic block with 4C channels; C are asked for")
KERNEL_ONE_SIDE = Mistake("kernel_one_side", "a kernel has 3 * 3 weights, not 3")
CHANNELS_ONCE = Mistake("channels_once", "each filter reads all channels: C * C, not C")
MAPS_ONE_SIDE = Mistake("maps_one_side", "one side of the maps is missing")
AS_ON_SLIDE = Mistake(
    "as_on_slide", "9 HWC² for each of three convolutions is what the slide prints; a 1 x 1 between C and 4C costs less"
)
C_OUTSIDE = Mistake("c_outside", "C is the number of channels inside; 4C come in and go out")
ONE_1X1 = Mistake("one_1x1", "only one of the two 1 x 1 convolutions is counted")
NO_1X1 = Mistake("no_1x1", "the 1 x 1 convolutions are left out")
SQUARE_MAPS = Mistake("square_maps", "the maps were taken to be square")
OTHER_KIND = Mistake("other_kind", "this is the other kind of block")
BIASES = Mistake("biases", "biases and batch norm are not counted; only the multiply-adds of convolutions are")
COUNTED_SHORTCUT = Mistake("counted_shortcut", "the shortcut of a block that keeps its shape costs nothing")
PRECEDENCE = Mistake(
    "precedence", "the product is computed before the sum; put the sum of the convolutions' weights in brackets"
)


@visible_check
def block_macs(answer: Answer) -> None:
    """Check the multiply-adds of blocks: worked numbers, then what torch counts in convolutions, then the error."""
    expect_equal(
        answer("basic", 128, 28, 28),
        231_211_008,
        what="the multiply-adds of a basic block with 128 channels on 28 x 28, the worked example",
        mistakes={
            ONE_OF_TWO: 115_605_504,
            AS_FLOP: 462_422_016,
            BASIC_WITH_4C: 3_699_376_128,
            KERNEL_ONE_SIDE: 77_070_336,
            CHANNELS_ONCE: 1_806_336,
            MAPS_ONE_SIDE: 8_257_536,
            PRECEDENCE: 115_605_513,
            BIASES: [231_211_136, 231_211_264, 231_311_360, 231_411_712],
        },
        reread=BOTTLENECK,
    )
    expect_equal(
        answer("bottleneck", 64, 56, 56),
        218_365_952,
        what="the multiply-adds of a bottleneck block with C = 64 on 56 x 56",
        mistakes={
            AS_ON_SLIDE: 346_816_512,
            C_OUTSIDE: [13_647_872, 141_295_616, 1_952_448_512],
            ONE_1X1: 166_985_728,
            NO_1X1: 115_605_504,
            AS_FLOP: 436_731_904,
            KERNEL_ONE_SIDE: 141_295_616,
            PRECEDENCE: [51_380_237, 51_380_241, 115_605_512],
            BIASES: [218_366_080, 218_366_336, 219_168_768, 219_570_176],
        },
        reread=BOTTLENECK,
    )
    check_block_macs(answer, grading_seed() + 530)
    refused = {f"the kind {kind!r}": (kind, 64, 56, 56) for kind in ("plain", "")}
    expect_refusals(answer, refused, reread=BOTTLENECK)


def check_block_macs(function: Answer, seed: int) -> None:
    """Compare with what torch counts in convolutions of drawn sizes."""
    rng = random.Random(seed)
    for _ in range(3):
        c, size = rng.randint(2, 90), (rng.randint(2, 20), rng.randint(21, 40))
        one = _macs([Conv(c, c, 3)], size)
        macs = {"basic": 2 * one, "bottleneck": _macs([Conv(4 * c, c, 1), Conv(c, c, 3), Conv(c, 4 * c, 1)], size)}
        for kind, right in macs.items():
            other = macs["basic" if kind == "bottleneck" else "bottleneck"]
            expect_equal(
                function(kind, c, *size),
                right,
                what=f"the multiply-adds of a {kind} block with C = {c} on {size[0]} x {size[1]}",
                mistakes={
                    AS_ON_SLIDE: 3 * one,
                    ONE_OF_TWO if kind == "basic" else ONE_OF_THREE: [one, _macs([Conv(4 * c, c, 1)], size)],
                    AS_FLOP: 2 * right,
                    SQUARE_MAPS: [right * size[0] // size[1], right * size[1] // size[0]],
                    OTHER_KIND: other,
                    BIASES: [right + number * c * places for number in (2, 6) for places in (1, size[0] * size[1])],
                    BASIC_WITH_4C: 2 * _macs([Conv(4 * c, 4 * c, 3)], size),
                    COUNTED_SHORTCUT: [right + _macs([Conv(n, n, 1)], size) for n in (c, 4 * c)],
                },
                reread=BOTTLENECK,
            )


def _macs(convolutions: Sequence[Conv], size: tuple[int, int]) -> int:
    """The multiply-adds that torch counts in convolutions on maps of this size."""
    network = nn.Sequential(*(layer.module() for layer in convolutions)).to("meta")
    return sum(row.macs for row in measure(network, (convolutions[0].inputs, *size)))


# identity_weights

TENSORS_CHANGED = Mistake(
    "tensors_changed",
    "tensors were changed in place (zero_, fill_, *= 0); a copied dict still holds the same tensors",
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
    for number, residual in enumerate((ends_with_norm, ends_with_convolution, last_first, no_norm)):
        check_identity(answer, residual, grading_seed() + 565 + number)


def check_identity(function: Answer, residual: Residual, seed: int, dtype: torch.dtype = torch.float32) -> None:
    """Check that a block becomes the identity, in both modes, and that what was given stays as it is."""
    generator = drawing(seed)
    x = torch.randn(3, 6, 5, 4, generator=generator, dtype=dtype)
    x = x if residual.signed else x.abs()
    block = Steps(residual.words, dict(residual.layers())).to(dtype)
    state = random_state(block, generator)
    copies = {name: tensor.clone() for name, tensor in state.items()}
    got = function(state)
    with together():
        expect_true(
            list(state) == list(copies) and all(torch.equal(state[name], copies[name]) for name in copies),
            what="the state dict that was given stays as it is, with its tensors",
            likely=TENSORS_CHANGED,
            reread=PREACT,
        )
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
                mistakes={} if torch.equal(y, x) else {slip_in_identity(got): y},
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
    expect_true(
        isinstance(got, dict),
        what="the result is a dict of tensors",
        likely=NO_RETURN if got is None else NO_DICT,
        reread=PREACT,
    )
    parameters = sorted(name for name, _ in block.named_parameters())
    expect_equal(
        sorted(got),
        sorted(state),
        what=f"the list of names in the result for {case}",
        mistakes={BUFFERS_MISSING: parameters},
        reread=PREACT,
    )
    for name, tensor in state.items():
        came = tuple(got[name].shape) if isinstance(got[name], Tensor) else ()
        expect_shape(
            got[name],
            tuple(tensor.shape),
            what=f"{name} in the result for {case}",
            mistakes={KEEPS_NO_SHAPE: came} if came != tuple(tensor.shape) else {},
            reread=PREACT,
        )


def slip_in_identity(got: Mapping[str, Tensor]) -> Mistake:
    """Why a block that should be the identity is not."""
    if any((tensor < 0).any() for name, tensor in got.items() if name.endswith("running_var")):
        return STATISTICS_CHANGED
    vectors = {name: tensor for name, tensor in got.items() if tensor.ndim == 1 and "running" not in name}
    has_scales = any(tensor.any() for name, tensor in vectors.items() if name.endswith("weight"))
    has_shifts = any(tensor.any() for name, tensor in vectors.items() if name.endswith("bias"))
    has_kernels = any(tensor.any() for tensor in got.values() if tensor.ndim > 1)
    if not has_kernels and has_shifts:
        return SHIFT_LEFT
    if not has_kernels and has_scales:
        return SCALE_LEFT
    return LAST_SHIFT_LEFT if has_shifts else LAST_LEFT
