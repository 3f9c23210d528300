"""What the hidden tests of "AlexNet" ask: the comparisons of the visible checks, with other sizes and networks.

Tests of errors, of untouched arguments and of gradients first ask for right values.
"""

from __future__ import annotations

from random import Random
from typing import Any

from cnnlab.exercises.alexnet import costs, layer_tables, shares, sizes, zfnet
from cnnlab.exercises.alexnet import network as networks
from cnnlab.exercises.alexnet.sizes import Window
from coursekit.seeds import grading_seed

# Kernels of one pixel, and of the whole padded input; steps of one pixel, and longer than the kernel.
WINDOWS = (
    Window(21, 6, 1, 2),
    Window(11, 11, 2, 0),
    Window(5, 7, 1, 2),
    Window(8, 7, 5, 3),
    Window(12, 2, 5, 0),
    Window(6, 1, 4, 1),
)
# Last windows at the limit, or in the padding; padding of half of the window.
POOLS = (
    Window(8, 4, 1, 2),
    Window(7, 2, 2, 1),
    Window(10, 2, 3, 1),
    Window(9, 1, 5, 0),
    Window(4, 4, 3, 2),
    Window(3, 2, 4, 1),
    Window(5, 6, 2, 3),
    Window(5, 4, 4, 2),
    Window(8, 5, 2, 1),
)


def conv_output_size(answer: Any) -> None:
    """Compare output sizes."""
    rng = Random(grading_seed())
    defaults = [Window(rng.randint(9, 30), kernel) for kernel in (3, 4)]
    windows = [*WINDOWS, *sizes.drawn_windows(rng, 8), *sizes.CONVOLUTIONS[1:3], *defaults]
    sizes.conv_sizes(answer, windows)


def conv_output_size_errors(answer: Any) -> None:
    """Check that kernels which do not fit are refused."""
    rng = Random(grading_seed() + 1)
    sizes.conv_sizes(
        answer, [*WINDOWS, *sizes.drawn_windows(rng, 2), Window(rng.randint(9, 30), 3)]
    )
    sizes.conv_errors(answer, [Window(5, 6), Window(1, 12, 3, 5), *sizes.drawn_misfits(rng, 3)])


def pool_output_size(answer: Any) -> None:
    """Compare output sizes in both modes."""
    windows = [
        *POOLS,
        *sizes.drawn_windows(Random(grading_seed() + 2), 8, half_padding=True),
        sizes.POOLS[0],
        Window(13, 2, 2),
    ]
    sizes.pool_sizes(answer, windows)


def pool_output_size_errors(answer: Any) -> None:
    """Check that windows which do not fit, and too much padding, are refused in both modes."""
    rng = Random(grading_seed() + 3)
    sizes.pool_sizes(answer, [*POOLS, *sizes.drawn_windows(rng, 2, half_padding=True)])
    misfits = [Window(2, 3, 2, 0), Window(1, 6, 1, 2), *sizes.drawn_misfits(rng, 2)]
    sizes.pool_errors(answer, misfits, [(3, 2), (4, 3), (rng.randint(5, 6), 4)])


def activation_kib(answer: Any) -> None:
    """Compare the memory of activations."""
    costs.kib_of(
        answer,
        [
            *costs.drawn_maps(Random(grading_seed() + 4), (4, 2, 8, 1, 4)),
            (1000, 1, 1),
            (1, 1, 1, 1),
        ],
    )


def conv_params(answer: Any) -> None:
    """Compare numbers of parameters."""
    costs.conv_parameters(
        answer, [*costs.drawn_convolutions(Random(grading_seed() + 5), 6), (384, 256, 3), (1, 1, 1)]
    )


def linear_params(answer: Any) -> None:
    """Compare numbers of parameters."""
    rng = Random(grading_seed() + 6)
    drawn = [(*costs.drawn_features(rng), bias) for bias in (True, False, True)]
    costs.linear_parameters(answer, [*drawn, (9216, 4096)])


def conv_macs(answer: Any) -> None:
    """Compare multiply-adds."""
    costs.conv_operations(
        answer,
        [*costs.drawn_outputs(Random(grading_seed() + 7), (2, 3, 5, 1, 4)), (384, 256, 3, 13, 13)],
    )


def linear_macs(answer: Any) -> None:
    """Compare multiply-adds."""
    rng = Random(grading_seed() + 8)
    costs.linear_operations(answer, [costs.drawn_features(rng) for _ in range(4)])


def pool_ops(answer: Any) -> None:
    """Compare numbers of values in windows."""
    costs.pool_values(answer, costs.drawn_pools(Random(grading_seed() + 9), (2, 3, 5)))


def layer_table(answer: Any) -> None:
    """Compare tables of AlexNet with other images, names and pools, and of networks that are drawn."""
    layers = layer_tables.alexnet_layers()
    pools_of_two = [
        {**one, "kernel": 2, "stride": 2} if one["type"] == "pool" else one for one in layers
    ]
    other = [
        (layers, (3, 224, 224)),
        (
            [
                {**layers[0], "name": "first", "padding": 1},
                {**layers[1], "padding": 1, "stride": 3},
            ],
            (1, 40, 40),
        ),
        (layers[8:10], (5, 3, 3)),
        ([layers[8], *layers[10:]], (4, 1, 1)),
        (pools_of_two, (2, 131, 131)),
        ([{**one, "name": f"layer{place}"} for place, one in enumerate(layers)], (3, 99, 99)),
    ]
    drawn = [layer_tables.drawn_network(grading_seed() + 10 + number) for number in range(4)]
    layer_tables.compare_tables(answer, [*other, *drawn])


def layer_table_untouched(answer: Any) -> None:
    """Check that the list of layers stays as it is."""
    named = layer_tables.small_network(("first", "second", "third", "last"))
    drawn = [layer_tables.drawn_network(grading_seed() + 20 + number) for number in range(2)]
    layer_tables.compare_tables(answer, [(named, (2, 10, 10)), *drawn])
    for layers, shape in drawn:
        layer_tables.layers_untouched(answer, layers, shape)


def cost_shares(answer: Any) -> None:
    """Compare shares."""
    for table in [
        *shares.drawn_tables(grading_seed() + 30),
        *shares.drawn_tables(grading_seed() + 31),
    ]:
        shares.compare_shares(answer, table)


def cost_shares_untouched(answer: Any) -> None:
    """Check that the table stays as it is."""
    table, *_ = shares.drawn_tables(grading_seed() + 32)
    shares.compare_shares(answer, table)
    shares.shares_untouched(answer, table)


def AlexNet(answer: Any) -> None:  # noqa: N802 - the exercise's name
    """Compare scores at two widths, for images of several sizes, and the size of AlexNet()."""
    rng = Random(grading_seed() + 40)
    classes = rng.sample(range(2, 9), 2)
    tall, small = (rng.choice([256, 272, 288]), 227), (rng.randint(67, 75), rng.randint(91, 103))
    networks.compare_scores(
        answer, classes[0], 1, [(227, 227), tall, small], seed=grading_seed() + 41
    )
    networks.compare_scores(answer, classes[1], 2, [(224, 224)], seed=grading_seed() + 42)
    networks.compare_defaults(answer)


def AlexNet_gradients(answer: Any) -> None:  # noqa: N802 - the exercise's name
    """Check that gradients reach every parameter."""
    networks.check_gradients(
        networks.compare_scores(answer, 4, 1, [(227, 227), (260, 227)], seed=grading_seed() + 43)
    )


def zfnet_layers(answer: Any) -> None:
    """Compare the changed layers."""
    zfnet.compare_changes(answer, zfnet.lists_of_layers(grading_seed() + 50))


def zfnet_layers_untouched(answer: Any) -> None:
    """Check that the argument stays as it is."""
    lists = zfnet.lists_of_layers(grading_seed() + 51)
    zfnet.compare_changes(answer, lists)
    for layers in lists:
        zfnet.layers_unchanged(answer, layers)
