"""What an exercise is called where its name alone says too little: for people who do not know functions by heart."""

from __future__ import annotations

import re
from collections.abc import Mapping

from autograder.topics import CellKind, Topic

LONGEST = 60
HEADING = re.compile(r"^(#{1,6}) +(.+?) *#*$", re.MULTILINE)
# "Exercise: `layer_norm` (2 points)" says no more than the name; the section around it does.
ANNOUNCEMENT = re.compile(r"(?i)exercises?\b")
FENCED = re.compile(r"^(```|~~~).*?(^\1|\Z)", re.MULTILINE | re.DOTALL)
MARKS = re.compile(r"\*\*|__|(?<![\w*])\*|\*(?![\w*])|[`$]|^> ?", re.MULTILINE)


def titles(topic: Topic) -> Mapping[str, str]:
    """A few words on each exercise, by its id; empty where the notebook has none.

    An exercise is called as the nearest heading above it, leaving out the notebook's title and headings that only
    announce an exercise. A question is called by its first words.
    """
    found: dict[str, str] = {}
    section = before = ""
    for cell in topic.cells:
        if cell.kind is CellKind.PROSE:
            before = FENCED.sub("", cell.source)
            for level, heading in HEADING.findall(before):
                if len(level) == 1:
                    section = ""
                elif not ANNOUNCEMENT.match(heading):
                    section = heading
        elif cell.kind is CellKind.EXERCISE:
            found[cell.id] = _short(section)
        elif cell.is_answer:
            found[cell.id] = _short(HEADING.sub("", before))
    return found


def _short(markdown: str) -> str:
    """The first words of a text, up to a list; its marks are left out."""
    first, *_ = re.split(r"^[-*] ", markdown.lstrip(), maxsplit=1, flags=re.MULTILINE)
    text = " ".join(MARKS.sub("", first).split())
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST].rsplit(' ', 1)[0].rstrip(',;:')} …"
