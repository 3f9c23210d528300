"""A rerun skips what has not changed, never loses a mark, and explains one that is not what it was."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.journal import Journal, cache_key
from autograder.locks import alone
from autograder.sample_class.made import made_submissions
from autograder.time_limits import TimeLimits
from tests.commands.conftest import Run


@pytest.fixture
def folder(course: Course) -> Path:
    """Two submissions."""
    for student in ("complete", "untouched"):
        shutil.copytree(made_submissions(course) / student, course.root / "class" / student)
    return course.root / "class"


def scores(path: Path) -> dict[str, float]:
    return {row["student"]: row["score"] for row in json.loads(path.read_text(encoding="utf-8"))}


def test_what_has_not_changed_is_not_graded_again(run: Run, folder: Path) -> None:
    run("grade", folder)
    done = run("grade", folder, "--json", "marks.json")
    assert "2 of 2 have not changed since they were graded" in done.stdout
    assert scores(folder.parent / "marks.json") == {"complete": 4, "untouched": 0}


def test_again_grades_everything(run: Run, folder: Path) -> None:
    run("grade", folder)
    assert "have not changed" not in run("grade", folder, "--again").stdout


def test_a_changed_submission_is_graded_and_its_new_mark_explained(run: Run, folder: Path) -> None:
    run("grade", folder)
    complete, untouched = (folder / name / "01-mini" / "mini.ipynb" for name in ("complete", "untouched"))
    shutil.copy(complete, untouched)
    done = run("grade", folder)
    assert "1 of 2 have not changed" in done.stdout
    assert "untouched, 01-mini: 0 points before, 4 now: the submission changed." in done.stdout


def test_a_lost_gradebook_is_filled_again(course: Course, run: Run, folder: Path) -> None:
    run("grade", folder)
    course.gradebook.unlink()
    assert "have not changed" not in run("grade", folder).stdout


def test_a_damaged_entry_is_graded_again(course: Course, run: Run, folder: Path) -> None:
    run("grade", folder)
    for entry in (course.root / ".autograder" / "journal").rglob("*.json"):
        entry.write_text("{", encoding="utf-8")
    assert "have not changed" not in run("grade", folder).stdout


def test_the_journal_tells_how_the_run_went(course: Course, run: Run, folder: Path) -> None:
    run("grade", folder)
    entry = json.loads((course.root / ".autograder" / "journal" / "01-mini" / "complete.json").read_text("utf-8"))
    assert [step[0] for step in entry["trail"]["steps"]] == [
        "cell 0",
        "double",
        "test_double",
        "hidden_double",
        "parity",
        "hidden_parity",
    ]
    assert entry["trail"]["seed"] > 0
    assert set(entry["basis"]) >= {"the submission", "the tests", "the course's code", "Python or torch"}


def test_a_second_run_at_the_same_time_is_told_to_wait(course: Course, run: Run, folder: Path) -> None:
    with alone(course, "grading"):
        done = run("grade", folder)
    assert done.returncode == 1
    assert "another run is grading" in done.stderr


def test_a_dry_run_says_whose_mark_would_change_and_writes_nothing(course: Course, run: Run, folder: Path) -> None:
    run("grade", folder)
    complete, untouched = (folder / name / "01-mini" / "mini.ipynb" for name in ("complete", "untouched"))
    shutil.copy(complete, untouched)
    before = {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()}
    done = run("grade", folder, "--dry-run")
    assert done.returncode == 0
    (change, count) = done.stdout.splitlines()
    assert change.startswith("untouched, 01-mini: 0 → 4 points (")
    assert change.endswith("): the submission changed.")
    assert count == "1 of 2 marks would be new or change; nothing was written."
    assert {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()} == before


def test_a_dry_run_says_what_is_odd_about_a_submission(course: Course, run: Run, folder: Path) -> None:
    (folder / "empty" / "01-mini").mkdir(parents=True)
    (folder / "empty" / "01-mini" / "mini.ipynb").touch()
    assert "empty, 01-mini: mini.ipynb is empty" in run("grade", folder, "--dry-run").stdout


def test_a_dry_run_needs_no_gradebook_and_makes_none(course: Course, run: Run, folder: Path) -> None:
    course.gradebook.unlink()
    done = run("grade", folder, "--dry-run")
    assert "complete, 01-mini: new, 4 points." in done.stdout
    assert not course.gradebook.exists()


def test_an_entry_of_an_earlier_version_still_explains_a_mark(course: Course, run: Run, folder: Path) -> None:
    run("grade", folder)
    (path,) = (course.root / ".autograder" / "journal").rglob("untouched.json")
    entry = json.loads(path.read_text(encoding="utf-8"))
    del entry["result"]["notes"]
    entry["trail"] = {"seed": 0, "steps": []}
    entry["basis"]["the course's code"] = entry["basis"]["the submission"] = "earlier"
    path.write_text(json.dumps(entry), encoding="utf-8")
    complete, untouched = (folder / name / "01-mini" / "mini.ipynb" for name in ("complete", "untouched"))
    shutil.copy(complete, untouched)
    assert "0 points before, 4 now: the submission and the course's code changed." in run("grade", folder).stdout


def test_marks_that_rest_on_waiting_are_not_settled(run: Run, course: Course, folder: Path) -> None:
    journal = Journal(course)
    run("grade", folder)
    path = next((course.root / ".autograder" / "journal").rglob("*.json"))
    entry = journal.entry(path.stem, path.parent.name)
    assert entry is not None
    journal.write(replace(entry, trace=replace(entry.trace, waited_out=["test_double"])))
    assert "1 of 2 have not changed" in run("grade", folder).stdout


def decides(course: Course) -> dict[str, str]:
    """What decides verdicts of the small topic, as the journal keeps it."""
    return cache_key(course, course.source_topic("01-mini"), TimeLimits(), b"secret")


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("solutions/01-mini/hidden.py", "the tests"),
        ("cnnlab/windows.py", "the course's code"),
        ("cnnlab/quiz.py", "the course's code"),
        ("cnnlab/devices.py", "the course's code"),
        ("data/words.csv", "the data"),
    ],
    ids=["the hidden module", "what it imports", "what a cell imports", "what is behind that", "data that it names"],
)
def test_a_change_of_what_a_topic_uses_decides_anew(course: Course, path: str, what: str) -> None:
    hidden = "import cnnlab.windows\n\nWORDS = 'words.csv'\n"
    (course.solutions / "01-mini" / "hidden.py").write_text(hidden, encoding="utf-8")
    (course.root / "data" / "words.csv").write_text("word\n", encoding="utf-8")
    before = decides(course)
    changed = course.root / path
    changed.write_text(changed.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    now = decides(course)
    assert [name for name, value in now.items() if value != before[name]] == [what]


def test_what_an_exercise_forbids_decides_though_no_cell_imports_it(course: Course) -> None:
    topic = course.source_topic("01-mini")
    guarded = replace(topic, cells=tuple(replace(cell, forbids=("published",)) for cell in topic.cells))
    module, keys = course.root / "cnnlab" / "published.py", []
    for text in (module.read_text(encoding="utf-8"), "# changed\n"):
        module.write_text(text, encoding="utf-8")
        keys.append([cache_key(course, one, TimeLimits(), b"")["the course's code"] for one in (topic, guarded)])
    assert keys[0][0] == keys[1][0] and keys[0][1] != keys[1][1]


@pytest.mark.parametrize("path", ["cnnlab/plots.py", "cnnlab/exercises/vgg/costs.py", "data/unused.csv"])
def test_a_change_of_what_a_topic_does_not_use_decides_nothing(course: Course, path: str) -> None:
    before = decides(course)
    (course.root / path).write_text("\n# changed\n", encoding="utf-8")
    assert decides(course) == before
