"""What graders are given, with and without experiments."""

from __future__ import annotations

from comparison.assignment import Assignment
from tests.robustness.corpus.small_topic import NAME, RELEASED, SOURCE, STEM

ASSIGNMENT = Assignment(NAME, STEM, SOURCE, RELEASED)


def test_points_are_those_of_tests():
    assert ASSIGNMENT.points == sum(cell.points for cell in ASSIGNMENT.topic.cells if cell.is_test)


def test_without_experiments_only_experiments_are_gone():
    kinds = [cell.kind for cell in ASSIGNMENT.topic.cells]
    fewer = [cell.kind for cell in ASSIGNMENT.without_experiments().topic.cells]

    assert "experiment" in kinds
    assert fewer == [kind for kind in kinds if kind != "experiment"]


def test_taking_experiments_out_leaves_the_original_as_it_was():
    before = len(ASSIGNMENT.source.cells)
    ASSIGNMENT.without_experiments()

    assert len(ASSIGNMENT.source.cells) == before
