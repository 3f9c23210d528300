"""The marks of a class as tables: CSV for spreadsheets and platforms, JSON for programs, all from the gradebook."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.atomic_files import write_text
from autograder.course import Course
from autograder.reports.class_marks import ClassMarks, apply_late_policy, read_class_marks
from autograder.reports.marks import Mark
from autograder.reports.records import Records
from autograder.text import FORMULA_STARTS, duration, one_line, points
from autograder.topics import Topic

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?", re.ASCII)

Row = Sequence[str]


def by_student(marks: ClassMarks) -> list[Row]:
    """A row per student: the points that count for each topic, their sum, and what to know about them."""
    names = [topic.name for topic in marks.topics]
    most = sum(topic.max_score for topic in marks.topics)
    head = ["student", "name", "email", "section", *names]
    rows: list[Row] = [[*head, "total", "max_score", "late_penalty", "to_grade_by_hand", "problems"]]
    for student in marks.students:
        found = [marks.marks.get((student, name)) for name in names]
        graded = [mark for mark in found if mark]
        problems = ((name, marks.problems(student, name)) for name in ("", *names))
        rows.append(
            [
                *_about(marks, student),
                *(points(mark.total) if mark else "" for mark in found),
                points(sum(mark.total for mark in graded)),
                points(most),
                points(sum(mark.late_penalty for mark in graded)),
                points(sum(mark.waiting for mark in graded)),
                " ".join(f"{name}: {said}" if name else said for name, said in problems if said),
            ]
        )
    return rows


def by_topic(marks: ClassMarks) -> list[Row]:
    """A row per student and topic: points before and after the late penalty, those of each exercise, and problems."""
    exercises = list(dict.fromkeys(exercise.id for topic in marks.topics for exercise in topic.exercises))
    head = ["student", "name", "email", "section", "topic", "score", "late_penalty", "total", "max_score"]
    rows: list[Row] = [[*head, "to_grade_by_hand", "handed_in", "late", *exercises, "problems"]]
    for student in marks.students:
        for topic in marks.topics:
            mark, problems = marks.marks.get((student, topic.name)), marks.problems(student, topic.name)
            if mark or problems:
                scores = _exercise_scores(topic, mark)
                numbers = _numbers(mark) if mark else ["", "", "", points(topic.max_score), "", ""]
                row = [*_about(marks, student), topic.name, *numbers, _lateness(marks, student, topic.name)]
                rows.append([*row, *(points(scores[one]) if one in scores else "" for one in exercises), problems])
        if problems := marks.problems(student, ""):
            rows.append([*_about(marks, student), *[""] * (8 + len(exercises)), problems])
    return rows


def write_grades(course: Course, records: Records) -> None:
    """Write ``grades.csv`` by what the gradebook says now."""
    apply_late_policy(course, records)
    write_csv(by_student(read_class_marks(course, records)), course.grades_table)


def as_json(marks: ClassMarks) -> list[dict[str, Any]]:
    """An entry per student and topic: the marks in the gradebook and the stored verdicts.

    Where nothing could be entered into the gradebook, there are no points, and the problems say why.
    """
    topics = {topic.name: topic for topic in marks.topics}
    places = sorted(marks.marks.keys() | marks.people.handed_in.keys())
    return [_entry(marks, student, topics.get(topic), topic) for student, topic in places]


def write_csv(rows: Iterable[Row], path: Path) -> None:
    """Write a table, with no cell that a spreadsheet would run."""
    write_text(path, csv_text(rows))


def csv_text(rows: Iterable[Row], separator: str = ",") -> str:
    """A table as the text of a CSV file, with no cell that a spreadsheet would run."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows([cell(one) for one in row] for row in rows)
    return text.getvalue()


def write_json(entries: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write a list of submissions."""
    write_text(path, json.dumps(entries, indent=2) + "\n")


def cell(text: str) -> str:
    """Text that a spreadsheet shows and does not compute; numbers and a lone dash stay what they are."""
    shown = one_line(text)
    harmless = len(shown) == 1 or _NUMBER.fullmatch(shown)
    return f"'{shown}" if shown.startswith(FORMULA_STARTS) and not harmless else shown


def _about(marks: ClassMarks, student: str) -> list[str]:
    person = marks.people.persons[student]
    return [student, marks.people.name_of(student), person.email, person.section]


def _numbers(mark: Mark) -> list[str]:
    amounts = (mark.score, mark.late_penalty, mark.total, mark.max_score, mark.waiting)
    return [*map(points, amounts), f"{mark.handed_in:%Y-%m-%d %H:%M} UTC" if mark.handed_in else ""]


def _lateness(marks: ClassMarks, student: str, topic: str) -> str:
    """How late a submission is; what the platform says, where nothing tells how late."""
    mark, handed_in = marks.marks.get((student, topic)), marks.people.handed_in.get((student, topic))
    if mark and mark.late_by:
        return duration(mark.late_by)
    flagged = handed_in is not None and handed_in.is_late and not (mark and mark.handed_in)
    return f"by {handed_in.platform}" if handed_in and flagged else ""


def _exercise_scores(topic: Topic, mark: Mark | None) -> dict[str, float]:
    """Points of each exercise; none for one whose cells the gradebook does not have."""
    scores = {}
    for exercise in topic.exercises if mark else ():
        cells = [one.id for one in (exercise.answer, *exercise.tests) if mark and one.id in mark.scores]
        if mark and cells:
            scores[exercise.id] = sum(mark.scores[name] for name in cells)
    return scores


def _entry(marks: ClassMarks, student: str, topic: Topic | None, name: str) -> dict[str, Any]:
    mark, result = marks.marks.get((student, name)), marks.results.get((student, name))
    scores = _exercise_scores(topic, mark) if topic else {}
    verdicts = [exercise.as_json() for exercise in result.exercises] if result else []
    return {
        "student": student,
        "name": marks.people.name_of(student),
        "topic": name,
        "score": mark.score if mark else 0.0,
        "late_penalty": mark.late_penalty if mark else 0.0,
        "total": mark.total if mark else 0.0,
        "max_score": mark.max_score if mark else topic.max_score if topic else 0.0,
        "to_grade_by_hand": mark.waiting if mark else 0.0,
        "exercises": [one | {"score": scores.get(one["id"], one["score"])} for one in verdicts],
        "problems": list(result.problems) if result else [marks.problems(student, name)],
        "notes": list(result.notes) if result else [],
        "leaderboard": [asdict(value) for value in result.leaderboard] if result else [],
    }
