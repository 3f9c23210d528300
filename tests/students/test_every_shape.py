"""One class in every shape that platforms give: the same marks for the same people, and everybody appears."""

from __future__ import annotations

import csv
import random
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner

from autograder import run as runs
from autograder.classroom import Graded
from autograder.cli import main
from autograder.course import Course, TopicPair
from autograder.execution.session import Seconds
from autograder.grading import ungraded
from autograder.reports.class_marks import NOT_HANDED_IN
from autograder.reports.gradebook import Gradebook
from autograder.reports.records import Records
from autograder.reports.tables import by_topic, csv_text
from autograder.run import GradeRun
from autograder.sources.assemble import assemble
from autograder.sources.parse import parse
from autograder.sources.release import release
from autograder.submissions.align import align
from autograder.submissions.collect import Submission, collect
from autograder.topics import Exercise
from autograder.verdicts.model import Result, Status, TestVerdict
from autograder.verdicts.scoring import exercise_verdict
from tests.students import rosters
from tests.students.a_class import CLASS, DUE, MOST, NAMESAKES, NOTEBOOKS, POINTS, TOPICS, WORKS, Work
from tests.students.shapes import SHAPES, Shape, as_folder, as_zip

SOURCE = '''\
# %% [markdown]
# # The {name} topic

# %% exercise="{name}"
def {name}():
    """Points."""
    ### BEGIN SOLUTION
    return 400
    ### END SOLUTION

# %% test="{name}" points={points}
assert {name}() > 0
'''
POLICY = f"""\
[late]
time_zone = "Europe/Berlin"
per_day = 0.1
most = 0.5

[late.due]
01-first = {DUE:%Y-%m-%dT%H:%M:%SZ}
02-second = {DUE:%Y-%m-%dT%H:%M:%SZ}

[late.extensions.02-second]
ivanov = "2 days"
"""
NAMED = {name: shape for name, shape in SHAPES.items() if shape.has_names}
WITH_TIMES = {name: shape for name, shape in NAMED.items() if shape.tells_time}
ORDERS = (1, 2)


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Any]]:
    """The topics' notebooks, by the folder that they belong to."""
    found: dict[str, dict[str, Any]] = {"solutions": {}, "notebooks": {}}
    for topic, name in NOTEBOOKS.items():
        path = tmp_path_factory.mktemp("source") / f"{name}.py"
        path.write_text(SOURCE.format(name=name, points=MOST), encoding="utf-8")
        found["solutions"][topic] = assemble(topic, parse(path)).notebook
        found["notebooks"][topic] = release(found["solutions"][topic])
    return found


@pytest.fixture(scope="module")
def notebook(notebooks: Mapping[str, Mapping[str, Any]]) -> Callable[[str, int], bytes]:
    """Makes a notebook with so many points for a topic."""
    released = {topic: nbformat.writes(one) for topic, one in notebooks["notebooks"].items()}

    def make(topic: str, mark: int) -> bytes:
        return released[topic].replace("raise NotImplementedError()", f"return {mark}").encode()

    return make


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, notebooks: Mapping[str, Mapping[str, Any]]) -> Course:
    """A course with two topics, in whose gradebook there is nobody."""
    course = Course(tmp_path_factory.mktemp("course") / "course")
    for folder, topics in notebooks.items():
        for topic, one in topics.items():
            path = course.root / folder / topic / f"{NOTEBOOKS[topic]}.ipynb"
            path.parent.mkdir(parents=True)
            nbformat.write(one, path)
    (course.root / "cnnlab").mkdir()
    (course.root / "course.toml").write_text(POLICY, encoding="utf-8")
    Gradebook(course.gradebook).close()
    return course


@pytest.fixture(scope="module")
def listed(empty: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The course with everybody on the roster, Moodle's numbers aside."""
    course = Course(shutil.copytree(empty.root, tmp_path_factory.mktemp("listed") / "course"))
    for text in (rosters.canvas(), rosters.moodle(), rosters.plain()):
        import_roster(course, text)
    return course


@pytest.fixture(scope="module")
def known(listed: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """The course with everybody on the roster, and with Moodle's grading worksheets."""
    course = Course(shutil.copytree(listed.root, tmp_path_factory.mktemp("known") / "course"))
    for topic in TOPICS:
        import_roster(course, rosters.worksheet(topic), "--topic", topic)
    return course


def import_roster(course: Course, text: str, *options: str) -> str:
    """Import a roster as a person does."""
    (course.root / "roster.csv").write_text(text, encoding="utf-8")
    return command(course, "roster", "import", "roster.csv", *options)


def command(course: Course, *arguments: str) -> str:
    """Run ``autograder`` in a course; what it says."""
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(course.root)
        done = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def copy_of(tmp_path: Path) -> Callable[[Course], Course]:
    """Copies a course, to be changed at will."""
    return lambda course: Course(shutil.copytree(course.root, tmp_path / "course"))


@pytest.fixture(autouse=True)
def points_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Grading that runs nothing: a notebook has the points that stand in it. Pages are not what is tested here."""
    monkeypatch.setattr(runs, "open_zygote", lambda *_, **__: nullcontext())
    monkeypatch.setattr(runs, "grade_class", _graded)
    monkeypatch.setattr(Records, "write_pages", lambda *_, **__: None)


def _graded(
    _: object, submissions: Sequence[Submission], topics: Mapping[str, TopicPair], jobs: int
) -> Iterator[Graded]:
    for one in submissions:
        pair = topics[one.topic.name] if one.topic else topics[TOPICS[0]]
        if one.notebook is None or one.topic is None:
            yield Graded(one, ungraded(pair.source, one.student, one.problems), None)
            continue
        alignment = align(pair.source, pair.released, one.notebook, one.files, one.left_out)
        (exercise,) = pair.source.exercises
        points = re.findall(r"return (\d+)", str(alignment.answer(exercise.id)))
        verdict = exercise_verdict(exercise, {test.test: test for test in _tests(exercise, float(points[0]))})
        yield Graded(one, Result(one.student, one.topic.name, (verdict,), one.problems), alignment)


def _tests(exercise: Exercise, points: float) -> Iterator[TestVerdict]:
    for test in exercise.tests:
        yield TestVerdict(test.id, False, points, test.points, Status.WRONG, "Counted.", "Counted.")


def grade(course: Course, *paths: Path) -> list[str]:
    """Grade what was handed in; what the run says."""
    run = GradeRun(course, Seconds(), isolate=False)
    topics = [pair.released for pair in run.pairs.values()]
    run.grade(collect(paths, topics), jobs=1, again=False)
    return run.notes


class Class:
    """The class in one shape, handed in and graded in runs.

    Attributes:
        notes: what the runs said.
    """

    def __init__(self, course: Course, shape: Shape, notebook: Callable[[str, int], bytes]) -> None:
        self.course, self.shape, self.notebook = course, shape, notebook
        self.notes: list[str] = []

    def grade(self, works: Sequence[Work], run: int, *, zipped: bool = False) -> None:
        """Grade an export of some works."""
        exports: dict[Path, dict[str, bytes]] = defaultdict(dict)
        place = self.course.root if self.shape is SHAPES["nbgrader"] else self.course.root / "uploads"
        for topic in TOPICS:
            # A platform gives the newest attempts: an earlier one is in an earlier export.
            for attempt in (1, 2):
                some = [work for work in works if work.topic == topic and work.attempt == attempt]
                path = place / self.shape.export.format(topic=topic, run=f"{run}{attempt}")
                if self.shape is SHAPES["nbgrader"]:
                    path = self.course.submitted
                exports[path] |= self.shape.files(some, self.notebook) if some else {}
        write = as_zip if zipped else as_folder
        self.notes += grade(self.course, *(write(files, path) for path, files in exports.items() if files))

    def in_one_run(self, *, zipped: bool) -> None:
        """Grade everything at once."""
        self.grade(self._works(), 1, zipped=zipped)

    def in_five_runs(self, seed: int) -> None:
        """Grade everything in five parts, in some order."""
        works = list(self._works())
        random.Random(seed).shuffle(works)
        for run in range(5):
            self.grade(works[run::5], run)

    def _works(self) -> Sequence[Work]:
        """What was handed in; where nothing tells which attempt is the newer one, the newest alone."""
        return [work for work in WORKS if work.is_last or self.shape.tells_newer]

    def rows(self) -> list[dict[str, str]]:
        """The table with a row per student and topic."""
        marks = GradeRun(self.course, Seconds(), isolate=False).marks()
        return list(csv.DictReader(csv_text(by_topic(marks)).splitlines()))

    def points(self) -> dict[tuple[str, str], float]:
        """The points of everybody who handed in, by student and topic; those whose topic is not known have none."""
        rows = [row for row in self.rows() if row["problems"] != NOT_HANDED_IN]
        return {(row["student"], row["topic"]): float(row["score"] or 0) for row in rows}


@pytest.fixture
def class_in(
    copy_of: Callable[[Course], Course], notebook: Callable[[str, int], bytes]
) -> Callable[[str, Course], Class]:
    """The class in a shape, to be graded in a course."""
    return lambda shape, course: Class(copy_of(course), SHAPES[shape], notebook)


MakeClass = Callable[[str, Course], Class]


def check_points(graded: Class) -> None:
    """Whoever can be told has the points of the last work; namesakes who cannot have none, and are listed."""
    untold = set() if graded.shape.tells_namesakes else {person.username for person in NAMESAKES}
    expected = {place: float(mark) for place, mark in POINTS.items() if place[0] not in untold}
    found = graded.points()
    strangers = {place: mark for place, mark in found.items() if place[0] not in {one.username for one in CLASS}}
    assert sorted(found.items() - strangers.items() - expected.items()) == []
    assert sorted(expected.items() - found.items()) == []
    theirs = Counter(float(mark) for place, mark in POINTS.items() if place[0] in untold)
    assert Counter(strangers.values()) == theirs
    for student, _ in strangers:
        assert any(f"{student} (" in note and "may be" in note for note in graded.notes), student


@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("shape", NAMED)
def test_everybody_has_the_points_of_their_own_work(
    shape: str, zipped: bool, known: Course, class_in: MakeClass
) -> None:
    graded = class_in(shape, known)
    graded.in_one_run(zipped=zipped and graded.shape.zips)
    check_points(graded)


@pytest.mark.parametrize("seed", ORDERS)
@pytest.mark.parametrize("shape", NAMED)
def test_in_five_runs_in_any_order_everybody_has_the_same_points(
    shape: str, seed: int, known: Course, class_in: MakeClass
) -> None:
    graded = class_in(shape, known)
    graded.in_five_runs(seed)
    check_points(graded)
