"""The graders that are compared, each driven through its command line."""

from comparison.graders.base import Grader
from comparison.graders.here import Here
from comparison.graders.nbgrader import NbGrader
from comparison.graders.otter import Otter

__all__ = ["Grader", "Here", "NbGrader", "Otter"]
