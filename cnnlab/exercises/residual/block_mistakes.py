"""The mistakes that blocks of a residual network are written with, and where each is looked for."""

from __future__ import annotations

from typing import TypeAlias

from cnnlab.exercises.residual import block_changes as make
from cnnlab.exercises.residual.programs import BlockProgram
from cnnlab.exercises.residual.search import Variant
from coursekit.checks import Mistake

Variants: TypeAlias = tuple[Variant[BlockProgram], ...]

NO_RELU = Mistake("no_relu", "there is no ReLU")
NO_LAST_RELU = Mistake("no_last_relu", "the last ReLU is missing, after the second batch norm")
NO_FIRST_RELU = Mistake("no_first_relu", "the first ReLU is missing, so that the two convolutions amount to one")
NO_RELU_AFTER_ADDITION = Mistake("no_relu_after_addition", "the last ReLU is missing, after the addition")
NO_INNER_RELU = Mistake("no_inner_relu", "there is no ReLU between the two convolutions")
NO_RELU_AFTER_REDUCTION = Mistake("no_relu_after_reduction", "the ReLU after the first convolution is missing")
NO_RELU_AFTER_3X3 = Mistake("no_relu_after_3x3", "the ReLU after the 3 x 3 is missing")
NO_INNER_RELUS = Mistake("no_inner_relus", "there is no ReLU between the convolutions")
NO_RELU_IN_FRONT = Mistake("no_relu_in_front", "the first ReLU is missing, after the first batch norm")
NO_SECOND_RELU = Mistake("no_second_relu", "the second ReLU is missing, after the second batch norm")
NORM_AFTER_RELU = Mistake("norm_after_relu", "batch norm comes after ReLU; it belongs before it")
RELU_BEFORE_NORM = Mistake("relu_before_norm", "ReLU comes before batch norm; it belongs after it")
PRE_ACTIVATION = Mistake(
    "pre_activation",
    "this is the pre-activation order, batch norm and ReLU before each convolution; here the order is convolution, "
    "batch norm, ReLU",
)
NORM_BEFORE_CONVOLUTION = Mistake(
    "norm_before_convolution", "each batch norm comes before its convolution; it belongs after it"
)
ORIGINAL_BLOCK = Mistake(
    "original_block",
    "this is the order of the original block, convolution, batch norm, ReLU; here batch norm and ReLU come first",
)
NORM_NOT_CALLED = Mistake(
    "norm_not_called",
    "a batch norm is defined, but forward never calls it, or drops what it returns; write y = self.norm(y)",
)
NORM_MISSING = Mistake("norm_missing", "a batch norm is missing: each convolution of the path has one")
NORM_SHARED = Mistake("norm_shared", "one batch norm is used twice; each convolution needs its own")
CONVOLUTION_SHARED = Mistake("convolution_shared", "one convolution is used twice; make a new one for each place")
CONVOLUTION_NOT_CALLED = Mistake(
    "convolution_not_called",
    "a convolution is defined, but forward never calls it, or drops what it returns; write y = self.conv(y)",
)
WRONG_CONVOLUTION = Mistake(
    "wrong_convolution",
    "a convolution gets another number of channels than it is made for; do layers run twice, or in the wrong order?",
)
SECOND_REPEATED = Mistake("second_repeated", "the second convolution runs twice, one after the other; once is enough")
OTHER_EPS = Mistake("other_eps", "eps is not batch norm's default of 1e-5")
BATCH_STATISTICS = Mistake(
    "batch_statistics",
    "batch norm uses the batch's own statistics in evaluation mode; nn.BatchNorm2d follows the mode by itself",
)
RUNNING_STATISTICS = Mistake(
    "running_statistics",
    "batch norm uses its running statistics in training mode; nn.BatchNorm2d follows the mode by itself",
)
WITH_BIAS = Mistake(
    "with_bias", "the convolutions have a bias, which the batch norm after them takes out again; write bias=False"
)
NO_PADDING = Mistake("no_padding", "a 3 x 3 convolution lacks its padding of 1")
NEEDLESS_PADDING = Mistake("needless_padding", "a 1 x 1 convolution has padding; it needs none")
STRIDE_IN_SECOND = Mistake("stride_in_second", "the second convolution has the stride; the first one should have it")
STRIDE_IN_FIRST = Mistake(
    "stride_in_first", "the first 1 x 1 has the stride, as in the paper (v1); here the 3 x 3 has it (v1.5)"
)
STRIDE_IN_LAST = Mistake("stride_in_last", "the last 1 x 1 has the stride; the 3 x 3 should have it")
STRIDE_TWICE = Mistake("stride_twice", "more than one convolution of the path has the stride; only one should have it")
STRIDE_FORGOTTEN = Mistake("stride_forgotten", "no convolution has the stride; pass it on")
STRIDE_IN_SHORTCUT_ONLY = Mistake(
    "stride_in_shortcut_only",
    "maps of different size meet at the addition: no convolution of the path has the stride, or x is added without its "
    "projection",
)
PROJECTION_NOT_CALLED = Mistake("projection_not_called", "the projection is defined, but what is added is x without it")
STRIDE_IN_PATH_ONLY = Mistake(
    "stride_in_path_only",
    "the path has the stride, but the projection does not, or it is not called; so maps of different size meet at the "
    "addition",
)
FIXED_STRIDE = Mistake("fixed_stride", "the stride is written into the block; take the argument")
WITH_SHORTCUT = Mistake("with_shortcut", "there is a shortcut; a plain block has none")
NO_SHORTCUT = Mistake("no_shortcut", "there is no shortcut: nothing is added to what the path gives")
RELU_BEFORE_ADDITION = Mistake("relu_before_addition", "ReLU comes before the addition; it belongs after it")
RELU_BEFORE_TOO = Mistake("relu_before_too", "there is a ReLU before the addition as well; the sum gets the only one")
RELU_AFTER_PATH = Mistake("relu_after_path", "there is a ReLU after the second convolution; none belongs there")
RELU_AFTER_ADDITION = Mistake("relu_after_addition", "there is a ReLU after the addition; nothing follows it here")
SHORTCUT_SUBTRACTED = Mistake("shortcut_subtracted", "the shortcut is subtracted; add it")
PATH_SUBTRACTED = Mistake("path_subtracted", "the path is subtracted from the shortcut; add them")
MULTIPLIED = Mistake("multiplied", "path and shortcut are multiplied; add them")
AVERAGED = Mistake("averaged", "path and shortcut are averaged; add them")
MAXIMUM_TAKEN = Mistake("maximum_taken", "the larger one of path and shortcut is taken; add them")
RELU_ON_SHORTCUT = Mistake("relu_on_shortcut", "the shortcut has a ReLU of its own; only the sum has one")
RELU_ON_THIS_SHORTCUT = Mistake("relu_on_this_shortcut", "the shortcut has a ReLU of its own; it has none")
ADDED_TWICE = Mistake("added_twice", "the shortcut is added twice")
PATH_LEFT_OUT = Mistake("path_left_out", "the path is left out: this is the shortcut alone")
SUM_NORMALIZED = Mistake("sum_normalized", "the last batch norm normalizes the sum; it belongs before the addition")
ADDED_EARLY = Mistake(
    "added_early", "the shortcut is added before the path has ended; it is added to what its last layer returns"
)
LATE_SHORTCUT = Mistake(
    "late_shortcut", "the shortcut starts after the first convolution; it starts at the block's input"
)
PROJECTION_OF_PATH = Mistake(
    "projection_of_path", "the projection reads a result of the path; it reads the block's input, so keep x"
)
ACTIVATED_SHORTCUT = Mistake(
    "activated_shortcut",
    "the shortcut carries what the first ReLU returns; where the shape stays, it is x itself",
)
NORMALIZED_SHORTCUT = Mistake(
    "normalized_shortcut",
    "the shortcut carries the normalized input before its ReLU; it is x itself where the shape stays, and the "
    "projection reads x or what the ReLU returns",
)
NOT_PROJECTED = Mistake("not_projected", "the shape changes (channels, or size), so the shortcut needs its projection")
ALWAYS_PROJECTED = Mistake(
    "always_projected", "nothing changes the shape here, so the shortcut is x itself, without a projection"
)
PROJECTION_WITHOUT_NORM = Mistake("projection_without_norm", "the projection lacks its batch norm")
PROJECTION_NORM_NOT_CALLED = Mistake(
    "projection_norm_not_called",
    "the projection's batch norm is defined, but forward never calls it, or drops what it returns",
)
PROJECTION_WITH_NORM = Mistake(
    "projection_with_norm", "the projection is a convolution and nothing else: no batch norm"
)
PROJECTION_WITH_BIAS = Mistake("projection_with_bias", "the projection has a bias; write bias=False")
PROJECTION_OF_3X3 = Mistake("projection_of_3x3", "the projection is a 1 x 1 convolution, not 3 x 3")
PROJECTION_POOLS = Mistake("projection_pools", "the projection pools instead of having the stride")
THREE_BY_THREE = Mistake("three_by_three", "the first and the last convolution are 1 x 1; only the middle one is 3 x 3")
ONE_BY_ONE = Mistake("one_by_one", "both convolutions are 3 x 3, with padding 1")
CHANNELS_SWAPPED = Mistake(
    "channels_swapped",
    "a convolution has its numbers of channels the wrong way round: nn.Conv2d(in_channels, out_channels, ...)",
)
CHANNELS_CHANGE_LATE = Mistake(
    "channels_change_late", "the first convolution returns in_channels; it returns out_channels already"
)
STRIDE_AS_PADDING = Mistake(
    "stride_as_padding",
    "stride and padding of the first convolution are swapped: after the kernel nn.Conv2d takes the stride, then the "
    "padding",
)
PATH_POOLS = Mistake("path_pools", "the path pools; instead its first convolution should have the stride")
INPUT_RETURNED = Mistake("input_returned", "forward returns its input; return what the last layer made")
CONVOLUTION_TOO_EARLY = Mistake(
    "convolution_too_early",
    "the second convolution comes before the second batch norm and ReLU; it belongs after them",
)
FRONT_SKIPPED = Mistake(
    "front_skipped", "the first convolution reads x; it reads what the first batch norm and ReLU return"
)
NORM_SIZES = Mistake("norm_sizes", "each batch norm has as many channels as what it normalizes")
EXPANSION_FIXED = Mistake(
    "expansion_fixed", "the block returns 4 * width channels whatever `expansion` is; use the argument"
)
EXPANSION_LEFT_OUT = Mistake(
    "expansion_left_out", "the last 1 x 1 returns width channels; it returns expansion * width"
)
WIDTH_GOES_OUT = Mistake(
    "width_goes_out",
    "width is taken for the channels that go out; it is the number inside, and expansion * width go out",
)
PROJECTS_TO_WIDTH = Mistake(
    "projects_to_width", "the projection returns width channels; it must return expansion * width, as the path does"
)
INNER_CHANNELS = Mistake(
    "inner_channels", "the 3 x 3 works on the channels of the input; the first 1 x 1 reduces them to width"
)
OUTPUTS_AS_INPUTS = Mistake(
    "outputs_as_inputs", "in_channels channels go out; expansion * width go out, however many come in"
)
INNER_FROM_INPUTS = Mistake(
    "inner_from_inputs", "the inner convolutions have in_channels / expansion channels; they have width"
)
OTHER_DEFAULT = Mistake("other_default", "2 * width channels go out; expansion is 4 unless told otherwise")
INPUTS_EXPANDED = Mistake(
    "inputs_expanded", "expansion * in_channels channels go out; width is what is multiplied by the expansion"
)
INPUTS_TAKEN_FOR_GRANTED = Mistake(
    "inputs_taken_for_granted",
    "the first 1 x 1 is made for expansion * width channels; it reads in_channels, which may be others",
)
COMPARED_WITH_WIDTH = Mistake(
    "compared_with_width",
    "in_channels is compared with width; the shape stays where in_channels equals expansion * width",
)
NOT_REGISTERED = Mistake(
    "not_registered",
    "its layers are no attributes, or stand in a plain list or dict; nn.Sequential, nn.ModuleList and nn.ModuleDict "
    "register theirs",
    priority=1,
)
OTHER_NORMS = Mistake("other_norms", "take nn.BatchNorm2d with its default settings")
LAZY = Mistake("lazy", "a lazy layer has no parameters before its first call; take the one whose sizes you give it")
SHARED = Mistake("shared", "a layer is missing, or one object is used in several places")
WITHOUT_LAYERS = Mistake("without_layers", "several layers are others than the docstring asks for")
CONCATENATED = Mistake("concatenated", "path and shortcut are concatenated (torch.cat); add them")
PATH_DOUBLED = Mistake(
    "path_doubled", "the path's output is added to itself; the shortcut carries the block's input, so keep x"
)
RELU_AT_INPUT = Mistake("relu_at_input", "a ReLU is applied to the block's input; none belongs there")
OTHER_ACTIVATION = Mistake("other_activation", "the activation is not ReLU")
PROJECTION_STRIDE = Mistake(
    "projection_stride", "the projection has a stride of its own; it has the stride of the block"
)
SECOND_READS_INPUTS = Mistake(
    "second_reads_inputs", "the second convolution reads what the first one returns, and not in_channels"
)
RANDOM = Mistake("random", "two passes with the same input return different outputs: dropout, or other random numbers")
IN_PLACE = Mistake(
    "in_place",
    "something works in place on x itself (+=, inplace=True, relu_), which is also the caller's tensor",
)
NO_GRAD = Mistake("no_grad", "forward runs under torch.no_grad(), or detaches its output")
DETACHED = Mistake("detached", "no gradient arrives; something was detached on the way")
PATH_DETACHED = Mistake("path_detached", "the gradient through the path is lost; do not detach what it returns")
SHORTCUT_DETACHED = Mistake("shortcut_detached", "the gradient through the shortcut is lost; do not detach x")
DID_NOT_MOVE = Mistake("did_not_move", "the running statistics did not move")
RAN_TWICE = Mistake("ran_twice", "the layer ran twice in one pass")
OTHER_MOMENTUM = Mistake("other_momentum", "the momentum is not torch's default of 0.1")

# Where they are looked for, in the order in which they are told

_ANYWHERE: Variants = (
    Variant(NORM_SHARED, make.norm_shared),
    Variant(NORM_NOT_CALLED, make.norm_not_called),
    Variant(NORM_MISSING, make.norm_missing, in_layers=True),
    Variant(CONVOLUTION_SHARED, make.convolution_shared, rare=True),
    Variant(WITH_BIAS, make.with_bias, in_layers=True),
    Variant(NO_PADDING, make.no_padding),
    Variant(STRIDE_TWICE, make.stride_twice, rare=True),
    Variant(STRIDE_FORGOTTEN, make.stride_forgotten),
    Variant(FIXED_STRIDE, make.fixed_stride, rare=True),
    Variant(BATCH_STATISTICS, make.statistics("batch"), rare=True),
    Variant(RUNNING_STATISTICS, make.statistics("running"), rare=True),
    Variant(OTHER_EPS, make.other_eps, rare=True),
    Variant(CONVOLUTION_NOT_CALLED, make.convolution_not_called, rare=True),
    Variant(OTHER_ACTIVATION, make.other_activation, rare=True),
    Variant(RELU_AT_INPUT, make.relu_at_input, rare=True),
    Variant(NORM_SIZES, make.norms_of_another_size, in_layers=True),
    Variant(WRONG_CONVOLUTION, make.wrong_convolution, rare=True),
    Variant(CHANNELS_CHANGE_LATE, make.channels_change_late, rare=True, in_layers=True),
    Variant(SECOND_REPEATED, make.second_repeated, rare=True),
    Variant(CHANNELS_SWAPPED, make.channels_swapped, rare=True, in_layers=True),
    Variant(STRIDE_AS_PADDING, make.stride_as_padding, rare=True),
    Variant(PATH_POOLS, make.path_pools, rare=True),
    Variant(INPUT_RETURNED, make.input_returned, rare=True),
    Variant(SECOND_READS_INPUTS, make.second_reads_inputs, in_layers=True),
)
_ORIGINAL_ORDER: Variants = (
    Variant(NO_RELU, make.no_relu),
    Variant(NORM_AFTER_RELU, make.norm_after_relu),
    Variant(PRE_ACTIVATION, make.pre_activation, rare=True),
    Variant(NORM_BEFORE_CONVOLUTION, make.norm_before_convolution, rare=True),
)
_TWO_OF_3X3: Variants = (
    Variant(STRIDE_IN_SECOND, make.stride_in(1)),
    Variant(ONE_BY_ONE, make.kernel(1, (0, 1)), rare=True, in_layers=True),
    Variant(ONE_BY_ONE, make.kernel(1, (0,)), rare=True, in_layers=True),
    Variant(ONE_BY_ONE, make.kernel(1, (1,)), rare=True, in_layers=True),
)
_SHORTCUT: Variants = (
    Variant(NO_SHORTCUT, make.no_shortcut),
    Variant(SHORTCUT_SUBTRACTED, make.joined("subtract"), rare=True),
    Variant(PATH_SUBTRACTED, make.joined("swap", "subtract"), rare=True),
    Variant(MULTIPLIED, make.joined("multiply"), rare=True),
    Variant(AVERAGED, make.joined("average"), rare=True),
    Variant(MAXIMUM_TAKEN, make.joined("maximum"), rare=True),
    Variant(ADDED_TWICE, make.added_twice, rare=True),
    Variant(PATH_LEFT_OUT, make.path_left_out, rare=True),
    Variant(NOT_PROJECTED, make.not_projected, in_layers=True),
    Variant(STRIDE_IN_PATH_ONLY, make.stride_in_path_only),
    Variant(STRIDE_IN_SHORTCUT_ONLY, make.stride_in_shortcut_only),
    Variant(PROJECTION_OF_3X3, make.projection_of_3x3, in_layers=True),
    Variant(PROJECTION_WITH_BIAS, make.projection_with_bias, in_layers=True),
    Variant(PROJECTION_POOLS, make.projection_pools, rare=True),
    Variant(PROJECTION_STRIDE, make.projection_stride_of_its_own, rare=True),
    Variant(CONCATENATED, make.joined("concatenate"), rare=True),
    Variant(PATH_DOUBLED, make.path_doubled, rare=True),
    Variant(NEEDLESS_PADDING, make.needless_padding, rare=True),
    Variant(PROJECTION_NOT_CALLED, make.projection_not_called, rare=True),
    Variant(ADDED_EARLY, make.added_early, rare=True),
    Variant(PROJECTION_OF_PATH, make.projection_of_path, rare=True),
    Variant(LATE_SHORTCUT, make.late_shortcut),
)
_ORIGINAL_SHORTCUT: Variants = (
    Variant(NO_RELU_AFTER_ADDITION, make.no_last_relu),
    Variant(RELU_BEFORE_ADDITION, make.relu_before_addition),
    Variant(RELU_BEFORE_TOO, make.relu_before_addition_too),
    Variant(RELU_ON_SHORTCUT, make.relu_on_shortcut),
    Variant(SUM_NORMALIZED, make.sum_normalized, rare=True),
    Variant(PROJECTION_WITHOUT_NORM, make.projection_without_norm, in_layers=True),
    Variant(PROJECTION_NORM_NOT_CALLED, make.projection_norm_not_called),
    Variant(ALWAYS_PROJECTED, make.always_projected(True), in_layers=True),
)
PLAIN_SHORTCUT: Variants = (Variant(WITH_SHORTCUT, make.with_shortcut),)
PLAIN_VARIANTS: Variants = (
    Variant(NO_LAST_RELU, make.no_last_relu),
    Variant(NO_FIRST_RELU, make.without_relu(0)),
    *_ORIGINAL_ORDER,
    *_TWO_OF_3X3,
    *_ANYWHERE,
)
BASIC_VARIANTS: Variants = (
    Variant(NO_INNER_RELU, make.without_relu(0)),
    *_ORIGINAL_SHORTCUT,
    *_ORIGINAL_ORDER,
    *_SHORTCUT,
    *_TWO_OF_3X3,
    *_ANYWHERE,
)
BOTTLENECK_VARIANTS: Variants = (
    Variant(NO_RELU_AFTER_REDUCTION, make.without_relu(0)),
    Variant(NO_RELU_AFTER_3X3, make.without_relu(1)),
    Variant(NO_INNER_RELUS, make.no_inner_relus),
    Variant(STRIDE_IN_FIRST, make.stride_in(0)),
    Variant(STRIDE_IN_LAST, make.stride_in(2)),
    Variant(THREE_BY_THREE, make.kernel(3, (0, 2)), rare=True, in_layers=True),
    Variant(THREE_BY_THREE, make.kernel(3, (0,)), rare=True, in_layers=True),
    Variant(THREE_BY_THREE, make.kernel(3, (2,)), rare=True, in_layers=True),
    *_ORIGINAL_SHORTCUT,
    *_ORIGINAL_ORDER,
    *_SHORTCUT,
    *_ANYWHERE,
)
PREACT_VARIANTS: Variants = (
    Variant(NO_RELU_IN_FRONT, make.without_relu(0)),
    Variant(NO_SECOND_RELU, make.without_relu(1)),
    Variant(NO_RELU, make.no_relu),
    Variant(RELU_AFTER_ADDITION, make.relu_after_addition),
    Variant(RELU_AFTER_PATH, make.relu_before_addition_too),
    Variant(RELU_BEFORE_NORM, make.relu_before_norm),
    Variant(ORIGINAL_BLOCK, make.post_activation, rare=True),
    Variant(ACTIVATED_SHORTCUT, make.shortcut_from_front(2)),
    Variant(NORMALIZED_SHORTCUT, make.shortcut_from_front(1)),
    Variant(RELU_ON_THIS_SHORTCUT, make.relu_on_shortcut),
    Variant(PROJECTION_WITH_NORM, make.projection_with_norm, in_layers=True),
    Variant(ALWAYS_PROJECTED, make.always_projected(False), in_layers=True),
    Variant(CONVOLUTION_TOO_EARLY, make.second_convolution_early, rare=True),
    Variant(FRONT_SKIPPED, make.front_skipped, rare=True),
    *_SHORTCUT,
    *_TWO_OF_3X3,
    *_ANYWHERE,
)
