"""Several calls of one function, compared together: what explains all that came, right results among them, is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from coursekit.checks import Mistake, expect_equal, together
from coursekit.comparing.closeness import Tolerance, close_difference
from coursekit.comparing.equality import exact_difference
from coursekit.failures import fail, failure_of

Causes: TypeAlias = tuple[Mistake, ...]
Wrong: TypeAlias = dict[Causes, Any]
"""From mistakes that are made at once, mostly a single one, to the value, or list of values, that they give."""
Compare: TypeAlias = Callable[..., None]


@dataclass(frozen=True)
class Case:
    """One call, and what came of it.

    Attributes:
        what: what is compared, as the subject of a sentence.
        came: what the answer returned.
        right: what it should have returned.
        wrong: what common mistakes give.
    """

    what: str
    came: Any
    right: Any
    wrong: Mapping[Causes, Any] = field(default_factory=dict)


def expect_cases(
    cases: Sequence[Case],
    *,
    reread: str = "",
    compare: Compare = expect_equal,
    differs: Callable[[Any, Any], Any] = exact_difference,
    also: Sequence[Mistake] = (),
    by_itself: bool = True,
) -> None:
    """Check that the right values came in all cases.

    Where they did not, the fewest mistakes that explain every case are told. Without such, each case is explained by
    itself, or none where that may fit by chance.

    Args:
        cases: what came, and what is right.
        reread: where to re-read.
        compare: how two values are compared.
        differs: whether two values differ.
        also: mistakes that other calls have shown already.
        by_itself: whether a case is explained by itself if nothing explains them all.

    Raises:
        CheckFailed: if something else came.
    """
    causes = explanation(cases, differs)
    if not causes and not by_itself:
        cases = [replace(case, wrong={}) for case in cases]

    def compare_all() -> None:
        with together():
            for case in cases:
                compare(case.came, case.right, what=case.what, mistakes=_mistakes(case, causes), reread=reread)

    failure = failure_of(compare_all)
    if failure is not None:
        first = failure.mistakes[0] if failure.mistakes else None
        others = dict.fromkeys((*(causes or failure.also), *also))
        fail(failure.told_with(first, [mistake for mistake in others if mistake != first]))


def differ(came: Any, right: Any) -> bool:
    """Whether numbers, or tensors, differ by more than rounding."""
    return close_difference(came, right, Tolerance(), False) is not None


def explanation(cases: Sequence[Case], differs: Callable[[Any, Any], Any] = exact_difference) -> Causes:
    """The fewest mistakes that explain what came in every case; none if nothing does, or nothing is wrong."""
    wrong = [case for case in cases if differs(case.came, case.right)]
    named = dict.fromkeys(key for case in wrong for key in case.wrong)
    fitting = [
        key
        for key in named
        if any(key in case.wrong and _values(case.wrong[key]) for case in wrong)
        and all(_fits(case, key, differs) for case in cases)
    ]
    return min(fitting, key=lambda causes: (len(causes), -max(cause.priority for cause in causes)), default=())


def _fits(case: Case, key: Causes, differs: Callable[[Any, Any], Any]) -> bool:
    """Whether a mistake gives what came; where nothing is said of a wrong value, it may have given any."""
    values = _values(case.wrong.get(key, []))
    return not values or any(not differs(case.came, value) for value in values)


def _mistakes(case: Case, causes: Causes) -> dict[Mistake | str, Any]:
    if causes:
        return {causes[0]: [case.came]}
    return {key[0]: value for key, value in case.wrong.items() if len(key) == 1}


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
