"""Entering a submission: gradebook, graded notebook and feedback page, each written whole, none outside the course."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from nbgrader import api

from autograder.errors import CourseError
from autograder.reports.records import Records, checked_name
from tests.reports.mini_topic import RIGHT, Mini, squares_instead

SUBMITTED = datetime(2026, 3, 1, 12, tzinfo=UTC)


def files(folder: Path) -> dict[str, bytes]:
    """What grading wrote, besides the gradebook."""
    paths = [*(folder / "autograded").rglob("*"), *(folder / "feedback").rglob("*")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def test_a_submission_leaves_a_graded_notebook_and_a_page(mini: Mini, records: Records) -> None:
    handed = mini.handed_in()
    records.enter(mini.topic, handed.result, handed.alignment, SUBMITTED)
    assert set(files(mini.course.root)) == {
        "autograded/ada/01-mini/mini.ipynb",
        "autograded/ada/01-mini/timestamp.txt",
        "feedback/ada/01-mini.html",
    }


def test_the_date_is_written_as_nbgrader_writes_it(mini: Mini, records: Records) -> None:
    handed = mini.handed_in()
    records.enter(mini.topic, handed.result, handed.alignment, SUBMITTED)
    written = files(mini.course.root)["autograded/ada/01-mini/timestamp.txt"]
    assert written == b"2026-03-01 12:00:00.000000 UTC\n"


def test_entering_a_submission_again_changes_no_file(mini: Mini, records: Records) -> None:
    handed = mini.handed_in(failed=squares_instead())
    records.enter(mini.topic, handed.result, handed.alignment, SUBMITTED)
    before = files(mini.course.root)
    records.enter(mini.topic, handed.result, handed.alignment, SUBMITTED)
    assert files(mini.course.root) == before


def test_the_page_shows_what_a_person_gave_meanwhile(mini: Mini, records: Records) -> None:
    handed = mini.handed_in()
    records.enter(mini.topic, handed.result, handed.alignment)
    with api.Gradebook(f"sqlite:///{mini.course.gradebook}") as book:
        book.find_grade("why", "mini", "01-mini", "ada").manual_score = 2.5
        book.find_comment("why", "mini", "01-mini", "ada").manual_comment = "Which factor?"
        book.db.commit()
    records.enter(mini.topic, handed.result, handed.alignment)
    page = files(mini.course.root)["feedback/ada/01-mini.html"].decode()
    assert "2.5 of 3 points" in page
    assert "Which factor?" in page


def test_a_new_written_answer_asks_the_person_again(mini: Mini, records: Records) -> None:
    first = mini.handed_in()
    records.enter(mini.topic, first.result, first.alignment)
    with api.Gradebook(f"sqlite:///{mini.course.gradebook}") as book:
        grade = book.find_grade("why", "mini", "01-mini", "ada")
        grade.manual_score, grade.needs_manual_grade = 2.5, False
        book.db.commit()
    same = records.enter(mini.topic, first.result, first.alignment)
    second = mini.handed_in(answers={**RIGHT, "why": "Because of the factor."})
    other = records.enter(mini.topic, second.result, second.alignment)
    assert (same.waiting, other.waiting) == (frozenset(), {"why"})


def test_a_run_stopped_after_the_gradebook_is_completed_by_the_next(
    mini: Mini, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed = mini.handed_in()

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("autograder.reports.records.write_text", stopped)
        records.enter(mini.topic, handed.result, handed.alignment)
    assert files(mini.course.root) == {}
    assert records.enter(mini.topic, handed.result, handed.alignment).score == 4
    assert len(files(mini.course.root)) == 2


def test_a_graded_notebook_cut_short_is_written_again(mini: Mini, records: Records) -> None:
    handed = mini.handed_in()
    records.enter(mini.topic, handed.result, handed.alignment)
    whole = files(mini.course.root)
    path = mini.course.root / "autograded" / "ada" / "01-mini" / "mini.ipynb"
    path.write_bytes(path.read_bytes()[:100])
    records.enter(mini.topic, handed.result, handed.alignment)
    assert files(mini.course.root) == whole


@pytest.mark.parametrize("name", ["", ".", "..", "../ada", "a/b", "a\\b", "a\0b"])
def test_a_name_that_leads_out_of_its_folder_is_refused(name: str) -> None:
    with pytest.raises(CourseError, match="cannot be a student's name"):
        checked_name(name)


def test_nothing_is_recorded_of_a_refused_name(mini: Mini, records: Records) -> None:
    handed = mini.handed_in("../../ada")
    with pytest.raises(CourseError):
        records.enter(mini.topic, handed.result, handed.alignment)
    assert records.gradebook.standing("../../ada", "01-mini") is None
