"""Builds topics: ``solutions/T/t.py`` → executed ``solutions/T/t.ipynb`` → ``notebooks/T/t.ipynb``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from autograder.atomic_files import write_text
from autograder.course import Course
from autograder.errors import CourseError
from autograder.sources.assemble import assemble
from autograder.sources.differences import differences
from autograder.sources.execute import execute
from autograder.sources.fingerprint import fingerprint, imported
from autograder.sources.misconceptions import Answer, read_answers
from autograder.sources.parse import parse
from autograder.sources.places import Place
from autograder.sources.questions import Question
from autograder.sources.release import release
from autograder.sources.sample_class import material, sample_files
from autograder.topics import ANSWER_KINDS, read_built
from coursekit.quiz import seal

QUIZ_NAMES = {"cnnlab.quiz.explain", "cnnlab.quiz.expect_answer"}


@dataclass(frozen=True)
class Files:
    """The files of one topic: one written by hand, three derived from it."""

    topic: str
    source: Path
    executed: Path
    released: Path
    quiz: Path


@dataclass(frozen=True)
class Derived:
    """What follows from a topic's source, before anything is run."""

    notebook: Any
    released: Any
    quiz: str
    places: Mapping[str, Place]


def files_of(course: Course, topic: str) -> Files:
    """The files of a topic.

    Raises:
        CourseError: if the topic's folder does not hold exactly one source.
    """
    folder = course.solutions / topic
    sources = [path for path in sorted(folder.glob("*.py")) if path.name != "misconceptions.py"]
    if len(sources) != 1:
        raise CourseError(
            f"{folder} must hold one notebook source (.py) besides misconceptions.py; it holds {len(sources)}."
        )
    name = f"{sources[0].stem}.ipynb"
    quiz = course.root / "cnnlab" / "quizzes" / f"{topic}.json"
    return Files(topic, sources[0], folder / name, course.notebooks / topic / name, quiz)


def derive(course: Course, files: Files) -> Derived:
    """Read a topic's source and make everything that does not need running."""
    notebook, questions, places = assemble(files.topic, parse(files.source, course.root))
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    notebook.metadata["course"]["executed_from"] = fingerprint(course, files.source, code)
    if questions and not imported(code) >= QUIZ_NAMES:
        raise CourseError(
            f"{places[questions[0].name]}: a topic with a quiz needs, in its first code cell, "
            "`from cnnlab.quiz import explain, expect_answer`."
        )
    return Derived(notebook, release(notebook), _quiz_file(files.topic, questions), places)


def build(course: Course, files: Files) -> bool:
    """Build one topic; its notebook is run again only if its source, or code that it imports, has changed.

    Returns:
        Whether the notebook was run.

    Raises:
        CourseError: if the source cannot be understood or a cell fails; nothing is written then.
    """
    derived = derive(course, files)
    write_text(files.quiz, derived.quiz)
    kept = _kept_outputs(files.executed, derived.notebook)
    if not kept:
        execute(derived.notebook, files.source.parent, course.root, derived.places)
    write_text(files.executed, as_text(derived.notebook))
    write_text(files.released, as_text(derived.released))
    return not kept


def check(course: Course, files: Files) -> list[str]:
    """What differs between a topic's committed files and what its source gives: readable lines, none if all is well.

    Outputs are not compared; nbval does that.
    """
    derived = derive(course, files)
    lines: list[str] = []
    for path, fresh in ((files.executed, derived.notebook), (files.released, derived.released)):
        try:
            committed = read_built(path)
        except CourseError as error:
            lines.append(str(error))
            continue
        shown = path.relative_to(course.root).as_posix()
        lines += [f"{shown}: {line}" for line in differences(committed, fresh)]
    shown = files.quiz.relative_to(course.root).as_posix()
    if not files.quiz.is_file() or files.quiz.read_text(encoding="utf-8") != derived.quiz:
        lines.append(f"{shown} does not hold the explanations that the source states.")
    return lines


def build_sample_class(course: Course) -> None:
    """Write the sample class of all topics, and remove what no longer belongs to it."""
    files = _sample_files(course)
    for path in _present(course.sample_class) - set(files):
        path.unlink()
    for path, text in files.items():
        write_text(path, text)


def check_sample_class(course: Course) -> list[str]:
    """Which files of the sample class are not what the sources give, one line each."""
    files = _sample_files(course)
    stale = {path for path, text in files.items() if not path.is_file() or not _holds(path, text)}
    wrong = sorted(stale | (_present(course.sample_class) - set(files)))
    return [f"{path.relative_to(course.root).as_posix()} is not what the sources give." for path in wrong]


def _sample_files(course: Course) -> dict[Path, str]:
    materials = []
    for topic in course.topics:
        files = files_of(course, topic)
        derived = derive(course, files)
        answers = read_answers(files.source.parent / "misconceptions.py", course.root)
        _check_exercises(answers, derived.notebook)
        materials.append((material(topic, derived.notebook, derived.released, answers), files.released.name))
    return sample_files(course.sample_class, materials)


def _holds(path: Path, text: str) -> bool:
    """Whether a file is a text, whatever its line ends: version control on Windows may have changed them."""
    return path.read_bytes().replace(b"\r\n", b"\n") == text.replace("\r\n", "\n").encode("utf-8")


def _check_exercises(answers: Sequence[Answer], notebook: Any) -> None:
    exercises = [cell.id for cell in notebook.cells if cell.metadata["course"]["kind"] in ANSWER_KINDS]
    for answer in answers:
        if answer.exercise not in exercises:
            raise CourseError(f"{answer.where}: the topic has no exercise {answer.exercise!r}.")


def _present(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def as_text(notebook: Any) -> str:
    """A notebook as the text of its file, the same for equal notebooks."""
    return nbformat.writes(notebook) + "\n"


def _kept_outputs(path: Path, notebook: Any) -> bool:
    """Copy the outputs of an executed notebook that is still right; say whether it was."""
    try:
        executed = read_built(path)
    except CourseError:
        return False
    if differences(executed, notebook):
        return False
    for old, new in zip(executed.cells, notebook.cells, strict=True):
        if new.cell_type == "code":
            new.outputs, new.execution_count = old.outputs, old.execution_count
    return True


def _quiz_file(topic: str, questions: Sequence[Question]) -> str:
    sealed = {
        question.name: {
            letter: seal(topic, question.name, letter, f"{'Right' if letter == question.right else 'Not quite'}. {why}")
            for letter, why in question.explanations.items()
        }
        for question in questions
    }
    return json.dumps(sealed, indent=1, sort_keys=True) + "\n"
