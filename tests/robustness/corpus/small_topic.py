"""The topic that the corpus hands in to: as its author wrote it, as students get it, and its right answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.sources.assemble import assemble
from autograder.sources.parse import parse
from autograder.sources.release import release


@dataclass(frozen=True)
class SmallTopic:
    """A topic to hand in to.

    Attributes:
        source: its notebook as its author wrote it.
        released: the same as students get it.
        right: right answers by exercise.
        marks: the points of each exercise.
    """

    name: str
    stem: str
    source: Any
    released: Any
    right: Mapping[str, str]
    marks: Mapping[str, float]


NAME = "01-small"
STEM = "small"

SOURCE: Any = assemble(NAME, parse(Path(__file__).with_name("topic.py"), forbids=("autograd", "published")))[0]
RELEASED: Any = release(SOURCE)

STANDARDIZE = "def standardize(x):\n    return (x - x.mean(dim=0)) / x.std(dim=0, unbiased=False)"
AFFINE = '''\
class Affine(torch.nn.Module):
    """y = factor * x + shift."""

    def __init__(self, factor, shift):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))
        self.shift = torch.nn.Parameter(torch.tensor(float(shift), dtype=torch.float64))

    def forward(self, x):
        return self.factor * x + self.shift'''
RIGHT = {"standardize": STANDARDIZE, "Affine": AFFINE, "parity": 'parity = "B"'}
FULL_MARKS = {"standardize": 4.0, "Affine": 4.0, "parity": 1.0}
SMALL = SmallTopic(NAME, STEM, SOURCE, RELEASED, RIGHT, FULL_MARKS)

# What most dishonest submissions hand in, dressed up one way or another.
WRONG = "def standardize(x):\n    return x"
