"""What is odd about many cells in the same way is one sentence for the instructor."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import pytest

from autograder.submissions.align import align
from autograder.submissions.counted import counted, listed
from autograder.submissions.reading import read_notebook
from autograder.topics import Cell, CellKind, Topic
from tests.submissions.handouts import Handout, handout_of

NAMES = tuple(f"f{number}" for number in range(1, 7))
CELLS = [Cell(name, CellKind.EXERCISE, f"def {name}():\n    return 1", exercise=name) for name in NAMES]
TOPIC = Topic("03-many", "many", tuple(CELLS))
RELEASED = replace(
    TOPIC, cells=tuple(replace(c, source=f"def {c.id}():\n    raise NotImplementedError") for c in CELLS)
)


@pytest.fixture
def many() -> Handout:
    """Six answers, all of them right."""
    handout = handout_of(RELEASED, TOPIC)
    for cell in CELLS:
        handout.write(cell.id, cell.source)
    return handout


def problems(handout: Handout) -> tuple[str, ...]:
    return align(TOPIC, RELEASED, read_notebook(handout.bytes(), "many.ipynb")[0]).problems


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
    ],
)
def test_names_are_listed_up_to_three(names: list[str], sentence: str) -> None:
    assert listed(names) == sentence


def test_up_to_three_have_a_sentence_each() -> None:
    assert counted(["a", "b"], "{} is gone.".format, "") == ["a is gone.", "b is gone."]


def test_more_are_counted() -> None:
    assert counted(list("abcd"), str, "{count} are gone: {names}.") == ["4 are gone: a, b, c and 1 more."]


def test_a_notebook_whose_cells_are_all_doubled_has_one_sentence(many: Handout) -> None:
    many.cells.extend(deepcopy(many.cells))
    assert problems(many) == (
        "6 answers are there more than once; of each, the last one was graded: f1, f2, f3 and 3 more.",
    )


def test_a_notebook_whose_cells_are_all_deleted_has_one_sentence(many: Handout) -> None:
    many.cells.clear()
    assert problems(many) == ("6 answers are missing: f1, f2, f3 and 3 more.",)


def test_answers_that_are_all_no_code_are_one_sentence(many: Handout) -> None:
    for cell in many.cells:
        cell["cell_type"] = "markdown"
    assert problems(many) == ("6 answers are no code cells; they were graded as code: f1, f2, f3 and 3 more.",)
