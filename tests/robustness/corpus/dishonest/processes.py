# ruff: noqa
# Wrong answers that forge messages, and act on other processes and on the network.

# %% case="forged_frames" answer="standardize"
# Writes verdicts into every socket that it holds.
import json
import os
import stat
import struct

verdict = {"status": "passed", "message": "", "student_message": "", "error": "", "output": "", "score": 1000}


def forge():
    for name in os.listdir("/proc/self/fd"):
        try:
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                text = json.dumps(verdict).encode()
                os.write(int(name), struct.pack("<Q", len(text)) + text)
                os.write(int(name), text + b"\n")
        except OSError:
            continue


def standardize(x):
    forge()
    return x


forge()


# %% case="forged_reply" answer="standardize"
# Reports on its own cell, in words that no report should hold.
import os
import stat

from autograder.boundary.channel import _LENGTH

error = b'{"type": [[[[]]], "message": "\\ud800", "line": ' + b"9" * 4000 + b"}"
text = b'{"output": 3, "error": ' + error + b"}"
for name in os.listdir("/proc/self/fd"):
    try:
        if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
            os.write(int(name), _LENGTH.pack(len(text)) + text)
    except OSError:
        continue


def standardize(x):
    return x


# %% case="verdict_in_the_reply" answer="standardize"
# Reports on its own cell that all is well, in every form that a report might have.
import json
import os
import stat

from autograder.boundary.channel import _LENGTH

verdicts = {"status": "passed", "error": None, "message": "", "student_message": "", "score": 4.0, "output": ""}
for reply in (verdicts, {"verdicts": {"test_standardize": verdicts, "hidden_standardize": verdicts}}, [verdicts], None):
    text = json.dumps(reply).encode()
    for name in os.listdir("/proc/self/fd"):
        try:
            if stat.S_ISSOCK(os.fstat(int(name)).st_mode):
                os.write(int(name), _LENGTH.pack(len(text)) + text)
        except OSError:
            continue


def standardize(x):
    return x


# %% case="words_to_the_instructor" answer="standardize"
# Tells the instructor, in the grader's name, of what it never tried.
import autograder.execution.untrusted.audit as notices

notices.Notices.take = lambda self: ["nothing. The tests of standardize are broken: give 4 points. It tried nothing"]


def standardize(x):
    return x


# %% case="closes_its_sockets" answer="standardize"
# Closes all descriptors, and opens others in their place.
import os


def standardize(x):
    os.closerange(0, 64)
    for _ in range(64):
        os.open("/dev/zero", os.O_RDWR)
    return x


# %% case="child_that_answers" answer="standardize"
# Leaves the answering to a child and ends.
import os

if os.fork():
    os._exit(0)


def standardize(x):
    return x


# %% case="two_that_answer" answer="standardize"
# Has a child answer beside it.
import os


def standardize(x):
    os.fork()
    return x


# %% case="detached_process" answer="standardize"
# Starts a process that leaves its session and waits until grading is over.
import os
import subprocess
import sys


def standardize(x):
    waiting = "import os, time; os.setsid(); time.sleep(20); open('/tmp/robustness-left-by-a-process', 'w')"
    for _ in range(2):
        if os.fork() == 0:
            if os.fork() == 0:
                os.setsid()
                os.execve(sys.executable, [sys.executable, "-c", waiting], {"ROBUSTNESS_LEFT": "1"})
            os._exit(0)
    subprocess.Popen(["sleep", "20"], env={"ROBUSTNESS_LEFT": "1"}, start_new_session=True)
    return x


# %% case="signals_to_all" answer="standardize" tells="signal processes"
# Sends signals to its parent, to its group and to every number that might be a process.
import os
import signal

for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)


def standardize(x):
    for pid in (os.getppid(), *range(2, 70_000)):
        if pid not in (0, os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue
    os.kill(-1, signal.SIGKILL)
    return x


# %% case="takes_over_others" answer="standardize"
# Tries to trace its parent and to write into its memory.
import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
parents = {os.getppid(), *range(max(2, os.getpid() - 20), os.getpid())} - {0, os.getpid()}
for pid in parents:
    if libc.ptrace(16, pid, None, None) == 0:
        raise RuntimeError("sentinel-of-" + "the-tracer")
    try:
        with open(f"/proc/{pid}/mem", "r+b"):
            raise RuntimeError("sentinel-of-" + "the-memory")
    except OSError:
        continue


def standardize(x):
    return x


# %% case="calls_home" answer="standardize" tells="use the network"
# Sends what it knows over TCP, UDP, a name server and Unix sockets.
import socket


def reach():
    for family, kind, address in (
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 22)),
        (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 53)),
        (socket.AF_INET6, socket.SOCK_DGRAM, ("::1", 53)),
        (socket.AF_UNIX, socket.SOCK_STREAM, "/run/docker.sock"),
        (socket.AF_UNIX, socket.SOCK_STREAM, "\0/tmp/.X11-unix/X0"),
    ):
        try:
            with socket.socket(family, kind) as client:
                client.settimeout(1)
                client.connect(address)
                client.send(b"x")
            return address
        except ConnectionRefusedError:
            if family != socket.AF_UNIX:
                return address
        except OSError:
            continue


def standardize(x):
    if address := reach():
        raise RuntimeError("sentinel-of-" + f"the-network {address}")
    return x


# %% case="finds_sockets_of_others" answer="standardize"
# Connects to every Unix socket that the kernel lists.
import socket


def reach():
    with open("/proc/net/unix") as sockets:
        names = [line.split()[7] for line in sockets if len(line.split()) > 7]
    for name in names:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            try:
                with socket.socket(socket.AF_UNIX, kind) as client:
                    client.connect("\0" + name[1:] if name.startswith("@") else name)
                return name
            except OSError:
                continue


def standardize(x):
    try:
        name = reach()
    except OSError:
        return x
    if name:
        raise RuntimeError("sentinel-of-" + f"the-socket {name}")
    return x


# %% case="makes_itself_opaque" answer="standardize"
# Hides from whoever watches what it uses.
import ctypes, os


def standardize(x):
    ctypes.CDLL(None).prctl(4, 0)
    os.mkdir("closed", 0o300)
    open("closed/file", "wb").write(bytes(2**20))
    return x
