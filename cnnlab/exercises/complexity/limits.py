"""The checks of ``arithmetic_intensity`` and ``roofline_seconds``: operations and bytes of torch's own layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from random import Random
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnlab.exercises.common import Answer
from cnnlab.exercises.complexity.numbers import ReturnedNumber, expect_alike, number
from cnnlab.exercises.steps import Step, Variant
from coursekit.checks import Mistake, expect_true
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

Row: TypeAlias = dict[str, Any]
Times: TypeAlias = tuple[float, float]
"""The seconds of a layer's operations, and those of its bytes."""

SECTION = "From operations to seconds"

MACS_FOR_FLOP = Mistake(
    "macs_for_flop", "a multiply-add is two floating point operations (and a float32 number takes 4 bytes, not 8)"
)
NUMBERS_FOR_BYTES = Mistake("numbers_for_bytes", "a number takes 4 bytes")
EIGHT_BYTES = Mistake(
    "eight_bytes_moved", "a float32 number takes 4 bytes, not 8 (and a multiply-add is two operations)", priority=-1
)
PARTLY_BYTES = Mistake(
    "partly_bytes", "the factor of 4 belongs to parameters, inputs and outputs alike; put it in front of parentheses"
)
PRECEDENCE = Mistake("precedence", "a / 4 * b divides by 4 and multiplies by b; write a / (4 * b)", priority=-1)
BITS = Mistake("bits_for_bytes", "these are bits; bytes were asked for", priority=-1)
UPSIDE_DOWN = Mistake("upside_down", "it is FLOP per byte, not bytes per FLOP")
PARAMETERS_PER_IMAGE = Mistake(
    "parameters_per_image",
    "parameters are loaded once for the batch (or batch_size is not heeded at all)",
    priority=1,
)
LOADED_PER_IMAGE = Mistake("parameters_loaded_per_image", "parameters are loaded once for the batch")
BATCH_IGNORED = Mistake("batch_not_heeded", "batch_size is not heeded")
OPERATIONS_ONCE = Mistake("operations_of_one_image", "operations are done for each image of the batch")
BATCH_ON_PARAMETERS = Mistake(
    "batch_on_parameters",
    "inputs and outputs are moved for each image, parameters once; the batch stands at the wrong one",
)
MAPS_ONCE = Mistake("activations_of_one_image", "inputs and outputs are moved for each image of the batch")
INPUTS_ONCE = Mistake("inputs_of_one_image", "inputs are moved for each image of the batch, as outputs are")
OUTPUTS_ONCE = Mistake("outputs_of_one_image", "outputs are moved for each image of the batch, as inputs are")
NO_OUTPUTS = Mistake("outputs_forgotten", "outputs are moved, too")
NO_INPUTS = Mistake("inputs_forgotten", "inputs are moved, too")
NO_PARAMETERS = Mistake("parameters_forgotten", "parameters are moved, too")
PARAMETERS_ALONE = Mistake("parameters_only", "inputs and outputs are moved, too")
CUT = Mistake("whole_numbers", "// rounds down to a whole number; / divides")
ROUNDED = Mistake("rounded_quotient", "the quotient was rounded; return it as it is")
ROW_CHANGED = Mistake("row_changed", "it was changed in place; work on a copy")


class Cost(NamedTuple):
    """What a layer does for a batch: floating point operations, and bytes of each kind."""

    flop: float
    params: float
    inputs: float
    outputs: float

    @property
    def bytes(self) -> float:
        """All bytes."""
        return self.params + self.inputs + self.outputs


class WorkingLayer(NamedTuple):
    """A layer at work.

    Attributes:
        row: what the student's function gets of it.
        batch_size: how many images.
        cost: of the batch.
        one: of a single image.
    """

    row: Row
    batch_size: int
    cost: Cost
    one: Cost


def measured(layer: nn.Module, shape: Sequence[int], batch_size: int) -> WorkingLayer:
    """A layer of torch's, for images of a shape; what it costs is counted while it runs, without values.

    Args:
        layer: on the meta device.
        shape: of one image.
        batch_size: how many images.
    """
    one, cost = (_cost(layer, (images, *shape)) for images in (1, batch_size))
    size = torch.float32.itemsize
    counts = {"params": one.params, "inputs": one.inputs, "outputs": one.outputs}
    row = {"macs": int(one.flop) // 2} | {key: int(count) // size for key, count in counts.items()}
    return WorkingLayer(row, batch_size, cost, one)


def _cost(layer: nn.Module, shape: Sequence[int]) -> Cost:
    x = torch.empty(*shape, device="meta")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        y = layer(x)
    params = sum(parameter.nbytes for parameter in layer.parameters())
    return Cost(counter.get_total_flops(), params, x.nbytes, y.nbytes)


def convolution(rng: Random, batch_size: int) -> WorkingLayer:
    """A 3 × 3 convolution of many channels: far more operations than bytes."""
    channels, side = rng.choice([96, 128, 160]), rng.randint(20, 30)
    return measured(nn.Conv2d(channels, channels + 32, 3, padding=1, device="meta"), (channels, side, side), batch_size)


def fully_connected(rng: Random, batch_size: int) -> WorkingLayer:
    """A fully-connected layer: one operation or two for each byte, if few images share its weights."""
    inputs, outputs = rng.sample(range(1000, 5000), 2)
    return measured(nn.Linear(inputs, outputs, device="meta"), (inputs,), batch_size)


def small_layer(rng: Random, batch_size: int) -> WorkingLayer:
    """A fully-connected layer of a few neurons: hardly any operations for each byte, whatever is left out."""
    inputs, outputs = rng.sample(range(6, 20), 2)
    return measured(nn.Linear(inputs, outputs, device="meta"), (inputs,), batch_size)


def pool(rng: Random, batch_size: int) -> WorkingLayer:
    """A max pool: no operations that count."""
    channels, side = rng.randint(50, 90), 2 * rng.randint(10, 20)
    return measured(nn.MaxPool2d(2), (channels, side, side), batch_size)


NAMES = MappingProxyType({"convolution": "a convolution", "fully_connected": "a fully-connected layer"})

# arithmetic_intensity


@visible_check
def arithmetic_intensity(answer: Answer) -> None:
    """Check the intensities of some layers whose operations and bytes are counted while they run.

    Args:
        answer: your function.
    """
    rng = Random(grading_seed())
    kinds = ((convolution, 3), (fully_connected, 64), (convolution, 1), (fully_connected, 2))
    layers = [(kind(rng, batch_size), NAMES[kind.__name__]) for kind, batch_size in kinds]
    compare_intensities(answer, [*layers, (pool(rng, 2), "a pool")])
    expect_row_untouched(answer, convolution(rng, 2))


def compare_intensities(answer: Answer, layers: Sequence[tuple[WorkingLayer, str]]) -> None:
    """Compare intensities; what is wrong is looked for in operations, bytes and the unit.

    Args:
        answer: the student's function.
        layers: with what they are, in words.
    """
    expect_alike(
        [
            ReturnedNumber(
                f"the intensity of {case} with batch_size={layer.batch_size}",
                answer(dict(layer.row), layer.batch_size),
                layer.cost.flop / layer.cost.bytes,
                [_operations([layer]), _moved(PARAMETERS_PER_IMAGE), _quotient] if layer.cost.flop else [],
                () if layer.cost.params else (PARAMETERS_ALONE,),
            )
            for layer, case in layers
        ],
        reread=SECTION,
    )


def _operations(layers: Sequence[WorkingLayer]) -> Step:
    """Layers and how their operations may be counted."""

    def counted(flop: Callable[[WorkingLayer], float]) -> list[WorkingLayer]:
        return [layer._replace(cost=layer.cost._replace(flop=flop(layer))) for layer in layers]

    def variants(_: object) -> Iterator[Variant]:
        yield None, layers
        yield MACS_FOR_FLOP, counted(lambda layer: layer.cost.flop / 2)
        if layers and layers[0].batch_size > 1:
            yield OPERATIONS_ONCE, counted(lambda layer: layer.one.flop)
            yield BATCH_IGNORED, [layer._replace(cost=layer.one, batch_size=1) for layer in layers]

    return variants


def _moved(loaded_per_image: Mistake) -> Step:
    """How the bytes of layers may be counted, beside their operations."""

    def variants(layers: Sequence[WorkingLayer]) -> Iterator[Variant]:
        def of(count: Callable[[Cost, Cost, int], float]) -> list[tuple[float, float]]:
            return [(layer.cost.flop, count(layer.cost, layer.one, layer.batch_size)) for layer in layers]

        yield None, of(lambda c, one, n: c.bytes)
        yield NUMBERS_FOR_BYTES, of(lambda c, one, n: c.bytes / 4)
        yield PARTLY_BYTES, of(lambda c, one, n: c.params + (c.inputs + c.outputs) / 4)
        yield PARTLY_BYTES, of(lambda c, one, n: c.params / 4 + c.inputs + c.outputs)
        yield EIGHT_BYTES, of(lambda c, one, n: 2 * c.bytes)
        yield BITS, of(lambda c, one, n: 8 * c.bytes)
        yield NO_OUTPUTS, of(lambda c, one, n: c.params + c.inputs)
        yield NO_INPUTS, of(lambda c, one, n: c.params + c.outputs)
        yield NO_PARAMETERS, of(lambda c, one, n: c.inputs + c.outputs)
        yield PARAMETERS_ALONE, of(lambda c, one, n: c.params)
        if layers and layers[0].batch_size > 1:
            yield loaded_per_image, of(lambda c, one, n: n * one.bytes)
            yield MAPS_ONCE, of(lambda c, one, n: one.bytes)
            yield BATCH_ON_PARAMETERS, of(lambda c, one, n: n * c.params + one.inputs + one.outputs)
            yield INPUTS_ONCE, of(lambda c, one, n: c.params + one.inputs + c.outputs)
            yield OUTPUTS_ONCE, of(lambda c, one, n: c.params + c.inputs + one.outputs)

    return variants


def _quotient(work: Sequence[tuple[float, float]]) -> Iterator[Variant]:
    ((flop, moved),) = work
    if not moved:
        return
    yield None, number(flop / moved)
    yield UPSIDE_DOWN, number(moved / flop)
    yield PRECEDENCE, number(flop / 4 * (moved / 4))
    yield PRECEDENCE, number(flop / (moved / 4) * 4)
    yield CUT, number(flop // moved)
    for digits in range(4):
        yield ROUNDED, number(round(flop / moved, digits))


def expect_row_untouched(answer: Answer, layer: WorkingLayer) -> None:
    """Check that the row stays as it is, and may have further keys."""
    given = layer.row | {"name": "conv", "kib": 4.0}
    before = dict(given)
    got = answer(given, layer.batch_size)
    expect_true(given == before, what="the row stays as it is", likely=ROW_CHANGED)
    what = "the intensity of a row with further keys"
    expect_alike([ReturnedNumber(what, got, layer.cost.flop / layer.cost.bytes)], reread=SECTION)


# roofline_seconds

SHORTER = Mistake("shorter_time", "of the two times the longer one counts, not the shorter")
ADDED = Mistake("sum_of_both", "the two times run side by side; they do not add up")
OPERATIONS_ONLY = Mistake(
    "operations_only", "only operations were counted, or the maximum was taken after the sums; it belongs to each layer"
)
BYTES_ONLY = Mistake(
    "bytes_only", "only bytes were counted, or the maximum was taken after the sums; it belongs to each layer"
)
AFTER_THE_SUMS = Mistake("maximum_after_the_sums", "the maximum was taken after the sums; it belongs to each layer")
FREE_LAYERS = Mistake("layers_without_macs_are_free", "layers without multiply-adds take time as well")
ONE_IMAGE = Mistake("per_image", "seconds for the whole batch were asked for, not for one image")
BATCH_TWICE = Mistake(
    "batch_twice", "the time was multiplied by batch_size, which operations, inputs and outputs hold already"
)
MEAN = Mistake("mean_over_the_layers", "all layers run; the mean over them was returned")
SLOWEST = Mistake("slowest_layer", "only the slowest layer was returned; all of them run")
FIRST = Mistake("returns_in_the_loop", "only the first layer was counted: the return stands inside the loop")
LAST = Mistake("last_layer", "only the last layer was counted: each one takes the place of the sum before it")
MILLISECONDS = Mistake("milliseconds", "seconds were asked for, not milliseconds")
SWAPPED = Mistake("limits_swapped", "flops belongs to operations and bandwidth to bytes; they are swapped")
INVERTED = Mistake("speed_by_amount", "a speed was divided by an amount; time is an amount divided by a speed")
MULTIPLIED = Mistake("multiplied", "it was multiplied by a speed; time is an amount divided by a speed")
LIST_CHANGED = Mistake("list_changed", "it was changed in place")
SOMETIMES_SHORTER = Mistake(
    "sometimes_the_shorter_time",
    "some layers were given the shorter of their two times; each takes its longer one",
    priority=-1,
)
ARITHMETIC, MEMORY = 0, 1
MOST_CHOICES = 8
"""Of more layers, it is not looked at which took which of their two times."""
RIDGE = 10.0
"""FLOP per byte of the visible check's machine: far from the intensities of its layers, miscounted or not."""


class Machine(NamedTuple):
    """Floating point operations and bytes per second."""

    flops: float
    bandwidth: float


class Run(NamedTuple):
    """Layers that run on a machine, and what they are, in words."""

    layers: Sequence[WorkingLayer]
    batch_size: int
    machine: Machine
    case: str


Pick: TypeAlias = Callable[[int, Times], float]
"""From the index of a layer and its two times to the one that it takes."""


@visible_check
def roofline_seconds(answer: Answer) -> None:
    """Check the seconds of some layers, each of which clearly waits for arithmetic or clearly for memory.

    Args:
        answer: your function.
    """
    rng = Random(grading_seed() + 2)
    bandwidth = 1e6 * rng.randint(5, 15)
    machine = Machine(RIDGE * bandwidth, bandwidth)
    waits_for = (MEMORY, ARITHMETIC, MEMORY)
    case, runs = "a small fully-connected layer, a convolution and a pool", []
    for batch_size in (5, 1):
        layers = [kind(rng, batch_size) for kind in (small_layer, convolution, pool)]
        runs.append(Run(layers, batch_size, machine, case))
    compare_seconds(answer, runs, lambda index, times: times[waits_for[index]])
    compare_seconds(answer, [Run([], 8, machine, "no layers")], lambda index, times: 0.0)
    expect_list_untouched(answer, layers, machine)


def compare_seconds(answer: Answer, runs: Sequence[Run], pick: Pick) -> None:
    """Compare times; what is wrong is looked for in operations, bytes, the two times, and what is made of them.

    Args:
        answer: the student's function.
        runs: what it is called with.
        pick: which of its two times a layer takes.
    """
    expect_alike([_seconds(answer, run, pick) for run in runs], reread=SECTION)


def _seconds(answer: Answer, run: Run, pick: Pick) -> ReturnedNumber:
    layers, batch_size, machine, case = run
    times = [(layer.cost.flop / machine.flops, layer.cost.bytes / machine.bandwidth) for layer in layers]
    steps: list[Step] = [
        _operations(layers), _moved(LOADED_PER_IMAGE), _times(machine, pick), _combined(pick), _told(layers, batch_size)
    ]  # fmt: skip
    return ReturnedNumber(
        f"the seconds of {case} with batch_size={batch_size}, flops={machine.flops:g} and "
        f"bandwidth={machine.bandwidth:g}",
        answer([dict(layer.row) for layer in layers], batch_size, *machine),
        float(sum(pick(index, both) for index, both in enumerate(times))),
        steps if layers else (),
        () if len(layers) <= MOST_CHOICES else (SOMETIMES_SHORTER,),
    )


def _times(machine: Machine, pick: Pick) -> Step:
    """The two times of each layer."""

    def variants(work: Sequence[tuple[float, float]]) -> Iterator[Variant]:
        yield None, [(flop / machine.flops, moved / machine.bandwidth) for flop, moved in work]
        swapped = [(flop / machine.bandwidth, moved / machine.flops) for flop, moved in work]
        yield SWAPPED, [(arithmetic or memory,) * 2 for arithmetic, memory in swapped]
        yield SWAPPED, [(pick(index, both),) * 2 for index, both in enumerate(swapped)]
        inverted = [(machine.flops / flop if flop else 0.0, machine.bandwidth / moved) for flop, moved in work if moved]
        yield INVERTED, [(sorted(both)[-1],) * 2 for both in inverted]
        for multiplied in (
            [(flop * machine.flops) or (moved * machine.bandwidth) for flop, moved in work],
            [(flop * machine.flops) or (moved / machine.bandwidth) for flop, moved in work],
            [moved * machine.bandwidth for _, moved in work],
        ):
            yield MULTIPLIED, [(both, both) for both in multiplied]

    return variants


def _combined(pick: Pick) -> Step:
    """What may be made of the two times of each layer."""

    def variants(times: Sequence[Times]) -> Iterator[Variant]:
        picked = [pick(index, both) for index, both in enumerate(times)]
        operations, moved = (sum(column) for column in zip(*times, strict=True))
        both = operations + moved
        yield None, sum(picked)
        yield SHORTER, both - sum(picked)
        yield ADDED, both
        yield OPERATIONS_ONLY, operations
        yield BYTES_ONLY, moved
        yield AFTER_THE_SUMS, sorted((operations, moved))[-1]
        if len(times) <= MOST_CHOICES:
            for choice in product(*times):
                yield SOMETIMES_SHORTER, sum(choice)
        yield FREE_LAYERS, sum(one for one, (arithmetic, _) in zip(picked, times, strict=True) if arithmetic)
        if len(times) > 1:
            yield SLOWEST, sorted(picked)[-1]
            yield FIRST, picked[0]
            yield LAST, picked[-1]

    return variants


def _told(layers: Sequence[WorkingLayer], batch_size: int) -> Step:
    """What may be returned of the seconds."""

    def variants(seconds: float) -> Iterator[Variant]:
        yield None, number(seconds)
        yield MILLISECONDS, number(1000 * seconds)
        if batch_size > 1:
            yield ONE_IMAGE, number(seconds / batch_size)
            yield BATCH_TWICE, number(seconds * batch_size)
        if len(layers) > 1:
            yield MEAN, number(seconds / len(layers))

    return variants


def expect_list_untouched(answer: Answer, layers: Sequence[WorkingLayer], machine: Machine) -> None:
    """Check that the list of layers and its rows stay as they are."""
    rows = [layer.row | {"name": "layer"} for layer in layers]
    before = [dict(row) for row in rows]
    answer(rows, layers[0].batch_size, *machine)
    expect_true(rows == before, what="the list of layers stays as it is", likely=LIST_CHANGED)
