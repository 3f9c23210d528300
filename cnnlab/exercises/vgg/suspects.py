"""The visible check of the layers that may be missing from a total."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from cnnlab.exercises.vgg.costs import FLOP_FOR_MAC, KERNEL_NOT_SQUARED
from cnnlab.exercises.vgg.shared import DEPTHS, Answer
from coursekit.checks import (
    Mistake,
    expect_equal,
    expect_raises,
    together,
)
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

MISSING = "The missing layer"


C_TO_C = MappingProxyType(
    {
        11: ("conv3_2", "conv4_2"),
        13: ("conv1_2", "conv2_2", "conv3_2", "conv4_2"),
        16: ("conv1_2", "conv2_2", "conv3_2", "conv3_3", "conv4_2", "conv4_3"),
        19: ("conv1_2", "conv2_2", "conv3_2", "conv3_3", "conv3_4", "conv4_2", "conv4_3", "conv4_4"),
    }
)
STAGE_5 = MappingProxyType(
    {
        11: ("conv5_1", "conv5_2"),
        13: ("conv5_1", "conv5_2"),
        16: ("conv5_1", "conv5_2", "conv5_3"),
        19: ("conv5_1", "conv5_2", "conv5_3", "conv5_4"),
    }
)
LEFT_WITHOUT_C_TO_C = MappingProxyType({11: 5_759_401_984, 13: 9_458_778_112, 16: 13_620_576_256, 19: 17_782_374_400})
LEFT_WITHOUT_STAGE_5 = MappingProxyType({11: 7_146_668_032, 13: 10_846_044_160, 16: 15_007_842_304, 19: 19_169_640_448})
"""Multiply-adds of a network without one of these layers, summed over what ``cnnlab.measure`` measures."""

NOTHING_FITS = Mistake(
    "nothing_fits",
    "nothing was found: compare the claim with the multiply-adds of the whole network at 224 × 224, fully-connected "
    "layers included, less those of the layer",
)
ONE_SIDED = "the difference may be up to 0.05e9 in both directions; take abs() of it"
NO_ABS = Mistake("no_abs", ONE_SIDED)
DEPTH_IGNORED = Mistake("depth_ignored", "these are the layers of VGG-16, whatever the depth")
LAYER_COMPARED = Mistake(
    "layer_compared", "compare the claim with the total less the layer, not with the layer's own multiply-adds"
)
NOT_TAKEN_OFF = Mistake(
    "not_taken_off", "the layer's own multiply-adds must be taken off the total before it is compared"
)
NOT_HALVING = Mistake("not_halving", "each pool halves the size of the maps: 224, 112, 56, 28, 14")
HALVED_EARLY = Mistake("halved_early", "the size halves after a stage, not before it: stage 1 has maps of 224 × 224")
FC6_INPUTS = Mistake("fc6_inputs", "fc6 reads 512 · 7 · 7 = 25,088 numbers")
HEAD_FORGOTTEN = Mistake("head_forgotten", "the total must hold the fully-connected layers as well")
BILLIONS = Mistake("billions", "the claim is in multiply-adds, not in billions")
EXACT_ONLY = Mistake("exact_only", "a difference of up to 0.05e9 is allowed; the claim is rounded")
NOT_ABOVE = Mistake("claim_not_above", ONE_SIDED)
NOT_BELOW = Mistake("claim_not_below", ONE_SIDED)
DOUBLE_AFTER_POOL4 = Mistake(
    "double_after_pool4", "the filters double after pool4 too; VGG stops at 512, in stages 4 and 5"
)
WHAT_REMAINS = Mistake("what_remains", "all those that do not fit were returned")
CONV5_1 = Mistake("conv5_1_excluded", "conv5_1 is the first of its stage, but its input and output channels are equal")
FIRST_OF_STAGES = Mistake(
    "first_of_stages",
    "the first convolutions of stages 2 to 4 have more output than input channels; they cannot go missing",
)
REVERSED = Mistake("reversed", "the order is that of the network")
SLIDES_CULPRITS = Mistake(
    "slides_culprits", "memory and parameters narrow it down later; by multiply-adds alone, six cost the same"
)
FIRST_ONLY = Mistake("first_only", "only the first that fits was returned; several may")
TOLERANCE_TOO_LARGE = Mistake("tolerance_too_large", "the tolerance is 0.05e9, and no more: not 5 %, 0.1e9 or 0.5e9")
TOLERANCE_TOO_SMALL = Mistake("tolerance_too_small", "the tolerance is 0.05e9, on both sides of the claim, and no less")
BIASES_IN_TOTAL = Mistake("biases_in_total", "biases and pools cost no multiply-adds")
FC8_TOO_SMALL = Mistake("fc8_too_small", "the total must hold fc8 as well, with 1000 outputs")
FC_SUSPECTED = Mistake("fc_suspected", "a fully-connected layer is no convolution")
SLIDES_NETWORK = Mistake("slides_network", "stage 3 of VGG-16 has three convolutions, not two as on the slide")
# Claims that nothing explains unless the network's total is wrong in this way.
WRONG_TOTALS = MappingProxyType(
    {
        (16, 13_451_942_592): HEAD_FORGOTTEN,
        (16, 13_559_912_960): FC6_INPUTS,
        (16, 736_386_187_264): NOT_HALVING,
        (16, 3_497_869_312): HALVED_EARLY,
        (11, 13_600_000_000): DEPTH_IGNORED,
        (16, 1_850_000_000): LAYER_COMPARED,
        (16, 15_470_264_320): NOT_TAKEN_OFF,
        (16, 13.6): BILLIONS,
        (16, 27_241_152_512): FLOP_FOR_MAC,
        (16, 27_117_518_848): FLOP_FOR_MAC,
        (16, 4_622_614_528): KERNEL_NOT_SQUARED,
        (16, 11_770_888_192): SLIDES_NETWORK,
        (16, 16_857_530_368): DOUBLE_AFTER_POOL4,
        (16, 16_960_290_816): DOUBLE_AFTER_POOL4,
    }
)


@visible_check
def missing_layers(answer: Answer) -> None:
    """Check the chapter's claims, claims near the limits of the tolerance, and drawn ones."""
    six, three = list(C_TO_C[16]), list(STAGE_5[16])
    without_conv3_3 = [name for name in six if name != "conv3_3"]
    totals = (EXACT_ONLY, NOTHING_FITS, *WRONG_TOTALS.values())

    def nothing(*mistakes: Mistake) -> dict[Mistake | str, Any]:
        """These mistakes, and wrong totals, all of which find nothing."""
        return {mistake: [[]] for mistake in (*mistakes, *totals)}

    with together():
        slips = nothing(NOT_ABOVE) | {CONV5_1: ["conv5_2"], REVERSED: ["conv5_2", "conv5_1"], FIRST_ONLY: ["conv5_1"]}
        remain = [["conv1_1", "conv2_1", "conv3_1", "conv3_2", "conv4_1", "conv4_2"], ["conv3_2", "conv4_2"]]
        slips |= {WHAT_REMAINS: remain, NO_ABS: ["conv3_2", "conv4_2", "conv5_1", "conv5_2"]}
        check_suspects(answer, 11, 7.15e9, STAGE_5[11], slips)
        slips = nothing(NOT_BELOW, TOLERANCE_TOO_SMALL) | {SLIDES_CULPRITS: ["conv3_2", "conv3_3"]}
        slips |= {FIRST_ONLY: ["conv1_2"], REVERSED: six[::-1], SLIDES_NETWORK: [[], without_conv3_3]}
        check_suspects(answer, 16, 13.6e9, six, slips)
        slips = {FIRST_ONLY: ["conv1_2"], REVERSED: six[::-1], **nothing()}
        del slips[EXACT_ONLY]
        check_suspects(answer, 16, 13.620_576_256e9, six, slips)
        large = [three, ["conv2_1", "conv3_1", "conv4_1", *three]]
        slips = {FIRST_OF_STAGES: ["conv2_1", "conv3_1", "conv4_1"], TOLERANCE_TOO_LARGE: large, NO_ABS: six}
        check_suspects(answer, 16, 14.55e9, (), slips)
        check_suspects(answer, 16, 13.55e9, (), {TOLERANCE_TOO_LARGE: six, FC6_INPUTS: six})
        check_suspects(answer, 16, 13.572e9, six, nothing(BIASES_IN_TOTAL, NOT_BELOW, TOLERANCE_TOO_SMALL))
        check_suspects(answer, 16, 13.669e9, six, nothing(FC8_TOO_SMALL, NOT_ABOVE, TOLERANCE_TOO_SMALL))
        slips = {FC_SUSPECTED: ["fc7"], TOLERANCE_TOO_LARGE: three}
        check_suspects(answer, 16, 15.45e9, (), slips | {NO_ABS: [[*six, *three]], NOT_TAKEN_OFF: [[*six, *three]]})
        found = {
            NOT_HALVING: ["conv1_2"],
            NOT_TAKEN_OFF: [[*six, *three]],
            SLIDES_NETWORK: without_conv3_3,
            DOUBLE_AFTER_POOL4: [*six, "conv5_2", "conv5_3"],
        }
        for (depth, claim), mistake in WRONG_TOTALS.items():
            slips = {mistake: found.get(mistake, six), NO_ABS: [six, [*six, *three]]}
            slips |= {TOLERANCE_TOO_LARGE: six} if mistake in (HEAD_FORGOTTEN, FC6_INPUTS) else {}
            check_suspects(answer, depth, claim, (), slips)
    rng = random.Random(grading_seed() + 56)
    for _ in range(6):
        check_suspects(answer, *drawn_claim(rng), {})
    check_unknown_depths(answer, (17, rng.choice([8, 12, 14, 15, 18])))


def check_suspects(
    answer: Answer, depth: int, claim: float, right: Sequence[str], slips: Mapping[Mistake | str, Any]
) -> None:
    """Compare the suspects for a claim with the right ones."""
    shown = f"{claim / 1e9:.7g}e9" if claim > 1e9 else str(claim)
    what = f"the suspects for a claim of {shown}, missing_layers({depth}, {shown})"
    expect_equal(answer(depth, claim), list(right), what=what, mistakes=slips, reread=MISSING)


def drawn_claim(rng: random.Random) -> tuple[int, float, Sequence[str]]:
    """A depth, a claim for it, and the suspects: within 0.05e9 of what is left without a layer, or not."""
    depth = rng.choice(DEPTHS)
    left, names = rng.choice(
        [(LEFT_WITHOUT_C_TO_C[depth], C_TO_C[depth]), (LEFT_WITHOUT_STAGE_5[depth], STAGE_5[depth])]
    )
    if rng.random() < 0.3:
        return depth, left + rng.choice([-1, 1]) * rng.uniform(0.052e9, 0.11e9), ()
    return depth, left + rng.uniform(-0.049e9, 0.049e9), names


def check_unknown_depths(answer: Answer, depths: Iterable[int]) -> None:
    """Check that a depth without a network is refused."""
    for depth in depths:
        what = f"missing_layers({depth}, 13.6e9)"
        expect_raises(ValueError, answer, depth, 13.6e9, what=what, reread=MISSING)
