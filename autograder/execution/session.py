"""Runs one submission: cells in order, tests beside them, limits, and a fresh start after a crash."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.execution.plan import Plan, Run
from autograder.execution.processes import LOST, Pair
from autograder.topics import Cell, Kind
from autograder.verdicts.model import LeaderboardValue, Status, TestVerdict

CELL_SECONDS = 20.0
# Runs nothing; its reply tells what the tests' calls have reached for.
LAST_WORD = Run("")


@dataclass(frozen=True)
class Seconds:
    """How long things may take, in seconds of wall time.

    Attributes:
        cell: a cell, and a test that does not ask for more.
        submission: all of a submission.
    """

    cell: float = CELL_SECONDS
    submission: float = 300.0

    def of(self, test: Cell) -> float:
        """How long a test may take: where cells have longer than usual, what it asks for grows alike."""
        return max(self.cell, test.seconds * max(1.0, self.cell / CELL_SECONDS))


@dataclass(frozen=True)
class Failure:
    """Why a cell, or a test, did not come to its end."""

    status: Status
    message: str


@dataclass
class Session:
    """The run of one submission's plan.

    Args:
        plan: what to run.
        start: makes a pair of fresh processes.
        seconds: how long things may take.
        notable: what the instructor is told of, should the submission reach for it.
        watch: called with all verdicts so far whenever there is a new one.

    Attributes:
        verdicts: by test id, as far as the run has come.
        steps: what ran, in turn: an answer, a test or the number of another cell; its seconds; how it came out.
        noticed: what the submission reached for that is not its own, as far as its process tells.
    """

    plan: Plan
    start: Callable[[], Pair]
    seconds: Seconds = field(default_factory=Seconds)
    notable: frozenset[str] = frozenset()
    watch: Callable[[Mapping[str, TestVerdict]], None] = lambda verdicts: None
    verdicts: dict[str, TestVerdict] = field(default_factory=dict)
    steps: list[tuple[str, float, str]] = field(default_factory=list)
    noticed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._pair: Pair | None = None
        self._done: list[Run] = []
        self._failures: dict[str, Failure] = {}
        self._unresolved: list[Cell] = []
        self._crashed: list[str] = []
        self._deadline = time.monotonic() + self.seconds.submission

    def run(self) -> dict[str, TestVerdict]:
        """Run everything; processes are ended whatever happens.

        Raises:
            NotConfinedError: if the student's process could not be confined; there is no verdict then.
        """
        try:
            for number, step in enumerate(self.plan.steps):
                if self._is_over():
                    break
                started = time.monotonic()
                name, outcome = self._step(step)
                self.steps.append((name or f"cell {number}", round(time.monotonic() - started, 3), outcome))
            self._second_chance()
            for answer in dict.fromkeys(self._crashed):
                if not self._is_over():
                    self._judge_alone(answer)
            if self._pair is not None:
                self._run(LAST_WORD)
        finally:
            self._end()
        return self.verdicts

    def _step(self, step: Run | Cell) -> tuple[str, str]:
        """Take one step; its name, and how it came out."""
        if isinstance(step, Run):
            self._run(step)
            failure = self._failures.get(step.answer)
            return step.answer, str(failure.status) if failure else "ran"
        self._judge(step)
        return step.id, str(self.verdicts[step.id].status)

    def _judge(self, test: Cell) -> None:
        self.verdicts[test.id] = self._test(test)
        self.watch(self.verdicts)

    def _second_chance(self) -> None:
        """Judge again what failed on a name that a later cell defines: cells are often written out of order."""
        again, self._unresolved = [] if self._is_over() else self._unresolved, []
        for answer in dict.fromkeys(test.exercise for test in again):
            for cell in [cell for cell in self._done if cell.answer == answer]:
                self._failures.pop(answer, None)
                self._run(cell)
        for test in again:
            self._judge(test)

    def _judge_alone(self, answer: str) -> None:
        """Judge an answer whose process ended once more without the other answers, one of which may be to blame."""
        tests = [step for step in self.plan.steps if isinstance(step, Cell) and step.exercise == answer]
        before = {test.id: self.verdicts[test.id] for test in tests}
        self._end()
        self._failures.pop(answer, None)
        self._done = []
        for cell in self.plan.steps:
            if isinstance(cell, Run) and cell.answer in ("", answer):
                self._run(cell)
        for test in tests:
            self._judge(test)
        for name, verdict in before.items():
            if verdict.score >= self.verdicts[name].score:
                self.verdicts[name] = verdict

    def _run(self, cell: Run) -> None:
        """Run one of the student's cells."""
        try:
            reply = self._ready().student.ask({"source": cell.source}, self._at_most(self.seconds.cell))
        except TimeoutError:
            self._lose(
                cell.answer,
                Status.TIMED_OUT,
                f"This cell ran longer than {self.seconds.cell:g} seconds and was stopped.",
            )
            return
        except EOFError:
            self._lose(cell.answer, Status.CRASHED, f"The process ended while this cell ran{self._end(died=True)}.")
            return
        self._done.append(cell)
        self._notice(reply.get("noticed"))
        error = reply.get("error")
        if cell.answer and isinstance(error, dict):
            line = f" (line {error['line']} of the cell)" if isinstance(error.get("line"), int) else ""
            message = f"Your cell raised {str(error.get('type'))[:100]}: {str(error.get('message'))[:1000]}{line}"
            self._failures[cell.answer] = Failure(Status.CRASHED, message)

    def _notice(self, told: object) -> None:
        """Keep what a student's process says that was reached for; it may say anything."""
        for what in told if isinstance(told, list) else ():
            if isinstance(what, str) and what in self.notable and what not in self.noticed:
                self.noticed.append(what)

    def _lose(self, answer: str, status: Status, message: str) -> None:
        self._end()
        if answer:
            self._failures[answer] = Failure(status, message)
            if status is Status.CRASHED:
                self._crashed.append(answer)

    def _test(self, test: Cell) -> TestVerdict:
        """Run one test, unless its answer was lost before."""
        lost = self._failures.get(test.exercise)
        if lost and not any(cell.answer == test.exercise for cell in self._done):
            return _failed(test, lost.status, lost.message)
        request = {
            "test": test.source,
            "id": test.id,
            "hidden": test.kind is Kind.HIDDEN_TEST,
            "answers": list(self.plan.answers),
        }
        try:
            reply = self._ready().grader.ask(request, self._at_most(self.seconds.of(test)))
        except TimeoutError:
            message = f"The test was stopped: your code ran longer than {self.seconds.of(test):g} seconds."
            self._lose(test.exercise, Status.TIMED_OUT, message)
            self._forget(test.exercise)
            return _failed(test, Status.TIMED_OUT, message)
        except EOFError:
            reply = {"message": "", "student_message": "", "error": LOST}
        if reply["error"] == LOST:
            message = reply["message"] or f"The process ended while the test called your code{self._end(died=True)}."
            self._lose(test.exercise, Status.CRASHED, message)
            self._forget(test.exercise)
            return _failed(test, Status.CRASHED, message, reply["student_message"] or message)
        if reply["status"] == Status.PASSED:
            return _passed(test, reply["leaderboard"])
        if reply["error"] in ("NameError", "AttributeError"):
            self._unresolved.append(test)
        if lost and reply["error"] == "NameError":
            return _failed(test, lost.status, lost.message)
        return _failed(test, Status(reply["status"]), reply["message"], reply["student_message"])

    def _forget(self, answer: str) -> None:
        """Leave an answer that ended the process out of the replays."""
        self._done = [cell for cell in self._done if cell.answer != answer]

    def _ready(self) -> Pair:
        """The processes, started again and brought to where the run was if they had ended."""
        if self._pair is None:
            self._pair = self.start()
            self._pair.grader.channel.send(_setup(self.plan))
            done, self._done = self._done, []
            for cell in done:
                if self._is_over():
                    raise TimeoutError
                self._run(cell)
            if self._pair is None:
                return self._ready()
        return self._pair

    def _end(self, *, died: bool = False) -> str:
        """End the processes; how the student's one had ended, as the end of a sentence."""
        if self._pair is None:
            return ""
        pair, self._pair = self._pair, None
        reason = pair.end(died=died)
        return f": {reason.rstrip('.')}" if reason else ""

    def _at_most(self, seconds: float) -> float:
        """So many seconds, as far as the submission has them left."""
        return max(0.01, min(seconds, self._deadline - time.monotonic()))

    def _is_over(self) -> bool:
        """Whether the submission has used up its time; what has no verdict by then was not reached."""
        return time.monotonic() >= self._deadline


def _setup(plan: Plan) -> bytes:
    return json.dumps({"setup": plan.setup}).encode()


def _passed(test: Cell, leaderboard: Sequence[Mapping[str, Any]]) -> TestVerdict:
    recorded = tuple(LeaderboardValue(**value) for value in leaderboard)
    hidden = test.kind is Kind.HIDDEN_TEST
    return TestVerdict(test.id, hidden, test.points, test.points, Status.PASSED, leaderboard=recorded)


def _failed(test: Cell, status: Status, message: str, student_message: str | None = None) -> TestVerdict:
    shown = message if student_message is None else student_message
    return TestVerdict(test.id, test.kind is Kind.HIDDEN_TEST, 0.0, test.points, status, message, shown)
