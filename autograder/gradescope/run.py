"""Grades the submission that Gradescope laid out, and writes its results as they come.

Run as ``python -m autograder.gradescope.run ROOT``; ROOT is ``/autograder`` on Gradescope.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from autograder.atomic_files import write_text
from autograder.course import Course, TopicPair
from autograder.errors import CourseError
from autograder.execution.processes import NotConfinedError
from autograder.gradescope.results import as_results, refused
from autograder.grading import (
    Graded,
    Grading,
    course_secret,
    grade_notebook,
    grade_with_second_chance,
    hidden_paths,
    open_zygote,
)
from autograder.submissions.collect import collect_from_one
from autograder.text import visible
from autograder.time_limits import TimeLimits
from autograder.verdicts.model import Result


def main(root: Path) -> None:
    """Grade ``ROOT/submission`` and write ``ROOT/results/results.json``."""
    results = root / "results" / "results.json"
    course = Course(root / "source" / "course")
    try:
        _grade(course, root / "submission", results)
    except (CourseError, NotConfinedError) as error:
        print(error, file=sys.stderr)
        write_text(results, json.dumps(refused(f"This submission could not be graded: {error}"), indent=1))


def _grade(course: Course, submitted: Path, results: Path) -> None:
    started = time.monotonic()

    def write(result: Result, finished: bool = False) -> None:
        seconds, left_out = time.monotonic() - started, submission.left_out
        write_text(results, json.dumps(as_results(result, seconds, finished=finished, left_out=left_out), indent=1))

    for path in hidden_paths(course):
        # Any user may read what a zip unpacks; where only its user keeps a submission apart, that must not be.
        path.chmod(0o700)
    (name,) = course.topics
    limits, clock = course.settings.limits, course.settings.limits.gradescope_clock_seconds
    pair = TopicPair(course.source_topic(name), course.released_topic(name))
    submission = collect_from_one("student", submitted, pair.released)
    if submission.notebook is None:
        raise CourseError(" ".join(submission.problems))
    with open_zygote(course) as zygote:

        def grade() -> Graded:
            left = TimeLimits.on_gradescope(limits, clock - (time.monotonic() - started))
            grading = Grading(zygote, left, course_secret(course), watch=write)
            return grade_notebook(grading, pair, submission)

        # The second time would take as long as the first one.
        result = grade_with_second_chance(grade, lambda: 2 * (time.monotonic() - started) < clock).result
    write(result, finished=True)
    for line in (*result.problems, *(f"{e.id}: {e.status}. {e.message}" for e in result.exercises)):
        _say(line)


def _say(line: str) -> None:
    """Print a line whatever is in it: half a surrogate can be written nowhere, and a pipe may be in any encoding."""
    encoding = sys.stdout.encoding or "ascii"
    print(visible(line).encode(encoding, "backslashreplace").decode(encoding))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
