"""course.toml ties the engine to a course, and what cannot be understood in it is one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import Course, find_course
from autograder.errors import CourseError
from autograder.settings import read_settings
from autograder.time_limits import TimeLimits

LEAST = 'title = "Statistics"\nid = "statistics"\n'


def settings_of(folder: Path, text: str) -> object:
    (folder / "course.toml").write_text(text, encoding="utf-8")
    return read_settings(folder)


def test_a_title_and_an_id_are_enough(tmp_path: Path) -> None:
    settings_of(tmp_path, LEAST)
    course = Course(tmp_path)
    assert (course.solutions, course.notebooks, course.package_folder) == (
        tmp_path / "solutions",
        tmp_path / "notebooks",
        None,
    )
    assert course.settings.forbids == course.settings.questions == {}


def test_this_course_forbids_shortcuts_and_asks_questions_of_its_own(checkout: Course) -> None:
    assert set(checkout.settings.forbids) == {"autograd", "published", "reference", "measured"}
    assert set(checkout.settings.questions) == {"network", "layers", "stand_in", "stand_down", "called_with"}


def test_folders_and_limits_are_where_it_says(tmp_path: Path) -> None:
    limits = "[limits]\ncell_seconds = 5\nsubmission_seconds = 50\n"
    settings_of(tmp_path, f'{LEAST}[folders]\nsolutions = "sources"\n{limits}')
    course = Course(tmp_path)
    assert course.solutions == tmp_path / "sources" and "sources" in course.private
    assert TimeLimits.of(course.settings.limits) == TimeLimits(5, 50, 100, usual_cell=5)
    assert TimeLimits.of(course.settings.limits, cell=10) == TimeLimits(10, 100, 200, usual_cell=5)


def test_a_course_with_extensions_says_that_its_settings_are_private(tmp_path: Path) -> None:
    settings_of(tmp_path, LEAST)
    assert "course.toml" not in Course(tmp_path).private
    settings_of(tmp_path, f'{LEAST}[late.extensions.01-first]\nada = "2 days"\n')
    assert Course(tmp_path).private["course.toml"] == "who has an extension"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('title = "x"', "id is missing; it must be a string"),
        (f"{LEAST}colour = 1", "the top of the file has no setting 'colour'; it has title, id, package"),
        (f"{LEAST}[limits]\ncpu = 3", "[limits] has no setting 'cpu'; it has cell_seconds"),
        (f'{LEAST}[limits]\ncell_seconds = "20"', "limits.cell_seconds must be a number above 0"),
        (f"{LEAST}[limits]\nprocesses = 0", "limits.processes must be a whole number above 0"),
        (f"{LEAST}[limits]\ncell_seconds = inf", "limits.cell_seconds must be a number above 0"),
        (f"{LEAST}[limits]\nprocesses = true", "limits.processes must be a whole number above 0"),
        (f"{LEAST}limits = 3", "limits must be a table"),
        (f'{LEAST}imports = "numpy"', "imports must be a list of strings"),
        (f'{LEAST}[folders]\nsolutions = "/etc"', "folders.solutions: '/etc' must lie in the course's folder"),
        (f'{LEAST}[folders]\ndata = ["../*.csv"]', "folders.data: '../*.csv' must lie in the course's folder"),
        (f'{LEAST}[private]\n"../x" = "y"', "private: '../x' must lie in the course's folder"),
        (f'{LEAST}package = "my-lab"', "package: 'my-lab' cannot be the name of a package"),
        ('title = "x"\nid = "a/b"', "id: 'a/b' cannot be nbgrader's name for a course"),
        (f'{LEAST}[forbids.sum]\nsays = "No."', "forbids.sum needs calls or backward, or nothing would be noticed"),
        (f"{LEAST}[forbids.sum]\ncalls = ['math.fsum']", "forbids.sum.says is missing; it must be a string"),
        (
            f'{LEAST}[forbids.sum]\nsays = "{{1}}"\nbackward = true',
            "forbids.sum.says may hold {0}, the exercise",
        ),
        (
            f'{LEAST}[tests.x.questions]\ny = "a.b"',
            "'y' must name its function as package.module:function",
        ),
        (f"{LEAST}[limits]\nprocesses = 1{'0' * 400}", "limits.processes must be a whole number above 0"),
        (
            f'{LEAST}[folders]\nnotebooks = "solutions"',
            "and sample_class must lie outside each other",
        ),
        (f'{LEAST}[private]\n"a**" = "x"', "in 'a**', ** must stand alone"),
        ('title = "x"\nid = ".."', "id: '..' cannot be nbgrader's name for a course"),
        ("title = ", "is not TOML"),
    ],
)
def test_what_cannot_be_understood_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(CourseError) as caught:
        settings_of(tmp_path, text)
    assert str(caught.value).startswith(str(tmp_path / "course.toml")) and sentence in str(caught.value)


def test_a_folder_without_settings_is_no_course(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"change to the folder that holds course\.toml"):
        find_course(tmp_path)
    with pytest.raises(CourseError, match=r"holds no course\.toml"):
        read_settings(tmp_path)
