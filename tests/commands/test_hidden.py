"""What stands in `hidden.py` reaches no student: not in what is released, and not while a submission is graded."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from autograder.course import Course
from autograder.grading import Grading, grade_notebook, open_zygote
from autograder.sources.build import build, files_of
from autograder.submissions.choose import Submission
from autograder.submissions.names import Owner
from autograder.time_limits import TimeLimits
from autograder.verdicts.model import ExerciseVerdict
from tests.commands import searching
from tests.commands.conftest import run_in
from tests.commands.test_gradescope import graded
from tests.conftest import CHECKOUT

MARKER = "hidden-marker-20150211"
SOURCE = '''\
# %% given="setup"
from coursekit.checks import expect_equal

# %% exercise="search"
def search(folders):
    """The places where the text is."""
    ### BEGIN SOLUTION
    return []
    ### END SOLUTION

# %% test="search" points=1
expect_equal(search([]), [], what="what is found")

# %% hidden_test="search" points=2
import hidden

hidden.search(search)
'''
HIDDEN = f'''\
MARKER = "{MARKER}"


def search(answer):
    """Nothing that fits hidden-marker-20150212 is found, though this process holds it."""
    assert MARKER and not (found := answer([])), f"found: {{found}}"
'''
# A text that fits, where the search should find it.
PLANTED = """
import types

decoy = types.ModuleType("decoy")
decoy.text = "hidden-marker-20150213"
sys.modules["decoy"] = decoy
Path("decoy.txt").write_text(decoy.text)
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, make_mini_course: Callable[[Path], Course]) -> Course:
    """A course whose topic has a module for its hidden tests, built."""
    course = make_mini_course(tmp_path_factory.mktemp("hidden") / "course")
    shutil.copy(CHECKOUT / "nbgrader_config.py", course.root)
    folder = course.solutions / "01-mini"
    (folder / "mini.py").write_text(SOURCE, encoding="utf-8")
    (folder / "hidden.py").write_text(HIDDEN, encoding="utf-8")
    build(course, files_of(course, "01-mini"))
    return course


def search_of(*folders: Path) -> str:
    """The answer that searches, in these folders, too."""
    text = Path(searching.__file__).read_text(encoding="utf-8")
    return text.replace("ALSO = ()", f"ALSO = {tuple(map(str, folders))}")


@pytest.fixture(scope="module")
def hand_in(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Writes the released notebook with an answer."""

    def hand_in(answer: str) -> Path:
        notebook = nbformat.read(course.notebooks / "01-mini" / "mini.ipynb", as_version=4)
        next(cell for cell in notebook.cells if cell.id == "search").source = answer
        path = tmp_path_factory.mktemp("submission") / "mini.ipynb"
        nbformat.write(notebook, path)
        return path

    return hand_in


def verdict(course: Course, path: Path) -> ExerciseVerdict:
    """The verdict on the one exercise of a submission, graded in isolation."""
    pair = course.pairs()["01-mini"]
    notebook = nbformat.read(path, as_version=4)
    submission = Submission(Owner("student"), "student", pair.source, notebook, (), "mini.ipynb", "", ())
    with open_zygote(course) as zygote:
        (found,) = grade_notebook(Grading(zygote, TimeLimits(), b"secret"), pair, submission).result.exercises
    return found


def test_a_submission_that_searches_everywhere_finds_nothing(course: Course, hand_in: Callable[[str], Path]) -> None:
    found = verdict(course, hand_in(search_of(course.root)))
    assert (found.score, found.message) == (3, "")


def test_the_same_search_finds_what_lies_in_its_reach(course: Course, hand_in: Callable[[str], Path]) -> None:
    found = verdict(course, hand_in(search_of() + PLANTED))
    assert all(f"{kind} " in found.message for kind in ("module", "memory", "file")) and "object" in found.message


def test_on_gradescope_it_finds_nothing_either(course: Course, hand_in: Callable[[str], Path], tmp_path: Path) -> None:
    done = run_in(course.root, "gradescope", "mini", "-o", tmp_path / "mini.zip")
    assert done.returncode == 0, done.stderr
    submission = hand_in(search_of(course.root, tmp_path / "autograder"))
    (result,) = graded(tmp_path / "mini.zip", tmp_path / "autograder", submission)["tests"]
    assert (result["score"], result["output"]) == (3, "All tests passed.")
    unpacked = tmp_path / "autograder" / "source" / "course"
    assert MARKER in (unpacked / "solutions" / "01-mini" / "hidden.py").read_text(encoding="utf-8")


def test_nothing_of_it_is_in_what_students_get(course: Course) -> None:
    (path,) = (path for path in course.notebooks.rglob("*") if path.is_file())
    text = path.read_text(encoding="utf-8")
    assert MARKER not in text and "import hidden" not in text and "hidden.search" not in text


def test_nbgrader_releases_the_notebook_alone(course: Course, tmp_path: Path) -> None:
    copy = Course(shutil.copytree(course.root, tmp_path / "course"))
    shutil.rmtree(copy.notebooks)
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "01-mini", "--create", "--force"]
    done = subprocess.run(command, cwd=copy.root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    released = [path.name for path in copy.notebooks.rglob("*") if path.is_file()]
    assert released == ["mini.ipynb"]
