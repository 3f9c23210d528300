"""Files that a student handed in beside the notebook, for its code to import and read.

Of the files in the notebook's own folder and below it, those are taken that can be code or data: regular files, a
limited number and size. A file elsewhere, or one of which nothing says whose it is, is not; if the notebook's code
speaks of it, that is said.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.submissions.files import File, Unreadable, is_junk, printable

MAX_FILES = 50
MAX_BYTES = 20 * 2**20
MAX_DEPTH = 5
MAX_LOOKED_AT = 500

NOT_THERE = "it is not in the notebook's folder"
NOBODYS = "nothing says whose it is; give each student a folder"
ALONE = "only the notebook was named; name its folder to take all of it"

_MAX_NAME = 100
_WORD = re.compile(r"\w+")
_UNUSUAL = set('/\\:*?"<>|')
# What platforms and editors lay beside notebooks, and texts that no code reads.
_PLATFORMS = {
    *("timestamp.txt", "submission_secret.txt", "submission_metadata.yml", "metadata.yml", "onlinetext.html"),
    *("desktop.ini", "thumbs.db"),
}
_DOCUMENTS = (".doc", ".docx", ".odt", ".pages", ".pdf", ".ppt", ".pptx", ".rtf")
_TEXTS = (*_DOCUMENTS, ".htm", ".html", ".pyc", ".tex")


@dataclass(frozen=True)
class FileBeside:
    """One file handed in beside the notebook.

    Attributes:
        path: where it stands below the notebook's folder, such as ``norms.py`` or ``data/table.csv``.
        content: its bytes.
    """

    path: str
    content: bytes

    @property
    def is_code(self) -> bool:
        """Whether it is a module of Python."""
        return self.path.endswith(".py")

    @property
    def text(self) -> str:
        """Its content as text; what is no UTF-8 is replaced."""
        return self.content.decode("utf-8-sig", "replace")


@dataclass(frozen=True)
class Found:
    """A file that a student may have meant for the notebook.

    Attributes:
        path: its path, in parts, as the student named it, below the folder of the notebook.
        doubt: why it is not taken, which is said if code speaks of it; empty if it is the notebook's.
        only_if_named: whether it is taken only if code speaks of it.
        version: which upload of the file it is; the latest one of a name is taken.
    """

    file: File
    path: tuple[str, ...]
    doubt: str = ""
    only_if_named: bool = False
    version: int = 0


def files_beside(notebook: NotebookNode, found: Iterable[Found]) -> tuple[tuple[FileBeside, ...], tuple[str, ...]]:
    """The files for a notebook's code, in order of their paths; a sentence for every reason why others are left out."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    words = set(_WORD.findall(code))
    found = list(found)
    files = [one for one in found if _may_be_meant(one.file)]
    documents = [printable("/".join(one.path)) for one in found if _is_document(one)]
    named = {one: any(_speaks_of(code, words, part) for part in one.path) for one in files[:MAX_LOOKED_AT]}
    meant = [one for one in named if named[one] or not (one.doubt or one.only_if_named)]
    shelf = _Shelf()
    # If there is no room for all, then for modules, and for what code speaks of.
    for one in sorted(
        meant, key=lambda one: (not one.path[-1].endswith(".py"), not named[one], one.path, -one.version)
    ):
        shelf.put(one)
    beyond = [f"More than {MAX_LOOKED_AT} files stand beside the notebook; the others were left out."]
    unread = [f"{_listed(documents)} not read: grading reads notebooks, code and data."] if documents else []
    return (
        tuple(shelf.taken[path] for path in sorted(shelf.taken)),
        (*shelf.sentences(), *unread, *(beyond if len(files) > MAX_LOOKED_AT else [])),
    )


def _speaks_of(code: str, words: Collection[str], name: str) -> bool:
    """Whether code names a file or a folder, or imports it."""
    return name.removesuffix(".py") in words if name.endswith(".py") or name.isidentifier() else name in code


def digest(notebook: str, files: Sequence[FileBeside]) -> str:
    """A submission's SHA-256; the notebook's own if nothing else was handed in."""
    if not files:
        return notebook
    together = hashlib.sha256(notebook.encode())
    for file in files:
        together.update(f"\0{file.path}\0{len(file.content)}\0".encode() + file.content)
    return together.hexdigest()


@contextmanager
def laid_out(files: Sequence[FileBeside]) -> Iterator[Path | None]:
    """A folder that holds these files, removed afterwards; none where there are none."""
    if not files:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            path = Path(folder, *file.path.split("/"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
        yield Path(folder)


class _Shelf:
    """Takes files as long as there is room, and keeps why others were left out."""

    def __init__(self) -> None:
        self.taken: dict[str, FileBeside] = {}
        self._size = 0
        self._left_out: defaultdict[str, list[str]] = defaultdict(list)

    def put(self, one: Found) -> None:
        """Take a file, or leave it out."""
        path = unicodedata.normalize("NFC", "/".join(one.path))
        if path in self.taken:
            return
        why = one.doubt or _refusal(one) or self._no_room(one.file.size)
        try:
            content = b"" if why else one.file.content()
        except Unreadable as error:
            content, why = b"", str(error).rstrip(".")
        if why := why or self._no_room(len(content)):
            self._left_out[why].append(printable(path))
        else:
            self._size += len(content)
            self.taken[path] = FileBeside(path, content)

    def sentences(self) -> Iterator[str]:
        """What was left out."""
        for why, names in self._left_out.items():
            yield f"{_listed(names)} left out: {why}."

    def _no_room(self, size: int) -> str:
        if len(self.taken) >= MAX_FILES:
            return f"{MAX_FILES} files are taken at most"
        return f"{MAX_BYTES >> 20} MB are taken at most, all files together" if self._size + size > MAX_BYTES else ""


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more} beside the notebook {'was' if len(names) == 1 else 'were'}"


def _refusal(one: Found) -> str:
    if one.file.refusal:
        return "links are not followed"
    if len(one.path) > MAX_DEPTH:
        return f"folders are taken {MAX_DEPTH} deep at most"
    usual = all(
        part.isprintable() and len(part.encode()) <= _MAX_NAME and part != ".." and not _UNUSUAL & set(part)
        for part in one.path
    )
    return "" if usual else "not every system can write its name"


def _is_document(one: Found) -> bool:
    """Whether it is a student's own document, which a person may want to read."""
    return one.path[-1].lower().endswith(_DOCUMENTS) and not (one.doubt or one.only_if_named or one.file.refusal)


def _may_be_meant(file: File) -> bool:
    """Whether a file can be code or data: no notebook, archive or document, and nobody's but the student's."""
    name = file.path[-1].lower()
    usual = not (file.is_notebook or file.is_archive) and name not in _PLATFORMS and not name.endswith(_TEXTS)
    return usual and not is_junk(file.path) and (not file.refusal or file.is_link)
