"""Checks of the table of GoogLeNet's stem, against layers that are made and run on the meta device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from cnnlab.exercises.inception.miscounts import BIASES_AS_MACS, FLOP_FOR_MAC, KERNEL_ONCE, NO_POSITIONS, ONE_SIDE
from cnnlab.measure import measure
from cnnlab.tables import table
from coursekit.checks import Mistake, Mistakes, expect_close, expect_equal, expect_true, together

STEM = "An aggressive stem"
CONV1_SIDE = 112

NO_TABLE = Mistake("no_table", "the table is a list with one dict per layer; see the docstring's Returns", STEM)
NO_RETURN = Mistake("no_table_returned", "the return is missing")
NO_ROWS_FOR_POOLS = Mistake("no_rows_for_pools", "pools have a row, too", STEM)
ROWS_OF_EARLIER_CALLS = Mistake(
    "rows_of_earlier_calls", "the rows of an earlier call are still there; make a new list in each", STEM
)
PADDING_LEFT_OUT = Mistake("padding_left_out", "the padding is missing; it goes on both sides", STEM)
PADDING_ONCE = Mistake("padding_once", "the padding is counted once; it goes on both sides", STEM)
NO_PLUS_ONE = Mistake("no_plus_one", "the + 1 is missing: the starting position counts", STEM)
PADDING_OR_PLUS_ONE = Mistake(
    "padding_or_plus_one",
    "the padding or the + 1 is missing: padding goes on both sides, and the starting position counts",
    STEM,
)
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
ONE_CHANNEL = Mistake("one_channel", "each filter reads all channels that come in", STEM)
CHANNELS_NOT_CARRIED = Mistake("channels_not_carried", "the channels that come in were not carried along", STEM)
CHANNELS_OVERWRITTEN = Mistake(
    "channels_overwritten", "the channels that come in were overwritten before the weights were counted", STEM
)
POOL_PARAMETERS = Mistake("pool_parameters", "a pool has no parameters", STEM)
MACS_AT_INPUT = Mistake("macs_at_input", "the size of the input was used; work is done where results appear", STEM)
IN_MILLIONS = Mistake("in_millions", "these are millions; leave the counts as they are", STEM)
POOL_MACS = Mistake("pool_macs", "a pool's comparisons are not multiply-adds; its macs are 0", STEM)


def stem_rows(rows: Any) -> None:
    """Compare a table of the stem with layers that were run: sizes and parameters, then what follows from them."""
    layers = table("googlenet_stem")
    _expect_rows(rows, [layer["name"] for layer in layers])
    with together():
        before: Mapping[str, Any] = {"out_size": layers[0]["in_size"], "out_channels": layers[0]["in_channels"]}
        for row, layer in zip(rows, layers, strict=True):
            _expect_size(row, layer, before["out_size"], told_apart=rows[0]["out_size"] != CONV1_SIDE)
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


def _expect_size(row: Mapping[str, Any], layer: Mapping[str, Any], before: Any, *, told_apart: bool) -> None:
    """Check the size of what a layer returns.

    Args:
        row: the student's.
        layer: the table's.
        before: the student's own size of what the layer reads, from which they went on.
        told_apart: whether conv1 is wrong, whose size shows if the padding or the + 1 is missing; a pool's does not.
    """
    name, channels, size = layer["name"], layer["in_channels"], layer["in_size"]
    (right,) = measure(_stem_layer(layer, channels).to("meta"), (channels, size, size))
    exact = (before + 2 * layer["padding"] - layer["kernel"]) / layer["stride"] + 1 if _is_number(before) else None
    own = before if isinstance(before, int) and before > 8 else size
    unpadded, from_zero = _side(layer, own, padding=0), _side(layer, own) - 1
    mistakes: Mistakes = {
        PADDING_OR_PLUS_ONE if unpadded == from_zero and not told_apart else PADDING_LEFT_OUT: unpadded,
        PADDING_ONCE: _side({**layer, "padding": 0}, own + layer["padding"]),
        NO_PLUS_ONE: from_zero,
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
