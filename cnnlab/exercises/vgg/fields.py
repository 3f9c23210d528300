"""The visible check of receptive fields."""

from __future__ import annotations

import random
from copy import deepcopy
from typing import Any, TypeAlias

from cnnlab.exercises.vgg.shared import NAMES, Answer, expect_untouched
from cnnlab.windows import measured_field
from coursekit.checks import (
    Mistake,
    Mistakes,
    expect_equal,
    together,
)
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

Layer: TypeAlias = dict[str, Any]

FIELD = "Rule 1: what does a stack see?"


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
KERNELS_MULTIPLIED = Mistake(
    "kernels_multiplied",
    "fields add up, they do not multiply; the jump is the product of strides, not of kernels",
)
HALF_KERNELS = Mistake("half_kernels", "a layer adds its kernel less one, not half of its kernel")
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
        slips |= {HALF_KERNELS: 3}
        check_field(answer, [conv("a", 5)], 5, "one 5 × 5 convolution", slips | {FIRST_LAYER_MISSING: 1})
        slips = {WHOLE_KERNELS: [6, 7], START_AT_ZERO: 4, KERNELS_MULTIPLIED: 9, LAST_LAYER_ONLY: 3, STRIDES_ADDED: 7}
        slips |= {PADDING_COUNTED: [1, 3, 7, 9], TOLD_BY_NAME: 1, FIRST_LAYER_MISSING: 3}
        slips |= {FIELD_OVERWRITTEN: 3, RETURN_IN_LOOP: 3}
        slips |= {HALF_KERNELS: 3}
        check_field(answer, [conv("a"), conv("b")], 5, "two 3 × 3 convolutions", slips)
        slips = {STRIDES_IGNORED: 7, LAST_STRIDE: 11, ONLY_OWN_STRIDE: 11, OWN_STRIDE: 21, STRIDES_ADDED: [13, 19]}
        slips |= {WALKED_BACKWARDS: 9, KERNELS_MULTIPLIED: 27, WHOLE_KERNELS: [21, 22], START_AT_ZERO: 14}
        slips |= {PADDING_COUNTED: [1, 8, 22, 29], LAST_LAYER_ONLY: 3, FIRST_LAYER_MISSING: 7, TOLD_BY_NAME: 1}
        slips |= {FIELD_OVERWRITTEN: 9, RETURN_IN_LOOP: 3}
        layers = [conv("a", stride=2), conv("b", stride=2), conv("c")]
        slips |= {HALF_KERNELS: 8}
        check_field(answer, layers, 15, "three 3 × 3 convolutions with strides 2, 2, 1", slips)
        slips = {POOLS_LEFT_OUT: 7, POOL_STRIDE_IGNORED: 8, POOL_WINDOW_IGNORED: 11, OWN_STRIDE: 13}
        slips |= {FIELD_OVERWRITTEN: 5, RETURN_IN_LOOP: 3, STRIDES_ADDED: 23, STRIDES_IGNORED: 8, START_AT_ZERO: 11}
        slips |= {ONLY_OWN_STRIDE: 9}
        slips |= {WHOLE_KERNELS: [17, 18], PADDING_COUNTED: [2, 7, 17, 22], KERNELS_MULTIPLIED: 54, LAST_LAYER_ONLY: 3}
        slips |= {TOLD_BY_NAME: 1}
        layers = [conv("a"), pool("p"), conv("b"), conv("c")]
        slips |= {HALF_KERNELS: 7}
        check_field(answer, layers, 12, "a 3 × 3 convolution, a 2 × 2 pool with stride 2, two 3 × 3 more", slips)
        slips = {LINEAR_SEES_ALL: [224, 227], POOLS_LEFT_OUT: 51, STRIDES_IGNORED: 27, LAST_STRIDE: 39}
        slips |= {ONLY_OWN_STRIDE: 63, STRIDES_ADDED: [97, 157], OWN_STRIDE: 281, WALKED_BACKWARDS: 123}
        slips |= {POOL_WINDOW_IGNORED: 139, POOL_STRIDE_IGNORED: 75, WHOLE_KERNELS: [279, 280], START_AT_ZERO: 194}
        slips |= {PADDING_COUNTED: [63, 129, 163, 237, 261, 327], LAST_LAYER_ONLY: 3, FIRST_LAYER_MISSING: 47}
        slips |= {FIELD_OVERWRITTEN: 33, RETURN_IN_LOOP: 11}
        slips |= {HALF_KERNELS: 98}
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
        slips |= {HALF_KERNELS: 150}
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
