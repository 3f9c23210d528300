"""A class of sixty and what they handed in for two topics: one description, from which every export is made.

The numbers that a platform gives out per assignment run through the class forwards for the first topic and backwards
for the second, so that each number is somebody else's there. Namesakes stand as far from the beginning as from the end:
each has the other one's numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

TOPICS = ("01-first", "02-second")
NOTEBOOKS = {"01-first": "first", "02-second": "second"}
DUE = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
MOST = 400

# user name | first name | last name | group | what was handed in for the first topic | for the second
_TABLE = """
jdoe1     | Jane        | Doe           |         | notebook       | notebook
wli       | Wei         | Li            |         | notebook       | twice
mroe      | Max         | Roe           |         | notebook       | -
lwei      | Li          | Wei           |         | late           | notebook
jmueller  | Jürgen      | Müller        | Group 1 | notebook       | team
alima     | Ana-Rosa    | Lima          | Group 1 | renamed        | team
soneill   | Sean        | O'Neill       | Group 1 | zip            | team
zhangwei  | 伟          | 张            |         | notebook       | notebook
o_brian   | Brian       | O’Brien       |         | twice          | late
dlopez    | Dolores     | López García  | Group 2 | notebook       | team late
kweiss    | Kurt        | Weiß          | Group 2 | pdf            | team late
tanaka    | 太郎        | 田中          |         | zip            | renamed
mvdberg   | Marijke     | van den Berg  |         | link           | notebook
abs       | Aïsha       | Bensaïd       |         | notebook       | link
nsmith    | Nora        | Smith         |         | text           | text
osmith    | Otto        | Smith         |         | empty          | notebook
sukarno   |             | Sukarno       |         | notebook       | notebook
pjones    | Pat         | Jones         |         | late twice     | notebook
b.ali     | Bilal       | Ali           |         | notebook       | pdf
cnunez    | Cristóbal   | Núñez         | Group 3 | notebook       | team twice
dchen     | Dan         | Chen          | Group 3 | notebook       | team twice
echen     | Eve         | Chen          | Group 3 | -              | team twice
fkhan     | Farah       | Khan          |         | twice          | twice
gmoreau   | Gaëlle      | Moreau-Dubois |         | notebook       | zip
hkim      | Ha-neul     | Kim           |         | notebook       | empty
ivanov    | Иван        | Иванов        |         | late           | late
jpark     | Ji Woo      | Park          |         | notebook       | notebook
kpark     | Jiwon       | Park          |         | notebook       | notebook
lrossi    | Luca        | Rossi         |         | -              | -
mrossi    | Mia         | Rossi         |         | -              | notebook
nrossi    | Nino        | Rossi         |         | notebook       | -
osato     | Otoha       | Satō          |         | notebook       | notebook
psingh    | Priya       | Singh         | Group 4 | renamed        | team
qsingh    | Quentin     | Singh         | Group 4 | notebook       | team
rsingh    | Ravi        | Singh         |         | notebook       | notebook
storres   | Sol         | Torres        |         | pdf            | pdf
tturner   | Tess        | Turner        |         | notebook       | late twice
uturner   | Uma         | Turner        |         | zip            | zip
vvogel    | Vera        | Vogel         |         | notebook       | notebook
wvogel    | Willi       | Vogel         |         | text           | notebook
xwu       | Xia         | Wu            |         | notebook       | notebook
ywu       | Yan         | Wu            |         | notebook       | notebook
zyilmaz   | Zeynep      | Yılmaz        |         | late           | notebook
aabebe    | Abebe       | Bikila        |         | notebook       | -
bberg     | Berit       | Åberg         |         | notebook       | notebook
ccruz     | Carla       | de la Cruz    |         | notebook       | renamed
ddahl     | Dag         | Dahl          |         | renamed        | notebook
eekman    | Eva         | Ekman         |         | notebook       | notebook
ffrank    | Finn        | Frank         |         | notebook       | notebook
ggreen    | Gus         | Green         |         | empty          | empty
hhill     | Hal         | Hill          |         | notebook       | notebook
iivars    | Ida         | Ivars         |         | notebook       | damaged
jjansen   | Jet         | Jansen        |         | twice          | notebook
kkoch     | Kai         | Koch          |         | foreign        | notebook
llang     | Lea         | Lang          |         | notebook       | -
mmeer     | Mo          | Meer          |         | notebook       | notebook
nnovak    | Ned         | Novák         |         | notebook       | notebook
mroe2     | Max         | Roe           |         | -              | late
wli2      | Wei         | Li            |         | late twice     | notebook
jdoe2     | Jane        | Doe           |         | notebook       | pdf
"""


@dataclass(frozen=True)
class Person:
    """Somebody in the class.

    Attributes:
        place: where the person stands in the class, from 0.
        username: the name of the account, by which the gradebook knows the person.
        team: the group that hands in together for the second topic; empty if there is none.
    """

    place: int
    username: str
    first: str
    last: str
    team: str

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}".strip()

    @property
    def email(self) -> str:
        """The address, which people write in capitals or not."""
        return f"{self.username}@example.org"

    @property
    def canvas(self) -> int:
        """Canvas's number of the user."""
        return 501 + self.place

    @property
    def number(self) -> str:
        """The number in the student information system."""
        return f"u{3000 + self.place}"

    @property
    def brightspace(self) -> int:
        """Brightspace's number of the user, which no roster has."""
        return 40200 + self.place

    @property
    def github(self) -> str:
        """The name of the account at GitHub."""
        return f"{self.username.replace('_', '-').replace('.', '-')}-codes"

    def in_assignment(self, topic: str) -> int:
        """The person's number in an assignment; in the other one, it is somebody else's."""
        return self.place if topic == TOPICS[0] else len(CLASS) - 1 - self.place


@dataclass(frozen=True)
class Work:
    """What one person, or a group, handed in at one time.

    Attributes:
        people: the person who handed it in, then the others of the group.
        team: the group's name; empty if it is one person's.
        kind: ``notebook``, ``renamed``, ``zip``, ``damaged``, ``foreign`` (of another course), ``pdf``, ``link``,
            ``text`` or ``empty``.
        mark: the points in the notebook, which no other one has; 0 if there is no notebook of
            the course.
        attempt: 1, or 2 for a newer one.
        is_last: whether no newer one follows.
    """

    topic: str
    people: tuple[Person, ...]
    team: str
    kind: str
    mark: int
    attempt: int
    is_last: bool
    time: datetime

    @property
    def person(self) -> Person:
        """Who handed it in."""
        return self.people[0]

    @property
    def shown(self) -> str:
        """Whose it is, as a person reads it."""
        return self.team or self.person.name

    @property
    def is_late(self) -> bool:
        """Whether it came after the due time."""
        return self.time > DUE


def _read() -> Iterator[tuple[Person, tuple[str, str]]]:
    for place, line in enumerate(_TABLE.strip().splitlines()):
        username, first, last, team, *kinds = (cell.strip() for cell in line.split("|"))
        yield Person(place, username, first, last, team), (kinds[0], kinds[1])


_ROWS = tuple(_read())
CLASS = tuple(person for person, _ in _ROWS)


def _works() -> Iterator[Work]:
    seen = set()
    for person, kinds in _ROWS:
        for number, (topic, words) in enumerate(zip(TOPICS, kinds, strict=True)):
            kind = words.split()
            is_team = "team" in kind
            if kind == ["-"] or (is_team and person.team in seen):
                continue
            seen |= {person.team} if is_team else set()
            people = tuple(one for one in CLASS if one.team == person.team) if is_team else (person,)
            what = next((word for word in kind if word not in ("team", "late", "twice")), "notebook")
            attempts = (1, 2) if "twice" in kind else (1,)
            for attempt in attempts:
                is_last = attempt == attempts[-1]
                # A first attempt has more points than the one that counts.
                mark = 1 + person.place + 200 * number + (0 if is_last else 100)
                late = is_last and "late" in kind
                time = DUE + timedelta(hours=30) if late else DUE - timedelta(hours=5 if is_last else 29)
                has_notebook = what in ("notebook", "renamed", "zip")
                team = person.team if is_team else ""
                yield Work(topic, people, team, what, mark if has_notebook else 0, attempt, is_last, time)


WORKS = tuple(_works())
# The points that everybody is to have, for what was handed in last.
POINTS = {(one.username, work.topic): work.mark for work in WORKS if work.is_last for one in work.people}
# Nothing but a name tells who they are: what one is called, another one is called as well.
_FORMS = [frozenset({f"{one.first} {one.last}", f"{one.last} {one.first}"}) for one in CLASS]
NAMESAKES = frozenset(one for one, form in zip(CLASS, _FORMS, strict=True) if _FORMS.count(form) > 1)
