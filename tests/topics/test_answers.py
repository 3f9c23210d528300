"""Right answers in any style get full marks; wrong ones lose them and are told which mistake it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograder.sources.answers import Answer
from autograder.topics import CellKind
from autograder.verdicts.model import Result, Status

Grade = Callable[..., Result]
# It follows the cause, where one is known.
COMPARED = "\nCompared: "
# Of a topic's wrong answers, the share that only hidden tests may catch.
MOST_HIDDEN_ONLY = 0.1
# Of an exercise's points, the share that right values earn, whatever else is wrong.
LEAST_FOR_VALUES = 0.6


def test_the_model_solutions_get_full_marks(topic: Any, grade: Grade) -> None:
    m = topic.material
    result = grade(topic, m.notebook(m.answers))
    assert {e.id: e.message for e in result.exercises if e.status is not Status.PASSED} == {
        e.id: "A person reads and grades this answer." for e in m.topic.exercises if e.answer.kind is CellKind.WRITTEN
    }
    assert result.score == m.points()


def test_the_released_notebook_scores_nothing_and_reports_nothing(topic: Any, grade: Grade) -> None:
    result = grade(topic, topic.released)
    assert result.score == 0
    assert {e.status for e in result.exercises} == {Status.NOT_ATTEMPTED}
    assert result.problems == ()


def test_an_answer_gets_what_it_deserves(topic: Any, answer: Answer, grade: Grade) -> None:
    answers = {**topic.beneath(answer.exercise), answer.exercise: answer.text}
    result = grade(topic, topic.material.notebook(answers), only=answer.exercise)
    (verdict,) = [e for e in result.exercises if e.id == answer.exercise]
    if answer.right:
        assert (verdict.score, verdict.message) == (verdict.max_score, "")
    else:
        said = [test.message for test in verdict.tests] + [verdict.message]
        assert any(answer.says.lower() in message.lower() for message in said), "\n".join(dict.fromkeys(said))
        assert verdict.score == answer.keeps < verdict.max_score
        hidden = [test for test in verdict.tests if test.hidden and COMPARED in test.message]
        assert [test.message for test in hidden if test.message.split()[:1] != test.student_message.split()[:1]] == []
        # A visible test rejects it, unless the answer declares that none does.
        visible = {test.status for test in verdict.tests if not test.hidden}
        assert (visible == {Status.PASSED}) == bool(answer.hidden_only)


def test_hardly_any_wrong_answer_passes_the_visible_tests(topic: Any) -> None:
    wrong = [answer for answer in topic.answers if not answer.right]
    declared = [f"{answer.exercise}: {answer.name}" for answer in wrong if answer.hidden_only]
    assert len(declared) <= MOST_HIDDEN_ONLY * len(wrong), f"{len(declared)} of {len(wrong)}: {', '.join(declared)}"


def test_an_answer_with_right_values_keeps_most_of_its_points(topic: Any) -> None:
    points = {exercise.id: exercise.max_score for exercise in topic.material.topic.exercises}
    right = [answer for answer in topic.answers if answer.values_right]
    assert [a.name for a in right if a.keeps < LEAST_FOR_VALUES * points[a.exercise]] == []


def test_every_exercise_has_wrong_answers_and_a_right_one_in_another_style(topic: Any) -> None:
    coded = set(topic.material.coded)
    assert {answer.exercise for answer in topic.answers if not answer.right} == coded
    assert {answer.exercise for answer in topic.answers if answer.right} == coded
