"""The parameters of GoogLeNet by shape, and what mistakes make of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from types import MappingProxyType
from typing import Any, NamedTuple

from cnnlab.exercises.inception.differences import NETWORK
from cnnlab.exercises.inception.heads import head_weights
from cnnlab.exercises.inception.module import THREE_FOR_FIVE, module_weights
from cnnlab.exercises.weights import Shape, Slips
from cnnlab.tables import table
from coursekit.checks import Mistake

WIDTH_NOT_HEEDED = Mistake("width_not_heeded", "the width is not heeded", NETWORK)
ROUNDED = Mistake("channels_rounded", "channels are rounded; c * width // 64 rounds down", NETWORK)
STEM_NOT_SCALED = Mistake("stem_not_scaled", "the channels of the stem are not scaled by the width", NETWORK)
MODULES_NOT_SCALED = Mistake("modules_not_scaled", "the channels of the modules are not scaled by the width", NETWORK)
PAIRS_NOT_SCALED = Mistake("pairs_not_scaled", "the pairs c2 and c3 are not scaled by the width", NETWORK)
REDUCTIONS_NOT_SCALED = Mistake(
    "reductions_not_scaled", "the reductions c2[0] and c3[0] are not scaled by the width", NETWORK
)
SUM_SCALED = Mistake(
    "sum_scaled",
    "a module returns the sum of four rounded numbers, which may be less than the sum, rounded",
    NETWORK,
)
HEADS_SCALED = Mistake("heads_scaled", "the heads keep their 128 and 1024 whatever the width", NETWORK)
NO_STEM_REDUCTION = Mistake("no_stem_reduction", "conv2_reduce, the 1 × 1 convolution of the stem, is missing", NETWORK)
MAPS_FLATTENED = Mistake(
    "maps_flattened", "the maps were flattened; global average pooling leaves one number per channel", NETWORK
)
CLASSES_NOT_HEEDED = Mistake("classes_not_heeded", "num_classes is not heeded", NETWORK)
HEADS_UNASKED = Mistake(
    "heads_unasked", "without aux there are no auxiliary heads; make them only if aux is true, in __init__", NETWORK
)
NO_HEADS = Mistake(
    "no_heads",
    "with aux=True there are two auxiliary heads, made in __init__ as attributes or in an nn.ModuleDict",
    NETWORK,
)
MODULES_UNSEEN = Mistake(
    "modules_unseen",
    "nn.Module does not see the nine modules, since they stand in a plain list or dict; use nn.ModuleDict",
    NETWORK,
)
WITH_HEADS = ("4a", "4d")


class NetworkCase(NamedTuple):
    """A network: its number of classes, its width, and whether it has auxiliary heads."""

    classes: int
    width: int
    aux: bool = False

    @property
    def called(self) -> str:
        """The call that makes the network."""
        return f"GoogLeNet({self.classes}, aux={self.aux}, width={self.width})"

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the call."""
        return {"num_classes": self.classes, "aux": self.aux, "width": self.width}

    @property
    def weights(self) -> dict[str, Shape]:
        """The shapes of the weights by layer."""
        return network_weights(self)

    @property
    def slips(self) -> Slips:
        """The shapes of the weights that mistakes lead to."""
        return _network_slips(self)


def network_weights(
    case: NetworkCase,
    scaled: Callable[[int, int], int] = lambda channels, width: channels * width // 64,
    *,
    third: int = 5,
    head: float = 1,
    heads: Sequence[str] = WITH_HEADS,
    summed: bool = True,
    full: Sequence[str] = (),
    modules: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Shape]:
    """The shapes of all weights of a GoogLeNet by layer, with options that stand for mistakes.

    Args:
        case: the network.
        scaled: what becomes of a number of channels at a width.
        third: the kernel of the third branch.
        head: what the heads' 128 and 1024 are multiplied with.
        heads: which modules the heads read.
        summed: whether a layer reads the sum of scaled numbers, not the scaled sum.
        full: whose channels are not scaled: those of the stem, c1, c4, the reductions or the outputs of the pairs.
        modules: in the order they run, from the name of each to the one whose numbers it has; by default all their own.
    """

    def scale(channels: int, part: str = "") -> int:
        return channels if part in full else scaled(channels, case.width)

    def pair(channels: tuple[int, int]) -> tuple[int, int]:
        return scale(channels[0], "reduce"), scale(channels[1], "out")

    first, channels = scale(64, "stem"), scale(192, "stem")
    weights: dict[str, Shape] = {
        "conv1": (first, 3, 7, 7),
        "conv2_reduce": (first, first, 1, 1),
        "conv2": (channels, first, 3, 3),
    }
    numbers = module_channels()
    for name, numbers_of in (modules or {name: name for name in numbers}).items():
        c1, c2, c3, c4 = numbers[numbers_of]
        total = scale(c1 + c2[1] + c3[1] + c4)
        c1, c4, c2, c3 = scale(c1, "c1"), scale(c4, "c4"), pair(c2), pair(c3)
        shapes: dict[str, Shape] = module_weights((channels, c1, c2, c3, c4))
        shapes |= {"the 5 × 5": (c3[1], c3[0], third, third)}
        weights |= {f"{layer} in {name}": shape for layer, shape in shapes.items()}
        channels = c1 + c2[1] + c3[1] + c4 if summed else total
        if case.aux and name in heads:
            filters, outputs = int(128 * head), int(1024 * head)
            names = head_weights(channels, case.classes, f" at {name}")
            sizes: tuple[Shape, ...] = ((filters, channels, 1, 1), (outputs, 16 * filters), (case.classes, outputs))
            weights |= dict(zip(names, sizes, strict=True))
    return weights | {"the last layer": (case.classes, channels)}


def module_channels() -> dict[str, tuple[int, tuple[int, int], tuple[int, int], int]]:
    """The paper's c1, c2, c3 and c4 by module."""
    rows = (row for row in table("googlenet_table1") if row["n1x1"] is not None)
    return {
        row["module"]: (
            row["n1x1"],
            (row["n3x3_reduce"], row["n3x3"]),
            (row["n5x5_reduce"], row["n5x5"]),
            row["pool_proj"],
        )
        for row in rows
    }


def _network_slips(case: NetworkCase) -> Slips:
    """The shapes of the weights that mistakes lead to."""
    weights = case.weights
    *others, last = weights.values()

    def shapes(other: NetworkCase = case, **options: Any) -> list[Shape]:
        return list(network_weights(other, **options).values())

    def up(channels: int, width: int) -> int:
        return -(-channels * width // 64)

    def nearest(channels: int, width: int) -> int:
        return round(channels * width / 64)

    slips: list[tuple[Mistake, list[Shape]]] = [
        (NO_HEADS if case.aux else HEADS_UNASKED, shapes(case._replace(aux=not case.aux))),
        (MODULES_UNSEEN, [shape for name, shape in weights.items() if " in " not in name]),
        (WIDTH_NOT_HEEDED, shapes(case._replace(width=64))),
        (ROUNDED, shapes(scaled=nearest)),
        (ROUNDED, shapes(scaled=up)),
        (SUM_SCALED, shapes(summed=False)),
        (STEM_NOT_SCALED, shapes(full=("stem",))),
        (MODULES_NOT_SCALED, shapes(full=("c1", "reduce", "out", "c4"))),
        (PAIRS_NOT_SCALED, shapes(full=("reduce", "out"))),
        (REDUCTIONS_NOT_SCALED, shapes(full=("reduce",))),
        (THREE_FOR_FIVE, shapes(third=3)),
        (HEADS_SCALED, shapes(head=case.width / 64)),
        (NO_STEM_REDUCTION, [shape for name, shape in weights.items() if name != "conv2_reduce"]),
        (MAPS_FLATTENED, [*others, (case.classes, 49 * last[1])]),
        (CLASSES_NOT_HEEDED, shapes(case._replace(classes=1000))),
    ]
    if case.aux:
        for name, other in (WITH_HEADS, WITH_HEADS[::-1]):
            slips.append((_head_missing(name), shapes(heads=(other,))))
        for name in module_channels():
            slips += [(_head_made_for("4d", name), shapes(heads=("4a", name)))] if name not in WITH_HEADS else []
            slips += [(_head_made_for("4a", name), shapes(heads=(name, "4d")))] if name not in WITH_HEADS else []
    return [*slips, *_other_modules(case)]


def _other_modules(case: NetworkCase) -> Slips:
    """The shapes of the weights where a module is left out, or two are exchanged; what looks alike is told in one."""
    names = list(module_channels())
    found: dict[tuple[Shape, ...], list[str]] = {}
    for name in names:
        _add(found, case, name, [{other: other for other in names if other != name}])
    missing = [(_module_missing(meant), list(shapes)) for shapes, meant in found.items()]
    found = {}
    for first, second in combinations(names, 2):
        _add(found, case, f"{first} and {second}", _exchanged(names, first, second, case.aux))
    return [*missing, *((_modules_exchanged(meant), list(shapes)) for shapes, meant in found.items())]


def _add(
    found: dict[tuple[Shape, ...], list[str]], case: NetworkCase, meant: str, orders: Sequence[Mapping[str, str]]
) -> None:
    """Note which modules are meant, by the shapes that orders of the modules lead to."""
    for shapes in {tuple(sorted(network_weights(case, modules=order).values())) for order in orders}:
        found.setdefault(shapes, []).append(meant)


def _exchanged(names: Sequence[str], first: str, second: str, aux: bool) -> list[dict[str, str]]:
    """Modules two of which are exchanged: their numbers, or, which heads show, their names as well."""
    other = {first: second, second: first}
    order = [other.get(name, name) for name in names]
    return [dict(zip(names, order, strict=True)), *([{name: name for name in order}] if aux else [])]


def _module_missing(names: Sequence[str]) -> Mistake:
    says = f"a module is missing, {' or '.join(names)}: what follows it reads what the module before it returns"
    return Mistake("module_missing", says, NETWORK)


def _modules_exchanged(pairs: Sequence[str]) -> Mistake:
    says = f"the modules stand in another order than the table's: {' or '.join(pairs)} are exchanged, or their numbers"
    return Mistake("modules_exchanged", says, NETWORK)


def _head_missing(name: str) -> Mistake:
    return Mistake("head_missing", f"the head at {name} is missing among the parameters", NETWORK)


def _head_made_for(name: str, module: str) -> Mistake:
    says = f"the head at {name} is made for as many channels as {module} returns; it reads what {name} returns"
    return Mistake("head_made_for", says, NETWORK)
