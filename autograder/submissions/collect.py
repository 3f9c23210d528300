"""From paths on the command line to one submission per student and topic."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from autograder.errors import CourseError
from autograder.submissions.archive import open_archive
from autograder.submissions.beside import ALONE, MAX_LOOKED_AT, NOBODYS
from autograder.submissions.choose import Submission, choose, newer
from autograder.submissions.files import File, Unreadable, in_folder, one_file, printable, stem
from autograder.submissions.layout import Layout, Placed
from autograder.submissions.levels import SUBMITTED
from autograder.submissions.names import NBGRADER, Key, Owner, unique_names
from autograder.submissions.patterns import NamePattern
from autograder.submissions.platforms import read_export
from autograder.topics import Topic

_GIVE = "give a notebook, a folder of notebooks or a zip archive"
# So many notebooks of a topic say what an export is of.
_USUAL = 3
# Stands for all folders and archives that were given; none of them is called so.
_ANYWHERE = "\0"


def collect(
    paths: Sequence[Path],
    topics: Sequence[Topic],
    topic: str | None = None,
    *,
    own: bool = False,
    names: NamePattern | None = None,
) -> list[Submission]:
    """Everything handed in below ``paths``, in order of students and topics.

    With a notebook come the files beside it that are surely the same student's: those in the student's folder, archive
    or nbgrader tree, and those that a platform names after the student. Of a notebook that is named alone only those in
    nbgrader's tree are: other folders may hold anything.

    Args:
        paths: notebooks; folders of notebooks, named after students or in folders named after students; nbgrader's
            ``submitted/`` or any folder in it; zip archives of these, or as learning platforms export them.
        topics: the course's topics.
        topic: grade this topic alone, by its name or its notebook's.
        own: whether a notebook that is named alone lies in its writer's own folder, so that files come with it of which
            its code speaks.
        names: says whose a file is, by its path below each of ``paths``; without it, names and folders do.

    Returns:
        One submission for each student and topic. Whatever is wrong with what one student handed in is a problem of
        that student's submission.

    Raises:
        CourseError: if a path does not exist, cannot be read at all or holds no notebook, if there is no such topic, or
            if nothing says whose a notebook is.
    """
    asked = _asked(topics, topic)
    handed_in: defaultdict[Owner, list[Placed]] = defaultdict(list)
    # Members of an archive are read when their student's turn comes, so archives stay open until the end.
    with ExitStack() as archives:
        alone: dict[str, Path] = {}
        for path in dict.fromkeys(path.resolve() for path in paths):
            found = list(_found(path, topics, archives, own, names))
            for owner, placed in found:
                handed_in[owner].append(placed)
            if not names and (same := _named_inside(found)) and same != path.name:
                if same in alone:
                    raise CourseError(_question(alone[same], path, same))
                alone[same] = path
        chosen = [
            submission for owner, files in handed_in.items() for submission in choose(owner, files, topics, asked)
        ]
    chosen = _with_common_topic(chosen)
    chosen = [_with_doubt_about_topic(one, chosen) for one in chosen]
    named = _named(_newest(chosen), _people(chosen))
    return sorted(named, key=lambda one: (one.student, one.topic_name))


def _people(submissions: Sequence[Submission]) -> dict[Owner, Owner]:
    """One of the owners for each person: owners that share a key are one."""
    first: dict[Key, Owner] = {}
    person: dict[Owner, Owner] = {}
    for one in submissions:
        mine = person.setdefault(one.owner, one.owner)
        other = person[first.setdefault(one.key, one.owner)]
        if mine != other:
            person = {owner: mine if known == other else known for owner, known in person.items()}
    return person


def _newest(submissions: Sequence[Submission]) -> list[Submission]:
    """One submission for each key and topic: where two exports of one assignment hold a student, the newest."""
    found: dict[tuple[Key, str], Submission] = {}
    for one in submissions:
        topic = one.topic_name
        # Without a topic, nothing says that two uploads are of one assignment.
        place = (one.key, topic or f"in {one.owner.upload}")
        found[place] = newer(found[place], one) if place in found else one
    return list(found.values())


def _named(submissions: Sequence[Submission], person: Mapping[Owner, Owner]) -> list[Submission]:
    names = unique_names(person[one.owner] for one in submissions)
    return [replace(one, student=names[person[one.owner]]) for one in submissions]


def collect_from_one(student: str, folder: Path, topic: Topic) -> Submission:
    """What one student handed in for a topic: everything below ``folder``, however its folders and files are named.

    Raises:
        CourseError: if there is nothing at all.
    """
    files = [Placed(file, (Owner(student),)) for file in in_folder(folder)]
    if not files:
        raise CourseError("Nothing was handed in.")
    (submission,) = choose(Owner(student), files, [topic], topic)
    return submission


def _asked(topics: Sequence[Topic], name: str | None) -> Topic | None:
    if name is None:
        return None
    for topic in topics:
        if name in (topic.name, topic.notebook):
            return topic
    raise CourseError(f"There is no topic {name}; the topics are {', '.join(topic.name for topic in topics)}.")


def _found(
    path: Path, topics: Sequence[Topic], archives: ExitStack, own: bool, names: NamePattern | None
) -> Iterator[tuple[Owner, Placed]]:
    """The files below one path of the command line, each with an owner, or with all students if it may be anyone's."""
    if not path.exists():
        raise CourseError(f"{path} does not exist; {_GIVE}.")
    if not (path.is_dir() or path.is_file()):
        raise CourseError(f"{path} is neither a file nor a folder; {_GIVE}.")
    if path.is_dir():
        root = path / SUBMITTED if (path / SUBMITTED).is_dir() and not names else path
        files, above = list(in_folder(root)), root.parts
    else:
        files, above = [one_file(path.parent, (path.name,))], path.parent.parts
    packed = path.is_file() and not files[0].is_notebook
    if packed:
        files, above = _archived(path, archives), path.parts
    from_platform = any(read_export(part) for file in files for part in file.path[:3])
    if not (any(file.counts for file in files) or (from_platform and not names)):
        raise CourseError(f"{path} holds no notebook; {_GIVE}.")
    layout = Layout(files, above, topics, packed=packed, names=names)
    placed = layout.placed()
    yield from ((owner, one) for one in placed for owner in one.owners)
    doubtful = [Placed(file, (), root="/".join(above), doubt=NOBODYS) for file in layout.nobodys()[:MAX_LOOKED_AT]]
    if layout.is_one_students:
        doubtful += [replace(one, only_if_named=True) for one in placed if len(one.file.path) > layout.depth + 1]
    if path.is_file() and not packed:
        doubtful += _beside_one(path, layout, own)
    for owner in {owner: None for one in placed if len(one.file.path) == layout.depth + 1 for owner in one.owners}:
        yield from ((owner, one) for one in doubtful)


def _named_inside(found: Sequence[tuple[Owner, Placed]]) -> str:
    """The plain folder or notebook that names the only student of a folder; empty if another name does, or several."""
    names = {owner.shown for owner, _ in found}
    tops = {
        one.file.path[0]: stem(one.file.path[0]) if len(one.file.path) == 1 else one.file.path[0] for _, one in found
    }
    return next((top for top, name in tops.items() if names == {name}), "")


def _question(first: Path, second: Path, inner: str) -> str:
    """What to say where two folders hold the same name each, and no other, so that their students would become one."""
    around = "{student}/**" if first.is_dir() else "{student}.*"
    kind = "{student}.*" if inner.lower().endswith((".ipynb", ".txt", ".json", ".zip")) else "{student}/**"
    return (
        f"{first} and {second} each hold {printable(inner)} and no other student, and nothing says who that is. If "
        f"{first.name} and {second.name} are the students, give the folder around them, with --names '{around}'; "
        f"if {printable(inner)} is one student's in both, add --names '{kind}'."
    )


def _beside_one(notebook: Path, layout: Layout, own: bool) -> Iterator[Placed]:
    """Files beside a notebook that was named alone."""
    root = "/".join(layout.above)
    if layout.is_submitted:
        yield from (Placed(file, (), root=root) for file in in_folder(notebook.parent) if not file.counts)
        return
    with os.scandir(notebook.parent) as scan:
        names = sorted(entry.name for entry in scan if entry.is_file(follow_symlinks=False))
    for file in (one_file(notebook.parent, (name,)) for name in names[:MAX_LOOKED_AT]):
        if not file.counts:
            yield Placed(file, (), root=root, doubt="" if own else ALONE, only_if_named=True)


def _with_doubt_about_topic(submission: Submission, others: Sequence[Submission]) -> Submission:
    """The submission; in a platform's export, which is of one assignment, another topic's notebook is a problem."""
    if submission.topic is None or submission.platform in ("", NBGRADER):
        return submission
    topics = Counter(one.topic.name for one in others if one.topic and one.root == submission.root)
    usual, count = topics.most_common(1)[0]
    if usual == submission.topic.name or count < max(_USUAL, topics.total() / 2):
        return submission
    said = f"This is the notebook of {submission.topic.name}; most others in this export are of {usual}."
    return replace(submission, problems=(*submission.problems, said))


def _archived(path: Path, archives: ExitStack) -> list[File]:
    try:
        return archives.enter_context(open_archive(path, str(path)))
    except Unreadable as error:
        raise CourseError(f"{error} To grade, {_GIVE}.") from error
    except OSError as error:
        raise CourseError(f"{path} cannot be read ({error.strerror}); {_GIVE}.") from error


def _with_common_topic(submissions: Sequence[Submission]) -> list[Submission]:
    """Give submissions of unknown topic the one topic that all others in their export, or in the run, have."""
    topics: defaultdict[str, dict[str, Topic]] = defaultdict(dict)
    for one in submissions:
        if one.topic:
            topics[one.root][one.topic.name] = topics[_ANYWHERE][one.topic.name] = one.topic
    common = {root: next(iter(found.values())) for root, found in topics.items() if len(found) == 1}
    return [
        one if one.topic else replace(one, topic=common.get(one.root) or common.get(_ANYWHERE)) for one in submissions
    ]
