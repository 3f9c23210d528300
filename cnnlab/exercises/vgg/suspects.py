"""The visible check of the layers that may be missing from a total."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any, TypeAlias

from cnnlab.exercises.cases import Case, Causes
from cnnlab.exercises.vgg.costs import FLOP_FOR_MAC, KERNEL_NOT_SQUARED, ONE_SIDE, Layer, measured_stage
from cnnlab.exercises.vgg.shared import DEPTHS, FILTERS, NAMES, Answer, expect_explained, fitting, gives_for
from coursekit.checks import Mistake, expect_raises, expect_true
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
    "nothing was found for any claim: compare the claim with the multiply-adds of the whole network at 224 × 224, "
    "fully-connected layers included, less those of the layer",
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
HALVED_TOO_OFTEN = Mistake("halved_too_often", "the size halves after each stage, not after each convolution")
CHANNELS_STAY = Mistake(
    "channels_stay",
    "within a stage, a convolution reads what the one before it returns: update the channels after each",
)
ROUNDED_FIRST = Mistake(
    "rounded_first",
    "both numbers were rounded and then compared; numbers close to each other may round apart, so compare differences",
)
NAMES_FROM_ZERO = Mistake("names_from_zero", "the layers are right, their names are not: stage and place count from 1")
NAMES_NUMBERED_ON = Mistake(
    "names_numbered_on", "the layers are right, their names are not: places start again at 1 in each stage"
)
OTHER_NAMES_CAME = Mistake(
    "other_names_came", "as many layers were found as should be, under other names: look at how a name is made"
)
ONLY_FIRST_TESTED = Mistake("only_first_tested", "only the first convolution was tested; the return stands in the loop")
ONE_NAME = Mistake("one_name", "a string came; return a list of all names that fit")
NONE_FOR_NONE = Mistake("none_for_none", "None came; where nothing fits the list is empty, and it is returned as well")
WITH_COSTS = Mistake("with_costs", "a dict came; return a list of the names alone")
TRUTH_VALUES = Mistake("truth_values", "truth values came; return the names for which the comparison is true")
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
Claim: TypeAlias = tuple[int, float]
"""A depth, and a total that is claimed for it."""
Suspects: TypeAlias = tuple[int, float, Sequence[str]]
"""A claim, and the names of the layers that explain it."""
NEAR = 0.05e9
FC7 = 4096 * 4096
# Claims that nothing explains unless the network's total is wrong.
UNEXPLAINED: tuple[Claim, ...] = (
    *((16, 13_451_942_592), (16, 13_559_912_960), (16, 736_386_187_264), (16, 3_497_869_312)),
    *((11, 13_600_000_000), (16, 1_850_000_000), (16, 15_470_264_320), (16, 13.6)),
    *((16, 27_241_152_512), (16, 27_117_518_848), (16, 4_622_614_528), (16, 11_770_888_192)),
    *((16, 16_857_530_368), (16, 16_960_290_816)),
    *((16, 14.55e9), (16, 13.55e9), (16, 15.45e9)),
)


@visible_check
def missing_layers(answer: Answer) -> None:
    """Check the chapter's claims, claims near the limits of the tolerance, and drawn ones."""
    six = C_TO_C[16]
    rng = random.Random(grading_seed() + 56)
    near = [(16, claim, six) for claim in (13.6e9, 13.620_576_256e9, 13.572e9, 13.669e9)]
    far = [(depth, claim, ()) for depth, claim in UNEXPLAINED]
    check_claims(answer, [(11, 7.15e9, STAGE_5[11]), *near, *far, *(drawn_claim(rng) for _ in range(6)), *probes()])
    check_unknown_depths(answer, (17, rng.choice([8, 12, 14, 15, 18])))


def check_claims(answer: Answer, claims: Sequence[Suspects]) -> None:
    """Compare the suspects for claims with the right ones."""
    came = [_names(answer(depth, claim), depth, claim) for depth, claim, _ in claims]
    right = [list(names) for _, _, names in claims]
    causes: Causes = ()
    if came != right:
        # Many mistakes find nothing anywhere, so that this tells none of them.
        causes = fitting(gives_for(claims, _wrong_suspects()), came) if any(came) else (NOTHING_FITS,)
        if not causes and all(isinstance(got, list) for got in came) and [*map(len, came)] == [*map(len, right)]:
            causes = (OTHER_NAMES_CAME,)
    cases = [
        Case(f"the suspects for {_shown(depth, claim)}", got, list(names))
        for got, (depth, claim, names) in zip(came, claims, strict=True)
    ]
    expect_explained([(cases, causes)], reread=MISSING)


def probes() -> Iterator[Suspects]:
    """For each wrong network a claim that one of its layers explains, with what explains it truly."""
    right = Network(16)
    for _, change in _OTHER_NETWORKS:
        network = change(right)
        equal = [name for name, (c_in, c_out) in network.channels().items() if c_in == c_out]
        claim = network.total - network.costs[equal[0]]
        yield 16, claim, left_out(right, claim)


def _shown(depth: int, claim: float) -> str:
    shown = f"{claim / 1e9:.7g}e9" if claim > 1e9 else str(claim)
    return f"a claim of {shown}, missing_layers({depth}, {shown})"


def _names(got: Any, depth: int, claim: float) -> Any:
    """What came, after checking that it is a list; as a list."""
    kinds: tuple[tuple[type, Mistake], ...] = ((str, ONE_NAME), (type(None), NONE_FOR_NONE), (dict, WITH_COSTS))
    likely = next((mistake for kind, mistake in kinds if isinstance(got, kind)), None)
    what = f"a list of names came for {_shown(depth, claim)}"
    if likely:
        expect_true(False, what=what, likely=likely, reread=MISSING)
    if isinstance(got, (list, tuple)):
        booleans = bool(got) and all(isinstance(name, bool) for name in got)
        expect_true(not booleans, what=what, likely=TRUTH_VALUES, reread=MISSING)
        return list(got)
    return got


def drawn_claim(rng: random.Random) -> Suspects:
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


# What mistakes give: with other networks, other comparisons, or other names.


@dataclass(frozen=True)
class Network:
    """A VGG, or what a mistake makes of it.

    Attributes:
        depth: layers with weights.
        layers: whose names it has; by default those of its depth.
        filters: of each stage.
        sizes: of the maps, by stage.
        halved_each: whether the size halves after each convolution.
        channels_stay: whether each convolution of a stage reads the channels of the stage before.
        kernel: of each convolution.
        side: whether only one side of the maps counts.
        head: multiply-adds of the fully-connected layers.
    """

    depth: int
    layers: tuple[str, ...] = ()
    filters: tuple[int, ...] = FILTERS
    sizes: tuple[int, ...] = (224, 112, 56, 28, 14)
    halved_each: bool = False
    channels_stay: bool = False
    kernel: tuple[int, int] = (3, 3)
    side: bool = False
    head: int = 123_633_664

    def channels(self) -> dict[str, tuple[int, int]]:
        """By the name of a convolution, its input and output channels."""
        found, before, stage_before = {}, 3, 3
        for name in self.layers or NAMES[self.depth].split():
            if name.startswith("pool"):
                stage_before = before
                continue
            filters = self.filters[int(name[4]) - 1]
            found[name] = (stage_before if self.channels_stay else before, filters)
            before = filters
        return found

    @cached_property
    def costs(self) -> dict[str, int]:
        """By the name of a convolution, the multiply-adds of a real layer."""
        found = {}
        for place, (name, (c_in, c_out)) in enumerate(self.channels().items()):
            size = 224 >> place if self.halved_each else self.sizes[int(name[4]) - 1]
            macs = measured_stage(Layer(c_in, c_out, size, self.kernel))[2]
            found[name] = macs // size if self.side and size else macs
        return found

    @property
    def total(self) -> int:
        """All multiply-adds."""
        return self.head + sum(self.costs.values())


Fits: TypeAlias = Callable[[float, float, float], bool]
"""Whether a layer is a suspect, from the network's total, its own multiply-adds and the claim."""


def _near(total: float, macs: float, claim: float, near: float = NEAR, factor: int = 1) -> bool:
    return abs(factor * (total - macs) - claim) <= near


def left_out(network: Network, claim: float, fits: Fits = _near, *, first_too: bool = False) -> list[str]:
    """The convolutions that explain a claim, with options that stand for mistakes."""
    equal = [name for name, (c_in, c_out) in network.channels().items() if first_too or c_in == c_out]
    return [name for name in equal if fits(network.total, network.costs[name], claim)]


def networks(change: Callable[[Network], Network] = lambda network: network) -> dict[int, Network]:
    """All four networks, or what a mistake makes of them, by depth."""
    return {depth: change(Network(depth)) for depth in DEPTHS}


def _wrong_suspects() -> Iterator[tuple[Causes, Callable[[Suspects], list[str]]]]:
    """From a mistake to the suspects that each way to make it gives."""
    right = networks()
    for mistake, change in _OTHER_NETWORKS:
        yield (mistake,), partial(_found_in, nets=networks(change))
    for mistake, fits in _OTHER_COMPARISONS:
        yield (mistake,), partial(_found_in, nets=right, fits=fits)
    for mistake, rename in _OTHER_NAMES:
        yield (mistake,), partial(_renamed, rename=rename)
    yield (FIRST_OF_STAGES,), partial(_found_in, nets=right, first_too=True)
    yield (WHAT_REMAINS,), lambda claim: [name for name in right[claim[0]].channels() if name not in claim[2]]
    yield (WHAT_REMAINS,), partial(_found_in, nets=right, fits=lambda *numbers: not _near(*numbers))
    yield (NAMES_NUMBERED_ON,), _numbered_on
    yield (SLIDES_CULPRITS,), _culprits
    yield (FC_SUSPECTED,), partial(_with_fc7, nets=right)
    yield (ONLY_FIRST_TESTED,), _first_tested


def _found_in(claim: Suspects, nets: Mapping[int, Network], **options: Any) -> list[str]:
    depth, claimed, _ = claim
    return left_out(nets[depth], claimed, **options)


def _renamed(claim: Suspects, rename: Callable[[list[str]], list[str]]) -> list[str]:
    return rename(list(claim[2]))


def _with_fc7(claim: Suspects, nets: Mapping[int, Network]) -> list[str]:
    depth, claimed, names = claim
    return [*names, *(["fc7"] if _near(nets[depth].total, FC7, claimed) else [])]


def _first_tested(claim: Suspects) -> list[str]:
    first = next(name for name, (c_in, c_out) in Network(claim[0]).channels().items() if c_in == c_out)
    return [name for name in claim[2] if name == first]


def _slides(network: Network, depths: Sequence[int]) -> Network:
    """Networks of these depths with two convolutions in stage 3."""
    lost = ("conv3_3", "conv3_4") if network.depth in depths else ()
    return replace(network, layers=tuple(name for name in NAMES[network.depth].split() if name not in lost))


def _culprits(claim: Suspects) -> list[str]:
    """Those that memory and parameters leave of VGG-16's."""
    depth, _, names = claim
    return [name for name in names if depth != 16 or name in ("conv3_2", "conv3_3")]


def _with_more(network: Network, head: int, *, pools: bool) -> Network:
    """One operation more for each output: of the convolutions, and of so many in the head, or those of the pools."""
    sizes = [(int(name[4]), c_out) for name, (_, c_out) in network.channels().items()]
    outputs = sum(c_out * network.sizes[stage - 1] ** 2 for stage, c_out in sizes)
    return replace(network, head=network.head + (6_122_000 if pools else outputs + head))


def _lowered(name: str, stage: int, place: int) -> str:
    return f"conv{int(name[4]) - stage}_{int(name[6:]) - place}"


def _numbered_on(claim: Suspects) -> list[str]:
    """Suspects numbered through the whole network."""
    places = {name: place for place, name in enumerate(Network(claim[0]).channels(), 1)}
    return [f"{name[:6]}{places[name]}" for name in claim[2]]


def _rounded(total: float, macs: float, claim: float, digits: int) -> bool:
    return round((total - macs) / 1e9, digits) == round(claim / 1e9, digits)


_OTHER_NETWORKS: tuple[tuple[Mistake, Callable[[Network], Network]], ...] = (
    (KERNEL_NOT_SQUARED, lambda network: replace(network, kernel=(3, 1))),
    (ONE_SIDE, lambda network: replace(network, side=True)),
    (NOT_HALVING, lambda network: replace(network, sizes=(224,) * 5)),
    (HALVED_EARLY, lambda network: replace(network, sizes=(112, 56, 28, 14, 7))),
    (HALVED_TOO_OFTEN, lambda network: replace(network, halved_each=True)),
    (CHANNELS_STAY, lambda network: replace(network, channels_stay=True)),
    (DOUBLE_AFTER_POOL4, lambda network: replace(network, filters=(64, 128, 256, 512, 1024))),
    (DOUBLE_AFTER_POOL4, lambda network: replace(network, filters=(64, 128, 256, 512, 1024), head=226_394_112)),
    (SLIDES_NETWORK, partial(_slides, depths=(16,))),
    (SLIDES_NETWORK, partial(_slides, depths=(16, 19))),
    (DEPTH_IGNORED, lambda network: Network(16)),
    (HEAD_FORGOTTEN, lambda network: replace(network, head=0)),
    *(
        (FC6_INPUTS, lambda network, inputs=inputs: replace(network, head=network.head + (inputs - 25_088) * 4096))
        for inputs in (512, 512 * 7, 512 * 14 * 14, 512 * 224 * 224)
    ),
    *(
        (FC8_TOO_SMALL, lambda network, lost=lost: replace(network, head=network.head - 4096 * lost))
        for lost in (990, 1000)
    ),
    *((BIASES_IN_TOTAL, partial(_with_more, head=head, pools=pools)) for head in (0, 9_192) for pools in (False, True)),
)
_OTHER_COMPARISONS: tuple[tuple[Mistake, Fits], ...] = (
    (EXACT_ONLY, lambda total, macs, claim: total - macs == claim),
    (EXACT_ONLY, partial(_near, near=0.05)),
    (NO_ABS, lambda total, macs, claim: total - macs - claim <= NEAR),
    (NO_ABS, lambda total, macs, claim: claim - (total - macs) <= NEAR),
    (NO_ABS, lambda total, macs, claim: abs(total - macs) - claim <= NEAR),
    (NOT_ABOVE, lambda total, macs, claim: 0 <= total - macs - claim <= NEAR),
    (NOT_BELOW, lambda total, macs, claim: 0 <= claim - (total - macs) <= NEAR),
    *((TOLERANCE_TOO_LARGE, partial(_near, near=near)) for near in (0.1e9, 0.5e9)),
    (TOLERANCE_TOO_LARGE, lambda total, macs, claim: abs(total - macs - claim) <= 0.05 * abs(claim)),
    (TOLERANCE_TOO_LARGE, lambda total, macs, claim: abs(total - macs - claim) <= 0.05 * total),
    *((TOLERANCE_TOO_SMALL, partial(_near, near=near)) for near in (0.025e9, 0.01e9, 0.005e9, 0.05e6)),
    *((ROUNDED_FIRST, partial(_rounded, digits=digits)) for digits in (0, 1, 2)),
    (BILLIONS, lambda total, macs, claim: abs((total - macs) / 1e9 - claim) <= 0.05),
    (LAYER_COMPARED, lambda total, macs, claim: abs(macs - claim) <= NEAR),
    (NOT_TAKEN_OFF, lambda total, macs, claim: abs(total - claim) <= NEAR),
    (FLOP_FOR_MAC, partial(_near, factor=2)),
)
_OTHER_NAMES: tuple[tuple[Mistake, Callable[[list[str]], list[str]]], ...] = (
    (REVERSED, lambda names: names[::-1]),
    (FIRST_ONLY, lambda names: names[:1]),
    (CONV5_1, lambda names: [name for name in names if name != "conv5_1"]),
    (SLIDES_CULPRITS, lambda names: [name for name in names if name in ("conv3_2", "conv3_3")]),
    (NAMES_FROM_ZERO, lambda names: [_lowered(name, 0, 1) for name in names]),
    (NAMES_FROM_ZERO, lambda names: [_lowered(name, 1, 0) for name in names]),
    (NAMES_FROM_ZERO, lambda names: [_lowered(name, 1, 1) for name in names]),
)
