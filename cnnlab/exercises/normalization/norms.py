"""How the checks of layer, instance and group normalization compare outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import combinations
from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn import functional as F

from cnnlab.exercises.common import (
    Answer,
    along_channels,
    example_images,
    expect_accepted,
    expect_refusals,
    expect_steps,
)
from cnnlab.exercises.normalization.properties import expect_properties
from cnnlab.exercises.normalization.steps import (
    Key,
    Wrong,
    dividing,
    each_alone,
    keeping,
    numbered,
    scaling,
    shared,
    starting,
    variance_step,
)
from coursekit.checks import Mistake

LAYER = "Layer normalization"
INSTANCE = "Instance normalization"
GROUP = "Group normalization"
OVER_EXAMPLES = Mistake(
    "averaged_over_examples",
    "you averaged over the examples (batch normalization); average over the features of each example",
)
WRONG_BROADCAST = Mistake(
    "wrong_broadcast",
    "a mean or variance for each example was broadcast along the wrong axis; keep the axis with keepdim=True",
)
ONE_FOR_ALL_EXAMPLES = Mistake(
    "one_mean_for_all_examples", "one mean and variance served all examples; every example has its own"
)
SCALED_ALONG_EXAMPLES = Mistake(
    "scaled_along_examples", "gamma and beta were applied to the examples; they belong to the features, along axis 1"
)
SCALED_ALONG_WIDTH = Mistake(
    "scaled_along_width",
    "gamma or beta was broadcast along the width; they belong to the channels, shape (C, 1, 1)",
)
SCALED_ALONG_HEIGHT = Mistake(
    "scaled_along_height",
    "gamma or beta was broadcast along the height; they belong to the channels, shape (C, 1, 1)",
)
SCALED_ALONG_IMAGES = Mistake(
    "scaled_along_images", "gamma or beta was broadcast along the images; they belong to the channels, shape (C, 1, 1)"
)
BROADCAST_OVER_PIXELS = Mistake(
    "broadcast_over_pixels",
    "a mean or variance for each channel of each image was broadcast along height and width; keep these axes with "
    "keepdim=True",
)
OVER_IMAGES = Mistake(
    "averaged_over_images", "you averaged over the images too (batch normalization); every image has its own statistics"
)
OVER_CHANNELS = Mistake("averaged_over_channels", "you averaged over all channels of an image (layer normalization)")
EACH_CHANNEL = Mistake(
    "each_channel_alone", "you averaged each channel of each image by itself (instance normalization)"
)
EACH_PIXEL = Mistake("each_pixel", "you averaged over the channels at each pixel")
ONE_PIXEL_AXIS = Mistake("one_pixel_axis", "you averaged over one of the two pixel axes; take both")
OVER_EVERYTHING = Mistake("averaged_over_everything", "you averaged over the whole batch")
OTHER_AXES = Mistake(
    "other_axes",
    "the means run over other axes than asked for; N, C, H, W are the axes 0, 1, 2, 3",
)
INTERLEAVED = Mistake(
    "interleaved_groups",
    "the groups are interleaved (every groups-th channel); a group holds neighbouring channels",
)
GROUPS_FOR_SIZE = Mistake(
    "groups_for_size",
    "groups was taken for the number of channels in a group; it is the number of groups",
)
SCALED_PER_GROUP = Mistake("scaled_per_group", "there is one gamma and beta per group; every channel has its own")
GROUP_PIXELS = Mistake(
    "group_at_each_pixel", "you averaged over the channels of a group at each pixel; average over H and W too"
)
GROUP_OVER_IMAGES = Mistake("group_over_images", "you averaged over the images too; every image has its own statistics")
ACROSS_GROUPS = Mistake(
    "across_groups",
    "the means run over the axis of the groups; each group has its own, over the channels within it",
)
VALID_GROUPS_REFUSED = Mistake(
    "valid_groups_refused", "groups that divide the channels were refused; refuse those for which C % groups is not 0"
)
IMAGE_AXES = MappingProxyType(
    {
        "NHW": OVER_IMAGES,
        "CHW": OVER_CHANNELS,
        "C": EACH_PIXEL,
        "H": ONE_PIXEL_AXIS,
        "W": ONE_PIXEL_AXIS,
        "NCHW": OVER_EVERYTHING,
    }
)
"""For instance norm, by the axes that the means run over."""
GROUP_AXES = MappingProxyType(
    {
        "NMHW": GROUP_OVER_IMAGES,
        "NHW": OVER_IMAGES,
        "GMHW": OVER_CHANNELS,
        "HW": EACH_CHANNEL,
        "GM": EACH_PIXEL,
        "M": GROUP_PIXELS,
        "MH": ONE_PIXEL_AXIS,
        "MW": ONE_PIXEL_AXIS,
        "GHW": ACROSS_GROUPS,
        "NGMHW": OVER_EVERYTHING,
    }
)
"""For group norm; the channels are split into groups G and their members M."""


def compare_layer_norm(answer: Answer, x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> None:
    """Compare layer_norm with torch's."""
    square = x.shape[0] == x.shape[1]
    own = keeping(0)
    wrong = [*each_alone(own, _wrong_examples(x)), *each_alone(own, _wrong_broadcast(x), by_name=False)]
    first = starting(x, gamma, beta, lambda x: shared(x, own), wrong)
    along = [(SCALED_ALONG_EXAMPLES, gamma[:, None], beta[:, None])] if square else []
    expect_steps(
        answer(x.clone(), gamma.clone(), beta.clone(), eps),
        F.layer_norm(x, x.shape[1:], gamma, beta, eps),
        [first, variance_step, dividing(eps), scaling(gamma, beta, along)],
        what=f"the output for x of shape {tuple(x.shape)} and eps={eps}",
        reread=LAYER,
    )


def _wrong_examples(x: Tensor) -> Iterator[Wrong]:
    """Mistakes in which values share a mean, where each example has one of its own."""
    if len(x) > 1:
        yield OVER_EXAMPLES, lambda x: shared(x, keeping(1))
    yield ONE_FOR_ALL_EXAMPLES, lambda x: shared(x, keeping())


def _wrong_broadcast(x: Tensor) -> Iterator[Wrong]:
    """The mistake of giving values the mean of another example, where that raises no error."""
    if x.shape[0] == x.shape[1]:
        yield WRONG_BROADCAST, lambda x: shared(x.T, keeping(1))


def expect_layer_norm_properties(answer: Answer, x: Tensor, gamma: Tensor, beta: Tensor) -> None:
    """Check what layer_norm promises beside values."""
    expect_properties(
        lambda *arguments: [answer(*arguments)],
        lambda x, gamma, beta, eps: [F.layer_norm(x, x.shape[1:], gamma, beta, eps)],
        x,
        gamma,
        beta,
        key=keeping(0),
        reread=LAYER,
    )


def compare_instance_norm(answer: Answer, x: Tensor, gamma: Tensor, beta: Tensor, eps: float) -> None:
    """Compare instance_norm with torch's."""
    column = along_channels(gamma, x), along_channels(beta, x)
    own = keeping(0, 1)
    wrong = [*each_alone(own, wrong_axes()), *each_alone(own, _over_pixels(x), by_name=False)]
    first = starting(x, *column, lambda x: shared(x, own), wrong)
    expect_steps(
        answer(x.clone(), gamma.clone(), beta.clone(), eps),
        F.instance_norm(x, weight=gamma, bias=beta, eps=eps),
        [first, variance_step, dividing(eps), scaling(*column, along_other_axes(x, gamma, beta))],
        what=f"the output for x of shape {tuple(x.shape)} and eps={eps}",
        reread=INSTANCE,
    )


def wrong_axes() -> Iterator[Wrong]:
    """All sets of the axes N, C, H, W but the right one, for means that run over them."""
    for over, kept in _divided("NCHW"):
        if over != "HW":
            yield IMAGE_AXES.get(over, OTHER_AXES), partial(shared, key=keeping(*map("NCHW".index, kept)))


def _divided(axes: str) -> Iterator[tuple[str, str]]:
    """All ways to choose some of the axes: those, and the others."""
    for size in range(1, len(axes) + 1):
        for chosen in combinations(axes, size):
            yield "".join(chosen), "".join(axis for axis in axes if axis not in chosen)


def _over_pixels(x: Tensor) -> Iterator[Wrong]:
    """The mistake of a mean without the axes of the pixels, where that raises no error."""
    if x.shape[:2] == x.shape[2:]:
        yield BROADCAST_OVER_PIXELS, lambda x: shared(x.permute(2, 3, 0, 1), keeping(2, 3))


def along_other_axes(x: Tensor, gamma: Tensor, beta: Tensor) -> Iterator[tuple[Mistake, Tensor, Tensor]]:
    """The mistakes of scaling, shifting, or both, along another axis, where that raises no error."""
    right = along_channels(gamma, x), along_channels(beta, x)
    for mistake, axis in ((SCALED_ALONG_WIDTH, 3), (SCALED_ALONG_HEIGHT, 2), (SCALED_ALONG_IMAGES, 0)):
        if x.shape[axis] == x.shape[1]:
            scale, shift = (t.transpose(1, axis) for t in right)
            yield from ((mistake, scale, shift), (mistake, scale, right[1]), (mistake, right[0], shift))


def expect_instance_norm_properties(answer: Answer, x: Tensor, gamma: Tensor, beta: Tensor) -> None:
    """Check what instance_norm promises beside values."""
    expect_properties(
        lambda *arguments: [answer(*arguments)],
        lambda x, gamma, beta, eps: [F.instance_norm(x, weight=gamma, bias=beta, eps=eps)],
        x,
        gamma,
        beta,
        key=keeping(0, 1),
        reread=INSTANCE,
    )


def compare_group_norm(answer: Answer, x: Tensor, gamma: Tensor, beta: Tensor, groups: int, eps: float) -> None:
    """Compare group_norm with torch's."""
    size = x.shape[1] // groups
    column = along_channels(gamma, x), along_channels(beta, x)
    per_group = [along_channels(t[:groups].repeat_interleave(size), x) for t in (gamma, beta)]
    own = grouped(size)
    first = starting(x, *column, lambda x: shared(x, own), each_alone(own, _wrong_groups(x, groups)))
    last = scaling(*column, [*along_other_axes(x, gamma, beta), (SCALED_PER_GROUP, per_group[0], per_group[1])])
    case = f"for x of shape {tuple(x.shape)} in {groups} groups"
    with expect_accepted(f"group_norm {case}", likely=VALID_GROUPS_REFUSED):
        got = answer(x.clone(), groups, gamma.clone(), beta.clone(), eps)
    expect_steps(
        got,
        F.group_norm(x, groups, gamma, beta, eps),
        [first, variance_step, dividing(eps), last],
        what=f"the output {case} and eps={eps}",
        reread=GROUP,
    )


def grouped(size: int) -> Key:
    """The key of values in the same group of so many neighbouring channels, in the same image."""
    return lambda n, c, h, w: numbered(n, c // size)


def _wrong_groups(x: Tensor, groups: int) -> Iterator[Wrong]:
    """Mistakes in which values share a mean, where each group of each image has one of its own."""
    size = x.shape[1] // groups

    def without(kept: str) -> Key:
        def key(n: Tensor, c: Tensor, h: Tensor, w: Tensor) -> Tensor:
            indices = {"N": n, "G": c // size, "M": c % size, "H": h, "W": w}
            return numbered(*(indices[axis] for axis in kept)) if kept else torch.zeros(1, dtype=torch.long)

        return key

    yield INTERLEAVED, partial(shared, key=lambda n, c, h, w: numbered(n, c % groups))
    if groups not in (1, x.shape[1]):
        yield GROUPS_FOR_SIZE, partial(shared, key=grouped(groups))
    for over, kept in _divided("NGMHW"):
        if over != "MHW":
            yield GROUP_AXES.get(over, OTHER_AXES), partial(shared, key=without(kept))


def expect_groups_refused(answer: Answer, cases: Sequence[tuple[int, int]], *, seed: int) -> None:
    """Check that groups that do not divide the channels raise a ValueError.

    Args:
        answer: the student's function.
        cases: for each call, the number of channels and that of groups.
        seed: chooses the values of x.
    """
    refused = {}
    for channels, groups in cases:
        x, gamma, beta = example_images(2, channels, 2, groups, seed=seed)
        refused[f"group_norm for {channels} channels in {groups} groups"] = (x, groups, gamma, beta)
    expect_refusals(answer, refused, reread=GROUP)


def expect_group_norm_properties(answer: Answer, x: Tensor, gamma: Tensor, beta: Tensor, groups: int) -> None:
    """Check what group_norm promises beside values and errors."""
    expect_properties(
        lambda x, *arguments: [answer(x, groups, *arguments)],
        lambda x, gamma, beta, eps: [F.group_norm(x, groups, gamma, beta, eps)],
        x,
        gamma,
        beta,
        key=grouped(x.shape[1] // groups),
        reread=GROUP,
    )
