"""What grading prints: a table of marks, what is wrong in a few words, and a last line that counts problems."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from autograder.reports.terminal import console, print_marks, progress, summary
from autograder.verdicts.model import ExerciseVerdict, Result, Status
from tests.reports.mini_topic import Mini, squares_instead


def result(student: str = "ada", status: Status = Status.PASSED, problems: tuple[str, ...] = ()) -> Result:
    """A submission with two exercises, the second one right."""
    score = 3.0 if status is Status.PASSED else 0.0
    verdicts = (ExerciseVerdict("double", status, score, 3.0), ExerciseVerdict("triple", Status.PASSED, 2.0, 2.0))
    return Result(student, "01-mini", verdicts, problems)


def printed(*results: Result, terminal: bool = False) -> str:
    """What is printed for these results."""
    out = io.StringIO()
    print_marks(results, {}, Console(file=out, width=120, force_terminal=terminal, legacy_windows=False))
    return out.getvalue()


def test_a_row_states_student_topic_and_points() -> None:
    row = next(line for line in printed(result()).splitlines() if "ada" in line)
    assert [part.strip() for part in row.strip("|").split("|")] == ["ada", "01-mini", "5/5", "all passed", ""]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.WRONG, "wrong: double"),
        (Status.CRASHED, "crashed: double"),
        (Status.TIMED_OUT, "timed out: double"),
        (Status.NOT_ATTEMPTED, "not attempted: double"),
    ],
)
def test_a_row_states_what_is_wrong(status: Status, words: str) -> None:
    assert words in printed(result(status=status))
    assert "all passed" not in printed(result(status=status))


def test_written_answers_are_named_as_work_for_a_person(mini: Mini) -> None:
    assert "all passed; to grade by hand: why" in printed(mini.handed_in().result)


def test_an_untouched_notebook_is_said_in_two_words(mini: Mini) -> None:
    assert "nothing attempted" in printed(mini.handed_in(answers={}).result)


def test_problems_are_counted_in_the_table_and_stated_below_it() -> None:
    text = printed(result(problems=("A test was changed.",)))
    assert "ada, 01-mini: A test was changed." in text


def test_the_last_line_says_how_many_submissions_had_problems(mini: Mini) -> None:
    results = [result("ada"), result("bob", problems=("Not JSON.",))]
    assert printed(*results).splitlines()[-1] == "2 submissions graded; 1 had problems (bob 01-mini)."


def test_the_last_line_names_a_few_problems_and_counts_the_rest() -> None:
    results = [result(f"s{number}", problems=("Not JSON.",)) for number in range(8)]
    assert summary(results).endswith("s4 01-mini and 3 more).")


def test_one_submission_is_one_submission() -> None:
    assert summary([result()]) == "1 submission graded; none had problems."


def test_students_text_is_neither_markup_nor_a_terminal_command(mini: Mini) -> None:
    hostile = "[red]x[/red]\x1b[2J\x07\u202e\r\nbob"
    text = printed(result(hostile, problems=(hostile,)), terminal=True)
    assert "[red]x[/red]" in text
    assert not any(character in text for character in ("\x1b[2J", "\x07", "\u202e", "\r"))


def test_where_there_is_no_terminal_output_is_plain() -> None:
    assert "\x1b" not in printed(result(status=Status.WRONG))


def test_progress_without_a_terminal_is_a_line_per_submission(mini: Mini) -> None:
    out = io.StringIO()
    with progress(2, Console(file=out, width=120)) as advance:
        advance(result("ada"))
        advance(mini.handed_in("bob", failed=squares_instead()).result)
    assert out.getvalue().splitlines() == [
        "[1/2] ada, 01-mini: 5 of 5 points",
        "[2/2] bob, 01-mini: 2 of 7 points",
    ]


def test_progress_in_a_terminal_is_a_bar_that_goes_away() -> None:
    out = io.StringIO()
    with progress(2, Console(file=out, width=120, force_terminal=True, legacy_windows=False)) as advance:
        advance(result("[bold]ada"))
    assert "1/2" in out.getvalue()
    assert out.getvalue().endswith("\x1b[2K")


def test_a_plain_console_is_wide_enough_for_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    console().print("x" * 150)
    assert capsys.readouterr().out == "x" * 150 + "\n"
