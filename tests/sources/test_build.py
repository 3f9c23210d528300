"""A build derives every file from the source, gives the same files twice, and notices what was changed by hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from autograder.course import Course
from autograder.errors import CourseError
from autograder.sample_class.build_class import build_marks, check_marks
from autograder.sources.build import Files, build, check, files_of
from autograder.sources.differences import differences


@pytest.fixture(scope="module")
def built_once(tmp_path_factory: pytest.TempPathFactory, make_mini_course: Callable[[Path], Course]) -> Course:
    course = make_mini_course(tmp_path_factory.mktemp("course"))
    build(course, files_of(course, "01-mini"))
    return course


@pytest.fixture
def built(built_once: Course, tmp_path: Path) -> Course:
    """A built course, to be changed at will."""
    return Course(shutil.copytree(built_once.root, tmp_path / "course"))


def written(course: Course) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(course.root.rglob("*")) if path.is_file()}


def test_the_released_notebook_holds_nothing_of_solution_hidden_test_or_marking_scheme(built: Course) -> None:
    text = (built.notebooks / "01-mini" / "mini.ipynb").read_text(encoding="utf-8")
    for secret in (
        "secret_solution",
        "twice twenty-one",
        "factor",
        "BEGIN",
        'right=\\"B',
    ):
        assert secret not in text


def test_the_executed_notebook_keeps_outputs(built: Course) -> None:
    notebook = nbformat.read(built.solutions / "01-mini" / "mini.ipynb", as_version=4)
    printing = next(cell for cell in notebook.cells if cell.id == "printing")
    assert printing.outputs[0].text == "an experiment\n"


def test_a_second_build_runs_nothing_and_changes_nothing(built: Course) -> None:
    before = written(built)
    assert build(built, files_of(built, "01-mini")) is False
    assert written(built) == before


def test_two_builds_from_scratch_are_identical(built: Course) -> None:
    before = written(built)
    (built.solutions / "01-mini" / "mini.ipynb").unlink()
    assert build(built, files_of(built, "01-mini")) is True
    assert written(built) == before


def test_the_released_explanations_are_not_in_plain_text(built: Course) -> None:
    sealed = json.loads((built.root / "cnnlab" / "quizzes" / "01-mini.json").read_text(encoding="utf-8"))
    assert set(sealed["parity"]) == {"A", "B"}
    assert "factor" not in json.dumps(sealed)


def test_a_built_topic_passes_the_check(built: Course) -> None:
    assert check(built, files_of(built, "01-mini")) == []


def test_the_check_does_not_mind_other_outputs(built: Course) -> None:
    path = built.solutions / "01-mini" / "mini.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("an experiment\\n", "another\\n"), encoding="utf-8")
    assert check(built, files_of(built, "01-mini")) == []


def test_the_check_shows_a_line_edited_in_a_released_notebook(built: Course) -> None:
    path = built.notebooks / "01-mini" / "mini.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("Twice x.", "Thrice x."), encoding="utf-8")
    lines = "\n".join(check(built, files_of(built, "01-mini")))
    assert "notebooks/01-mini/mini.ipynb: source of cell 'double' differs" in lines
    assert '-    """Thrice x."""' in lines


def test_the_check_notices_a_source_that_went_on(built: Course) -> None:
    source = built.solutions / "01-mini" / "mini.py"
    source.write_text(source.read_text(encoding="utf-8") + "\n# %%\nprint(1)\n", encoding="utf-8")
    assert any("cells differs" in line for line in check(built, files_of(built, "01-mini")))


@pytest.mark.parametrize("damage", ["", "[]", "<<<<<<< HEAD\n{}\n"])
def test_a_damaged_notebook_is_named_by_the_check_and_made_again_by_the_build(built: Course, damage: str) -> None:
    before = written(built)
    for folder in (built.solutions, built.notebooks):
        (folder / "01-mini" / "mini.ipynb").write_text(damage, encoding="utf-8")
    for folder, line in zip((built.solutions, built.notebooks), check(built, files_of(built, "01-mini")), strict=True):
        assert f"{folder / '01-mini' / 'mini.ipynb'} is damaged" in line
    assert build(built, files_of(built, "01-mini")) is True
    assert written(built) == before


def test_a_failing_cell_is_named_and_nothing_is_written(mini_course: Course) -> None:
    source = mini_course.solutions / "01-mini" / "mini.py"
    source.write_text(source.read_text(encoding="utf-8").replace("2 * x", "3 * x"), encoding="utf-8")
    with pytest.raises(CourseError, match=r"^solutions/01-mini/mini\.py:22: cell 'test_double' fails: CheckFailed"):
        build(mini_course, files_of(mini_course, "01-mini"))
    assert not (mini_course.notebooks / "01-mini").exists()


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ('print("an experiment")', "print(1)\n\nprint(undefined)", "mini.py:30: cell 'printing' fails: NameError"),
        ("expect_equal(double(21)", "\nexpect_equal(dubble(21)", "mini.py:26: cell 'hidden_double' fails: NameError"),
        ("import explain,", "import explain, expect,", "mini.py:8: cell 'setup' fails: ImportError"),
    ],
)
def test_the_very_line_that_failed_is_named(mini_course: Course, before: str, after: str, place: str) -> None:
    source = mini_course.solutions / "01-mini" / "mini.py"
    source.write_text(source.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    with pytest.raises(CourseError, match=f"^solutions/01-mini/{place}"):
        build(mini_course, files_of(mini_course, "01-mini"))


def test_a_cell_that_takes_too_long_is_named(mini_course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.sources.execute.CELL_SECONDS", 1)
    source = mini_course.solutions / "01-mini" / "mini.py"
    source.write_text('# %% experiment="sleeping"\nimport time\ntime.sleep(60)\n', encoding="utf-8")
    with pytest.raises(CourseError, match=r"^solutions/01-mini/mini\.py:1: cell 'sleeping' took longer than 1 seconds"):
        build(mini_course, files_of(mini_course, "01-mini"))


def test_a_cell_that_ends_the_kernel_is_named(mini_course: Course) -> None:
    source = mini_course.solutions / "01-mini" / "mini.py"
    ends = source.read_text(encoding="utf-8").replace('print("an experiment")', "import os\nos._exit(1)")
    source.write_text(ends, encoding="utf-8")
    with pytest.raises(CourseError, match=r"mini\.py:27: the kernel died"):
        build(mini_course, files_of(mini_course, "01-mini"))


@pytest.mark.parametrize("command", [build, check])
def test_an_edit_that_no_longer_applies_is_named_with_its_line(
    mini_course: Course, command: Callable[[Course, Files], object]
) -> None:
    edit = '# %% wrong="triple" exercise="double" says="three"\n# -     answer = 2 * x\n# +     answer = 3 * x\n'
    (mini_course.solutions / "01-mini" / "answers.py").write_text(edit, encoding="utf-8")
    with pytest.raises(CourseError) as error:
        command(mini_course, files_of(mini_course, "01-mini"))
    assert str(error.value) == (
        "solutions/01-mini/answers.py:2: `answer = 2 * x` stands nowhere in the solution of 'double'."
    )


def test_a_quiz_without_its_imports_is_named(mini_course: Course) -> None:
    source = mini_course.solutions / "01-mini" / "mini.py"
    source.write_text(source.read_text(encoding="utf-8").replace("explain, expect", "expect"), encoding="utf-8")
    with pytest.raises(CourseError, match=r"^solutions/01-mini/mini\.py:30: a topic with a quiz needs"):
        check(mini_course, files_of(mini_course, "01-mini"))


def test_line_ends_of_another_system_change_nothing(built: Course) -> None:
    build_marks(built)
    texts = [*built.solutions.rglob("*"), *(built.root / "cnnlab").rglob("*"), *built.sample_class.rglob("*")]
    for path in [path for path in texts if path.suffix in (".py", ".ipynb", ".csv", ".json")]:
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert check(built, files_of(built, "01-mini")) == []
    assert check_marks(built, ["01-mini"]) == []
    assert build(built, files_of(built, "01-mini")) is False


def test_a_figure_without_alt_text_is_refused(mini_course: Course) -> None:
    source = mini_course.solutions / "01-mini" / "mini.py"
    figure = '\n# %% figure="bars"\nimport matplotlib.pyplot as plt\n\n_ = plt.bar([0, 1], [1, 2])\n'
    source.write_text(source.read_text(encoding="utf-8") + figure, encoding="utf-8")
    with pytest.raises(CourseError, match=r"^solutions/01-mini/mini\.py:50: cell 'bars' draws a figure"):
        build(mini_course, files_of(mini_course, "01-mini"))


def test_a_folder_without_exactly_one_source_is_refused(mini_course: Course) -> None:
    (mini_course.solutions / "01-mini" / "other.py").write_text("# %%\n", encoding="utf-8")
    with pytest.raises(CourseError, match="one notebook source"):
        files_of(mini_course, "01-mini")


def test_metadata_changes_count_as_differences(built: Course) -> None:
    notebook = nbformat.read(built.notebooks / "01-mini" / "mini.ipynb", as_version=4)
    changed = nbformat.from_dict(notebook)
    changed.cells[3].metadata["tags"] = ["skip-execution"]
    assert any("metadata of cell 'double'" in line for line in differences(changed, notebook))


def run_again_after(course: Course, path: str, text: str) -> bool:
    """Whether a build runs the notebook again once a file holds something else."""
    target = course.root / path
    target.write_text(text, encoding="utf-8")
    return build(course, files_of(course, "01-mini"))


@pytest.mark.parametrize("module", ["cnnlab/quiz.py", "cnnlab/devices.py"], ids=["imported", "behind an imported one"])
def test_a_changed_module_of_the_course_runs_it_again(built: Course, module: str) -> None:
    text = (built.root / module).read_text(encoding="utf-8")
    assert run_again_after(built, module, text + "\n# changed\n") is True


def test_a_module_or_table_that_the_notebook_does_not_use_leaves_it_alone(built: Course) -> None:
    assert run_again_after(built, "cnnlab/unused.py", "unused = 1\n") is False
    assert run_again_after(built, "data/unused.csv", "a,b\n") is False
