"""The roster: who takes the course, by the lists that learning platforms export.

Read are Canvas's gradebook, Moodle's list of participants and its grading worksheet, Brightspace's and Blackboard's
gradebooks, Gradescope's and GitHub Classroom's rosters, and any table whose first row names its columns.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.errors import CourseError
from autograder.students.csv_files import CsvFile, read_csv
from autograder.students.identify import roster_keys
from autograder.students.people import EMAIL, NUMBER, USERNAME, People, Person
from autograder.students.same_names import RosterNames, words
from autograder.submissions.names import Key, Owner, folded, safe_name, unique_names
from autograder.submissions.platforms import CANVAS, GITHUB, MOODLE
from autograder.text import FORMULA_STARTS

# What platforms call a column, in small letters without punctuation.
_COLUMNS = {
    "student": ("studentid", "student"),
    "username": ("sisloginid", "username", "login", "loginid", "netid", "user"),
    "first": ("firstname", "givenname", "forename", "vorname", "prénom", "nombre"),
    "last": ("lastname", "surname", "familyname", "nachname", "nomdefamille", "apellidos", "apellido"),
    "full": ("fullname", "name", "studentname", "vollständigername", "nomcomplet", "nombrecompleto"),
    "email": ("email", "emailaddress", "mail", "emailadresse", "adressedecourriel", "direccióndecorreo"),
    "number": ("sisuserid", "idnumber", "orgdefinedid", "sid", "matriculationnumber", "number", "idnummer"),
    "section": ("section", "sections"),
    "team": ("group", "groups", "team", "groupname", "gruppe", "gruppen", "groupe", "groupes", "grupo", "grupos"),
    "canvas": ("canvasid", "canvasuserid"),
    "github": ("githubusername", "github"),
    "moodle": ("identifier",),
}
_PARTICIPANT = re.compile(r"\D*(\d+)")
# Rows of Canvas's file that are no student's.
_NOT_STUDENTS = ("points possible", "manual posting")
_TEST_STUDENT = "student, test"
_NOTHING = {"-", "--", "n/a", "na", "none", "null"}


@dataclass(frozen=True)
class RosterRow:
    """A row of a roster: a student's name, and everything that identifies the student.

    Attributes:
        is_divided: whether the row tells the first name from the last one.
    """

    person: Person
    username: str = ""
    number: str = ""
    keys: tuple[Key, ...] = ()
    is_divided: bool = False

    @property
    def all_keys(self) -> tuple[Key, ...]:
        """What may say that two rows are the same student's."""
        own = (Key("", "", self.person.student),) if self.person.student else ()
        return (*self.keys, *self.written, *own)

    @property
    def written(self) -> dict[Key, str]:
        """What the row tells a student by, in capitals as it is written."""
        told = ((USERNAME, self.username), (EMAIL, self.person.email), (NUMBER, self.number))
        return {Key(kind, "", folded(value)): value for kind, value in told if value}


@dataclass
class RosterChanges:
    """What an import did.

    Attributes:
        added: students who are new on the roster.
        known: students who were on it, or in the gradebook.
        missing: students on the roster whom this file does not have.
        by_name: students who were recognized by name alone, which no other student has.
        same: pairs of students whom the roster says to be one; the second one stays.
    """

    added: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    by_name: list[str] = field(default_factory=list)
    same: list[tuple[str, str]] = field(default_factory=list)


def read_roster(path: Path, topic: str = "") -> list[RosterRow]:
    """Read a roster.

    Args:
        path: the file.
        topic: the topic whose grading worksheet it is, where its ids belong to one assignment.

    Raises:
        CourseError: if it names no students, or is a worksheet and the topic is not given.
    """
    table = read_csv(path)
    columns = _columns(table)
    if "moodle" in columns and not topic:
        raise CourseError(
            f"{path} is a grading worksheet, whose numbers belong to one assignment; say which with --topic."
        )
    if not columns.keys() & {"student", "username", "email", "number", "full", "first", "last", "moodle", "canvas"}:
        raise CourseError(
            f"{path} has no column that names students; its columns are {', '.join(table.head)}. "
            "Call them student, username, first name, last name, name, email, number, section, group."
        )
    entries = []
    for number, row in zip(table.numbers, table.rows, strict=True):
        cells = {name: _read(row[index]) for name, index in columns.items()}
        full = cells.get("full", "").casefold()
        if full.startswith(_NOT_STUDENTS) or full == _TEST_STUDENT:
            continue
        entry = _entry(cells, topic)
        if not (entry.all_keys or entry.person.name or entry.person.student):
            raise CourseError(f"{path}, line {number}: nothing in this row names a student.")
        entries.append(entry)
    if not entries:
        raise CourseError(f"{path} lists no student.")
    return entries


def _read(cell: str) -> str:
    """A cell's text: nothing for a placeholder, and without the mark that keeps spreadsheets from running it."""
    text = cell.strip()
    if text.startswith("'") and text[1:].startswith(FORMULA_STARTS):
        text = text[1:]
    return "" if text.casefold() in _NOTHING else text


def _columns(table: CsvFile) -> dict[str, int]:
    """Where each kind of column stands; the first column of a kind counts."""
    names = [re.sub(r"[\W_]", "", name).casefold() for name in table.head]
    found = {
        kind: min(names.index(alias) for alias in aliases if alias in names)
        for kind, aliases in _COLUMNS.items()
        if any(alias in names for alias in aliases)
    }
    if "id" in names:
        # Canvas's own id stands beside those of the student information system.
        is_canvas = any(name.startswith("sis") for name in names)
        found.setdefault("canvas" if is_canvas else "student", names.index("id"))
    if "canvas" in found and "student" in names:
        # Canvas calls the column of names so.
        found["full"] = names.index("student")
        found.pop("student")
    if "username" in found and "studentid" in names:
        # Blackboard's number; its students are called by their user names.
        found["number"] = names.index("studentid")
        found.pop("student")
    if "github" in found and "identifier" in names:
        # GitHub Classroom's identifier is the instructor's own.
        found["username"] = found.pop("moodle")
    return found


def _entry(cells: Mapping[str, str], topic: str) -> RosterRow:
    first, last = cells.get("first", ""), cells.get("last", "")
    is_divided = bool(first or last) or "," in cells.get("full", "")
    if not (first or last):
        first, last = _split(cells.get("full", ""))
    keys = []
    if canvas := cells.get("canvas"):
        keys.append(Key(CANVAS, "", canvas))
    if github := cells.get("github"):
        keys.append(Key(GITHUB, "", github))
    if found := _PARTICIPANT.fullmatch(cells.get("moodle", "")):
        keys.append(Key(MOODLE, topic, found[1]))
    person = Person(
        student=cells.get("student", ""),
        first_name=first,
        last_name=last,
        email=cells.get("email", ""),
        section=cells.get("section", ""),
        team=cells.get("team", ""),
        on_roster=True,
    )
    # Brightspace puts a # before ids, so that spreadsheets leave them alone.
    username, number = (cells.get(name, "").lstrip("#") for name in ("username", "number"))
    return RosterRow(person, username, number, tuple(keys), is_divided)


def _split(full: str) -> tuple[str, str]:
    """First and last name of a full name: ``Doe, Jane``, else ``Jane Doe``."""
    if "," in full:
        last, _, first = full.partition(",")
        return first.strip(), last.strip()
    first, _, last = full.rpartition(" ")
    return (first.strip(), last.strip()) if first else (last.strip(), "")


def enter_roster(people: People, entries: list[RosterRow]) -> RosterChanges:
    """Add the students of a roster to those who are known.

    A row is the student's who is called by the same id, user name, e-mail address, number or platform's id. Where that
    is several students of whom one is on the roster already, the others are that one, and are to be joined. A row
    without any of these that is known is the student's whose name it has, if that is one student's alone and no other
    row's, and nothing contradicts it.

    Raises:
        CourseError: if a row fits several students of whom not just one is on the roster, or two rows fit one.
    """
    done = RosterChanges()
    told = _told(people, entries)
    rows_of: defaultdict[str, list[RosterRow]] = defaultdict(list)
    names = RosterNames(people.roster, ())
    namesakes = Counter(words(entry.person.name) for entry in entries)
    for entry in entries:
        found = _known(people, told, entry)
        if not found and namesakes[words(entry.person.name)] == 1:
            found = _of_name(people, entry, names)
            done.by_name += found
        student, *others = found or [_new_id(people, entry)]
        (done.known if student in people.persons else done.added).append(student)
        done.same += [(other, student) for other in others]
        rows_of[student].append(entry)
        if len(rows_of[student]) > 1:
            both = ", ".join(map(_shown, rows_of[student]))
            raise CourseError(f"two rows of the roster are {student}'s: {both}.")
        people.persons[student] = _merged(people.persons.get(student, Person(student)), entry)
        for key in entry.all_keys:
            if key not in people.keys:
                people.enroll(key, student, entry.written.get(key) or people.persons[student].name or student)
    done.missing = sorted({person.student for person in people.roster} - rows_of.keys())
    return done


def _of_name(people: People, entry: RosterRow, names: RosterNames) -> list[str]:
    """The student on the roster whose name a row has, unless they have different ids of one kind."""
    students = names.of(Owner(entry.person.name)) if entry.person.name else []
    kinds = {(key.platform, key.scope) for key in entry.all_keys}
    if len(students) != 1 or entry.person.student not in ("", students[0]):
        return []
    known = {(one.key.platform, one.key.scope) for one in people.keys_of(students[0])}
    return [] if kinds & known else students


def _told(people: People, entries: Iterable[RosterRow]) -> dict[Key, list[str]]:
    """Students by what the ids of platforms are on the roster, such as Blackboard's user names."""
    listed = people.keys.keys() | {key for entry in entries for key in entry.all_keys}
    students: defaultdict[Key, list[str]] = defaultdict(list)
    for _, enrolled in sorted(people.keys.items()):
        keys = roster_keys(enrolled.key.platform, enrolled.key.id)
        if key := next((key for key in keys if key in listed), None):
            students[key].append(enrolled.student)
    return students


def _known(people: People, told: Mapping[Key, list[str]], entry: RosterRow) -> list[str]:
    """The students whom a row fits, the one that it stands for first."""
    found = {people.keys[key].student: str(key) for key in entry.all_keys if key in people.keys}
    own = entry.person.student or entry.username
    if own in people.persons:
        found.setdefault(own, own)
    listed = [student for student in found if people.persons[student].on_roster]
    if len(found) > 1 and len(listed) != 1:
        first, second = [*listed, *(student for student in found if student not in listed)][:2]
        raise CourseError(
            f"{_shown(entry)}'s row matches two students, {first} ({found[first]}) and {second} ({found[second]}). "
            f"Correct the roster, or join them: autograder students join '{first}' '{second}'."
        )
    by_platform = [student for key in entry.all_keys for student in told.get(key, [])]
    return list(dict.fromkeys([*listed, *found, *by_platform]))


def _new_id(people: People, entry: RosterRow) -> str:
    person = entry.person
    wanted = person.student or entry.username or person.email or entry.number or person.name
    owner = Owner(safe_name(wanted))
    return unique_names([owner], people.persons)[owner]


def _merged(before: Person, entry: RosterRow) -> Person:
    """What is known of a student, with what a roster says anew.

    First and last name go together, and a row that does not divide them divides no name that another one did.
    """
    told = {name: value for name, value in vars(entry.person).items() if value and name != "student"}
    names = entry.person if entry.person.name and (entry.is_divided or not before.name) else before
    return replace(before, **told | {"first_name": names.first_name, "last_name": names.last_name})


def _shown(entry: RosterRow) -> str:
    return entry.person.name or entry.person.email or entry.username or entry.person.student or entry.number
