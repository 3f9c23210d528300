"""What the checks of several exercises on VGG share: the networks as names, and a check that a list stays."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from coursekit.checks import Mistake, expect_true

DEPTHS = (11, 13, 16, 19)
RULES = "Three rules"
NAMES = MappingProxyType(
    {
        11: "conv1_1 pool1 conv2_1 pool2 conv3_1 conv3_2 pool3 conv4_1 conv4_2 pool4 conv5_1 conv5_2 pool5",
        13: "conv1_1 conv1_2 pool1 conv2_1 conv2_2 pool2 conv3_1 conv3_2 pool3 conv4_1 conv4_2 pool4 "
        "conv5_1 conv5_2 pool5",
        16: "conv1_1 conv1_2 pool1 conv2_1 conv2_2 pool2 conv3_1 conv3_2 conv3_3 pool3 "
        "conv4_1 conv4_2 conv4_3 pool4 conv5_1 conv5_2 conv5_3 pool5",
        19: "conv1_1 conv1_2 pool1 conv2_1 conv2_2 pool2 conv3_1 conv3_2 conv3_3 conv3_4 pool3 "
        "conv4_1 conv4_2 conv4_3 conv4_4 pool4 conv5_1 conv5_2 conv5_3 conv5_4 pool5",
    }
)
HEAD = ("flatten", "fc6", "fc7", "fc8")
FILTERS = (64, 128, 256, 512, 512)


def expect_unchanged(argument: Any, copy: Any, what: str) -> None:
    """Check that a function left a list or dict as it was."""
    likely = Mistake("argument_changed", "the argument was written into; work on a copy")
    expect_true(argument == copy, what=f"{what} stays as it is", likely=likely)
