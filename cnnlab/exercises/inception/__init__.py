"""The visible checks of the chapter on GoogLeNet.

Sizes and values are drawn from the seed of grading, which is 0 in a notebook: it always shows the same ones.
"""

from __future__ import annotations

import random

from cnnlab.exercises.common import Answer, drawing
from cnnlab.exercises.inception import heads, network
from cnnlab.exercises.inception.head_sizes import drawn_head, head_contract, head_values
from cnnlab.exercises.inception.macs import Arguments, drawn_arguments, macs_default, macs_values
from cnnlab.exercises.inception.module import HEIGHT, drawn_module, module_properties, module_values, square_module
from cnnlab.exercises.inception.pool import pool_properties, pool_values
from cnnlab.exercises.inception.shapes import NetworkCase as Network
from cnnlab.exercises.inception.stem import stem_rows
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed


@visible_check
def stem_table(answer: Answer) -> None:
    """Check all rows of the stem's table against the layers themselves, twice, since a table must not grow."""
    for _ in range(2):
        stem_rows(answer())


@visible_check
def Inception(answer: Answer) -> None:
    """Check a module branch by branch, with parameters that the check sets; then its gradients and modes."""
    rng, generator = random.Random(grading_seed()), drawing(grading_seed())
    case = drawn_module(rng, (2, HEIGHT, 9))
    module_values(answer, case, generator)
    module_values(answer, square_module(rng), generator)
    module_properties(answer, case, generator)


@visible_check
def inception_macs(answer: Answer) -> None:
    """Check multiply-adds against convolutions that were run: for a small module, for 3a, and for one that is drawn."""
    small, module_3a = Arguments(10, 4, 2, (3, 4), (1, 2), 2), Arguments(192, 28, 64, (96, 128), (16, 32), 32)
    macs_values(answer, small, module_3a, drawn_arguments(random.Random(grading_seed())))
    macs_default(answer, small)


@visible_check
def global_average_pool(answer: Answer) -> None:
    """Check the means of maps that were made to have them; then dtype, gradient and an untouched input."""
    rng, generator = random.Random(grading_seed()), drawing(grading_seed())
    for shape in ((2, 3, rng.choice([5, 6, 8]), 4), (1, 2, 3, 3), (3, 1, 1, 6)):
        pool_values(answer, shape, generator)
    pool_properties(answer, generator)


@visible_check
def head_params(answer: Answer) -> None:
    """Check both heads for VGG-16's maps, for GoogLeNet's, and for drawn ones, against layers that are made."""
    drawn = drawn_head(random.Random(grading_seed()))
    head_values(answer, (512, 7, 1000), (1024, 7, 1000), drawn)
    head_contract(answer, drawn)


@visible_check
def AuxiliaryHead(answer: Answer) -> None:
    """Check an auxiliary head step by step, with parameters that the check sets; then its gradients and modes."""
    rng, generator = random.Random(grading_seed()), drawing(grading_seed())
    case = heads.drawn_head_case(rng)
    heads.head_values(answer, case, generator)
    heads.head_properties(answer, case, generator)


@visible_check
def GoogLeNet(answer: Answer) -> None:
    """Check small copies of the network: scores, then the heads in both modes, gradients, and the full size."""
    rng, generator = random.Random(grading_seed()), drawing(grading_seed())
    without, with_heads = Network(rng.randint(4, 8), 10), Network(rng.randint(3, 6), 5, aux=True)
    network.network_values(answer, without, (64, rng.choice([48, 80])), generator)
    network.head_outputs(answer, with_heads, generator)
    network.network_properties(answer, without, generator)
    network.head_properties_in_network(answer, with_heads)
    for aux in (False, True):
        network.full_size(answer, aux=aux)
