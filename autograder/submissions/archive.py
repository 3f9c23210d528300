"""Zip archives as learning platforms export them, read member by member in memory and never extracted."""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from autograder.submissions.files import File, Unreadable, empty_folder, is_junk, printable, too_large

MAX_MEMBERS = 20_000
CLASS_BYTES = 32 * 2**30
STUDENT_BYTES = 512 * 2**20

_CHUNK = 64 * 1024
_DIRECTORY_BYTES = 8 * 2**20
_ENCRYPTED, _UTF8 = 0x1, 0x800
_DRIVE = re.compile(r"^[A-Za-z]:")
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


@contextmanager
def open_archive(source: Path | bytes, origin: str, total: int = CLASS_BYTES) -> Iterator[list[File]]:
    """The files in a zip archive, in the archive's order; their content can be read while the archive is open.

    A member that is not safe to read (a path that leaves the archive, a symbolic link, encryption, an uncommon
    compression) is listed with its refusal; one that turns out damaged or too large raises when it is read.

    Args:
        source: the archive's place, or its bytes.
        origin: how to name the archive to a person.
        total: how many bytes may be decompressed in all.

    Raises:
        Unreadable: if it is no zip archive, or has more than `MAX_MEMBERS` members.
    """
    name = printable(origin.rpartition("/")[2])
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream:
        try:
            archive = zipfile.ZipFile(_BoundedReads(stream))
        except _DAMAGED as error:
            raise Unreadable(f"{name} is not a readable zip archive ({printable(str(error))}).") from error
        with archive:
            yield _files(archive, name, origin, total)


def _files(archive: zipfile.ZipFile, name: str, origin: str, total: int) -> list[File]:
    everything = archive.infolist()
    infos = [info for info in everything if not info.is_dir()]
    if len(everything) > MAX_MEMBERS:
        raise Unreadable(f"{name} has {len(everything):,} members, more than {MAX_MEMBERS:,}, and was not read.")
    last = {info.filename: info for info in infos}
    budget = _Budget(total)
    files = [
        empty_folder(parts, f"{origin}/{printable('/'.join(parts), 400)}")
        for parts in _empty(everything)
        if not is_junk(parts)
    ]
    for info in infos:
        full_name = _decoded_name(info)
        parts = _parts(full_name)
        if parts and not is_junk(parts):
            why = _refusal(info, full_name) or ("" if last[info.filename] is info else _REPEATED)
            files.append(
                File(
                    path=parts,
                    origin=f"{origin}/{printable('/'.join(parts), 400)}",
                    modified=info.date_time,
                    size=info.file_size,
                    opener=_reader(archive, info, budget),
                    refusal=f"{printable(parts[-1])} {why}." if why else "",
                )
            )
    return files


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", ".", ".."))


def _empty(infos: Sequence[zipfile.ZipInfo]) -> list[tuple[str, ...]]:
    """The folders that an archive lists and in which there is no file."""
    files = sorted(_parts(_decoded_name(info)) for info in infos if not info.is_dir())
    folders = dict.fromkeys(_parts(_decoded_name(info)) for info in infos if info.is_dir())
    # What lies in a folder comes right after it in order. A name can have 30,000 parts, too many to list each folder.
    after = {folder: files[place] if (place := bisect(files, folder)) < len(files) else () for folder in folders}
    return [folder for folder, file in after.items() if folder and file[: len(folder)] != folder]


_REPEATED = "is in the archive more than once; the last one of that name was read"


def _refusal(info: zipfile.ZipInfo, full_name: str) -> str:
    path = full_name.replace("\\", "/")
    if path.startswith("/") or _DRIVE.match(path) or ".." in path.split("/"):
        return "has a path that leads out of the archive and was not read"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a symbolic link, which is not followed"
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted and was not read"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed by a method that is not supported and was not read"
    return ""


def _decoded_name(info: zipfile.ZipInfo) -> str:
    """The member's name; many programs write UTF-8 without the flag that says so."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: _Budget) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        name = printable(info.filename.rpartition("/")[2])
        chunks = []
        size = 0
        try:
            with archive.open(info) as stream:
                # What the archive states about a member's size may be untrue, so what comes out is counted.
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    if size > limit:
                        raise too_large(name, size, limit)
                    budget.spend(len(chunk), name)
                    chunks.append(chunk)
        except _DAMAGED as error:
            raise Unreadable(f"{name} is damaged in the archive ({printable(str(error))}).") from error
        return b"".join(chunks)

    return read


class _Budget:
    """How many bytes may still be decompressed from one archive."""

    def __init__(self, total: int) -> None:
        self.left = total

    def spend(self, size: int, name: str) -> None:
        self.left -= size
        if self.left < 0:
            raise Unreadable(f"{name} was not read: its archive unpacks to more than can be read.")


class _BoundedReads:
    """A stream that refuses to read much at once, so that a huge table of contents is never loaded."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, size: int = -1) -> bytes:
        content = self.stream.read(_DIRECTORY_BYTES + 1 if size < 0 else min(size, _DIRECTORY_BYTES + 1))
        if len(content) > _DIRECTORY_BYTES:
            raise zipfile.BadZipFile("its table of contents is too large")
        return content
