"""A test uses no other exercise's answer, but for what its header takes; cells that students get import no `hidden`."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.sources.parse import parse
from autograder.sources.scope import check_scope

SOURCE = """\
# %% given="setup"
import torch

# %% exercise="Block"
class Block:
    ### BEGIN SOLUTION
    pass
    ### END SOLUTION

# %% test="Block" points=1
assert Block()

# %% exercise="net"
def net(block):
    ### BEGIN SOLUTION
    return block()
    ### END SOLUTION

# %% test="net" points=1
assert net(object)

# %% hidden_test="net" points=1
import hidden

hidden.net(net)

# %% [markdown] quiz="q1" points=1
# **Which?**
#
# - A. (right) this
#   - Why: it is.
# - B. that
#   - Why: it is not.

# %% experiment="both"
print(net(Block))
"""
VISIBLE, HIDDEN = (
    'test="net" points=1\nassert net(object)',
    'hidden_test="net" points=1\nimport hidden\n\nhidden.net(net)',
)


def complaint(folder: Path, old: str = "", new: str = "") -> str:
    """What is wrong with the source, changed in one place; empty if nothing is."""
    assert SOURCE.count(old) == 1 or not old
    path = folder / "nets.py"
    path.write_text(SOURCE.replace(old, new) if old else SOURCE, encoding="utf-8")
    try:
        check_scope(parse(path))
    except CourseError as error:
        return str(error)
    return ""


def test_tests_that_use_their_own_answer_are_fine(tmp_path: Path) -> None:
    assert complaint(tmp_path) == ""


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (VISIBLE, 'test="net" points=1\n\nassert net(Block)', 21),
        (VISIBLE, 'test="net" points=1\nexpected = Block()\nassert net(object) == expected', 20),
        (HIDDEN, 'hidden_test="net" points=1\nimport hidden\n\nhidden.net(net, Block)', 25),
        (VISIBLE, 'test="net" points=1\ndef make():\n    return [Block]\nassert net(make)', 21),
    ],
)
def test_another_exercises_answer_is_refused_with_its_line(tmp_path: Path, old: str, new: str, line: int) -> None:
    said = complaint(tmp_path, old, new)
    assert said.startswith(f"nets.py:{line}: this test of 'net' uses the answer to 'Block'")
    assert 'takes="Block"' in said


def test_the_answer_to_a_quiz_question_is_another_answer_too(tmp_path: Path) -> None:
    said = complaint(tmp_path, VISIBLE, 'test="net" points=1\nassert net(object) and q1')
    assert said.startswith("nets.py:20: this test of 'net' uses the answer to 'q1'")


@pytest.mark.parametrize("old", [VISIBLE, HIDDEN])
def test_an_answer_that_the_contract_takes_is_fine(tmp_path: Path, old: str) -> None:
    header = old.splitlines()[0]
    assert complaint(tmp_path, old, f'{header} takes="Block"\nassert net(Block)') == ""


@pytest.mark.parametrize(
    ("takes", "said"),
    [
        ("Block", "nets.py:19: the header takes 'Block', and the test does not use it."),
        ("Blok", "nets.py:19: takes='Blok' names no other exercise of this topic."),
        ("net", "nets.py:19: takes='net' names no other exercise of this topic."),
    ],
)
def test_a_header_that_takes_what_it_need_not_is_refused(tmp_path: Path, takes: str, said: str) -> None:
    assert complaint(tmp_path, VISIBLE, f'test="net" points=1 takes="{takes}"\nassert net(object)') == said


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("import torch", "import torch\n\nimport hidden", 4),
        (VISIBLE, 'test="net" points=1\nfrom hidden import net as check\ncheck(net)', 20),
        ("    return block()", "    from hidden import value\n    return value", 16),
        ("print(net(Block))", "import hidden\n\nprint(hidden)", 36),
    ],
)
def test_a_cell_that_students_get_cannot_import_hidden(tmp_path: Path, old: str, new: str, line: int) -> None:
    assert complaint(tmp_path, old, new).startswith(f"nets.py:{line}: only hidden tests import 'hidden'")
