"""The visible checks of the exercises on AlexNet: output sizes, costs, the network itself, and its successor.

What is right is never computed by a formula here: it is measured on torch's own layers on the meta device, where they
have shapes and no values. Inputs are drawn from ``grading_seed()``, which is 0 in a notebook, so that you see the same
ones every time.
"""

from __future__ import annotations

import random

from cnnlab.exercises.alexnet_network import check_gradients, compare_defaults, compare_scores
from cnnlab.exercises.common import Answer
from cnnlab.exercises.cost_shares import Shared, compare_shares, shares_untouched
from cnnlab.exercises.costs import (
    conv_operations,
    conv_parameters,
    drawn_convolutions,
    drawn_maps,
    drawn_outputs,
    drawn_pools,
    kib_of,
    linear_operations,
    linear_parameters,
    pool_values,
)
from cnnlab.exercises.layer_tables import (
    alexnet_layers,
    compare_tables,
    compare_untouched,
    drawn_network,
    small_network,
)
from cnnlab.exercises.sizes import (
    CONVOLUTIONS,
    POOLS,
    Window,
    conv_sizes,
    drawn_misfits,
    drawn_windows,
    expect_refused,
    pool_errors,
    pool_sizes,
)
from cnnlab.exercises.zfnet import changes_untouched, compare_changes, networks
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed


@visible_check
def conv_output_size(answer: Answer) -> None:
    """Check output sizes of convolutions: layers of the lecture, layers that are drawn, and arguments left out."""
    rng = random.Random(grading_seed())
    defaults = Window(10, 3), Window(rng.randint(12, 30), rng.randint(4, 6))
    conv_sizes(answer, [*CONVOLUTIONS, *drawn_windows(rng, 4), *defaults])


@visible_check
def conv_output_size_errors(answer: Answer) -> None:
    """Check that a kernel larger than the padded input is refused, by an answer that gets other sizes right."""
    rng = random.Random(grading_seed() + 1)
    conv_sizes(answer, [*CONVOLUTIONS[1:3], *drawn_windows(rng, 3)])
    expect_refused(answer, [Window(4, 7, 1, 1), *drawn_misfits(rng, 3)])


@visible_check
def pool_output_size(answer: Answer) -> None:
    """Check output sizes of pools in both modes: pools of the lecture, and pools that are drawn."""
    rng = random.Random(grading_seed() + 2)
    pool_sizes(answer, [*POOLS, *drawn_windows(rng, 4, half_padding=True)])


@visible_check
def pool_output_size_errors(answer: Answer) -> None:
    """Check that a window, or a padding, which is too large is refused, by an answer that gets other sizes right."""
    rng = random.Random(grading_seed() + 3)
    pool_sizes(answer, drawn_windows(rng, 3, half_padding=True))
    pool_errors(answer, [Window(4, 7, 2, 1), *drawn_misfits(rng, 2)], [(3, 2), (rng.randint(4, 6), 4)])


@visible_check
def activation_kib(answer: Answer) -> None:
    """Check the memory of activations: outputs of the lecture's layers, and sizes that are drawn."""
    rng = random.Random(grading_seed() + 4)
    lecture = [(64, 56, 56), (64, 27, 27), (1000, 1, 1), (8, 6, 10, 2)]
    kib_of(answer, [*lecture, *drawn_maps(rng, (4, 2, 8, 1))])


@visible_check
def conv_params(answer: Answer) -> None:
    """Check numbers of parameters of convolutions: conv1 and conv4, and layers that are drawn."""
    rng = random.Random(grading_seed() + 5)
    conv_parameters(answer, [(3, 64, 11), (384, 256, 3), (5, 2, 3, False), *drawn_convolutions(rng, 4)])


@visible_check
def linear_params(answer: Answer) -> None:
    """Check numbers of parameters of fully-connected layers: fc6, and layers that are drawn."""
    rng = random.Random(grading_seed() + 6)
    drawn = [(*rng.sample(range(3, 400), 2), bias) for bias in (True, False, True)]
    linear_parameters(answer, [(9216, 4096), (10, 7, False), *drawn])


@visible_check
def conv_macs(answer: Answer) -> None:
    """Check multiply-adds of convolutions: conv4 and conv1, and layers that are drawn."""
    rng = random.Random(grading_seed() + 7)
    conv_operations(answer, [(384, 256, 3, 13, 13), (3, 64, 11, 56, 56), *drawn_outputs(rng, (2, 3, 5, 4))])


@visible_check
def linear_macs(answer: Answer) -> None:
    """Check multiply-adds of fully-connected layers: fc6, and layers that are drawn."""
    rng = random.Random(grading_seed() + 8)
    drawn = [(*rng.sample(range(3, 500), 2),) for _ in range(3)]
    linear_operations(answer, [(9216, 4096), *((d_in, d_out) for d_in, d_out in drawn)])


@visible_check
def pool_ops(answer: Answer) -> None:
    """Check how many values pools look at: pool1, and pools that are drawn."""
    rng = random.Random(grading_seed() + 9)
    pool_values(answer, [(64, 27, 27, 3), *drawn_pools(rng, (4, 2, 3))])


@visible_check
def layer_table(answer: Answer) -> None:
    """Check tables of AlexNet, of a small network with other names, and of one that is drawn."""
    rng = random.Random(grading_seed() + 10)
    size = rng.randint(40, 70)
    drawn = drawn_network(rng, size), (rng.randint(1, 6), size, size)
    compare_tables(answer, [(alexnet_layers(), (3, 227, 227)), (small_network(), (2, 9, 9)), drawn])


@visible_check
def layer_table_untouched(answer: Answer) -> None:
    """Check that the list of layers stays as it is, by an answer whose table is right."""
    rng = random.Random(grading_seed() + 11)
    networks = [(drawn_network(rng, size), (rng.randint(1, 6), size, size)) for size in rng.sample(range(20, 40), 2)]
    compare_tables(answer, networks)
    for layers, shape in networks:
        compare_untouched(answer, layers, shape)


@visible_check
def cost_shares(answer: Answer) -> None:
    """Check shares in tables that are drawn."""
    rng = random.Random(grading_seed() + 12)
    for kinds in (("conv", "pool", "fc"), ("conv", "pool", "flatten", "fc"), ("a", "ab", "max", "fc")):
        compare_shares(answer, Shared(rng, kinds))


@visible_check
def cost_shares_untouched(answer: Answer) -> None:
    """Check that the table stays as it is, by an answer whose shares are right."""
    shared = Shared(random.Random(grading_seed() + 13), ("conv", "pool", "fc"))
    compare_shares(answer, shared)
    shares_untouched(answer, shared)


@visible_check
def AlexNet(answer: Answer) -> None:  # noqa: N802 - the exercise's name
    """Check the network's scores for batches of two images, and the size of AlexNet()."""
    seed = grading_seed() + 14
    rng = random.Random(seed)
    classes = rng.randint(3, 8)
    compare_scores(answer, classes, 1, [(227, 227), (288, 256)], seed=seed)
    compare_scores(answer, classes + 1, 2, [(224, 224)], seed=seed + 1)
    compare_defaults(answer)


@visible_check
def AlexNet_gradients(answer: Answer) -> None:  # noqa: N802 - the exercise's name
    """Check that gradients reach every parameter of a network whose scores are right."""
    model, x = compare_scores(answer, 4, 1, [(227, 227)], seed=grading_seed() + 15, images=1)
    check_gradients(model, x)


@visible_check
def zfnet_layers(answer: Answer) -> None:
    """Check the changed layers of AlexNet, and of other lists of layers with such names."""
    compare_changes(answer, networks(random.Random(grading_seed() + 16)))


@visible_check
def zfnet_layers_untouched(answer: Answer) -> None:
    """Check that the argument stays as it is, by an answer whose changes are right."""
    lists = networks(random.Random(grading_seed() + 17))[:3:2]
    compare_changes(answer, lists)
    for layers in lists:
        changes_untouched(answer, layers)
