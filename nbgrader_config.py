"""nbgrader's settings for this course; ``course.toml`` holds what they are made from."""

import os
from pathlib import Path

from autograder.nbgrader_settings import configure

configure(get_config(), Path(__file__).resolve().parent, os.environ.get("CNN_EXCHANGE"))
