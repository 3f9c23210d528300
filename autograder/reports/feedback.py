"""The page that a student gets back: one static file with the result, what to do next, and a section per exercise."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from autograder.reports.comments import comment_html
from autograder.reports.gradebook import Standing
from autograder.reports.titles import titles
from autograder.submissions.pictures import data_uri
from autograder.submissions.shown import Shown, ShownFile
from autograder.text import amount, duration, points, shortened, visible
from autograder.topics import Cell, CellKind, Exercise, Topic
from autograder.verdicts.model import ExerciseVerdict, Result, Status, TestVerdict

MESSAGE_LIMIT = 4_000
LIGHT, DARK = "xcode", "github-dark"
WORDS = {
    Status.PASSED: ("✓", "Right"),
    Status.WRONG: ("✗", "Not yet right"),
    Status.CRASHED: ("!", "Stopped with an error"),
    Status.TIMED_OUT: ("!", "Took too long"),
    Status.NOT_ATTEMPTED: ("–", "Not attempted"),
    Status.NEEDS_MANUAL_GRADING: ("…", "A person grades this"),
}
GRADED = ("✓", "Graded by a person")
TO_DO = (Status.WRONG, Status.CRASHED, Status.TIMED_OUT, Status.NOT_ATTEMPTED)
# As Markdown writes a picture, and as HTML in Markdown does.
PICTURE = re.compile(
    r"!\[(?P<alt>[^\]\n]{0,500})\]\(\s*attachment:(?P<name>[\w.-]+)[^)\n]{0,500}\)"
    r"|<img\b[^<>]{0,500}?\bsrc=[\"']attachment:(?P<html>[\w.-]+)[\"'][^<>]{0,500}>"
)
PARTS = {CellKind.EXERCISE: "Exercises", CellKind.QUIZ: "Quiz", CellKind.WRITTEN: "Written questions"}


@dataclass(frozen=True)
class CheckLine:
    """A test as its exercise's section lists it."""

    title: str
    sign: str
    word: str
    score: float
    max_score: float
    sentence: str


@dataclass(frozen=True)
class HandedInFile:
    """A file that was handed in beside the notebook, as the page lists it.

    Attributes:
        text: the text of a module of Python; None for other files.
    """

    path: str
    size: str
    text: Markup | None


@dataclass(frozen=True)
class Section:
    """An exercise as the page shows it.

    Attributes:
        title: a few words on it, beside its name; empty if there are none.
        answer: the student's own text; None if it is missing or as it was released.
        score: points so far; None while a person is yet to give them.
    """

    id: str
    title: str
    kind: CellKind
    status: Status
    sign: str
    word: str
    score: float | None
    max_score: float
    sentence: str
    checks: Sequence[CheckLine]
    answer: Markup | None
    comment: Markup
    adjusted: bool

    @property
    def to_do(self) -> bool:
        """Whether the student can still gain points here."""
        return self.status in TO_DO

    @property
    def is_full(self) -> bool:
        """Whether it has all its points, as far as they have been given."""
        return self.score is None or self.score >= self.max_score


def feedback_page(topic: Topic, result: Result, shown: Shown, standing: Standing) -> str:
    """The page for one student and one topic.

    It shows no source of hidden tests and none of the values that they compare, nor the notes in ``result.problems``,
    except where no notebook could be read: then they are the reason.

    Args:
        topic: the topic.
        result: the verdicts.
        shown: what to show of the submission.
        standing: the points and comments that count, people's included.
    """
    verdicts = {verdict.id: verdict for verdict in result.exercises}
    called = titles(topic)
    sections = [
        _section(exercise, called[exercise.id], verdicts[exercise.id], shown, standing)
        for exercise in topic.exercises
        if exercise.id in verdicts
    ]
    return _template().render(
        title=title_of(topic),
        student=visible(result.student),
        standing=standing,
        waiting=sum(section.max_score for section in sections if section.score is None),
        right=sum(section.status is Status.PASSED for section in sections),
        checked=sum(section.status is not Status.NEEDS_MANUAL_GRADING for section in sections),
        flawless=not standing.late_penalty and all(section.is_full for section in sections),
        to_do=[section for section in sections if section.to_do],
        parts=[(name, [s for s in sections if s.kind is kind]) for kind, name in PARTS.items()],
        files=[_file(file) for file in shown.files],
        left_out=shown.left_out,
        predictions=shown.predictions,
        notes=[visible(note) for note in result.student_notes],
        unreadable=None if shown.readable else [visible(problem) for problem in result.problems],
    )


def title_of(topic: Topic) -> str:
    """The topic's title: its notebook's first heading."""
    lines = (line for cell in topic.cells if cell.kind is CellKind.PROSE for line in cell.source.splitlines())
    return next((line.removeprefix("# ").strip() for line in lines if line.startswith("# ")), topic.name)


def _section(exercise: Exercise, title: str, verdict: ExerciseVerdict, shown: Shown, standing: Standing) -> Section:
    cells = [cell.id for cell in (exercise.answer, *exercise.tests) if cell.points]
    by_person = any(name in standing.by_person for name in cells)
    written = exercise.answer.kind is CellKind.WRITTEN
    waiting = written and not by_person and exercise.id in standing.waiting
    sign, word = GRADED if written and by_person else WORDS[verdict.status]
    status = Status.NEEDS_MANUAL_GRADING if written and by_person else verdict.status
    sentence = "" if status is Status.NEEDS_MANUAL_GRADING else _sentence(verdict.student_message)
    return Section(
        id=exercise.id,
        title=title,
        kind=exercise.answer.kind,
        status=status,
        sign=sign,
        word=word,
        score=None if waiting else sum(standing.scores.get(name, 0.0) for name in cells),
        max_score=exercise.max_score,
        sentence=sentence,
        checks=_checks(verdict, sentence, standing) if _has_parts(verdict) else (),
        answer=_answer(exercise.answer, shown) if verdict.status is not Status.NOT_ATTEMPTED else None,
        comment=comment_html(standing.comments.get(exercise.id, "")),
        adjusted=by_person and not written,
    )


def _has_parts(verdict: ExerciseVerdict) -> bool:
    """Whether the tests say more than their exercise does."""
    return len(verdict.tests) > 1 and verdict.status not in (Status.PASSED, Status.NOT_ATTEMPTED)


def _checks(verdict: ExerciseVerdict, said: str, standing: Standing) -> list[CheckLine]:
    """The tests; a sentence that stands above them already is not repeated."""
    checks = []
    for hidden in (False, True):
        tests = [test for test in verdict.tests if test.hidden is hidden]
        for number, test in enumerate(tests, start=1):
            name = "Hidden test" if hidden else "Visible test"
            title = f"{name} {number}" if len(tests) > 1 else name
            sign, word = WORDS[test.status]
            if test.status is Status.PASSED:
                word = _sentence(test.student_message) or "Passed"
            elif test.status is Status.WRONG:
                word = "Not passed"
            score, sentence = standing.scores.get(test.test, test.score), _sentence_of(test)
            checks.append(CheckLine(title, sign, word, score, test.max_score, "" if sentence == said else sentence))
    return checks


def _sentence_of(test: TestVerdict) -> str:
    """What the student may read about a test: of a hidden one never the instructor's sentence."""
    if test.status is Status.PASSED:
        return ""
    return _sentence(test.student_message if test.hidden else test.student_message or test.message)


def _sentence(text: str) -> str:
    return shortened(visible(text), MESSAGE_LIMIT)


def _answer(cell: Cell, shown: Shown) -> Markup | None:
    text = shown.answers.get(cell.id)
    if text is None:
        return None
    return _highlighted(text) if cell.cell_type == "code" else _with_pictures(text, shown.pictures)


def _highlighted(code: str) -> Markup:
    # Pygments escapes what it highlights.
    return Markup(highlight(code, PythonLexer(), HtmlFormatter(nowrap=True)))


def _with_pictures(text: str, pictures: Mapping[str, Mapping[str, str]]) -> Markup:
    """Text with the pictures that it shows in their places."""
    shown, position = Markup(), 0
    for found in PICTURE.finditer(text):
        name = found["name"] or found["html"]
        if kinds := pictures.get(name):
            source = next(data_uri(kind, data) for kind, data in kinds.items())
            alt = found["alt"] or "A picture in your answer"
            picture = Markup('<img src="{}" alt="{}">').format(source, alt)
            shown, position = shown + text[position : found.start()] + picture, found.end()
    return shown + text[position:]


def _file(file: ShownFile) -> HandedInFile:
    size = f"{file.size / 1000:,.1f} kB" if file.size >= 1000 else f"{file.size} bytes"
    return HandedInFile(file.path, size, None if file.text is None else _highlighted(file.text))


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("autograder.reports"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["points"] = points
    environment.filters["duration"] = duration
    environment.globals["amount"] = amount
    environment.globals["style"] = Markup(_style())
    return environment.get_template("feedback.html.jinja")


def _style() -> str:
    """The page's style with the colours of highlighted code, for light and dark screens."""
    style = files("autograder.reports").joinpath("templates/feedback.css").read_text(encoding="utf-8")
    light, dark = ("\n".join(HtmlFormatter(style=name).get_token_style_defs(".code")) for name in (LIGHT, DARK))
    return (
        f"{style}\n@media print, screen and (prefers-color-scheme: light) {{\n{light}\n}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n"
    )
