"""A control group holds a submission where the system lets the grader make one."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from sandbox import cgroup
from sandbox.cgroup import Group, own_group
from sandbox.forked import forked
from sandbox.limits import Limits
from sandbox.mechanisms import Mechanisms
from sandbox.probe import probe
from sandbox.process import Reason
from sandbox.spawn import spawn

LIMITS = Limits(memory_bytes=100, scratch_bytes=20, processes=7)


@pytest.fixture
def hierarchy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A control group with the controllers needed, in which this process has a group of its own."""
    mine = tmp_path / "user" / "session"
    mine.mkdir(parents=True)
    (mine.parent / "cgroup.subtree_control").write_text("cpu memory pids\n")
    (mine.parent / "cgroup.procs").touch()
    monkeypatch.setattr(cgroup, "_mount_point", lambda: tmp_path)
    monkeypatch.setattr(cgroup, "_membership", lambda: "user/session")
    return mine.parent


def test_groups_are_made_beside_that_of_the_grader(hierarchy: Path) -> None:
    assert cgroup.parent() == hierarchy


def test_without_the_controllers_there_is_no_group(hierarchy: Path) -> None:
    (hierarchy / "cgroup.subtree_control").write_text("cpu\n")
    assert cgroup.parent() is None


def test_without_a_unified_hierarchy_there_is_no_group(hierarchy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroup, "_mount_point", lambda: None)
    assert cgroup.parent() is None


def test_a_group_gets_the_limits_whose_controllers_it_has(tmp_path: Path) -> None:
    folder = tmp_path / f"submission-{os.getpid()}"
    folder.mkdir()
    for name in ("memory.max", "memory.swap.max", "pids.max"):
        (folder / name).touch()
    Group.create(tmp_path, LIMITS)
    written = {path.name: path.read_text() for path in folder.iterdir()}
    assert written == {"memory.max": "120", "memory.swap.max": "0", "pids.max": "7"}


@pytest.mark.parametrize("events, out", [("oom 0\noom_kill 0\n", False), ("oom 2\noom_kill 2\n", True)])
def test_a_group_tells_whether_memory_ran_out(tmp_path: Path, events: str, out: bool) -> None:
    (tmp_path / "memory.events").write_text(events)
    assert Group(tmp_path).ran_out_of_memory() is out


def test_a_group_ends_all_its_processes_and_goes() -> None:
    """Made for real where this user may make groups; elsewhere there is no place for one."""
    top = cgroup._mount_point()
    if top is None or not os.access(top / "cgroup.procs", os.W_OK):
        assert cgroup.parent() is None
        return
    with own_group(str(top), LIMITS) as group:
        assert group is not None
        child = os.fork()
        if child == 0:
            group.join()
            os.fork()
            time.sleep(30)
            os._exit(0)
        while len((group.folder / "cgroup.procs").read_text().split()) < 2:
            time.sleep(0.01)
        group.kill_all()
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -9
    assert not group.folder.exists()


def test_a_submission_is_put_in_its_group() -> None:
    top = cgroup._mount_point()
    if top is None or not os.access(top / "cgroup.procs", os.W_OK):
        assert probe().mechanisms.control_group == ""
        return
    hears, tells = os.pipe()

    def act() -> None:
        os.write(tells, Path("/proc/self/cgroup").read_bytes())

    ended = forked(lambda: spawn(act, mechanisms=Mechanisms(control_group=str(top)), keep_fds=[tells]).wait())
    assert ended is not None and ended.reason is Reason.FINISHED
    assert b"\n0::/submission-" in os.read(hears, 4096)
    assert not list(top.glob("submission-*"))
