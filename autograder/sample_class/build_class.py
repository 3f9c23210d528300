"""Writes the marks that the sample class must get, from the topics' sources, and says where they are stale."""

from __future__ import annotations

from autograder.atomic_files import write_text
from autograder.course import Course
from autograder.sample_class.samples import MARKS, SampleClass, marks_table, material
from autograder.sources.build import derive, files_of


def build_marks(course: Course) -> None:
    """Write the table of marks."""
    write_text(course.sample_class / MARKS, _marks(course))


def check_marks(course: Course) -> list[str]:
    """A line if the table of marks is not what the sources give, whatever its line ends."""
    path = course.sample_class / MARKS
    if path.is_file() and path.read_bytes().replace(b"\r\n", b"\n") == _marks(course).encode("utf-8"):
        return []
    return [f"{path.relative_to(course.root).as_posix()} is not what the sources give."]


def _marks(course: Course) -> str:
    materials = []
    for topic in course.topics:
        files = files_of(course, topic)
        derived = derive(course, files)
        made_from = material(topic, derived.notebook, derived.released, derived.answers)
        materials.append((made_from, files.released.name))
    return marks_table(SampleClass(materials))
