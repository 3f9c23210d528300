"""Marks as JSON and CSV: complete, in a stable order, harmless in a spreadsheet."""

from __future__ import annotations

import csv
import json
import os
import threading
from pathlib import Path

import pytest

from autograder.reports.tables import write_csv, write_json
from autograder.verdicts.model import ExerciseVerdict, LeaderboardValue, Result, Status, TestVerdict
from tests.reports.mini_topic import HIDDEN_SENTENCE, Mini, squares_instead


def result(student: str, topic: str = "01-mini", problems: tuple[str, ...] = ()) -> Result:
    """A submission with one exercise."""
    return Result(student, topic, (ExerciseVerdict("double", Status.PASSED, 3.0, 3.0),), problems)


def csv_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_json_states_each_submission(mini: Mini, tmp_path: Path) -> None:
    handed = mini.handed_in(failed=squares_instead(), problems=("A test was changed.",))
    write_json([handed.result], tmp_path / "results.json")
    (row,) = json.loads((tmp_path / "results.json").read_text())
    assert row.pop("exercises")[0] == {
        "id": "double",
        "score": 1,
        "max_score": 3,
        "status": "wrong",
        "message": HIDDEN_SENTENCE,
    }
    problems = ["A test was changed."]
    assert (row.pop("leaderboard"), row.pop("notes")) == ([], [])
    assert row == {"student": "ada", "topic": "01-mini", "score": 2, "max_score": 7, "problems": problems}


def test_json_states_what_a_submission_is_ranked_by(tmp_path: Path) -> None:
    recorded = TestVerdict("test_net", False, 1, 1, Status.PASSED, leaderboard=(LeaderboardValue("MACs", 640, "asc"),))
    exercise = ExerciseVerdict("net", Status.PASSED, 1, 1, tests=(recorded,))
    write_json([Result("ada", "01-mini", (exercise,))], tmp_path / "results.json")
    (row,) = json.loads((tmp_path / "results.json").read_text())
    assert row["leaderboard"] == [{"name": "MACs", "value": 640, "order": "asc"}]


def test_json_is_ordered_by_student_then_topic(tmp_path: Path) -> None:
    write_json([result("zoe"), result("ada", "02-other"), result("ada")], tmp_path / "results.json")
    rows = json.loads((tmp_path / "results.json").read_text())
    assert [(row["student"], row["topic"]) for row in rows] == [
        ("ada", "01-mini"),
        ("ada", "02-other"),
        ("zoe", "01-mini"),
    ]


def test_csv_has_a_row_per_submission_and_a_column_per_exercise(mini: Mini, tmp_path: Path) -> None:
    write_csv([mini.handed_in(failed=squares_instead()).result], tmp_path / "grades.csv")
    assert csv_rows(tmp_path / "grades.csv") == [
        {
            "student": "ada",
            "topic": "01-mini",
            "score": "2",
            "max_score": "7",
            "to_grade_by_hand": "3",
            "double": "1",
            "parity": "1",
            "why": "",
            "problems": "",
        }
    ]


def test_csv_leaves_exercises_of_other_topics_empty(tmp_path: Path) -> None:
    other = Result("ada", "02-other", (ExerciseVerdict("cube", Status.WRONG, 0.0, 2.0),))
    write_csv([result("ada"), other], tmp_path / "grades.csv")
    assert [(row["double"], row["cube"]) for row in csv_rows(tmp_path / "grades.csv")] == [("3", ""), ("", "0")]


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", " =1"])
def test_csv_holds_no_formulas(tmp_path: Path, formula: str) -> None:
    write_csv([result(formula, problems=(formula,))], tmp_path / "grades.csv")
    (row,) = csv_rows(tmp_path / "grades.csv")
    assert row["student"].startswith("'")
    assert row["problems"].startswith("'")


def test_names_in_any_script_survive(tmp_path: Path) -> None:
    write_csv([result("Đặng Thị 李")], tmp_path / "grades.csv")
    write_json([result("Đặng Thị 李")], tmp_path / "results.json")
    assert csv_rows(tmp_path / "grades.csv")[0]["student"] == "Đặng Thị 李"
    assert json.loads((tmp_path / "results.json").read_text())[0]["student"] == "Đặng Thị 李"


def test_text_that_no_encoding_can_write_stops_nobodys_marks(tmp_path: Path) -> None:
    odd = result("ada", problems=("half a character: \ud800",))
    write_csv([odd], tmp_path / "grades.csv")
    write_json([odd], tmp_path / "results.json")
    assert csv_rows(tmp_path / "grades.csv")[0]["problems"] == "half a character: \ufffd"
    assert json.loads((tmp_path / "results.json").read_text())[0]["student"] == "ada"


def test_a_problem_of_several_lines_stays_in_one_row(tmp_path: Path) -> None:
    write_csv([result("ada", problems=("first\nsecond", "third"))], tmp_path / "grades.csv")
    assert (tmp_path / "grades.csv").read_text().splitlines()[1].endswith("first second third")


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "marks"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")), daemon=True)
    reader.start()
    write_json([result("alice")], pipe)
    assert pipe.is_fifo()
    reader.join()
    assert json.loads(read[0])[0]["student"] == "alice"


def test_the_users_umask_decides_who_may_read_marks(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_csv([result("ada")], tmp_path / "grades.csv")
    finally:
        os.umask(before)
    assert (tmp_path / "grades.csv").stat().st_mode & 0o777 == 0o600
