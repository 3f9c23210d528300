"""The visible checks of what stacks and stages cost.

What mistakes give is measured on real layers, as what is right is: on layers with other kernels, channels or maps.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import torch
from torch import nn

from cnnlab.exercises.cases import Case, Causes
from cnnlab.exercises.vgg.shared import Answer, Gives, expect_explained, fitting, gives_for, part_of
from cnnlab.measure import Measured, measure
from coursekit.checks import Mistake, expect_equal, expect_true
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

STACK = "Rule 1: what does a stack cost?"
STAGE = "Rules 2 and 3: equal work on every stage"


DEPTH_FORGOTTEN = Mistake("depth_forgotten", "the depth is forgotten; there are several layers")
ONE_LAYER_MISSING = Mistake("one_layer_missing", "one layer of the stack is missing; there are `depth` of them")
DEPTH_TWICE = Mistake("depth_twice", "the depth was multiplied in twice; count each layer once")
KERNEL_NOT_SQUARED = Mistake("kernel_not_squared", "a kernel has K · K weights, not K")
KERNEL_SIDES_ADDED = Mistake("kernel_sides_added", "a kernel has K · K weights, not K + K")
CHANNELS_NOT_SQUARED = Mistake("channels_not_squared", "each filter reads all channels: C · C, not C")
CHANNELS_CUBED = Mistake(
    "channels_cubed", "the channels are multiplied in once too often; the weights hold them already"
)
FROM_THE_IMAGE = Mistake("from_the_image", "the first layer reads `channels` channels as well, not the 3 of an image")
BIAS_ALWAYS = Mistake("bias_always", "the biases were counted although bias=False")
BIAS_NEVER = Mistake("bias_never", "bias=True is ignored")
BIAS_OF_ONE_LAYER = Mistake("bias_of_one_layer", "the biases of one layer only were counted; each has its own")
BIAS_PER_LAYER = Mistake("bias_per_layer", "there is one bias per filter, not one per layer")
BIAS_PER_KERNEL = Mistake("bias_per_kernel", "there is one bias per filter, not one for each channel that it reads")
BIAS_IN_MACS = Mistake("bias_in_macs", "biases are no multiply-adds")
FLOP_FOR_MAC = Mistake("flop_for_mac", "multiplication and addition were counted separately (FLOP); a MAC is both")
SWAPPED = Mistake("swapped", "parameters come first, then multiply-adds")
SQUARE_MAPS = Mistake("square_maps", "the maps were taken to be square")
ONE_SIDE = Mistake("one_side", "one side of the maps is missing; there are height · width positions")
NO_POSITIONS = Mistake("no_positions", "each weight is used at every one of the height · width positions")
ONE_LARGE_KERNEL = Mistake(
    "one_large_kernel", "this is one convolution with the field of the stack; several small ones are asked for"
)
MAPS_SHRINK = Mistake("maps_shrink", "the maps shrank; the padding keeps them at height × width")
POWER_OF_DEPTH = Mistake("power_of_depth", "the layers follow one another: their weights add up, they do not multiply")

PRECEDENCE = Mistake(
    "precedence", "Python reads a + b if bias else 0 as (a + b) if bias else 0; put brackets around b if bias else 0"
)
SIDES_ADDED = Mistake("sides_added", "the maps have height · width positions, not height + width")

Costs: TypeAlias = tuple[int, int]
"""Parameters and multiply-adds."""
StackCase: TypeAlias = tuple["Stack", Costs]


@dataclass(frozen=True)
class Stack:
    """The arguments of ``stack_cost``."""

    kernel: int
    depth: int
    channels: int
    height: int
    width: int
    bias: bool = False

    def __str__(self) -> str:
        what = f"{self.depth} × {self.kernel}×{self.kernel} with {self.channels} channels"
        return f"{what} on {self.height} × {self.width}{', with biases' if self.bias else ''}"


@visible_check
def stack_cost(answer: Answer) -> None:
    """Check parameters and multiply-adds of three stacks, and of drawn ones against real layers."""
    check_stacks(
        answer,
        [
            (Stack(3, 2, 64, 56, 56), (73_728, 231_211_008)),
            (Stack(5, 1, 3, 4, 7, bias=True), (228, 6_300)),
            (Stack(3, 3, 2, 5, 4, bias=True), (114, 2_160)),
        ],
    )
    rng = random.Random(grading_seed() + 52)
    check_stacks(answer, [measured_case(drawn_stack(rng, bias)) for bias in (True, False)])


def check_stacks(answer: Answer, stacks: Sequence[StackCase]) -> None:
    """Compare the costs of stacks, first parameters, then multiply-adds."""
    came = []
    for stack, right in stacks:
        arguments = (stack.kernel, stack.depth, stack.channels, stack.height, stack.width)
        got = answer(*arguments, True) if stack.bias else answer(*arguments)
        if not isinstance(got, (tuple, list)) or len(got) != 2 or tuple(got) == right[::-1]:
            slips: dict[Mistake | str, Any] = {SWAPPED: right[::-1]}
            expect_equal(got, right, what=f"(params, macs) of {stack}", mistakes=slips, reread=STACK)
        came.append(tuple(got))
    groups = []
    gives = _wrong_costs([stack for stack, _ in stacks]) if came != [right for _, right in stacks] else {}
    whole = fitting(gives, came)
    for part, name in enumerate(("parameters", "multiply-adds")):
        cases = [
            Case(f"the {name} of {stack}", got[part], right[part])
            for got, (stack, right) in zip(came, stacks, strict=True)
        ]
        groups.append((cases, whole or fitting(part_of(gives, part), [case.came for case in cases])))
    # Multiply-adds that are right for the student's own weights follow from these.
    expect_explained(groups[: 1 if _follow(came, stacks) else 2], reread=STACK)


def _follow(came: Sequence[Any], stacks: Sequence[StackCase]) -> bool:
    """Whether the weights are wrong, and the multiply-adds as many times wrong, wherever there are no biases."""
    plain = [(got, right) for got, (stack, right) in zip(came, stacks, strict=True) if not stack.bias]
    numbers = all(isinstance(one, int) for got, _ in plain for one in got)
    wrong = any(got[0] != right[0] for got, right in plain)
    return numbers and wrong and all(got[1] * right[0] == got[0] * right[1] for got, right in plain)


def drawn_stack(rng: random.Random, bias: bool) -> Stack:
    """A stack of two to four layers, on maps that are not square."""
    kernel, depth, channels = rng.choice([1, 3, 5, 7]), rng.randint(2, 4), rng.randint(2, 40)
    height, width = rng.sample(range(2, 30), 2)
    return Stack(kernel, depth, channels, height, width, bias)


def measured_case(stack: Stack) -> StackCase:
    """A stack with the parameters and multiply-adds of real layers."""
    counts = measured_stack(stack)
    return stack, (counts.weights + (counts.biases if stack.bias else 0), counts.macs)


@dataclass(frozen=True)
class _Counts:
    """What was counted of a stack, biases included even if it has none."""

    weights: int
    biases: int
    macs: int


def measured_stack(
    stack: Stack, *, kernel: tuple[int, int] | None = None, groups: int = 1, first: int = 0, shrinks: bool = False
) -> _Counts:
    """Weights, biases and multiply-adds of real layers."""
    sides = kernel or (stack.kernel, stack.kernel)
    weights = biases = macs = 0
    for place in range(stack.depth):
        c_in = first if first and not place else stack.channels
        lost = (place + 1) * (stack.kernel - 1) if shrinks else 0
        layer = nn.Conv2d(c_in, stack.channels, sides, groups=groups, device="meta")
        row = _measured(layer, stack.height - lost, stack.width - lost)
        weights += layer.weight.numel()
        biases += stack.channels
        macs += row.macs if row else 0
    return _Counts(weights, biases, macs)


def _measured(layer: nn.Conv2d, height: int, width: int) -> Measured | None:
    """What a convolution without padding costs whose outputs have this height and width; None if they have none."""
    if min(height, width) < 1:
        return None
    size = (side + kernel - 1 for side, kernel in zip((height, width), layer.kernel_size, strict=True))
    (row,) = measure(layer, (layer.in_channels, *size))
    return row


# What mistakes give, one or two at once: in the layers, in the maps, in the biases and in what is counted.


def _wrong_costs(stacks: Sequence[Stack]) -> Gives:
    """From mistakes to the costs that they may give for the stack of a number."""
    return gives_for(stacks, _changed_costs())


def _changed_costs() -> Iterator[tuple[Causes, Callable[[Stack], Costs]]]:
    for layers, count in (*_OTHER_LAYERS, (None, measured_stack)):
        for maps, place in (*_OTHER_MAPS, (None, lambda stack: stack)):
            for bias, biases in (*_OTHER_BIASES, (None, _asked_for)):
                for counted, put in (*_OTHER_COUNTS, (None, lambda stack, params, counts: (params, counts.macs))):
                    causes = tuple(one for one in (layers, maps, bias, counted) if one)
                    if 0 < len(causes) <= 2:
                        yield causes, _costs_of(count, place, biases, put)


def _costs_of(count: Any, place: Any, biases: Any, put: Any) -> Callable[[Stack], Costs]:
    def costs(stack: Stack) -> Costs:
        counts = count(place(stack))
        params, macs = put(stack, counts.weights + biases(stack, counts.biases), counts)
        return params, macs

    return costs


def _asked_for(stack: Stack, biases: int) -> int:
    return biases if stack.bias else 0


def _multiplied(stack: Stack) -> _Counts:
    """The weights of the layers multiplied with each other."""
    one = measured_stack(replace(stack, depth=1))
    weights = one.weights**stack.depth
    return _Counts(weights, one.biases * stack.depth, one.macs // one.weights * weights)


def _fewer(stack: Stack, depth: int, *, biases_too: bool) -> _Counts:
    """Fewer layers than there are; their biases may have been counted with the right depth."""
    counts = measured_stack(replace(stack, depth=depth))
    return counts if biases_too else replace(counts, biases=measured_stack(stack).biases)


def _share(number: int, parts: int) -> int:
    return number // parts if parts else 0


_OTHER_LAYERS: tuple[tuple[Mistake, Callable[[Stack], _Counts]], ...] = (
    (DEPTH_FORGOTTEN, lambda stack: _fewer(stack, 1, biases_too=True)),
    (DEPTH_FORGOTTEN, lambda stack: _fewer(stack, 1, biases_too=False)),
    (ONE_LAYER_MISSING, lambda stack: _fewer(stack, stack.depth - 1, biases_too=True)),
    (ONE_LAYER_MISSING, lambda stack: _fewer(stack, stack.depth - 1, biases_too=False)),
    (KERNEL_NOT_SQUARED, lambda stack: measured_stack(stack, kernel=(stack.kernel, 1))),
    (KERNEL_SIDES_ADDED, lambda stack: measured_stack(stack, kernel=(2 * stack.kernel, 1))),
    (CHANNELS_NOT_SQUARED, lambda stack: measured_stack(stack, groups=stack.channels)),
    (FROM_THE_IMAGE, lambda stack: measured_stack(stack, first=3)),
    (
        ONE_LARGE_KERNEL,
        lambda stack: measured_stack(replace(stack, kernel=stack.depth * (stack.kernel - 1) + 1, depth=1)),
    ),
    (POWER_OF_DEPTH, _multiplied),
    (MAPS_SHRINK, lambda stack: measured_stack(stack, shrinks=True)),
)
_OTHER_MAPS: tuple[tuple[Mistake, Callable[[Stack], Stack]], ...] = (
    (SQUARE_MAPS, lambda stack: replace(stack, width=stack.height)),
    (SQUARE_MAPS, lambda stack: replace(stack, height=stack.width)),
    (ONE_SIDE, lambda stack: replace(stack, width=1)),
    (ONE_SIDE, lambda stack: replace(stack, height=1)),
    (SIDES_ADDED, lambda stack: replace(stack, height=stack.height + stack.width, width=1)),
    (NO_POSITIONS, lambda stack: replace(stack, height=1, width=1)),
)
_OTHER_BIASES: tuple[tuple[Mistake, Callable[[Stack, int], int]], ...] = (
    (BIAS_ALWAYS, lambda stack, biases: biases),
    (BIAS_NEVER, lambda stack, biases: 0),
    (BIAS_OF_ONE_LAYER, lambda stack, biases: stack.channels if stack.bias else 0),
    (BIAS_PER_LAYER, lambda stack, biases: stack.depth if stack.bias else 0),
    (BIAS_PER_LAYER, lambda stack, biases: 1 if stack.bias else 0),
    (BIAS_PER_KERNEL, lambda stack, biases: biases * stack.channels if stack.bias else 0),
)
_OTHER_COUNTS: tuple[tuple[Mistake, Callable[[Stack, int, _Counts], Costs]], ...] = (
    (FLOP_FOR_MAC, lambda stack, params, counts: (params, 2 * counts.macs)),
    (DEPTH_TWICE, lambda stack, params, counts: (params, stack.depth * counts.macs)),
    (DEPTH_FORGOTTEN, lambda stack, params, counts: (params, counts.macs // stack.depth)),
    (CHANNELS_CUBED, lambda stack, params, counts: (params, stack.channels * counts.macs)),
    (PRECEDENCE, lambda stack, params, counts: (params if stack.bias else 0, counts.macs)),
    (BIAS_IN_MACS, lambda stack, params, counts: (params, counts.macs + params - counts.weights)),
    (BIAS_IN_MACS, lambda stack, params, counts: (params, _share(counts.macs, counts.weights) * params)),
)


KEYS_OF_A_STAGE = ("memory", "params", "macs")
STAGES_SWAPPED = Mistake("stages_swapped", "the two dicts are in the wrong order: this stage comes first")
BYTES_FOR_NUMBERS = Mistake("bytes_for_numbers", "these are KiB or bytes; numbers are asked for")
INPUT_COUNTED = Mistake("input_counted", "this counts the input as well; only what the layer returns is asked for")
NO_CHANNELS = Mistake("no_channels", "the channels are missing; each of the maps has that many numbers")
BIASES_COUNTED = Mistake("biases_counted", "biases are counted; there are none")
NO_PADDING = Mistake("no_padding_at_a_stage", "the maps shrank by 2; the padding keeps them at size × size")
NOT_HALVED = Mistake("not_halved", "the maps did not halve from this stage to the next")
NOT_DOUBLED = Mistake("not_doubled", "the channels did not double from this stage to the next")
STOPS_AT_512 = Mistake(
    "stops_at_512",
    "there is no doubling beyond 512 in VGG, but the docstring leaves that out: the channels double here",
)
QUADRUPLED = Mistake("quadrupled", "the channels double from this stage to the next; they do not quadruple")
CHANNELS_TO_THE_SQUARE = Mistake("channels_to_the_square", "to double the channels is 2 * channels, not channels ** 2")
QUARTERED = Mistake("quartered", "the side of the maps halves from this stage to the next: size // 2")
CHANNELS_HALVED = Mistake("channels_halved", "the channels halved from this stage to the next; they double")
MAPS_DOUBLED = Mistake("maps_doubled", "the maps doubled from this stage to the next; they halve")
STAGE_BEFORE = Mistake(
    "stage_before", "the second dict is that of the stage before; at the next, the channels double and the maps halve"
)
ONE_STAGE_EARLY = Mistake(
    "one_stage_early", "both dicts are one stage too early; channels and size are those of the first of them"
)
ONE_DICT = Mistake("one_dict_twice", "both dicts hold the next stage; if one dict was changed in place, make two")
SAME_STAGE = Mistake("same_stage", "this is the same stage twice; the next has half the side and twice the channels")
FIRST_OF_STAGE = Mistake(
    "first_of_stage", "this is the first convolution of the stage, from C to 2C; from 2C to 2C is asked for"
)
DICT_OF_PAIRS = Mistake("dict_of_pairs", "one dict came; a pair of dicts is asked for, one for each stage")
NO_DICTS = Mistake("no_dicts", "each stage is a dict; its costs came without their names")

StageCosts: TypeAlias = tuple[tuple[float, float], ...]
"""Memory, parameters and multiply-adds, each of this stage and of the next."""


@visible_check
def stage_costs(answer: Answer) -> None:
    """Check a stage of VGG and the next, then others against real layers."""
    rng = random.Random(grading_seed() + 53)
    check_stages(answer, [(64, 224), (512, 28), (rng.randint(2, 700), 2 * rng.randint(2, 60))])


def check_stages(answer: Answer, stages: Sequence[tuple[int, int]]) -> None:
    """Compare stages of so many channels and such a size, and the next ones, with real layers."""
    came = [_two_stages(answer(*stage), *stage) for stage in stages]
    right = [_pairs(*_right_stages(*stage)) for stage in stages]
    gives = gives_for(stages, _wrong_stages()) if came != right else {}
    whole = fitting(gives, came)
    groups = []
    for part, key in enumerate(KEYS_OF_A_STAGE):
        cases = [
            Case(f"{key} of {name} for {c} channels on {size} × {size}", came[at][part][place], right[at][part][place])
            for at, (c, size) in enumerate(stages)
            for place, name in enumerate(("this stage", "the next stage"))
        ]
        groups.append((cases, whole or fitting(part_of(gives, part), [pair[part] for pair in came])))
    expect_explained(groups, reread=STAGE)


def _two_stages(got: Any, channels: int, size: int) -> tuple[tuple[Any, Any], ...]:
    """What came, by key and stage."""
    paired = isinstance(got, (tuple, list)) and len(got) == 2 and all(isinstance(part, dict) for part in got)
    expect_true(
        paired and all(sorted(map(str, part)) == sorted(KEYS_OF_A_STAGE) for part in got),
        what="the result is a pair of dicts with the keys memory, params and macs",
        likely=_other_result(got),
        reread=STAGE,
    )
    here, after = ([part[key] for key in KEYS_OF_A_STAGE] for part in got)
    next_first = _pairs(*_right_stages(channels, size)[::-1])
    swapped = tuple(zip(here, after, strict=True)) == next_first
    expect_true(not swapped, what="this stage comes first, the next second", likely=STAGES_SWAPPED, reread=STAGE)
    return tuple(zip(here, after, strict=True))


def _other_result(got: Any) -> Mistake | str:
    """Why something else than a pair of dicts may have come."""
    if got is None:
        return "the return is missing"
    if isinstance(got, dict):
        return DICT_OF_PAIRS
    numbers = isinstance(got, (tuple, list)) and not any(isinstance(part, dict) for part in got)
    if numbers:
        return "a dict of the inner function is not returned" if None in got else NO_DICTS
    return 'the keys are "memory", "params" and "macs"'


StageNumbers: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True)
class Layer:
    """A 3 × 3 convolution of a stage, or another that a mistake makes of it."""

    c_in: int
    c_out: int
    size: int
    kernel: tuple[int, int] = (3, 3)
    groups: int = 1
    bias: bool = False


def measured_stage(layer: Layer) -> StageNumbers:
    """Memory in numbers, parameters and multiply-adds of the real layer; nothing of a layer without channels."""
    if min(layer.c_in, layer.c_out) < 1:
        return 0, 0, 0
    options: Any = {"groups": layer.groups, "bias": layer.bias, "device": "meta"}
    row = _measured(nn.Conv2d(layer.c_in, layer.c_out, layer.kernel, **options), layer.size, layer.size)
    return (torch.Size(row.shape).numel(), row.params, row.macs) if row else (0, 0, 0)


_TwoLayers: TypeAlias = Callable[[int, int], tuple[Layer, Layer]]
_ChangeOfCosts: TypeAlias = Callable[[Layer, StageNumbers], tuple[float, int, int]]


def _pairs(here: Layer, after: Layer, change: _ChangeOfCosts = lambda layer, costs: costs) -> StageCosts:
    return tuple(zip(*(change(layer, measured_stage(layer)) for layer in (here, after)), strict=True))


def _wrong_stages() -> Iterator[tuple[Causes, Callable[[tuple[int, int]], StageCosts]]]:
    """From mistakes to what each way to make them gives for channels and a size."""
    for at, layers in (*_OTHER_STAGES, (None, _right_stages)):
        for made, make in (*_OTHER_CONVOLUTIONS, (None, lambda layer: layer)):
            for counted, change in (*_OTHER_NUMBERS, (None, lambda layer, costs: costs)):
                causes = tuple(one for one in (at, made, counted) if one)
                if 0 < len(causes) <= 2:
                    yield causes, _stage_costs_of(layers, make, change)


def _right_stages(channels: int, size: int) -> tuple[Layer, Layer]:
    return Layer(channels, channels, size), Layer(2 * channels, 2 * channels, size // 2)


def _stage_costs_of(layers: _TwoLayers, make: Any, change: _ChangeOfCosts) -> Callable[[tuple[int, int]], StageCosts]:
    def costs(stage: tuple[int, int]) -> StageCosts:
        here, after = layers(*stage)
        return _pairs(make(here), make(after), change)

    return costs


def _next(c_in: Callable[[int], int], c_out: Callable[[int], int], size: Callable[[int], int]) -> _TwoLayers:
    """This stage as it should be, the next with other channels or size."""
    return lambda c, side: (Layer(c, c, side), Layer(c_in(c), c_out(c), size(side)))


def _next_stage(channels: Callable[[int], int], size: Callable[[int], int]) -> _TwoLayers:
    return _next(channels, channels, size)


_OTHER_STAGES: tuple[tuple[Mistake, _TwoLayers], ...] = (
    (SAME_STAGE, _next_stage(lambda c: c, lambda size: size)),
    (NOT_DOUBLED, _next_stage(lambda c: c, lambda size: size // 2)),
    (NOT_HALVED, _next_stage(lambda c: 2 * c, lambda size: size)),
    (QUADRUPLED, _next_stage(lambda c: 4 * c, lambda size: size // 2)),
    (CHANNELS_TO_THE_SQUARE, _next_stage(lambda c: c**2, lambda size: size // 2)),
    (QUARTERED, _next_stage(lambda c: 2 * c, lambda size: size // 4)),
    (STAGE_BEFORE, _next_stage(lambda c: c // 2, lambda size: 2 * size)),
    (CHANNELS_HALVED, _next_stage(lambda c: c // 2, lambda size: size // 2)),
    (MAPS_DOUBLED, _next_stage(lambda c: 2 * c, lambda size: 2 * size)),
    (STOPS_AT_512, _next_stage(lambda c: min(2 * c, 512), lambda size: size // 2)),
    (FIRST_OF_STAGE, _next(lambda c: c, lambda c: 2 * c, lambda size: size // 2)),
    (ONE_STAGE_EARLY, lambda c, size: (Layer(c // 2, c // 2, 2 * size), Layer(c, c, size))),
    (ONE_DICT, lambda c, size: (Layer(2 * c, 2 * c, size // 2),) * 2),
)
_OTHER_CONVOLUTIONS: tuple[tuple[Mistake, Callable[[Layer], Layer]], ...] = (
    (KERNEL_NOT_SQUARED, lambda layer: replace(layer, kernel=(3, 1))),
    (KERNEL_SIDES_ADDED, lambda layer: replace(layer, kernel=(3, 2))),
    (CHANNELS_NOT_SQUARED, lambda layer: replace(layer, groups=layer.c_in) if layer.c_in == layer.c_out else layer),
    (NO_PADDING, lambda layer: replace(layer, size=layer.size - 2)),
    (BIASES_COUNTED, lambda layer: replace(layer, bias=True)),
)
_OTHER_NUMBERS: tuple[tuple[Mistake, _ChangeOfCosts], ...] = (
    (BYTES_FOR_NUMBERS, lambda layer, costs: (4 * costs[0], *costs[1:])),
    (BYTES_FOR_NUMBERS, lambda layer, costs: (4 * costs[0] // 1024, *costs[1:])),
    (BYTES_FOR_NUMBERS, lambda layer, costs: (4 * costs[0] / 1024, *costs[1:])),
    (INPUT_COUNTED, lambda layer, costs: (2 * costs[0], *costs[1:])),
    (NO_CHANNELS, lambda layer, costs: (_share(costs[0], layer.c_out), *costs[1:])),
    (ONE_SIDE, lambda layer, costs: (_share(costs[0], layer.size), *costs[1:])),
    (ONE_SIDE, lambda layer, costs: (*costs[:2], _share(costs[2], layer.size))),
    (NO_POSITIONS, lambda layer, costs: (*costs[:2], costs[1])),
    (FLOP_FOR_MAC, lambda layer, costs: (*costs[:2], 2 * costs[2])),
    (BIAS_IN_MACS, lambda layer, costs: (*costs[:2], costs[2] + costs[0])),
    (BIAS_IN_MACS, lambda layer, costs: (*costs[:2], costs[2] + layer.c_out)),
    (CHANNELS_CUBED, lambda layer, costs: (*costs[:2], layer.c_in * costs[2])),
)
