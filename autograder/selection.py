"""What a regrade is limited to: some students, some exercises."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from autograder.course import TopicPair
from autograder.errors import CourseError
from autograder.journal import JournalEntry
from autograder.submissions.choose import Submission
from autograder.submissions.names import folded
from autograder.text import some
from autograder.verdicts.model import Result


@dataclass(frozen=True)
class Selection:
    """Who and what is graded; everybody and everything if nothing is named.

    Attributes:
        students: ids in the gradebook, ids of a platform, or display names.
        exercises: exercises whose marks may change.
    """

    students: Sequence[str] = ()
    exercises: Sequence[str] = ()

    def check(self, pairs: Iterable[TopicPair]) -> None:
        """See that there are such exercises.

        Raises:
            CourseError: if there is no exercise of a name.
        """
        known = [exercise.id for pair in pairs for exercise in pair.source.exercises]
        if unknown := [name for name in self.exercises if name not in known]:
            raise CourseError(f"there is no exercise {unknown[0]!r}; there are {some(known, 8)}.")

    def of(self, submissions: Sequence[Submission]) -> list[Submission]:
        """The submissions of the students named.

        Raises:
            CourseError: if one of them handed in nothing.
        """
        chosen = [one for one in submissions if not self.students or any(_is(one, name) for name in self.students)]
        for name in self.students:
            if not any(_is(one, name) for one in chosen):
                there = some(sorted({one.student for one in submissions}))
                raise CourseError(f"there is no submission from {name!r} here; there are submissions from {there}.")
        return chosen

    def limited(self, result: Result, before: JournalEntry | None) -> Result:
        """A result in which exercises that were not named keep their verdicts."""
        if not self.exercises or before is None:
            return result
        kept = {verdict.id: verdict for verdict in before.result.exercises if verdict.id not in self.exercises}
        return replace(result, exercises=tuple(kept.get(verdict.id, verdict) for verdict in result.exercises))


def _is(submission: Submission, name: str) -> bool:
    called = (submission.student, submission.owner.id, submission.owner.shown)
    return folded(name) in map(folded, called)
