"""Checks of the parameters of two kinds of heads, against layers that are made on the meta device."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

import torch
from torch import nn

from cnnlab.exercises.common import Answer
from cnnlab.exercises.inception.pool import POOLING
from coursekit.calls import expect_refusals
from coursekit.cases import Case, Causes, expect_cases
from coursekit.checks import Mistake, together

HEAD_BIASES = Mistake("head_biases", "the biases are missing; each layer has one per output", POOLING)
SOME_BIASES = Mistake("some_biases", "the biases of a layer are missing; each layer has one per output", POOLING)
ONE_BIAS_PER_LAYER = Mistake("one_bias_per_layer", "one bias per layer was counted; there is one per output", POOLING)
BIAS_PER_INPUT = Mistake("bias_per_input", "there is one bias per output, not one per input", POOLING)
NOT_FLATTENED = Mistake("not_flattened", "flatten makes channels * size * size numbers", POOLING)
HIDDEN_MISSING = Mistake("one_hidden_missing", "one of the layers with 4096 outputs is missing", POOLING)
LAST_MISSING = Mistake("last_missing", "the last layer is missing", POOLING)
POOLED_HEAD = Mistake("pooled_head", "the head for pooled maps was counted", POOLING)
CONNECTED_HEAD = Mistake("connected_head", "the fully-connected layers of VGG were counted", POOLING)
BOTH_HEADS = Mistake("both_heads", "the parameters of the other head came on top", POOLING)
NOT_POOLED = Mistake("not_pooled", "pooling leaves one number per channel, whatever the size", POOLING)
POOL_HAS_PARAMETERS = Mistake("pool_has_parameters", "the pool has no parameters", POOLING)
ALWAYS_1000 = Mistake("always_1000", "the number of classes is fixed at 1000", POOLING)
ALWAYS_1024 = Mistake("always_1024", "the number of channels is fixed at 1024", POOLING)
ALWAYS_7 = Mistake("always_7", "the size of the maps is fixed at 7", POOLING)
CONNECTED_AFTER_POOL = Mistake("connected_after_pool", "after the pool there is a single layer, not three", POOLING)
SIZE_FOR_CHANNELS = Mistake(
    "size_for_channels", "channels and size are exchanged; the arguments are kind, channels, size, num_classes", POOLING
)
INPUT_COUNTED = Mistake("input_counted", "the input is counted as parameters, too", POOLING)

Head: TypeAlias = tuple[int, int, int]
"""The channels and the side of the maps that a head reads, and the number of classes."""


def drawn_head(rng: random.Random) -> Head:
    """A head for maps of any size."""
    return rng.randint(2, 600), rng.randint(2, 9), rng.randint(2, 2000)


def head_values(answer: Answer, *heads: Head) -> None:
    """Compare the parameters of both kinds of head with those of real layers."""
    with together():
        for kind, called in (("fc", "counts for 'fc'"), ("gap", "counts for 'gap'")):
            counts = [_counted_parameters(answer, kind, head) for head in heads]
            expect_cases(counts, reread=POOLING, results=called)


def _counted_parameters(answer: Answer, kind: str, head: Head) -> Case:
    """What came for a head of a kind."""
    channels, size, classes = head
    return Case(
        f"head_params({kind!r}, {channels}, {size}, {classes})",
        answer(kind, channels, size, num_classes=classes),
        _parameters(_head_layers(kind, *head)),
        partial(_wrong_parameters, kind, *head),
    )


def head_contract(answer: Answer, head: Head) -> None:
    """Check that another kind of head is refused; right values for two sizes of maps first."""
    channels, size, classes = head
    head_values(answer, head, (channels, size + 1, classes))
    kinds = ("max", "GAP", "", "flatten", "pool")
    refused = {f"head_params({kind!r}, 8, 2, 10)": (kind, 8, 2, 10) for kind in kinds}
    expect_refusals(answer, refused, reread=POOLING)


def _head_layers(kind: str, channels: int, size: int, classes: int) -> list[nn.Linear]:
    """The layers of a head on the meta device."""
    with torch.device("meta"):
        if kind == "gap":
            return [nn.Linear(channels, classes)]
        numbers = nn.Flatten()(torch.empty(1, channels, size, size)).shape[1]
        return [nn.Linear(numbers, 4096), nn.Linear(4096, 4096), nn.Linear(4096, classes)]


def _parameters(layers: Iterable[nn.Module]) -> int:
    return sum(parameter.numel() for layer in layers for parameter in layer.parameters())


def _wrong_parameters(kind: str, channels: int, size: int, classes: int) -> Iterator[tuple[Causes, int]]:
    """What mistakes about the layers, in counting, and one of each, lead to."""
    layers, others = _head_layers(kind, channels, size, classes), list(_other_heads(kind, channels, size, classes))
    yield from (((mistake,), _parameters(some)) for mistake, some in others)
    yield from (((mistake,), count) for mistake, count in _miscounted(layers))
    maps = channels * size**2
    yield (INPUT_COUNTED,), _parameters(layers) + maps
    yield from (
        ((POOL_HAS_PARAMETERS,), _parameters(layers) + count)
        for count in (channels, channels + 1, 2 * channels, size**2, maps, 1024)
    )
    for mistake, some in others:
        yield from (((mistake, other), count) for other, count in _miscounted(some))


def _miscounted(layers: Sequence[nn.Linear]) -> Iterator[tuple[Mistake, int]]:
    """What mistakes in counting the parameters of layers lead to."""
    weights = sum(layer.weight.numel() for layer in layers)
    yield HEAD_BIASES, weights
    yield ONE_BIAS_PER_LAYER, weights + len(layers)
    yield BIAS_PER_INPUT, weights + sum(layer.in_features for layer in layers)
    for chosen in range(1, 2 ** len(layers) - 1):
        some = [layer.out_features for index, layer in enumerate(layers) if chosen >> index & 1]
        yield SOME_BIASES, weights + sum(some)


def _other_heads(kind: str, channels: int, size: int, classes: int) -> Iterator[tuple[Mistake, list[nn.Linear]]]:
    """The layers that mistakes lead to."""
    pooled, connected = (_head_layers(one, channels, size, classes) for one in ("gap", "fc"))
    row = _head_layers("gap", channels * size, 1, classes)
    flat = _head_layers("gap", connected[0].in_features, 1, classes)
    if kind == "gap":
        yield from ((NOT_POOLED, some) for some in (row, flat))
        yield CONNECTED_HEAD, connected
        yield BOTH_HEADS, [*connected, *pooled]
        yield ALWAYS_1000, _head_layers(kind, channels, size, 1000)
        yield ALWAYS_1024, _head_layers(kind, 1024, size, classes)
        yield CONNECTED_AFTER_POOL, _head_layers("fc", channels, 1, classes)
        yield SIZE_FOR_CHANNELS, _head_layers(kind, size, channels, classes)
        return
    for numbers in (channels, channels * size):
        yield NOT_FLATTENED, _head_layers(kind, numbers, 1, classes)
    yield SIZE_FOR_CHANNELS, _head_layers(kind, size, channels, classes)
    yield ALWAYS_7, _head_layers(kind, channels, 7, classes)
    yield HIDDEN_MISSING, [connected[0], connected[2]]
    yield LAST_MISSING, connected[:2]
    yield POOLED_HEAD, pooled
    yield BOTH_HEADS, [*connected, *pooled]
    yield ALWAYS_1000, _head_layers(kind, channels, size, 1000)
