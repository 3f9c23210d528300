"""Tables of a network's layers: compared row by row with torch's layers, each row from the student's own row before it.

So a mistake is told where it is made, and two mistakes in two rows, or two columns, are both told.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from cnnlab.exercises.alexnet.costs import (
    BIAS_PER_INPUT,
    BIASES_COUNTED,
    BIASES_TWICE,
    FLOP_FOR_MAC,
    KERNEL_NOT_SQUARED,
    KIB_OF_1000,
    MIB_FOR_KIB,
    NO_POSITIONS,
    SINGLE_OUTPUT_BIAS,
    SLIDE_145,
    SLIDE_DIGITS,
    conv_layer,
    conv_macs_at,
    counted_macs,
    held,
    linear_layer,
)
from cnnlab.exercises.alexnet.sizes import SIZE_KEPT, Window, positions, size_mistakes
from cnnlab.exercises.cases import Case, Wrong, differ, expect_cases
from cnnlab.exercises.common import Answer
from coursekit.checks import Mistake, expect_close, expect_equal, expect_true, together
from coursekit.comparing.equality import as_integer, exact_difference

Layer: TypeAlias = dict[str, Any]
Row: TypeAlias = dict[str, Any]
Shape: TypeAlias = tuple[int, int, int]
Read: TypeAlias = tuple[int, int]
"""Channels and size of what a layer reads."""


@dataclass(frozen=True)
class Cell:
    """One value of a table: its column, the kind of its layer, and what came of it."""

    column: str
    kind: str
    case: Case


TABLE = "The whole table"
KEYS = ("name", "out_channels", "out_size", "kib", "params", "macs")
NO_RETURN_OF_ROWS = Mistake("no_return_of_rows", "the return is missing")
GENERATOR = Mistake(
    "generator", "something else than a list was returned; yield makes a generator, so append to a list"
)
ONE_DICT = Mistake(
    "one_dict", "all rows are one and the same dict, so that the last layer shows in each; make a new dict in the loop"
)
NO_LIST = Mistake("no_list", "something else than a list was returned; return the list of rows")
NO_DICT = Mistake("no_dict", "a row is not a dict")
RETURN_IN_LOOP = Mistake("return_in_loop", "the return stands inside the loop and ends its first round; indent it less")
LAYERS_LEFT_OUT = Mistake("layers_left_out", "every layer has a row, pools and flatten too")
BY_NAME = Mistake(
    "told_by_name", 'layers were told apart by their names; what a layer is stands in its "type", whatever its name'
)
LAYERS_CHANGED = Mistake(
    "layers_changed", "a layer's dict was changed, or a layer taken out of the list; work on a copy", TABLE
)
TABLE_ROUNDED = Mistake("table_rounded", "it was rounded; leave it as it is")
TABLE_IN_NUMBERS = Mistake("table_in_numbers", "these are numbers; each takes 4 bytes")
TABLE_IN_BYTES = Mistake("table_in_bytes", "these are bytes; 1 KiB is 1024 of them")
MEMORY_OF_ONE_SIDE = Mistake("memory_of_one_side", "one side of the maps is missing; a map has size * size numbers")
MEMORY_AT_IMAGE = Mistake("memory_at_image", "the size of the image was used for the memory; use that of the output")
NO_MEMORY_FOR_POOLS = Mistake("no_memory_for_pools", "pools and flatten have outputs as well, which take memory")
MEMORY_OF_INPUT = Mistake("memory_of_input", "this is the memory of the layer's input; its output is asked for")
SIZE_NOT_CARRIED = Mistake(
    "size_not_carried", "the size was not carried along: each layer reads what the one before it returns"
)
SIZE_AS_PAIR = Mistake("size_as_pair", "out_size is one number, the side of a square")
SIZE_OF_IMAGE = Mistake(
    "size_of_image", "the size of the image was used for a later layer; carry the size along from layer to layer"
)
ALEXNETS_SIZES = Mistake("alexnets_sizes", "the sizes of AlexNet's image are written in; read them from input_shape")
FLATTEN_KEEPS_CHANNELS = Mistake(
    "flatten_keeps_channels", "flatten makes channels * height * width numbers of its maps"
)
FLATTEN_ONE_SIDE = Mistake(
    "flatten_one_side", "flatten counts one side of its maps only; it makes channels * height * width numbers of them"
)
FLATTEN_NO_CHANNELS = Mistake(
    "flatten_no_channels", "flatten leaves the channels out; it makes channels * height * width numbers of its maps"
)
FLATTENED = 9216  # numbers that AlexNet's flatten returns
CHANNELS_NOT_CARRIED = Mistake(
    "channels_not_carried",
    "these are the channels that the layer reads; it returns as many as it has filters, so carry those along",
)
POOL_KEEPS_SIZE = Mistake("pool_keeps_size", "a pool changes the size as well, by the same formula as a convolution")
POOL_HALVES = Mistake("pool_halves", "the pool halves the size; use its own kernel, stride and padding")
POOL_STRIDE_IS_KERNEL = Mistake(
    "pool_stride_is_kernel", "the pool's kernel was taken for its stride; it has a stride too"
)
FLATTEN_KEEPS_SIZE = Mistake("flatten_keeps_size", "flatten leaves a single row of numbers, so its size is 1")
IMAGE_CHANNELS = Mistake(
    "image_channels", "the input channels are those of the image; carry them along from layer to layer"
)
CHANNELS_OVERWRITTEN = Mistake(
    "channels_overwritten",
    "the variable channels was overwritten before it was used; parameters and multiply-adds need those of the input",
    priority=1,
)
CHANNELS_LAST = Mistake(
    "channels_last_in_shape", "the width was taken for the channels: input_shape is (channels, height, width)"
)
MACS_AT_INPUT = Mistake(
    "macs_at_input", "the size of the input was used; work is done where results appear", priority=1
)
POSITIONS_OF_ONE_SIDE = Mistake(
    "positions_of_one_side", "the positions of one side were counted; there are out_size * out_size of them"
)
TABLE_NO_BIASES = Mistake(
    "table_no_biases", "the biases are missing, as in the slide's table; each filter, or output, has one"
)
POOLS_IN_MACS = Mistake("pools_in_macs", "a pool's operations are not multiply-adds; its macs are 0")
POOL_WITH_PARAMS = Mistake("pool_with_params", "pools and flatten hold no parameters")
ROW_KEY = Mistake("row_key", "a key is missing from a row, or spelled differently")
# Of AlexNet's layers: name, filters, kernel, stride and padding of convolutions and pools, outputs of the others.
ALEXNET = (
    ("conv1", 64, 11, 4, 2),
    ("pool1", 0, 3, 2, 0),
    ("conv2", 192, 5, 1, 2),
    ("pool2", 0, 3, 2, 0),
    ("conv3", 384, 3, 1, 1),
    ("conv4", 256, 3, 1, 1),
    ("conv5", 256, 3, 1, 1),
    ("pool5", 0, 3, 2, 0),
    ("flatten",),
    ("fc6", 4096),
    ("fc7", 4096),
    ("fc8", 1000),
)


def alexnet_layers() -> list[Layer]:
    """AlexNet as the notebook writes it down."""
    layers: list[Layer] = []
    for name, *sizes in ALEXNET:
        if not sizes:
            layers.append({"name": name, "type": "flatten"})
        elif len(sizes) == 1:
            layers.append({"name": name, "type": "linear", "out_features": sizes[0]})
        else:
            filters, kernel, stride, padding = sizes
            kind: Layer = {"type": "conv", "filters": filters} if filters else {"type": "pool"}
            layers.append({"name": name, **kind, "kernel": kernel, "stride": stride, "padding": padding})
    return layers


def small_network(names: Sequence[str] = ("stem", "shrink", "row", "scores")) -> list[Layer]:
    """A network of four layers whose names say nothing of what they are."""
    stem, shrink, row, scores = names
    layers: list[Layer] = [
        {"name": stem, "type": "conv", "filters": 4, "kernel": 3, "stride": 2, "padding": 0},
        {"name": shrink, "type": "pool", "kernel": 2, "stride": 1, "padding": 1},
        {"name": row, "type": "flatten"},
        {"name": scores, "type": "linear", "out_features": 5},
    ]
    return layers


def drawn_network(seed: int) -> tuple[list[Layer], Shape]:
    """A network of up to six convolutions and pools and up to three fully-connected layers, with an image's shape."""
    rng = random.Random(seed)
    side = size = rng.randint(40, 70)
    layers: list[Layer] = []
    for number in range(1, rng.randint(4, 7)):
        kernel = rng.randint(1, min(5, size))
        padding, stride = rng.randint(0, kernel // 2), rng.randint(1, 2)
        window = {"kernel": kernel, "stride": stride, "padding": padding}
        if number > 1 and rng.random() < 0.4:
            layers.append({"name": f"pool{number}", "type": "pool", **window})
        else:
            layers.append({"name": f"conv{number}", "type": "conv", "filters": rng.randint(2, 20), **window})
        size = positions(Window(size, kernel, stride), padding, padding)
    heads = rng.randint(0, 3)
    if heads:
        layers.append({"name": "flatten", "type": "flatten"})
    layers += [{"name": f"fc{n}", "type": "linear", "out_features": rng.randint(2, 30)} for n in range(heads)]
    return layers, (rng.randint(1, 6), side, side)


def compare_tables(answer: Answer, networks: Iterable[tuple[list[Layer], Shape]]) -> None:
    """Compare an answer's tables of several networks, given as lists of layers with the image's shape."""
    cells: list[Cell] = []
    for layers, shape in networks:
        try:
            rows = answer(deepcopy(layers), shape)
        except Exception as error:
            # What is wrong in the tables before may well be why.
            _compare_cells(cells)
            expect_true(
                not _is(error, KeyError) or all(layer["name"] in {name for name, *_ in ALEXNET} for layer in layers),
                what=f"a network is read whose layers have other names than AlexNet's (KeyError: {error})",
                likely=BY_NAME,
                reread=TABLE,
            )
            raise
        _check_rows(rows, layers)
        cells += _cells(rows, layers, shape)
    _compare_cells(cells)


def _is(error: Exception, kind: type[Exception]) -> bool:
    """Whether an error is of a class; one that was carried over from another process states its class itself."""
    return isinstance(error, kind) or getattr(error, "type_name", "").rpartition(".")[2] == kind.__name__


def layers_untouched(answer: Answer, layers: list[Layer], shape: Shape) -> None:
    """Check that the list of layers, and each of its dicts, stays as it is."""
    given = deepcopy(layers)
    answer(given, shape)
    expect_true(given == layers, what="the list of layers stays as it is", likely=LAYERS_CHANGED, reread=TABLE)


def _check_rows(got: Any, layers: Sequence[Layer]) -> None:
    """Check that a table has a row with all keys for each layer."""
    expect_true(isinstance(got, list | tuple), what="the table is a list of rows", likely=_no_list(got), reread=TABLE)
    lacking = [key for row in got if isinstance(row, dict) for key in KEYS if key not in row]
    expect_true(
        all(isinstance(row, dict) for row in got) and not lacking,
        what=f"every row is a dict with the keys {', '.join(KEYS)}" + (f"; {lacking[0]} is missing" if lacking else ""),
        likely=ROW_KEY if lacking else NO_DICT,
        reread=TABLE,
    )
    names = [layer["name"] for layer in layers]
    with_weights = [layer["name"] for layer in layers if layer["type"] in ("conv", "linear")]
    expect_equal(
        [row["name"] for row in got],
        names,
        what="the list of the rows' names",
        mistakes={
            RETURN_IN_LOOP: [names[:1]],
            LAYERS_LEFT_OUT: [with_weights, [name for name in names if name != "flatten"]],
            ONE_DICT: [names[-1:] * len(names)],
        },
        reread=TABLE,
    )


def _cells(rows: Sequence[Row], layers: Sequence[Layer], shape: Shape) -> list[Cell]:
    """The values of a table, row by row, each with what follows from the row before it."""
    cells: list[Cell] = []
    before: Read | None = shape[:2]
    for layer, row in zip(layers, rows, strict=True):
        if before:
            cells += _cells_of(layer, row, before, shape)
            before = _read(layer, row, before)
    return cells


def _compare_cells(cells: Sequence[Cell]) -> None:
    """Compare the values of tables: those of one column and one kind of layer are taken together, as by one branch."""
    with together():
        for group in dict.fromkeys((cell.column, cell.kind) for cell in cells):
            cases = [cell.case for cell in cells if (cell.column, cell.kind) == group]
            close = group[0] == "kib"
            expect_cases(
                cases,
                reread=TABLE,
                compare=expect_close if close else expect_equal,
                differs=differ if close else exact_difference,
                results=f"values of {group[0]} of {group[1]} layers",
            )


def _no_list(got: Any) -> Mistake:
    if got is None:
        return NO_RETURN_OF_ROWS
    return GENERATOR if "generator" in str(type(got)) or hasattr(got, "__next__") else NO_LIST


def _cells_of(layer: Layer, row: Row, before: Read, image: Shape) -> list[Cell]:
    """The values of one row.

    Args:
        layer: the layer.
        row: the student's row.
        before: channels and size that the layer reads, by the student's row before.
        image: the shape of the image.
    """
    shape = _returned(layer, before)
    if not shape:
        return []
    channels, size = (*shape, 1)[:2]
    wrong = _channel_mistakes(layer, before)
    cells = [_cell(layer, "out_channels", row, channels, wrong)]
    cells.append(_cell(layer, "out_size", row, size, _size_mistakes(layer, before[1], size, row["out_size"], image[1])))
    if own := _numbers(row):
        cells += [_memory(layer, row, own, before, image), *_costs_of(layer, row, own, before, image)]
    return cells


def _cell(layer: Layer, column: str, row: Row, right: Any, wrong: Wrong, more: str = "") -> Cell:
    return Cell(column, layer["type"], Case(f"{column} of {layer['name']}{more}", row[column], right, wrong))


def _returned(layer: Layer, before: Read) -> tuple[int, ...]:
    """The shape of what torch's layer returns for one image; empty if its window does not fit."""
    if "kernel" in layer and not positions(Window(before[1], layer["kernel"]), layer["padding"], layer["padding"]):
        return ()
    reads = before[:1] if layer["type"] == "linear" else (*before, before[1])
    returned: Tensor = _torch_layer(layer, before[0])(torch.empty(1, *reads, device="meta"))
    return tuple(returned.shape[1:])


def _read(layer: Layer, row: Row, before: Read) -> Read | None:
    """Channels and size that the next layer reads, by the student's row; None where nothing can follow from it."""
    return _numbers(row) if _returned(layer, before) else None


def _channel_mistakes(layer: Layer, before: Read) -> Wrong:
    """What common mistakes give for the channels of an output."""
    channels, size = before
    if layer["type"] == "flatten":
        return {
            (FLATTEN_KEEPS_CHANNELS,): channels,
            (FLATTEN_ONE_SIDE,): channels * size,
            (FLATTEN_NO_CHANNELS,): size**2,
            (ALEXNETS_SIZES,): FLATTENED,
        }
    return {(CHANNELS_NOT_CARRIED,): channels}


def _numbers(row: Row) -> Read | None:
    """The student's channels and size, if both can be one."""
    own = as_integer(row["out_channels"]), as_integer(row["out_size"])
    return (own[0], own[1]) if all(type(number) is int and 0 < number < 10**6 for number in own) else None


def _torch_layer(layer: Layer, channels: int) -> nn.Module:
    """The same layer, of torch, without values."""
    if layer["type"] == "flatten":
        return nn.Flatten()
    if layer["type"] == "linear":
        return linear_layer(channels, layer["out_features"])
    kernel, stride, padding = (layer[key] for key in ("kernel", "stride", "padding"))
    if layer["type"] == "pool":
        return nn.MaxPool2d(kernel, stride, padding)
    return nn.Conv2d(channels, layer["filters"], kernel, stride, padding, device="meta")


def _size_mistakes(layer: Layer, size: int, right: int, came: Any, image: int) -> Wrong:
    """What common mistakes give for the size of an output."""
    pair: Wrong = {(SIZE_AS_PAIR,): [came if isinstance(came, list | tuple) else (right, right)]}
    if "kernel" not in layer:
        return pair | {(FLATTEN_KEEPS_SIZE,): size}
    pad = layer["padding"]
    window = Window(size, layer["kernel"], layer["stride"], pad)
    of_pool: Wrong = {
        (POOL_HALVES,): [size // 2, -(-size // 2)],
        (POOL_STRIDE_IS_KERNEL,): positions(window._replace(stride=layer["kernel"]), pad, pad),
    }
    return {
        **pair,
        **size_mistakes(window, right),
        (SIZE_KEPT,): [],
        **(of_pool if layer["type"] == "pool" else {}),
        (POOL_KEEPS_SIZE if layer["type"] == "pool" else SIZE_NOT_CARRIED,): size,
        (SIZE_OF_IMAGE,): positions(window._replace(size=image), pad, pad),
        (ALEXNETS_SIZES,): positions(window._replace(size=227), pad, pad),
    }


def _memory(layer: Layer, row: Row, own: Read, before: Read, image: Shape) -> Cell:
    """The memory of an output of the student's own shape."""
    channels, size = own
    kib, read = (torch.empty(c, s, s, device="meta").nbytes / 1024 for c, s in (own, before))
    wrong: Wrong = {
        (KIB_OF_1000,): kib * 1.024,
        (TABLE_ROUNDED,): [round(kib), int(kib), *(round(kib, digits) for digits in (1, 2, 3))],
        (TABLE_IN_NUMBERS,): [kib / 4, kib * 256],
        (TABLE_IN_BYTES,): kib * 1024,
        (MIB_FOR_KIB,): kib / 1024,
        (NO_MEMORY_FOR_POOLS,): 0 if layer["type"] in ("pool", "flatten") else kib,
        (MEMORY_OF_INPUT,): read,
        (MEMORY_OF_ONE_SIDE,): kib / size,
        (MEMORY_AT_IMAGE,): kib / size**2 * image[1] ** 2,
    }
    return _cell(layer, "kib", row, kib, wrong, f", whose output is {channels} × {size} × {size}")


def _costs_of(layer: Layer, row: Row, own: Read, before: Read, image: Shape) -> list[Cell]:
    """Parameters and multiply-adds that go with the student's own channels and sizes."""
    params, macs = _costs(layer, before[0], own[1])
    outputs: int = layer["filters"] if layer["type"] == "conv" else layer.get("out_features") or 0
    if not outputs:
        likely: Wrong = {(POOL_WITH_PARAMS,): [row["params"]]}
        return [
            _cell(layer, "params", row, params, likely),
            _cell(layer, "macs", row, macs, {(POOLS_IN_MACS,): [row["macs"]]}),
        ]
    overwritten, of_image, of_photo = (_costs(layer, channels, own[1]) for channels in (outputs, image[0], 3))
    # The first layer reads the image; those after it what the student's own rows say.
    sideways = _costs(layer, image[2] if before == image[:2] else before[0], own[1])
    likely = {
        (TABLE_NO_BIASES,): params - outputs,
        (BIASES_TWICE,): params + outputs,
        (CHANNELS_OVERWRITTEN,): overwritten[0],
        (IMAGE_CHANNELS,): of_image[0],
        (ALEXNETS_SIZES,): of_photo[0] if image[0] == before[0] else params,
        (BIAS_PER_INPUT,): params - outputs + before[0],
        (CHANNELS_LAST,): sideways[0],
        (SINGLE_OUTPUT_BIAS,): params - outputs + 1,
        (SLIDE_DIGITS,): [37_725_832] if params == 37_752_832 else params,
    }
    counted: Wrong = {
        (FLOP_FOR_MAC,): 2 * macs,
        (BIASES_COUNTED,): [macs + outputs * own[1] ** 2, macs + outputs],
        (NO_POSITIONS,): [params, params - outputs],
        (POSITIONS_OF_ONE_SIDE,): macs // own[1],
        (MACS_AT_INPUT,): _costs(layer, before[0], before[1])[1],
        (CHANNELS_OVERWRITTEN,): overwritten[1],
        (IMAGE_CHANNELS,): of_image[1],
        (CHANNELS_LAST,): sideways[1],
        (ALEXNETS_SIZES,): of_photo[1] if image[0] == before[0] else macs,
        (SLIDE_145,): [145, 145.0, 145_000_000] if macs == 149_520_384 else macs,
    }
    if layer["type"] == "conv":
        sides = (layer["kernel"], 1)
        likely[(KERNEL_NOT_SQUARED,)] = held(conv_layer(before[0], outputs, sides))
        counted[(KERNEL_NOT_SQUARED,)] = conv_macs_at(before[0], outputs, sides, own[1], own[1])
    return [_cell(layer, "params", row, params, likely), _cell(layer, "macs", row, macs, counted)]


def _costs(layer: Layer, channels: int, out_size: int) -> tuple[int, int]:
    """Parameters and multiply-adds of a layer of torch that reads so many channels, at outputs of this size."""
    if layer["type"] == "conv":
        sides = (layer["kernel"], layer["kernel"])
        macs = conv_macs_at(channels, layer["filters"], sides, out_size, out_size)
        return held(conv_layer(channels, layer["filters"], sides)), macs
    if layer["type"] == "linear":
        module = linear_layer(channels, layer["out_features"])
        return held(module), counted_macs(module, channels)
    return 0, 0
