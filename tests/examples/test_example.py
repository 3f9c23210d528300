"""The example course, used as an instructor would: built, released, answered rightly, wrongly and dishonestly, graded.

Everything runs in a copy, by the commands, and isolated as on any other day.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.course import Course
from autograder.sources.answers import FILE as ANSWERS
from autograder.sources.answers import read_answers, solutions_of
from autograder.sources.differences import differences
from autograder.sources.places import read_cells
from tests.commands.conftest import run_in

EXAMPLE = Path(__file__).parents[2] / "examples" / "words"
TOPIC, FILE = "01-counting", "counting.ipynb"
MADE = ("notebooks", "data", "wordlab/quizzes", f"solutions/{TOPIC}/{FILE}")

CHEATS = {
    cell.metadata["cheat"]: cell.source
    for cell, _ in read_cells(Path(__file__).with_name("cheats.py"), preamble=True)[1:]
}
# The first three answer the quiz, too.
MARKS = {"right": 9, "half": 5, "wrong": 1, "open": 0} | dict.fromkeys(CHEATS, 0)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A copy of the example without anything that is made, built."""
    folder = tmp_path_factory.mktemp("example") / "words"
    made = shutil.ignore_patterns("__pycache__", "build", ".autograder", "quizzes", "notebooks", "data", "*.ipynb")
    course = Course(shutil.copytree(EXAMPLE, folder, ignore=made))
    built = run_in(course.root, "build")
    assert built.returncode == 0, built.stderr
    return course


def filled(course: Course, answers: dict[str, str]) -> Any:
    """The released notebook with answers in its cells."""
    notebook = nbformat.read(course.notebooks / TOPIC / FILE, as_version=4)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    return notebook


def answers_of(course: Course) -> dict[str, dict[str, str]]:
    """What each student answers."""
    topic = course.source_topic(TOPIC)
    right = {exercise.id: exercise.answer.source for exercise in topic.exercises}
    notebook = nbformat.read(course.solutions / TOPIC / FILE, as_version=4)
    answers = read_answers(course.solutions / TOPIC / ANSWERS, solutions_of(notebook))
    wrong = {answer.exercise: answer.text for answer in reversed(answers) if not answer.right}
    names = ("word_counts", "most_common")
    cheats = {
        who: {name: text.replace("the_answer", name).replace("COURSE", str(course.root)) for name in names}
        for who, text in CHEATS.items()
    }
    honest = {
        "right": right,
        "half": {**right, "most_common": "def most_common("},
        "wrong": {**right, **wrong},
        "open": {},
    }
    return {**honest, **cheats}


@pytest.fixture(scope="module")
def graded(course: Course) -> Iterator[dict[str, Any]]:
    """By student, what grading the whole class says."""
    for student, answers in answers_of(course).items():
        path = course.root / "class" / student / FILE
        path.parent.mkdir(parents=True)
        nbformat.write(filled(course, answers), path)
    run_in(course.root, "grade", "class", "--cell-seconds", "2", "--json", "marks.json")
    yield {entry["student"]: entry for entry in json.loads((course.root / "marks.json").read_text(encoding="utf-8"))}


def files(root: Path) -> dict[str, bytes]:
    """What is made from the sources."""
    paths = [path for name in MADE for path in (root / name, *(root / name).rglob("*")) if path.is_file()]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def test_the_committed_files_are_what_the_build_gives(course: Course) -> None:
    committed, built = files(EXAMPLE), files(course.root)

    assert committed.keys() == built.keys()
    assert [name for name in built if built[name] != committed[name]] == []


def test_nbgrader_releases_the_same(course: Course) -> None:
    before = files(course.root)
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", TOPIC, "--force"]
    done = subprocess.run(command, cwd=course.root, capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr
    after = files(course.root)
    (released,) = [name for name in after if after[name] != before[name]]
    ours, theirs = (nbformat.reads(text[released].decode(), as_version=4) for text in (before, after))
    assert released == f"notebooks/{TOPIC}/{FILE}"
    assert differences(theirs, ours) == []  # but for outputs


def test_a_student_is_told_how_far_the_open_tests_go(course: Course) -> None:
    work = course.root / "work" / FILE
    work.parent.mkdir()
    nbformat.write(filled(course, {"word_counts": answers_of(course)["right"]["word_counts"]}), work)
    checked = run_in(course.root, "check", work)

    assert "1 of 2" in checked.stdout, checked.stdout + checked.stderr


@pytest.mark.parametrize("student", MARKS)
def test_every_answer_gets_what_it_deserves(graded: dict[str, Any], student: str) -> None:
    assert graded[student]["score"] == MARKS[student], graded[student]


def test_students_read_which_mistake_they_made(graded: dict[str, Any], course: Course) -> None:
    page = (course.feedback / "wrong" / f"{TOPIC}.html").read_text(encoding="utf-8")

    assert "Words were split at white space alone" in page
    assert "Words of equal count are in the order of the dict" in page


def test_a_cheat_that_isolation_stops_works_without_it(course: Course) -> None:
    namespace: dict[str, Any] = {}
    exec(answers_of(course)["reads-the-solution"]["word_counts"], namespace)

    assert namespace["word_counts"]("Yes, yes.") == {"yes": 2}
