"""Checks of GoogLeNet: its scores, those of its heads, gradients, modes and size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from cnnlab import published
from cnnlab.exercises.common import Answer
from cnnlab.exercises.inception.differences import NETWORK, POOLS, where_it_differs
from cnnlab.exercises.inception.heads import head_scores, head_weights
from cnnlab.exercises.inception.module import RELU6, THREE_FOR_FIVE, module_weights
from cnnlab.exercises.weights import (
    Shape,
    Values,
    check_parameters,
    expect_all_reached,
    expect_input_as_it_was,
    expect_reached,
    load_values,
    output_of,
    random_values,
    steady_output,
)
from cnnlab.tables import table
from coursekit.checks import Mistake, Mistakes, expect_close, expect_equal, expect_shape, expect_true, together
from coursekit.comparing import wording

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
HEADS_BY_DEFAULT = Mistake("heads_by_default", "the default is aux=False, which makes no heads", NETWORK)
AUX_NOT_HEEDED = Mistake("aux_not_heeded", "aux is not heeded", NETWORK)
TORCHVISIONS = Mistake("torchvisions", "this is torchvision's variant", NETWORK)
FIXED_WINDOW = Mistake(
    "fixed_window",
    "an average pool with a fixed window needs maps of that size; global average pooling takes any",
    NETWORK,
)

NETWORK_WITHOUT_RELU = Mistake("network_without_relu", "there is no ReLU", NETWORK)
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
GLOBAL_MAXIMUM = Mistake("global_maximum", "the global pool takes the maximum; take the average", NETWORK)
SCORES_THROUGH_RELU = Mistake(
    "scores_through_relu", "there is a ReLU after the last layer; scores may be negative", NETWORK
)
SCORES_THROUGH_SOFTMAX = Mistake("scores_through_softmax", "softmax belongs to the loss; return the scores", NETWORK)
MODULE_POOLS_AVERAGE = Mistake(
    "module_pools_average", "the pools inside the modules take the average; take the maximum", NETWORK
)

TUPLE_IN_EVALUATION = Mistake(
    "tuple_in_evaluation",
    "the auxiliary scores are returned as well; they are for training only, and self.training says which mode it is",
    NETWORK,
)
SCORES_ALONE = Mistake(
    "scores_alone",
    "one tensor came: the heads are left out, their scores are added in, or the mode is not read from self.training",
    NETWORK,
)
SCORES_COMBINED = Mistake(
    "scores_combined",
    "losses were returned, or the heads' outputs were scaled or summed up; return the scores of each",
    NETWORK,
)
SCORES_OF_A_HEAD = Mistake(
    "scores_of_a_head", "these are the scores of a head; in evaluation mode return those of the last layer", NETWORK
)
HEADS_ADDED = Mistake(
    "heads_added", "the heads' scores were added or averaged; in evaluation mode they play no part", NETWORK
)
HEADS_ORDER = Mistake("heads_order", "the order is (scores, of the head at 4a, of the head at 4d)", NETWORK)
SCORES_LAST = Mistake("scores_last", "the scores of the last layer come first", NETWORK, priority=1)
WEIGHTED = Mistake("weighted", "the weight 0.3 belongs to the loss; return the scores as they are", NETWORK)
HEADS_IN_SCORES = Mistake("heads_in_scores", "the heads take part in the scores of the last layer", NETWORK)
HEAD_READS_DETACHED = Mistake(
    "head_reads_detached", "the head reads detached maps, so that it cannot help to train the network", NETWORK
)
HEAD_ELSEWHERE = Mistake(
    "head_elsewhere",
    "the maps that the head reads come from another module: 4a for the first, 4d for the second",
    NETWORK,
)
TUPLE_WITHOUT_HEADS = Mistake(
    "tuple_without_heads", "without aux the scores come alone, in training mode as well", NETWORK
)

STEM = ("conv1", "conv2_reduce", "conv2")
WITH_HEADS = ("4a", "4d")
OUTPUTS = ("the scores", "the scores at 4a", "the scores at 4d")


class NetworkCase(NamedTuple):
    """A network: its number of classes, its width, and whether it has auxiliary heads."""

    classes: int
    width: int
    aux: bool = False

    @property
    def called(self) -> str:
        """The call that makes the network."""
        return f"GoogLeNet({self.classes}, aux={self.aux}, width={self.width})"


def network_values(answer: Answer, case: NetworkCase, size: tuple[int, int], generator: torch.Generator) -> None:
    """Compare the scores of a network for two images in evaluation mode; where they are wrong, say where it differs."""
    value = random_values(generator)
    model = _loaded_network(answer, case, value)
    right = Reference(case, value)
    x = 8 * torch.randn(2, 3, *size, generator=generator, dtype=torch.float64)
    y = _evaluated(model, x, case, right)
    what = f"what {case.called} returns for 2 images of {size[0]} × {size[1]}"
    expect_shape(y, (2, case.classes), what=what, reread=NETWORK)
    _expect_scores(y, right.scores(x), x, model, right, what)


def _expect_scores(y: Tensor, scores: Tensor, x: Tensor, model: Any, right: Reference, what: str) -> None:
    """Compare scores; where they are wrong, name the mistakes, or say where the network first differs."""
    causes: list[Mistake] = []
    if not torch.allclose(y, scores):
        differs = partial(where_it_differs, model, right.network, tuple(x.shape))
        causes = _known_mistakes(y, x, right) or [mistake for mistake in (differs(),) if mistake]
    with together():
        expect_close(y, scores, what=what, mistakes=dict.fromkeys(causes[:1], y), reread=NETWORK)
        for cause in causes[1:]:
            expect_close(y, scores, what=what, mistakes={cause: y}, reread=NETWORK)


def head_outputs(answer: Answer, case: NetworkCase, generator: torch.Generator) -> None:
    """Compare all that a network with heads returns for an image, in both modes."""
    value = random_values(generator)
    model = _loaded_network(answer, case, value)
    reference = Reference(case, value)
    x = torch.randn(1, 3, 224, 224, generator=generator, dtype=torch.float64)
    right = reference.all_scores(x)
    alone = _evaluated(model, x, case, reference)
    sums = [sum(right[1:], right[0]), sum(right[1:], right[0]) / 3, right[0] + 0.3 * (right[1] + right[2])]
    what = f"what {case.called} returns in evaluation mode"
    if any(torch.allclose(alone, wrong) for wrong in [*right[1:], *sums]):
        mistakes: Mistakes = {SCORES_OF_A_HEAD: right[1:], HEADS_ADDED: sums}
        expect_close(alone, right[0], what=what, mistakes=mistakes, reread=NETWORK)
    _expect_scores(alone, right[0], x, model, reference, what)
    outputs = _training_outputs(model, x, case)
    order = _order_of(outputs, right)
    elsewhere = {name: reference.head_at(x, name) for name in ("4b", "4c")}
    with together():
        for k, name in enumerate(OUTPUTS):
            if outputs[k] is None:
                continue
            what = f"{name} of {case.called} in training mode, for an image of 224 × 224"
            mistakes = {
                **({order: outputs[k]} if order else {}),
                WEIGHTED: 0.3 * right[k],
                SCORES_THROUGH_SOFTMAX: [right[k].softmax(1), right[k].log_softmax(1)],
                SCORES_THROUGH_RELU: right[k].relu(),
                **({_read_at(k, other): scores for other, scores in elsewhere.items()} if k else {}),
                **{_scores_of(other, name): right[j] for j, other in enumerate(OUTPUTS) if j != k and not order},
            }
            expect_close(outputs[k], right[k], what=what, mistakes=mistakes, reread=NETWORK)


def _order_of(outputs: Sequence[Tensor | None], right: Sequence[Tensor]) -> Mistake | None:
    """The mistake of returning the right scores in another order, if that is what happened."""
    for mistake, order in ((HEADS_ORDER, (0, 2, 1)), (SCORES_LAST, (1, 2, 0)), (SCORES_LAST, (2, 1, 0))):
        pairs = zip(outputs, (right[k] for k in order), strict=True)
        if all(got is None or (got.shape == one.shape and torch.allclose(got, one)) for got, one in pairs):
            return mistake
    return None


def _read_at(head: int, module: str) -> Mistake:
    """The mistake of a head that reads what another module returns."""
    return Mistake("head_reads", f"the head at {WITH_HEADS[head - 1]} reads the output of {module}", NETWORK)


def _scores_of(name: str, place: str) -> Mistake:
    """The mistake of returning these scores in place of others."""
    return Mistake("scores_of_another", f"{name} came where {place} belong", NETWORK)


def network_properties(answer: Answer, case: NetworkCase, generator: torch.Generator) -> None:
    """Check an untouched input, gradients, and training mode of a network; right values first.

    Args:
        answer: the student's class.
        case: without heads.
        generator: draws the values.
    """
    network_values(answer, case, (45, 32), generator)
    model = _loaded_network(answer, case, random_values(generator))
    x = torch.randn(2, 3, 45, 32, generator=generator, dtype=torch.float64)
    expect_input_as_it_was(model, x, reread=NETWORK)
    model.train()
    y = output_of(model, x)
    what = f"{case.called}, which has no heads, returns its scores alone in training mode"
    expect_true(not isinstance(y, tuple | list), what=what, likely=TUPLE_WITHOUT_HEADS, reread=NETWORK)
    expect_shape(y, (2, case.classes), what=f"the scores of {case.called} in training mode", reread=NETWORK)
    blank = answer(case.classes, case.aux, case.width).to("meta")
    expect_all_reached(blank, (2, 3, 45, 32), case.called, reread=NETWORK)


def head_properties_in_network(answer: Answer, case: NetworkCase) -> None:
    """Check which parameters the outputs of a network with heads send gradients to, and that the mode decides alone."""
    blank = answer(case.classes, case.aux, case.width).to("meta").train()
    x = torch.empty(2, 3, 224, 224, device="meta")
    for k, (number, mistakes) in enumerate(_reach()):
        outputs = _checked_outputs(blank(x), 2, case.called)
        expect_reached(blank, outputs[k], number, mistakes, f"output {k} of {case.called}", reread=NETWORK)
    _checked_outputs(output_of(blank, x), 2, f"{case.called} under torch.no_grad()")


def full_size(answer: Answer, *, aux: bool) -> None:
    """Check the parameters and the scores' shape of the published network, on the meta device."""
    given: dict[str, Any] = {"aux": True} if aux else {}
    counts = {False: 6_998_552, True: 13_378_280}
    network = _on_meta(answer, **given)
    count = _size(network)
    mistakes: Mistakes = {TORCHVISIONS: [6_624_904, 13_004_888], AUX_NOT_HEEDED: counts[not aux]}
    if count != counts[aux]:
        defaults: Mistakes = dict.fromkeys(_other_defaults(answer, given, counts[aux]), count)
        mistakes = defaults or mistakes
    what = f"the number of parameters of GoogLeNet({'aux=True' if aux else ''})"
    expect_equal(count, counts[aux], what=what, mistakes=mistakes, reread=NETWORK)
    y = output_of(network.eval(), torch.empty(2, 3, 224, 224, device="meta"))
    expect_shape(y, (2, 1000), what="what GoogLeNet() returns for 2 images", reread=NETWORK)


def _other_defaults(answer: Answer, given: Mapping[str, Any], right: int) -> list[Mistake]:
    """The argument without which the network has another size than with its default given, if there is one."""
    defaults = {"num_classes": 1000, "width": 64, "aux": False}
    wrong = [
        name
        for name, value in defaults.items()
        if name not in given and _size(_on_meta(answer, **given, **{name: value})) == right
    ]
    return [Mistake("other_default", f"the default of {name} is {defaults[name]}", NETWORK) for name in wrong]


def _on_meta(answer: Answer, **given: Any) -> Any:
    """A network without values."""
    with torch.device("meta"):
        return answer(**given).to("meta")


def _size(network: Any) -> int:
    """How many parameters a network has."""
    return sum(parameter.numel() for parameter in network.parameters())


def _loaded_network(answer: Answer, case: NetworkCase, value: Values) -> Any:
    """A network with the values, after checking its parameters."""
    classes, width, aux = case
    model = answer(num_classes=classes, width=width, aux=aux) if aux else answer(num_classes=classes, width=width)
    blank = answer(classes, aux, width).to("meta")
    check_parameters(blank, network_weights(case), case.called, slips=_network_slips(case), reread=NETWORK)
    expect_true(
        aux or len(list(model.parameters())) == len(list(blank.parameters())),
        what=f"GoogLeNet(num_classes={classes}, width={width}) has the layers of aux=False",
        likely=HEADS_BY_DEFAULT,
        reread=NETWORK,
    )
    load_values(model, blank, value)
    return model


def network_weights(
    case: NetworkCase,
    scaled: Callable[[int, int], int] = lambda channels, width: channels * width // 64,
    *,
    third: int = 5,
    head: float = 1,
    heads: Sequence[str] = WITH_HEADS,
    summed: bool = True,
    full: Sequence[str] = (),
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
    for name, (c1, c2, c3, c4) in module_channels().items():
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


def _network_slips(case: NetworkCase) -> list[tuple[Mistake, list[Shape]]]:
    """The shapes of the weights that mistakes lead to."""
    weights = network_weights(case)
    *others, last = weights.values()

    def shapes(other: NetworkCase = case, **options: Any) -> list[Shape]:
        return list(network_weights(other, **options).values())

    def up(channels: int, width: int) -> int:
        return -(-channels * width // 64)

    def nearest(channels: int, width: int) -> int:
        return round(channels * width / 64)

    slips = [
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
    return slips


def _head_missing(name: str) -> Mistake:
    return Mistake("head_missing", f"the head at {name} is missing among the parameters", NETWORK)


def _head_made_for(name: str, module: str) -> Mistake:
    says = f"the head at {name} is made for as many channels as {module} returns; it reads what {name} returns"
    return Mistake("head_made_for", says, NETWORK)


def _evaluated(model: Any, x: Tensor, case: NetworkCase, right: Reference) -> Tensor:
    """The scores in evaluation mode, after checking that they came alone."""

    def explain(error: Exception) -> Mistake | None:
        if not isinstance(error, RuntimeError):
            return None
        differs = where_it_differs(model, right.network, tuple(x.shape))
        return FIXED_WINDOW if "too small" in str(error) and differs and "5b" in differs.says else differs

    y = steady_output(model, x, case.called, reread=NETWORK, explain=explain)
    what = f"in evaluation mode {case.called} returns the scores alone"
    expect_true(not isinstance(y, tuple | list), what=what, likely=TUPLE_IN_EVALUATION, reread=NETWORK)
    expect_shape(y, (len(x), case.classes), what=f"the scores of {case.called}", reread=NETWORK)
    return y


def _training_outputs(model: Any, x: Tensor, case: NetworkCase) -> list[Tensor | None]:
    """What a network returns in training mode; None in the place of what dropout makes random."""
    model.train()
    first, second = (_checked_outputs(output_of(model, x), len(x), case.called) for _ in range(2))
    if not all(map(torch.equal, first, second)):
        # In training mode itself, but not what is inside: dropout layers rest.
        model.eval()
        model.training = True
        quiet = [output_of(model, x) for _ in range(2)]
        if all(isinstance(outputs, tuple | list) for outputs in quiet):
            first, second = quiet
    return [one if torch.equal(one, other) else None for one, other in zip(first, second, strict=True)]


def _checked_outputs(outputs: Any, n: int, case: str) -> Sequence[Tensor]:
    """Three sets of scores, after checking that they came as a tuple."""
    likely: Mistake | str = f"what came is {wording.kind(outputs)}"
    if isinstance(outputs, Tensor):
        likely = SCORES_ALONE
    expect_true(
        isinstance(outputs, tuple | list) and len(outputs) == 3,
        what=f"in training mode {case} returns a tuple of three, (scores, of the head at 4a, of the head at 4d)",
        likely=likely,
        reread=NETWORK,
    )
    for scores, name in zip(outputs, OUTPUTS, strict=True):
        expect_true(
            isinstance(scores, Tensor) and scores.ndim == 2 and len(scores) == n,
            what=f"{name} in training mode have shape ({n}, num_classes)",
            likely=SCORES_COMBINED,
            reread=NETWORK,
        )
    checked: Sequence[Tensor] = outputs
    return checked


def _reach() -> list[tuple[int, Mistakes]]:
    """How many parameters each of three outputs reaches, and how many after mistakes.

    The stem has 6 parameters, each module 12, each head 6, the last layer 2.
    """
    up_to = {modules: 6 + 12 * modules + 6 for modules in range(10)}
    whole = 6 + 12 * 9 + 2
    reach: list[tuple[int, Mistakes]] = [(whole, {HEADS_IN_SCORES: [whole + 6, whole + 12]})]
    for modules in (3, 6):
        elsewhere = [count for other, count in up_to.items() if other != modules]
        reach.append((up_to[modules], {HEAD_READS_DETACHED: [6], HEAD_ELSEWHERE: elsewhere}))
    return reach


# The reference


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


def _known_mistakes(y: Tensor, x: Tensor, right: Reference) -> list[Mistake]:
    """The mistakes that give these scores: one in the whole network, and perhaps one after its last layer."""
    ends: tuple[tuple[Mistake, Callable[[Tensor], Tensor]], ...] = (
        (SCORES_THROUGH_RELU, torch.relu),
        (SCORES_THROUGH_SOFTMAX, partial(torch.softmax, dim=1)),
        (SCORES_THROUGH_SOFTMAX, partial(torch.log_softmax, dim=1)),
    )
    ways = ((mistake, changes) for mistake, changes in _changes(right.network.layers))
    for made, changes in [([], {}), *(([mistake], changes) for mistake, changes in ways)]:
        with right.changed(changes), suppress(RuntimeError):
            scores = right.scores(x)
            if torch.allclose(y, scores):
                return made
            for mistake, end in ends:
                # Where softmax is near 0 or 1, only relative differences tell scores apart.
                if torch.allclose(y, end(scores), rtol=1e-6, atol=0):
                    return [*made, mistake]
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

    yield NETWORK_WITHOUT_RELU, bare(relus)
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
