"""Which of the files that one student handed in is graded, for each topic."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nbformat import NotebookNode

from autograder.submissions.archive import STUDENT_BYTES, open_archive
from autograder.submissions.beside import NOT_THERE, FileBeside, Found, digest, files_beside
from autograder.submissions.files import File, Unreadable, printable
from autograder.submissions.layout import Placed
from autograder.submissions.names import NBGRADER, Key, Owner
from autograder.submissions.reading import read_notebook
from autograder.submissions.recognize import answered, recognized
from autograder.submissions.timestamps import SECRET, TIMESTAMP
from autograder.topics import Topic

MAX_NOTEBOOKS = 20
LATE = "The platform marks it late and does not say by how much: no points were taken off."


@dataclass(frozen=True)
class Submission:
    """What one student handed in for one topic.

    Attributes:
        owner: who handed it in.
        student: the student's id in the gradebook: safe as a file's name, and nobody else's.
        topic: the topic; None if nothing tells which it is.
        notebook: the notebook to grade, clean and without outputs; None if there is nothing to grade.
        problems: what is unusual about it, one sentence each, for the instructor.
        origin: where it was found.
        root: the folder or archive that was given, in which it was found.
        content_hash: SHA-256 of the notebook's bytes, and of the files; of its place, if they were not read.
        files: what was handed in beside the notebook.
        left_out: those of the problems that name files which were left out.
        drawn_from: what the inputs of hidden tests are drawn from, beside the cells; empty if it is the student's id.
        serial: grows with every upload on the platform; 0 if nothing tells.
        handed_in: when it was handed in, if the platform says so; without a time zone where the platform gives none.
        platform: where it was handed in; empty if no platform gave it its name.
        is_late: whether the platform calls it late.
        sent_as: what the platform calls the entry; empty if it has no name of its own.
        rank: what made it the one to grade; comparable among submissions for one topic.
    """

    owner: Owner
    student: str
    topic: Topic | None
    notebook: NotebookNode | None
    problems: tuple[str, ...]
    origin: str
    content_hash: str
    files: tuple[FileBeside, ...] = ()
    left_out: tuple[str, ...] = ()
    drawn_from: str = ""
    serial: int = 0
    handed_in: datetime | None = None
    platform: str = ""
    is_late: bool = False
    sent_as: str = ""
    root: str = ""
    rank: tuple[object, ...] = ()

    @property
    def topic_name(self) -> str:
        """The topic's name; empty if nothing tells which it is."""
        return self.topic.name if self.topic else ""

    @property
    def key(self) -> Key:
        """What identifies the student."""
        return self.owner.key(self.topic_name)

    @property
    def order(self) -> tuple[object, ...]:
        """Grows with what makes a submission the one to grade."""
        return (bool(self.notebook), self.rank, self.origin)


@dataclass(frozen=True)
class _Candidate:
    """A file that could be the notebook to grade.

    Attributes:
        wanted: the topic that it stands for, by what was asked for, its folder or its content.
        topic: the topic whose notebook it is.
        notebook: None if it cannot be read.
        archive: the student's archive that it was in, if it was in one.
        upload: grows with the export that it came in; 0 if nothing tells.
    """

    placed: Placed
    content_hash: str
    problems: tuple[str, ...]
    wanted: Topic | None = None
    topic: Topic | None = None
    notebook: NotebookNode | None = None
    archive: File | None = None
    upload: int = 0

    @property
    def file(self) -> File:
        return self.placed.file

    @property
    def gradable(self) -> bool:
        """Whether it is the notebook that it should be."""
        return self.notebook is not None and self.wanted is not None and self.topic is self.wanted

    def rank(self) -> tuple[object, ...]:
        """What makes it the one to grade: that it can be, then the latest upload, then the most work."""
        return (
            self.gradable,
            self.notebook is not None,
            self.upload,
            self.placed.version,
            answered(self.notebook, self.wanted) if self.gradable and self.wanted else 0,
            self.wanted is not None and self.file.stem == self.wanted.notebook,
            self.file.modified,
            self.file.path,
        )


def choose(owner: Owner, files: Sequence[Placed], topics: Sequence[Topic], asked: Topic | None) -> list[Submission]:
    """One submission for each topic that a student handed in; for the topic that was asked for, if one was.

    Args:
        owner: the student.
        files: everything that the student handed in, in any order, and what may be the student's.
        topics: the course's topics.
        asked: the topic to grade, or None for whatever was handed in.
    """
    files = [placed for placed in files if asked is None or placed.topic in (None, asked)]
    # An export holds only the newest attempt, but each file of it has a number of its own.
    uploads = {root: max(one.serial for one in files if one.root == root) for root in {one.root for one in files}}
    candidates = [_read(placed, archive, topics, asked) for placed, archive in _notebooks(files)]
    groups = _grouped([replace(one, upload=uploads[one.placed.root]) for one in candidates])
    found = [_submission(owner, group, files) for group in groups]
    return found + [_nothing(owner, inside, asked) for inside in _without_notebook(files, candidates)]


def _without_notebook(files: Sequence[Placed], candidates: Sequence[_Candidate]) -> list[list[Placed]]:
    """The files that come without a notebook, grouped by topic, or by export where no folder names a topic."""
    with_notebook = {one.placed.topic.name for one in candidates if one.placed.topic}
    with_notebook |= {one.wanted.name for one in candidates if one.wanted} | {one.placed.root for one in candidates}
    places: defaultdict[str, list[Placed]] = defaultdict(list)
    for placed in files:
        # What may be somebody else's is nothing that was handed in, unless there is nothing else.
        if placed.owners or not candidates:
            places[placed.topic.name if placed.topic else placed.root].append(placed)
    return [inside for place, inside in places.items() if place not in with_notebook]


def _nothing(owner: Owner, files: Sequence[Placed], asked: Topic | None) -> Submission:
    """The submission of a student who handed in files, but no notebook."""
    nbgraders = (TIMESTAMP, SECRET) if owner.platform == NBGRADER else ()
    own = (one.file.name for one in files if not one.doubt and not one.file.is_empty_folder)
    names = sorted(set(own) - set(nbgraders))
    problem = f"No notebook was handed in; {f'there is only {_listed(names)}' if names else 'the folder is empty'}."
    topic = files[0].topic or asked
    digest = _digest(problem.encode())
    nothing = Submission(owner, owner.proposed, topic, None, (problem,), files[0].file.origin, digest)
    return _with_upload(nothing, next((one for one in files if one.owners), files[0]))


def newer(one: Submission, other: Submission) -> Submission:
    """Of two submissions of one student for one topic, the one to grade; it says that there is another."""
    newest, older = (one, other) if one.order > other.order else (other, one)
    if newest.content_hash == older.content_hash:
        return newest
    said = f"Handed in more than once: {newest.origin} was graded, {older.origin} not."
    return replace(newest, problems=(*newest.problems, said))


def _with_upload(submission: Submission, placed: Placed) -> Submission:
    """A submission with what the platform says about its upload."""
    late = [LATE] if placed.is_late and placed.handed_in is None else []
    late += [printable(placed.time_doubt, 200)] if placed.time_doubt else []
    # By the name that it has here: a platform may call one who hands in for a group by the group's name.
    owner = next((one for one in placed.owners if one == submission.owner), submission.owner)
    return replace(
        submission,
        owner=owner,
        serial=placed.serial,
        handed_in=placed.handed_in,
        platform=owner.platform,
        is_late=placed.is_late,
        sent_as=placed.sent_as,
        root=placed.root,
        problems=(*submission.problems, *late),
    )


def _notebooks(files: Sequence[Placed]) -> Iterator[tuple[Placed, File | None]]:
    """The student's notebooks, at most `MAX_NOTEBOOKS`, each with the archive that it is in, if it is in one.

    Those in archives are open only while it is their turn.
    """
    found = ((inner, placed.file) for placed in files if placed.file.counts for inner in _unpacked(placed))
    for count, (placed, outer) in enumerate(found, start=1):
        if count > MAX_NOTEBOOKS:
            why = f"More than {MAX_NOTEBOOKS} notebooks were handed in; the others were not read."
            yield replace(placed, file=replace(placed.file, refusal=why)), None
            return
        yield placed, outer if placed.file is not outer else None


def _unpacked(placed: Placed) -> Iterator[Placed]:
    """A notebook as it is; the notebooks of an archive, one by one."""
    archive = placed.file
    if archive.is_notebook or archive.refusal:
        yield placed
        return
    try:
        with open_archive(archive.content(), archive.origin, STUDENT_BYTES) as members:
            notebooks = [member for member in members if member.counts]
            if not notebooks:
                raise Unreadable(f"{archive.name} holds no notebook.")
            for member in notebooks:
                why = f"{member.name} is an archive inside an archive, which is not opened."
                nested = member.is_archive and not member.refusal
                yield replace(placed, file=replace(member, refusal=why) if nested else member)
    except Unreadable as error:
        yield replace(placed, file=replace(archive, refusal=str(error)))


def _read(placed: Placed, archive: File | None, topics: Sequence[Topic], asked: Topic | None) -> _Candidate:
    wanted = placed.topic or asked
    digest = _digest(placed.file.origin.encode())
    try:
        content = placed.file.content()
        digest = _digest(content)
        notebook, problems = read_notebook(content, placed.file.name)
    except Unreadable as error:
        return _Candidate(placed, digest, (str(error),), wanted or _named_in(placed.file.stem, topics))
    topic = recognized(notebook, topics)
    return _Candidate(placed, digest, problems, wanted or topic, topic, notebook, archive)


def _named_in(stem: str, topics: Sequence[Topic]) -> Topic | None:
    """The topic that a file's name speaks of, if it is one."""
    named = [topic for topic in topics if topic.notebook.lower() in stem.lower()]
    return named[0] if len(named) == 1 else None


def _grouped(candidates: Sequence[_Candidate]) -> list[list[_Candidate]]:
    """The candidates, grouped by topic, or by export where the topic is unknown."""
    topics = {one.placed.root: one.wanted.name for one in reversed(candidates) if one.wanted}
    groups: defaultdict[str, list[_Candidate]] = defaultdict(list)
    for one in candidates:
        topic = one.wanted.name if one.wanted else topics.get(one.placed.root)
        # Beside a notebook of the course, a scratch notebook is nobody's business, but a damaged one may be a loss.
        if one.wanted or not (topic and one.notebook):
            groups[topic or f"in {one.placed.root}"].append(one)
    return list(groups.values())


def _submission(owner: Owner, group: Sequence[_Candidate], handed_in: Sequence[Placed]) -> Submission:
    topic = group[0].wanted
    best, *others = sorted(group, key=_Candidate.rank, reverse=True) if len(group) > 1 else group
    notebook = best.notebook if best.gradable else None
    files, left_out = _beside(best, handed_in) if notebook else ((), ())
    problems = [*best.problems, *_wrong_topic(best), *_not_graded(best, others), *left_out]
    submission = Submission(
        owner=owner,
        student=owner.proposed,
        topic=topic,
        notebook=notebook,
        problems=tuple(dict.fromkeys(problems)),
        origin=best.file.origin,
        content_hash=digest(best.content_hash, files),
        files=files,
        left_out=left_out,
        rank=best.rank(),
    )
    return _with_upload(submission, best.placed)


def _beside(best: _Candidate, handed_in: Sequence[Placed]) -> tuple[tuple[FileBeside, ...], tuple[str, ...]]:
    """The files that were handed in beside a notebook, and sentences on those left out."""
    outside = [_found(best, placed) for placed in handed_in if not placed.file.counts]
    if best.archive is None:
        return files_beside(best.notebook, outside)
    try:
        with open_archive(best.archive.content(), best.archive.origin, STUDENT_BYTES) as members:
            inside = [
                _found(best, replace(best.placed, file=member, named="")) for member in members if not member.counts
            ]
            return files_beside(best.notebook, [*inside, *(replace(one, doubt=NOT_THERE) for one in outside)])
    except Unreadable as error:
        return (), (str(error),)


def _found(best: _Candidate, placed: Placed) -> Found:
    """A file as it stands beside the notebook."""
    folder, path = best.file.path[:-1], placed.own_path
    there = placed.root == best.placed.root and path[: len(folder)] == folder
    below = path[len(folder) :] if there else path[-1:]
    return Found(placed.file, below, placed.doubt or ("" if there else NOT_THERE), placed.only_if_named, placed.version)


def _wrong_topic(best: _Candidate) -> Iterator[str]:
    if best.gradable or best.notebook is None:
        return
    asked = f"; {best.wanted.name} was asked for" if best.wanted else ""
    if best.topic:
        yield f"This is the notebook of {best.topic.name}{asked}."
    else:
        yield f"{best.file.name} is not the notebook of any topic of this course{asked}."


def _not_graded(best: _Candidate, others: Sequence[_Candidate]) -> Iterator[str]:
    """What to say about the other notebooks for the same topic; nothing about a copy, or another topic's."""
    for other in others:
        if other.notebook is None:
            yield from other.problems
    rivals = [other.file for other in others if other.gradable and other.content_hash != best.content_hash]
    if rivals:
        graded, *rest = _told_apart([best.file, *rivals])
        yield f"Several notebooks were handed in: {graded} was graded, {_listed(rest)} not."


def _told_apart(files: Sequence[File]) -> list[str]:
    """Names of files that tell them apart: their own, else with the folders in the upload, else with the upload."""
    ways = (
        [file.name for file in files],
        [printable("/".join(file.path), 200) for file in files],
        [file.origin for file in files],
    )
    return next((names for names in ways if len(set(names)) == len(files)), ways[-1])


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
