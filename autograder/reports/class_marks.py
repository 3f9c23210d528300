"""All that is known about the marks of a class, gathered from the gradebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from autograder.course import Course
from autograder.journal import Journal
from autograder.reports.marks import Mark
from autograder.reports.records import Records
from autograder.students.people import People
from autograder.topics import Topic
from autograder.verdicts.model import Result

NOT_HANDED_IN = "Not handed in."


@dataclass(frozen=True)
class ClassMarks:
    """All that is known about the marks of a class.

    Attributes:
        topics: the topics that anybody handed in, in order.
        marks: what the gradebook says, by student and topic.
        results: the stored verdicts, by student and topic; work graded by an earlier version may have none.
    """

    people: People
    topics: Sequence[Topic]
    marks: Mapping[tuple[str, str], Mark]
    results: Mapping[tuple[str, str], Result] = field(default_factory=dict)

    @property
    def students(self) -> list[str]:
        """Everybody whom the gradebook knows or the roster lists, in order."""
        return sorted(self.people.persons)

    def of(self, topic: str) -> ClassMarks:
        """The same for one topic alone, or for all if none is named."""
        if not topic:
            return self
        marks = {place: mark for place, mark in self.marks.items() if place[1] == topic}
        return replace(self, topics=[one for one in self.topics if one.name == topic], marks=marks)

    def problems(self, student: str, topic: str) -> str:
        """The problems of a submission, or that a student on the roster has not handed in."""
        handed_in, result = self.people.handed_in.get((student, topic)), self.results.get((student, topic))
        if handed_in and handed_in.problems:
            return handed_in.problems
        if result:
            return " ".join(result.problems)
        missing = (student, topic) not in self.marks and self.people.persons[student].on_roster
        return NOT_HANDED_IN if missing and topic else ""


def read_class_marks(course: Course, records: Records) -> ClassMarks:
    """Read the marks of a class."""
    pairs = course.pairs()
    marks = {(mark.student, mark.topic): mark for mark in records.gradebook.marks()}
    topics = [pairs[name].source for name in pairs if name in {topic for _, topic in marks}]
    journal = Journal(course)
    entries = {place: entry for place in marks if (entry := journal.entry(*place))}
    return ClassMarks(records.gradebook.people(), topics, marks, {place: one.result for place, one in entries.items()})


def apply_late_policy(course: Course, records: Records) -> None:
    """Let penalties be what the present late policy makes them; pages follow where one changes."""
    rewrite_pages(course, records, records.gradebook.apply_late_policy(records.policy))


def rewrite_pages(course: Course, records: Records, places: Iterable[tuple[str, str]]) -> None:
    """Write the pages of students and topics anew, with what the gradebook says now."""
    journal, topics = Journal(course), cache(course.source_topic)
    for student, topic in places:
        entry, standing = journal.entry(student, topic), records.gradebook.standing(student, topic)
        if entry and entry.shown and standing:
            records.write_pages(topics(topic), entry.result, entry.shown, standing)
