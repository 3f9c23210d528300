"""AlexNet as a module: parameters found by their shapes, then compared with a reference that holds the same ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from itertools import combinations
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from cnnlab.exercises.common import NO_GRADIENT, Answer
from cnnlab.exercises.layers import layer_by_layer
from cnnlab.published import Network, network
from coursekit.cases import Case, Wrong, differ, expect_cases
from coursekit.checks import Mistake, expect_close, expect_equal, expect_shape, expect_true

NETWORK = "From the table to a network"
LAYERS = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")
# What `layer_by_layer` calls the layers of the reference that have sizes of their own.
NAMES = (
    "conv1",
    "pool1",
    "conv2",
    "pool2",
    "conv3",
    "conv4",
    "conv5",
    "pool5",
    "the adaptive pool",
    "fc6",
    "fc7",
    "fc8",
)
PLAIN_LIST = Mistake(
    "plain_list",
    "the layers stand in a plain list, or are no attributes of the module, so it does not know their parameters; "
    "use nn.Sequential or nn.ModuleList",
)
LAZY = Mistake("lazy", "a lazy layer has no parameters before its first call; give each layer its sizes")
FC6_AT_64 = 9216
FULL_WIDTH = Mistake("full_width", "fc6 has 9216 inputs only when width is 64; compute them from the channels of conv5")
GROUPS = Mistake("groups", "this is the grouped convolution of the two-GPU original; leave groups out")
NO_BIASES_AT_ALL = Mistake("no_biases_at_all", "no layer has a bias; leave bias=False out")
NO_CONV_BIASES = Mistake("no_conv_biases", "the convolutions have no biases; leave bias=False out")
NO_LINEAR_BIASES = Mistake("no_linear_biases", "the fully-connected layers have no biases; leave bias=False out")
BATCH_NORM = Mistake("batch_norm", "there is batch normalization; AlexNet is older than that, so leave it out")
MORE_PARAMETERS = Mistake(
    "more_parameters", "there are parameters or buffers besides weights and biases; leave them out"
)
ORDER_OF_BIASES = Mistake(
    "order_of_biases", "weights and biases stand apart; use nn.Conv2d and nn.Linear, which hold both"
)
NO_RETURN = Mistake("no_return_of_scores", "forward ends without a return statement")
NO_TENSOR = Mistake("no_tensor_of_scores", "something else than one tensor is returned")
DROPOUT_ALWAYS_ON = Mistake(
    "dropout_always_on", "F.dropout needs training=self.training; nn.Dropout heeds the mode by itself"
)
UNREACHED = Mistake(
    "unreached", "something went through .detach(), .data or torch.no_grad() on the way, or does not require gradients"
)
NO_FLATTEN = Mistake(
    "no_flatten",
    "flatten is missing: a linear layer reads rows of numbers, so the maps of each image become one row first",
)
INPUTS_OF_FC6 = Mistake(
    "inputs_of_fc6", "the in_features of fc6 are not what flatten returns, which is 4 * width maps of 6 × 6"
)
BATCH_FLATTENED = Mistake(
    "batch_flattened", "the images of the batch were flattened into one row; torch.flatten(x, 1) leaves the batch alone"
)
NO_ADAPTIVE_POOL = Mistake(
    "no_adaptive_pool",
    "the adaptive average pool to 6 × 6 is missing; without it the network reads images of one size only",
)
NO_RELU = Mistake("no_relu", "there is no ReLU")
NO_RELU_AFTER_CONV = Mistake("no_relu_after_conv", "ReLU is missing after the convolutions")
NO_RELU_AFTER_FC = Mistake("no_relu_after_fc", "ReLU is missing after fc6 and fc7")
RELU_ON_SCORES = Mistake("relu_on_scores", "there is a ReLU after fc8; scores may be negative")
SOFTMAX = Mistake("softmax", "softmax belongs to the loss; return the scores")
SQUASHED = Mistake("squashed", "a function such as sigmoid follows fc8; return the scores as they are")
OTHER_ACTIVATION = Mistake("other_activation", "another function stands where ReLU belongs")
TANH = Mistake("tanh", "tanh stands where ReLU belongs")
AVERAGE_POOLS = Mistake("average_pools", "the pools take the average; take the maximum")
POOLS_OF_TWO = Mistake("pools_of_two", "the pools' windows are 2 pixels wide; AlexNet's are 3")
NO_PADDING_IN_CONV1 = Mistake("no_padding_in_conv1", "conv1 has no padding; that is the paper's network")
RESPONSE_NORMALIZATION = Mistake("response_normalization", "there is local response normalization; leave it out")
CHANNELS_LAST = Mistake("channels_last", "flatten takes the channels last; take them first")
ADAPTIVE_MAXIMUM = Mistake("adaptive_maximum", "the adaptive pool takes the maximum; take the average")
RESIZED = Mistake("resized", "the maps were resized or cut; an adaptive average pool was asked for")
POOL_STRIDE = Mistake(
    "pool_stride", "the stride of a pool is its kernel unless told otherwise: nn.MaxPool2d(3) has stride 3, not 2"
)
OF_2012 = Mistake("of_2012", "this is the network of 2012")
WEIGHTS_ONLY = Mistake("weights_only", "these are the weights without biases")
PARAMETERS = 61_100_840
AVERAGED = 6  # the side of the maps after the adaptive pool

State: TypeAlias = dict[str, Tensor]


def reference(num_classes: int, width: int, seed: int) -> Network:
    """AlexNet in float64 with weights and biases that are drawn, so that every layer matters.

    Args:
        num_classes: the number of scores.
        width: filters of the first convolution.
        seed: chooses the values.
    """
    generator = torch.Generator().manual_seed(seed)
    model = network("alexnet", width).double().eval()
    model.layers["fc8"] = nn.Linear(64 * width, num_classes, dtype=torch.float64)
    with torch.no_grad():
        for parameter in model.parameters():
            drawn = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            scale = 0.3 if parameter.ndim == 1 else (2 / parameter[0].numel()) ** 0.5
            parameter.copy_(scale * drawn)
    return model


def compare_scores(
    answer: Answer,
    num_classes: int,
    width: int,
    sizes: Sequence[tuple[int, int]],
    *,
    seed: int,
    images: int = 2,
) -> Any:
    """Compare an answer's scores with the reference's, for images of several sizes.

    Args:
        answer: the student's class.
        num_classes: the number of scores.
        width: filters of the first convolution.
        sizes: heights and widths; the first is one that needs no adaptive pool, such as 227 × 227.
        seed: chooses weights, biases and images.
        images: how many images there are in a batch.

    Returns:
        The student's network, with the reference's parameters and in evaluation mode.
    """
    right = reference(num_classes, width, seed)
    model = answer(num_classes=num_classes, width=width)
    with parted(model, right, (1, 3, *sizes[0])):
        load_parameters(model, right)
    generator = torch.Generator().manual_seed(seed + 1)
    for index, size in enumerate(sizes):
        x = torch.randn(images, 3, *size, generator=generator, dtype=torch.float64)
        with torch.no_grad(), parted(model, right, tuple(x.shape)):
            y = scores(model, x, fits_others=index > 0)
            what = f"the scores of {num_classes} classes for {images} images of {size[0]} × {size[1]} at width={width}"
            expected = right(x)
            expect_shape(y, tuple(expected.shape), what=what, reread=NETWORK)
            wrong = _score_mistakes(right, x) if differ(y, expected) else {}
            expect_cases([Case(what, y, expected, wrong)], reread=NETWORK, compare=expect_close, differs=differ)
    return model


def parted(model: Any, right: nn.Module, shape: tuple[int, ...]) -> Any:
    """Within, a failure without a known cause says where the network parts from the reference."""
    return layer_by_layer(model, right, shape, names=NAMES, reread=NETWORK)


def load_parameters(model: Any, right: Network) -> None:
    """Put the reference's parameters into a network, which makes it ready to be compared."""
    state = _state_of(model)
    given = right.state_dict()
    found = find_parameters(state, given)
    model.double()
    model.load_state_dict({mine: given[its] for its, mine in found.items()}, strict=False)
    model.eval()
    hidden = given["layers.fc7.weight"].shape[0]
    inputs = {value.shape[1] for value in state.values() if value.ndim == 2 and value.shape[0] == hidden}
    if inputs <= {hidden} or "layers.fc6.weight" in found or _takes(model, torch.zeros(1, 3, 227, 227).double()):
        check_parameters(state, given, found)
        return
    what = f"fc6 reads {given['layers.fc6.weight'].shape[1]} numbers at width={given['layers.conv1.bias'].numel()}"
    expect_true(False, what=what, likely=INPUTS_OF_FC6, reread=NETWORK)


def _state_of(model: Any) -> State:
    """A network's parameters and buffers, each by the first of its names."""
    try:
        state: State = dict([*model.named_parameters(), *model.named_buffers()])
        _ = [tuple(value.shape) for value in state.values()]
    except (RuntimeError, ValueError, TypeError) as error:
        if "uninitialized" not in str(error).lower():
            raise
        expect_true(False, what="all parameters have their shapes from the start", likely=LAZY, reread=NETWORK)
        raise
    return state


def find_parameters(state: State, given: State) -> dict[str, str]:
    """From the reference's parameters to those of a network, found by the shapes of the weights.

    No two weights of AlexNet have the same shape. A bias is named as its weight is; where none is, biases come in the
    order of their weights.
    """
    weights = {name: tuple(value.shape) for name, value in state.items() if value.ndim > 1}
    biases = [name for name, value in state.items() if value.ndim == 1]
    found = {}
    for layer in LAYERS:
        its = f"layers.{layer}.weight"
        mine = [name for name, shape in weights.items() if shape == tuple(given[its].shape)]
        if len(mine) != 1:
            continue
        found[its] = mine[0]
        bias = mine[0].removesuffix("weight") + "bias"
        if bias not in biases and len(biases) == len(weights):
            bias = biases[list(weights).index(mine[0])]
        if bias in biases and state[bias].shape == given[f"layers.{layer}.bias"].shape:
            found[f"layers.{layer}.bias"] = bias
    return found


def check_parameters(state: State, given: State, found: Mapping[str, str]) -> None:
    """Check that a network has AlexNet's weights and biases, and no others."""
    weights = [tuple(value.shape) for value in state.values() if value.ndim > 1]
    for layer in LAYERS:
        shape = tuple(given[f"layers.{layer}.weight"].shape)
        halved = (shape[0], shape[1] // 2, *shape[2:])
        grouped = layer.startswith("conv") and layer != "conv1" and halved in weights
        full = layer == "fc6" and any(len(one) == 2 and one[1] == FC6_AT_64 != shape[1] for one in weights)
        expect_true(
            f"layers.{layer}.weight" in found,
            what=f"the weight of {layer} has shape {shape} at width={given['layers.conv1.bias'].numel()}",
            likely=GROUPS
            if grouped
            else FULL_WIDTH
            if full
            else PLAIN_LIST
            if not weights
            else _reads(layer, shape, weights),
            reread=NETWORK,
        )
    what = "the number of weights (convolutions and fully-connected layers)"
    expect_equal(len(weights), len(LAYERS), what=what, reread=NETWORK)
    biases = sorted(tuple(value.shape) for value in state.values() if value.ndim == 1)
    without = [layer for layer in LAYERS if f"layers.{layer}.bias" not in found]
    some = Mistake("some_biases", f"there is no bias in {', '.join(without)}; leave bias=False out", priority=-1)
    right = {layer: tuple(given[f"layers.{layer}.bias"].shape) for layer in LAYERS}
    expect_equal(
        biases,
        sorted(right.values()),
        what="the list of the shapes of all biases",
        mistakes={
            NO_BIASES_AT_ALL: [[]],
            NO_CONV_BIASES: [sorted(right[layer] for layer in LAYERS if layer.startswith("fc"))],
            NO_LINEAR_BIASES: [sorted(right[layer] for layer in LAYERS if layer.startswith("conv"))],
            BATCH_NORM: [biases] if any(name.endswith("running_mean") for name in state) else [],
            some: [biases] if len(biases) + len(without) == len(LAYERS) else [],
        },
        reread=NETWORK,
    )
    others = [name for name, value in state.items() if not value.ndim]
    what = "there are no parameters or buffers besides weights and biases"
    what += f"; state_dict() lists {', '.join(others)}" if others else ""
    expect_true(not others, what=what, likely=MORE_PARAMETERS, reread=NETWORK)
    what = "state_dict() lists the biases in the order of their weights"
    expect_true(len(found) == 2 * len(LAYERS), what=what, likely=ORDER_OF_BIASES, reread=NETWORK)


def _reads(layer: str, shape: tuple[int, ...], weights: Sequence[tuple[int, ...]]) -> str:
    """Whether a layer was made for another input, as a clause; empty where none is like it but for that."""
    alike = [one for one in weights if len(one) == len(shape) and (one[0], *one[2:]) == (shape[0], *shape[2:])]
    return f"{layer} is made for an input of {alike[0][1]}, not {shape[1]}" if len(alike) == 1 else ""


def scores(model: Any, x: Tensor, *, fits_others: bool = False) -> Any:
    """What a network returns for images, in evaluation mode; twice the same.

    Args:
        model: the student's network.
        x: images.
        fits_others: whether it took images of another size.
    """
    try:
        y = model(x)
    except RuntimeError as error:
        if fits_others:
            expect_true(False, what=_raised(error, x), likely=NO_ADAPTIVE_POOL, reread=NETWORK)
        if f"x{AVERAGED} and " in str(error):
            expect_true(False, what=_raised(error, x), likely=NO_FLATTEN, reread=NETWORK)
        if _takes(model, x[:1]):
            expect_true(False, what=_raised(error, x), likely=BATCH_FLATTENED, reread=NETWORK)
        raise
    expect_true(
        isinstance(y, Tensor),
        what="forward returns one tensor, the scores",
        likely=NO_RETURN if y is None else NO_TENSOR,
        reread=NETWORK,
    )
    what = "two passes in evaluation mode give the same"
    expect_true(torch.equal(y, model(x)), what=what, likely=DROPOUT_ALWAYS_ON, reread=NETWORK)
    return y


def _raised(error: RuntimeError, x: Tensor) -> str:
    return f"the network takes images of shape {tuple(x.shape)} ({error})"


def _takes(model: Any, x: Tensor) -> bool:
    """Whether a network takes a batch."""
    try:
        model(x)
    except RuntimeError:
        return False
    return True


def check_gradients(model: Any) -> None:
    """Check that gradients flow from the scores to every parameter of a network in float64."""
    y = model(torch.randn(1, 3, 99, 99, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    expect_true(y.requires_grad, what="gradients flow through the network", likely=NO_GRADIENT, reread=NETWORK)
    y.square().sum().backward()
    reached = all(parameter.grad is not None for parameter in model.parameters())
    expect_true(reached, what="a gradient reaches every parameter", likely=UNREACHED, reread=NETWORK)


def compare_defaults(answer: Answer) -> None:
    """Compare AlexNet() with the lecture's network, on the meta device."""
    with torch.device("meta"):
        full, right = answer(), network("alexnet")
    full.to("meta")
    with parted(full, right, (1, 3, 227, 227)):
        state, given = _state_of(full), right.state_dict()
        check_parameters(state, given, find_parameters(state, given))
        expect_equal(
            sum(parameter.numel() for parameter in full.parameters()),
            PARAMETERS,
            what="the number of parameters of AlexNet()",
            mistakes={WEIGHTS_ONLY: 61_090_496, OF_2012: [60_965_224, 62_378_344]},
            reread=NETWORK,
        )
        y = full.eval()(torch.empty(2, 3, 227, 227, device="meta"))
        expect_shape(y, (2, 1000), what="the scores of AlexNet() for 2 images", reread=NETWORK)


class _Applied(nn.Module):
    """A function as a layer."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        """What the function gives."""
        return self.function(x)


def _score_mistakes(right: Network, x: Tensor) -> Wrong:
    """What common mistakes give for the scores, alone and two at a time, found by changing layers of the reference."""
    relus = [name for name in right.layers if name.endswith("_relu")]
    pools = ("pool1", "pool2", "pool5")
    conv1 = right.layers["conv1"]
    assert isinstance(conv1, nn.Conv2d)

    def changed(names: Sequence[str], layer: Callable[[], nn.Module]) -> Tensor:
        model = deepcopy(right)
        for name in names:
            model.layers[name] = layer()
        scored: Tensor = model(x)
        return scored

    paper = nn.Conv2d(3, conv1.out_channels, 11, 4, dtype=torch.float64)
    paper.load_state_dict(conv1.state_dict())
    y = right(x)
    of_convs = [name for name in relus if name.startswith("conv")]
    alone: dict[Mistake, Any] = {
        NO_RELU: changed(relus, nn.Identity),
        NO_RELU_AFTER_CONV: changed(of_convs, nn.Identity),
        NO_RELU_AFTER_FC: changed(["fc6_relu", "fc7_relu"], nn.Identity),
        **{_no_relu_after(name): changed([name], nn.Identity) for name in relus},
        TANH: changed(relus, nn.Tanh),
        OTHER_ACTIVATION: [changed(relus, one) for one in (nn.Sigmoid, nn.LeakyReLU, nn.GELU, nn.ELU, nn.SiLU)],
        RELU_ON_SCORES: y.relu(),
        SOFTMAX: [y.softmax(1), y.log_softmax(1)],
        SQUASHED: [y.sigmoid(), y.tanh()],
        AVERAGE_POOLS: changed(pools, lambda: nn.AvgPool2d(3, 2)),
        POOLS_OF_TWO: changed(pools, lambda: nn.MaxPool2d(2, 2)),
        POOL_STRIDE: changed(pools, lambda: nn.MaxPool2d(3)),
        NO_PADDING_IN_CONV1: changed(["conv1"], lambda: paper),
        RESPONSE_NORMALIZATION: [
            changed(of_convs[:2], lambda: nn.Sequential(nn.ReLU(), nn.LocalResponseNorm(5, 1e-4, 0.75, 2.0))),
            changed(of_convs[:2], lambda: nn.Sequential(nn.ReLU(), nn.LocalResponseNorm(5))),
        ],
        CHANNELS_LAST: changed(["flatten"], lambda: _Applied(lambda maps: maps.movedim(1, 3).flatten(1))),
        ADAPTIVE_MAXIMUM: changed(["average"], lambda: nn.AdaptiveMaxPool2d(6)),
        RESIZED: [
            changed(["average"], lambda: nn.Upsample((6, 6))),
            changed(["average"], lambda: nn.Upsample((6, 6), mode="bilinear")),
            changed(["average"], lambda: _Applied(lambda maps: maps[:, :, :6, :6])),
        ],
    }
    two: Wrong = {
        (_no_relu_after(one), _no_relu_after(other)): changed([one, other], nn.Identity)
        for one, other in combinations(relus, 2)
    }
    return two | {(mistake,): value for mistake, value in alone.items()}


def _no_relu_after(name: str) -> Mistake:
    layer = name.removesuffix("_relu")
    return Mistake(f"no_relu_after_{layer}", f"ReLU is missing after {layer}")
