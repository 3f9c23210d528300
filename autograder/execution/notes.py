"""What a run passed over or stopped, and what of that students may read."""

from __future__ import annotations

from autograder.execution.failures import FREE, FREE_FOR_STUDENTS, not_run
from autograder.execution.plan import StudentCode

MOST_NOTES = 20
UNTOLD = (
    "Something in your own cells failed, or was stopped, after a hidden test had run. Which cell it was is not said "
    "here, since it may depend on what that test passed in."
)


class Notes:
    """Sentences on what cost nothing by itself: one for each statement, in the notebook's order."""

    def __init__(self) -> None:
        self._said: dict[tuple[int, int], tuple[str, bool]] = {}
        self._not_run: dict[str, bool] = {}

    def add(self, cell: StudentCode, line: int, sentence: str, *, told: bool) -> None:
        """Keep what happened to a statement; what students may be told takes the place of what they may not.

        Args:
            cell: what ran.
            line: where the statement begins.
            sentence: what happened.
            told: whether students may read it: whether no hidden test had run in the process, whose values might
                decide what fails there.
        """
        key = cell.number, line
        if not cell.given and (told or key not in self._said):
            self._said[key] = sentence, told

    def add_not_run(self, cell: StudentCode, *, told: bool) -> None:
        """Keep that there was no time left for a cell on which no mark depends."""
        if not cell.given:
            self._not_run[cell.title] = told or self._not_run.get(cell.title, False)

    @property
    def has_untold(self) -> bool:
        """Whether there is something that students may not read."""
        return not all((*(told for _, told in self._said.values()), *self._not_run.values()))

    @property
    def for_instructors(self) -> tuple[str, ...]:
        """All sentences."""
        said = [sentence for _, (sentence, _) in sorted(self._said.items())]
        return self._first(said, not_run(list(self._not_run)))

    @property
    def for_students(self) -> tuple[str, ...]:
        """Nothing that depends on what a hidden test passed in, but that there was such a thing."""
        told = [sentence for _, (sentence, told) in sorted(self._said.items()) if told]
        left_out = not_run([title for title, told in self._not_run.items() if told])
        said = self._first(told, [*left_out, *([UNTOLD] if self.has_untold else [])])
        return tuple(sentence.replace(FREE, FREE_FOR_STUDENTS) for sentence in said)

    @staticmethod
    def _first(sentences: list[str], last: list[str]) -> tuple[str, ...]:
        return (*tuple(dict.fromkeys(sentences))[: MOST_NOTES - len(last)], *last)
