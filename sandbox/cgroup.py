"""Control groups, version 2 (``cgroups(7)``): limits on what all processes of a submission use together.

Stops: more memory than allowed, kernel memory included; more processes than allowed;
processes that outlive the submission.
In force only where this user may make a group beside its own that has the memory and pids controllers, which
containers rarely allow; the supervisor watches the same limits everywhere.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.limits import Limits

_NEEDED = {"memory", "pids"}

# A submission's share of the cores, however many processes it has; a group that is not told otherwise has 100.
CPU_WEIGHT = 50


def _mount_point() -> Path | None:
    """Where the unified hierarchy is mounted."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(place)
    return None


def _membership() -> str | None:
    """The group of this process, below the mount point."""
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    return next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), None)


def parent() -> Path | None:
    """A group in which this process may make groups with the controllers needed; None where there is none."""
    top, mine = _mount_point(), _membership()
    if top is None or mine is None:
        return None
    # Only the top group may hold processes and hand controllers to groups below it.
    above = (top / mine).parent if mine else top
    try:
        offered = set((above / "cgroup.subtree_control").read_text().split())
    except OSError:
        return None
    return above if offered >= _NEEDED and os.access(above / "cgroup.procs", os.W_OK) else None


def weighs(above: str) -> bool:
    """Whether groups made in the group ``above`` have a weight in the sharing of cores; not where there is none."""
    try:
        return bool(above) and "cpu" in Path(above, "cgroup.subtree_control").read_text().split()
    except OSError:
        return False


def group_name(supervisor: int) -> str:
    """What the group of a submission is called, by the process above it."""
    return f"submission-{supervisor}"


@dataclass(frozen=True)
class Group:
    """One submission's control group."""

    folder: Path

    @classmethod
    def create(cls, above: Path, limits: Limits) -> Group:
        """Makes the group and sets its limits; a controller that it lacks is left out."""
        group = cls(above / group_name(os.getpid()))
        group.folder.mkdir(exist_ok=True)
        settings = {
            "memory.max": limits.memory_bytes + limits.scratch_bytes,
            "memory.swap.max": 0,
            "memory.oom.group": 1,
            "pids.max": limits.processes,
            "cpu.weight": CPU_WEIGHT,
        }
        for name, value in settings.items():
            if (group.folder / name).exists():
                (group.folder / name).write_text(str(value))
        return group

    def join(self) -> None:
        """Moves the calling process into the group."""
        (self.folder / "cgroup.procs").write_text("0")

    def ran_out_of_memory(self) -> bool:
        """Whether the kernel ended a process for the group's memory limit."""
        events = self.folder / "memory.events"
        return events.exists() and "oom_kill 0" not in events.read_text()

    def kill_all(self) -> None:
        """Ends every process in the group."""
        (self.folder / "cgroup.kill").write_text("1")

    def remove(self) -> None:
        """Removes the group, once its last process is gone."""
        for _ in range(100):
            try:
                self.folder.rmdir()
            except OSError:
                time.sleep(0.01)
            else:
                return


@contextmanager
def own_group(above: str, limits: Limits) -> Iterator[Group | None]:
    """A new group in the group ``above``, removed afterwards; None where ``above`` is empty."""
    if not above:
        yield None
        return
    group = Group.create(Path(above), limits)
    try:
        yield group
    finally:
        group.remove()
