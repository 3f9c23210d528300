"""Finds out, by trying, which mechanisms this system offers, and whether they suffice to run students' code."""

from __future__ import annotations

import functools
import os
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox import capabilities, cgroup, landlock
from sandbox.errors import SandboxError
from sandbox.forked import forked
from sandbox.kernel import LINUX
from sandbox.mechanisms import NONE, Mechanisms
from sandbox.process import Exit, Reason
from sandbox.shares import cores
from sandbox.spawn import spawn

_REMEDY = (
    "Run the grader in a Linux container, or let this user make user namespaces "
    "(sysctl user.max_user_namespaces, kernel.apparmor_restrict_unprivileged_userns), "
    "or use Linux 5.13 or newer with Landlock."
)

NETWORK = "no network"
FILES = "no files but its own"
PROCESSES = "no access to other processes"
RESOURCES = "no more memory, CPU time, processes and disk than allowed"
OUTLIVING = "nothing outlives it"
SHARE = "no more than its share of the cores"


@dataclass(frozen=True)
class Explanation:
    """One mechanism: what it stops, whether it is in force here, and if not, why."""

    name: str
    in_force: bool
    stops: str
    detail: str = ""


@dataclass(frozen=True)
class Property:
    """One thing that must hold of every submission, and the mechanisms that make it hold; without any, it does not."""

    name: str
    kept_by: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What isolation there is.

    Attributes:
        mechanisms: what `spawn` is to put in force.
        explained: each mechanism, in force or not.
        properties: each thing that must hold.
        problems: what else speaks against running submissions here, one sentence each.
    """

    mechanisms: Mechanisms
    explained: tuple[Explanation, ...]
    properties: tuple[Property, ...]
    problems: tuple[str, ...] = ()

    @property
    def isolated(self) -> bool:
        """Whether students' code may run here."""
        return not self.problems and all(held.kept_by for held in self.properties)

    @property
    def level(self) -> str:
        """The isolation in one phrase."""
        if not self.isolated:
            return "not isolated"
        return "isolated by " + ", ".join(mechanism.name for mechanism in self.explained if mechanism.in_force)


@dataclass(frozen=True)
class _Found:
    """What the trials showed: the mechanisms, why some could not be put up, and what is wrong with those that stand."""

    mechanisms: Mechanisms
    refusals: dict[str, str]
    problems: tuple[str, ...]


def _opened(mechanisms: Mechanisms, paths: Sequence[Path], readable: Sequence[Path] = ()) -> tuple[list[Path], str]:
    """The paths that a process so confined can open, and why it could not be confined (or empty)."""
    hears, tells = os.pipe()

    def run() -> None:
        for position, path in enumerate(paths):
            try:
                os.close(os.open(path, os.O_RDONLY))
            except OSError:
                continue
            os.write(tells, b"%d\n" % position)

    confined = spawn(run, mechanisms=mechanisms, readable=readable, keep_fds=[tells])
    os.close(tells)
    with os.fdopen(hears, "rb") as pipe:
        opened = [paths[int(position)] for position in pipe.read().split()]
    ended = confined.wait() or Exit(Reason.CRASHED)
    return opened, "" if ended.reason is Reason.FINISHED else ended.detail


def _refusal(mechanisms: Mechanisms) -> str:
    """Why Python cannot run behind these mechanisms; empty if it can."""
    needed = [Path(os.__file__), Path(sysconfig.get_path("purelib"))]
    opened, refusal = _opened(mechanisms, needed)
    closed = [str(path) for path in needed if path not in opened]
    return refusal or (f"{closed[0]} is closed to other users" if closed else "")


def _find(hidden: Sequence[Path], readable: Sequence[Path]) -> _Found:
    """Tries one mechanism after another, each on top of those that stand."""
    root = os.geteuid() == 0
    mechanisms = replace(NONE, landlock=landlock.version())
    refusals = {"landlock": "" if mechanisms.landlock else "the kernel has none"}

    def first_of(name: str, *candidates: Mechanisms) -> Mechanisms:
        for candidate in candidates:
            refusals[name] = _refusal(candidate)
            if not refusals[name]:
                return candidate
        return mechanisms

    mechanisms = first_of("seccomp", replace(mechanisms, seccomp=True))
    inside_user = replace(mechanisms, namespaces=True, user_namespace=True)
    direct = [replace(mechanisms, namespaces=True)] if root and capabilities.SYS_ADMIN in capabilities.held() else []
    mechanisms = first_of("namespaces", *direct, inside_user)
    if root and not mechanisms.user_namespace:
        mechanisms = first_of("separate_user", replace(mechanisms, separate_user=True))
    above = cgroup.parent()
    if above:
        mechanisms = first_of("control_group", replace(mechanisms, control_group=str(above)))
    hides_files = mechanisms.namespaces or mechanisms.landlock or mechanisms.separate_user
    exposed, refusal = _opened(mechanisms, hidden, readable) if hides_files else ([], "")
    advice = "move it away from Python and system files, or close it with chmod 700."
    problems = [refusal] if refusal else [f"Submissions could read {path}; {advice}" for path in exposed]
    return _Found(mechanisms, refusals, tuple(problems))


def _explained(found: _Found) -> Iterable[Explanation]:
    mechanisms = found.mechanisms
    why = found.refusals.get
    version = f"version {mechanisms.landlock}" if mechanisms.landlock else why("landlock", "")
    kind = "in a user namespace" if mechanisms.user_namespace else ""
    yield Explanation(
        "namespaces",
        mechanisms.namespaces,
        "other processes, network, the sight of any file but its own, disk use, outliving the submission",
        why("namespaces") or kind,
    )
    yield Explanation(
        "separate user",
        mechanisms.separate_user,
        "files closed to others, signals, tracing, too many processes, outliving the submission",
        why("separate_user", "" if mechanisms.separate_user else "only root can give submissions a user of their own"),
    )
    yield Explanation("Landlock", bool(mechanisms.landlock), "files, TCP, signals and tracing", version)
    yield Explanation(
        "seccomp",
        mechanisms.seccomp,
        "sockets and other ways into the kernel" + (", child processes, signals" if mechanisms.alone else ""),
        why("seccomp", ""),
    )
    yield Explanation(
        "control group",
        bool(mechanisms.control_group),
        "memory and processes of a submission together",
        why(
            "control_group",
            "this user may not make one with the memory and pids controllers; the supervisor watches instead",
        ),
    )
    yield Explanation(
        "limits and supervisor", LINUX, "CPU, memory, processes, files, disk", "" if LINUX else "needs Linux"
    )


def _properties(found: _Found, hidden: Sequence[Path]) -> Iterable[Property]:
    mechanisms = found.mechanisms

    def kept(**mechanisms: bool) -> tuple[str, ...]:
        return tuple(name.replace("_", " ") for name, keeps in mechanisms.items() if keeps)

    yield Property(NETWORK, kept(seccomp=mechanisms.seccomp, namespaces=mechanisms.namespaces and mechanisms.seccomp))
    yield Property(
        FILES,
        kept(
            namespaces=mechanisms.namespaces,
            # Landlock lets the modes of files be changed, which another user or the filter does not.
            Landlock=bool(mechanisms.landlock) and (mechanisms.separate_user or mechanisms.seccomp),
            separate_user=mechanisms.separate_user and bool(hidden) and not found.problems,
        ),
    )
    yield Property(
        PROCESSES,
        kept(
            namespaces=mechanisms.namespaces,
            separate_user=mechanisms.separate_user,
            Landlock_with_seccomp=bool(mechanisms.landlock) and mechanisms.seccomp,
        ),
    )
    yield Property(RESOURCES, kept(control_group=bool(mechanisms.control_group), limits_and_supervisor=LINUX))
    yield Property(
        OUTLIVING,
        kept(
            namespaces=mechanisms.namespaces,
            separate_user=mechanisms.separate_user,
            control_group=bool(mechanisms.control_group),
            seccomp=mechanisms.alone,
        ),
    )
    yield Property(
        SHARE,
        kept(
            weight_of_its_control_group=cgroup.weighs(mechanisms.control_group),
            # Without the filter it could leave them.
            cores_of_its_own=mechanisms.seccomp and len(cores()) > 1,
            niceness=LINUX,
        ),
    )


@functools.cache
def probe(hidden: tuple[Path, ...] = (), readable: tuple[Path, ...] = ()) -> Report:
    """What isolation this system offers to this user; tried once, then remembered.

    Args:
        hidden: what submissions must not read: solutions, tests, the gradebook. It is tried whether they can.
        readable: what submissions may read beyond Python and the system, as for `spawn`.
    """
    found = forked(lambda: _find(hidden, readable)) if LINUX else _Found(NONE, {}, ())
    return Report(found.mechanisms, tuple(_explained(found)), tuple(_properties(found, hidden)), found.problems)


def require(report: Report) -> Mechanisms:
    """The mechanisms, where they suffice.

    Raises:
        SandboxError: they do not, with the reason and the remedy.
    """
    if report.isolated:
        return report.mechanisms
    missing = [held.name for held in report.properties if not held.kept_by]
    reasons = list(report.problems)
    if missing:
        reasons.append(f"Nothing on this system ensures: {'; '.join(missing)}. {_REMEDY}")
    raise SandboxError(" ".join(["Submissions are not run.", *reasons]))
