"""The visible checks: a package or module per topic, and modules for what several of them share.

A notebook's setup cell imports its topic's module as ``check``, and each visible test is one line of it,
``check.batchnorm_train(batchnorm_train)``. So a check is a function that takes a student's answer and raises a failure
of ``coursekit.checks``, whose text is a sentence that helps. ``check.batchnorm_train??`` shows students its code: it is
typed and documented, and holds no formula that solves an exercise.

Grading runs the same checks in a process in which the answer is a handle to an object in another one, and in which a
module keeps its values from one test to the next. So a module here has no value that a student's code could change: no
list, dict, tensor or array, but tuples and numbers, and functions that make the rest anew. The build refuses others.

What students must not have (other inputs, solutions) stands in ``solutions/NN-topic/hidden.py``.
"""
