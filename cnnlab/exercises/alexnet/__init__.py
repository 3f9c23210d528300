"""The visible checks of the exercises on AlexNet: output sizes, costs, the network itself, and its successor.

What is right is never computed by a formula here: it is measured on torch's own layers on the meta device, where they
have shapes and no values. Inputs are drawn from ``grading_seed()``, which is 0 in a notebook, so that you see the same
ones every time.
"""

from __future__ import annotations

import random

from cnnlab.exercises.alexnet.costs import (
    conv_operations,
    conv_parameters,
    drawn_convolutions,
    drawn_features,
    drawn_maps,
    drawn_outputs,
    drawn_pools,
    kib_of,
    linear_operations,
    linear_parameters,
    pool_values,
)
from cnnlab.exercises.alexnet.layer_tables import (
    alexnet_layers,
    compare_tables,
    drawn_network,
    layers_untouched,
    small_network,
)
from cnnlab.exercises.alexnet.network import check_gradients, compare_defaults, compare_scores
from cnnlab.exercises.alexnet.shares import compare_shares, drawn_tables, shares_untouched
from cnnlab.exercises.alexnet.sizes import (
    CONVOLUTIONS,
    POOLS,
    Window,
    conv_errors,
    conv_sizes,
    drawn_misfits,
    drawn_windows,
    pool_errors,
    pool_sizes,
)
from cnnlab.exercises.alexnet.zfnet import compare_changes, layers_unchanged, lists_of_layers
from cnnlab.exercises.common import Answer
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed


@visible_check
def conv_output_size(answer: Answer) -> None:
    """Check output sizes of convolutions, and that a kernel larger than the padded input is refused."""
    rng = random.Random(grading_seed())
    defaults = Window(10, 3), Window(rng.randint(12, 30), rng.randint(4, 6))
    conv_sizes(answer, [*CONVOLUTIONS, *drawn_windows(rng, 4), *defaults])
    conv_errors(answer, [Window(4, 7, 1, 1), *drawn_misfits(rng, 3)])


@visible_check
def pool_output_size(answer: Answer) -> None:
    """Check output sizes of pools in both modes, and that a window or a padding which is too large is refused."""
    rng = random.Random(grading_seed() + 1)
    pool_sizes(answer, [*POOLS, *drawn_windows(rng, 4, half_padding=True)])
    pool_errors(answer, [Window(4, 7, 2, 1), *drawn_misfits(rng, 2)], [(3, 2), (rng.randint(4, 6), 4)])


@visible_check
def activation_kib(answer: Answer) -> None:
    """Check the memory of activations: outputs of the lecture's layers, and sizes that are drawn."""
    rng = random.Random(grading_seed() + 2)
    lecture = [(64, 56, 56), (64, 27, 27), (1000, 1, 1), (8, 6, 10, 2)]
    kib_of(answer, [*lecture, *drawn_maps(rng, (4, 2, 8, 1))])


@visible_check
def conv_params(answer: Answer) -> None:
    """Check numbers of parameters of convolutions: conv1 and conv4, and layers that are drawn."""
    rng = random.Random(grading_seed() + 3)
    conv_parameters(answer, [(3, 64, 11), (384, 256, 3), (5, 2, 3, False), *drawn_convolutions(rng, 4)])


@visible_check
def linear_params(answer: Answer) -> None:
    """Check numbers of parameters of fully-connected layers: fc6, and layers that are drawn."""
    rng = random.Random(grading_seed() + 4)
    drawn = [(*drawn_features(rng), bias) for bias in (True, False, True)]
    linear_parameters(answer, [(9216, 4096), (10, 7, False), *drawn])


@visible_check
def conv_macs(answer: Answer) -> None:
    """Check multiply-adds of convolutions: conv4 and conv1, and layers that are drawn."""
    rng = random.Random(grading_seed() + 5)
    conv_operations(answer, [(384, 256, 3, 13, 13), (3, 64, 11, 56, 56), *drawn_outputs(rng, (2, 3, 5, 4))])


@visible_check
def linear_macs(answer: Answer) -> None:
    """Check multiply-adds of fully-connected layers: fc6, and layers that are drawn."""
    rng = random.Random(grading_seed() + 6)
    linear_operations(answer, [(9216, 4096), *(drawn_features(rng) for _ in range(3))])


@visible_check
def pool_ops(answer: Answer) -> None:
    """Check how many values pools look at: pool1, and pools that are drawn."""
    rng = random.Random(grading_seed() + 7)
    pool_values(answer, [(64, 27, 27, 3), *drawn_pools(rng, (4, 2, 3))])


@visible_check
def layer_table(answer: Answer) -> None:
    """Check tables of AlexNet, a small network with other names and one that is drawn; the lists must stay as is."""
    networks = [(alexnet_layers(), (3, 227, 227)), (small_network(), (2, 9, 9)), drawn_network(grading_seed() + 8)]
    compare_tables(answer, networks)
    for network in networks:
        layers_untouched(answer, *network)


@visible_check
def cost_shares(answer: Answer) -> None:
    """Check shares in tables that are drawn, and that the tables stay as they are."""
    tables = drawn_tables(grading_seed() + 9)
    for table in tables:
        compare_shares(answer, table)
    shares_untouched(answer, tables[0])


@visible_check
def AlexNet(answer: Answer) -> None:
    """Check scores for batches of two images, the size of AlexNet(), and that gradients reach every parameter."""
    seed = grading_seed() + 10
    classes = random.Random(seed).randint(3, 8)
    model = compare_scores(answer, classes, 1, [(227, 227), (288, 256)], seed=seed)
    compare_scores(answer, classes + 1, 2, [(224, 224)], seed=seed + 1)
    compare_defaults(answer)
    check_gradients(model)


@visible_check
def zfnet_layers(answer: Answer) -> None:
    """Check the changes to AlexNet and to other lists of layers, which must stay as they are."""
    lists = lists_of_layers(grading_seed() + 11)
    compare_changes(answer, lists)
    for layers in lists:
        layers_unchanged(answer, layers)
