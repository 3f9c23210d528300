"""nbgrader's gradebook, written so that a killed run leaves whole submissions and a regrade keeps what people gave."""

from __future__ import annotations

import os
import signal
import sysconfig
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader import api, utils
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DatabaseError, OperationalError
from traitlets.config import Config

from autograder.errors import CourseError
from autograder.late_policy import LatePolicy
from autograder.reports.gradebook_cells import CellChanges, GradebookCells, bring_up_to, complete, remove
from autograder.reports.late import late_penalty
from autograder.reports.marks import Mark, counted, read_marks
from autograder.students import people as tables
from autograder.students.people import HandedIn, People
from autograder.text import points
from autograder.verdicts.model import Result, Status

BUSY_SECONDS = 60
DEFAULT_COURSE = "default_course"


@dataclass(frozen=True)
class Standing:
    """What the gradebook says about one submission, people's decisions included.

    Attributes:
        score: all points, extra credit included, before the penalty.
        max_score: all points that can be had.
        late_penalty: points taken off for a late submission.
        late_by: how long after the due time it was handed in, extensions counted, if both are known.
        scores: points of each graded cell, by its name.
        by_person: names of graded cells whose points a person gave.
        waiting: names of graded cells that a person is to look at.
        comments: what people wrote, by the name of the answer's cell.
    """

    score: float
    max_score: float
    late_penalty: float = 0.0
    late_by: timedelta = timedelta(0)
    scores: Mapping[str, float] = field(default_factory=dict)
    by_person: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()
    comments: Mapping[str, str] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """The points that count."""
        return counted(self.score, self.late_penalty)

    @property
    def in_order(self) -> tuple[object, ...]:
        """All of it, the same for the same standing in every process."""
        numbers = (self.score, self.max_score, self.late_penalty, self.late_by)
        names = (sorted(self.by_person), sorted(self.waiting))
        return (*numbers, sorted(self.scores.items()), *names, sorted(self.comments.items()))


class Gradebook:
    """The gradebook of a course.

    Each call is one transaction: a run killed at any moment leaves a submission either as it was or wholly written.

    Attributes:
        file: the database's file; None if it is on a server.
    """

    def __init__(self, location: Path | str, course_id: str = DEFAULT_COURSE, settings: Config | None = None) -> None:
        """Open a gradebook, making it if there is none.

        Args:
            location: the file, or any URL that nbgrader accepts.
            course_id: the course that new assignments belong to.
            settings: nbgrader's settings, for its late-submission plugin.

        Raises:
            CourseError: if the file is no gradebook, or another program keeps it locked.
        """
        url = _url_of(location)
        self._shown = url.database or url.drivername
        self._settings = settings or Config()
        self.file = Path(url.database) if url.drivername == "sqlite" and url.database else None
        with self._errors(), _alembic_on_path(), _interrupted_afterwards():
            if self.file and not self.file.exists():
                _make_whole(self.file, course_id)
            self._nbgrader = api.Gradebook(url, course_id)

    def __enter__(self) -> Gradebook:
        """The gradebook itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the gradebook."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._nbgrader.close()

    def prepare(self, topic: str, notebook: str, cells: GradebookCells) -> CellChanges:
        """Enter a topic as ``nbgrader generate_assignment`` would, or bring its entry up to a changed source.

        Points and comments that people gave stay.

        Args:
            topic: the topic's name.
            notebook: the name of its notebook.
            cells: the cells that it has now.

        Returns:
            What has changed for submissions that have marks.

        Raises:
            CourseError: if a cell is gone for which people gave points or comments.
        """
        with self._transaction() as session:
            course = {"course_id": self._nbgrader.course_id}
            assignment = _entered(session, api.Assignment, course, name=topic)
            for other in assignment.notebooks:
                if other.name != notebook:
                    remove(session, other)
            row = _entered(session, api.Notebook, {}, name=notebook, assignment=assignment)
            return bring_up_to(session, row, cells)

    def record(
        self,
        result: Result,
        *,
        submitted: datetime | None = None,
        revised: Collection[str] = (),
        policy: LatePolicy | None = None,
        has_no_time: bool = False,
    ) -> Standing:
        """Enter the verdicts on one submission of a topic that was prepared.

        Points, extra credit and comments that a person gave stay. Where the person's points stand on something that
        has changed, the cell is marked for another look, as nbgrader does.

        Args:
            result: the verdicts.
            submitted: when the work was handed in (with a time zone), if that is known.
            revised: exercises whose answer differs from the one graded before.
            policy: says whether the student has longer.
            has_no_time: whether nothing tells when this work was handed in, and a time that is known is another's.

        Returns:
            What the gradebook says now.
        """
        with self._transaction() as session:
            notebook = self._submitted_notebook(session, result.topic, result.student)
            if submitted is not None:
                notebook.assignment.timestamp = utils.parse_utc(submitted)
            elif has_no_time:
                notebook.assignment.timestamp = None
                notebook.late_submission_penalty = None
            if policy and result.topic in policy.due and notebook.assignment.assignment.duedate:
                names = tables.names_of(session, result.student)
                notebook.assignment.extension = policy.extension(result.topic, names)
            _enter_scores(notebook, result, frozenset(revised))
            _enter_comments(notebook, result)
            session.flush()
            session.expire(notebook)
            notebook.late_submission_penalty = late_penalty(notebook, self._settings)
            session.commit()
            return _standing(notebook)

    def standing(self, student: str, topic: str) -> Standing | None:
        """What the gradebook says about a submission; None if it has none."""
        with self._errors():
            self._nbgrader.db.rollback()  # what was read before may have changed
            try:
                submission = self._nbgrader.find_submission(topic, student)
            except api.MissingEntry:
                return None
            return _standing(submission.notebooks[0]) if submission.notebooks else None

    def marks(self) -> list[Mark]:
        """What the gradebook says about all submissions, in order of students and topics."""
        with self._errors():
            self._nbgrader.db.rollback()
            return read_marks(self._nbgrader.db)

    def apply_late_policy(self, policy: LatePolicy) -> list[tuple[str, str]]:
        """Let due times, extensions and late penalties be what the policy and the present points make them.

        Returns:
            Students and topics with another penalty, or another delay, than before.
        """
        changed = []
        with self._transaction() as session:
            withdrawn = tables.due_by_policy(session) - policy.due.keys()
            for assignment in session.query(api.Assignment):
                students = _penalise(session, assignment, policy, self._settings, assignment.name in withdrawn)
                changed += [(student, assignment.name) for student in students]
            tables.set_due_by_policy(session, policy.due)
        return changed

    def people(self) -> People:
        """The students, their keys and the roster."""
        with self._errors():
            self._nbgrader.db.rollback()
            return tables.load(self._nbgrader.db)

    @property
    def knows_keys(self) -> bool:
        """Whether it was made, or brought up to date, by a version that keeps students' keys."""
        with self._errors():
            self._nbgrader.db.rollback()
            return tables.are_there(self._nbgrader.db)

    def enroll(self, people: People) -> None:
        """Write the students' keys, and what the roster says."""
        with self._transaction() as session:
            tables.save(session, people)

    def hand_in(self, handed_in: HandedIn) -> None:
        """Note what a student handed in last for a topic."""
        with self._transaction() as session:
            tables.hand_in(session, handed_in)

    def join(self, old: str, new: str, keep: str = "") -> list[str]:
        """Move everything of a student to another one; the first one is gone then.

        Args:
            old: the student who goes.
            new: the student who stays.
            keep: whose mark stays where both have one: ``old`` or ``new``.

        Returns:
            The topics that changed hands.

        Raises:
            CourseError: if both have a mark for a topic and nothing says which one stays, or there is no such student.
        """
        with self._transaction() as session:
            theirs = {one.assignment.name: one for one in self._student(session, old).submissions}
            known = {one.assignment.name: one for one in self._student(session, new).submissions}
            both = sorted(theirs.keys() & known.keys())
            if both and not keep:
                raise CourseError(
                    f"{old} and {new} both have a mark for {', '.join(both)}: {_points_of(theirs, both)} and "
                    f"{_points_of(known, both)} points. Say whose stays: "
                    f"autograder students join '{old}' '{new}' --keep old, or --keep new."
                )
            for topic in both:
                _remove_submission(session, (known if keep == "old" else theirs).pop(topic))
            topics = list(theirs)
            for submission in theirs.values():
                submission.student_id = new
            tables.make_tables(session)
            tables.rename(session, old, new, [*topics, ""])
            session.flush()
            session.expire_all()
            gone, kept = self._student(session, old), self._student(session, new)
            for name in ("first_name", "last_name", "email"):
                setattr(kept, name, getattr(kept, name) or getattr(gone, name))
            session.delete(gone)
            return topics

    def forget(self, student: str) -> None:
        """Remove a student with all marks and comments."""
        with self._transaction() as session:
            row = self._student(session, student)
            for submission in row.submissions:
                _remove_submission(session, submission)
            session.delete(row)
            if tables.are_there(session):
                tables.forget(session, student)

    def _student(self, session: Any, student: str) -> api.Student:
        row = session.get(api.Student, student)
        if row is None:
            raise CourseError(f"the gradebook has no student {student!r}; `autograder students list` lists them.")
        return row

    def _submitted_notebook(self, session: Any, topic: str, student: str) -> api.SubmittedNotebook:
        assignment = self._nbgrader.find_assignment(topic)
        _entered(session, api.Student, {}, id=student)
        submission = _entered(session, api.SubmittedAssignment, {}, assignment=assignment, student_id=student)
        (notebook,) = assignment.notebooks
        submitted = _entered(session, api.SubmittedNotebook, {}, notebook=notebook, assignment=submission)
        complete(session, submitted)
        session.flush()
        return submitted

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        """All or nothing: nbgrader's own methods commit at every call, so rows are changed on its session instead.

        SQLite's lock is taken before anything is read, so that nobody changes what is decided upon.
        """
        session = self._nbgrader.db
        with self._errors():
            try:
                if self._nbgrader.engine.dialect.name == "sqlite":
                    session.execute(text("BEGIN IMMEDIATE"))
                yield session
                session.commit()
            finally:
                session.rollback()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            if "locked" in str(error):
                raise CourseError(
                    f"the gradebook {self._shown} has been locked by another program for {BUSY_SECONDS} seconds; "
                    "close that program and run this command again, nothing is lost."
                ) from None
            raise CourseError(f"the gradebook {self._shown} cannot be used: {error.orig}.") from None
        except DatabaseError as error:
            raise CourseError(
                f"the gradebook {self._shown} cannot be used ({error.orig}); move it away to begin a new one."
            ) from None


def _points_of(submissions: Mapping[str, api.SubmittedAssignment], topics: Collection[str]) -> str:
    return ", ".join(points(_standing(submissions[topic].notebooks[0]).total) for topic in topics)


def _remove_submission(session: Any, submission: api.SubmittedAssignment) -> None:
    for notebook in submission.notebooks:
        for dependent in (*notebook.grades, *notebook.comments, notebook):
            session.delete(dependent)
    session.delete(submission)
    session.flush()


def _penalise(
    session: Any, assignment: api.Assignment, policy: LatePolicy, settings: Config, withdrawn: bool
) -> list[str]:
    """Let the due time of an assignment, and extensions and penalties for it, be what the policy makes them.

    Args:
        session: the database's.
        assignment: the assignment; without a due time of the policy's, it keeps the one that it has from elsewhere.
        policy: the policy.
        settings: nbgrader's, for its late-submission plugin.
        withdrawn: whether the policy had a due time for it, and no longer has.

    Returns:
        The students for whom something changed.
    """
    before = assignment.duedate
    if withdrawn:
        assignment.duedate = None
    elif assignment.name in policy.due:
        assignment.duedate = policy.due[assignment.name].astimezone(UTC).replace(tzinfo=None)
    changed = []
    for submission in assignment.submissions:
        known = (before, submission.extension, submission.late_submission_penalty)
        if withdrawn:
            submission.extension = None
        elif assignment.name in policy.due:
            submission.extension = policy.extension(assignment.name, tables.names_of(session, submission.student_id))
        for notebook in submission.notebooks:
            notebook.late_submission_penalty = None if withdrawn else late_penalty(notebook, settings)
        penalty = sum(notebook.late_submission_penalty or 0.0 for notebook in submission.notebooks)
        if submission.timestamp and known != (assignment.duedate, submission.extension, penalty):
            changed.append(submission.student_id)
    return changed


def _enter_scores(notebook: api.SubmittedNotebook, result: Result, revised: frozenset[str]) -> None:
    tests = {test.test: (exercise.id, test.score) for exercise in result.exercises for test in exercise.tests}
    waiting = {e.id for e in result.exercises if e.status is Status.NEEDS_MANUAL_GRADING}
    for grade in notebook.grades:
        exercise, score = tests.get(grade.name, (grade.name, None if grade.name in waiting else 0.0))
        if grade.manual_score is None and score is not None:
            grade.needs_manual_grade = False
        elif grade.auto_score != score or exercise in revised:
            grade.needs_manual_grade = True
        grade.auto_score = score


def _enter_comments(notebook: api.SubmittedNotebook, result: Result) -> None:
    untouched = {e.id for e in result.exercises if e.status is Status.NOT_ATTEMPTED}
    for comment in notebook.comments:
        comment.auto_comment = "No response." if comment.name in untouched else None


def _standing(notebook: api.SubmittedNotebook) -> Standing:
    return Standing(
        score=notebook.score,
        max_score=notebook.max_score,
        late_penalty=notebook.late_submission_penalty or 0.0,
        late_by=timedelta(
            seconds=notebook.assignment.total_seconds_late if notebook.assignment.assignment.duedate else 0
        ),
        scores={grade.name: grade.score for grade in notebook.grades},
        by_person=frozenset(grade.name for grade in notebook.grades if grade.manual_score is not None),
        waiting=frozenset(grade.name for grade in notebook.grades if grade.needs_manual_grade),
        comments={comment.name: comment.manual_comment for comment in notebook.comments if comment.manual_comment},
    )


def _entered(session: Any, table: type, others: Mapping[str, str], **values: Any) -> Any:
    """The row with these values; where there is none, a new one, with others beside them."""
    row = session.query(table).filter_by(**values).one_or_none()
    if row is None:
        row = table(**values, **others)
        session.add(row)
        session.flush()
    return row


def _url_of(location: Path | str) -> URL:
    url = _file_url(location) if isinstance(location, Path) else make_url(location)
    return url.update_query_dict({"timeout": str(BUSY_SECONDS)}) if url.drivername == "sqlite" else url


def _file_url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path.resolve()))


def _make_whole(path: Path, course_id: str) -> None:
    """Make an empty gradebook beside its place and put it there when it is complete, unless another run was faster."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.unlink(missing_ok=True)
    try:
        with api.Gradebook(_file_url(fresh), course_id) as made:
            tables.make_tables(made.db)
            made.db.commit()
        _move_if_free(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _move_if_free(fresh: Path, path: Path) -> None:
    try:
        os.link(fresh, path)
    except FileExistsError:
        return
    except OSError:
        fresh.replace(path)  # a file system without hard links


@contextmanager
def _alembic_on_path() -> Iterator[None]:
    """nbgrader starts ``alembic`` by name, which an environment that is not activated does not find."""
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join((sysconfig.get_path("scripts"), before))
    try:
        yield
    finally:
        os.environ["PATH"] = before


@contextmanager
def _interrupted_afterwards() -> Iterator[None]:
    """Ctrl-C waits for the end: alembic, which is a process of its own, would answer it with a traceback."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
