"""The checks of ``resnet``: what it makes a ResNet of."""

from __future__ import annotations

import random
from typing import Any

from torch import nn

from cnnlab.exercises.common import NO_RETURN, Answer
from cnnlab.exercises.residual.reference_blocks import BLOCK, CLASS, SWAPPED, called_with, standing_in
from cnnlab.tables import table
from coursekit.calls import error_explained
from coursekit.checks import Mistake, expect_equal, expect_true, together
from coursekit.exercises import visible_check
from coursekit.questions import ask
from coursekit.seeds import grading_seed

SECTION = "ResNets"

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
    "something stands around the network, such as softmax after it, or its layers were put into another module; return "
    "the ResNet itself",
)
CLASS_RETURNED = Mistake("class_returned", "a class is returned, and no network; call it: ResNet(block, blocks)")
NO_NETWORK = Mistake("no_network", "what is returned is no network; return what ResNet(block, blocks) makes")
EXCHANGED_ARGUMENTS = Mistake(
    "exchanged_arguments", "ResNet gets its arguments in the wrong order; the block comes first, then the numbers"
)
RUN_ALREADY = Mistake("run_already", "the network is run on images here; return it as it is made, without calling it")
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
            student = _made(answer, depth)
            expect_true(
                student is not None, what=f"resnet({depth}) returns a network", likely=NO_RETURN, reread=SECTION
            )
            noted = ask("called_with", student, called_with)
            expect_true(
                isinstance(noted, list) and len(noted) == 5,
                what=f"resnet({depth}) returns a ResNet",
                likely=_in_place_of_network(student, noted),
                reread=SECTION,
            )
            others = {other: numbers for other, (_, numbers) in rows.items() if numbers != blocks}
            _compare_call(noted, depth, kind, blocks, others)


def _made(answer: Answer, depth: int) -> Any:
    """What a student's function returns, while networks are made without memory for their values."""
    try:
        return answer(depth)
    except RuntimeError as error:
        if "meta" not in str(error):
            raise
        raise error_explained(error, RUN_ALREADY) from None


def _in_place_of_network(student: Any, noted: Any) -> Mistake:
    """What was returned in place of a ResNet."""
    if noted == [CLASS]:
        return CLASS_RETURNED
    return NOT_THE_NETWORK if isinstance(student, nn.Module) and noted != [BLOCK] else NO_NETWORK


def _compare_call(noted: list[Any], depth: int, kind: str, blocks: list[int], others: dict[int, list[int]]) -> None:
    """Compare what a ResNet was made with."""
    came, numbers, classes, width, same = noted
    call = f"with which resnet({depth}) calls ResNet"
    expect_true(
        came != SWAPPED, what=f"resnet({depth}) calls ResNet(block, blocks)", likely=EXCHANGED_ARGUMENTS, reread=SECTION
    )
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
