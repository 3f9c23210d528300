"""One class in every shape that platforms give: the same marks for the same people, and everybody appears."""

from __future__ import annotations

import csv
import random
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as Collection
from contextlib import nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner

from autograder import run as runs
from autograder.cli import main
from autograder.course import Course, TopicPair
from autograder.grading import Graded, ungraded
from autograder.reports.class_marks import NOT_HANDED_IN
from autograder.reports.gradebook import Gradebook
from autograder.reports.records import Records
from autograder.reports.tables import by_topic, csv_text
from autograder.run import GradeRun
from autograder.sources.assemble import assemble
from autograder.sources.parse import parse
from autograder.sources.release import release
from autograder.submissions.align import align
from autograder.submissions.choose import Submission
from autograder.submissions.collect import collect
from autograder.time_limits import TimeLimits
from autograder.topics import Exercise
from autograder.verdicts.model import Result, Status, TestVerdict
from autograder.verdicts.scoring import exercise_verdict
from tests.conftest import MINI_SETTINGS
from tests.students import rosters
from tests.students.a_class import CLASS, DUE, MOST, NAMESAKES, NOTEBOOKS, POINTS, TOPICS, WORKS, Person, Work
from tests.students.shapes import SHAPES, MakeNotebook, Shape, as_folder, as_zip, moodle_number

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
# Whom the late policy gives two days more.
EXTENDED = ("ivanov", "02-second")
NAMED = [name for name, shape in SHAPES.items() if shape.has_names]
# Where numbers, times or names decide, another order is tried as well.
TWICE = ("Canvas", "Moodle with folders", "Gradescope", "Brightspace with folders", "Blackboard")
# The namesakes, groups and oddities at both ends of the class.
ENDS = frozenset((*CLASS[:22], *CLASS[-8:]))


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
def notebook(notebooks: Mapping[str, Mapping[str, Any]]) -> MakeNotebook:
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
    (course.root / "course.toml").write_text(MINI_SETTINGS + POLICY, encoding="utf-8")
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


@pytest.fixture(scope="module", autouse=True)
def points_as_written() -> Iterator[None]:
    """Grading that runs nothing: a notebook has the points that stand in it. Pages are not what is tested here."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(runs, "open_zygote", lambda *_, **__: nullcontext())
        patched.setattr(runs, "grade_class", _graded)
        patched.setattr(Records, "write_pages", lambda *_, **__: None)
        yield


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
    run = GradeRun(course, TimeLimits(), isolate=False)
    topics = [pair.released for pair in run.pairs.values()]
    run.grade(collect(paths, topics), jobs=1, again=False)
    return run.notes


class Class:
    """The class, or some of it, in one shape: handed in and graded in runs.

    Attributes:
        notes: what the runs said.
    """

    def __init__(self, course: Course, shape: Shape, notebook: MakeNotebook, people: Collection[Person]) -> None:
        self.course, self.shape, self.notebook, self.people = course, shape, notebook, people
        self.notes: list[str] = []

    def exports(self, works: Sequence[Work], run: int) -> dict[Path, dict[str, bytes]]:
        """The exports of some works: one of each topic for the earlier attempts, one for the newest."""
        files: dict[Path, dict[str, bytes]] = defaultdict(dict)
        for topic in TOPICS:
            for attempt in (1, 2):
                name = self.shape.export.format(topic=topic, run=f"{run}{attempt}")
                # nbgrader's tree lies in the course, where its times are read.
                path = self.course.submitted if name == "submitted" else self.course.root / "uploads" / name
                if some := [work for work in works if work.topic == topic and work.attempt == attempt]:
                    files[path] |= self.shape.files(some, self.notebook)
        return files

    def grade(self, works: Sequence[Work], run: int, *, zipped: bool = False) -> None:
        """Grade the exports of some works."""
        write = as_zip if zipped and self.shape.zips else as_folder
        self.notes += grade(self.course, *(write(files, path) for path, files in self.exports(works, run).items()))

    def in_one_run(self) -> Class:
        """Grade everything at once, packed if the platform packs it."""
        self.grade(self.works, 1, zipped=True)
        return self

    def in_five_runs(self, seed: int) -> Class:
        """Grade everything in five parts, in some order."""
        works = list(self.works)
        random.Random(seed).shuffle(works)
        for run in range(5):
            self.grade(works[run::5], run)
        return self

    @property
    def works(self) -> list[Work]:
        """What was handed in; where nothing tells which attempt is the newer one, the newest alone."""
        theirs = [work for work in WORKS if not self.people.isdisjoint(work.people)]
        return [work for work in theirs if work.is_last or self.shape.tells_newer]

    def rows(self) -> list[dict[str, str]]:
        """The table with a row per student and topic."""
        marks = GradeRun(self.course, TimeLimits(), isolate=False).marks()
        return list(csv.DictReader(csv_text(by_topic(marks)).splitlines()))

    def points(self) -> dict[tuple[str, str], float]:
        """The points of everybody who handed in, by student and topic; none where the topic is not known."""
        rows = [row for row in self.rows() if row["problems"] != NOT_HANDED_IN]
        return {(row["student"], row["topic"]): float(row["score"] or 0) for row in rows}


MakeClass = Callable[..., Class]


@pytest.fixture(scope="module")
def class_in(known: Course, notebook: MakeNotebook, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Class]:
    """The class in a shape, to be graded in a copy of a course."""

    def make(shape: str, course: Course = known, people: Collection[Person] = frozenset(CLASS)) -> Class:
        copy = Course(shutil.copytree(course.root, tmp_path_factory.mktemp("class") / "course"))
        return Class(copy, SHAPES[shape], notebook, people)

    return make


@pytest.fixture(scope="module")
def graded(class_in: MakeClass) -> Callable[[str], Class]:
    """The class in a shape, graded in one run with everything known that a roster can tell."""
    return cache(lambda shape: class_in(shape).in_one_run())


def together(points: Mapping[tuple[str, str], float]) -> Counter[tuple[float, ...]]:
    """The points that belong to one student, for every student."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for (student, _), mark in points.items():
        found[student].append(mark)
    return Counter(tuple(sorted(marks)) for marks in found.values())


def joined_by_keys(shape: Shape, people: Collection[Person]) -> Counter[tuple[float, ...]]:
    """The points that belong together by nothing but the platform's ids."""
    found: defaultdict[object, list[float]] = defaultdict(list)
    for work in WORKS:
        for key in shape.keys(work) if work.is_last and not people.isdisjoint(work.people) else ():
            found[key].append(float(work.mark))
    return Counter(tuple(sorted(marks)) for marks in found.values())


def check_points(graded: Class, untold: Collection[Person] = frozenset()) -> None:
    """Whoever can be told has the points of the last work; the others have rows of their own, and are listed."""
    known = {person.username for person in CLASS}
    expected = {place: float(mark) for place, mark in POINTS.items() if place[0] in known - _names(untold)}
    found = graded.points()
    assert sorted(expected.items() - found.items()) == []
    others = {place: mark for place, mark in found.items() if place not in expected}
    assert {student for student, _ in others} & known == set()
    assert together(others) == joined_by_keys(graded.shape, untold)
    for student, _ in others:
        assert any(note.startswith(f"{student} (") and "has the same name as" in note for note in graded.notes), student


def _names(people: Collection[Person]) -> set[str]:
    return {person.username for person in people}


def untold_in(shape: str) -> Collection[Person]:
    """Whom nothing tells from namesakes."""
    return frozenset() if SHAPES[shape].tells_namesakes else NAMESAKES


@pytest.mark.parametrize("shape", NAMED)
def test_everybody_has_the_points_of_their_own_work(shape: str, graded: Callable[[str], Class]) -> None:
    check_points(graded(shape), untold_in(shape))


@pytest.mark.parametrize(("shape", "seed"), [*((shape, 1) for shape in NAMED), *((shape, 2) for shape in TWICE)])
def test_in_five_runs_in_any_order_everybody_has_the_same_points(shape: str, seed: int, class_in: MakeClass) -> None:
    check_points(class_in(shape).in_five_runs(seed), untold_in(shape))


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if SHAPES[shape].zips])
def test_a_zip_says_what_its_folder_says(shape: str, class_in: MakeClass) -> None:
    made = class_in(shape)
    found = []
    for write in (as_folder, as_zip):
        paths = [write(files, path) for path, files in made.exports(made.works, 1).items()]
        submissions = collect(paths, [pair.released for pair in made.course.pairs().values()])
        found.append({(one.key, one.topic.name, one.owner.shown, one.content_hash) for one in submissions if one.topic})
    assert found[0] == found[1]


@pytest.mark.parametrize("shape", SHAPES)
def test_everybody_has_a_row_and_whoever_has_no_points_a_reason(shape: str, graded: Callable[[str], Class]) -> None:
    rows = {(row["student"], row["topic"]): row for row in graded(shape).rows()}
    assert {(person.username, topic) for person in CLASS for topic in TOPICS} <= rows.keys()
    for place, row in rows.items():
        assert float(row["score"] or 0) > 0 or row["problems"], place
        told = place in POINTS and SHAPES[shape].has_names and place[0] not in _names(untold_in(shape))
        of_the_class = place[0] in _names(CLASS)
        assert (row["problems"] == NOT_HANDED_IN) == (of_the_class and not told), place


def test_nobody_is_told_by_a_name_that_a_namesake_has(listed: Course, class_in: MakeClass) -> None:
    for shape in ("Moodle with folders", "Moodle without folders"):
        check_points(class_in(shape, listed).in_one_run(), NAMESAKES)


def test_anonymous_work_is_nobodys_on_the_roster(graded: Callable[[str], Class]) -> None:
    found = graded("anonymous Canvas")
    assert {student for student, _ in found.points()} & _names(CLASS) == set()
    assert together(found.points()) == joined_by_keys(found.shape, frozenset(CLASS))


@pytest.mark.parametrize("shape", SHAPES)
def test_without_a_roster_ids_alone_join(shape: str, empty: Course, class_in: MakeClass) -> None:
    found = class_in(shape, empty, ENDS).in_one_run()
    assert together(found.points()) == joined_by_keys(found.shape, ENDS)


@pytest.mark.parametrize("shape", ["Canvas", "Moodle with folders", "Gradescope", "Blackboard"])
def test_a_roster_that_comes_later_says_whose_each_mark_is(shape: str, empty: Course, class_in: MakeClass) -> None:
    found = class_in(shape, empty, ENDS).in_one_run()
    before = found.points()
    for text in (rosters.canvas(), rosters.moodle(), rosters.plain()):
        import_roster(found.course, text)
    for topic in TOPICS:
        import_roster(found.course, rosters.worksheet(topic), "--topic", topic)
    assert sorted(found.points().values()) == sorted(before.values())
    people = {person.email: person.username for person in CLASS}
    rows = [row for row in found.rows() if row["score"]]
    marks = {(people.get(row["email"], ""), row["topic"]): float(row["score"]) for row in rows}
    alone = {place: work.mark for work in WORKS if work.is_last and not work.team for place in _places(work)}
    theirs = {place: mark for place, mark in alone.items() if place[0] in _names(ENDS)}
    assert {place: marks.get(place) for place in theirs} == theirs


def penalty(place: tuple[str, str]) -> float:
    """What lateness costs: thirty hours are two days begun, except for whoever has two days longer."""
    late = any(work.is_late and work.is_last and place in _places(work) for work in WORKS)
    return round(POINTS[place] * 0.2, 2) if late and place != EXTENDED else 0.0


def _places(work: Work) -> set[tuple[str, str]]:
    return {(person.username, work.topic) for person in work.people}


@pytest.mark.parametrize("shape", NAMED)
def test_late_work_costs_the_same_wherever_a_time_is_told(shape: str, graded: Callable[[str], Class]) -> None:
    rows = {(row["student"], row["topic"]): row for row in graded(shape).rows() if row["score"]}
    told = {place: row for place, row in rows.items() if place in POINTS}
    assert len(told) > 80
    found = {place: float(row["late_penalty"]) for place, row in told.items()}
    assert found == {place: penalty(place) if SHAPES[shape].tells_time else 0.0 for place in told}
    flagged = {place for place, row in told.items() if row["late"] == "by Canvas"}
    late = {place for work in WORKS if work.is_late and work.is_last for place in _places(work)}
    assert flagged == (late if shape == "Canvas" else set())


def exported(graded: Class, *arguments: str) -> list[dict[str, str]]:
    """The rows of an export."""
    command(graded.course, "export", *arguments, "-o", "exported.csv")
    return list(csv.DictReader((graded.course.root / "exported.csv").read_text(encoding="utf-8").splitlines()))


def expected_marks(shape: str) -> dict[tuple[str, str], float]:
    """The points that count for everybody who handed in a notebook, or something else."""
    times = SHAPES[shape].tells_time
    return {place: round(mark - (penalty(place) if times else 0), 2) for place, mark in POINTS.items()}


def read_back(rows: Sequence[Mapping[str, str]], column: str, told: str, headings: Mapping[str, str]) -> Any:
    """The marks in a file of a platform's, by whom its ids name and the topic; those of nobody else."""
    people = {str(getattr(person, told)): person.username for person in CLASS}
    marked = [(row, topic, row[heading]) for row in rows for topic, heading in headings.items() if row[column]]
    return {(people[row[column]], topic): float(mark) for row, topic, mark in marked if mark and row[column] in people}


@pytest.mark.parametrize("shape", ["Canvas", "Gradescope", "Moodle with folders"])
def test_what_canvas_and_moodle_get_are_the_same_marks_of_the_same_people(
    shape: str, graded: Callable[[str], Class]
) -> None:
    found, expected, same = graded(shape), expected_marks(shape), {topic: topic for topic in TOPICS}
    assert read_back(exported(found, "canvas"), "ID", "canvas", same) == expected
    assert read_back(exported(found, "moodle"), "Email address", "email", same) == expected
    raw = {place: float(mark) for place, mark in POINTS.items()}
    assert read_back(exported(found, "canvas", "--raw"), "ID", "canvas", same) == raw


@pytest.mark.parametrize("shape", ["Canvas", "Gradescope", "Moodle with folders"])
def test_a_platforms_own_file_is_filled_in_with_the_same_marks(shape: str, graded: Callable[[str], Class]) -> None:
    found, expected = graded(shape), expected_marks(shape)
    own = found.course.root / "own.csv"
    own.write_text(rosters.canvas(), encoding="utf-8")
    rows = exported(found, "canvas", "--template", "own.csv")
    columns = {"01-first": "01-first (77)", "02-second": "02-second (78)"}
    assert read_back(rows, "ID", "canvas", columns) == expected
    assert {row["Quiz 0 (70)"] for row in rows if row["ID"]} == {"9", ""}
    for topic in TOPICS:
        own.write_text(rosters.worksheet(topic), encoding="utf-8")
        rows = exported(found, "moodle", "--template", "own.csv", "--topic", topic)
        filled = read_back(rows, "Email address", "email", {topic: "Grade"})
        assert filled == {place: mark for place, mark in expected.items() if place[1] == topic}
        number = {person.email: f"Participant {moodle_number(person, topic)}" for person in CLASS}
        assert {row["Email address"]: row["Identifier"] for row in rows} == number
