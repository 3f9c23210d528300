"""``autograder check``: what a student runs at home."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from autograder.course import Course
from tests.commands.conftest import Run


def copy_of(course: Course, student: str) -> Path:
    return shutil.copy(course.sample_class / student / "01-mini" / "mini.ipynb", course.root / "mine.ipynb")


def test_a_solved_notebook_passes_its_visible_tests(course: Course, run: Run) -> None:
    shutil.rmtree(course.solutions)
    done = run("check", copy_of(course, "complete"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == (
        "visible tests: 1 of 1 points; "
        "decided later: 2 by hidden tests, 1 by the answers to the quiz, 3 by whoever reads your text"
    )


def test_an_untouched_notebook_is_told_what_is_not_attempted(course: Course, run: Run) -> None:
    done = run("check", copy_of(course, "untouched"))
    assert done.returncode == 1
    assert "not attempted" in done.stdout
    assert "visible tests: 0 of 1 points" in done.stdout


def test_a_wrong_answer_is_told_the_sentence(course: Course, run: Run) -> None:
    mine = copy_of(course, "complete")
    mine.write_text(mine.read_text(encoding="utf-8").replace("2 * x", "3 * x"), encoding="utf-8")
    done = run("check", mine)
    assert done.returncode == 1
    assert "twice one came out wrong: expected 2, got 3" in " ".join(done.stdout.split())


def test_an_exercise_stands_there_with_its_title(course: Course, run: Run) -> None:
    for path in course.notebooks.rglob("mini.ipynb"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("## Exercise: `double` (3 points)", "## Twice as much"), encoding="utf-8")
    rows = run("check", copy_of(course, "complete")).stdout.splitlines()
    assert rows[0].split() == ["double", "1/1", "passed", "Twice", "as", "much"]


def test_what_is_no_notebook_is_one_sentence(course: Course, run: Run) -> None:
    done = run("check", copy_of(course, "not-json"))
    assert done.returncode == 1
    assert "not JSON" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_archive_of_several_notebooks_is_one_sentence(course: Course, run: Run) -> None:
    archive = course.root / "class.zip"
    with zipfile.ZipFile(archive, "w") as members:
        for student in ("complete", "untouched"):
            members.write(copy_of(course, student), f"{student}.ipynb")
    done = run("check", archive)
    assert done.returncode == 1
    assert done.stderr == f"Error: {archive} holds 2 notebooks; give one of them.\n"
