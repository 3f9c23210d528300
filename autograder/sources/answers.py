"""Reads ``answers.py`` beside a topic: wrong answers that students give, and right ones in other styles."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.sources.edits import EditError, edited, is_edit
from autograder.sources.places import Place, read_cells
from autograder.topics import ANSWER_KINDS

FILE = "answers.py"
# What jupytext notes of a cell that has no header.
LAYOUT = {"lines_to_next_cell"}
OPTIONS_OF_WRONG = {"says", "keeps", "hidden_only", "values_right"}


@dataclass(frozen=True)
class Answer:
    """A whole answer to one exercise.

    Attributes:
        name: what tells it from others, such as ``unbiased_variance``.
        exercise: the exercise that it answers.
        text: the code of the cell; of an edit what it makes of its base.
        right: whether it deserves full marks.
        where: its place in the file, for errors.
        says: for a wrong answer, a part of the sentence that the student must be told.
        keeps: for a wrong answer, the points that it still earns.
        hidden_only: for a wrong answer that visible tests let pass, why they do; else empty.
        values_right: for a wrong answer, whether its values are right on all good arguments.
        edits: the answer that it is an edit of; empty if it is one of the solution, or none.
    """

    name: str
    exercise: str
    text: str
    right: bool
    where: Place
    says: str = ""
    keeps: float = 0.0
    hidden_only: str = ""
    values_right: bool = False
    edits: str = ""


def solutions_of(notebook: Any) -> dict[str, str]:
    """By exercise, the answer in a topic's notebook, as a student would have typed it."""
    cells = [cell for cell in notebook.cells if cell.metadata["course"]["kind"] in ANSWER_KINDS]
    return {cell.id: without_markers(cell.source) for cell in cells}


def without_markers(solution: str) -> str:
    """An answer as its author wrote it, without nbgrader's markers and the marking scheme."""
    kept: list[str] = []
    in_scheme = False
    for line in solution.splitlines():
        in_scheme = "BEGIN MARK SCHEME" in line or (in_scheme and "END MARK SCHEME" not in line)
        if not in_scheme and "### BEGIN" not in line and "### END" not in line:
            kept.append(line)
    return "\n".join(kept).strip()


def read_answers(path: Path, solutions: Mapping[str, str], root: Path | None = None) -> list[Answer]:
    """The answers in a topic's ``answers.py``; none if there is no such file.

    Args:
        path: the file.
        solutions: by exercise, the topic's own answer, without markers.
        root: the checkout, for errors to name the file from there on.

    Raises:
        CourseError: if a header lacks what it needs, or an edit does not apply; the text names file and line.
    """
    if not path.is_file():
        return []
    written = [
        _written(cell.metadata, cell.source, place)
        for cell, place in read_cells(path, root, preamble=True)
        if cell.cell_type == "code" and set(cell.metadata) - LAYOUT
    ]
    for number, answer in enumerate(written):
        if answer.exercise not in solutions:
            raise CourseError(f"{answer.where}: the topic has no exercise {answer.exercise!r}.")
        if _named(answer.name, answer.exercise, written[:number]):
            raise CourseError(f"{answer.where}: {answer.exercise!r} has an answer named {answer.name!r} already.")
    return [_whole(answer, written, solutions, ()) for answer in written]


def _written(header: Mapping[str, Any], text: str, where: Place) -> Answer:
    """An answer as it stands in the file, an edit not yet applied."""
    options = {key: value for key, value in header.items() if key not in LAYOUT}
    wrong, right = str(options.pop("wrong", "")), str(options.pop("right", ""))
    exercise, of = str(options.pop("exercise", "")), str(options.pop("of", ""))
    if bool(wrong) == bool(right) or not exercise:
        raise CourseError(f'{where}: an answer needs exercise="…", and either wrong="…" or right="…".')
    if of and not is_edit(text):
        raise CourseError(f"{where}: with of={of!r} the cell must be an edit, with lines such as `# - old`, `# + new`.")
    answer = Answer(wrong or right, exercise, text, right=bool(right), where=where, edits=of)
    if right and options:
        raise CourseError(f"{where}: a right answer takes no {min(options)!r}.")
    return replace(answer, **_of_wrong(options, where)) if wrong else answer


def _of_wrong(options: Mapping[str, Any], where: Place) -> dict[str, Any]:
    """What the header of a wrong answer says about it."""
    if unknown := sorted(set(options) - OPTIONS_OF_WRONG):
        raise CourseError(f"{where}: a wrong answer takes {', '.join(sorted(OPTIONS_OF_WRONG))}, not {unknown[0]!r}.")
    if not options.get("says"):
        raise CourseError(f'{where}: a wrong answer needs says="…", words of the sentence that the student is told.')
    keeps = options.get("keeps", 0)
    if isinstance(keeps, bool) or not isinstance(keeps, int | float):
        raise CourseError(f"{where}: keeps=N is a number of points, not {keeps!r}.")
    if len(str(options.get("hidden_only", "a reason"))) < len("a reason"):
        raise CourseError(f'{where}: hidden_only="…" says why visible tests cannot catch this answer.')
    if options.get("values_right", "true") != "true":
        raise CourseError(f'{where}: values_right is "true", or left out.')
    return {
        "says": str(options["says"]),
        "keeps": float(keeps),
        "hidden_only": str(options.get("hidden_only", "")),
        "values_right": "values_right" in options,
    }


def _whole(answer: Answer, all_: Sequence[Answer], solutions: Mapping[str, str], above: tuple[str, ...]) -> Answer:
    """The answer with its edits applied.

    Args:
        above: the edits that led here, for noticing a circle.
    """
    if not is_edit(answer.text):
        return answer
    if answer.name in above:
        circle = " of ".join(map(repr, (*above, answer.name)))
        raise CourseError(f"{answer.where}: the edits go in a circle: {circle}.")
    base, base_name = solutions[answer.exercise], f"the solution of {answer.exercise!r}"
    if answer.edits:
        other = _named(answer.edits, answer.exercise, all_)
        if not other:
            raise CourseError(f"{answer.where}: {answer.exercise!r} has no answer named {answer.edits!r}.")
        base = _whole(other, all_, solutions, (*above, answer.name)).text
        base_name = f"the answer {answer.edits!r}"
    try:
        text = edited(base, answer.text, base_name)
        ast.parse(text)
    except EditError as error:
        raise CourseError(f"{answer.where.line(error.line)}: {error}") from None
    except SyntaxError as error:
        raise CourseError(f"{answer.where}: what the edit gives is not Python: {error.msg}.") from None
    return replace(answer, text=text)


def _named(name: str, exercise: str, answers: Sequence[Answer]) -> Answer | None:
    return next((answer for answer in answers if (answer.name, answer.exercise) == (name, exercise)), None)
