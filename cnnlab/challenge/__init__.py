"""The design challenge: the best classifier of digits within a budget of parameters and multiply-adds.

``weigh`` says what a network costs, ``compete`` trains it by a fixed recipe and tests it, ``record`` enters it on the
leaderboard. What they work on is not the module itself but a record of the operators that it runs, made by ``trace``.
The test's process reads it (``program``), counts it (``weight``) and rebuilds it with new values (``running``), so that
it makes no difference whether the module is here or in another process that may lie. For the latter, the course's
settings, ``course.toml``, register what records it there:

    [tests.challenge]
    questions = { network = "cnnlab.challenge.trace:trace" }

What counts, and what cannot help:

* Parameters are all elements of the tensors that a result depends on: parameters, buffers, constants. The running
  statistics of batch norms are free; so is a tensor that no result depends on, and one whose elements are all equal
  and that is no parameter, which is a number in the code.
* All values are drawn anew, so that nothing that was learnt or stored elsewhere is in them.
* Test images are seen one by one, by a network that no longer changes, so that none tells anything about another.
* Classes are renumbered and images mirrored or turned, so that what is known of single images points elsewhere.
* What is written into the steps themselves stays: numbers in the code, to three digits, and which pixels are looked
  at. There is room for little of it, and it is there to be read.
"""

from __future__ import annotations

from cnnlab.challenge.leaderboard import Entry, record
from cnnlab.challenge.program import MAX_STEPS, read
from cnnlab.challenge.recipe import accuracy_reached
from cnnlab.challenge.trace import data_of
from cnnlab.challenge.weight import MAX_MACS, MAX_NUMBERS, MAX_PARAMS, MAX_TENSORS, Weight, check_budget, weight_of

__all__ = [
    "MAX_MACS",
    "MAX_NUMBERS",
    "MAX_PARAMS",
    "MAX_STEPS",
    "MAX_TENSORS",
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
    """Train a network from scratch on the digits, and test it.

    The values that the module holds are not used: each of its tensors is drawn anew from a normal distribution with its
    mean and standard deviation, both to two digits. So zeros stay zeros and scales stay what they are, while what was
    learnt elsewhere, or has a structure such as that of an identity, a blur or an orthogonal matrix, is lost.

    Args:
        model: as for ``weigh``; it is left as it was.
        seed: decides everything that is drawn.
        progress: whether to print a line ten times on the way.

    Raises:
        CheckFailed: if it cannot take part, or is over budget; the text says why.
    """
    network = read(data_of(model))
    weight = weight_of(network)
    check_budget(weight)
    return Entry(accuracy_reached(network, seed, progress=progress), weight.params, weight.macs)
