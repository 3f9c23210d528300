"""Notebooks in students' hands, and places to hand them in."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from autograder.submissions.choose import Submission
from autograder.submissions.collect import collect
from autograder.topics import Topic
from tests.submissions.handouts import (
    OTHER,
    RELEASED,
    TOPIC,
    TOPICS,
    Handout,
    MakeArchive,
    MakeFolder,
    Students,
    handout_of,
)


@pytest.fixture
def handout() -> Handout:
    """The topic's notebook as students get it."""
    return handout_of(RELEASED, TOPIC)


@pytest.fixture
def other_handout() -> Handout:
    """The notebook of the course's other topic."""
    return handout_of(OTHER, OTHER)


@pytest.fixture
def done() -> Handout:
    """The topic's notebook with right answers."""
    handout = handout_of(RELEASED, TOPIC)
    for exercise in TOPIC.exercises:
        handout.write(exercise.id, exercise.answer.source)
    return handout


@pytest.fixture
def nb(done: Handout) -> bytes:
    """A right notebook's bytes."""
    return done.bytes()


@pytest.fixture(scope="session")
def topics() -> tuple[Topic, ...]:
    """The course's topics."""
    return TOPICS


@pytest.fixture
def folder(tmp_path: Path) -> MakeFolder:
    """Makes a folder of files."""

    def make(files: Mapping[str, bytes]) -> Path:
        root = tmp_path / "class"
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return root

    return make


@pytest.fixture
def archive(tmp_path: Path) -> MakeArchive:
    """Makes a zip archive of files."""

    def make(files: Mapping[str, bytes], name: str = "export.zip") -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            for member, content in files.items():
                made.writestr(member, content)
        return path

    return make


@pytest.fixture
def students() -> Students:
    """Collects below one path: submissions by student."""

    def by_name(path: Path, topic: str | None = None) -> dict[str, Submission]:
        return {one.student: one for one in collect([path], TOPICS, topic)}

    return by_name
