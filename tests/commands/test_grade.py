"""``autograder grade``: marks, files, exit codes, and what one odd submission does to the others."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autograder.commands.grade import PROBLEMS_EXIT
from autograder.course import Course
from autograder.sample_class.made import made_submissions
from tests.commands.conftest import Run, run_in

NAME = "mini.ipynb"
SUBMISSIONS = "build/sample-class/submitted"


def handed_in(course: Course, student: str) -> Path:
    return made_submissions(course) / student / "01-mini" / NAME


def marks(path: Path) -> dict[str, Any]:
    return {row["student"]: row for row in json.loads(path.read_text(encoding="utf-8"))}


def scores_in_gradebook(course: Course) -> dict[str, float]:
    query = """
        select student.id, sum(coalesce(grade.auto_score, 0)) from student
        join submitted_assignment on submitted_assignment.student_id = student.id
        join submitted_notebook on submitted_notebook.assignment_id = submitted_assignment.id
        join grade on grade.notebook_id = submitted_notebook.id
        group by student.id
    """
    with sqlite3.connect(course.gradebook) as database:
        return dict(database.execute(query).fetchall())


@pytest.fixture(scope="module")
def graded(built_course: Course, tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, str]:
    """The course after its sample class was graded, one submission at a time, and what that printed."""
    course = Course(shutil.copytree(built_course.root, tmp_path_factory.mktemp("graded") / "course"))
    done = run_in(course.root, "grade", "--cell-seconds", "3", "--jobs", "1", "--json", "marks.json")
    assert done.returncode == 0, done.stdout + done.stderr
    return course.of_sample, done.stdout


def test_the_sample_class_gets_the_marks_written_beside_it(graded: tuple[Course, str]) -> None:
    course, printed = graded
    assert "Every mark is the one written in data/sample-class/marks.csv." in printed
    assert {name: row["score"] for name, row in marks(course.root / "marks.json").items()} == {
        "complete": 4,
        "crash": 1,
        "damaged-tests": 4,
        "endless-loop": 1,
        "half-done": 3,
        "not-json": 0,
        "other-topic": 0,
        "plausible-mistakes": 4,
        "untouched": 0,
    }


def test_every_report_tells_of_every_submission(graded: tuple[Course, str]) -> None:
    course, printed = graded
    students = set(marks(course.root / "marks.json"))
    assert set(scores_in_gradebook(course)) == students
    assert {path.parent.name for path in course.feedback.glob("*/01-mini.html")} == students
    table = course.grades_table.read_text(encoding="utf-8")
    assert {line.split(",")[0] for line in table.splitlines()[1:]} == students
    assert all(student in printed for student in students)


def test_json_states_each_exercise_with_a_status_and_a_reason(graded: tuple[Course, str]) -> None:
    rows = marks(graded[0].root / "marks.json")
    statuses = {name: {e["id"]: e["status"] for e in row["exercises"]} for name, row in rows.items()}
    assert statuses["complete"] == {"double": "passed", "parity": "passed", "why": "needs_manual_grading"}
    assert statuses["crash"]["double"] == "crashed"
    assert statuses["endless-loop"]["double"] == "timed_out"
    assert set(statuses["untouched"].values()) == {"not_attempted"}
    reasons = [e["message"] for row in rows.values() for e in row["exercises"] if e["status"] != "passed"]
    assert all(reasons)


def test_a_wrong_mark_of_the_sample_class_is_an_error(course: Course, run: Run) -> None:
    for student in ("crash", "endless-loop", "damaged-tests", "half-done", "plausible-mistakes"):
        shutil.rmtree(made_submissions(course) / student)
    table = course.sample_class / "marks.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("complete,01-mini,4", "complete,01-mini,3"), "utf-8")
    done = run("grade")
    assert done.returncode == 1
    assert "complete 01-mini: 4.0 instead of 3" in done.stderr


def test_the_exit_code_and_the_last_line_say_how_many_had_problems(course: Course, run: Run) -> None:
    folder = course.root / "class"
    for student in ("complete", "not-json", "other-topic"):
        shutil.copytree(made_submissions(course) / student, folder / student)
    done = run("grade", folder)
    assert done.returncode == PROBLEMS_EXIT + 2
    assert "3 submissions graded; 2 had problems" in done.stdout.splitlines()[-1]


def test_a_single_notebook_without_problems_exits_with_0(course: Course, run: Run) -> None:
    notebook = shutil.copy(handed_in(course, "complete"), course.root / "ada.ipynb")
    done = run("grade", notebook, "--json", "marks.json")
    assert done.returncode == 0
    assert marks(course.root / "marks.json")["ada"]["score"] == 4


def test_a_zip_as_learning_platforms_export_it_is_graded(course: Course, run: Run) -> None:
    export = course.root / "submissions.zip"
    with zipfile.ZipFile(export, "w") as archive:
        archive.write(handed_in(course, "complete"), "lovelaceada_123_4567_mini.ipynb")
        archive.write(handed_in(course, "untouched"), "hoppergrace_LATE_124_4568_mini-1.ipynb")
    run("grade", export, "--json", "marks.json")
    assert sorted(row["score"] for row in marks(course.root / "marks.json").values()) == [0, 4]


def test_several_jobs_give_the_same_marks(course: Course, run: Run, graded: tuple[Course, str]) -> None:
    run("grade", "--jobs", "4", "--json", "marks.json")
    one, four = ((folder / "marks.json").read_text(encoding="utf-8") for folder in (graded[0].root, course.root))
    assert one == four


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["missing.ipynb"], "missing.ipynb does not exist"),
        (["--topic", "99-nothing"], "there is no topic '99-nothing'"),
        (["notes.txt"], "notes.txt"),
        (["--cell-seconds", "nan"], "must be a number of seconds"),
        (["--names", "{id}/**", SUBMISSIONS], "has no {student}"),
        (["--names", "{student}.ipynb", f"{SUBMISSIONS}/complete"], "does not fit"),
        (["--names", "{student}/**"], "give a PATH"),
        (["."], "is the course itself"),
        ([f"{SUBMISSIONS}/complete", "--csv", "notes.txt/marks.csv"], "cannot be read or written"),
    ],
)
def test_a_mistaken_call_is_one_sentence(course: Course, run: Run, arguments: list[str], sentence: str) -> None:
    (course.root / "notes.txt").write_text("no notebook", encoding="utf-8")
    done = run("grade", *arguments)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_name_that_the_terminal_cannot_write_stops_nothing(
    course: Course, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(handed_in(course, "complete"), course.root / "李明.ipynb")
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    done = run("grade", course.root / "李明.ipynb")
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0)
    assert r"\u674e\u660e" in done.stdout


def test_grading_outside_a_checkout_is_one_sentence(tmp_path: Path) -> None:
    done = run_in(tmp_path, "grade")
    assert done.returncode == 1
    assert "not in a checkout" in done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_is_completed_by_the_next(course: Course, run: Run, how: signal.Signals) -> None:
    command = [
        sys.executable,
        "-c",
        "from autograder.cli import main; main()",
        "grade",
        "--jobs",
        "1",
        "--cell-seconds",
        "3",
    ]
    sample = course.of_sample
    running = subprocess.Popen(command, cwd=course.root, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while running.poll() is None and not list(sample.feedback.glob("*/01-mini.html")):
        time.sleep(0.02)
    running.send_signal(how)
    running.communicate()
    assert 0 < len(scores_in_gradebook(sample)) < 9
    assert run("grade").returncode == 0
    assert scores_in_gradebook(sample)["complete"] == 4
    assert len(scores_in_gradebook(sample)) == 9


def test_an_interrupted_run_does_not_wait_for_a_cell_that_never_ends(course: Course) -> None:
    command = [sys.executable, "-c", "from autograder.cli import main; main()", "grade", "--cell-seconds", "3600"]
    folder = course.root / "submitted"
    for student in ("complete", "endless-loop"):
        shutil.copytree(made_submissions(course) / student, folder / student)
    running = subprocess.Popen([*command, folder], cwd=course.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        while running.poll() is None and not list(course.feedback.glob("*/01-mini.html")):
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=100)
    finally:
        running.kill()
    assert running.returncode == 130
    assert said.decode().splitlines()[-1:] == [
        "Interrupted. What was graded is kept; run the same command again for the rest."
    ]
    assert scores_in_gradebook(course) == {"complete": 4}


def timestamps(course: Course) -> list[str | None]:
    with sqlite3.connect(course.gradebook) as database:
        return [moment for (moment,) in database.execute("select timestamp from submitted_assignment")]


def hand_in_at(course: Course, student: str, time_of_it: bytes) -> None:
    """Put a notebook where nbgrader collects it, with the time of handing it in."""
    folder = course.root / "submitted" / student / "01-mini"
    folder.mkdir(parents=True)
    shutil.copy(handed_in(course, "complete"), folder)
    (folder / "timestamp.txt").write_bytes(time_of_it)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_time_of_handing_in_reaches_the_gradebook(course: Course, run: Run, encoding: str) -> None:
    hand_in_at(course, "ada", "2026-03-01 12:30:00 UTC\r\n".encode(encoding))
    assert run("grade", "submitted").returncode == 0
    (moment,) = timestamps(course)
    assert moment is not None and moment.startswith("2026-03-01 12:30:00")


def test_a_time_of_handing_in_that_is_none_is_told_and_stops_nobody(course: Course, run: Run) -> None:
    for student, time_of_it in {"ada": b"9" * 30, "bob": b"0001-01-01 00:00 +1400", "cy": b"\xff\xfe\x00"}.items():
        hand_in_at(course, student, time_of_it)
    hand_in_at(course, "dot", b"2026-03-01 12:30:00 UTC")
    done = run("grade", "submitted")
    assert done.returncode == 13
    said = " ".join(done.stdout.split())
    assert all(f"{student}, 01-mini: timestamp.txt holds no time" in said for student in ("ada", "bob", "cy"))
    assert [moment is None for moment in timestamps(course)] == [True, True, True, False]


def test_a_time_that_was_mended_is_no_problem_any_more(course: Course, run: Run) -> None:
    hand_in_at(course, "ada", b"yesterday")
    run("grade", "submitted")
    (course.root / "submitted" / "ada" / "01-mini" / "timestamp.txt").write_text("2026-03-01 12:30:00 UTC", "utf-8")
    assert run("grade", "submitted").returncode == 0
    assert None not in timestamps(course)


@pytest.mark.parametrize("below", [".", "submitted/ada/01-mini"])
def test_a_student_does_not_say_when_the_work_was_handed_in(course: Course, run: Run, below: str) -> None:
    folder = course.root / "export" / "Ada Byron_17_assignsubmission_file" / below
    folder.mkdir(parents=True)
    shutil.copy(handed_in(course, "complete"), folder)
    (folder / "timestamp.txt").write_text("2001-01-01 12:30:00 UTC", encoding="utf-8")
    assert run("grade", "export").returncode == 0
    assert timestamps(course) == [None]


def test_without_isolation_every_output_says_so(course: Course, run: Run) -> None:
    done = run("grade", handed_in(course, "complete"), "--no-isolation", "--json", "marks.json", "--csv", "marks.csv")
    assert done.stderr.count("NOT ISOLATED") == 2
    written = [course.root / name for name in ("marks.json", "marks.csv", "autograded/complete/01-mini/mini.ipynb")]
    assert all("without isolation" in text for text in (done.stdout, *(path.read_text() for path in written)))


def test_a_damaged_topic_is_one_sentence(course: Course, run: Run) -> None:
    notebook = handed_in(course, "complete")
    (course.solutions / "01-mini" / NAME).write_text("{", encoding="utf-8")
    done = run("grade", notebook)
    assert done.returncode == 1
    assert "is damaged; run `autograder build`" in done.stderr
