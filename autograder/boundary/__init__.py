"""What crosses between the process of the tests and the process of the student.

The student's process may lie: it runs the student's code, which can change anything in it, this package
included. So the folders say what may be believed:

* ``codec``, ``channel``, ``malformed`` and ``shared_tensors`` run on both sides: values as bytes, bytes as frames,
  tensors that live on both sides;
* ``student`` answers for the student's objects, and **every word of it may be a lie**;
* ``grader`` gives tests their handles, and believes nothing that it has not checked.

A test asks one question at a time; ``grader.remote`` describes a request and its answer.
"""
