"""``autograder build``, from the command line."""

from __future__ import annotations

import shutil

from autograder.course import Course
from tests.commands.conftest import Run


def test_a_built_course_is_up_to_date(run: Run) -> None:
    assert run("build").stdout == "01-mini: up to date\n"


def test_a_topic_can_be_named_by_its_number_or_its_word(run: Run) -> None:
    assert run("build", "01").stdout == run("build", "mini").stdout == "01-mini: up to date\n"


def test_an_unknown_topic_is_one_sentence(run: Run) -> None:
    done = run("build", "02")
    assert done.returncode == 1
    assert done.stderr == "Error: there is no topic '02'; the topics are: 01-mini.\n"


def test_the_check_passes_on_what_the_build_wrote(run: Run) -> None:
    assert run("build", "--check").returncode == 0


def test_the_check_fails_on_marks_of_the_sample_class_that_were_edited(course: Course, run: Run) -> None:
    path = course.sample_class / "marks.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("complete,01-mini,4", "complete,01-mini,3"), "utf-8")
    done = run("build", "--check")
    assert done.returncode == 1
    assert "data/sample-class/marks.csv is not what the sources give." in done.stdout
    assert "Traceback" not in done.stderr


def test_the_check_of_one_topic_does_not_mind_marks_of_another(course: Course, run: Run) -> None:
    with (course.sample_class / "marks.csv").open("a", encoding="utf-8") as table:
        table.write("complete,02-other,7,Another topic.\n")
    shutil.copytree(course.solutions / "01-mini", course.solutions / "02-other")
    assert run("build", "--check", "01-mini").returncode == 0


def test_a_course_without_topics_is_one_sentence_and_loses_nothing(course: Course, run: Run) -> None:
    course.solutions.rename(course.root / "elsewhere")
    done = run("build")
    assert done.returncode == 1
    assert "holds no topic" in done.stderr
    assert (course.sample_class / "marks.csv").is_file()
