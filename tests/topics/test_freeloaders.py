"""An answer that does none of the work earns next to nothing: at most a tenth of its exercise's points.

Such answers are built here for every coded exercise: constants, the argument given back, an error whatever comes, and a
table of what the right answer gives in the visible tests.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from autograder.topics import Cell
from autograder.verdicts.model import Result
from tests.topics.conftest import TOPICS, Built
from tests.topics.tables import Table, key_of, recorded, recording_class

Grade = Callable[..., Result]

MOST = 0.1
# Functions of so few arguments that a table of all results is as good an answer as any.
FEW_ARGUMENTS = frozenset({"reduced_axes", "vgg_layers"})
ERRORS = re.compile(r"\b[A-Z]\w*Error\b")

FUNCTION = """\
def {name}(*args, **kwargs):
    {body}
"""
MODULE = """\
import torch


class {name}(torch.nn.Module):
    def __init__(self, *args, **kwargs):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(()))

    def forward(self, *args, **kwargs):
        {body}
"""


def takes_nothing(cell: Cell) -> bool:
    """Whether the answer is a function without parameters, whose right answer is a constant."""
    (definition,) = [node for node in ast.parse(cell.source).body if getattr(node, "name", "") == cell.id]
    return isinstance(definition, ast.FunctionDef) and not ast.unparse(definition.args)


def is_module(cell: Cell) -> bool:
    """Whether the answer is a class; all of them are networks or layers."""
    return f"class {cell.id}" in cell.source


def bodies(cell: Cell) -> Iterator[tuple[str, str]]:
    """By what the answer does, its only statement."""
    yield "returns 0", "return 0"
    yield "returns None", "return None"
    yield "returns its argument", "return next(iter((*args, *kwargs.values())), None)"
    for error in sorted({"ValueError", *ERRORS.findall(ast.get_docstring(ast.parse(cell.source).body[-1]) or "")}):
        yield f"raises {error}", f'raise {error}("no")'


def freeloaders(cell: Cell, table: Table) -> Iterator[tuple[str, str]]:
    """By what they do, the answers that do none of an exercise's work."""
    for does, body in bodies(cell):
        yield does, (MODULE if is_module(cell) else FUNCTION).format(name=cell.id, body=body)
    if not takes_nothing(cell):
        yield "returns what came first", table.constant()
        if cell.id not in FEW_ARGUMENTS:
            yield "knows the visible tests", table.answer()


@pytest.mark.parametrize(
    ("built", "exercise"),
    [(topic, exercise) for topic in TOPICS for exercise in topic.material.coded],
    ids=[f"{topic.name}-{exercise}" for topic in TOPICS for exercise in topic.material.coded],
)
def test_an_answer_that_does_no_work_earns_next_to_nothing(built: Built, exercise: str, grade: Grade) -> None:
    topic = built.material.topic
    (most,) = [MOST * one.max_score for one in topic.exercises if one.id == exercise]
    earned = {}
    for does, text in freeloaders(topic.by_id[exercise], recorded(topic, exercise)):
        answers = {**built.beneath(exercise), exercise: text}
        result = grade(built, built.material.notebook(answers), only=exercise)
        (verdict,) = [one for one in result.exercises if one.id == exercise]
        earned[does] = verdict.score
    assert {does: score for does, score in earned.items() if score > most} == {}


def test_a_table_knows_what_was_asked_in_the_visible_tests_and_nothing_else() -> None:
    table = Table("double", is_module=False)
    table.keep(key_of(((1,), {})), 2, ("returns", 2))
    namespace: dict[str, Any] = {}
    exec(table.answer(), namespace)
    assert namespace["double"](1) == 2
    with pytest.raises(ValueError):
        namespace["double"](2)


def test_a_table_of_a_network_knows_its_results_by_its_parameters() -> None:
    table = Table("Layer", is_module=True)
    right = recording_class(torch.nn.Linear, table)(2, 3)
    x = torch.ones(1, 2)
    y = right(x)
    namespace: dict[str, Any] = {}
    exec(table.answer(), namespace)
    same = namespace["Layer"](2, 3)
    same.load_state_dict(right.state_dict())
    assert torch.equal(same(x), y)
    with pytest.raises(ValueError):
        same(x + 1)
