"""At which level of folders are the students?

A person may name the class's folder, one above it, one student's folder, or something between, and a class must never
become one student. The rules, in this order:

1. Names that platforms give, and nbgrader's ``submitted``, say what they are. What lies in a student's folder was named
   by the student and decides nothing. Folders around such names, with no other choice on the way, are wrappers.
2. A folder whose name only says which topic, copy or attempt it is, such as ``old`` or ``Homework``, is nobody's. If
   all folders are nobody's, everything is one student's, whom the folder around them names.
3. Two folders, or notebooks, side by side may be two students if their names may be students' and both hold a notebook
   of the same topic. If the only folder there is holds `MANY` of them, they are students and it is a wrapper; so it is
   in an archive, where a folder around everything is usual, however many it holds.
4. Otherwise each folder is one student, and so is each notebook beside them. If one of these folders holds what may be
   two students (in the only folder there is, also one with a notebook beside one with a text or an empty folder), or a
   topic's notebook stands beside folders with notebooks of topics, or `MANY` notebooks of a topic
   stand in one folder as ``normalization (1)`` and so on, nobody is graded and the person is asked.

Notebooks are opened only where names do not tell their topics and rules 3 and 4 depend on it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

from autograder.errors import CourseError
from autograder.submissions.archive import STUDENT_BYTES, open_archive
from autograder.submissions.counted import listed
from autograder.submissions.files import File, Unreadable, printable, stem
from autograder.submissions.platforms import is_platforms
from autograder.submissions.reading import read_notebook
from autograder.submissions.recognize import recognized
from autograder.submissions.topic_names import is_nobodys, topic_named, without_attempt
from autograder.topics import Topic

SUBMITTED = "submitted"
MANY = 5

_MAX_DEPTH = 8
_MAX_COMPARED = 200
_MAX_OPENED = 3
_GRADESCOPE_EXPORT = re.compile(r"assignment_\d+_export")

_PAPERS = (".pdf", ".doc", ".docx", ".odt", ".rtf", ".txt", ".md", ".html")

_Path = tuple[str, ...]


@dataclass(frozen=True)
class Level:
    """Where the students are.

    Attributes:
        depth: how many folders stand around everything without naming a student.
        is_one: whether everything is one student's, whom the folder or archive itself names.
    """

    depth: int = 0
    is_one: bool = False


@dataclass(frozen=True)
class _Siblings:
    """What may be several students, side by side.

    Attributes:
        at: the path of the folder that holds them.
        names: their names; those of folders end with a slash.
        topic: the name of the topic of which each holds a notebook.
        notebooks: how many notebooks of that topic they hold in all.
    """

    at: _Path
    names: tuple[str, ...]
    topic: str
    notebooks: int


class Levels:
    """The levels of one folder or archive.

    Args:
        files: all files found there; at least one of them counts.
        above: the names of the folders above them, outermost first, ending with the folder or archive itself.
        topics: the course's topics.
        packed: whether it is an archive.
    """

    def __init__(self, files: Sequence[File], above: Sequence[str], topics: Sequence[Topic], *, packed: bool) -> None:
        # An export of links and texts alone has no notebook.
        self.files = sorted([file for file in files if file.counts] or files, key=lambda file: file.path)
        self.all_files = files
        self.folders = {file.path[:-1] for file in files}
        self.above = tuple(above)
        self.topics = topics
        self.topic_names = {topic.name for topic in topics}
        self.packed = packed

    def find(self) -> Level:
        """Where the students are.

        Raises:
            CourseError: if nothing says whether a folder is one student or holds several.
        """
        if SUBMITTED in self.above[-3:-1]:
            return Level()
        if self.above and is_platforms(self.above[-1], self.above[-2:-1], folder=True):
            return Level(is_one=True)
        depth = self._wrappers()
        around = self._around(depth)
        if SUBMITTED in around:
            return Level(depth)
        outer = self.files[0].path[:depth]
        if crowd := self._crowd(outer, self.files):
            raise CourseError(self._question(crowd, outer))
        tops = self._tops(depth, around)
        for top, inside in tops.items():
            if siblings := self._scattered(top, inside) or self._siblings(top, inside):
                raise CourseError(self._question(siblings, top))
        if len(tops) == 1 and not self.packed:
            (top,) = tops
            if siblings := self._beside_papers(top):
                raise CourseError(self._question(siblings, top))
        return Level(depth, depth == 0 and self._is_one(tops))

    def _wrappers(self) -> int:
        """How many folders stand around everything without naming a student."""
        depth = 0
        while (name := self._only_folder(depth)) is not None and self._around(depth) != (SUBMITTED,):
            folder = self.files[0].path[: depth + 1]
            if name == SUBMITTED or _GRADESCOPE_EXPORT.fullmatch(name):
                depth += 1
            elif is_platforms(name, self._around(depth)):
                break
            elif known := self._platforms_level(depth + 1):
                depth = known
            elif self.packed and name not in self.topic_names and self._holds_students(folder):
                depth += 1
            elif many := self._level_of_many(folder):
                depth = many
            else:
                break
        return depth

    def _around(self, depth: int) -> _Path:
        """The name of the folder or archive at whose top one is after so many wrappers; empty if it has none."""
        return (*self.above, *self.files[0].path[:depth])[-1:]

    def _only_folder(self, depth: int) -> str | None:
        """The folder that holds everything at this depth, if one does."""
        names = {file.path[depth] if len(file.path) > depth + 1 else None for file in self.files}
        return names.pop() if len(names) == 1 else None

    def _platforms_level(self, depth: int) -> int:
        """The depth at which platforms' names stand, if the folders down to it leave no choice; else 0."""
        for level in range(depth, depth + _MAX_DEPTH):
            names = {self._below_topic(file.path[level:])[0] for file in self.files}
            if names == {SUBMITTED} or any(is_platforms(name, self._around(level)) for name in names):
                return level
            if self._only_folder(level) is None:
                break
        return 0

    def _holds_students(self, folder: _Path) -> bool:
        """Whether the only folder of an archive holds students, rather than being one."""
        below = {file.path[len(folder) :] for file in self.files}
        files = {path[0] for path in below if len(path) == 1}
        folders = {path[0] for path in below if len(path) > 1}
        if folders & self.topic_names or any(topic_named(stem(file), self.topics) for file in files):
            return False
        return self._is_alone(folder) and (len(files) > 1 or any(not self._is_nobodys(name) for name in folders))

    def _level_of_many(self, folder: _Path) -> int:
        """The depth at which there are many that may be students, if everything is there; else 0."""
        siblings = self._siblings(folder, self.files)
        if siblings is None or len(siblings.names) < MANY:
            return 0
        at = self._without_topics(siblings.at)
        return len(at) if len(at) >= len(folder) and self._is_alone(at) else 0

    def _is_alone(self, folder: _Path) -> bool:
        """Whether everything is in this folder, or loose around it."""
        return all(path[: len(folder)] == folder[: len(path)] for path in self.folders)

    def _tops(self, depth: int, around: _Path) -> dict[_Path, list[File]]:
        """The folders that are each one student unless more is known, with the files in them."""
        tops: defaultdict[_Path, list[File]] = defaultdict(list)
        for file in self.files:
            path = file.path[depth:]
            own = self._below_topic(path)
            if len(own) > 1 and not is_platforms(own[0], around):
                tops[file.path[: len(file.path) - len(own) + 1]].append(file)
        return tops

    def _is_one(self, tops: dict[_Path, list[File]]) -> bool:
        """Whether the folder or archive itself names the student, though there are folders in it.

        Raises:
            CourseError: if a topic's notebook stands beside folders that hold notebooks of topics.
        """
        if any(is_platforms(self._below_topic(file.path)[0], self._around(0)) for file in self.files):
            return False
        loose = [file for file in self.files if len(self._below_topic(file.path)) == 1]
        topics = [file for file in loose if topic_named(file.stem, self.topics)]
        students = [top for top in tops if not self._is_nobodys(top[-1])]
        if held := [top for top in students if topics and self._topics_in(tops[top])]:
            raise CourseError(self._question_of_one(topics[0], held))
        if not tops or self._around(0)[0] in self.topic_names or not all(self._is_nobodys(file.stem) for file in loose):
            return False
        if students:
            return bool(topics)
        within = {self._candidate(file.path[len(top) :]) for top, inside in tops.items() for file in inside}
        return len(within - {""}) <= 1

    def _siblings(self, folder: _Path, files: Sequence[File]) -> _Siblings | None:
        """What may be several students in a folder or in one below it, the nearest to the top."""
        levels: list[tuple[_Path, Sequence[File]]] = [(folder, files)]
        for at, inside in levels:
            if found := self._crowd(at, inside) or self._side_by_side(at, inside):
                return found
            below: defaultdict[_Path, list[File]] = defaultdict(list)
            for file in inside if len(at) < len(folder) + _MAX_DEPTH else ():
                if len(file.path) > len(at) + 1:
                    below[file.path[: len(at) + 1]].append(file)
            levels += [(deeper, held) for deeper, held in below.items() if len(held) > 1]
        return None

    def _scattered(self, folder: _Path, files: Sequence[File]) -> _Siblings | None:
        """Names that platforms gave to several students, wherever they are in a folder."""
        names: dict[str, None] = {}
        for file in files:
            parts = enumerate(file.path[len(folder) :], start=len(folder))
            if name := next((part for place, part in parts if is_platforms(part, file.path[place - 1 : place])), ""):
                names[name] = None
        counts = self._topics_in(files) if len(names) > 1 else {}
        return _Siblings(folder, tuple(names), *max(counts.items(), key=lambda item: item[1])) if counts else None

    def _crowd(self, at: _Path, files: Sequence[File]) -> _Siblings | None:
        """Many notebooks of one topic in one folder, by names that are nobody's: more than one student keeps."""
        crowd: defaultdict[str, list[str]] = defaultdict(list)
        for file in files:
            if len(file.path) == len(at) + 1 and (topic := topic_named(file.stem, self.topics)):
                crowd[topic.name].append(file.path[-1])
        found = ((topic, names) for topic, names in crowd.items() if len(names) >= MANY)
        return next((_Siblings(at, tuple(names), topic, len(names)) for topic, names in found), None)

    def _side_by_side(self, at: _Path, files: Sequence[File]) -> _Siblings | None:
        candidates: defaultdict[str, list[File]] = defaultdict(list)
        for file in files:
            if name := self._candidate(file.path[len(at) : len(at) + 2]):
                candidates[name].append(file)
        if len(candidates) < 2:
            return None
        holders: defaultdict[str, list[str]] = defaultdict(list)
        notebooks: defaultdict[str, int] = defaultdict(int)
        for name, held in list(candidates.items())[:_MAX_COMPARED]:
            shown = name if name.endswith("/") else held[0].path[-1]
            for topic, count in self._topics_in(held).items():
                holders[topic].append(shown)
                notebooks[topic] += count
        topic = max(holders, key=lambda topic: len(holders[topic]), default="")
        return _Siblings(at, tuple(holders[topic]), topic, notebooks[topic]) if len(holders[topic]) > 1 else None

    def _beside_papers(self, top: _Path) -> _Siblings | None:
        """What may be students in the only folder there is, some with a notebook, others with a paper or nothing."""
        candidates: defaultdict[str, list[File]] = defaultdict(list)
        for file in (one for one in self.all_files if one.path[: len(top)] == top):
            if len(file.path) == len(top) + 1 and file.counts:
                return None
            if len(file.path) > len(top) + 1 and (name := self._candidate(file.path[len(top) : len(top) + 2])):
                candidates[name].append(file)
        topics = {name: self._topics_in([one for one in held if one.counts]) for name, held in candidates.items()}
        with_notebook = [name for name, found in topics.items() if found]
        others = [name for name, held in candidates.items() if all(map(_is_paper, held))]
        if not (with_notebook and others):
            return None
        topic, count = next(iter(topics[with_notebook[0]].items()))
        return _Siblings(top, (*with_notebook, *others), topic, count)

    def _candidate(self, path: _Path) -> str:
        """The name of what may be a student: a folder's with a slash, a file's without what says which attempt it is.

        It is empty if the name is nobody's.
        """
        name = path[0] if len(path) > 1 else without_attempt(stem(path[0]))
        if name in self.topic_names or self._is_nobodys(name):
            return ""
        return f"{name}/" if len(path) > 1 else name

    def _topics_in(self, files: Sequence[File]) -> dict[str, int]:
        """How many notebooks of which topic there are, by name; if no name tells, by what is in the first ones."""
        found = [topic for file in files if (topic := self._named_topic(file))]
        if not found:
            found = [topic for file in files[:_MAX_OPENED] for topic in self._topics_within(file)]
        return {topic: found.count(topic) for topic in dict.fromkeys(found)}

    def _named_topic(self, file: File) -> str:
        topic = topic_named(file.stem, self.topics)
        return next((part for part in file.path[:-1] if part in self.topic_names), topic.name if topic else "")

    def _topics_within(self, file: File) -> list[str]:
        """The topics of which a file is a notebook or, as an archive, holds notebooks."""
        try:
            if file.is_notebook:
                topic = recognized(read_notebook(file.content(), file.name)[0], self.topics)
                return [topic.name] if topic else []
            if not file.is_archive:
                return []
            with open_archive(file.content(), file.origin, STUDENT_BYTES) as members:
                return list(self._topics_in([member for member in members if member.is_notebook]))
        except Unreadable:
            return []

    def _question(self, siblings: _Siblings, top: _Path) -> str:
        """What was seen where a folder may be one student or several, and what to do so that it is clear."""
        one = printable((*self.above, *top)[-1]) if top or self.above else "it"
        count = f"{siblings.notebooks} notebook{'' if siblings.notebooks == 1 else 's'} of {siblings.topic}"
        names = listed([printable(name) for name in siblings.names])
        seen = (
            f"{self._shown(siblings.at)} holds {names}, with {count}, and nothing says whether {one} is one student or "
            "holds several."
        )
        if any(is_platforms(name.rstrip("/"), siblings.at[-1:]) for name in siblings.names):
            several = f"give {self._shown(siblings.at)} itself"
        else:
            inner = self._without_topics(siblings.at)
            kind = "{student}/**" if siblings.names[0].endswith("/") else "{student}.*"
            give = f"give {self._shown(inner)}, or " if inner and not self.packed and self._is_alone(inner) else ""
            several = f"{give}add --names '{'*/' * len(siblings.at)}{kind}'"
        around = "*/" * (len(top) - 1)
        single = "add" if top else "give the folder around it with"
        return (
            f"{seen} If it holds students, {several}; if it is one student, {single} --names '{around}{{student}}/**'."
        )

    def _question_of_one(self, loose: File, folders: Sequence[_Path]) -> str:
        """The same where a topic's notebook stands beside folders."""
        name, place = printable(loose.path[-1]), self._shown(())
        names = listed([printable(f"{folder[-1]}/") for folder in folders])
        return (
            f"{place} holds {name} itself and folders with notebooks of topics: {names}. If the folders are students, "
            f"move {name} elsewhere; if {place} is one student's, give the folder around it with "
            "--names '{student}/**'."
        )

    def _shown(self, path: _Path) -> str:
        return printable(str(PurePath(*self.above, *path)), 400)

    def _without_topics(self, path: _Path) -> _Path:
        while path and path[-1] in self.topic_names:
            path = path[:-1]
        return path

    def _below_topic(self, path: _Path) -> _Path:
        """A path without a topic's folder at its beginning."""
        return path[1:] if len(path) > 1 and path[0] in self.topic_names else path

    def _is_nobodys(self, name: str) -> bool:
        return is_nobodys(name, self.topics)


def _is_paper(file: File) -> bool:
    """Whether a file is what somebody hands in who has no notebook: a text, or nothing at all."""
    return file.is_empty_folder or file.path[-1].lower().endswith(_PAPERS)
