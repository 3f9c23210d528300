"""A user of its own (``setresuid(2)``) for each submission, where the grader is root.

Stops: reading and writing files that are closed to other users, and signalling or tracing processes of other users;
makes the limit on processes count this submission alone, and lets one ``kill`` reach all of it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Above these, some programs take user ids for negative numbers.
_MOST_USERS = 1 << 31


def spare_user(number: int, *, second: bool = False) -> int:
    """A user id that no account has, from the top of those that exist in this user namespace.

    Args:
        number: a process id: submissions that run at the same time differ in it.
        second: another one, for work on that submission which it must not disturb.
    """
    ranges = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    first, _, count = max(ranges, key=lambda row: row[2])
    count = min(count, _MOST_USERS)
    quarter = max(count // 4, 1)
    return first + count - 1 - number % quarter - second * quarter


def become(user: int) -> None:
    """Changes user and group for good, and takes the rights of no other.

    Raises:
        OSError: this process may not, or the id does not exist in this user namespace.
    """
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


@contextmanager
def acting_as(user: int) -> Iterator[None]:
    """For a moment, with that user's rights on files and processes; nobody gains rights over this process."""
    group = os.getegid()
    own_user = os.geteuid()
    os.setegid(user)
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(own_user)
        os.setegid(group)


def own(folder: Path, user: int) -> None:
    """Gives a folder with all that it holds to ``user``; does nothing where it is theirs already."""
    if user == os.geteuid():
        return
    for parent, folders, files in os.walk(folder):
        for name in (".", *folders, *files):
            os.chown(Path(parent, name), user, user, follow_symlinks=False)


def kill_all(number: int) -> None:
    """Ends every process of the user ``spare_user(number)`` at once, however it hides among the others."""
    user, second = spare_user(number), spare_user(number, second=True)
    helper = os.fork()
    if helper == 0:
        try:
            os.setgroups([])
            os.setresgid(second, second, second)
            # May signal processes of the one user, but cannot be signalled by them.
            os.setresuid(second, user, second)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(helper, 0)
