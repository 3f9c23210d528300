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

Everybody else is somebody new. A display name alone joins nobody: where there is somebody of that name, that is told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from autograder.reports.text import some
from autograder.students.people import EARLIER, EMAIL, NUMBER, USERNAME, People, Person
from autograder.submissions.choose import Submission, newer
from autograder.submissions.names import NBGRADER, Key, Owner, folded, safe_name, unique_names
from autograder.submissions.platforms import BLACKBOARD, GRADESCOPE

# What the id that a platform gives is on a roster.
TELLS = {
    "": (USERNAME, EMAIL, NUMBER),
    BLACKBOARD: (USERNAME,),
    GRADESCOPE: (EMAIL, NUMBER),
}


@dataclass
class Identified:
    """Submissions with their students, and what to tell about doubtful ones."""

    submissions: list[Submission]
    notes: list[str] = field(default_factory=list)


def identify(submissions: Sequence[Submission], people: People, graded: Callable[[str, str], str]) -> Identified:
    """Find the student of each submission; new ones are added to the people.

    Args:
        submissions: as they were collected; those of one student in this run share their ``student``.
        people: the students that are known.
        graded: the hash of the content that was graded for a student and a topic; empty if there is none.
    """
    found = Identified([])
    groups: defaultdict[str, list[Submission]] = defaultdict(list)
    usernames = {key.id for key in people.keys if key.platform == USERNAME}
    named = [_by_username(submission, usernames) for submission in submissions]
    for one in (member for submission in named for member in _members(submission, people)):
        groups[one.student].append(one)
    search = _Search(people, graded, groups.values())
    new: list[list[Submission]] = []
    for group in groups.values():
        if student := search.known(group):
            _enroll(found, people, group, student)
        else:
            new.append(group)
    # Whoever is known has an id already, so that nobody new takes it.
    names = unique_names((group[0].owner for group in new), people.persons)
    for group in new:
        found.notes += search.doubts(group, names[group[0].owner])
        _enroll(found, people, group, names[group[0].owner])
    found.notes += _strangers(found.submissions, people)
    found.submissions = _one_each(found.submissions)
    return found


class _Search:
    """Looks for students whom the gradebook knows."""

    def __init__(
        self, people: People, graded: Callable[[str, str], str], groups: Iterable[Sequence[Submission]]
    ) -> None:
        self._people, self._graded = people, graded
        self._namesakes = Counter(_place(one.owner) for group in groups for one in group[:1])
        # By content: a copy that two students handed in under one name is nobody's.
        self._claims = Counter(
            (safe_name(one.owner.shown), one.content_hash) for group in groups for one in group if one.owner.platform
        )
        self._by_name: defaultdict[str, list[Person]] = defaultdict(list)
        for person in people.roster:
            for form in name_forms(person):
                self._by_name[form].append(person)

    def known(self, group: Sequence[Submission]) -> str | None:
        """The student to whom submissions of one person belong; None if it is nobody yet."""
        owner = group[0].owner
        if owner.platform == NBGRADER:
            return owner.id
        enrolled = [self._people.keys[one.key].student for one in group if one.key in self._people.keys]
        if enrolled:
            return enrolled[0]
        if not owner.platform and owner.id in self._people.persons:
            return owner.id
        return self._by_roster(group) or self._unscoped(owner) or self._of_earlier_version(group)

    def _by_roster(self, group: Sequence[Submission]) -> str | None:
        owner = group[0].owner
        for kind in TELLS.get(owner.platform, ()):
            if enrolled := self._people.keys.get(Key(kind, "", folded(owner.id))):
                return enrolled.student
        persons = self._by_name.get(letters(owner.shown), [])
        if len(persons) != 1 or self._namesakes[_place(owner)] > 1:
            return None
        scopes = {(one.key.platform, one.key.scope) for one in group}
        taken = {(one.key.platform, one.key.scope) for one in self._people.keys_of(persons[0].student)}
        return None if owner.platform and scopes & taken else persons[0].student

    def _unscoped(self, owner: Owner) -> str | None:
        """Of an id that belongs to an assignment: whoever handed in under it when nothing told which assignment."""
        enrolled = self._people.keys.get(Key(owner.platform, "", owner.id)) if owner.upload else None
        return enrolled.student if enrolled and enrolled.name == owner.shown else None

    def _of_earlier_version(self, group: Sequence[Submission]) -> str | None:
        owner = group[0].owner
        for student in self._earlier(owner):
            for one in group:
                topic = one.topic.name if one.topic else ""
                alone = self._claims[(safe_name(owner.shown), one.content_hash)] == 1
                if alone and self._graded(student, topic) == one.content_hash:
                    return student
        return None

    def _earlier(self, owner: Owner) -> list[str]:
        """Students of an earlier version, to whom no platform's key belongs yet, under whose name it would be."""
        name = safe_name(owner.shown)
        earlier = [Key(EARLIER, "", student) for student in (f"{name}-{safe_name(owner.id)}", name, owner.proposed)]
        return [
            self._people.keys[key].student
            for key in earlier
            if key in self._people.keys
            and not any(
                one.key.platform == owner.platform for one in self._people.keys_of(self._people.keys[key].student)
            )
        ]

    def doubts(self, group: Sequence[Submission], student: str) -> list[str]:
        """What to tell about somebody new who may be somebody known."""
        owner = group[0].owner
        if not owner.platform:
            return []
        alike = self._earlier(owner)
        alike += [person.student for person in self._by_name.get(letters(owner.shown), [])]
        if not alike:
            return []
        others = " or ".join(dict.fromkeys(alike))
        return [
            f"{student} ({group[0].key}) may be {others}, which nothing proves, so it has a row of its own; if it is: "
            f"autograder students join '{student}' '{alike[0]}'"
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
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for person in people.roster:
        for form in name_forms(person):
            by_name[form].append(person.student)
    others: defaultdict[str, list[str]] = defaultdict(list)
    for student, person in people.persons.items():
        name = letters(people.name_of(student) or student)
        if not person.on_roster and name in by_name:
            others[name].append(student)
    for name, alike in sorted(others.items()):
        places = Counter(place for student in (*alike, *by_name[name]) for place in _places(people, graded, student))
        if len(by_name[name]) == 1 and not any(count > 1 for count in places.values()):
            found.pairs += [(student, by_name[name][0]) for student in sorted(alike)]
        else:
            who, roster = " and ".join(sorted(alike)), " or ".join(by_name[name])
            found.doubts.append(
                f"{who} may be {roster}, which nothing proves; if you know: "
                f"autograder students join '{sorted(alike)[0]}' '{by_name[name][0]}'"
            )
    return found


def _places(people: People, graded: Collection[tuple[str, str]], student: str) -> set[tuple[str, str]]:
    """Where one person occurs once: a scope of a platform, a topic."""
    scopes = {(one.key.platform, one.key.scope) for one in people.keys_of(student)}
    told = {(kind, "") for kind in (USERNAME, EMAIL, NUMBER, EARLIER)}
    return (scopes - told) | {("topic", topic) for known, topic in graded if known == student}


def name_forms(person: Person) -> set[str]:
    """How platforms write a person's name, reduced to letters and digits."""
    first, last = letters(person.first_name), letters(person.last_name)
    return {first + last, last + first} - {""}


def letters(name: str) -> str:
    """A name without capitals, spaces and punctuation."""
    return "".join(character for character in folded(name) if character.isalnum())


def _by_username(submission: Submission, usernames: Collection[str]) -> Submission:
    """The submission; on Blackboard, that of the longest user name on the roster with which the entry's name ends.

    The assignment's name stands before it, and either may hold underscores.
    """
    owner, head = submission.owner, submission.sent_as.rpartition("_attempt_")[0]
    longest = max((name for name in usernames if folded(head).endswith(f"_{name}")), key=len, default="")
    if owner.platform != BLACKBOARD or len(longest) <= len(owner.id):
        return submission
    user = Owner(head[-len(longest) :], BLACKBOARD)
    return replace(submission, owner=user, student=user.proposed)


def _members(submission: Submission, people: People) -> list[Submission]:
    """One submission for each member of a team that the roster lists; else the submission itself."""
    team = letters(submission.owner.shown)
    members = [person.student for person in people.roster if person.team and letters(person.team) == team]
    if not members or any(team in name_forms(person) for person in people.roster):
        return [submission]
    return [replace(submission, owner=Owner(member), student=member) for member in members]


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
        enrolled = people.keys.get(one.key)
        if enrolled is None:
            earlier = people.keys.get(Key(EARLIER, "", student))
            drawn_from = earlier.drawn_from if earlier else ""
            enrolled = people.enroll(one.key, student, one.owner.shown, drawn_from)
        found.submissions.append(replace(one, student=enrolled.student, drawn_from=enrolled.drawn_from))


def _one_each(submissions: Sequence[Submission]) -> list[Submission]:
    """Of several submissions of one student for a topic, the newest."""
    found: dict[tuple[str, str], Submission] = {}
    for one in submissions:
        place = (one.student, one.topic.name if one.topic else "")
        found[place] = newer(found[place], one) if place in found else one
    return sorted(found.values(), key=lambda one: (one.student, one.topic.name if one.topic else ""))
