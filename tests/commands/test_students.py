"""Roster, students, exports and feedback, as an instructor runs them in one course after the other homework."""

from __future__ import annotations

import csv
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from nbgrader import api

from autograder.course import Course
from autograder.reports.gradebook import Gradebook
from autograder.sample_class.made import made_submissions
from tests.commands.conftest import run_in
from tests.conftest import MINI_SETTINGS

ROSTER = (
    "Student,ID,SIS User ID,SIS Login ID,Section,01-mini (78)\n"
    "    Points Possible,,,,,7\n"
    '"Doe, Jane",501,u501,jdoe,Lab A,\n'
    '"Doe, Jane",502,u502,jdoe2,Lab B,\n'
    '"Roe, Max",503,u503,mroe,Lab A,\n'
)
CANVAS = {"doejane_501_9001_mini.ipynb": "complete", "doejane_LATE_502_9002_mini.ipynb": "untouched"}

LATE = "[late]\nper_day = 0.1\n[late.due]\n01-mini = 2026-03-01T12:00:00Z\n"


def packed(course: Course, name: str, files: dict[str, str]) -> Path:
    """An export that holds submissions of the sample class under a platform's names."""
    path = course.root / name
    with zipfile.ZipFile(path, "w") as archive:
        for member, student in files.items():
            archive.write(made_submissions(course) / student / "01-mini" / "mini.ipynb", member)
    return path


@pytest.fixture(scope="module")
def graded(built_course: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with a roster, after an export of Canvas was graded."""
    course = Course(shutil.copytree(built_course.root, tmp_path_factory.mktemp("students") / "course"))
    (course.root / "roster.csv").write_text(ROSTER, encoding="utf-8")
    assert run_in(course.root, "grade", packed(course, "canvas.zip", CANVAS)).returncode == 10 + 1
    done = run_in(course.root, "roster", "import", "roster.csv")
    assert done.returncode == 0, done.stderr
    return course


@pytest.fixture
def term(graded: Course, tmp_path: Path) -> Course:
    """A copy of that course, to be changed at will."""
    return Course(shutil.copytree(graded.root, tmp_path / "course"))


def table(path: Path) -> dict[str, dict[str, str]]:
    """A table of marks by student."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def do(course: Course, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command that must succeed."""
    done = run_in(course.root, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_namesakes_keep_their_marks_and_whoever_handed_in_nothing_has_a_row(graded: Course) -> None:
    rows = table(graded.grades_table)
    assert {student: (row["name"], row["total"]) for student, row in rows.items()} == {
        "doejane-501": ("Jane Doe", "4"),
        "doejane-502": ("Jane Doe", "0"),
        "mroe": ("Max Roe", "0"),
    }
    assert rows["mroe"]["problems"] == "01-mini: Not handed in."


def test_marks_go_back_into_canvass_own_file(graded: Course) -> None:
    do(graded, "export", "canvas", "--template", "roster.csv", "-o", "upload.csv")
    assert (graded.root / "upload.csv").read_text(encoding="utf-8").splitlines()[2:] == [
        '"Doe, Jane",501,u501,jdoe,Lab A,4',
        '"Doe, Jane",502,u502,jdoe2,Lab B,0',
        '"Roe, Max",503,u503,mroe,Lab A,',
    ]
    assert (graded.root / "roster.csv").read_text(encoding="utf-8") == ROSTER


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("export", "canvas", "--by-topic"), "--by-topic is for csv"),
        (("export", "gradescope", "--template", "roster.csv"), "--template is for canvas and moodle"),
        (("export", "canvas", "--column", "01=x"), "give a --template"),
        (("export", "canvas", "--template", "roster.csv", "--column", "01"), "must name a topic and a heading"),
        (("export", "canvas", "--template", "none.csv"), "none.csv cannot be read"),
        (("feedback", "01", "--zip", "moodle"), "no page of 01-mini belongs to an upload from Moodle"),
        (("roster", "import", "none.csv"), "none.csv cannot be read"),
        (("students", "join", "zoe", "mroe"), "has no student 'zoe'"),
        (("students", "join", "doejane-501", "doejane-502"), "both have a mark for 01-mini: 4 and 0 points"),
        (("students", "delete", "zoe", "--yes"), "has no student 'zoe'"),
        (("grade", "canvas.zip", "--student", "zoe"), "there is no submission from 'zoe' here"),
        (("grade", "canvas.zip", "--exercise", "cube"), "there is no exercise 'cube'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(graded: Course, arguments: tuple[str, ...], said: str) -> None:
    done = run_in(graded.root, *arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_pages_are_packed_for_canvas_under_its_names(graded: Course) -> None:
    do(graded, "feedback", "01", "--zip", "canvas", "-o", "pages.zip")
    with zipfile.ZipFile(graded.root / "pages.zip") as archive:
        assert archive.namelist() == ["doejane_501_9001_01-mini.html", "doejane_LATE_502_9002_01-mini.html"]
        assert b"doejane-501" in archive.read("doejane_501_9001_01-mini.html")


def test_a_later_attempt_counts_and_an_earlier_one_no_longer_does(term: Course) -> None:
    later = packed(term, "later.zip", {"doejane_502_9100_mini-1.ipynb": "complete"})
    do(term, "grade", later)
    assert table(term.grades_table)["doejane-502"]["total"] == "4"
    again = run_in(term.root, "grade", "canvas.zip")
    assert "doejane_LATE_502_9002_mini.ipynb is older than what was graded" in again.stdout
    assert table(term.grades_table)["doejane-502"]["total"] == "4"


def test_one_student_or_exercise_can_be_graded_again(term: Course) -> None:
    done = do(term, "grade", "canvas.zip", "--student", "501", "--exercise", "double")
    assert "1 submission graded" in done.stdout
    assert table(term.grades_table)["doejane-501"]["total"] == "4"


def test_two_ids_of_one_person_become_one_row(term: Course) -> None:
    do(term, "grade", packed(term, "mail.zip", {"Max/mini.ipynb": "half-done", "Zoe/mini.ipynb": "untouched"}))
    assert "Max is mroe now: 01-mini." in do(term, "students", "join", "Max", "mroe").stdout
    rows = table(term.grades_table)
    assert "Max" not in rows
    assert rows["mroe"]["total"] == "3"
    assert "name Max" in do(term, "students", "list").stdout


def test_a_student_who_is_deleted_leaves_nothing(term: Course) -> None:
    for path in (term.root / "canvas.zip", term.root / "roster.csv"):
        path.unlink()
    do(term, "students", "delete", "doejane-501", "--yes")
    for path in term.root.rglob("*"):
        assert "doejane-501" not in str(path.relative_to(term.root))
        assert not path.is_file() or b"doejane-501" not in path.read_bytes(), path


def test_a_dry_run_of_a_whole_upload_writes_nothing(term: Course) -> None:
    before = {path: path.read_bytes() for path in term.root.rglob("*") if path.is_file()}
    later = packed(term, "later.zip", {"doejane_502_9100_mini-1.ipynb": "complete"})
    said = do(term, "grade", later, "--dry-run").stdout
    assert "doejane-502, 01-mini: 0 → 4 points" in said
    later.unlink()
    after = {path: path.read_bytes() for path in term.root.rglob("*") if path.is_file() and path.suffix != ".lock"}
    assert after == {path: content for path, content in before.items() if path.suffix != ".lock"}


def test_an_extension_for_nobody_is_told(term: Course) -> None:
    (term.root / "course.toml").write_text(
        MINI_SETTINGS + LATE + '[late.extensions.01-mini]\njdo = "1 day"\n', encoding="utf-8"
    )
    done = run_in(term.root, "grade", "canvas.zip")
    assert "late.extensions.01-mini names 'jdo', who is not in the gradebook" in done.stdout


def test_marks_of_the_sample_class_are_kept_apart(term: Course) -> None:
    run_in(term.root, "grade", "--cell-seconds", "3")
    assert set(table(term.grades_table)) == {"doejane-501", "doejane-502", "mroe"}
    with Gradebook(term.gradebook) as gradebook:
        assert {mark.student for mark in gradebook.marks()} == {"doejane-501", "doejane-502"}
    assert "complete" in table(term.of_sample.grades_table)


def test_a_link_that_is_handed_in_later_takes_no_mark_away(term: Course) -> None:
    late = term.root / "late.zip"
    with zipfile.ZipFile(late, "w") as archive:
        archive.writestr("doejane_501_link.html", "-")
        archive.writestr("roemax_503_text.html", "-")
    done = run_in(term.root, "grade", late, "--topic", "01")
    assert "there is only doejane_501_link.html. The mark of" in done.stdout
    rows = table(term.grades_table)
    assert rows["doejane-501"]["total"] == "4"
    assert "there is only roemax_503_text.html" in rows["mroe"]["problems"]


def test_grading_one_student_enters_nobody_else(term: Course) -> None:
    both = packed(term, "both.zip", {"new_601_1_mini.ipynb": "untouched", "other_602_2_mini.ipynb": "untouched"})
    do(term, "grade", both, "--student", "601")
    assert {"new-601"} == set(table(term.grades_table)) - {"doejane-501", "doejane-502", "mroe"}


def test_an_older_attempt_is_graded_if_a_person_says_so(term: Course) -> None:
    do(term, "grade", packed(term, "later.zip", {"doejane_502_9100_mini-1.ipynb": "complete"}))
    run_in(term.root, "grade", "canvas.zip", "--student", "doejane-502", "--again")
    assert table(term.grades_table)["doejane-502"]["total"] == "0"


def test_points_that_a_person_gave_since_are_on_the_page_after_the_next_run(term: Course) -> None:
    page = term.feedback / "doejane-501" / "01-mini.html"
    before = page.read_text(encoding="utf-8")
    with api.Gradebook(f"sqlite:///{term.gradebook}") as book:
        book.find_grade("why", "mini", "01-mini", "doejane-501").manual_score = 2.0
        book.db.commit()
    run_in(term.root, "grade", "canvas.zip")
    assert table(term.grades_table)["doejane-501"]["total"] == "6"
    after = page.read_text(encoding="utf-8")
    assert before != after
    assert "<strong>6</strong> of 7 points" in after


def test_one_exercise_is_graded_again_in_the_work_that_was_graded_and_in_no_other(term: Course) -> None:
    other = packed(term, "other.zip", {"doejane_501_9500_mini.ipynb": "untouched"})
    said = do(term, "grade", other, "--exercise", "double").stdout
    assert "is other work than was graded" in said
    assert table(term.grades_table)["doejane-501"]["total"] == "4"
    again = run_in(term.root, "grade", "canvas.zip", "--student", "501")
    assert "1 of 1 have not changed" in again.stdout


def test_an_older_export_of_moodle_replaces_no_newer_work(term: Course) -> None:
    name = "Max Moe_9_assignsubmission_file_mini.ipynb"
    older, newer = (packed(term, f"{mark}.zip", {name: mark}) for mark in ("half-done", "complete"))
    for export in (older, newer):
        do(term, "grade", export)
    assert "has been replaced since by" in do(term, "grade", older).stdout
    assert table(term.grades_table)["Max Moe-9"]["total"] == "4"


def test_grading_one_student_takes_nobody_off_the_roster(term: Course) -> None:
    (term.root / "names.csv").write_text("name\nBo Li\n", encoding="utf-8")
    do(term, "roster", "import", "names.csv")
    both = {f"{name}_assignsubmission_file_mini.ipynb": "untouched" for name in ("Bo Li_7", "Ada Ray_8")}
    do(term, "grade", packed(term, "moodle.zip", both), "--student", "Ada Ray")
    assert table(term.grades_table)["Bo Li"]["problems"] == "01-mini: Not handed in."
    do(term, "grade", "moodle.zip")
    assert table(term.grades_table)["Bo Li"]["problems"] == ""


def test_another_time_zone_makes_work_late_that_has_not_changed(term: Course) -> None:
    policy = '[late]\nper_day = 0.5\ntime_zone = "{}"\n[late.due]\n01-mini = 2026-11-30T12:00:00Z\n'
    export = packed(term, "b.zip", {"40211-1 - Ana Li - Nov 30, 2026 1130 AM - mini.ipynb": "complete"})
    totals = []
    for zone in ("UTC", "America/New_York"):
        (term.root / "course.toml").write_text(MINI_SETTINGS + policy.format(zone), encoding="utf-8")
        do(term, "grade", export)
        totals.append(table(term.grades_table)["Ana Li-40211"]["total"])
    assert totals == ["4", "2"]
