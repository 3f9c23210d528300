"""The visible check of a network's layers as data."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from cnnlab.exercises.vgg.shared import DEPTHS, FILTERS, HEAD, NAMES, RULES, Answer
from cnnlab.layers import LayerError, check_layers
from coursekit.checks import (
    Mistake,
    expect_equal,
    expect_raises,
    expect_true,
    together,
)
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

Layer: TypeAlias = dict[str, Any]


NO_RETURN = Mistake("list_not_returned", "the return is missing")
NO_LIST_OF_DICTS = Mistake("no_list_of_dicts", "each layer is a dict such as those of AlexNet above")
OTHER_TYPES = Mistake(
    "other_types", "what has no weights and keeps the shape, such as ReLU and dropout, is left out of the list"
)
TYPE_NAMES = Mistake("type_names", "the types are called conv, pool, flatten and linear, as in AlexNet above")
POOL_NAMES = Mistake("pool_names", "the pools are called pool1, pool2 ... pool5, after their stage")
SLIDE_STAGES = Mistake("slide_stages", "stage 3 has as many convolutions as stage 4; two are what the slide prints")
THREE_IN_VGG_19 = Mistake("three_in_vgg_19", "VGG-19 has four convolutions in each of its last three stages, not three")
TWO_IN_VGG_11 = Mistake("two_in_vgg_11", "stages 1 and 2 of VGG-11 have one convolution, not two")
NO_POOLS = Mistake("no_pools", "pools are layers too, and belong in the list")
NO_FLATTEN = Mistake("flatten_in_the_list", "flatten is a layer of the list")
NO_HEAD = Mistake("no_head", "the fully-connected layers are missing")
NO_LAST_POOL = Mistake("no_last_pool", "pool5 is missing; each of the five stages ends with a pool")
ONE_TOO_FEW = Mistake(
    "one_too_few", "each stage lacks its last convolution: range(1, n) ends before n, so it is range(1, n + 1)"
)
POOL_AFTER_EACH = Mistake("pool_after_each", "a pool ends a stage; it does not follow every convolution")
SAME_DICT = Mistake("same_dict", "the same dict was appended again and again; make a new one for each layer")
FC_NUMBERS = Mistake("fc_numbers", "the fully-connected layers are numbered on from the five stages: fc6, fc7, fc8")
NO_UNDERSCORE = Mistake("no_underscore", "convolutions are named conv1_1, with an underscore")
FROM_ZERO = Mistake("numbers_from_zero", "the numbers in a name start at 1")
NUMBERED_ON = Mistake("numbered_on", "the numbers within a stage start again at 1 in each stage")
PLAIN_NUMBERS = Mistake("plain_numbers", "a convolution is named by its stage and its place in it: conv3_2, not conv6")
DOUBLED_TOO_FAR = Mistake(
    "doubled_too_far", "there is no doubling after pool4; the slide's rule goes one pool too far, and VGG stops at 512"
)
NO_DOUBLING = Mistake("no_doubling", "the filters double from stage to stage, starting with 64, up to 512", RULES)
NEVER_BELOW_512 = Mistake(
    "never_below_512", "no stage has fewer than 512 filters; max(..., 512) is at least 512, and min(..., 512) at most"
)
LAYER_MISSING = Mistake("layer_missing", "a layer is missing from the list, or several; the others are right")
ENDS_EARLY = Mistake("ends_early", "the list ends too early; does the return stand inside a loop?")
OTHER_ORDER = Mistake("other_order", "all layers are there, in another order; each stage has its pool at the end")
NO_PADDING = Mistake(
    "no_padding", "without padding every convolution would shrink the maps by 2; rule 1 says padding 1", RULES
)
SETTINGS = MappingProxyType(
    {
        ("conv", "padding"): ((NO_PADDING, (0,)),),
        ("conv", "kernel"): (
            (Mistake("kernel_1", "1 × 1 belongs to the paper's configuration C, which no rule here makes"), (1,)),
        ),
        ("conv", "stride"): ((Mistake("conv_steps", "rule 1: a convolution has stride 1 and keeps the size"), (2,)),),
        ("pool", "kernel"): (
            (Mistake("overlapping_pools", "overlapping pools of 3 are AlexNet's; VGG's are 2 wide"), (3,)),
        ),
        ("pool", "stride"): ((Mistake("pool_does_not_step", "a pool that does not step does not halve"), (1,)),),
        ("pool", "padding"): ((Mistake("padded_pool", "the pools have no padding"), (1,)),),
        ("linear", "out_features"): (
            (Mistake("ten_classes", "fc8 has one output for each of the 1000 classes of ImageNet"), (10, 100, 4096)),
        ),
    }
)


@visible_check
def vgg_layers(answer: Answer) -> None:
    """Check the layers of all four networks, and that another depth is refused."""
    with together():
        for depth in (16, 11, 13, 19):
            check_list(answer(depth), depth)
    others = random.Random(grading_seed() + 50).sample([0, 8, 10, 12, 14, 17, 18, 20, 34], 2)
    check_refused(answer, (15, *others))


def check_refused(answer: Answer, depths: Iterable[int]) -> None:
    """Check that a depth without a network is refused."""
    for depth in depths:
        expect_raises(ValueError, answer, depth, what=f"a depth of {depth}", reread=RULES)


def check_list(got: Any, depth: int) -> None:
    """Compare the layer dicts of a VGG with what they should be: their names, then each layer."""
    if not _is_list_of_layers(got, depth):
        return
    names, came = [*NAMES[depth].split(), *HEAD], [layer["name"] for layer in got]
    problem = _problem_of(got)
    if came == names:
        expect_true(not problem, what="the list is written as cnnlab.layers says", likely=problem, reread=RULES)
    what = f"the list of names of VGG-{depth}'s layers"
    slips = _slips_in_names(names, depth)
    if not any(came in lists for lists in slips.values()):
        slips |= {cause: [came] for cause in _observed(came, names)}
    expect_equal(came, names, what=what, mistakes=slips, reread=RULES)
    filters = _wrong_filters(got) if came == names else NO_DOUBLING
    for layer in () if problem else got:
        if layer["name"] in names:
            _check_settings(layer, depth, filters, its_name=came == names)


def _is_list_of_layers(got: Any, depth: int) -> bool:
    listed = isinstance(got, (list, tuple)) and all(isinstance(layer, dict) and "name" in layer for layer in got)
    expect_true(
        listed,
        what="the result is a list of dicts, each of them with a name",
        likely=NO_RETURN if got is None else NO_LIST_OF_DICTS,
        reread=RULES,
    )
    kinds = {str(layer.get("type")) for layer in got} if listed else set()
    known = kinds <= {"conv", "pool", "flatten", "linear"}
    expect_true(
        known,
        what=f"the list of VGG-{depth} holds convolutions, pools, flatten and fully-connected layers only",
        likely=OTHER_TYPES if kinds & {"relu", "ReLU", "dropout", "Dropout"} else TYPE_NAMES,
        reread=RULES,
    )
    return listed and known


def _problem_of(layers: Any) -> str:
    """What is not as ``cnnlab.layers`` says; empty if nothing is."""
    try:
        check_layers(layers)
    except LayerError as error:
        return str(error)
    return ""


def _observed(came: list[Any], names: list[str]) -> list[Mistake]:
    """What can be said of names that no mistake explains."""
    if came == names[: len(came)]:
        return [ENDS_EARLY]
    if sorted(map(str, came)) == sorted(names):
        return [OTHER_ORDER]
    return [LAYER_MISSING] if came == [name for name in names if name in came] else []


def _wrong_filters(layers: Sequence[Layer]) -> Mistake:
    """Why the filters of a list's convolutions are not those of the stages, as all of them together tell."""
    came = [layer.get("filters") for layer in layers if layer["type"] == "conv"]
    right = [FILTERS[int(layer["name"][4]) - 1] for layer in layers if layer["type"] == "conv"]
    wrong = {filters for filters, asked in zip(came, right, strict=True) if filters != asked}
    if wrong == {1024}:
        return DOUBLED_TOO_FAR
    return NEVER_BELOW_512 if all(isinstance(filters, int) and filters >= 512 for filters in came) else NO_DOUBLING


def _check_settings(layer: Layer, depth: int, filters: Mistake, *, its_name: bool) -> None:
    """Compare one layer of the list with what its name asks for; filters only if names tell the stages."""
    name = layer["name"]
    kind = {"conv": "conv", "pool": "pool", "flat": "flatten"}.get(name[:4], "linear")
    right: dict[str, Any] = {"type": kind}
    if kind == "conv":
        right |= {"filters": FILTERS[int(name[4]) - 1], "kernel": 3, "stride": 1, "padding": 1}
    elif kind == "pool":
        right |= {"kernel": 2, "stride": 2, "padding": 0}
    elif kind == "linear":
        right |= {"out_features": 1000 if name == "fc8" else 4096}
    if not its_name:
        right.pop("filters", None)
    for key, value in right.items():
        slips: dict[Mistake | str, Any] = {mistake: list(values) for mistake, values in SETTINGS.get((kind, key), ())}
        if key == "filters":
            slips[filters] = layer.get(key)
        what = f"{key} of {name} in VGG-{depth}"
        expect_equal(layer.get(key), value, what=what, mistakes=slips, reread=RULES)


def _slips_in_names(names: Sequence[str], depth: int) -> dict[Mistake | str, list[Any]]:
    """From a mistake to lists of names that it gives."""
    numbers = {name: name[4:].split("_") for name in names if name.startswith("conv")}

    def renamed(rename: Callable[[str, str], str]) -> list[str]:
        return [rename(*numbers[name]) if name in numbers else name for name in names]

    def counted_on(rename: Callable[[str, int], str]) -> list[str]:
        return [rename(name[4], list(numbers).index(name) + 1) if name in numbers else name for name in names]

    def network(like: int) -> list[str]:
        return [*NAMES[like].split(), *HEAD]

    stages = [[name for name in numbers if name[4] == str(stage)] for stage in range(1, 6)]
    last = {stage[-1] for stage in stages}
    same = {name: stage[-1] for stage in stages for name in stage}
    pools = [[name, f"pool{name[4]}"] if name in numbers else [name] for name in names if name[:4] != "pool"]
    slide = [name for name in names if name != ("conv3_3" if depth == 16 else "conv3_4")]
    return {
        SLIDE_STAGES: [slide if depth == 16 else [name for name in slide if name != "conv3_3"]],
        ONE_TOO_FEW: [[name for name in names if name not in last]],
        POOL_AFTER_EACH: [[name for pair in pools for name in pair]],
        SAME_DICT: [[same.get(name, name) for name in names]],
        THREE_IN_VGG_19: [[name for name in names if not name.endswith("_4")]] if depth == 19 else [],
        TWO_IN_VGG_11: [network(13)] if depth == 11 else [],
        **{_network_of(other): [network(other)] for other in DEPTHS if other != depth},
        POOL_NAMES: [[re.sub("^pool", other, name) for name in names] for other in ("pool_", "maxpool", "maxpool_")],
        NO_POOLS: [[name for name in names if not name.startswith("pool")]],
        NO_LAST_POOL: [[name for name in names if name != "pool5"]],
        NO_FLATTEN: [[name for name in names if name != "flatten"]],
        NO_HEAD: [[name for name in names if name[:2] not in left] for left in (("fc",), ("fc", "fl"))],
        FC_NUMBERS: [[f"fc{int(name[2:]) - by}" if name[:2] == "fc" else name for name in names] for by in (5, 6)],
        NO_UNDERSCORE: [[name.replace("_", mark) for name in names] for mark in ("-", ".", "")],
        FROM_ZERO: [
            renamed(lambda stage, place: f"conv{stage}_{int(place) - 1}"),
            renamed(lambda stage, place: f"conv{int(stage) - 1}_{place}"),
            renamed(lambda stage, place: f"conv{int(stage) - 1}_{int(place) - 1}"),
            [*(_stage_less(name) for name in names if name[:2] not in ("fl", "fc")), *HEAD],
        ],
        NUMBERED_ON: [counted_on(lambda stage, number: f"conv{stage}_{number}")],
        PLAIN_NUMBERS: [counted_on(lambda _, number: f"conv{number}")],
    }


def _stage_less(name: str) -> str:
    """The name of a layer in stages that are counted from 0."""
    return f"{name[:4]}{int(name[4]) - 1}{name[5:]}"


def _network_of(depth: int) -> Mistake:
    return Mistake(f"this_is_vgg_{depth}", f"this is VGG-{depth}; which network is asked for is the argument")
