"""Runs one submission: cells in order, tests beside them, limits, and a fresh start after a crash."""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from autograder.errors import CourseError, GivenCellError, HiddenModuleError
from autograder.execution.failures import Failure, bound_at, ended, failed_statements, out_of_time, stopped
from autograder.execution.meter import Budget, OutOfTimeError, Spent
from autograder.execution.notes import Notes
from autograder.execution.plan import Plan, StudentCode
from autograder.execution.processes import ProcessPair
from autograder.time_limits import TimeLimits
from autograder.topics import Cell, CellKind
from autograder.verdicts.model import BROKEN, LOST, Status, TestVerdict
from coursekit.leaderboard import Value

NOT_REACHED = "what was not reached"
# What is left to a cell of the student's own once such cells have used up their half of the submission's time.
LEAST_SECONDS = 1.0
UNDEFINED = re.compile(r"name '(\w+)' is not defined")


@dataclass
class Session:
    """The run of one submission's plan.

    Args:
        plan: what to run.
        start: makes a pair of fresh processes.
        seconds: how long things may take.
        notable: what the instructor is told of, should the submission reach for it.
        forbids: what an answer may not use, by exercise.
        watch: called with all verdicts so far whenever there is a new one.

    Attributes:
        verdicts: by test id, as far as the run has come.
        steps: what ran, in turn: an answer, a test or the number of another cell; its seconds; how it came out.
        noticed: what the submission reached for that is not its own, as far as its process tells.
        notes: what was passed over or stopped, and cost nothing.
        waited_out: what was ended though it had not used up its processor time: answers, tests or cells.
        used: what an answer used that it may not, by exercise, as far as its process tells: a hint, which can cost the
            submission points and bring it none.
        lines: by test id, the line of the test in which it failed; 0 if in none.
    """

    plan: Plan
    start: Callable[[], ProcessPair]
    seconds: TimeLimits = field(default_factory=TimeLimits)
    notable: frozenset[str] = frozenset()
    forbids: Mapping[str, Sequence[str]] = field(default_factory=dict)
    watch: Callable[[Mapping[str, TestVerdict]], None] = lambda verdicts: None
    verdicts: dict[str, TestVerdict] = field(default_factory=dict)
    steps: list[tuple[str, float, str]] = field(default_factory=list)
    noticed: list[str] = field(default_factory=list)
    waited_out: list[str] = field(default_factory=list)
    used: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    notes: Notes = field(default_factory=Notes)

    def __post_init__(self) -> None:
        self._pair: ProcessPair | None = None
        # What runs again in fresh processes.
        self._done: list[StudentCode] = []
        # Why an answer is not there; the first thing that failed in its cells; why any other name is not there.
        self._failures: dict[str, Failure] = {}
        self._first_failures: dict[str, Failure] = {}
        self._causes: dict[str, Failure] = {}
        self._hidden_ran = False
        self._judged = False
        self._unresolved: list[Cell] = []
        self._crashed: list[str] = []
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._spent_on_own = 0.0
        self.budget = Budget(self.seconds.submission, time.monotonic() + self.seconds.clock)

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
            self._name_what_was_not_reached()
            self._hear_last_word()
            self._run_rest()
        finally:
            self._end()
        return self.verdicts

    def _step(self, step: StudentCode | Cell) -> tuple[str, str]:
        """Take one step; its name, and how it came out."""
        if isinstance(step, StudentCode):
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
        """Judge once more, without the other answers, an answer whose process ended: one of them may be to blame."""
        tests = [step for step in self.plan.steps if isinstance(step, Cell) and step.exercise == answer]
        before = {test.id: self.verdicts[test.id] for test in tests}
        self._end()
        self._failures.pop(answer, None)
        done, self._done = self._done, []
        for cell in self.plan.steps:
            if isinstance(cell, StudentCode) and cell.exercise in ("", answer):
                self._run(cell)
        for test in tests:
            self._judge(test)
        for name, verdict in before.items():
            if verdict.score >= self.verdicts[name].score:
                self.verdicts[name] = verdict
        self._end()
        self._done = done

    def _run_rest(self) -> None:
        """Run what no mark depends on, in a time of its own, where students may be told what fails."""
        self._judged = True
        self.budget.renew(self.seconds.rest)
        if self._hidden_ran and (self.plan.rest or self.notes.has_untold):
            self._end()
            with suppress(OutOfTimeError, EOFError):
                self._ready()
        for cell in self.plan.rest:
            if self._is_over():
                self.notes.add_not_run(cell, told=not self._hidden_ran)
            else:
                self._run(cell)

    def _name_what_was_not_reached(self) -> None:
        """Say of the tests that the submission's time did not reach what used it up."""
        for test in (step for step in self.plan.steps if isinstance(step, Cell) and step.id not in self.verdicts):
            self.verdicts[test.id] = Failure(Status.TIMED_OUT, self._too_late()).verdict(test)

    def _too_late(self) -> str:
        if self.budget.spent is Spent.CLOCK:
            return "The time for grading here was over before this test ran."
        most = sorted((title for title, used in self._spent.items() if used and title), key=self._spent.__getitem__)
        whole, most_of_it = f"{self.seconds.submission:g} seconds", " and ".join(most[:-3:-1]) or "its tests"
        return (
            f"The submission used up its {whole} before this test ran. Most of them went to {most_of_it}: "
            "make that quicker, or take it out before you hand in."
        )

    def _hear_last_word(self) -> None:
        """Ask what the tests' calls have reached for; nobody misses an answer."""
        if self._pair is not None:
            with suppress(OutOfTimeError, EOFError):
                reply = self._pair.student.ask({"source": ""}, self.budget.at_most(LEAST_SECONDS))
                self._notice(reply.get("noticed"))

    @contextmanager
    def _charged_to(self, title: str, *, own: bool = False) -> Iterator[None]:
        """Keep what the time is used for that passes within."""
        before = self.budget.used
        try:
            yield
        finally:
            used = self.budget.used - before
            self._spent[title] += used
            self._spent_on_own += used if own else 0.0

    def _run(self, cell: StudentCode) -> None:
        """Run one of the student's cells."""
        limit = self._limit(cell)
        try:
            forbids = self._forbidden(cell.answer) if cell.watched else []
            request = {"source": cell.source, "answer": cell.answer, "forbids": forbids}
            student = self._ready().student
            with self._charged_to(cell.title, own=not cell.answer):
                reply = student.ask(request, self.budget.at_most(limit))
        except OutOfTimeError as end:
            why = self._why(end, cell.answer or (cell.title if cell.binds else ""))
            self._lose(cell, stopped(cell, why, matters=not self._judged))
            return
        except EOFError:
            self._lose(cell, ended(cell, self._end(died=True)))
            return
        self._done.append(cell)
        self._notice(reply.get("noticed"))
        self._note_use(cell.answer, reply.get("used"))
        for statement in failed_statements(cell, reply.get("failures"), self.plan.python):
            failure = self._with_cause(statement.failure)
            self._causes.update((name, failure) for name in statement.binds if name not in self._causes)
            if cell.answer:
                self._first_failures.setdefault(cell.answer, failure)
            if cell.answer in statement.binds:
                self._failures[cell.answer] = failure
            else:
                self._note(cell, statement.note, statement.line)

    def _limit(self, cell: StudentCode) -> float:
        """How long a cell may take: the student's own leave half of the submission's time to answers and tests."""
        if cell.answer or self._judged or self._spent_on_own < self.seconds.submission / 2:
            return self.seconds.cell
        return min(LEAST_SECONDS, self.seconds.cell)

    def _note(self, cell: StudentCode, sentence: str, line: int = 0) -> None:
        """Keep what was passed over or stopped: a statement, or all of the cell."""
        self.notes.add(cell, line or cell.first_line, sentence, told=not self._hidden_ran)

    def _notice(self, told: object) -> None:
        """Keep what a student's process says that was reached for; it may say anything."""
        for what in told if isinstance(told, list) else ():
            if isinstance(what, str) and what in self.notable and what not in self.noticed:
                self.noticed.append(what)

    def _forbidden(self, answer: str) -> list[str]:
        return list(self.forbids.get(answer, ()))

    def _note_use(self, answer: str, told: object) -> None:
        """Keep what a student's process says that an answer used; it may say anything."""
        for what in self._forbidden(answer):
            if isinstance(told, list) and what in told:
                self.used.setdefault(answer, what)

    def _lose(self, cell: StudentCode, failure: Failure) -> None:
        self._end()
        self._causes.update((name, failure) for name in bound_at(cell.source, 0) if name not in self._causes)
        if not cell.answer:
            self._note(cell, failure.message)
            return
        self._lose_answer(cell.answer, failure)

    def _lose_answer(self, answer: str, failure: Failure) -> None:
        self._failures[answer] = failure
        if failure.status is Status.CRASHED:
            self._crashed.append(answer)

    def _test(self, test: Cell) -> TestVerdict:
        """Run one test, unless its answer was lost before."""
        lost = self._failures.get(test.exercise)
        if lost and not any(cell.answer == test.exercise for cell in self._done):
            return lost.verdict(test)
        self._hidden_ran |= test.kind is CellKind.HIDDEN_TEST
        request = {
            "test": test.source,
            "id": test.id,
            "exercise": test.exercise,
            "hidden": test.kind is CellKind.HIDDEN_TEST,
            "answers": list(self.plan.answers),
            "forbids": self._forbidden(test.exercise),
        }
        try:
            tests = self._ready().grader
            with self._charged_to(f"what {test.id} calls"):
                reply = tests.ask(request, self.budget.at_most(self.seconds.for_test(test)))
        except OutOfTimeError as end:
            message = f"The test was stopped: your code {self._why(end, test.id)}."
            return self._lost_in(test, Failure(Status.TIMED_OUT, message))
        except EOFError:
            reply = {"message": "", "student_message": "", "error": LOST}
        if reply["error"] == BROKEN:
            raise self._broken_course(reply)
        if reply["error"] == LOST:
            message = reply["message"] or f"The process ended while the test called your code{self._end(died=True)}."
            return self._lost_in(test, Failure(Status.CRASHED, message, reply["student_message"]))
        self._note_use(test.exercise, reply["used"])
        self.lines[test.id] = reply.get("line", 0)
        if reply["status"] == Status.PASSED:
            return _passed(test, reply)
        if reply["error"] in ("NameError", "AttributeError"):
            self._unresolved.append(test)
        failure = Failure(Status(reply["status"]), reply["message"], reply["student_message"])
        return (self._explained(test, failure) if reply["error"] == "NameError" else failure).verdict(test)

    def _broken_course(self, reply: Mapping[str, Any]) -> CourseError:
        """What of the course itself fails in the tests' process."""
        if "hidden" in reply:
            return HiddenModuleError(reply["hidden"], reply["message"])
        return GivenCellError(self.plan.setup[reply["cell"]].id, reply["message"])

    def _explained(self, test: Cell, failure: Failure) -> Failure:
        """A failure with its first cause, where a name is missing whose statement failed before."""
        if lost := self._failures.get(test.exercise):
            return lost
        if _missing(failure) == test.exercise and test.exercise in self._first_failures:
            return self._first_failures[test.exercise]
        return self._with_cause(failure)

    def _with_cause(self, failure: Failure) -> Failure:
        """A failure with what came before it, where it is a name that is missing since its statement failed."""
        cause = self._causes.get(_missing(failure))
        return failure.because(cause) if cause else failure

    def _lost_in(self, test: Cell, failure: Failure) -> TestVerdict:
        """The verdict on a test in which the process was lost; its answer is left out of the replays."""
        self._end()
        self._lose_answer(test.exercise, failure)
        self._done = [cell for cell in self._done if cell.answer != test.exercise]
        return failure.verdict(test)

    def _ready(self) -> ProcessPair:
        """The processes, started again and brought to where the run was if they had ended."""
        if self._pair is None:
            self._pair, self._hidden_ran = self.start(), False
            self.budget.follow(self._pair.meter)
            self._pair.grader.channel.send(json.dumps(setup_request(self.plan)).encode())
            done, self._done = self._done, []
            for cell in done:
                if spent := self.budget.spent:
                    raise OutOfTimeError(spent, self.budget.seconds)
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

    def _why(self, end: OutOfTimeError, what: str) -> str:
        """Why something was ended, as the end of a sentence."""
        whole = self.budget.spent
        self._wait_out(whole or end.spent, what)
        return out_of_time(whole, self.budget.seconds, together=True) if whole else out_of_time(end.spent, end.seconds)

    def _is_over(self) -> bool:
        """Whether the submission has used up its time; what has no verdict by then was not reached."""
        spent = self.budget.spent
        if spent:
            self._wait_out(spent, NOT_REACHED)
        return spent is not None

    def _wait_out(self, spent: Spent, what: str) -> None:
        """Keep what was ended without having used its processor time, as long as verdicts may rest on it."""
        if what and spent is not Spent.PROCESSOR and not self._judged:
            self.waited_out.append(what)


def setup_request(todo: Plan) -> dict[str, Any]:
    """What the tests' process is sent before any test: the given cells, and what hidden tests import."""
    return {"setup": [cell.source for cell in todo.setup], "hidden": asdict(todo.hidden) if todo.hidden else None}


def _missing(failure: Failure) -> str:
    """The name that was not defined, if that is what failed."""
    found = UNDEFINED.search(failure.message)
    return found[1] if found else ""


def _passed(test: Cell, reply: Mapping[str, Any]) -> TestVerdict:
    recorded = tuple(Value(**value) for value in reply["leaderboard"])
    hidden, said = test.kind is CellKind.HIDDEN_TEST, reply["message"]
    return TestVerdict(test.id, hidden, test.points, test.points, Status.PASSED, said, said, recorded)
