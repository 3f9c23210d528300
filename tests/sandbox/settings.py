"""The situations in which a grader may find itself, made for real in a child process that then runs a test."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from sandbox import bpf, capabilities
from sandbox.bpf import ArgumentCheck, Rule
from sandbox.kernel import PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, prctl, syscall
from sandbox.seccomp import NEW_NAMESPACES

ORDINARY_USER = 54321

_NEW_MOUNTS = 0x00020000
_PRIVATE, _RECURSIVE, _BIND = 1 << 18, 1 << 14, 1 << 12

# What Docker leaves to root, and what its default filter refuses.
_DOCKER_CAPABILITIES = frozenset(
    {
        capabilities.CHOWN,
        capabilities.DAC_OVERRIDE,
        capabilities.FOWNER,
        capabilities.FSETID,
        capabilities.KILL,
        capabilities.SETGID,
        capabilities.SETUID,
        capabilities.SETPCAP,
        capabilities.NET_BIND_SERVICE,
        capabilities.NET_RAW,
        capabilities.SYS_CHROOT,
        capabilities.MKNOD,
        capabilities.AUDIT_WRITE,
        capabilities.SETFCAP,
    }
)
_DOCKER_CALLS = """
    unshare setns mount umount2 pivot_root open_tree move_mount fsopen fsmount mount_setattr keyctl add_key request_key
    bpf perf_event_open userfaultfd kexec_load open_by_handle_at
"""
_DOCKER_FILTER = (
    *map(Rule, _DOCKER_CALLS.split()),
    Rule("clone", (ArgumentCheck(0, among=(0,), mask=NEW_NAMESPACES),)),
    Rule("clone3", error=errno.ENOSYS),
)


def is_root() -> bool:
    """Whether these tests run as root; as an ordinary user they find fewer situations."""
    return os.geteuid() == 0


def _closed(path: Path) -> list[Path]:
    """The folders above ``path`` that other users may not enter."""
    return [folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001]


def _see_mounts_of_its_own() -> None:
    """What this process mounts from now on, no other one but its children sees."""
    syscall("unshare", _NEW_MOUNTS)
    syscall("mount", b"none", b"/", None, _RECURSIVE | _PRIVATE, None)


def _show_at(place: Path, original: int) -> None:
    """Shows at ``place`` the file or folder that is open as ``original``, and closes it."""
    syscall("mount", f"/proc/self/fd/{original}".encode(), bytes(place), None, _BIND | _RECURSIVE, None)
    os.close(original)


def open_python_to_all() -> None:
    """Shows this process and its children Python where others may enter, though it may live in root's home."""
    prefix = Path(sys.base_prefix).resolve()
    closed = _closed(prefix)
    if not closed:
        return
    _see_mounts_of_its_own()
    original = os.open(prefix, os.O_PATH)
    syscall("mount", b"open", bytes(closed[0]), b"tmpfs", 0, b"mode=755")
    prefix.mkdir(parents=True)
    _show_at(prefix, original)


def _close(folder: Path) -> None:
    """Shows this process and its children a folder that only root may enter, with all that it holds."""
    _see_mounts_of_its_own()
    links = {entry.name: entry.readlink() for entry in folder.iterdir() if entry.is_symlink()}
    inside = {entry.name: os.open(entry, os.O_PATH) for entry in folder.iterdir() if entry.name not in links}
    syscall("mount", b"closed", bytes(folder), b"tmpfs", 0, b"mode=700")
    for name, target in links.items():
        (folder / name).symlink_to(target)
    for name, original in inside.items():
        place = folder / name
        place.mkdir() if stat.S_ISDIR(os.fstat(original).st_mode) else place.touch()
        _show_at(place, original)


def _refuse(rules: Iterable[Rule]) -> None:
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    bpf.install(bpf.assemble(rules))


def hide_a_part_of_proc() -> None:
    """Covers a folder in /proc, as containers do; the kernel then refuses to mount another /proc."""
    if is_root():
        _see_mounts_of_its_own()
        syscall("mount", b"cover", b"/proc/irq", b"tmpfs", 0, None)


def without(*calls: str, error: int = errno.EPERM) -> None:
    """Takes system calls away, as an old kernel (``ENOSYS``) or a strict container (``EPERM``) does."""
    _refuse(Rule(call, error=error) for call in calls)


def as_it_is() -> None:
    """The grader as the user who runs the tests."""


def as_ordinary_user() -> None:
    """An ordinary user of a plain machine."""
    if is_root():
        os.umask(0o022)
        open_python_to_all()
        os.setgroups([])
        os.setresgid(ORDINARY_USER, ORDINARY_USER, ORDINARY_USER)
        os.setresuid(ORDINARY_USER, ORDINARY_USER, ORDINARY_USER)
        prctl(PR_SET_DUMPABLE, 1)


def in_container() -> None:
    """Root, or the user who runs the tests, in a container like Docker's or Gradescope's; Python is open to all."""
    if is_root():
        open_python_to_all()
        capabilities.keep_only(_DOCKER_CAPABILITIES)
    _refuse(_DOCKER_FILTER)


def in_container_with_closed_python() -> None:
    """Root in a container where Python lives in a folder that other users may not enter."""
    if is_root():
        open_python_to_all()
        _close(Path(sys.base_prefix).resolve())
    capabilities.keep_only(_DOCKER_CAPABILITIES)
    _refuse(_DOCKER_FILTER)


def in_container_without_landlock() -> None:
    """The same as ``in_container`` on an old kernel."""
    in_container()
    without("landlock_create_ruleset", error=errno.ENOSYS)


def in_container_as_ordinary_user() -> None:
    """An ordinary user in a container."""
    as_ordinary_user()
    _refuse(_DOCKER_FILTER)


def in_container_without_rights() -> None:
    """Root in a container that leaves it no capability."""
    capabilities.keep_only()
    _refuse(_DOCKER_FILTER)


Setting = Callable[[], None]
EVERYWHERE: Sequence[Setting] = (as_it_is, in_container)
OF_ROOT: Sequence[Setting] = (as_ordinary_user, in_container_as_ordinary_user, in_container_without_rights)
SETTINGS: Sequence[Setting] = (*EVERYWHERE, *OF_ROOT) if is_root() else EVERYWHERE
