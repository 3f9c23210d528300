"""What a page shows is kept in the journal, so that the page can be made again when the submission is gone."""

from __future__ import annotations

from autograder.journal import Journal, JournalEntry, Trace
from autograder.reports.feedback import feedback_page
from autograder.submissions.beside import FileBeside
from autograder.submissions.shown import ANSWER_LIMIT, Shown
from tests.reports.mini_topic import RIGHT, Mini
from tests.reports.test_feedback import standing_of

SKETCH = {"image/png": "iVBORw0KGgo="}
ANSWERS = {**RIGHT, "why": "![a sketch](attachment:sketch-1.png)\n\x1b[2J \ud800"}


def test_the_page_made_from_the_journal_is_the_page_made_at_grading(mini: Mini) -> None:
    handed = mini.handed_in(
        answers=ANSWERS,
        attachments={"why": {"sketch-1.png": SKETCH}},
        files=(FileBeside("helper.py", b"FACTOR = 2\n"), FileBeside("table.csv", b"1,2\n")),
        left_out=("notes.pdf beside the notebook was not read.",),
    )
    shown = Shown.of(mini.topic, handed.alignment)
    journal = Journal(mini.course)
    journal.write(JournalEntry({}, handed.result, Trace(), shown))
    entry = journal.entry("ada", "01-mini")
    assert entry is not None and entry.shown is not None
    pages = [feedback_page(mini.topic, handed.result, one, standing_of(handed.result)) for one in (shown, entry.shown)]
    assert pages[0] == pages[1]
    assert all(text in pages[0] for text in ("FACTOR", "table.csv", "notes.pdf", "data:image/png;base64,iVBORw0KGgo="))


def test_a_submission_without_a_notebook_is_kept_as_such(mini: Mini) -> None:
    assert Shown.of(mini.topic, None) == Shown(readable=False)


def test_only_pictures_that_answers_show_are_kept(mini: Mini) -> None:
    attached = {"sketch-1.png": SKETCH, "unused-3.png": SKETCH}
    handed = mini.handed_in(answers=ANSWERS, attachments={"why": attached})
    assert set(Shown.of(mini.topic, handed.alignment).pictures) == {"sketch-1.png"}


def test_long_answers_are_kept_as_far_as_a_page_shows_them(mini: Mini) -> None:
    handed = mini.handed_in(answers={**RIGHT, "why": "x" * (2 * ANSWER_LIMIT)})
    assert len(Shown.of(mini.topic, handed.alignment).answers["why"]) < ANSWER_LIMIT + 100
