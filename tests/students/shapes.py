"""Writers of what a class handed in for one topic: one for each shape in which platforms give it."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml  # type: ignore[import-untyped]

from tests.students.a_class import NOTEBOOKS, TOPICS, Person, Work

# The time zone of platforms that give times without one.
ZONE = ZoneInfo("Europe/Berlin")
RENAMED = "HW1 final (2).ipynb"

Files = Mapping[str, bytes]
MakeNotebook = Callable[[str, int], bytes]


@dataclass(frozen=True)
class Shape:
    """One way in which a platform gives what was handed in for a topic.

    Attributes:
        write: makes the files of an export; a name that ends with a slash is a folder.
        export: what the export's folder or zip is called; fields are the topic and the number of the run.
        keys: what tells whose a work is, if there is no roster; several if it is several students'.
        zips: whether the platform gives zips.
        has_names: whether the export tells who somebody is.
        tells_namesakes: whether a roster tells people of one name apart.
        tells_newer: whether the export says which of two attempts is the newer one.
        tells_time: whether the export says when something was handed in.
    """

    write: Callable[[Sequence[Work], MakeNotebook], Iterator[tuple[str, bytes]]]
    export: str
    keys: Callable[[Work], Sequence[object]]
    zips: bool = True
    has_names: bool = True
    tells_namesakes: bool = True
    tells_newer: bool = False
    tells_time: bool = False

    def files(self, works: Sequence[Work], notebook: MakeNotebook) -> dict[str, bytes]:
        """The files of an export of one topic."""
        return dict(self.write(works, notebook))


def as_folder(files: Files, path: Path) -> Path:
    """Write files into a folder."""
    for name, content in files.items():
        place = path / name
        (place if name.endswith("/") else place.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            place.write_bytes(content)
    return path


def as_zip(files: Files, path: Path) -> Path:
    """Write files into a zip archive."""
    path = path.with_name(f"{path.name}.zip")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_packed(files))
    return path


def _packed(files: Files) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _handed_in(work: Work, notebook: MakeNotebook) -> dict[str, bytes]:
    """The files that somebody handed in, under the names that they have there."""
    name = f"{NOTEBOOKS[work.topic]}.ipynb"
    if work.kind == "pdf":
        return {"my answers.pdf": b"%PDF"}
    if work.kind == "damaged":
        return {"my work.ipynb": b'{"cells": ['}
    if work.kind == "foreign":
        return {"my work.ipynb": b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'}
    if work.kind == "notebook":
        return {name: notebook(work.topic, work.mark)}
    if work.kind == "renamed":
        return {RENAMED: notebook(work.topic, work.mark)}
    if work.kind == "zip":
        return {"homework.zip": _packed({f"homework/{name}": notebook(work.topic, work.mark)})}
    return {}


def _nbgrader(works: Sequence[Work], notebook: MakeNotebook) -> Iterator[tuple[str, bytes]]:
    for work in works:
        folder = f"{work.team or work.person.username}/{work.topic}"
        yield f"{folder}/", b""
        yield f"{folder}/timestamp.txt", f"{work.time:%Y-%m-%d %H:%M:%S} UTC".encode("utf-8-sig")
        yield from ((f"{folder}/{name}", content) for name, content in _handed_in(work, notebook).items())


def _attachment(work: Work) -> int:
    """A number that grows with every upload to Canvas."""
    return 9000 + 1000 * work.attempt + 100 * TOPICS.index(work.topic) + work.person.place


def _canvas_file(work: Work, start: str, name: str) -> str:
    # Canvas counts the uploads of one name.
    stem, dot, ending = name.rpartition(".")
    count = f"-{work.attempt - 1}" if work.attempt > 1 else ""
    return f"{start}_{_attachment(work)}_{stem}{count}{dot}{ending}"


def _on_canvas(work: Work, start: str, notebook: MakeNotebook) -> Iterator[tuple[str, bytes]]:
    handed_in = _handed_in(work, notebook)
    yield from ((_canvas_file(work, start, name), content) for name, content in handed_in.items())
    if not handed_in:
        yield f"{start}_{'link' if work.kind == 'link' else 'text'}.html", b"<html>"


def _canvas(works: Sequence[Work], notebook: MakeNotebook) -> Iterator[tuple[str, bytes]]:
    for work in works:
        sortable = work.team or f"{work.person.last}{work.person.first}"
        letters = "".join(character for character in sortable.casefold() if character.isalnum())
        late = "_LATE" if work.is_late else ""
        yield from _on_canvas(work, f"{letters}{late}_{work.person.canvas}", notebook)


def anonymous_id(work: Work) -> str:
    """What Canvas calls a submission that is anonymous; in another assignment, it is somebody else's."""
    return f"Ab{work.person.in_assignment(work.topic):03}"


def _canvas_anonymous(works: Sequence[Work], notebook: MakeNotebook) -> Iterator[tuple[str, bytes]]:
    for work in works:
        yield from _on_canvas(work, f"{'LATE_' if work.is_late else ''}anon_{anonymous_id(work)}", notebook)


def moodle_number(person: Person, topic: str) -> int:
    """Moodle's number of a person in an assignment; in the other one, it is somebody else's."""
    return 12300 + person.in_assignment(topic)


def _moodle_entry(work: Work) -> str:
    """The name of a student or a group; a group's number is its own, and here somebody's in the other assignment."""
    number = 12200 + work.person.place if work.team else moodle_number(work.person, work.topic)
    return f"{work.shown.replace('_', ' ')}_{number}_assignsubmission"


def _moodle_folders(works: Sequence[Work], notebook: MakeNotebook) -> Iterator[tuple[str, bytes]]:
    for work in works:
        # Some servers keep letters and their accents apart.
        entry = unicodedata.normalize("NFD", _moodle_entry(work))
        if work.kind in ("text", "link"):
            yield f"{entry}_onlinetext/onlinetext.html", b"<html>"
            continue
        yield f"{entry}_file/", b""
        yield from ((f"{entry}_file/{name}", content) for name, content in _handed_in(work, notebook).items())


def _moodle_flat(works: Sequence[Work], notebook: MakeNotebook) -> Iterator[tuple[str, bytes]]:
    for work in works:
        handed_in = _handed_in(work, notebook)
        yield from ((f"{_moodle_entry(work)}_file_{name}", content) for name, content in handed_in.items())
        if not handed_in:
            yield f"{_moodle_entry(work)}_onlinetext_onlinetext.html", b"<html>"


def _gradescope(works: Sequence[Work], notebook: MakeNotebook) -> Iterator[tuple[str, bytes]]:
    export = f"assignment_{4711 + TOPICS.index(works[0].topic)}_export"
    listed = {}
    for work in works:
        submission = f"submission_{7000 + work.person.in_assignment(work.topic) + 100 * work.attempt}"
        listed[submission] = {
            ":submitters": [
                {":name": one.name, ":sid": one.number, ":email": one.email.upper()} for one in work.people
            ],
            ":created_at": f"{work.time.astimezone(ZONE):%Y-%m-%d %H:%M:%S.000000000 +01:00}",
            ":score": None,
        }
        yield f"{export}/{submission}/", b""
        files = _handed_in(work, notebook).items()
        yield from ((f"{export}/{submission}/{name}", content) for name, content in files)
    yield f"{export}/submission_metadata.yml", yaml.safe_dump(listed, allow_unicode=True).encode()


def _brightspace_entry(work: Work) -> str:
    time = work.time.astimezone(ZONE)
    number = 50100 + work.person.place if work.team else work.person.brightspace
    clock = f"{time.hour % 12 or 12}{time:%M} {'PM' if time.hour >= 12 else 'AM'}"
    return f"{number}-{771 + TOPICS.index(work.topic)} - {work.shown} - {_month(time)} {time.day}, {time.year} {clock}"


def _month(time: datetime) -> str:
    return ("Nov", "Dec")[time.month - 11]


def _brightspace_flat(works: Sequence[Work], notebook: MakeNotebook) -> Iterator[tuple[str, bytes]]:
    yield "index.html", b"<html>"
    for work in works:
        files = _handed_in(work, notebook) or {"comments.html": b"<html>"}
        yield from ((f"{_brightspace_entry(work)} - {name}", content) for name, content in files.items())


def _brightspace_folders(works: Sequence[Work], notebook: MakeNotebook) -> Iterator[tuple[str, bytes]]:
    yield "index.html", b"<html>"
    for work in works:
        yield f"{_brightspace_entry(work)}/", b""
        files = _handed_in(work, notebook).items()
        yield from ((f"{_brightspace_entry(work)}/{name}", content) for name, content in files)


def _blackboard(works: Sequence[Work], notebook: MakeNotebook) -> Iterator[tuple[str, bytes]]:
    for work in works:
        time = work.time.astimezone(ZONE)
        attempt = f"Homework {work.topic[:2]}_{work.team or work.person.username}_attempt_{time:%Y-%m-%d-%H-%M-%S}"
        yield f"{attempt}.txt", f"Name: {work.shown}".encode()
        yield from ((f"{attempt}_{name}", content) for name, content in _handed_in(work, notebook).items())


def _github(works: Sequence[Work], notebook: MakeNotebook) -> Iterator[tuple[str, bytes]]:
    for work in works:
        repository = f"homework-{work.topic}-{work.team.lower().replace(' ', '-') or work.person.github}"
        yield f"{repository}/README.md", b"# Homework"
        yield f"{repository}/.git/HEAD", b"ref: refs/heads/main"
        yield from ((f"{repository}/{name}", content) for name, content in _handed_in(work, notebook).items())


def _users(work: Work) -> Sequence[object]:
    """The accounts of all who handed in together."""
    return [person.place for person in work.people]


def _user(work: Work) -> Sequence[object]:
    """The account that handed in."""
    return [work.person.place]


def _in_course(work: Work) -> Sequence[object]:
    """The same, where a group has an id of its own."""
    return [work.team or work.person.place]


def _in_blackboard(work: Work) -> Sequence[object]:
    """A user name with an underscore cannot be told from the assignment's name in front of it."""
    user = work.team or work.person.username
    return [(work.topic, user) if "_" in user else user]


def _in_assignment(work: Work) -> Sequence[object]:
    """An id that belongs to one assignment."""
    return [(work.topic, work.team or work.person.place)]


SHAPES = {
    "nbgrader": Shape(_nbgrader, "submitted", _in_course, zips=False, tells_time=True),
    "Canvas": Shape(_canvas, "submissions {topic} {run}", _user, tells_newer=True),
    "anonymous Canvas": Shape(
        _canvas_anonymous, "submissions {topic} {run}", _in_assignment, has_names=False, tells_newer=True
    ),
    "Moodle with folders": Shape(_moodle_folders, "CNN-Homework {topic}-{run}", _in_assignment),
    "Moodle without folders": Shape(_moodle_flat, "CNN-Homework {topic}-{run}", _in_assignment),
    "Gradescope": Shape(_gradescope, "submissions {topic} {run}", _users, tells_newer=True, tells_time=True),
    "Brightspace without folders": Shape(
        _brightspace_flat,
        "Homework {topic} Download {run}",
        _in_course,
        tells_namesakes=False,
        tells_newer=True,
        tells_time=True,
    ),
    "Brightspace with folders": Shape(
        _brightspace_folders,
        "Homework {topic} Download {run}",
        _in_course,
        tells_namesakes=False,
        tells_newer=True,
        tells_time=True,
    ),
    "Blackboard": Shape(
        _blackboard, "gradebook_CNN_Homework{topic}_{run}", _in_blackboard, tells_newer=True, tells_time=True
    ),
    "GitHub Classroom": Shape(_github, "{run}/homework-{topic}-submissions", _in_course, zips=False),
}
