"""The visible check of receptive fields."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from functools import partial
from itertools import accumulate, product
from typing import Any, TypeAlias

from cnnlab.exercises.common import Answer
from cnnlab.exercises.vgg.shared import NAMES, expect_unchanged
from cnnlab.windows import Window, measured_field
from coursekit.calls import errors_explained
from coursekit.cases import Case, Causes, by_causes, expect_cases, explanation, wrong_for
from coursekit.checks import Mistake, expect_equal
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

Layer: TypeAlias = dict[str, Any]
Layers: TypeAlias = Sequence[Layer]
FieldCase: TypeAlias = tuple[str, list[Layer], int]
"""What the layers are, the layers, and their receptive field."""

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
STRIDE_POWERED = Mistake(
    "stride_powered",
    "a stride is raised to the power of its place; the jump is the product of the strides of the layers before",
)
STRIDES_ADDED = Mistake("strides_added", "strides multiply along the way; they do not add up")
JUMP_AT_ZERO = Mistake(
    "jump_at_zero", "nothing was added to the field of 1; a jump that starts at 0 stays 0, since it is multiplied"
)
FIELD_MULTIPLIED = Mistake(
    "field_multiplied", "the field itself was multiplied by the strides; it is the jump that they multiply"
)
PRECEDENCE = Mistake("brackets", "K - 1 * jump is K − jump in Python; put brackets around K - 1")
GAPS_LEFT_OUT = Mistake(
    "gaps_left_out",
    "pixels that a stride larger than a kernel skips were left out; a field is measured from its first to its last "
    "pixel, gaps included",
)
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
TWO_HALVES = Mistake("two_halves", "a layer adds its kernel less one; twice half of the kernel is more if it is even")
FIELD_OVERWRITTEN = Mistake("field_overwritten", "each layer adds to the field of those before it: +=, not =")
RETURN_IN_LOOP = Mistake("return_in_loop", "the return stands inside the loop, and ends it after the first layer")
LAST_LAYER_ONLY = Mistake("last_layer_only", "only the last layer was looked at")
LAST_LAYER_MISSING = Mistake("last_layer_missing", "the last layer is left out; it adds to the field as well")
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
SQUARED = Mistake("squared", "this is the number of pixels in the square; its side is asked for")
NO_LAYERS = Mistake(
    "no_layers", "the list may be empty; the field is 1 before the first layer, so begin the loop there"
)
NO_KERNEL = Mistake(
    "no_kernel", 'flatten and fully-connected layers have no "kernel"; pass over layers without this key'
)
ONLY_WITH_STRIDES = Mistake(
    "only_with_strides",
    "of the fields compared, those whose strides are all 1 are right; look at what follows a larger stride",
)
ONE_LAYER_WRONG = Mistake("one_layer_wrong", "a single convolution sees as many pixels as its kernel is wide")


@visible_check
def receptive_field(answer: Answer) -> None:
    """Check receptive fields: layers that are alike, with strides, with pools, real networks, and drawn ones."""
    with_pool = [conv("a"), pool("p"), conv("b"), conv("c")]
    check_fields(
        answer,
        [
            ("one 5 × 5 convolution", [conv("a", 5)], 5),
            ("two 3 × 3 convolutions", [conv("a"), conv("b")], 5),
            (
                "three 3 × 3 convolutions with strides 2, 2, 1",
                [conv("a", stride=2), conv("b", stride=2), conv("c")],
                15,
            ),
            ("a 3 × 3 convolution, a 2 × 2 pool with stride 2, two 3 × 3 more", with_pool, 12),
            ("a 1 × 1 convolution with stride 3 and a 3 × 3 one", [conv("a", 1, 3, 0), conv("b")], 7),
            ("AlexNet's pool5, from the list of all its layers", alexnet(), 195),
            ("VGG-19's pool5", windows_of(19), 268),
        ],
    )
    check_no_layers(answer)
    rng = random.Random(grading_seed() + 51)
    check_fields(answer, [measured_case(drawn_windows(rng, rng.randint(3, 6))) for _ in range(3)])
    check_untouched_layers(answer, alexnet())


def check_fields(answer: Answer, cases: Sequence[FieldCase]) -> None:
    """Compare the receptive fields of several lists of layers with what they should be."""
    with errors_explained({"KeyError: 'kernel'": NO_KERNEL, "KeyError: 'stride'": NO_KERNEL}, FIELD):
        came = [answer(deepcopy(layers)) for _, layers, _ in cases]
    searched = came != [field for _, _, field in cases] and all(isinstance(one, int) for one in came)
    wrong = by_causes(_changed_fields()) if searched else {}
    told = [
        Case(f"the receptive field of {what}", one, field, wrong_for(layers, wrong))
        for (what, layers, field), one in zip(cases, came, strict=True)
    ]
    causes = explanation(told) or _observed(cases, came) if searched else ()
    expect_cases(told, reread=FIELD, causes=causes)


def _observed(cases: Sequence[FieldCase], came: Sequence[int]) -> Causes:
    """What fields that no mistake explains have in common."""
    wrong = [layers for (_, layers, field), one in zip(cases, came, strict=True) if one != field]
    right = [layers for (_, layers, field), one in zip(cases, came, strict=True) if one == field]
    if any(len(layers) == 1 for layers in wrong):
        return (ONE_LAYER_WRONG,)
    if all(map(_leaves_gaps, wrong)) and any(map(_steps, right)):
        return (GAPS_LEFT_OUT,)
    return (ONLY_WITH_STRIDES,) if all(map(_steps, wrong)) and not all(map(_steps, right)) else ()


def _steps(layers: Layers) -> bool:
    return any(stride > 1 for _, stride, _ in _plain(layers))


def _leaves_gaps(layers: Layers) -> bool:
    return any(stride > kernel for kernel, stride, _ in _plain(layers))


def check_no_layers(answer: Answer) -> None:
    """Check that a pixel sees itself."""
    with errors_explained({"": NO_LAYERS}, FIELD):
        field = answer([])
    slips: dict[Mistake | str, Any] = {START_AT_ZERO: 0}
    expect_equal(field, 1, what="the receptive field without any layer", mistakes=slips, reread=FIELD)


def check_untouched_layers(answer: Answer, layers: list[Layer]) -> None:
    """Check that the list of layers stays as it is."""
    given = deepcopy(layers)
    answer(given)
    expect_unchanged(given, layers, "the list of layers")


def measured_case(layers: list[Layer]) -> FieldCase:
    """Layers with the receptive field that a backward pass through such windows measures."""
    shown = ", ".join(f"{w['type']} {w['kernel']}/{w['stride']}" for w in layers if "kernel" in w)
    what = f"{shown} (kernel/stride)" if shown else "layers without a window"
    return what, layers, measured_field(tuple(_plain(layers)))


def drawn_windows(rng: random.Random, number: int) -> list[Layer]:
    """Convolutions and pools with kernels up to 5 and strides up to 3."""
    layers = []
    for index in range(number):
        kernel = rng.randint(1, 5)
        make = pool if index and rng.random() < 0.4 else conv
        layers.append(make(f"layer{index}", kernel, rng.randint(1, 3), rng.randint(0, kernel // 2)))
    return layers


# What mistakes give: the fields of other layers, or of other windows, or another number.

Windows: TypeAlias = list[Window]
Change: TypeAlias = Callable[[Any], Any]


def _changed_fields() -> Iterator[tuple[Causes, Callable[[Layers], int]]]:
    """From a mistake, or two at once, to what each way to make them gives for layers."""
    for skipped, choose in _or_right(_OTHER_LAYERS):
        for widened, change in _or_right(_OTHER_KERNELS):
            for stepped, step in _or_right(_OTHER_STEPS):
                for ended, end in _or_right(_OTHER_ENDS):
                    causes = tuple(one for one in (skipped, widened, stepped, ended) if one)
                    if 0 < len(causes) <= 2:
                        yield causes, _field_of(choose, change, step, end)
    for mistake, give in _OTHER_RULES:
        yield (mistake,), give


def _or_right(mistakes: Iterable[tuple[Mistake, Change]]) -> list[tuple[Mistake | None, Change]]:
    return [*mistakes, (None, lambda same: same)]


def _field_of(choose: Change, change: Change, step: Change, end: Change) -> Callable[[Layers], int]:
    def field(layers: Layers) -> int:
        windows = step(_plain(change([layer for layer in choose(layers) if "kernel" in layer])))
        number: int = end(measured_field(tuple((max(kernel, 1), *rest) for kernel, *rest in windows)))
        return number

    return field


def _plain(layers: Layers) -> Windows:
    return [(layer["kernel"], layer["stride"], 1) for layer in layers if "kernel" in layer]


def _with(key: str, value: Callable[[Layer], int], *, only: str = "") -> Change:
    """Layers with another kernel, or stride, all or those of a type."""
    return lambda layers: [
        layer | {key: value(layer)} if only in ("", layer["type"]) else layer for layer in layers if "kernel" in layer
    ]


def _dilated(jumps: Callable[[list[int]], Iterable[int]]) -> Change:
    """Windows that do not step, but whose pixels are as far apart as a wrong jump is wide."""
    return lambda windows: [
        (kernel, 1, jump) for (kernel, _, _), jump in zip(windows, jumps([w[1] for w in windows]), strict=False)
    ]


def _padded_kernel(layer: Layer, by: int) -> int:
    kernel: int = layer["kernel"] + by * layer["padding"]
    return kernel


def _overwritten(layers: Layers) -> Layers:
    *before, last = layers or [conv("none", 1)]
    return [*(layer | {"kernel": 1} for layer in before), last]


_OTHER_LAYERS: tuple[tuple[Mistake, Change], ...] = (
    (POOLS_LEFT_OUT, lambda layers: [layer for layer in layers if layer["type"] != "pool"]),
    (TOLD_BY_NAME, lambda layers: [layer for layer in layers if layer["name"][:4] in ("conv", "pool")]),
    (
        FIRST_LAYER_MISSING,
        lambda layers: [layer | {"kernel": 1} for layer in layers[:1] if "kernel" in layer] + layers[1:],
    ),
    (FIRST_LAYER_MISSING, lambda layers: layers[1:]),
    (LAST_LAYER_MISSING, lambda layers: layers[:-1]),
    (LAST_LAYER_MISSING, lambda layers: [layer for layer in layers if "kernel" in layer][:-1]),
    (LAST_LAYER_ONLY, lambda layers: [layer for layer in layers if "kernel" in layer][-1:]),
    (RETURN_IN_LOOP, lambda layers: layers[:1]),
    (WALKED_BACKWARDS, lambda layers: layers[::-1]),
)
_OTHER_KERNELS: tuple[tuple[Mistake, Change], ...] = (
    (WHOLE_KERNELS, _with("kernel", lambda layer: layer["kernel"] + 1)),
    (HALF_KERNELS, _with("kernel", lambda layer: layer["kernel"] // 2 + 1)),
    (TWO_HALVES, _with("kernel", lambda layer: layer["kernel"] // 2 * 2 + 1)),
    (FIELD_OVERWRITTEN, _overwritten),
    (POOL_WINDOW_IGNORED, _with("kernel", lambda layer: 1, only="pool")),
    (POOL_STRIDE_IGNORED, _with("stride", lambda layer: 1, only="pool")),
    (GAPS_LEFT_OUT, _with("stride", lambda layer: min(layer["stride"], layer["kernel"]))),
    *((PADDING_COUNTED, _with("kernel", partial(_padded_kernel, by=by))) for by in (-2, -1, 1, 2)),
)
_OTHER_STEPS: tuple[tuple[Mistake, Change], ...] = (
    (STRIDES_IGNORED, _dilated(lambda strides: [1] * len(strides))),
    (LAST_STRIDE, _dilated(lambda strides: [1, *strides])),
    (ONLY_OWN_STRIDE, _dilated(lambda strides: strides)),
    (OWN_STRIDE, lambda windows: [part for kernel, stride, _ in windows for part in ((1, stride, 1), (kernel, 1, 1))]),
    (STRIDES_ADDED, _dilated(lambda strides: accumulate(strides, initial=1))),
    (STRIDES_ADDED, _dilated(lambda strides: accumulate((stride - 1 for stride in strides), initial=1))),
    (STRIDES_ADDED, _dilated(lambda strides: [max(total, 1) for total in accumulate(strides, initial=0)])),
    (STRIDES_ADDED, _dilated(accumulate)),
    (STRIDE_POWERED, _dilated(lambda strides: [stride**index for index, stride in enumerate(strides)])),
    (STRIDE_POWERED, _dilated(lambda strides: [stride**index for index, stride in enumerate(strides, 1)])),
    (JUMP_AT_ZERO, lambda windows: [(1, 1, 1) for _ in windows]),
)
_OTHER_ENDS: tuple[tuple[Mistake, Change], ...] = (
    (START_AT_ZERO, lambda field: field - 1),
    (CUT_AT_THE_IMAGE, lambda field: min(field, 224)),
    (SQUARED, lambda field: field**2),
)


def _field_multiplied(layers: Layers, *, before: bool) -> int:
    field = 1
    for kernel, stride, _ in _plain(layers):
        field = field * stride + kernel - 1 if before else (field + kernel - 1) * stride
    return field


def _padded(layers: Layers, by: int, *, jumps: bool) -> int:
    """The field, and so many times the padding of each layer, in its own pixels or in those of the image."""
    pads = [(layer["padding"] + 1, layer["stride"] if jumps else 1, 1) for layer in layers if "kernel" in layer]
    return measured_field(tuple(_plain(layers))) + by * (measured_field(tuple(pads)) - 1)


def _without_brackets(layers: Layers) -> int:
    """K - 1 * jump: the sum of the kernels, less that of the jumps."""
    kernels, jumps = ([(kernel + 1, 1, 1) for kernel, _, _ in _plain(layers)], [(2, *w[1:]) for w in _plain(layers)])
    return measured_field(tuple(kernels)) - measured_field(tuple(jumps)) + 1


def _linear_counted(layers: Layers, image: int) -> int:
    return image if any(layer["type"] == "linear" for layer in layers) else measured_field(tuple(_plain(layers)))


_OTHER_RULES: tuple[tuple[Mistake, Callable[[Layers], int]], ...] = (
    *((PADDING_COUNTED, partial(_padded, by=by, jumps=jumps)) for by, jumps in product((-2, -1, 1, 2), (False, True))),
    (FIELD_MULTIPLIED, lambda layers: _field_multiplied(layers, before=False)),
    (FIELD_MULTIPLIED, lambda layers: _field_multiplied(layers, before=True)),
    (KERNELS_MULTIPLIED, lambda layers: math.prod(kernel for kernel, _, _ in _plain(layers))),
    (PRECEDENCE, _without_brackets),
    *((LINEAR_SEES_ALL, partial(_linear_counted, image=image)) for image in (224, 227)),
)
