"""The checks of ``pareto_front``: points are made as steps of a front, and as points that one step beats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from random import Random
from typing import Any, NamedTuple, TypeAlias

from cnnlab.exercises.common import NO_RETURN, Answer
from coursekit.checks import Mistake, expect_equal, expect_true, together
from coursekit.comparing import wording
from coursekit.exercises import visible_check
from coursekit.seeds import grading_seed

Point: TypeAlias = dict[str, Any]
Causes: TypeAlias = dict[Mistake | str, Any]

SECTION = "Who beats whom?"

WHOLE_POINTS = Mistake("whole_points", "it holds whole points; take point['name']")
NOTHING_LEFT = Mistake(
    "nothing_left", "nothing is left: does a point beat itself, or is better in one respect taken to be enough?"
)
EQUALS_DROPPED = Mistake("equal_points_beat", "equal points do not beat each other; both stay")
STRICT_IN_BOTH = Mistake(
    "strict_in_both", "strictly better in one of the two is enough, if the other is no worse", priority=1
)
CHEAPER_KEPT = Mistake("same_accuracy_does_not_beat", "a point as accurate and cheaper beats, too")
BETTER_KEPT = Mistake("same_cost_does_not_beat", "a point as cheap and more accurate beats, too")
CHEAP_FIRST = Mistake(
    "same_cost_unordered", "of equally cheap points the most accurate one must be met first; sort by both"
)
COST_REVERSED = Mistake("more_cost_is_better", "of cost, less is better")
ACCURACY_REVERSED = Mistake("less_accuracy_is_better", "of accuracy, more is better")
THE_BEATEN = Mistake("the_beaten_ones", "these are the points that are beaten; those that are not were asked for")
BEAT_NOBODY = Mistake(
    "those_that_beat_nobody",
    "these are the points that beat no other one; those that no other one beats were asked for",
)
NOT_IN_ORDER = Mistake("not_in_order", "names come in the order of points, not sorted")
MOST_ACCURATE = Mistake(
    "most_accurate_only",
    "only the most accurate was kept; being less accurate is not enough (and in `a and b or c`, `and` binds first)",
)
CHEAPEST = Mistake(
    "cheapest_only",
    "only the cheapest was kept; being dearer is not enough (and in `a and b or c`, `and` binds first)",
)
STAYS = Mistake(
    "worse_in_both_stays",
    "a point stays that another one beats in both respects; is it compared with all others?",
    priority=2,
)
ALL_KEPT = Mistake("all_kept", "every point was kept; one that beats it is enough for a point to go (any, not all)")
TWICE = Mistake("name_twice", "a name comes twice; each point that is not beaten is named once")
LOST = Mistake(
    "unbeaten_point_lost", "a point is missing that no other one beats; to beat it, one must be as good in both"
)
BEST_RATIO = Mistake("ratio", "accuracy was divided by cost; a point is beaten in both respects or not at all")
THOSE_BEFORE = Mistake("compared_with_those_before", "each point was compared with those before it only")
THOSE_AFTER = Mistake("compared_with_those_after", "each point was compared with those after it only")
SKIPPED = Mistake(
    "removed_while_walking",
    "the list is changed while a loop walks through it, so the point after a removed one is skipped; make a new list",
)
BELOW_A_LINE = Mistake(
    "below_a_line", "a point below the line between two others is not beaten; a single one must be as good in both"
)
NOT_WITH_FIRST = Mistake("not_with_the_first", "each point was compared with all others but the first in the list")
NOT_WITH_LAST = Mistake("not_with_the_last", "each point was compared with all others but the last in the list")
LAST_OR_CHEAP_FIRST = Mistake(
    "last_or_cheap_first",
    "each point was compared with all others but the last in the list, or a loop over sorted points meets equally "
    "cheap ones in the wrong order: of equally cheap points the most accurate one must be met first; sort by both",
)
OF_THE_ORDER = (THOSE_BEFORE, THOSE_AFTER, SKIPPED, NOT_WITH_FIRST, NOT_WITH_LAST, LAST_OR_CHEAP_FIRST)
POINTS_CHANGED = Mistake("points_changed", "it was sorted, shortened or written to; use sorted(points) or a new list")
ROUNDED = Mistake(
    "rounded",
    "accuracies or costs were rounded, or close ones taken for equal; compare them as they are",
    priority=2,
)
STARTS_AT_ZERO = Mistake(
    "best_starts_at_zero", 'the best accuracy so far must start below every accuracy, at float("-inf")'
)


class Made(NamedTuple):
    """Points by what they were made as: steps of the front, and points that only one step and its equals beat.

    Attributes:
        points: all, in an order that no rule gives.
        front: names of the steps and of those equal to one.
        equals: names of a step and of its equals.
        dearer: beaten by a step that is as accurate and cheaper.
        weaker: beaten by a step that is as cheap and more accurate.
        worse: beaten in both respects.
        beaten_by: from the name of a beaten point to the names of those that beat it.
    """

    points: list[Point]
    front: set[str]
    equals: list[str]
    dearer: set[str]
    weaker: set[str]
    worse: set[str]
    beaten_by: dict[str, list[str]]


def made_points(seed: int, *, unit: float = 1.0, steps: int = 6) -> Made:
    """Points whose front is known.

    Every step costs more and is more accurate than the one before, by more than the points that belong to it are
    apart. The first step has a weaker point, the last one an equal and a dearer one.

    Args:
        seed: decides values, names and order.
        unit: of accuracies and costs; the smallest difference between two that differ.
        steps: of the front; six at least.
    """
    rng = Random(seed)
    # Costs begin where the cheapest step does not have the best ratio of accuracy to cost.
    costs, accuracies = (sorted(rng.sample(range(low, low + 16 * steps, 4), steps)) for low in (20 * steps, 4))
    # Nor has the most accurate one.
    costs[-1] *= 3
    names = [f"{chr(97 + k % 26)}{k}" for k in rng.sample(range(10, 90), steps + 7)]
    on_front = list(zip(names, accuracies, costs, strict=False))
    front = {name for name, *_ in on_front}
    extra = iter(names[steps:])
    kinds: dict[str, set[str]] = {"dearer": set(), "weaker": set(), "worse": set()}
    beaten_by: dict[str, list[str]] = {}

    def beneath(step: int, kind: str) -> tuple[str, int, int]:
        name, (beater, accuracy, cost) = next(extra), on_front[step]
        kinds[kind].add(name)
        beaten_by[name] = [beater]
        return name, accuracy - (kind != "dearer"), cost + (kind != "weaker")

    last, equal = on_front[-1], (next(extra), *on_front[-1][1:])
    middle = rng.sample(range(1, steps - 1), 4)
    every = [beneath(step, kind) for step, kind in zip(middle, [*kinds, "worse"], strict=True)]
    lowest, dearest = beneath(0, "weaker"), beneath(-1, "dearer")
    beaten_by[dearest[0]].append(equal[0])
    rest = [*every, *on_front[1:-1]]
    rng.shuffle(rest)
    # Some stand before the step that beats them, one stands after it: looking one way only is not enough.
    for first, second in (*((every[at], on_front[middle[at]]) for at in (1, 2)), (on_front[middle[3]], every[3])):
        early, late = sorted((rest.index(first), rest.index(second)))
        rest[early], rest[late] = first, second
    # A step stands before its weaker point; of the most accurate ones, a step is the first and the last. Two beaten
    # points stand next to each other: who removes the first one from the list that he walks through skips the second.
    order = [*rest[:2], on_front[0], rest[2], last, lowest, dearest, *rest[3:-1], equal, rest[-1]]
    points = points_of(*((name, accuracy * unit, cost * unit) for name, accuracy, cost in order))
    return Made(
        points, front | {equal[0]}, [last[0], equal[0]], kinds["dearer"], kinds["weaker"], kinds["worse"], beaten_by
    )


def points_of(*triples: tuple[str, float, float]) -> list[Point]:
    """Points from triples of name, accuracy and cost."""
    return [{"name": name, "accuracy": accuracy, "cost": cost} for name, accuracy, cost in triples]


@visible_check
def pareto_front(answer: Answer, units: Sequence[float] = (1, 1 / 512)) -> None:
    """Check fronts of points that tie in one respect, in both, or in none, and that the list stays as it is.

    Args:
        answer: your function.
        units: the smallest difference between two accuracies, or two costs, in each list of points.
    """
    seed = grading_seed()
    for index, unit in enumerate(units):
        compare_made_front(answer, made_points(seed + index, unit=unit), "thirteen points", close=unit < 1)
    example = (("a", 70, 2), ("b", 75, 5), ("c", 70, 3), ("d", 60, 1), ("e", 74, 5), ("f", 70, 2))
    compare_front(answer, points_of(*example), ["a", "b", "d", "f"], "the worked example")
    compare_front(answer, points_of(*example[::-1]), ["f", "d", "b", "a"], "the worked example from f to a")
    compare_special_fronts(answer, 1 + seed % 50)
    expect_front_contract(answer, made_points(seed + 5))


def compare_special_fronts(answer: Answer, unit: int) -> None:
    """Compare fronts of a few points: none, one, equal ones, one that beats all, a front that bends."""
    alone = points_of(("alone", 50.0 + unit, 9.0))
    compare_front(answer, alone, ["alone"], "a single point")
    equal = points_of(("one", 50.0, 9.0 * unit), ("two", 50.0, 9.0 * unit), ("three", 49.0, 9.5 * unit))
    dropped: Causes = {EQUALS_DROPPED: [[], ["one"], ["two"]]}
    compare_front(answer, equal, ["one", "two"], "two equal points and a worse one", dropped)
    # The middle one lies below the line between the others, and is beaten by neither.
    bent = points_of(("low", 10, unit), ("middle", 12, 6 * unit), ("high", 90, 10 * unit))
    names = ["low", "middle", "high"]
    compare_front(answer, bent, names, "a front that bends inwards", {BELOW_A_LINE: ["low", "high"]})
    nothing = points_of(("none", 0.0, unit), ("some", 0.1, 2 * unit), ("less", 0.0, 2 * unit))
    compare_front(answer, nothing, ["none", "some"], "an accuracy of 0", {STARTS_AT_ZERO: [["some"]]})
    compare_front(answer, [], [], "no points")
    best, worse = ("best", 90, unit), [("worse", 80, 2 * unit), ("pricey", 85, 3 * unit)]
    everything = ["best", "worse", "pricey"]
    first: Causes = {NOT_WITH_FIRST: [everything]}
    compare_front(answer, points_of(best, *worse), ["best"], "a list whose first point beats all others", first)
    last: Causes = {NOT_WITH_LAST: [[*everything[1:], "best"]]}
    compare_front(answer, points_of(*worse, best), ["best"], "a list whose last point beats all others", last)


def compare_front(
    answer: Answer, points: list[Point], front: list[str], case: str, mistakes: Causes | None = None
) -> None:
    """Compare a front with the right one, in order."""
    got = front_of(answer, points)
    causes = dict(mistakes or {})
    if sorted(map(str, got)) == sorted(front):
        causes[NOT_IN_ORDER] = [list(got)]
    expect_equal(got, front, what=f"the front of {case}", mistakes=causes, reread=SECTION)


def front_of(answer: Answer, points: list[Point]) -> Sequence[Any]:
    """The names that came, after checking that they are names."""
    got = answer(deepcopy(points))
    expect_true(
        isinstance(got, list | tuple),
        what="the result is a list of names",
        likely=NO_RETURN if got is None else Mistake("no_list", f"{wording.kind(got)} came; return a list"),
        reread=SECTION,
    )
    expect_true(
        not any(isinstance(name, dict) for name in got),
        what="the result holds names",
        likely=WHOLE_POINTS,
        reread=SECTION,
    )
    names: Sequence[Any] = got
    return names


def compare_made_front(answer: Answer, made: Made, case: str, *, close: bool = False) -> None:
    """Compare which points are kept, kind by kind, and then their order.

    Args:
        answer: the student's function.
        made: the points.
        case: what they are, in words.
        close: whether values lie close together, and the answer was right where they do not.
    """
    got = front_of(answer, made.points)
    names = [point["name"] for point in made.points]
    front = [name for name in names if name in made.front]
    kept = [name for name in names if name in got]
    what = f"the front of {case}"
    if close:
        causes: Causes = {mistake: value for mistake, value in not_with_one(made).items() if list(got) in value}
        mistakes: Causes = causes or {ROUNDED: [list(got)]}
        expect_equal(got, front, what=f"{what} whose values lie close together", mistakes=mistakes)
        return
    whole: Causes = {mistake: value for mistake, value in whole_mistakes(made, names).items() if kept in value}
    if all(kind <= set(kept) or kind.isdisjoint(kept) for kind in (made.dearer, made.weaker, made.worse)):
        # It is a matter of kinds, and the order fits by chance.
        whole = {mistake: value for mistake, value in whole.items() if mistake not in OF_THE_ORDER}
    with together():
        if whole or len(kept) != len(got):
            expect_equal(kept if whole else got, front, what=what, mistakes=whole, reread=SECTION)
        else:
            _compare_kinds(made, kept, what)
        right = [name for name in names if name in kept]
        cause = TWICE if len(set(map(str, got))) < len(got) else NOT_IN_ORDER
        expect_equal(got, right, what=f"the order in {what}", mistakes={cause: [list(got)]}, reread=SECTION)


def _compare_kinds(made: Made, kept: Sequence[str], what: str) -> None:
    """Compare which points of each kind are kept."""
    equals = [name for name in made.equals if name in kept]
    first, second = made.equals
    dropped: list[list[str]] = [[], [first], [second]]
    expect_equal(
        equals,
        made.equals,
        what=f"those of two equal points in {what}",
        mistakes={EQUALS_DROPPED: dropped},
        reread=SECTION,
    )
    names = [point["name"] for point in made.points]
    worse = [name for name in names if name in made.worse and name in kept]
    expect_equal(
        worse,
        [],
        what=f"points that are worse in both respects in {what}",
        mistakes={STAYS: [worse]},
        reread=SECTION,
    )
    strict = STRICT_IN_BOTH if made.dearer | made.weaker <= set(kept) else None
    for kind, mistake, words in (
        (made.dearer, CHEAPER_KEPT, "points with an equally accurate, cheaper one"),
        (made.weaker, BETTER_KEPT, "points with an equally cheap, more accurate one"),
    ):
        still = [name for name in names if name in kind and name in kept]
        whole = [name for name in names if name in kind]
        # Where worse points stay, those that tie stay for the same reason.
        causes: Causes = {STAYS if worse else strict or mistake: [still if worse else whole]}
        if mistake is BETTER_KEPT and still != whole and not worse:
            causes[CHEAP_FIRST] = [[name for name in whole if not _stands_after(made, name)]]
        expect_equal(still, [], what=f"{words} in {what}", mistakes=causes, reread=SECTION)
    single = [name for name in names if name in made.front and name not in made.equals]
    left = [name for name in single if name in kept]
    expect_equal(left, single, what=what, mistakes={LOST: [left]}, reread=SECTION)


def _stands_after(made: Made, name: str) -> bool:
    """Whether a beaten point stands after one that beats it."""
    names = [point["name"] for point in made.points]
    return any(names.index(other) < names.index(name) for other in made.beaten_by[name])


def whole_mistakes(made: Made, names: list[str]) -> Causes:
    """What mistakes keep that cannot be told kind by kind."""
    points = {point["name"]: point for point in made.points}
    accuracy = {name: points[name]["accuracy"] for name in names}
    cost = {name: points[name]["cost"] for name in names}
    ratio = {name: accuracy[name] / cost[name] for name in names}
    most, least = max(accuracy.values()), min(cost.values())
    index = {name: position for position, name in enumerate(names)}

    def unless(before: bool) -> list[str]:
        seen = {
            name: any((index[other] < index[name]) == before for other in others)
            for name, others in made.beaten_by.items()
        }
        return [name for name in names if not seen.get(name, False)]

    return {
        NOTHING_LEFT: [[]],
        THE_BEATEN: [[name for name in names if name not in made.front]],
        BEAT_NOBODY: [[name for name in names if not any(name in others for others in made.beaten_by.values())]],
        COST_REVERSED: [[max(names, key=lambda name: (accuracy[name], cost[name]))]],
        ACCURACY_REVERSED: [[min(names, key=lambda name: (cost[name], accuracy[name]))]],
        ALL_KEPT: [names],
        MOST_ACCURATE: [
            [name for name in names if accuracy[name] == most],
            [name for name in names if name in made.equals],
            *([equal] for equal in made.equals),
        ],
        CHEAPEST: [[name for name in names if cost[name] == least], [min(names, key=lambda name: cost[name])]],
        BEST_RATIO: [[name for name in names if ratio[name] == max(ratio.values())]],
        SKIPPED: [_removed_while_walking(names, made.front)],
        BELOW_A_LINE: [[name for name in names if name in made.front and not below_a_line(points, name, made.front)]],
        THOSE_BEFORE: [unless(before=True)],
        THOSE_AFTER: [unless(before=False)],
        **not_with_one(made),
    }


def not_with_one(made: Made) -> Causes:
    """What is kept if each point is compared with all others but the first, or but the last."""
    names = [point["name"] for point in made.points]
    beside = {end: [name for name, others in made.beaten_by.items() if others == [names[end]]] for end in (0, -1)}
    kept = {end: [name for name in names if name in made.front or name in beside[end]] for end in (0, -1)}
    unordered = [name for name in names if name in made.weaker and not _stands_after(made, name)]
    last = LAST_OR_CHEAP_FIRST if beside[-1] and set(beside[-1]) == set(unordered) else NOT_WITH_LAST
    return {mistake: [kept[end]] for mistake, end in ((NOT_WITH_FIRST, 0), (last, -1)) if beside[end]}


def _removed_while_walking(names: Iterable[str], front: Iterable[str]) -> list[str]:
    """What is left if each beaten point is removed while a loop walks through the list, which skips the next point."""
    left, skipped = [], False
    for name in names:
        removed = name not in front and not skipped
        if not removed:
            left.append(name)
        skipped = removed
    return left


def below_a_line(points: Mapping[str, Point], name: str, front: Iterable[str]) -> bool:
    """Whether a point lies below the line between two others of a front."""
    x, y = points[name]["cost"], points[name]["accuracy"]
    others = [(points[other]["cost"], points[other]["accuracy"]) for other in front]
    return any(y < y0 + (x - x0) / (x1 - x0) * (y1 - y0) for x0, y0 in others for x1, y1 in others if x0 < x < x1)


def expect_front_contract(answer: Answer, made: Made) -> None:
    """Check that the list and its points stay as they are, and that points may have further keys."""
    given = deepcopy(made.points)
    answer(given)
    expect_true(given == made.points, what="the list of points stays as it is", likely=POINTS_CHANGED, reread=SECTION)
    further = [point | {"year": 2000 + index, "params": -index} for index, point in enumerate(made.points)]
    front = [point["name"] for point in made.points if point["name"] in made.front]
    compare_front(answer, further, front, "points with further keys", not_with_one(made))
