"""What each graded submission leaves behind, so that a rerun skips what has not changed and explains what has."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autograder.atomic_files import write_text
from autograder.course import Course
from autograder.sources.fingerprint import data_behind, modules_behind
from autograder.submissions.shown import Shown
from autograder.time_limits import TimeLimits
from autograder.topics import Topic
from autograder.verdicts.model import ExerciseVerdict, Result, Status, TestVerdict, Trace
from coursekit.leaderboard import Value

SUBMISSION = "the submission"
# Names of fields in files of all versions, where the class calls them something else.
FIELDS = {"cache_key": "basis", "trace": "trail"}
# Their code decides verdicts, beside that of the course's own package.
ENGINE = Path(__file__).resolve().parents[1]
PACKAGES = ("autograder", "coursekit", "sandbox")


@dataclass(frozen=True)
class JournalEntry:
    """One graded submission.

    Attributes:
        cache_key: hashes and versions of everything that decided the verdicts, by what they are of.
        shown: what the student's page shows of the submission; None in an entry of an earlier version.
        written: a hash of what else the page and the graded notebook were made from.
        replaced: hashes of what was graded before and has been handed in anew since.
    """

    cache_key: dict[str, str]
    result: Result
    trace: Trace
    shown: Shown | None = None
    written: str = ""
    replaced: tuple[str, ...] = ()

    def as_text(self) -> str:
        """The entry as its file holds it."""
        fields = {FIELDS.get(name, name): value for name, value in asdict(self).items()}
        return json.dumps(fields, indent=1)


class Journal:
    """The entries of a course, one file per student and topic."""

    def __init__(self, course: Course) -> None:
        self._folder = course.records / ".autograder" / "journal"

    def entry(self, student: str, topic: str) -> JournalEntry | None:
        """The newest entry of a submission; ``None`` if there is none that can be read."""
        try:
            fields = json.loads(self._path(student, topic).read_text(encoding="utf-8"))
            shown = Shown.from_fields(fields["shown"]) if fields.get("shown") else None
            trace, written = Trace(**fields[FIELDS["trace"]]), fields.get("written", "")
            replaced = tuple(fields.get("replaced", ()))
            return JournalEntry(fields[FIELDS["cache_key"]], _result(fields["result"]), trace, shown, written, replaced)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, entry: JournalEntry) -> None:
        """Keep an entry in place of the one before."""
        write_text(self._path(entry.result.student, entry.result.topic), entry.as_text())

    def rename(self, old: str, new: str, topics: Iterable[str]) -> None:
        """Let a student's entries for topics be another's, and forget the others."""
        for topic in topics:
            if entry := self.entry(old, topic):
                self.write(replace(entry, result=replace(entry.result, student=new)))
        self.forget(old)

    def forget(self, student: str) -> None:
        """Remove a student's entries."""
        for path in self._of(student):
            path.unlink()

    def _of(self, student: str) -> list[Path]:
        return [path for folder in self._folder.glob("*") if (path := folder / f"{student}.json").is_file()]

    def _path(self, student: str, topic: str) -> Path:
        return self._folder / topic / f"{student}.json"


def cache_key(course: Course, topic: Topic, seconds: TimeLimits, secret: bytes) -> dict[str, str]:
    """Hashes and versions of what decides verdicts of a topic, the submission aside.

    Of the course's own package that is what the topic imports, directly or through other modules, or forbids; of the
    data, what one of these names.
    """
    hidden = topic.hidden.text if topic.hidden else ""
    code = [*(cell.source for cell in topic.cells if cell.cell_type == "code"), hidden]
    modules = modules_behind(course, [*code, *_imports_of_guards(course, topic)])
    engine = [path for name in PACKAGES for path in sorted((ENGINE / name).rglob("*.py"))]
    tests = [f"{cell.id}\0{cell.source}\0{cell.points}\0{cell.seconds}\0{cell.forbids}" for cell in topic.cells]
    data = data_behind(course, modules, code)
    return {
        "the tests": _hash(text.encode() for text in (*tests, hidden)),
        "the course's code": _hash(path.read_bytes() for path in dict.fromkeys((*engine, *modules))),
        "the data": _hash(part for path in data for part in (path.name.encode(), path.read_bytes())),
        "Python or torch": f"{platform.python_version()} {version('torch')}",
        "the time limits": f"{seconds.cell:g} {seconds.submission:g}",
        "the course's secret": _hash([secret]),
    }


def _imports_of_guards(course: Course, topic: Topic) -> list[str]:
    """Imports of what the topic's exercises forbid to call, which decides marks wherever it is called."""
    names = {name for cell in topic.cells for name in cell.forbids} & course.settings.forbids.keys()
    calls = [call.rpartition(".") for name in sorted(names) for call in course.settings.forbids[name].calls]
    return [f"from {module} import {function}" for module, _, function in calls]


def changes(before: JournalEntry, now: JournalEntry) -> str:
    """Why a regrade gave another mark, as one sentence; empty if the mark is the same."""
    if before.result.score == now.result.score:
        return ""
    return f"{before.result.score:g} points before, {now.result.score:g} now: {reason(before, now)}."


def reason(before: JournalEntry, now: JournalEntry) -> str:
    """What changed between two gradings of a submission, as a part of a sentence."""
    changed = [what for what, value in now.cache_key.items() if before.cache_key.get(what) != value]
    return f"{' and '.join(changed)} changed" if changed else "nothing that is recorded changed"


def _hash(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:16]


def _result(fields: Mapping[str, Any]) -> Result:
    exercises = tuple(
        ExerciseVerdict(
            **{**exercise, "status": Status(exercise["status"]), "tests": tuple(map(_test, exercise["tests"]))}
        )
        for exercise in fields["exercises"]
    )
    # An entry of an earlier version has no notes.
    notes, student_notes = (tuple(fields.get(name, ())) for name in ("notes", "student_notes"))
    return Result(fields["student"], fields["topic"], exercises, tuple(fields["problems"]), notes, student_notes)


def _test(fields: Mapping[str, Any]) -> TestVerdict:
    leaderboard = tuple(Value(**value) for value in fields["leaderboard"])
    return TestVerdict(**{**fields, "status": Status(fields["status"]), "leaderboard": leaderboard})
