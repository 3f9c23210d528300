"""A function that runs in a child process brings its result back, and the child does nothing else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sandbox.forked import forked

INTERRUPTED = """
import signal, time
from sandbox.forked import forked

def interrupt(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
signal.setitimer(signal.ITIMER_REAL, 0.3)
try:
    forked(lambda: time.sleep(1))
except KeyboardInterrupt:
    print("interrupted")
"""


def test_a_result_and_an_error_come_back() -> None:
    assert forked(lambda: 6 * 7) == 42
    with pytest.raises(ZeroDivisionError):
        forked(lambda: 1 / 0)


def test_a_child_whose_parent_was_interrupted_ends_silently() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("interrupted\n", "")
