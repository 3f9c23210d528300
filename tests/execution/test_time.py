"""How long code may take: so much processor time, and as much time in which nothing of it runs or waits for a core."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from autograder.execution.meter import Limit, OutOfTimeError, Spent
from autograder.execution.processes import ProcessPair, Zygote
from autograder.time_limits import TimeLimits
from autograder.topics import Cell, CellKind
from autograder.verdicts.model import Status
from sandbox.shares import cores
from tests.execution.conftest import Class

SOURCE = '''\
# %% given="setup"
from coursekit.checks import expect_equal

# %% exercise="patient"
def patient(x):
    """Twice x, after a while."""
    ### BEGIN SOLUTION
    import time
    time.sleep(2)
    return 2 * x
    ### END SOLUTION

# %% test="patient" points=1 seconds=30
expect_equal(patient(1), 2, what="twice one")

# %% hidden_test="patient" points=2
expect_equal(patient(1), 2, what="twice one")
'''
BUSY = """
import time

def patient(x):
    end = time.process_time() + 2
    while time.process_time() < end:
        pass
    return 2 * x
"""
COMPUTES = "import time\nend = time.process_time() + 0.7\nwhile time.process_time() < end: pass"


@pytest.fixture(scope="module")
def patient_class(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Class:
    return Class(zygote, tmp_path_factory.mktemp("patient"), SOURCE)


@pytest.fixture
def pair(zygote: Zygote) -> Iterator[ProcessPair]:
    """A student's process and that of the tests."""
    running = ProcessPair(zygote, seed=0, cores=cores()[:1])
    yield running
    running.end()


def test_a_test_has_the_seconds_that_it_asks_for(patient_class: Class) -> None:
    graded = patient_class.graded(patient_class.filled(), TimeLimits(cell=1, submission=60))
    (exercise,) = graded.result.exercises
    visible, hidden = exercise.tests
    assert (visible.status, hidden.status) == (Status.PASSED, Status.TIMED_OUT)
    assert "slept or waited for 1 second" in hidden.message
    assert graded.trace.waited_out == ["hidden_patient"]


def test_processor_time_is_told_from_waiting(patient_class: Class) -> None:
    graded = patient_class.graded(patient_class.filled(patient=BUSY), TimeLimits(cell=1, submission=60))
    visible, hidden = graded.result.exercises[0].tests
    assert (visible.status, hidden.status) == (Status.PASSED, Status.TIMED_OUT)
    assert "used more than 1 second of processor time" in hidden.message
    assert graded.trace.waited_out == [] and graded.result.problems == ()


def test_a_submission_has_no_more_than_its_own(patient_class: Class) -> None:
    (exercise,) = patient_class.grade(patient_class.filled(), TimeLimits(cell=1, submission=1)).exercises
    assert {test.status for test in exercise.tests} == {Status.TIMED_OUT}


def test_where_the_place_ends_everything_the_submission_ends_before(patient_class: Class) -> None:
    graded = patient_class.graded(patient_class.filled(), TimeLimits(clock=1))
    (exercise,) = graded.result.exercises
    assert {test.status for test in exercise.tests} == {Status.TIMED_OUT}
    assert "when the time for grading here was over" in exercise.message
    assert graded.trace.waited_out


USUAL = TimeLimits().cell


@pytest.mark.parametrize(
    ("cell", "asked", "seconds"),
    [(USUAL, 0, 20), (USUAL, 60, 60), (3, 60, 60), (3, 1, 3), (3 * USUAL, 60, 180)],
)
def test_a_slower_place_gives_a_test_more_in_proportion(cell: float, asked: float, seconds: float) -> None:
    assert TimeLimits(cell=cell).for_test(Cell("test_f", CellKind.TEST, "", seconds=asked)) == seconds


def test_code_that_has_to_wait_for_its_core_is_not_ended(pair: ProcessPair) -> None:
    """At most a fifth of the core is left to it, so that it takes several times its limit by the clock."""
    spin = f"import os\nos.sched_setaffinity(0, {set(cores()[:1])})\nos.nice(5)\nprint(flush=True)\nwhile True: pass"
    others = [subprocess.Popen([sys.executable, "-c", spin], stdout=subprocess.PIPE) for _ in range(4)]
    try:
        for other in others:
            assert other.stdout and other.stdout.readline()
        assert pair.student.ask({"source": COMPUTES}, Limit.of(1))["failures"] == []
    finally:
        for other in others:
            other.kill()
            other.communicate()


IDLE = {
    "sleeps": "import time; time.sleep(60)",
    "sleeps and wakes": "import time\nwhile True: time.sleep(0.01)",
    "waits for a pipe": "import os; os.read(os.pipe()[0], 1)",
    "waits for a lock": "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "waits for a socket": "import socket; one, other = socket.socketpair(); one.recv(1)",
    "waits for a child that sleeps": "import os, time\nif not os.fork(): time.sleep(60)\nos.wait()",
    "waits for a child that is stopped": "import os\nif not os.fork(): os.kill(os.getpid(), 19)\nos.wait()",
    "has many that wake at one moment": (
        "import threading, time\n"
        "def wake():\n    while True: time.sleep(0.1 - time.monotonic() % 0.1)\n"
        "for _ in range(40): threading.Thread(target=wake, daemon=True).start()\n"
        "time.sleep(60)"
    ),
}
SPIN = "\n    while True: pass\n"
BUSY_CELLS = {
    "computes": "while True: pass",
    "computes in a thread": (
        f"import threading, time\ndef spin():{SPIN}threading.Thread(target=spin, daemon=True).start()\ntime.sleep(60)"
    ),
    "computes in a child": f"import os\nif not os.fork():{SPIN}os.wait()",
    "computes in what its child left behind": (
        f"import os, time\nif not os.fork():\n    if os.fork(): os._exit(0)\n    os.setsid(){SPIN}time.sleep(60)"
    ),
    "computes in children that it does not wait for": (
        "import os, signal, time\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "def work():\n    end = time.process_time() + 0.05\n    while time.process_time() < end: pass\n"
        "    os._exit(0)\n"
        "while True:\n    for _ in range(4):\n        if not os.fork(): work()\n    time.sleep(0.1)"
    ),
    "computes and sleeps in turns": (
        "import time\nwhile True:\n    end = time.process_time() + 0.03\n"
        "    while time.process_time() < end: pass\n    time.sleep(0.01)"
    ),
}


@pytest.mark.parametrize("source", IDLE.values(), ids=IDLE)
def test_code_that_waits_for_what_never_comes_is_ended(pair: ProcessPair, source: str) -> None:
    with pytest.raises(OutOfTimeError) as end:
        pair.student.ask({"source": source}, Limit(processor=30, idle=1))
    assert end.value.spent is Spent.IDLE


@pytest.mark.parametrize("source", BUSY_CELLS.values(), ids=BUSY_CELLS)
def test_code_that_computes_for_ever_is_ended(pair: ProcessPair, source: str) -> None:
    with pytest.raises(OutOfTimeError) as end:
        pair.student.ask({"source": source}, Limit(processor=1, idle=30))
    assert end.value.spent is Spent.PROCESSOR


def test_what_children_use_after_the_reply_counts(pair: ProcessPair) -> None:
    source = f"import os\nfor _ in range(2):\n  if not os.fork():{SPIN}"
    pair.student.ask({"source": source}, Limit.of(5))
    with pytest.raises(OutOfTimeError) as end:
        pair.student.ask({"source": "import time; time.sleep(60)"}, Limit(processor=1, idle=30))
    assert end.value.spent is Spent.PROCESSOR


def test_what_an_answer_makes_the_tests_compute_counts(pair: ProcessPair) -> None:
    pair.student.ask({"source": "x = 1"}, Limit.of(5))
    test = {"test": "while True: pass", "id": "test_x", "hidden": False, "answers": ["x"]}
    with pytest.raises(OutOfTimeError) as end:
        pair.grader.ask(test, Limit(processor=1, idle=30))
    assert end.value.spent is Spent.PROCESSOR


def test_both_processes_stay_on_their_cores(pair: ProcessPair) -> None:
    pair.student.ask({"source": "import os; os.sched_setaffinity(0, range(os.cpu_count()))"}, Limit.of(5))
    assert os.sched_getaffinity(pair.grader.pid) == set(cores()[:1])
    assert pair.student.ask({"source": "assert len(os.sched_getaffinity(0)) == 1"}, Limit.of(5))["failures"] == []
