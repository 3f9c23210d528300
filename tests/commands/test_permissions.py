"""Whoever shares a machine is told what its other users could read, and nobody else is alarmed."""

from __future__ import annotations

import pwd
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.permissions import Others, exposed, others_here
from tests.conftest import CHECKOUT

STRANGERS = Others(are_there=True)
Make = Callable[..., Path]


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """An empty checkout that other users can enter."""
    root = tmp_path / "course"
    root.mkdir()
    root.chmod(0o755)
    tmp_path.chmod(0o755)
    shutil.copy(CHECKOUT / "course.toml", root)
    return Course(root)


@pytest.fixture
def make(course: Course) -> Make:
    """Makes a file in the checkout, its folders open to everybody."""

    def make(name: str, mode: int = 0o644) -> Path:
        path = course.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in path.parents[: len(Path(name).parts) - 1]:
            folder.chmod(0o755)
        path.touch()
        path.chmod(mode)
        return path

    return make


def account(name: str, number: int, shell: str = "/usr/sbin/nologin") -> pwd.struct_passwd:
    return pwd.struct_passwd((name, "x", number, number, "", f"/home/{name}", shell))


def findings(course: Course, others: Others = STRANGERS) -> list[str]:
    return list(exposed(course, others, top=course.root.parent))


@pytest.mark.parametrize(
    "name",
    [
        "solutions/01-mini/mini.py",
        "tests/test_answers.py",
        "data/sample-class/complete/mini.ipynb",
        ".git/objects/pack",
        ".autograder/secret",
        "gradebook.db",
        "gradebook.db-wal",
        "gradebook.db.2026-03-01",
        "grades.csv",
        "submitted/ada/mini.ipynb",
        "autograded/ada/mini.ipynb",
        "feedback/ada/01-mini.html",
    ],
)
def test_what_is_private_and_open_is_a_sentence(course: Course, make: Make, name: str) -> None:
    make(name)
    (sentence,) = findings(course)
    assert sentence.startswith("Other users of this machine can read")


def test_the_sentence_names_the_command_that_closes_it(course: Course, make: Make) -> None:
    path = make("gradebook.db")
    assert findings(course) == [f"Other users of this machine can read {path} (the marks): chmod o-rwx {path}"]


def test_what_students_get_may_be_read(course: Course, make: Make) -> None:
    make("notebooks/01-mini/mini.ipynb")
    make("coursekit/checks.py")
    assert findings(course) == []


def test_a_closed_file_is_nothing_to_report(course: Course, make: Make) -> None:
    make("gradebook.db", 0o600)
    assert findings(course) == []


def test_a_closed_folder_above_protects_everything(course: Course, make: Make) -> None:
    make("gradebook.db")
    make("solutions/01-mini/mini.py")
    course.root.parent.chmod(0o700)
    assert findings(course) == []


def test_a_closed_folder_protects_what_lies_in_it(course: Course, make: Make) -> None:
    make("submitted/ada/mini.ipynb").parent.chmod(0o700)
    assert findings(course) == []


def test_a_folder_that_can_be_entered_but_not_listed_is_open(course: Course, make: Make) -> None:
    make("solutions/01-mini/mini.py")
    (course.root / "solutions").chmod(0o711)
    assert len(findings(course)) == 1


def test_a_group_that_other_people_have_as_their_own_counts_as_others(course: Course, make: Make) -> None:
    path = make("gradebook.db", 0o640)
    assert findings(course) == []
    (sentence,) = findings(course, Others(True, frozenset({path.stat().st_gid})))
    assert sentence.endswith(f"chmod go-rwx {path}")


def test_a_link_is_judged_by_what_it_leads_to(course: Course, make: Make) -> None:
    elsewhere = make("private/gradebook.db")
    elsewhere.parent.chmod(0o700)
    (course.root / "gradebook.db").symlink_to(elsewhere)
    assert findings(course) == []


def test_the_history_behind_a_linked_worktree_is_found(course: Course, make: Make) -> None:
    make("main/.git/objects/pack")
    make("main/.git/worktrees/here/commondir").write_text("../..\n")
    make(".git").write_text(f"gitdir: {course.root / 'main' / '.git' / 'worktrees' / 'here'}\n")
    (sentence,) = findings(course)
    assert str(course.root / "main" / ".git") in sentence


def test_accounts_of_programs_are_no_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.permissions._has_directory", lambda: False)
    monkeypatch.setattr("autograder.permissions._other_homes", lambda _: False)
    monkeypatch.setattr("pwd.getpwall", lambda: [account("daemon", 2), account("nobody", 65534), account("www", 1001)])
    assert not others_here().are_there


def test_another_persons_account_makes_a_machine_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pwd.getpwall", lambda: [account("ada", 4321, "/bin/bash")])
    assert others_here() == Others(True, frozenset({4321}))
