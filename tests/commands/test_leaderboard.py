"""What a test records reaches every report that ranks submissions, and a rerun keeps it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.course import Course
from autograder.gradescope.run import main
from autograder.sample_class.made import made_submissions
from tests.commands.conftest import run_in
from tests.conftest import MINI

NOTE = "from cnnlab.challenge import Entry, record\n"
RECORDED = [
    {"name": "accuracy", "value": 0.5, "order": "desc"},
    {"name": "parameters", "value": 3, "order": "asc"},
    {"name": "MACs", "value": 4, "order": "asc"},
]


@pytest.fixture(scope="module")
def ranked(tmp_path_factory: pytest.TempPathFactory, make_mini_course: Callable[[Path], Course]) -> Course:
    """The small course, whose hidden test records an entry."""
    course = make_mini_course(tmp_path_factory.mktemp("ranked") / "course")
    check = 'expect_equal(double(21), 42, what="twice twenty-one")\n'
    source = MINI.replace(check, f"{check}{NOTE}record(Entry(0.5, 3, 4))\n")
    (course.solutions / "01-mini" / "mini.py").write_text(source, encoding="utf-8")
    assert run_in(course.root, "build").returncode == 0
    return course


def rows(course: Course) -> dict[str, Any]:
    """What each submission is ranked by, after a run over three of the sample class."""
    folder = course.root / "class"
    for student in ("complete", "plausible-mistakes", "untouched"):
        shutil.copytree(made_submissions(course) / student, folder / student, dirs_exist_ok=True)
    run_in(course.root, "grade", folder, "--json", "marks.json")
    marks = json.loads((course.root / "marks.json").read_text(encoding="utf-8"))
    return {row["student"]: row["leaderboard"] for row in marks}


def test_json_holds_what_was_recorded_and_a_rerun_keeps_it(ranked: Course) -> None:
    expected = {"complete": RECORDED, "plausible-mistakes": RECORDED, "untouched": []}
    assert rows(ranked) == expected
    assert rows(ranked) == expected


@pytest.mark.parametrize(("student", "shown"), [("complete", RECORDED), ("untouched", None)])
def test_gradescope_gets_a_leaderboard_where_something_was_recorded(
    ranked: Course, tmp_path: Path, student: str, shown: Any
) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "course").symlink_to(ranked.root)
    shutil.copytree(made_submissions(ranked) / student / "01-mini", tmp_path / "submission")
    main(tmp_path)
    results = json.loads((tmp_path / "results" / "results.json").read_text(encoding="utf-8"))
    assert results.get("leaderboard") == shown
