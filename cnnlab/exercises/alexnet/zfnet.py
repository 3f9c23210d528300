"""Changes to a list of layers: compared layer by layer and key by key."""

from __future__ import annotations

import random
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from cnnlab.exercises.alexnet.layer_tables import Layer, alexnet_layers
from cnnlab.exercises.common import Answer
from cnnlab.layers import LayerError, check_layers
from coursekit.checks import Mistake, expect_equal, expect_true, together

ZFNET = "ZFNet: more trial and error"
ARGUMENT_CHANGED = Mistake(
    "argument_changed",
    "a dict in it was written into, perhaps through a copy of the list, which holds the same dicts; make new dicts",
    ZFNET,
)
NO_RETURN_OF_LAYERS = Mistake("no_return_of_layers", "the return is missing: a list of layers is asked for")
CHANGED_LAYERS_ONLY = Mistake("changed_layers_only", "the layers that stay as they are belong in the result too")
NOT_CHANGED = Mistake("not_changed", "this is AlexNet's; the change is missing")
BY_PLACE = Mistake("by_place", "layers were told apart by their position in the list; go by their names")
OTHER_KEY = Mistake("other_key", "a key is misspelt; a layer keeps the keys that it has")
BY_BEGINNING = Mistake(
    "by_beginning", "layers whose names only begin alike, such as conv10, were changed too; compare whole names"
)
KERNEL_FOR_STRIDE = Mistake("kernel_for_stride", "kernel and stride are swapped; the kernel is 7, the stride 2")
CHANGED_TOO = Mistake(
    "changed_too", "a value was changed that the lecture does not name; leave it as given", priority=-1
)
OTHER_VALUE = Mistake("other_value", "it was changed, but to another value than the lecture's", priority=-1)
REORDERED = Mistake("reordered", "the layers come in another order; keep the order of the list given")
KEYS_LOST = Mistake(
    "keys_lost", 'a layer has lost keys, such as "type", that it had; change a copy of its dict, do not write a new one'
)
# What the lecture changes: the layer's name, the key, and its new value.
CHANGES = (
    ("conv1", "kernel", 7),
    ("conv1", "stride", 2),
    ("conv3", "filters", 512),
    ("conv4", "filters", 1024),
    ("conv5", "filters", 512),
)
# Other mistakes: the layer's name, the key, the values that they give, and what they are.
OTHER_VALUES = (
    (
        ("conv1", "padding", (0, 1)),
        Mistake("smaller_padding", "with a smaller kernel you took a smaller padding; leave the one given"),
    ),
    (
        ("conv1", "padding", (3,)),
        Mistake("padding_for_7", "conv1 got another padding, which often goes with a kernel of 7; leave the one given"),
    ),
    (("conv1", "kernel", (2,)), KERNEL_FOR_STRIDE),
    (("conv1", "stride", (7,)), KERNEL_FOR_STRIDE),
    (("conv1", "stride", (1,)), Mistake("half_the_stride", "stride 2 is asked for, not half of the one given")),
    (
        ("conv1", "filters", (96,)),
        Mistake("paper_filters_conv1", "96 filters are the paper's; the lecture's conv1 keeps those given"),
    ),
    (
        ("conv2", "stride", (2,)),
        Mistake("paper_stride_conv2", "the paper does that too, but the lecture does not name it; leave it as given"),
    ),
    (("conv2", "filters", (256,)), Mistake("paper_filters_conv2", "256 filters are the paper's; leave those given")),
    (
        ("conv4", "filters", (512,)),
        Mistake("most_filters_in_conv4", "conv4 has 1024 filters, the most of the three"),
    ),
    (
        ("conv3", "filters", (1024,)),
        Mistake("conv4_filters_in_conv3", "conv3 has 512 filters; 1024 are those of conv4"),
    ),
    (("conv5", "filters", (1024,)), Mistake("filters_of_conv4", "conv5 has 512 filters; 1024 are those of conv4")),
)


def lists_of_layers(seed: int) -> list[list[Layer]]:
    """Lists of layers to be changed: AlexNet; with names that begin alike; with other sizes; and without pools."""
    rng = random.Random(seed)
    more = [{**alexnet_layers()[0], "name": name} for name in ("conv0", "conv10", "conv3_2", "conv45", "xconv5")]
    other = alexnet_layers()
    for layer in other:
        if layer["type"] == "conv":
            layer |= {"filters": rng.randint(2, 40), "kernel": 9, "stride": 3, "padding": rng.randint(4, 6)}
    return [alexnet_layers(), more + alexnet_layers(), other, [layer for layer in other if layer["type"] != "pool"]]


def compare_changes(answer: Answer, lists: Sequence[list[Layer]]) -> None:
    """Compare the changed layers with those expected."""
    for layers in lists:
        got = answer(deepcopy(layers))
        problem = _problem(got)
        likely = NO_RETURN_OF_LAYERS if got is None else _of_key(problem)
        if _reordered(layers, got):
            likely = REORDERED
        elif _lost_keys(layers, got):
            likely = KEYS_LOST
        expect_true(
            not problem,
            what=f"the result is a list of layers as cnnlab.layers describes them: {problem}",
            likely=likely,
            reread=ZFNET,
        )
        names = [layer["name"] for layer in layers]
        expect_equal(
            [layer["name"] for layer in got],
            names,
            what="the list of the layers' names",
            mistakes={
                REORDERED: [[layer["name"] for layer in got]] if _reordered(layers, got) else [],
                CHANGED_LAYERS_ONLY: [[name for name in names if name in {name for name, *_ in CHANGES}]],
            },
            reread=ZFNET,
        )
        with together():
            for before, layer in zip(layers, got, strict=True):
                _compare_layer(before, layer)


def layers_unchanged(answer: Answer, layers: list[Layer]) -> None:
    """Check that the argument, and each dict in it, stays as it is."""
    given = deepcopy(layers)
    answer(given)
    expect_true(given == layers, what="the argument stays as it is", likely=ARGUMENT_CHANGED, reread=ZFNET)


def _problem(got: Any) -> str:
    """What keeps a result from being a list of layers; empty if it is one."""
    try:
        check_layers(got)
    except LayerError as error:
        return str(error).removesuffix(".")
    return ""


def _lost_keys(layers: Sequence[Layer], got: Any) -> bool:
    """Whether a layer lacks a key that it had and has no other in its place."""
    pairs = zip(layers, got, strict=False) if isinstance(got, list | tuple) else ()
    return any(
        isinstance(layer, dict) and set(layer) < set(before) and layer.get("name", before["name"]) == before["name"]
        for before, layer in pairs
    )


def _reordered(layers: Sequence[Layer], got: Any) -> bool:
    """Whether a result has the layers' names in another order."""
    if not isinstance(got, list | tuple) or not all(isinstance(layer, dict) for layer in got):
        return False
    names, came = ([str(layer.get("name")) for layer in one] for one in (layers, got))
    return came != names and sorted(came) == sorted(names)


def _of_key(problem: str) -> Mistake | str:
    """The mistake behind a key that a layer should not have."""
    _, found, key = problem.partition("has no use for the key ")
    if not found:
        return ""
    return BY_PLACE if key.strip("'") in {changed for _, changed, _ in CHANGES} else OTHER_KEY


def _compare_layer(before: Layer, layer: Layer) -> None:
    """Compare one layer, key by key."""
    name = before["name"]
    changed = {key: value for changed, key, value in CHANGES if changed == name}
    begins_like = {key: value for one, key, value in CHANGES if name.startswith(one) or one in name}
    for key, value in before.items():
        right = changed.get(key, value)
        others: dict[Mistake | str, Any] = {
            mistake: list(values) for (one, its, values), mistake in OTHER_VALUES if (one, its) == (name, key)
        }
        expect_equal(
            layer.get(key),
            right,
            what=f"{key} of {name}" + ("" if key in changed else ", which stays as it was given"),
            mistakes={
                **others,
                CHANGED_TOO if key not in changed else OTHER_VALUE: [layer.get(key)],
                NOT_CHANGED: value,
                BY_BEGINNING: [begins_like[key]] if key in begins_like and key not in changed else [],
                BY_PLACE: [new for _, its, new in CHANGES if its == key and key not in changed],
            },
            reread=ZFNET,
        )
