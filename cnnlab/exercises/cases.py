"""Several calls of one function, compared together: what explains all that came, right results among them, is told.

A mistake that explains some results only may do so by chance. So where no mistake explains all of them, nothing is told
as a cause: only where, and how, the results are wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from typing import Any, TypeAlias

from coursekit.checks import CheckFailed, Mistake, expect_equal
from coursekit.comparing.closeness import Tolerance, close_difference
from coursekit.comparing.equality import as_integer, exact_difference
from coursekit.failures import fail, failure_of, told_first

Causes: TypeAlias = tuple[Mistake, ...]
Wrong: TypeAlias = dict[Causes, Any]
"""From mistakes that are made at once, mostly a single one, to the value, or list of values, that they give."""
Compare: TypeAlias = Callable[..., None]
Differs: TypeAlias = Callable[[Any, Any], Any]
LEAST_SHOWN = 2
"""As many results must show each of two mistakes that are made in different calls, and each pattern."""


@dataclass(frozen=True)
class Case:
    """One call, and what came of it.

    Attributes:
        what: what is compared, as the subject of a sentence.
        came: what the answer returned.
        right: what it should have returned.
        wrong: what common mistakes give; an empty list where a mistake may give anything.
        where: what sets the call apart from others, such as "in ceil mode".
    """

    what: str
    came: Any
    right: Any
    wrong: Mapping[Causes, Any] = field(default_factory=dict)
    where: tuple[str, ...] = ()


def expect_cases(
    cases: Sequence[Case],
    *,
    reread: str = "",
    compare: Compare = expect_equal,
    differs: Differs = exact_difference,
    also: Sequence[Mistake] = (),
    results: str = "results",
) -> None:
    """Check that the right values came in all cases.

    Where they did not, the fewest mistakes that explain every case are told; without such, where and how they differ.

    Args:
        cases: what came, and what is right.
        reread: where to re-read.
        compare: how two values are compared.
        differs: whether two values differ.
        also: mistakes that other calls have shown already.
        results: what the results are called.

    Raises:
        CheckFailed: if something else came.
    """
    checks = [partial(compare, case.came, case.right, what=case.what, reread=reread) for case in cases]
    failures = [failure for check in checks if (failure := failure_of(check))]
    if not failures:
        return
    found = explanations(cases, differs)
    told: Causes = _common(failures) or _pattern(cases, differs, results)
    others: Causes = ()
    if found:
        # Of mistakes that are made at once, one set is told; of single ones, what is compared elsewhere may decide.
        told = tuple(causes[0] for causes in found) if len(found[0]) == 1 else found[0][:1]
        others = found[0][1:]
    for failure in failures:
        failure.mistakes = told
    first = told_first(failures)
    more = dict.fromkeys((*others, *also)) if told else ()
    fail(first.told_with(None, [cause for cause in more if cause not in told]))


def differ(came: Any, right: Any) -> bool:
    """Whether numbers, or tensors, differ by more than rounding."""
    return close_difference(came, right, Tolerance(), False) is not None


def explanations(cases: Sequence[Case], differs: Differs = exact_difference) -> list[Causes]:
    """The fewest mistakes that explain what came in every case; all, if several explain it equally well.

    Two mistakes may also be made in different calls, as in two branches, if several results show each of them.
    """
    wrong = [case for case in cases if differs(case.came, case.right)]
    shown = {
        key: frozenset(place for place, case in enumerate(wrong) if _gives(case, key, differs))
        for key in dict.fromkeys(key for case in wrong for key in case.wrong)
    }
    fitting = [key for key, places in shown.items() if places and all(_fits(case, key, differs) for case in cases)]
    if not fitting:
        return _in_turn(len(wrong), shown)

    def rank(key: Causes) -> tuple[int, int, int]:
        return len(key), -len(shown[key]), -max(cause.priority for cause in key)

    best = min(map(rank, fitting))
    return [key for key in fitting if rank(key) == best]


def _in_turn(count: int, shown: Mapping[Causes, frozenset[int]]) -> list[Causes]:
    """Two mistakes, one or the other of which gives each wrong result, though none gives all of them."""
    alone = [key for key, places in shown.items() if len(key) == 1 and len(places) >= LEAST_SHOWN]
    for one, other in combinations(alone, 2):
        apart = len(shown[one] - shown[other]), len(shown[other] - shown[one])
        if len(shown[one] | shown[other]) == count and min(apart) >= LEAST_SHOWN:
            return [(*one, *other)]
    return []


def _gives(case: Case, key: Causes, differs: Differs) -> bool:
    """Whether a mistake is known to give what came."""
    return any(not differs(case.came, value) for value in _values(case.wrong.get(key, [])))


def _fits(case: Case, key: Causes, differs: Differs) -> bool:
    """Whether a mistake may give what came; where nothing is said of its value, it may have given any."""
    return not _values(case.wrong.get(key, [])) or _gives(case, key, differs)


def _values(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _common(failures: Sequence[CheckFailed]) -> Causes:
    """What shows in the result itself, such as its type, if it shows in all that are wrong in this way."""
    kinds = [failure for failure in failures if failure.is_of_kind] or failures
    first = kinds[0].mistakes
    return first if all(failure.mistakes == first for failure in kinds) else ()


# What is seen where no cause is known


def _pattern(cases: Sequence[Case], differs: Differs, results: str) -> Causes:
    """Which results are wrong, and how, if this can be said in a few words."""
    wrong = [case for case in cases if differs(case.came, case.right)]
    where, how = _where(cases, wrong), _how(wrong)
    if where:
        says = f"only {results} {where} are wrong" + (f"; each of these is {how}" if how else "")
    elif " by " in how and len(wrong) == len(cases):
        says = f"all {results} are {how}"
    else:
        return ()
    # A cause that is known elsewhere comes first.
    return (Mistake("", says, priority=-2),)


def _where(cases: Sequence[Case], wrong: Sequence[Case]) -> str:
    """What all wrong cases have in common and not all right ones; what no right one has comes first."""
    if len(wrong) < LEAST_SHOWN:
        return ""
    common = [trait for trait in wrong[0].where if all(trait in case.where for case in wrong)]
    having = {trait: sum(trait in case.where for case in cases) for trait in common}
    return min((trait for trait in common if having[trait] < len(cases)), key=having.__getitem__, default="")


def _how(wrong: Sequence[Case]) -> str:
    """How numbers differ from the right ones, if all do in the same way."""
    pairs = [(as_integer(case.came), as_integer(case.right)) for case in wrong]
    if len(pairs) < LEAST_SHOWN or any(type(number) is not int for pair in pairs for number in pair):
        return ""
    apart = {came - right for came, right in pairs}
    direction = "too large" if min(apart) > 0 else "too small" if max(apart) < 0 else ""
    return f"{direction} by {abs(apart.pop())}" if direction and len(apart) == 1 else direction
