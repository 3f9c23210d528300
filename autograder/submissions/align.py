"""A student's cells beside the cells of the topic that they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nbformat import NotebookNode

from autograder.submissions.answers import Answers, find_answers
from autograder.submissions.beside import FileBeside
from autograder.submissions.changes import changes
from autograder.submissions.compare import says_anything
from autograder.submissions.matching import Match, own_cells
from autograder.topics import Cell, Topic


@dataclass(frozen=True)
class AlignedCell:
    """One of the student's cells.

    Attributes:
        cell: the topic's cell that it is; None for a cell of the student's own.
        source: the student's text.
        cell_type: ``code``, ``markdown`` or ``raw``; a copy of an answer that does not count is ``raw``.
    """

    cell: Cell | None
    source: str
    cell_type: str


@dataclass(frozen=True)
class Alignment:
    """A student's cells, in the student's order.

    Every answer and every given cell stands there once at most; a test may stand there several times, or not at all.

    Attributes:
        problems: what was changed in cells that are not the student's to write, and what is unusual about the answers;
            one sentence each, for the instructor.
        python: the version of Python that the notebook says it was written with, such as ``3.12.4``; else empty.
        files: what was handed in beside the notebook.
        left_out: sentences on files that were left out.
        pictures: the pictures that the student's texts show, by the names that they call them by: for each its data in
            base64 by its kind, such as ``image/png``.
    """

    cells: tuple[AlignedCell, ...]
    problems: tuple[str, ...] = ()
    python: str = ""
    files: tuple[FileBeside, ...] = ()
    left_out: tuple[str, ...] = ()
    pictures: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def answer(self, id: str) -> str | None:
        """The student's text for an answer cell; None if there is none."""
        return next((one.source for one in self.cells if one.cell and one.cell.is_answer and one.cell.id == id), None)


def align(
    topic: Topic,
    released: Topic,
    notebook: NotebookNode,
    files: Sequence[FileBeside] = (),
    left_out: Sequence[str] = (),
) -> Alignment:
    """Put the cells of a student's notebook beside those of the topic.

    Args:
        topic: the topic as its author wrote it; its cells are what the student's are aligned to.
        released: the topic as students got it; its texts are what the student's are compared with.
        notebook: the student's notebook, as `read_notebook` returns it.
        files: what was handed in beside it; answers may be imported from there.
        left_out: sentences on files that were left out.
    """
    match = Match(topic, released, own_cells(notebook), files)
    answers = find_answers(match)
    return Alignment(
        cells=tuple(_aligned(match, answers)),
        problems=(*changes(match), *answers.problems),
        python=notebook.metadata.get("language_info", {}).get("version", ""),
        files=tuple(files),
        left_out=tuple(left_out),
        pictures={name: dict(held) for cell in notebook.cells for name, held in cell.get("attachments", {}).items()},
    )


def _aligned(match: Match, answers: Answers) -> Iterator[AlignedCell]:
    for index in range(len(match.own)):
        found = [AlignedCell(cell, text, cell.cell_type) for cell, text in answers.at.get(index, [])]
        claim = match.topic.by_id.get(match.claims[index])
        is_answer_itself = any(claim is None or one.cell is claim for one in found)
        if index not in answers.absorbed and not is_answer_itself:
            yield from _not_answer(match, index, claim, unused=index in answers.unused)
        yield from found


def _not_answer(match: Match, index: int, claim: Cell | None, unused: bool) -> Iterator[AlignedCell]:
    own = match.own[index]
    if unused:
        yield AlignedCell(None, own.source, "raw")
    elif claim is None or claim.is_answer:
        yield AlignedCell(None, own.source, own.cell_type)
    elif claim.is_test:
        if not says_anything(match.text(claim) or "") and says_anything(own.source):
            # Where hidden tests will stand, students see an empty cell; what they write there is their own.
            yield AlignedCell(None, own.source, own.cell_type)
        yield AlignedCell(claim, own.source, own.cell_type)
    elif index == match.places[claim.id][0]:
        window = match.split(claim)
        yield AlignedCell(claim, match.joined(window) if window else own.source, own.cell_type)
    elif own.cell_type != "code":
        yield AlignedCell(None, own.source, own.cell_type)
