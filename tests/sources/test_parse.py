"""An author's text is read cell by cell, and a mistake in a header is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.sources.parse import parse
from autograder.topics import CellKind


def parse_text(folder: Path, text: str):
    path = folder / "topic.py"
    path.write_text(text, encoding="utf-8")
    return parse(path, forbids=("autograd", "published"))


def test_each_kind_of_cell_is_recognised(tmp_path: Path, mini_source: str) -> None:
    kinds = [cell.kind for cell in parse_text(tmp_path, mini_source)]
    assert kinds == [
        CellKind.PROSE,
        CellKind.GIVEN,
        CellKind.PROSE,
        CellKind.EXERCISE,
        CellKind.TEST,
        CellKind.HIDDEN_TEST,
        CellKind.EXPERIMENT,
        CellKind.QUIZ,
        CellKind.WRITTEN,
    ]


def test_a_header_says_name_and_points(tmp_path: Path) -> None:
    (cell,) = parse_text(tmp_path, '# %% test="f" points=3\nassert True\n')
    assert (cell.name, cell.options["points"]) == ("f", 3)


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ('# %% test="f"', "needs points=N"),
        ('# %% test="f" points=0', "needs points=N"),
        ('# %% hidden_test="f" points="2"', "needs points=N"),
        ('# %% test="f" points=0.3', "needs points=N"),
        ('# %% exercise="f" points=2', "not 'points'"),
        ('# %% exercise="f" test="f"', "both"),
        ('# %% exercise="not a name"', "cannot be a name"),
        ('# %% exercise="größe"', "cannot be a name"),
        (f'# %% exercise="{"f" * 51}"', "longer than 50 characters"),
        ('# %% [markdown] exercise="f"', "must be a code cell"),
        ('# %% quiz="f" points=1', "must be a [markdown] cell"),
        ('# %% hidden_test="f" points=1 feedback="maybe"', "withheld"),
        ('# %% test="f" points=1 seconds=0', "no whole number"),
        ('# %% hidden_test="f" points=1 seconds="60"', "no whole number"),
        ('# %% experiment="f" seconds=60', "not 'seconds'"),
        ('# %% given="f', "the header cannot be read"),
    ],
)
def test_a_mistaken_header_is_named_with_its_line(tmp_path: Path, header: str, complaint: str) -> None:
    with pytest.raises(CourseError) as error:
        parse_text(tmp_path, f"# %%\nimport math\n\n{header}\n# text\n")
    assert "topic.py:4" in str(error.value)
    assert complaint in str(error.value)


def test_only_what_there_is_a_guard_for_can_be_forbidden(tmp_path: Path) -> None:
    (cell,) = parse_text(tmp_path, '# %% exercise="f" forbids="autograd published"\ndef f():\n    pass\n')
    assert cell.options["forbids"] == "autograd published"
    with pytest.raises(CourseError, match=r"topic\.py:1: forbids takes autograd and published, not 'numpy'\."):
        parse_text(tmp_path, '# %% exercise="f" forbids="autograd numpy"\ndef f():\n    pass\n')


def test_text_before_the_first_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"topic\.py:2: text stands before the first cell header"):
        parse_text(tmp_path, "\nimport math\n\n# %%\nmath.pi\n")


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("print(1)\nprint((2)\n", "topic.py:6: this is not plain Python: '(' was never closed."),
        ("%matplotlib inline\n", "topic.py:5: this is not plain Python"),
    ],
)
def test_code_that_is_no_python_is_named_with_its_line(tmp_path: Path, code: str, complaint: str) -> None:
    with pytest.raises(CourseError) as error:
        parse_text(tmp_path, f"# %%\nimport math\n\n# %%\n{code}")
    assert complaint in str(error.value)


@pytest.mark.parametrize("comment", ["# Why?", "# ls", "# %matplotlib inline", "#%x", "# x = !ls"])
def test_a_comment_that_looks_like_a_magic_stays_a_comment(tmp_path: Path, comment: str) -> None:
    (cell,) = parse_text(tmp_path, f"# %%\nx = 1\n{comment}\ny = 2\n")
    assert cell.text == f"x = 1\n{comment}\ny = 2"


def test_a_file_without_cells_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"topic\.py:1: there is no cell"):
        parse_text(tmp_path, "")


def test_a_byte_order_mark_is_passed_over_and_another_encoding_refused(tmp_path: Path, mini_source: str) -> None:
    path = tmp_path / "topic.py"
    path.write_text(mini_source, encoding="utf-8-sig")
    assert len(parse(path, forbids=("autograd", "published"))) == 9
    path.write_bytes(mini_source.replace("topic as", "tôpic as").encode("cp1252"))
    with pytest.raises(CourseError, match=r"topic\.py:4: the file is not encoded in UTF-8"):
        parse(path, forbids=("autograd", "published"))
