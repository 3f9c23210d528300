"""Which topic's notebook is it?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from nbformat import NotebookNode

from autograder.submissions.compare import has_substance
from autograder.submissions.definitions import Definitions
from autograder.topics import Cell, CellKind, Topic

_DEFINITION = re.compile(r"^(?:def|class) +(\w+)", re.MULTILINE)
_WORD = re.compile(r"[^\W\d]\w*")
_ENOUGH_IDS = 0.2


def grade_id(cell: NotebookNode) -> str:
    """The id that nbgrader knows a cell by; empty if it has none."""
    stated = cell.metadata.get("nbgrader", {}).get("grade_id")
    return stated if isinstance(stated, str) else ""


def recognized(notebook: NotebookNode, topics: Sequence[Topic]) -> Topic | None:
    """The topic that a student's notebook belongs to.

    It is told by the topic that the notebook's metadata names, then by the share of a topic's cell ids that are found,
    then by the exercises that are defined, or that code speaks of; None if nothing tells.
    """
    stated = notebook.metadata.get("course", {}).get("topic")
    by_name = next((topic for topic in topics if topic.name == stated), None)
    return by_name or _by_ids(notebook, topics) or _by_exercises(notebook, topics)


def _by_ids(notebook: NotebookNode, topics: Sequence[Topic]) -> Topic | None:
    found = {cell.id for cell in notebook.cells} | {grade_id(cell) for cell in notebook.cells}
    shares = [len(found & topic.by_id.keys()) / max(1, len(topic.cells)) for topic in topics]
    return _single_best(topics, shares, _ENOUGH_IDS)


def _by_exercises(notebook: NotebookNode, topics: Sequence[Topic]) -> Topic | None:
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    for pattern in (_DEFINITION, _WORD):
        names = {name for source in code for name in pattern.findall(source)}
        shares = [
            sum(exercise.id in names for exercise in topic.exercises if exercise.answer.kind is CellKind.EXERCISE)
            for topic in topics
        ]
        if topic := _single_best(topics, shares, 1):
            return topic
    return None


def _single_best(topics: Sequence[Topic], scores: Sequence[float], enough: float) -> Topic | None:
    best = max(scores, default=0.0)
    if best < enough or list(scores).count(best) > 1:
        return None
    return topics[list(scores).index(best)]


def answered(notebook: NotebookNode, topic: Topic) -> int:
    """How many of the topic's answers say anything: in cells that have their ids, or that define them.

    Args:
        topic: the topic as students got it.
    """
    definitions = Definitions([cell.source for cell in notebook.cells], {topic.package: ()})
    names = [{grade_id(cell), cell.id} for cell in notebook.cells]
    own = [
        index
        for index, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and names[index].isdisjoint(topic.by_id)
    ]

    def places(answer: Cell) -> Iterator[int]:
        yield from (index for index, ids in enumerate(names) if answer.id in ids)
        yield from (index for index in own if definitions.bind(index, answer.id))

    return sum(
        any(has_substance(exercise.answer, notebook.cells[index].source) for index in places(exercise.answer))
        for exercise in topic.exercises
    )
