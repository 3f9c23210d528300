"""The probe finds out what there is, and grading refuses where that is not enough."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from sandbox import probe as probing
from sandbox.errors import SandboxError
from sandbox.mechanisms import NONE
from sandbox.probe import FILES, NETWORK, OUTLIVING, PROCESSES, RESOURCES, SHARE, Report, probe, require
from tests.sandbox import settings
from tests.sandbox.conftest import report_in
from tests.sandbox.settings import Setting, is_root


def lost(report: Report) -> set[str]:
    """The properties that nothing keeps."""
    return {held.name for held in report.properties if not held.kept_by}


def less(setting: Setting, *calls: str) -> Setting:
    """A setting whose kernel lacks these calls too."""

    def enter() -> None:
        setting()
        settings.without(*calls, error=errno.ENOSYS)

    return enter


NO_LANDLOCK = "landlock_create_ruleset"
NO_SECCOMP = "seccomp"
NO_NAMESPACES = "unshare"


def test_every_property_is_kept_in_every_setting(setting: Setting) -> None:
    report = report_in(setting)
    assert {held.name for held in report.properties} == {NETWORK, FILES, PROCESSES, RESOURCES, OUTLIVING, SHARE}
    assert report.isolated, (lost(report), report.problems)


def test_an_ordinary_user_gets_namespaces_inside_a_user_namespace() -> None:
    mechanisms = report_in(settings.as_ordinary_user).mechanisms
    assert mechanisms.namespaces and mechanisms.user_namespace and not mechanisms.separate_user


def test_in_a_container_submissions_of_root_get_users_of_their_own_and_others_stay_alone() -> None:
    mechanisms = report_in(settings.in_container).mechanisms
    assert not mechanisms.namespaces
    assert (mechanisms.separate_user, mechanisms.alone) == (is_root(), not is_root())


def test_where_only_root_may_enter_pythons_folder_submissions_of_root_stay_alone() -> None:
    report = report_in(settings.in_container_with_closed_python)
    assert report.isolated and report.mechanisms.alone
    reasons = [mechanism.detail for mechanism in report.explained if mechanism.name == "separate user"]
    assert reasons[0].endswith("is closed to other users" if is_root() else "a user of their own")


def test_without_seccomp_the_network_cannot_be_closed() -> None:
    assert NETWORK in lost(report_in(less(settings.as_it_is, NO_SECCOMP)))


def test_without_namespaces_landlock_and_a_separate_user_nothing_hides_files_and_processes() -> None:
    report = report_in(less(settings.in_container_as_ordinary_user, NO_LANDLOCK))
    assert lost(report) == {FILES, PROCESSES}


def test_without_namespaces_and_seccomp_processes_could_outlive_their_submission() -> None:
    report = report_in(less(settings.in_container_as_ordinary_user, NO_SECCOMP))
    assert lost(report) == {NETWORK, FILES, PROCESSES, OUTLIVING}


def test_grading_refuses_with_the_reason_and_the_remedy() -> None:
    report = report_in(less(settings.in_container_as_ordinary_user, NO_LANDLOCK))
    with pytest.raises(SandboxError) as refusal:
        require(report)
    sentence = str(refusal.value)
    assert "no files but its own; no access to other processes" in sentence
    assert "Linux container" in sentence and "Landlock" in sentence


def test_grading_refuses_where_submissions_could_read_what_is_hidden() -> None:
    shown = Path("/usr/bin")
    report = report_in(settings.as_it_is, hidden=(shown,))
    with pytest.raises(SandboxError, match=f"Submissions could read {shown}; move it away"):
        require(report)


@pytest.mark.parametrize("mode, isolated", [(0o700, True), (0o755, False)])
def test_on_old_kernels_the_modes_of_hidden_files_decide(open_folder: Path, mode: int, isolated: bool) -> None:
    secret = open_folder / "secret"
    secret.mkdir(mode)
    report = report_in(less(settings.in_container, NO_LANDLOCK), hidden=(secret,))
    assert report.isolated == (isolated and is_root())
    if is_root() and not isolated:
        assert [problem.partition(";")[0] for problem in report.problems] == [f"Submissions could read {secret}"]


def test_a_mac_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "LINUX", False)
    report = probe.__wrapped__()
    assert report.mechanisms == NONE and report.level == "not isolated"
    with pytest.raises(SandboxError, match="Run the grader in a Linux container"):
        require(report)


def test_the_level_names_what_is_in_force() -> None:
    report = report_in(settings.in_container_as_ordinary_user)
    assert report.level == "isolated by Landlock, seccomp, limits and supervisor"


def test_what_is_not_in_force_has_a_reason(setting: Setting) -> None:
    assert all(mechanism.detail for mechanism in report_in(setting).explained if not mechanism.in_force)


def test_a_container_that_hides_parts_of_proc_still_gets_namespaces() -> None:
    def enter() -> None:
        settings.hide_a_part_of_proc()
        settings.as_ordinary_user()

    assert report_in(enter).mechanisms.namespaces
