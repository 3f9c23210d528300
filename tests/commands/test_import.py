"""``autograder import``: an nbgrader assignment becomes a topic's source, or a sentence says why it cannot."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import nbformat
import nbgrader
import pytest
from click.testing import CliRunner, Result
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.cli import main
from autograder.course import Course
from autograder.sample_class.made import made_submissions
from autograder.sources.build import derive, files_of
from autograder.sources.parse import SourceCell, parse
from autograder.topics import topic_of
from tests.commands.conftest import run_in

NUMBERS = count()
NBGRADERS_OWN = Path(nbgrader.__file__).parent / "tests" / "apps" / "files"

CLASS = ["complete", "half-done", "plausible-mistakes", "untouched"]
CUBES = '''\
def cubes(n):
    """The first n cubes."""
    ### BEGIN SOLUTION
    if n < 0:
        raise ValueError("n is negative")
    return [i**3 for i in range(1, n + 1)]
    ### END SOLUTION'''
CUBES_TEST = """\
assert cubes(2) == [1, 8]
### BEGIN HIDDEN TESTS
assert cubes(4) == [1, 8, 27, 64]
try:
    cubes(-1)
except ValueError:
    pass
else:
    raise AssertionError("no error for a negative number")
### END HIDDEN TESTS"""


def code(text: str, **marks: Any) -> Any:
    """A code cell with nbgrader's metadata, if any is given."""
    return new_code_cell(text, metadata=metadata(marks))


def prose(text: str, **marks: Any) -> Any:
    """A Markdown cell in the same way."""
    return new_markdown_cell(text, metadata=metadata(marks))


def metadata(marks: dict[str, Any]) -> dict[str, Any]:
    """What nbgrader writes for these marks."""
    rest = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return {"nbgrader": {**rest, "grade_id": f"cell-{next(NUMBERS)}", **marks}} if marks else {}


def solution(text: str) -> Any:
    """An autograded answer."""
    return code(text, solution=True)


def graded(text: str, points: Any = 1) -> Any:
    """Autograder tests."""
    return code(text, grade=True, locked=True, points=points)


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """A course without topics, in which commands run."""
    (tmp_path / "course.toml").write_text('title = "Numbers"\nid = "numbers"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return Course(tmp_path)


Import = Callable[..., Result]


@pytest.fixture
def import_(course: Course) -> Import:
    """Imports an assignment made of these cells as the topic ``01-ps``."""

    def run(*cells: Any) -> Result:
        nbformat.write(new_notebook(cells=list(cells)), course.root / "ps.ipynb")
        return CliRunner().invoke(main, ["import", "ps.ipynb"])

    return run


def source(course: Course) -> list[SourceCell]:
    """The cells of the topic that was imported."""
    return parse(course.solutions / "01-ps" / "ps.py", course.root)


def headers(course: Course) -> list[str]:
    """The headers of the cells that have a name."""
    text = (course.solutions / "01-ps" / "ps.py").read_text(encoding="utf-8")
    return re.findall(r"^# %% (?:\[markdown\] )?(\w+=.*)", text, re.MULTILINE)


def test_an_assignment_builds_and_grades(course: Course, import_: Import) -> None:
    done = import_(
        prose("# Cubes"),
        solution(CUBES),
        graded(CUBES_TEST, 3),
        solution("### BEGIN SOLUTION\ndef sum_of_cubes(n):\n    return sum(cubes(n))\n### END SOLUTION"),
        graded("from math import isclose\nassert isclose(sum_of_cubes(3), 36)", 2),
    )
    assert done.output.startswith("01-ps: exercises: 2, written questions: 0, points: 5.")
    built = run_in(course.root, "build")
    assert built.returncode == 0, built.stderr
    released = nbformat.read(course.notebooks / "01-ps" / "ps.ipynb", as_version=4)
    half = {"cubes": "def cubes(n):\n    return [i**3 for i in range(1, n + 1)]"}
    right = {"cubes": half["cubes"].replace("return", "if n < 0:\n        raise ValueError\n    return")}
    for name, answers in (("right", right), ("half", half), ("open", {})):
        for cell in released.cells:
            if cell.id in ("cubes", "sum_of_cubes"):
                cell.source = {
                    "sum_of_cubes": "def sum_of_cubes(n):\n    return (n * (n + 1) // 2) ** 2",
                    **answers,
                }.get(cell.id, "raise NotImplementedError()")
        (course.root / "class" / name).mkdir(parents=True)
        nbformat.write(released, course.root / "class" / name / "ps.ipynb")
    run_in(course.root, "grade", "class", "--json", "marks.json")
    marks = json.loads((course.root / "marks.json").read_text(encoding="utf-8"))

    assert {row["student"]: row["score"] for row in marks} == {"right": 5, "half": 3, "open": 2}


def test_a_topics_own_notebook_comes_back_with_the_same_points_and_tests(
    mini_course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(mini_course.root)
    author = mini_course.solutions / "01-mini" / "mini.py"
    text = re.sub(r"^# %% \[markdown\] quiz.*?(?=^# %%)", "", author.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    author.write_text(text.replace("from cnnlab.quiz import explain\n", ""), encoding="utf-8")
    run_in(mini_course.root, "build")

    assert CliRunner().invoke(main, ["import", "solutions/01-mini/mini.ipynb"]).exit_code == 0

    before, after = (
        topic_of(derive(mini_course, files_of(mini_course, name)).notebook, name, "mini")
        for name in ("01-mini", "02-mini")
    )
    assert [(e.id, e.answer, e.tests) for e in after.exercises] == [(e.id, e.answer, e.tests) for e in before.exercises]


def test_nbgraders_own_assignment_is_imported_from_every_version_of_its_metadata(course: Course) -> None:
    for number, name in enumerate(("test-v0", "test-v1", "test-v2", "test"), 1):
        shutil.copy(NBGRADERS_OWN / f"{name}.ipynb", course.root / "ps.ipynb")
        done = CliRunner().invoke(main, ["import", "ps.ipynb"])
        assert f"{number:02}-ps: exercises: 2, written questions: 2, points: 12." in done.output
        assert "All points were multiplied by 2 to make them whole numbers." in done.output
        assert f"solutions/{number:02}-ps/ps.py:80: the test changes squares" in done.output


def test_a_notebook_of_format_3_is_read(course: Course) -> None:
    cells = [
        {"cell_type": "code", "input": CUBES.splitlines(keepends=True), "metadata": metadata({"solution": True})},
        {"cell_type": "code", "input": CUBES_TEST, "metadata": metadata({"grade": True, "points": 2})},
    ]
    notebook = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}
    (course.root / "ps.ipynb").write_text(json.dumps(notebook), encoding="utf-8")

    CliRunner().invoke(main, ["import", "ps.ipynb"])

    assert headers(course) == ['exercise="cubes"', 'test="cubes" points=1', 'hidden_test="cubes" points=1']


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        (3, ['test="cubes" points=1', 'hidden_test="cubes" points=2']),
        (1, ['hidden_test="cubes" points=1']),
    ],
)
def test_a_test_with_an_open_and_a_hidden_part_is_split(
    course: Course, import_: Import, points: int, expected: list[str]
) -> None:
    done = import_(solution(CUBES), graded(CUBES_TEST, points))
    *_, shown, hidden = source(course)

    assert headers(course) == ['exercise="cubes"', *expected]
    assert shown.text == "assert cubes(2) == [1, 8]"
    # All of it, so that what the hidden part needs is there, and its points are lost where they were before.
    assert hidden.text.startswith(shown.text)
    assert f"{hidden.where}: this test is split" in done.output


@pytest.mark.parametrize("above", ["# Look.", '"""Look."""', "import math", "limit = 3"])
def test_a_test_whose_open_part_tests_nothing_is_hidden(course: Course, import_: Import, above: str) -> None:
    import_(solution(CUBES), graded(f"{above}\n### BEGIN HIDDEN TESTS\nassert cubes(1) == [1]\n### END HIDDEN TESTS"))

    assert headers(course) == ['exercise="cubes"', 'hidden_test="cubes" points=1']


def test_a_test_belongs_to_the_nearest_exercise_above_that_it_mentions(course: Course, import_: Import) -> None:
    one, two = solution("def one():\n    return 1"), solution("def two():\n    return 2")
    import_(one, two, graded("assert one() == 1"), graded("assert one() + 1 == two()"), graded("assert True"))

    assert headers(course)[2:] == [f'test="{name}" points=1' for name in ("one", "two", "two")]


def test_a_solution_is_named_by_what_tests_use(course: Course, import_: Import) -> None:
    import_(solution("import math\nlimit = 3\ndef top():\n    return limit"), graded("assert top() == 3 * math.e**0"))

    assert headers(course)[0] == 'exercise="top"'
    assert "### BEGIN SOLUTION" in source(course)[0].text


def test_given_code_that_tests_need_has_a_name(course: Course, import_: Import) -> None:
    import_(code("limit = 3", locked=True), code("other = 1"), solution("a = 3"), graded("assert a == limit"))

    assert headers(course) == ['given="setup"', 'exercise="a"', 'test="a" points=1']


def test_a_drawing_becomes_a_figure_that_waits_for_its_description(course: Course, import_: Import) -> None:
    done = import_(code("plt.plot([1])"), solution("a = 3"), graded("assert a == 3"))

    assert headers(course)[0] == 'figure="figure" alt="…"'
    assert "ps.py:1: say in alt what the figure shows." in done.output


def test_what_a_person_marks_becomes_a_written_question_with_the_text_above_it(course: Course, import_: Import) -> None:
    done = import_(
        prose("Why?"),
        prose("Because.", grade=True, solution=True, points=2, grade_id="reason"),
        code("def free():\n    return 1", grade=True, solution=True, points=1),
        prose("Explore.\n### BEGIN MARK SCHEME\nOne for trying.\n### END MARK SCHEME", task=True, points=1),
    )
    why, free, explore = source(course)

    assert headers(course) == ['written="reason" points=2', 'written="answer" points=1', 'written="answer_2" points=1']
    assert why.text.startswith("Why?\n\n### BEGIN SOLUTION\nBecause.\n### END SOLUTION\n\n### BEGIN MARK SCHEME\n…")
    assert "```python\ndef free():" in free.text
    assert explore.text.endswith("### BEGIN MARK SCHEME\nOne for trying.\n### END MARK SCHEME")
    assert f"{explore.where}: it has no model answer; replace the dots." in done.output


def test_an_assignment_of_written_questions_alone_builds(course: Course, import_: Import) -> None:
    import_(prose("Why?\n### BEGIN SOLUTION\nBecause.\n### END SOLUTION", grade=True, solution=True, points=1))
    built = run_in(course.root, "build")

    assert built.returncode == 0, built.stderr
    assert sorted(path.name for path in made_submissions(course).iterdir()) == CLASS


def test_magics_and_shell_lines_become_python_or_comments(course: Course, import_: Import) -> None:
    done = import_(
        code(
            "%matplotlib inline\n!pip install a \\\n  b\nimport math\nif math:\n    %load_ext autoreload\n# Why?\nmath?"
        ),
        code("%%time\n%time x = 1"),
        code("%%bash\nls"),
        solution("a = 3"),
        graded("assert a == 3"),
    )
    assert done.exit_code == 0, done.output
    texts = [cell.text for cell in source(course)]

    assert texts[0].splitlines()[:2] == ["# Left out: %matplotlib inline", "# Left out: !pip install a \\"]
    assert texts[0].splitlines()[-3:] == ["    pass  # Left out: %load_ext autoreload", "# Why?", "# Left out: math?"]
    assert texts[1:3] == ["# Left out: %%time\nx = 1", "# Left out: %%bash\n# Left out: ls"]
    assert "solutions/01-ps/ps.py:1: `%matplotlib inline` is not plain Python, and became" in done.output


def test_what_needs_a_look_is_listed(course: Course, import_: Import) -> None:
    done = import_(
        solution(CUBES),
        code("result = cubes(3)"),
        graded("assert result == [1, 8, 27]"),
        graded("del cubes"),
        graded('"""Look."""\n### AUTOTEST cubes(3)'),
        prose("![](plot.png)"),
    )

    assert "ps.py:13: the test cannot reach result here; define it in the test." in done.output
    assert "ps.py:16: the test changes cubes, but here the student's code does not see that." in done.output
    assert "ps.py:19: AUTOTEST has no effect here; write out the test." in done.output
    assert "plot.png was not copied" in done.output


WRONG = {
    "no cell is marked as a solution or a test": [prose("Text"), code("x = 1")],
    "the solution is missing; import the version in nbgrader's folder source/": [
        solution("def f():\n    # YOUR CODE HERE\n    raise NotImplementedError()")
    ],
    "has several cells with the grade_id 'same'": [code(f"{x} = 1", solution=True, grade_id="same") for x in "ab"],
    "cell 1 defines a and b; split it into a cell for each name": [
        solution("a = 1; b = 2"),
        graded("assert a + b == 3"),
    ],
    "cell 1 defines nothing; let it define a name that a test uses": [solution("print(1)"), graded("assert True")],
    "cell 2 defines a, and so does ps.ipynb, cell 1": [solution("a = 1"), solution("a = 2"), graded("assert a")],
    "cell 1: no test worth points is for a": [solution("a = 1"), graded("assert a", 0)],
    "cell 1 is a test, and no solution stands above it": [graded("assert True")],
    "points are whole numbers here": [solution("a = 1"), graded("assert a", 0.37)],
    "cell 2: -1 is not a number of points": [solution("a = 1"), graded("assert a", -1)],
    "cell 2: 'many' is not a number of points": [solution("a = 1"), graded("assert a", "many")],
    "worth no points; give it some": [prose("Text", grade=True, solution=True, points=0)],
    "END HIDDEN TESTS` is missing": [solution("a = 1"), graded("assert a\n### BEGIN HIDDEN TESTS")],
    "cell 1, line 2: this is not plain Python": [solution("a = 1\nb = = 2")],
    "cell 1: a line looks like a cell header": [solution("a = '''\n# %% x\n'''"), graded("assert a")],
    "cell 1: `### END SOLUTION` is missing": [solution("### BEGIN SOLUTION\na = 2"), graded("assert a")],
}


@pytest.mark.parametrize("sentence", WRONG)
def test_what_cannot_be_imported_is_refused_in_a_sentence(course: Course, import_: Import, sentence: str) -> None:
    done = import_(*WRONG[sentence])

    assert done.exit_code == 1
    assert sentence in done.output
    assert len(done.output.splitlines()) == 1
    assert sorted(path.name for path in course.root.iterdir()) == ["course.toml", "ps.ipynb"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"cells": [', "ps.ipynb is not a notebook: it is not JSON"),
        ("", "ps.ipynb is empty."),
        ("[]", "ps.ipynb is not a notebook"),
        ('{"nbformat": 4, "cells": [{"cell_type": "code"}, 3]}', "not an nbgrader assignment"),
        ('{"cells": [{}], "metadata": {"kernelspec": {"name": "ir", "language": "R"}}}', "is not written in Python"),
    ],
)
def test_a_damaged_file_is_refused_in_a_sentence(course: Course, text: str, sentence: str) -> None:
    (course.root / "ps.ipynb").write_text(text, encoding="utf-8")

    assert sentence in CliRunner().invoke(main, ["import", "ps.ipynb"]).output
    assert not course.solutions.exists()


def test_a_topic_is_never_overwritten(course: Course, import_: Import) -> None:
    (course.solutions / "07-old").mkdir(parents=True)
    import_(solution("a = 1"), graded("assert a"))

    assert course.topics == ["07-old", "08-ps"]
    for topic, sentence in (("07-old", "no topic is overwritten"), ("ps", "name it like 03-sorting")):
        done = CliRunner().invoke(main, ["import", "ps.ipynb", "--topic", topic])
        assert (done.exit_code, sentence in done.output) == (1, True)
    assert list((course.solutions / "07-old").iterdir()) == []
