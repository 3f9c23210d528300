"""nbgrader's settings for this course: where its files are, and which steps of its commands are the course's own."""

import os
import sysconfig
import warnings
from contextlib import suppress
from pathlib import Path

from autograder.nbgrader_steps import take_over
from autograder.sources.release import PREPROCESSORS, SETTINGS

c = get_config()  # noqa: F821
root = Path(__file__).resolve().parent

# nbgrader adds rows in an order that SQLAlchemy 2 warns of and then puts right.
warnings.filterwarnings("ignore", "Object of type .* not in session")
# nbgrader starts `alembic` by name, which an environment that is not activated does not find.
os.environ["PATH"] = os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)))

c.CourseDirectory.course_id = "cnn-architectures"
c.CourseDirectory.root = str(root)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
# Beside a topic's notebook lie its source and its wrong answers: only the notebook is for students.
c.CourseDirectory.ignore = ["*.py", "*.pyc", "__pycache__", ".ipynb_checkpoints", "feedback"]
# With "*" nbgrader takes a folder without its notebook, which a killed run leaves, for one that is done.
c.CourseDirectory.notebook_id = "?*"

c.Exchange.root = str(root / "exchange")
with suppress(OSError):
    (root / "exchange").mkdir(exist_ok=True)

c.merge(SETTINGS)
c.GenerateAssignment.preprocessors = PREPROCESSORS
c.Execute.timeout = 300

# `nbgrader autograde` and `nbgrader generate_feedback`, and the formgrader's buttons, do what `autograder grade` does.
take_over()
# In the formgrader.
c.HTMLExporter.filters = {"markdown2html": "autograder.nbgrader_steps.markdown_without_scripts"}
