"""What several tests share."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.course import Course

CHECKOUT = Path(__file__).resolve().parent.parent

# This course's settings, without what takes seconds to import, and what so small a topic does not use.
MINI_SETTINGS = re.sub(
    r"^imports = \[.*?^\]", "", (CHECKOUT / "course.toml").read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
)

MINI = '''\
# %% [markdown]
# # Doubling
#
# A topic as small as a topic can be.

# %% given="setup"
from coursekit.checks import expect_equal
from cnnlab.quiz import explain

# %% [markdown]
# ## Exercise: `double` (3 points)

# %% exercise="double"
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    secret_solution = 2 * x
    return secret_solution
    ### END SOLUTION

# %% test="double" points=1
expect_equal(double(1), 2, what="twice one")

# %% hidden_test="double" points=2
expect_equal(double(21), 42, what="twice twenty-one")

# %% experiment="printing"
print("an experiment")

# %% [markdown] quiz="parity" points=1
# **Twice a whole number is …**
#
# - A. odd
#   - Why: Try one.
# - B. (right) even
#   - Why: It has the factor two,
#     whatever the number.

# %% [markdown] written="why" points=3
# Why is twice a number even?
#
# ### BEGIN SOLUTION
# Because it has the factor two.
# ### END SOLUTION
#
# ### BEGIN MARK SCHEME
# 3 points for naming the factor.
# ### END MARK SCHEME
'''


@pytest.fixture
def mini_source() -> str:
    """An author's text with one cell of each kind."""
    return MINI


@pytest.fixture(scope="session")
def make_mini_course() -> Callable[[Path], Course]:
    """Makes a course with one topic, ``01-mini``, not yet built, in an empty folder."""

    def make(folder: Path) -> Course:
        for name in ("solutions/01-mini", "notebooks", "data"):
            (folder / name).mkdir(parents=True)
        for name in ("pyproject.toml", "requirements.lock", "README.md"):
            shutil.copy(CHECKOUT / name, folder)
        (folder / "course.toml").write_text(MINI_SETTINGS, encoding="utf-8")
        shutil.copytree(CHECKOUT / "cnnlab", folder / "cnnlab", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "solutions" / "01-mini" / "mini.py").write_text(MINI, encoding="utf-8")
        return Course(folder)

    return make


@pytest.fixture
def mini_course(tmp_path: Path, make_mini_course: Callable[[Path], Course]) -> Course:
    """A course with one topic, ``01-mini``, not yet built."""
    return make_mini_course(tmp_path)


@pytest.fixture(scope="session")
def checkout() -> Course:
    """The course itself."""
    return Course(CHECKOUT)
