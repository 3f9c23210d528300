"""The design challenge: the best classifier of digits within a budget of parameters and multiply-adds.

``weigh`` says what a network costs, ``compete`` trains it by a fixed recipe and tests it. What both work on is not the
module itself but a record of the operators that it runs (``trace``), which is read (``program``), counted (``weight``)
and rebuilt (``network``) by whoever judges, with values drawn anew. So it makes no difference whether the module is
here or in another process that may lie.
"""

from __future__ import annotations

from cnnlab.challenge.leaderboard import Entry, record
from cnnlab.challenge.program import MAX_STEPS, Network, read
from cnnlab.challenge.recipe import accuracy_reached
from cnnlab.challenge.trace import data_of
from cnnlab.challenge.weight import MAX_MACS, MAX_NUMBERS, MAX_PARAMS, Weight, check_budget, weight_of

__all__ = [
    "MAX_MACS",
    "MAX_NUMBERS",
    "MAX_PARAMS",
    "MAX_STEPS",
    "Entry",
    "Weight",
    "compete",
    "record",
    "weigh",
]


def weigh(model: object) -> Weight:
    """What a network costs, within the budget or not.

    Args:
        model: an ``nn.Module`` that maps images, shape (N, 1, 8, 8), to class scores, shape (N, 10).

    Raises:
        CheckFailed: if it cannot take part whatever it costs; the text says why.
    """
    return weight_of(read(data_of(model)))


def compete(model: object, seed: int, *, progress: bool = False) -> Entry:
    """Train a network from scratch and test it on the digits.

    The values that the module holds are not used: every parameter, buffer and constant is drawn anew from a normal
    distribution with its mean and standard deviation (both to two digits), so that zeros stay zeros and scales stay,
    while what was learnt elsewhere, or has a structure such as an identity, is lost.

    Args:
        model: as for ``weigh``.
        seed: decides everything that is drawn.
        progress: whether to print a line ten times on the way.

    Raises:
        CheckFailed: if it cannot take part, or is over budget; the text says why.
    """
    network: Network = read(data_of(model))
    weight = weight_of(network)
    check_budget(weight)
    return Entry(accuracy_reached(network, seed, progress=progress), weight.params, weight.macs)
