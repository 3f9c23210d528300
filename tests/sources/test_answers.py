"""Answers are whole cells, or edits of the solution or of one another; a mistake in one is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.sources.answers import Answer, read_answers

SOLUTIONS = {
    "spread": '''\
def spread(x):
    """How far the numbers lie apart."""
    n = len(x)

    mean = sum(x) / n
    # Squares, so that signs do not matter.
    total = sum((a - mean) ** 2 for a in x)
    for _ in range(0):
        total = total
    for _ in range(0):
        total = total
    return total / n''',
    "double": "def double(x):\n    return 2 * x",
}
WRONG = '# %% wrong="unbiased" exercise="spread" says="N - 1"'


def read(folder: Path, text: str) -> list[Answer]:
    path = folder / "answers.py"
    path.write_text(text, encoding="utf-8")
    return read_answers(path, SOLUTIONS)


def edited(folder: Path, *lines: str) -> list[str]:
    """The lines of the solution of ``spread`` after an edit."""
    (answer,) = read(folder, "\n".join([WRONG, *lines]) + "\n")
    return answer.text.splitlines()


def error_of(folder: Path, text: str) -> str:
    with pytest.raises(CourseError) as error:
        read(folder, text)
    return str(error.value)


def error_of_edit(folder: Path, *lines: str) -> str:
    return error_of(folder, "\n".join([WRONG, *lines]) + "\n")


def test_a_topic_without_the_file_has_no_answers(tmp_path: Path) -> None:
    assert read_answers(tmp_path / "answers.py", SOLUTIONS) == []


def test_text_before_the_first_answer_is_no_answer(tmp_path: Path) -> None:
    (answer,) = read(tmp_path, f"# Answers that students give.\n\n{WRONG}\ndef spread(x):\n    return 0\n")
    assert answer.text == "def spread(x):\n    return 0"


def test_a_wrong_answer_states_what_it_is_told_and_what_it_keeps(tmp_path: Path) -> None:
    header = f'{WRONG} keeps=2 hidden_only="visible lists are long" values_right="true"'
    (answer,) = read(tmp_path, f"{header}\ndef spread(x):\n    return 0\n")
    assert (answer.name, answer.exercise, answer.right, answer.says) == ("unbiased", "spread", False, "N - 1")
    assert (answer.keeps, answer.hidden_only, answer.values_right) == (2, "visible lists are long", True)


def test_a_right_answer_needs_a_name_and_its_exercise_only(tmp_path: Path) -> None:
    (answer,) = read(tmp_path, '# %% right="adds" exercise="double"\ndef double(x):\n    return x + x\n')
    assert (answer.name, answer.right, answer.says, answer.keeps) == ("adds", True, "", 0)


def test_an_edit_changes_lines_of_the_solution(tmp_path: Path) -> None:
    lines = edited(tmp_path, "# -     return total / n", "# +     return total / (n - 1)")
    assert lines == [*SOLUTIONS["spread"].splitlines()[:-1], "    return total / (n - 1)"]


def test_lines_are_added_below_the_context_above_them(tmp_path: Path) -> None:
    lines = edited(tmp_path, "#       mean = sum(x) / n", "# +     x = sorted(x)")
    assert lines[lines.index("    mean = sum(x) / n") + 1] == "    x = sorted(x)"


def test_lines_are_added_above_the_context_below_them(tmp_path: Path) -> None:
    assert edited(tmp_path, "# + import math", "# +", "#   def spread(x):")[:3] == ["import math", "", "def spread(x):"]


def test_lines_may_only_be_removed(tmp_path: Path) -> None:
    assert "    # Squares, so that signs do not matter." not in edited(
        tmp_path, "# -     # Squares, so that signs do not matter."
    )


def test_a_blank_line_of_the_solution_need_not_be_repeated(tmp_path: Path) -> None:
    lines = edited(tmp_path, "# -     n = len(x)", "# -     mean = sum(x) / n", "# +     n, mean = len(x), 0")
    assert lines[2:4] == ["", "    n, mean = len(x), 0"]


@pytest.mark.parametrize("separator", ["#", "# ...", ""])
def test_hunks_are_separated_and_apply_in_order(tmp_path: Path, separator: str) -> None:
    hunks = [
        "# -     n = len(x)",
        "# +     n = m = len(x)",
        separator,
        "# -     n = m = len(x)",
        "# +     m = n = len(x)",
    ]
    assert "    m = n = len(x)" in edited(tmp_path, *hunks)


def test_context_tells_equal_lines_apart(tmp_path: Path) -> None:
    lines = edited(tmp_path, "# -         total = total", "# +         pass", "#       return total / n")
    assert [line.strip() for line in lines[-5:]] == [
        "for _ in range(0):",
        "total = total",
        "for _ in range(0):",
        "pass",
        "return total / n",
    ]


def test_an_edit_of_another_answer_may_stand_above_it_or_below(tmp_path: Path) -> None:
    first = '# %% wrong="one" exercise="double" of="two" says="a"\n# -     return 3 * x\n# +     return 4 * x\n'
    second = '# %% wrong="two" exercise="double" says="a"\n# -     return 2 * x\n# +     return 3 * x\n'
    for text in (f"{first}\n{second}", f"{second}\n{first}"):
        texts = {answer.name: answer.text for answer in read(tmp_path, text)}
        assert texts == {"one": "def double(x):\n    return 4 * x", "two": "def double(x):\n    return 3 * x"}


def test_a_cell_with_code_among_its_comments_is_a_whole_answer(tmp_path: Path) -> None:
    text = "# - not an edit\ndef spread(x):\n    return 0"
    (answer,) = read(tmp_path, f"{WRONG}\n{text}\n")
    assert answer.text == text


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ('wrong="a" exercise="double"', 'a wrong answer needs says="…"'),
        ('wrong="a" says="b"', 'an answer needs exercise="…", and either wrong="…" or right="…"'),
        ('exercise="double" says="b"', 'either wrong="…" or right="…"'),
        ('wrong="a" right="a" exercise="double" says="b"', 'either wrong="…" or right="…"'),
        ('wrong="a" exercise="double" says="b" keep=2', "not 'keep'"),
        ('wrong="a" exercise="double" says="b" keeps="two"', "keeps=N is a number of points, not 'two'"),
        ('wrong="a" exercise="double" says="b" hidden_only="true"', 'hidden_only="…" says why'),
        ('wrong="a" exercise="double" says="b" values_right="yes"', 'values_right is "true", or left out'),
        ('right="a" exercise="double" says="b"', "a right answer takes no 'says'"),
        ('right="a" exercise="triple"', "the topic has no exercise 'triple'"),
        ('right="a" exercise="double" of="b"', "with of='b' the cell must be an edit"),
        ('right="a" exercise="double', "the header cannot be read"),
    ],
)
def test_a_mistaken_header_is_named_with_its_line(tmp_path: Path, header: str, complaint: str) -> None:
    error = error_of(tmp_path, f"# Answers.\n\n# %% {header}\ndef double(x):\n    return x + x\n")
    assert error.startswith("answers.py:3: ") and complaint in error


def test_a_second_answer_of_the_same_name_is_refused(tmp_path: Path) -> None:
    cell = '# %% right="adds" exercise="double"\ndef double(x):\n    return x + x\n'
    assert error_of(tmp_path, f"{cell}\n\n{cell}") == "answers.py:6: 'double' has an answer named 'adds' already."


def test_a_line_that_is_not_there_is_named_with_its_place(tmp_path: Path) -> None:
    error = error_of_edit(tmp_path, "#       n = len(x)", "# -     mean = 0", "# +     mean = 1")
    assert error == "answers.py:3: `mean = 0` stands nowhere in the solution of 'spread'."


def test_the_line_is_that_of_the_hunk_that_does_not_apply(tmp_path: Path) -> None:
    error = error_of_edit(tmp_path, "# -     n = len(x)", "# +     n = 1", "#", "# -     m = 0")
    assert error == "answers.py:5: `m = 0` stands nowhere in the solution of 'spread'."


def test_a_line_that_stands_there_twice_needs_context(tmp_path: Path) -> None:
    error = error_of_edit(tmp_path, "# -         total = total")
    assert error == ("answers.py:2: `total = total` stands twice in the solution of 'spread'; add a line of context.")


def test_lines_that_stand_apart_are_no_hunk(tmp_path: Path) -> None:
    error = error_of_edit(tmp_path, "# -     n = len(x)", "# -     return total / n")
    assert error == (
        "answers.py:2: `n = len(x)` and the line after it do not stand together in the solution of 'spread'."
    )


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["# + import math"], "answers.py:2: nothing says where to add this; add a line of context."),
        (
            ["# - def spread(x):", "# + def spread(x, y):", "#", "#       n = len(x)"],
            "answers.py:5: this hunk removes and adds nothing.",
        ),
        (
            ["# -     n = len(x)", "#       mean = 0"],
            "answers.py:3: `mean = 0` stands nowhere in the solution of 'spread'.",
        ),
        (
            ["# -     n = len(x)", "# so that n is missing"],
            "answers.py:3: `# so that n is missing` begins with none of `# - `, `# + ` and `#   `.",
        ),
        (["# -     n = len(x)", "# +   n = len(x)"], "answers.py:1: what the edit gives is not Python: "),
    ],
)
def test_an_edit_that_cannot_be_applied_is_named_with_its_line(
    tmp_path: Path, lines: list[str], complaint: str
) -> None:
    assert error_of_edit(tmp_path, *lines).startswith(complaint)


def test_the_answer_that_an_edit_is_of_must_exist(tmp_path: Path) -> None:
    error = error_of(tmp_path, '# %% right="a" exercise="double" of="b"\n# -     return 2 * x\n# +     return x + x\n')
    assert error == "answers.py:1: 'double' has no answer named 'b'."


def test_edits_do_not_go_in_a_circle(tmp_path: Path) -> None:
    edit = "# -     return 2 * x\n# +     return 3 * x\n"
    cells = [f'# %% wrong="{a}" exercise="double" of="{b}" says="s"\n{edit}' for a, b in ("ab", "bc", "ca")]
    assert error_of(tmp_path, "\n".join(cells)) == "answers.py:1: the edits go in a circle: 'a' of 'b' of 'c' of 'a'."
