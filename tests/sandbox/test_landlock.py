"""Landlock leaves a process the files that are named, on every version of it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox import landlock
from sandbox.forked import forked
from sandbox.kernel import PR_SET_NO_NEW_PRIVS, prctl

VERSIONS = range(1, landlock.version() + 1)


@pytest.fixture(params=VERSIONS)
def tried(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Acts under the rules of one version, by which ``data`` may be read and ``work`` may be written."""
    monkeypatch.setattr(landlock, "version", lambda: request.param)
    for name in ("data", "work", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("text")

    def act(action: Callable[[Path], object]) -> str:
        def run() -> str:
            prctl(PR_SET_NO_NEW_PRIVS, 1)
            landlock.restrict(
                readable=[tmp_path / "data"],
                devices=[Path("/dev/null")],
                terminals=[],
                writable=[tmp_path / "work", tmp_path / "missing"],
            )
            try:
                action(tmp_path)
            except OSError as error:
                return errno.errorcode[error.errno]
            return "allowed"

        return forked(run)

    return act


@pytest.mark.parametrize(
    "action, decision",
    [
        (lambda folder: (folder / "data" / "file").read_text(), "allowed"),
        (lambda folder: list((folder / "data").iterdir()), "allowed"),
        (lambda folder: (folder / "data" / "file").write_text("new"), "EACCES"),
        (lambda folder: (folder / "data" / "new").mkdir(), "EACCES"),
        (lambda folder: (folder / "work" / "file").write_text("new"), "allowed"),
        (lambda folder: (folder / "work" / "new").mkdir(), "allowed"),
        (lambda folder: (folder / "work" / "file").unlink(), "allowed"),
        (lambda folder: (folder / "work" / "file").rename(folder / "work" / "new"), "allowed"),
        (lambda folder: (folder / "work" / "file").rename(folder / "other" / "new"), "EACCES|EXDEV"),
        (lambda folder: (folder / "other" / "file").read_text(), "EACCES"),
        (lambda folder: list((folder / "other").iterdir()), "EACCES"),
        (lambda folder: list(folder.iterdir()), "EACCES"),
        (lambda folder: Path("/dev/null").write_text("gone"), "allowed"),
        (lambda folder: os.open("/dev/zero", os.O_RDONLY), "EACCES"),
    ],
)
def test_only_what_is_named_is_left(tried: Callable[..., str], action: Callable[[Path], object], decision: str) -> None:
    assert tried(action) in decision.split("|")


def test_a_kernel_without_landlock_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSYS, "no such call")

    monkeypatch.setattr(landlock, "syscall", refuse)
    assert landlock.version() == 0
