"""Builds the course's notebooks and grades submissions.

Building: ``sources`` turns an author's text into the executed notebook, the released one and the sample class.

Grading, in the order in which a submission passes through: ``submissions`` (what was handed in, and which cell is the
answer to what) → ``execution`` (runs it; ``isolation`` confines the student's process, ``boundary`` is all that passes
between it and the tests) → ``verdicts`` → ``reports`` (gradebook, pages, tables). ``grading`` is that way for one
submission, ``classroom`` for many. ``commands``, ``nbgrader_steps`` and ``gradescope`` are the three ways in.
"""
