"""``nbgrader autograde`` on whatever lies in ``submitted/``: the marks and pages of ``autograder grade submitted``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbgrader import api

from autograder.course import Course
from tests.reports.mini_topic import RIGHT
from tests.reports.nbgrader_runs import Done, checkout_of, filled, run

DUE = "2026-03-01 11:00:00 UTC"
HANDED_IN = "2026-03-01 12:00:00 UTC\n"
MARKS = {
    "as-released": 4.0,
    "renamed": 4.0,
    "capitals": 4.0,
    "two": 4.0,
    "packed": 4.0,
    "with-module": 4.0,
    "document": 0.0,
    "empty": 0.0,
    "nothing": 0.0,
    "linked": 0.0,
    "marked": 4.0,
    "powershell": 4.0,
    "no-time": 4.0,
}
PROBLEMS = {
    "two": "Several notebooks were handed in: final.ipynb was graded, draft.ipynb not.",
    "document": "No notebook was handed in; there is only homework.pdf.",
    "empty": "No notebook was handed in; the folder is empty.",
    "nothing": "No notebook was handed in; the folder is empty.",
    "linked": "linked is a symbolic link, which is not followed.",
    "no-time": "timestamp.txt holds no time that can be read",
}


def hand_in(course: Course) -> None:
    """A class that hands in notebooks by any name, several, a zip, a document or nothing, at times in odd encodings."""
    released = nbformat.read(course.notebooks / "01-mini" / "mini.ipynb", as_version=4)
    right, draft = (
        nbformat.writes(filled(released, answers)).encode() for answers in (RIGHT, {"why": "I do not know yet."})
    )
    importing = filled(released, {**RIGHT, "double": "from helper import double"})
    handed: dict[str, dict[str, bytes]] = {
        "as-released": {"mini.ipynb": right},
        "renamed": {"HW1 final (2).ipynb": right},
        "capitals": {"Mini.ipynb": right},
        "two": {"draft.ipynb": draft, "final.ipynb": right},
        "packed": {},
        "with-module": {"mine.ipynb": nbformat.writes(importing).encode(), "helper.py": RIGHT["double"].encode()},
        "document": {"homework.pdf": b"%PDF-1.7"},
        "empty": {},
        "marked": {"mini.ipynb": right, "timestamp.txt": HANDED_IN.encode("utf-8-sig")},
        "powershell": {"mini.ipynb": right, "timestamp.txt": HANDED_IN.encode("utf-16")},
        "no-time": {"mini.ipynb": right, "timestamp.txt": b"\xff\xfeyesterday"},
    }
    for student, files in handed.items():
        folder = course.root / "submitted" / student / "01-mini"
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    (course.root / "submitted" / "nothing").mkdir()
    (course.root / "submitted" / "linked").symlink_to(course.root / "submitted" / "renamed")
    with zipfile.ZipFile(course.root / "submitted" / "packed" / "01-mini" / "homework.zip", "w") as archive:
        archive.writestr("homework/mine.ipynb", right)


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def course(make_mini_course: Callable[[Path], Course], tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course in whose gradebook the topic has a due date, and whose class has handed in."""
    made = checkout_of(make_mini_course(tmp_path_factory.mktemp("checkout") / "course"))
    with (made.root / "nbgrader_config.py").open("a", encoding="utf-8") as settings:
        settings.write('c.LateSubmissionPlugin.penalty_method = "zero"\n')
    with api.Gradebook(f"sqlite:///{made.gradebook}", "cnn-architectures") as book:
        book.update_or_create_assignment("01-mini", duedate=DUE)
    hand_in(made)
    return made


@pytest.fixture(scope="module")
def twin(course: Course) -> Course:
    """The same course, graded by ``autograder grade submitted``."""
    twin = Course(course.root.with_name("twin"))
    shutil.copytree(course.root, twin.root, symlinks=True)
    command = [sys.executable, "-c", "from autograder.cli import main; main()", "grade", "submitted"]
    subprocess.run([*command, "--topic", "01-mini"], cwd=twin.root, check=False, capture_output=True)
    return twin


@pytest.fixture(scope="module")
def graded(twin: Course, course: Course) -> Done:
    """``nbgrader autograde``, after the twin was made."""
    return run(course.root, "autograde", "01-mini")


def marks(course: Course) -> dict[str, tuple[float, float]]:
    """Scores and late penalties, by student."""
    with api.Gradebook(f"sqlite:///{course.gradebook}", "cnn-architectures") as book:
        notebooks = book.notebook_submissions("mini", "01-mini")
        return {one.student.id: (one.score, one.late_submission_penalty or 0.0) for one in notebooks}


def test_whatever_was_handed_in_is_graded(graded: Done, course: Course) -> None:
    assert graded.returncode == 0, graded.output
    assert "Traceback" not in graded.output
    assert {student: score for student, (score, _) in marks(course).items()} == MARKS


def test_marks_and_penalties_are_those_of_autograder_grade(graded: Done, course: Course, twin: Course) -> None:
    assert marks(course) == marks(twin)


def test_pages_and_graded_notebooks_are_those_of_autograder_grade(graded: Done, course: Course, twin: Course) -> None:
    for name in ("feedback", "autograded"):
        assert contents(course.root / name) == contents(twin.root / name)


@pytest.mark.parametrize("student", PROBLEMS)
def test_what_is_unusual_is_logged(graded: Done, student: str) -> None:
    assert f"{student}, 01-mini: {PROBLEMS[student]}" in graded.output


@pytest.mark.parametrize("student", ["marked", "powershell"])
def test_work_is_late_however_its_time_is_written(graded: Done, course: Course, student: str) -> None:
    assert marks(course)[student] == (4, 4)


def test_what_students_handed_in_stays_as_it_is(graded: Done, course: Course, twin: Course) -> None:
    assert contents(course.root / "submitted") == contents(twin.root / "submitted")


def test_a_second_run_changes_nothing(graded: Done, course: Course) -> None:
    before = marks(course), contents(course.feedback), contents(course.root / "autograded")
    again = run(course.root, "autograde", "01-mini")
    assert again.returncode == 0
    assert "13 of 13 have not changed" in again.output
    assert (marks(course), contents(course.feedback), contents(course.root / "autograded")) == before


def test_one_student_can_be_graded_alone(graded: Done, course: Course) -> None:
    done = run(course.root, "autograde", "01-mini", "--student", "two", "--force")
    assert done.returncode == 0
    assert "[1/1] two, 01-mini: 4 of 7 points" in done.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("02-none",), "there is no topic '02-none'; the topics are: 01-mini."),
        (("01-mini", "--student", "nobody"), "nothing was handed in for 01-mini"),
    ],
)
def test_what_cannot_be_graded_is_one_sentence(course: Course, arguments: tuple[str, ...], sentence: str) -> None:
    done = run(course.root, "autograde", *arguments)
    assert done.returncode == 1
    assert sentence in done.output
    assert "Traceback" not in done.output


def test_nobody_new_is_entered_where_the_settings_say_so(graded: Done, course: Course) -> None:
    stranger = course.root / "submitted" / "stranger" / "01-mini"
    stranger.mkdir(parents=True)
    done = run(course.root, "autograde", "01-mini", "--Autograde.create_student=False")
    shutil.rmtree(stranger.parent)
    assert done.returncode == 1
    assert "stranger: not in the gradebook, and Autograde.create_student is off; add them first." in done.output
    assert "stranger" not in marks(course)


def test_feedback_before_grading_is_one_sentence(make_mini_course: Callable[[Path], Course], tmp_path: Path) -> None:
    ungraded = checkout_of(make_mini_course(tmp_path / "course"))
    done = run(ungraded.root, "generate_feedback", "01-mini")
    assert done.returncode == 1
    assert "no work for 01-mini has been graded; run `nbgrader autograde 01-mini` first." in done.output
