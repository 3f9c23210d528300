"""What ``examine`` finds: each forbidden thing, tried from inside a confined process."""

from __future__ import annotations

import json
import os
import signal
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sandbox.errors import SandboxError
from sandbox.escapes import ESCAPES, SECRET, Escape, Target, answer_as_neighbour, stopped_by
from sandbox.exhaustion import EXHAUSTIONS, PATIENCE, SMALL, Exhaustion
from sandbox.forked import forked
from sandbox.mechanisms import Mechanisms
from sandbox.probe import FILES, OUTLIVING, RESOURCES
from sandbox.process import Exit, Reason
from sandbox.spawn import spawn

# Seconds after which a process that nothing stops is ended; every exhaustion has given up before.
_PATIENCE = 2 * PATIENCE
_VARIABLE = "SANDBOX_SELFTEST_SECRET"


@dataclass(frozen=True)
class Finding:
    """One forbidden thing that was tried.

    Attributes:
        name: what was tried.
        breaks: the property that success would break.
        stopped: whether it failed.
        how: the error or the limit that stopped it.
    """

    name: str
    breaks: str
    stopped: bool
    how: str


@contextmanager
def target() -> Iterator[Target]:
    """Something of the grader's for the escapes to aim at; gone afterwards."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        (folder / "secret").write_text(SECRET)
        (folder / "secret").chmod(0o600)
        (folder / "shared").write_text("for submissions to read")
        (folder / "shared").chmod(0o644)
        abstract, datagrams = (f"\0sandbox-{kind}-{os.getpid()}" for kind in ("stream", "datagram"))
        listeners: dict[str, socket.socket] = {}
        for name, family, kind, address in (
            ("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            ("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            ("path", socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "socket")),
            ("abstract", socket.AF_UNIX, socket.SOCK_STREAM, abstract),
            ("datagrams", socket.AF_UNIX, socket.SOCK_DGRAM, datagrams),
        ):
            listeners[name] = stack.enter_context(socket.socket(family, kind))
            listeners[name].bind(address)
            if kind == socket.SOCK_STREAM:
                listeners[name].listen()
        (folder / "socket").chmod(0o777)
        descriptor = os.open(folder / "secret", os.O_RDONLY)
        stack.callback(os.close, descriptor)
        os.environ[_VARIABLE] = SECRET
        stack.callback(os.environ.pop, _VARIABLE)
        tcp, udp = (listeners[name].getsockname()[1] for name in ("tcp", "udp"))
        neighbour = stack.enter_context(_neighbour(folder / "shared"))
        yield Target(folder, os.getpid(), tcp, udp, abstract, datagrams, descriptor, _VARIABLE, neighbour)


@contextmanager
def _neighbour(shared: Path) -> Iterator[socket.socket]:
    """A connection to a process that answers until it is closed."""
    mine, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        mine.close()
        try:
            answer_as_neighbour(shared, theirs)
        finally:
            os._exit(0)
    theirs.close()
    with mine:
        yield mine
    os.waitpid(pid, 0)


def _start(tell: Callable[[], object], *keep: int, **options: Any) -> Callable[[], tuple[str, Exit]]:
    """Starts a confined process; calling the result waits for what it says, as JSON, and how it ended."""
    hears, tells = os.pipe()

    def run() -> None:
        os.write(tells, json.dumps(tell()).encode())

    confined = spawn(run, keep_fds=[tells, *keep], **options)
    os.close(tells)

    def finish() -> tuple[str, Exit]:
        ended = confined.wait(_PATIENCE) or confined.kill()
        with os.fdopen(hears) as pipe:
            return pipe.read(), ended

    return finish


def _refused(exhaustion: Exhaustion) -> str:
    """The error that refused it; empty if none did."""
    try:
        exhaustion.act()
    except (OSError, MemoryError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _try_exhaustions(mechanisms: Mechanisms) -> Iterator[Finding]:
    """Tries all of them at the same time."""
    trials = [_start(partial(_refused, each), mechanisms=mechanisms, limits=SMALL) for each in EXHAUSTIONS]
    for each, finish in zip(EXHAUSTIONS, trials, strict=True):
        said, ended = finish()
        how = json.loads(said) if said else ended.detail
        yield Finding(f"use up {each.name}", RESOURCES, bool(how) and ended.reason is not Reason.NOT_CONFINED, how)


def _detach() -> None:
    """Leaves a grandchild behind, in a session of its own, that holds every open descriptor for a while."""
    for _ in range(2):
        if os.fork():
            return
        os.setsid()
    for ignored in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(ignored, signal.SIG_IGN)
    time.sleep(PATIENCE)
    os._exit(0)


def _try_to_outlive(mechanisms: Mechanisms) -> Finding:
    hears, tells = os.pipe()
    os.set_blocking(hears, False)
    confined = spawn(_detach, mechanisms=mechanisms, keep_fds=[tells])
    os.close(tells)
    ended = confined.wait() or confined.kill()
    try:
        gone = os.read(hears, 1) == b""
    except BlockingIOError:
        gone = False
    os.close(hears)
    return Finding("leave a process behind", OUTLIVING, gone, ended.detail or "ended with the submission")


def reading(hidden: Path) -> Escape:
    """Reads a file, or lists a folder."""

    def read(_: Target) -> None:
        if hidden.is_dir():
            list(hidden.iterdir())
        else:
            hidden.read_bytes()

    return Escape(f"read {hidden}", FILES, read)


def try_all(mechanisms: Mechanisms, escapes: Sequence[Escape]) -> list[Finding]:
    """Tries these escapes behind these mechanisms, in one process."""
    with target() as aim:
        readable = [aim.folder / "shared"]

        def tell() -> list[str]:
            return [stopped_by(escape, aim) for escape in escapes]

        said, ended = _start(tell, aim.neighbour.fileno(), mechanisms=mechanisms, readable=readable)()
    if not said:
        raise SandboxError(f"What submissions can do could not be tried: {ended.detail}")
    return [
        Finding(escape.name, escape.breaks, bool(how), how)
        for escape, how in zip(escapes, json.loads(said), strict=True)
    ]


def examine(mechanisms: Mechanisms, hidden: Sequence[Path] = ()) -> list[Finding]:
    """Tries every forbidden thing behind these mechanisms; takes a few seconds.

    Args:
        mechanisms: from ``probe(...).mechanisms``.
        hidden: files and folders that submissions must not read, such as the gradebook, beside what is tried anyway.

    Raises:
        SandboxError: nothing could be tried.
    """
    escapes = [*map(reading, hidden), *ESCAPES]
    return forked(lambda: [*try_all(mechanisms, escapes), *_try_exhaustions(mechanisms), _try_to_outlive(mechanisms)])
