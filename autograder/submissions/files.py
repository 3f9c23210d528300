"""Files that were handed in: found in folders and archives, read only when asked for, never extracted."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from autograder.submissions.platforms import read_export

MAX_BYTES = 20 * 2**20
# Nearly all of a large notebook is outputs, which are left out when it is read.
NOTEBOOK_BYTES = 256 * 2**20
ARCHIVE_BYTES = 100 * 2**20

# What an empty folder holds; no file has that name.
_NOTHING = "."
_JUNK = {"__macosx", "__pycache__", "thumbs.db", "desktop.ini"}
# Browsers append an ending when a notebook is downloaded as plain text.
_NOTEBOOK_ENDINGS = (".ipynb", ".ipynb.txt", ".ipynb.json")


class Unreadable(Exception):  # noqa: N818
    """Something handed in cannot be read; the text is the sentence to report about it."""


@dataclass(frozen=True)
class File:
    """One file that was handed in.

    Attributes:
        path: its path below the folder or archive where it was found, in parts.
        origin: where it was found, for a person to read.
        modified: year, month, day, hour, minute, second.
        size: bytes, as the folder or the archive states it.
        opener: returns the content, so many bytes at most; may raise `Unreadable`.
        refusal: why it must not be read, as a sentence; empty for an ordinary file.
        is_link: whether it is a symbolic link to a file that is no notebook.
    """

    path: tuple[str, ...]
    origin: str
    modified: tuple[int, ...]
    size: int
    opener: Callable[[int], bytes]
    refusal: str = ""
    is_link: bool = False

    @property
    def name(self) -> str:
        """The file's own name, fit to print."""
        return printable(self.path[-1])

    @property
    def stem(self) -> str:
        """The file's own name without its ending."""
        return stem(self.path[-1])

    @property
    def is_notebook(self) -> bool:
        """Whether its name says that it is a notebook."""
        return self.path[-1].lower().endswith(_NOTEBOOK_ENDINGS)

    @property
    def is_archive(self) -> bool:
        """Whether its name says that it is a zip archive."""
        return self.path[-1].lower().endswith(".zip")

    @property
    def is_empty_folder(self) -> bool:
        """Whether it stands for a folder that holds nothing."""
        return self.path[-1] == _NOTHING and not self.refusal

    @property
    def counts(self) -> bool:
        """Whether it can be, or hide, a notebook."""
        return self.is_notebook or self.is_archive or (bool(self.refusal) and not self.is_link)

    @property
    def limit(self) -> int:
        """How many bytes are read of a file of its kind."""
        return NOTEBOOK_BYTES if self.is_notebook else ARCHIVE_BYTES if self.is_archive else MAX_BYTES

    def content(self) -> bytes:
        """The file's bytes, `limit` at most.

        Raises:
            Unreadable: if it is refused, too large or damaged.
        """
        if self.refusal:
            raise Unreadable(self.refusal)
        if self.size > self.limit:
            raise too_large(self.name, self.size, self.limit)
        return self.opener(self.limit)


def too_large(name: str, size: int, limit: int) -> Unreadable:
    """The error for a file of more bytes than are read."""
    return Unreadable(f"{name} has {size / 2**20:,.0f} MB, more than {limit >> 20} MB, and was not read.")


def stem(name: str) -> str:
    """A file's name without the ending of a notebook or an archive."""
    for ending in sorted((*_NOTEBOOK_ENDINGS, ".zip"), key=len, reverse=True):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name.rpartition(".")[0] or name


def printable(text: str, limit: int = 80) -> str:
    """Text from a submission, safe in a terminal: no control characters, not longer than ``limit``."""
    shown = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def is_junk(parts: Iterable[str]) -> bool:
    """Whether a path is an operating system's or an editor's own, such as ``.ipynb_checkpoints``.

    A platform's name for what a student handed in may begin with a dot, as a person's name may.
    """
    return any((part.startswith(".") and not read_export(part)) or part.lower() in _JUNK for part in parts)


def in_folder(root: Path) -> Iterator[File]:
    """All files below a folder, in order of their paths. Symbolic links are refused, never followed."""
    folders: list[tuple[str, ...]] = [()]
    while folders:
        parts = folders.pop()
        try:
            with os.scandir(root.joinpath(*parts)) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            yield _refused(root, (*parts, "."), f"cannot be listed ({error.strerror})")
            continue
        if parts and all(is_junk((entry.name,)) for entry in entries):
            yield empty_folder(parts, printable(str(root.joinpath(*parts)), 400))
        for entry in entries:
            path = (*parts, entry.name)
            if is_junk((entry.name,)):
                continue
            if entry.is_symlink():
                yield _link(root, path)
            elif entry.is_dir(follow_symlinks=False):
                folders.append(path)
            else:
                yield one_file(root, path)


def empty_folder(path: tuple[str, ...], origin: str) -> File:
    """Stands for a folder that holds nothing, so that it has an owner as any file in a folder has."""
    return File((*path, _NOTHING), origin, (), 0, lambda _: b"")


def one_file(root: Path, path: tuple[str, ...]) -> File:
    """The file at ``path`` below ``root``; refused unless it is an ordinary one."""
    place = root.joinpath(*path)
    try:
        status = place.stat()
    except OSError as error:
        return _refused(root, path, f"cannot be read ({error.strerror})")
    if not place.is_file():
        return _refused(root, path, "is not an ordinary file and was not read")
    return File(path, printable(str(place), 400), time.localtime(status.st_mtime)[:6], status.st_size, _reader(place))


def _reader(place: Path) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        name = printable(place.name)
        try:
            with place.open("rb") as stream:
                content = stream.read(limit + 1)
        except OSError as error:
            raise Unreadable(f"{name} cannot be read ({error.strerror}).") from error
        if len(content) > limit:
            raise too_large(name, len(content), limit)
        return content

    return read


def _link(root: Path, path: tuple[str, ...]) -> File:
    why = "is a symbolic link, which is not followed"
    if root.joinpath(*path).is_dir():
        # Stands for whatever lies behind the link, so that it has an owner as any file in a folder has.
        return _refused(root, (*path, "."), why)
    link = _refused(root, path, why)
    return replace(link, is_link=not (link.is_notebook or link.is_archive))


def _refused(root: Path, path: tuple[str, ...], why: str) -> File:
    name = printable(next(part for part in (*reversed(path), root.name) if part != "."))
    return File(path, printable(str(root.joinpath(*path)), 400), (), 0, lambda _: b"", f"{name} {why}.")
