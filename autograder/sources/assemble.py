"""Makes the notebook of a topic from its source cells: nbgrader's metadata, tags, stable ids. Nothing is run here."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import replace
from itertools import chain, count
from typing import Any, NamedTuple

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.errors import CourseError
from autograder.sources.parse import SourceCell
from autograder.sources.places import Place
from autograder.sources.questions import Question, parse_question
from autograder.submissions.bindings import bound_names
from autograder.submissions.cells import parse
from autograder.topics import TEST_KINDS, CellKind

KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
TAGGED_KINDS = (CellKind.EXPERIMENT, CellKind.PREDICTION, CellKind.EXERCISE, CellKind.QUIZ, *TEST_KINDS)
REGION = re.compile(r"### BEGIN (SOLUTION|MARK SCHEME)")
# What nbgrader takes for the edge of a region, whatever stands around it.
EDGE = re.compile(r"(BEGIN|END) (SOLUTION|MARK SCHEME|HIDDEN TESTS)")
# Lines that the build puts above a hidden test.
ABOVE_HIDDEN_TEST = 2
# What a heading says an exercise is worth, as in "### Exercise: `softmax` (3 points, about 10 minutes)".
STATED_POINTS = re.compile(r"`(\w+)` \((\d+(?:\.\d+)?) points?\b")
REGIONS = {CellKind.EXERCISE: {"SOLUTION"}, CellKind.WRITTEN: {"SOLUTION", "MARK SCHEME"}}


class Assembled(NamedTuple):
    """A topic's notebook, without outputs.

    Attributes:
        notebook: the notebook.
        questions: the topic's quiz questions.
        places: by a cell's id where its author wrote it.
    """

    notebook: nbformat.NotebookNode
    questions: list[Question]
    places: dict[str, Place]


def assemble(topic: str, source: list[SourceCell]) -> Assembled:
    """Make a topic's notebook, without outputs.

    Args:
        topic: the topic's name, such as ``01-normalization``.
        source: the author's cells.

    Raises:
        CourseError: if the cells do not fit together (a test without exercise, a name used twice).
    """
    cells: list[Any] = []
    questions: list[Question] = []
    places: list[Place] = []
    counts: Counter[str] = Counter()
    for source_cell in source:
        if source_cell.kind is CellKind.QUIZ:
            questions.append(parse_question(source_cell))
            cells += _quiz_cells(topic, source_cell, questions[-1])
        elif source_cell.kind is CellKind.WRITTEN:
            cells += _written_cells(source_cell)
        elif source_cell.kind in (CellKind.TEST, CellKind.HIDDEN_TEST):
            cells.append(_test_cell(source_cell, counts))
        else:
            cells.append(_plain_cell(source_cell))
        places += [_place(source_cell)] * (len(cells) - len(places))
    _name_unnamed(cells)
    _check(source, cells, places)
    notebook = new_notebook(cells=cells, metadata={**KERNEL, "course": {"topic": topic}})
    notebook.nbformat_minor = 5
    return Assembled(notebook, questions, {cell.id: place for cell, place in zip(cells, places, strict=True)})


def _place(source: SourceCell) -> Place:
    """Where the text of the cells is found that a source cell gives."""
    if source.kind in (CellKind.QUIZ, CellKind.WRITTEN):
        return replace(source.where, added=None)
    return replace(source.where, added=ABOVE_HIDDEN_TEST) if source.kind is CellKind.HIDDEN_TEST else source.where


def _plain_cell(source: SourceCell) -> Any:
    if source.kind is CellKind.PROSE:
        return _cell("", CellKind.PROSE, source.text, markdown=True)
    if source.kind is CellKind.EXERCISE:
        course: dict[str, Any] = {"exercise": source.name}
        if forbids := str(source.options.get("forbids", "")).split():
            course["forbids"] = forbids
        return _cell(source.name, source.kind, source.text, course, nbgrader={"solution": True})
    stated: dict[str, Any] = {"needed": True} if source.options.get("needed") else {}
    if uses := _used(source):
        stated["uses"] = uses
    cell = _cell(source.name, source.kind, source.text, stated)
    if alt := source.options.get("alt"):
        cell.metadata["mystnb"] = {"image": {"alt": alt}}
    if source.options.get("folded"):
        # JupyterLab and Notebook read the first, Colab the second, the book and nbconvert the tag.
        cell.metadata["jupyter"] = {"source_hidden": True}
        cell.metadata["cellView"] = "form"
        cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input"]
    return cell


def _used(source: SourceCell) -> list[str]:
    """The answers that a demonstration calls."""
    return str(source.options.get("uses", "")).split()


def _test_cell(source: SourceCell, counts: Counter[str]) -> Any:
    hidden = source.kind is CellKind.HIDDEN_TEST
    stem = f"{'hidden' if hidden else 'test'}_{source.name}"
    counts[stem] += 1
    name = stem if counts[stem] == 1 else f"{stem}_{counts[stem]}"
    course: dict[str, Any] = {"exercise": source.name}
    if seconds := source.options.get("seconds"):
        course["seconds"] = seconds
    if source.options.get("feedback") == "withheld":
        course["feedback"] = "withheld"
    points = source.options["points"]
    text = _hidden_text(source.name, points, source.text) if hidden else source.text
    return _cell(name, source.kind, text, course, nbgrader={"grade": True, "locked": True, "points": points})


def _hidden_text(exercise: str, points: float, text: str) -> str:
    amount = "1 point" if points == 1 else f"{points} points"
    note = f"# Hidden tests of {exercise} ({amount}) run here when your work is graded."
    return f"{note}\n### BEGIN HIDDEN TESTS\n{text}\n### END HIDDEN TESTS"


def _quiz_cells(topic: str, source: SourceCell, question: Question) -> list[Any]:
    name = source.name
    explain = f'explain("{topic}", "{name}", {name})'
    answer = f'### BEGIN SOLUTION\n{name} = "{question.right}"\n### END SOLUTION\n{explain}'
    stub = f'{name} = ""  # {question.letters}\n{explain}'
    call = f'expect_answer("{topic}", "{name}", {name}, right="{question.right}")'
    check = f"from coursekit.quiz import expect_answer\n\n{call}"
    return [
        _cell(f"question_{name}", CellKind.PROSE, question.prompt, markdown=True),
        _cell(name, CellKind.QUIZ, answer, {"exercise": name, "stub": stub}, nbgrader={"solution": True}),
        _test_cell(replace(source, kind=CellKind.HIDDEN_TEST, text=check), Counter()),
    ]


def _written_cells(source: SourceCell) -> list[Any]:
    start = REGION.search(source.text)
    if not start or "### BEGIN SOLUTION" not in source.text or "### BEGIN MARK SCHEME" not in source.text:
        raise CourseError(f"{source.where}: a written question needs a SOLUTION and a MARK SCHEME region below it.")
    question, answer = source.text[: start.start()].strip(), source.text[start.start() :].strip()
    nbgrader = {"grade": True, "solution": True, "points": source.options["points"]}
    return [
        _cell(f"question_{source.name}", CellKind.PROSE, question, markdown=True),
        _cell(source.name, CellKind.WRITTEN, answer, {"exercise": source.name}, markdown=True, nbgrader=nbgrader),
    ]


def _cell(
    name: str,
    kind: CellKind,
    text: str,
    course: dict[str, Any] | None = None,
    *,
    markdown: bool = False,
    nbgrader: dict[str, Any] | None = None,
) -> Any:
    cell = new_markdown_cell(text) if markdown else new_code_cell(text)
    cell.id = name
    cell.metadata["course"] = {"kind": str(kind), **(course or {})}
    if kind in TAGGED_KINDS:
        cell.metadata["tags"] = [str(kind)]
    if nbgrader is not None:
        cell.metadata["nbgrader"] = {
            "grade": False,
            "grade_id": name,
            "locked": False,
            "schema_version": 3,
            "solution": False,
            "task": False,
            **nbgrader,
        }
    return cell


def _name_unnamed(cells: list[Any]) -> None:
    """Give prose and plain code an id: the heading's words, else the cell before and a count."""
    taken = {cell.id for cell in cells if cell.id}
    previous = "start"
    for cell in cells:
        if not cell.id:
            heading = re.search(r"^#+ (.+)$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else None
            stem = (
                re.sub(r"[^a-z0-9]+", "-", heading[1].lower()).strip("-")[:48] if heading else f"{previous[:48]}-then"
            )
            names = chain([stem or "cell"], (f"{stem or 'cell'}-{number}" for number in count(2)))
            cell.id = next(name for name in names if name not in taken)
            taken.add(cell.id)
        previous = re.sub(r"-then(-\d+)?$", "", cell.id)


def _check(source: list[SourceCell], cells: list[Any], places: list[Place]) -> None:
    exercises = {cell.name: cell for cell in source if cell.kind is CellKind.EXERCISE}
    for cell in source:
        if cell.kind in (CellKind.TEST, CellKind.HIDDEN_TEST) and cell.name not in exercises:
            raise CourseError(f"{cell.where}: there is no exercise named {cell.name!r} for this test.")
        if unknown := [name for name in _used(cell) if name not in exercises]:
            raise CourseError(f"{cell.where}: uses names exercises, and there is none named {unknown[0]!r}.")
        if cell.kind is CellKind.PREDICTION and not _is_prediction(cell):
            raise CourseError(f'{cell.where}: a prediction is one line: {cell.name} = ""  # "a", "b" or "c"')
        _check_regions(cell)
        if cell.kind is CellKind.EXERCISE and "### BEGIN SOLUTION" not in cell.text:
            raise CourseError(f"{cell.where}: exercise {cell.name!r} marks no solution (### BEGIN SOLUTION).")
    tested = {cell.name for cell in source if cell.kind in (CellKind.TEST, CellKind.HIDDEN_TEST)}
    for name, cell in exercises.items():
        if name not in tested:
            raise CourseError(f"{cell.where}: exercise {name!r} has no test, so nobody could earn points for it.")
    _check_stated_points(source)
    _check_bound_names(source)
    taken: dict[str, Place] = {}
    for cell, place in zip(cells, places, strict=True):
        if cell.id in taken:
            raise CourseError(f"{place}: the cell at {taken[cell.id]} is named {cell.id!r}, too; choose another name.")
        taken[cell.id] = place


def _check_stated_points(source: list[SourceCell]) -> None:
    """Refuse a heading that promises other points than the tests of its exercise give."""
    points: Counter[str] = Counter()
    for cell in source:
        if cell.kind in (CellKind.TEST, CellKind.HIDDEN_TEST):
            points[cell.name] += cell.options["points"]
    for cell in source:
        if cell.kind is not CellKind.PROSE:
            continue
        for number, line in enumerate(cell.text.splitlines(), 1):
            for name, stated in STATED_POINTS.findall(line) if line.startswith("#") else ():
                if name in points and float(stated) != points[name]:
                    reason = f"the heading gives {name} {stated} points, and its tests give {points[name]:g}."
                    raise CourseError(f"{cell.where.line(number)}: {reason}")


def _check_bound_names(source: list[SourceCell]) -> None:
    """Refuse a given cell that binds an answer's name: it would take its place, and grading would have to run it."""
    answers = {cell.name for cell in source if cell.kind in (CellKind.EXERCISE, CellKind.QUIZ)}
    for cell in source:
        if cell.kind not in (CellKind.GIVEN, CellKind.EXPERIMENT):
            continue
        for statement in getattr(parse(cell.text), "body", ()):
            if taken := bound_names(statement) & answers:
                reason = f"this gives another meaning to {min(taken)}, which is an answer; choose another name."
                raise CourseError(f"{cell.where.line(statement.lineno)}: {reason}")


def _is_prediction(cell: SourceCell) -> bool:
    """Whether a cell says nothing but that a text is yet to be written between quotes."""
    blank = ast.dump(ast.parse(f'{cell.name} = ""'))
    return ast.dump(ast.parse(cell.text)) == blank


def _check_regions(cell: SourceCell) -> None:
    """Refuse what nbgrader would stop at: a region that is not closed, or that a cell of this kind cannot have."""
    region, begun = "", 0
    for number, line in enumerate(cell.text.splitlines(), 1):
        for edge, name in EDGE.findall(line):
            if name not in REGIONS.get(cell.kind, ()):
                raise CourseError(f"{cell.where.line(number)}: a cell of kind {cell.kind} has no region {name}.")
            if (edge, name) != (("END", region) if region else ("BEGIN", name)):
                raise CourseError(f"{cell.where.line(number)}: `### {edge} {name}` stands where none belongs.")
            region, begun = (name, number) if edge == "BEGIN" else ("", 0)
    if region:
        raise CourseError(f"{cell.where.line(begun)}: `### END {region}` is missing.")
