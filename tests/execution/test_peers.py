"""What a process that grades may tell its supervisor."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import struct
import threading

import pytest

from autograder.boundary.channel import Channel
from autograder.execution.authored import Authored
from autograder.execution.grader import Given, run_test
from autograder.execution.meter import Limit, Meter
from autograder.execution.processes import REPLY_BYTES, ForkedProcess, ProcessPair, Zygote
from tests.boundary.conftest import remote
from tests.execution.conftest import Class

MEGABYTE = 1 << 20


def test_a_reply_that_is_too_large_to_be_one_is_not_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(EOFError, match="not a reply"):
        theirs.sendall(struct.pack("<Q", REPLY_BYTES + 1))
        ForkedProcess(0, Channel(ours, most=REPLY_BYTES), Meter(lambda: None)).ask({"source": ""}, Limit.of(20))


def test_a_process_cannot_fill_the_supervisors_memory(students: Class) -> None:
    floods = (
        "import os, stat, struct\n"
        "text = b'[' + b'[],' * 6_000_000 + b'[]]'\n"
        "for name in os.listdir('/proc/self/fd'):\n"
        "    if stat.S_ISSOCK(os.stat(f'/proc/self/fd/{name}').st_mode):\n"
        "        with os.fdopen(os.dup(int(name)), 'wb') as socket:\n"
        "            socket.write(struct.pack('<Q', len(text)) + text)\n"
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    verdicts = students.answer(double=f"{floods}\ndef double(x):\n    return 2 * x")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * 1024 < 100 * MEGABYTE
    assert verdicts["Scale"].score == verdicts["Scale"].max_score


def test_a_sentence_that_quotes_an_answer_has_an_end() -> None:
    request = {"test": "assert not double(1), double(1)", "id": "test_double", "hidden": False, "answers": ["double"]}
    reply = run_test(request, remote("def double(x):\n    return 'x' * 1_000_000"), Given(()), Authored(()))
    assert reply["status"] == "wrong"
    assert len(json.dumps(reply)) < 10_000


def test_a_process_that_hangs_up_and_lives_on_does_not_hold_up_others(
    zygote: Zygote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.execution.processes.PATIENCE", 30.0)
    pair = ProcessPair(zygote, seed=0)
    ending = threading.Thread(target=lambda: pair.end(died=True))
    ending.start()
    ProcessPair(zygote, seed=0).end()
    assert ending.is_alive()
    os.kill(pair.student.pid, signal.SIGTERM)
    ending.join()
