"""Marks and pages in the files that learning platforms import.

Where a platform's own file is given, its marks are filled in and everything else stays: so its ids, its order, its
encoding are right. Without one, a file is made from the roster.

* Canvas matches rows by ``ID``, assignments by their column's heading, ``NAME (NUMBER)``; a heading without a number
  makes a new assignment. Files handed back are matched by the user's and the attachment's number in their names.
* Moodle's gradebook import matches by a column of choice, such as the e-mail address. Its grading worksheet is matched
  by ``Identifier``; files handed back by the number in their names, as they were downloaded.
* Gradescope imports no marks; the table has the columns of its own download.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.errors import CourseError
from autograder.reports import tables
from autograder.reports.class_marks import ClassMarks
from autograder.reports.tables import Row
from autograder.students.csv_files import CsvFile
from autograder.students.people import EMAIL, NUMBER, USERNAME
from autograder.submissions.names import Key, folded
from autograder.submissions.platforms import CANVAS, CANVAS_ANONYMOUS, MOODLE
from autograder.text import points

PLATFORMS = ("canvas", "moodle", "gradescope", "csv")
WITH_TEMPLATE = ("canvas", "moodle")
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass
class Exported:
    """A table for a platform.

    Attributes:
        left_out: students with marks for whom the platform's id is not known.
        doubts: what does not look right, one sentence each.
    """

    rows: list[Row]
    left_out: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Packed:
    """A zip of pages.

    Attributes:
        content: the zip's bytes.
        count: how many pages are in it.
        left_out: students with a page, of whose upload the platform's name is not known.
    """

    content: bytes
    count: int
    left_out: list[str]


class Exporter:
    """Makes tables of one class.

    Args:
        marks: the class.
        raw: whether late penalties are left to the platform.
    """

    def __init__(self, marks: ClassMarks, *, raw: bool = False) -> None:
        self._marks, self._raw = marks, raw

    def table(self, platform: str, *, by_topic: bool = False) -> Exported:
        """The table that a platform imports; for ``csv`` one for spreadsheets.

        Args:
            platform: one of ``PLATFORMS``.
            by_topic: for ``csv``, whether there is a row per student and topic, rather than per student.
        """
        if platform == "csv":
            return Exported(list(tables.by_topic(self._marks) if by_topic else tables.by_student(self._marks)))
        make = {"canvas": self.canvas, "moodle": self.moodle, "gradescope": self.gradescope}
        return make[platform]()

    def canvas(self) -> Exported:
        """What Canvas's gradebook imports."""
        head = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]

        def about(student: str) -> list[str] | None:
            person, number = self._marks.people.persons[student], self._id(student, CANVAS)
            name = ", ".join(filter(None, (person.last_name, person.first_name))) or student
            told = [name, number, self._id(student, NUMBER), self._id(student, USERNAME), person.section]
            return told if number else None

        exported = self._table(head, about)
        most = ["    Points Possible", "", "", "", "", *(points(topic.max_score) for topic in self._marks.topics)]
        return Exported([exported.rows[0], most, *exported.rows[1:]], exported.left_out)

    def moodle(self) -> Exported:
        """What Moodle's gradebook imports."""
        head = ["Username", "ID number", "Email address", "First name", "Last name"]

        def about(student: str) -> list[str] | None:
            person = self._marks.people.persons[student]
            ids = [self._id(student, USERNAME), self._id(student, NUMBER), person.email]
            return [*ids, person.first_name, person.last_name] if any(ids) else None

        return self._table(head, about)

    def gradescope(self) -> Exported:
        """The columns that Gradescope's download of a course's grades begins with."""
        head = ["First Name", "Last Name", "SID", "Email", "Section"]

        def about(student: str) -> list[str] | None:
            person = self._marks.people.persons[student]
            number = self._id(student, NUMBER)
            known = person.email or number
            return [person.first_name, person.last_name, number, person.email, person.section] if known else None

        return self._table(head, about)

    def filled_in(self, table: CsvFile, platform: str, topic: str, columns: Mapping[str, str]) -> Exported:
        """A platform's own file with the marks filled in.

        Args:
            table: the file.
            platform: the platform.
            topic: the topic of a Moodle grading worksheet.
            columns: headings of the columns to fill, by topic; without it those that begin with the topic's name.

        Raises:
            CourseError: if the file has no column for a topic, or none that identifies students.
        """
        worksheet = platform == "moodle" and "Identifier" in table.head
        if worksheet and not topic:
            raise CourseError("a grading worksheet is for one assignment; say which with --topic.")
        if worksheet:
            self._check_numbers(table, topic)
        filled = {topic: _heading(table, "Grade")} if worksheet else self._filled(table, columns)
        rows: list[Row] = [table.head]
        found = set()
        for row in table.rows:
            student = self._student_of(dict(zip(table.head, row, strict=True)), platform, topic)
            new = list(row)
            for name, index in filled.items():
                if student and (mark := self._mark(student, name)):
                    new[index] = mark
                    found.add(student)
            rows.append(new)
        names = filled.keys()
        marked = {student for student, name in self._marks.marks if name in names}
        return Exported(rows, sorted(marked - found), self._other_maxima(table, filled))

    def _check_numbers(self, table: CsvFile, topic: str) -> None:
        """See that a worksheet's numbers are not those of another topic's assignment.

        Raises:
            CourseError: if they are.
        """
        numbers = {found[0] for row in table.rows if (found := re.search(r"\d+$", row[_heading(table, "Identifier")]))}
        scopes = Counter(key.scope for key in self._marks.people.keys if key.platform == MOODLE and key.id in numbers)
        if scopes and not scopes[topic]:
            raise CourseError(
                f"the numbers in this worksheet are those of {scopes.most_common(1)[0][0]}, not of {topic}."
            )

    def _other_maxima(self, table: CsvFile, filled: Mapping[str, int]) -> list[str]:
        """Columns that are out of other points than their topic."""
        most = {topic.name: topic.max_score for topic in self._marks.topics}
        total = list(table.head).index("Maximum grade") if "Maximum grade" in table.head else None
        told = []
        for topic, index in filled.items():
            cells = (row[total if total is not None else index] for row in table.rows[:1])
            stated = next((cell.strip() for cell in cells if re.fullmatch(r"\s*\d+(\.\d+)?\s*", cell)), "")
            is_maximum = total is not None or (table.rows and "points possible" in table.rows[0][0].casefold())
            if stated and is_maximum and topic in most and float(stated) != most[topic]:
                told.append(
                    f"The column of {topic} is out of {points(float(stated))}, the topic out of {points(most[topic])}."
                )
        return told

    def pages(self, feedback: Path, topic: str, platform: str) -> Packed:
        """Pack the students' pages under the names that the platform wants for files that are handed back.

        A group that handed in together has one entry, and so one page: the first member's.
        """
        wanted: Callable[[str], str] = _canvas_name if platform == "canvas" else _moodle_name
        of_platform = (CANVAS, CANVAS_ANONYMOUS) if platform == "canvas" else (MOODLE,)
        packed, count, left_out = io.BytesIO(), 0, []
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for student in self._marks.students:
                page = feedback / student / f"{topic}.html"
                if not page.is_file():
                    continue
                if not (sent_as := self._entry(student, topic, of_platform)):
                    left_out.append(student)
                    continue
                name = f"{wanted(sent_as)}{topic}.html"
                if name in archive.NameToInfo:
                    continue
                entry = zipfile.ZipInfo(name, EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, page.read_bytes())
                count += 1
        return Packed(packed.getvalue(), count, left_out)

    def _entry(self, student: str, topic: str, platforms: Collection[str]) -> str:
        """What a platform calls a student's entry for a topic; Moodle's is known by its number, too."""
        handed_in = self._marks.people.handed_in.get((student, topic))
        if handed_in and handed_in.platform in platforms:
            return handed_in.sent_as
        known = [one for one in self._marks.people.keys_of(student) if one.key.platform in platforms]
        mine = (one for one in known if one.key.platform == MOODLE and one.key.scope == topic)
        return next((f"{one.name}_{one.key.id}_assignsubmission_file_" for one in mine), "")

    def _table(self, head: list[str], about: Callable[[str], list[str] | None]) -> Exported:
        exported = Exported([[*head, *(topic.name for topic in self._marks.topics)]])
        for student in self._marks.students:
            cells = [self._mark(student, topic.name) for topic in self._marks.topics]
            told = about(student)
            if told is not None:
                exported.rows.append([*told, *cells])
            elif any(cells):
                exported.left_out.append(student)
        return exported

    def _mark(self, student: str, topic: str) -> str:
        mark = self._marks.marks.get((student, topic))
        return points(mark.score if self._raw else mark.total) if mark else ""

    def _id(self, student: str, platform: str) -> str:
        found = (one for one in self._marks.people.keys_of(student) if one.key.platform == platform)
        # What a roster tells keeps the capitals that it was written in.
        ids = (one.name if folded(one.name) == one.key.id else one.key.id for one in found if not one.key.scope)
        return next(ids, "")

    def _filled(self, table: CsvFile, columns: Mapping[str, str]) -> dict[str, int]:
        found = {topic: _heading(table, heading) for topic, heading in columns.items()}
        for topic in self._marks.topics:
            own = re.compile(rf"{re.escape(topic.name)}(?: \(\d+\))?")
            alike = [index for index, heading in enumerate(table.head) if own.fullmatch(heading)]
            if alike and topic.name not in found:
                found[topic.name] = alike[0]
        if not found:
            names = ", ".join(topic.name for topic in self._marks.topics)
            raise CourseError(
                f"no column of the file is called like a topic ({names}); say which is which: --column 'TOPIC=HEADING'."
            )
        return found

    def _student_of(self, row: Mapping[str, str], platform: str, topic: str) -> str | None:
        keys = [Key(platform_, scope, value) for platform_, scope, value in _ids(row, platform, topic) if value]
        known = self._marks.people.keys
        return next((known[key].student for key in keys if key in known), None)


def _ids(row: Mapping[str, str], platform: str, topic: str) -> Iterator[tuple[str, str, str]]:
    """What may say whose a row of a platform's file is."""
    if platform == "canvas":
        yield CANVAS, "", row.get("ID", "").strip()
        yield USERNAME, "", folded(row.get("SIS Login ID", "").strip())
        yield NUMBER, "", folded(row.get("SIS User ID", "").strip())
        return
    if found := re.search(r"\d+$", row.get("Identifier", "").strip()):
        yield MOODLE, topic, found[0]
    for heading in ("Email address", "Email"):
        yield EMAIL, "", folded(row.get(heading, "").strip())
    yield USERNAME, "", folded(row.get("Username", "").strip())
    for heading in ("ID number", "SID"):
        yield NUMBER, "", folded(row.get(heading, "").strip())


def _heading(table: CsvFile, heading: str) -> int:
    if heading not in table.head:
        raise CourseError(f"the file has no column {heading!r}; its columns are {', '.join(table.head)}.")
    return list(table.head).index(heading)


def _canvas_name(sent_as: str) -> str:
    """Up to the number of the attachment, by which Canvas finds the submission."""
    # An anonymous id may hold letters; a link and a text have no attachment.
    found = re.match(r"(?:LATE_)?anon_[^_]+_(?:\d+_)?|.+?_\d+_(?:\d+_)?", sent_as)
    return found[0] if found else f"{sent_as}_"


def _moodle_name(sent_as: str) -> str:
    return re.sub(r"(_\d+)_assignsubmission_.*", r"\1", sent_as) + "_assignsubmission_file_"
