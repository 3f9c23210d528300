"""Grades one submission: the one way that the command line, nbgrader and Gradescope share."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from filelock import FileLock

import coursekit
from autograder.course import Course, TopicPair
from autograder.errors import CourseError
from autograder.execution.incidents import known
from autograder.execution.plan import plan
from autograder.execution.preparation import Preparation
from autograder.execution.processes import ProcessPair, Zygote
from autograder.execution.session import NOT_REACHED, Session
from autograder.settings import Forbidden, SubmissionLimits
from autograder.submissions.align import Alignment, align
from autograder.submissions.beside import laid_out
from autograder.submissions.choose import Submission
from autograder.submissions.compare import is_attempted
from autograder.time_limits import TimeLimits
from autograder.topics import Cell, CellKind, Exercise, Topic
from autograder.verdicts.model import ExerciseVerdict, Result, Status, TestVerdict, Trace
from autograder.verdicts.scoring import exercise_verdict, not_attempted, without_run, written_verdict
from sandbox.errors import SandboxError
from sandbox.limits import Limits
from sandbox.mechanisms import NONE, Mechanisms
from sandbox.probe import Report, probe, require

SECRET_BYTES = 32
NOT_ISOLATED = "It was graded without isolation: its code could read, change and send everything that the grader can."
NO_ISOLATION = "With --no-isolation submissions run with your rights on this machine: only for code that you trust."
WAITED_OUT = (
    "Some marks may depend on how busy the machine was. Ended before it had used its processor time: {}. "
    "The next run grades this submission again."
)


@dataclass(frozen=True)
class Grading:
    """What all submissions of a run share.

    Attributes:
        zygote: the process that submissions' processes are forked from.
        seconds: how long things may take.
        secret: decides, with the submission, the inputs of hidden tests.
        watch: called with the result so far whenever a test of a submission has a verdict.
        cores: the cores that a submission may use; all if there are none here.
    """

    zygote: Zygote
    seconds: TimeLimits
    secret: bytes = b""
    watch: Callable[[Result], None] | None = None
    cores: tuple[int, ...] = ()


@dataclass(frozen=True)
class Graded:
    """One submission and what grading says about it.

    Attributes:
        alignment: the student's cells beside the topic's; ``None`` when there was no notebook to grade.
        trace: how the run went.
        failed: whether grading itself failed, so that this is no verdict on the submission.
    """

    submission: Submission
    result: Result
    alignment: Alignment | None
    trace: Trace = field(default_factory=Trace)
    failed: bool = False


def readable_paths(course: Course) -> list[Path]:
    """What a student's process may read: the packages that notebooks import, and the data that they load."""
    packages = [Path(coursekit.__path__[0]), *([course.package_folder] if course.package_folder else [])]
    return [*packages, *course.data_files]


def hidden_paths(course: Course) -> list[Path]:
    """What a student's process must never read: solutions and tests, marks, and other submissions."""
    return [course.notebooks, *course.private_paths]


def required(report: Report) -> Mechanisms:
    """What confines submissions here.

    Raises:
        CourseError: if that does not suffice; with the reason and the remedy.
    """
    try:
        return require(report)
    except SandboxError as error:
        raise CourseError(f"{error} {NO_ISOLATION}") from None


def sandbox_limits(limits: SubmissionLimits) -> Limits:
    """What the sandbox allows a submission of a course with these limits."""
    return Limits(
        memory_bytes=limits.memory_megabytes << 20,
        scratch_bytes=limits.disk_megabytes << 20,
        processes=limits.processes,
    )


def open_zygote(course: Course, *, isolate: bool = True, limits: Limits | None = None) -> Zygote:
    """Start the process that submissions' processes are forked from.

    Raises:
        CourseError: if submissions cannot be isolated here; with the reason and the remedy.
    """
    readable, hidden = readable_paths(course), hidden_paths(course)
    mechanisms = required(probe(tuple(hidden), tuple(readable))) if isolate else NONE
    preparation = Preparation.of(course.root, course.settings)
    return Zygote(preparation, readable, hidden, mechanisms, limits or sandbox_limits(course.settings.limits))


def grade_notebook(grading: Grading, pair: TopicPair, submission: Submission) -> Graded:
    """Grade a submission that has a notebook.

    Args:
        grading: what all submissions share.
        pair: the topic.
        submission: what was handed in for it.
    """
    topic, files = pair.source, submission.files
    alignment = align(topic, pair.released, submission.notebook, files, submission.left_out)
    settled = _settled(topic, pair.released, alignment)
    todo = plan(topic, alignment, skip=frozenset(settled))
    isolation = () if grading.zygote.mechanisms.any else (NOT_ISOLATED,)
    said = (*submission.problems, *alignment.problems, *isolation)

    seed = _seed(grading.secret, submission.drawn_from or submission.student, alignment)
    forbids = {exercise.id: exercise.answer.forbids for exercise in topic.exercises}
    with laid_out(files) as folder:
        session = Session(
            todo,
            lambda: ProcessPair(grading.zygote, seed, grading.cores, folder),
            grading.seconds,
            known(grading.zygote.hidden),
            forbids,
        )
        forbidden = grading.zygote.preparation.forbids
        result = partial(_result, topic, submission.student, said, settled, session, forbidden)
        if grading.watch:
            watch = grading.watch
            session.watch = lambda verdicts: watch(result(verdicts))
        verdicts = session.run()
    trace = Trace(seed, session.steps, _rests_on_waiting(session, verdicts))
    return Graded(submission, result(verdicts), alignment, trace)


def _result(
    topic: Topic,
    student: str,
    said: Sequence[str],
    settled: Mapping[str, ExerciseVerdict],
    session: Session,
    forbids: Mapping[str, Forbidden],
    verdicts: Mapping[str, TestVerdict],
) -> Result:
    """What grading says once a session has come to these verdicts."""

    def judged(exercise: Exercise) -> ExerciseVerdict:
        if used := session.used.get(exercise.id):
            return without_run(exercise, Status.WRONG, forbids[used].says.format(exercise.id))
        return exercise_verdict(exercise, verdicts)

    exercises = tuple(settled.get(exercise.id) or judged(exercise) for exercise in topic.exercises)
    noticed = [f"The submission tried {what}, which the sandbox does not allow." for what in session.noticed]
    waited = _rests_on_waiting(session, verdicts)
    doubts = [WAITED_OUT.format(", ".join(waited))] if waited else []
    notes = session.notes
    problems = (*said, *noticed, *doubts)
    return Result(student, topic.name, exercises, problems, notes.for_instructors, notes.for_students)


def grade_with_second_chance(grade: Callable[[], Graded], may_repeat: Callable[[], bool] = lambda: True) -> Graded:
    """Grade a submission; once more if something was ended before it had used its processor time.

    Args:
        grade: grades it.
        may_repeat: whether there is time to.
    """
    graded = grade()
    return grade() if graded.trace.waited_out and may_repeat() else graded


def _rests_on_waiting(session: Session, verdicts: Mapping[str, TestVerdict]) -> list[str]:
    """What was ended without having used its processor time, where a lost mark may depend on that."""
    tests = [step for step in session.plan.steps if isinstance(step, Cell)]
    lost = [test for test in tests if test.id not in verdicts or verdicts[test.id].status is not Status.PASSED]
    said = " ".join(verdicts[test.id].message.lower() for test in lost if test.id in verdicts)
    suspects = {NOT_REACHED, *(test.id for test in lost), *(test.exercise for test in lost)}
    return [what for what in dict.fromkeys(session.waited_out) if lost and (what in suspects or what.lower() in said)]


def ungraded(topic: Topic, student: str, problems: Sequence[str]) -> Result:
    """The result of a submission that holds no notebook of the topic."""
    reason = problems[-1] if problems else "There is no notebook to grade."
    exercises = tuple(without_run(exercise, Status.NOT_ATTEMPTED, reason) for exercise in topic.exercises)
    return Result(student, topic.name, exercises, tuple(problems))


def _settled(topic: Topic, released: Topic, alignment: Alignment) -> dict[str, ExerciseVerdict]:
    """Verdicts that need no run: written answers, answers as released."""
    settled = {}
    for exercise in topic.exercises:
        answer = alignment.answer(exercise.id)
        attempted = answer is not None and is_attempted(released.by_id[exercise.id], answer)
        if exercise.answer.kind is CellKind.WRITTEN:
            settled[exercise.id] = written_verdict(exercise, attempted)
        elif answer is None or not attempted:
            settled[exercise.id] = not_attempted(exercise, released.by_id[exercise.id], answer)
    return settled


def _seed(secret: bytes, drawn_from: str, alignment: Alignment) -> int:
    digest = hashlib.sha256(secret + b"\0" + drawn_from.encode("utf-8", "surrogatepass"))
    for aligned in alignment.cells:
        digest.update(b"\0" + aligned.source.encode("utf-8", "surrogatepass"))
    for file in alignment.files:
        digest.update(b"\0" + file.path.encode() + b"\0" + file.content)
    return int.from_bytes(digest.digest()[:4], "big")


def course_secret(course: Course) -> bytes:
    """Random bytes that this course's hidden tests depend on; made once, readable by its owner only."""
    path = course.root / ".autograder" / "secret"
    path.parent.mkdir(exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        if not path.is_file() or path.stat().st_size < SECRET_BYTES:
            fresh = path.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_bytes(secrets.token_bytes(SECRET_BYTES))
            fresh.replace(path)
        return path.read_bytes()
