"""The folder that a submission works in: made for it, and removed with it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.identity import own


def place_for_folders(readable: Iterable[Path]) -> Path:
    """Where scratch folders are made: the system's folder for temporary files.

    Raises:
        SandboxError: submissions could see each other's there, since they read all of it.
    """
    parent = Path(tempfile.gettempdir()).resolve()
    for path in readable:
        if parent.is_relative_to(path):
            raise SandboxError(
                f"Submissions need temporary folders of their own, but they may read all of {path}; "
                f"set TMPDIR to a folder outside it, instead of {parent}."
            )
    return parent


@contextmanager
def scratch_folder(parent: Path, files: Path | None, owner: int) -> Iterator[Path]:
    """A new folder with a copy of what ``files`` holds, which belongs to ``owner``; it is removed afterwards."""
    folder = Path(tempfile.mkdtemp(dir=parent, prefix="submission-"))
    try:
        if files:
            shutil.copytree(files, folder, symlinks=True, dirs_exist_ok=True)
        own(folder, owner)
        yield folder
    finally:
        remove([folder])


def remove(paths: Iterable[Path]) -> None:
    """Removes files and folders that a submission made.

    The programs that do it, unlike shutil, are not defeated by folders that are nested thousands deep.
    """
    for path in paths:
        try:
            path.rmdir()
        except OSError:
            if path.is_dir() and not path.is_symlink():
                _run("chmod", "-R", "u+rwX", path)
            _run("rm", "-rf", path)


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
