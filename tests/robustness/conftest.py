"""A course whose files must stay as they are and unread, and a class that hands in the corpus."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from autograder.course import Course
from autograder.execution.processes import Zygote
from autograder.grading import Grading, course_secret, open_zygote
from autograder.run import grade_class
from autograder.submissions.collect import collect
from autograder.time_limits import TimeLimits
from autograder.verdicts.model import Result
from sandbox.limits import Limits
from tests.conftest import CHECKOUT
from tests.robustness.corpus import Case, CaseKind
from tests.robustness.corpus.case import filled_in
from tests.robustness.corpus.challenge import CHALLENGE
from tests.robustness.corpus.small_topic import NAME, SMALL, STEM

# Every file and variable that no submission may read holds this, and nothing that it may read does.
SENTINEL = "sentinel-of-the-"

MEGABYTE = 1 << 20
LIMITS = Limits(
    cpu_seconds=20,
    memory_bytes=512 * MEGABYTE,
    processes=48,
    open_files=128,
    file_bytes=64 * MEGABYTE,
    scratch_bytes=128 * MEGABYTE,
)
PATIENT = TimeLimits(cell=30, submission=120)
SHORT = TimeLimits(cell=3, submission=60)

NEIGHBOUR = Case("neighbour", CaseKind.NOISY, "Answers everything rightly, while others misbehave.")


@dataclass(frozen=True)
class GradedClass:
    """Hands in submissions and has them graded, two at a time."""

    course: Course
    zygote: Zygote

    def grade(self, *cases: Case, seconds: TimeLimits = PATIENT) -> dict[str, Result]:
        """The results by the names of the cases."""
        pairs = self.course.pairs()
        with tempfile.TemporaryDirectory(dir=self.course.root.parent) as folder:
            for case in cases:
                path = Path(folder, "submitted", case.name, case.topic.name, f"{case.topic.stem}.ipynb")
                path.parent.mkdir(parents=True)
                path.write_bytes(case.file())
            submissions = collect([Path(folder)], [pair.released for pair in pairs.values()], cases[0].topic.name)
            grading = Grading(self.zygote, seconds, course_secret(self.course))
            graded = list(grade_class(grading, submissions, pairs, jobs=2))
        return {one.submission.student: one.result for one in graded}


@pytest.fixture(scope="session")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder for temporary files of everything that grades here: nobody else's files come and go in it."""
    folder = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", str(folder))
        yield folder


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course of small topics, with everything in it that an instructor's folder holds."""
    root = tmp_path_factory.mktemp("course")
    for topic in (SMALL, CHALLENGE):
        for folder, notebook in (("solutions", topic.source), ("notebooks", topic.released)):
            path = root / folder / topic.name / f"{topic.stem}.ipynb"
            path.parent.mkdir(parents=True)
            nbformat.write(notebook, path)
    other = root / "submitted" / "other" / NAME / f"{STEM}.ipynb"
    other.parent.mkdir(parents=True)
    nbformat.write(filled_in({"parity": f'# {SENTINEL}other-student\nparity = "B"'}), other)
    for name in ("gradebook.db", "grades.csv", "results.json", "results/results.json", "feedback/other.html"):
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{SENTINEL}{path.stem}", encoding="utf-8")
    shutil.copy(CHECKOUT / "course.toml", root)
    (root / "cnnlab").symlink_to(CHECKOUT / "cnnlab")
    (root / "data").mkdir()
    (root / "data" / "digits.npz").symlink_to(CHECKOUT / "data" / "digits.npz")
    course_secret(Course(root))
    return Course(root)


@pytest.fixture(scope="session")
def graded_class(course: Course, temporary: Path) -> Iterator[GradedClass]:
    """The class, with one process to fork from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSTRUCTORS_TOKEN", f"{SENTINEL}environment")
        zygote = open_zygote(course, limits=LIMITS)
    with zygote:
        yield GradedClass(course, zygote)


def files_of(course: Course) -> dict[Path, str]:
    """What every file of the course holds, as digests."""
    paths = sorted(path for path in course.root.rglob("*") if path.is_file())
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def processes_left() -> list[str]:
    """Command lines of processes that carry the mark which a dishonest submission gives to those that it starts."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()
            if b"ROBUSTNESS_LEFT" in environment and int(folder.name) != os.getpid():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found
