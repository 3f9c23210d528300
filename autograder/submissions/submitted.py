"""What nbgrader's ``submitted/`` holds for one topic, student by student, whatever the files there are called."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from autograder.submissions.beside import MAX_LOOKED_AT, NOBODYS
from autograder.submissions.choose import Submission, choose
from autograder.submissions.files import in_folder, printable
from autograder.submissions.layout import Layout, Placed
from autograder.submissions.names import NBGRADER, Owner
from autograder.topics import Topic


def submitted_for(
    topic: Topic, topics: Sequence[Topic], folder: Path, wanted: Callable[[str], bool] = lambda _: True
) -> list[Submission]:
    """The submissions for a topic in ``submitted/``, as `collect` finds them there, in order of students.

    A student is called what the folder is called, since nbgrader finds the work by that name.

    Args:
        topic: the topic to grade.
        topics: the course's topics.
        folder: ``submitted/``.
        wanted: whether to read what the student of a name handed in.
    """
    layout = Layout(list(in_folder(folder)), folder.parts, topics, packed=False)
    nobodys = [Placed(file, (), root=str(folder), doubt=NOBODYS) for file in layout.nobodys()[:MAX_LOOKED_AT]]
    handed_in: defaultdict[str, list[Placed]] = defaultdict(list)
    for placed in layout.placed():
        if len(placed.file.path) > 1:
            handed_in[printable(placed.file.path[0], 255)].append(placed)
    return [
        submission
        for student in sorted(filter(wanted, handed_in))
        if any(_is_for(topic, placed) for placed in handed_in[student])
        for submission in choose(Owner(student, NBGRADER), [*handed_in[student], *nobodys], topics, topic)
    ]


def _is_for(topic: Topic, placed: Placed) -> bool:
    """Whether a file lies in the topic's folder, or stands for a student's folder that is empty or cannot be read."""
    file = placed.file
    return placed.topic is topic or (len(file.path) == 2 and (file.is_empty_folder or bool(file.refusal)))
