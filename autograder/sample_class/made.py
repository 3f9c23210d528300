"""Makes the submissions of the sample class from the built topics, when they are needed and something has changed."""

from __future__ import annotations

import hashlib
from inspect import getfile
from pathlib import Path

from autograder.atomic_files import write_text
from autograder.course import Course
from autograder.sample_class import samples
from autograder.sample_class.samples import SampleClass, material
from autograder.sources import answers, edits
from autograder.sources.answers import FILE, read_answers, solutions_of
from autograder.topics import read_built

# What makes the submissions, besides what they are made from.
MAKERS = tuple(Path(getfile(module)) for module in (samples, answers, edits))


def made_submissions(course: Course) -> Path:
    """The folder of the sample class's submissions, in nbgrader's tree.

    Raises:
        CourseError: if no topic is built, or an answer beside one cannot be read.
    """
    folder = course.sample_submissions
    note = folder.with_name("made-from")
    made_from = _digest(course)
    if folder.is_dir() and note.is_file() and note.read_text(encoding="utf-8") == made_from:
        return folder
    note.unlink(missing_ok=True)
    files = {folder / path: text for path, text in _class(course).files.items()}
    for path in {path for path in folder.rglob("*") if path.is_file()} - set(files):
        path.unlink()
    for path, text in files.items():
        write_text(path, text)
    write_text(note, made_from)
    return folder


def _class(course: Course) -> SampleClass:
    materials = []
    for topic in course.pairs():
        executed, released, beside = _sources(course, topic)
        notebook = read_built(executed)
        others = read_answers(beside, solutions_of(notebook), course.root)
        materials.append((material(topic, notebook, read_built(released), others), released.name))
    return SampleClass(materials)


def _sources(course: Course, topic: str) -> tuple[Path, Path, Path]:
    """What the submissions of a topic are made from: its notebook, that of students, and the answers beside it."""
    (executed,), (released,) = ((folder / topic).glob("*.ipynb") for folder in (course.solutions, course.notebooks))
    return executed, released, course.solutions / topic / FILE


def _digest(course: Course) -> str:
    """A digest of all that the submissions are made from."""
    digest = hashlib.sha256()
    for path in [*MAKERS, *(path for topic in course.pairs() for path in _sources(course, topic))]:
        digest.update(hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest())
    return digest.hexdigest()
