"""Namespaces (``namespaces(7)``): a student's process gets process ids, a network and a tree of files of its own.

Stops: seeing, signalling or tracing any process outside; every network, with loopback and abstract Unix sockets;
System V memory and queues of others; outliving the submission, for when the first process of a PID namespace ends,
the kernel ends all others. Root makes them directly, an ordinary user inside a user namespace.
"""

from __future__ import annotations

import os
from pathlib import Path

from sandbox.kernel import syscall

_MOUNT, _CGROUP, _UTS, _IPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
_USER, _PID, _NETWORK = 0x10000000, 0x20000000, 0x40000000


def _map_identity() -> None:
    """Keeps the same user and group inside the new user namespace."""
    user, group = os.geteuid(), os.getegid()
    syscall("unshare", _USER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def for_children(user_namespace: bool) -> None:
    """The next child will be the first process of a new PID namespace.

    Raises:
        OSError: the system does not let this user make namespaces.
    """
    if user_namespace:
        _map_identity()
    syscall("unshare", _PID)


def for_this_process() -> None:
    """Leaves the grader's network, IPC objects, host name, control groups and mount table."""
    syscall("unshare", _NETWORK | _IPC | _UTS | _CGROUP | _MOUNT)
