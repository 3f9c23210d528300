"""``autograder grade``."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from autograder.course import Course, find_course
from autograder.errors import CourseError
from autograder.reports.class_marks import ClassMarks
from autograder.reports.tables import as_json, by_student, write_csv, write_json
from autograder.reports.terminal import console, print_marks
from autograder.run import GradeRun
from autograder.sample_class.made import made_submissions
from autograder.sample_class.samples import MARKS, read_marks
from autograder.selection import Selection
from autograder.submissions.collect import collect
from autograder.submissions.patterns import NamePattern
from autograder.text import duration, one_line, points
from autograder.time_limits import TimeLimits
from autograder.verdicts.model import Result
from sandbox.shares import cores

PROBLEMS_EXIT = 10
# So that the exit code stays below 100, far from those that shells give to signals.
MOST_PROBLEMS_TOLD = 89
NO_ISOLATION = "NOT ISOLATED: submissions can read, change and send everything that you can."


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--topic", metavar="TOPIC", help="Grade this topic alone.")
@click.option(
    "--names",
    metavar="PATTERN",
    help="Whose a file is, by its path below PATH, such as '{student}_{id}/**'. Fields: {student}, {id}, {time} (the "
    "newest counts), {file}; * is anything in one part of the path, ** any parts.",
)
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the marks as JSON.")
@click.option(
    "--csv",
    "csv_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the marks here, not to grades.csv.",
)
@click.option("--jobs", type=click.IntRange(min=1), help="Submissions graded at one time; default: one per core.")
@click.option("--dry-run", is_flag=True, help="Write nothing; print whose marks would change, and why.")
@click.option("--student", "students", multiple=True, metavar="STUDENT", help="Grade this student alone; repeatable.")
@click.option(
    "--exercise",
    "exercises",
    multiple=True,
    metavar="NAME",
    help="Let marks of this exercise alone change; repeatable.",
)
@click.option("--again", is_flag=True, help="Grade what has not changed since it was graded, too.")
@click.option(
    "--cell-seconds",
    type=click.FloatRange(1, 3600, clamp=False),
    default=None,
    help="Processor time for a cell; default: what course.toml says.",
)
@click.option("--no-isolation", is_flag=True, help="Run submissions without a sandbox. Only for code that you trust.")
def grade(
    paths: tuple[Path, ...],
    topic: str | None,
    names: str | None,
    json_file: Path | None,
    csv_file: Path | None,
    jobs: int | None,
    dry_run: bool,
    students: tuple[str, ...],
    exercises: tuple[str, ...],
    again: bool,
    cell_seconds: float | None,
    no_isolation: bool,
) -> None:
    """Grade submissions: marks to gradebook.db and grades.csv, pages for students to feedback/.

    PATH is a notebook, a folder of notebooks, nbgrader's submitted/ or an export of Gradescope, Canvas, Moodle,
    Brightspace or Blackboard, as a zip or unpacked; default: the sample class, made from the built topics, whose marks
    are compared with the committed ones. Extra folders around these are ignored. Where nothing tells whose a notebook
    is, nothing is graded, and --names decides.

    The exit code is 0 if no submission had problems, 1 after an error, else 10 plus the number of those that had. With
    --dry-run it is 0, or 1 after an error.
    """
    course = find_course(Path.cwd())
    if not paths:
        course = course.of_sample
    asked = course.topic_named(topic) if topic else None
    pattern = NamePattern(names) if names is not None else None
    _refuse(course, paths, pattern, cell_seconds)
    if no_isolation:
        click.echo(NO_ISOLATION, err=True)
    limit = Selection(students, exercises)
    seconds = TimeLimits.of(course.settings.limits, cell_seconds)
    run = GradeRun(course, seconds, isolate=not no_isolation, selection=limit)
    topics = [pair.released for pair in run.pairs.values()]
    submissions = collect(paths or [made_submissions(course)], topics, asked, names=pattern)
    jobs = jobs or len(cores()) or os.cpu_count() or 1
    if dry_run:
        run.preview(submissions, jobs, again)
        _tell(run.notes)
        return
    results = run.grade(submissions, jobs, again)
    marks = run.marks()
    write_csv(by_student(marks), csv_file or course.grades_table)
    if json_file:
        write_json(as_json(marks), json_file)
    _tell([*run.notes, *_late(results, marks)])
    places = map(_shown, (csv_file or course.grades_table, course.gradebook, course.feedback))
    click.echo("Marks: {}, {}. Pages for students: {}/.".format(*places))
    print_marks(results, marks.marks, console())
    if no_isolation:
        click.echo(NO_ISOLATION, err=True)
    if not paths:
        _compare_with_marks(course, results, asked)
    elif problems := sum(bool(result.problems) for result in results):
        sys.exit(PROBLEMS_EXIT + min(problems, MOST_PROBLEMS_TOLD))


def _refuse(course: Course, paths: Sequence[Path], pattern: NamePattern | None, cell_seconds: float | None) -> None:
    """Refuse what cannot be meant.

    Raises:
        CourseError: with what to do instead.
    """
    if pattern and not paths:
        raise CourseError("--names says whose the files below PATH are; give a PATH.")
    if cell_seconds and not math.isfinite(cell_seconds):
        raise CourseError("--cell-seconds must be a number of seconds.")
    if course.root in [path.resolve() for path in paths] and not course.submitted.is_dir():
        raise CourseError(f"{course.root} is the course itself; name the folder that holds the submissions.")


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(one_line(line))


def _late(results: Iterable[Result], marks: ClassMarks) -> Iterator[str]:
    """A line for each submission of this run that came after its due time."""
    for result in results:
        mark = marks.marks.get((result.student, result.topic))
        if mark and mark.late_by:
            yield (
                f"{result.student}, {result.topic}: handed in {duration(mark.late_by)} late, "
                f"{points(mark.late_penalty)} points taken off."
            )


def _shown(path: Path) -> str:
    """A file's place, from here if it lies below."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _compare_with_marks(course: Course, results: Sequence[Result], asked: str | None) -> None:
    """Hold the sample class to its marks, in the topic that was asked for or in all.

    Raises:
        CourseError: if a mark is not the one written down.
    """
    marks = {key: mark for key, mark in read_marks(course.sample_class).items() if asked in (None, key[1])}
    got = {(result.student, result.topic): result.score for result in results}
    wrong = [
        f"{s} {t}: {got.get((s, t))} instead of {mark:g}" for (s, t), mark in marks.items() if got.get((s, t)) != mark
    ]
    if wrong:
        raise CourseError(f"these marks of the sample class are not the ones in marks.csv: {'; '.join(wrong)}.")
    click.echo(f"Every mark is the one written in {course.settings.folders.sample_class}/{MARKS}.")
