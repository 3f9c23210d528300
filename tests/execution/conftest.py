"""A small topic, submissions of it, and a zygote that many tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from autograder.course import Course, TopicPair
from autograder.execution.processes import Zygote
from autograder.grading import Graded, Grading, grade_notebook, open_zygote
from autograder.sources.assemble import assemble
from autograder.sources.parse import parse
from autograder.sources.release import release
from autograder.submissions.beside import FileBeside
from autograder.submissions.choose import Submission
from autograder.submissions.names import Owner
from autograder.time_limits import TimeLimits
from autograder.topics import topic_of
from autograder.verdicts.model import ExerciseVerdict, Result

SOURCE = '''\
# %% given="setup"
import torch

from coursekit.checks import expect_close, expect_equal

# %% exercise="double"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% test="double" points=1
expect_equal(double(1), 2, what="twice one")

# %% hidden_test="double" points=2
expect_equal(double(21), 42, what="twice twenty-one", mistakes={"x was squared": 441})

# %% given="helper"
def ramp(n):
    return torch.arange(n, dtype=torch.float64)

# %% exercise="Scale" forbids="autograd"
class Scale(torch.nn.Module):
    """Multiplies by a learned factor."""
    ### BEGIN SOLUTION
    def __init__(self, factor):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(float(factor), dtype=torch.float64))

    def forward(self, x):
        return self.weight * x
    ### END SOLUTION

# %% test="Scale" points=1
expect_close(Scale(3)(ramp(4)), 3 * ramp(4), what="three times a ramp")

# %% hidden_test="Scale" points=3 feedback="withheld"
scale = Scale(2)
scale(ramp(4)).sum().backward()
expect_close(scale.weight.grad, 6.0, what="the gradient of the factor")

# %% experiment="slow"
raise RuntimeError("experiments do not run in grading")
'''
STUDENT_SECONDS = TimeLimits(cell=3, submission=60)


class Class:
    """Hands in notebooks of a small topic and has them graded."""

    def __init__(self, zygote: Zygote, folder: Path, source: str = SOURCE) -> None:
        path = folder / "small.py"
        path.write_text(source, encoding="utf-8")
        self.notebook = assemble("01-small", parse(path, forbids=("autograd", "published")))[0]
        self.released = release(self.notebook)
        self.topic = topic_of(self.notebook, "01-small", "small")
        self.released_topic = topic_of(self.released, "01-small", "small")
        self.pair = TopicPair(self.topic, self.released_topic)
        self._zygote = zygote

    def filled(self, **answers: str) -> Any:
        """The released notebook with right answers, and those given in their place."""
        notebook = deepcopy(self.released)
        right = {cell.id: cell.source for cell in self.notebook.cells}
        for cell in notebook.cells:
            if cell.id in {exercise.id for exercise in self.topic.exercises}:
                cell.source = answers.get(cell.id, right[cell.id].replace("### BEGIN SOLUTION", "# mine"))
        return notebook

    def grade(
        self,
        notebook: Any,
        seconds: TimeLimits = STUDENT_SECONDS,
        files: Sequence[FileBeside] = (),
    ) -> Result:
        """The result of a notebook."""
        return self.graded(notebook, seconds, files).result

    def graded(self, notebook: Any, seconds: TimeLimits = STUDENT_SECONDS, files: Sequence[FileBeside] = ()) -> Graded:
        """All that grading says about a notebook."""
        owner = Owner("student")
        submission = Submission(owner, "student", self.topic, notebook, (), "student.ipynb", "", tuple(files))
        return grade_notebook(Grading(self._zygote, seconds, b"secret"), self.pair, submission)

    def answer(self, **answers: str) -> dict[str, ExerciseVerdict]:
        """The verdicts on a notebook with these answers, by exercise."""
        return {exercise.id: exercise for exercise in self.grade(self.filled(**answers)).exercises}


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """One process to fork from, for all tests."""
    with open_zygote(Course(Path(__file__).resolve().parents[2])) as running:
        yield running


@pytest.fixture(scope="session")
def students(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> Class:
    """The class of the small topic."""
    return Class(zygote, tmp_path_factory.mktemp("small"))


@pytest.fixture
def add_cell() -> Callable[..., None]:
    """Inserts a code cell of the student's own before the cell of an id, or at the end."""

    def add(notebook: Any, source: str, before: str = "") -> None:
        from nbformat.v4 import new_code_cell

        ids = [cell.id for cell in notebook.cells]
        notebook.cells.insert(ids.index(before) if before else len(ids), new_code_cell(source))

    return add
