"""nbgrader's own commands in a checkout, with the project's settings: the same marks, no leaks, a whole class."""

from __future__ import annotations

import csv
import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbgrader import api

from autograder.course import Course
from autograder.sources.build import build, files_of
from autograder.sources.differences import differences
from tests.reports.mini_topic import RIGHT
from tests.reports.nbgrader_runs import checkout_of, filled, run, submit

HOSTILE = "<script>alert(1)</script>"
WRONG = {
    **RIGHT,
    "double": "def double(x):\n    return 2 * x if x < 5 else x * x",
    "why": f"[x](javascript:x) {HOSTILE}",
}
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SECRETS = ["double(21)", "got 441", "naming the factor", "secret_solution"]


def hand_in(course: Course) -> None:
    """A small class: right, wrong and hostile, untouched, a doubled and a deleted test, no notebook, another name."""
    released = nbformat.read(course.notebooks / "01-mini" / "mini.ipynb", as_version=4)
    right = filled(released, RIGHT)
    (test,) = [cell for cell in right.cells if cell.id == "test_double"]
    doubled, deleted = deepcopy(right), deepcopy(right)
    doubled.cells.append(type(test)(test, id="copied"))
    deleted.cells.remove(test)
    sketched = filled(released, {**RIGHT, "why": "My sketch: ![sketch](attachment:my%20sketch.png)"})
    (why,) = [cell for cell in sketched.cells if cell.id == "why"]
    why.attachments = {"my sketch.png": {"image/png": PICTURE}}
    submit(course, "sketched", sketched)
    submit(course, "right", right)
    submit(course, "wrong", filled(released, WRONG))
    submit(course, "untouched", released)
    submit(course, "doubled", doubled)
    submit(course, "deleted", deleted)
    submit(course, "broken", "{ this is not JSON")
    submit(course, "renamed", right, name="HW1 final (2).ipynb", time_of_it=b"\xff\xfe\x00")


@pytest.fixture(scope="module")
def course(make_mini_course: Callable[[Path], Course], tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with a class whose work nbgrader has graded; no other nbgrader command came first."""
    made = checkout_of(make_mini_course(tmp_path_factory.mktemp("checkout") / "course"))
    hand_in(made)
    done = run(made.root, "autograde", "01-mini")
    assert done.returncode == 0, done.output
    assert run(made.root, "generate_feedback", "01-mini").returncode == 0
    return made


@pytest.fixture(scope="module")
def marks(course: Course) -> dict[str, float]:
    """The marks that ``nbgrader export`` writes."""
    assert run(course.root, "export").returncode == 0
    with (course.root / "nbgrader-grades.csv").open(encoding="utf-8", newline="") as file:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    ("student", "mark"),
    [("right", 4), ("wrong", 2), ("untouched", 0), ("doubled", 4), ("deleted", 4), ("broken", 0), ("renamed", 4)],
)
def test_autograde_gives_everyone_their_mark(marks: dict[str, float], student: str, mark: float) -> None:
    assert marks[student] == mark


def test_autograde_writes_the_students_pages_too(course: Course) -> None:
    assert "is not JSON" in (course.feedback / "broken" / "01-mini.html").read_text(encoding="utf-8")


def test_generate_feedback_writes_the_same_page(course: Course) -> None:
    pages = [course.feedback / "wrong" / name for name in ("01-mini.html", "01-mini/mini.html")]
    assert pages[0].read_bytes() == pages[1].read_bytes()


@pytest.mark.parametrize("secret", SECRETS)
def test_generate_feedback_tells_students_nothing_hidden(course: Course, secret: str) -> None:
    assert secret not in (course.feedback / "wrong" / "01-mini" / "mini.html").read_text(encoding="utf-8")


def test_generate_feedback_runs_nothing_that_a_student_wrote(course: Course) -> None:
    page = (course.feedback / "wrong" / "01-mini" / "mini.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in page
    assert HOSTILE not in page
    assert 'href="javascript' not in page


@pytest.mark.parametrize("page", ["01-mini.html", "01-mini/mini.html"])
def test_a_picture_in_a_written_answer_is_on_the_students_pages(course: Course, page: str) -> None:
    html = (course.feedback / "sketched" / page).read_text(encoding="utf-8")
    (picture,) = re.findall(rf'<img [^>]*src="data:image/png;base64,{re.escape(PICTURE)}"[^>]*>', html)
    assert 'alt="sketch"' in picture
    assert "attachment:" not in html


def test_generate_assignment_releases_the_built_notebook_and_nothing_else(course: Course) -> None:
    folder = course.notebooks / "01-mini"
    built = nbformat.read(folder / "mini.ipynb", as_version=4)
    assert run(course.root, "generate_assignment", "01-mini", "--force").returncode == 0
    assert [path.name for path in folder.iterdir()] == ["mini.ipynb"]
    assert differences(nbformat.read(folder / "mini.ipynb", as_version=4), built) == []


def test_a_build_gives_back_the_outputs_that_generate_assignment_clears(course: Course) -> None:
    released = course.notebooks / "01-mini" / "mini.ipynb"
    assert run(course.root, "generate_assignment", "01-mini", "--force").returncode == 0
    assert "an experiment\\n" not in released.read_text(encoding="utf-8")
    assert build(course, files_of(course, "01-mini"))
    assert "an experiment\\n" in released.read_text(encoding="utf-8")


def test_a_submission_that_a_killed_run_left_half_graded_is_graded_by_the_next(course: Course) -> None:
    notebook = course.root / "autograded" / "right" / "01-mini" / "mini.ipynb"
    before = notebook.read_bytes()
    notebook.unlink()
    done = run(course.root, "autograde", "01-mini")
    assert notebook.read_bytes() == before
    assert "8 of 8 have not changed since they were graded; use --force" in done.output


@pytest.mark.parametrize(("answers", "verdict"), [({}, "VALIDATION FAILED"), (RIGHT, "Success!")])
def test_validate_tells_a_student_whether_the_visible_tests_pass(
    course: Course, tmp_path: Path, answers: dict[str, str], verdict: str
) -> None:
    released = nbformat.read(course.notebooks / "01-mini" / "mini.ipynb", as_version=4)
    nbformat.write(filled(released, answers), tmp_path / "mini.ipynb")
    assert verdict in run(tmp_path, "validate", "mini.ipynb").output


def validated(course: Course, name: str, answers: dict[str, str]) -> str:
    """What validating a notebook in the course's folder prints, and the dialog in JupyterLab shows."""
    path = course.root / "work" / f"{name}.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(filled(nbformat.read(course.notebooks / "01-mini" / "mini.ipynb", as_version=4), answers), path)
    return run(course.root, "validate", f"work/{name}.ipynb").output


def test_validate_runs_no_experiment_and_nothing_that_no_answer_needs(course: Course) -> None:
    answers = {
        **RIGHT,
        "double": "def helper(x):\n    return 2 * x\n\ndef double(x):\n    return helper(x)",
        "printing": "import pathlib\n\npathlib.Path('experiment').touch()",
        "parity": 'parity = "B"\nprint(parity)',
    }
    assert "Success!" in validated(course, "experimenting", answers)
    assert not (course.root / "work" / "experiment").exists()


def test_validate_says_first_what_is_wrong(course: Course) -> None:
    output = validated(course, "wrong", {**RIGHT, "double": "def double(x):\n    return x * x"})
    told = output.split("=" * 90)[-1].strip().splitlines()
    assert told[0].startswith("Twice one is wrong: expected 2, got 1.")
    assert told[-3:] == ["The cell:", "", '    expect_equal(double(1), 2, what="twice one")']


def test_validate_does_not_take_an_untouched_notebook_for_a_success(course: Course) -> None:
    output = validated(course, "untouched", {})
    assert "VALIDATION FAILED" in output and "Success" not in output
    assert "NotImplementedError" in output


def test_validate_says_what_is_wrong_with_an_answer_that_cannot_be_read(course: Course) -> None:
    output = validated(course, "unreadable", {**RIGHT, "double": "def double(x)\n    return x"})
    assert "VALIDATION FAILED" in output
    assert "name 'double' is not defined" in output


@pytest.fixture(scope="module")
def server(course: Course) -> Iterator[str]:
    """A Jupyter server with the formgrader, in the course's folder."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--no-browser", f"--port={port}", "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True"]
    command = [sys.executable, "-m", "jupyter_server", *options, "--allow-root"]
    process = subprocess.Popen(command, cwd=course.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(f"{url}/api", process)
        yield f"{url}/formgrader"
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(url).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server does not answer; its exit code is {process.poll()}")


def ask(url: str, data: bytes | None = None) -> str:
    """What the server answers."""
    with urllib.request.urlopen(url, data) as reply:
        return str(reply.read().decode())


def test_the_formgrader_shows_graders_everything_and_runs_nothing(server: str) -> None:
    rows = json.loads(ask(f"{server}/api/submitted_notebooks/01-mini/mini"))
    (key,) = [row["id"] for row in rows if row["student"] == "wrong"]
    page = ask(f"{server}/submissions/{key}/")
    assert all(shown in page for shown in ("got 441", "naming the factor", "hidden_double"))
    assert HOSTILE not in page
    assert 'href="javascript' not in page


def test_the_formgrader_shows_a_picture_in_a_written_answer(server: str) -> None:
    rows = json.loads(ask(f"{server}/api/submitted_notebooks/01-mini/mini"))
    (key,) = [row["id"] for row in rows if row["student"] == "sketched"]
    assert f'src="data:image/png;base64,{PICTURE}"' in ask(f"{server}/submissions/{key}/")


@pytest.mark.parametrize("student", ["wrong", "renamed"])
def test_the_formgraders_button_grades_as_the_command_does(server: str, course: Course, student: str) -> None:
    notebook = course.root / "autograded" / student / "01-mini" / "mini.ipynb"
    before = notebook.read_bytes()
    notebook.unlink()
    assert json.loads(ask(f"{server}/api/submission/01-mini/{student}/autograde", b"{}"))["success"]
    assert notebook.read_bytes() == before


def test_the_formgrader_lists_everybody_where_a_time_cannot_be_read(server: str) -> None:
    rows = {row["student"]: row for row in json.loads(ask(f"{server}/api/submissions/01-mini"))}
    assert {student: rows[student]["timestamp"] for student in ("right", "renamed")} == {
        "right": "2026-03-01T12:00:00",
        "renamed": None,
    }
    assert all(row["autograded"] for row in rows.values())


def test_the_formgraders_button_for_feedback_writes_the_page_with_a_persons_points(server: str, course: Course) -> None:
    with api.Gradebook(f"sqlite:///{course.gradebook}") as book:
        book.find_grade("why", "mini", "01-mini", "renamed").manual_score = 2.5
        book.find_comment("why", "mini", "01-mini", "renamed").manual_comment = "Which factor?"
        book.db.commit()
    assert json.loads(ask(f"{server}/api/assignment/01-mini/renamed/generate_feedback", b"{}"))["success"]
    pages = {path.read_text(encoding="utf-8") for path in (course.feedback / "renamed").rglob("*.html")}
    (page,) = pages
    assert "<strong>6.5</strong> of 7 points" in page
    assert "Which factor?" in page
    assert (course.feedback / "renamed" / "01-mini" / "HW1 final (2).html").is_file()
