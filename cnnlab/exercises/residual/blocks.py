"""Checks that a block of a network computes what it should, and names the mistakes if it does not.

Nothing is asked of how a block is written: its parameters are given random values, and what it returns is compared with
what a program in words makes of the same values. If that differs, what each mistake, and each pair of mistakes, would
return is tried.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from cnnlab.exercises.common import drawing
from cnnlab.exercises.residual.block_mistakes import (
    LAZY,
    NORM_SIZES,
    NOT_REGISTERED,
    OTHER_NORMS,
    RANDOM,
    SHARED,
    WITHOUT_LAYERS,
)
from cnnlab.exercises.residual.block_plans import BlockPlan
from cnnlab.exercises.residual.programs import (
    BlockProgram,
    Tensors,
    distance,
    fill,
    layers_of,
    own_state,
    passing_on,
    random_values,
    ways,
    words_of,
)
from cnnlab.exercises.residual.search import pair_of_mistakes, single_mistakes
from coursekit.checks import CheckFailed, Mistake, expect_close, expect_equal, expect_shape, together
from coursekit.exercises import outcome_of

SAME = 1e-9
MOST_WAYS = 24
"""With more ways to match layers than these, pairs of mistakes are not looked for."""


@dataclass(frozen=True)
class Seen:
    """What a block made of an input in one mode.

    Attributes:
        x: the input.
        training: the mode.
        got: what it returned.
        error: what it raised.
    """

    x: Tensor
    training: bool
    got: Any = None
    error: Exception | None = None

    @property
    def mode(self) -> str:
        """The mode in words."""
        return "training" if self.training else "evaluation"

    def is_made_by(self, program: BlockProgram, tensors: Tensors, swapped: bool = False) -> bool:
        """Whether a program makes the same of the same input, or fails at the same sizes.

        Args:
            program: the program.
            tensors: its tensors.
            swapped: whether sizes that do not fit may be named in another order, as where path and shortcut are added
                the other way round.
        """
        try:
            right = output_of(program, tensors, self.x, self.training)
        except RuntimeError as error:
            order: Callable[[list[str]], list[str]] = sorted if swapped else list
            numbers = _numbers_in(self.error) if self.error is not None else []
            return bool(numbers) and order(_numbers_in(error)) == order(numbers)
        except KeyError:
            return False
        return distance(self.got, right) < SAME * max(1.0, right.abs().max().item())


def _numbers_in(error: Exception) -> list[str]:
    return re.findall(r"\d+", str(error))


def output_of(program: BlockProgram, tensors: Tensors, x: Tensor, training: bool) -> Tensor:
    """What a program makes of an input; the tensors stay as they are."""
    own = {name: {kind: tensor.clone() for kind, tensor in kinds.items()} for name, kinds in tensors.items()}
    with torch.no_grad():
        return program.run(own, x, training)


def seen(block: Any, x: Tensor, training: bool) -> Seen:
    """What a block makes of an input, which is kept from it."""
    block.train(training)
    try:
        return Seen(x, training, block(x.clone()))
    except NotImplementedError:
        raise
    except Exception as error:
        return Seen(x, training, error=error)


def causes_of(plan: BlockPlan, found: Tensors, what: Sequence[Seen]) -> list[list[Mistake]]:
    """The mistakes that explain what was seen of a block: one, or two that were made together.

    Args:
        plan: what the block should be.
        found: the layers that it has.
        what: what was seen of it.

    Returns:
        For each mistake that was made, those that it may be.
    """
    for swapped in (False, True):
        explains = partial(_explains, found=found, what=what, swapped=swapped)
        if single := single_mistakes(plan.right, plan.variants, explains):
            return [single]
    # Images do not meet in evaluation mode, so a single one sorts out most pairs.
    glance = [replace(one, x=one.x[:1], got=one.got[:1]) for one in what[:1] if one.error is None]

    def fits(program: BlockProgram) -> bool:
        few = len(list(islice(ways(program, found), MOST_WAYS + 1))) <= MOST_WAYS
        return few and _explains(program, found, glance) and _explains(program, found, what)

    pair = pair_of_mistakes(plan.right, plan.variants, fits)
    return [[mistake] for mistake in pair or _shown_by_layers(plan, found)]


def _shown_by_layers(plan: BlockPlan, found: Tensors) -> list[Mistake]:
    """A mistake that the layers of a block show, whatever it returns."""
    has = _words(found)
    if any(program.holds == has for program in plan.right):
        return []
    variants = [variant for variant in plan.variants if variant.in_layers]
    return single_mistakes(plan.right, variants, lambda program: program.holds == has)[:1]


def _words(found: Tensors) -> list[str]:
    return words_of({f"{name}.{kind}": tensor for name, kinds in found.items() for kind, tensor in kinds.items()})


def _explains(program: BlockProgram, found: Tensors, what: Sequence[Seen], swapped: bool = False) -> bool:
    """Whether a program makes what was seen, in some way to match its layers."""
    return any(
        all(one.is_made_by(program, {ours: found[theirs] for ours, theirs in way.items()}, swapped) for one in what)
        for way in ways(program, found)
    )


def check_block(
    block: Any,
    plan: BlockPlan,
    size: tuple[int, int],
    *,
    seed: int,
    reread: str,
    example: tuple[Tensor, Tensor] | None = None,
) -> None:
    """Check the layers of a block, and what it returns in both modes with random parameters and statistics.

    Args:
        block: the student's.
        plan: what it should be.
        size: height and width of the input.
        seed: decides all values.
        reread: where to re-read.
        example: pixels, and what becomes of them in evaluation mode where batch norms compute 2v - 3 and convolutions
            pass on what they read; for a block that keeps the shape.
    """
    generator = drawing(seed)
    state = state_of(block, generator, plan.case, reread)
    found, has = layers_of(state), words_of(state)
    x = torch.randn(3, plan.inputs, *size, generator=generator, dtype=torch.float64)
    first = seen(block, x, False)
    # What fails at the same sizes by chance does not fail at others as well.
    larger = torch.randn(1, plan.inputs, size[0] + 7, size[1] + 10, generator=generator, dtype=torch.float64)
    what = [first, seen(block, x, True) if first.error is None else seen(block, larger, False)]
    programs = [program for program in plan.right if _explains(program, found, what)]
    causes = [] if programs else _causes(block, plan, found, what)
    with together():
        for cause in causes or [[]]:
            _compare(block, plan, found, has, what, cause, reread, example)


def _causes(block: Any, plan: BlockPlan, found: Tensors, what: Sequence[Seen]) -> list[list[Mistake]]:
    """The mistakes that explain what was seen, if a tensor came at all."""
    if any(one.error is None and not isinstance(one.got, Tensor) for one in what):
        return []
    causes = causes_of(plan, found, what)
    # In training mode nothing that a pass leaves behind changes the next one.
    training = [one for one in what if one.training and one.error is None and not causes]
    again = [(one, seen(block, one.x, one.training)) for one in training]
    return [[RANDOM]] if any(distance(one.got, other.got) > 0 for one, other in again) else causes


def state_of(module: Any, generator: torch.Generator, case: str, reread: str) -> dict[str, Tensor]:
    """The state dict of a module that was given random values, with every layer once.

    Raises:
        CheckFailed: if its layers wait for their first input.
    """
    try:
        return own_state(module, random_values(generator))
    except (ValueError, RuntimeError) as error:
        if "uninitialized parameter" not in str(error):
            raise
    raise CheckFailed(f"the layers of {case}", likely=LAZY, reread=reread)


def _compare(
    block: Any,
    plan: BlockPlan,
    found: Tensors,
    has: list[str],
    what: Sequence[Seen],
    causes: Sequence[Mistake],
    reread: str,
    example: tuple[Tensor, Tensor] | None,
) -> None:
    """Compare the layers first, then what was returned; what differs first is told."""
    expected = plan.right[0].holds
    wrong = causes or ([_fault_in_layers(has, expected)] if has != expected else [])
    expect_equal(
        has, expected, what=f"the list of layers of {plan.case}", mistakes=dict.fromkeys(wrong, has), reread=reread
    )
    if has != expected:
        return
    if example:
        _compare_example(block, plan, example, causes, reread)
    for one in what:
        if one.error is not None:
            report(one.error, causes, reread)
        case = f"the output of {plan.case} in {one.mode} mode"
        right = _closest(plan, found, one)
        expect_shape(one.got, tuple(right.shape), what=case, mistakes=_of_shape(one, right, causes), reread=reread)
        expect_close(
            one.got,
            right,
            what=case,
            rtol=0,
            atol=SAME,
            mistakes=dict.fromkeys(causes, one.got) if isinstance(one.got, Tensor) else {},
            reread=reread,
        )


def _of_shape(one: Seen, right: Tensor, causes: Sequence[Mistake]) -> dict[Mistake | str, Any]:
    shape = tuple(one.got.shape) if isinstance(one.got, Tensor) else ()
    return {cause: shape for cause in causes if shape != tuple(right.shape)}


def _compare_example(
    block: Any, plan: BlockPlan, example: tuple[Tensor, Tensor], causes: Sequence[Mistake], reread: str
) -> None:
    """Compare a block that computes 2v - 3 and passes on with a worked example."""
    pixels, numbers_right = example
    x, right = (row.expand(1, plan.inputs, 1, -1) for row in (pixels, numbers_right))
    _ = fill(block, passing_on)
    one = seen(block, x, False)
    if isinstance(one.got, Tensor) and one.got.shape == right.shape and not torch.allclose(one.got, right, atol=1e-6):
        numbers = ", ".join(f"{value:g}" for value in pixels.tolist())
        expect_close(
            one.got[0, 0, 0],
            right[0, 0, 0],
            what=f"the output of {plan.case} in the worked example, where each channel holds the pixels {numbers}",
            rtol=0,
            atol=1e-6,
            mistakes=dict.fromkeys(causes, one.got[0, 0, 0]),
            reread=reread,
        )


def _closest(plan: BlockPlan, found: Tensors, one: Seen) -> Tensor:
    """Of what is right the output that comes closest to what was seen."""
    outputs = [
        output_of(program, {ours: found[theirs] for ours, theirs in way.items()}, one.x, one.training)
        for program in plan.right
        for way in ways(program, found)
    ]
    return min(outputs, key=lambda right: distance(one.got, right))


def report(error: Exception, causes: Sequence[Mistake], reread: str) -> None:
    """Raise an error of the student's code, with its cause if that is known.

    Raises:
        CheckFailed: if it is.
    """
    if not causes:
        raise error
    first, *others = str(outcome_of("", error)).splitlines()
    what = f"{first.rstrip('.')} ({others[0]})" if others else first.rstrip(".")
    raise CheckFailed(what, likely=list(causes), reread=reread, problem="{what}") from None


def _fault_in_layers(has: Sequence[str], expected: Sequence[str]) -> Mistake:
    """What a list of layers in words suggests, if no mistake explains it."""
    extra = sorted((Counter(has) - Counter(expected)).elements())
    missing = sorted((Counter(expected) - Counter(has)).elements())
    if not has:
        return NOT_REGISTERED
    if extra and [word.partition(" without")[0] for word in extra] == missing:
        return OTHER_NORMS
    if not extra:
        return SHARED
    if all(word.startswith("norm") for word in extra + missing):
        return NORM_SIZES
    if len(extra) == len(missing) == 1:
        return Mistake("another_layer", f"there is a {extra[0]} where a {missing[0]} is expected")
    return WITHOUT_LAYERS
