"""A statement that fails takes nothing with it that does not use what it binds; names are there as in one shell."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autograder.execution.notes import UNTOLD
from autograder.time_limits import TimeLimits
from autograder.verdicts.model import Status
from tests.execution.conftest import Class

DOUBLE = "def double(x):\n    return 2 * x"
AddCell = Callable[..., None]

PASSED_OVER = {
    "an extension that is not installed": "%reload_ext lab_black",
    "a magic of a package": "%wandb online",
    "a magic of a package above the cell": "%%wandb",
    "another one": "%%memit -r 1",
    "a magic of another front end": "%tensorflow_version 2.x",
    "a backend that needs a window": 'import matplotlib; matplotlib.use("TkAgg")',
    "a backend that is not installed": 'import matplotlib.pyplot as plt; plt.switch_backend("Qt5Agg")',
    "a progress bar": "from tqdm.notebook import trange",
    "a package that needs another": "from torch.utils.tensorboard import SummaryWriter",
    "a package": "import torchvision",
    "a name that a package no longer has": "from IPython.display import set_matplotlib_formats",
    "a package of another place": "from google.colab import drive\ndrive.mount('/content/drive')",
    "an installation": "!pip install -q einops",
    "an installation over two lines": "!pip install -q \\\n    einops",
    "an installation by a magic": "%pip install -q einops",
    "a program that is not there": "gpus = !nvidia-smi",
    "a folder that is not there": "%cd /content/drive/MyDrive",
    "a question": "double?",
    "a question about a name": "?torch",
    "an error": "1 / 0",
    "a failed check": "assert double(1) == 3",
    "plots in the notebook": "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'",
    "a graphical loop": "%gui qt",
    "reloading": "%load_ext autoreload\n%autoreload 2",
    "timing": "%%time",
    "no output": "%%capture",
}


@pytest.mark.parametrize("lines", PASSED_OVER.values(), ids=PASSED_OVER)
def test_what_is_not_there_costs_an_answer_below_it_nothing(students: Class, lines: str) -> None:
    result = students.grade(students.filled(double=f"{lines}\n{DOUBLE}"))
    assert {exercise.id: exercise.message for exercise in result.exercises} == {"double": "", "Scale": ""}
    assert result.problems == ()


def test_what_is_passed_over_is_noted(students: Class) -> None:
    notes = students.grade(students.filled(double=f"import torchvision\n{DOUBLE}")).notes
    assert notes == ("Passed over: `import torchvision` in the cell double raised ModuleNotFoundError.",)


def test_what_is_used_and_failed_is_reported_with_its_first_cause(students: Class) -> None:
    answer = "from tqdm.notebook import trange\n\ndef double(x):\n    return sum(x for _ in trange(2))"
    verdict = students.answer(double=answer)["double"]
    assert (verdict.status, verdict.score) == (Status.CRASHED, 0)
    assert verdict.message == (
        "Your code raised NameError: name 'trange' is not defined\n"
        "Line 4 of your cell, in double: return sum(x for _ in trange(2))\n"
        "A name is used that no cell above defines: look for a typing error, or run the cell that defines it.\n"
        "Your cell raised ModuleNotFoundError: No module named 'tqdm' (line 1 of the cell). Where your work is graded, "
        "your code can import what the notebook imports, and files that you hand in beside it"
    )


def test_a_cause_in_another_cell_is_named_with_that_cell(students: Class, add_cell: AddCell) -> None:
    notebook = students.filled(double="def double(x):\n    return FACTOR * x")
    add_cell(notebook, "OTHER = 1\nFACTOR = undefined", before="double")
    (double, _) = students.grade(notebook).exercises
    assert (
        "(`FACTOR = undefined`) raised NameError: name 'undefined' is not defined (line 2 of the cell)"
        in double.message
    )


def test_a_cause_says_nothing_of_the_students_below_a_hidden_test(students: Class, add_cell: AddCell) -> None:
    notebook = students.filled(double="def double(x):\n    return 2 if x == 1 else FACTOR * x")
    add_cell(notebook, "class Marker(Exception): pass\nFACTOR = [][0 if False else 'marker']", before="double")
    hidden = students.grade(notebook).exercises[0].tests[-1]
    assert hidden.student_message.startswith("Your code raised NameError in a hidden test. A name is used")
    assert hidden.student_message.endswith("raised TypeError (line 2 of the cell)")


def test_an_answer_that_is_no_python_names_the_versions_where_they_differ(students: Class) -> None:
    notebook = students.filled(double=DOUBLE + '\n\nshapes = {"in": 3}\nprint(f"{shapes["in"]}")\ntype X = int')
    notebook.metadata["language_info"] = {"name": "python", "version": "3.99.1"}
    message = students.grade(notebook).exercises[0].message
    assert "SyntaxError" in message and "The grader runs Python 3." in message
    assert message.endswith("the notebook was written with Python 3.99.1")


@pytest.mark.parametrize("cell", ["slow", "test_double", "helper"])
def test_a_constant_in_a_cell_that_was_handed_out_is_there(students: Class, cell: str) -> None:
    notebook = students.filled(double="def double(x):\n    return FACTOR * x")
    (host,) = [each for each in notebook.cells if each.id == cell]
    host.source = f"FACTOR = 2\n{host.source}"
    assert students.grade(notebook).score == 7


def test_a_module_that_a_cell_writes_can_be_imported(students: Class, add_cell: AddCell) -> None:
    notebook = students.filled(double="import doubling\n\ndef double(x):\n    return doubling.twice(x)")
    add_cell(notebook, "%%writefile doubling.py\ndef twice(x):\n    return 2 * x", before="double")
    assert students.grade(notebook).score == 7


def test_a_module_that_a_cell_writes_stands_in_for_no_other(students: Class, add_cell: AddCell) -> None:
    notebook = students.filled(double="import statistics\n\ndef double(x):\n    return statistics.mean([x, 3 * x])")
    add_cell(notebook, "%%writefile statistics.py\ndef mean(x):\n    return 0", before="double")
    assert students.grade(notebook).score == 7


def test_a_task_that_is_started_in_one_cell_is_awaited_in_the_next(students: Class, add_cell: AddCell) -> None:
    notebook = students.filled(double="FACTOR = await task\n\ndef double(x):\n    return FACTOR * x")
    start = "import asyncio\n\nasync def work():\n    await asyncio.sleep(0)\n    return 2\n\n"
    add_cell(notebook, start + "task = asyncio.create_task(work())", before="double")
    assert students.grade(notebook).score == 7


@pytest.mark.parametrize("run", ["asyncio.run(work())", "asyncio.new_event_loop().run_until_complete(work())"])
def test_a_loop_of_the_students_own_runs(students: Class, run: str) -> None:
    answer = f"import asyncio\n\nasync def work():\n    return 2\n\nFACTOR = {run}\n\n"
    assert students.answer(double=answer + "def double(x):\n    return FACTOR * x")["double"].status is Status.PASSED


def test_cells_that_train_before_an_answer_cost_nothing_and_are_named(students: Class, add_cell: AddCell) -> None:
    notebook = students.filled()
    for epochs in (1, 1, 10**6, 10**6, 10**6):
        training = f"import time\nfor epoch in range({epochs}):\n    time.sleep(1)\ncurve = [3, 2, 1]"
        add_cell(notebook, training, before="double")
    result = students.grade(notebook, TimeLimits(cell=2, submission=6, rest=60))
    assert (result.score, result.problems) == (7, ())
    stopped = "(`for epoch in range(1000000):`) was stopped: it slept or waited for 2 seconds. No mark"
    assert all(stopped in note for note in result.notes)
    assert len(result.notes) == 3


def test_what_uses_up_a_submissions_time_is_named(students: Class, add_cell: AddCell) -> None:
    notebook = students.filled()
    for _ in range(3):
        add_cell(notebook, "import time\nwhile True:\n    double = time.sleep(9)", before="double")
    exercise = students.grade(notebook, TimeLimits(cell=2, submission=3)).exercises[0]
    assert exercise.status is Status.TIMED_OUT
    assert "(`while True:`)" in exercise.message and "make that quicker, or take it out" in exercise.message


def test_time_that_a_tests_calls_use_is_named(students: Class) -> None:
    slow = "import time\n\ndef double(x):\n    time.sleep(5)\n    return 2 * x"
    double, _ = students.grade(students.filled(double=slow), TimeLimits(cell=9, submission=2)).exercises
    assert "what test_double calls" in double.tests[-1].message


def test_a_module_is_written_in_parts(students: Class, add_cell: AddCell) -> None:
    notebook = students.filled(double="import parts\n\ndef double(x):\n    return parts.twice(x)")
    add_cell(notebook, "%%writefile parts.py\nimport math", before="double")
    add_cell(notebook, "%%writefile -a parts.py\ndef twice(x):\n    return 2 * x", before="double")
    assert students.grade(notebook).score == 7


@pytest.mark.parametrize(
    "cell",
    ["%%bash --out factor\necho 2", "%%capture out\nprint(1)\nfactor = 2", "factor = 2\nfactor", "factor = !echo 2"],
    ids=["a program", "a capture", "a value", "lines"],
)
def test_what_a_magic_sets_is_there(students: Class, add_cell: AddCell, cell: str) -> None:
    value = "factor[0] if isinstance(factor, list) else factor"
    notebook = students.filled(double=f"FACTOR = int({value})\n\ndef double(x):\n    return FACTOR * x")
    add_cell(notebook, cell, before="double")
    assert students.grade(notebook).score == 7


def test_the_result_of_the_cell_before_is_there(students: Class, add_cell: AddCell) -> None:
    notebook = students.filled(double="FACTOR = _\n\ndef double(x):\n    return FACTOR * x")
    add_cell(notebook, "1 + 1", before="double")
    assert students.grade(notebook).score == 7


def test_a_cause_is_named_where_the_answers_own_cell_needs_it(students: Class, add_cell: AddCell) -> None:
    notebook = students.filled(double="def double(x, factor=FACTOR):\n    return factor * x")
    add_cell(notebook, "import torchvision as tv", before="double")
    add_cell(notebook, "FACTOR = tv.FACTOR", before="double")
    message = students.grade(notebook).exercises[0].message
    assert message.index("'FACTOR' is not defined") < message.index("'tv' is not defined")
    assert message.index("'tv' is not defined") < message.index("No module named 'torchvision'")


def test_notes_tell_students_nothing_that_a_hidden_test_passed_in(students: Class, add_cell: AddCell) -> None:
    notebook = students.filled(double="seen = []\n\ndef double(x):\n    seen.append(x)\n    return 2 * x")
    add_cell(notebook, "assert seen[-1] // 10 != 2\nassert seen[-1] // 10 != 3")
    # Where students are told what fails, no test has filled the list.
    notes = students.grade(notebook).student_notes
    assert len(notes) == 2
    assert all(note.endswith("raised IndexError.") for note in notes)


def test_what_fails_in_an_answers_cell_only_after_a_hidden_test_is_not_told_to_students(students: Class) -> None:
    remembers = "import builtins\n\ndef double(x):\n    builtins.seen = x\n    return 2 * x"
    notebook = students.filled(double=remembers)
    scale = next(cell for cell in notebook.cells if cell.id == "Scale")
    scale.source = f"import builtins\nassert not hasattr(builtins, 'seen')\n\n{scale.source}"
    result = students.grade(notebook)
    assert "AssertionError" in "".join(result.notes)
    assert result.student_notes == (UNTOLD,)


def test_what_own_cells_did_wrong_is_told_by_name_though_hidden_tests_ran(students: Class, add_cell: AddCell) -> None:
    notebook = students.filled()
    add_cell(notebook, "print(undefined)")
    (note,) = students.grade(notebook).student_notes
    assert note.startswith("Passed over: `print(undefined)` in cell ")
