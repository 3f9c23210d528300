"""Whether marks depend on how busy the machine is: the sample class's complete submissions, graded in its presence.

Loads are processes of this command's own, and end with it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from autograder.course import Course
from autograder.grading import Grading, open_zygote
from autograder.run import grade_class
from autograder.sample_class.made import made_submissions
from autograder.sample_class.samples import read_marks
from autograder.submissions.collect import collect
from autograder.time_limits import TimeLimits
from comparison.graders.base import ROOT
from comparison.tables import Table
from sandbox.forked import forked

COMPLETE = "complete"
SCARCE_SECONDS = 2.0
MULTIPLY = "import torch\na = torch.randn(600, 600)\nwhile True: a = (a @ a).clamp(-1, 1)"
PERIOD = 100_000


@dataclass(frozen=True)
class Outcome:
    """How a class was graded.

    Attributes:
        marks: by topic.
        problems: what the instructor was told.
        seconds: wall time.
    """

    marks: Mapping[str, float]
    problems: tuple[str, ...]
    seconds: float


def graded(cell: float, jobs: int) -> Outcome:
    """Grade the complete submissions of all topics.

    Args:
        cell: the limit for a cell, in seconds of processor time.
        jobs: submissions at one time.
    """
    course = Course(ROOT)
    pairs = course.pairs()
    submissions = collect([made_submissions(course) / COMPLETE], [pair.released for pair in pairs.values()])
    started = time.monotonic()
    with open_zygote(course) as zygote:
        grading = Grading(zygote, TimeLimits(cell=cell), b"busy")
        results = [one.result for one in grade_class(grading, submissions, pairs, jobs)]
    problems = tuple(problem for result in results for problem in result.problems)
    return Outcome({result.topic: result.score for result in results}, problems, time.monotonic() - started)


def _child(run: Callable[[], object]) -> int:
    """A process that runs a function over and over, and ends with this one."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    _work(run, parent)


def _work(run: Callable[[], object], parent: int) -> NoReturn:
    with contextlib.suppress(BaseException):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        while os.getppid() == parent:
            run()
    os._exit(0)


@contextmanager
def beside(*runs: Callable[[], object]) -> Iterator[None]:
    """While this lasts, each of these runs over and over in a process of its own."""
    pids = [_child(run) for run in runs]
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
        for pid in pids:
            os.waitpid(pid, 0)


def spin() -> None:
    """Keep a core busy for a moment."""
    end = time.monotonic() + 0.1
    while time.monotonic() < end:
        pass


def multiply() -> None:
    """Multiply matrices in a Python of its own, until this process is ended."""
    with subprocess.Popen([sys.executable, "-c", MULTIPLY]) as process:
        try:
            process.wait()
        finally:
            process.kill()


def grade_too() -> None:
    """Another run of the grader."""
    graded(TimeLimits().cell, jobs=2)


@contextmanager
def on_a_part_of_a_core(part: float) -> Iterator[None]:
    """This process and all that it starts have no more than so much of one core.

    Raises:
        OSError: if this user may not make control groups.
    """
    quota = int(part * PERIOD)
    top = Path("/sys/fs/cgroup")
    if (top / "cgroup.controllers").exists():
        group, settings = top / f"busy-{os.getpid()}", {"cpu.max": f"{quota} {PERIOD}"}
    else:
        group = top / "cpu" / f"busy-{os.getpid()}"
        settings = {"cpu.cfs_period_us": str(PERIOD), "cpu.cfs_quota_us": str(quota)}
    before = group.parent / "cgroup.procs"
    group.mkdir()
    try:
        for name, value in settings.items():
            (group / name).write_text(value)
        (group / "cgroup.procs").write_text("0")
        yield
    finally:
        before.write_text("0")
        group.rmdir()


LOADS: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "a quiet machine": contextlib.nullcontext,
    "six busy loops": lambda: beside(*[spin] * 6),
    "eight that multiply matrices, two graders": lambda: beside(*[multiply] * 8, *[grade_too] * 2),
    "half a core": lambda: on_a_part_of_a_core(0.5),
    "a tenth of a core": lambda: on_a_part_of_a_core(0.1),
}


def _under(load: Callable[[], AbstractContextManager[None]], cell: float, jobs: int) -> Outcome:
    def run() -> Outcome:
        with load():
            return graded(cell, jobs)

    return forked(run)


def compare(words: tuple[str, ...], jobs: int, console: Console) -> Table:
    """Grade the class under each load whose name holds one of the words, with the usual limit and with a scarce one."""
    table = Table("Complete submissions of all topics", ("beside", "limit", "marks lost", "problems", "seconds"))
    expected = {
        topic: mark for (student, topic), mark in read_marks(Course(ROOT).sample_class).items() if student == COMPLETE
    }
    for name, load in LOADS.items():
        if words and not any(word in name for word in words):
            continue
        for cell in (TimeLimits().cell, SCARCE_SECONDS):
            console.print(f"{name}, {cell:g} seconds for a cell")
            try:
                outcome = _under(load, cell, jobs)
            except OSError as error:
                table.rows.append((name, f"{cell:g} s", "", f"cannot be tried here: {error}", ""))
                continue
            lost = [
                f"{mark - outcome.marks.get(topic, 0):g} in {topic}"
                for topic, mark in expected.items()
                if outcome.marks.get(topic) != mark
            ]
            table.rows.append(
                (
                    name,
                    f"{cell:g} s",
                    ", ".join(lost) or "none",
                    " ".join(outcome.problems) or "none",
                    f"{outcome.seconds:.0f}",
                )
            )
    return table
