"""Writes files so that a reader never sees half of one."""

from __future__ import annotations

import secrets
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` as a whole or not at all, making folders as needed; an equal file is left alone."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write ``data`` as ``write_text`` writes text."""
    if path.is_file() and path.read_bytes() == data:
        return
    if path.exists() and not path.is_file():
        # A device or a pipe, such as /dev/stdout: a file in its place would take it from everybody.
        path.write_bytes(data)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Made by `open`, so that the user's umask decides who may read marks.
    fresh = path.with_name(f".{secrets.token_hex(8)}")
    try:
        with fresh.open("xb") as file:
            file.write(data)
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
