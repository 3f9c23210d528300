"""Which other users of this machine could read what they must not: answers, marks, submissions, the grader's secret.

What counts is the mode of a file and of every folder above it: one closed folder protects all below it. A group counts
as other users only where it is somebody else's own group (``users`` and ``staff`` on some systems), since any other
group was made for a purpose. Access control lists are not looked at: they name people one by one, on purpose.
"""

from __future__ import annotations

import os
import pwd
import re
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course

READ, ENTER = stat.S_IROTH, stat.S_IXOTH
# For the same right, a bit of the group's lies this much higher than one of the others.
GROUP = 3
PEOPLE_FROM, NOBODY = 1000, 65534
NO_SHELLS = {"nologin", "false", "sync", "shutdown", "halt"}
# With one of these, accounts come from elsewhere and cannot be listed.
DIRECTORIES = {"sss", "ldap", "winbind", "nis", "nisplus"}


@dataclass(frozen=True)
class Others:
    """The other people who can log in on a machine.

    Attributes:
        are_there: whether there are any, as far as it can be told.
        groups: their own groups.
    """

    are_there: bool
    groups: frozenset[int] = frozenset()

    def may(self, path: Path, right: int) -> bool:
        """Whether they have a right (`READ` or `ENTER`) on a file or folder, if they get there."""
        status = path.stat()
        return bool(status.st_mode & right) or (status.st_gid in self.groups and bool(status.st_mode & right << GROUP))


def others_here() -> Others:
    """The other people on this machine: accounts with a shell, homes beside one's own, or accounts from a directory."""
    own = os.getuid()
    people = [account for account in pwd.getpwall() if _is_person(account) and account.pw_uid != own]
    return Others(
        bool(people) or _other_homes(own) or _has_directory(),
        frozenset(account.pw_gid for account in people),
    )


def exposed(course: Course, others: Others, top: Path = Path("/")) -> Iterator[str]:
    """A sentence for everything that others could read, with the command that closes it.

    Args:
        course: the checkout.
        others: who they are.
        top: the folder from which on modes are looked at; what is above it counts as open.
    """
    for pattern, what in course.private.items():
        for path in sorted(course.root.glob(pattern)):
            for place in _places(path):
                if _reachable(place, others, top) and _readable(place, others):
                    whom = "go" if place.stat().st_gid in others.groups else "o"
                    command = f"chmod {whom}-rwx {shlex.quote(str(place))}"
                    yield f"Other users of this machine can read {place} ({what}): {command}"


def _is_person(account: pwd.struct_passwd) -> bool:
    if account.pw_uid == NOBODY or Path(account.pw_shell).name in NO_SHELLS:
        return False
    # Where accounts of people begin: 501 on macOS.
    return account.pw_uid >= (501 if os.uname().sysname == "Darwin" else PEOPLE_FROM)


def _other_homes(own: int) -> bool:
    try:
        homes = [path.stat().st_uid for path in Path.home().parent.iterdir() if path.is_dir()]
    except OSError:
        return False
    return any(uid >= PEOPLE_FROM and uid not in (own, NOBODY) for uid in homes)


def _has_directory() -> bool:
    try:
        settings = Path("/etc/nsswitch.conf").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(not DIRECTORIES.isdisjoint(line.split()) for line in re.findall(r"^passwd:(.*)$", settings, re.M))


def _places(path: Path) -> Iterator[Path]:
    """A path itself; of a linked worktree's ``.git``, which is a file, the repository that it names."""
    if path.name != ".git" or path.is_dir():
        yield path.resolve()
        return
    named = path.read_text(encoding="utf-8", errors="replace").removeprefix("gitdir:").strip()
    folder = path.parent / named
    common = folder / "commondir"
    yield (folder / common.read_text(encoding="utf-8").strip() if common.is_file() else folder).resolve()


def _reachable(path: Path, others: Others, top: Path) -> bool:
    return path.exists() and all(
        others.may(parent, ENTER) for parent in path.parents if parent.is_relative_to(top.resolve())
    )


def _readable(path: Path, others: Others) -> bool:
    """Whether a file is open to others, or any file in a folder: names can be guessed where they cannot be listed."""
    try:
        if not path.is_dir():
            return others.may(path, READ)
        if not others.may(path, ENTER):
            return False
        return any(_readable(inner, others) for inner in path.iterdir() if not inner.is_symlink())
    except OSError:
        # It is gone, or closed to this user, too.
        return False
