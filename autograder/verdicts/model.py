"""What grading says of a submission: a status and a sentence per test, per exercise, in total; and how its run went."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from coursekit.leaderboard import Value

# The error of a test whose student's process can no longer be asked.
LOST = "lost"
# The error of a test whose topic has a given cell that fails.
BROKEN = "broken"


class Status(StrEnum):
    """How an exercise, or one of its tests, came out."""

    PASSED = "passed"
    WRONG = "wrong"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    NOT_ATTEMPTED = "not_attempted"
    NEEDS_MANUAL_GRADING = "needs_manual_grading"


@dataclass(frozen=True)
class TestVerdict:
    """The verdict on one test cell.

    Attributes:
        test: the test cell's id, such as ``test_batchnorm_train``.
        hidden: whether students never see this test.
        score: points given.
        max_score: points that the test is worth.
        status: how it came out.
        message: the sentence for the instructor; empty when passed.
        student_message: the sentence that a student may read; for a hidden test without the values compared.
        leaderboard: what the test recorded; a test that did not pass records nothing.
    """

    __test__ = False

    test: str
    hidden: bool
    score: float
    max_score: float
    status: Status
    message: str = ""
    student_message: str = ""
    leaderboard: tuple[Value, ...] = ()


@dataclass(frozen=True)
class ExerciseVerdict:
    """The verdict on one exercise: the worst status of its tests, and the sum of their points."""

    id: str
    status: Status
    score: float
    max_score: float
    message: str = ""
    student_message: str = ""
    tests: tuple[TestVerdict, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The exercise as the JSON report states it."""
        return {
            "id": self.id,
            "score": self.score,
            "max_score": self.max_score,
            "status": str(self.status),
            "message": self.message,
        }


@dataclass(frozen=True)
class Result:
    """All that grading says about one student's submission of one topic.

    Attributes:
        problems: what is unusual about the submission, one sentence each, for the instructor.
        notes: what was passed over or stopped in it and cost nothing by itself, one sentence each, for the instructor.
        student_notes: the same as students may read it.
    """

    student: str
    topic: str
    exercises: tuple[ExerciseVerdict, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    student_notes: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        """Points given, manual grading not included."""
        return sum(exercise.score for exercise in self.exercises)

    @property
    def max_score(self) -> float:
        """Points that can be had, manual grading included."""
        return sum(exercise.max_score for exercise in self.exercises)

    @property
    def leaderboard(self) -> tuple[Value, ...]:
        """What the submission is ranked by; of two tests that recorded the same number, the later one's."""
        tests = (test for exercise in self.exercises for test in exercise.tests)
        return tuple({value.name: value for test in tests for value in test.leaderboard}.values())


@dataclass
class Trace:
    """How the run of one submission went.

    Attributes:
        seed: what the inputs of its hidden tests were drawn from.
        steps: for each cell and test in turn, its name, its seconds and how it came out.
        waited_out: what was ended before it had used its processor time, where marks depend on that: they are not
            settled.
    """

    seed: int = 0
    steps: list[tuple[str, float, str]] = field(default_factory=list)
    waited_out: list[str] = field(default_factory=list)
