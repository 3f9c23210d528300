"""What the hidden tests of the chapter on VGG need, and students do not get."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import nn

from cnnlab.exercises import vgg
from cnnlab.exercises.vgg import costs as vgg_costs
from cnnlab.exercises.vgg import network as vgg_network
from cnnlab.exercises.vgg.shared import DEPTHS, FILTERS, NAMES
from cnnlab.measure import measure, receptive_field_by_gradient
from coursekit.checks import Mistake, Mistakes, expect_equal, together
from coursekit.seeds import grading_seed

Answer = Callable[..., Any]


def vgg_layers(answer: Answer) -> None:
    """All four networks."""
    for depth in random.Random(grading_seed()).sample(DEPTHS, 4):
        with together():
            vgg.check_list(answer(depth), depth)


def vgg_layers_contract(answer: Answer) -> None:
    """Other depths, after right layers."""
    vgg_layers(answer)
    rng = random.Random(grading_seed())
    vgg.check_refused(answer, rng.sample([0, 8, 10, 12, 14, 15, 17, 18, 20, 34], 4))


def receptive_field(answer: Answer) -> None:
    """Receptive fields of the four networks, of drawn layers, and of what has gaps or no window."""
    rng = random.Random(grading_seed())
    head = [
        {"name": "flatten", "type": "flatten"},
        {"name": "fc", "type": "linear", "out_features": 3},
    ]
    networks = [vgg.windows_of(depth) for depth in DEPTHS]
    networks += [vgg.drawn_windows(rng, rng.randint(2, 7)) for _ in range(8)]
    networks += [[vgg.conv("one", 1, 3, 0), vgg.conv("two", 1, 2, 0), vgg.pool("three", 3, 2, 1)]]
    networks += [[vgg.conv("far", 4, 3, 2), *networks[4]], head]
    networks[0] += head
    for layers in networks:
        vgg.check_drawn_field(answer, layers, _field_slips(layers))
    _check_by_gradient(answer, [*vgg.drawn_windows(rng, 2), vgg.conv("last", 3, 1, 1)])


def receptive_field_properties(answer: Answer) -> None:
    """No layers at all, and a list that stays as it is, after right fields."""
    receptive_field(answer)
    vgg.check_no_layers(answer)
    vgg.check_untouched_layers(answer, vgg.drawn_windows(random.Random(grading_seed()), 4))


def _check_by_gradient(answer: Answer, layers: list[dict[str, Any]]) -> None:
    made: dict[str, Callable[..., nn.Module]] = {
        "conv": lambda *window: nn.Conv2d(1, 1, *window),
        "pool": nn.MaxPool2d,
    }
    modules = [
        made[layer["type"]](layer["kernel"], layer["stride"], layer["padding"]) for layer in layers
    ]
    side = 9 * _seen_from_one_output(layers)
    measured = receptive_field_by_gradient(nn.Sequential(*modules), (1, side, side))
    what = "the receptive field that a backward pass measures"
    expect_equal(
        answer(layers), measured, what=what, mistakes=_field_slips(layers), reread=vgg.FIELD
    )


def _seen_from_one_output(layers: Sequence[dict[str, Any]]) -> int:
    """The receptive field, by walking back from an output at 0 to the first and the last pixel that it needs."""
    first = last = 0
    for layer in reversed([layer for layer in layers if "kernel" in layer]):
        first = first * layer["stride"] - layer["padding"]
        last = last * layer["stride"] - layer["padding"] + layer["kernel"] - 1
    return last - first + 1


def _field_slips(layers: Sequence[dict[str, Any]]) -> Mistakes:
    """From a mistake to the receptive field that it gives."""
    windows = [layer for layer in layers if "kernel" in layer]
    strides = [1, *(layer["stride"] for layer in windows)]
    steps = [layer["kernel"] - 1 for layer in windows]
    jumps, added = [1], [1]
    for stride in strides[1:]:
        jumps.append(jumps[-1] * stride)
        added.append(added[-1] + stride)

    def field(jumps: list[int], steps: list[int] = steps) -> int:
        return 1 + sum(step * jump for step, jump in zip(steps, jumps, strict=False))

    def padded(factor: int) -> int:
        return field(
            jumps, [s + factor * layer["padding"] for s, layer in zip(steps, windows, strict=True)]
        )

    still = [
        step if layer["type"] == "conv" else 0 for step, layer in zip(steps, windows, strict=True)
    ]
    whole = field(jumps, [step + 1 for step in steps])
    backwards = 1
    for layer in windows:
        backwards = (backwards - 1) * layer["stride"] + layer["kernel"]
    return {
        vgg.STRIDES_IGNORED: field([1] * len(steps)),
        vgg.LAST_STRIDE: field(strides),
        vgg.ONLY_OWN_STRIDE: field(strides[1:]),
        vgg.OWN_STRIDE: field(jumps[1:]),
        vgg.STRIDES_ADDED: field(added),
        vgg.POOLS_LEFT_OUT: _seen_from_one_output(
            [layer for layer in windows if layer["type"] != "pool"]
        ),
        vgg.POOL_WINDOW_IGNORED: field(jumps, still),
        vgg.WHOLE_KERNELS: [whole, whole - 1],
        vgg.START_AT_ZERO: field(jumps) - 1,
        vgg.PADDING_COUNTED: [padded(factor) for factor in (-2, -1, 1, 2)],
        vgg.WALKED_BACKWARDS: backwards,
        vgg.CUT_AT_THE_IMAGE: min(field(jumps), 224),
    }


def stack_cost(answer: Answer) -> None:
    """Drawn stacks with and without biases, and one for which bias is left out."""
    rng = random.Random(grading_seed())
    stacks = [vgg_costs.drawn_stack(rng, bias) for bias in (False, True, False, True)]
    height = rng.randint(5, 20)
    for stack in (*stacks, (7, 1, 64 * rng.randint(2, 8), height, 2 * height, False)):
        params, macs = vgg_costs.measured_stack(*stack)
        slips = dict(_stack_slips(stack, params, macs))
        with together():
            vgg_costs.check_stack(answer, stack, (params, macs), slips)


def _stack_slips(
    stack: tuple[int, int, int, int, int, bool], params: int, macs: int
) -> Iterator[tuple[Mistake, list[vgg_costs.Costs]]]:
    """From a mistake to the costs that it gives."""
    kernel, depth, channels, height, width, bias = stack
    places = height * width
    weights, biases = macs // places, depth * channels
    with_bias, one = biases if bias else 0, macs // places // depth
    once = channels if bias else 0
    yield (
        vgg_costs.DEPTH_FORGOTTEN,
        [(one + once, macs // depth), (one + once, macs), (one + with_bias, macs // depth)],
    )
    yield vgg_costs.KERNEL_NOT_SQUARED, [(weights // kernel + with_bias, macs // kernel)]
    yield vgg_costs.CHANNELS_NOT_SQUARED, [(weights // channels + with_bias, macs // channels)]
    yield (
        vgg_costs.POWER_OF_DEPTH,
        [(one**depth + extra, one**depth * places) for extra in {0, with_bias, once}],
    )
    yield vgg_costs.FLOP_FOR_MAC, [(params, 2 * macs)]
    yield vgg_costs.SQUARE_MAPS, [(params, weights * height**2), (params, weights * width**2)]
    yield vgg_costs.ONE_SIDE, [(params, weights * height), (params, weights * width)]
    if bias:
        yield vgg_costs.BIAS_NEVER, [(weights, macs)]
        yield vgg_costs.BIAS_OF_ONE_LAYER, [(weights + channels, macs)]
        yield vgg_costs.BIAS_PER_LAYER, [(weights + depth, macs)]
        yield vgg_costs.BIAS_IN_MACS, [(params, params * places), (params, macs + biases)]
    else:
        yield (
            vgg_costs.BIAS_ALWAYS,
            [(weights + biases, macs), (weights + biases, (weights + biases) * places)],
        )


def stage_costs(answer: Answer) -> None:
    """Stages of VGG, small ones and drawn ones."""
    rng = random.Random(grading_seed())
    stages = [(128, 112), (256, 56), (300, 10), (512, 28), (1, 2)]
    stages += [(rng.randint(2, 700), 2 * rng.randint(2, 60)) for _ in range(4)]
    for channels, size in stages:
        here = _stage_slips(channels, size)
        after = _stage_slips(2 * channels, size // 2)
        for key in after:
            after[key] |= _slips_in_next(channels, size)[key]
        vgg_costs.check_stages(answer, channels, size, (here, after))


def _stage_slips(c: int, size: int) -> dict[str, dict[Any, Any]]:
    """By key, from a mistake to what it gives, at any stage."""
    right = vgg_costs.measured_stage(c, c, size)
    memory, params, macs = (right[key] for key in vgg_costs.KEYS_OF_A_STAGE)
    return {
        "memory": {
            vgg_costs.BYTES_FOR_NUMBERS: [4 * memory, memory / 256],
            vgg_costs.INPUT_COUNTED: 2 * memory,
            vgg_costs.NO_CHANNELS: size**2,
            vgg_costs.ONE_SIDE: c * size,
        },
        "params": {
            vgg_costs.BIASES_COUNTED: params + c,
            vgg_costs.KERNEL_NOT_SQUARED: params // 3,
            vgg_costs.CHANNELS_NOT_SQUARED: 9 * c,
        },
        "macs": {
            vgg_costs.FLOP_FOR_MAC: 2 * macs,
            vgg_costs.BIAS_IN_MACS: [macs + c * size**2, macs + c],
            vgg_costs.KERNEL_NOT_SQUARED: macs // 3,
            vgg_costs.CHANNELS_NOT_SQUARED: 9 * c * size**2,
            vgg_costs.ONE_SIDE: params * size,
            vgg_costs.NO_POSITIONS: params,
        },
    }


def _slips_in_next(channels: int, size: int) -> dict[str, dict[Any, Any]]:
    """By key, from a mistake to what it gives at the next stage."""
    half = size // 2
    wrong = {
        vgg_costs.STOPS_AT_512: vgg_costs.measured_stage(512, 512, half),
        vgg_costs.NOT_DOUBLED: vgg_costs.measured_stage(channels, channels, half),
        vgg_costs.NOT_HALVED: vgg_costs.measured_stage(2 * channels, 2 * channels, size),
        vgg_costs.FIRST_OF_STAGE: vgg_costs.measured_stage(channels, 2 * channels, half),
    }
    return {
        key: {cause: costs[key] for cause, costs in wrong.items()}
        for key in vgg_costs.KEYS_OF_A_STAGE
    }


def VGG(answer: Answer) -> None:  # noqa: N802 - the exercise's name
    """Parameters and scores of all depths, of several widths and sizes of the image, with and without batch norm."""
    rng = random.Random(grading_seed())
    plain, normed = rng.sample(DEPTHS, 4), rng.sample(DEPTHS, 3)
    sides = [rng.randint(33, 45), rng.randint(64, 70), rng.randint(90, 100)]
    sizes = [(1, (32, 32)), (2, (64, 64)), (1, (224, 224)), (1, (sides[1], sides[2]))]
    sizes += [(2, (48, 64)), (1, (64, 64)), (3, (sides[0], 36))]
    for place, (depth, (width, size)) in enumerate(zip(plain + normed, sizes, strict=True)):
        vgg_network.check_network(
            answer, vgg_network.drawn_network(rng, depth, width, place >= 4), size
        )


def VGG_contract(answer: Answer) -> None:  # noqa: N802
    """Other depths, after right scores."""
    rng = random.Random(grading_seed())
    _check_small_networks(answer, rng)
    vgg_network.check_other_depths(answer, rng.sample([10, 12, 14, 15, 17, 18, 20], 3))


def VGG_properties(answer: Answer) -> None:  # noqa: N802
    """Gradients, running statistics and default arguments, after right scores."""
    rng = random.Random(grading_seed())
    _check_small_networks(answer, rng)
    for batch_norm in (False, True):
        vgg_network.check_gradients(
            answer, vgg_network.drawn_network(rng, rng.choice(DEPTHS), 1, batch_norm)
        )
    vgg_network.check_running_statistics(
        answer, vgg_network.drawn_network(rng, rng.choice(DEPTHS), 2, True)
    )
    vgg_network.check_default_arguments(answer)


def _check_small_networks(answer: Answer, rng: random.Random) -> None:
    for depth in DEPTHS:
        for batch_norm in (False, True):
            case = vgg_network.drawn_network(rng, depth, rng.randint(1, 2), batch_norm)
            vgg_network.check_network(answer, case, (64, 72))


def compare_networks(answer: Answer) -> None:
    """Totals and ratios of drawn tables."""
    rng = random.Random(grading_seed())
    plain = vgg_costs.drawn_table(
        rng, ["conv1", "conv2", "fc6", "fc7"], ["pool1", "pool2", "flatten"]
    )
    names = ["conv1_1", f"conv{rng.randint(1, 9)}_2", "conv10_3", "fc16", "fc"]
    staged = vgg_costs.drawn_table(rng, names, ["pool1", "concat1", "deconv1", "flatten"])
    small = (
        vgg_costs.drawn_table(rng, ["fc1"], []),
        vgg_costs.drawn_table(rng, ["conv"], ["dropout1"]),
    )
    convs = vgg_costs.drawn_table(rng, ["conv1", "conv2"], ["pool1"])
    for a, b in ((plain, staged), (staged, plain), small, (plain, convs)):
        right = vgg_costs.compared(a, b)
        slips = vgg_costs.slips_in_names(a, b)
        causes = {
            key: {place: _comparison_slips(a, b, key, place) for place in range(3)} for key in right
        }
        for key, at in slips.items():
            for place, more in at.items():
                causes[key][place] |= more
        vgg_costs.check_comparison(answer, (a.rows, b.rows), right, causes, untouched=False)


def compare_networks_properties(answer: Answer) -> None:
    """Tables that stay as they are, after right totals and ratios."""
    compare_networks(answer)
    rng = random.Random(grading_seed())
    a = vgg_costs.drawn_table(rng, ["conv3", "fc6"], ["pool1", "flatten"])
    b = vgg_costs.drawn_table(rng, ["conv1_1", "fc7"], ["pool2"])
    vgg_costs.check_comparison(answer, (a.rows, b.rows), vgg_costs.compared(a, b), {})


def _comparison_slips(
    a: vgg_costs.DrawnTable, b: vgg_costs.DrawnTable, key: str, place: int
) -> dict[Any, Any]:
    """From a mistake to the total of a, the total of b, or their ratio."""
    first, second = a.totals[key], b.totals[key]
    if place == 2:
        rounded = [
            round(second / scale, digits) / round(first / scale, digits)
            for scale in (1, 1e6, 1e9, 1024)
            for digits in (0, 1, 2)
            if round(first / scale, digits)
        ]
        return {
            vgg_costs.UPSIDE_DOWN: first / second,
            vgg_costs.RATIO_ROUNDED: [
                round(second / first),
                round(second / first, 1),
                round(second / first, 2),
            ],
            vgg_costs.RATIO_OF_ROUNDED: rounded,
            vgg_costs.DIFFERENCE: second - first,
            vgg_costs.PERCENTAGE: [100 * second / first, second / first - 1],
            vgg_costs.TABLES_SWAPPED: first / second,
        }
    drawn, total = ((a, first), (b, second))[place]
    counted = [row for row in drawn.rows if row["name"] not in drawn.others]
    return {
        vgg_costs.CONVOLUTIONS_ONLY: sum(row[key] for row in counted if row["name"][0] == "c"),
        vgg_costs.HEAD_ONLY: sum(row[key] for row in counted if row["name"][0] == "f"),
        vgg_costs.LARGEST_ROW: max(row[key] for row in counted),
        vgg_costs.IN_MIB: total / 1024,
        vgg_costs.IN_MILLIONS: [total / 1e6, round(total / 1e6, 1)],
        vgg_costs.IN_BILLIONS: total / 1e9,
        vgg_costs.TABLES_SWAPPED: (second, first)[place],
    }


def missing_layers(answer: Answer) -> None:
    """Claims for all four networks, those at the limits of the tolerance included."""
    rng = random.Random(grading_seed())
    for depth in DEPTHS:
        convs = _convolutions(depth)
        total = HEAD + sum(macs for _, _, macs in convs.values())
        heavy, light, first = convs["conv4_2"][2], convs["conv5_2"][2], convs["conv4_1"][2]
        claims = [
            total - cost
            for cost in (heavy, light, first, 0, 0.02e9, 2 * light, heavy + light, -total)
        ]
        claims += [
            total - heavy + off
            for off in (-0.03e9, 0.03e9, -0.0485e9, 0.0485e9, rng.uniform(-0.07e9, 0.07e9))
        ]
        claims += [
            total - light + off for off in (-0.0515e9, 0.0485e9, rng.uniform(-0.04e9, 0.04e9))
        ]
        for claim in claims:
            right = _left_out(convs, claim, total)
            vgg_costs.check_suspects(
                answer, depth, claim, right, _suspect_slips(convs, claim, total, right)
            )


def missing_layers_contract(answer: Answer) -> None:
    """Depths without a network, after right suspects."""
    missing_layers(answer)
    rng = random.Random(grading_seed())
    vgg_costs.check_unknown_depths(answer, rng.sample([8, 10, 12, 14, 15, 17, 18, 20], 3))


HEAD = 123_633_664
NEAR = 0.05e9
Convolutions = dict[str, tuple[int, int, int]]
"""By name, input channels, output channels and measured multiply-adds."""


def _convolutions(depth: int) -> Convolutions:
    found, channels = {}, 3
    for name in NAMES[depth].split():
        if name.startswith("conv"):
            stage = int(name[4])
            filters, size = FILTERS[stage - 1], 224 // 2 ** (stage - 1)
            layer = nn.Conv2d(channels, filters, 3, padding=1, device="meta")
            (row,) = measure(layer, (channels, size, size))
            found[name] = (channels, filters, row.macs)
            channels = filters
    return found


def _left_out(
    convs: Convolutions,
    claim: float,
    total: float,
    near: float = NEAR,
    *,
    first_too: bool = False,
    factor: int = 1,
    one_sided: int = 0,
) -> list[str]:
    """The convolutions that explain a claim, with options that stand for mistakes."""
    found = []
    for name, (c_in, c_out, macs) in convs.items():
        difference = factor * (total - macs) - claim
        if (first_too or c_in == c_out) and abs(difference) <= near and difference * one_sided >= 0:
            found.append(name)
    return found


def _suspect_slips(convs: Convolutions, claim: float, total: int, right: list[str]) -> Mistakes:
    """From a mistake to the suspects that it gives."""

    def left_out(total: float = total, near: float = NEAR, **options: Any) -> list[str]:
        return _left_out(convs, claim, total, near, **options)

    outputs = sum(
        c_out * 224**2 // 4 ** (int(name[4]) - 1) for name, (_, c_out, _) in convs.items()
    )
    return {
        vgg_costs.BIASES_IN_TOTAL: [
            left_out(total + extra) for extra in (outputs, 6_122_000, outputs + 9_192)
        ],
        vgg_costs.TOLERANCE_TOO_LARGE: [
            left_out(near=near) for near in (0.05 * claim, 0.05 * total, 0.5e9, 0.1e9)
        ],
        vgg_costs.FC8_TOO_SMALL: [left_out(total - missing) for missing in (4_096_000, 4096 * 990)],
        vgg_costs.NOT_ABOVE: [left_out(one_sided=1)],
        vgg_costs.NOT_BELOW: [left_out(one_sided=-1)],
        vgg_costs.TOLERANCE_TOO_SMALL: [left_out(near=near) for near in (0.025e9, 0.005e9)],
        vgg_costs.EXACT_ONLY: [left_out(near=0.05)],
        vgg_costs.HEAD_FORGOTTEN: [left_out(total - HEAD)],
        vgg_costs.FIRST_OF_STAGES: [left_out(first_too=True)],
        vgg_costs.CONV5_1: [[name for name in right if name != "conv5_1"]],
        vgg_costs.FLOP_FOR_MAC: [left_out(factor=2)],
        vgg_costs.FIRST_ONLY: [right[:1]],
        vgg_costs.REVERSED: [right[::-1]],
        vgg_costs.FC_SUSPECTED: [[*right, "fc7"], ["fc7"]],
    }
