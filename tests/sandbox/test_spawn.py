"""A confined process runs what it is given, finds what it needs, and leaves nothing behind."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import termios
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox import limits
from sandbox.environment import student_environment
from sandbox.errors import SandboxError
from sandbox.forked import forked
from sandbox.limits import Limits
from sandbox.mechanisms import NONE
from sandbox.process import Exit, Reason
from sandbox.spawn import spawn
from tests.sandbox.conftest import mechanisms_in
from tests.sandbox.running import MEGABYTE, Tell, confine, everything, outcome
from tests.sandbox.settings import Setting, in_container


def test_it_runs_and_finishes(setting: Setting) -> None:
    told, ended = outcome(setting, lambda tell: tell(b"done"))
    assert (told, ended.reason) == (b"done", Reason.FINISHED)


def test_its_exit_code_is_reported(setting: Setting) -> None:
    _, ended = outcome(setting, lambda tell: sys.exit(3))
    assert (ended.reason, ended.code) == (Reason.EXITED, 3)


def test_a_crash_is_reported(setting: Setting) -> None:
    _, ended = outcome(setting, lambda tell: ctypes.string_at(0))
    assert (ended.reason, ended.code) == (Reason.CRASHED, -signal.SIGSEGV)


def test_python_and_its_packages_can_be_imported_late(setting: Setting) -> None:
    def act(tell: Tell) -> None:
        import wsgiref.util
        import xmlrpc.client

        import jinja2.sandbox

        tell(b"".join(module.__name__.encode() for module in (wsgiref.util, xmlrpc.client, jinja2.sandbox)))

    told, _ = outcome(setting, act)
    assert told == b"wsgiref.utilxmlrpc.clientjinja2.sandbox"


def test_shell_commands_run_unless_it_may_have_no_children(setting: Setting) -> None:
    def act(tell: Tell) -> None:
        try:
            tell(subprocess.run("echo hello | tr h H", shell=True, capture_output=True, check=True).stdout)
        except PermissionError:
            tell(b"refused")

    told, _ = outcome(setting, act)
    assert told == (b"refused" if mechanisms_in(setting).alone else b"Hello\n")


def test_a_terminal_can_be_opened_unless_it_may_have_no_children(setting: Setting) -> None:
    def act(tell: Tell) -> None:
        try:
            control, terminal = os.openpty()
        except OSError:
            tell(b"refused")
        else:
            os.write(terminal, b"text")
            tell(os.read(control, 4))

    told, _ = outcome(setting, act)
    assert told == (b"refused" if mechanisms_in(setting).alone else b"text")


def test_the_graders_terminal_is_out_of_reach(setting: Setting) -> None:
    mechanisms = mechanisms_in(setting)

    def act(tell: Tell) -> None:
        try:
            os.open("/dev/tty", os.O_RDWR)
        except OSError:
            tell(b"out of reach")

    def run() -> bytes:
        _, terminal = os.openpty()
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
        setting()
        os.close(os.open("/dev/tty", os.O_RDWR))
        confined, hears = confine(act, mechanisms=replace(mechanisms, landlock=0))
        confined.wait()
        return everything(hears)

    assert forked(run) == b"out of reach"


def test_memory_that_is_refused_leaves_it_running(setting: Setting) -> None:
    def act(tell: Tell) -> None:
        try:
            bytearray(400 * MEGABYTE)
        except MemoryError:
            tell(b"refused")
        tell(b" and running")

    told, ended = outcome(setting, act, limits=Limits(memory_bytes=300 * MEGABYTE))
    assert (told, ended.reason) == (b"refused and running", Reason.FINISHED)


def test_its_environment_holds_nothing_of_the_graders(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCESS_TOKEN", "secret")

    def act(tell: Tell) -> None:
        expected = student_environment(Path.cwd())
        tell(repr(dict(os.environ) == expected and "ACCESS_TOKEN" not in os.environ).encode())

    told, _ = outcome(setting, act)
    assert told == b"True"


def test_standard_input_is_empty_and_standard_output_leads_nowhere(setting: Setting) -> None:
    def act(tell: Tell) -> None:
        os.write(1, b"lost")
        tell(repr(os.read(0, 1)).encode())

    told, _ = outcome(setting, act)
    assert told == b"b''"


def test_it_finds_a_copy_of_its_files(setting: Setting, open_folder: Path) -> None:
    (open_folder / "folder").mkdir()
    given = open_folder / "folder" / "helper.py"
    given.write_text("answer = 42")

    def act(tell: Tell) -> None:
        path = Path("folder/helper.py")
        tell(path.read_bytes())
        path.write_text("changed")
        tell(path.read_bytes())

    told, _ = outcome(setting, act, files=open_folder)
    assert (told, given.read_text()) == (b"answer = 42changed", "answer = 42")


def test_nothing_that_it_writes_remains(setting: Setting) -> None:
    def act(tell: Tell) -> None:
        Path("file").write_text("text")
        Path("closed").mkdir()
        Path("closed", "file").write_text("text")
        Path("closed").chmod(0)
        tell(bytes(Path.cwd()))

    told, _ = outcome(setting, act)
    assert told and not Path(told.decode()).exists()


def test_folders_nested_beyond_the_longest_path_are_removed_too(setting: Setting) -> None:
    def act(tell: Tell) -> None:
        tell(bytes(Path.cwd()))
        for _ in range(2500):
            os.mkdir("d")  # noqa: PTH102
            os.chdir("d")

    told, _ = outcome(setting, act)
    assert told and not Path(told.decode()).exists()


def test_it_reads_what_it_may_read_and_cannot_change_it(setting: Setting, open_folder: Path) -> None:
    data = open_folder / "data"
    data.mkdir()
    (data / "table.csv").write_text("1,2")

    def act(tell: Tell) -> None:
        tell((data / "table.csv").read_bytes())
        try:
            (data / "table.csv").write_text("3,4")
        except OSError:
            tell(b" unchanged")

    told, _ = outcome(setting, act, readable=[data])
    assert told == b"1,2 unchanged"


def test_only_it_can_read_what_it_writes(setting: Setting) -> None:
    def act(tell: Tell) -> None:
        Path("file").touch()
        tell(oct(Path("file").stat().st_mode & 0o777).encode())

    told, _ = outcome(setting, act)
    assert told == b"0o600"


def test_its_use_of_resources_is_reported(setting: Setting) -> None:
    def act(tell: Tell) -> None:
        block = bytearray(os.urandom(MEGABYTE)) * 40
        until = time.process_time() + 0.1
        while time.process_time() < until:
            pass
        time.sleep(0.2)
        tell(block[:1])

    _, ended = outcome(setting, act)
    assert ended.usage.cpu_seconds >= 0.1
    assert 40 * MEGABYTE <= ended.usage.memory_bytes < 100 * MEGABYTE
    assert ended.usage.tasks == 1


def test_two_at_a_time_have_users_of_their_own_where_users_differ() -> None:
    mechanisms = mechanisms_in(in_container)

    def run() -> set[bytes]:
        in_container()
        both = [confine(lambda tell: tell(b"%d" % os.getuid()), mechanisms=mechanisms) for _ in range(2)]
        return {everything(hears) for _, hears in both}

    users = forked(run)
    assert len(users) == (2 if mechanisms.separate_user else 1)
    assert str(os.getuid()).encode() not in users or not mechanisms.separate_user


def test_without_isolation_limits_still_hold() -> None:
    def act(tell: Tell) -> None:
        try:
            bytearray(400 * MEGABYTE)
        except MemoryError:
            tell(b"refused")

    def run() -> bytes:
        confined, hears = confine(act, mechanisms=NONE, limits=Limits(memory_bytes=300 * MEGABYTE))
        confined.wait()
        return everything(hears)

    assert forked(run) == b"refused"


def test_a_caller_with_threads_is_refused() -> None:
    def run() -> None:
        threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
        spawn(lambda: None, mechanisms=NONE)

    with pytest.raises(SandboxError, match="2 threads; set OMP_NUM_THREADS"):
        forked(run)


def test_a_place_for_scratch_folders_that_submissions_may_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(SandboxError, match=f"set TMPDIR to a folder outside it, instead of {tmp_path}"):
        forked(lambda: spawn(lambda: None, mechanisms=NONE, readable=[tmp_path]))


def test_a_mechanism_that_is_refused_is_reported_and_nothing_runs() -> None:
    def run() -> tuple[bytes, Exit]:
        in_container()
        mechanisms = mechanisms_in(in_container)
        confined, hears = confine(lambda tell: tell(b"ran"), mechanisms=type(mechanisms)(namespaces=True))
        return everything(hears), confined.wait() or confined.kill()

    told, ended = forked(run)
    assert (told, ended.reason) == (b"", Reason.NOT_CONFINED)
    assert "Operation not permitted" in ended.detail


def test_a_process_that_is_still_being_shut_in_is_not_taken_for_one_that_hides(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    mechanisms_in(setting)
    apply = limits.apply

    def slowly(*arguments: Any, **options: Any) -> None:
        time.sleep(0.2)
        apply(*arguments, **options)

    monkeypatch.setattr(limits, "apply", slowly)
    told, ended = outcome(setting, lambda tell: tell(b"done"))
    assert (told, ended.reason) == (b"done", Reason.FINISHED), ended


def test_a_few_processes_at_rest_are_no_memory(setting: Setting) -> None:
    def act(tell: Tell) -> None:
        for _ in range(5):
            try:
                if os.fork() == 0:
                    time.sleep(0.5)
                    os._exit(0)
            except OSError:
                break
        time.sleep(0.3)
        tell(b"done")

    told, ended = outcome(setting, act, limits=Limits(memory_bytes=64 * MEGABYTE))
    assert (told, ended.reason) == (b"done", Reason.FINISHED), ended
