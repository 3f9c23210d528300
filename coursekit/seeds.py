"""The seed of a hidden test's inputs."""

import os

VARIABLE = "COURSE_GRADING_SEED"


def grading_seed() -> int:
    """The seed that grading chose for this submission; 0 outside grading."""
    return int(os.environ.get(VARIABLE) or 0)
