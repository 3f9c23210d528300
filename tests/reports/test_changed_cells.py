"""A topic whose tests change once there are marks: nothing that people gave is lost, and one command says what changed.

nbgrader itself refuses to add or remove cells then.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbgrader import api

from autograder.course import Course
from autograder.reports.backup import backups
from autograder.sources.build import build, files_of
from tests.commands.conftest import run_in
from tests.conftest import MINI
from tests.reports.mini_topic import RIGHT
from tests.reports.nbgrader_runs import checkout_of, filled, run, submit

SPLIT = MINI.replace("(3 points)", "(4 points)").replace(
    '# %% hidden_test="double" points=2\nexpect_equal(double(21), 42, what="twice twenty-one")\n',
    '# %% hidden_test="double" points=1\nexpect_equal(double(21), 42, what="twice twenty-one")\n\n'
    '# %% hidden_test="double" points=2\nexpect_equal(double(0), 0, what="twice nothing")\n',
)
CHANGED = "hidden_double_2 is new (2 points), hidden_double counts 1 point instead of 2"


@pytest.fixture(scope="module")
def graded(make_mini_course: Callable[[Path], Course], tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with marks, some by a person, of a topic whose tests have been changed since."""
    course = checkout_of(make_mini_course(tmp_path_factory.mktemp("graded") / "course"))
    released = nbformat.read(course.notebooks / "01-mini" / "mini.ipynb", as_version=4)
    submit(course, "ada", filled(released, RIGHT))
    submit(course, "bob", filled(released, RIGHT))
    assert run(course.root, "autograde", "01-mini").returncode == 0
    with api.Gradebook(f"sqlite:///{course.gradebook}") as book:
        book.find_grade("why", "mini", "01-mini", "ada").manual_score = 2.5
        book.find_comment("why", "mini", "01-mini", "ada").manual_comment = "Well said."
        book.db.commit()
    (course.solutions / "01-mini" / "mini.py").write_text(SPLIT, encoding="utf-8")
    build(course, files_of(course, "01-mini"))
    return course


@pytest.fixture
def course(graded: Course, tmp_path: Path) -> Course:
    """A copy of it, to be changed at will."""
    return Course(shutil.copytree(graded.root, tmp_path / "course"))


def score(course: Course, student: str) -> tuple[float, float, str | None]:
    """A student's points, those that can be had, and what a person wrote about the written answer."""
    with api.Gradebook(f"sqlite:///{course.gradebook}") as book:
        submission = book.find_submission("01-mini", student)
        comment = book.find_comment("why", "mini", "01-mini", student).manual_comment
        return submission.score, submission.max_score, comment


def test_generate_assignment_releases_it_and_says_what_changed(course: Course) -> None:
    before = len(list(backups(course.backups)))
    done = run(course.root, "generate_assignment", "01-mini", "--force")
    assert done.returncode == 0, done.output
    assert CHANGED in done.output and "not graded in this run: ada, bob" in done.output
    assert len(list(backups(course.backups))) == before + 1
    assert score(course, "ada") == (6.5, 8, "Well said.")


def test_grade_gives_marks_for_it_and_says_what_changed(course: Course) -> None:
    done = run_in(course.root, "grade", "submitted")
    assert done.returncode == 0, done.stderr
    assert CHANGED in done.stdout and "not graded in this run" not in done.stdout
    assert "ada, 01-mini: 4 points before, 5 now: the tests changed." in done.stdout
    assert (score(course, "ada"), score(course, "bob")) == ((7.5, 8, "Well said."), (5, 8, None))
    assert CHANGED not in run_in(course.root, "grade", "submitted").stdout


def test_grade_names_those_whose_work_was_not_there(course: Course) -> None:
    done = run_in(course.root, "grade", "submitted", "--student", "ada")
    assert "01-mini: not graded in this run: bob." in done.stdout
    assert score(course, "ada")[0] == 7.5


@pytest.mark.parametrize("command", ["grade", "generate_assignment"])
def test_points_of_a_person_for_a_cell_that_is_gone_stop_it_before_anything_is_changed(
    course: Course, command: str
) -> None:
    with api.Gradebook(f"sqlite:///{course.gradebook}") as book:
        book.find_grade("hidden_double", "mini", "01-mini", "ada").manual_score = 1.5
        book.db.commit()
    visible = MINI[: MINI.index("# %% hidden_test")] + MINI[MINI.index('# %% experiment="printing"') :]
    (course.solutions / "01-mini" / "mini.py").write_text(visible.replace("3 points", "1 point"), encoding="utf-8")
    build(course, files_of(course, "01-mini"))
    released = (course.notebooks / "01-mini" / "mini.ipynb").read_bytes()
    if command == "grade":
        told = run_in(course.root, "grade", "submitted")
        code, output = told.returncode, told.stderr
    else:
        done = run(course.root, "generate_assignment", "01-mini", "--force")
        code, output = done.returncode, done.output
    assert code == 1
    assert (
        "01-mini no longer has the cell 'hidden_double', but a person gave points or a comment for it to ada" in output
    )
    assert "Traceback" not in output
    assert score(course, "ada") == (6, 7, "Well said.")
    assert (course.notebooks / "01-mini" / "mini.ipynb").read_bytes() == released
