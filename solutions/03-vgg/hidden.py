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
    for pairs in ([(plain, staged), (staged, plain), (plain, convs)], [small]):
        comparison.check_comparisons(answer, pairs, untouched=False)


def compare_networks_properties(answer: Answer) -> None:
    """Tables that stay as they are, after right totals and ratios."""
    compare_networks(answer)
    rng = random.Random(grading_seed())
    a = comparison.drawn_table(rng, ["conv3", "fc6"], ["pool1", "flatten"])
    b = comparison.drawn_table(rng, ["conv1_1", "fc7"], ["pool2"])
    comparison.check_comparisons(answer, [(a, b)])


def missing_layers(answer: Answer) -> None:
    """Claims for all four networks, those at the limits of the tolerance included."""
    rng = random.Random(grading_seed())
    claims: list[suspects.Claim] = []
    networks = suspects.networks()
    for depth, net in networks.items():
        convs, total = net.costs, net.total
        heavy, light, first = convs["conv4_2"], convs["conv5_2"], convs["conv4_1"]
        off = [-0.03e9, 0.03e9, -0.0485e9, 0.0485e9, rng.uniform(-0.07e9, 0.07e9)]
        less = [heavy, light, first, 0, 0.02e9, 2 * light, heavy + light, -total]
        less += [heavy - each for each in off]
        less += [light - each for each in (-0.0515e9, 0.0485e9, rng.uniform(-0.04e9, 0.04e9))]
        claims += [(depth, total - cost) for cost in less]
    explained = [
        (depth, claim, suspects.left_out(networks[depth], claim)) for depth, claim in claims
    ]
    suspects.check_claims(answer, [*explained, *suspects.probes()])


def missing_layers_contract(answer: Answer) -> None:
    """Depths without a network, after right suspects."""
    missing_layers(answer)
    rng = random.Random(grading_seed())
    suspects.check_unknown_depths(answer, rng.sample([8, 10, 12, 14, 15, 17, 18, 20], 3))
