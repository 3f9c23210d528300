"""Copies of the gradebook, made before something changes marks or whose they are."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

KEPT = 30


def back_up(gradebook: Path, folder: Path) -> Path | None:
    """Copy a gradebook into a folder; of older copies, the newest are kept.

    Returns:
        The copy; None if there is no gradebook, or the newest copy is the same.
    """
    if not gradebook.is_file():
        return None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = folder / ".fresh"
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    with closing(sqlite3.connect(gradebook)) as source, closing(sqlite3.connect(fresh)) as copy:
        source.backup(copy)
    copies = list(backups(folder))
    if copies and copies[-1].read_bytes() == fresh.read_bytes():
        fresh.unlink()
        return None
    path = folder / f"gradebook-{datetime.now():%Y%m%d-%H%M%S-%f}.db"
    fresh.replace(path)
    for old in [*copies, path][:-KEPT]:
        old.unlink()
    return path


def backups(folder: Path) -> Iterator[Path]:
    """The copies, oldest first."""
    return iter(sorted(folder.glob("gradebook-*.db")))
