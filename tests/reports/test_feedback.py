"""The student's page: inert, complete without anything else, honest about points, silent about hidden tests."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from autograder.reports.feedback import feedback_page, title_of
from autograder.reports.gradebook import Standing
from autograder.submissions.beside import FileBeside
from autograder.submissions.shown import ANSWER_LIMIT, Shown
from autograder.verdicts.model import Result, Status, TestVerdict
from autograder.verdicts.scoring import without_run
from tests.reports.mini_topic import HIDDEN_SENTENCE, RIGHT, STUDENT_SENTENCE, Mini, squares_instead

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>x</a></pre></style>"


class Page(HTMLParser):
    """A page's elements, and its text as a reader sees it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    @property
    def text(self) -> str:
        return " ".join(self.words)


def standing_of(result: Result, **changes: Any) -> Standing:
    """What the gradebook says when no person has changed anything."""
    scores = {test.test: test.score for exercise in result.exercises for test in exercise.tests}
    values: dict[str, Any] = {"max_score": 7.0, "scores": scores, "waiting": frozenset({"why"}), **changes}
    return Standing(score=sum(values["scores"].values()), **values)


def page(mini: Mini, standing: dict[str, Any] | None = None, **submission: Any) -> Page:
    """The page of a submission."""
    handed = mini.handed_in(**submission)
    stands = standing_of(handed.result, **(standing or {}))
    return Page(feedback_page(mini.topic, handed.result, Shown.of(mini.topic, handed.alignment), stands))


def test_the_result_comes_first(mini: Mini) -> None:
    text = page(mini, failed=squares_instead()).text
    assert text.index("2 of 7 points") < text.index("What to do next") < text.index("Your answer")


def test_a_failed_exercise_names_its_points_and_the_mistake(mini: Mini) -> None:
    text = page(mini, failed=squares_instead()).text
    assert "double ✗ Not yet right 1 of 3 points" in text
    assert STUDENT_SENTENCE in text


def test_a_visible_test_shows_its_whole_sentence(mini: Mini) -> None:
    sentence = "twice one: expected 2, got 1."
    failed = {"test_double": TestVerdict("test_double", False, 0, 1, Status.WRONG, sentence, sentence)}
    assert sentence in page(mini, failed=failed).text


def test_a_sentence_is_said_once(mini: Mini) -> None:
    assert page(mini, failed=squares_instead()).text.count(STUDENT_SENTENCE) == 1


@pytest.mark.parametrize("secret", [HIDDEN_SENTENCE, "double(21)", "441", "secret_solution", "naming the factor"])
def test_it_tells_nothing_of_hidden_tests_and_solutions(mini: Mini, secret: str) -> None:
    assert secret not in page(mini, failed=squares_instead()).text


def test_what_graders_note_about_a_submission_is_not_for_the_student(mini: Mini) -> None:
    assert "tampered" not in page(mini, problems=("A test was tampered with.",)).text


def test_a_notebook_that_could_not_be_read_gets_the_reason(mini: Mini) -> None:
    verdicts = tuple(without_run(e, Status.NOT_ATTEMPTED, "Not JSON.") for e in mini.topic.exercises)
    result = Result("ada", "01-mini", verdicts, ("mini.ipynb is not JSON.",))
    text = Page(feedback_page(mini.topic, result, Shown.of(mini.topic, None), standing_of(result))).text
    assert "could not be graded" in text
    assert "mini.ipynb is not JSON." in text


def test_nothing_on_the_page_acts_or_is_fetched(mini: Mini) -> None:
    answers = {**RIGHT, "double": f"double = 1  # {HOSTILE}", "why": HOSTILE}
    failed = {"test_double": TestVerdict("test_double", False, 0, 1, Status.CRASHED, HOSTILE, HOSTILE)}
    comments = {"comments": {"double": HOSTILE}}
    elements = page(mini, comments, student=HOSTILE, answers=answers, failed=failed).elements
    attributes = [(name, value or "") for _, attrs in elements for name, value in attrs.items()]
    assert not {tag for tag, _ in elements} & {"script", "img", "iframe", "object", "embed", "form", "link", "base"}
    assert not [name for name, _ in attributes if name.startswith("on") or name == "src"]
    assert all(value.startswith("#") for name, value in attributes if name == "href")


def test_the_page_forbids_scripts_and_other_hosts_itself(mini: Mini) -> None:
    policies = [attrs["content"] for tag, attrs in page(mini).elements if attrs.get("http-equiv")]
    assert policies and policies[0] and policies[0].startswith("default-src 'none'")


def test_students_text_is_shown_as_they_wrote_it(mini: Mini) -> None:
    assert "<script>alert(1)</script>" in page(mini, answers={**RIGHT, "why": HOSTILE}).text


def test_terminal_escapes_and_direction_overrides_are_made_visible(mini: Mini) -> None:
    text = page(mini, answers={**RIGHT, "why": "left\u202eright\x1b[2J"}).text
    assert "left\ufffdright\ufffd[2J" in text


def test_a_very_long_answer_is_shortened(mini: Mini) -> None:
    handed = mini.handed_in(answers={**RIGHT, "why": "x" * 10 * ANSWER_LIMIT})
    html = feedback_page(mini.topic, handed.result, Shown.of(mini.topic, handed.alignment), standing_of(handed.result))
    assert len(html) < 3 * ANSWER_LIMIT
    assert "180,000 more characters are not shown" in html


def test_a_written_answer_says_that_a_person_will_grade_it(mini: Mini) -> None:
    text = page(mini).text
    assert "why Why is twice a number even? … A person grades this 3 points, not yet given" in text
    assert "4 of 7 points so far" in text


def test_a_persons_points_and_comment_replace_the_wait(mini: Mini) -> None:
    scores = {"test_double": 1.0, "hidden_double": 2.0, "hidden_parity": 1.0, "why": 2.5}
    by_person = {"scores": scores, "by_person": frozenset({"why"}), "waiting": frozenset()}
    text = page(mini, {**by_person, "comments": {"why": "Say which factor."}}).text
    assert "✓ Graded by a person 2.5 of 3 points" in text
    assert "Say which factor." in text
    assert "6.5 of 7 points" in text


def test_a_late_penalty_is_named_and_taken_off(mini: Mini) -> None:
    text = page(mini, {"late_penalty": 1.0}).text
    assert "3 of 7 points" in text
    assert "You earned 4 points. Because the work came late, 1 was taken off, so 3 count so far." in text


def test_work_that_counts_nothing_is_told_what_it_earned_and_not_praised(mini: Mini) -> None:
    scores = {"test_double": 1.0, "hidden_double": 2.0, "hidden_parity": 1.0, "why": 3.0}
    by_person = {"scores": scores, "by_person": frozenset({"why"}), "waiting": frozenset()}
    text = page(mini, {**by_person, "late_penalty": 7.0}).text
    assert "0 of 7 points" in text
    assert "You earned 7 points. Because the work came late, 7 were taken off, so 0 count." in text
    assert "Well done" not in text


def test_points_that_a_person_took_off_are_not_praised(mini: Mini) -> None:
    scores = {"test_double": 1.0, "hidden_double": 0.0, "hidden_parity": 1.0}
    text = page(mini, {"scores": scores, "by_person": frozenset({"hidden_double"})}).text
    assert "Everything that is graded automatically is right." in text
    assert "Well done" not in text


def test_points_that_a_person_changed_say_so(mini: Mini) -> None:
    scores = {"test_double": 1.0, "hidden_double": 1.5, "hidden_parity": 1.0}
    text = page(mini, {"scores": scores, "by_person": frozenset({"hidden_double"})}, failed=squares_instead()).text
    assert "2.5 of 3 points A person looked at this answer and set its points." in text
    assert "Hidden test: not passed 1.5 of 2 points" in text


def test_when_all_is_right_there_is_nothing_to_do(mini: Mini) -> None:
    text = page(mini).text
    assert "Everything that is graded automatically is right. Well done!" in text
    assert "What to do next" not in text


def test_what_to_do_next_promises_no_comparison_where_an_answer_stopped(mini: Mini) -> None:
    failed = {"test_double": TestVerdict("test_double", False, 0, 1, Status.CRASHED, "Your cell raised ValueError.")}
    text = page(mini, failed=failed).text
    assert "Each of them is explained below: what was compared and where to read again, or what stopped it." in text


def test_a_persons_comment_is_markdown(mini: Mini) -> None:
    shown = page(mini, {"comments": {"double": "Use **one** line:\n\n- `2 * x`\n- not more"}})
    assert [tag for tag, _ in shown.elements if tag in ("strong", "li", "code")][-4:] == ["strong", "li", "code", "li"]
    assert "Use one line: 2 * x not more" in shown.text


def test_every_link_leads_to_its_exercise(mini: Mini) -> None:
    elements = page(mini, answers={}).elements
    targets = {f"#{attrs['id']}" for _, attrs in elements if "id" in attrs}
    links = {attrs["href"] for tag, attrs in elements if tag == "a"}
    assert links == {"#exercise-double", "#exercise-parity", "#exercise-why"}
    assert links <= targets


def test_headings_descend_without_leaving_a_level_out(mini: Mini) -> None:
    elements = page(mini, {"comments": {"why": "Good."}}, failed=squares_instead()).elements
    levels = [int(tag[1]) for tag, _ in elements if re.fullmatch(r"h\d", tag)]
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_the_title_is_the_notebooks_first_heading(mini: Mini) -> None:
    assert title_of(mini.topic) == "Doubling"


PNG = "iVBORw0KGgo="
PICTURE = {"why": {"sketch-1.png": {"image/png": PNG}}}


@pytest.mark.parametrize(
    ("answer", "alt"),
    [
        ("Because: ![a sketch](attachment:sketch-1.png) so.", "a sketch"),
        ("Because: ![](attachment:sketch-1.png) so.", "A picture in your answer"),
        ('Because: <img src="attachment:sketch-1.png" width="9"> so.', "A picture in your answer"),
        ('Because: ![" onerror="alert(1)](attachment:sketch-1.png) so.', '" onerror="alert(1)'),
    ],
)
def test_pictures_in_a_written_answer_are_in_their_places(mini: Mini, answer: str, alt: str) -> None:
    shown = page(mini, answers={**RIGHT, "why": answer}, attachments=PICTURE)
    assert [attrs for tag, attrs in shown.elements if tag == "img"] == [
        {"src": f"data:image/png;base64,{PNG}", "alt": alt}
    ]
    assert "Because: so." in shown.text


def test_a_picture_that_was_left_out_is_text(mini: Mini) -> None:
    shown = page(mini, answers={**RIGHT, "why": "![x](attachment:left-out) and <b>more</b>"}, attachments=PICTURE)
    assert "![x](attachment:left-out) and <b>more</b>" in shown.text
    assert not [tag for tag, _ in shown.elements if tag in ("img", "b")]


def test_files_beside_the_notebook_are_listed_modules_with_their_text(mini: Mini) -> None:
    files = (FileBeside("data/x.csv", b"secret" * 200), FileBeside("norms.py", f"# {HOSTILE}".encode()))
    shown = page(mini, files=files, left_out=("big.npz beside the notebook was left out: too large.",))
    assert "data/x.csv , 1.2 kB norms.py" in shown.text
    assert HOSTILE in shown.text
    assert "big.npz beside the notebook was left out: too large." in shown.text
    assert "secret" not in shown.text
    assert not [tag for tag, _ in shown.elements if tag in ("script", "img")]


def test_a_long_module_is_shortened(mini: Mini) -> None:
    text = page(mini, files=(FileBeside("norms.py", b"# x\n" * ANSWER_LIMIT),)).text
    assert "more characters are not shown" in text


def test_without_files_the_page_says_nothing_about_them(mini: Mini) -> None:
    assert "Files beside your notebook" not in page(mini).text


def test_what_was_passed_over_is_listed(mini: Mini) -> None:
    handed = mini.handed_in()
    result = replace(
        handed.result, student_notes=("Passed over: in the cell double, `import <b>` raised SyntaxError.",)
    )
    text = Page(feedback_page(mini.topic, result, Shown.of(mini.topic, handed.alignment), standing_of(result))).text
    assert "What grading passed over" in text and "`import <b>` raised SyntaxError." in text
    assert "passed over" not in page(mini).text
