"""Compares this course's grader with nbgrader and otter-grader, and grades on a busy machine."""
