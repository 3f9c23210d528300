"""How long each grader takes on the same submissions, in turns on one machine."""

from __future__ import annotations

import resource
import shutil
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import nbformat
from rich.console import Console
from rich.progress import Progress

from autograder.course import Course
from autograder.sample_class.made import made_submissions
from comparison.assignment import Assignment, Submissions, course_assignment, without_experiments
from comparison.graders import Grader, Here, NbGrader, Otter
from comparison.graders.base import ROOT
from comparison.machine import machine, releases
from comparison.own_time import own_seconds
from comparison.tables import Table

FIRST = NbGrader()
HERE = Here()
GRADERS: tuple[Grader, ...] = (FIRST, Otter(), HERE)
KINDS = ("complete", "half-done", "plausible-mistakes")
# A class of it shows what a run costs before it comes to a submission.
UNREADABLE = {"unreadable": b"{"}


@dataclass(frozen=True)
class Homework:
    """An assignment and what was handed in."""

    name: str
    assignment: Assignment
    submissions: Submissions

    def without_experiments(self) -> Homework:
        """The same without the cells that decide no mark."""
        submissions = {
            student: nbformat.writes(without_experiments(nbformat.reads(content.decode(), as_version=4))).encode()
            for student, content in self.submissions.items()
        }
        return Homework("removed", self.assignment.without_experiments(), submissions)


@dataclass(frozen=True)
class Time:
    """Seconds that something took: by the clock, and of all its processes on the processor."""

    clock: float
    cpu: float

    def __truediv__(self, parts: int) -> Time:
        return Time(self.clock / parts, self.cpu / parts)


@dataclass
class Task:
    """A class that one grader grades once in every round.

    Attributes:
        folder: a course that is set up for it.
        jobs: how many submissions at a time.
        times: of the whole class, by round.
        marks: what it gave in the last round.
    """

    grader: Grader
    homework: Homework
    folder: Path
    jobs: int = 1
    times: list[Time] = field(default_factory=list)
    marks: dict[str, float | None] = field(default_factory=dict)

    def run(self) -> None:
        """Grade a fresh copy of the class."""
        assignment, students = self.homework.assignment, list(self.homework.submissions)
        with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
            folder = Path(place, "course")
            shutil.copytree(self.folder, folder)
            self.grader.hand_in(folder, assignment, self.homework.submissions)
            commands = self.grader.commands(assignment, students, self.jobs)
            cpu, clock = _children_cpu(), time.perf_counter()
            with ThreadPoolExecutor(self.jobs) as pool:
                list(pool.map(lambda command: self.grader.call(folder, command), commands))
            self.times.append(Time(time.perf_counter() - clock, _children_cpu() - cpu))
            self.marks = self.grader.marks(folder, assignment, students)

    @property
    def each(self) -> list[Time]:
        """The time per submission, by round."""
        return [whole / len(self.homework.submissions) for whole in self.times]


def measure(topic: str, size: int, rounds: int, jobs: int, console: Console) -> list[Table]:
    """Have each grader grade the same class in turns, several times.

    Args:
        topic: the assignment.
        size: how many submissions.
        rounds: how many turns each takes.
        jobs: how many submissions at a time, where it is not one.

    Raises:
        CourseError: if there is no such assignment, or a grader cannot set it up.
    """
    course = Course(ROOT)
    handed_in = _homework(course, course.topic_named(topic), size)
    about = [machine(), releases(), f"A class of {size} submissions of {handed_in.assignment.name}, {rounds} rounds."]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        tasks = _tasks(Path(place), [handed_in, handed_in.without_experiments()], jobs)
        starts = _start_tasks(tasks)
        every = [*tasks, *starts.values()]
        with Progress(console=console, transient=True) as progress:
            bar = progress.add_task("grading", total=rounds * len(every))
            for task in every * rounds:
                task.run()
                progress.advance(bar)
    return [_speed(tasks, about), _added(tasks, starts), _marks(tasks)]


def _homework(course: Course, topic: str, size: int) -> Homework:
    """Copies of submissions of the sample class, each kind in turn."""
    assignment = course_assignment(course, topic)
    kinds = [KINDS[number % len(KINDS)] for number in range(size)]
    contents = {kind: (made_submissions(course) / kind / topic / assignment.file).read_bytes() for kind in KINDS}
    submissions = {f"{number:02}-{kind}": contents[kind] for number, kind in enumerate(kinds, 1)}
    return Homework("in place", assignment, submissions)


def _tasks(place: Path, homeworks: Sequence[Homework], jobs: int) -> list[Task]:
    """What is measured, graders in turns."""
    tasks = []
    for homework in homeworks:
        for grader in GRADERS:
            folder = place / homework.name / grader.name
            folder.mkdir(parents=True)
            grader.set_up(folder, homework.assignment)
            tasks.append(Task(grader, homework, folder))
    return tasks + [Task(t.grader, t.homework, t.folder, jobs) for t in tasks if t.grader.parallel and jobs > 1]


def _start_tasks(tasks: Sequence[Task]) -> dict[str, Task]:
    """By grader, a class that shows what a run costs by itself; none for one that runs anew for each submission."""
    by_grader = {task.grader.name: task for task in tasks if task.grader.together}
    return {
        name: Task(task.grader, Homework("", task.homework.assignment, UNREADABLE), task.folder)
        for name, task in by_grader.items()
    }


def _children_cpu() -> float:
    """Seconds that ended children of this process, and theirs, spent on the processor."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _speed(tasks: Sequence[Task], notes: list[str]) -> Table:
    base = {t.homework.name: t for t in tasks if t.grader is FIRST}
    table = Table(
        "Seconds per submission: median (range)",
        ["grader", "experiments", "at a time", "by the clock", "of processor time", f"throughput, {FIRST.name} = 1"],
        notes=notes,
    )
    for task in tasks:
        pairs = zip(base[task.homework.name].each, task.each, strict=True)
        table.rows.append(
            [
                task.grader.name,
                _experiments(task),
                str(task.jobs),
                _spread([each.clock for each in task.each]),
                _spread([each.cpu for each in task.each]),
                _spread([theirs.clock / ours.clock for theirs, ours in pairs]),
            ]
        )
    return table


def _experiments(task: Task) -> str:
    if task.homework.name == "removed":
        return "removed"
    return "skipped" if task.grader is HERE else "run"


def _added(tasks: Sequence[Task], starts: dict[str, Task]) -> Table:
    """What a submission adds, one at a time: its time, less its share of the run's start and its own cells' time."""
    homeworks = {task.homework.name: task.homework for task in tasks}
    own = {name: own_seconds(each.assignment, each.submissions) for name, each in homeworks.items()}
    table = Table(
        "Seconds that a submission adds beyond its own cells and tests, one at a time",
        ["grader", "experiments", "start of a run", "cells and tests", "added, by the clock", "added, processor time"],
        notes=[
            "The start of a run is paid once for a class; otter-grader starts anew for each submission.",
            "Cells and tests: processor time of those that the grader has to run, in one warm process.",
        ],
    )
    for task in tasks:
        if task.jobs == 1:
            cells = own["removed" if task.grader is HERE else task.homework.name]
            start = _median(starts[task.grader.name].times) if task.grader.together else Time(0, 0)
            whole, share = _median(task.each), start / len(task.homework.submissions)
            table.rows.append(
                [
                    task.grader.name,
                    _experiments(task),
                    f"{start.clock:.2f}" if task.grader.together else "with each",
                    f"{cells:.2f}",
                    f"{whole.clock - share.clock - cells:.2f}",
                    f"{whole.cpu - share.cpu - cells:.2f}",
                ]
            )
    return table


def _marks(tasks: Sequence[Task]) -> Table:
    """What each gave to the submissions as they were handed in; all should agree."""
    first = [task for task in tasks if task.homework is tasks[0].homework and task.jobs == 1]
    table = Table("Marks given", ["submission", *(task.grader.name for task in first)])
    for student in list(tasks[0].homework.submissions)[: len(KINDS)]:
        marks = [task.marks[student] for task in first]
        table.rows.append([student, *("none" if mark is None else f"{mark:g}" for mark in marks)])
    return table


def _median(times: Sequence[Time]) -> Time:
    return Time(median(each.clock for each in times), median(each.cpu for each in times))


def _spread(values: Sequence[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f}–{max(values):.2f})"
