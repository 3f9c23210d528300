"""What the hidden tests of the chapter on VGG need, and students do not get."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import nn

from cnnlab.exercises.vgg import comparison, costs, fields, layer_lists, network, suspects
from cnnlab.exercises.vgg.shared import DEPTHS, FILTERS, NAMES
from cnnlab.measure import measure, receptive_field_by_gradient
from coursekit.checks import Mistake, Mistakes, expect_equal, together
from coursekit.seeds import grading_seed

Answer = Callable[..., Any]


def vgg_layers(answer: Answer) -> None:
    """All four networks."""
    for depth in random.Random(grading_seed()).sample(DEPTHS, 4):
        with together():
            layer_lists.check_list(answer(depth), depth)


def vgg_layers_contract(answer: Answer) -> None:
    """Other depths, after right layers."""
    vgg_layers(answer)
    rng = random.Random(grading_seed())
    layer_lists.check_refused(answer, rng.sample([0, 8, 10, 12, 14, 15, 17, 18, 20, 34], 4))


def receptive_field(answer: Answer) -> None:
    """Receptive fields of drawn layers, of what has gaps or no window, and of the four networks."""
    rng = random.Random(grading_seed())
    head = [
        {"name": "flatten", "type": "flatten"},
        {"name": "fc", "type": "linear", "out_features": 3},
    ]
    lists = [fields.drawn_windows(rng, number) for number in (1, 2, 2, 3, 4, 5, 6, 7)]
    lists += [
        [fields.conv("one", 1, 3, 0), fields.conv("two", 1, 2, 0), fields.pool("three", 3, 2, 1)]
    ]
    lists += [[fields.conv("far", 4, 3, 2), *lists[0]], head]
    lists += [[*fields.windows_of(11), *head], *map(fields.windows_of, DEPTHS[1:])]
    fields.check_fields(answer, [fields.measured_case(layers) for layers in lists])
    _check_by_gradient(answer, [*fields.drawn_windows(rng, 2), fields.conv("last", 3, 1, 1)])


def receptive_field_properties(answer: Answer) -> None:
    """No layers at all, and a list that stays as it is, after right fields."""
    receptive_field(answer)
    fields.check_no_layers(answer)
    fields.check_untouched_layers(answer, fields.drawn_windows(random.Random(grading_seed()), 4))


def _check_by_gradient(answer: Answer, layers: list[dict[str, Any]]) -> None:
    made: dict[str, Callable[..., nn.Module]] = {
        "conv": lambda *window: nn.Conv2d(1, 1, *window),
        "pool": nn.MaxPool2d,
    }
    modules = [
        made[layer["type"]](layer["kernel"], layer["stride"], layer["padding"]) for layer in layers
    ]
    _, _, field = fields.measured_case(layers)
    side = 9 * field
    measured = receptive_field_by_gradient(nn.Sequential(*modules), (1, side, side))
    what = "the receptive field that a backward pass measures"
    expect_equal(answer(layers), measured, what=what, reread=fields.FIELD)


def stack_cost(answer: Answer) -> None:
    """Drawn stacks with and without biases, and one for which bias is left out."""
    rng = random.Random(grading_seed())
    stacks = [costs.drawn_stack(rng, bias) for bias in (False, True, False, True)]
    height = rng.randint(5, 20)
    stacks.append(costs.Stack(7, 1, 64 * rng.randint(2, 8), height, 2 * height))
    costs.check_stacks(answer, [costs.measured_case(stack) for stack in stacks])


def stage_costs(answer: Answer) -> None:
    """Stages of VGG, small ones and drawn ones."""
    rng = random.Random(grading_seed())
    stages = [(128, 112), (256, 56), (300, 10), (512, 28), (1, 2)]
    stages += [(rng.randint(2, 700), 2 * rng.randint(2, 60)) for _ in range(4)]
    costs.check_stages(answer, stages)


def VGG(answer: Answer) -> None:  # noqa: N802 - the exercise's name
    """Parameters and scores of all depths, of several widths and sizes of the image, with and without batch norm."""
    rng = random.Random(grading_seed())
    plain, normed = rng.sample(DEPTHS, 4), rng.sample(DEPTHS, 3)
    sides = [rng.randint(33, 45), rng.randint(64, 70), rng.randint(90, 100)]
    sizes = [(1, (32, 32)), (2, (64, 64)), (1, (224, 224)), (1, (sides[1], sides[2]))]
    sizes += [(2, (48, 64)), (1, (64, 64)), (3, (sides[0], 36))]
    for place, (depth, (width, size)) in enumerate(zip(plain + normed, sizes, strict=True)):
        network.check_network(answer, network.drawn_network(rng, depth, width, place >= 4), size)


def VGG_contract(answer: Answer) -> None:  # noqa: N802
    """Other depths, after right scores."""
    rng = random.Random(grading_seed())
    _check_small_networks(answer, rng)
    network.check_other_depths(answer, rng.sample([10, 12, 14, 15, 17, 18, 20], 3))


def VGG_properties(answer: Answer) -> None:  # noqa: N802
    """Gradients, running statistics and default arguments, after right scores."""
    rng = random.Random(grading_seed())
    _check_small_networks(answer, rng)
    for batch_norm in (False, True):
        network.check_gradients(
            answer, network.drawn_network(rng, rng.choice(DEPTHS), 1, batch_norm)
        )
    network.check_running_statistics(
        answer, network.drawn_network(rng, rng.choice(DEPTHS), 2, True)
    )
    network.check_default_arguments(answer)


def _check_small_networks(answer: Answer, rng: random.Random) -> None:
    for depth in DEPTHS:
        for batch_norm in (False, True):
            case = network.drawn_network(rng, depth, rng.randint(1, 2), batch_norm)
            network.check_network(answer, case, (64, 72))


def compare_networks(answer: Answer) -> None:
    """Totals and ratios of drawn tables."""
    rng = random.Random(grading_seed())
    plain = comparison.drawn_table(
        rng, ["conv1", "conv2", "fc6", "fc7"], ["pool1", "pool2", "flatten"]
    )
    names = ["conv1_1", f"conv{rng.randint(1, 9)}_2", "conv10_3", "fc16", "fc"]
    staged = comparison.drawn_table(rng, names, ["pool1", "concat1", "deconv1", "flatten"])
    small = (
        comparison.drawn_table(rng, ["fc1"], []),
        comparison.drawn_table(rng, ["conv"], ["dropout1"]),
    )
    convs = comparison.drawn_table(rng, ["conv1", "conv2"], ["pool1"])
    for a, b in ((plain, staged), (staged, plain), small, (plain, convs)):
        right = comparison.compared(a, b)
        slips = comparison.slips_in_names(a, b)
        causes = {
            key: {place: _comparison_slips(a, b, key, place) for place in range(3)} for key in right
        }
        for key, at in slips.items():
            for place, more in at.items():
                causes[key][place] |= more
        comparison.check_comparison(answer, (a.rows, b.rows), right, causes, untouched=False)


def compare_networks_properties(answer: Answer) -> None:
    """Tables that stay as they are, after right totals and ratios."""
    compare_networks(answer)
    rng = random.Random(grading_seed())
    a = comparison.drawn_table(rng, ["conv3", "fc6"], ["pool1", "flatten"])
    b = comparison.drawn_table(rng, ["conv1_1", "fc7"], ["pool2"])
    comparison.check_comparison(answer, (a.rows, b.rows), comparison.compared(a, b), {})


def _comparison_slips(
    a: comparison.DrawnTable, b: comparison.DrawnTable, key: str, place: int
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
            comparison.UPSIDE_DOWN: first / second,
            comparison.RATIO_ROUNDED: [
                round(second / first),
                round(second / first, 1),
                round(second / first, 2),
            ],
            comparison.RATIO_OF_ROUNDED: rounded,
            comparison.DIFFERENCE: second - first,
            comparison.PERCENTAGE: [100 * second / first, second / first - 1],
            comparison.TABLES_SWAPPED: first / second,
        }
    drawn, total = ((a, first), (b, second))[place]
    counted = [row for row in drawn.rows if row["name"] not in drawn.others]
    return {
        comparison.CONVOLUTIONS_ONLY: sum(row[key] for row in counted if row["name"][0] == "c"),
        comparison.HEAD_ONLY: sum(row[key] for row in counted if row["name"][0] == "f"),
        comparison.LARGEST_ROW: max(row[key] for row in counted),
        comparison.IN_MIB: total / 1024,
        comparison.IN_MILLIONS: [total / 1e6, round(total / 1e6, 1)],
        comparison.IN_BILLIONS: total / 1e9,
        comparison.TABLES_SWAPPED: (second, first)[place],
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
            suspects.check_suspects(
                answer, depth, claim, right, _suspect_slips(convs, claim, total, right)
            )


def missing_layers_contract(answer: Answer) -> None:
    """Depths without a network, after right suspects."""
    missing_layers(answer)
    rng = random.Random(grading_seed())
    suspects.check_unknown_depths(answer, rng.sample([8, 10, 12, 14, 15, 17, 18, 20], 3))


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
        suspects.BIASES_IN_TOTAL: [
            left_out(total + extra) for extra in (outputs, 6_122_000, outputs + 9_192)
        ],
        suspects.TOLERANCE_TOO_LARGE: [
            left_out(near=near) for near in (0.05 * claim, 0.05 * total, 0.5e9, 0.1e9)
        ],
        suspects.FC8_TOO_SMALL: [left_out(total - missing) for missing in (4_096_000, 4096 * 990)],
        suspects.NOT_ABOVE: [left_out(one_sided=1)],
        suspects.NOT_BELOW: [left_out(one_sided=-1)],
        suspects.TOLERANCE_TOO_SMALL: [left_out(near=near) for near in (0.025e9, 0.005e9)],
        suspects.EXACT_ONLY: [left_out(near=0.05)],
        suspects.HEAD_FORGOTTEN: [left_out(total - HEAD)],
        suspects.FIRST_OF_STAGES: [left_out(first_too=True)],
        suspects.CONV5_1: [[name for name in right if name != "conv5_1"]],
        costs.FLOP_FOR_MAC: [left_out(factor=2)],
        suspects.FIRST_ONLY: [right[:1]],
        suspects.REVERSED: [right[::-1]],
        suspects.FC_SUSPECTED: [[*right, "fc7"], ["fc7"]],
    }
