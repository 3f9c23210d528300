"""Students' names as file names and database ids: readable, safe, and never the same for two people."""

from __future__ import annotations

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

_MAX_LENGTH = 80
_MAX_BYTES = 160
_PUNCTUATION = set(" -_.,'()@")
# Windows keeps these names for devices, whatever their ending.
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


@dataclass(frozen=True, order=True)
class Owner:
    """Who handed a file in.

    Attributes:
        name: the name as it was found.
        tag: what tells people of one name apart, such as the platform's number of the user; may be empty.
    """

    name: str
    tag: str = ""


def safe_name(raw: str) -> str:
    """A readable name that is safe as a file's name, a database id and a spreadsheet's cell."""
    text = unicodedata.normalize("NFC", raw)
    text = "".join(character if _is_safe(character) else "_" for character in text if not _is_invisible(character))
    text = " ".join(text.split()).lstrip(". -@_").rstrip(". ")[:_MAX_LENGTH]
    text = text.encode("utf-8")[:_MAX_BYTES].decode("utf-8", "ignore").rstrip(". ")
    if text.partition(".")[0].lower() in _RESERVED:
        text = f"{text}_"
    return text or "unnamed"


def unique_names(owners: Iterable[Owner]) -> dict[Owner, str]:
    """A safe name for each of the owners; where two would share one (in capitals or not), each gets its tag added."""
    alike: defaultdict[str, list[Owner]] = defaultdict(list)
    for owner in sorted(set(owners)):
        alike[_folded(safe_name(owner.name))].append(owner)
    names: dict[Owner, str] = {}
    taken = set(alike)
    for same in alike.values():
        kept = next((owner for owner in same if len(same) == 1 or owner == Owner(safe_name(owner.name))), None)
        for owner in same:
            name = safe_name(owner.name) if owner is kept else _told_apart(owner, taken)
            taken.add(_folded(name))
            names[owner] = name
    return names


def _told_apart(owner: Owner, taken: set[str]) -> str:
    digest = hashlib.sha256(repr((owner.name, owner.tag)).encode("utf-8", "backslashreplace")).hexdigest()
    name = safe_name(owner.name)
    endings = [safe_name(owner.tag)] if owner.tag else []
    endings += [digest[:length] for length in range(6, len(digest))]
    return next(full for ending in endings if _folded(full := f"{name}-{ending}") not in taken)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _is_safe(character: str) -> bool:
    return character in _PUNCTUATION or character.isspace() or unicodedata.category(character)[0] in "LMN"


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) == "Cf"
