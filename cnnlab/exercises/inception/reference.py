"""The published GoogLeNet with given parameters, its heads, and the networks that mistakes make of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from cnnlab import published
from cnnlab.exercises.inception.differences import NETWORK, POOLS
from cnnlab.exercises.inception.heads import RELU_AT_END, SOFTMAX, head_scores
from cnnlab.exercises.inception.module import NO_RELU, RELU6
from cnnlab.exercises.inception.shapes import WITH_HEADS, NetworkCase
from cnnlab.exercises.weights import Values
from cnnlab.tables import table
from coursekit.checks import Mistake

STEM_BARE = Mistake("stem_bare", "ReLU is missing after the convolutions of the stem", NETWORK)
MODULE_REDUCTIONS_BARE = Mistake(
    "module_reductions_bare", "ReLU is missing after the reductions of the modules", NETWORK
)
MODULES_BARE = Mistake("modules_bare", "ReLU is missing inside the modules", NETWORK)
POOLS_AVERAGE = Mistake("pools_average", "the pools take the average; take the maximum", NETWORK)
POOLS_ROUND_UP = Mistake(
    "pools_round_up",
    "the pools round up and have no padding, as the paper's; the docstring asks for padding 1",
    NETWORK,
)
POOLS_OF_2 = Mistake("pools_of_2", "the pools' windows are 2 × 2; take 3 × 3", NETWORK)
POOLS_UNPADDED = Mistake("pools_unpadded", "the pools lack their padding", NETWORK)
POOLS_STRIDE_3 = Mistake(
    "pools_stride_3", "`nn.MaxPool2d(3)` has stride 3 unless told otherwise; the pools have stride 2", NETWORK
)
NO_POOLS = Mistake("no_pools", "the pools before 4a and 5a are missing", NETWORK)
NO_POOL_4A = Mistake("no_pool_4a", "the pool before 4a is missing", NETWORK)
NO_POOL_5A = Mistake("no_pool_5a", "the pool before 5a is missing", NETWORK)
POOLS_LATE = Mistake("pools_late", "the pools come before 4b and 5b; they belong before 4a and 5a", NETWORK)
NO_POOL1 = Mistake("no_pool1", "pool1 of the stem is missing", NETWORK)
NO_POOL2 = Mistake("no_pool2", "pool2 of the stem is missing", NETWORK)
LOCAL_RESPONSE = Mistake("local_response", "there is local response normalization; leave it out", NETWORK)
GLOBAL_MAXIMUM = Mistake(
    "global_maximum",
    "the global pool takes the maximum, or a max pool follows 5b; take the average of what 5b returns",
    NETWORK,
)
MODULE_POOLS_AVERAGE = Mistake(
    "module_pools_average", "the pools inside the modules take the average; take the maximum", NETWORK
)
STEM = ("conv1", "conv2_reduce", "conv2")


class Reference:
    """The published network with the values, and its heads.

    Args:
        case: the network.
        value: the values of the parameters.
    """

    def __init__(self, case: NetworkCase, value: Values) -> None:
        rows = [row for row in table("published_networks") if row["network"] == "googlenet"]
        rows[-1] = rows[-1] | {"outputs": case.classes}
        self.case, self.value = case, value
        self.network = published.Network(rows, case.width).double().eval()
        with torch.no_grad():
            for parameter in self.network.parameters():
                parameter.copy_(value(tuple(parameter.shape)))

    def scores(self, x: Tensor) -> Tensor:
        """The scores of the last layer."""
        with torch.no_grad():
            scores: Tensor = self.network(x)
        return scores

    def head_at(self, x: Tensor, module: str) -> Tensor:
        """The scores of a head that reads what a module returns; NaN where its parameters would have other shapes."""
        maps: list[Tensor] = []
        hook = self.network.layers[f"{module}_concat"].register_forward_hook(lambda *args: maps.append(args[2]))
        self.scores(x)
        hook.remove()
        return head_scores(self.value, maps[0], self.case.classes)

    def all_scores(self, x: Tensor) -> list[Tensor]:
        """The scores of the last layer and of both heads."""
        return [self.scores(x), *(self.head_at(x, name) for name in WITH_HEADS)]

    @contextmanager
    def changed(self, layers: Mapping[str, nn.Module]) -> Iterator[None]:
        """The network with other layers, within."""
        right = {name: self.network.layers[name] for name in layers}
        self.network.layers.update(layers)
        try:
            yield
        finally:
            self.network.layers.update(right)


class _Then(nn.Module):
    """A layer that reads several tensors, and one after it."""

    def __init__(self, first: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.first, self.second = first, second

    def forward(self, *tensors: Tensor) -> Any:
        """What the second makes of the first's output."""
        return self.second(self.first(*tensors))


def known_mistakes(y: Tensor, x: Tensor, right: Reference) -> list[Mistake]:
    """The mistakes that give these scores: one in the whole network, and perhaps one after its last layer."""
    ends: tuple[tuple[Mistake, Callable[[Tensor], Tensor]], ...] = (
        (RELU_AT_END, torch.relu),
        (SOFTMAX, partial(torch.softmax, dim=1)),
        (SOFTMAX, partial(torch.log_softmax, dim=1)),
    )
    ways = ((mistake, changes) for mistake, changes in _changes(right.network.layers))
    for mistakes, changes in [([], {}), *(([mistake], changes) for mistake, changes in ways)]:
        with right.changed(changes), suppress(RuntimeError):
            scores = right.scores(x)
            if torch.allclose(y, scores):
                return list(mistakes)
            for mistake, end in ends:
                # Where softmax is near 0 or 1, only relative differences tell scores apart.
                if torch.allclose(y, end(scores), rtol=1e-6, atol=0):
                    return [*mistakes, mistake]
    return []


def _changes(parts: nn.ModuleDict) -> Iterator[tuple[Mistake, dict[str, nn.Module]]]:
    """Mistakes, and the layers that stand in the place of others after each."""
    relus = [name for name in parts if name.endswith("_relu")]
    stem = [f"{name}_relu" for name in STEM]
    inner = [name for name in relus if name.endswith("_reduce_relu") and name not in stem]

    def bare(names: Iterable[str]) -> dict[str, nn.Module]:
        return {name: nn.Identity() for name in names}

    def pools(make: Callable[[], nn.Module], names: Iterable[str] = POOLS) -> dict[str, nn.Module]:
        return {name: make() for name in names}

    yield NO_RELU, bare(relus)
    yield STEM_BARE, bare(stem)
    for name in STEM:
        yield Mistake("stem_relu", f"ReLU is missing after {name}", NETWORK), bare([f"{name}_relu"])
    yield MODULE_REDUCTIONS_BARE, bare(inner)
    yield MODULES_BARE, bare(name for name in relus if name not in stem)
    yield RELU6, {name: nn.ReLU6() for name in relus}
    yield POOLS_AVERAGE, pools(lambda: nn.AvgPool2d(3, 2, 1))
    yield POOLS_ROUND_UP, pools(lambda: nn.MaxPool2d(3, 2, ceil_mode=True))
    yield POOLS_OF_2, pools(lambda: nn.MaxPool2d(2, 2))
    yield POOLS_UNPADDED, pools(lambda: nn.MaxPool2d(3, 2))
    for padding in (0, 1):
        yield POOLS_STRIDE_3, pools(partial(nn.MaxPool2d, 3, padding=padding))
    for mistake, missing in (
        (NO_POOLS, ("pool3", "pool4")),
        (NO_POOL_4A, ("pool3",)),
        (NO_POOL_5A, ("pool4",)),
        (NO_POOL1, ("pool1",)),
        (NO_POOL2, ("pool2",)),
    ):
        yield mistake, bare(missing)
    late = {name: _Then(parts[name], nn.MaxPool2d(3, 2, 1)) for name in ("4a_concat", "5a_concat")}
    yield POOLS_LATE, bare(("pool3", "pool4")) | late
    yield (
        LOCAL_RESPONSE,
        {name: nn.Sequential(parts[name], nn.LocalResponseNorm(5)) for name in ("pool1", "conv2_relu")},
    )
    inside = [name for name in parts if name.endswith("_pool")]
    for counted in (True, False):
        yield MODULE_POOLS_AVERAGE, {name: nn.AvgPool2d(3, 1, 1, count_include_pad=counted) for name in inside}
    yield GLOBAL_MAXIMUM, {"average": nn.AdaptiveMaxPool2d(1)}
