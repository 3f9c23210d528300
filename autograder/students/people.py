"""The students of a course as the gradebook knows them, and the tables of ours in which it does.

They stand beside nbgrader's tables in the same database, so that a backup of the gradebook holds them, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nbgrader import api
from sqlalchemy import Boolean, Column, MetaData, String, Table, Text, delete, insert, inspect, select, update
from sqlalchemy.types import BigInteger

from autograder.submissions.names import Key

# Keys of students whom a gradebook had before it knew keys.
EARLIER = "earlier version"
# What a roster tells of a student beside the ids of platforms.
USERNAME, EMAIL, NUMBER = "user name", "e-mail", "number"
ROSTER_KINDS = (USERNAME, EMAIL, NUMBER)

_METADATA = MetaData()
_KEYS = Table(
    "course_student_key",
    _METADATA,
    Column("platform", String(64), primary_key=True),
    Column("scope", String(128), primary_key=True),
    Column("id", String(512), primary_key=True),
    Column("student", String(128), nullable=False),
    Column("name", String(512), nullable=False),
)
_ROSTER = Table(
    "course_roster",
    _METADATA,
    Column("student", String(128), primary_key=True),
    Column("section", String(256), nullable=False),
    Column("team", String(256), nullable=False),
)
_HANDED_IN = Table(
    "course_handed_in",
    _METADATA,
    Column("student", String(128), primary_key=True),
    Column("topic", String(128), primary_key=True),
    Column("platform", String(64), nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("is_late", Boolean, nullable=False),
    Column("has_notebook", Boolean, nullable=False),
    Column("origin", Text, nullable=False),
    Column("sent_as", Text, nullable=False),
    Column("problems", Text, nullable=False),
    Column("drawn_from", String(512), nullable=False),
)
_DUE = Table("course_due", _METADATA, Column("topic", String(128), primary_key=True))


@dataclass(frozen=True)
class Enrolled:
    """A key and whose it is.

    Attributes:
        student: the student's id in the gradebook.
        name: the display name that came with the key; of what a roster tells, how it is written there.
    """

    key: Key
    student: str
    name: str


@dataclass(frozen=True)
class Person:
    """A student, with what a roster says.

    Attributes:
        on_roster: whether a roster lists the student.
        team: the group that hands in together; empty if there is none.
    """

    student: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    section: str = ""
    team: str = ""
    on_roster: bool = False

    @property
    def name(self) -> str:
        """First and last name."""
        return " ".join(filter(None, (self.first_name, self.last_name)))


@dataclass(frozen=True)
class HandedIn:
    """What a student handed in for a topic last.

    Attributes:
        topic: the topic's name; empty if nothing told which it is.
        serial: grows with every upload on the platform; 0 if nothing tells.
        has_notebook: whether a notebook was graded.
        sent_as: what the platform calls the entry; empty if it has no name of its own.
        problems: what was unusual about it, as one text.
        drawn_from: what the inputs of hidden tests were drawn from; it stays when the student's id changes.
    """

    student: str
    topic: str
    platform: str = ""
    serial: int = 0
    is_late: bool = False
    has_notebook: bool = True
    origin: str = ""
    sent_as: str = ""
    problems: str = ""
    drawn_from: str = ""


@dataclass
class People:
    """The students of a course, as they were read; what is added is kept when it is saved.

    Attributes:
        keys: whose each key is.
        persons: the students, by their id.
        handed_in: what came last, by student and topic.
    """

    keys: dict[Key, Enrolled] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    handed_in: dict[tuple[str, str], HandedIn] = field(default_factory=dict)
    _keys_of: defaultdict[str, dict[Key, Enrolled]] = field(default_factory=lambda: defaultdict(dict))

    def enroll(self, key: Key, student: str, name: str) -> Enrolled:
        """Note whose a key is."""
        enrolled = Enrolled(key, student, name)
        if before := self.keys.get(key):
            del self._keys_of[before.student][key]
        self.keys[key] = self._keys_of[student][key] = enrolled
        self.persons.setdefault(student, Person(student))
        return enrolled

    def keys_of(self, student: str) -> list[Enrolled]:
        """A student's keys, in order."""
        return [enrolled for _, enrolled in sorted(self._keys_of[student].items())]

    def drawn_from(self, student: str, topic: str) -> str:
        """What the inputs of hidden tests are drawn from: what they were before, else the student's id."""
        before = self.handed_in.get((student, topic))
        return before.drawn_from if before and before.drawn_from else student

    def name_of(self, student: str) -> str:
        """The student's name by the roster, else the display name of a platform, else nothing."""
        if (person := self.persons.get(student)) and person.name:
            return person.name
        keys = (one for one in self.keys_of(student) if one.key.platform not in ROSTER_KINDS)
        names = (one.name for one in keys if one.name != student)
        return next(names, "")

    @property
    def roster(self) -> list[Person]:
        """Those whom a roster lists."""
        return [person for person in self.persons.values() if person.on_roster]


def load(session: Any) -> People:
    """Read the students; of a gradebook that knows no keys, everybody in it has one of the earlier version."""
    people = People()
    for student in session.scalars(select(api.Student)):
        names = (student.first_name or "", student.last_name or "", student.email or "")
        people.persons[student.id] = Person(student.id, *names)
    if not are_there(session):
        for student in people.persons:
            people.enroll(Key(EARLIER, "", student), student, student)
        people.handed_in = {place: HandedIn(*place, drawn_from=place[0]) for place in _graded(session)}
        return people
    for platform, scope, number, student, name in session.execute(select(_KEYS)):
        people.enroll(Key(platform, scope, number), student, name)
    for student, section, team in session.execute(select(_ROSTER)):
        person = people.persons.get(student, Person(student))
        people.persons[student] = replace(person, section=section, team=team, on_roster=True)
    handed_in = [HandedIn(**row._mapping) for row in session.execute(select(_HANDED_IN))]
    people.handed_in = {(one.student, one.topic): one for one in handed_in}
    return people


def _graded(session: Any) -> list[tuple[str, str]]:
    """Students and topics for which there is a mark."""
    graded = select(api.SubmittedAssignment.student_id, api.Assignment.name)
    graded = graded.join(api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id)
    return [(student, topic) for student, topic in session.execute(graded)]


def are_there(session: Any) -> bool:
    """Whether the gradebook has our tables."""
    return inspect(session.connection()).has_table(_KEYS.name)


def make_tables(session: Any) -> None:
    """Make our tables, where they are not there yet."""
    _METADATA.create_all(session.connection())


def save(session: Any, people: People) -> None:
    """Write all keys, and what the roster says; into an earlier version's gradebook also what was handed in."""
    if not are_there(session):
        make_tables(session)
        _insert(session, _HANDED_IN, (vars(handed_in) for handed_in in people.handed_in.values()))
    known = {student.id: student for student in session.scalars(select(api.Student))}
    for person in people.persons.values():
        row = known.get(person.student)
        if row is None:
            row = api.Student(id=person.student)
            session.add(row)
        if person.name:
            row.first_name, row.last_name = person.first_name, person.last_name
        row.email = person.email or row.email
    session.execute(delete(_KEYS))
    keys = (vars(one.key) | {"student": one.student, "name": one.name} for one in people.keys.values())
    _insert(session, _KEYS, keys)
    session.execute(delete(_ROSTER))
    rows = ({"student": one.student, "section": one.section, "team": one.team} for one in people.roster)
    _insert(session, _ROSTER, rows)


def names_of(session: Any, student: str) -> list[str]:
    """A student's id, and all ids that platforms and the roster have."""
    ids = session.scalars(select(_KEYS.c.id).where(_KEYS.c.student == student)) if are_there(session) else ()
    return [student, *ids]


def due_by_policy(session: Any) -> set[str]:
    """The topics whose due times the late policy gave."""
    return set(session.scalars(select(_DUE.c.topic))) if are_there(session) else set()


def set_due_by_policy(session: Any, topics: Iterable[str]) -> None:
    """Note the topics whose due times the late policy gives."""
    if are_there(session):
        session.execute(delete(_DUE))
        _insert(session, _DUE, ({"topic": topic} for topic in topics))


def hand_in(session: Any, handed_in: HandedIn) -> None:
    """Note what a student handed in last for a topic."""
    place = (_HANDED_IN.c.student == handed_in.student) & (_HANDED_IN.c.topic == handed_in.topic)
    session.execute(delete(_HANDED_IN).where(place))
    session.execute(insert(_HANDED_IN).values(**vars(handed_in)))


def rename(session: Any, old: str, new: str, topics: Iterable[str]) -> None:
    """Let a student's keys be another's, with what was handed in for topics."""
    session.execute(update(_KEYS).where(_KEYS.c.student == old).values(student=new))
    # Extensions, and work under the former id, are the student's, too.
    former = (_KEYS.c.platform == "") & (_KEYS.c.scope == "") & (_KEYS.c.id == old)
    session.execute(delete(_KEYS).where(former))
    session.execute(insert(_KEYS).values(platform="", scope="", id=old, student=new, name=old))
    untold = set(session.scalars(select(_HANDED_IN.c.topic).where(_HANDED_IN.c.student == new))) & {""}
    for topic in set(topics) - untold:
        session.execute(delete(_HANDED_IN).where((_HANDED_IN.c.student == new) & (_HANDED_IN.c.topic == topic)))
        place = (_HANDED_IN.c.student == old) & (_HANDED_IN.c.topic == topic)
        session.execute(update(_HANDED_IN).where(place).values(student=new))
    if not session.scalars(select(_ROSTER.c.student).where(_ROSTER.c.student == new)).first():
        session.execute(update(_ROSTER).where(_ROSTER.c.student == old).values(student=new))
    forget(session, old)


def forget(session: Any, student: str) -> None:
    """Remove all that our tables hold of a student."""
    for table in (_KEYS, _ROSTER, _HANDED_IN):
        session.execute(delete(table).where(table.c.student == student))


def _insert(session: Any, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    if values := list(rows):
        session.execute(insert(table), values)
