"""Steps that ``nbgrader_config.py`` puts into nbgrader's own commands, so that they grade as ``autograder grade`` does.

nbgrader's ``Execute`` and ``SaveAutoGrades`` run submissions without isolation and infer marks from outputs; the steps
here take their place. One submission that cannot be read is one student's problem: it gets no points and a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import ref

from jinja2 import pass_context
from nbconvert.exporters import NotebookExporter
from nbconvert.filters import markdown2html
from nbformat.v4 import new_notebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool

from autograder.classroom import Graded, grade_class
from autograder.course import Course
from autograder.errors import CourseError
from autograder.execution.session import Seconds
from autograder.grading import Grading, course_secret, open_zygote
from autograder.reports.graded_notebook import for_students, graded_notebook
from autograder.reports.inert import inert_html
from autograder.reports.records import Records
from autograder.submissions.collect import collect
from autograder.submissions.pictures import with_pictures_in


class Run:
    """What the submissions of one nbgrader command share: the course's topics, and the process to fork from."""

    def __init__(self, course: Course, isolate: bool) -> None:
        self._topics = course.pairs()
        self._zygote = open_zygote(course, isolate=isolate)
        self._grading = Grading(self._zygote, Seconds(), course_secret(course))

    def grade(self, path: Path, student: str, topic: str) -> Graded:
        """Grade one file in nbgrader's ``submitted/``.

        Raises:
            CourseError: if grading itself failed, so that nbgrader leaves the marks as they were and says so.
        """
        (submission,) = collect([path], [pair.released for pair in self._topics.values()], topic)
        (graded,) = grade_class(self._grading, [replace(submission, student=student)], self._topics, jobs=1)
        if graded.failed:
            raise CourseError(graded.result.problems[-1])
        return graded

    def close(self) -> None:
        """End the process."""
        self._zygote.__exit__()


class SubmissionExporter(NotebookExporter):
    """Leaves reading what was handed in to grading, which copes with whatever it is."""

    def from_filename(self, filename: str, resources: Any = None, **keywords: Any) -> tuple[str, Any]:
        """Convert a submission, or copy a notebook that has been graded."""
        about, directory = resources["nbgrader"], self.parent.coursedir
        submitted = directory.format_path(directory.submitted_directory, about["student"], about["assignment"])
        if Path(filename).parent != Path(submitted):
            return super().from_filename(filename, resources, **keywords)
        about["path"] = Path(filename)
        return self.from_notebook_node(new_notebook(), resources, **keywords)


class GradeSubmission(NbGraderPreprocessor):
    """Takes the place of ``Execute``: grades what was handed in."""

    isolate = Bool(True, help="Whether students' code is confined; False only for trusted code.").tag(config=True)

    _run: Run | None = None
    _run_of: ref[Any] | None = None

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Grade one submission; what grading says goes into the resources."""
        about = resources["nbgrader"]
        graded = self._current_run().grade(about["path"], about["student"], about["assignment"])
        for problem in graded.result.problems:
            self.log.warning("%s, %s: %s", graded.result.student, graded.result.topic, problem)
        about["graded"] = graded
        return nb, resources

    def _current_run(self) -> Run:
        """The run of nbgrader's present command; nbgrader makes a step anew for each notebook."""
        shared, command = GradeSubmission, self.parent.parent
        if shared._run is None or shared._run_of is None or shared._run_of() is not command:
            if shared._run:
                shared._run.close()
            shared._run, shared._run_of = Run(_course_of(self), self.isolate), ref(command)
        return shared._run


class SaveVerdicts(NbGraderPreprocessor):
    """Takes the place of ``SaveAutoGrades`` and ``AssignLatePenalties``: enters verdicts and late penalties."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Enter one submission's verdicts into the gradebook and write its feedback page."""
        about = resources["nbgrader"]
        graded: Graded = about["graded"]
        course = _course_of(self)
        topic = course.source_topic(about["assignment"])
        with Records(course, about["db_url"]) as records:
            records.enter(topic, graded.result, graded.alignment)
            return graded_notebook(records.source(topic), graded.result, graded.alignment), resources


class HideFromStudents(NbGraderPreprocessor):
    """For ``nbgrader generate_feedback``: takes out hidden tests' text, marking schemes and notes for graders."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Leave what the student may read."""
        return for_students(nb), resources


def prepare_gradebook(assignment: str, **_: Any) -> None:
    """Before ``nbgrader autograde``: enter the topic, so that no ``generate_assignment`` has to come first."""
    course = Course(Path.cwd())
    with Records(course) as records:
        records.prepare(course.source_topic(assignment))


@pass_context
def markdown_without_scripts(context: Mapping[str, Any], text: str) -> str:
    """nbconvert's filter for Markdown, for pages on which students' text and pictures stand."""
    pictures = context.get("cell", {}).get("attachments", {})
    return inert_html(markdown2html(with_pictures_in(text, pictures)))


def _course_of(step: NbGraderPreprocessor) -> Course:
    """The course that a step runs in; its exporter's parent is nbgrader's command."""
    return Course(Path(step.parent.parent.coursedir.root))
