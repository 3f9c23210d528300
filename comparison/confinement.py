"""Runs another grader on a dishonest submission without harm: those graders shut nothing in, so all of it is shut in.

The grader, its kernel and the submission share a process-id namespace, a network that is only a loopback of their own,
a tree of files with the system's programs and the graders' environment to read and one folder in memory to write, and
limits on time, memory, processes and files. What is wanted of that folder comes back as an archive through a pipe.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import shlex
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from autograder.errors import CourseError
from comparison.graders.base import PEERS, ROOT, Command, Grader
from sandbox import capabilities, identity, kernel, limits, mounts, namespaces, paths
from sandbox.limits import Limits

# More than this grader's own, since kernel, grader and submission share them; memory is that of each process.
LIMITS = Limits(
    cpu_seconds=300, memory_bytes=8 << 30, processes=512, open_files=1024, file_bytes=256 << 20, scratch_bytes=1 << 30
)
# Says what localhost is.
HOSTS = Path("/etc/hosts")
ANSWER_BYTES = 64 << 20
LATE_SECONDS = 30
TIMED_OUT = (124, 137)
_CODES = "exit-codes"
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


def refusal() -> str:
    """Why nothing can be confined here; empty if it can."""
    with tempfile.TemporaryDirectory() as files, tempfile.TemporaryDirectory() as results:
        try:
            _confine(Path(files), "true", {"PATH": os.defpath}, 60, Path(results))
        except CourseError as error:
            return str(error)
    return ""


def run_confined(grader: Grader, folder: Path, commands: Sequence[Command], seconds: float, results: Path) -> list[int]:
    """Run commands of a grader on a copy of a folder, and bring back what its marks are read from.

    Args:
        folder: the folder that was set up, with submissions.
        seconds: for each command.
        results: an empty folder for what comes back.

    Returns:
        The commands' exit codes; fewer than commands if even these limits ended the run.

    Raises:
        CourseError: if it could not be confined; then nothing was run.
    """
    names = " ".join(grader.names_only)
    empty = f"find {names} -type f -exec chmod u+w {{}} + -exec truncate -s 0 {{}} +; " if names else ""
    runs = "".join(
        f"timeout -k 5 {seconds:g} {shlex.join(command)} >log 2>&1 </dev/null; echo $? >>{_CODES}; "
        for command in commands
    )
    script = f"{runs}{empty}exec tar cf - --ignore-failed-read {' '.join((*grader.results, _CODES))}"
    _confine(folder, script, grader.environment(folder), len(commands) * (seconds + 5) + LATE_SECONDS, results)
    codes = results / _CODES
    return [int(code) for code in codes.read_text().split()] if codes.is_file() else []


def _confine(folder: Path, script: str, environment: Mapping[str, str], seconds: float, results: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="confined-") as scratch:
        moved = {name: value.replace(str(folder), scratch) for name, value in environment.items()}
        order = {"files": str(folder), "scratch": scratch, "script": script, "environment": moved}
        command = [sys.executable, "-m", "comparison.confinement", json.dumps(order)]
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
        ) as process:
            archive, refused = _answer(process, seconds)
    if refused:
        raise CourseError(f"other graders are not run here, since they cannot be confined: {refused}")
    with contextlib.suppress(tarfile.TarError, OSError), tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(results, filter="data")


def _answer(process: subprocess.Popen[bytes], seconds: float) -> tuple[bytes, str]:
    """What a confined run wrote, and why it was not confined if it was not."""
    try:
        archive, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        # Its death takes the first process of the namespace along, and that all others.
        process.kill()
        archive, said = process.communicate()
    return archive[:ANSWER_BYTES], said.decode(errors="replace").strip()


def _start_loopback() -> None:
    """The new network has a loopback that is down; graders talk to their kernels over it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def _enter(files: Path, scratch: Path, user: int) -> None:
    """Shut this process in, for good."""
    root = os.geteuid() == 0
    os.umask(0o022)
    namespaces.for_this_process()
    _start_loopback()
    python = (PEERS / "bin" / "python").resolve().parents[1]
    readable = paths.existing([*paths.SYSTEM, HOSTS, PEERS, python])
    mounts.enter(readable, scratch, files, size=LIMITS.scratch_bytes, owner=user)
    limits.apply(LIMITS, mapped=0, count_processes=True)
    if root:
        identity.become(user)
    capabilities.keep_only()
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    os.chdir(scratch)


def main() -> None:
    """Run a script, confined; why that could not be done goes to standard error."""
    order = json.loads(sys.argv[1])
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    user = identity.spare_user(os.getpid()) if os.geteuid() == 0 else os.geteuid()
    namespaces.for_children(user_namespace=os.geteuid() != 0)
    # The first process of the namespace stays outside all other mechanisms; when it ends, all others end.
    child = os.fork()
    if child == 0:
        try:
            _enter(Path(order["files"]), Path(order["scratch"]), user)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            os.execve("/bin/sh", ["sh", "-c", order["script"]], order["environment"])
        except OSError as problem:
            os.write(2, str(problem).encode())
        finally:
            os._exit(1)
    os.waitpid(child, 0)


if __name__ == "__main__":
    try:
        main()
    except OSError as problem:
        sys.exit(str(problem))
