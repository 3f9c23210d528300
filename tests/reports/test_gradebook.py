"""The gradebook agrees with nbgrader's own tools, keeps what people gave, and is never left half-written."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from nbgrader import api
from nbgrader.preprocessors import SaveCells
from traitlets.config import Config

from autograder.errors import CourseError
from autograder.reports import gradebook as gradebook_module
from autograder.reports.gradebook import Gradebook
from autograder.reports.gradebook_cells import cells_of
from autograder.reports.graded_notebook import Source
from autograder.verdicts.model import Status, TestVerdict
from tests.reports.mini_topic import RIGHT, Mini, squares_instead

TABLES = {
    "assignment": "name, duedate",
    "notebook": "name, kernelspec",
    "base_cell": "name, type",
    "grade_cells": "max_score, cell_type",
    "source_cell": "name, cell_type, locked, source, checksum",
    "student": "id",
    "submitted_assignment": "student_id, timestamp",
    "submitted_notebook": "late_submission_penalty",
    "grade": "auto_score, manual_score, extra_credit, needs_manual_grade",
    "comment": "auto_comment, manual_comment",
}
DUE = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rows(path: Path) -> dict[str, list[Any]]:
    """Everything in a gradebook but its random keys."""
    with sqlite3.connect(path) as database:
        return {
            table: sorted(database.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)
            for table, columns in TABLES.items()
        }


def forked(work: Callable[[], None]) -> int:
    """Do something in a process of its own, and return the process's number."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
        os._exit(0)
    finally:
        os._exit(1)


def end_of(pid: int) -> int:
    """A process's exit code, once it has one."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.fixture
def path(mini: Mini, empty_gradebook: bytes) -> Path:
    """An empty gradebook."""
    mini.course.gradebook.write_bytes(empty_gradebook)
    return mini.course.gradebook


@pytest.fixture
def gradebook(mini: Mini, path: Path) -> Any:
    """A gradebook with the topic in it."""
    with Gradebook(path) as opened:
        opened.prepare("01-mini", "mini", cells_of(Source(mini.source)))
        yield opened


@pytest.fixture
def by_hand(path: Path) -> Callable[..., None]:
    """What a person does in the formgrader: sets values of one cell's grade or comment."""

    def change(cell: str, kind: str = "grade", **values: Any) -> None:
        with api.Gradebook(f"sqlite:///{path}") as book:
            found = book.find_grade if kind == "grade" else book.find_comment
            row = found(cell, "mini", "01-mini", "ada")
            for name, value in values.items():
                setattr(row, name, value)
            book.db.commit()

    return change


def test_a_topic_is_entered_exactly_as_nbgrader_enters_it(
    mini: Mini, gradebook: Gradebook, path: Path, tmp_path: Path, empty_gradebook: bytes
) -> None:
    other = tmp_path / "nbgrader.db"
    other.write_bytes(empty_gradebook)
    url = f"sqlite:///{other}"
    with api.Gradebook(url) as book:
        book.add_assignment("01-mini")
    about = {"notebook": "mini", "assignment": "01-mini", "db_url": url}
    SaveCells().preprocess(Source(mini.source).saved, {"nbgrader": about})
    assert rows(path) == rows(other)


def test_preparing_a_topic_again_changes_nothing(mini: Mini, gradebook: Gradebook, path: Path) -> None:
    before = rows(path)
    gradebook.prepare("01-mini", "mini", cells_of(Source(mini.source)))
    assert rows(path) == before


def test_each_test_cell_gets_its_own_points(mini: Mini, gradebook: Gradebook) -> None:
    standing = gradebook.record(mini.handed_in(failed=squares_instead()).result)
    assert standing.scores == {"test_double": 1, "hidden_double": 0, "hidden_parity": 1, "why": 0}


def test_nbgrader_states_the_same_marks(mini: Mini, gradebook: Gradebook, path: Path) -> None:
    gradebook.record(mini.handed_in(failed=squares_instead()).result)
    with api.Gradebook(f"sqlite:///{path}") as book:
        (submission,) = book.submission_dicts("01-mini")
    assert (submission["score"], submission["max_score"], submission["max_written_score"]) == (2, 7, 3)


def test_a_written_answer_waits_for_a_person(mini: Mini, gradebook: Gradebook) -> None:
    assert gradebook.record(mini.handed_in().result).waiting == {"why"}


def test_a_written_answer_left_as_released_waits_for_nobody(mini: Mini, gradebook: Gradebook) -> None:
    answers = {name: text for name, text in RIGHT.items() if name != "why"}
    assert not gradebook.record(mini.handed_in(answers=answers).result).waiting


def test_recording_a_submission_again_changes_nothing(mini: Mini, gradebook: Gradebook, path: Path) -> None:
    result = mini.handed_in(failed=squares_instead()).result
    gradebook.record(result, submitted=DUE)
    before = rows(path)
    gradebook.record(result, submitted=DUE)
    assert rows(path) == before


def test_a_regrade_keeps_what_a_person_gave(mini: Mini, gradebook: Gradebook, by_hand: Callable[..., None]) -> None:
    gradebook.record(mini.handed_in().result)
    by_hand("why", manual_score=2.5, extra_credit=1.0, needs_manual_grade=False)
    by_hand("double", "comment", manual_comment="Neat.")
    standing = gradebook.record(mini.handed_in().result)
    assert (standing.scores["why"], standing.by_person, standing.waiting) == (3.5, {"why"}, frozenset())
    assert standing.comments == {"double": "Neat."}


def test_a_persons_points_stand_over_a_changed_verdict_but_ask_for_another_look(
    mini: Mini, gradebook: Gradebook, by_hand: Callable[..., None]
) -> None:
    gradebook.record(mini.handed_in(failed=squares_instead()).result)
    by_hand("hidden_double", manual_score=1.5)
    standing = gradebook.record(mini.handed_in().result)
    assert standing.scores["hidden_double"] == 1.5
    assert "hidden_double" in standing.waiting


def test_a_changed_written_answer_asks_for_another_look(
    mini: Mini, gradebook: Gradebook, by_hand: Callable[..., None]
) -> None:
    gradebook.record(mini.handed_in().result)
    by_hand("why", manual_score=3.0, needs_manual_grade=False)
    assert gradebook.record(mini.handed_in().result, revised=["why"]).waiting == {"why"}


def test_a_submission_is_dated_in_utc(mini: Mini, gradebook: Gradebook, path: Path) -> None:
    gradebook.record(mini.handed_in().result, submitted=DUE.astimezone())
    assert rows(path)["submitted_assignment"] == [("ada", "2026-03-01 12:00:00.000000")]


def test_a_regrade_that_knows_no_date_keeps_the_one_known(mini: Mini, gradebook: Gradebook, path: Path) -> None:
    gradebook.record(mini.handed_in().result, submitted=DUE)
    gradebook.record(mini.handed_in().result)
    assert rows(path)["submitted_assignment"] == [("ada", "2026-03-01 12:00:00.000000")]


@pytest.mark.parametrize(("hours_late", "total"), [(0, 4.0), (1, 0.0)])
def test_late_work_gets_the_penalty_that_nbgraders_settings_state(
    mini: Mini, path: Path, hours_late: int, total: float
) -> None:
    settings = Config({"LateSubmissionPlugin": {"penalty_method": "zero"}})
    with Gradebook(path, settings=settings) as gradebook:
        gradebook.prepare("01-mini", "mini", cells_of(Source(mini.source)))
        with api.Gradebook(f"sqlite:///{path}") as book:
            book.update_or_create_assignment("01-mini", duedate=DUE.isoformat())
        standing = gradebook.record(mini.handed_in().result, submitted=DUE + timedelta(hours=hours_late))
    assert standing.total == total


def test_a_regrade_keeps_a_penalty_that_it_cannot_work_out(mini: Mini, gradebook: Gradebook, path: Path) -> None:
    gradebook.record(mini.handed_in().result)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE submitted_notebook SET late_submission_penalty = 0.5")
    assert gradebook.record(mini.handed_in().result).total == 3.5


def test_a_run_killed_while_it_records_leaves_the_submission_as_it_was(
    mini: Mini, gradebook: Gradebook, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gradebook.record(mini.handed_in(failed=squares_instead()).result)
    gradebook.close()
    before = rows(path)

    def killed(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def regrade() -> None:
        monkeypatch.setattr(gradebook_module, "late_penalty", killed)
        with Gradebook(path) as child:
            child.record(mini.handed_in().result)

    assert end_of(forked(regrade)) == -signal.SIGKILL
    assert rows(path) == before


def test_a_run_stopped_while_it_makes_the_gradebook_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nbgrader.api.get_alembic_version", stopped)
    with pytest.raises(KeyboardInterrupt):
        Gradebook(tmp_path / "gradebook.db")
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_waits_until_the_gradebook_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    went_on = []

    def interrupted(*_: Any) -> str:
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        went_on.append(True)
        return "a version"

    monkeypatch.setattr("nbgrader.api.get_alembic_version", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Gradebook(tmp_path / "gradebook.db")
    assert went_on
    assert [path.name for path in tmp_path.iterdir()] == ["gradebook.db"]


def test_a_new_cell_is_added_to_earlier_submissions_too(mini: Mini, gradebook: Gradebook, path: Path) -> None:
    later = mini.source.cells.pop(5)
    assert later.id == "hidden_double"
    gradebook.prepare("01-mini", "mini", cells_of(Source(mini.source)))
    gradebook.record(mini.handed_in().result)
    mini.source.cells.insert(5, later)
    gradebook.prepare("01-mini", "mini", cells_of(Source(mini.source)))
    with api.Gradebook(f"sqlite:///{path}") as book:
        assert book.find_grade("hidden_double", "mini", "01-mini", "ada").auto_score is None


def test_a_cell_that_is_gone_takes_its_automatic_points_along(mini: Mini, gradebook: Gradebook) -> None:
    gradebook.record(mini.handed_in().result)
    mini.source.cells = [cell for cell in mini.source.cells if cell.id != "hidden_double"]
    gradebook.prepare("01-mini", "mini", cells_of(Source(mini.source)))
    standing = gradebook.standing("ada", "01-mini")
    assert standing is not None
    assert (standing.score, standing.max_score) == (2, 5)


def test_a_cell_that_a_person_gave_points_for_is_not_dropped(
    mini: Mini, gradebook: Gradebook, path: Path, by_hand: Callable[..., None]
) -> None:
    gradebook.record(mini.handed_in().result)
    by_hand("why", manual_score=3.0)
    before = rows(path)
    mini.source.cells = [cell for cell in mini.source.cells if cell.id != "why"]
    with pytest.raises(CourseError, match="'why', but a person gave points or a comment for it to ada; put"):
        gradebook.prepare("01-mini", "mini", cells_of(Source(mini.source)))
    assert rows(path) == before


def moved(mini: Mini) -> None:
    """Split the hidden test of ``double`` into two, and let the visible one count two points."""
    (hidden,) = [cell for cell in mini.source.cells if cell.id == "hidden_double"]
    (visible,) = [cell for cell in mini.source.cells if cell.id == "test_double"]
    second = deepcopy(hidden)
    second.id = second.metadata.nbgrader.grade_id = "hidden_double_2"
    second.metadata.nbgrader.points = hidden.metadata.nbgrader.points = 1
    visible.metadata.nbgrader.points = 2
    mini.source.cells.insert(mini.source.cells.index(hidden) + 1, second)


def test_what_changed_of_cells_with_marks_is_told(
    mini: Mini, gradebook: Gradebook, by_hand: Callable[..., None]
) -> None:
    gradebook.record(mini.handed_in().result)
    gradebook.record(mini.handed_in("bob").result)
    by_hand("hidden_double", manual_score=1.5)
    moved(mini)
    mini.source.cells = [cell for cell in mini.source.cells if cell.id != "hidden_parity"]
    changes = gradebook.prepare("01-mini", "mini", cells_of(Source(mini.source)))
    assert str(changes) == (
        "hidden_double_2 is new (1 point), hidden_parity is gone (1 point), "
        "test_double counts 2 points instead of 1, hidden_double counts 1 point instead of 2"
    )
    first, others, by_person = changes.sentences("01-mini", {"bob"})
    assert first.startswith("01-mini: its graded cells are not those that marks were given for: hidden_double_2 is new")
    assert "not graded in this run: ada. " in others
    assert by_person.endswith("formgrader: ada (hidden_double).")
    assert not gradebook.prepare("01-mini", "mini", cells_of(Source(mini.source)))


def test_without_marks_nothing_is_told_of_other_cells(mini: Mini, gradebook: Gradebook) -> None:
    moved(mini)
    assert not gradebook.prepare("01-mini", "mini", cells_of(Source(mini.source)))


def test_who_is_not_graded_again_keeps_points_and_waits_for_the_rest(
    mini: Mini, gradebook: Gradebook, by_hand: Callable[..., None]
) -> None:
    gradebook.record(mini.handed_in().result)
    by_hand("why", manual_score=2.5)
    by_hand("why", "comment", manual_comment="Well said.")
    moved(mini)
    gradebook.prepare("01-mini", "mini", cells_of(Source(mini.source)))
    standing = gradebook.standing("ada", "01-mini")
    assert standing is not None
    assert (standing.score, standing.max_score) == (6.5, 8)
    assert standing.waiting == {"why", "test_double", "hidden_double", "hidden_double_2"}
    assert (standing.by_person, standing.comments) == ({"why"}, {"why": "Well said."})


def test_a_notebook_that_was_renamed_replaces_the_old_one(mini: Mini, gradebook: Gradebook, path: Path) -> None:
    gradebook.record(mini.handed_in().result)
    gradebook.prepare("01-mini", "renamed", cells_of(Source(mini.source)))
    assert [name for name, _ in rows(path)["notebook"]] == ["renamed"]


def test_a_submission_without_verdicts_gets_no_points_and_waits_for_nobody(mini: Mini, gradebook: Gradebook) -> None:
    result = type(mini.handed_in().result)("ada", "01-mini", ())
    standing = gradebook.record(result)
    assert (standing.score, standing.waiting) == (0, frozenset())


def test_a_student_of_whom_nothing_was_recorded_has_no_standing(gradebook: Gradebook) -> None:
    assert gradebook.standing("nobody", "01-mini") is None


def test_a_crashed_test_gets_no_points(mini: Mini, gradebook: Gradebook) -> None:
    crashed = TestVerdict("test_double", False, 0, 1, Status.CRASHED, "NameError")
    assert gradebook.record(mini.handed_in(failed={"test_double": crashed}).result).scores["test_double"] == 0


def test_a_locked_gradebook_is_one_clear_sentence(mini: Mini, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradebook_module, "BUSY_SECONDS", 0)
    with Gradebook(path) as gradebook:
        gradebook.prepare("01-mini", "mini", cells_of(Source(mini.source)))
        other = sqlite3.connect(path)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CourseError, match="locked by another program"):
            gradebook.record(mini.handed_in().result)
        other.close()
        assert gradebook.record(mini.handed_in().result).score == 4


def test_two_runs_at_once_record_one_submission_each_time_whole(mini: Mini, gradebook: Gradebook, path: Path) -> None:
    gradebook.close()

    def grade(failed: dict[str, TestVerdict]) -> None:
        with Gradebook(path) as child:
            child.record(mini.handed_in(failed=failed).result)

    pids = [forked(lambda failed=failed: grade(failed)) for failed in ({}, squares_instead()) * 2]
    assert {end_of(pid) for pid in pids} == {0}
    assert len(rows(path)["submitted_notebook"]) == 1
    assert len(rows(path)["grade"]) == 4


def test_a_file_that_is_no_gradebook_is_one_clear_sentence(tmp_path: Path) -> None:
    path = tmp_path / "gradebook.db"
    path.write_text("these are not the marks you are looking for, " * 100)
    with pytest.raises(CourseError, match="cannot be used"):
        Gradebook(path)
