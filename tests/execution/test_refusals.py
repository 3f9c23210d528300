"""Where the system refuses what grading needs, nobody loses a mark for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import Course
from autograder.execution.processes import NotConfinedError
from autograder.grading import Grading, open_zygote
from autograder.run import grade_class
from autograder.submissions.choose import Submission
from autograder.submissions.names import Owner
from autograder.time_limits import TimeLimits
from tests.execution.conftest import Class


def test_a_submission_that_cannot_be_confined_gets_no_verdict(
    checkout: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    with open_zygote(checkout) as zygote:
        students = Class(zygote, tmp_path)
        assert students.grade(students.filled()).score == 7
        scratch.rmdir()
        with pytest.raises(NotConfinedError, match="No such file or directory"):
            students.grade(students.filled())
        submission = Submission(Owner("ada"), "ada", students.topic, students.filled(), (), "ada.ipynb", "")
        grading = Grading(zygote, TimeLimits(), b"secret")
        (graded,) = grade_class(grading, [submission], {students.topic.name: students.pair}, jobs=1)
    assert graded.failed
    assert "its marks were left as they were" in graded.result.problems[-1]
