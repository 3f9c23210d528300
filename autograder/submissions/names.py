"""Who handed something in: what identifies people, and names that are safe as files' names and database ids."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

_MAX_LENGTH = 80
_MAX_BYTES = 160
_PUNCTUATION = set(" -_.,'()@")
# The platform of a folder in nbgrader's tree, whose name is the student's id in the gradebook.
NBGRADER = "nbgrader"
# Windows keeps these names for devices, whatever their ending.
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


@dataclass(frozen=True, order=True)
class Key:
    """What identifies a student, for good.

    Attributes:
        platform: where the id comes from; empty for names that the instructor gave, which are the gradebook's own ids.
        scope: the topic for whose assignment alone the id holds; empty if it holds for the whole course.
        id: the platform's id, or the instructor's name.
    """

    platform: str
    scope: str
    id: str

    def __str__(self) -> str:
        """The key as people read it: ``Canvas 501``, ``Moodle 12345 (01-normalization)``."""
        about = f" ({self.scope})" if self.scope else ""
        return f"{self.platform or 'name'} {self.id}{about}"


@dataclass(frozen=True, order=True)
class Owner:
    """Who handed a file in, as one upload says it. Two owners are the same if their ids are, whatever their names.

    Attributes:
        id: the platform's id; of a folder or file that the instructor named, that name.
        platform: the platform; empty for names that the instructor gave.
        upload: where it was found, if the platform's id belongs to one assignment: elsewhere it is somebody else's.
        name: the display name; the id if there is no other.
    """

    id: str
    platform: str = ""
    upload: str = ""
    name: str = field(default="", compare=False)

    def key(self, topic: str) -> Key:
        """The owner's key for what was handed in for a topic."""
        return Key(self.platform, topic if self.upload else "", self.id)

    @property
    def shown(self) -> str:
        """The display name."""
        return self.name or self.id

    @property
    def proposed(self) -> str:
        """The student's id in the gradebook, if nothing else gives one and nobody else has it."""
        if self.platform == NBGRADER:
            return self.id
        name = safe_name(self.shown)
        if not self.platform:
            return name
        return f"{name}-{safe_name(self.id if self.id != self.shown else self.platform.lower())}"


def safe_name(raw: str) -> str:
    """A readable name that is safe as a file's name, a database id and a spreadsheet's cell."""
    text = unicodedata.normalize("NFC", raw)
    seen = (character for character in text if unicodedata.category(character) != "Cf")
    text = "".join(character if _is_safe(character) else "_" for character in seen)
    text = " ".join(text.split()).lstrip(". -@_").rstrip(". ")[:_MAX_LENGTH]
    text = text.encode("utf-8")[:_MAX_BYTES].decode("utf-8", "ignore").rstrip(". ")
    if text.partition(".")[0].lower() in _RESERVED:
        text = f"{text}_"
    return text or "unnamed"


def unique_names(owners: Iterable[Owner], taken: Iterable[str] = ()) -> dict[Owner, str]:
    """A safe name for each owner that is not taken yet; names that differ only in capitals count as the same.

    If several owners would share a name, the one whose id it is keeps it; the others get part of a hash added.
    """
    alike: defaultdict[str, list[Owner]] = defaultdict(list)
    for owner in sorted(set(owners)):
        alike[folded(owner.proposed)].append(owner)
    names: dict[Owner, str] = {}
    used = {folded(name) for name in taken}
    free = alike.keys() - used
    used |= alike.keys()
    for shared, same in alike.items():
        given = any(owner.platform == NBGRADER for owner in same)
        kept = next((owner for owner in same if not given and (len(same) == 1 or owner.id == owner.proposed)), None)
        for owner in same:
            is_free = owner.platform == NBGRADER or (owner is kept and shared in free)
            name = owner.proposed if is_free else _told_apart(owner, used)
            used.add(folded(name))
            names[owner] = name
    return names


def folded(name: str) -> str:
    """A name as file systems and people who look twice compare it."""
    return unicodedata.normalize("NFKC", name).casefold()


def _told_apart(owner: Owner, taken: set[str]) -> str:
    about = (owner.platform, owner.id, owner.upload)
    digest = hashlib.sha256(repr(about).encode("utf-8", "backslashreplace")).hexdigest()
    endings = (digest[:length] for length in range(6, len(digest)))
    return next(full for ending in endings if folded(full := f"{owner.proposed}-{ending}") not in taken)


def _is_safe(character: str) -> bool:
    return character in _PUNCTUATION or character.isspace() or unicodedata.category(character)[0] in "LMN"
