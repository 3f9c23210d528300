"""Pictures that students paste into text: Jupyter attaches them to the cell, other editors write them into the text."""

from __future__ import annotations

import binascii
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

MAX_PICTURES = 30
MAX_PICTURE_BYTES = 8 * 2**20
MAX_BYTES = 24 * 2**20

# By what a file begins with; what a notebook says about its pictures may be untrue.
_KINDS = {
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpeg": re.compile(rb"\xff\xd8\xff"),
    "gif": re.compile(rb"GIF8[79]a"),
    "webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
}
_REFERENCE = re.compile(r"attachment:([\w.-]+)")
_ANY_REFERENCE = re.compile(r"attachment:[^\s)\"'<>]+")
_INLINE = re.compile(r"data:image/([\w.+-]{1,20});base64,([A-Za-z0-9+/=]+)")
_UNSAFE = re.compile(r"[^\w-]+", re.ASCII)

Attachments = dict[str, dict[str, str]]


def referred_to(text: str, pictures: Mapping[str, Mapping[str, str]]) -> Attachments:
    """Those of the pictures that a text shows."""
    return {name: dict(pictures[name]) for name in dict.fromkeys(_REFERENCE.findall(text)) if name in pictures}


def with_pictures_in(text: str, pictures: Mapping[str, Mapping[str, str]]) -> str:
    """A text whose attached pictures are written into it, as a page shows them; missing ones lead nowhere."""

    def source(reference: re.Match[str]) -> str:
        bundle = pictures.get(reference[0].removeprefix("attachment:"), {})
        return next((data_uri(kind, data) for kind, data in bundle.items()), "#missing-picture")

    return _ANY_REFERENCE.sub(source, text)


def data_uri(kind: str, data: str) -> str:
    """The address of a picture that holds it."""
    return f"data:{kind};base64,{data}"


class Pictures:
    """Cleans the pictures of one notebook, cell by cell, and says what was left out.

    A picture is kept if it is a PNG, JPEG, GIF or WebP by its content, no larger than `MAX_PICTURE_BYTES`, and one of
    the first `MAX_PICTURES`. Its name tells its content, so that all of a notebook's pictures have different ones.
    """

    def __init__(self) -> None:
        self._kept: set[str] = set()
        self._bytes = 0
        self._left_out: dict[str, int] = {}

    def read(self, source: str, attachments: Any) -> tuple[str, Attachments]:
        """A Markdown cell's text, and the pictures that it shows, by the names that it calls them by."""
        found: Attachments = {}

        def taken(stem: str, data: object) -> str:
            picture = self._picture(data)
            if picture is None:
                return "left-out"
            kind, content = picture
            name = f"{stem[:40] or 'picture'}-{hashlib.sha256(content).hexdigest()[:8]}.{kind}"
            if name not in self._kept:
                if not self._fits(content):
                    return "left-out"
                self._kept.add(name)
            found[name] = {f"image/{kind}": binascii.b2a_base64(content, newline=False).decode("ascii")}
            return name

        source = _INLINE.sub(lambda inline: f"attachment:{taken('picture', inline[2])}", source)
        for name, bundle in _bundles(attachments):
            forms = "|".join(re.escape(form) for form in _forms(name))
            reference = re.compile(rf"attachment:(?:{forms})(?![\w.%-])")
            if reference.search(source):
                new = taken(_UNSAFE.sub("-", name.rpartition(".")[0] or name).strip("-"), _first(bundle))
                source = reference.sub(f"attachment:{new}", source)
        references = _ANY_REFERENCE.findall(source)
        missing = [each for each in references if each.removeprefix("attachment:") not in found]
        self._count("not in the file", sum(reference != "attachment:left-out" for reference in missing))
        return source, found

    def problems(self) -> Iterator[str]:
        """A sentence for each reason why pictures were left out."""
        for why, count in self._left_out.items():
            yield f"Left out of the text: {count} picture{'s' if count > 1 else ''} ({why})."

    def _picture(self, data: object) -> tuple[str, bytes] | None:
        text = "".join(part for part in data if isinstance(part, str)) if isinstance(data, list) else data
        try:
            content = binascii.a2b_base64(text) if isinstance(text, str) else b""
        except ValueError:
            content = b""
        kind = next((kind for kind, begins in _KINDS.items() if begins.match(content)), None)
        if kind is None:
            self._count("no PNG, JPEG, GIF or WebP")
            return None
        return kind, content

    def _fits(self, content: bytes) -> bool:
        if len(content) > MAX_PICTURE_BYTES:
            self._count(f"larger than {MAX_PICTURE_BYTES >> 20} MB")
            return False
        if len(self._kept) >= MAX_PICTURES or self._bytes + len(content) > MAX_BYTES:
            self._count(f"beyond the {MAX_PICTURES} pictures and {MAX_BYTES >> 20} MB that are kept")
            return False
        self._bytes += len(content)
        return True

    def _count(self, why: str, count: int = 1) -> None:
        if count:
            self._left_out[why] = self._left_out.get(why, 0) + count


def _forms(name: str) -> set[str]:
    """How Markdown may write a name: as it is, or with escapes for blanks and more, in either form of accents."""
    names = {name, *(unicodedata.normalize(form, name) for form in ("NFC", "NFD"))}
    return names | {quote(each, safe=safe) for each in names for safe in ("/", "/()", "/()'!*")}


def _bundles(attachments: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(attachments, dict):
        yield from ((name, bundle) for name, bundle in list(attachments.items())[: 2 * MAX_PICTURES] if name)


def _first(bundle: Any) -> object:
    """The first picture of those that one attachment holds in several formats, a common format before others."""
    if not isinstance(bundle, dict):
        return None
    common = [data for kind, data in bundle.items() if kind in ("image/png", "image/jpeg", "image/gif", "image/webp")]
    return next(iter([*common, *bundle.values()]), None)
