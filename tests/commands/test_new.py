"""``autograder new``: a folder in which the other commands work at once, or nothing at all."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from glob import glob
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner, Result

from autograder.cli import main
from autograder.commands import new as command
from autograder.course import Course
from autograder.sources.differences import differences
from tests.commands.conftest import run_in

ROOT = Path(__file__).parents[2]


def new(*arguments: str | Path) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, ["new", *map(str, arguments)])


def test_a_new_course_builds_and_its_sample_class_gets_the_marks_that_it_must(tmp_path: Path) -> None:
    course = Course(tmp_path / "counting")

    assert run_in(tmp_path, "new", "counting").returncode == 0
    built = run_in(course.root, "build")
    graded = run_in(course.root, "grade", "--cell-seconds", "2")
    told = (course.of_sample.feedback / "plausible-mistakes" / "01-first.html").read_text(encoding="utf-8")

    assert built.returncode == 0, built.stderr
    assert "Every mark is the one written in data/sample-class/marks.csv." in graded.stdout
    assert "Only the amount before is added" in told


def test_nbgrader_releases_what_a_new_courses_build_does(tmp_path: Path) -> None:
    new(tmp_path / "course")
    run_in(tmp_path / "course", "build")
    released = tmp_path / "course" / "notebooks" / "01-first" / "first.ipynb"
    ours = nbformat.read(released, as_version=4)

    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "01-first", "--force"]
    done = subprocess.run(command, cwd=tmp_path / "course", capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr
    assert differences(nbformat.read(released, as_version=4), ours) == []


def test_the_folders_name_gives_the_id_and_the_title(tmp_path: Path) -> None:
    new(tmp_path / "Text-Mining_101")
    settings = Course(tmp_path / "Text-Mining_101").settings

    assert (settings.id, settings.title) == ("text-mining-101", "Text Mining 101")
    assert (tmp_path / "Text-Mining_101" / "README.md").read_text(encoding="utf-8").startswith("# Text Mining 101\n")


def test_a_title_may_hold_any_characters_that_can_be_printed(tmp_path: Path) -> None:
    title = 'Sets \\ "classes" – {0}'
    new(tmp_path / "course", "--title", title)

    assert tomllib.loads((tmp_path / "course" / "course.toml").read_text(encoding="utf-8"))["title"] == title


def test_an_empty_folder_becomes_the_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert new(".").exit_code == 0
    assert Course(Path.cwd()).topics == ["01-first"]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("full", "exists and is not an empty folder; name a new or an empty one."),
        ("full/file", "exists and is not an empty folder"),
        ("missing/course", "is not a folder; make it first."),
        ("other/inside/it", "lies in the course"),
        ("üöä", "cannot become an id"),
    ],
)
def test_a_path_that_cannot_be_a_course_is_refused_in_a_sentence(tmp_path: Path, path: str, sentence: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    new(tmp_path / "other")
    before = sorted(tmp_path.rglob("*"))

    done = new(tmp_path / path)

    assert done.exit_code == 1
    assert sentence in done.output
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("title", ["", " ", "two\nlines"])
def test_a_title_that_cannot_be_printed_is_refused(tmp_path: Path, title: str) -> None:
    assert "the title must be one line of printable text" in new(tmp_path / "course", "--title", title).output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", [True, False])
def test_a_write_that_fails_midway_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    def full(path: Path, text: str) -> None:
        if path.suffix == ".toml":
            raise OSError(28, "No space left on device", str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    monkeypatch.setattr(command, "write_text", full)
    if there:
        (tmp_path / "course").mkdir()

    assert "No space left on device" in new(tmp_path / "course").output
    assert [path.name for path in tmp_path.rglob("*")] == ["course"] * there


def test_the_template_is_installed_with_the_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["autograder"]
    # As setuptools does, which finds hidden files by patterns of their own alone.
    found = [glob(pattern, root_dir=ROOT / "autograder", recursive=True) for pattern in patterns]  # noqa: PTH207
    template = {path.relative_to(ROOT / "autograder").as_posix() for path in command.TEMPLATE.rglob("*.*")}

    assert {name for name in template if "__pycache__" not in name} <= {name for names in found for name in names}
