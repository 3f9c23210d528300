"""Grades many submissions, several at a time; one that cannot be graded stops no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from queue import SimpleQueue

from autograder.course import TopicPair
from autograder.errors import CourseError
from autograder.grading import Grading, grade_notebook, ungraded
from autograder.journal import Trace
from autograder.submissions.align import Alignment
from autograder.submissions.collect import Submission
from autograder.verdicts.model import Result
from sandbox.shares import shares


@dataclass(frozen=True)
class Graded:
    """One submission and what grading says about it.

    Attributes:
        alignment: the student's cells beside the topic's; ``None`` when there was no notebook to grade.
        trace: how the run went.
        failed: whether grading itself failed, so that this is no verdict on the submission.
    """

    submission: Submission
    result: Result
    alignment: Alignment | None
    trace: Trace = field(default_factory=Trace)
    failed: bool = False


def grade_class(
    grading: Grading, submissions: Sequence[Submission], topics: Mapping[str, TopicPair], jobs: int
) -> Iterator[Graded]:
    """Grade submissions, ``jobs`` at a time on cores of their own, and yield each as it is done.

    A submission in which something was ended before it had used its processor time is graded once more, alone, after
    all others.

    Raises:
        CourseError: if grading itself cannot go on; submissions that were yielded are done.
    """
    pool = ThreadPoolExecutor(max_workers=jobs)
    free: SimpleQueue[tuple[int, ...]] = SimpleQueue()
    for share in shares(jobs):
        free.put(share)

    def grade_one(submission: Submission) -> Graded:
        share = free.get()
        try:
            return _grade_one(replace(grading, cores=share), submission, topics)
        finally:
            free.put(share)

    try:
        doubtful = []
        for future in as_completed([pool.submit(grade_one, submission) for submission in submissions]):
            graded = future.result()
            if graded.trace.waited_out:
                doubtful.append(graded.submission)
            else:
                yield graded
        for submission in doubtful:
            yield _grade_one(grading, submission, topics)
    except BaseException:
        # What is under way would take its time, and nobody waits for it any more.
        grading.zygote.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _grade_one(grading: Grading, submission: Submission, topics: Mapping[str, TopicPair]) -> Graded:
    pair = topics[submission.topic.name] if submission.topic else next(iter(topics.values()))
    if submission.notebook is None or submission.topic is None:
        return Graded(submission, ungraded(pair.source, submission.student, submission.problems), None)
    try:
        trace = Trace()
        result, alignment = grade_notebook(
            grading,
            pair.source,
            pair.released,
            submission.notebook,
            submission.student,
            submission.problems,
            trace,
            files=submission.files,
            left_out=submission.left_out,
            drawn_from=submission.drawn_from,
        )
    except CourseError:
        raise
    except Exception as error:
        # One odd submission must not stop the class; the instructor reads what happened.
        problem = (
            f"Grading failed on this submission ({type(error).__name__}: {error}); its marks were left as they were. "
            "Grade it again; if that fails too, report it and grade by hand."
        )
        nothing = ungraded(pair.source, submission.student, [*submission.problems, problem])
        return Graded(submission, nothing, None, failed=True)
    return Graded(submission, result, alignment, trace)
