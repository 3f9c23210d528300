"""Which student of the gradebook each submission belongs to.

A key that the gradebook knows decides. Of new keys, these are somebody's whom it knows already:

* a folder in nbgrader's tree is called by the student's id in the gradebook;
* a name that the instructor gave (a folder's, a file's) is such an id, too, or what the roster calls a student by: a
  user name, an e-mail address, a number;
* a platform's id, user name or e-mail address that the roster lists is that student's;
* with a roster, a display name that exactly one student on it has is that student's, if it is the only one of the
  name in the export, and no other key of the same platform and scope is;
* a submission that an earlier version of the gradebook holds, byte for byte, under the name which that version gave
  it, is that student's.

Everybody else is a new student. A display name alone never joins two rows; similar names are reported.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from autograder.students.people import EARLIER, EMAIL, NUMBER, ROSTER_KINDS, USERNAME, People, Person
from autograder.students.same_names import RosterNames, letters
from autograder.submissions.choose import Submission, newer
from autograder.submissions.names import NBGRADER, Key, Owner, folded, safe_name, unique_names
from autograder.submissions.platforms import BLACKBOARD, BY_PATTERN, GRADESCOPE
from autograder.text import some

# What the id that a platform gives is on a roster.
_TELLS = {
    "": (USERNAME, EMAIL, NUMBER),
    BY_PATTERN: (USERNAME, EMAIL, NUMBER),
    BLACKBOARD: (USERNAME,),
}


@dataclass
class Identified:
    """Submissions with their students, and what to tell about doubtful ones.

    Attributes:
        same: pairs of students who are one, since what the second handed in is what the first was graded for.
    """

    submissions: list[Submission]
    notes: list[str] = field(default_factory=list)
    same: list[tuple[str, str]] = field(default_factory=list)


def identify(submissions: Sequence[Submission], people: People, graded: Callable[[str, str], str]) -> Identified:
    """Find the student of each submission; new ones are added to the people.

    Args:
        submissions: as they were collected; those of one student in this run share their ``student``.
        people: the students that are known.
        graded: the hash of the content that was graded for a student and a topic; empty if there is none.
    """
    found = Identified([], _formerly_one(submissions, people))
    groups: defaultdict[str, list[Submission]] = defaultdict(list)
    for one in (member for submission in submissions for member in _members(submission, people)):
        groups[one.student].append(one)
    search = _Search(people, graded, groups.values())
    new: list[list[Submission]] = []
    for group in groups.values():
        if student := search.known(group):
            _enroll(found, people, group, student)
            if earlier := search.earlier_row_of(group, student):
                found.same.append((earlier, student))
        else:
            new.append(group)
    # Known students already have their ids, so a new student cannot take one of them.
    names = unique_names((group[0].owner for group in new), people.persons)
    for group in new:
        found.notes += search.doubts(group, names[group[0].owner])
        _enroll(found, people, group, names[group[0].owner])
    found.notes += [*_strangers(found.submissions, people), *_namesakes(names.values(), people)]
    rows = {new: old for old, new in found.same}
    found.submissions = [_as_drawn_before(one, people, rows) for one in found.submissions]
    found.submissions = _one_each(found.submissions)
    return found


class _Search:
    """Looks for students whom the gradebook knows."""

    def __init__(
        self, people: People, graded: Callable[[str, str], str], groups: Iterable[Sequence[Submission]]
    ) -> None:
        self._people, self._graded = people, graded
        self._namesakes = Counter(_place(one.owner) for group in groups for one in group[:1])
        # If two students of one name handed in the same content, it identifies neither of them.
        self._claims = Counter(
            (safe_name(one.owner.shown), one.content_hash) for group in groups for one in group if one.owner.platform
        )
        self._names = RosterNames(people.roster, [group[0].owner for group in groups])

    def known(self, group: Sequence[Submission]) -> str | None:
        """The student whose submissions these are; None for a new student."""
        owner = group[0].owner
        if owner.platform == NBGRADER:
            return owner.id
        enrolled = [self._people.keys[one.key].student for one in group if one.key in self._people.keys]
        if enrolled:
            return enrolled[0]
        if not owner.platform and owner.id in self._people.persons:
            return owner.id
        return self._by_roster(group) or self._unscoped(owner) or self._of_earlier_version(group)

    def earlier_row_of(self, group: Sequence[Submission], student: str) -> str | None:
        """The student of an earlier version who was graded for this very work, if the one who is known never was."""
        topics = [one.topic_name for one in group]
        if not group[0].owner.platform or any((student, topic) in self._people.handed_in for topic in topics):
            return None
        earlier = self._of_earlier_version(group)
        return earlier if earlier != student else None

    def _by_roster(self, group: Sequence[Submission]) -> str | None:
        owner = group[0].owner
        if found := self._by_id(owner):
            return found
        students = self._names.of(owner)
        if len(students) != 1 or self._namesakes[_place(owner)] > 1:
            return None
        keys = {(one.key.platform, one.key.scope) for one in self._people.keys_of(students[0])}
        # Another id of the same kind says that it is somebody else of that name.
        other = {(key.platform, "") for key in roster_keys(owner.platform, owner.id)} if owner.platform else set()
        scopes = {(one.key.platform, one.key.scope) for one in group} if owner.platform else set()
        return None if (scopes | other) & keys else students[0]

    def _by_id(self, owner: Owner) -> str | None:
        """The student whom the roster calls by the platform's id."""
        keys = roster_keys(owner.platform, owner.id)
        return next((self._people.keys[key].student for key in keys if key in self._people.keys), None)

    def _unscoped(self, owner: Owner) -> str | None:
        """For an id of one assignment: the student who used it before the assignment was known."""
        enrolled = self._people.keys.get(Key(owner.platform, "", owner.id)) if owner.upload else None
        return enrolled.student if enrolled and enrolled.name == owner.shown else None

    def _of_earlier_version(self, group: Sequence[Submission]) -> str | None:
        owner = group[0].owner
        for student in self._earlier(group):
            for one in group:
                alone = self._claims[(safe_name(owner.shown), one.content_hash)] == 1
                if alone and self._graded(student, one.topic_name) == one.content_hash:
                    return student
        return None

    def _earlier(self, group: Sequence[Submission]) -> list[str]:
        """Students of an earlier version under whose name it would be, without those of another key of the scope."""
        owner = group[0].owner
        name, scopes = safe_name(owner.shown), {(one.key.platform, one.key.scope) for one in group}
        earlier = [Key(EARLIER, "", student) for student in (f"{name}-{safe_name(owner.id)}", name, owner.proposed)]
        students = [self._people.keys[key].student for key in earlier if key in self._people.keys]
        return [
            student
            for student in dict.fromkeys(students)
            if scopes.isdisjoint((one.key.platform, one.key.scope) for one in self._people.keys_of(student))
        ]

    def doubts(self, group: Sequence[Submission], student: str) -> list[str]:
        """What to tell about somebody new who may be somebody known."""
        owner = group[0].owner
        if not owner.platform:
            return []
        alike = list(dict.fromkeys([*self._earlier(group), *self._names.alike(owner.shown)]))
        if not alike:
            return []
        other = f"'{alike[0]}'" if len(alike) == 1 else "STUDENT"
        return [
            f"{student} ({group[0].key}) has the same name as {' or '.join(alike)}, but nothing shows that they are "
            f"one person, so {student} gets a row of its own. If they are: autograder students join '{student}' {other}"
        ]


@dataclass
class SameNames:
    """Students who are not on the roster and have the name of somebody who is.

    Attributes:
        pairs: each with the one on the roster, where there is no doubt.
        doubts: what to tell about the others.
    """

    pairs: list[tuple[str, str]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def same_by_name(people: People, graded: Collection[tuple[str, str]]) -> SameNames:
    """Look for students on the roster by the display names of those who are not.

    There is doubt if several on the roster have the name, or if two who have it were in one export, or have a mark for
    one topic: then they are two people.

    Args:
        people: the students.
        graded: students and topics for which there are marks.
    """
    found = SameNames()
    strangers = [student for student, person in people.persons.items() if not person.on_roster]
    owners = {one: _owner(people, one) for one in strangers}
    names = RosterNames(people.roster, owners.values())
    others: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for student in sorted(strangers):
        if alike := names.alike(owners[student].shown):
            others[tuple(alike)].append(student)
    for listed, alike in sorted(others.items()):
        places = Counter(place for student in (*alike, *listed) for place in _places(people, graded, student))
        same = all(names.of(owners[student]) == list(listed) for student in alike)
        if len(listed) == 1 and same and not any(count > 1 for count in places.values()):
            found.pairs += [(student, listed[0]) for student in alike]
            continue
        other = f"'{listed[0]}'" if len(listed) == 1 else "STUDENT"
        found.doubts.append(
            f"{' and '.join(alike)} and {' or '.join(listed)} have the same name, but nothing shows who is who. If you "
            f"know: autograder students join '{alike[0]}' {other}"
        )
    return found


def _owner(people: People, student: str) -> Owner:
    """A student as the first of the keys has it."""
    for enrolled in people.keys_of(student):
        if enrolled.key.platform not in (EARLIER, "", *ROSTER_KINDS):
            return Owner(enrolled.key.id, enrolled.key.platform, name=enrolled.name)
    return Owner(student)


def _places(people: People, graded: Collection[tuple[str, str]], student: str) -> set[tuple[str, str]]:
    """Where one person occurs once: a scope of a platform, a topic."""
    scopes = {(one.key.platform, one.key.scope) for one in people.keys_of(student)}
    told = {(kind, "") for kind in (USERNAME, EMAIL, NUMBER, EARLIER)}
    return (scopes - told) | {("topic", topic) for known, topic in graded if known == student}


def roster_keys(platform: str, number: str) -> list[Key]:
    """What a platform's id may be on a roster, the likeliest first: a user name, an e-mail address, a number."""
    kinds = _TELLS.get(platform, ())
    if platform == GRADESCOPE:
        kinds = (EMAIL,) if "@" in number else (NUMBER,)
    names = [number]
    if platform == BLACKBOARD:
        # The assignment's name stands in front of the user's, and both may hold underscores: the longest user counts.
        parts = number.split("_")
        names = ["_".join(parts[start:]) for start in range(len(parts))]
    return [Key(kind, "", folded(name)) for kind in kinds for name in names]


def _members(submission: Submission, people: People) -> list[Submission]:
    """One submission for each member of a team that the roster lists; else the submission itself."""
    # Canvas writes a group's name in one word.
    team = letters(submission.owner.shown)
    members = [person.student for person in people.roster if team and team in _teams(person)]
    owner = submission.owner
    named = [people.keys[key].student for key in roster_keys(owner.platform, owner.id) if key in people.keys]
    by_id = any(people.persons[one].on_roster for one in (owner.id, *named) if one in people.persons)
    if not members or by_id or any(team == letters(person.name) for person in people.roster):
        return [submission]
    return [replace(submission, owner=Owner(member), student=member) for member in members]


def _teams(person: Person) -> list[str]:
    """The groups of a student; Moodle lists several in one cell."""
    return [letters(team) for team in re.split("[,;]", person.team)]


def _formerly_one(submissions: Sequence[Submission], people: People) -> list[str]:
    """Teams that were graded as one student, before the roster listed their members."""
    notes = {}
    for one in submissions:
        if one.key in people.keys and _members(one, people) != [one]:
            student = people.keys[one.key].student
            notes[student] = (
                f"{student} is a group on the roster, and its work is each member's now. Its former row is to go: "
                f"autograder students delete '{student}'"
            )
    return list(notes.values())


def _as_drawn_before(submission: Submission, people: People, earlier: Mapping[str, str]) -> Submission:
    """The submission, with the hidden inputs of the row that it is to be joined with."""
    if submission.student not in earlier or submission.topic is None:
        return submission
    return replace(submission, drawn_from=people.drawn_from(earlier[submission.student], submission.topic.name))


def _namesakes(new: Collection[str], people: People) -> list[str]:
    """New rows that have the name of one that was there; without a roster, that happens to whole classes."""
    others = [student for student, person in people.persons.items() if not person.on_roster]
    names = Counter(letters(people.name_of(student) or student) for student in others)
    alike = sorted(student for student in new if names[letters(people.name_of(student) or student)] > 1)
    if not alike:
        return []
    return [
        f"New rows with the name of a row that exists: {some(alike)}. A roster or the platform's worksheet brings "
        "together those that are one person: autograder roster import."
    ]


def _strangers(submissions: Sequence[Submission], people: People) -> list[str]:
    """Who handed in and is not on the roster, if there is a roster."""
    listed = {person.student for person in people.roster}
    others = sorted({one.student for one in submissions} - listed) if listed else []
    return [f"Not on the roster: {some(others)}."] if others else []


def _place(owner: Owner) -> tuple[str, str, str]:
    """Where a display name should occur once."""
    return owner.platform, owner.upload, letters(owner.shown)


def _enroll(found: Identified, people: People, group: Sequence[Submission], student: str) -> None:
    for one in group:
        enrolled = people.keys.get(one.key) or people.enroll(one.key, student, one.owner.shown)
        drawn_from = people.drawn_from(enrolled.student, one.topic_name)
        found.submissions.append(replace(one, student=enrolled.student, drawn_from=drawn_from))


def _one_each(submissions: Sequence[Submission]) -> list[Submission]:
    """Of several submissions of one student for a topic, the newest."""
    found: dict[tuple[str, str], Submission] = {}
    for one in submissions:
        place = (one.student, one.topic_name)
        found[place] = newer(found[place], one) if place in found else one
    return sorted(found.values(), key=lambda one: (one.student, one.topic_name))
