"""A visible check speaks when it passes, is calm where nothing is written yet, and says what is wrong in one piece."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from types import SimpleNamespace
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from coursekit.advice import advice_on
from coursekit.checks import Mistake, expect_equal
from coursekit.errors import LINE, wrapped
from coursekit.exercises import AnswerFailed, NotWritten, show_error, visible_check

HALVED = Mistake("halved", "the result is halved; every pair counts once", section="Counting pairs")


@visible_check
def pairs(answer: Any, most: int = 3) -> None:
    """Check a count of pairs."""
    for n in range(2, most + 1):
        right = n * (n - 1)
        expect_equal(
            answer(n), right, what=f"the pairs of {n} things", mistakes={HALVED: right // 2}, reread="Counting"
        )


def shown(cell: str) -> list[str]:
    """What a notebook shows below the test's cell, after a cell with an answer."""
    shell = InteractiveShell()
    shell.user_ns["pairs_check"] = pairs
    with redirect_stdout(io.StringIO()) as printed:
        shell.run_cell(cell)
        shell.run_cell("pairs_check(pairs)")
    return printed.getvalue().splitlines()


def test_passing_says_how_many_checks_passed() -> None:
    assert shown("def pairs(n):\n    return n * (n - 1)") == ["✓ pairs: 2 checks passed"]


def test_an_untouched_exercise_is_one_calm_line() -> None:
    assert shown("def pairs(n):\n    raise NotImplementedError()") == ["○ pairs: not written yet"]


def test_a_cell_that_calls_an_untouched_exercise_is_as_calm_as_its_check() -> None:
    shell = InteractiveShell()
    shell.set_custom_exc((NotImplementedError,), show_error)
    with redirect_stdout(io.StringIO()) as printed:
        shell.run_cell("def pairs(n):\n    raise NotImplementedError()")
        result = shell.run_cell("2 * pairs(3)")
        shell.run_cell("raise NotImplementedError('aten::item')")
    assert printed.getvalue().splitlines()[0] == "○ pairs: not written yet"
    assert isinstance(result.error_in_exec, NotImplementedError)
    assert "Traceback" in printed.getvalue()


def test_the_check_of_an_answer_whose_cell_has_not_run_says_so() -> None:
    shell = InteractiveShell()
    shell.set_custom_exc((NotImplementedError, NameError), show_error)
    shell.user_ns["check"] = SimpleNamespace(pairs=pairs)
    with redirect_stdout(io.StringIO()) as printed:
        shell.run_cell("check.pairs(pairs)")
    assert printed.getvalue().startswith("✗ pairs: there is no pairs yet: run its cell; if that shows an error")


def test_another_undefined_name_is_shown_as_python_does() -> None:
    shell = InteractiveShell()
    shell.set_custom_exc((NotImplementedError, NameError), show_error)
    with redirect_stdout(io.StringIO()) as printed:
        shell.run_cell("print(undefined)")
    assert "Traceback" in printed.getvalue()


def test_a_part_that_is_not_written_yet_is_named() -> None:
    half = "def unordered(n):\n    raise NotImplementedError()\n\ndef pairs(n):\n    return 2 * unordered(n)"
    assert shown(half) == ["○ pairs: unordered is not written yet"]


def test_a_module_without_forward_is_no_exercise_that_waits() -> None:
    cell = "from torch import nn\n\ndef pairs(n):\n    return nn.ModuleList([nn.Identity()])(n)"
    assert "nn.ModuleList only holds layers" in " ".join(shown(cell))
    assert not any("not written" in line for line in shown(cell))


def test_an_untouched_exercise_still_raises() -> None:
    def untouched(n: int) -> int:
        raise NotImplementedError

    with pytest.raises(NotImplementedError) as caught:
        pairs(untouched)
    assert isinstance(caught.value, NotWritten)


def test_a_wrong_answer_is_told_the_cause_the_comparison_and_where_to_re_read() -> None:
    assert shown("def pairs(n):\n    return n * (n - 1) // 2") == [
        "✗ pairs: The result is halved; every pair counts once.",
        "  Compared: the pairs of 2 things: expected 2, got 1.",
        '  Re-read: "Counting pairs".',
    ]


def test_an_error_is_told_with_the_students_own_line_and_what_to_do() -> None:
    lines = shown("KNOWN = {2: 2}\n\ndef looked_up(n):\n    return KNOWN[n]\n\ndef pairs(n):\n    return looked_up(n)")
    assert lines[:2] == [
        "✗ pairs: Your code raised KeyError: 3",
        "  Line 4 of your cell, in looked_up: return KNOWN[n]",
    ]
    assert " ".join(lines[2:]).strip().startswith("A dictionary has no such key")


def test_torch_s_own_error_for_what_it_does_not_implement_is_no_exercise_that_waits() -> None:
    def answer(n: int) -> int:
        raise NotImplementedError("Could not run 'aten::item' with arguments from the 'Meta' backend.")

    with pytest.raises(AnswerFailed):
        pairs(answer)


def test_the_check_keeps_its_documentation_and_its_arguments() -> None:
    assert pairs.__doc__ == "Check a count of pairs."
    pairs(lambda n: n * (n - 1), most=9)


def test_lines_break_at_words() -> None:
    lines = wrapped("word " * 60 + "\n" + "other " * 60).splitlines()
    assert max(map(len, lines)) <= LINE
    assert {word for line in lines for word in line.split()} == {"word", "other"}


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("RuntimeError", "mat1 and mat2 shapes cannot be multiplied (2x9 and 8x4)", "in_features"),
        (
            "RuntimeError",
            "Given groups=1, expected input[1, 3, 8, 8] to have 4 channels, but got 3 channels",
            "in_channels",
        ),
        ("AttributeError", "cannot assign module before Module.__init__() call", "super().__init__()"),
        ("TypeError", "'list' object is not callable", "nn.Sequential"),
        ("ZeroDivisionError", "division by zero", "divided by 0"),
        ("RuntimeError", "element 0 of tensors does not require grad and does not have a grad_fn", "no_grad"),
        ("ValueError", "max() arg is an empty sequence", "default="),
        ("ValueError", "no such depth", ""),
    ],
)
def test_a_common_error_comes_with_what_it_means(kind: str, text: str, said: str) -> None:
    assert said in advice_on(kind, text)
    assert bool(advice_on(kind, text)) == bool(said)
