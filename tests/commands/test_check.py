"""``autograder check``: what a student runs at home."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.course import Course, find_course
from autograder.errors import CourseError
from autograder.sample_class.made import made_submissions
from tests.commands.conftest import Run
from tests.conftest import CHECKOUT

EMPTY_ZIP = b"PK\5\6" + bytes(18)


def copy_of(course: Course, student: str) -> Path:
    return shutil.copy(made_submissions(course) / student / "01-mini" / "mini.ipynb", course.root / "mine.ipynb")


def test_a_solved_notebook_passes_its_visible_tests(course: Course, run: Run) -> None:
    mine = copy_of(course, "complete")
    shutil.rmtree(course.solutions)
    done = run("check", mine)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == (
        "visible tests: 1 of 1 points; "
        "decided later: 2 by hidden tests, 1 by the answers to the quiz, 3 by a person who reads your text"
    )


def test_an_untouched_notebook_is_told_what_is_not_attempted(course: Course, run: Run) -> None:
    done = run("check", copy_of(course, "untouched"))
    assert done.returncode == 1
    assert "○ double: not written yet" in done.stdout.splitlines()
    assert "visible tests: 0 of 1 points" in done.stdout


def test_a_wrong_answer_is_told_the_sentence(course: Course, run: Run) -> None:
    mine = copy_of(course, "complete")
    mine.write_text(mine.read_text(encoding="utf-8").replace("2 * x", "3 * x"), encoding="utf-8")
    done = run("check", mine)
    assert done.returncode == 1
    assert "✗ double: Twice one is wrong: expected 2, got 3." in " ".join(done.stdout.split())


def test_each_visible_test_says_what_it_says_in_the_notebook(course: Course, run: Run) -> None:
    rows = run("check", copy_of(course, "complete")).stdout.splitlines()
    assert rows[0] == "✓ double: passed"


def test_what_is_no_notebook_is_one_sentence(course: Course, run: Run) -> None:
    done = run("check", copy_of(course, "not-json"))
    assert done.returncode == 1
    assert "not JSON" in done.stderr
    assert "Traceback" not in done.stderr


def zipped(course: Course, **notebooks: str) -> zipfile.ZipFile:
    """A student's zip, still open, with notebooks of the sample class by the names given; ``_`` stands for ``/``."""
    archive = zipfile.ZipFile(course.root / "homework.zip", "w")
    for name, student in notebooks.items():
        archive.write(copy_of(course, student), f"{name.replace('_', '/')}.ipynb")
    return archive


def test_of_a_zip_what_grading_would_choose_is_checked(course: Course, run: Run) -> None:
    zipped(course, draft="untouched", hw_final="complete").close()
    done = run("check", "homework.zip")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "01-mini: hw/final.ipynb in homework.zip"
    assert "visible tests: 1 of 1 points" in done.stdout
    assert done.stderr == (
        "Grading will say: Several notebooks were handed in: final.ipynb was graded, draft.ipynb not.\n"
    )


def test_files_beside_a_notebook_in_the_zip_are_there_for_it_and_no_others(course: Course, run: Run) -> None:
    with zipped(course) as archive:
        notebook = nbformat.read(copy_of(course, "complete"), as_version=4)
        (answer,) = [cell for cell in notebook.cells if cell.id == "double"]
        answer.source = "from doubling import double\n\nimport missing"
        archive.writestr("hw/mine.ipynb", nbformat.writes(notebook))
        archive.writestr("hw/doubling.py", "def double(x):\n    return x + x\n")
        archive.writestr("missing.py", "")
    done = run("check", "homework.zip")
    assert "visible tests: 1 of 1 points" in done.stdout
    assert "missing.py beside the notebook was left out: it is not in the notebook's folder." in done.stderr


def test_a_zip_with_notebooks_of_several_topics_is_checked_topic_by_topic(course: Course, run: Run) -> None:
    other = nbformat.read(course.notebooks / "01-mini" / "mini.ipynb", as_version=4)
    other.metadata["course"]["topic"] = "02-other"
    (course.notebooks / "02-other").mkdir()
    nbformat.write(other, course.notebooks / "02-other" / "other.ipynb")
    with zipped(course) as archive:
        archive.writestr("other.ipynb", nbformat.writes(other))
        archive.write(copy_of(course, "complete"), "mini.ipynb")
    done = run("check", "homework.zip")
    assert done.returncode == 1
    headings = [line for line in done.stdout.splitlines() if line.endswith("homework.zip")]
    assert headings == ["01-mini: mini.ipynb in homework.zip", "02-other: other.ipynb in homework.zip"]
    assert [line[:29] for line in done.stdout.splitlines() if line.startswith("visible tests")] == [
        "visible tests: 1 of 1 points;",
        "visible tests: 0 of 1 points;",
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"PK", "is not a readable zip archive"), (EMPTY_ZIP, "homework.zip holds no notebook.")],
    ids=["damaged", "empty"],
)
def test_a_zip_in_which_there_is_nothing_to_check_is_one_sentence(
    course: Course, run: Run, content: bytes, sentence: str
) -> None:
    (course.root / "homework.zip").write_bytes(content)
    done = run("check", "homework.zip")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: homework.zip cannot be checked.")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_notebook_is_checked_wherever_it_lies(course: Course, tmp_path: Path) -> None:
    shutil.copytree(CHECKOUT / "autograder", course.root / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    downloads = tmp_path / "Downloads"
    downloads.mkdir()
    shutil.copy(copy_of(course, "complete"), downloads / "x.ipynb")
    done = subprocess.run(
        [sys.executable, "-c", "from autograder.cli import main; main()", "check", str(downloads / "x.ipynb")],
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(course.root)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "visible tests: 1 of 1 points" in done.stdout


@pytest.mark.parametrize(
    ("places", "sentence"),
    [
        (["here"], "{0}/here is not in a checkout of the course; change to the folder that holds course.toml."),
        (["here", "here"], "{0}/here is not in a checkout of the course; change to"),
        (["here", "there"], "neither {0}/here nor {0}/there is in a checkout of the course; change to"),
    ],
)
def test_what_lies_in_no_checkout_is_told_so(tmp_path: Path, places: list[str], sentence: str) -> None:
    with pytest.raises(CourseError, match=re.escape(sentence.format(tmp_path))):
        find_course(*(tmp_path / place for place in places), fallback=tmp_path)


def test_the_folders_come_before_the_packages_own_checkout(course: Course, tmp_path: Path) -> None:
    assert find_course(tmp_path / "here", course.root / "notebooks", fallback=CHECKOUT).root == course.root
