"""Compares this course's grader with nbgrader and otter-grader: what it withstands, and how long it takes."""
