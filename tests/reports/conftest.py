"""The small topic of all tests in a course's folder, and the records of that course."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.course import Course
from autograder.reports.gradebook import Gradebook
from autograder.reports.records import Records
from autograder.sources.assemble import assemble
from autograder.sources.parse import parse
from autograder.sources.release import release
from tests.conftest import MINI_SETTINGS
from tests.reports.mini_topic import Mini


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, make_mini_course: Callable[[Path], Course]) -> tuple[Any, Any]:
    """The topic's notebooks: the source's and the released one."""
    course = make_mini_course(tmp_path_factory.mktemp("built") / "course")
    source = assemble("01-mini", parse(course.solutions / "01-mini" / "mini.py")).notebook
    return source, release(source)


@pytest.fixture
def mini(built: tuple[Any, Any], tmp_path: Path) -> Mini:
    """The topic in a fresh folder of a course."""
    source, released = deepcopy(built)
    for folder, notebook in (("solutions", source), ("notebooks", released)):
        path = tmp_path / folder / "01-mini" / "mini.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    (tmp_path / "course.toml").write_text(MINI_SETTINGS, encoding="utf-8")
    return Mini(Course(tmp_path), source, released)


@pytest.fixture(scope="session")
def empty_gradebook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A gradebook with nothing in it; nbgrader takes seconds to make one."""
    path = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
    Gradebook(path).close()
    return path.read_bytes()


@pytest.fixture
def records(mini: Mini, empty_gradebook: bytes) -> Iterator[Records]:
    """The course's records, with the topic prepared."""
    mini.course.gradebook.write_bytes(empty_gradebook)
    with Records(mini.course) as opened:
        opened.prepare(mini.topic)
        yield opened
