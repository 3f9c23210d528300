"""What the released notebook shows comes from running it as students get it, and it runs to its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.course import Course
from autograder.errors import CourseError
from autograder.sources.build import build, check, files_of
from autograder.sources.release import GOES_ON
from autograder.sources.released_outputs import _check_outputs, _tidied
from tests.conftest import MINI

# What the solution's own run shows, and the released notebook must not.
MARKER = "only-a-solution-says-this"
SHOWS = """
# %% prediction="guess"
guess = ""  # "more" or "less"

# %% experiment="outcome"
print("more than", guess)

# %% experiment="twice" uses="double"
print(double(4))

# %% experiment="bars" alt="Two bars, of which the right one is twice as high as the left one."
import matplotlib.pyplot as plt

_ = plt.bar([0, 1], [1, 2])

# %%
len("an expression")

# %%
try:
    print(double(1))
except NotImplementedError:
    print("still to be written")
"""
TELLING = MINI.replace("    secret_solution = 2 * x\n", f'    print("{MARKER}")\n    secret_solution = 2 * x\n')


def notebook_of(course: Course, source: str) -> Any:
    """The released notebook that a source gives."""
    (course.solutions / "01-mini" / "mini.py").write_text(source, encoding="utf-8")
    build(course, files_of(course, "01-mini"))
    return nbformat.read(course.notebooks / "01-mini" / "mini.ipynb", as_version=4)


@pytest.fixture(scope="module")
def course(make_mini_course: Callable[[Path], Course], tmp_path_factory: pytest.TempPathFactory) -> Course:
    return make_mini_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def released(course: Course) -> dict[str, Any]:
    """The cells of a released notebook, by id."""
    return {cell.id: cell for cell in notebook_of(course, TELLING + SHOWS).cells}


def shown(cell: Any) -> str:
    """What a cell prints."""
    return "".join(output.get("text", "") for output in cell.outputs)


def test_experiments_show_what_they_show(released: dict[str, Any]) -> None:
    assert shown(released["printing"]) == "an experiment\n"
    assert [list(output.data) for output in released["bars"].outputs] == [["image/png", "text/plain"]]


def test_a_quiz_shows_what_to_write(released: dict[str, Any]) -> None:
    assert shown(released["parity"]).startswith('Write "A" or "B" between the quotes of parity')


def test_the_solution_is_never_run_for_it(course: Course, released: dict[str, Any]) -> None:
    executed = (course.solutions / "01-mini" / "mini.ipynb").read_text(encoding="utf-8")
    assert f'"{MARKER}\\n' in executed
    assert shown(released["bars-then-2"]) == "still to be written\n"
    assert MARKER not in (course.notebooks / "01-mini" / "mini.ipynb").read_text(encoding="utf-8")


def test_cells_that_use_an_answer_or_a_prediction_stay_empty(released: dict[str, Any]) -> None:
    assert released["twice"].outputs == released["outcome"].outputs == released["guess"].outputs == []


def test_a_failing_test_leaves_no_traceback(released: dict[str, Any]) -> None:
    assert released["test_double"].outputs == []


def test_nothing_is_counted(released: dict[str, Any]) -> None:
    code = [cell for cell in released.values() if cell.cell_type == "code"]
    assert {cell.execution_count for cell in code} == {None}
    assert [output.execution_count for output in released["bars-then"].outputs] == [None]
    assert not any("execution" in cell.metadata for cell in code)


def test_only_cells_that_may_fail_are_tagged(course: Course, released: dict[str, Any]) -> None:
    assert {name for name, cell in released.items() if GOES_ON in cell.metadata.get("tags", ())} == {
        *("double", "test_double", "parity", "twice"),
    }
    executed = (course.solutions / "01-mini" / "mini.ipynb").read_text(encoding="utf-8")
    assert GOES_ON not in executed


def test_no_cell_speaks_of_hidden_tests(released: dict[str, Any]) -> None:
    assert not any("hidden" in name or "Hidden" in cell.source for name, cell in released.items())


def test_it_is_run_again_when_its_outputs_were_cleared(course: Course, released: dict[str, Any]) -> None:
    files = files_of(course, "01-mini")
    before = files.released.read_bytes()
    notebook = nbformat.read(files.released, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    nbformat.write(notebook, files.released)
    assert check(course, files) == ["notebooks/01-mini/mini.ipynb: it has no outputs."]
    executed = files.executed.read_bytes()
    assert build(course, files) is True
    assert (files.executed.read_bytes(), files.released.read_bytes()) == (executed, before)
    assert check(course, files) == []
    assert build(course, files) is False


@pytest.mark.parametrize(
    ("added", "complaint"),
    [
        ("print(1)\n\nprint(double(4))", r"mini\.py:53: cell 'why-then' fails with untouched exercises, .*uses="),
        ("import os\n\nprint(os.getcwd())", r"mini\.py:50: cell 'why-then' shows a path of this machine"),
        ("object()", r"mini\.py:50: cell 'why-then' shows an address in memory"),
    ],
)
def test_a_cell_that_stops_run_all_or_differs_between_machines_is_named(
    mini_course: Course, added: str, complaint: str
) -> None:
    with pytest.raises(CourseError, match=f"^solutions/01-mini/{complaint}"):
        notebook_of(mini_course, f"{MINI}\n# %%\n{added}\n")
    assert not (mini_course.notebooks / "01-mini").exists()


def test_it_finds_nothing_of_what_lies_beside_the_solution(mini_course: Course) -> None:
    (mini_course.solutions / "01-mini" / "table.csv").write_text("1\n", encoding="utf-8")
    text = 'from pathlib import Path\nprint(Path("table.csv").is_file())'
    cells = notebook_of(mini_course, f"{MINI}\n# %%\n{text}\n").cells
    assert shown(cells[-1]) == "False\n"


def test_what_is_not_written_yet_is_said_in_one_plain_line() -> None:
    line = "○ double: not written yet"
    error = nbformat.v4.new_output("error", ename="NotWritten", evalue=line, traceback=[f"\x1b[34m{line}\x1b[0m"])
    printed = nbformat.v4.new_output("stream", text="before it failed\n")
    assert [output.traceback for output in _tidied([printed, error])] == [[line]]
    error.ename = "NameError"
    assert list(_tidied([printed, error])) == []


def test_a_word_with_a_slash_is_no_path(mini_course: Course) -> None:
    from autograder.sources.places import Place

    printed = nbformat.v4.new_output("stream", text=f"a/root and b{Path.home()}\n")
    cell = nbformat.v4.new_code_cell(outputs=[printed])
    _check_outputs(cell, Place("mini.py", 1), (Path("/course"),))
