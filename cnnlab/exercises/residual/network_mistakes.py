"""The mistakes that residual networks are written with, and what each makes of the right network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any, TypeAlias

from cnnlab.exercises.residual.networks import ResidualNetwork
from cnnlab.exercises.residual.search import Variant
from coursekit.checks import Mistake

NetworkVariant: TypeAlias = Variant[ResidualNetwork]

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
STEM_INPUTS = Mistake("stem_inputs", "the stem's convolution reads images of 3 channels: red, green and blue")
NO_STEM_RELU = Mistake("no_stem_relu", "the ReLU of the stem is missing")
NO_STEM_NORM = Mistake("no_stem_norm", "the batch norm of the stem is missing")
STEM_NORM_NOT_CALLED = Mistake(
    "stem_norm_not_called",
    "the stem's batch norm is defined, but forward never calls it, or drops what it returns",
)
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
BLOCKS_NOT_USED = Mistake(
    "blocks_not_used", "what the blocks return is not used: they never run, or their result is not assigned"
)
HEAD_NOT_CALLED = Mistake("head_not_called", "forward returns what the linear layer should read; call it as well")
HEAD_SUMS = Mistake("head_sums", "the head sums over height and width; take the average")
HEAD_AXES = Mistake(
    "head_axes", "the head averages over other axes than height and width, which are the last two of four"
)
NOT_FLATTENED = Mistake(
    "not_flattened", "the averages have shape (N, C, 1, 1); flatten them for the linear layer, which reads (N, C)"
)
STRIDE_MISSING = Mistake(
    "stride_missing", "a stage lacks its stride: the first blocks of stages 2, 3 and 4 all have stride 2"
)
STRIDE_IN_LATER = Mistake(
    "stride_in_later", "all blocks of a stage but the first have the stride; only the first one should have it"
)
WIDTHS_ADDED = Mistake(
    "widths_added", "the widths of the stages are not doubled: that of stage k is width * 2 ** (k - 1), not width * k"
)
DOUBLED_LATE = Mistake("doubled_late", "stage 2 has the width of stage 1; doubling begins with stage 2")
READS_TOO_MANY = Mistake(
    "reads_too_many",
    "what follows a block is made for 4 times as many channels as the block returns: w for a basic block, 4 * w for a "
    "bottleneck",
)
UPDATED_PER_STAGE = Mistake(
    "updated_per_stage",
    "the number of channels so far is updated once per stage, so that later blocks of a stage read too few or too "
    "many; update it after each block",
)
NEVER_UPDATED = Mistake(
    "never_updated", "the number of channels so far is never updated; after a block it is what that block returns"
)
BLOCK_TOO_FEW = Mistake(
    "block_too_few", "each stage has a block less than `blocks` says; does the range begin with 1, or end too early?"
)
BLOCK_LEFT_OUT = Mistake(
    "block_left_out", "each stage of several blocks has a block less than `blocks` says; does the range end too early?"
)
NUMBERS_SHIFTED = Mistake(
    "numbers_shifted",
    "a stage gets its neighbour's number of blocks: stage k has blocks[k - 1] blocks, where k counts from 1",
)
FEWER_BLOCKS = Mistake(
    "fewer_blocks",
    "blocks are missing among the parameters: fewer are made than `blocks` says, or one block is used in several "
    "places, as in [block] * 2",
)
BLOCK_TOO_MANY = Mistake("block_too_many", "each stage has a block more than `blocks` says")
STAGE_MISSING = Mistake("stage_missing", "a stage is missing: there are four, one for each number in `blocks`")
LAST_STAGE_ONLY = Mistake(
    "last_stage_only",
    "only the blocks of the last stage are kept; make the list of blocks once, before the loop over the stages",
)
ARGUMENTS_SWAPPED = Mistake(
    "arguments_swapped", "the blocks get their arguments in the wrong order; it is block(in_channels, w, stride)"
)
BLOCK_IGNORED = Mistake(
    "block_ignored", "the blocks are of one kind whatever is passed; make them with the class `block`"
)
NO_GRADIENTS = Mistake("no_gradients", "forward runs under torch.no_grad()")
GRADIENT_LOST = Mistake("gradient_lost", "something went through .detach() or torch.no_grad() on the way")
STEM_MOMENTUM = Mistake(
    "stem_momentum", "the stem's batch norm has another momentum than torch's default, or runs more than once in a pass"
)
DEFAULTS = Mistake("defaults", "num_classes is 1000 and width 64 unless told otherwise")
IN_PLACE = Mistake("images_in_place", "something works in place on the images (+=, inplace=True, relu_)")


def network_variants(right: ResidualNetwork) -> list[NetworkVariant]:
    """The mistakes to look for in a network, in the order in which they are told."""
    return [*_of_stem(right), *_of_head(right), *_of_strides(), *_of_numbers(right), *_of_channels(right)]


def _whole(mistake: Mistake, *, in_layers: bool = False, rare: bool = False, **changes: Any) -> NetworkVariant:
    """Other attributes of a network."""
    return Variant(mistake, lambda network: [replace(network, **changes)], rare, in_layers)


def _conv(mistake: Mistake, *, in_layers: bool = False, rare: bool = False, **changes: Any) -> NetworkVariant:
    """Other attributes of the stem's convolution."""

    def change(network: ResidualNetwork) -> list[ResidualNetwork]:
        return [replace(network, conv=replace(network.conv, **changes))]

    return Variant(mistake, change, rare, in_layers)


def _stages(
    mistake: Mistake, *, in_layers: bool = False, rare: bool = False, features: int = 0, **changes: Any
) -> NetworkVariant:
    """Other attributes of the stages; and other features of the linear layer, if they are given."""

    def change(network: ResidualNetwork) -> list[ResidualNetwork]:
        stages = replace(network.stages, **changes)
        return [replace(network, stages=stages, features=features or network.features)]

    return Variant(mistake, change, rare, in_layers)


def _of_stem(right: ResidualNetwork) -> Iterator[NetworkVariant]:
    yield _whole(NO_MAX_POOL, pool=())
    yield _whole(AVERAGE_POOL, pool=("average", 3, 2, 1))
    yield _whole(POOL_STRIDE, pool=("max", 3, 3, 0))
    yield _whole(POOL_STRIDE, pool=("max", 3, 3, 1))
    for window in ((2, 2, 0), (3, 2, 0), (3, 1, 1), (2, 1, 0), (2, 2, 1)):
        yield _whole(OTHER_POOL, rare=window != (2, 2, 0), pool=("max", *window))
    for stride in (1, 3, 4):
        yield _conv(STEM_STRIDE, rare=stride > 1, stride=stride)
    for padding in (0, 1, 2, 4):
        yield _conv(STEM_PADDING, rare=padding > 0, padding=padding)
    for kernel in (3, 5, 11):
        yield _conv(STEM_KERNEL, in_layers=True, rare=kernel > 3, kernel=kernel)
        yield _conv(STEM_KERNEL, in_layers=True, rare=kernel > 3, kernel=kernel, padding=3)
    yield _conv(STEM_BIAS, in_layers=True, bias=True)
    yield _whole(NO_STEM_RELU, stem=("n",))
    yield _whole(NO_STEM_NORM, in_layers=True, stem=("relu",), holds_norm=False)
    yield _whole(STEM_NORM_NOT_CALLED, stem=("relu",))
    yield _whole(STEM_NORM_LATE, stem=("relu", "n"))
    wide = replace(right.conv, outputs=64)
    widths = tuple(64 * width // right.conv.outputs for width in right.stages.widths)
    yield _whole(STEM_WIDTH, in_layers=True, conv=wide, stages=replace(right.stages, reads=64, widths=widths))
    yield _whole(STEM_WIDTH, in_layers=True, conv=wide)


def _of_head(right: ResidualNetwork) -> Iterator[NetworkVariant]:
    width = right.conv.outputs
    yield _whole(MAXIMUM_IN_HEAD, rare=True, head="max")
    yield _whole(HEAD_SUMS, rare=True, head="sum")
    yield _whole(POOL_OF_SEVEN, rare=True, head="seven")
    yield _whole(FLATTENED, head="flatten")
    yield _whole(NOT_FLATTENED, rare=True, head="unflattened")
    for axes in ("1 2", "2", "3", "1", "0 1"):
        yield _whole(HEAD_AXES, rare=True, head=f"mean {axes}")
    yield _whole(BLOCKS_NOT_USED, rare=True, runs_blocks=False)
    yield _whole(HEAD_WITHOUT_BIAS, in_layers=True, bias=False)
    for features in (8 * width, 32 * width, 512, 2048):
        yield _whole(HEAD_FEATURES, in_layers=True, features=features)
    for classes in (1000, 10):
        yield _whole(HEAD_CLASSES, in_layers=True, classes=classes)
    for after in ("softmax", "log_softmax"):
        yield _whole(SOFTMAX, after=after)
    yield _whole(RELU_AT_END, after="relu")
    yield _whole(HEAD_NOT_CALLED, rare=True, after="features")


def _of_strides() -> Iterator[NetworkVariant]:
    yield _stages(STRIDE_IN_STAGE_1, strides=(2, 2, 2, 2))
    yield _stages(NO_STRIDES, strides=(1, 1, 1, 1))
    yield _stages(STRIDE_EVERYWHERE, strided="all")
    yield _stages(STRIDE_AT_END, strided="last")
    yield _stages(STRIDE_IN_LATER, rare=True, strided="later")
    for strides in product((1, 2), repeat=3):
        if 0 < strides.count(2) < 3:
            yield _stages(STRIDE_MISSING, rare=True, strides=(1, *strides))


def _of_numbers(right: ResidualNetwork) -> Iterator[NetworkVariant]:
    numbers = right.stages.numbers
    fewer = tuple(number - 1 for number in numbers)
    yield _stages(NUMBERS_REVERSED, in_layers=True, rare=True, numbers=numbers[::-1])
    yield _stages(BLOCK_TOO_FEW, in_layers=True, numbers=fewer)
    yield _stages(BLOCK_TOO_FEW, in_layers=True, numbers=fewer, strides=(1, 1, 1, 1))
    yield _stages(BLOCK_LEFT_OUT, in_layers=True, rare=True, numbers=tuple(max(1, number) for number in fewer))
    for shifted in ((*numbers[-1:], *numbers[:-1]), (*numbers[1:], *numbers[:1])):
        yield _stages(NUMBERS_SHIFTED, in_layers=True, rare=True, numbers=shifted)
    yield _stages(BLOCK_TOO_MANY, in_layers=True, rare=True, numbers=tuple(number + 1 for number in numbers))
    for fixed in ((1, 1, 1, 1), (2, 2, 2, 2), (3, 4, 6, 3)):
        yield _stages(NUMBERS_IGNORED, rare=True, numbers=fixed)
    yield _stages(STAGE_MISSING, in_layers=True, rare=True, numbers=numbers[:3])
    yield _stages(STAGE_MISSING, in_layers=True, rare=True, numbers=numbers[1:])
    yield _stages(LAST_STAGE_ONLY, rare=True, only_last=True)
    yield _whole(BLOCK_REPEATED, rare=True, repeats=True)


def _of_channels(right: ResidualNetwork) -> Iterator[NetworkVariant]:
    width, expansion = right.conv.outputs, right.stages.returns
    factors = {
        CHANNELS_STAY: [(1, 1, 1, 1)],
        FIRST_STAGE_DOUBLED: [(2, 4, 8, 16)],
        WIDTHS_ADDED: [(1, 2, 3, 4), (1, 2, 4, 6), (1, 3, 5, 7)],
        DOUBLED_LATE: [(1, 1, 2, 4)],
    }
    for mistake, lists in factors.items():
        for one in lists:
            yield _stages(mistake, in_layers=True, widths=tuple(width * factor for factor in one))
    for features in (0, 8 * expansion * width):
        yield _stages(WIDTH_IGNORED, in_layers=True, features=features, widths=(64, 128, 256, 512))
    kind = "basic" if expansion == 4 else "bottleneck"
    for returns in (1, 4):
        yield _stages(BLOCK_IGNORED, in_layers=True, rare=True, kind=kind, returns=returns)
    if expansion == 4:
        for features in (0, 32 * width):
            yield _stages(NOT_EXPANDED, in_layers=True, features=features, returns=1)
        for returns in (16, 4):
            yield _stages(EXPANDED_TWICE, in_layers=True, factor=4, returns=returns)
    for features in (0, 8 * expansion * width):
        yield _stages(READS_TOO_MANY, in_layers=True, rare=True, features=features, returns=4 * expansion)
    for features in (0, 8 * expansion * width):
        yield _stages(UPDATED_PER_STAGE, in_layers=True, rare=True, features=features, updated="stage")
        yield _stages(NEVER_UPDATED, in_layers=True, rare=True, features=features, updated="never")
    yield _stages(ARGUMENTS_SWAPPED, in_layers=True, rare=True, swapped=True)
