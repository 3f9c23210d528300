"""What takes the place of nbgrader's own steps, so that its commands do what ``autograder grade`` does.

nbgrader finds only notebooks that are called as they were released, runs them without isolation, infers marks from
outputs, and gives students a copy of the notebook. Here its commands, and the formgrader's buttons, grade whatever
lies in ``submitted/`` and write the course's own page. Its gradebook, formgrader and exchange work on as they are.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from nbconvert.filters import markdown2html
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, BaseConverter, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from traitlets import Bool

from autograder.atomic_files import write_text
from autograder.course import Course
from autograder.errors import CourseError
from autograder.grading import course_secret
from autograder.journal import Journal
from autograder.locks import alone
from autograder.reports.inert import inert_html
from autograder.reports.records import Records
from autograder.reports.tables import write_grades
from autograder.run import GradeRun
from autograder.submissions.choose import Submission
from autograder.submissions.files import Unreadable
from autograder.submissions.pictures import with_pictures_in
from autograder.submissions.submitted import submitted_for
from autograder.submissions.timestamps import SECRET, TIMESTAMP, read_timestamp
from autograder.time_limits import TimeLimits
from autograder.topics import Topic
from autograder.validation import ValidateNotebook
from sandbox.shares import cores

_MAX_SECRET_BYTES = 1000


class GradeSubmission(Autograde):
    """Takes the place of ``Autograde``: grades as ``autograder grade`` does, and skips what has not changed."""

    isolate = Bool(True, help="Whether students' code is confined; False only for trusted code.").tag(config=True)

    def start(self) -> None:
        """Grade what was handed in for the topic.

        Raises:
            NbGraderException: if grading failed; what is wrong with a submission is logged, and its mark says so.
        """
        with _told(self):
            course, folder = _course(self), _folder(self, self.coursedir.submitted_directory)
            run = GradeRun(
                course,
                TimeLimits.of(course.settings.limits),
                self.isolate,
                gradebook=self.coursedir.db_url,
                again_by="--force",
            )
            topics = {name: pair.released for name, pair in run.pairs.items()}
            topic = topics[_named(self, topics)]
            submissions = submitted_for(topic, list(topics.values()), folder, lambda name: _is_wanted(self, name))
            if not submissions:
                pattern = folder / self.coursedir.student_id / self.coursedir.assignment_id
                raise CourseError(f"nothing was handed in for {topic.name}: no {pattern} is there.")
            strangers = self._strangers(submissions)
            known = [submission for submission in submissions if submission.student not in strangers]
            for result in run.grade(known, len(cores()) or 1, again=self.force):
                for problem in result.problems:
                    self.log.warning("%s, %s: %s", result.student, result.topic, problem)
            for note in run.notes:
                self.log.info(note)
            with _records(course, self.coursedir.db_url) as records:
                write_grades(course, records)
            if run.failed:
                raise CourseError(f"grading failed on {', '.join(run.failed)}; their marks were left as they were.")
            if strangers:
                names = ", ".join(strangers)
                raise CourseError(
                    f"{names}: not in the gradebook, and Autograde.create_student is off; add them first."
                )

    def _strangers(self, submissions: Sequence[Submission]) -> list[str]:
        """Students who are not in the gradebook, if nbgrader's settings want nobody entered."""
        if self.create_student:
            return []
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            known = {student.id for student in gradebook.students}
        return [submission.student for submission in submissions if submission.student not in known]


class ReleaseTopic(GenerateAssignment):
    """Takes the place of ``GenerateAssignment``, which refuses to add or remove cells once there are submissions."""

    def start(self) -> None:
        """Release the topic; where there are marks, bring the gradebook up to the topic's cells first, after a copy.

        Raises:
            NbGraderException: if a cell is gone for which people gave points or comments; nothing is changed then.
        """
        course, name = _course(self), str(self.coursedir.assignment_id)
        if name in course.topics and not self.no_database:
            with _told(self):
                self._keep_marks(course, name)
        super().start()

    def _keep_marks(self, course: Course, name: str) -> None:
        with _records(course, self.coursedir.db_url) as records:
            if any(mark.topic == name for mark in records.gradebook.marks()):
                records.back_up()
                changes = records.prepare(course.source_topic(name))
                for sentence in changes.sentences(name) if changes else ():
                    self.log.warning("%s", sentence)


class WriteFeedback(GenerateFeedback):
    """Takes the place of ``GenerateFeedback``: writes the page that ``autograder grade`` writes, with today's marks."""

    def start(self) -> None:
        """Write the pages of everybody whose work for the topic was graded.

        Raises:
            NbGraderException: if a page could not be written; all others are.
        """
        with _told(self):
            course, folder = _course(self), _folder(self, self.coursedir.autograded_directory)
            name = _named(self, course.topics)
            graded = sorted(path.parent.name for path in folder.glob(f"*/{name}") if path.is_dir())
            students = [student for student in graded if _is_wanted(self, student)]
            if not students:
                raise CourseError(f"no work for {name} has been graded; run `nbgrader autograde {name}` first.")
            with _records(course, self.coursedir.db_url) as records:
                topic = course.source_topic(name)
                failed = [student for student in students if not self._write(records, topic, student)]
            if failed:
                raise CourseError(f"no page could be written for {', '.join(failed)}.")

    def _write(self, records: Records, topic: Topic, student: str) -> bool:
        entry = Journal(records.course).entry(student, topic.name)
        standing = records.gradebook.standing(student, topic.name)
        if entry is None or entry.shown is None or standing is None:
            self.log.error("%s, %s: nothing is known of its grading any more; grade it again.", student, topic.name)
            return False
        submitted = _folder(self, self.coursedir.submitted_directory) / student / topic.name
        # A student looks for the page by the name that the notebook had when it was handed in.
        names = [topic.notebook, *(path.stem for path in submitted.glob("*.ipynb"))]
        records.write_pages(topic, entry.result, entry.shown, standing, names)
        folder = records.course.feedback / student / topic.name
        write_text(folder / TIMESTAMP, _time_of(submitted))
        write_text(folder / SECRET, _secret_of(submitted) or _nobodys_secret(records.course, folder))
        self.log.info("Wrote the page of %s for %s.", student, topic.name)
        return True


def take_over() -> None:
    """Have nbgrader's commands, and the formgrader's buttons, do what this module does.

    nbgrader has no setting for the classes of its two steps, nor for how it reads a time. Its command line and its
    formgrader look them up by the names that are set here.
    """
    if "nbgrader.apps" not in sys.modules:
        return  # None of nbgrader's commands runs; only its settings are read.
    from nbgrader.apps import api, autogradeapp, generateassignmentapp, generatefeedbackapp, validateapp
    from nbgrader.server_extensions.validate_assignment import handlers

    validateapp.Validator = handlers.Validator = ValidateNotebook
    autogradeapp.Autograde = api.Autograde = GradeSubmission
    generateassignmentapp.GenerateAssignment = api.GenerateAssignment = ReleaseTopic
    generatefeedbackapp.GenerateFeedback = api.GenerateFeedback = WriteFeedback
    CourseDirectory.get_existing_timestamp = _existing_timestamp
    api.NbGraderAPI.get_submitted_timestamp = _submitted_timestamp


@pass_context
def markdown_without_scripts(context: Mapping[str, Any], text: str) -> str:
    """nbconvert's filter for Markdown, for pages on which students' text and pictures stand."""
    pictures = context.get("cell", {}).get("attachments", {})
    return inert_html(markdown2html(with_pictures_in(text, pictures)))


@contextmanager
def _records(course: Course, location: str) -> Iterator[Records]:
    with alone(course, "grading"), Records(course, location) as records:
        yield records


@contextmanager
def _told(step: BaseConverter) -> Iterator[None]:
    """A person's mistake is one sentence in nbgrader's log; its command fails."""
    try:
        yield
    except CourseError as error:
        step.log.error("%s", error)
        raise NbGraderException(str(error)) from None


def _course(step: BaseConverter) -> Course:
    return Course(Path(step.coursedir.root))


def _folder(step: BaseConverter, name: str) -> Path:
    """A folder of nbgrader's that holds a folder for each student."""
    return (Path(step.coursedir.root) / name).resolve()


def _named(step: BaseConverter, topics: Any) -> str:
    name = str(step.coursedir.assignment_id)
    if name not in topics:
        raise CourseError(f"there is no topic {name!r}; the topics are: {', '.join(topics)}.")
    return name


def _is_wanted(step: BaseConverter, student: str) -> bool:
    """Whether ``--student`` means a student; the formgrader gives a name, people may give a pattern."""
    pattern, excluded = step.coursedir.student_id, step.coursedir.student_id_exclude.split(",")
    return student not in excluded and (student == pattern or fnmatchcase(student, pattern))


def _time_of(submitted: Path) -> str:
    """When work was handed in, for nbgrader's log."""
    try:
        moment = read_timestamp(submitted)
    except Unreadable:
        moment = None
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC" if moment else "at an unknown time"


def _secret_of(submitted: Path) -> str:
    """What the exchange gave a submission, to tell its page by; empty if it came another way."""
    if submitted.is_symlink() or submitted.parent.is_symlink():
        return ""  # It may be somebody else's.
    try:
        with (submitted / SECRET).open("rb") as file:
            return file.read(_MAX_SECRET_BYTES).decode("utf-8")
    except (OSError, ValueError):
        return ""


def _nobodys_secret(course: Course, folder: Path) -> str:
    """A secret for work that did not come through the exchange: nobody can fetch its page, and nobody's is held up."""
    return hashlib.sha256(course_secret(course) + str(folder).encode("utf-8", "surrogateescape")).hexdigest()


def _existing_timestamp(directory: CourseDirectory, folder: str) -> datetime | None:
    """nbgrader's reading of ``timestamp.txt``; what cannot be read is told, and stops nothing."""
    try:
        moment = read_timestamp(Path(folder))
    except Unreadable as error:
        directory.log.warning("%s: %s", folder, error)
        return None
    return moment.replace(tzinfo=None) if moment else None


def _submitted_timestamp(formgrader: Any, assignment_id: str, student_id: str) -> datetime | None:
    """The same for the formgrader's lists."""
    directory = formgrader.coursedir
    return _existing_timestamp(
        directory, directory.format_path(directory.submitted_directory, student_id, assignment_id)
    )
