"""Whose file is it? Read from paths, as nbgrader, learning platforms and plain folders lay them out, or from a pattern.

Only the outermost part of a path that names a student decides: what lies deeper was named by the student. Which part
that is, `autograder.submissions.levels` finds out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import yaml  # type: ignore[import-untyped]

from autograder.submissions.files import File, Unreadable
from autograder.submissions.levels import SUBMITTED as SUBMITTED
from autograder.submissions.levels import Level, Levels
from autograder.submissions.names import Owner
from autograder.submissions.patterns import Fields, NamePattern, read_paths
from autograder.submissions.platforms import is_platforms, read_export, read_exports, read_repository
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
        self.exports = read_exports(sorted(tops)) | repositories

    def placed(self) -> list[Placed]:
        """Every file with its owners; files that can be nobody's submission (a README beside notebooks) left out."""
        prefix = self._prefix()
        inside = [file for file in self.files if file.path[: self.depth] == prefix and len(file.path) > self.depth]
        placed = [replace(self._place(file), root="/".join(self.above)) for file in inside]
        by_file_name = self.fitting is None and any(self._names_student(file) for file in self.files)
        work = [one for one in placed if one.file.counts or not (by_file_name and _is_material(one.file))]
        handed_in = {owner for one in work for owner in one.owners}
        has_more = {owner for one in work if not one.is_receipt for owner in one.owners}
        return [
            one
            for one in placed
            if not handed_in.isdisjoint(one.owners) and not (one.is_receipt and has_more.issuperset(one.owners))
        ]

    def _prefix(self) -> tuple[str, ...]:
        """The folders around everything."""
        return next((file.path[: self.depth] for file in self.files if file.counts), ())

    def _place(self, file: File) -> Placed:
        if self.fitting is not None:
            return self._fitted(file, self.fitting)
        path, above = file.path[self.depth :], self.above + file.path[: self.depth]
        topic = next((self.topics[part] for part in (*above[-1:], *path[:-1][:2]) if part in self.topics), None)
        if SUBMITTED in above[-3:-1]:
            return Placed(file, (_owner(above[-1 if above[-2] == SUBMITTED else -2]),), topic)
        if self.student:
            # A folder that no platform named may hold anything.
            doubtful = len(path) > 1 and not file.counts and not is_platforms(above[-1], above[-2:-1])
            return Placed(file, (self.student,), topic, only_if_named=doubtful)
        # A topic's folder says nothing about the student, whether it stands around students' folders or in them.
        above = above[:-1] if above[-1:] and above[-1] in self.topics else above
        path = self._below_topic(path)
        if _GRADESCOPE.fullmatch(path[0]) and len(path) > 1:
            return Placed(file, self.submitters.get(path[0], (_owner(path[0]),)), topic)
        if (export := self.exports.get(path[0])) and (len(path) == 1 or not export.file):
            placed = Placed(file, (_owner(export.name, export.id),), topic, export.version, is_late=export.is_late)
            return replace(placed, named=export.file, is_receipt=not export.file) if len(path) == 1 else placed
        return Placed(file, self._owners(file, path, above), topic)

    def _fitted(self, file: File, fitting: Mapping[tuple[str, ...], Fields]) -> Placed:
        """A file whose owner a pattern says."""
        topic = next((self.topics[part] for part in (*self.above[-1:], *file.path[:-1]) if part in self.topics), None)
        fields = fitting.get(file.path)
        if fields is None:
            return Placed(file, (), topic)
        return Placed(file, (_owner(fields.student, fields.id),), topic, fields.version, named=fields.file)

    def _below_topic(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """A path without a topic's folder at its beginning."""
        return path[1:] if len(path) > 1 and path[0] in self.topics else path

    def _owners(self, file: File, path: tuple[str, ...], above: tuple[str, ...]) -> tuple[Owner, ...]:
        loose = self.is_one_students and not file.counts
        if len(path) == 1 and (loose or self._is_nobodys(file.stem)):
            return (_named_above(above),) if above else ()
        if len(path) > 1:
            return (_named_by(path[0]),)
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

    def _submitters(self) -> Mapping[str, tuple[Owner, ...]]:
        """Owners of Gradescope's submissions; none if the export's list of submitters is missing or damaged."""
        for file in self.files:
            if file.path[self.depth :] == (METADATA,):
                try:
                    return read_submitters(file.content())
                except Unreadable:
                    return {}
        return {}


def read_submitters(content: bytes) -> dict[str, tuple[Owner, ...]]:
    """Who handed in each ``submission_N`` by Gradescope's ``submission_metadata.yml``.

    The file is Ruby's: its keys begin with a colon, and its values may carry tags of Ruby classes. Only its structure
    is read; nothing is constructed from it.

    Raises:
        Unreadable: if it is not YAML.
    """
    try:
        root = yaml.compose(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unreadable(f"{METADATA} is not YAML.") from error
    submitters = {}
    for submission, details in _mapping(root).items():
        people = _mapping(details).get(":submitters")
        entries = people.value if isinstance(people, yaml.SequenceNode) else []
        owners = tuple(owner for entry in entries if (owner := _submitter(_mapping(entry))))
        if owners:
            submitters[submission] = owners
    return submitters


def _submitter(entry: dict[str, yaml.Node]) -> Owner | None:
    name, email, number = (
        node.value if isinstance(node := entry.get(key), yaml.ScalarNode) else "" for key in (":name", ":email", ":sid")
    )
    return _owner(name or email or number, email or number) if name or email or number else None


def _mapping(node: yaml.Node | None) -> dict[str, yaml.Node]:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}


def _named_by(name: str) -> Owner:
    """The student that a folder's name, or a file's, stands for."""
    export = read_export(name)
    return _owner(export.name, export.id) if export and not export.file else _owner(name)


def _named_above(above: tuple[str, ...]) -> Owner:
    """The student whom the innermost of these folders, or archive, names."""
    export = read_repository(above[-1], above[-2]) if len(above) > 1 else None
    return _owner(export.name, export.id) if export else _named_by(_without_zip(above[-1]))


def _is_material(file: File) -> bool:
    return file.path[-1].lower().endswith(_MATERIAL)


def _without_zip(name: str) -> str:
    return name[:-4] if name.lower().endswith(".zip") else name


def _owner(name: str, tag: str = "") -> Owner:
    return Owner(unicodedata.normalize("NFC", name), tag)
