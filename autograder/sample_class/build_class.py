"""Writes the sample class from the topics' sources, and says where it is stale."""

from __future__ import annotations

from pathlib import Path

from autograder.atomic_files import write_text
from autograder.course import Course
from autograder.sample_class.samples import material, sample_files
from autograder.sources.build import derive, files_of


def build_sample_class(course: Course) -> None:
    """Write the sample class of all topics, and remove what no longer belongs to it."""
    files = _sample_files(course)
    for path in _present(course.sample_class) - set(files):
        path.unlink()
    for path, text in files.items():
        write_text(path, text)


def check_sample_class(course: Course) -> list[str]:
    """Which files of the sample class are not what the sources give, one line each."""
    files = _sample_files(course)
    stale = {path for path, text in files.items() if not path.is_file() or not _holds(path, text)}
    wrong = sorted(stale | (_present(course.sample_class) - set(files)))
    return [f"{path.relative_to(course.root).as_posix()} is not what the sources give." for path in wrong]


def _sample_files(course: Course) -> dict[Path, str]:
    materials = []
    for topic in course.topics:
        files = files_of(course, topic)
        derived = derive(course, files)
        material_ = material(topic, derived.notebook, derived.released, derived.answers)
        materials.append((material_, files.released.name))
    return sample_files(course.sample_class, materials)


def _holds(path: Path, text: str) -> bool:
    """Whether a file is a text, whatever its line ends: version control on Windows may have changed them."""
    return path.read_bytes().replace(b"\r\n", b"\n") == text.replace("\r\n", "\n").encode("utf-8")


def _present(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}
