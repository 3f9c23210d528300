"""A small topic, what students make of it, and what grading says: enough to see every kind of report."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from autograder.course import Course
from autograder.submissions.align import Alignment, align
from autograder.submissions.beside import FileBeside
from autograder.topics import Topic, topic_of
from autograder.verdicts.model import ExerciseVerdict, Result, Status, TestVerdict
from autograder.verdicts.scoring import exercise_verdict, without_run, written_verdict

RIGHT = {
    "double": "def double(x):\n    return x + x",
    "parity": 'parity = "B"',
    "why": "It is **twice** a whole number.",
}
HIDDEN_SENTENCE = "twice twenty-one: expected 42, got 441. Did you square the number?"
STUDENT_SENTENCE = "twice another number differs. Did you square the number?"


@dataclass(frozen=True)
class Handed:
    """A submission as grading leaves it."""

    result: Result
    alignment: Alignment


@dataclass(frozen=True)
class Mini:
    """The topic ``01-mini`` in a course's folder."""

    course: Course
    source: Any
    released_notebook: Any

    @property
    def topic(self) -> Topic:
        return topic_of(self.source, "01-mini", "mini")

    @property
    def released(self) -> Topic:
        return topic_of(self.released_notebook, "01-mini", "mini")

    def notebook(self, answers: Mapping[str, str], extra: tuple[Any, ...] = ()) -> Any:
        """The released notebook with some answers filled in and cells of the student's own at the end."""
        notebook = deepcopy(self.released_notebook)
        for cell in notebook.cells:
            cell.source = answers.get(cell.id, cell.source)
        notebook.cells += extra
        return notebook

    def handed_in(
        self,
        student: str = "ada",
        answers: Mapping[str, str] = RIGHT,
        failed: Mapping[str, TestVerdict] | None = None,
        problems: tuple[str, ...] = (),
        extra: tuple[Any, ...] = (),
        attachments: Mapping[str, Any] | None = None,
        files: tuple[FileBeside, ...] = (),
        left_out: tuple[str, ...] = (),
    ) -> Handed:
        """A submission in which every answer given is right, but for the tests named as failed."""
        notebook = self.notebook(answers, extra)
        for cell in notebook.cells:
            if attachments and cell.id in attachments:
                cell.attachments = attachments[cell.id]
        alignment = align(self.topic, self.released, notebook, files, left_out)
        verdicts = [self._verdict(exercise, answers, failed or {}) for exercise in self.topic.exercises]
        return Handed(Result(student, "01-mini", tuple(verdicts), problems), alignment)

    def _verdict(self, exercise: Any, answers: Mapping[str, str], failed: Mapping[str, TestVerdict]) -> ExerciseVerdict:
        if exercise.answer.kind == "written":
            return written_verdict(exercise, exercise.id in answers)
        if exercise.id not in answers:
            return without_run(exercise, Status.NOT_ATTEMPTED, "Not attempted.")
        passed = {
            test.id: TestVerdict(test.id, test.kind == "hidden_test", test.points, test.points, Status.PASSED)
            for test in exercise.tests
        }
        return exercise_verdict(exercise, {**passed, **{k: v for k, v in failed.items() if k in passed}})


def squares_instead() -> dict[str, TestVerdict]:
    """Verdicts on a ``double`` that passes the visible test and fails the hidden one."""
    verdict = TestVerdict("hidden_double", True, 0, 2, Status.WRONG, HIDDEN_SENTENCE, STUDENT_SENTENCE)
    return {"hidden_double": verdict}
