"""What the checks of several exercises on VGG share: the networks as names, and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeAlias

from cnnlab.exercises.cases import Case, Causes, Compare, expect_cases
from coursekit.checks import CheckFailed, Mistake, expect_equal, expect_true, together
from coursekit.comparing.equality import exact_difference
from coursekit.exercises import outcome_of
from coursekit.failures import fail

Answer: TypeAlias = Callable[..., Any]

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


def expect_untouched(argument: Any, copy: Any, what: str) -> None:
    """Check that a function left a list or dict as it was."""
    likely = Mistake("argument_changed", "the argument was written into; work on a copy")
    expect_true(argument == copy, what=f"{what} stays as it is", likely=likely)


def expect_explained(
    groups: Iterable[tuple[Sequence[Case], Causes]],
    *,
    reread: str,
    compare: Compare = expect_equal,
    differs: Callable[[Any, Any], Any] = exact_difference,
) -> None:
    """Check cases in groups, such as parameters and multiply-adds, each group with what explains all that came in it.

    Args:
        groups: what came and what is right, and the mistakes that give what came in every case of the group.
        reread: where to re-read.
        compare: how two values are compared.
        differs: whether two values differ.

    Raises:
        CheckFailed: if something else came. It is for use outside of ``together``.
    """
    failures: list[CheckFailed] = []
    for cases, causes in groups:
        try:
            told = [replace(case, wrong={causes: [case.came]} if causes else {}) for case in cases]
            expect_cases(told, reread=reread, compare=compare, differs=differs)
        except CheckFailed as failure:
            failures.append(failure)
    with together():
        for each in failures:
            fail(each)


Gives: TypeAlias = Mapping[Causes, Callable[[int], Sequence[Any]]]
"""From mistakes that are made at once to the values that they may give in the case of a number."""


def fitting(gives: Gives, came: Sequence[Any], differs: Callable[[Any, Any], Any] = exact_difference) -> Causes:
    """The fewest mistakes that give what came in every case; none if nothing does.

    A mistake that explains some cases and not the others is no cause.

    Args:
        gives: what mistakes give.
        came: what came, case by case.
        differs: whether two values differ.
    """
    found = [
        causes
        for causes, give in gives.items()
        if all(any(not differs(one, value) for value in give(at)) for at, one in enumerate(came))
    ]
    return min(found, key=len, default=())


def gives_for(inputs: Sequence[Any], ways: Iterable[tuple[Causes, Callable[[Any], Any]]]) -> Gives:
    """What mistakes give for each of some inputs.

    Args:
        inputs: by the number of the case, what it is about.
        ways: from mistakes to what they give for an input; several ways to make the same mistakes are taken together.
    """
    found: dict[Causes, list[Callable[[Any], Any]]] = {}
    for causes, give in ways:
        found.setdefault(causes, []).append(give)

    def given(ways: Sequence[Callable[[Any], Any]]) -> Callable[[int], list[Any]]:
        return lambda at: [give(inputs[at]) for give in ways]

    return {causes: given(ways) for causes, ways in found.items()}


def part_of(gives: Gives, part: Any) -> Gives:
    """What mistakes give of results that have parts, in this part."""

    def taken(give: Callable[[int], Sequence[Any]]) -> Callable[[int], Sequence[Any]]:
        return lambda at: [value[part] for value in give(at)]

    return {causes: taken(give) for causes, give in gives.items()}


@contextmanager
def errors_explained(causes: Mapping[str, Mistake], reread: str) -> Iterator[None]:
    """Within, an error of the student's code whose name and text begin like this is told with its cause.

    Args:
        causes: from the beginning of an error, such as ``KeyError: 'kernel'``, to what it means here.
        reread: where to re-read.

    Raises:
        CheckFailed: in place of such an error.
    """
    try:
        yield
    except CheckFailed:
        raise
    except Exception as error:
        first, *rest = str(outcome_of("", error)).splitlines()
        likely = next((cause for text, cause in causes.items() if first.startswith(f"Your code raised {text}")), None)
        if likely is None:
            raise
        what = first.rstrip(".") + (f" ({rest[0]})" if rest else "")
        fail(CheckFailed(what, likely=likely, reread=reread, problem="{what}"))
