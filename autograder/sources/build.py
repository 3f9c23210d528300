"""Builds topics: ``solutions/T/t.py`` → executed ``solutions/T/t.ipynb`` → ``notebooks/T/t.ipynb``."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.atomic_files import write_text
from autograder.course import HIDDEN, Course
from autograder.errors import CourseError
from autograder.sources.answers import FILE as ANSWERS
from autograder.sources.answers import Answer, read_answers, solutions_of
from autograder.sources.assemble import assemble
from autograder.sources.differences import differences
from autograder.sources.execute import execute
from autograder.sources.fingerprint import fingerprint, imported
from autograder.sources.parse import check_code, parse
from autograder.sources.places import Place
from autograder.sources.questions import Question
from autograder.sources.rehearse import rehearse
from autograder.sources.release import release
from autograder.sources.released_outputs import execute_released, lacks_outputs
from autograder.sources.scope import check_scope
from autograder.topics import as_text, read_built
from coursekit.quiz import seal

# What may lie beside a topic's source.
BESIDE = (HIDDEN, ANSWERS)


@dataclass(frozen=True)
class Files:
    """The files of one topic: two written by hand, three derived from them."""

    topic: str
    source: Path
    answers: Path
    executed: Path
    released: Path
    quiz: Path | None


@dataclass(frozen=True)
class Derived:
    """What follows from a topic's source, before anything is run."""

    notebook: Any
    released: Any
    quiz: str
    answers: Sequence[Answer]
    places: Mapping[str, Place]


def files_of(course: Course, topic: str) -> Files:
    """The files of a topic.

    Raises:
        CourseError: if the topic's folder does not hold exactly one source.
    """
    folder = course.solutions / topic
    sources = [path for path in sorted(folder.glob("*.py")) if path.name not in BESIDE]
    if len(sources) != 1:
        raise CourseError(
            f"{folder} must hold one notebook source (.py) besides {' and '.join(BESIDE)}; it holds {len(sources)}."
        )
    name = f"{sources[0].stem}.ipynb"
    quiz = course.package_folder / "quizzes" / f"{topic}.json" if course.package_folder else None
    return Files(topic, sources[0], folder / ANSWERS, folder / name, course.notebooks / topic / name, quiz)


def derive(course: Course, files: Files) -> Derived:
    """Read a topic's source and make everything that does not need running."""
    cells = parse(files.source, course.root, course.settings.forbids)
    check_scope(cells)
    notebook, questions, places = assemble(files.topic, cells)
    sources, code = [files.source], [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    if hidden := course.hidden_module(files.topic):
        check_code(hidden.text, Place(hidden.file, 0))
        sources.append(course.root / hidden.file)
        code.append(hidden.text)
    notebook.metadata["course"]["executed_from"] = fingerprint(course, sources, code)
    if questions:
        _check_quiz(course, set().union(*map(imported, code)), places[questions[0].name])
    answers = read_answers(files.answers, solutions_of(notebook), course.root)
    return Derived(notebook, release(notebook), _quiz_file(files.topic, questions), answers, places)


def _check_quiz(course: Course, names: Collection[str], place: Place) -> None:
    """Make sure that a topic with a quiz finds its explanations."""
    package = course.settings.package
    if not package:
        raise CourseError(f"{place}: a quiz needs `package` in course.toml, where its explanations are kept.")
    if not (course.root / package / "quiz.py").is_file():
        raise CourseError(
            f"{place}: a quiz needs {package}/quiz.py, which imports Quizzes from coursekit.quiz and defines "
            '`explain = Quizzes(Path(__file__).parent / "quizzes").explain`.'
        )
    if f"{package}.quiz.explain" not in names:
        needed = f"from {package}.quiz import explain"
        raise CourseError(f"{place}: a topic with a quiz needs, in its first code cell, `{needed}`.")


def build(course: Course, files: Files) -> bool:
    """Build one topic; its notebooks are run again only if its source, or code that it imports, has changed.

    The released notebook is run as students get it, so that its outputs hold nothing of a solution.

    Returns:
        Whether a notebook was run.

    Raises:
        CourseError: if the source cannot be understood, a cell fails, or a test cannot be graded. At most the quiz's
            explanations, which the notebook reads, have been written then.
    """
    derived = derive(course, files)
    if files.quiz and files.quiz.parent.parent.is_dir():
        write_text(files.quiz, derived.quiz)
    kept = _kept_outputs(files.executed, derived.notebook)
    if not kept:
        execute(derived.notebook, files.source.parent, course.root, derived.places)
        rehearse(course, files.topic, derived.notebook, derived.released, derived.places)
    kept_released = _kept_outputs(files.released, derived.released)
    if not kept_released or lacks_outputs(derived.released, derived.notebook):
        kept = False
        execute_released(derived.released, course.root, derived.places)
    write_text(files.executed, as_text(derived.notebook))
    write_text(files.released, as_text(derived.released))
    return not kept


def check(course: Course, files: Files) -> list[str]:
    """What differs between a topic's committed files and what its source gives: readable lines, none if all is well.

    Outputs are not compared; nbval does that. They are missed where there are none.
    """
    derived = derive(course, files)
    lines: list[str] = []
    found: list[Any] = []
    for path, fresh in ((files.executed, derived.notebook), (files.released, derived.released)):
        try:
            committed = read_built(path)
        except CourseError as error:
            lines.append(str(error))
            continue
        shown = path.relative_to(course.root).as_posix()
        lines += [f"{shown}: {line}" for line in differences(committed, fresh)]
        found.append(committed)
    if not lines and lacks_outputs(found[1], found[0]):
        lines.append(f"{files.released.relative_to(course.root).as_posix()}: it has no outputs.")
    if files.quiz and not (files.quiz.is_file() and files.quiz.read_text(encoding="utf-8") == derived.quiz):
        shown = files.quiz.relative_to(course.root).as_posix()
        lines.append(f"{shown} does not hold the explanations that the source states.")
    return lines


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
