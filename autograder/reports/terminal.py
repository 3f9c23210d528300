"""What grading prints: progress while it works, the table of marks, and a last line that says what needs a look."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from autograder.reports.marks import Mark
from autograder.text import amount, one_line, points, some
from autograder.verdicts.model import Result, Status

PLAIN_WIDTH = 160
PROBLEMS_SHOWN = 5
# What a status is called, and its colour.
WORDS = {
    Status.WRONG: ("wrong", "red"),
    Status.CRASHED: ("crashed", "red"),
    Status.TIMED_OUT: ("timed out", "yellow"),
    Status.NOT_ATTEMPTED: ("not attempted", "dim"),
    Status.NEEDS_MANUAL_GRADING: ("to grade by hand", "cyan"),
}


def console(*, stderr: bool = False) -> Console:
    """A console that is plain and wide where its output is not a terminal."""
    made = Console(stderr=stderr, highlight=False, soft_wrap=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=PLAIN_WIDTH)


@contextmanager
def progress(total: int, out: Console) -> Iterator[Callable[[Result], None]]:
    """A progress bar over submissions; a line for each where there is no terminal.

    Yields:
        A function to call with each result as it comes.
    """
    if not out.is_terminal:
        yield _line_per_result(total, out)
        return
    last = TextColumn("{task.fields[last]}", markup=False)
    columns = (TextColumn("Grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), last)
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("grading", total=total, last="")
        yield lambda result: bar.update(task, advance=1, last=one_line(result.student))


def print_marks(results: Sequence[Result], marks: Mapping[tuple[str, str], Mark], out: Console) -> None:
    """Print the table of marks, what is unusual about submissions, and the last line.

    Args:
        results: the verdicts.
        marks: what the gradebook says, by student and topic.
        out: where to print.
    """
    ordered = sorted(results, key=lambda result: (result.student, result.topic))
    out.print(_table(ordered, marks, plain=not out.is_terminal))
    for result in ordered:
        for problem in result.problems:
            out.print(Text(f"{one_line(result.student)}, {one_line(result.topic)}: {one_line(problem)}"))
    out.print(Text(summary(ordered)))


def summary(results: Sequence[Result]) -> str:
    """How many submissions were graded, and which had problems."""
    count = f"{len(results)} submission{'' if len(results) == 1 else 's'} graded"
    names = [f"{one_line(r.student)} {one_line(r.topic)}" for r in results if r.problems]
    if not names:
        return f"{count}; none had problems."
    return f"{count}; {len(names)} had problems ({some(names, PROBLEMS_SHOWN)})."


def _line_per_result(total: int, out: Console) -> Callable[[Result], None]:
    done = 0

    def show(result: Result) -> None:
        nonlocal done
        done += 1
        name = f"{one_line(result.student)}, {one_line(result.topic)}"
        out.print(Text(f"[{done}/{total}] {name}: {amount(result.score, result.max_score)}"))

    return show


def _table(results: Sequence[Result], marks: Mapping[tuple[str, str], Mark], *, plain: bool) -> Table:
    table = Table(box=box.ASCII2 if plain else box.SIMPLE_HEAD, pad_edge=plain)
    table.add_column("student", no_wrap=True, max_width=32)
    table.add_column("topic", no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("result", overflow="fold", ratio=1)
    table.add_column("problems", justify="right")
    for result in results:
        mark = marks.get((result.student, result.topic))
        table.add_row(
            Text(one_line(result.student)),
            Text(one_line(result.topic)),
            Text(f"{points(mark.total if mark else result.score)}/{points(result.max_score)}"),
            _outcome(result),
            Text(str(len(result.problems)) if result.problems else ""),
        )
    return table


def _outcome(result: Result) -> Text:
    """What is wrong, by kind; "all passed" where nothing is."""
    parts: list[Text] = []
    if result.problems and all(exercise.message == result.problems[-1] for exercise in result.exercises):
        return Text("nothing to grade", style="red")
    for status, (word, style) in WORDS.items():
        names = [one_line(exercise.id) for exercise in result.exercises if exercise.status is status]
        if len(names) == len(result.exercises) > 1:
            everything = "nothing attempted" if status is Status.NOT_ATTEMPTED else f"all {word}"
            return Text(everything, style=style)
        if names:
            parts.append(Text.assemble((f"{word}: ", style), ", ".join(names)))
    if all(e.status in (Status.PASSED, Status.NEEDS_MANUAL_GRADING) for e in result.exercises):
        parts.insert(0, Text("all passed", style="green"))
    return Text("; ").join(parts)
