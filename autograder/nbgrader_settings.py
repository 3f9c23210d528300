"""nbgrader's settings for a course: where its files are, and which steps of its commands are the engine's own."""

from __future__ import annotations

import os
import sysconfig
import warnings
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.late_policy import read_late_policy
from autograder.nbgrader_steps import take_over
from autograder.sources.release import PREPROCESSORS, SETTINGS

# Each is done by the class of `autograder.exchange` that is named as it is.
EXCHANGE_STEPS = (
    *("collect", "fetch_assignment", "fetch_feedback", "list", "release_assignment", "release_feedback", "submit"),
)


def configure(c: Any, root: Path, exchange: str | None = None) -> None:
    """Fill in the settings of ``nbgrader_config.py``.

    Args:
        c: what nbgrader's ``get_config()`` gives.
        root: the course's folder.
        exchange: the exchange's folder. Unless one is named, the exchange is the machine's: what its own settings name,
            else nbgrader's default, where students' nbgrader looks, too. It never lies in the course, where everyone
            who reaches it could read the solutions.
    """
    course = Course(root)
    settings = course.settings
    # nbgrader adds rows in an order that SQLAlchemy 2 warns of and then puts right.
    warnings.filterwarnings("ignore", "Object of type .* not in session")
    # nbgrader starts `alembic` by name, which an environment that is not activated does not find.
    os.environ["PATH"] = os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)))

    c.CourseDirectory.course_id = settings.id
    c.CourseDirectory.root = str(root)
    c.CourseDirectory.source_directory = settings.folders.solutions
    c.CourseDirectory.release_directory = settings.folders.notebooks
    # Beside a topic's notebook lie its source and its wrong answers: only the notebook is for students.
    c.CourseDirectory.ignore = ["*.py", "*.pyc", "__pycache__", ".ipynb_checkpoints", "feedback"]
    # With "*" nbgrader takes a folder without its notebook, which a killed run leaves, for one that is done.
    c.CourseDirectory.notebook_id = "?*"

    if exchange:
        c.Exchange.root = str(Path(exchange).expanduser().resolve())
    for step in EXCHANGE_STEPS:
        c.ExchangeFactory[step] = f"autograder.exchange.{step.title().replace('_', '')}"

    c.merge(SETTINGS)
    c.merge(read_late_policy(root, course.topics).settings())
    c.GenerateAssignment.preprocessors = PREPROCESSORS
    c.Execute.timeout = 300
    c.LeaveOutWhatNoTestNeeds.package = settings.package

    # `nbgrader autograde` and `nbgrader generate_feedback`, and the formgrader's buttons, do what `autograder grade`
    # does.
    take_over()
    c.ExportApp.plugin_class = "autograder.nbgrader_export.CsvExport"
    # In the formgrader.
    c.HTMLExporter.filters = {"markdown2html": "autograder.nbgrader_steps.markdown_without_scripts"}
