"""Files handed in beside the notebook are in the student's working folder, and nowhere else."""

from __future__ import annotations

import pytest

from autograder.submissions.beside import FileBeside
from autograder.verdicts.model import Status
from tests.execution.conftest import Class


def test_a_module_handed_in_beside_can_be_imported(students: Class) -> None:
    notebook = students.filled(double="from doubling import double")
    files = [FileBeside("doubling.py", b"def double(x):\n    return 2 * x\n")]
    assert students.grade(notebook, files=files).score == 7


def test_data_and_packages_are_where_they_were(students: Class) -> None:
    answer = "from parts.doubling import times\n\nFACTOR = int(open('data/factor.txt').read())\n\n"
    notebook = students.filled(double=answer + "def double(x):\n    return times(FACTOR, x)")
    files = [
        FileBeside("parts/__init__.py", b""),
        FileBeside("parts/doubling.py", b"def times(factor, x):\n    return factor * x\n"),
        FileBeside("data/factor.txt", b"2"),
    ]
    assert students.grade(notebook, files=files).score == 7


@pytest.mark.parametrize("name", ["torch", "cnnlab", "statistics", "autograder", "IPython", "coursekit/checks"])
def test_a_file_stands_in_for_nothing_that_is_there(students: Class, name: str) -> None:
    answer = "import coursekit.checks, statistics, torch\n\ndef double(x):\n    return statistics.mean([x, 3 * x])"
    files = [FileBeside(f"{name}.py", b"raise SystemExit('in place of another')\n")]
    result = students.grade(students.filled(double=answer), files=files)
    assert (result.score, result.notes) == (7, ())


def test_what_is_forbidden_is_noticed_in_a_file_too(students: Class) -> None:
    right = next(cell.source for cell in students.notebook.cells if cell.id == "Scale")
    code = "import torch\n\n" + right.replace(
        "return self.weight * x", "return torch.func.jvp(lambda w: w * x, (self.weight,), (self.weight,))[0]"
    )
    result = students.grade(
        students.filled(Scale="from scaling import Scale"), files=[FileBeside("scaling.py", code.encode())]
    )
    assert {exercise.id: exercise.status for exercise in result.exercises}["Scale"] is Status.WRONG


def test_a_file_that_a_submission_overwrites_is_there_again_after_a_crash(students: Class) -> None:
    spoils = "open('doubling.py', 'w').write('')\nimport os\nos._exit(1)"
    notebook = students.filled(double=f"from doubling import double\n\n{spoils}")
    files = [FileBeside("doubling.py", b"def double(x):\n    return 2 * x\n")]
    assert students.grade(notebook, files=files).score == 7
