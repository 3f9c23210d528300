"""When work was handed in: nbgrader's file in whatever encoding, and no file that a student brought along."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.submissions.files import Unreadable
from autograder.submissions.timestamps import folder_in, read_timestamp

SUBMITTED = Path("/course/submitted")


@pytest.mark.parametrize("encoding", ["ascii", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("text", ["2026-11-29 20:00:00 UTC", "2026-11-29 21:00:00.000 +0100\n", "2026-11-29 20:00\r\n"])
def test_a_time_is_read_as_nbgrader_and_as_windows_writes_it(tmp_path: Path, text: str, encoding: str) -> None:
    (tmp_path / "timestamp.txt").write_bytes(text.encode(encoding))
    assert read_timestamp(tmp_path) == datetime(2026, 11, 29, 20, tzinfo=UTC)


def test_no_file_is_no_time(tmp_path: Path) -> None:
    assert read_timestamp(tmp_path) is None


@pytest.mark.parametrize(
    "content", [b"", b"yesterday", b"\xff\xfe\x00", b"\xe9", b"9" * 2000, b"0001-01-01 00:00 +1400", b"1 2 \0"]
)
def test_what_is_no_time_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "timestamp.txt").write_bytes(content)
    with pytest.raises(Unreadable, match=r"^timestamp.txt holds no time that can be read"):
        read_timestamp(tmp_path)


@pytest.mark.parametrize("below", ["", "HW1 final (2).ipynb", "homework.zip/hw/normalization.ipynb", "hw/final.ipynb"])
def test_whatever_lies_in_a_topics_folder_was_handed_in_with_it(below: str) -> None:
    assert folder_in(SUBMITTED, SUBMITTED / "ada" / "01-mini" / below) == SUBMITTED / "ada" / "01-mini"


@pytest.mark.parametrize("origin", ["/course/submitted/ada", "/course/export/ada/01-mini/mini.ipynb", "/elsewhere"])
def test_elsewhere_nothing_was_handed_in_through_nbgrader(origin: str) -> None:
    assert folder_in(SUBMITTED, Path(origin)) is None
