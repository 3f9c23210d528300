"""What the course's notebooks import: data, training, plots, checks and quizzes."""

from cnnlab.devices import device

__all__ = ["device"]
