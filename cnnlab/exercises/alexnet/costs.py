"""Memory, parameters and operations of single layers: compared with torch's, with what common mistakes give."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnnlab.exercises.cases import Case, Causes, Wrong, differ, expect_cases
from cnnlab.exercises.common import Answer
from coursekit.checks import Mistake, expect_close

MEMORY, PARAMETERS, OPERATIONS = "The first cost: memory", "The second cost: parameters", "The third cost: operations"

SQUARE_BY_CARET = Mistake("square_by_caret", "in Python, ^ is no power but a bitwise operation; write ** for a power")


def product_slips(right: int | float, factors: Mapping[str, int]) -> Wrong:
    """What comes of a product if one factor of it is missing, multiplied twice or divided by, or if two are added.

    Args:
        right: the product.
        factors: its factors, or some of them, by what they are called.
    """
    wrong: Wrong = {}
    for name, one in factors.items():
        wrong[_slip("without", name, f"{name} is missing from the product")] = _divided(right, one)
        wrong[_slip("twice", name, f"{name} is multiplied once too often")] = right * one
        wrong[_slip("by", name, f"{name} is divided by; multiply by it")] = right / one**2
    if kernel := factors.get("kernel"):
        wrong[_slip("all", "squared", "the whole product is squared; square the kernel alone")] = (right // kernel) ** 2
        factors = {**factors, "kernel**2": kernel**2}
    for (name, one), (other_name, other) in combinations(factors.items(), 2):
        if name == "kernel":
            continue
        rest = _divided(right, one * other)
        others = [value for key, value in factors.items() if key not in (name, other_name)]
        # Without parentheses, some factors, or all, multiply one of the two only.
        groups = {
            rest,
            *(math.prod(group) for count in range(len(others) + 1) for group in combinations(others, count)),
        }
        sums = [((group * one + other), (one + group * other), group) for group in groups]
        added = [_divided(rest * value, group) for *values, group in sums for value in values]
        wrong[_slip("added", f"{name}_{other_name}", f"{name} and {other_name} are added; multiply them")] = added
    return wrong


def _slip(kind: str, name: str, says: str) -> Causes:
    # What the checks below know better comes first.
    return (Mistake(f"{kind}_{name}", says, priority=-1),)


def _divided(product: int | float, factor: int | float) -> int | float:
    """A quotient that is an integer where the product is one."""
    return product // factor if isinstance(product, int) else product / factor


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


def _with_caret(right: int, kernel: int) -> list[int]:
    """What comes of a product with kernel ^ 2 for the square, with parentheses and without."""
    return [right // kernel**2 * (kernel ^ 2), (right // kernel) ^ 2]


# Memory

KIB_OF_1000 = Mistake("kib_of_1000", "1 KiB is 1024 bytes, not 1000")
NUMBERS_FOR_BYTES = Mistake("numbers_for_bytes", "these are numbers; each takes bytes_per_element bytes")
BYTES_FOR_KIB = Mistake("bytes_for_kib", "these are bytes; 1 KiB is 1024 of them")
BITS_FOR_BYTES = Mistake("bits_for_bytes", "bits were counted; a byte is eight of them")
MIB_FOR_KIB = Mistake("mib_for_kib", "these are MiB; 1 MiB is 1024 KiB")
HEIGHT_OR_WIDTH_MISSING = Mistake("height_or_width_missing", "the height or the width is left out; a map has both")
CHANNELS_MISSING = Mistake("channels_missing", "the channels are left out; every map takes memory")
ROUNDED = Mistake("rounded", "it was rounded, as the slide does; return it unrounded")
BYTES_NOT_USED = Mistake("bytes_not_used", "bytes_per_element is not used; it is 4 only where it is left out")
SQUARE_MAPS = Mistake("square_maps", "the maps were taken to be square; height and width may differ")
HALF_AS_DEFAULT = Mistake("default_bytes", "bytes_per_element is 4 where it is left out")
DTYPES = ((1, torch.int8), (2, torch.float16), (4, torch.float32), (8, torch.float64))


def kib_of(answer: Answer, shapes: Iterable[tuple[int, ...]]) -> None:
    """Compare the memory of activations with that of tensors.

    Args:
        answer: the student's function.
        shapes: channels, height, width and, unless it is left out, bytes per element.
    """
    cases = []
    for shape in shapes:
        (channels, height, width), element = shape[:3], (*shape, 4)[3]
        what = f"the memory of {channels} × {height} × {width} numbers in KiB, "
        what += f"bytes_per_element={element}" if len(shape) == 4 else "bytes_per_element left out"
        cases.append(Case(what, answer(*shape), *_memory(channels, height, width, element, len(shape) == 3)))
    expect_cases(cases, reread=MEMORY, compare=expect_close, differs=differ)


def _memory(channels: int, height: int, width: int, element: int, default: bool) -> tuple[float, dict[Any, Any]]:
    """The memory of a tensor in KiB, and what common mistakes give."""

    def kib(*shape: int) -> float:
        return torch.empty(*shape, dtype=dict(DTYPES)[element], device="meta").nbytes / 1024

    right = kib(channels, height, width)
    return right, {
        (KIB_OF_1000,): right * 1.024,
        (NUMBERS_FOR_BYTES,): [right / element, right / element * 1024],
        (NUMBERS_FOR_BYTES, KIB_OF_1000): right / element * 1.024,
        (BYTES_NOT_USED, KIB_OF_1000): right * 4 / element * 1.024,
        (BYTES_FOR_KIB,): right * 1024,
        (BITS_FOR_BYTES,): [right * 8, right / element * 32],
        (MIB_FOR_KIB,): right / 1024,
        (HEIGHT_OR_WIDTH_MISSING,): [kib(channels, height), kib(channels, width)],
        (CHANNELS_MISSING,): kib(height, width),
        (ROUNDED,): [round(right), int(right), int(right) + 1, round(right, 1), round(right, 2)],
        (BYTES_NOT_USED,): right * 4 / element,
        (SQUARE_MAPS,): [kib(channels, height, height), kib(channels, width, width)],
        (HALF_AS_DEFAULT,): [right * size / 4 for size in (1, 2, 8)] if default else right,
        (SQUARE_BY_CARET,): [right * 1024 / (2 ^ 10)],
        **product_slips(right, {"height": height, "width": width, "channels": channels, "bytes_per_element": element}),
    }


def drawn_maps(rng: random.Random, elements: Iterable[int]) -> list[tuple[int, ...]]:
    """Shapes of activations, with the bytes of an element; the maps are no squares."""
    return [(rng.randint(2, 300), rng.randint(2, 40), rng.randint(41, 60), size) for size in elements]


# Parameters

NO_BIASES = Mistake("no_biases", "the biases are missing; each filter, or output, has one")
BIASES_TWICE = Mistake("biases_twice", "the biases count twice")
KERNEL_NOT_SQUARED = Mistake("kernel_not_squared", "a kernel has K * K weights per channel, not K")
KERNEL_DOUBLED = Mistake("kernel_doubled", "the kernel was doubled, not squared: K * K is kernel**2")
BIAS_PER_INPUT_CHANNEL = Mistake(
    "bias_per_input_channel", "there is one bias per filter, that is per output channel, not per input channel"
)
BIAS_PER_POSITION = Mistake("bias_per_position", "there is one bias per filter, not per position of the kernel")
BIAS_PER_PAIR = Mistake("bias_per_pair", "there is one bias per filter, not per pair of channels")
SINGLE_BIAS = Mistake("single_bias", "one bias was added for the whole layer; each filter has its own")
NO_INPUT_CHANNELS = Mistake("no_input_channels", "the input channels are missing; a filter sees all of them")
NO_OUTPUT_CHANNELS = Mistake("no_output_channels", "the output channels are missing; each has a filter of its own")
BIAS_NOT_HEEDED = Mistake("bias_not_heeded", "bias=False is not heeded; then a layer has weights only")
BIASES_TAKEN_OFF = Mistake("biases_taken_off", "the biases were taken off though they had not been added")
BIAS_INVERTED = Mistake("bias_inverted", "bias=True and bias=False are mixed up")
IF_TAKES_ALL = Mistake(
    "if_takes_all",
    "parentheses are missing: a + b if bias else 0 means (a + b) if bias else 0, so without biases nothing is left",
    priority=1,
)
SUM_NOT_MULTIPLIED = Mistake(
    "sum_not_multiplied", "parentheses are missing: the product comes before the sum with the bias", priority=1
)
SLIDE_DIGITS = Mistake(
    "slide_digits",
    "this is the slide's number, in which two digits changed places; 9216 * 4096 + 4096 is 37,752,832",
    priority=1,
)
SLIDE_NO_BIASES = Mistake(
    "slide_no_biases",
    "the biases are missing, as in the slide's table: that is what it counts, while its equation adds them",
    priority=1,
)
BIAS_PER_INPUT = Mistake("bias_per_input", "there is one bias per output, not per input")
BIAS_FOR_INPUTS_TOO = Mistake("bias_for_inputs_too", "the inputs got biases as well; there is one per output only")
SINGLE_OUTPUT_BIAS = Mistake("single_output_bias", "one bias was added for the whole layer; each output has its own")


def held(layer: nn.Module) -> int:
    """The number of parameters in a layer of torch."""
    return sum(parameter.numel() for parameter in layer.parameters())


def conv_layer(in_channels: int, out_channels: int, kernel: int | tuple[int, int], bias: bool = True) -> nn.Conv2d:
    """A convolution of torch that holds no values."""
    return nn.Conv2d(in_channels, out_channels, kernel, bias=bias, device="meta")


def linear_layer(in_features: int, out_features: int, bias: bool = True) -> nn.Linear:
    """A fully-connected layer of torch that holds no values."""
    return nn.Linear(in_features, out_features, bias=bias, device="meta")


def conv_parameters(answer: Answer, layers: Iterable[tuple[Any, ...]]) -> None:
    """Compare numbers of parameters with those of torch's convolutions.

    Args:
        answer: the student's function.
        layers: input channels, output channels, kernel and, unless it is left out, whether there are biases.
    """
    cases = []
    for layer in layers:
        right = held(conv_layer(*layer))
        shape = f"({layer[0]} to {layer[1]} channels, kernel {layer[2]}, {_bias(layer[3:])})"
        what = f"the number of parameters of a convolution {shape}"
        cases.append(Case(what, answer(*layer), right, _conv_params_mistakes(*layer)))
    expect_cases(cases, reread=PARAMETERS)


def linear_parameters(answer: Answer, layers: Iterable[tuple[Any, ...]]) -> None:
    """Compare numbers of parameters with those of torch's fully-connected layers.

    Args:
        answer: the student's function.
        layers: inputs, outputs and, unless it is left out, whether there are biases.
    """
    cases = []
    for layer in layers:
        right = held(linear_layer(*layer))
        what = f"the number of parameters of a fully-connected layer ({layer[0]} to {layer[1]}, {_bias(layer[2:])})"
        cases.append(Case(what, answer(*layer), right, _linear_params_mistakes(*layer)))
    expect_cases(cases, reread=PARAMETERS)


def _bias(given: Sequence[bool]) -> str:
    return f"bias={given[0]}" if given else "bias left out"


def _conv_params_mistakes(c_in: int, c_out: int, kernel: int, bias: bool = True) -> Wrong:
    """What common mistakes give, alone and two at a time."""
    kernels = {(): (kernel, kernel), (KERNEL_NOT_SQUARED,): (kernel, 1), (KERNEL_DOUBLED,): (2 * kernel, 1)}
    wrong: Wrong = {}
    for causes, sides in kernels.items():
        weights = held(conv_layer(c_in, c_out, sides, bias=False))
        biases = {
            (): c_out if bias else 0,
            (NO_BIASES,): 0,
            (BIASES_TWICE,): 2 * c_out if bias else 0,
            (BIAS_NOT_HEEDED,): c_out,
            (BIAS_INVERTED,): 0 if bias else c_out,
            (BIASES_TAKEN_OFF,): c_out if bias else -c_out,
            (BIAS_PER_INPUT_CHANNEL,): c_in if bias else 0,
            (BIAS_PER_INPUT_CHANNEL, BIAS_NOT_HEEDED): c_in,
            (BIAS_PER_PAIR,): c_in * c_out if bias else 0,
            (SINGLE_BIAS,): 1 if bias else 0,
            (SINGLE_BIAS, BIAS_NOT_HEEDED): 1,
            (IF_TAKES_ALL,): c_out if bias else -weights,
        }
        for more, added in biases.items():
            wrong[(*causes, *more)] = weights + added
    del wrong[()]
    filters, weights = held(conv_layer(c_in, 1, kernel, bias=False)), held(conv_layer(c_in, c_out, kernel, bias=False))
    added = c_out if bias else 0
    slips = product_slips(weights, {"in_channels": c_in, "out_channels": c_out, "kernel": kernel})
    return {
        **wrong,
        (SQUARE_BY_CARET,): [*(one + added for one in _with_caret(weights, kernel)), weights // kernel ^ 2 + added],
        (BIAS_PER_POSITION,): weights + kernel**2 * bias,
        **{causes: [value + added for value in _listed(values)] for causes, values in slips.items()},
        (NO_INPUT_CHANNELS,): held(conv_layer(1, c_out, kernel, bias)),
        (NO_OUTPUT_CHANNELS,): [filters, filters + bias],
        (SUM_NOT_MULTIPLIED,): [filters + c_out * bias, filters + c_out],
    }


def _linear_params_mistakes(d_in: int, d_out: int, bias: bool = True) -> Wrong:
    """What common mistakes give."""
    weights = held(linear_layer(d_in, d_out, bias=False))
    slide = (d_in, d_out) == (9216, 4096)
    return {
        (SLIDE_DIGITS,): [37_725_832] if slide else [],
        (SLIDE_NO_BIASES,): [37_748_736, 37_749, 37_749_000, 37_748_736.0] if slide else weights,
        (NO_BIASES,): weights,
        (BIASES_TWICE,): weights + 2 * d_out * bias,
        (BIAS_PER_INPUT,): weights + d_in * bias,
        (BIAS_PER_INPUT, BIAS_NOT_HEEDED): weights + d_in,
        (BIAS_FOR_INPUTS_TOO,): [weights + bias * (d_in + d_out) + more for more in (0, bias)],
        (BIAS_FOR_INPUTS_TOO, BIAS_NOT_HEEDED): [weights + d_in + d_out + more for more in (0, 1)],
        (SINGLE_OUTPUT_BIAS,): weights + bias,
        (SINGLE_OUTPUT_BIAS, BIAS_NOT_HEEDED): weights + 1,
        (BIAS_NOT_HEEDED,): weights + d_out,
        (BIAS_INVERTED,): weights + d_out * (not bias),
        (BIASES_TAKEN_OFF,): weights + (d_out if bias else -d_out),
        (IF_TAKES_ALL,): weights + d_out if bias else 0,
        (SUM_NOT_MULTIPLIED,): [d_in + bias * d_out, d_in + d_out],
    }


def drawn_convolutions(rng: random.Random, count: int) -> list[tuple[Any, ...]]:
    """Convolutions: input channels, output channels, kernel, and whether there are biases, by turns."""
    layers: list[tuple[Any, ...]] = []
    for number in range(count):
        channels = rng.sample(range(3, 60), 2)
        layers.append((*channels, rng.randint(3, 7), number % 2 == 0))
    return layers


# Operations

SLIDE_145 = Mistake(
    "slide_145", "this is the slide's 145 M, which is a slip: 256 * 13 * 13 * 384 * 9 = 149,520,384", priority=1
)
IN_MILLIONS = Mistake("in_millions", "these are M; return the number itself")
FLOP_FOR_MAC = Mistake("flop_for_mac", "multiplication and addition were counted apart (FLOP); a MAC is both")
PRODUCTS_NOT_SQUARED = Mistake("products_not_squared", "a kernel takes K * K products per channel, not K")
BIASES_COUNTED = Mistake("biases_counted", "the biases were counted too; they are additions without a product")
NO_POSITIONS = Mistake(
    "no_positions", "the positions are missing; each weight is used at every one of them (out_height * out_width)"
)
ONE_SIDE_MISSING = Mistake(
    "one_side_missing", "one side of the output is missing; there are out_height * out_width positions"
)
SQUARE_OUTPUT = Mistake("square_output", "the output was taken to be square; height and width may differ")
OUTPUT_SHRUNK = Mistake(
    "output_shrunk", "the kernel was taken off the height and the width; those given are the output's already"
)
NO_INPUT_PRODUCTS = Mistake("no_input_products", "the input channels are missing; each output sums over all of them")
NO_OUTPUT_MAPS = Mistake("no_output_maps", "the output channels are missing; each of them is computed")
ONE_ADDITION_FEWER = Mistake(
    "one_addition_fewer", "the additions are one fewer than the products, but a multiply-add is counted as one"
)
COMPARISONS = Mistake(
    "comparisons", "the comparisons were counted, one fewer than the values; the lecture counts the values"
)
WINDOW_OF_3 = Mistake(
    "window_of_3", "the window was taken to be 3 pixels wide, as AlexNet's; kernel says how wide it is"
)
WINDOW_NOT_SQUARED = Mistake("window_not_squared", "a window has K * K values, not K")
NO_CHANNELS = Mistake("no_channels", "the channels are missing; each is pooled")
CHANNELS_SQUARED = Mistake("channels_squared", "the channels count once, not squared: a pool works on each by itself")
OUTPUTS_FOR_VALUES = Mistake(
    "outputs_for_values", "this is the number of outputs; for each a whole window is looked at"
)


def counted_macs(layer: nn.Module, *shape: int) -> int:
    """The multiply-adds that torch counts in a layer for one input of this shape."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        layer(torch.empty(1, *shape, device="meta"))
    return counter.get_total_flops() // 2


def conv_macs_at(c_in: int, c_out: int, sides: tuple[int, int], height: int, width: int) -> int:
    """The multiply-adds that torch counts in a convolution whose output has this height and width."""
    return counted_macs(conv_layer(c_in, c_out, sides), c_in, height + sides[0] - 1, width + sides[1] - 1)


def conv_operations(answer: Answer, layers: Iterable[tuple[int, int, int, int, int]]) -> None:
    """Compare multiply-adds with those that torch counts; a layer is given by the answer's arguments."""
    cases = []
    for c_in, c_out, kernel, height, width in layers:
        right = conv_macs_at(c_in, c_out, (kernel, kernel), height, width)
        what = f"the number of multiply-adds of a convolution ({c_in} to {c_out} channels, kernel {kernel}, "
        what += f"output {height} × {width})"
        came = answer(c_in, c_out, kernel, height, width)
        cases.append(Case(what, came, right, _conv_macs_mistakes(c_in, c_out, kernel, height, width)))
    expect_cases(cases, reread=OPERATIONS)


def _conv_macs_mistakes(c_in: int, c_out: int, kernel: int, height: int, width: int) -> Wrong:
    """What common mistakes give, alone and two at a time."""
    kernels = {(): (kernel, kernel), (PRODUCTS_NOT_SQUARED,): (kernel, 1), (KERNEL_DOUBLED,): (2 * kernel, 1)}
    sizes: dict[Causes, list[tuple[int, int]]] = {
        (): [(height, width)],
        (NO_POSITIONS,): [(1, 1)],
        (ONE_SIDE_MISSING,): [(height, 1), (1, width)],
        (SQUARE_OUTPUT,): [(height, height), (width, width)],
    }
    wrong: Wrong = {}
    for causes, sides in kernels.items():
        for missing, places in sizes.items():
            macs = [conv_macs_at(c_in, c_out, sides, *place) for place in places]
            outputs = [c_out, *(c_out * rows * columns for rows, columns in places)]
            wrong[(*causes, *missing)] = macs
            wrong[(*causes, *missing, FLOP_FOR_MAC)] = [2 * one for one in macs]
            wrong[(*causes, *missing, BIASES_COUNTED)] = [one + more for one in macs for more in outputs]
            wrong[(*causes, *missing, FLOP_FOR_MAC, BIASES_COUNTED)] = [2 * one + n for one in macs for n in outputs]
    (right,) = wrong.pop(())
    outputs = [conv_macs_at(1, c_out, (1, 1), height, width)]
    channels = {"in_channels": c_in, "out_channels": c_out}
    wrong[(ONE_ADDITION_FEWER,)] = right - outputs[0]
    wrong[(FLOP_FOR_MAC, ONE_ADDITION_FEWER)] = 2 * right - outputs[0]
    return {
        **wrong,
        (SLIDE_145,): [145, 145.0, 145_000_000] if right == 149_520_384 else [],
        (IN_MILLIONS,): [right / 1e6, round(right / 1e6), round(right / 1e6, 1), right // 10**6],
        (NO_INPUT_PRODUCTS,): conv_macs_at(1, c_out, (kernel, kernel), height, width),
        (NO_OUTPUT_MAPS,): conv_macs_at(c_in, 1, (kernel, kernel), height, width),
        (SQUARE_BY_CARET,): _with_caret(right, kernel),
        (OUTPUT_SHRUNK,): right // (height * width) * (height - kernel + 1) * (width - kernel + 1),
        **product_slips(right, {"out_height": height, "out_width": width, **channels, "kernel": kernel}),
    }


def drawn_outputs(rng: random.Random, kernels: Iterable[int]) -> list[tuple[int, int, int, int, int]]:
    """Convolutions with the height and width of their output, which differ."""
    layers = []
    for kernel in kernels:
        (c_in, c_out), (height, width) = rng.sample(range(2, 40), 2), rng.sample(range(3, 30), 2)
        layers.append((c_in, c_out, kernel, height, width))
    return layers


def drawn_features(rng: random.Random) -> tuple[int, int]:
    """Inputs and outputs of a fully-connected layer, which differ."""
    d_in, d_out = rng.sample(range(3, 400), 2)
    return d_in, d_out


def linear_operations(answer: Answer, layers: Iterable[tuple[int, int]]) -> None:
    """Compare multiply-adds of fully-connected layers with those that torch counts."""
    cases = []
    for d_in, d_out in layers:
        right = counted_macs(linear_layer(d_in, d_out), d_in)
        wrong: Wrong = {
            (BIASES_COUNTED,): held(linear_layer(d_in, d_out)),
            (FLOP_FOR_MAC,): 2 * right,
            (FLOP_FOR_MAC, BIASES_COUNTED): 2 * right + d_out,
            (ONE_ADDITION_FEWER,): right - d_out,
            (FLOP_FOR_MAC, ONE_ADDITION_FEWER): 2 * right - d_out,
            (IN_MILLIONS,): [right / 1e6, round(right / 1e6), round(right / 1e6, 1)],
            **product_slips(right, {"in_features": d_in, "out_features": d_out}),
        }
        what = f"the number of multiply-adds of a fully-connected layer ({d_in} to {d_out})"
        cases.append(Case(what, answer(d_in, d_out), right, wrong))
    expect_cases(cases, reread=OPERATIONS)


def pool_values(answer: Answer, pools: Iterable[tuple[int, int, int, int]]) -> None:
    """Compare the numbers of values that pools look at with those in torch's windows.

    Args:
        answer: the student's function.
        pools: channels, height and width of the output, and the kernel.
    """
    cases = []
    for channels, height, width, kernel in pools:
        what = f"the number of values that a pool looks at ({channels} channels, output {height} × {width}, "
        what += f"window {kernel})"
        came, right = answer(channels, height, width, kernel), _in_windows(channels, height, width, kernel)
        wrong: Wrong = {
            (COMPARISONS,): [right - channels * height * width],
            (WINDOW_NOT_SQUARED,): _in_windows(channels, height, width, kernel, 1),
            (KERNEL_DOUBLED,): _in_windows(channels, height, width, 2 * kernel, 1),
            (NO_CHANNELS,): _in_windows(1, height, width, kernel),
            (SQUARE_OUTPUT,): [_in_windows(channels, side, side, kernel) for side in (height, width)],
            (CHANNELS_SQUARED,): _in_windows(channels * channels, height, width, kernel),
            (OUTPUTS_FOR_VALUES,): _in_windows(channels, height, width, 1),
            (ONE_SIDE_MISSING,): [_in_windows(channels, side, 1, kernel) for side in (height, width)],
            (WINDOW_OF_3,): _in_windows(channels, height, width, 3),
            (SQUARE_BY_CARET,): _with_caret(right, kernel),
            **product_slips(right, {"out_height": height, "out_width": width, "channels": channels, "kernel": kernel}),
        }
        cases.append(Case(what, came, right, wrong))
    expect_cases(cases, reread=OPERATIONS)


def _in_windows(channels: int, height: int, width: int, kernel: int, kernel_width: int = 0) -> int:
    """How many values lie in all windows of a pool with this output, counted by torch."""
    columns = kernel_width or kernel
    maps = torch.empty(1, channels, height + kernel - 1, width + columns - 1, device="meta")
    return maps.unfold(2, kernel, 1).unfold(3, columns, 1).numel()


def drawn_pools(rng: random.Random, kernels: Iterable[int]) -> list[tuple[int, int, int, int]]:
    """Pools with the height and width of their output, which differ."""
    pools = []
    for kernel in kernels:
        height, width = rng.sample(range(2, 40), 2)
        pools.append((rng.randint(2, 90), height, width, kernel))
    return pools
