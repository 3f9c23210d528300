"""The quizzes of this course; ``coursekit.quiz`` says how they work."""

from pathlib import Path

from coursekit.quiz import Quizzes

explain = Quizzes(Path(__file__).parent / "quizzes").explain
