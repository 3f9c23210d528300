"""Marks as JSON and CSV: everybody, from the gradebook, in a stable order, harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from autograder.reports.class_marks import NOT_HANDED_IN, ClassMarks
from autograder.reports.marks import Mark
from autograder.reports.tables import as_json, by_student, by_topic, csv_text, write_csv, write_json
from autograder.students.people import HandedIn, People, Person
from autograder.verdicts.model import ExerciseVerdict, Result, Status, TestVerdict
from coursekit.leaderboard import Value
from tests.reports.mini_topic import HIDDEN_SENTENCE, Mini, squares_instead

SCORES = {"test_double": 1.0, "hidden_double": 0.0, "hidden_parity": 1.0, "why": 2.5}
MARK = Mark("ada", "01-mini", 4.5, 7.0, 1.5, 0.0, SCORES)


def a_class(mini: Mini, *marks: Mark, people: People | None = None, results: tuple[Result, ...] = ()) -> ClassMarks:
    """A class with these marks."""
    people = people or People()
    for mark in marks:
        people.persons.setdefault(mark.student, Person(mark.student))
    places = {(mark.student, mark.topic): mark for mark in marks}
    return ClassMarks(people, [mini.topic], places, {(one.student, one.topic): one for one in results})


def read(rows: list[object]) -> list[dict[str, str]]:
    """What a spreadsheet reads of a table."""
    return list(csv.DictReader(io.StringIO(csv_text(rows))))  # type: ignore[arg-type]


def table(marks: ClassMarks) -> list[dict[str, str]]:
    """The table with a row per student."""
    return read(by_student(marks))  # type: ignore[arg-type]


def long_table(marks: ClassMarks) -> list[dict[str, str]]:
    """The table with a row per student and topic."""
    return read(by_topic(marks))  # type: ignore[arg-type]


def columns(row: Mapping[str, str], *names: str) -> list[str]:
    """Some cells of a row."""
    return [row[name] for name in names]


def test_a_student_has_one_row_with_the_points_that_count(mini: Mini) -> None:
    (row,) = table(a_class(mini, MARK))
    assert columns(row, "student", "01-mini", "total", "max_score", "late_penalty") == ["ada", "3", "3", "7", "1.5"]


def test_on_request_there_is_a_row_per_topic_with_the_points_of_exercises(mini: Mini) -> None:
    (row,) = long_table(a_class(mini, MARK))
    assert columns(row, "topic", "score", "late_penalty", "total") == ["01-mini", "4.5", "1.5", "3"]
    assert columns(row, "double", "parity", "why") == ["1", "1", "2.5"]


def test_whoever_is_on_the_roster_and_handed_in_nothing_has_a_row(mini: Mini) -> None:
    people = People(persons={"bo": Person("bo", "Bo", "Li", on_roster=True)})
    rows = table(a_class(mini, MARK, people=people))
    assert [columns(row, "student", "name", "problems") for row in rows] == [
        ["ada", "", ""],
        ["bo", "Bo Li", f"01-mini: {NOT_HANDED_IN}"],
    ]
    assert [row["student"] for row in long_table(a_class(mini, MARK, people=people))] == ["ada", "bo"]


def test_whoever_handed_in_what_is_no_notebook_has_a_row_and_a_reason(mini: Mini) -> None:
    said = "No notebook was handed in; there is only essay.pdf."
    people = People(persons={"bo": Person("bo")}, handed_in={("bo", ""): HandedIn("bo", "", problems=said)})
    marks = a_class(mini, MARK, people=people)
    assert table(marks)[1]["problems"] == said
    assert long_table(marks)[1]["problems"] == said
    assert as_json(marks)[1]["problems"] == [said]


def test_lateness_without_a_time_is_what_the_platform_says(mini: Mini) -> None:
    people = People(handed_in={("ada", "01-mini"): HandedIn("ada", "01-mini", "Canvas", is_late=True)})
    assert long_table(a_class(mini, MARK, people=people))[0]["late"] == "by Canvas"


def test_json_has_the_gradebooks_points_and_the_verdicts_behind_them(mini: Mini) -> None:
    result = mini.handed_in(failed=squares_instead(), problems=("A test was changed.",)).result
    (row,) = as_json(a_class(mini, MARK, results=(result,)))
    assert (row["score"], row["late_penalty"], row["total"], row["max_score"]) == (4.5, 1.5, 3.0, 7.0)
    exercises = {exercise["id"]: exercise for exercise in row["exercises"]}
    double = {"id": "double", "score": 1, "max_score": 3, "status": "wrong", "message": HIDDEN_SENTENCE}
    assert exercises["double"] == double
    assert exercises["why"]["score"] == 2.5
    assert row["problems"] == ["A test was changed."]


def test_json_states_what_a_submission_is_ranked_by(mini: Mini) -> None:
    recorded = TestVerdict("test_net", False, 1, 1, Status.PASSED, leaderboard=(Value("MACs", 640, "asc"),))
    result = Result("ada", "01-mini", (ExerciseVerdict("net", Status.PASSED, 1, 1, tests=(recorded,)),))
    (row,) = as_json(a_class(mini, MARK, results=(result,)))
    assert row["leaderboard"] == [{"name": "MACs", "value": 640, "order": "asc"}]


@pytest.mark.parametrize("formula", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", " =1"])
def test_csv_holds_no_formulas(tmp_path: Path, formula: str) -> None:
    write_csv([["student"], [formula]], tmp_path / "grades.csv")
    assert (tmp_path / "grades.csv").read_text().splitlines()[1].startswith("'")


def test_a_negative_number_stays_a_number() -> None:
    assert csv_text([["-0.5", "+3"]]) == "-0.5,+3\n"


def test_names_in_any_script_survive(tmp_path: Path) -> None:
    write_csv([["Đặng Thị 李"]], tmp_path / "grades.csv")
    write_json([{"student": "Đặng Thị 李"}], tmp_path / "results.json")
    assert (tmp_path / "grades.csv").read_text(encoding="utf-8") == "Đặng Thị 李\n"
    assert json.loads((tmp_path / "results.json").read_text())[0]["student"] == "Đặng Thị 李"


def test_text_that_no_encoding_can_write_stops_nobodys_marks(tmp_path: Path) -> None:
    write_csv([["half a character: \ud800"]], tmp_path / "grades.csv")
    write_json([{"problems": "half a character: \ud800"}], tmp_path / "results.json")
    assert (tmp_path / "grades.csv").read_text(encoding="utf-8") == "half a character: \ufffd\n"


def test_a_problem_of_several_lines_stays_in_one_row() -> None:
    assert csv_text([["first\nsecond"]]) == "first second\n"


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "marks"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")), daemon=True)
    reader.start()
    write_json([{"student": "alice"}], pipe)
    assert pipe.is_fifo()
    reader.join()
    assert json.loads(read[0])[0]["student"] == "alice"


def test_the_users_umask_decides_who_may_read_marks(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_csv([["ada"]], tmp_path / "grades.csv")
    finally:
        os.umask(before)
    assert (tmp_path / "grades.csv").stat().st_mode & 0o777 == 0o600
