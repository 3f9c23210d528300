"""Time that a submission causes, however busy the machine is: processor time, and time that it lets pass.

A limit in wall time would end right answers on a busy machine. So two things are counted while a reply is awaited:

* the processor time of the student's process, of all that it started, and of the tests' process, which computes what
  the answers make it compute;
* the time that passes while none of these runs or waits for a core, as when code sleeps or waits for what never comes.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from sandbox import usage
from sandbox.activity import Activity, activity
from sandbox.kernel import LINUX

# Most replies come within this time, and their processes are not looked at meanwhile.
FIRST_SECONDS = 0.2
# Between two looks. The moment is drawn: code that runs just when it is looked at would seem to be always at work.
LEAST_PAUSE, MOST_PAUSE = 0.1, 0.2
# More of a pause than this was not the submission's: the process that looks had to wait for a core itself.
LONGEST_PAUSE = 2 * MOST_PAUSE
# Children that are gone before they are seen leave neither their processor time nor their waiting where their parent
# waits for none. So much time of such work counts as one second of idleness, that it may have an end.
UNSEEN_PER_SECOND = 5.0


class Spent(StrEnum):
    """What a limit was on."""

    PROCESSOR = "processor"
    IDLE = "idle"
    CLOCK = "clock"


class OutOfTimeError(TimeoutError):
    """A reply was awaited for longer than its limit allows.

    Attributes:
        spent: which limit was crossed.
        seconds: how many seconds it was.
    """

    def __init__(self, spent: Spent, seconds: float) -> None:
        super().__init__(f"more than {seconds:g} seconds ({spent})")
        self.spent, self.seconds = spent, seconds


@dataclass(frozen=True)
class Limit:
    """How long a reply may take.

    Attributes:
        processor: seconds of processor time.
        idle: seconds that neither run nor wait for a core.
        deadline: when the place where grading runs ends everything, by the monotonic clock.
    """

    processor: float
    idle: float
    deadline: float = math.inf

    @classmethod
    def of(cls, seconds: float) -> Limit:
        """So many seconds of either."""
        return cls(seconds, seconds)


@dataclass(frozen=True)
class Look:
    """What the processes of a submission have done, at one moment.

    Attributes:
        tests: the tests' process.
        students: the student's process and all that come of it, by number and beginning.
        ended: processor time of those of them that their supervisor took over and that have ended.
        group: processor time of all of them by their control group's account, where they have one.
        vanished: whether one ended between being listed and being looked at, so that it was at work.
    """

    tests: Activity | None = None
    students: Mapping[tuple[int, int], Activity] = field(default_factory=dict)
    ended: float = 0.0
    group: float | None = None
    vanished: bool = False

    @property
    def at_work(self) -> bool:
        """Whether one of them runs, or waits for a core."""
        return self.vanished or self.stay_at_work(self)

    def stay_at_work(self, before: Look) -> bool:
        """Whether one of them does that was there before, so that its use of the cores is told in the end."""
        tests = self.tests is not None and self.tests.ready
        return tests or any(one.ready for key, one in self.students.items() if key in before.students)


def look_at(supervisor: int, tests: int, group: Path | None = None) -> Look | None:
    """Look at a submission's processes; ``None`` where the system does not show them.

    Args:
        supervisor: the process above the student's.
        tests: the tests' process.
        group: the control group of the student's processes, if they have one.
    """
    if not LINUX:
        return None
    above = activity(supervisor)
    found: dict[tuple[int, int], Activity] = {}
    vanished = False
    for pid in usage.descendants(supervisor):
        one = activity(pid)
        if one is None:
            vanished = True
        else:
            found[pid, one.began] = one
    return Look(activity(tests), found, above.ended if above else 0.0, _group_seconds(group), vanished)


def _group_seconds(group: Path | None) -> float | None:
    if group is None:
        return None
    try:
        lines = (group / "cpu.stat").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1e6 for line in lines if line.startswith("usage_usec ")), None)


def ran_between(before: Look, now: Look) -> float:
    """Seconds of processor time that were used between two looks."""
    tests = max(0.0, _own(now.tests) - _own(before.tests))
    if before.group is not None and now.group is not None:
        return tests + now.group - before.group
    own = _gained(before, now, lambda one: one.ran)
    handed_on = now.ended - before.ended + _gained(before, now, lambda one: one.ended)
    # What ended was seen up to the last look, and what it had used comes again where its parent waited for it.
    seen = sum(one.ran + one.ended for key, one in before.students.items() if key not in now.students)
    return tests + max(0.0, own) + max(0.0, handed_on - seen)


def _gained(before: Look, now: Look, count: Callable[[Activity], float]) -> float:
    """How much more the processes that there are have on their count."""
    return sum(
        count(one) - (count(before.students[key]) if key in before.students else 0.0)
        for key, one in now.students.items()
    )


def _own(tests: Activity | None) -> float:
    return tests.ran + tests.ended if tests else 0.0


def waited_between(before: Look, now: Look) -> tuple[float, float]:
    """Seconds in which processes waited for a core: the two that take turns, and all of them.

    Of many that wake at the same moment each waits for the others, so that all their waiting can be longer than the
    time that has passed. The student's first process and the tests' one do not wait for each other in that way.
    """
    tests = (now.tests.waited if now.tests else 0.0) - (before.tests.waited if before.tests else 0.0)
    first = next(iter(now.students.items()), None)
    turns = _gained(before, Look(students=dict([first])), lambda one: one.waited) if first else 0.0
    return tests + turns, tests + _gained(before, now, lambda one: one.waited)


class Meter:
    """Counts what the processes of one submission cause while a reply of theirs is awaited.

    Args:
        look: looks at them.
        clock: the time that passes.

    Attributes:
        ran: seconds of processor time.
    """

    def __init__(self, look: Callable[[], Look | None], clock: Callable[[], float] = time.monotonic) -> None:
        self._look, self._clock = look, clock
        self._before = look()
        self._unlooked = self._idle = self._unseen = 0.0
        self._since = clock()
        self.ran = 0.0

    @property
    def idle(self) -> float:
        """Seconds in which they neither ran nor waited for a core."""
        return self._idle + self._unseen / UNSEEN_PER_SECOND

    @contextmanager
    def limited(self, limit: Limit) -> Iterator[Callable[[], float]]:
        """Await a reply: what is yielded is to be called ever so often.

        It returns how many seconds later it wants to be called again, and raises ``OutOfTimeError`` when the limit is
        crossed.
        """
        self._since = self._clock()
        if self._unlooked > LEAST_PAUSE:
            self._count()
        ran, idle, due = self.ran, self.idle, self._since + FIRST_SECONDS

        def check() -> float:
            nonlocal due
            now = self._clock()
            if now < due:
                return due - now
            self._count()
            for spent, used, most in (
                (Spent.PROCESSOR, self.ran - ran, limit.processor),
                (Spent.IDLE, self.idle - idle, limit.idle),
            ):
                if used > most:
                    raise OutOfTimeError(spent, most)
            if self._clock() > limit.deadline:
                raise OutOfTimeError(Spent.CLOCK, limit.deadline)
            pause = random.uniform(LEAST_PAUSE, MOST_PAUSE)
            due = self._clock() + pause
            return pause

        try:
            yield check
        finally:
            self._unlooked += self._passed()

    def _passed(self) -> float:
        """Seconds since this was last called in which a reply was awaited."""
        now = self._clock()
        passed, self._since = now - self._since, now
        return min(passed, LONGEST_PAUSE)

    def _count(self) -> None:
        """Add what has happened since the last look."""
        passed, self._unlooked = self._unlooked + self._passed(), 0.0
        before, now = self._before, self._look()
        self._before = now
        if before is None or now is None:
            self.ran += passed
            return
        ran = ran_between(before, now)
        turns, all_waited = waited_between(before, now)
        self.ran += ran
        if not now.at_work:
            self._idle += max(0.0, passed - ran - turns)
        elif not now.stay_at_work(before):
            self._unseen += passed
        self._unseen = max(0.0, self._unseen - ran - all_waited)


class Budget:
    """What a submission may use in all, whatever processes it has one after the other.

    Args:
        seconds: of processor time, and as many that neither run nor wait for a core.
        deadline: when the place where grading runs ends everything, by the monotonic clock.
    """

    def __init__(self, seconds: float, deadline: float = math.inf) -> None:
        self.seconds, self.deadline = seconds, deadline
        self._meters: list[Meter] = []
        self._before = 0.0, 0.0

    def renew(self, seconds: float) -> None:
        """So much from now on, whatever was used before."""
        self.seconds, self._before = seconds, (self._total_ran, self._total_idle)

    @property
    def used(self) -> float:
        """Seconds used, of either kind."""
        return self.ran + self.idle

    def follow(self, meter: Meter) -> None:
        """Count what this meter counts, too."""
        self._meters.append(meter)

    @property
    def ran(self) -> float:
        """Seconds of processor time used."""
        return self._total_ran - self._before[0]

    @property
    def idle(self) -> float:
        """Seconds that neither ran nor waited for a core."""
        return self._total_idle - self._before[1]

    @property
    def _total_ran(self) -> float:
        return sum(meter.ran for meter in self._meters)

    @property
    def _total_idle(self) -> float:
        return sum(meter.idle for meter in self._meters)

    def at_most(self, seconds: float) -> Limit:
        """So many seconds of either, as far as they are left."""
        processor, idle = (max(0.01, min(seconds, self.seconds - used)) for used in (self.ran, self.idle))
        return Limit(processor, idle, self.deadline)

    @property
    def spent(self) -> Spent | None:
        """What is used up; ``None`` as long as nothing is."""
        if self.ran >= self.seconds:
            return Spent.PROCESSOR
        if self.idle >= self.seconds:
            return Spent.IDLE
        return Spent.CLOCK if time.monotonic() >= self.deadline else None
