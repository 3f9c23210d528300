"""What the kernel tells about a process's use of the cores."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.activity import Activity, activity

STAT = "7 (a) b) {state} 1 7 7 0 -1 0 0 0 0 0 150 50 300 100 20 0 {threads} 0 4242 0 0\n"
TICKS = os.sysconf("SC_CLK_TCK")


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A ``/proc`` with a process of two threads that both sleep."""
    folder = tmp_path / "7"
    for thread in ("7", "8"):
        (folder / "task" / thread).mkdir(parents=True)
        (folder / "task" / thread / "stat").write_text(STAT.format(state="S", threads=2))
    (folder / "stat").write_text(STAT.format(state="S", threads=2))
    (folder / "schedstat").write_text("2000000000 500000000 25\n")
    return tmp_path


def test_a_process_is_told_by_its_files(proc: Path) -> None:
    assert activity(7, str(proc)) == Activity(began=4242, ran=200 / TICKS, ended=400 / TICKS, waited=0.5, ready=False)


def test_one_of_its_threads_may_be_the_one_that_runs(proc: Path) -> None:
    (proc / "7" / "task" / "8" / "stat").write_text(STAT.format(state="R", threads=2))
    found = activity(7, str(proc))
    assert found is not None and found.ready


def test_without_schedstat_nobody_knows_how_long_it_waited(proc: Path) -> None:
    (proc / "7" / "schedstat").unlink()
    found = activity(7, str(proc))
    assert found is not None and found.waited == 0


def test_a_process_that_is_gone_has_done_nothing(proc: Path) -> None:
    assert activity(8, str(proc)) is None


def test_a_process_that_is_stopped_neither_runs_nor_waits() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            # While it starts, it may wait for the disk.
            while not (busy := activity(process.pid)) or busy.ran < 0.3:
                os.sched_yield()
            assert busy.ready
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED)
            stopped = activity(process.pid)
            assert stopped is not None and not stopped.ready
        finally:
            process.kill()
