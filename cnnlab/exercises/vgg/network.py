"""The visible check of the network in the chapter on VGG."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from cnnlab.exercises.common import Answer
from cnnlab.exercises.layers import layer_by_layer, steps_of
from cnnlab.exercises.vgg.shared import DEPTHS, FILTERS, NAMES, RULES
from cnnlab.published import Network
from coursekit.checks import (
    Mistake,
    expect_close,
    expect_equal,
    expect_raises,
    expect_shape,
    expect_true,
)
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

NETWORK = "The network"

NO_PARAMETERS = Mistake("no_parameters", "the network has no parameters: make its layers in `__init__`, as attributes")
MADE_IN_FORWARD = Mistake(
    "made_in_forward", "layers are made in `forward`, with new weights at each call; make them in `__init__`"
)
TWO_FC = Mistake("two_fc", "there are two fully-connected layers; VGG has three, fc6, fc7 and fc8")
NO_FLATTEN = Mistake("no_flatten", "flatten is missing before fc6: the linear layer gets maps, not rows of numbers")
BATCH_FLATTENED = Mistake(
    "batch_flattened", "flatten joins the images of a batch: it starts at dimension 1, as in x.flatten(1)"
)
OTHER_EPS = Mistake("other_eps", "batch norm has another eps than nn.BatchNorm2d with its default settings")
PLAIN_LIST = Mistake(
    "plain_list",
    "layers in a plain Python list or dict are hidden from `parameters()`: make it an nn.Sequential or nn.ModuleList",
)
LAZY = Mistake(
    "lazy_layers",
    "lazy layers have no parameters before the first call: write nn.Conv2d and nn.Linear with all of their sizes",
)
SHARED = Mistake(
    "shared_layer", "one layer object runs at several positions and shares its weights; make a new one for each"
)
CHANNELS_DOUBLED_TOO_FAR = Mistake(
    "channels_doubled_too_far", "the channels double after pool4 too; VGG stops at 8 · width"
)
NO_CONV_BIAS = Mistake("no_conv_bias", "the convolutions have no biases; they keep them, with batch norm too")
NO_FC_BIAS = Mistake("no_fc_bias", "the fully-connected layers have no biases")
NO_BIAS = Mistake("no_bias", "there are no biases; convolutions and fully-connected layers have them")
NO_NORM = Mistake("no_norm", "batch_norm=True is ignored, or affine=False takes scale and shift away")
NORM_BEFORE_CONV = Mistake(
    "norm_before_conv", "batch norm stands before the convolution, over its input channels; it comes after"
)
NORM_UNASKED = Mistake("norm_unasked", "there is batch norm without being asked for")
NORM_IN_HEAD = Mistake("norm_in_head", "the head gets no batch norm")
NO_STATISTICS = Mistake(
    "no_statistics", "batch norm keeps no running statistics; track_running_stats=False takes them away"
)
DEPTH_IGNORED = Mistake(
    "vgg_depth_ignored", "this is a VGG of another depth; how many convolutions each stage has is in STAGES[depth]"
)
SHARED_NORM = Mistake("shared_norm", "one batch norm serves several convolutions; each has its own")
NO_RETURN = Mistake("no_return", "forward ends without a return statement", priority=1)
DROPOUT_IN_EVALUATION = Mistake(
    "dropout_in_evaluation", "F.dropout needs training=self.training; nn.Dropout follows the mode by itself"
)
FIXED_SIZE = Mistake(
    "fixed_size",
    "it works for images of 224 × 224 only: the adaptive average pool to 7 × 7 is missing before flatten",
    priority=1,
)
NO_RELU = Mistake("no_relu", "there is no ReLU")
NO_CONV_RELU = Mistake("no_conv_relu", "ReLU is missing after the convolutions")
NO_FC_RELU = Mistake("no_fc_relu", "ReLU is missing after fc6 and fc7")
NO_FC6_RELU = Mistake("no_fc6_relu", "ReLU is missing after fc6")
NO_FC7_RELU = Mistake("no_fc7_relu", "ReLU is missing after fc7")
RELU_PER_STAGE = Mistake("relu_per_stage", "there is a ReLU only at the end of each stage; every convolution has one")
RELU_AFTER_FC8 = Mistake("relu_after_fc8", "there is a ReLU after fc8; scores may be negative")
SOFTMAX = Mistake("softmax", "softmax belongs to the loss; return the scores")
AVERAGE_POOLS = Mistake("average_pools", "the pools take the average; take the maximum")
POOLS_IN_FRONT = Mistake("pools_in_front", "a pool stands in front of each stage; it belongs at the end")
NO_POOL5 = Mistake("no_pool5", "pool5 is missing")
ADAPTIVE_MAX = Mistake("adaptive_max", "the adaptive pool takes the maximum; take the average")
NORM_AFTER_RELU = Mistake("norm_after_relu", "batch norm stands after ReLU; it comes before")
NORM_NOT_CALLED = Mistake("norm_not_called", "batch norm is there, but forward passes it by")
NO_GRAD = Mistake("no_grad", "forward runs under torch.no_grad(), or something in it is detached")
LAYER_NOT_USED = Mistake(
    "layer_not_used", "a layer is defined but not used in forward, or something was detached or requires no gradient"
)
NORM_MODE_IGNORED = Mistake(
    "norm_mode_ignored", "F.batch_norm needs training=self.training; nn.BatchNorm2d follows the mode by itself"
)
OTHER_NORM = Mistake(
    "other_norm",
    "this is no nn.BatchNorm2d with its default settings (momentum 0.1), or it does not stand right after conv1_1",
)


@visible_check
def VGG(answer: Answer) -> None:
    """Check a narrow network of each depth, gradients, running statistics, default arguments and other depths."""
    rng = random.Random(grading_seed() + 54)
    for depth, batch_norm in ((16, False), (16, True), (11, True), (13, False), (19, False)):
        width = 1 if depth == 16 else rng.randint(1, 2)
        # Maps of odd size show how a pool rounds.
        size = (64, 64) if depth == 16 else (rng.randint(33, 45), 70)
        check_network(answer, drawn_network(rng, depth, width, batch_norm), size)
    check_gradients(answer, drawn_network(rng, rng.choice(DEPTHS), 1, False))
    check_running_statistics(answer, drawn_network(rng, rng.choice(DEPTHS), 1, True))
    check_default_arguments(answer)
    check_other_depths(answer, (15, rng.choice([12, 14, 17, 18])))


class VGGCase:
    """A network to ask for: its arguments, and the values that its parameters and an image get."""

    def __init__(self, depth: int, num_classes: int, width: int, batch_norm: bool, seed: int) -> None:
        self.depth, self.num_classes, self.width, self.batch_norm = depth, num_classes, width, batch_norm
        self.generator = torch.Generator().manual_seed(seed)
        self._drawn: dict[tuple[str, tuple[int, ...]], Tensor] = {}

    def __str__(self) -> str:
        options = f"num_classes={self.num_classes}, width={self.width}, batch_norm={self.batch_norm}"
        return f"VGG({self.depth}, {options})"

    def made_by(self, answer: Answer) -> Any:
        """The answer's network; batch norm is not mentioned where there is none."""
        options = {"batch_norm": True} if self.batch_norm else {}
        return answer(self.depth, num_classes=self.num_classes, width=self.width, **options)

    def reference(self) -> Network:
        """The same network, from rows as in the table of published networks."""
        return Network(_rows(self.depth, self.num_classes, self.batch_norm), self.width)

    def images(self, number: int, size: tuple[int, int]) -> Tensor:
        """Random images."""
        return torch.randn(number, 3, *size, generator=self.generator, dtype=torch.float64)

    def values(self, kind: str, shape: tuple[int, ...]) -> Tensor:
        """Random values, the same for every tensor of a kind (weight, bias, running_mean, running_var) and shape."""
        if (kind, shape) not in self._drawn:
            values = torch.randn(shape, generator=self.generator, dtype=torch.float64)
            if len(shape) > 1:
                values = values * (2 / values[0].numel()) ** 0.5
            elif kind in ("weight", "running_var"):
                values = 0.6 + values.abs()
            else:
                values = 0.3 * values
            self._drawn[kind, shape] = values
        return self._drawn[kind, shape]

    def fill(self, model: Any) -> None:
        """Put the values into a network, in float64 and evaluation mode.

        Tensors of one shape all get the same, so that it does not matter which of them belongs to which layer.
        """
        state = {}
        for name, tensor in model.state_dict().items():
            kind = name.rsplit(".", 1)[-1]
            expect_true(
                kind in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"),
                what="the layers are nn.Conv2d, nn.BatchNorm2d and nn.Linear",
                likely=f"state_dict() lists {name!r}",
                reread=NETWORK,
            )
            state[name] = tensor if kind == "num_batches_tracked" else self.values(kind, tuple(tensor.shape))
        model.double()
        model.load_state_dict(state)
        model.eval()


def drawn_network(rng: random.Random, depth: int, width: int, batch_norm: bool) -> VGGCase:
    """A case with random values and a random number of classes."""
    return VGGCase(depth, rng.randint(2, 8), width, batch_norm, rng.randrange(2**31))


def _rows(depth: int, num_classes: int, batch_norm: bool) -> list[dict[str, Any]]:
    """The layers of a VGG as ``cnnlab.published`` reads them."""
    kinds = []
    for name in NAMES[depth].split():
        if name.startswith("pool"):
            kinds.append((name, "pool", {"kernel": 2, "stride": 2, "padding": 0}))
            continue
        settings: dict[str, Any] = {"kernel": 3, "stride": 1, "padding": 1, "bias": "yes"}
        kinds.append((name, "conv", {"outputs": FILTERS[int(name[4]) - 1], **settings}))
        kinds += [(f"{name}_norm", "norm", {})] if batch_norm else []
        kinds.append((f"{name}_relu", "relu", {}))
    kinds += [("adaptive_pool", "average", {"side": 7}), ("flatten", "flatten", {})]
    for name, outputs in (("fc6", 4096), ("fc7", 4096), ("fc8", num_classes)):
        kinds += [(name, "linear", {"outputs": outputs}), (f"{name}_relu", "relu", {})]
    before = ["image", *(name for name, _, _ in kinds)]
    empty = {"outputs": None, "side": None}
    chain = zip(kinds, before, strict=False)
    return [{"layer": name, "type": kind, "inputs": read, **empty, **more} for (name, kind, more), read in chain][:-1]


def check_network(answer: Answer, case: VGGCase, size: tuple[int, int], images: int = 2) -> None:
    """Compare a network's parameters and scores with those of the reference."""
    model, reference = case.made_by(answer), case.reference()
    shape = (1, 3, *size)
    with layer_by_layer(model, reference, shape, reread=NETWORK):
        check_parameters(model, reference, case, shape)
    case.fill(reference)
    case.fill(model)
    x = case.images(images, size)
    with layer_by_layer(model, reference, shape, reread=NETWORK):
        y = scores(model, x, case)
        with torch.no_grad():
            right = reference(x)
            slips = {} if torch.allclose(y, right) else dict(_wrong_scores(reference, right, x))
        what = f"the scores of {case} for {images} images of {size[0]} × {size[1]}"
        expect_close(y, right, what=what, mistakes=slips, reread=NETWORK)


def scores(model: Any, x: Tensor, case: VGGCase) -> Tensor:
    """What a network makes of images in evaluation mode, the same twice."""
    with torch.no_grad():
        y, again = _run(model, x), model(x)
    expect_true(y is not None, what="forward returns the scores", likely=NO_RETURN, reread=NETWORK)
    expect_shape(y, (len(x), case.num_classes), what=f"the scores of {case}", reread=NETWORK)
    expect_true(
        torch.equal(y, again),
        what="two passes in evaluation mode give the same",
        likely=DROPOUT_IN_EVALUATION,
        reread=NETWORK,
    )
    return y


def _run(model: Any, x: Tensor) -> Any:
    """A pass; where it fails on the way to the head, why."""
    try:
        return model(x)
    except RuntimeError as error:
        if cause := _mistake_before_head(model, x, str(error)):
            size = f"the network takes {len(x)} images of {x.shape[2]} × {x.shape[3]}"
            expect_true(False, what=size, likely=cause, reread=NETWORK)
        raise


def _mistake_before_head(model: Any, x: Tensor, error: str) -> Mistake | None:
    """Why a linear layer cannot read what it gets; None if that is not known."""
    if not (shapes := re.search(r"mat1 and mat2 shapes cannot be multiplied \((\d+)x(\d+) and (\d+)x", error)):
        return None
    rows, numbers, inputs = map(int, shapes.groups())
    if rows > len(x) and numbers in (7, inputs // 49):
        return NO_FLATTEN
    if rows == 1 and numbers == len(x) * inputs:
        return BATCH_FLATTENED
    return FIXED_SIZE if _works(model, x.new_zeros(len(x), 3, 224, 224)) else None


def _works(model: Any, x: Tensor) -> bool:
    try:
        model(x)
    except RuntimeError:
        return False
    return True


def check_parameters(model: Any, reference: nn.Module, case: VGGCase, shape: Sequence[int]) -> None:
    """Check that a network has the parameters and buffers that it should, whatever their names and order."""
    got, right = _shapes_of(model), _shapes_of(reference)
    names = [name.removeprefix("layers.").partition(".")[0] for name, _ in reference.named_parameters()]
    convs = [p.shape[0] for p in reference.parameters() if p.dim() == 4]
    widest = max(convs)
    if any(len(each) == 4 and each[0] == 2 * widest for each in got):
        _wrong_parameters(case, CHANNELS_DOUBLED_TOO_FAR)
    layers = [step.layer for step in steps_of(model, shape) if step.operation in ("conv", "linear") and step.layer]
    if len(set(layers)) < len(layers):
        _wrong_parameters(case, SHARED)
    if _matrices(got) != _matrices(right):
        _expect_registered(model, got, case, shape)
        others = (VGGCase(depth, case.num_classes, case.width, case.batch_norm, 0) for depth in DEPTHS)
        if any(_matrices(got) == _matrices(_shapes_of(other.reference())) for other in others):
            _wrong_parameters(case, DEPTH_IGNORED)
        model(torch.zeros(*shape))
        for name, parameter in zip(names, reference.parameters(), strict=True):
            each = tuple(parameter.shape)
            if got[each] != right[each] and len(each) > 1:
                _wrong_parameters(case, f"{name} has a weight of shape {each}: {right[each]} of these, not {got[each]}")
        _wrong_parameters(case, "there are layers that should not be there")
    lengths = sorted(each[0] for each, number in got.items() if len(each) == 1 for _ in range(number))
    asked = sorted(each[0] for each, number in right.items() if len(each) == 1 for _ in range(number))
    if lengths != asked:
        norms = [step.layer for step in steps_of(model, shape) if step.operation == "batch norm" and step.layer]
        if len(set(norms)) < len(norms):
            _wrong_parameters(case, SHARED_NORM)
    expect_equal(
        lengths,
        asked,
        what=f"the list of lengths of all vectors of {case} (biases; scale and shift of batch norms)",
        mistakes=_wrong_lengths(convs, [64 * case.width, 64 * case.width, case.num_classes], case.batch_norm),
        reread=NETWORK,
    )
    expect_equal(
        sum(name.endswith("running_mean") for name, _ in model.named_buffers()),
        len(convs) * case.batch_norm,
        what=f"the number of running means of {case}",
        mistakes={NO_STATISTICS: 0, SHARED_NORM: list(range(1, len(convs)))}
        if case.batch_norm
        else {NORM_UNASKED: len(convs)},
        reread=NETWORK,
    )


def _shapes_of(model: Any) -> Counter[tuple[int, ...]]:
    """How many parameters there are of each shape."""
    try:
        return Counter(tuple(parameter.shape) for parameter in model.parameters())
    except Exception as error:
        if "uninitialized" in str(error).lower():
            expect_true(False, what="all parameters have their shapes from the start", likely=LAZY, reread=NETWORK)
        raise


def _matrices(shapes: Counter[tuple[int, ...]]) -> Counter[tuple[int, ...]]:
    """The weights among the parameters."""
    return Counter({shape: number for shape, number in shapes.items() if len(shape) > 1})


def _wrong_parameters(case: VGGCase, likely: Mistake | str) -> None:
    expect_true(False, what=f"{case} has the weights that its layers should have", likely=likely, reread=NETWORK)


def _expect_registered(model: Any, got: Counter[tuple[int, ...]], case: VGGCase, shape: Sequence[int]) -> None:
    """Check that each layer that runs has weights of its own among the parameters."""
    steps = [step for step in steps_of(model, shape) if step.operation in ("conv", "linear")]
    if len(steps) > sum(_matrices(got).values()):
        again = [step for step in steps_of(model, shape) if step.operation in ("conv", "linear")]
        if [step.norm for step in steps] != [step.norm for step in again]:
            _wrong_parameters(case, MADE_IN_FORWARD)
        _wrong_parameters(case, PLAIN_LIST)
    if not got:
        _wrong_parameters(case, NO_PARAMETERS)
    if len(steps) > 2 and sum(step.operation == "linear" for step in steps) == 2:
        _wrong_parameters(case, TWO_FC)


def _wrong_lengths(convs: list[int], head: list[int], batch_norm: bool) -> dict[Mistake | str, Any]:
    """From a mistake to the lengths of all vectors that it gives."""
    if not batch_norm:
        return {
            NO_CONV_BIAS: sorted(head),
            NO_FC_BIAS: sorted(convs),
            NO_BIAS: [],
            NORM_UNASKED: sorted(3 * convs + head),
            NORM_IN_HEAD: [sorted(convs + head + 2 * head[:number]) for number in (1, 2, 3)],
        }
    return {
        NO_CONV_BIAS: sorted(2 * convs + head),
        NO_FC_BIAS: sorted(3 * convs),
        NO_BIAS: sorted(2 * convs),
        NO_NORM: sorted(convs + head),
        NORM_BEFORE_CONV: sorted(convs + head + 2 * [3, *convs[:-1]]),
        NORM_IN_HEAD: [sorted(3 * convs + head + 2 * head[:number]) for number in (1, 2, 3)],
    }


def _wrong_scores(reference: Network, right: Tensor, x: Tensor) -> Iterator[tuple[Mistake | str, Any]]:
    """From a mistake to the scores that it gives."""
    names = list(reference.layers)
    convs = [name for name in names if name.startswith("conv") and "_" not in name[6:]]
    relus = [f"{name}_relu" for name in convs]
    pools = [name for name in names if name.startswith("pool")]
    in_stages = [f"{a}_relu" for a, b in pairwise(convs) if a[4] == b[4]]

    def without(layers: Iterable[str], put: Callable[[], nn.Module] = nn.Identity) -> Tensor:
        return _changed(reference, {name: put() for name in layers})(x)

    yield NO_RELU, without([*relus, "fc6_relu", "fc7_relu"])
    yield NO_CONV_RELU, without(relus)
    yield NO_FC_RELU, without(["fc6_relu", "fc7_relu"])
    yield NO_FC6_RELU, without(["fc6_relu"])
    yield NO_FC7_RELU, without(["fc7_relu"])
    yield RELU_PER_STAGE, without(in_stages)
    yield RELU_AFTER_FC8, right.relu()
    yield SOFTMAX, [right.softmax(1), right.log_softmax(1)]
    yield AVERAGE_POOLS, without(pools, lambda: nn.AvgPool2d(2))
    yield NO_POOL5, without(["pool5"])
    yield ADAPTIVE_MAX, without(["adaptive_pool"], lambda: nn.AdaptiveMaxPool2d(7))
    first = {f"conv{stage}_1": reference.layers[f"conv{stage}_1"] for stage in range(1, 6)}
    in_front: dict[str, nn.Module] = {name: nn.Sequential(nn.MaxPool2d(2), layer) for name, layer in first.items()}
    yield POOLS_IN_FRONT, _changed(reference, in_front | {name: nn.Identity() for name in pools})(x)
    if norms := [name for name in names if name.endswith("_norm")]:
        swapped: dict[str, nn.Module] = {name: nn.ReLU() for name in norms}
        swapped |= {f"{name.removesuffix('_norm')}_relu": reference.layers[name] for name in norms}
        yield NORM_AFTER_RELU, _changed(reference, swapped)(x)
        yield NORM_NOT_CALLED, without(norms)
        yield OTHER_EPS, [_changed(reference, _with_eps(reference, norms, eps))(x) for eps in (1e-3, 1e-4, 1e-6, 1e-8)]


def _with_eps(network: Network, norms: Iterable[str], eps: float) -> dict[str, nn.Module]:
    """Copies of batch norms, with another eps."""
    copies = {name: deepcopy(network.layers[name]) for name in norms}
    for copy in copies.values():
        assert isinstance(copy, nn.BatchNorm2d)
        copy.eps = eps
    return dict(copies)


def _changed(network: Network, layers: Mapping[str, nn.Module]) -> Network:
    """A copy of a network with other layers in the place of some."""
    copy = deepcopy(network)
    for name, layer in layers.items():
        copy.layers[name] = layer
    return copy.double().eval()


def check_gradients(answer: Answer, case: VGGCase) -> None:
    """Check that a gradient reaches all parameters of a network whose scores are right."""
    check_network(answer, case, (64, 64))
    model = case.made_by(answer)
    case.fill(model)
    y = model(case.images(2, (64, 64)))
    expect_true(y.requires_grad, what="gradients flow through the network", likely=NO_GRAD, reread=NETWORK)
    y.square().sum().backward()
    expect_true(
        all(parameter.grad is not None for parameter in model.parameters()),
        what=f"a gradient reaches every parameter of {case}",
        likely=LAYER_NOT_USED,
        reread=NETWORK,
    )


def check_running_statistics(answer: Answer, case: VGGCase) -> None:
    """Check that a pass in training mode moves the statistics of the batch norm after conv1_1 as it should."""
    check_network(answer, case, (64, 64))
    x = case.images(3, (36, 44))
    model, reference = case.made_by(answer), case.reference()
    moved = [_moved_statistics(network, case, x) for network in (model, reference)]
    before = case.values("running_mean", (case.width,))
    expect_true(
        not any(torch.equal(mean, before) for mean, _ in moved[0]),
        what="a pass in training mode moves the running means",
        likely=NORM_MODE_IGNORED,
        reread=NETWORK,
    )
    right = moved[1][0]
    expect_true(
        any(all(map(torch.allclose, pair, right)) for pair in moved[0]),
        what="a pass in training mode moves running mean and variance after conv1_1 a tenth of the way to the batch's",
        likely=OTHER_NORM,
        reread=NETWORK,
    )


def _moved_statistics(network: Any, case: VGGCase, x: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Running means and variances of the first stage after one pass in training mode."""
    case.fill(network)
    network.train()
    with torch.no_grad():
        network(x)
    state = dict(network.named_buffers())
    norms = [name.removesuffix("running_mean") for name in state if name.endswith("running_mean")]
    pairs = [(state[f"{norm}running_mean"], state[f"{norm}running_var"]) for norm in norms]
    return [pair for pair in pairs if len(pair[0]) == case.width]


def check_default_arguments(answer: Answer) -> None:
    """Check the size of the network that no argument asks for, and its scores' shape, without values."""
    with torch.device("meta"):
        full = answer()
    full.to("meta")
    expect_equal(
        sum(parameter.numel() for parameter in full.parameters()),
        138_357_544,
        what="the number of parameters of VGG()",
        mistakes={
            Mistake("default_slide", "this is a network with two convolutions in stage 3, as the slide prints"): (
                137_767_464
            ),
            NO_BIAS: 138_344_128,
            NORM_UNASKED: 138_365_992,
            Mistake("default_depth", "VGG() has 16 layers; another depth is the default"): [
                *(132_863_336, 133_047_848, 143_667_240)
            ],
            Mistake("default_classes", "num_classes is 1000 where it is left out"): 134_301_514,
            Mistake("default_width", "width is 64 where it is left out"): [35_617_672, 9_418_936, 97_996],
        },
        reread=NETWORK,
    )
    with torch.no_grad():
        y = full(torch.empty(2, 3, 224, 224, device="meta"))
    expect_shape(y, (2, 1000), what="the scores of VGG() for 2 images", reread=NETWORK)


def check_other_depths(answer: Answer, depths: Iterable[int]) -> None:
    """Check that a depth without a network is refused."""
    for depth in depths:
        what = f"a VGG of depth {depth}"
        expect_raises(ValueError, answer, depth, num_classes=5, width=1, what=what, reread=RULES)
