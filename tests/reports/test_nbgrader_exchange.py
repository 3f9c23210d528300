"""A homework through nbgrader's exchange: what a student fetches in the end is the page that grading wrote."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbgrader import api

from autograder.course import Course
from tests.reports.mini_topic import RIGHT
from tests.reports.nbgrader_runs import checkout_of, filled, run, submit

NAMES = {"ada": "mini.ipynb", "bob": "HW1 final (2).ipynb"}
STUDENTS_SETTINGS = """\
c.CourseDirectory.course_id = "cnn-architectures"
c.Exchange.root = {root!r}
c.Exchange.cache = {cache!r}
"""


@dataclass(frozen=True)
class School:
    """A course and the folders of its students."""

    course: Course
    homes: dict[str, Path]

    def do(self, command: str, *arguments: str) -> str:
        """Have the instructor run a command of nbgrader's."""
        done = run(self.course.root, command, "01-mini", *arguments)
        assert done.returncode == 0, done.output
        return done.output

    def fetched(self, student: str) -> dict[str, str]:
        """The pages that a student gets now, by name."""
        done = run(self.homes[student], "fetch_feedback", "01-mini", "--student", student)
        assert done.returncode == 0, done.output
        pages = (self.homes[student] / "01-mini" / "feedback").rglob("*.html")
        return {page.name: page.read_text(encoding="utf-8") for page in pages}

    def page(self, student: str) -> str:
        """The page as ``autograder grade`` names it."""
        return (self.course.feedback / student / "01-mini.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The exchange, where everybody can write to it."""
    path = tmp_path_factory.mktemp("exchange")
    path.chmod(0o777)
    with pytest.MonkeyPatch.context() as settings:
        settings.setenv("CNN_EXCHANGE", str(path))
        yield path


@pytest.fixture(scope="module")
def school(
    make_mini_course: Callable[[Path], Course], tmp_path_factory: pytest.TempPathFactory, exchange: Path
) -> School:
    """A course whose students got the homework and handed it in, one with a notebook of another name."""
    folder = tmp_path_factory.mktemp("school")
    course = checkout_of(make_mini_course(folder / "course"))
    made = School(course, {student: folder / student for student in NAMES})
    with api.Gradebook(f"sqlite:///{course.gradebook}", "cnn-architectures") as book:
        book.update_or_create_assignment("01-mini")
    made.do("release_assignment")
    for student, home in made.homes.items():
        home.mkdir()
        settings = STUDENTS_SETTINGS.format(root=str(exchange), cache=str(home / "cache"))
        (home / "nbgrader_config.py").write_text(settings, encoding="utf-8")
        assert run(home, "fetch_assignment", "01-mini").returncode == 0
        released = home / "01-mini" / "mini.ipynb"
        notebook = filled(nbformat.read(released, as_version=4), RIGHT)
        released.unlink()
        nbformat.write(notebook, home / "01-mini" / NAMES[student])
        assert run(home, "submit", "01-mini", "--student", student).returncode == 0
    made.do("collect", "--ExchangeCollect.check_owner=False")
    # One whose work came by mail stops nobody's feedback; nor does a time that cannot be read.
    submit(course, "cy", filled(nbformat.read(course.notebooks / "01-mini" / "mini.ipynb", as_version=4), RIGHT))
    (course.root / "submitted" / "cy" / "01-mini" / "timestamp.txt").write_bytes(b"\xff\xfe\x00")
    made.do("autograde")
    made.do("generate_feedback")
    made.do("release_feedback")
    return made


@pytest.mark.parametrize("student", NAMES)
def test_a_student_fetches_the_page_that_grading_wrote(school: School, student: str) -> None:
    assert school.fetched(student) == {Path(NAMES[student]).stem + ".html": school.page(student)}


def test_the_page_is_no_copy_of_the_notebook(school: School) -> None:
    page = school.page("ada")
    assert "<strong>4</strong> of 7 points" in page
    assert len(page) < 50_000


def test_what_the_exchange_lays_beside_a_notebook_is_no_file_of_the_students(school: School) -> None:
    assert "submission_secret" not in school.page("ada")


def test_feedback_made_again_has_the_points_that_a_person_gave(school: School) -> None:
    with api.Gradebook(f"sqlite:///{school.course.gradebook}") as book:
        book.find_grade("why", "mini", "01-mini", "bob").manual_score = 2.5
        book.find_comment("why", "mini", "01-mini", "bob").manual_comment = "Which factor?"
        book.find_submission_notebook("mini", "01-mini", "bob").late_submission_penalty = 1.0
        book.db.commit()
    school.do("generate_feedback")
    school.do("release_feedback")
    (page,) = school.fetched("bob").values()
    assert page == school.page("bob")
    assert all(text in page for text in ("<strong>5.5</strong> of 7 points", "1 was taken off", "Which factor?"))


def test_work_graded_by_autograder_grade_is_released_as_well(school: School) -> None:
    for name in ("feedback", "autograded"):
        shutil.rmtree(school.course.root / name)
    command = [sys.executable, "-c", "from autograder.cli import main; main()", "grade", "submitted"]
    subprocess.run(command, cwd=school.course.root, check=False, capture_output=True)
    shutil.rmtree(school.homes["ada"] / "01-mini" / "feedback")
    school.do("generate_feedback", "--student", "ada")
    school.do("release_feedback", "--student", "ada")
    assert school.fetched("ada") == {"mini.html": school.page("ada")}


def test_work_whose_grading_is_forgotten_is_one_sentence_and_stops_nobody(school: School) -> None:
    (school.course.root / ".autograder" / "journal" / "01-mini" / "bob.json").unlink()
    shutil.rmtree(school.course.feedback, ignore_errors=True)
    done = run(school.course.root, "generate_feedback", "01-mini")
    assert done.returncode == 1
    assert "bob, 01-mini: nothing is known of its grading any more; grade it again." in done.output
    assert "Traceback" not in done.output
    assert (school.course.feedback / "ada" / "01-mini" / "mini.html").is_file()
