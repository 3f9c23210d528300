"""The process that others are forked from ends with the run that started it, whatever ended that one."""

from __future__ import annotations

import socket
import subprocess
import sys


def test_a_run_that_is_gone_before_its_answer_comes_is_no_error() -> None:
    run, its_end = socket.socketpair()
    with run, its_end:
        zygote = subprocess.Popen(
            [sys.executable, "-m", "autograder.execution.zygote", str(its_end.fileno())],
            pass_fds=[its_end.fileno()],
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        control, calls = socket.socketpair()
        with control, calls:
            socket.send_fds(run, [b'{"do": "fork_grader", "seed": 0}\n'], [control.fileno(), calls.fileno()])
    _, errors = zygote.communicate(timeout=60)
    assert (zygote.returncode, errors.decode()) == (0, "")
