"""What a student's page shows of a submission: little enough to be kept, so that the page can be made again later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.submissions.align import Alignment
from autograder.submissions.pictures import referred_to
from autograder.text import shortened, visible
from autograder.topics import Topic

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
    """

    readable: bool = True
    answers: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    files: tuple[ShownFile, ...] = ()
    left_out: tuple[str, ...] = ()

    @classmethod
    def of(cls, topic: Topic, alignment: Alignment | None) -> Shown:
        """What to show of the student's cells beside the topic's; None if there was no notebook to read."""
        if alignment is None:
            return cls(readable=False)
        texts = ((exercise.id, alignment.answer(exercise.id)) for exercise in topic.exercises)
        answers = {id: _cut(text) for id, text in texts if text is not None and text.strip()}
        return cls(
            answers=answers,
            pictures=referred_to("\n".join(answers.values()), alignment.pictures),
            files=tuple(
                ShownFile(visible(file.path), len(file.content), _cut(file.text) if file.is_code else None)
                for file in alignment.files
            ),
            left_out=tuple(visible(sentence) for sentence in alignment.left_out),
        )

    @classmethod
    def from_fields(cls, fields: Mapping[str, Any]) -> Shown:
        """What ``dataclasses.asdict`` made fields of, perhaps by way of JSON."""
        files, left_out = tuple(ShownFile(**file) for file in fields["files"]), tuple(fields["left_out"])
        return cls(**{**fields, "files": files, "left_out": left_out})


def _cut(text: str) -> str:
    return shortened(visible(text).strip("\n"), ANSWER_LIMIT)
