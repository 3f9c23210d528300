"""Several calls of one function, compared together: what explains all that came, right results among them, is told.

A mistake that explains some results only may do so by chance. So where no mistake explains all of them, nothing is told
as a cause: only where, and how, the results are wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations
from typing import Any, TypeAlias

from coursekit.checks import CheckFailed, Mistake, expect_equal
from coursekit.comparing.closeness import Tolerance, close_difference
from coursekit.comparing.equality import as_integer, exact_difference
from coursekit.failures import fail, failure_of, told_first

Causes: TypeAlias = tuple[Mistake, ...]
Wrong: TypeAlias = dict[Causes, Any]
"""From mistakes that are made at once, mostly a single one, to the value, or list of values, that they give.

A value that takes long may be a function without arguments, which is called only where the value is compared.
"""
Variants: TypeAlias = Iterable[tuple[Causes, Any]]
"""Mistakes that are made at once, each time with a value that they give; the same ones may come several times."""
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
        wrong: what common mistakes give, or a function that says it, called only if a result is wrong; an empty list
            where a mistake may give anything.
        where: what sets the call apart from others, such as "in ceil mode".
    """

    what: str
    came: Any
    right: Any
    wrong: Mapping[Causes, Any] | Callable[[], Variants] = field(default_factory=dict)
    where: tuple[str, ...] = ()

    def known(self) -> Mapping[Causes, Any]:
        """What common mistakes give."""
        return by_causes(self.wrong()) if callable(self.wrong) else self.wrong

    def part(self, part: Any) -> Case:
        """The case of one part of a result that has several."""

        def of(value: Any) -> Callable[[], Any]:
            return lambda: _value(value)[part]

        wrong = {causes: [of(value) for value in _listed(values)] for causes, values in self.known().items()}
        return replace(self, came=self.came[part], right=self.right[part], wrong=wrong)


def by_causes(variants: Variants) -> dict[Causes, list[Any]]:
    """All that comes of the same mistakes taken together."""
    found: dict[Causes, list[Any]] = {}
    for causes, value in variants:
        found.setdefault(causes, []).append(value)
    return found


def wrong_for(argument: Any, variants: Mapping[Causes, Sequence[Callable[[Any], Any]]]) -> Wrong:
    """What mistakes give for an argument, each way to make them being a function of it."""
    return {causes: [partial(give, argument) for give in gives] for causes, gives in variants.items()}


def expect_cases(
    cases: Sequence[Case],
    *,
    reread: str = "",
    compare: Compare = expect_equal,
    differs: Differs = exact_difference,
    causes: Causes | None = None,
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
        causes: the mistakes that explain them, where the check has looked for them itself; else they are looked for.
        also: mistakes that other calls have shown already.
        results: what the results are called.

    Raises:
        CheckFailed: if something else came.
    """
    checks = [partial(compare, case.came, case.right, what=case.what, reread=reread) for case in cases]
    failures = [failure for check in checks if (failure := failure_of(check))]
    if not failures:
        return
    if causes is None:
        cases = [replace(case, wrong=case.known()) for case in cases]
        found = explanations(cases, differs) or _in_turn(cases, differs)
    else:
        found = [causes] if causes else []
    told: Causes = _common(failures) or _pattern(cases, differs, results)
    others: Causes = ()
    if found:
        # Of mistakes that are made at once, one set is told; of single ones, what is compared elsewhere may decide.
        told = tuple(key[0] for key in found) if len(found[0]) == 1 else found[0][:1]
        others = found[0][1:]
    for failure in failures:
        failure.mistakes = told
    first = told_first(failures)
    more = dict.fromkeys((*others, *also)) if told else ()
    fail(first.told_with(None, [cause for cause in more if cause not in told]))


def differ(came: Any, right: Any) -> bool:
    """Whether numbers, or tensors, differ by more than rounding."""
    return close_difference(came, right, Tolerance(), False) is not None


def explanation(cases: Sequence[Case], differs: Differs = exact_difference) -> Causes:
    """The first of ``explanations``; empty if nothing explains every case."""
    return next(iter(explanations(cases, differs)), ())


def explanations(cases: Sequence[Case], differs: Differs = exact_difference) -> list[Causes]:
    """The fewest mistakes that explain what came in every case; all, if several explain it equally well.

    A mistake counts only if it also gives what came where the result is right.
    """
    cases = [replace(case, wrong=case.known()) for case in cases]
    wrong = [case for case in cases if differs(case.came, case.right)]
    shown = {}
    for key in _mistakes_of(wrong):
        if all(_fits(case, key, differs) for case in cases) and (numbers := _shown(wrong, key, differs)):
            shown[key] = numbers

    def rank(key: Causes) -> tuple[int, int, int]:
        return len(key), -len(shown[key]), -max(cause.priority for cause in key)

    best = min(map(rank, shown), default=None)
    return [key for key in shown if rank(key) == best]


def _in_turn(cases: Sequence[Case], differs: Differs) -> list[Causes]:
    """Two mistakes that are made in different calls, as in two branches, if several results show each of them.

    One or the other gives each wrong result, though none gives all of them.
    """
    wrong = [replace(case, wrong=case.known()) for case in cases if differs(case.came, case.right)]
    single = {key: _shown(wrong, key, differs) for key in _mistakes_of(wrong) if len(key) == 1}
    alone = [key for key, numbers in single.items() if len(numbers) >= LEAST_SHOWN]
    for one, other in combinations(alone, 2):
        apart = len(single[one] - single[other]), len(single[other] - single[one])
        if len(single[one] | single[other]) == len(wrong) and min(apart) >= LEAST_SHOWN:
            return [(*one, *other)]
    return []


def _mistakes_of(cases: Sequence[Case]) -> Iterable[Causes]:
    return dict.fromkeys(key for case in cases for key in case.known())


def _shown(cases: Sequence[Case], key: Causes, differs: Differs) -> frozenset[int]:
    """The numbers of the cases in which a mistake is known to give what came."""
    return frozenset(number for number, case in enumerate(cases) if _gives(case, key, differs))


def _gives(case: Case, key: Causes, differs: Differs) -> bool:
    """Whether a mistake is known to give what came."""
    return any(not differs(case.came, _value(value)) for value in _listed(case.known().get(key, [])))


def _fits(case: Case, key: Causes, differs: Differs) -> bool:
    """Whether a mistake may give what came; where nothing is said of its value, it may have given any."""
    return not _listed(case.known().get(key, [])) or _gives(case, key, differs)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _value(value: Any) -> Any:
    return value() if callable(value) else value


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
        says = f"of those compared, only {results} {where} are wrong" + (f"; each of these is {how}" if how else "")
    elif " by " in how and len(wrong) == len(cases):
        says = f"all {results} that were compared are {how}"
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
