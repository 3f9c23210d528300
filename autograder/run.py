"""One run of grading: what is graded and what is skipped, and where everything that grading says goes."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue

from autograder.course import Course, TopicPair
from autograder.errors import CourseError
from autograder.grading import Graded, Grading, course_secret, grade_notebook, open_zygote, ungraded
from autograder.journal import SUBMISSION, Journal, JournalEntry, cache_key, changes, reason
from autograder.late_policy import LatePolicy
from autograder.locks import alone
from autograder.preview import difference
from autograder.reports.class_marks import ClassMarks, apply_late_policy, read_class_marks
from autograder.reports.records import Records
from autograder.reports.terminal import console, progress
from autograder.selection import Selection
from autograder.students.identify import identify
from autograder.students.people import HandedIn, People
from autograder.submissions.align import align
from autograder.submissions.choose import Submission
from autograder.submissions.files import Unreadable
from autograder.submissions.levels import SUBMITTED
from autograder.submissions.names import NBGRADER, Key
from autograder.submissions.shown import Shown
from autograder.submissions.timestamps import folder_in, read_timestamp
from autograder.time_limits import TimeLimits
from autograder.upkeep import join
from autograder.verdicts.model import Result
from sandbox.shares import shares

EARLIER_VERSION = (
    "This gradebook was made by an earlier version. All marks stay; students now also get the ids of platforms."
)


class GradeRun:
    """One run of ``autograder grade``.

    Attributes:
        pairs: the course's topics.
        notes: what to tell beside the marks: what was skipped, and why a mark changed.
        failed: students on whose work grading itself failed, so that their marks were left as they were.
    """

    def __init__(
        self,
        course: Course,
        seconds: TimeLimits,
        isolate: bool,
        selection: Selection | None = None,
        gradebook: str | None = None,
        again_by: str = "--again",
    ) -> None:
        """Prepare a run.

        Args:
            course: the checkout.
            seconds: how long things may take.
            isolate: whether students' code is confined.
            selection: what the run is limited to.
            gradebook: the gradebook's address, if it is not the one in nbgrader's settings.
            again_by: the option of the command that grades what has not changed, too.
        """
        self._selection = selection or Selection()
        self._course, self._seconds, self._isolate = course, seconds, isolate
        self._gradebook, self._again_by = gradebook, again_by
        self._secret = course_secret(course)
        self._journal = Journal(course)
        self.pairs = course.pairs()
        self._selection.check(self.pairs.values())
        self._cache_keys = {
            name: cache_key(course, pair.source, seconds, self._secret) | {"isolation": str(isolate)}
            for name, pair in self.pairs.items()
        }
        self.notes: list[str] = []
        self.failed: list[str] = []
        self._people = People()
        self._same: list[tuple[str, str]] = []
        self._again = False

    def grade(self, submissions: Sequence[Submission], jobs: int, again: bool) -> list[Result]:
        """Grade what has changed since it was last graded, or everything; the results of all submissions."""
        self._again = again
        submissions = [self._with_doubts_about_time(submission) for submission in submissions]
        with alone(self._course, "grading"), Records(self._course, self._gradebook) as records:
            submissions = self._identified(submissions, records)
            copy = records.back_up()
            if not records.gradebook.knows_keys:
                where = f" A copy is in {copy.relative_to(self._course.records)}." if copy else ""
                self.notes.append(f"{EARLIER_VERSION}{where}")
            records.gradebook.enroll(self._people)
            self._join_the_same(records)
            for name in sorted({submission.topic.name for submission in submissions if submission.topic}):
                if cells := records.prepare(self.pairs[name].source):
                    now = {submission.student for submission in submissions if submission.topic_name == name}
                    self.notes += cells.sentences(name, now)
            apply_late_policy(self._course, records)
            again = again or bool(self._selection.exercises)
            entries = {} if again else {id(s): entry for s in submissions if (entry := self._unchanged(s, records))}
            unchanged = [self._brought_up_to_date(s, entries[id(s)], records) for s in submissions if id(s) in entries]
            if unchanged:
                count = f"{len(unchanged)} of {len(submissions)}"
                how = f"use {self._again_by} to grade them anyway"
                self.notes.append(f"{count} have not changed since they were graded; {how}.")
            todo = [submission for submission in submissions if id(submission) not in entries]
            return [*unchanged, *self._grade(todo, records, jobs)]

    def _join_the_same(self, records: Records) -> None:
        """Join rows of an earlier version with the students who handed in the very work again."""
        for old, new in self._same:
            try:
                join(self._course, records, old, new)
            except CourseError as error:
                self.notes.append(f"Not joined: {error}")
            else:
                self.notes.append(f"{old} is {new}: what was handed in is what was graded for {old}, byte for byte.")

    def marks(self) -> ClassMarks:
        """What is known about the whole class, this run included."""
        with alone(self._course, "grading"), Records(self._course, self._gradebook) as records:
            apply_late_policy(self._course, records)
            marks = read_class_marks(self._course, records)
        self.notes += _unknown_extensions(records.policy, marks.people)
        return marks

    def _identified(self, submissions: Sequence[Submission], records: Records | None) -> list[Submission]:
        """The submissions with their students, without those that are older than what was graded.

        Nothing is written where there are no records.
        """
        people = records.gradebook.people() if records else People()
        known, there = set(people.keys), set(people.persons)
        found = identify(submissions, people, self._graded_content)
        self.notes += found.notes
        self._same = found.same
        newest = []
        for submission in self._selection.of(found.submissions):
            topic = submission.topic_name
            before = people.handed_in.get((submission.student, topic))
            if before and (why := self._stays(submission, before)):
                self.notes.append(f"{submission.student}, {topic}: {why}")
            else:
                newest.append(submission)
        self._people = _only(people, known, there, {submission.student for submission in newest})
        return newest

    def _stays(self, submission: Submission, before: HandedIn) -> str:
        """Why the earlier mark is kept and this submission is not graded; empty if it is to be graded."""
        entry = self._journal.entry(before.student, before.topic)
        if self._selection.exercises and entry and entry.cache_key.get(SUBMISSION) != submission.content_hash:
            return (
                f"{submission.origin} is other work than was graded ({before.origin or 'before'}); --exercise grades "
                "only that again, so nothing was changed."
            )
        # For work graded by an earlier version, only its mark shows that there was a notebook.
        has_mark = bool(before.origin or (entry and entry.result.score))
        if before.has_notebook and before.topic and has_mark and submission.notebook is None:
            return f"{' '.join(submission.problems)} The mark of {before.origin or 'earlier work'} stays."
        chosen = self._selection.students and self._again
        if _is_older(submission, before) and before.has_notebook and not chosen:
            return (
                f"{submission.origin} is older than what was graded ({before.origin}), so it was not graded. To grade "
                f"it all the same: --student '{submission.student}' --again"
            )
        # A platform's next export still contains work that has been replaced in the meantime, for example by mail.
        came_again = entry is not None and submission.content_hash in entry.replaced
        if came_again and submission.platform not in ("", NBGRADER) and not chosen:
            return (
                f"{submission.origin} was graded before and has been replaced since by {before.origin}, whose mark "
                f"stays. To grade it all the same: --student '{submission.student}' --again"
            )
        return ""

    def _graded_content(self, student: str, topic: str) -> str:
        entry = self._journal.entry(student, topic)
        return entry.cache_key.get(SUBMISSION, "") if entry else ""

    def _unchanged(self, submission: Submission, records: Records) -> JournalEntry | None:
        """The journal's entry of a submission, if it is in the gradebook and its verdicts would be the same again."""
        if submission.topic is None:
            return None
        student, topic = submission.student, submission.topic.name
        entry = self._journal.entry(student, topic)
        if entry is None or entry.trace.waited_out or entry.cache_key != self._cache_key_of(submission, topic):
            return None
        return entry if records.gradebook.standing(student, topic) else None

    def _brought_up_to_date(self, submission: Submission, entry: JournalEntry, records: Records) -> Result:
        """The result of an unchanged submission; its page follows where a person has given points or comments since."""
        pair, notebook = self.pairs[entry.result.topic], submission.notebook
        if entry.written != self._written(submission, records, entry.result.topic):
            alignment = None
            if notebook is not None:
                alignment = align(pair.source, pair.released, notebook, submission.files, submission.left_out)
            self._record(Graded(submission, entry.result, alignment, entry.trace), records)
            written = self._written(submission, records, entry.result.topic)
            self._journal.write(replace(entry, written=written))
        return entry.result

    def _written(self, submission: Submission, records: Records, topic: str) -> str:
        """A hash of everything but the verdicts that a submission's files show; empty if a file is missing."""
        if not records.has_files(submission.student, self.pairs[topic].source):
            return ""
        standing = records.gradebook.standing(submission.student, topic)
        said = standing.in_order if standing else ()
        moment, _ = _time_of(self._course, submission)
        moment = records.policy.with_zone(moment) if moment else None
        about = (submission.origin, submission.sent_as, submission.is_late, submission.serial, moment)
        return hashlib.sha256(repr((said, about)).encode("utf-8", "backslashreplace")).hexdigest()[:16]

    def preview(self, submissions: Sequence[Submission], jobs: int, again: bool) -> None:
        """Grade what has changed, or everything, and write nothing: the notes say whose marks would change, and why."""
        self._again = again
        changed = 0
        submissions = [self._with_doubts_about_time(submission) for submission in submissions]
        with alone(self._course, "grading"), self._present_records() as records:
            submissions = self._identified(submissions, records)
            again = again or bool(self._selection.exercises)
            todo = [s for s in submissions if again or records is None or not self._unchanged(s, records)]
            for graded in self._graded(todo, jobs):
                name = f"{graded.result.student}, {graded.result.topic}"
                self.notes += [f"{name}: {problem}" for problem in graded.result.problems]
                if graded.submission.topic and not graded.failed and (change := self._change(graded, records)):
                    changed += 1
                    self.notes.append(f"{name}: {change}.")
        self.notes.append(f"{changed} of {len(submissions)} marks would be new or change; nothing was written.")

    def _present_records(self) -> AbstractContextManager[Records | None]:
        """The records, if there are any: opening them would make a gradebook."""
        return Records(self._course) if Records.are_there(self._course) else nullcontext()

    def _change(self, graded: Graded, records: Records | None) -> str:
        student, topic = graded.result.student, graded.result.topic
        standing = records.gradebook.standing(student, topic) if records else None
        change = difference(standing, graded.result)
        before = self._journal.entry(student, topic) if change and standing else None
        now = JournalEntry(self._cache_key_of(graded.submission, topic), graded.result, graded.trace)
        return f"{change}: {reason(before, now)}" if before else change

    def _grade(self, submissions: Sequence[Submission], records: Records, jobs: int) -> list[Result]:
        results = []
        for graded in self._graded(submissions, jobs):
            if graded.submission.topic and not graded.failed:
                self._record(graded, records)
                self._note(graded, records)
            else:
                # Everyone who handed in something gets a row that says why there is no mark.
                records.gradebook.hand_in(_handed_in(graded))
            if graded.failed:
                self.failed.append(graded.result.student)
            results.append(graded.result)
        return results

    def _graded(self, submissions: Sequence[Submission], jobs: int) -> Iterator[Graded]:
        if not submissions:
            return
        with (
            open_zygote(self._course, isolate=self._isolate) as zygote,
            progress(len(submissions), console(stderr=True)) as advance,
        ):
            grading = Grading(zygote, self._seconds, self._secret)
            for graded in map(self._limited, grade_class(grading, submissions, self.pairs, jobs)):
                yield graded
                advance(graded.result)

    def _limited(self, graded: Graded) -> Graded:
        before = self._journal.entry(graded.result.student, graded.result.topic)
        return replace(graded, result=self._selection.limited(graded.result, before))

    def _record(self, graded: Graded, records: Records) -> None:
        topic = self.pairs[graded.result.topic].source
        moment, _ = _time_of(self._course, graded.submission)
        before = self._graded_content(graded.result.student, topic.name)
        # A time that is known is that of other work.
        has_no_time = moment is None and before not in ("", graded.submission.content_hash)
        records.gradebook.hand_in(_handed_in(graded))
        records.enter(topic, graded.result, graded.alignment, moment, has_no_time=has_no_time)

    def _note(self, graded: Graded, records: Records) -> None:
        """Keep what was done in the journal; explain a mark that is not what it was."""
        student, topic = graded.result.student, graded.result.topic
        shown = Shown.of(self.pairs[topic].source, graded.alignment)
        entry = JournalEntry(self._cache_key_of(graded.submission, topic), graded.result, graded.trace, shown)
        before = self._journal.entry(student, topic)
        if before:
            old, now = before.cache_key.get(SUBMISSION, ""), entry.cache_key[SUBMISSION]
            replaced = dict.fromkeys((*before.replaced, *((old,) if old != now else ())))
            entry = replace(entry, replaced=tuple(one for one in replaced if one != now))
        if before and self._selection.exercises:
            # What was kept stands on what it stood on, so that a whole run does not take it for graded anew.
            entry = replace(entry, cache_key=before.cache_key)
        entry = replace(entry, written=self._written(graded.submission, records, topic))
        if before and (why := changes(before, entry)):
            self.notes.append(f"{student}, {topic}: {why}")
        self._journal.write(entry)

    def _with_doubts_about_time(self, submission: Submission) -> Submission:
        """The submission; where its time cannot be read that is a problem, and mending it a change."""
        _, doubt = _time_of(self._course, submission)
        if not doubt:
            return submission
        problems, content_hash = (doubt, *submission.problems), f"{submission.content_hash} at no time"
        return replace(submission, problems=problems, content_hash=content_hash)

    def _cache_key_of(self, submission: Submission, topic: str) -> dict[str, str]:
        return {SUBMISSION: submission.content_hash, **self._cache_keys[topic]}


def _only(people: People, known: Collection[Key], there: set[str], students: Collection[str]) -> People:
    """The people without those of this upload who are new and are not graded in this run."""
    kept = People(persons=dict(people.persons), handed_in=people.handed_in)
    for key, enrolled in people.keys.items():
        if key in known or enrolled.student in students:
            kept.enroll(key, enrolled.student, enrolled.name)
    owners = {enrolled.student for key, enrolled in people.keys.items() if key not in known}
    for student in owners - {enrolled.student for enrolled in kept.keys.values()} - there:
        del kept.persons[student]
    return kept


def _unknown_extensions(policy: LatePolicy, people: People) -> list[str]:
    """Extensions for students whom the gradebook does not know, which are most likely mistyped."""
    return [
        f"course.toml: late.extensions.{topic} names {student!r}, who is not in the gradebook."
        for topic, students in policy.extensions.items()
        for student in students
        if student not in people.persons and student not in {key.id for key in people.keys}
    ]


def _is_older(submission: Submission, before: HandedIn) -> bool:
    """Whether the platform says that something newer was graded already."""
    return submission.platform == before.platform and 0 < submission.serial < before.serial


def _handed_in(graded: Graded) -> HandedIn:
    submission = graded.submission
    return HandedIn(
        student=submission.student,
        topic=submission.topic_name,
        platform=submission.platform,
        serial=submission.serial,
        is_late=submission.is_late,
        has_notebook=submission.notebook is not None,
        origin=submission.origin,
        sent_as=submission.sent_as,
        problems=" ".join(graded.result.problems),
        drawn_from=submission.drawn_from,
    )


def _time_of(course: Course, submission: Submission) -> tuple[datetime | None, str]:
    """When something was handed in, if the platform or nbgrader's ``submitted/`` tells; a sentence if it is unreadable.

    Elsewhere than there, a file called ``timestamp.txt`` is one that the student handed in, too.
    """
    if submission.handed_in:
        return submission.handed_in, ""
    folder = folder_in((course.root / SUBMITTED).resolve(), Path(submission.origin))
    try:
        return (read_timestamp(folder) if folder else None), ""
    except Unreadable as error:
        return None, str(error)


def grade_class(
    grading: Grading, submissions: Sequence[Submission], topics: Mapping[str, TopicPair], jobs: int
) -> Iterator[Graded]:
    """Grade submissions, ``jobs`` at a time on cores of their own, and yield each as it is done.

    A submission in which something was ended before it had used its processor time is graded once more, alone, after
    all others.

    Raises:
        CourseError: if grading itself cannot go on; submissions that were yielded are done.
    """
    pool = ThreadPoolExecutor(max_workers=jobs)
    free: SimpleQueue[tuple[int, ...]] = SimpleQueue()
    for share in shares(jobs):
        free.put(share)

    def grade_one(submission: Submission) -> Graded:
        share = free.get()
        try:
            return _grade_one(replace(grading, cores=share), submission, topics)
        finally:
            free.put(share)

    try:
        doubtful = []
        for future in as_completed([pool.submit(grade_one, submission) for submission in submissions]):
            graded = future.result()
            if graded.trace.waited_out:
                doubtful.append(graded.submission)
            else:
                yield graded
        for submission in doubtful:
            yield _grade_one(grading, submission, topics)
    except BaseException:
        # Stop what is under way; its results are no longer needed.
        grading.zygote.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _grade_one(grading: Grading, submission: Submission, topics: Mapping[str, TopicPair]) -> Graded:
    pair = topics[submission.topic.name] if submission.topic else next(iter(topics.values()))
    if submission.notebook is None or submission.topic is None:
        return Graded(submission, ungraded(pair.source, submission.student, submission.problems), None)
    try:
        return grade_notebook(grading, pair, submission)
    except CourseError:
        raise
    except Exception as error:
        # One odd submission must not stop the class; the instructor reads what happened.
        problem = (
            f"Grading failed on this submission ({type(error).__name__}: {error}); its marks were left as they were. "
            "Grade it again; if that fails too, report it and grade by hand."
        )
        nothing = ungraded(pair.source, submission.student, [*submission.problems, problem])
        return Graded(submission, nothing, None, failed=True)
