"""The files that Python, its packages and ordinary programs need to run, and nothing else."""

from __future__ import annotations

import functools
import site
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

# Not /dev/zero: mapping it makes memory that nothing counts. /dev/full gives zeros, too, and cannot be mapped.
DEVICES = tuple(Path("/dev", name) for name in ("null", "full", "random", "urandom"))
# Through which notebooks run shell commands.
TERMINALS = (Path("/dev/ptmx"), Path("/dev/pts"))
SYSTEM = tuple(
    Path("/", name)
    for name in (
        *("usr", "bin", "sbin", "lib", "lib32", "lib64", "nix/store", "sys/devices/system/cpu"),
        *("etc/alternatives", "etc/fonts", "etc/ld.so.cache", "etc/localtime", "etc/mime.types", "etc/nsswitch.conf"),
        *("etc/os-release", "etc/debian_version"),
    )
)
# What a process may see of /proc where it has no /proc of its own.
MACHINE = tuple(Path("/proc", name) for name in ("cpuinfo", "meminfo", "stat", "version", "uptime", "loadavg"))


def _python() -> tuple[Path, ...]:
    """Where this Python and its packages live: the prefixes and the site folders.

    Other entries of ``sys.path`` are left out on purpose: one of them may be a checkout with solutions in it.
    """
    found = [sys.prefix, sys.base_prefix, sys.exec_prefix, *site.getsitepackages(), sysconfig.get_path("stdlib")]
    if site.ENABLE_USER_SITE:
        found.append(site.getusersitepackages())
    return tuple(map(Path, found))


def _exists(path: Path) -> bool:
    """Whether this user can reach it."""
    try:
        path.stat()
    except OSError:
        return False
    return True


def existing(paths: Iterable[Path]) -> list[Path]:
    """The paths that exist and lie in no other of them; each symbolic link is followed by what it leads to."""
    absolute = [Path.cwd() / path for path in paths]
    both = dict.fromkeys(found for path in absolute for found in (path, path.resolve()) if _exists(found))
    folders = {path for path in both if path.is_dir() and not path.is_symlink()}
    return [path for path in both if not folders.intersection(path.parents)]


@functools.cache
def readable(extra: tuple[Path, ...]) -> list[Path]:
    """All that a student's process may read: the system's programs and libraries, Python, and ``extra``."""
    return existing([*SYSTEM, *_python(), *extra])
