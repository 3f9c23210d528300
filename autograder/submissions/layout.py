"""Whose file is it? Read from paths, as nbgrader, learning platforms and plain folders lay them out, or from a pattern.

Only the outermost part of a path that names a student decides: what lies deeper was named by the student. Which part
that is, `autograder.submissions.levels` finds out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import yaml  # type: ignore[import-untyped]

from autograder.submissions.files import File, Unreadable
from autograder.submissions.levels import SUBMITTED, Level, Levels
from autograder.submissions.names import NBGRADER, Owner
from autograder.submissions.patterns import Fields, NamePattern, read_paths
from autograder.submissions.platforms import (
    BY_PATTERN,
    GRADESCOPE,
    GRADESCOPE_SUBMISSION,
    PER_ASSIGNMENT,
    Export,
    is_platforms,
    read_export,
    read_repository,
)
from autograder.submissions.topic_names import is_nobodys
from autograder.topics import Topic

METADATA = "submission_metadata.yml"

_GRADESCOPE = re.compile(r"submission_\d+")
# A folder of nothing but such files, beside notebooks that are named after students, is no student's.
_MATERIAL = (".csv", ".gif", ".jpeg", ".jpg", ".json", ".npy", ".npz", ".png", ".svg")


@dataclass(frozen=True)
class Placed:
    """A file with those who handed it in.

    Attributes:
        owners: a student, or the members of a group; empty if the path names nobody.
        topic: the topic that a folder of the path names, if one does.
        version: which upload of a file it is, where the platform counts them.
        serial: grows with every upload on the platform; 0 if nothing tells.
        handed_in: when it was handed in, if the platform says so; without a time zone where the platform gives none.
        sent_as: what the platform calls the entry, for handing feedback back; empty if it has no name of its own.
        time_doubt: why the platform's time was not read, as a sentence; empty if it was, or there is none.
        named: the file's own name, where the platform put more in front of it or behind; else empty.
        root: the folder or archive where it was found.
        doubt: why it may not be the owner's; empty if it is.
        only_if_named: whether it is the owner's only if the notebook's code speaks of it.
        is_late: whether the platform calls it late.
        is_receipt: whether the platform wrote it: a receipt, a link or a text that was typed in.
    """

    file: File
    owners: tuple[Owner, ...]
    topic: Topic | None = None
    version: int = 0
    serial: int = 0
    handed_in: datetime | None = None
    sent_as: str = ""
    time_doubt: str = ""
    named: str = ""
    root: str = ""
    doubt: str = ""
    only_if_named: bool = False
    is_late: bool = False
    is_receipt: bool = False

    @property
    def own_path(self) -> tuple[str, ...]:
        """The file's path below its root, its name as the student gave it."""
        return (*self.file.path[:-1], self.named or self.file.path[-1])


class Layout:
    """How the files of one folder or archive are laid out.

    Args:
        files: all files found there.
        above: the names of the folders above them, outermost first, ending with the folder or archive itself.
        topics: the course's topics.
        packed: whether it is an archive, in which one folder around everything is usual.
        names: says whose a file is, whatever names and folders say otherwise.

    Raises:
        CourseError: if nothing says whether a folder is one student or holds several, or a notebook does not fit
            ``names``.
    """

    def __init__(
        self,
        files: Sequence[File],
        above: Sequence[str],
        topics: Sequence[Topic],
        *,
        packed: bool,
        names: NamePattern | None = None,
    ) -> None:
        self.files = files
        self.above = tuple(above)
        self.topics = {topic.name: topic for topic in topics}
        self.fitting = read_paths(names, [file for file in files if file.counts], files) if names else None
        level = Level() if names else Levels(files, above, topics, packed=packed).find()
        self.depth = level.depth
        self.student = _named_above(self.above) if level.is_one else None
        self.is_one_students = names is None and not level.is_one and self._is_one_students()
        self.submitters = self._submitters()
        paths = (file.path[self.depth :] for file in files)
        tops = {self._below_topic(path)[0] for path in paths if path}
        around = next(reversed((*self.above, *self._prefix())), "")
        repositories = {name: export for name in tops if (export := read_repository(name, around))}
        self.exports = {name: export for name in tops if (export := read_export(name))} | repositories

    def placed(self) -> list[Placed]:
        """Every file with its owners; files that can be nobody's submission (a README beside notebooks) left out."""
        prefix = self._prefix()
        inside = [file for file in self.files if file.path[: self.depth] == prefix and len(file.path) > self.depth]
        placed = [replace(self._place(file), root="/".join(self.above)) for file in inside]
        by_file_name = self.fitting is None and any(self._names_student(file) for file in self.files)
        material = _MATERIAL if by_file_name else ()
        work = [one for one in placed if one.file.counts or not one.file.path[-1].lower().endswith(material)]
        handed_in = {owner for one in work for owner in one.owners}
        has_more = {owner for one in work if not one.is_receipt for owner in one.owners}
        return [
            one
            for one in placed
            if not handed_in.isdisjoint(one.owners) and not (one.is_receipt and has_more.issuperset(one.owners))
        ]

    def _prefix(self) -> tuple[str, ...]:
        """The folders around everything."""
        return next((file.path[: self.depth] for file in self.files if file.counts), self.files[0].path[: self.depth])

    def _place(self, file: File) -> Placed:
        if self.fitting is not None:
            return self._fitted(file, self.fitting)
        path, above = file.path[self.depth :], self.above + file.path[: self.depth]
        topic = next((self.topics[part] for part in (*above[-1:], *path[:-1][:2]) if part in self.topics), None)
        if SUBMITTED in above[-3:-1]:
            return Placed(file, (Owner(above[-1 if above[-2] == SUBMITTED else -2], NBGRADER),), topic)
        if self.student:
            # A folder that no platform named may hold anything.
            doubtful = len(path) > 1 and not file.counts and not is_platforms(above[-1], above[-2:-1])
            return Placed(file, (self.student,), topic, only_if_named=doubtful)
        # A topic's folder says nothing about the student, whether it stands around students' folders or in them.
        above = above[:-1] if above[-1:] and above[-1] in self.topics else above
        path = self._below_topic(path)
        upload = "/".join((*self.above, *file.path[: len(file.path) - len(path)]))
        if _GRADESCOPE.fullmatch(path[0]) and len(path) > 1:
            return self._of_gradescope(file, path[0], upload, topic)
        if (export := self.exports.get(path[0])) and (len(path) == 1 or not export.file):
            return _of_export(file, export, path, upload, topic)
        if above[-1:] == (SUBMITTED,) and len(path) > 1:
            return Placed(file, (Owner(path[0], NBGRADER),), topic)
        return Placed(file, self._owners(file, path, above), topic)

    def _of_gradescope(self, file: File, submission: str, upload: str, topic: Topic | None) -> Placed:
        details = self.submitters.get(submission)
        if details is None:
            owner = Owner(submission.removeprefix("submission_"), GRADESCOPE_SUBMISSION, upload, "submission")
            return Placed(file, (owner,), topic, sent_as=submission)
        owners = tuple(
            Owner(one.id, GRADESCOPE, name=one.name)
            if one.id
            else Owner(f"{submission} {one.name}", GRADESCOPE_SUBMISSION, upload, one.name)
            for one in details.submitters
        )
        time = details.created_at
        serial = int(time.timestamp()) if time else 0
        doubt = f"Gradescope's time {details.stated!r} cannot be read, so nothing says whether this is late."
        placed = Placed(file, owners, topic, serial, serial, handed_in=time, sent_as=submission)
        return replace(placed, time_doubt=doubt if details.stated and not time else "")

    def _fitted(self, file: File, fitting: Mapping[tuple[str, ...], Fields]) -> Placed:
        """A file whose owner a pattern says."""
        topic = next((self.topics[part] for part in (*self.above[-1:], *file.path[:-1]) if part in self.topics), None)
        fields = fitting.get(file.path)
        if fields is None:
            return Placed(file, (), topic)
        if not fields.id:
            return Placed(file, (_owner(fields.student),), topic, fields.version, named=fields.file)
        # An unknown platform's ids may be valid for one assignment only.
        upload = "/".join((*self.above, *((topic.name,) if topic else ())))
        owner = Owner(fields.id, BY_PATTERN, upload, unicodedata.normalize("NFC", fields.student))
        return Placed(file, (owner,), topic, fields.version, named=fields.file)

    def _below_topic(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """A path without a topic's folder at its beginning."""
        return path[1:] if len(path) > 1 and path[0] in self.topics else path

    def _owners(self, file: File, path: tuple[str, ...], above: tuple[str, ...]) -> tuple[Owner, ...]:
        loose = self.is_one_students and not file.counts
        if len(path) == 1 and (loose or self._is_nobodys(file.stem)):
            return (_named_above(above),) if above else ()
        if len(path) > 1:
            return (_named_by(path[0], "/".join(above)),)
        return (_owner(file.stem),) if file.counts else ()

    @property
    def is_submitted(self) -> bool:
        """Whether it is a student's folder in nbgrader's ``submitted/``, or a topic's in that."""
        return SUBMITTED in self.above[-3:-1]

    def nobodys(self) -> list[File]:
        """Files beside notebooks of several students, of which nothing says whose they are."""
        at_top = [file for file in self.files if len(file.path) == self.depth + 1 and not file.counts]
        return [file for file in at_top if not self._place(file).owners]

    def _is_one_students(self) -> bool:
        """Whether the folder or archive names the student: it alone holds notebooks, and their names are nobody's."""
        notebooks = [file for file in self.files if file.counts]
        return bool(notebooks) and all(
            len(file.path) == self.depth + 1 and file.is_notebook and self._is_nobodys(file.stem) for file in notebooks
        )

    def _names_student(self, file: File) -> bool:
        """Whether it is a notebook named after a student by hand, not by a platform."""
        at_top = len(file.path) == self.depth + 1
        return file.is_notebook and at_top and not read_export(file.path[-1]) and not self._is_nobodys(file.stem)

    def _is_nobodys(self, stem: str) -> bool:
        """Whether a file's name is a topic's or an attempt's, as in ``normalization-Copy1``, and names no student."""
        return is_nobodys(stem, self.topics.values())

    def _submitters(self) -> Mapping[str, Submitted]:
        """Gradescope's submissions; none if the export's list of them is missing or damaged."""
        for file in self.files:
            if file.path[self.depth :] == (METADATA,):
                try:
                    return read_submitters(file.content())
                except Unreadable:
                    return {}
        return {}


@dataclass(frozen=True)
class Submitter:
    """One of those who handed in on Gradescope.

    Attributes:
        id: the e-mail address, else the student number; empty if Gradescope gives neither.
    """

    id: str
    name: str


@dataclass(frozen=True)
class Submitted:
    """What Gradescope says of one submission.

    Attributes:
        created_at: when it was handed in; None if that is not said, or cannot be read.
        stated: the time as it is written.
    """

    submitters: tuple[Submitter, ...]
    created_at: datetime | None = None
    stated: str = ""


def read_submitters(content: bytes) -> dict[str, Submitted]:
    """Who handed in each ``submission_N`` by Gradescope's ``submission_metadata.yml``, and when.

    The file is Ruby's: its keys begin with a colon, and its values may carry tags of Ruby classes. Only its structure
    is read; nothing is constructed from it.

    Raises:
        Unreadable: if it is not YAML.
    """
    try:
        root = yaml.compose(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable(f"{METADATA} is not YAML.") from error
    found = {}
    for submission, node in _mapping(root).items():
        details = _mapping(node)
        people = details.get(":submitters")
        entries = people.value if isinstance(people, yaml.SequenceNode) else []
        submitters = tuple(one for entry in entries if (one := _submitter(_mapping(entry))))
        if submitters:
            stated = _text(details, ":created_at")
            found[submission] = Submitted(submitters, _moment(stated), stated)
    return found


def _submitter(entry: dict[str, yaml.Node]) -> Submitter | None:
    name, email, number = (unicodedata.normalize("NFC", _text(entry, key)) for key in (":name", ":email", ":sid"))
    return Submitter(email.casefold() or number, name or email or number) if name or email or number else None


def _moment(text: str) -> datetime | None:
    """A time as Ruby writes it, such as ``2026-11-20 23:15:00.123 -08:00`` or ``… Z``; None if it is none."""
    try:
        time = datetime.fromisoformat(re.sub(r"(?<=\d)\s+(?=[Z+-]|UTC)", "", text.strip()).replace("UTC", "Z"))
    except ValueError:
        return None
    return time if time.tzinfo else None


def _text(entry: dict[str, yaml.Node], key: str) -> str:
    return str(node.value) if isinstance(node := entry.get(key), yaml.ScalarNode) else ""


def _mapping(node: yaml.Node | None) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _of_export(file: File, export: Export, path: tuple[str, ...], upload: str, topic: Topic | None) -> Placed:
    """A file whose path begins with what the platform calls a student's entry: a folder, or the file itself."""
    is_flat = len(path) == 1
    return Placed(
        file,
        (_exported(export, upload),),
        topic,
        export.version,
        export.serial,
        handed_in=export.time,
        sent_as=path[0],
        named=export.file if is_flat else "",
        is_late=export.is_late,
        is_receipt=is_flat and not export.file,
    )


def _exported(export: Export, upload: str) -> Owner:
    scope = upload if export.platform in PER_ASSIGNMENT else ""
    name = unicodedata.normalize("NFC", export.name)
    number = unicodedata.normalize("NFC", export.id) or name
    return Owner(number, export.platform, scope, name)


def _named_by(name: str, upload: str) -> Owner:
    """The student that a folder's name, or a file's, stands for."""
    export = read_export(name)
    return _exported(export, upload) if export and not export.file else _owner(name)


def _named_above(above: tuple[str, ...]) -> Owner:
    """The student whom the innermost of these folders, or archive, names."""
    export = read_repository(above[-1], above[-2]) if len(above) > 1 else None
    return _exported(export, "") if export else _named_by(_without_zip(above[-1]), "/".join(above[:-1]))


def _without_zip(name: str) -> str:
    return name[:-4] if name.lower().endswith(".zip") else name


def _owner(name: str) -> Owner:
    return Owner(unicodedata.normalize("NFC", name))
