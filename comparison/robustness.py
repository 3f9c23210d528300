"""What each grader gives to the corpus of odd and dishonest submissions, beside what is right."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from autograder.errors import CourseError
from comparison.assignment import Assignment
from comparison.confinement import TIMED_OUT, refusal, run_confined
from comparison.graders import Grader, Here, NbGrader, Otter
from comparison.tables import Table
from tests.robustness.corpus import Case, CaseKind, cases
from tests.robustness.corpus.small_topic import NAME, RELEASED, SOURCE, STEM

HERE = Here()
OTHERS: tuple[Grader, ...] = (NbGrader(), Otter())
ASSIGNMENT = Assignment(NAME, STEM, SOURCE, RELEASED)
STUDENT = "a-case"
# Graded after the case, in the same class.
NEIGHBOUR = "b-neighbour"
HONEST = Case(NEIGHBOUR, CaseKind.NOISY, "Answers everything rightly, and must not suffer from the one before it.")
NOT_RUN = "not run"


@dataclass(frozen=True)
class Outcome:
    """What a grader made of a case.

    Attributes:
        text: for the table.
        right: whether the mark is the one deserved, and the neighbour has theirs.
    """

    text: str
    right: bool = False


Outcomes = dict[tuple[str, str], Outcome]


def select(words: Sequence[str]) -> list[Case]:
    """The cases whose kind or name holds one of the words; all of them without words."""
    return [case for case in cases() if not words or any(word in _key(case) for word in words)]


def compare(chosen: Sequence[Case], seconds: float, jobs: int, console: Console) -> Table:
    """Grade cases with each grader.

    Args:
        seconds: the most that another grader may take for one class of two, after which it is ended.
        jobs: how many classes of the other graders run at a time.
    """
    graders = [grader.name for grader in (*OTHERS, HERE)]
    table = Table("Odd and dishonest submissions", ["kind", "case", "deserved", *graders])
    with tempfile.TemporaryDirectory(prefix="comparison-") as place:
        outcomes = _graded_here(Path(place, "here"), chosen)
        if reason := refusal():
            table.notes.append(reason)
        else:
            outcomes |= _graded_by_peers(Path(place), chosen, seconds, jobs, console)
    for case in chosen:
        given = [outcomes.get((_key(case), grader), Outcome(NOT_RUN)).text for grader in graders]
        table.rows.append([case.kind, case.name, f"{_deserved(case):g}", *given])
    table.notes.append(f"Right: {', '.join(_count(grader, outcomes, len(chosen)) for grader in graders)}.")
    return table


def _graded_here(folder: Path, chosen: Sequence[Case]) -> Outcomes:
    """All cases in one class."""
    folder.mkdir()
    students = {_key(case): case.file() for case in chosen}
    HERE.set_up(folder, ASSIGNMENT)
    HERE.hand_in(folder, ASSIGNMENT, students)
    for command in HERE.commands(ASSIGNMENT, list(students), jobs=os.cpu_count() or 1):
        HERE.call(folder, command)
    marks = HERE.marks(folder, ASSIGNMENT, list(students))
    return {(_key(case), HERE.name): _judged(case, marks[_key(case)]) for case in chosen}


def _graded_by_peers(place: Path, chosen: Sequence[Case], seconds: float, jobs: int, console: Console) -> Outcomes:
    """Each case in a class of its own, with an honest neighbour where one run grades the class."""
    for grader in OTHERS:
        (place / grader.name).mkdir()
        grader.set_up(place / grader.name, ASSIGNMENT)
    outcomes: Outcomes = {}
    with ThreadPoolExecutor(jobs) as pool, Progress(console=console, transient=True) as progress:
        task = progress.add_task("nbgrader and otter-grader", total=len(chosen) * len(OTHERS))
        futures = {
            pool.submit(_graded_by_peer, grader, place / grader.name, case, seconds): (_key(case), grader.name)
            for case in chosen
            for grader in OTHERS
        }
        try:
            for future in as_completed(futures):
                outcomes[futures[future]] = future.result()
                progress.advance(task)
        except KeyboardInterrupt:
            # It takes long: whoever stops it gets what there is.
            pool.shutdown(cancel_futures=True)
    return outcomes


def _graded_by_peer(grader: Grader, course: Path, case: Case, seconds: float) -> Outcome:
    submissions = {STUDENT: case.file(), NEIGHBOUR: HONEST.file()} if grader.together else {STUDENT: case.file()}
    with tempfile.TemporaryDirectory(dir=course.parent) as copy, tempfile.TemporaryDirectory() as results:
        folder = Path(copy, "course")
        shutil.copytree(course, folder)
        grader.hand_in(folder, ASSIGNMENT, submissions)
        commands = grader.commands(ASSIGNMENT, list(submissions), jobs=1)
        try:
            codes = run_confined(grader, folder, commands, seconds, Path(results))
        except CourseError as error:
            return Outcome(f"{NOT_RUN}: {error}")
        marks = grader.marks(Path(results), ASSIGNMENT, list(submissions))
    ended = len(codes) == len(commands) and not set(codes) & set(TIMED_OUT)
    return _judged(case, marks[STUDENT], marks.get(NEIGHBOUR, ASSIGNMENT.points), ended)


def _judged(case: Case, mark: float | None, neighbour: float | None = ASSIGNMENT.points, ended: bool = True) -> Outcome:
    """What to say of a mark, and of the neighbour's where that is not what it should be."""
    said = f"{mark:g}" if mark is not None else "no grade" if ended else "no end, no grade"
    if neighbour is None:
        said += ", class stopped"
    elif neighbour != ASSIGNMENT.points:
        said += f", neighbour {neighbour:g}"
    right = mark == _deserved(case) and neighbour == ASSIGNMENT.points
    return Outcome(f"{'✓' if right else '✗'} {said}", right)


def _deserved(case: Case) -> float:
    return float(sum(case.earned.values()))


def _key(case: Case) -> str:
    return f"{case.kind}-{case.name}"


def _count(grader: str, outcomes: Outcomes, total: int) -> str:
    return f"{grader} {sum(o.right for (_, name), o in outcomes.items() if name == grader)} of {total}"
