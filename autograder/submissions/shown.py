"""What a student's page shows of a submission: little enough to be kept, so that the page can be made again later."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from autograder.submissions.align import Alignment
from autograder.submissions.cells import parse
from autograder.submissions.compare import explanation
from autograder.submissions.pictures import referred_to
from autograder.text import shortened, visible
from autograder.topics import Cell, CellKind, Topic

ANSWER_LIMIT = 20_000


@dataclass(frozen=True)
class ShownFile:
    """A file that was handed in beside the notebook.

    Attributes:
        size: bytes.
        text: the text of a module of Python; None for other files.
    """

    path: str
    size: int
    text: str | None


@dataclass(frozen=True)
class Shown:
    """What the page shows, its text made safe to show and cut to what a reader will read.

    Attributes:
        readable: whether there was a notebook to read.
        answers: the student's texts, by exercise; where there is nothing but white space, there is none.
        pictures: the pictures that these texts show, by name: for each its data in base64 by its kind.
        files: what was handed in beside the notebook.
        left_out: sentences on files that were left out.
        predictions: what the student expected of experiments, by the prediction's name.
    """

    readable: bool = True
    answers: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    files: tuple[ShownFile, ...] = ()
    left_out: tuple[str, ...] = ()
    predictions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, topic: Topic, alignment: Alignment | None) -> Shown:
        """What to show of the student's cells beside the topic's; None if there was no notebook to read."""
        if alignment is None:
            return cls(readable=False)
        texts = ((exercise.id, _answer(exercise.answer, alignment)) for exercise in topic.exercises)
        answers = {id: _cut(text) for id, text in texts if text.strip()}
        return cls(
            answers=answers,
            pictures=referred_to("\n".join(answers.values()), alignment.pictures),
            files=tuple(
                ShownFile(visible(file.path), len(file.content), _cut(file.text) if file.is_code else None)
                for file in alignment.files
            ),
            left_out=tuple(visible(sentence) for sentence in alignment.left_out),
            predictions={name: _cut(text) for name, text in _predictions(alignment)},
        )

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Shown:
        """What ``dataclasses.asdict`` made fields of, perhaps by way of JSON."""
        files, left_out = tuple(ShownFile(**file) for file in fields["files"]), tuple(fields["left_out"])
        return cls(**{**fields, "files": files, "left_out": left_out})


def _answer(cell: Cell, alignment: Alignment) -> str:
    """The student's text for an answer; of a quiz, without what explains it."""
    text, below = alignment.answer(cell.id) or "", explanation(cell)
    return text.rstrip().removesuffix(below) if below else text


def _predictions(alignment: Alignment) -> Iterator[tuple[str, str]]:
    for aligned in alignment.cells:
        if aligned.cell is not None and aligned.cell.kind is CellKind.PREDICTION:
            name, tree = aligned.cell.id, parse(aligned.source)
            values = [each.value for each in (tree.body if tree else []) if _assigns(each, name)]
            said = "".join(str(getattr(value, "value", "")) for value in values[-1:])
            if said.strip():
                yield name, said


def _assigns(statement: ast.stmt, name: str) -> TypeGuard[ast.Assign]:
    return isinstance(statement, ast.Assign) and [getattr(each, "id", "") for each in statement.targets] == [name]


def _cut(text: str) -> str:
    return shortened(visible(text).strip("\n"), ANSWER_LIMIT)
