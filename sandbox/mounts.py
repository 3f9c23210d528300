"""A tree of files of its own (``pivot_root(2)``): a student's process sees only what it may read.

Stops: reading, listing or even naming anything else, such as solutions, the gradebook, home folders and other
submissions; sockets and pipes in the file system; writing anywhere but in the scratch folder, which is held in memory
and cannot grow beyond its size.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from sandbox.identity import own
from sandbox.kernel import syscall
from sandbox.paths import DEVICES, MACHINE

_READ_ONLY, _NO_SUID, _NO_DEVICES, _NO_EXEC = 1, 2, 4, 8
_BIND, _RECURSIVE, _PRIVATE = 1 << 12, 1 << 14, 1 << 18
_DETACH = 2
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000

# Folders that programs expect to write to: parts of the scratch folder, unless something to read lies in them.
SHARED = (Path("/tmp"), Path("/dev/shm"))
# A file takes a page of kernel memory even when it is empty.
_BYTES_PER_FILE = 4096


def _mount(source: str, target: Path, kind: str | None = None, flags: int = 0, options: str = "") -> None:
    type_ = kind.encode() if kind else None
    syscall("mount", source.encode(), bytes(target), type_, flags, options.encode() or None)


def _within(root: Path, path: Path) -> Path:
    return root.joinpath(*path.parts[1:])


def _graft(root: Path, path: Path) -> None:
    """Shows ``path`` at the same place under ``root``; a link as a link."""
    place = _within(root, path)
    place.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        place.symlink_to(path.readlink())
        return
    if path.is_dir():
        place.mkdir(exist_ok=True)
    else:
        place.touch()
    _mount(str(path), place, flags=_BIND | _RECURSIVE)


def _protect(root: Path) -> None:
    """Makes every mount so far read-only and its set-user-id bits void."""
    attributes = (ctypes.c_uint64 * 4)(_READ_ONLY | _NO_SUID, 0, 0, 0)
    syscall("mount_setattr", _AT_FDCWD, bytes(root), _AT_RECURSIVE, attributes, ctypes.sizeof(attributes))


def _mount_processes(place: Path) -> bool:
    """Mounts a /proc with the sandbox's own processes; a container that hides parts of its own /proc refuses that."""
    try:
        _mount("proc", place, "proc", _READ_ONLY | _NO_SUID | _NO_DEVICES | _NO_EXEC)
    except PermissionError:
        return False
    return True


def _mount_scratch(
    root: Path, scratch: Path, files: Path | None, size: int, owner: int, shared: Iterable[Path]
) -> None:
    """Mounts the scratch folder with a copy of ``files``; parts of it serve as the ``shared`` folders."""
    place = _within(root, scratch)
    options = f"size={size},nr_inodes={size // _BYTES_PER_FILE},mode=700"
    stage = root / ".scratch"
    _mount("scratch", stage, "tmpfs", _NO_SUID | _NO_DEVICES, options)
    if files:
        shutil.copytree(files, stage, symlinks=True, dirs_exist_ok=True)
    for folder in shared:
        part = stage / f".{folder.name}"
        part.mkdir(exist_ok=True)
        _mount(str(part), _within(root, folder), flags=_BIND)
    place.mkdir(parents=True, exist_ok=True)
    own(stage, owner)
    _mount(str(stage), place, flags=_BIND)


def enter(readable: Sequence[Path], scratch: Path, files: Path | None, *, size: int, owner: int) -> None:
    """Moves this process, which must have its own mount namespace, into a tree with only these files.

    Args:
        readable: existing files and folders, none inside another, all outside ``scratch``.
        scratch: an empty folder: absolute, without links. It keeps its place.
        files: a folder whose content it will hold.
        size: bytes that the scratch folder can hold.
        owner: the user who will work there.

    Raises:
        OSError: the kernel refused a mount.
    """
    _mount("none", Path("/"), flags=_RECURSIVE | _PRIVATE)
    root = scratch
    _mount("root", root, "tmpfs", _NO_SUID, "mode=755")
    for path in readable:
        _graft(root, path)
    for device in DEVICES:
        _graft(root, device)
    (root / "dev" / "zero").symlink_to("full")
    for place in (Path("/proc"), Path("/dev/pts"), Path("/.scratch"), *SHARED):
        _within(root, place).mkdir(exist_ok=True)
    (root / "dev" / "fd").symlink_to("/proc/self/fd")
    shared = [folder for folder in SHARED if not any(path.is_relative_to(folder) for path in readable)]
    if not any(map(scratch.is_relative_to, shared)):
        _within(root, scratch).mkdir(parents=True, exist_ok=True)
    _mount("terminals", root / "dev" / "pts", "devpts", _NO_SUID | _NO_EXEC, "newinstance,ptmxmode=666,mode=620")
    (root / "dev" / "ptmx").symlink_to("pts/ptmx")
    if not _mount_processes(root / "proc"):
        for path in MACHINE:
            _graft(root, path)
    _protect(root)
    _mount_scratch(root, scratch, files, size, owner, shared)
    os.chdir(root)
    syscall("pivot_root", b".", b".")
    syscall("umount2", b".", _DETACH)
    os.chdir("/")
