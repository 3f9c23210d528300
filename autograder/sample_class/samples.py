"""Makes the sample class from the topics: one submission per thing that happens, and the mark it must get."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.sources.answers import Answer, solutions_of
from autograder.topics import CellKind, Topic, topic_of

MARKS = "marks.csv"


@dataclass(frozen=True)
class Sample:
    """One submission of the sample class.

    Attributes:
        student: what happens in it, as a name.
        text: the file's text.
        score: the points that it must get, manual grading aside.
        why: what it shows, one sentence.
    """

    student: str
    text: str
    score: float
    why: str


@dataclass(frozen=True)
class Material:
    """What samples of one topic are made from."""

    topic: Topic
    released: Any
    answers: dict[str, str]
    others: Sequence[Answer]

    def points(self, *, without: Sequence[str] = ()) -> float:
        """Points of everything a machine grades, less some exercises."""
        graded = [exercise for exercise in self.topic.exercises if exercise.answer.kind is not CellKind.WRITTEN]
        return sum(exercise.max_score for exercise in graded if exercise.id not in without)

    def notebook(self, answers: dict[str, str]) -> Any:
        """The released notebook with some answers filled in."""
        notebook = deepcopy(self.released)
        for cell in notebook.cells:
            if cell.id in answers:
                cell.source = answers[cell.id]
        return notebook

    @property
    def coded(self) -> list[str]:
        """The exercises answered in code, quizzes aside, in order."""
        return [exercise.id for exercise in self.topic.exercises if exercise.answer.kind is CellKind.EXERCISE]

    @property
    def has_visible_tests(self) -> bool:
        """Whether students see any test."""
        return any(cell.kind is CellKind.TEST for cell in self.topic.cells)


def material(topic: str, notebook: Any, released: Any, others: Sequence[Answer]) -> Material:
    """Gather what samples are made from.

    Args:
        notebook: the topic's notebook with solutions.
        released: the same as students get it.
        others: wrong answers, and right ones in other styles.
    """
    return Material(topic_of(notebook, topic, ""), released, solutions_of(notebook), others)


def samples(material: Material, *, accidents: bool) -> list[Sample]:
    """The submissions of one topic.

    Args:
        accidents: whether to add what happens to notebooks whatever their topic; one topic's are enough.
    """
    makers: list[Callable[[Material], Sample]] = [_complete, _half_done, _untouched, _plausible_mistakes]
    if accidents:
        makers += [_crash, _endless_loop, _damaged_tests, _not_json, _other_topic]
    return [make(material) for make in makers]


class SampleClass:
    """The submissions of all topics.

    Args:
        materials: per topic what samples are made from, and the notebook's file name.
    """

    def __init__(self, materials: Sequence[tuple[Material, str]]) -> None:
        first = next((m for m, _ in materials if m.coded and m.has_visible_tests), None)
        self._rows = [
            (m.topic.name, file, sample) for m, file in materials for sample in samples(m, accidents=m is first)
        ]

    @property
    def files(self) -> dict[str, str]:
        """The texts of all files by their path in nbgrader's tree of submissions."""
        return {f"{sample.student}/{topic}/{file}": sample.text for topic, file, sample in self._rows}

    @property
    def marks(self) -> list[tuple[str, str, float, str]]:
        """Student, topic, mark and reason of each submission, in order of students and topics."""
        rows = [(sample.student, topic, sample.score, sample.why) for topic, _, sample in self._rows]
        return sorted(rows, key=lambda row: row[:2])


def marks_table(sample_class: SampleClass) -> str:
    """The marks that a class must get, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["student", "topic", "score", "why"])
    writer.writerows((student, topic, f"{score:g}", why) for student, topic, score, why in sample_class.marks)
    return text.getvalue()


def read_marks(folder: Path) -> dict[tuple[str, str], float]:
    """The marks that samples must get, by student and topic."""
    with (folder / MARKS).open(encoding="utf-8", newline="") as file:
        return {(row["student"], row["topic"]): float(row["score"]) for row in csv.DictReader(file)}


def _complete(m: Material) -> Sample:
    return _sample(
        "complete", m.notebook(m.answers), m.points(), "Every answer is right; the written one waits for a person."
    )


def _half_done(m: Material) -> Sample:
    done = m.coded[: (len(m.coded) + 1) // 2]
    open_ = [exercise.id for exercise in m.topic.exercises if exercise.id not in done]
    notebook = m.notebook({name: m.answers[name] for name in done})
    return _sample(
        "half-done", notebook, m.points(without=open_), "The first half of the exercises is right, the rest untouched."
    )


def _untouched(m: Material) -> Sample:
    return _sample("untouched", m.notebook({}), 0, "The notebook as it was released.")


def _plausible_mistakes(m: Material) -> Sample:
    wrong = {answer.exercise: answer for answer in reversed(m.others) if not answer.right}
    notebook = m.notebook({**m.answers, **{name: answer.text for name, answer in wrong.items()}})
    score = m.points(without=list(wrong)) + sum(answer.keeps for answer in wrong.values())
    return _sample("plausible-mistakes", notebook, score, "Each exercise has a mistake that students make.")


def _crash(m: Material) -> Sample:
    # An answer that another one calls would cost that one its points, too.
    others = {name: " ".join(text for other, text in m.answers.items() if other != name) for name in m.coded}
    name = next((name for name in m.coded if not re.search(rf"\b{name}\b", others[name])), m.coded[-1])
    answer = f"{m.answers[name]}\n\nimport os\n\n{name} = os._exit(1)"
    return _sample(
        "crash",
        m.notebook({**m.answers, name: answer}),
        m.points(without=[name]),
        f"The answer to {name} ends the process.",
    )


def _endless_loop(m: Material) -> Sample:
    name = m.coded[-1]
    answer = f"{m.answers[name]}\n\nwhile True:\n    {name} = {name}"
    return _sample(
        "endless-loop",
        m.notebook({**m.answers, name: answer}),
        m.points(without=[name]),
        f"The answer to {name} never ends.",
    )


def _damaged_tests(m: Material) -> Sample:
    notebook = m.notebook(m.answers)
    tests = [index for index, cell in enumerate(notebook.cells) if cell.metadata.course.kind == CellKind.TEST]
    # From the last one up, so that no place changes before it is used.
    split, doubled, deleted = (tests[min(index, len(tests) - 1)] for index in (2, 1, 0))
    lines = notebook.cells[split].source.splitlines()
    notebook.cells[split].source = "\n".join(lines[: len(lines) // 2])
    notebook.cells.insert(split + 1, _plain("split-off", "\n".join(lines[len(lines) // 2 :])))
    notebook.cells.insert(doubled + 1, deepcopy(notebook.cells[doubled]))
    del notebook.cells[deleted]
    return _sample(
        "damaged-tests", notebook, m.points(), "Right answers; one test cell is deleted, one doubled, one split in two."
    )


def _not_json(m: Material) -> Sample:
    text = _text(m.notebook(m.answers))
    return Sample("not-json", text[: len(text) // 2], 0, "The upload broke off in the middle of the file.")


def _other_topic(m: Material) -> Sample:
    notebook = new_notebook(metadata={**m.released.metadata, "course": {"topic": "00-other"}})
    notebook.cells = [
        new_markdown_cell("# Another notebook", id="title"),
        _plain("answer", "def another_answer():\n    return 1"),
    ]
    notebook.nbformat_minor = 5
    return _sample("other-topic", notebook, 0, "The notebook of another topic.")


def _plain(name: str, text: str) -> Any:
    return new_code_cell(text, id=name)


def _sample(student: str, notebook: Any, score: float, why: str) -> Sample:
    return Sample(student, _text(notebook), score, why)


def _text(notebook: Any) -> str:
    # A damaged notebook (a doubled cell keeps its id) is what this writes on purpose, so it is not validated.
    return nbformat.v4.writes(notebook) + "\n"
