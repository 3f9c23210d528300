"""What the tests of isolation share."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.forked import forked
from sandbox.mechanisms import Mechanisms
from sandbox.probe import Report, probe, require
from sandbox.selftest import Finding, examine
from tests.sandbox.settings import SETTINGS, Setting

SECRETS = Path(__file__).resolve().parents[2] / "solutions"


def report_in(setting: Setting, hidden: tuple[Path, ...] = (SECRETS,)) -> Report:
    """What isolation there is in that setting."""

    def find() -> Report:
        setting()
        return probe.__wrapped__(hidden)

    return forked(find)


@functools.cache
def mechanisms_in(setting: Setting) -> Mechanisms:
    """The mechanisms that are put up in that setting."""
    return require(report_in(setting))


@functools.cache
def findings_in(setting: Setting) -> dict[str, Finding]:
    """What the doctor finds in that setting."""
    mechanisms = mechanisms_in(setting)

    def find() -> dict[str, Finding]:
        setting()
        return {finding.name: finding for finding in examine(mechanisms, [SECRETS])}

    return forked(find)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A new folder that every user may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(params=SETTINGS, ids=lambda setting: setting.__name__)
def setting(request: pytest.FixtureRequest) -> Setting:
    """A situation of the grader's."""
    return request.param
