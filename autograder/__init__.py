"""Builds a course's notebooks and grades submissions; ``course.toml`` says which course.

``settings`` and ``course`` are what ``course.toml`` says, and where things are; the package ``coursekit`` is what
notebooks and the engine share.

Building: ``sources`` turns an author's text into the executed notebook and the released one, and ``sample_class`` makes
submissions of those, and the marks that they must get.

Grading, in the order in which a submission passes through: ``submissions`` (what was handed in, and which cell is the
answer to what) → ``execution`` (runs it; the package ``sandbox`` confines the student's process, ``boundary`` is all
that passes between it and the tests) → ``verdicts`` → ``reports`` (gradebook, pages, tables). ``grading`` is that way
for one submission, ``run`` for many. ``commands``, ``nbgrader_steps`` and ``gradescope`` are the three ways in.
"""
