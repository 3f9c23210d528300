"""When a display name is that of somebody on the roster.

Names are compared word by word, capitals aside: ``Wei Li`` and ``Li Wei`` are two people, and so are ``Weiß`` and
``Weiss``. Canvas writes last and first name in one word. Where a whole export turns names round, as some sites do, that
is seen from the others in it.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable

from autograder.students.people import Person
from autograder.submissions.names import Owner, folded
from autograder.submissions.platforms import CANVAS

# So many names turned round in one export are no accident.
_TURNED = 3


def words(name: str) -> tuple[str, ...]:
    """The words of a name, in small letters; ``Doe, Jane`` is ``Jane Doe``."""
    last, comma, first = name.partition(",")
    text = unicodedata.normalize("NFC", f"{first} {last}" if comma else name).lower()
    kept = "".join(one if unicodedata.category(one)[0] in "LMN" else " " for one in text)
    return tuple(kept.split())


def letters(name: str) -> str:
    """A name reduced to letters, marks and digits: alike for names that a person may take for the same."""
    return "".join(one for one in folded(name) if unicodedata.category(one)[0] in "LMN")


class RosterNames:
    """The names of those on a roster, as platforms write them."""

    def __init__(self, roster: Iterable[Person], owners: Iterable[Owner]) -> None:
        """Take the roster, and those who handed in, by whom turned names are seen."""
        self._written: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        self._turned: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        self._canvas: defaultdict[str, list[str]] = defaultdict(list)
        self._alike: defaultdict[str, list[str]] = defaultdict(list)
        for person in roster:
            first, last = words(person.first_name), words(person.last_name)
            if not (first or last):
                continue
            self._written[first + last].append(person.student)
            self._canvas["".join(last + first)].append(person.student)
            if first and last:
                self._turned[last + first].append(person.student)
            for form in {letters(person.name), letters(person.last_name + person.first_name)}:
                self._alike[form].append(person.student)
        turned, straight = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for owner in owners:
            turned[_export(owner)] += words(owner.shown) in self._turned
            straight[_export(owner)] += words(owner.shown) in self._written
        self._exports_turned = {one for one, n in turned.items() if n >= _TURNED and n > straight[one]}

    def of(self, owner: Owner) -> list[str]:
        """The students whose name an owner has; several if it is one's name, and another's turned round."""
        if owner.platform == CANVAS:
            return self._canvas.get("".join(words(owner.shown)), [])
        straight, turned = self._written.get(words(owner.shown), []), self._turned.get(words(owner.shown), [])
        if straight or _export(owner) in self._exports_turned:
            return [*straight, *turned]
        return []

    def alike(self, name: str) -> list[str]:
        """The students whose names a person may take for this one."""
        return self._alike.get(letters(name), [])


def _export(owner: Owner) -> tuple[str, str]:
    return owner.platform, owner.upload
