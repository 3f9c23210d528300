"""What counts against a limit: processor time, and time in which nothing runs or waits for a core."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from autograder.execution.meter import LONGEST_PAUSE, Budget, Limit, Look, Meter, OutOfTimeError, Spent, ran_between
from sandbox.activity import Activity

STUDENT, CHILD, GRANDCHILD = (2, 100), (3, 200), (4, 300)


def one(ran: float = 0.0, *, ended: float = 0.0, waited: float = 0.0, ready: bool = False) -> Activity:
    return Activity(began=0, ran=ran, ended=ended, waited=waited, ready=ready)


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def idle_after(looks: Callable[[int], Look | None], seconds: float, limit: Limit | None = None) -> Meter:
    """A meter that was asked for so long, with these looks at the processes, and its limit crossed or not."""
    clock = Clock()
    numbers = iter(range(10**6))
    meter = Meter(lambda: looks(next(numbers)), clock)
    with meter.limited(limit or Limit.of(10**6)) as check:
        while clock.now < seconds:
            clock.now += check()
    return meter


def test_a_process_that_sleeps_is_idle() -> None:
    meter = idle_after(lambda number: Look(one(), {STUDENT: one()}), 10)
    assert meter.ran == 0 and meter.idle == pytest.approx(10, abs=0.3)


def test_a_process_that_computes_is_not() -> None:
    meter = idle_after(lambda number: Look(one(), {STUDENT: one(0.3 * number, ready=True)}), 10)
    assert meter.ran > 10 and meter.idle == 0


def test_a_process_that_waits_for_a_core_is_not_idle() -> None:
    meter = idle_after(lambda number: Look(one(), {STUDENT: one(0.01 * number, waited=0.2 * number)}), 10)
    assert meter.idle == 0 and meter.ran < 1


def test_a_process_that_has_not_got_its_core_back_yet_is_not_idle_either() -> None:
    """How long it waited is told when it runs again."""
    meter = idle_after(lambda number: Look(one(), {STUDENT: one(waited=10.0 * (number > 60), ready=True)}), 10)
    assert meter.idle == 0


def test_the_tests_process_is_the_submissions() -> None:
    meter = idle_after(lambda number: Look(one(0.3 * number), {STUDENT: one()}), 10)
    assert meter.ran > 10


def test_work_that_leaves_no_trace_has_an_end() -> None:
    meter = idle_after(lambda number: Look(one(), {STUDENT: one()}, vanished=True), 10)
    assert meter.ran == 0 and 1 < meter.idle < 3


def test_many_that_wait_for_each_other_do_not_hide_that_nothing_happens() -> None:
    sleepers = [(number, 0) for number in range(10, 70)]
    meter = idle_after(
        lambda number: Look(one(), {STUDENT: one(), **dict.fromkeys(sleepers, one(waited=0.2 * number))}), 10
    )
    assert meter.idle == pytest.approx(10, abs=0.3)


def test_time_in_which_nobody_could_look_is_nobodys() -> None:
    clock = Clock()
    meter = Meter(lambda: Look(one(), {STUDENT: one()}), clock)
    with meter.limited(Limit.of(5)) as check:
        clock.now += 1000
        check()
    assert meter.idle <= LONGEST_PAUSE


def test_time_between_replies_is_nobodys() -> None:
    clock = Clock()
    meter = Meter(lambda: Look(one(), {STUDENT: one()}), clock)
    for _ in range(100):
        with meter.limited(Limit.of(5)):
            clock.now += 0.05
        clock.now += 100
    assert meter.idle == pytest.approx(5, abs=0.3)


def test_replies_just_before_they_are_looked_for_add_up() -> None:
    budget, clock = Budget(3), Clock()
    meter = Meter(lambda: Look(one(), {STUDENT: one()}), clock)
    budget.follow(meter)
    for _ in range(60):
        with meter.limited(budget.at_most(1)):
            clock.now += 0.19
    assert budget.spent is Spent.IDLE


def test_each_reply_has_the_whole_limit() -> None:
    clock, ran = Clock(), iter(range(10**6))
    meter = Meter(lambda: Look(one(), {STUDENT: one(0.1 * next(ran))}), clock)
    for _ in range(5):
        with meter.limited(Limit.of(1)) as check:
            for _ in range(8):
                clock.now += check()
    assert meter.ran > 2


@pytest.mark.parametrize(
    "limit, spent",
    [(Limit(5, 1), Spent.IDLE), (Limit(1, 5), Spent.PROCESSOR), (Limit(5, 5, deadline=2), Spent.CLOCK)],
)
def test_what_crosses_a_limit_is_told(limit: Limit, spent: Spent) -> None:
    with pytest.raises(OutOfTimeError) as end:
        idle_after(lambda number: Look(one(), {STUDENT: one(0.05 * number)}), 100, limit)
    assert end.value.spent is spent


def test_where_the_system_does_not_show_processes_the_clock_counts() -> None:
    meter = idle_after(lambda number: None, 10)
    assert meter.ran == pytest.approx(10, abs=0.3) and meter.idle == 0


@pytest.mark.parametrize(
    "before, now, seconds",
    [
        (Look(students={STUDENT: one(1)}), Look(students={STUDENT: one(3)}), 2),
        # A new child.
        (Look(students={STUDENT: one(1)}), Look(students={STUDENT: one(1), CHILD: one(2)}), 2),
        # A child that ended, and for which its parent waited.
        (Look(students={STUDENT: one(1), CHILD: one(2)}), Look(students={STUDENT: one(1, ended=5)}), 3),
        # The same, but its parent ignores the end of its children.
        (Look(students={STUDENT: one(1), CHILD: one(2)}), Look(students={STUDENT: one(1)}), 0),
        # One that was never seen, for which its parent waited.
        (Look(students={STUDENT: one(1)}), Look(students={STUDENT: one(1, ended=4)}), 4),
        # One that its supervisor took over.
        (Look(students={STUDENT: one(1), GRANDCHILD: one(2)}), Look(students={STUDENT: one(1)}, ended=2.5), 0.5),
        # A child that ended with what its own had used.
        (
            Look(students={STUDENT: one(1), CHILD: one(1, ended=1), GRANDCHILD: one(1)}),
            Look(students={STUDENT: one(1, ended=4)}),
            1,
        ),
        # A number that is given to another process.
        (Look(students={STUDENT: one(1), CHILD: one(9)}), Look(students={STUDENT: one(1), (3, 999): one(2)}), 2),
        # Where a control group has an account, that counts.
        (Look(students={STUDENT: one(1)}, group=1), Look(students={STUDENT: one(1)}, group=6), 5),
        (Look(one(1)), Look(one(4)), 3),
    ],
)
def test_processor_time_is_that_of_all_processes_ended_ones_included(before: Look, now: Look, seconds: float) -> None:
    assert ran_between(before, now) == pytest.approx(seconds)


@pytest.fixture
def meters() -> Iterator[tuple[Meter, Meter]]:
    yield idle_after(lambda number: Look(one(), {STUDENT: one(0.1 * number)}), 5), idle_after(lambda number: None, 2)


def test_a_budget_is_of_all_processes_that_a_submission_had(meters: tuple[Meter, Meter]) -> None:
    budget = Budget(100)
    for meter in meters:
        budget.follow(meter)
    assert budget.ran == pytest.approx(sum(meter.ran for meter in meters))
    limit = budget.at_most(1000)
    assert (limit.processor, limit.idle) == (pytest.approx(100 - budget.ran), pytest.approx(100 - budget.idle))


def test_a_budget_whose_place_ends_is_spent() -> None:
    assert Budget(100, deadline=0).spent is Spent.CLOCK
