"""The hidden tests of the chapter on GoogLeNet: the checks that students see, on more and on other inputs."""

from __future__ import annotations

import random

from cnnlab.exercises.common import Answer, drawing
from cnnlab.exercises.inception import head_sizes, heads, macs, module, network, pool, stem
from cnnlab.exercises.inception.macs import Arguments
from cnnlab.exercises.inception.module import ModuleCase as Module
from cnnlab.exercises.inception.shapes import NetworkCase as Network
from coursekit.seeds import grading_seed


def rng_of(test: int) -> random.Random:
    """A test's own source of random numbers."""
    return random.Random(grading_seed() + test)


def stem_table(answer: Answer) -> None:
    """All rows, in two calls."""
    for _ in range(2):
        stem.stem_rows(answer())


def inception(answer: Answer) -> None:
    """What modules of several sizes return, module 3a among them."""
    rng, generator = rng_of(70), drawing(grading_seed() + 70)
    narrow = Module(
        (rng.randint(2, 4), 1, (rng.randint(6, 8), 2), (rng.randint(9, 11), 4), 5),
        (1, 1, rng.randint(7, 9)),
    )
    module_3a = Module((192, 64, (96, 128), (16, 32), 32), (1, 3, rng.randint(3, 5)))
    drawn = module.drawn_module(rng, (2, module.HEIGHT, rng.randint(4, 7)))
    for case in (drawn, narrow, module.square_module(rng), module_3a):
        module.module_values(answer, case, generator)


def inception_properties(answer: Answer) -> None:
    """Gradients, an untouched input and training mode of a module; right values first."""
    square = module.square_module(rng_of(71))
    module.module_values(answer, square, drawing(grading_seed() + 71))
    case = module.drawn_module(rng_of(71), (3, module.HEIGHT, 5))
    module.module_properties(answer, case, drawing(grading_seed() + 71))


def inception_macs(answer: Answer) -> None:
    """Multiply-adds of drawn modules, of two of GoogLeNet's, and of one on a single pixel."""
    rng = rng_of(72)
    cases = [macs.drawn_arguments(rng) for _ in range(4)]
    cases += [
        Arguments(832, 7, 384, (192, 384), (48, 128), 128),
        Arguments(512, 14, 112, (144, 288), (32, 64), 64),
        Arguments(3, 1, 5, (7, 2), (9, 4), 6),
    ]
    macs.macs_values(answer, *cases)


def inception_macs_default(answer: Answer) -> None:
    """What comes without the last argument; right values first."""
    case = macs.drawn_arguments(rng_of(73))
    macs.macs_values(answer, case)
    macs.macs_default(answer, case)


def global_average_pool(answer: Answer) -> None:
    """Means of maps of many shapes, with axes of size 1 in all places."""
    rng, generator = rng_of(74), drawing(grading_seed() + 74)
    shapes = [
        (2, 3, rng.randint(5, 7), 4),
        (1, rng.randint(3, 5), 7, 7),
        (3, 1, 1, rng.randint(5, 7)),
        (1, 1, 3, 2),
    ]
    shapes += [
        (rng.randint(2, 4), 5, 1, 1),
        (1, 2, rng.randint(10, 14), 14),
        (rng.randint(2, 4), 3, 3, 3),
    ]
    for shape in shapes:
        pool.pool_values(answer, shape, generator)


def head_params(answer: Answer) -> None:
    """Parameters of both heads for drawn maps, small ones, and many classes."""
    rng = rng_of(75)
    head_sizes.head_values(
        answer, (8, 2, 10), (2048, 1, 3), *(head_sizes.drawn_head(rng) for _ in range(4))
    )


def head_params_contract(answer: Answer) -> None:
    """Other kinds of heads are refused; right values first."""
    head_sizes.head_contract(answer, head_sizes.drawn_head(rng_of(82)))


def auxiliary_head(answer: Answer) -> None:
    """Scores of a head for several maps."""
    case = heads.drawn_head_case(rng_of(76))
    heads.head_values(answer, case, drawing(grading_seed() + 76))


def auxiliary_head_properties(answer: Answer) -> None:
    """Gradients, an untouched input and training mode of a head."""
    case = heads.drawn_head_case(rng_of(77))
    heads.head_properties(answer, case, drawing(grading_seed() + 77))


def googlenet(answer: Answer) -> None:
    """Scores of networks without heads, for images of several sizes, and the published size."""
    rng, generator = rng_of(78), drawing(grading_seed() + 78)
    wide, small = (64, rng.choice([80, 96])), (rng.randint(42, 48), 32)
    for width, size in ((4, wide), (10, small)):
        network.network_values(answer, Network(rng.randint(3, 8), width), size, generator)
    network.full_size(answer, aux=False)


def googlenet_with_heads(answer: Answer) -> None:
    """All that a network with heads returns, in both modes, and the published size."""
    case = Network(rng_of(79).randint(3, 8), 5, aux=True)
    network.head_outputs(answer, case, drawing(grading_seed() + 79))
    network.full_size(answer, aux=True)


def googlenet_properties(answer: Answer) -> None:
    """Gradients, an untouched input and training mode, without heads and with them; right values first."""
    rng = rng_of(80)
    with_heads = Network(rng.randint(3, 8), 5, aux=True)
    network.head_outputs(answer, with_heads, drawing(grading_seed() + 81))
    network.network_properties(answer, Network(rng.randint(3, 8), 6), drawing(grading_seed() + 80))
    network.head_properties_in_network(answer, with_heads)
