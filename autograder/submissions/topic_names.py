"""Names that browsers, Colab and students give to a topic's notebook, and to folders of attempts.

A name that only says which topic it is, or which copy or attempt, is nobody's name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from autograder.submissions.files import stem
from autograder.topics import Topic

# Colab and Google Drive put these in front, in the language of the account; Windows once did the same.
_COPY_OF = re.compile(
    r"(?:(?:copy|kopie|kopia|kopi|copie|copia|cópia)(?: \(?\d+\)?)?[ _-]+(?:of|von|van|av|af|de|di|da)[ _-]+)*"
)
_COPY = r"copy|kopie|kopia|kopi|copie|copia|cópia"
_ATTEMPT = (
    r"final|version|ver|v(?=[ _-]?\d)|rev(?=[ _-]?\d)|draft|backup|old|new|latest|last|first|second|fixed|updated"
)
_STATE = r"finished|done|completed?|solved|solutions?|answers?|submission|submitted|resubmission|abgabe|entwurf|fertig"
# A longer number, with no word before it, may be a student's. What is read once is never read in another way, so that
# long names take no time.
_AFTER = re.compile(
    rf"(?:[\s_.+-]*(?:\(\d{{1,4}}\)|\(?(?:{_COPY}|{_ATTEMPT}|{_STATE})(?:[ _-]?\d{{1,2}}(?!\d))?\)?|(?<!\d)\d(?!\d)))*+"
)
# Words of a folder's name that may carry a number, and words that may not: "submission 7" can be a student.
_NUMBERED = (
    rf"{_COPY}|{_ATTEMPT}|attempts?|try|tries|versuche?|homeworks?|hw|assignments?|exercises?|problem set|ps|pset|labs?"
    r"|hausaufgaben?|übung(?:en)?|aufgaben?|week|chapter|unit|new folder|untitled(?: folder)?"
)
_UNNUMBERED = (
    rf"{_STATE}|work|notebooks?|code|src|source|scripts?|python|archive|previous|original|downloads?"
    r"|desktop|documents|drive|my drive|colab notebooks|uploads?|files?"
)
_NOBODYS = re.compile(
    rf"(?:[\s_.+-]*(?:\(?(?:{_NUMBERED})(?:[ _-]?\d{{1,2}}|[ _-]?\(\d{{1,2}}\))?\)?|(?:{_UNNUMBERED}))(?![^\W_]))+\W*"
)
_LAST_WORD = re.compile(
    rf"[\s_.+-]+(?:\(\d{{1,4}}\)|\(?(?:{_COPY}|{_ATTEMPT}|{_STATE})[ _-]?\d{{0,2}}\)?)$|\(\d{{1,4}}\)$"
)


def topic_named(name: str, topics: Iterable[Topic]) -> Topic | None:
    """The topic whose notebook a name means, as in ``normalization-Copy1`` or ``Copy of normalization (2)``.

    Args:
        name: a file's name without its ending, or a folder's.
        topics: the course's topics.
    """
    folded = _folded(name)
    while folded != (shorter := stem(folded) if folded.endswith(".ipynb") else folded):
        folded = shorter
    start = _COPY_OF.match(folded)
    folded = folded[start.end() :] if start else folded
    for topic in topics:
        for known in (topic.notebook.casefold(), topic.name.casefold()):
            if folded.startswith(known) and _AFTER.fullmatch(folded[len(known) :]):
                return topic
    return None


def is_nobodys(name: str, topics: Iterable[Topic]) -> bool:
    """Whether a folder's name, or a file's without its ending, says what it is but not whose."""
    return bool(_NOBODYS.fullmatch(_folded(name))) or topic_named(name, topics) is not None


def without_attempt(name: str) -> str:
    """A name without what it says at its end about the copy or the attempt: ``alice`` for ``alice_final_v2``."""
    folded = _folded(name)
    while (shorter := _LAST_WORD.sub("", folded)) != folded:
        folded = shorter
    return folded


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold().strip()
