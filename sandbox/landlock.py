"""Landlock (``landlock(7)``, Linux 5.13): a process gives up rights on files for itself and all its children.

Stops: opening, listing, creating, changing and removing files outside the places named; from version 4 TCP,
from version 6 signals and abstract Unix sockets to processes outside; tracing and reading the memory of processes
outside. Does not stop: ``stat``, ``chmod``, ``chown``, ``utime`` and extended attributes of any path.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from sandbox.kernel import syscall

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_MAKE_DEVICES = 1 << 6 | 1 << 11
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV

_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("fd", ctypes.c_int32))


def version() -> int:
    """The kernel's Landlock version; 0 where there is none."""
    try:
        return syscall("landlock_create_ruleset", None, 0, _CREATE_RULESET_VERSION)
    except OSError:
        return 0


def _file_rights(abi: int) -> int:
    """All rights on files that this version knows of."""
    return (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(abi, 16)) - 1


def _ruleset(abi: int) -> int:
    """A new ruleset's descriptor: it denies every right on files, TCP, and signals and sockets to the outside."""
    tcp = 0b11 if abi >= 4 else 0
    scoped = 0b11 if abi >= 6 else 0
    words = (_file_rights(abi), tcp, scoped)[: 1 + (abi >= 4) + (abi >= 6)]
    attributes = (ctypes.c_uint64 * len(words))(*words)
    return syscall("landlock_create_ruleset", attributes, ctypes.sizeof(attributes), 0)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """Adds a rule; a path that does not exist here needs none."""
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            rights &= _OF_A_FILE
        syscall("landlock_add_rule", ruleset, _RULE_PATH_BENEATH, ctypes.byref(_PathBeneath(rights, fd)), 0)
    finally:
        os.close(fd)


def restrict(
    *, readable: Iterable[Path], devices: Iterable[Path], terminals: Iterable[Path], writable: Iterable[Path]
) -> None:
    """Leaves this process only these files; needs ``no_new_privs``.

    Args:
        readable: files and folders to read and execute.
        devices: files to read and write, but not to control.
        terminals: files to read, write and control, and the folders that hold them.
        writable: folders to do anything in, except making device files.
    """
    abi = version()
    ruleset = _ruleset(abi)
    known = _file_rights(abi)
    try:
        for path in readable:
            _allow(ruleset, path, _READ)
        for path in devices:
            _allow(ruleset, path, _READ_FILE | _WRITE_FILE)
        for path in terminals:
            _allow(ruleset, path, (_READ_FILE | _WRITE_FILE | _READ_DIR | _IOCTL_DEV) & known)
        for path in writable:
            _allow(ruleset, path, known & ~_MAKE_DEVICES & ~_IOCTL_DEV)
        syscall("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)
