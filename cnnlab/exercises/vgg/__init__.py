"""The visible checks of the chapter on VGG.

``check.vgg_layers(vgg_layers)`` in the notebook says what is right, or what is wrong and where. Inputs are drawn anew
when work is graded, so that only a function that computes its results passes there as well.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from types import MappingProxyType
from typing import Any, TypeAlias

from cnnlab.exercises.vgg.costs import compare_networks, missing_layers, stack_cost, stage_costs
from cnnlab.exercises.vgg.network import VGG
from cnnlab.exercises.vgg.shared import DEPTHS, FILTERS, HEAD, NAMES, RULES, Answer, expect_untouched
from cnnlab.layers import LayerError, check_layers
from cnnlab.windows import measured_field
from coursekit.checks import (
    Mistake,
    Mistakes,
    expect_equal,
    expect_raises,
    expect_true,
    together,
)
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

__all__ = [
    "VGG",
    "compare_networks",
    "missing_layers",
    "receptive_field",
    "stack_cost",
    "stage_costs",
    "vgg_layers",
]

Layer: TypeAlias = dict[str, Any]

FIELD = "Rule 1: what does a stack see?"


# ---------------------------------------------------------------------------------------------------------------------
# vgg_layers


NO_RETURN = Mistake("no_return", "the return is missing")
NO_LIST_OF_DICTS = Mistake("no_list_of_dicts", "each layer is a dict such as those of AlexNet above")
OTHER_TYPES = Mistake(
    "other_types", "what has no weights and keeps the shape, such as ReLU and dropout, is left out of the list"
)
SLIDE_STAGES = Mistake(
    "slide_stages", "stage 3 has as many convolutions as stage 4; two are what the slide prints, and it lost a layer"
)
THREE_IN_VGG_19 = Mistake("three_in_vgg_19", "VGG-19 has four convolutions in each of its last three stages, not three")
TWO_IN_VGG_11 = Mistake("two_in_vgg_11", "stages 1 and 2 of VGG-11 have one convolution, not two")
NO_POOLS = Mistake("no_pools", "pools are layers too, and belong in the list")
NO_FLATTEN = Mistake("no_flatten", "flatten is a layer of the list")
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
NO_DOUBLING = Mistake("no_doubling", "the filters double from stage to stage, starting with 64", RULES)
NO_PADDING = Mistake(
    "no_padding", "without padding every convolution would shrink the maps by 2; rule 1 says padding 1", RULES
)
SETTINGS = MappingProxyType(
    {
        ("conv", "filters"): (
            (DOUBLED_TOO_FAR, (1024,)),
            (NO_DOUBLING, (3, 6, 12, 24, 32, 48, 64, 128, 192, 256, 320)),
        ),
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
    expect_equal(came, names, what=what, mistakes=_slips_in_names(names, depth), reread=RULES)
    for layer in () if problem else got:
        if layer["name"] in names:
            _check_settings(layer, depth, its_name=came == names)


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
        likely=OTHER_TYPES if kinds & {"relu", "ReLU", "dropout", "Dropout"} else "",
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


def _check_settings(layer: Layer, depth: int, *, its_name: bool) -> None:
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


# ---------------------------------------------------------------------------------------------------------------------
# receptive_field


def conv(name: str, kernel: int = 3, stride: int = 1, padding: int = 1) -> Layer:
    """A convolution as a layer dict."""
    return {"name": name, "type": "conv", "filters": 8, "kernel": kernel, "stride": stride, "padding": padding}


def pool(name: str, kernel: int = 2, stride: int = 2, padding: int = 0) -> Layer:
    """A pool as a layer dict."""
    return {"name": name, "type": "pool", "kernel": kernel, "stride": stride, "padding": padding}


def alexnet() -> list[Layer]:
    """All layers of AlexNet, the head too."""
    windows = [
        *(conv("conv1", 11, 4, 2), pool("pool1", 3), conv("conv2", 5, 1, 2), pool("pool2", 3)),
        *(conv("conv3"), conv("conv4"), conv("conv5"), pool("pool5", 3)),
    ]
    return [*windows, {"name": "flatten", "type": "flatten"}, {"name": "fc6", "type": "linear", "out_features": 4096}]


def windows_of(depth: int) -> list[Layer]:
    """The convolutions and pools of a VGG."""
    return [conv(name) if name.startswith("conv") else pool(name) for name in NAMES[depth].split()]


STRIDES_IGNORED = Mistake("strides_ignored", "the strides are ignored; after a stride of 2, a step is two pixels wide")
LAST_STRIDE = Mistake("last_stride", "the jump is the product of all strides before a layer, not the last one alone")
OWN_STRIDE = Mistake(
    "own_stride", "a layer's own stride must not widen its own steps: first the field is updated, then the jump"
)
ONLY_OWN_STRIDE = Mistake(
    "only_own_stride", "a layer's steps are as wide as the product of the strides before it, not as its own stride"
)
STRIDES_ADDED = Mistake("strides_added", "strides multiply along the way; they do not add up")
POOLS_LEFT_OUT = Mistake("pools_left_out", "pools are left out; they have a window and a stride")
POOL_STRIDE_IGNORED = Mistake("pool_stride_ignored", "the pool's stride is ignored")
POOL_WINDOW_IGNORED = Mistake("pool_window_ignored", "the pool's stride counts, but its window is left out")
WHOLE_KERNELS = Mistake(
    "whole_kernels", "a layer adds its kernel less one: the first of its pixels was seen already, since windows overlap"
)
START_AT_ZERO = Mistake("start_at_zero", "the field of a single pixel, before any layer, is 1")
PADDING_COUNTED = Mistake(
    "padding_counted", "padding does not count: it moves the outputs, and none of them looks further"
)
KERNELS_MULTIPLIED = Mistake("kernels_multiplied", "fields do not multiply; each layer adds to the one before it")
FIELD_OVERWRITTEN = Mistake("field_overwritten", "each layer adds to the field of those before it: +=, not =")
RETURN_IN_LOOP = Mistake("return_in_loop", "the return stands inside the loop, and ends it after the first layer")
LAST_LAYER_ONLY = Mistake("last_layer_only", "only the last layer was looked at")
FIRST_LAYER_MISSING = Mistake("first_layer_missing", "the first layer adds to the field of 1 as well")
WALKED_BACKWARDS = Mistake(
    "walked_backwards",
    "the layers were walked backwards, or (R − 1) · S + K from first to last; that formula runs from last to first",
)
CUT_AT_THE_IMAGE = Mistake(
    "cut_at_the_image", "the image is taken to go on beyond its border; a field may be larger than it"
)
LINEAR_SEES_ALL = Mistake("linear_sees_all", "a fully-connected layer sees all of the image, but was to be passed over")
TOLD_BY_NAME = Mistake("told_by_name", "the layer was passed over; what it is says its type, not its name")


@visible_check
def receptive_field(answer: Answer) -> None:
    """Check receptive fields: layers that are alike, with strides, with pools, real networks, and drawn ones."""
    slips: dict[Mistake | str, Any]
    with together():
        slips = {START_AT_ZERO: 4, WHOLE_KERNELS: 6, PADDING_COUNTED: [3, 4, 6, 7], TOLD_BY_NAME: 1}
        check_field(answer, [conv("a", 5)], 5, "one 5 × 5 convolution", slips | {FIRST_LAYER_MISSING: 1})
        slips = {WHOLE_KERNELS: [6, 7], START_AT_ZERO: 4, KERNELS_MULTIPLIED: 9, LAST_LAYER_ONLY: 3, STRIDES_ADDED: 7}
        slips |= {PADDING_COUNTED: [1, 3, 7, 9], TOLD_BY_NAME: 1, FIRST_LAYER_MISSING: 3}
        slips |= {FIELD_OVERWRITTEN: 3, RETURN_IN_LOOP: 3}
        check_field(answer, [conv("a"), conv("b")], 5, "two 3 × 3 convolutions", slips)
        slips = {STRIDES_IGNORED: 7, LAST_STRIDE: 11, ONLY_OWN_STRIDE: 11, OWN_STRIDE: 21, STRIDES_ADDED: [13, 19]}
        slips |= {WALKED_BACKWARDS: 9, KERNELS_MULTIPLIED: 27, WHOLE_KERNELS: [21, 22], START_AT_ZERO: 14}
        slips |= {PADDING_COUNTED: [1, 8, 22, 29], LAST_LAYER_ONLY: 3, FIRST_LAYER_MISSING: 7, TOLD_BY_NAME: 1}
        slips |= {FIELD_OVERWRITTEN: 9, RETURN_IN_LOOP: 3}
        layers = [conv("a", stride=2), conv("b", stride=2), conv("c")]
        check_field(answer, layers, 15, "three 3 × 3 convolutions with strides 2, 2, 1", slips)
        slips = {POOLS_LEFT_OUT: 7, POOL_STRIDE_IGNORED: 8, POOL_WINDOW_IGNORED: 11, OWN_STRIDE: 13}
        slips |= {FIELD_OVERWRITTEN: 5, RETURN_IN_LOOP: 3, STRIDES_ADDED: 23, STRIDES_IGNORED: 8, START_AT_ZERO: 11}
        slips |= {ONLY_OWN_STRIDE: 9}
        slips |= {WHOLE_KERNELS: [17, 18], PADDING_COUNTED: [2, 7, 17, 22], KERNELS_MULTIPLIED: 54, LAST_LAYER_ONLY: 3}
        slips |= {TOLD_BY_NAME: 1}
        layers = [conv("a"), pool("p"), conv("b"), conv("c")]
        check_field(answer, layers, 12, "a 3 × 3 convolution, a 2 × 2 pool with stride 2, two 3 × 3 more", slips)
        slips = {LINEAR_SEES_ALL: [224, 227], POOLS_LEFT_OUT: 51, STRIDES_IGNORED: 27, LAST_STRIDE: 39}
        slips |= {ONLY_OWN_STRIDE: 63, STRIDES_ADDED: [97, 157], OWN_STRIDE: 281, WALKED_BACKWARDS: 123}
        slips |= {POOL_WINDOW_IGNORED: 139, POOL_STRIDE_IGNORED: 75, WHOLE_KERNELS: [279, 280], START_AT_ZERO: 194}
        slips |= {PADDING_COUNTED: [63, 129, 163, 237, 261, 327], LAST_LAYER_ONLY: 3, FIRST_LAYER_MISSING: 47}
        slips |= {FIELD_OVERWRITTEN: 33, RETURN_IN_LOOP: 11}
        check_field(answer, alexnet(), 195, "AlexNet's pool5, from the list of all its layers", slips)
        slips = {CUT_AT_THE_IMAGE: 224, POOLS_LEFT_OUT: 33, STRIDES_IGNORED: 38, POOL_STRIDE_IGNORED: 38}
        slips |= {LAST_STRIDE: 46, ONLY_OWN_STRIDE: 43, STRIDES_ADDED: [124, 492], OWN_STRIDE: 299, START_AT_ZERO: 267}
        slips |= {WALKED_BACKWARDS: 336, POOL_WINDOW_IGNORED: 237, WHOLE_KERNELS: [416, 417], LAST_LAYER_ONLY: 2}
        slips |= {
            PADDING_COUNTED: [32, 150, 386, 504],
            FIRST_LAYER_MISSING: 266,
            FIELD_OVERWRITTEN: 17,
            RETURN_IN_LOOP: 3,
        }
        check_field(answer, windows_of(19), 268, "VGG-19's pool5", slips)
    check_no_layers(answer)
    rng = random.Random(grading_seed() + 51)
    for _ in range(3):
        check_drawn_field(answer, drawn_windows(rng, rng.randint(3, 6)), {})
    check_untouched_layers(answer, alexnet())


def check_field(answer: Answer, layers: list[Layer], right: int, what: str, slips: Mistakes) -> None:
    """Compare the receptive field of layers with what it should be."""
    what = f"the receptive field of {what}"
    expect_equal(answer(deepcopy(layers)), right, what=what, mistakes=slips, reread=FIELD)


def check_no_layers(answer: Answer) -> None:
    """Check that a pixel sees itself."""
    expect_equal(answer([]), 1, what="the receptive field without any layer", mistakes={START_AT_ZERO: 0}, reread=FIELD)


def check_untouched_layers(answer: Answer, layers: list[Layer]) -> None:
    """Check that the list of layers stays as it is."""
    given = deepcopy(layers)
    answer(given)
    expect_untouched(given, layers, "the list of layers")


def check_drawn_field(answer: Answer, layers: list[Layer], slips: Mistakes) -> None:
    """Compare a receptive field with the one that a backward pass through such windows measures."""
    windows = [layer for layer in layers if "kernel" in layer]
    right = measured_field(tuple((window["kernel"], window["stride"], 1) for window in windows))
    shown = ", ".join(f"{w['type']} {w['kernel']}/{w['stride']}" for w in windows) or "layers without a window"
    check_field(answer, layers, right, f"{shown} (kernel/stride)", slips)


def drawn_windows(rng: random.Random, number: int) -> list[Layer]:
    """Convolutions and pools with kernels up to 5 and strides up to 3."""
    layers = []
    for place in range(number):
        kernel = rng.randint(1, 5)
        make = pool if place and rng.random() < 0.4 else conv
        layers.append(make(f"layer{place}", kernel, rng.randint(1, 3), rng.randint(0, kernel // 2)))
    return layers
