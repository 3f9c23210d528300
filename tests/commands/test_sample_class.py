"""The submissions of the sample class are made when they are needed, and again only when something has changed."""

from __future__ import annotations

import shutil
from pathlib import Path

from autograder.course import Course
from autograder.sample_class.made import made_submissions

WRONG = """\
# %% wrong="triple" exercise="double" says="three"
# -     secret_solution = 2 * x
# +     secret_solution = 3 * x
"""


def answer(folder: Path) -> str:
    return (folder / "plausible-mistakes" / "01-mini" / "mini.ipynb").read_text(encoding="utf-8")


def times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_submissions_are_made_where_there_are_none(course: Course) -> None:
    shutil.rmtree(course.root / "build")
    folder = made_submissions(course)
    assert folder.is_relative_to(course.root / "build")
    assert (folder / "complete" / "01-mini" / "mini.ipynb").is_file()


def test_nothing_is_written_if_nothing_has_changed(course: Course) -> None:
    before = times(made_submissions(course))
    assert times(made_submissions(course)) == before


def test_they_are_made_again_with_a_new_answer(course: Course) -> None:
    assert "3 * x" not in answer(made_submissions(course))
    (course.solutions / "01-mini" / "answers.py").write_text(WRONG, encoding="utf-8")
    assert "secret_solution = 3 * x" in answer(made_submissions(course))


def test_they_are_made_again_with_another_notebook(course: Course) -> None:
    released = course.notebooks / "01-mini" / "mini.ipynb"
    released.write_text(released.read_text(encoding="utf-8").replace("Twice x.", "Two times x."), encoding="utf-8")
    assert "Two times x." in (made_submissions(course) / "untouched" / "01-mini" / "mini.ipynb").read_text("utf-8")


def test_what_no_longer_belongs_to_them_goes(course: Course) -> None:
    left_over = made_submissions(course) / "earlier" / "01-mini" / "mini.ipynb"
    left_over.parent.mkdir(parents=True)
    left_over.touch()
    (course.solutions / "01-mini" / "answers.py").write_text(WRONG, encoding="utf-8")
    made_submissions(course)
    assert not left_over.exists()
