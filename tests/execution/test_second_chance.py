"""What was ended though nothing of it ran is judged once more, on its own, and not taken for settled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from autograder import run
from autograder.course import TopicPair
from autograder.execution.processes import Zygote
from autograder.grading import Graded, Grading, grade_with_second_chance
from autograder.run import grade_class
from autograder.submissions.choose import Submission
from autograder.submissions.names import Owner
from autograder.time_limits import TimeLimits
from autograder.verdicts.model import Result, Trace
from tests.execution.conftest import Class

SLEEPS = "import time\n\ndef double(x):\n    time.sleep(60)"
SECONDS = TimeLimits(cell=1, submission=60)


def handed_in(students: Class, student: str, **answers: str) -> Submission:
    return Submission(Owner(student), student, students.topic, students.filled(**answers), (), f"{student}.ipynb", "")


@pytest.fixture
def times_graded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who was graded, in turn, and on which cores."""
    graded: list[str] = []
    grade = run.grade_notebook

    def count(grading: Grading, pair: TopicPair, submission: Submission) -> Graded:
        graded.append(f"{submission.student} on {'its own' if grading.cores else 'all'} cores")
        return grade(grading, pair, submission)

    monkeypatch.setattr(run, "grade_notebook", count)
    return graded


def test_it_is_graded_once_more_when_all_others_are_done(
    zygote: Zygote, students: Class, times_graded: list[str]
) -> None:
    submissions = [handed_in(students, "sleeper", double=SLEEPS), handed_in(students, "ada"), handed_in(students, "bo")]
    done = list(grade_class(Grading(zygote, SECONDS, b"s"), submissions, {students.topic.name: students.pair}, jobs=2))
    assert [one.submission.student for one in done][-1] == "sleeper"
    assert sorted(times_graded[:-1]) == [f"{name} on its own cores" for name in ("ada", "bo", "sleeper")]
    assert times_graded[-1] == "sleeper on all cores"
    assert [len(one.result.problems) for one in done] == [0, 0, 1]
    assert "Ended before it had used its processor time: test_double" in done[-1].result.problems[0]


def test_what_cost_nothing_is_no_doubt(students: Class, add_cell: Callable[..., None]) -> None:
    notebook = students.filled()
    add_cell(notebook, "import time; time.sleep(60)")
    graded = students.graded(notebook, SECONDS)
    assert graded.result.score == graded.result.max_score
    assert (graded.trace.waited_out, graded.result.problems) == ([], ())


def test_an_answer_that_computes_for_ever_has_no_second_chance(
    zygote: Zygote, students: Class, times_graded: list[str]
) -> None:
    endless = handed_in(students, "endless", double="def double(x):\n    while True:\n        pass")
    list(grade_class(Grading(zygote, SECONDS, b"s"), [endless], {students.topic.name: students.pair}, jobs=1))
    assert len(times_graded) == 1


@pytest.mark.parametrize("waits, may_repeat, times", [(True, True, 2), (True, False, 1), (False, True, 1)])
def test_a_single_submission_has_its_second_chance_at_once(
    students: Class, waits: bool, may_repeat: bool, times: int
) -> None:
    submission, trace = handed_in(students, "ada"), Trace(waited_out=["test_double"] if waits else [])
    results = [Result("ada", "topic", (), (str(number),)) for number in range(2)]
    graded = [Graded(submission, result, None, trace) for result in results]
    left = iter(graded)
    assert grade_with_second_chance(lambda: next(left), lambda: may_repeat) is graded[times - 1]


def test_a_second_chance_can_be_taken(students: Class, zygote: Zygote, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first time the machine has no time for it."""
    grade = run.grade_notebook
    seconds = iter([SECONDS, TimeLimits()])

    def vary(grading: Grading, pair: TopicPair, submission: Submission) -> Graded:
        return grade(replace(grading, seconds=next(seconds)), pair, submission)

    monkeypatch.setattr(run, "grade_notebook", vary)
    slow = handed_in(students, "slow", double="import time\n\ndef double(x):\n    time.sleep(2)\n    return 2 * x")
    (done,) = grade_class(Grading(zygote, SECONDS, b"s"), [slow], {students.topic.name: students.pair}, jobs=1)
    assert done.result.score == done.result.max_score
    assert (done.result.problems, done.trace.waited_out) == ((), [])
