"""Writes the marks that the sample class must get, from the topics' sources, and says where they are stale."""

from __future__ import annotations

import csv
from collections.abc import Collection

from autograder.atomic_files import write_text
from autograder.course import Course
from autograder.sample_class.samples import MARKS, SampleClass, marks_table, material
from autograder.sources.build import derive, files_of


def build_marks(course: Course) -> None:
    """Write the table of marks."""
    write_text(course.sample_class / MARKS, _marks(course))


def check_marks(course: Course, topics: Collection[str]) -> list[str]:
    """A line if the rows of some topics in the table of marks are not what the sources give, whatever its line ends."""
    path = course.sample_class / MARKS
    if path.is_file() and _rows(path.read_text(encoding="utf-8"), topics) == _rows(_marks(course), topics):
        return []
    return [f"{path.relative_to(course.root).as_posix()} is not what the sources give."]


def _rows(table: str, topics: Collection[str]) -> list[dict[str, str]]:
    return [row for row in csv.DictReader(table.splitlines()) if row.get("topic") in topics]


def _marks(course: Course) -> str:
    materials = []
    for topic in course.topics:
        files = files_of(course, topic)
        derived = derive(course, files)
        made_from = material(topic, derived.notebook, derived.released, derived.answers)
        materials.append((made_from, files.released.name))
    return marks_table(SampleClass(materials))
