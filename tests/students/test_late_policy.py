"""One late policy in one file: read strictly, counted in days begun, the same for both ways of grading."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from autograder.errors import CourseError
from autograder.late_policy import LatePenalty, LatePolicy, read_late_policy

TOPICS = ("01-norm", "02-conv")
FULL = """
[late]
time_zone = "Europe/Berlin"
grace = "15 minutes"
per_day = 0.1
most = 0.5

[late.due]
01-norm = 2026-11-30T23:59:00+01:00

[late.extensions.01-norm]
ada = 2026-12-02T23:59:00+01:00
bo = "36 hours"
"""


def policy(folder: Path, text: str) -> LatePolicy:
    """The policy that a file states."""
    (folder / "course.toml").write_text(text, encoding="utf-8")
    return read_late_policy(folder, TOPICS)


def test_without_a_table_nothing_is_due(tmp_path: Path) -> None:
    assert policy(tmp_path, "") == LatePolicy()


def test_due_times_are_moments_wherever_the_grader_stands(tmp_path: Path) -> None:
    assert policy(tmp_path, FULL).due == {"01-norm": datetime(2026, 11, 30, 22, 59, tzinfo=UTC)}


def test_an_extension_is_a_new_time_or_so_much_longer(tmp_path: Path) -> None:
    read = policy(tmp_path, FULL)
    given = [read.extension("01-norm", [student]) for student in ("ada", "bo", "carol")]
    assert given == [timedelta(days=2), timedelta(hours=36), None]


def test_a_time_without_a_zone_is_the_courses(tmp_path: Path) -> None:
    moment = policy(tmp_path, FULL).with_zone(datetime(2026, 7, 1, 12))
    assert moment == datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("late", "penalty"),
    [
        (timedelta(0), 0.0),
        (timedelta(minutes=15), 0.0),
        (timedelta(minutes=16), 4.0),
        (timedelta(days=1), 4.0),
        (timedelta(days=1, seconds=1), 8.0),
        (timedelta(days=40), 20.0),
    ],
)
def test_each_day_begun_costs_a_share_of_the_points_earned(late: timedelta, penalty: float) -> None:
    plugin = LatePenalty(grace_seconds=900, per_day=0.1, most=0.5)
    assert plugin.late_submission_penalty("ada", 40.0, late.total_seconds()) == penalty


def test_without_a_share_per_day_nbgraders_own_settings_stand(tmp_path: Path) -> None:
    assert not policy(tmp_path, "[late.due]\n01-norm = 2026-11-30T23:59:00Z\n").settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[late", "is not TOML"),
        ("late = 3", "late must be a table"),
        ("[late]\nper_week = 0.1", "no setting 'per_week'"),
        ("[late]\nper_day = 10", "late.per_day must be a share between 0 and 1"),
        ("[late]\nper_day = true", "late.per_day must be a share between 0 and 1"),
        ('[late]\ngrace = "soon"', "late.grace must be a duration"),
        ('[late]\ntime_zone = "Mars/Base"', "is no time zone"),
        ("[late.due]\n01-norm = 2026-11-30T23:59:00", "must be a time with its time zone"),
        (
            "[late.due]\n03-vgg = 2026-11-30T23:59:00Z",
            "names an unknown topic '03-vgg'; the topics are 01-norm, 02-conv",
        ),
        ("[late.due]\n01-norm = 9999-12-31T23:59:00Z", "is too far from today"),
        ('[late]\ngrace = "9999999 days"', "is too long"),
        ('[late.extensions.02-conv]\nada = "1 day"', "has no time in"),
    ],
)
def test_what_cannot_be_understood_is_one_sentence_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CourseError, match=r"course\.toml") as caught:
        policy(tmp_path, text)
    assert said in str(caught.value)


def test_extensions_can_stand_in_a_file_that_students_do_not_get(tmp_path: Path) -> None:
    (tmp_path / "extensions.toml").write_text('[01-norm]\nada = "2 days"\n', encoding="utf-8")
    late = policy(tmp_path, '[late.due]\n01-norm = 2026-11-30T23:59:00Z\n[late.extensions.01-norm]\nbo = "1 day"\n')
    assert late.extensions == {"01-norm": {"bo": timedelta(days=1), "ada": timedelta(days=2)}}
