"""Where a graded submission goes: the gradebook, the notebook for the person grading, the page for the student."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from traitlets.config import Config

from autograder.atomic_files import write_text
from autograder.course import Course
from autograder.errors import CourseError
from autograder.late_policy import read_late_policy
from autograder.reports.backup import back_up
from autograder.reports.feedback import feedback_page
from autograder.reports.gradebook import DEFAULT_COURSE, Gradebook, Standing
from autograder.reports.gradebook_cells import CellChanges, cells_of
from autograder.reports.graded_notebook import Source, answers_in, graded_notebook, read_source
from autograder.reports.late import nbgrader_settings
from autograder.submissions.align import Alignment
from autograder.submissions.shown import Shown
from autograder.topics import Topic, as_text
from autograder.verdicts.model import Result


class Records:
    """What grading leaves in a course's folder."""

    def __init__(self, course: Course, location: Path | str | None = None) -> None:
        """Open the records.

        Args:
            course: the checkout.
            location: the gradebook, if it is not the course's own.

        Raises:
            CourseError: if the gradebook cannot be opened.
        """
        settings = nbgrader_settings(course.root)
        course_id = settings.CourseDirectory.get("course_id") or DEFAULT_COURSE
        self.course = course
        self.policy = read_late_policy(course.root, course.topics)
        together = self.policy.settings()
        # Settings of the instructor's own come last, so that they decide.
        together.merge(settings)
        self.gradebook = Gradebook(location or _location(course, together), course_id, together)
        self._sources: dict[str, Source] = {}

    @staticmethod
    def are_there(course: Course) -> bool:
        """Whether a course has a gradebook, or says that it is kept elsewhere."""
        location = _location(course, nbgrader_settings(course.root))
        return not isinstance(location, Path) or location.is_file()

    def __enter__(self) -> Records:
        """The records themselves."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the gradebook."""
        self.gradebook.close()

    def prepare(self, topic: Topic) -> CellChanges:
        """Enter a topic into the gradebook, or bring its entry up to its source."""
        return self.gradebook.prepare(topic.name, topic.notebook, cells_of(self.source(topic)))

    def enter(
        self,
        topic: Topic,
        result: Result,
        alignment: Alignment | None,
        submitted: datetime | None = None,
        *,
        has_no_time: bool = False,
    ) -> Standing:
        """Enter one graded submission of a prepared topic; entering it again changes nothing.

        The gradebook comes first: a run killed before the files are written enters the submission again.

        Args:
            topic: the topic with its tests.
            result: the verdicts.
            alignment: the student's cells beside the topic's; None if there was no notebook to read.
            submitted: when the work was handed in, if that is known; without a time zone, in the late policy's.
            has_no_time: whether nothing tells when this work was handed in, and a time that is known is another's.
        """
        folder = self.course.autograded / checked_name(result.student) / result.topic
        path = folder / f"{topic.notebook}.ipynb"
        graded = graded_notebook(self.source(topic), result, alignment)
        answers = {cell.id: cell.source for cell in graded.cells if cell.metadata.get("nbgrader", {}).get("solution")}
        before = answers_in(path)
        revised = [name for name, answer in answers.items() if before.get(name, answer) != answer]
        if submitted is not None:
            submitted = self.policy.with_zone(submitted)
        standing = self.gradebook.record(
            result, submitted=submitted, revised=revised, policy=self.policy, has_no_time=has_no_time
        )
        write_text(path, as_text(graded))
        if submitted is not None:
            write_text(folder / "timestamp.txt", f"{submitted.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC\n")
        elif has_no_time:
            (folder / "timestamp.txt").unlink(missing_ok=True)
        self.write_pages(topic, result, Shown.of(topic, alignment), standing)
        return standing

    def has_files(self, student: str, topic: Topic) -> bool:
        """Whether there is a page for a student, and a notebook for the person grading."""
        page = self.course.feedback / checked_name(student) / f"{topic.name}.html"
        return page.is_file() and (self.course.autograded / student / topic.name / f"{topic.notebook}.ipynb").is_file()

    def back_up(self) -> Path | None:
        """Copy the gradebook as it is, if it is a file."""
        return back_up(self.gradebook.file, self.course.backups) if self.gradebook.file else None

    def write_pages(
        self, topic: Topic, result: Result, shown: Shown, standing: Standing, names: Iterable[str] = ()
    ) -> None:
        """Write the page for a student: wherever it stands already, and by the names that nbgrader gives it.

        Args:
            topic: the topic with its tests.
            result: the verdicts.
            shown: what to show of the submission.
            standing: what the gradebook says.
            names: names of notebooks; for nbgrader each has a page in a folder of the topic's.
        """
        folder = self.course.feedback / checked_name(result.student) / topic.name
        pages = {folder.with_name(f"{topic.name}.html"), *folder.glob("*.html"), *(folder / f"{n}.html" for n in names)}
        text = feedback_page(topic, result, shown, standing)
        for page in sorted(pages):
            write_text(page, text)

    def source(self, topic: Topic) -> Source:
        """A topic's notebook in ``solutions/``."""
        if topic.name not in self._sources:
            path = self.course.solutions / topic.name / f"{topic.notebook}.ipynb"
            self._sources[topic.name] = read_source(path)
        return self._sources[topic.name]


def _location(course: Course, settings: Config) -> Path | str:
    """Where the gradebook is: at the address in nbgrader's settings, or where the course keeps its records."""
    if course.records != course.root:
        return course.gradebook
    return settings.CourseDirectory.get("db_url") or course.gradebook


def checked_name(student: str) -> str:
    """A student's name, which becomes a folder.

    Raises:
        CourseError: if it could lead out of the folder that it names.
    """
    if student in ("", ".", "..") or any(separator in student for separator in ("/", "\\", "\0")):
        raise CourseError(f"{student!r} cannot be a student's name, since it is no name of a folder.")
    return student
