"""Checks of what layers of GoogLeNet cost, against layers that are made and run, on the meta device."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import nn

from cnnlab.exercises.cases import Case, Causes, Wrong, expect_cases, explanation
from cnnlab.exercises.common import Answer, expect_refusals
from cnnlab.exercises.inception.module import PAIRS_REVERSED
from cnnlab.measure import measure
from cnnlab.tables import table
from coursekit.checks import Mistake, Mistakes, expect_close, expect_equal, expect_true, together
from coursekit.comparing.equality import exact_difference

STEM, SAVED, POOLING = "An aggressive stem", "What the bottlenecks save", "Global average pooling"


# stem_table

NO_TABLE = Mistake("no_table", "the table is a list with one dict per layer; see the docstring's Returns", STEM)
NO_RETURN = Mistake("no_return", "the return is missing")
NO_ROWS_FOR_POOLS = Mistake("no_rows_for_pools", "pools have a row, too", STEM)
ROWS_OF_EARLIER_CALLS = Mistake(
    "rows_of_earlier_calls", "the rows of an earlier call are still there; make a new list in each", STEM
)
PADDING_LEFT_OUT = Mistake("padding_left_out", "the padding is missing; it goes on both sides", STEM)
PADDING_ONCE = Mistake("padding_once", "the padding is counted once; it goes on both sides", STEM)
NO_PLUS_ONE = Mistake("no_plus_one", "the + 1 is missing: the starting position counts", STEM)
NOT_ROUNDED_DOWN = Mistake("not_rounded_down", "sizes round down, to an int", STEM)
SIZE_PRECEDENCE = Mistake(
    "size_precedence",
    "// binds tighter than + and −: size + 2 * padding − kernel needs parentheses before the division",
    STEM,
)
NO_STRIDE = Mistake("no_stride", "the stride is missing: size + 2 * padding − kernel is divided by it", STEM)
RETURN_IN_LOOP = Mistake("return_in_loop", "the return stands in the loop, which ends after its first layer then", STEM)
ONE_MAP = Mistake("one_map", "this is the memory of one map; the output has one for each channel", STEM)
SIZE_NOT_CARRIED = Mistake(
    "size_not_carried", "the size was not carried along: a layer reads what the layer before it returns", STEM
)
OTHER_IMAGE = Mistake("other_image", "the image has another size; it is 224 pixels wide", STEM)
FILTERS_NOT_TAKEN = Mistake(
    "filters_not_taken", "these are the channels that come in; a convolution returns one for each filter", STEM
)
BIAS_PER_CHANNEL = Mistake("bias_per_channel", "there is one bias per filter, not one per input channel", STEM)
ONE_BIAS = Mistake("one_bias", "a single bias was counted; there is one per filter", STEM)
WIDER_NUMBERS = Mistake("wider_numbers", "a number in float32 takes 4 bytes, which are 32 bits", STEM)
POOL_CHANNELS = Mistake("pool_channels", "a pool keeps the channels", STEM)
SLIDES_3316 = Mistake("slides_3316", "this is the slide's 3316, in which two digits changed places", STEM, priority=1)
KIB_OF_1000 = Mistake("kib_of_1000", "1 KiB is 1024 bytes, not 1000", STEM)
NUMBERS_NOT_BYTES = Mistake("numbers_not_bytes", "these are numbers; each takes 4 bytes", STEM)
BYTES_OR_MIB = Mistake("bytes_or_mib", "these are bytes or MiB; KiB are asked for", STEM)
MEMORY_OF_INPUT = Mistake("memory_of_input", "this is the memory of the layer's input", STEM)
POOL_MEMORY = Mistake("pool_memory", "pools have outputs as well", STEM)
NO_BIASES_COUNTED = Mistake("no_biases_counted", "the biases are missing: one per filter", STEM)
KERNEL_ONCE = Mistake("kernel_once", "a kernel has K * K weights, not K")
ONE_CHANNEL = Mistake("one_channel", "each filter reads all channels that come in", STEM)
CHANNELS_NOT_CARRIED = Mistake("channels_not_carried", "the channels that come in were not carried along", STEM)
CHANNELS_OVERWRITTEN = Mistake(
    "channels_overwritten", "the channels that come in were overwritten before the weights were counted", STEM
)
POOL_PARAMETERS = Mistake("pool_parameters", "a pool has no parameters", STEM)
FLOP_FOR_MAC = Mistake("flop_for_mac", "multiplication and addition were counted apart (FLOP); a MAC is both")
BIASES_AS_MACS = Mistake("biases_as_macs", "the biases were counted too; they cost no multiply-adds")
MACS_AT_INPUT = Mistake("macs_at_input", "the size of the input was used; work is done where results appear", STEM)
NO_POSITIONS = Mistake("no_positions", "the positions are missing; each weight is used at every one of them")
ONE_SIDE = Mistake("one_side", "one side of the maps is missing; there are size * size positions")
IN_MILLIONS = Mistake("in_millions", "these are millions; leave the counts as they are", STEM)
POOL_MACS = Mistake("pool_macs", "a pool's comparisons are not multiply-adds; its macs are 0", STEM)


def stem_rows(rows: Any) -> None:
    """Compare a table of the stem with layers that were run: sizes and parameters, then what follows from them."""
    layers = table("googlenet_stem")
    _expect_rows(rows, [layer["name"] for layer in layers])
    with together():
        before: Mapping[str, Any] = {"out_size": layers[0]["in_size"], "out_channels": layers[0]["in_channels"]}
        for row, layer in zip(rows, layers, strict=True):
            _expect_size(row, layer, before["out_size"])
            _expect_channels(row, layer, before["out_channels"])
            _expect_parameters(row, layer)
            before = row
    with together():
        for row, layer in zip(rows, layers, strict=True):
            _expect_costs(row, layer)


def _expect_rows(rows: Any, names: Sequence[str]) -> None:
    """Check that there is one dict per layer, with all keys."""
    listed = isinstance(rows, list | tuple) and all(isinstance(row, dict) for row in rows)
    what = "the result is a list of dicts"
    expect_true(listed, what=what, likely=NO_RETURN if rows is None else NO_TABLE, reread=STEM)
    mistakes: Mistakes = {
        NO_ROWS_FOR_POOLS: [name for name in names if not name.startswith("pool")],
        ROWS_OF_EARLIER_CALLS: [*names, *names],
        RETURN_IN_LOOP: [*names[:1]],
    }
    came = [row.get("name") for row in rows]
    expect_equal(came, list(names), what="the list of names of the rows", mistakes=mistakes, reread=STEM)
    for row in rows:
        for key in ("out_channels", "out_size", "kib", "params", "macs"):
            says = f"the row of {row['name']} has no key {key!r}; its keys are {', '.join(map(str, row))}"
            likely = Mistake("other_keys", says, STEM)
            expect_true(key in row, what=f"the row of {row['name']} has the key {key!r}", likely=likely, reread=STEM)


def _stem_layer(layer: Mapping[str, Any], channels: int, **changes: Any) -> nn.Module:
    """A layer of the stem without values, made for so many channels, with changes to its row of the table."""
    layer = {**layer, **changes}
    window = layer["kernel"], layer["stride"], layer["padding"]
    if layer["filters"] is None:
        return nn.MaxPool2d(*window, ceil_mode=layer.get("ceil_mode", False))
    return nn.Conv2d(channels, layer["filters"], *window, device="meta")


def _side(layer: Mapping[str, Any], side: int, **changes: Any) -> int:
    """The side of what a layer of the stem returns for maps of this side."""
    channels = layer["in_channels"]
    with torch.no_grad():
        return _stem_layer(layer, channels, **changes)(torch.empty(1, channels, side, side, device="meta")).shape[-1]


def _expect_size(row: Mapping[str, Any], layer: Mapping[str, Any], before: Any) -> None:
    """Check the size of what a layer returns.

    Args:
        row: the student's.
        layer: the table's.
        before: the student's own size of what the layer reads, from which they went on.
    """
    name, channels, size = layer["name"], layer["in_channels"], layer["in_size"]
    (right,) = measure(_stem_layer(layer, channels).to("meta"), (channels, size, size))
    exact = (before + 2 * layer["padding"] - layer["kernel"]) / layer["stride"] + 1 if _is_number(before) else None
    own = before if isinstance(before, int) and before > 8 else size
    mistakes: Mistakes = {
        PADDING_LEFT_OUT: _side(layer, own, padding=0),
        PADDING_ONCE: _side({**layer, "padding": 0}, own + layer["padding"]),
        NO_PLUS_ONE: _side(layer, own) - 1,
        SIZE_PRECEDENCE: own + 2 * layer["padding"] - layer["kernel"] // layer["stride"] + 1,
        NO_STRIDE: _side(layer, own, stride=1),
        SIZE_NOT_CARRIED: [before, _side(layer, 224)],
        NOT_ROUNDED_DOWN: [_side(layer, own) + 1, *([exact] if isinstance(row["out_size"], float) else [])],
        OTHER_IMAGE: [_side(layer, other) for other in (227, 225, 223, 256) if name == "conv1"],
    }
    # What is right for a wrong size before it is no other mistake.
    follows = own != size and row["out_size"] == _side(layer, own)
    what = f"`out_size` of {name}"
    expect_equal(row["out_size"], right.shape[1], what=what, mistakes={} if follows else mistakes, reread=STEM)


def _expect_channels(row: Mapping[str, Any], layer: Mapping[str, Any], before: Any) -> None:
    """Check the channels of what a layer returns; before is the student's own number of those that it reads."""
    right, what = layer["filters"] or layer["in_channels"], f"`out_channels` of {layer['name']}"
    if layer["filters"] is None:
        others = [wrong for wrong in (0, None, 3, layer["kernel"]) if wrong != before]
        expect_equal(row["out_channels"], right, what=what, mistakes={POOL_CHANNELS: others}, reread=STEM)
        return
    mistakes: Mistakes = {FILTERS_NOT_TAKEN: before} if before != right else {}
    expect_equal(row["out_channels"], right, what=what, mistakes=mistakes, reread=STEM)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _expect_parameters(row: Mapping[str, Any], layer: Mapping[str, Any]) -> None:
    """Check a layer's parameters."""
    channels, kernel, filters = layer["in_channels"], layer["kernel"], layer["filters"]
    what = f"`params` of {layer['name']}"
    if filters is None:
        counts = [kernel**2 * each + biases for each in (1, channels, channels**2) for biases in (0, channels)]
        expect_equal(row["params"], 0, what=what, mistakes={POOL_PARAMETERS: counts}, reread=STEM)
        return
    right = _conv_params(layer, channels)
    weights = right - filters
    mistakes: Mistakes = {
        NO_BIASES_COUNTED: weights,
        BIAS_PER_CHANNEL: weights + channels,
        ONE_BIAS: weights + 1,
        KERNEL_ONCE: [weights // kernel + filters, weights // kernel],
        ONE_CHANNEL: [weights // channels + filters, weights // channels],
        CHANNELS_OVERWRITTEN: [_conv_params(layer, filters) - less for less in (0, filters)],
        CHANNELS_NOT_CARRIED: [_conv_params(layer, 3) - less for less in (0, filters)],
    }
    expect_equal(row["params"], right, what=what, mistakes=mistakes, reread=STEM)


def _conv_params(layer: Mapping[str, Any], channels: int) -> int:
    """The parameters of a convolution of the stem, if it read so many channels."""
    return sum(parameter.numel() for parameter in _stem_layer(layer, channels).parameters())


def _expect_costs(row: Mapping[str, Any], layer: Mapping[str, Any]) -> None:
    """Check memory and multiply-adds, which depend on sizes."""
    name, before, channels, kernel = layer["name"], layer["in_size"], layer["in_channels"], layer["kernel"]
    (right,) = measure(_stem_layer(layer, channels).to("meta"), (channels, before, before))
    side, biases = right.shape[1], right.shape[0] if right.params else 0
    weights = right.params - biases
    expect_close(
        row["kib"],
        right.kib,
        what=f"`kib` of {name}",
        mistakes={
            SLIDES_3316: 3316,
            KIB_OF_1000: [right.kib * 1.024, int(right.kib * 1.024), round(right.kib * 1.024)],
            NUMBERS_NOT_BYTES: [right.kib / 4, right.kib * 256],
            WIDER_NUMBERS: [right.kib * 2, right.kib * 8],
            BYTES_OR_MIB: [right.kib * 1024, right.kib / 1024],
            MEMORY_OF_INPUT: torch.empty(channels, before, before, device="meta").nbytes / 1024,
            POOL_MEMORY: 0,
            ONE_MAP: right.kib / right.shape[0],
        },
        reread=STEM,
    )
    expect_equal(
        row["macs"],
        right.macs,
        what=f"`macs` of {name}",
        mistakes={
            FLOP_FOR_MAC: 2 * right.macs,
            BIASES_AS_MACS: [right.macs + biases * side**2, right.macs + biases],
            MACS_AT_INPUT: weights * before**2,
            NO_POSITIONS: [right.params, weights],
            ONE_SIDE: weights * side,
            IN_MILLIONS: [right.macs / 1e6, right.macs // 10**6, round(right.macs / 1e6)],
            CHANNELS_NOT_CARRIED: right.macs * 3 // channels,
            CHANNELS_OVERWRITTEN: right.macs * right.shape[0] // channels,
            ONE_CHANNEL: right.macs // channels,
            KERNEL_ONCE: right.macs // kernel,
            POOL_MACS: [kernel**2 * right.shape[0] * side**2, kernel**2 * right.shape[0] ** 2 * side**2],
        },
        reread=STEM,
    )


# inception_macs

Conv: TypeAlias = tuple[int, int, int]
"""A convolution: its input channels, output channels and kernel."""

NO_REDUCTIONS_COUNTED = Mistake("no_reductions_counted", "the reductions are missing: two 1 × 1 convolutions", SAVED)
ONE_REDUCTION_COUNTED = Mistake("one_reduction_counted", "one of the two reductions is missing", SAVED)
NO_PROJECTION_COUNTED = Mistake("no_projection_counted", "the pool's projection is missing", SAVED)
NO_FIRST_COUNTED = Mistake("no_1x1_counted", "the 1 × 1 branch is missing", SAVED)
NAIVE_COUNTED = Mistake("naive_counted", "this is the naive module, without bottlenecks", SAVED)
WIDE_READ_INPUT = Mistake(
    "wide_read_input",
    "after the reductions, 3 × 3 and 5 × 5 read c2[0] and c3[0] channels, not the input's",
    SAVED,
)
KERNELS_SWAPPED = Mistake("kernels_swapped", "c2 goes with the 3 × 3 and c3 with the 5 × 5", SAVED)
PROJECTION_READS_OUTPUTS = Mistake(
    "projection_reads_outputs", "the projection reads the pool's maps, which have as many channels as the input", SAVED
)
KERNEL_3 = Mistake("kernel_3", "the third branch's kernel is 5 × 5, not 3 × 3", SAVED)
MAPS_SHRINK = Mistake("maps_shrink", "the maps keep their size; the padding sees to it", SAVED)
POOL_COUNTED = Mistake("pool_counted", "the pool's comparisons are no multiply-adds", SAVED)
NO_INPUTS = Mistake("no_inputs", "the channels that a convolution reads are missing: each filter reads all", SAVED)
PROJECTION_KEPT = Mistake(
    "projection_kept",
    "without bottlenecks the pool's projection goes as well: it changes the number of channels and nothing else",
    SAVED,
)
REVERSED = Mistake(
    "reversed", "with bottleneck=True the naive module is counted, and the other way round", SAVED, priority=1
)
NOT_HEEDED = Mistake("bottleneck_not_heeded", "bottleneck=False is not heeded", SAVED)
FIRST_IS_NO_BOTTLENECK = Mistake(
    "first_is_no_bottleneck", "the 1 × 1 branch is no bottleneck; without bottlenecks it stays", SAVED
)
NAIVE_READS_REDUCED = Mistake(
    "naive_reads_reduced", "the reductions are gone, so 3 × 3 and 5 × 5 read all channels of the input", SAVED
)
NAIVE_RETURNS_REDUCED = Mistake(
    "naive_returns_reduced", "without bottlenecks 3 × 3 and 5 × 5 keep their output channels, c2[1] and c3[1]", SAVED
)
PRECEDENCE = Mistake(
    "precedence",
    "only a part of the sum is multiplied by the positions; put the sum of the weights in parentheses",
    SAVED,
)
NAIVE_BY_DEFAULT = Mistake("naive_by_default", "the default is bottleneck=True", SAVED)


class Arguments(NamedTuple):
    """The arguments of ``inception_macs`` but for the last."""

    in_channels: int
    size: int
    c1: int
    c2: tuple[int, int]
    c3: tuple[int, int]
    c4: int

    def convolutions(self, bottleneck: bool) -> list[Conv]:
        """The module's convolutions, in the order of its branches."""
        c = self.in_channels
        if not bottleneck:
            return [(c, self.c1, 1), (c, self.c2[1], 3), (c, self.c3[1], 5)]
        wide = [(c, self.c2[0], 1), (*self.c2, 3), (c, self.c3[0], 1), (*self.c3, 5)]
        return [(c, self.c1, 1), *wide, (c, self.c4, 1)]


def drawn_arguments(rng: random.Random) -> Arguments:
    """A module of any size; its eight numbers all differ."""
    c_in, size, c1, r3, o3, r5, o5, c4 = rng.sample(range(3, 60), 8)
    return Arguments(c_in, size, c1, (r3, o3), (r5, o5), c4)


def macs_values(answer: Answer, *modules: Arguments) -> None:
    """Compare both forms of modules with the sum of what their convolutions compute."""
    lean, naive = ([_counted_macs(answer, module, bottleneck) for module in modules] for bottleneck in (True, False))
    if all(one.came == other.right and other.came == one.right for one, other in zip(lean, naive, strict=True)):
        came = lean[0].came
        expect_equal(came, lean[0].right, what=lean[0].what, mistakes={REVERSED: came}, reread=SAVED)
    with together():
        expect_counts(lean, reread=SAVED)
        expect_counts(naive, reread=SAVED)


def _counted_macs(answer: Answer, module: Arguments, bottleneck: bool) -> Counted:
    """What came for one form of a module."""
    c_in, size, c1, c2, c3, c4 = module
    return Counted(
        f"inception_macs({', '.join(map(str, module))}, bottleneck={bottleneck})",
        answer(c_in, size, c1=c1, c2=c2, c3=c3, c4=c4, bottleneck=bottleneck),
        _Counts.of(module.convolutions(bottleneck), size).macs,
        partial(_macs_ways, module, bottleneck),
    )


def macs_default(answer: Answer, arguments: Arguments) -> None:
    """Check that bottlenecks are there unless told otherwise."""
    lean, naive = (_Counts.of(arguments.convolutions(bottleneck), arguments.size).macs for bottleneck in (True, False))
    what = "the multiply-adds if bottleneck is left out"
    expect_equal(answer(*arguments), lean, what=what, mistakes={NAIVE_BY_DEFAULT: naive}, reread=SAVED)


class Counted(NamedTuple):
    """A count: what is counted, what came, what is right, and, single mistakes first, what mistakes lead to."""

    what: str
    came: Any
    right: int
    ways: Callable[[], Iterable[tuple[Causes, int]]]


def expect_counts(counts: Sequence[Counted], *, reread: str) -> None:
    """Check counts of one kind; mistakes are told only if they explain all of them, since one may fit by chance."""
    cases = [Case(one.what, one.came, one.right) for one in counts]
    if any(exact_difference(one.came, one.right) for one in counts):
        explained = [replace(case, wrong=_by_causes(one.ways())) for case, one in zip(cases, counts, strict=True)]
        cases = explained if explanation(explained) else cases
    expect_cases(cases, reread=reread)


def _by_causes(ways: Iterable[tuple[Causes, int]]) -> Wrong:
    """All that mistakes lead to, by mistakes."""
    values: dict[Causes, list[int]] = {}
    for causes, count in ways:
        values.setdefault(causes, []).append(count)
    return dict(values)


class _Counts(NamedTuple):
    """What was counted of some convolutions, run one by one on maps of one size: a number for each."""

    kernels: list[int]
    weights: list[int]
    outputs: list[int]
    each: list[int]
    size: int

    @classmethod
    def of(cls, convolutions: Sequence[Conv], size: int, *, padded: bool = True) -> _Counts:
        """Count the convolutions' weights, output values and multiply-adds on the meta device."""
        rows = []
        for c_in, c_out, kernel in convolutions:
            if size < kernel and not padded:
                continue
            layer = nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2 if padded else 0, bias=False, device="meta")
            rows += [(kernel, row) for row in measure(layer, (c_in, size, size))]
        outputs = [torch.Size(row.shape).numel() for _, row in rows]
        return cls([k for k, _ in rows], [r.params for _, r in rows], outputs, [r.macs for _, r in rows], size)

    @property
    def macs(self) -> int:
        """All multiply-adds."""
        return sum(self.each)

    def miscounts(self) -> Iterator[tuple[Mistake, int]]:
        """What mistakes in counting lead to."""
        weights, outputs = sum(self.weights), sum(self.outputs)
        yield FLOP_FOR_MAC, 2 * self.macs
        yield NO_POSITIONS, weights
        yield NO_POSITIONS, weights + outputs // self.size**2
        yield ONE_SIDE, weights * self.size
        yield BIASES_AS_MACS, self.macs + outputs
        yield BIASES_AS_MACS, self.macs + outputs // self.size**2
        for once in ((3, 5), (3,), (5,)):
            each = zip(self.kernels, self.each, strict=True)
            yield KERNEL_ONCE, sum(macs // kernel if kernel in once else macs for kernel, macs in each)
        groups = [[place for place, kernel in enumerate(self.kernels) if kernel == k] for k in (1, 3, 5)]
        for chosen in range(1, 7):
            full = {place for bit, group in enumerate(groups) if chosen >> bit & 1 for place in group}
            pairs = zip(self.each, self.weights, strict=True)
            yield PRECEDENCE, sum(macs if place in full else some for place, (macs, some) in enumerate(pairs))


def _macs_ways(arguments: Arguments, bottleneck: bool) -> Iterator[tuple[Causes, int]]:
    """What mistakes about the module, in counting, and one of each, lead to."""
    size, c_in = arguments.size, arguments.in_channels
    right = arguments.convolutions(bottleneck)
    others = [(mistake, _Counts.of(convs, size)) for mistake, convs in _other_modules(arguments, bottleneck)]
    counts = _Counts.of(right, size)
    yield from (((mistake,), wrong.macs) for mistake, wrong in others)
    yield from (((mistake,), count) for mistake, count in counts.miscounts())
    yield (MAPS_SHRINK,), _Counts.of(right, size, padded=False).macs
    yield from (((FLOP_FOR_MAC, mistake), 2 * count) for mistake, count in counts.miscounts())
    for comparisons in (9, 1):
        yield (POOL_COUNTED,), counts.macs + comparisons * c_in * size**2
    for mistake, wrong in others:
        yield from (((mistake, other), count) for other, count in wrong.miscounts())


def _other_modules(arguments: Arguments, bottleneck: bool) -> Iterator[tuple[Mistake, list[Conv]]]:
    """The convolutions that mistakes about the module lead to."""
    c, _, c1, c2, c3, c4 = arguments
    lean, naive = arguments.convolutions(True), arguments.convolutions(False)
    first, reduce3, three, reduce5, five, projection = lean
    yield NO_INPUTS, [(1 if conv[2] == 1 else conv[0], *conv[1:]) for conv in (lean if bottleneck else naive)]
    yield NO_INPUTS, [(1, *conv[1:]) for conv in (lean if bottleneck else naive)]
    if bottleneck:
        yield NAIVE_COUNTED, naive
        yield NO_REDUCTIONS_COUNTED, [first, three, five, projection]
        yield ONE_REDUCTION_COUNTED, [first, three, reduce5, five, projection]
        yield ONE_REDUCTION_COUNTED, [first, reduce3, three, five, projection]
        yield NO_PROJECTION_COUNTED, lean[:-1]
        yield NO_FIRST_COUNTED, lean[1:]
        yield WIDE_READ_INPUT, [first, reduce3, naive[1], reduce5, naive[2], projection]
        for pairs in ((c2[::-1], c3[::-1]), (c2[::-1], c3), (c2, c3[::-1])):
            yield PAIRS_REVERSED, arguments._replace(c2=pairs[0], c3=pairs[1]).convolutions(True)
        yield KERNELS_SWAPPED, [first, reduce3, (*c2, 5), reduce5, (*c3, 3), projection]
        yield KERNEL_3, [first, reduce3, three, reduce5, (*c3, 3), projection]
        for inputs in (c3[1], c1 + c2[1] + c3[1]):
            yield PROJECTION_READS_OUTPUTS, [*lean[:-1], (inputs, c4, 1)]
        return
    yield NOT_HEEDED, lean
    yield PROJECTION_KEPT, [*naive, projection]
    yield FIRST_IS_NO_BOTTLENECK, naive[1:]
    for rest in ([], [projection]):
        yield NAIVE_READS_REDUCED, [first, three, five, *rest]
        yield NAIVE_RETURNS_REDUCED, [first, (c, c2[0], 3), (c, c3[0], 5), *rest]
    yield KERNELS_SWAPPED, [first, (c, c2[1], 5), (c, c3[1], 3)]
    yield KERNEL_3, [first, naive[1], (c, c3[1], 3)]


# head_params

HEAD_BIASES = Mistake("head_biases", "the biases are missing; each layer has one per output", POOLING)
SOME_BIASES = Mistake("some_biases", "the biases of a layer are missing; each layer has one per output", POOLING)
ONE_BIAS_PER_LAYER = Mistake("one_bias_per_layer", "one bias per layer was counted; there is one per output", POOLING)
BIAS_PER_INPUT = Mistake("bias_per_input", "there is one bias per output, not one per input", POOLING)
NOT_FLATTENED = Mistake("not_flattened", "flatten makes channels * size * size numbers", POOLING)
HIDDEN_MISSING = Mistake("hidden_missing", "one of the layers with 4096 outputs is missing", POOLING)
LAST_MISSING = Mistake("last_missing", "the last layer is missing", POOLING)
POOLED_HEAD = Mistake("pooled_head", "the head for pooled maps was counted", POOLING)
CONNECTED_HEAD = Mistake("connected_head", "the fully-connected layers of VGG were counted", POOLING)
BOTH_HEADS = Mistake("both_heads", "the parameters of the other head came on top", POOLING)
NOT_POOLED = Mistake("not_pooled", "pooling leaves one number per channel, whatever the size", POOLING)
POOL_HAS_PARAMETERS = Mistake("pool_has_parameters", "the pool has no parameters", POOLING)
ALWAYS_1000 = Mistake("always_1000", "the number of classes is fixed at 1000", POOLING)
ALWAYS_1024 = Mistake("always_1024", "the number of channels is fixed at 1024", POOLING)
ALWAYS_7 = Mistake("always_7", "the size of the maps is fixed at 7", POOLING)
CONNECTED_AFTER_POOL = Mistake("connected_after_pool", "after the pool there is a single layer, not three", POOLING)
SIZE_FOR_CHANNELS = Mistake(
    "size_for_channels", "channels and size are exchanged; the arguments are kind, channels, size, num_classes", POOLING
)
INPUT_COUNTED = Mistake("input_counted", "the input is counted as parameters, too", POOLING)

Head: TypeAlias = tuple[int, int, int]
"""The channels and the side of the maps that a head reads, and the number of classes."""


def drawn_head(rng: random.Random) -> Head:
    """A head for maps of any size."""
    return rng.randint(2, 600), rng.randint(2, 9), rng.randint(2, 2000)


def head_values(answer: Answer, *heads: Head) -> None:
    """Compare the parameters of both kinds of head with those of real layers."""
    with together():
        for kind in ("fc", "gap"):
            expect_counts([_counted_parameters(answer, kind, head) for head in heads], reread=POOLING)


def _counted_parameters(answer: Answer, kind: str, head: Head) -> Counted:
    """What came for a head of a kind."""
    channels, size, classes = head
    return Counted(
        f"head_params({kind!r}, {channels}, {size}, {classes})",
        answer(kind, channels, size, num_classes=classes),
        _parameters(_head_layers(kind, *head)),
        partial(_head_ways, kind, *head),
    )


def head_contract(answer: Answer, head: Head) -> None:
    """Check that another kind of head is refused; right values for a drawn head first."""
    head_values(answer, head)
    kinds = ("max", "GAP", "", "flatten", "pool")
    refused = {f"head_params({kind!r}, 8, 2, 10)": (kind, 8, 2, 10) for kind in kinds}
    expect_refusals(answer, refused, reread=POOLING)


def _head_layers(kind: str, channels: int, size: int, classes: int) -> list[nn.Linear]:
    """The layers of a head on the meta device."""
    with torch.device("meta"):
        if kind == "gap":
            return [nn.Linear(channels, classes)]
        numbers = nn.Flatten()(torch.empty(1, channels, size, size)).shape[1]
        return [nn.Linear(numbers, 4096), nn.Linear(4096, 4096), nn.Linear(4096, classes)]


def _parameters(layers: Iterable[nn.Module]) -> int:
    return sum(parameter.numel() for layer in layers for parameter in layer.parameters())


def _head_ways(kind: str, channels: int, size: int, classes: int) -> Iterator[tuple[Causes, int]]:
    """What mistakes about the layers, in counting, and one of each, lead to."""
    layers, others = _head_layers(kind, channels, size, classes), list(_other_heads(kind, channels, size, classes))
    yield from (((mistake,), _parameters(some)) for mistake, some in others)
    yield from (((mistake,), count) for mistake, count in _miscounted(layers))
    maps = channels * size**2
    yield (INPUT_COUNTED,), _parameters(layers) + maps
    yield from (
        ((POOL_HAS_PARAMETERS,), _parameters(layers) + count)
        for count in (channels, channels + 1, 2 * channels, size**2, maps)
    )
    for mistake, some in others:
        yield from (((mistake, other), count) for other, count in _miscounted(some))


def _miscounted(layers: Sequence[nn.Linear]) -> Iterator[tuple[Mistake, int]]:
    """What mistakes in counting the parameters of layers lead to."""
    weights = sum(layer.weight.numel() for layer in layers)
    yield HEAD_BIASES, weights
    yield ONE_BIAS_PER_LAYER, weights + len(layers)
    yield BIAS_PER_INPUT, weights + sum(layer.in_features for layer in layers)
    for chosen in range(1, 2 ** len(layers) - 1):
        some = [layer.out_features for place, layer in enumerate(layers) if chosen >> place & 1]
        yield SOME_BIASES, weights + sum(some)


def _other_heads(kind: str, channels: int, size: int, classes: int) -> Iterator[tuple[Mistake, list[nn.Linear]]]:
    """The layers that mistakes lead to."""
    pooled, connected = (_head_layers(one, channels, size, classes) for one in ("gap", "fc"))
    row = _head_layers("gap", channels * size, 1, classes)
    flat = _head_layers("gap", connected[0].in_features, 1, classes)
    if kind == "gap":
        yield from ((NOT_POOLED, some) for some in (row, flat))
        yield CONNECTED_HEAD, connected
        yield BOTH_HEADS, [*connected, *pooled]
        yield ALWAYS_1000, _head_layers(kind, channels, size, 1000)
        yield ALWAYS_1024, _head_layers(kind, 1024, size, classes)
        yield CONNECTED_AFTER_POOL, _head_layers("fc", channels, 1, classes)
        yield SIZE_FOR_CHANNELS, _head_layers(kind, size, channels, classes)
        return
    for numbers in (channels, channels * size):
        yield NOT_FLATTENED, _head_layers(kind, numbers, 1, classes)
    yield SIZE_FOR_CHANNELS, _head_layers(kind, size, channels, classes)
    yield ALWAYS_7, _head_layers(kind, channels, 7, classes)
    yield HIDDEN_MISSING, [connected[0], connected[2]]
    yield LAST_MISSING, connected[:2]
    yield POOLED_HEAD, pooled
    yield BOTH_HEADS, [*connected, *pooled]
    yield ALWAYS_1000, _head_layers(kind, channels, size, 1000)
