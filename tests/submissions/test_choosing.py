"""Which notebook is graded, and for which topic."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import pytest

from autograder.errors import CourseError
from autograder.submissions.collect import collect, collect_from_one
from autograder.submissions.reading import read_notebook
from autograder.submissions.recognize import recognized
from autograder.topics import Topic
from tests.submissions.handouts import RELEASED, Handout, MakeFolder, Students


def topic_of(handout: Handout, topics: Sequence[Topic]) -> str:
    topic = recognized(read_notebook(handout.bytes(), "x.ipynb")[0], topics)
    return topic.name if topic else ""


def without_topic(handout: Handout) -> Handout:
    del handout.data["metadata"]["course"]
    return handout


def test_a_notebooks_topic_is_told_by_its_metadata(handout: Handout, topics: Sequence[Topic]) -> None:
    assert topic_of(handout, topics) == "01-norm"


def test_then_by_the_ids_of_its_cells(handout: Handout, topics: Sequence[Topic]) -> None:
    assert topic_of(without_topic(handout), topics) == "01-norm"


def test_then_by_the_exercises_that_it_defines(topics: Sequence[Topic], other_handout: Handout) -> None:
    assert topic_of(without_topic(other_handout).without_ids(), topics) == "02-conv"


def test_a_notebook_that_tells_nothing_has_no_topic(topics: Sequence[Topic]) -> None:
    notebook, _ = read_notebook(b'{"cells": [{"cell_type": "code", "source": "print(1)"}]}', "x.ipynb")
    assert recognized(notebook, topics) is None


def test_a_notebook_of_another_topic_than_asked_for_is_not_graded(
    students: Students, folder: MakeFolder, nb: bytes, other_handout: Handout
) -> None:
    found = students(folder({"alice.ipynb": nb, "bob.ipynb": other_handout.bytes()}), "01-norm")
    assert found["bob"].topic is found["alice"].topic
    assert found["bob"].notebook is None
    assert found["bob"].problems == ("This is the notebook of 02-conv; 01-norm was asked for.",)


def test_a_topic_can_be_asked_for_by_its_notebooks_name(students: Students, folder: MakeFolder, nb: bytes) -> None:
    assert students(folder({"alice.ipynb": nb}), "norm")["alice"].notebook is not None


def test_the_folder_of_nbgraders_tree_asks_for_its_topic(
    students: Students, folder: MakeFolder, other_handout: Handout
) -> None:
    found = students(folder({"alice/01-norm/norm.ipynb": other_handout.bytes()}))
    assert found["alice"].problems == ("This is the notebook of 02-conv; 01-norm was asked for.",)


def test_where_one_topic_is_asked_for_the_folders_of_others_are_left_alone(
    students: Students, folder: MakeFolder, nb: bytes, other_handout: Handout
) -> None:
    root = folder({"alice/01-norm/norm.ipynb": nb, "bob/02-conv/conv.ipynb": other_handout.bytes()})
    assert set(students(root, "01-norm")) == {"alice"}


def test_a_foreign_notebook_is_said_to_be_one(students: Students, folder: MakeFolder) -> None:
    found = students(folder({"alice.ipynb": b'{"cells": []}'}))
    assert found["alice"].topic is None
    assert found["alice"].problems == ("alice.ipynb is not the notebook of any topic of this course.",)


def test_what_cannot_be_read_belongs_to_the_topic_of_all_others(
    students: Students, folder: MakeFolder, nb: bytes
) -> None:
    found = students(folder({"alice.ipynb": nb, "bob.ipynb": b"?"}))
    assert found["bob"].topic is found["alice"].topic


def test_what_cannot_be_read_is_one_students_problem(students: Students, folder: MakeFolder, nb: bytes) -> None:
    root = folder({"alice.ipynb": nb, "bob.ipynb": b"?", "carol.ipynb": nb})
    found = students(root)
    assert [found[name].notebook is None for name in ("alice", "bob", "carol")] == [False, True, False]


def test_what_may_not_be_read_is_one_students_problem(
    students: Students, folder: MakeFolder, nb: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_any = Path.open

    def refusing(path: Path, mode: str) -> IO[bytes]:
        if path.name == "bob.ipynb":
            raise PermissionError(errno.EACCES, "Permission denied")
        return open_any(path, mode)

    root = folder({"alice.ipynb": nb, "bob.ipynb": nb})
    monkeypatch.setattr(Path, "open", refusing)
    assert students(root)["bob"].problems == ("bob.ipynb cannot be read (Permission denied).",)


def test_a_pipe_named_like_a_notebook_does_not_stop_the_class(
    students: Students, folder: MakeFolder, nb: bytes
) -> None:
    root = folder({"alice.ipynb": nb})
    os.mkfifo(root / "bob.ipynb")
    assert students(root)["bob"].problems == ("bob.ipynb is not an ordinary file and was not read.",)


def test_of_several_notebooks_the_one_with_more_answers_is_graded(
    students: Students, folder: MakeFolder, nb: bytes, handout: Handout
) -> None:
    found = students(folder({"alice/norm.ipynb": handout.bytes(), "alice/norm-Copy1.ipynb": nb}))["alice"]
    assert found.origin.endswith("norm-Copy1.ipynb")
    assert found.problems == ("Several notebooks were handed in: norm-Copy1.ipynb was graded, norm.ipynb not.",)


def test_answers_count_where_ids_are_lost_too(
    students: Students, folder: MakeFolder, done: Handout, handout: Handout
) -> None:
    files = {"alice/work.ipynb": done.without_ids().bytes(), "alice/old.ipynb": handout.without_ids().bytes()}
    assert students(folder(files))["alice"].origin.endswith("work.ipynb")


def test_of_several_equally_answered_notebooks_the_one_with_the_topics_name_is_graded(
    students: Students, folder: MakeFolder, done: Handout, nb: bytes
) -> None:
    other = done.write("scale", "def scale(x, factor):\n    return factor * x").bytes()
    found = students(folder({"alice/norm.ipynb": nb, "alice/z.ipynb": other}))["alice"]
    assert found.origin.endswith("norm.ipynb")


def test_an_exact_copy_is_nothing_to_report(students: Students, folder: MakeFolder, nb: bytes) -> None:
    assert not students(folder({"alice/norm.ipynb": nb, "alice/backup/norm.ipynb": nb}))["alice"].problems


def test_a_readable_notebook_is_graded_rather_than_a_damaged_one(
    students: Students, folder: MakeFolder, nb: bytes
) -> None:
    found = students(folder({"alice/norm.ipynb": b"?", "alice/old.ipynb": nb}))["alice"]
    assert found.notebook is not None
    (problem,) = found.problems
    assert problem.startswith("norm.ipynb is not a notebook: it is not JSON (line 1: Expecting value).")


def test_a_scratch_notebook_beside_the_right_one_is_nothing_to_report(
    students: Students, folder: MakeFolder, nb: bytes
) -> None:
    assert not students(folder({"alice/norm.ipynb": nb, "alice/scratch.ipynb": b'{"cells": []}'}))["alice"].problems


def test_more_notebooks_than_anyone_needs_are_not_read(students: Students, folder: MakeFolder, nb: bytes) -> None:
    files = {f"alice/attempt {number}.ipynb": nb + b" " * number for number in range(30)}
    problems = students(folder(files))["alice"].problems
    assert "More than 20 notebooks were handed in; the others were not read." in problems


def test_collecting_twice_gives_the_same(
    topics: Sequence[Topic], folder: MakeFolder, nb: bytes, handout: Handout
) -> None:
    root = folder({"a/norm.ipynb": nb, "a/x.ipynb": handout.bytes(), "b.ipynb": b"?", "c/essay.pdf": b""})
    assert collect([root], topics) == collect([root], topics)


def test_the_hash_tells_contents_apart(students: Students, folder: MakeFolder, nb: bytes, handout: Handout) -> None:
    found = students(folder({"alice.ipynb": nb, "bob.ipynb": nb, "carol.ipynb": handout.bytes()}))
    assert found["alice"].content_hash == found["bob"].content_hash != found["carol"].content_hash


@pytest.mark.parametrize(
    ("answered", "untouched"),
    [
        ("norm.ipynb", "a-backup/norm.ipynb"),
        ("second try/norm.ipynb", "norm.ipynb"),
        ("b.ipynb", "a.ipynb"),
        ("homework/norm.ipynb", "backup/norm.ipynb"),
        ("norm.ipynb", "submitted/alice/01-norm/norm.ipynb"),
        ("submission_2/norm.ipynb", "submission_1/norm.ipynb"),
    ],
)
def test_of_all_that_one_student_handed_in_the_notebook_with_answers_is_graded(
    folder: MakeFolder, nb: bytes, handout: Handout, answered: str, untouched: str
) -> None:
    found = collect_from_one("alice", folder({answered: nb, untouched: handout.bytes(), "notes.txt": b"x"}), RELEASED)
    assert (found.student, found.origin.endswith(answered)) == ("alice", True)
    assert found.notebook is not None


def test_one_student_may_hand_in_nothing_that_can_be_graded(folder: MakeFolder) -> None:
    found = collect_from_one("alice", folder({"notes.txt": b"x"}), RELEASED)
    assert (found.notebook, found.problems) == (None, ("No notebook was handed in; there is only notes.txt.",))


def test_one_student_may_hand_in_nothing_at_all(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="Nothing was handed in"):
        collect_from_one("alice", tmp_path, RELEASED)


def test_what_nbgrader_lays_into_a_folder_is_nothing_that_was_handed_in(students: Students, folder: MakeFolder) -> None:
    laid = {f"submitted/ada/01-norm/{name}": b"-" for name in ("timestamp.txt", "submission_secret.txt")}
    found = students(folder({**laid, "submitted/bo/01-norm/norm.ipynb": b"{"}))
    assert found["ada"].problems == ("No notebook was handed in; the folder is empty.",)
