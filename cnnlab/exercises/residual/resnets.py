"""The checks of ``ResNet`` and ``resnet``.

A network's parameters are given values, the same for all tensors of one kind and shape, so that its scores do not
depend on the names and the order of its layers. They are compared with those of a network made of reference blocks. If
these differ, what each mistake, and each pair of mistakes, would give is tried.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from cnnlab.exercises.common import NO_RETURN, Answer, drawing
from cnnlab.exercises.residual.blocks import (
    NOT_REGISTERED,
    Seen,
    basic_program,
    bottleneck_program,
    output_of,
    seen,
    state_of,
)
from cnnlab.exercises.residual.programs import (
    BlockProgram,
    Conv,
    Norm,
    Value,
    alike,
    distance,
    fill,
    random_values,
    words_of,
)
from cnnlab.exercises.residual.stand_ins import called_with, standing_in
from cnnlab.tables import table
from coursekit.checks import CheckFailed, Mistake, expect_close, expect_equal, expect_shape, expect_true, together
from coursekit.exercises import outcome_of, visible_check
from coursekit.questions import ask
from coursekit.seeds import grading_seed

SECTION = "ResNets"
SAME = 1e-7

# ResNet

NO_MAX_POOL = Mistake("no_max_pool", "the max pool of the stem is missing")
AVERAGE_POOL = Mistake("average_pool", "the stem's pool takes the average; take the maximum")
OTHER_POOL = Mistake("other_pool", "the stem's pool is 3 x 3 with stride 2 and padding 1; here it is another")
POOL_STRIDE = Mistake(
    "pool_stride", "the stem's max pool has stride 3, as nn.MaxPool2d(3) has unless told otherwise; give it 2"
)
STEM_STRIDE = Mistake("stem_stride", "the stem's convolution has a stride of 2; here it has another")
STEM_PADDING = Mistake("stem_padding", "the stem's convolution has a padding of 3; here it has another")
STEM_KERNEL = Mistake("stem_kernel", "the stem's convolution is 7 x 7; here it is another")
STEM_BIAS = Mistake("stem_bias", "the stem's convolution has a bias; write bias=False")
STEM_WIDTH = Mistake("stem_width", "the stem has a 7 x 7 convolution with `width` filters; 64 is only the default")
NO_STEM_RELU = Mistake("no_stem_relu", "the ReLU of the stem is missing")
NO_STEM_NORM = Mistake("no_stem_norm", "the batch norm of the stem is missing")
STEM_NORM_NOT_CALLED = Mistake("stem_norm_not_called", "the stem's batch norm is defined, but forward never calls it")
STEM_NORM_LATE = Mistake("stem_norm_late", "the stem's batch norm comes after its ReLU; it belongs before it")
MAXIMUM_IN_HEAD = Mistake("maximum_in_head", "the head takes the maximum; take the average")
POOL_OF_SEVEN = Mistake(
    "pool_of_seven", "the head pools windows of fixed size, 7 x 7; global average pooling fits maps of any size"
)
HEAD_WITHOUT_BIAS = Mistake("head_without_bias", "the linear layer has a bias")
HEAD_FEATURES = Mistake(
    "head_features",
    "the linear layer reads the channels of the last block, 8 * width, or 4 times as many with bottlenecks",
)
HEAD_CLASSES = Mistake("head_classes", "the linear layer has num_classes outputs; 1000 is only the default")
STRIDE_IN_STAGE_1 = Mistake(
    "stride_in_stage_1", "stage 1 has no stride: the max pool before it has halved the maps already"
)
NO_STRIDES = Mistake(
    "no_strides", "the stages do not halve the maps: the first block of stages 2, 3 and 4 has stride 2"
)
STRIDE_EVERYWHERE = Mistake(
    "stride_everywhere", "every block of a stage has the stride; only the first one should have it"
)
STRIDE_AT_END = Mistake("stride_at_end", "the last block of a stage has the stride; the first one should have it")
CHANNELS_STAY = Mistake("channels_stay", "the channels double from stage to stage; here they stay")
NUMBERS_REVERSED = Mistake("numbers_reversed", "the numbers of blocks are used in the wrong order")
NUMBERS_IGNORED = Mistake("numbers_ignored", "the numbers of blocks are not used: each stage has another number")
EXPANDED_TWICE = Mistake(
    "expanded_twice", "the blocks get 4 * w instead of w; a bottleneck makes 4 times as many channels itself"
)
BLOCK_REPEATED = Mistake(
    "block_repeated", "one block is used in several places, as in [block] * 2; make a new one for each"
)
NOT_EXPANDED = Mistake(
    "not_expanded", "a bottleneck returns 4 * w channels, so the next block, and the linear layer, read as many"
)
WIDTH_IGNORED = Mistake("width_ignored", "the blocks get 64, 128, 256 and 512 whatever `width` is; 64 is the default")
FIRST_STAGE_DOUBLED = Mistake(
    "first_stage_doubled", "stage 1 has `width` channels itself; doubling begins with stage 2"
)
FLATTENED = Mistake("flattened", "maps are flattened without global average pooling")
SOFTMAX = Mistake("softmax", "softmax belongs to the loss; return the scores")
RELU_AT_END = Mistake("relu_at_end", "there is a ReLU after the linear layer; scores may be negative")
OTHER_LAYERS = Mistake(
    "other_layers", "compare the stem, the blocks of each stage and the linear layer with the docstring"
)
NO_GRADIENTS = Mistake("no_gradients", "forward runs under torch.no_grad()")
GRADIENT_LOST = Mistake("gradient_lost", "something went through .detach() or torch.no_grad() on the way")
STEM_MOMENTUM = Mistake(
    "stem_momentum", "the stem's batch norm has another momentum than torch's default, or runs more than once in a pass"
)
DEFAULTS = Mistake("defaults", "num_classes is 1000 and width 64 unless told otherwise")
IN_PLACE = Mistake("in_place", "something works in place on the images (+=, inplace=True, relu_)")

Size = tuple[int, int, int]
"""What a block is made with: (in_channels, w, stride)."""


@dataclass(frozen=True)
class ResidualNetwork:
    """What a network is.

    Attributes:
        kind: of its blocks, "basic" or "bottleneck".
        sizes: what its blocks are made with.
        conv: the stem's convolution.
        stem: what the stem does, in words; "n" is its batch norm.
        pool: the stem's pool: "max" or "average", kernel, stride and padding; none if it is empty.
        head: how maps become numbers: "mean", "max", "flatten" or "seven".
        features: what the linear layer reads; by default what comes.
        classes: how many scores there are.
        bias: whether the linear layer has one.
        after: what follows.
        holds_norm: whether the stem holds a batch norm.
        holds: which blocks it holds, if they are not all of them.
    """

    kind: str
    sizes: tuple[Size, ...]
    conv: Conv
    classes: int
    stem: tuple[str, ...] = ("n", "relu")
    pool: tuple[str, int, int, int] | tuple[()] = ("max", 3, 2, 1)
    head: str = "mean"
    features: int = 0
    bias: bool = True
    after: str = ""
    holds_norm: bool = True
    holds: tuple[Size, ...] | None = None

    @property
    def expansion(self) -> int:
        """How many times w a block returns."""
        return 4 if self.kind == "bottleneck" else 1

    @property
    def layers(self) -> list[str]:
        """Its layers in words, sorted."""
        reads = self.features or self.expansion * self.sizes[-1][1]
        linear = f"linear {reads} to {self.classes}" + " without bias" * (not self.bias)
        stem = [self.conv.holds, *([Norm(self.conv.outputs).holds] if self.holds_norm else [])]
        held = self.sizes if self.holds is None else self.holds
        return sorted([*stem, linear, *(word for size in held for word in block(self.kind, size).holds)])

    def scores(self, x: Tensor, value: Value, training: bool) -> Tensor:
        """Its scores, all tensors of one kind and shape having the same values."""
        y = self.conv.apply(x, _tensors(self.conv, value))
        for word in self.stem:
            norm = Norm(self.conv.outputs)
            y = y.relu() if word == "relu" else norm.apply(y, _tensors(norm, value), training)
        if self.pool:
            kind, kernel, stride, padding = self.pool
            pool: Any = F.max_pool2d if kind == "max" else F.avg_pool2d
            y = pool(y, kernel, stride, padding)
        for size in self.sizes:
            program = block(self.kind, size)
            tensors = {name: _tensors(layer, value) for name, layer in program.layers.items()}
            y = output_of(program, tensors, y, training)
        pooled = {
            "mean": lambda: y.mean(dim=(2, 3)),
            "max": lambda: y.amax(dim=(2, 3)),
            "flatten": lambda: y.flatten(1),
        }
        y = pooled.get(self.head, lambda: F.avg_pool2d(y, 7).flatten(1))()
        bias = value("bias", (self.classes,)) if self.bias else None
        reads = self.features or self.expansion * self.sizes[-1][1]
        scores = F.linear(y, value("weight", (self.classes, reads)), bias)
        after: dict[str, Callable[[], Tensor]] = {
            "softmax": lambda: scores.softmax(1),
            "log_softmax": lambda: scores.log_softmax(1),
            "relu": scores.relu,
        }
        return after.get(self.after, lambda: scores)()


def _tensors(layer: Conv | Norm, value: Value) -> dict[str, Tensor]:
    """A layer's tensors; running statistics are copies, which may move."""
    if isinstance(layer, Norm):
        kinds = ("weight", "bias", "running_mean", "running_var")
        return {kind: value(kind, (layer.size,)).clone() for kind in kinds}
    tensors = {"weight": value("weight", (layer.outputs, layer.inputs, layer.kernel, layer.kernel))}
    return tensors | ({"bias": value("bias", (layer.outputs,))} if layer.bias else {})


def block(kind: str, size: Size) -> BlockProgram:
    """A block that is right."""
    return (bottleneck_program if kind == "bottleneck" else basic_program)(*size)


def network(kind: str, blocks: Sequence[int], classes: int, width: int) -> ResidualNetwork:
    """The network that is right."""
    return ResidualNetwork(
        kind, sizes_of(blocks, width, 4 if kind == "bottleneck" else 1), Conv(3, width, 7, 2), classes
    )


def sizes_of(
    blocks: Sequence[int],
    width: int,
    expansion: int,
    *,
    strides: Sequence[int] = (1, 2, 2, 2),
    factors: Sequence[int] = (1, 2, 4, 8),
    place_of_stride: int = 0,
    every: bool = False,
) -> tuple[Size, ...]:
    """What the blocks of a network are made with, with options that stand for mistakes."""
    sizes, channels = [], width
    for number, factor, stride in zip(blocks, factors, strides, strict=True):
        for place in range(number):
            steps = every or place == place_of_stride % number
            sizes.append((channels, factor * width, stride if steps else 1))
            channels = expansion * factor * width
    return tuple(sizes)


def slips(
    right: ResidualNetwork, blocks: Sequence[int]
) -> Iterator[tuple[Mistake, Callable[[ResidualNetwork], ResidualNetwork]]]:
    """What mistakes make of a network: each changes some of its attributes."""
    width, expansion = right.conv.outputs, right.expansion

    def to(mistake: Mistake, **changes: Any) -> tuple[Mistake, Callable[[ResidualNetwork], ResidualNetwork]]:
        return mistake, lambda network: replace(network, **changes)

    def conv(mistake: Mistake, **changes: Any) -> tuple[Mistake, Callable[[ResidualNetwork], ResidualNetwork]]:
        return mistake, lambda network: replace(network, conv=replace(network.conv, **changes))

    def sizes(mistake: Mistake, numbers: Sequence[int] = blocks, **options: Any) -> Any:
        return to(mistake, sizes=sizes_of(numbers, width, expansion, **options))

    yield to(NO_MAX_POOL, pool=())
    yield to(AVERAGE_POOL, pool=("average", 3, 2, 1))
    yield to(POOL_STRIDE, pool=("max", 3, 3, 0))
    yield to(POOL_STRIDE, pool=("max", 3, 3, 1))
    for window in ((2, 2, 0), (3, 2, 0), (3, 1, 1), (2, 1, 0), (2, 2, 1)):
        yield to(OTHER_POOL, pool=("max", *window))
    for stride in (1, 3, 4):
        yield conv(STEM_STRIDE, stride=stride)
    for padding in (0, 1, 2, 4):
        yield conv(STEM_PADDING, padding=padding)
    for kernel in (3, 5, 11):
        yield conv(STEM_KERNEL, kernel=kernel)
        yield conv(STEM_KERNEL, kernel=kernel, padding=3)
    yield conv(STEM_BIAS, bias=True)
    yield to(NO_STEM_RELU, stem=("n",))
    yield to(NO_STEM_NORM, stem=("relu",), holds_norm=False)
    yield to(STEM_NORM_NOT_CALLED, stem=("relu",))
    yield to(STEM_NORM_LATE, stem=("relu", "n"))
    yield to(MAXIMUM_IN_HEAD, head="max")
    yield to(POOL_OF_SEVEN, head="seven")
    yield to(FLATTENED, head="flatten")
    yield to(HEAD_WITHOUT_BIAS, bias=False)
    for features in {8 * width, 32 * width, 512, 2048}:
        yield to(HEAD_FEATURES, features=features)
    for classes in (1000, 10):
        yield to(HEAD_CLASSES, classes=classes)
    yield sizes(STRIDE_IN_STAGE_1, strides=(2, 2, 2, 2))
    yield sizes(NO_STRIDES, strides=(1, 1, 1, 1))
    yield sizes(STRIDE_EVERYWHERE, every=True)
    yield sizes(STRIDE_AT_END, place_of_stride=-1)
    yield sizes(CHANNELS_STAY, factors=(1, 1, 1, 1))
    yield sizes(FIRST_STAGE_DOUBLED, factors=(2, 4, 8, 16))
    for features in (0, 8 * expansion * width):
        wide = tuple(
            (width if not place else c, w, s) for place, (c, w, s) in enumerate(sizes_of(blocks, 64, expansion))
        )
        yield to(WIDTH_IGNORED, sizes=wide, features=features)
    yield sizes(NUMBERS_REVERSED, blocks[::-1])
    for numbers in ((1, 1, 1, 1), (2, 2, 2, 2), (3, 4, 6, 3)):
        yield sizes(NUMBERS_IGNORED, numbers)
    if expansion == 4:
        for features in (8 * width, 32 * width):
            yield to(NOT_EXPANDED, sizes=sizes_of(blocks, width, 1), features=features)
        sixteen = tuple((width if not place else 4 * c, 4 * w, s) for place, (c, w, s) in enumerate(right.sizes))
        yield to(EXPANDED_TWICE, sizes=sixteen)
        yield to(EXPANDED_TWICE, sizes=tuple((c, 4 * w, s) for c, w, s in right.sizes), features=32 * width)
    yield to(BLOCK_REPEATED, holds=_once_per_stage(right.sizes))
    yield to(STEM_WIDTH, conv=Conv(3, 64, 7, 2), sizes=sizes_of(blocks, 64, expansion))
    yield to(STEM_WIDTH, conv=Conv(3, 64, 7, 2))
    for after in ("softmax", "log_softmax"):
        yield to(SOFTMAX, after=after)
    yield to(RELU_AT_END, after="relu")


def _once_per_stage(sizes: Sequence[Size]) -> tuple[Size, ...]:
    """The blocks that are there if those of a stage that keep the shape are one object."""
    return tuple(dict.fromkeys(sizes))


@visible_check
def ResNet(answer: Answer, basic: Any, bottleneck: Any) -> None:
    """Check ResNet: its layers, its scores in both modes, the stem's running mean, gradients, defaults.

    Meanwhile your BasicBlock and BottleneckBlock do what they should, whatever they do otherwise.
    """
    rng = random.Random(grading_seed() + 545)
    cases = [
        ("basic", rng.choice([(2, 1, 3, 2), (1, 3, 2, 1)]), 3, 2, (64, 70)),
        ("bottleneck", rng.choice([(1, 1, 3, 1), (1, 3, 1, 2)]), rng.randint(4, 6), 2, (45, 64)),
    ]
    with standing_in(basic, bottleneck):
        for number, case in enumerate(cases):
            check_network(answer, basic if case[0] == "basic" else bottleneck, *case, seed=grading_seed() + number)
        check_network_properties(answer, basic, grading_seed() + 547)


def check_network(
    answer: Answer,
    made_of: Any,
    kind: str,
    blocks: Sequence[int],
    classes: int,
    width: int,
    size: tuple[int, int],
    *,
    seed: int,
) -> None:
    """Check a network's layers, and its scores in both modes.

    Args:
        answer: the student's ResNet.
        made_of: the student's block, which does what it should meanwhile.
        kind: "basic" or "bottleneck".
        blocks: the number of blocks of each stage.
        classes: how many scores there are.
        width: of the stem.
        size: of the images.
        seed: decides all values.
    """
    name = "BasicBlock" if kind == "basic" else "BottleneckBlock"
    case = f"ResNet({name}, {tuple(blocks)}, num_classes={classes}, width={width})"
    generator = drawing(seed + 550)
    student = answer(made_of, blocks, num_classes=classes, width=width)
    right = network(kind, blocks, classes, width)
    has = words_of(state_of(student, generator, case, SECTION))
    value = alike(random_values(generator))
    _ = fill(student, value)
    x = torch.randn(3, 3, *size, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        what = [seen(student, x, training) for training in (False, True)]
    causes = _causes(right, blocks, has, what, value)
    with together():
        for cause in causes or [[]]:
            _compare(right, has, what, value, cause, case)


def _is_made_by(one: Seen, network: ResidualNetwork, value: Value) -> bool:
    try:
        right = network.scores(one.x, value, one.training)
    except RuntimeError as error:
        return one.error is not None and str(error)[:60] in str(one.error)
    return distance(one.got, right) < SAME * (1 + float(right.abs().max()))


def _causes(
    right: ResidualNetwork, blocks: Sequence[int], has: list[str], what: Sequence[Seen], value: Value
) -> list[list[Mistake]]:
    """The mistakes that explain a network: those that one may be, or two that were made together; empty if unknown."""

    def explains(network: ResidualNetwork) -> bool:
        return network.layers == has and all(_is_made_by(one, network, value) for one in what)

    if explains(right):
        return []
    single = [(mistake, change, change(right)) for mistake, change in slips(right, blocks)]
    exact = [mistake for mistake, _, network in single if network != right and explains(network)]
    if exact:
        return [list(dict.fromkeys(exact))]
    # Images do not meet in evaluation mode, so a single one sorts out most pairs.
    glance = [replace(what[0], x=what[0].x[:1], got=what[0].got[:1])] if isinstance(what[0].got, Tensor) else []
    for place, (first, _, network) in enumerate(single):
        for second, change, _ in single[place + 1 :]:
            both = change(network)
            if first == second or both.layers != has:
                continue
            if all(_is_made_by(one, both, value) for one in glance) and explains(both):
                return [[first], [second]]
    if right.layers != has:
        fitting = [mistake for mistake, _, network in single if network.layers == has]
        fitting = fitting or _parts_that_differ(right, has)
        return [[mistake] for mistake in dict.fromkeys(fitting)][:2] or [[OTHER_LAYERS]]
    return []


def _parts_that_differ(right: ResidualNetwork, has: list[str]) -> list[Mistake]:
    """Which part of a network is not as it should be, if no mistake explains it."""
    if not has:
        return [NOT_REGISTERED]
    missing = Counter(right.layers) - Counter(has)
    extra = Counter(has) - Counter(right.layers)
    found = []
    if any(not word.startswith(("7x7", "linear")) for word in extra):
        return [OTHER_LAYERS]
    for begin, mistake in (("7x7", STEM_WIDTH), ("linear", HEAD_FEATURES)):
        if any(word.startswith(begin) for word in missing):
            came = [word for word in extra if word.startswith(begin)]
            scores = came and came[0].split()[1] == str(right.expansion * right.sizes[-1][1])
            found.append(HEAD_CLASSES if begin == "linear" and scores else mistake)
    if found or extra:
        return found
    return [BLOCK_REPEATED if set(missing) <= set(has) else NOT_REGISTERED]


def _compare(
    right: ResidualNetwork, has: list[str], what: Sequence[Seen], value: Value, causes: Sequence[Mistake], case: str
) -> None:
    """Compare the layers first, then the scores."""
    missing, extra = Counter(right.layers) - Counter(has), Counter(has) - Counter(right.layers)
    if missing or extra:
        lists = ", ".join(
            f"{says} {sorted(words.elements())[:4]}"
            for says, words in (("missing", missing), ("besides", extra))
            if words
        )
        problem = f"the layers of {case} are not those of a stem, {len(right.sizes)} blocks and one linear layer"
        expect_true(False, what=f"{problem} ({lists})", likely=causes[0] if causes else "", reread=SECTION)
        return
    expect_equal(has, right.layers, what=f"the list of layers of {case}")
    for one in what:
        if one.error is not None:
            _report(one.error, causes)
        scores = right.scores(one.x, value, one.training)
        said = f"the scores of {case} in {one.mode} mode for images of {one.x.shape[2]} x {one.x.shape[3]}"
        expect_shape(one.got, tuple(scores.shape), what=said, reread=SECTION)
        expect_close(
            one.got, scores, what=said, rtol=SAME, atol=1e-8, mistakes=dict.fromkeys(causes, one.got), reread=SECTION
        )


def _report(error: Exception, causes: Sequence[Mistake]) -> None:
    """Raise an error of the student's code, with its cause if that is known."""
    if not causes:
        raise error
    first, *place = str(outcome_of("", error)).splitlines()
    what = f"{first.rstrip('.')} ({place[0]})" if place else first.rstrip(".")
    raise CheckFailed(what, likely=list(causes), reread=SECTION, problem="{what}") from None


def check_network_properties(answer: Answer, basic: Any, seed: int) -> None:
    """Check what a network with the right scores leaves behind: images, running mean, gradients; and its defaults."""
    blocks, classes, width = (1, 2, 1, 1), 3, 2
    check_network(answer, basic, "basic", blocks, classes, width, (64, 64), seed=seed)
    student = answer(basic, blocks, num_classes=classes, width=width)
    generator = drawing(seed)
    value = alike(random_values(generator))
    _ = fill(student, value)
    x = torch.randn(2, 3, 64, 64, generator=generator, dtype=torch.float64)
    given = x.clone()
    student.train()
    y = student(given)
    stem = Conv(3, width, 7, 2)
    mean = stem.apply(x, _tensors(stem, value)).mean(dim=(0, 2, 3))
    moved = 0.9 * value("running_mean", (width,)) + 0.1 * mean
    means = [tensor for name, tensor in student.state_dict().items() if name.endswith("running_mean")]
    with together():
        expect_true(torch.equal(given, x), what="the network leaves the images as they are", likely=IN_PLACE)
        expect_true(
            any(tensor.shape == moved.shape and distance(tensor, moved) < 1e-9 for tensor in means),
            what="after one pass in training mode, the stem's running mean has gone a tenth of the way to the batch's",
            likely=STEM_MOMENTUM,
            reread=SECTION,
        )
        expect_true(y.requires_grad, what="gradients flow through the network", likely=NO_GRADIENTS, reread=SECTION)
        if y.requires_grad:
            y.square().sum().backward()
            expect_true(
                all(parameter.grad is not None for parameter in student.parameters()),
                what="a gradient reaches every parameter of the network",
                likely=GRADIENT_LOST,
                reread=SECTION,
            )
        with torch.device("meta"):
            full = answer(basic, (1, 1, 1, 1))
        full.to("meta")
        ends = [word for word in words_of(full.state_dict()) if word.startswith(("7x7", "linear"))]
        expect_equal(
            ends,
            ["7x7 conv 3 to 64", "linear 512 to 1000"],
            what="the list of the first and the last layer of ResNet(BasicBlock, (1, 1, 1, 1))",
            mistakes={DEFAULTS: ends},
            reread=SECTION,
        )


# resnet

BASIC_FROM_50 = Mistake("basic_from_50", "this is a network of basic blocks; from 50 layers on they are bottlenecks")
BOTTLENECKS_TO_34 = Mistake(
    "bottlenecks_to_34", "this is a network of bottlenecks; up to 34 layers the blocks are basic ones"
)
OTHER_BLOCK = Mistake("other_block", "ResNet gets neither BasicBlock nor BottleneckBlock; pass one of these classes")
NUMBERS = Mistake("numbers", "the numbers of blocks per stage are not those of this row of RESNETS")
TEN_CLASSES = Mistake("ten_classes", "ImageNet has 1000 classes; leave num_classes at its default")
OTHER_WIDTH = Mistake("other_width", "the published networks have a width of 64; leave it at its default")
NOT_THE_NETWORK = Mistake(
    "not_the_network",
    "something stands around the network, such as softmax after it; return the ResNet itself",
)
EXCHANGED = Mistake("exchanged", "layers were exchanged or added after ResNet had made them; return it as it is")
REFUSES = Mistake("refuses", "a missing key of a dict raises KeyError; ask first whether the depth is in RESNETS")


@visible_check
def resnet(answer: Answer, network: Any, basic: Any, bottleneck: Any) -> None:
    """Check what resnet makes a ResNet of, for each depth, and that it refuses others.

    Meanwhile your ResNet notes what it is called with, and its blocks do what they should.
    """
    check_depths(answer, network, basic, bottleneck)
    with standing_in(basic, bottleneck, network), together():
        rng = random.Random(grading_seed() + 555)
        for depth in (20, *rng.sample([0, 9, 19, 56, 110, 200], 3)):
            expect_value_error(answer, depth)


def expect_value_error(function: Answer, depth: int) -> None:
    """Check that a depth that is not in the table is refused with a ValueError."""
    try:
        result = function(depth)
    except NotImplementedError:
        raise
    except Exception as error:
        name = getattr(error, "type_name", type(error).__name__).rpartition(".")[2]
        likely = REFUSES if name == "KeyError" else ""
        what = f"resnet({depth}) ends in a ValueError, since there is no such network (it ended in {name})"
        expect_true(name == "ValueError", what=what, likely=likely, reread=SECTION)
    else:
        what = f"resnet({depth}) ends in a ValueError, since there is no such network"
        expect_true(result is function, what=what, likely="nothing was raised", reread=SECTION)


def check_depths(answer: Answer, network: Any, basic: Any, bottleneck: Any) -> None:
    """Check what a ResNet is made with for each depth."""
    rows = {
        row["depth"]: (row["block"], [row[f"blocks{stage}"] for stage in (1, 2, 3, 4)])
        for row in table("resnet_architectures")
    }
    with standing_in(basic, bottleneck, network):
        for depth, (kind, blocks) in rows.items():
            student = answer(depth)
            expect_true(
                student is not None, what=f"resnet({depth}) returns a network", likely=NO_RETURN, reread=SECTION
            )
            noted = ask("called_with", student, called_with)
            expect_true(
                isinstance(noted, list) and len(noted) == 5,
                what=f"resnet({depth}) returns a ResNet",
                likely=NOT_THE_NETWORK,
                reread=SECTION,
            )
            others = {other: numbers for other, (_, numbers) in rows.items() if numbers != blocks}
            _compare_call(noted, depth, kind, blocks, others)
            made = network(basic if kind == "basic" else bottleneck, blocks)
            expect_true(
                _shapes(student) == _shapes(made),
                what=f"resnet({depth}) returns the ResNet as it was made",
                likely=EXCHANGED,
                reread=SECTION,
            )


def _shapes(network: Any) -> list[tuple[int, ...]]:
    """The shapes of a network's parameters and buffers, in order."""
    return [tuple(value.shape) for value in network.state_dict().values()]


def _compare_call(noted: list[Any], depth: int, kind: str, blocks: list[int], others: dict[int, list[int]]) -> None:
    """Compare what a ResNet was made with."""
    came, numbers, classes, width, same = noted
    call = f"with which resnet({depth}) calls ResNet"
    with together():
        expect_equal(
            came or "another class",
            kind,
            what=f"the kind of block {call}",
            mistakes={BASIC_FROM_50: "basic", BOTTLENECKS_TO_34: "bottleneck", OTHER_BLOCK: "another class"},
            reread=SECTION,
        )
        known: dict[Mistake | str, Any] = {
            f"these are the numbers of ResNet-{other}": row for other, row in others.items() if row == numbers
        }
        expect_equal(
            numbers,
            blocks,
            what=f"the list of numbers of blocks {call}",
            mistakes=known or {NUMBERS: numbers},
            reread=SECTION,
        )
        expect_equal(classes, 1000, what=f"num_classes {call}", mistakes={TEN_CLASSES: classes}, reread=SECTION)
        expect_equal(width, 64, what=f"the width {call}", mistakes={OTHER_WIDTH: width}, reread=SECTION)
        expect_true(
            same is True, what=f"resnet({depth}) returns the ResNet as it was made", likely=EXCHANGED, reread=SECTION
        )
