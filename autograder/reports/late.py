"""Late penalties, by nbgrader's own plugin and settings."""

from __future__ import annotations

from pathlib import Path

from nbgrader import api
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

SETTINGS_FILE = "nbgrader_config.py"


def nbgrader_settings(root: Path) -> Config:
    """The course's nbgrader settings; none if the folder has no such file."""
    if not (root / SETTINGS_FILE).is_file():
        return Config()
    return PyFileConfigLoader(SETTINGS_FILE, path=str(root)).load_config()


def late_penalty(notebook: api.SubmittedNotebook, settings: Config) -> float | None:
    """The penalty for a submitted notebook, from its due date, its score and the configured plugin.

    Where the gradebook does not know when it was due or handed in, the present one stays.
    """
    submission = notebook.assignment
    if submission.timestamp is None or submission.duedate is None:
        return notebook.late_submission_penalty
    if submission.total_seconds_late == 0:
        return None
    step = AssignLatePenalties(config=settings)
    step.init_plugin()
    penalty = step.plugin_inst.late_submission_penalty(
        submission.student.id, notebook.score, submission.total_seconds_late
    )
    if penalty is None:
        return None
    return min(max(penalty, 0.0), notebook.score)
