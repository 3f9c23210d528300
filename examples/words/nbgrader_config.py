from pathlib import Path

from autograder.nbgrader_settings import configure

configure(get_config(), Path(__file__).resolve().parent)
