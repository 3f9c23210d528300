"""The topics of the course, discovered, so that a new one is held to the same as the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.course import Course, TopicPair
from autograder.execution.plan import names_in
from autograder.execution.processes import Zygote
from autograder.grading import Graded, Grading, grade_notebook, open_zygote
from autograder.sample_class.samples import Material, material
from autograder.sources.answers import FILE, Answer, read_answers, solutions_of
from autograder.submissions.choose import Submission
from autograder.submissions.names import Owner
from autograder.time_limits import TimeLimits
from autograder.topics import Topic
from autograder.verdicts.model import Result

COURSE = Course(Path(__file__).resolve().parents[2])
SECONDS = TimeLimits(cell=60)
# What hidden inputs are drawn from; whoever doubts a test's draws can run everything with others.
SECRET = os.environ.get("SECRET", "tests").encode()


@dataclass(frozen=True)
class Built:
    """A topic's notebooks as they are committed."""

    name: str
    notebook: Any
    released: Any
    answers: list[Answer]

    @cached_property
    def pair(self) -> TopicPair:
        """The topic with its tests, and as students get it."""
        return TopicPair(COURSE.source_topic(self.name), COURSE.released_topic(self.name))

    @cached_property
    def material(self) -> Material:
        """The topic, and a right answer to each of its exercises."""
        return material(self.name, self.notebook, self.released, self.answers)

    def beneath(self, exercise: str) -> dict[str, str]:
        """Right answers to the other exercises that an exercise builds on: its solution or its tests name them."""
        m = self.material
        tests = {e.id: [test.source for test in e.tests] for e in m.topic.exercises}
        found, todo = {exercise}, [exercise]
        while todo:
            name = todo.pop()
            named = set().union(*map(names_in, [m.answers[name], *tests[name]])) & set(m.coded)
            todo += named - found
            found |= named
        return {name: m.answers[name] for name in found - {exercise}}


def read_built(name: str) -> Built:
    """A topic's committed files."""
    (executed,) = (COURSE.solutions / name).glob("*.ipynb")
    released = nbformat.read(COURSE.notebooks / name / executed.name, as_version=4)
    notebook = nbformat.read(executed, as_version=4)
    answers = read_answers(executed.parent / FILE, solutions_of(notebook), COURSE.root)
    return Built(name, notebook, released, answers)


# Those that are named in the environment, as by `make test TOPICS=03-vgg`; else all.
TOPICS = [read_built(name) for name in COURSE.chosen(os.environ.get("TOPICS", "").split())]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test that takes ``topic`` for each topic, and one that takes ``answer`` for each answer of each topic."""
    if "answer" in metafunc.fixturenames:
        cases = [(topic, answer) for topic in TOPICS for answer in topic.answers]
        ids = [f"{topic.name}-{answer.exercise}-{answer.name}" for topic, answer in cases]
        metafunc.parametrize(("topic", "answer"), cases, ids=ids)
    elif "topic" in metafunc.fixturenames:
        metafunc.parametrize("topic", TOPICS, ids=[topic.name for topic in TOPICS])


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """One process to fork from, for all tests."""
    with open_zygote(COURSE) as running:
        yield running


@pytest.fixture
def grade(zygote: Zygote) -> Callable[..., Result]:
    """Grades a notebook of a topic; on request, as if the tests of one exercise were all that there are."""

    def run(topic: Built, notebook: Any, only: str = "") -> Result:
        source, released = topic.pair.source, topic.pair.released
        if only:
            others = {cell.id for cell in source.cells if cell.is_test and cell.exercise != only}
            source, released = without(source, others), without(released, others)
            notebook.cells = [cell for cell in notebook.cells if cell.id not in others]
        return grade_in(zygote, TopicPair(source, released), notebook).result

    return run


def grade_in(zygote: Zygote, pair: TopicPair, notebook: Any) -> Graded:
    """What grading says about a notebook of a topic."""
    submission = Submission(Owner("student"), "student", pair.source, notebook, (), "student.ipynb", "")
    return grade_notebook(Grading(zygote, SECONDS, SECRET), pair, submission)


def without(topic: Topic, ids: set[str]) -> Topic:
    """A topic without some of its cells."""
    return replace(topic, cells=tuple(cell for cell in topic.cells if cell.id not in ids))
